/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waiting for what a v2 cgroup announces in cgroup.events. */
#pragma once

#include <stdint.h>

/*
 * Waits until cgroup.events of the v2 directory holds the line ("populated 0", "frozen 1"). Returns 0, also when the
 * cgroup is gone, or -ETIMEDOUT after the deadline (util/clock.h).
 */
int freezer_wait_event(int dirfd, const char *line, int64_t deadline);
