/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The places of a container's cgroup: one directory per hierarchy. Runs in the runtime's process. */
#include "cgroups/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroups/keeper.h"
#include "cgroups/members.h"
#include "cgroups/properties.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/text.h"

/* Whose the directory is; the kernel keeps it with the cgroup. */
#define PLACE_MARK "trusted.tare.container"

void place_add(struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy, const char *path) {
        *array_append(cgroup->places, cgroup->n_places) = (struct cgroup_place){
                .controllers = text_copy(hierarchy->name),
                .directory = text_format("%s%s", hierarchy->mount_point, path),
                .path = text_copy(path),
                .v2 = hierarchy->v2,
        };
}

size_t cgroup_mount_point_length(const struct cgroup_place *place) {
        return strlen(place->directory) - strlen(place->path);
}

/*
 * A cgroup without processes may still be that of a container that has stopped and was not deleted: its end would be the
 * end of whatever else lives there by then.
 */
static int check_mark(const struct cgroup *cgroup, const struct cgroup_place *place) {
        char owner[256];
        ssize_t length = getxattr(place->directory, PLACE_MARK, owner, sizeof(owner) - 1);

        if (length < 0)
                return 0;
        owner[length] = '\0';
        if (!cgroup->id || text_equal(owner, cgroup->id))
                return 0;
        reject("container's cgroup `%s` is that of container `%s`", place->directory, owner);
        return -EBUSY;
}

int place_mark(const struct cgroup *cgroup) {
        const struct cgroup_place *place = place_main(cgroup);

        /* Not everybody may set it; without it two containers that share a cgroup must know what they do. */
        if (place && cgroup->id && setxattr(place->directory, PLACE_MARK, cgroup->id, strlen(cgroup->id), 0) < 0 &&
            errno != EPERM && errno != EOPNOTSUPP)
                return fail(errno, "mark cgroup `%s`", place->directory);
        return 0;
}

int place_check_unused(const struct cgroup *cgroup, const struct cgroup_place *place) {
        autodone(members) struct members members = {};
        bool frozen;
        int r;

        r = members_list(place->directory, &members);
        if (r < 0)
                return fail(-r, "list the processes of cgroup `%s`", place->directory);
        if (members.n > 0) {
                reject("container's cgroup is not empty: %zu process(es) found in `%s`", members.n, place->directory);
                return -EBUSY;
        }
        r = cgroup_is_frozen(cgroup, &frozen);
        if (r < 0)
                return r;
        if (frozen) {
                reject("container's cgroup unexpectedly frozen: `%s`", place->directory);
                return -EBUSY;
        }
        return check_mark(cgroup, place);
}

const struct cgroup_place *place_of_v1(const struct cgroup *cgroup, enum controller controller) {
        for (size_t i = 0; i < cgroup->n_places; i++)
                if (!cgroup->places[i].v2 && controllers_v1_has(cgroup->places[i].controllers, controller))
                        return &cgroup->places[i];
        return NULL;
}

const struct cgroup_place *place_of_v2(const struct cgroup *cgroup) {
        for (size_t i = 0; i < cgroup->n_places; i++)
                if (cgroup->places[i].v2)
                        return &cgroup->places[i];
        return NULL;
}

/* The one directory that stands for all: nobody puts processes in some hierarchies of a cgroup and not in others. */
const struct cgroup_place *place_main(const struct cgroup *cgroup) {
        const struct cgroup_place *place = place_of_v2(cgroup);

        if (!place)
                place = place_of_v1(cgroup, CONTROLLER_DEVICES);
        if (!place && cgroup->n_places > 0)
                place = &cgroup->places[0];
        return place;
}

int place_open(struct cgroup *cgroup, const char *directory) {
        fd_close(&cgroup->v2_fd);
        cgroup->v2_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return cgroup->v2_fd < 0 ? fail(errno, "open cgroup `%s`", directory) : 0;
}

void cgroup_add_sub(struct cgroup *cgroup, const char *path) {
        char *sub = cgroup->sub ? text_format("%s/%s", cgroup->sub, path) : text_copy(path);

        free(cgroup->sub);
        cgroup->sub = sub;
}

char *cgroup_processes_directory(const struct cgroup *cgroup, const struct cgroup_place *place) {
        if (!place->v2 || !cgroup->sub)
                return text_copy(place->directory);
        return text_format("%s/%s", place->directory, cgroup->sub);
}

void cgroup_copy(const struct cgroup *from, struct cgroup *ret) {
        *ret = (struct cgroup){
                .mode = from->mode,
                .manager = from->manager,
                .sub = text_copy(from->sub),
                .v2_fd = -1,
                .unit = text_copy(from->unit),
                .user_unit = from->user_unit,
        };
        for (size_t i = 0; i < from->n_places; i++)
                *array_append(ret->places, ret->n_places) = (struct cgroup_place){
                        .controllers = text_copy(from->places[i].controllers),
                        .directory = text_copy(from->places[i].directory),
                        .path = text_copy(from->places[i].path),
                        .v2 = from->places[i].v2,
                };
}

void cgroup_done(struct cgroup *cgroup) {
        for (size_t i = 0; i < cgroup->n_places; i++) {
                free(cgroup->places[i].controllers);
                free(cgroup->places[i].directory);
                free(cgroup->places[i].path);
        }
        free(cgroup->places);
        free(cgroup->sub);
        free(cgroup->id);
        free(cgroup->unit);
        free(cgroup->slice);
        if (cgroup->properties)
                properties_done(cgroup->properties);
        free(cgroup->properties);
        keeper_free(cgroup->keeper);
        fd_close(&cgroup->v2_fd);
        *cgroup = CGROUP_INIT;
}
