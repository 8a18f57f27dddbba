/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process between the runtime and init when namespaces are joined around a user namespace. New namespaces belong to the
 * user namespace in which they are made, so one that is joined has to be entered first; and what belongs to the host can be
 * joined only before a new one is made. The stage joins, makes init as a child of the runtime (CLONE_PARENT), tells the
 * runtime, and ends.
 */
#pragma once

#include "libcontainer/process/self.h"

void stage_main(const struct launch *launch) __attribute__((noreturn));
