/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing limits into the directories of a container. */
#pragma once

#include "cgroups/cgroup.h"
#include "cgroups/settings.h"

/*
 * Writes the settings in their order. Records the property, the value and the file of the first that the kernel
 * refuses.
 */
int apply_settings(const struct cgroup *cgroup, const struct settings *settings, const char *path);

/*
 * The same for a cgroup with something to lose: the files are read before the first is written, and when the kernel
 * refuses one, the others get their old values back. *ret_undo is the caller's, for a failure of its own.
 */
int apply_settings_or_none(const struct cgroup *cgroup, const struct settings *settings, const char *path,
                           struct cgroup_undo *ret_undo);

/* Puts the device rules into effect: the v1 files, or a program on the v2 directory. `fresh`: the directory is new. */
int apply_devices(const struct cgroup *cgroup, const struct cgroup_resources *resources, bool fresh);
