/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Host paths, opened once. Runs in init, or in the helper beside it when the container has a user namespace. */
#include "libcontainer/isolation/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "libcontainer/isolation/mount-api.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"

void sources_init(const struct plan *plan, struct sources *ret) {
        ret->rootfs_fd = ret->null_fd = -1;
        ret->mounts = alloc_zero(plan->n_mounts, sizeof(int));
        ret->devices = alloc_zero(plan->n_devices, sizeof(int));
        for (size_t i = 0; i < plan->n_mounts; i++)
                ret->mounts[i] = -1;
        for (size_t i = 0; i < plan->n_devices; i++)
                ret->devices[i] = -1;
}

size_t sources_count(const struct plan *plan) {
        return 2 + plan->n_mounts + plan->n_devices;
}

int *sources_at(const struct plan *plan, struct sources *sources, size_t index) {
        if (index == 0)
                return &sources->rootfs_fd;
        if (index == 1)
                return &sources->null_fd;
        index -= 2;
        return index < plan->n_mounts ? &sources->mounts[index] : &sources->devices[index - plan->n_mounts];
}

/* Masks are made of it, so it must be the real one (CVE-2025-31133 is about a false one). */
static int open_null(struct sources *sources) {
        struct stat status;

        sources->null_fd = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (sources->null_fd < 0)
                return fail(errno, "open `/dev/null`");
        if (fstat(sources->null_fd, &status) < 0 || !S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3))
                return reject("the host's `/dev/null` is not the null device");
        return 0;
}

/* Here and not in init: to map ids takes rights over the host's file systems, which a user namespace does not give. */
int sources_open_bind(const struct mount_plan *mount) {
        autoclose int mount_fd = mount_clone_path(mount->source, mount->options.flags, mount->options.src_nofollow);
        int r;

        if (mount_fd < 0)
                return mount_fd;
        r = mount->has_id_map ? mount_map_ids(mount_fd, mount->id_map_fd, mount->options.idmap == MOUNT_IDMAP_TREE) : 0;
        return r < 0 ? within(r, "bind `%s`", mount->source) : take_fd(&mount_fd);
}

int sources_open_binds(const struct plan *plan, int *mounts) {
        for (size_t i = 0; i < plan->n_mounts; i++) {
                const struct mount_plan *mount = &plan->mounts[i];

                if (mount->action != MOUNT_ACTION_BIND)
                        continue;
                mounts[i] = sources_open_bind(mount);
                if (mounts[i] < 0)
                        return within(mounts[i], "mounts[%zu]", i);
        }
        return 0;
}

static int open_devices(const struct plan *plan, struct sources *sources) {
        for (size_t i = 0; plan->mounts_device_nodes && i < plan->n_devices; i++) {
                const struct device_plan *device = &plan->devices[i];
                autoclose int fd = -1;
                struct stat status;

                if (S_ISFIFO(device->mode))
                        continue;
                fd = open(device->path, O_PATH | O_CLOEXEC);
                if (fd < 0 || fstat(fd, &status) < 0)
                        return fail(errno, "linux.devices: open `%s` on the host", device->path);
                if ((status.st_mode & S_IFMT) != (device->mode & S_IFMT) || status.st_rdev != device->number)
                        return reject("linux.devices: `%s` of the host is another device, and the container's user namespace can make none",
                                      device->path);
                sources->devices[i] = mount_clone(fd, 0);
                if (sources->devices[i] < 0)
                        return within(sources->devices[i], "linux.devices: `%s`", device->path);
        }
        return 0;
}

/* Its path was resolved when the plan was made; whoever may rename its parents could have put another in its place. */
static int check_rootfs(const struct plan *plan, int fd) {
        struct stat status;

        if (fstat(fd, &status) < 0 || status.st_dev != plan->rootfs_status.st_dev || status.st_ino != plan->rootfs_status.st_ino)
                return reject("rootfs `%s` has been replaced by another directory", plan->rootfs);
        return 0;
}

