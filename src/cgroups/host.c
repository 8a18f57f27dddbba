/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which cgroup hierarchies this machine mounts, and where the runtime itself is in each.
 *
 * /proc/self/cgroup names the hierarchies; where each is mounted follows from the layout that every distribution uses,
 * checked by statfs(2). A machine may have tens of thousands of mounts, so /proc/self/mountinfo is read only when the
 * layout is another one. Runs in the runtime's process, first of all that touches cgroups.
 */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cgroups/controllers.h"
#include "cgroups/parse.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/file.h"
#include "util/mountinfo.h"
#include "util/text.h"

#define TOP "/sys/fs/cgroup"

const struct name cgroup_managers[] = {
        {"cgroupfs", CGROUP_MANAGER_CGROUPFS},
        {"systemd", CGROUP_MANAGER_SYSTEMD},
        {"disabled", CGROUP_MANAGER_DISABLED},
        {},
};

const struct name cgroup_rootless_values[] = {
        {"auto", CGROUP_ROOTLESS_AUTO},   {"AUTO", CGROUP_ROOTLESS_AUTO},   {"Auto", CGROUP_ROOTLESS_AUTO},
        {"true", CGROUP_ROOTLESS_TRUE},   {"TRUE", CGROUP_ROOTLESS_TRUE},   {"True", CGROUP_ROOTLESS_TRUE},
        {"t", CGROUP_ROOTLESS_TRUE},      {"T", CGROUP_ROOTLESS_TRUE},      {"1", CGROUP_ROOTLESS_TRUE},
        {"false", CGROUP_ROOTLESS_FALSE}, {"FALSE", CGROUP_ROOTLESS_FALSE}, {"False", CGROUP_ROOTLESS_FALSE},
        {"f", CGROUP_ROOTLESS_FALSE},     {"F", CGROUP_ROOTLESS_FALSE},     {"0", CGROUP_ROOTLESS_FALSE},
        {},
};

void cgroup_hierarchy_done(struct cgroup_hierarchy *hierarchy) {
        free(hierarchy->name);
        free(hierarchy->mount_point);
        free(hierarchy->own_path);
}

void cgroup_host_done(struct cgroup_host *host) {
        for (size_t i = 0; i < host->n_hierarchies; i++)
                cgroup_hierarchy_done(&host->hierarchies[i]);
        free(host->hierarchies);
        *host = CGROUP_HOST_INIT;
}

static bool is_mounted(const char *path, bool v2) {
        struct statfs fs;

        return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == (v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC);
}

/* With v2 at the top, v1 hierarchies are out of reach. */
static int read_hierarchies(struct cgroup_host *host) {
        bool only_v2 = is_mounted(TOP, true);
        autofree char *text = NULL;
        char *rest, *line;
        int r;

        r = file_read(AT_FDCWD, "/proc/self/cgroup", 1 << 20, &text, NULL);
        if (r < 0)
                return fail(-r, "read `/proc/self/cgroup`");
        rest = text;
        while ((line = parse_part(&rest, '\n'))) {
                struct cgroup_hierarchy *hierarchy;
                char *name, *path;

                if (!parse_membership(line, &name, &path) || (only_v2 && *name))
                        continue;
                hierarchy = array_append(host->hierarchies, host->n_hierarchies);
                hierarchy->name = text_copy(name);
                hierarchy->own_path = text_copy(path);
                hierarchy->v2 = !*name;
        }
        return 0;
}

/* "cpu,cpuacct" is at the whole name or, on some distributions, at the first of them; "name=systemd" at "systemd". */
static char *standard_mount_point(const char *name) {
        const char *plain = text_after(name, "name=");
        autofree char *whole = text_format(TOP "/%s", plain ? plain : name);
        char *comma;

        if (is_mounted(whole, false))
                return take_ptr(&whole);
        comma = strchr(whole, ',');
        if (!comma)
                return NULL;
        *comma = '\0';
        return is_mounted(whole, false) ? take_ptr(&whole) : NULL;
}

static void find_standard(struct cgroup_host *host) {
        for (size_t i = 0; i < host->n_hierarchies; i++) {
                struct cgroup_hierarchy *hierarchy = &host->hierarchies[i];

                if (!hierarchy->v2)
                        hierarchy->mount_point = standard_mount_point(hierarchy->name);
                else if (is_mounted(TOP, true))
                        hierarchy->mount_point = text_copy(TOP);
                else if (is_mounted(TOP "/unified", true))
                        hierarchy->mount_point = text_copy(TOP "/unified");
        }
}

