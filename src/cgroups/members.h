/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cgroup directories and the processes inside them, sub-cgroups included. Functions return -errno and stay silent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct members {
        pid_t *pids; /* ascending */
        size_t n;
};
void members_done(struct members *members);
bool members_has(const struct members *members, pid_t pid);

/* The processes in the cgroup at `directory` and below. Nothing there is success, with no members. */
int members_list(const char *directory, struct members *ret);

/*
 * Writes the text into the file of the cgroup at `directory` and of each below, parents first; a missing file is
 * fine.
 */
int members_write(const char *directory, const char *file, const char *text);

/*
 * Removes the cgroups below `directory`, deepest first, not itself. Returns how many it removed, or -EBUSY when one of
 * them has processes.
 */
int members_remove_below(const char *directory);

/*
 * Sends the signal to each process in the cgroup and below. A pid that was reused between reading and signalling is
 * never hit: the signal goes to a pidfd, and only if the pid is still listed after that was opened.
 */
int members_signal(const char *directory, int signal);

/*
 * Kills what is in the cgroup and below and waits for the end of each process, until `deadline` (see util/clock.h).
 * Returns how many there were, or -ETIMEDOUT.
 */
int members_end(const char *directory, int64_t deadline);
