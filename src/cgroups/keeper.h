/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keeper: a process that does nothing, in a scope of systemd. systemd makes no scope without a process and ends one that has
 * lost its last; the container's own process is born where systemd has made the cgroup. So for a moment somebody else is there.
 */
#pragma once

#include <sys/types.h>

struct keeper {
        pid_t pid;
        int pidfd;
        int hold_fd; /* it lives as long as anybody has this open; the container's process has, until it is inside */
};

/* Forks it. Owned by the caller. Records. */
int keeper_start(struct keeper **ret);

/* Lets our end of `hold_fd` go and waits until it has ended. Kills it after `milliseconds`: -ETIMEDOUT, recorded. */
int keeper_release(struct keeper *keeper, int milliseconds);

/* Kills and reaps it if it still lives. */
void keeper_free(struct keeper *keeper);
