/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits as a list of files to write: the same list is checked before anything is made, and written afterwards. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cgroups/cgroup.h"
#include "cgroups/controllers.h"

struct setting {
        enum controller controller;
        char *property; /* "memory.limit", below linux.resources */
        char *file, *value;
        char *other_file, *other_value; /* written instead when `file` does not exist; NULL: nothing */
        bool optional; /* no such file: nothing lost */
        bool keep_first_word; /* what the file holds up to the first blank goes before the value */
        bool unified; /* on the v2 hierarchy, whichever has the controller */
        bool obsolete; /* a kernel that does not know it any more gets a warning instead */
};
struct settings {
        struct setting *list;
        size_t n;
};
void settings_done(struct settings *settings);

struct settings_request {
        const struct cgroup_resources *resources;
        const struct controllers *controllers;
        const char *path; /* JSON path of the resources, for errors */
        bool fresh; /* the cgroup is new: what says "no limit" needs no writing */
        bool update; /* of a container that is there */
};

/*
 * The list for these resources, in the order in which to write it; device rules are not in it. Records what cannot be
 * expressed. Touches no file.
 */
int settings_make(const struct settings_request *request, struct settings *ret);
