/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What others see of a process at /proc/PID/comm, cmdline and environ. A process that the container can see must not show
 * it the host's paths and variables there: cmdline is open to everybody.
 */
#pragma once

#include <stdbool.h>

/* In main(), before anything else: where the kernel has put arguments and environment. */
void title_remember(char **argv);

/*
 * Names the process and overwrites its arguments and its environment, so nothing that points into them may be used any more.
 * `environ` becomes a copy, or with `keep_environment` false empty.
 */
void title_set(const char *title, bool keep_environment);
