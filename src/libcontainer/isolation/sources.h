/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the container takes from the host's file tree: its rootfs, the sources of bind mounts and, where device nodes
 * cannot be made, the host's devices. Each is opened once, in the container's mount namespace but with the host's
 * view of it and with the runtime's own rights.
 *
 * Without a user namespace init does that itself. With one, init has lost the rights to walk the host's directories
 * (they belong to ids that it does not map), so a helper, a child of the runtime that has joined the mount namespace
 * only, opens them and sends the descriptors. The clones are made inside the container's mount namespace either way,
 * so that the kernel locks the flags that the host has set on them.
 */
#pragma once

#include <stddef.h>

#include "libcontainer/plan/plan.h"

struct sources {
        int rootfs_fd; /* the attached rootfs */
        int *mounts; /* per mount of the plan: a detached clone, or -1 */
        int *devices; /* per device of the plan, or -1 */
        int null_fd; /* the host's /dev/null */
};

/* How many descriptors sources_open() yields, and access to them in one fixed order, for sending. */
size_t sources_count(const struct plan *plan);
int *sources_at(const struct plan *plan, struct sources *sources, size_t index);

/* Empty ones; every descriptor -1. */
void sources_init(const struct plan *plan, struct sources *ret);

/* Opens all. In a process inside the container's mount namespace that still has the runtime's rights. Records. */
int sources_open(const struct plan *plan, struct sources *sources);

/* The clone of one bind mount, with its ids; detached. Records. */
int sources_open_bind(const struct mount_plan *mount);

/* Only the bind mounts' clones, one per mount of the plan, for a container that is there. Records. */
int sources_open_binds(const struct plan *plan, int *mounts);
