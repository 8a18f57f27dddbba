/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The container's /dev. Runs in init, before the pivot. */
#include "libcontainer/isolation/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/isolation/mount-api.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/path.h"

static const struct {
        const char *name, *target;
        bool if_exists; /* only where the target exists on this kernel */
} links[] = {
        {"fd", "/proc/self/fd"},
        {"stdin", "/proc/self/fd/0"},
        {"stdout", "/proc/self/fd/1"},
        {"stderr", "/proc/self/fd/2"},
        {"core", "/proc/kcore", .if_exists = true},
};

static bool is_wanted(const struct stat *found, const struct device_plan *device) {
        if ((found->st_mode & S_IFMT) != (device->mode & S_IFMT))
                return false;
        return S_ISFIFO(device->mode) || found->st_rdev == device->number;
}

/* config-linux.md, "Devices": a file of another kind at the path MUST be an error; the same device is fine. */
static int check_existing(const struct device_plan *device, int parent_fd, const char *name) {
        struct stat found;

        if (fstatat(parent_fd, name, &found, AT_SYMLINK_NOFOLLOW) < 0)
                return fail(errno, "linux.devices: make `%s`", device->path);
        if (!is_wanted(&found, device))
                return reject("linux.devices: `%s` exists already and is another kind of file", device->path);
        return 0;
}

static int make_node(const struct device_plan *device, int parent_fd, const char *name) {
        if (mknodat(parent_fd, name, device->mode, device->number) < 0) {
                if (errno == EEXIST)
                        return check_existing(device, parent_fd, name);
                return fail(errno, "linux.devices: make `%s`", device->path);
        }
        if ((device->uid || device->gid) && fchownat(parent_fd, name, device->uid, device->gid, AT_SYMLINK_NOFOLLOW) < 0)
                return fail(errno, "linux.devices: change owner of `%s`", device->path);
        /* A change of the owner takes these two away. */
        if (device->mode & (S_ISUID | S_ISGID) && fchmodat(parent_fd, name, device->mode & 07777, AT_SYMLINK_NOFOLLOW) < 0)
                return fail(errno, "linux.devices: change mode of `%s`", device->path);
        return 0;
}

/* The file that the host's device is mounted on. An existing one is used as it is: it disappears below the mount. */
static int mount_node(const struct device_plan *device, int parent_fd, const char *name, int source_fd) {
        autoclose int target_fd = -1;

        if (mknodat(parent_fd, name, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
                return fail(errno, "linux.devices: make `%s`", device->path);
        target_fd = openat(parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (target_fd < 0)
                return fail(errno, "linux.devices: open `%s`", device->path);
        return mount_attach(source_fd, target_fd);
}

static int make_device(const struct device_plan *device, int rootfs_fd, int source_fd) {
        autofree char *name = NULL;
        autoclose int parent_fd = path_make_parent(rootfs_fd, device->path, 0755, &name);

        if (parent_fd < 0)
                return fail(-parent_fd, "linux.devices: make directory of `%s`", device->path);
        return source_fd >= 0 ? mount_node(device, parent_fd, name, source_fd) : make_node(device, parent_fd, name);
}

/* The image may have made /dev a link; even one that stays inside is refused, as in CVE-2026-41579. */
static int open_dev(int rootfs_fd) {
        int fd = path_open_no_symlinks(rootfs_fd, "/dev", O_RDONLY | O_DIRECTORY);

        if (fd == -ENOENT) {
                autoclose int made = path_make_dir(rootfs_fd, "/dev", 0755);

                if (made < 0)
                        return fail(-made, "make `/dev`");
                fd = path_open_no_symlinks(rootfs_fd, "/dev", O_RDONLY | O_DIRECTORY);
        }
        if (fd == -ELOOP || fd == -ENOTDIR)
                return reject("`/dev` in the rootfs is not a plain directory");
        return fd < 0 ? fail(-fd, "open `/dev`") : fd;
}

int devices_make(const struct plan *plan, struct sources *sources) {
        if (plan->makes_dev) {
                autoclose int dev_fd = open_dev(sources->rootfs_fd);

                if (dev_fd < 0)
                        return dev_fd;
        }
        for (size_t i = 0; i < plan->n_devices; i++) {
                int r;

                if (plan->mounts_device_nodes && sources->devices[i] < 0 && !S_ISFIFO(plan->devices[i].mode)) {
                        sources->devices[i] = mount_clone_path(plan->devices[i].path, 0, false);
                        if (sources->devices[i] < 0)
                                return sources->devices[i];
                }
                r = make_device(&plan->devices[i], sources->rootfs_fd, sources->devices[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int make_link(int dev_fd, const char *name, const char *target) {
        if (symlinkat(target, dev_fd, name) < 0 && errno != EEXIST)
                return fail(errno, "make link `/dev/%s`", name);
        return 0;
}

int devices_link(const struct plan *plan, int rootfs_fd) {
        autoclose int dev_fd = -1;
        int r;

        if (!plan->makes_dev)
                return 0;
        dev_fd = open_dev(rootfs_fd);
        if (dev_fd < 0)
                return dev_fd;
        for (size_t i = 0; i < ELEMENTSOF(links); i++) {
                if (links[i].if_exists && access(links[i].target, F_OK) < 0)
                        continue;
                r = make_link(dev_fd, links[i].name, links[i].target);
                if (r < 0)
                        return r;
        }
        /* Whatever the image has as ptmx, a device of the host's pts even, gives way to the container's own. */
        if (unlinkat(dev_fd, "ptmx", 0) < 0 && errno != ENOENT && errno != EROFS)
                return fail(errno, "remove `/dev/ptmx`");
        return make_link(dev_fd, "ptmx", "pts/ptmx");
}
