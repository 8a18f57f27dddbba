/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes of exec, up to execve(2). The first is born in the container's cgroup but in the runtime's pid namespace,
 * where nobody of the container can see it: a container with CAP_SYS_PTRACE and no user namespace of its own may look into
 * any process in its sight, undumpable or not. It joins what init is in, lets go of all that is the host's and of its
 * rights, and only then makes the second one, in the container's pid namespace, which has hardly more to do than execve(2).
 */
#pragma once

#include "libcontainer/process/self.h"

/* In the first, which leaves it only by execve(2) or exit(2). */
void setns_main(const struct launch *launch) __attribute__((noreturn));
