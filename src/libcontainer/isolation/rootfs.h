/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The change of root. In init, after the mounts. Afterwards nothing of the host's tree can be reached by a path. */
#pragma once

#include "libcontainer/plan/plan.h"

/* pivot_root(2), or with --no-pivot a moved mount and chroot(2), or chroot(2) alone without a mount namespace. */
int rootfs_enter(const struct plan *plan, int rootfs_fd);

/* The propagation that rootfsPropagation asks for and that could not be set before. */
int rootfs_propagate(const struct plan *plan);
