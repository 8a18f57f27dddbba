/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes and the standard links of /dev. In init, before the pivot and after the mounts. Everything is made below
 * rootfs_fd; nothing that the image has there is followed out of it.
 */
#pragma once

#include "libcontainer/isolation/sources.h"
#include "libcontainer/plan/plan.h"

/* The plan's devices: made by mknod(2), or the host's mounted where a user namespace forbids that. */
int devices_make(const struct plan *plan, struct sources *sources);

/* /dev/fd, stdin, stdout, stderr, core and ptmx (config-linux.md, "/dev symbolic links"); only in a /dev of its own. */
int devices_link(const struct plan *plan, int rootfs_fd);
