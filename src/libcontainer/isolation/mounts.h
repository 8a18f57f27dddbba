/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The config's mounts, below the container's root. In init, before the pivot; must not run before the namespaces are
 * joined and (with a cgroup namespace) before that is made. Targets are resolved below rootfs_fd and held as descriptors.
 */
#pragma once

#include "libcontainer/isolation/sources.h"
#include "libcontainer/plan/plan.h"

/* Applies mounts[] in their order. Takes the sources' descriptors one by one. Records with the mount's JSON path. */
int mounts_apply(const struct plan *plan, struct sources *sources);

/*
 * The two halves of one mount (not of a remount, nor of type cgroup), for a container that is there: whoever has to take it
 * away again, if a later one fails, gets hold of it in between. First the target is opened, made if it is missing, and
 * with a bind mount's clone in *mount_fd, else with a new file system there, all is ready; then it is attached.
 */
int mounts_prepare(const struct plan *plan, const struct mount_plan *mount, int rootfs_fd, int *mount_fd, int *ret_target_fd);
int mounts_attach(const struct plan *plan, const struct mount_plan *mount, int mount_fd, int target_fd);

/* Records which mount it was; returns r. */
int mounts_within(int r, const struct plan *plan, size_t i);

/* Sets what had to wait until /dev was filled: its read-only flag, and root.readonly. */
int mounts_seal(const struct plan *plan, int rootfs_fd);

/*
 * Sets the propagation that the mount's options name. On an attached mount, because one that is attached to a shared one becomes
 * shared by that; but in a tree that is attached nowhere (plan's detached_root) before, for nothing can be changed there later.
 */
int mounts_propagate(const struct mount_plan *mount, int mount_fd);

/*
 * Attaches the container's view of the cgroup hierarchies to the target (mounts-cgroup.c). Returns a descriptor of the
 * topmost mount, the caller's, whose propagation is still to be set if that has to wait.
 */
int mounts_cgroup(const struct plan *plan, const struct mount_plan *mount, int target_fd);

/* Copies what lies in a directory into a new file system, for tmpcopyup (copy-up.c). Both O_RDONLY. Records. */
int copy_up(int from_fd, int to_fd);
