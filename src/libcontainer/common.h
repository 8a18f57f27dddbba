/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What create and exec do alike around their launches. Runs in the runtime's process. Functions record their failures. */
#pragma once

#include "libcontainer/plan/plan.h"

/*
 * The config's filter, from the cache below the root if it has been compiled before, into the plan, and the connection to who
 * gets its listener. Nothing to do without one.
 */
int common_prepare_filter(const struct process_options *options, int root_fd, struct plan *plan);

/* One warning for all capabilities that are unknown or not to be had here (config.md, "capabilities"). */
void common_warn_of_capabilities(const struct plan *plan);

/* Writes the pid, digits only: engines parse the whole of the file. Nothing to do for NULL and "". */
int common_write_pid_file(const char *path, pid_t pid, bool *ret_written);