/* Hooks expect the container's tree at the rootfs's own path in its mount namespace, so it is attached just there. */
static int attach_rootfs(const struct plan *plan, struct sources *sources) {
        autoclose int target_fd = open(plan->rootfs, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        autoclose int mount_fd = -1;
        int r;

        if (target_fd < 0)
                return fail(errno, "open rootfs `%s`", plan->rootfs);
        r = check_rootfs(plan, target_fd);
        if (r < 0)
                return r;
        mount_fd = mount_clone(target_fd, MS_REC);
        if (mount_fd < 0)
                return within(mount_fd, "rootfs `%s`", plan->rootfs);
        if (plan->initial_propagation & MS_SHARED) {
                r = mount_propagate(mount_fd, MS_PRIVATE | MS_REC);
                if (r < 0)
                        return within(r, "rootfs `%s`", plan->rootfs);
        }
        r = mount_attach(mount_fd, target_fd);
        if (r < 0)
                return within(r, "rootfs `%s`", plan->rootfs);
        if (mount_api_is_new()) {
                sources->rootfs_fd = take_fd(&mount_fd);
                return 0;
        }
        sources->rootfs_fd = open(plan->rootfs, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return sources->rootfs_fd < 0 ? fail(errno, "open rootfs `%s`", plan->rootfs) : 0;
}

/* Without a mount namespace of its own the container only gets another root directory. */
static int open_rootfs(const struct plan *plan, struct sources *sources) {
        sources->rootfs_fd = open(plan->rootfs, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return sources->rootfs_fd < 0 ? fail(errno, "open rootfs `%s`", plan->rootfs) : 0;
}

/*
 * Without a mount namespace and with mounts: a copy of the rootfs, which stays detached. It is cut off from the propagation of
 * the host's mounts, or a mount on the copy of a shared one would be made on the host as well.
 */
static int open_detached(const struct plan *plan, struct sources *sources) {
        int r = open_rootfs(plan, sources);
        int mount_fd;

        if (r < 0)
                return r;
        r = check_rootfs(plan, sources->rootfs_fd);
        if (r < 0)
                return r;
        mount_fd = mount_clone(sources->rootfs_fd, MS_REC);
        if (mount_fd < 0)
                return within(mount_fd, "rootfs `%s`", plan->rootfs);
        fd_close(&sources->rootfs_fd);
        sources->rootfs_fd = mount_fd;
        r = mount_propagate(mount_fd, MS_PRIVATE | MS_REC);
        if (r < 0)
                return within(r, "rootfs `%s`", plan->rootfs);
        r = sources_open_binds(plan, sources->mounts);
        return r < 0 ? r : open_devices(plan, sources);
}

int sources_open(const struct plan *plan, struct sources *sources) {
        bool stays_shared = plan->initial_propagation & MS_SHARED;
        int r;

        if (plan->detached_root)
                return open_detached(plan, sources);
        if (!plan->creates[NAMESPACE_MOUNT] && !config_namespace(plan->config, NAMESPACE_MOUNT))
                return open_rootfs(plan, sources);
        /*
         * A shared tree (rootfsPropagation) is cloned while it is still of one peer group with the host's mounts; then the
         * namespace itself becomes a slave, because neither the parent of the new root may be shared (pivot_root(2))
         * nor may the container's other mounts reach the host.
         */
        if (!stays_shared) {
                r = mount_propagate_path("/", plan->initial_propagation);
                if (r < 0)
                        return r;
        }
        r = open_null(sources);
        if (r < 0)
                return r;
        if (mount_api_is_new()) {
                r = sources_open_binds(plan, sources->mounts);
                if (r < 0)
                        return r;
                r = open_devices(plan, sources);
                if (r < 0)
                        return r;
        }
        if (stays_shared) {
                r = mount_propagate_path("/", MS_SLAVE | MS_REC);
                if (r < 0)
                        return r;
        }
        return attach_rootfs(plan, sources);
}
