/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process of exec, from its birth (in the container's cgroup and pid namespace) to execve(2): it joins what init is in,
 * and goes on by the steps that init took (self.h).
 */
#pragma once

#include "libcontainer/process/self.h"

/* In that process, which leaves it only by execve(2) or exit(2). */
void setns_main(const struct launch *launch) __attribute__((noreturn));

/* In its stage: what must be joined before it can be born. */
int setns_prepare_stage(const struct launch *launch);
