/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding the right one of a container's places. */
#pragma once

#include "cgroups/cgroup.h"
#include "cgroups/controllers.h"

/* Adds the place of the hierarchy at `path`, an absolute one below the mount point. */
void place_add(struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy, const char *path);

/* The place that has the v1 controller, or NULL. */
const struct cgroup_place *place_of_v1(const struct cgroup *cgroup, enum controller controller);

/* The place on the v2 hierarchy, or NULL. */
const struct cgroup_place *place_of_v2(const struct cgroup *cgroup);

/* The place that tells who is inside: the v2 one, else the one of the v1 devices controller, else any; NULL if none. */
const struct cgroup_place *place_main(const struct cgroup *cgroup);

/* Opens the v2 directory anew, for those who are born there. Records. */
int place_open(struct cgroup *cgroup, const char *directory);

/* Marks the main place with the container's id, for place_check_unused() of the next. Records. */
int place_mark(const struct cgroup *cgroup);

/*
 * Refuses (-EBUSY, recorded) a directory that is there already and has processes, bears another container's mark, or whose
 * cgroup is frozen: it is somebody's, and what happens to one container must not happen to another.
 */
int place_check_unused(const struct cgroup *cgroup, const struct cgroup_place *place);
