/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Visits to a container that is there: a process of the runtime's goes into its namespaces, mounts or unmounts, and ends.
 *
 *     runtime                                     visitor (tare:[visit])
 *     clone3  ----------------------------------> opens the host's paths, then joins the container's namespaces
 *                       <------- SOURCE ... ----- a mount that is about to be attached; the number is its index
 *                       <------- READY or FAILED
 *     reaps it
 *
 * So the runtime holds each mount before it can be seen, and takes it away again if the visitor fails, dies or hangs. Two
 * things make it hang: a file server behind a path, and a container that serves such a path itself. Hence the deadline.
 *
 * The visitor stays in the runtime's cgroup and pid namespace: a frozen container does not stop it, the container's limits do
 * not bind it, and no process of the container sees it or can signal it. Runs in the runtime's process. Functions record.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "libcontainer/plan/plan.h"

/* A mount that was added, by its number (mount_identify()). */
struct added_mount {
        char *destination; /* clean and absolute */
        uint64_t id;
};

struct visit {
        int init_fd; /* the pidfd of init; borrowed */
        int namespaces; /* CLONE_NEW* of those to join, CLONE_NEWUSER only where that is not our own */
        uint64_t user_namespace; /* the number of the one that must own the mounts: that of init, or ours */
};

/* Mounts all that the plan says. mounts[i] gets the mount or, up to the failure, stays -1; owned by the caller. */
int visit_add(const struct visit *visit, const struct plan *plan, int *mounts);

/* Takes those of visit_add() away again. */
int visit_undo(const struct visit *visit, const int *mounts, size_t n);

/* Unmounts all of them, the last one first; none at all if one is not what is mounted at its destination. */
int visit_remove(const struct visit *visit, const struct added_mount *mounts, size_t n);
