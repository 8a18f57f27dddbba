/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a container, whatever it came to: used by delete, by a create that failed, and after a foreground run. */
#pragma once

#include "libcontainer/config/config.h"
#include "libcontainer/state/state.h"

/* Runs the hooks of one kind with the container's state on their standard input, in the bundle. */
int end_run_hooks(const struct config *config, enum hook_kind kind, const struct state *state, enum status status);

/*
 * Removes everything: processes, cgroup, state directory; then runs the poststop hooks of `config` (NULL: none), whose
 * failure is a warning (runtime.md, "Lifecycle" 13). If the cgroup cannot be emptied the record stays, so that it can be
 * tried again.
 */
int end_container(const struct state_directory *directory, const struct state *state, const struct config *config);
