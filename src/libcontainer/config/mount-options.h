/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mounts[].options: words -> flags, by one table that also feeds `tare features` (config.md, "Linux mount options").
 * Pure; runs in the runtime's process, in config_check() and in plan_make().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcontainer/config/config.h"

#define MOUNT_PROPAGATIONS_MAX 8

/* Is the mount to have other ids than its file system? */
enum mount_idmap_scope {
        MOUNT_IDMAP_NONE, /* not by an option; mappings of the mount's own still ask for it */
        MOUNT_IDMAP_ONE, /* "idmap": the mount, not those below it */
        MOUNT_IDMAP_TREE, /* "ridmap" */
};

/* What the options ask for; where two contradict each other the later one wins. */
struct mount_options {
        unsigned long flags; /* MS_* to set: per-mount ones, superblock ones, MS_BIND with MS_REC, MS_REMOUNT */
        unsigned long cleared; /* MS_* that an option clears by name ("rw", "dev", "exec"): the kernel must obey or fail */
        uint64_t recursive_set, recursive_clear; /* MOUNT_ATTR_* for mount_setattr(AT_RECURSIVE) */
        unsigned long propagation[MOUNT_PROPAGATIONS_MAX]; /* MS_SHARED ... with or without MS_REC, in order */
        size_t n_propagation;
        bool tmpcopyup; /* copy what lies below into the new tmpfs */
        bool copy_symlink; /* a source that is a symbolic link is made again at the destination, and not followed */
        bool src_nofollow, dest_nofollow; /* a symbolic link that the source or the destination is, is meant itself */
        enum mount_idmap_scope idmap;
        char *idmap_text; /* behind "idmap=", crun's way to give the mapping; NULL when there is none */
        char *data; /* the rest, joined by commas, for the file system; NULL when there is none */
};

void mount_options_done(struct mount_options *options);

/*
 * Translates the words. `path` is the JSON path for messages ("mounts[3]"). Refuses data on a bind mount, and what belongs to
 * bind mounts elsewhere. Records; -EINVAL.
 */
int mount_options_parse(const struct mount_config *mount, const char *path, struct mount_options *ret);

/* The i-th word of the table in alphabetical order, NULL behind the last one; for `tare features`. */
const char *mount_option_name(size_t i);
