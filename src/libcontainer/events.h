/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `tare events`. Runs in the runtime's process. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct events_options {
        bool only_stats; /* one line of stats, and no waiting */
        uint64_t interval; /* between two lines of stats, nanoseconds */
        int output_fd;
};

/*
 * Writes a JSON object in a line for each interval and each time that memory runs out, until the container ends or
 * nobody reads any more: both are success. A container without a process is refused. Takes no lock. Records.
 */
int container_events(const char *root, const char *id, const struct events_options *options);
