/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a container's cgroup is: one directory per hierarchy, decided before anything is made, so that the state file
 * can name all of them first. Runs in the runtime's process, after cgroup_host_probe().
 */
#include "cgroups/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroups/keeper.h"
#include "cgroups/members.h"
#include "cgroups/parse.h"
#include "cgroups/properties.h"
#include "cgroups/systemd.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/text.h"

/* Whose the directory is; the kernel keeps it with the cgroup. */
#define PLACE_MARK "trusted.tare.container"

/*
 * What a relative path starts from. On v2 a cgroup with processes, such as the runtime's own, cannot give controllers
 * to its children, so the container goes beside it; v1 has no such rule and the container goes below.
 */
static char *base_of(const struct cgroup_hierarchy *hierarchy) {
        char *base = text_copy(hierarchy->own_path);
        char *last = strrchr(base, '/');

        if (hierarchy->v2 && last)
                *(last == base ? last + 1 : last) = '\0';
        return base;
}

static char *path_in(const struct cgroup_hierarchy *hierarchy, const char *cgroups_path) {
        autofree char *base = base_of(hierarchy), *joined = NULL, *rooted = NULL;

        joined = path_join(base, cgroups_path);
        rooted = text_format("/%s", joined);
        return path_clean(rooted);
}

void place_add(struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy, const char *path) {
        *array_append(cgroup->places, cgroup->n_places) = (struct cgroup_place){
                .controllers = text_copy(hierarchy->name),
                .directory = text_format("%s%s", hierarchy->mount_point, path),
                .path = text_copy(path),
                .v2 = hierarchy->v2,
        };
}

static int add_place(struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy, const char *cgroups_path) {
        autofree char *path = path_in(hierarchy, cgroups_path);

        /* All of the machine's processes are below the top: ending the container must never mean those. */
        if (text_equal(path, "/"))
                return reject("linux.cgroupsPath: \"%s\" is the top of the hierarchy, not a container's own cgroup",
                              cgroups_path);
        place_add(cgroup, hierarchy, path);
        return 0;
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
        if (cgroup->id && setxattr(place->directory, PLACE_MARK, cgroup->id, strlen(cgroup->id), 0) < 0 &&
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

/* --- what is there for the caller --- */

/* Not by trying: nothing is made before everything is decided. v2 wants the common ancestor of a move to be ours, too. */
static bool may_make(const struct cgroup_hierarchy *hierarchy) {
        autofree char *base = base_of(hierarchy), *directory = text_format("%s%s", hierarchy->mount_point, base);
        autofree char *members = text_format("%s/cgroup.procs", directory);

        return faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0 &&
               (!hierarchy->v2 || faccessat(AT_FDCWD, members, W_OK, AT_EACCESS) == 0);
}

void cgroup_host_drop_foreign(struct cgroup_host *host, enum cgroup_rootless rootless) {
        size_t kept = 0;

        if (rootless == CGROUP_ROOTLESS_FALSE || (rootless == CGROUP_ROOTLESS_AUTO && !host->unprivileged))
                return;
        for (size_t i = 0; i < host->n_hierarchies; i++)
                if (may_make(&host->hierarchies[i]))
                        host->hierarchies[kept++] = host->hierarchies[i];
                else
                        cgroup_hierarchy_done(&host->hierarchies[i]);
        host->n_hierarchies = kept;
}

/* --- all of them --- */

static int add_places(const struct cgroup_host *host, const char *cgroups_path, struct cgroup *cgroup) {
        if (parse_has_dotdot(cgroups_path))
                return reject("linux.cgroupsPath: \"%s\" has a component \"..\"", cgroups_path);
        for (size_t i = 0; i < host->n_hierarchies; i++) {
                int r = add_place(cgroup, &host->hierarchies[i], cgroups_path);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int decide_places(const struct cgroup_host *host, const char *cgroups_path, const char *id, struct cgroup *cgroup) {
        int r;

        if (host->mode == CGROUP_MODE_NONE)
                return reject("no cgroup file system is mounted at `/sys/fs/cgroup`");
        if (cgroup->manager == CGROUP_MANAGER_SYSTEMD)
                r = systemd_decide(host, cgroups_path, id, cgroup);
        else
                r = add_places(host, text_is_empty(cgroups_path) ? id : cgroups_path, cgroup);
        return r < 0 || cgroup->n_places == 0 ? r : place_check_unused(cgroup, place_main(cgroup));
}

int cgroup_decide(const struct cgroup_host *host, enum cgroup_manager manager, const char *cgroups_path, const char *id,
                  struct cgroup *ret) {
        autodone(cgroup) struct cgroup cgroup = CGROUP_INIT;
        int r;

        cgroup.mode = host->mode;
        cgroup.manager = manager;
        cgroup.unprivileged = host->unprivileged;
        cgroup.id = text_copy(id);
        r = manager == CGROUP_MANAGER_DISABLED ? 0 : decide_places(host, cgroups_path, id, &cgroup);
        if (r < 0)
                return r;
        *ret = cgroup;
        cgroup = CGROUP_INIT;
        return 0;
}

int cgroup_add_property(struct cgroup *cgroup, const char *name, const char *value) {
        if (!cgroup->unit)
                return 0;
        if (!cgroup->properties)
                cgroup->properties = alloc_new(struct properties);
        return properties_parse(name, value, cgroup->properties);
}

void cgroup_copy(const struct cgroup *from, struct cgroup *ret) {
        *ret = (struct cgroup){
                .mode = from->mode,
                .manager = from->manager,
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
