/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The id maps of a new user namespace. In the runtime: only from outside can more than one id be mapped. */
#pragma once

#include <sys/types.h>

#include "libcontainer/plan/plan.h"

/*
 * Writes both maps of our child `pid`, who waits inside and does not end before; nothing to do where the plan makes no user
 * namespace. By newuidmap(1) and newgidmap(1) where the plan says so. Records.
 */
int id_maps_write(const struct plan *plan, pid_t pid);
