/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts of the type cgroup. On v2 the hierarchy itself; on v1 (and hybrid) a tmpfs with one directory per hierarchy and
 * links for controllers that share one. With a cgroup namespace the container sees its own cgroup as the root of each.
 * Without one it gets just its own directory of each on v1, and on v2 the whole tree, in which the paths of /proc/PID/cgroup
 * are. Runs in init, after the cgroup namespace is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/isolation/mount-api.h"
#include "libcontainer/isolation/mounts.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/text.h"

static bool sees_own_root(const struct plan *plan) {
        return config_namespace(plan->config, NAMESPACE_CGROUP) != NULL;
}

static int bind_directory(const char *directory, unsigned long flags) {
        int mount_fd = mount_clone_path(directory, MS_REC, false);
        int r;

        if (mount_fd < 0)
                return mount_fd;
        r = mount_change(mount_fd, flags, 0);
        if (r < 0)
                fd_close(&mount_fd);
        return r < 0 ? r : mount_fd;
}

/* Else the propagation waits until all is attached: mounts_propagate(). */
static int attach_dressed(const struct plan *plan, const struct mount_plan *mount, int mount_fd, int target_fd) {
        int r = plan->detached_root ? mounts_propagate(mount, mount_fd) : 0;

        return r < 0 ? r : mount_attach(mount_fd, target_fd);
}

/* By mount(2): nothing locks the read-only flag of a mount of the container's own namespace. */
static bool can_make_writable(const struct plan *plan) {
        return (plan->capabilities.bounding | plan->capabilities.permitted) & 1ULL << CAP_SYS_ADMIN;
}

/*
 * The root of a user namespace may be the owner of cgroups that are not the container's, such as a user's other ones: these it
 * may see, but not change (CVE-2023-25809).
 */
static bool may_see_all(const struct plan *plan, const struct mount_plan *mount) {
        if (sees_own_root(plan))
                return false;
        return !plan->has_mapped_root || (mount->options.flags & MS_RDONLY && !can_make_writable(plan));
}

/*
 * The kernel refuses a cgroup2 superblock to a user namespace that does not own the cgroup namespace (EPERM), and
 * to a hierarchy that is mounted with other options (EBUSY): then the directory is bound.
 */
static int mount_v2(const struct plan *plan, const struct mount_plan *mount, int target_fd) {
        const struct cgroup_place *own = plan->cgroup.n_places > 0 ? &plan->cgroup.places[0] : NULL;
        autofree char *directory = own ? cgroup_processes_directory(&plan->cgroup, own) : NULL;
        bool sees_all = may_see_all(plan, mount);
        uint64_t recursive_set = mount->options.recursive_set;
        autoclose int mount_fd = -1;
        int r;

        if (own && sees_all)
                directory[cgroup_mount_point_length(own)] = '\0';
        if (sees_own_root(plan) || sees_all || !own)
                mount_fd = mount_new("cgroup2", "cgroup", mount->options.flags, mount->options.data);
        if (mount_fd < 0 && own)
                mount_fd = bind_directory(directory, mount->options.flags);
        if (mount_fd < 0)
                return mount_fd;
        /* What is mounted below, too. */
        if (sees_all && plan->has_mapped_root)
                recursive_set |= MOUNT_ATTR_RDONLY;
        r = mount_change_tree(mount_fd, recursive_set, mount->options.recursive_clear);
        if (r >= 0)
                r = attach_dressed(plan, mount, mount_fd, target_fd);
        return r < 0 ? r : take_fd(&mount_fd);
}

static int mount_hierarchy(const struct plan *plan, const struct mount_plan *mount, const struct cgroup_place *place,
                           int target_fd) {
        autoclose int mount_fd = -1;

        if (sees_own_root(plan)) {
                bool is_named = text_starts_with(place->controllers, "name=");
                autofree char *data = text_format("%s%s", is_named ? "none," : "", place->controllers);

                mount_fd = mount_new("cgroup", "cgroup", mount->options.flags, data);
        }
        if (mount_fd < 0)
                mount_fd = bind_directory(place->directory, mount->options.flags);
        return mount_fd < 0 ? mount_fd : mount_attach(mount_fd, target_fd);
}

/* "cpu,cpuacct": each of the two names leads there as well. */
static int link_names(int top_fd, const char *controllers) {
        autofree char *names = text_copy(controllers);

        if (!strchr(controllers, ','))
                return 0;
        for (char *rest = names, *name; (name = strsep(&rest, ","));)
                if (symlinkat(controllers, top_fd, name) < 0)
                        return fail(errno, "link cgroup controller `%s`", name);
        return 0;
}

static int mount_place(const struct plan *plan, const struct mount_plan *mount, const struct cgroup_place *place, int top_fd) {
        const char *name = strrchr(place->controllers, '=');
        autoclose int target_fd = -1;
        int r;

        name = name ? name + 1 : place->controllers;
        if (mkdirat(top_fd, name, 0755) < 0)
                return fail(errno, "make directory for cgroup controller `%s`", name);
        target_fd = openat(top_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (target_fd < 0)
                return fail(errno, "open directory for cgroup controller `%s`", name);
        r = mount_hierarchy(plan, mount, place, target_fd);
        return r < 0 ? within(r, "cgroup controller `%s`", name) : link_names(top_fd, place->controllers);
}

/* In a tree that is attached nowhere nothing can be changed later: there it is attached when it is complete. */
static int mount_v1(const struct plan *plan, const struct mount_plan *mount, int target_fd) {
        unsigned long flags = mount->options.flags & ~(unsigned long)MS_RDONLY;
        autoclose int mount_fd = mount_new("tmpfs", "tmpfs", flags, "mode=755");
        autoclose int top_fd = -1;
        int r;

        if (mount_fd < 0)
                return mount_fd;
        r = plan->detached_root ? 0 : mount_attach(mount_fd, target_fd);
        if (r < 0)
                return r;
        top_fd = openat(mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (top_fd < 0)
                return fail(errno, "open `%s`", mount->destination);
        for (size_t i = 0; i < plan->cgroup.n_places; i++) {
                if (plan->cgroup.places[i].v2)
                        continue;
                r = mount_place(plan, mount, &plan->cgroup.places[i], top_fd);
                if (r < 0)
                        return r;
        }
        r = mount->options.flags & MS_RDONLY ? mount_change(top_fd, MS_RDONLY, 0) : 0;
        if (r >= 0)
                r = mount_change_tree(mount_fd, mount->options.recursive_set, mount->options.recursive_clear);
        if (r >= 0 && plan->detached_root)
                r = attach_dressed(plan, mount, mount_fd, target_fd);
        return r < 0 ? r : take_fd(&mount_fd);
}

int mounts_cgroup(const struct plan *plan, const struct mount_plan *mount, int target_fd) {
        if (plan->cgroup.mode == CGROUP_MODE_V2)
                return mount_v2(plan, mount, target_fd);
        if (plan->cgroup.mode == CGROUP_MODE_NONE)
                return reject("this machine has no cgroup file system");
        return mount_v1(plan, mount, target_fd);
}
