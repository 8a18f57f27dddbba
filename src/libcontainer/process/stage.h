/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process between the runtime and init when a user namespace is joined: new namespaces belong to the user namespace
 * in which they are made, so that one has to be entered first, and a pid namespace takes a fork behind it. The stage
 * makes init as a child of the runtime (CLONE_PARENT), tells it, and ends.
 */
#pragma once

#include "libcontainer/process/init.h"

void stage_main(const struct launch *launch) __attribute__((noreturn));
