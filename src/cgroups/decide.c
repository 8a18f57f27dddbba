/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a container's cgroup is: one directory per hierarchy, decided before anything is made, so that the state file
 * can name all of them first. Runs in the runtime's process, after cgroup_host_probe().
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cgroups/cgroup.h"
#include "cgroups/parse.h"
#include "cgroups/place.h"
#include "cgroups/properties.h"
#include "cgroups/systemd.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/path.h"
#include "util/text.h"

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

static int add_place(struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy, const char *cgroups_path) {
        autofree char *path = path_in(hierarchy, cgroups_path);

        /* All of the machine's processes are below the top: ending the container must never mean those. */
        if (text_equal(path, "/"))
                return reject("linux.cgroupsPath: \"%s\" is the top of the hierarchy, not a container's own cgroup",
                              cgroups_path);
        place_add(cgroup, hierarchy, path);
        return 0;
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
        *ret = take_struct(&cgroup, CGROUP_INIT);
        return 0;
}

int cgroup_add_property(struct cgroup *cgroup, const char *name, const char *value) {
        if (!cgroup->unit)
                return 0;
        if (!cgroup->properties)
                cgroup->properties = alloc_new(struct properties);
        return properties_parse(name, value, cgroup->properties);
}
