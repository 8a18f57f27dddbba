/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's first process, from its birth to execve(2). Two tables of steps in init.c are its whole order of work.
 *
 * Must not: parse JSON, look up an option, or open a path of the host by name after the pivot.
 */
#pragma once

#include "libcontainer/plan.h"
#include "libcontainer/state.h"

/* What the processes of one launch have in common; all of it stands before the clone and is inherited by it. */
struct launch {
        const struct plan *plan;
        const struct state *state; /* for the hooks */
        int channel; /* init's end */
        struct cgroup_entrance entrance; /* the v1 places, which a process enters itself */
        int exec_fifo_fd, result_fifo_fd; /* O_RDWR; -1 when the process starts at once */
        bool waits_for_go; /* the runtime prepares something from outside first */
};

/* In init, which leaves it only by execve(2) or exit(2). */
void init_main(const struct launch *launch) __attribute__((noreturn));

/* Sends the record of a failure to the runtime and ends the process. For init and the stage. */
void init_abort(const struct launch *launch) __attribute__((noreturn));

/* Every descriptor that this launch does not need is closed; the caller may have left any open. */
int init_close_foreign(const struct launch *launch);