/*
 * A runtime inside a container without a cgroup namespace reads its path as the host sees it, below a mount that shows
 * only the container's part.
 */
static bool is_own_path_visible(const struct cgroup_hierarchy *hierarchy) {
        autofree char *path = NULL;

        if (text_equal(hierarchy->own_path, "/"))
                return true;
        path = text_format("%s%s", hierarchy->mount_point, hierarchy->own_path);
        return access(path, F_OK) == 0;
}

static bool needs_mountinfo(const struct cgroup_host *host) {
        bool found = false, missing_v1 = false;

        for (size_t i = 0; i < host->n_hierarchies; i++) {
                const struct cgroup_hierarchy *hierarchy = &host->hierarchies[i];

                if (hierarchy->mount_point && !is_own_path_visible(hierarchy))
                        return true;
                found |= hierarchy->mount_point != NULL;
                missing_v1 |= !hierarchy->mount_point && !hierarchy->v2;
        }
        /* A v2 hierarchy that is mounted nowhere is usual beside v1. */
        return !found || missing_v1;
}

static bool is_mount_of(const struct mountinfo *mount, const struct cgroup_hierarchy *hierarchy) {
        size_t first = strcspn(hierarchy->name, ",");

        if (hierarchy->v2)
                return text_equal(mount->type, "cgroup2");
        return text_equal(mount->type, "cgroup") &&
                controllers_list_has(mount->super_options, ',', hierarchy->name, first);
}

static void use_mount(struct cgroup_hierarchy *hierarchy, const struct mountinfo *mount) {
        const char *below = text_after(hierarchy->own_path, mount->root);

        if (!hierarchy->mount_point)
                hierarchy->mount_point = text_copy(mount->mount_point);
        if (!text_equal(hierarchy->mount_point, mount->mount_point) || is_own_path_visible(hierarchy))
                return;
        /* Outside of what the mount shows ("/../x" in a cgroup namespace): the top is all that is known. */
        if (!below || (*below && *below != '/'))
                below = "";
        free(hierarchy->own_path);
        hierarchy->own_path = text_copy(*below ? below : "/");
}

static int find_in_mountinfo(struct cgroup_host *host) {
        autofree char *text = NULL;
        char *rest, *line;
        int r;

        r = file_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, NULL);
        if (r < 0)
                return fail(-r, "read `/proc/self/mountinfo`");
        rest = text;
        while ((line = parse_part(&rest, '\n'))) {
                struct mountinfo mount;

                if (!mountinfo_parse(line, &mount))
                        continue;
                for (size_t i = 0; i < host->n_hierarchies; i++)
                        if (is_mount_of(&mount, &host->hierarchies[i]))
                                use_mount(&host->hierarchies[i], &mount);
        }
        return 0;
}

static void drop_unmounted(struct cgroup_host *host) {
        size_t kept = 0;

        for (size_t i = 0; i < host->n_hierarchies; i++) {
                if (host->hierarchies[i].mount_point) {
                        host->hierarchies[kept++] = host->hierarchies[i];
                        continue;
                }
                cgroup_hierarchy_done(&host->hierarchies[i]);
        }
        host->n_hierarchies = kept;
}

static enum cgroup_mode mode_of(const struct cgroup_host *host) {
        bool v1 = false, v2 = false;

        for (size_t i = 0; i < host->n_hierarchies; i++) {
                v1 |= !host->hierarchies[i].v2;
                v2 |= host->hierarchies[i].v2;
        }
        if (v1)
                return v2 ? CGROUP_MODE_HYBRID : CGROUP_MODE_V1;
        return v2 ? CGROUP_MODE_V2 : CGROUP_MODE_NONE;
}

int cgroup_host_probe(struct cgroup_host *ret) {
        autodone(cgroup_host) struct cgroup_host host = CGROUP_HOST_INIT;
        int r;

        r = read_hierarchies(&host);
        if (r < 0)
                return r;
        find_standard(&host);
        if (needs_mountinfo(&host)) {
                r = find_in_mountinfo(&host);
                if (r < 0)
                        return r;
        }
        drop_unmounted(&host);
        host.mode = mode_of(&host);
        *ret = take_struct(&host, CGROUP_HOST_INIT);
        return 0;
}
