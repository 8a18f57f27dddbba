/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Freezing with a limit of time, and waiting for what a v2 cgroup announces in cgroup.events. */
#pragma once

#include <stdint.h>

struct cgroup;

/* cgroup_freeze() with a deadline of the caller's choice. After a failure the cgroup is thawed. */
int freezer_freeze(const struct cgroup *cgroup, int milliseconds);

/*
 * Waits until cgroup.events of the v2 directory holds the line ("populated 0", "frozen 1"). Returns 0, also when the
 * cgroup is gone, or -ETIMEDOUT after the deadline (util/clock.h).
 */
int freezer_wait_event(int dirfd, const char *line, int64_t deadline);
