/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `update`: other limits for a container that is there. Runs in the runtime's process. Records its failures. */
#pragma once

#include "cgroups/cgroup.h"

struct update_options {
        /*
         * A file with a linux.resources object, "-" for standard input; NULL or "": what `resources` holds. Zero in such a
         * file is "leave it", for engines send zeros for what their user left out.
         */
        const char *resources_file;
        struct cgroup_resources resources; /* the caller's own */
        const char *l3_cache_schema, *mem_bw_schema;
};

/*
 * Puts the limits into effect, all or none, and records the limits that are in force then. The container is created,
 * running or paused.
 */
int container_update(const char *root, const char *id, const struct update_options *options);
