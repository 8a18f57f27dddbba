/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hiding and freezing paths. Runs in init, before the pivot. */
#include "libcontainer/isolation/masks.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "libcontainer/isolation/mount-api.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/path.h"

/* -1 (and success) when there is nothing to hide. Opened once: this very object is what gets the mount. */
static int open_path(int rootfs_fd, const char *path, int *ret_fd) {
        *ret_fd = path_open_in_root(rootfs_fd, path, O_PATH);
        if (*ret_fd >= 0)
                return mount_refuse_root(rootfs_fd, *ret_fd, path);
        if (*ret_fd == -ENOENT || *ret_fd == -ENOTDIR) {
                *ret_fd = -1;
                return 0;
        }
        return fail(-*ret_fd, "open `%s`", path);
}

/*
 * Directories are hidden by an empty read-only tmpfs: one superblock for all of them, the further ones are clones of the
 * first that was attached (a superblock for each costs its teardown, and Kubernetes masks a hundred).
 */
static int mount_empty(int *first_fd, int target_fd) {
        int r, mount_fd;

        if (*first_fd < 0 || !mount_api_is_new()) {
                mount_fd = mount_new("tmpfs", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=555,nr_blocks=1,nr_inodes=1");
                if (mount_fd < 0)
                        return mount_fd;
                r = mount_attach(mount_fd, target_fd);
                fd_close(first_fd);
                *first_fd = mount_fd;
                return r;
        }
        mount_fd = mount_clone(*first_fd, 0);
        if (mount_fd < 0)
                return mount_fd;
        r = mount_attach(mount_fd, target_fd);
        fd_close(&mount_fd);
        return r;
}

/* Read-only, so that nobody inside changes the mode or the owner of the host's own node; it can still be written to. */
static int mount_null(int null_fd, int target_fd) {
        autoclose int mount_fd = mount_clone(null_fd, 0);
        int r;

        if (mount_fd < 0)
                return mount_fd;
        r = mount_change(mount_fd, MS_RDONLY | MS_NOSUID | MS_NOEXEC, 0);
        return r < 0 ? r : mount_attach(mount_fd, target_fd);
}

static int mask(const char *path, const struct sources *sources, int *empty_fd) {
        autoclose int target_fd = -1;
        struct stat status;
        int r = open_path(sources->rootfs_fd, path, &target_fd);

        if (r < 0 || target_fd < 0)
                return r;
        if (fstat(target_fd, &status) < 0)
                return fail(errno, "look at `%s`", path);
        return S_ISDIR(status.st_mode) ? mount_empty(empty_fd, target_fd) : mount_null(sources->null_fd, target_fd);
}

static int make_readonly(const char *path, const struct sources *sources) {
        autoclose int target_fd = -1, mount_fd = -1;
        int r = open_path(sources->rootfs_fd, path, &target_fd);

        if (r < 0 || target_fd < 0)
                return r;
        mount_fd = mount_clone(target_fd, MS_REC);
        if (mount_fd < 0)
                return mount_fd;
        r = mount_change(mount_fd, MS_RDONLY, 0);
        return r < 0 ? r : mount_attach(mount_fd, target_fd);
}

int masks_apply(const struct plan *plan, const struct sources *sources) {
        const struct string_list *readonly = &plan->config->linux.readonly_paths;
        const struct string_list *masked = &plan->config->linux.masked_paths;
        autoclose int empty_fd = -1;
        int r;

        for (size_t i = 0; i < readonly->count; i++) {
                r = make_readonly(readonly->items[i], sources);
                if (r < 0)
                        return within(r, "linux.readonlyPaths[%zu]: `%s`", i, readonly->items[i]);
        }
        for (size_t i = 0; i < masked->count; i++) {
                r = mask(masked->items[i], sources, &empty_fd);
                if (r < 0)
                        return within(r, "linux.maskedPaths[%zu]: `%s`", i, masked->items[i]);
        }
        return 0;
}
