/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's first process, from its birth to execve(2). The table of steps in init.c, and those in self.c, are its
 * whole order of work.
 *
 * Must not: parse JSON, look up an option, or open a path of the host by name after the pivot.
 */
#pragma once

#include "libcontainer/process/self.h"

/* In init, which leaves it only by execve(2) or exit(2). */
void init_main(const struct launch *launch) __attribute__((noreturn));
