/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which ids a mount is to show instead of those of its file system: mounts[].uidMappings and gidMappings, the options idmap and
 * ridmap (config.md, "Mounts"), and crun's `idmap=uids=FS-HOST-SIZE#...;gids=...`. Pure; runs in the runtime's process, in
 * config_check() and in plan_make().
 */
#pragma once

#include <stdbool.h>

#include "libcontainer/config/config.h"
#include "libcontainer/config/mount-options.h"

/* As in a user namespace: the "container" ids are those of the file system, the "host" ids those that the mount shows. */
struct mount_idmap {
        bool asked; /* false: the ids stay as they are */
        bool is_containers; /* the map of the container's user namespace; empty here if that is joined and not repeated in the config */
        struct id_mappings uids, gids; /* owned */
};

void mount_idmap_done(struct mount_idmap *idmap);

/* `path` is the mount's JSON path for messages ("mounts[3]"). Records; -EINVAL. */
int mount_idmap_decide(const struct config *config, const struct mount_config *mount, const char *path,
                       const struct mount_options *options, struct mount_idmap *ret);
