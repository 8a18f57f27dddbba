/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Namespaces beyond what clone3(2) does in one call. Three places take part: the runtime before it clones (the pid
 * namespace, which only children enter), the stage (a user namespace that is joined comes first and needs a fork
 * behind it), and init (everything else).
 */
#pragma once

#include <stdint.h>

#include "libcontainer/plan/plan.h"

/* The CLONE_NEW* flags for the clone that makes init. */
uint64_t namespaces_clone_flags(const struct plan *plan);

/* In the runtime, around the clone: children enter the joined pid namespace; afterwards they are born in ours again. */
int namespaces_set_child_pid(const struct plan *plan);
int namespaces_reset_child_pid(const struct plan *plan);

/*
 * In exec's process: joins the namespaces of the target's init (that of pid for its child), in one setns(2) on its pidfd,
 * which joins all of them or none (Linux 5.8); one by one where the kernel cannot.
 */
int namespaces_join_target(const struct plan *plan);

/* In init without a stage: joins those of the plan that a process can enter itself. */
int namespaces_join(const struct plan *plan);

/*
 * In the stage: joins all, that of pid for its child. First what the runtime's own rights allow (a namespace of the host's
 * can only be joined with those), then the user namespace if one is joined, then what that one gives the right to.
 */
int namespaces_join_around_user(const struct plan *plan);

/*
 * A new time namespace with its offsets, which can only be set while nobody is inside. The file for them is opened before
 * the process becomes undumpable (then it belongs to the host's root) and written behind that; -1 if there is no need.
 * In the stage if there is one: init is then born in it; else in init, which enters it itself.
 */
int namespaces_open_time_offsets(const struct plan *plan, int *ret_fd);
int namespaces_unshare_time(const struct plan *plan, int offsets_fd);
int namespaces_enter_time(const struct plan *plan);

/* In init, in its final cgroup. */
int namespaces_unshare_cgroup(const struct plan *plan);
