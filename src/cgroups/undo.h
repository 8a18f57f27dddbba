/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits as they were before an update, and how to write them again. */
#pragma once

#include "cgroups/place.h"
#include "cgroups/settings.h"

/* One file that a setting changes. */
struct cgroup_undo_entry {
        size_t setting; /* index of the setting that changes it */
        char *path;
        char *held; /* the whole content before */
        char *line; /* what to write; NULL: no text gives the old state back */
        bool is_touched; /* written since, or at least tried */
};

/*
 * Notes what the file of a setting holds, and the weight that an idle cgroup forgets. -ENOENT, unrecorded, when neither
 * `file` nor `other_file` is there; what cannot be read at all cannot be put back and is noted as such.
 */
int undo_note(struct cgroup_undo *undo, size_t setting_index, const struct setting *setting,
              const struct cgroup_place *place);

/* The setting is about to be written. */
void undo_touch(struct cgroup_undo *undo, size_t setting_index);

/*
 * Pure: the text that gives a file its old state back. `held` is what it held, `value` what was written after that, which
 * names the device if the file has a line for each. NULL when there is none. Owned by the caller.
 */
char *undo_line(const char *file, const char *held, const char *value);
