/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts below the container's root. Runs in init, before the pivot; or in the visitor of a container that is there
 * (process/visit.c), one by one.
 */
#include "libcontainer/isolation/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "libcontainer/isolation/lsm.h"
#include "libcontainer/isolation/mount-api.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/kernel.h"
#include "util/path.h"
#include "util/text.h"

/* Flags that belong to the mount itself; the rest of MS_* are the superblock's or say how to mount. */
#define MS_PER_MOUNT                                                                                      \
        (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME |        \
         MS_STRICTATIME | MS_NOSYMFOLLOW)

/*
 * Targets that the runtime and the process trust must not be led elsewhere by the image, not even elsewhere inside it:
 * a false /proc would take LSM and sysctl writes (CVE-2019-19921, CVE-2023-27561), a false /dev the device nodes.
 */
static bool wants_plain_directory(const struct mount_plan *mount) {
        return text_equal(mount->type, "proc") || text_equal(mount->type, "sysfs") || strcmp(mount->destination, "/dev") == 0;
}

static int open_plain_directory(int rootfs_fd, const char *path) {
        int fd = path_open_no_symlinks(rootfs_fd, path, O_PATH | O_DIRECTORY);

        if (fd == -ENOENT) {
                fd = path_make_dir(rootfs_fd, path, 0755);
                fd_close(&fd);
                fd = path_open_no_symlinks(rootfs_fd, path, O_PATH | O_DIRECTORY);
        }
        if (fd == -ELOOP || fd == -ENOTDIR)
                return reject("`%s` in the rootfs is not a plain directory", path);
        return fd < 0 ? fail(-fd, "open mount target `%s`", path) : fd;
}

static bool is_file(int fd) {
        struct stat status;

        return fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode);
}

/* The kernel says only EINVAL; engines give advice when they read these words. */
static int check_kinds(int source_fd, int target_fd) {
        if (is_file(source_fd) != is_file(target_fd))
                return fail(ENOTDIR, "the source is a %s, the target a %s", is_file(source_fd) ? "file" : "directory",
                            is_file(target_fd) ? "file" : "directory");
        return 0;
}

/* *ret_existed: the target was there already, so that its mode means something. */
static int open_target(const struct mount_plan *mount, int rootfs_fd, int source_fd, bool *ret_existed) {
        int fd;

        *ret_existed = true;
        if (wants_plain_directory(mount))
                return open_plain_directory(rootfs_fd, mount->destination);
        fd = path_open_in_root(rootfs_fd, mount->destination, O_PATH | (mount->options.dest_nofollow ? O_NOFOLLOW : 0));
        if (fd >= 0)
                return fd;
        *ret_existed = false;
        if (fd == -ENOENT)
                fd = source_fd >= 0 && is_file(source_fd) ? path_make_file(rootfs_fd, mount->destination, 0755)
                                                          : path_make_dir(rootfs_fd, mount->destination, 0755);
        return fd < 0 ? fail(-fd, "make mount target `%s`", mount->destination) : fd;
}

/* The file system's own options: the config's, the mode of an existing target (runc's rule for tmpfs), the label. */
static char *mount_data(const struct plan *plan, const struct mount_plan *mount, int target_fd, bool existed) {
        struct text data = TEXT_INIT;
        struct stat status;

        text_add(&data, mount->options.data ? mount->options.data : "");
        if (text_equal(mount->type, "tmpfs") && existed && !strstr(data.bytes ? data.bytes : "", "mode=") &&
            fstat(target_fd, &status) == 0)
                text_add_format(&data, "%smode=%o", data.length ? "," : "", status.st_mode & 07777);
        lsm_add_mount_label(plan->config, mount->type, &data);
        return text_take(&data);
}

static bool is_procfs(int fd) {
        struct statfs status;

        return fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

/*
 * What is written to /proc must reach the kernel (CVE-2019-16884): only a procfs may be bound there, and by a link in the
 * image no mount gets into a procfs whose destination does not say so; those that do were checked with the config.
 */
static int check_proc(const struct mount_plan *mount, int source_fd, int target_fd) {
        if (strcmp(mount->destination, "/proc") == 0 && mount->action == MOUNT_ACTION_BIND && !is_procfs(source_fd))
                return reject("only a procfs can be bound on `/proc`");
        if (is_procfs(target_fd) && !path_is_below(mount->destination, "/proc"))
                return reject("`%s` leads into a procfs", mount->destination);
        return 0;
}

static int copy_target(int target_fd, int mount_fd) {
        autoclose int from = openat(target_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        autoclose int to = openat(mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (from < 0 || to < 0)
                return fail(errno, "open directory to copy up");
        return copy_up(from, to);
}

static int make_new(const struct plan *plan, const struct mount_plan *mount, int target_fd, bool existed) {
        autofree char *data = mount_data(plan, mount, target_fd, existed);
        bool copies_up = mount->options.tmpcopyup && existed;
        /* What is copied has to be written first: then the mount is read-only, and its superblock never. */
        unsigned long late = copies_up ? mount->options.flags & MS_RDONLY : 0;
        int r, mount_fd = mount_new(mount->type, mount->source, mount->options.flags & ~late, data[0] ? data : NULL);

        if (mount_fd < 0)
                return mount_fd;
        r = copies_up ? copy_target(target_fd, mount_fd) : 0;
        if (r >= 0)
                r = mount_change(mount_fd, late, 0);
        /*
         * The specification has mappings for any mount. The kernel takes one whose user namespace we have CAP_SYS_ADMIN in: so
         * without a user namespace of the container's; with one it says so (EPERM).
         */
        if (r >= 0 && mount->has_id_map)
                r = mount_map_ids(mount_fd, mount->id_map_fd, false);
        if (r < 0) {
                fd_close(&mount_fd);
                return r;
        }
        return mount_fd;
}

/* Flags in one step while the mount is detached: there is no moment at which it is more open than it should be. */
static int dress(const struct mount_plan *mount, int mount_fd) {
        const struct mount_options *options = &mount->options;
        int r = 0;

        if (mount->action == MOUNT_ACTION_BIND)
                r = mount_change(mount_fd, options->flags & MS_PER_MOUNT, options->cleared & MS_PER_MOUNT);
        if (r < 0)
                return r;
        return mount_change_tree(mount_fd, options->recursive_set, options->recursive_clear);
}

int mounts_propagate(const struct mount_plan *mount, int mount_fd) {
        for (size_t i = 0; i < mount->options.n_propagation; i++) {
                int r = mount_propagate(mount_fd, mount->options.propagation[i]);

                if (r < 0)
                        return r;
        }
        return 0;
}

int mounts_prepare(const struct plan *plan, const struct mount_plan *mount, int rootfs_fd, int *mount_fd, int *ret_target_fd) {
        autoclose int target_fd = -1;
        bool existed;
        int r;

        /* Only the fallback for old kernels comes here without the source: it can stage one mount at a time. */
        if (mount->action == MOUNT_ACTION_BIND && *mount_fd < 0) {
                *mount_fd = sources_open_bind(mount);
                if (*mount_fd < 0)
                        return *mount_fd;
        }
        target_fd = open_target(mount, rootfs_fd, *mount_fd, &existed);
        if (target_fd < 0)
                return target_fd;
        r = check_proc(mount, *mount_fd, target_fd);
        if (r >= 0)
                r = mount_refuse_root(rootfs_fd, target_fd, mount->destination);
        if (r < 0)
                return r;
        if (mount->action == MOUNT_ACTION_NEW) {
                *mount_fd = make_new(plan, mount, target_fd, existed);
                if (*mount_fd < 0)
                        return *mount_fd;
        }
        *ret_target_fd = take_fd(&target_fd);
        return 0;
}

int mounts_attach(const struct plan *plan, const struct mount_plan *mount, int mount_fd, int target_fd) {
        int r = check_kinds(mount_fd, target_fd);

        if (r < 0)
                return r;
        r = dress(mount, mount_fd);
        if (r >= 0 && plan->detached_root)
                r = mounts_propagate(mount, mount_fd);
        if (r < 0)
                return r;
        r = mount_attach(mount_fd, target_fd);
        if (r < 0)
                return r;
        /* An mqueue takes no context= option: its root is labelled once it is attached. */
        r = lsm_label_mount(plan->config->linux.mount_label, mount->type, mount_fd);
        return r < 0 || plan->detached_root ? r : mounts_propagate(mount, mount_fd);
}

/* copy-symlink: what is there already must be the same link. */
static int make_link(const struct mount_plan *mount, int rootfs_fd) {
        autofree char *name = NULL;
        autoclose int parent_fd = path_make_parent(rootfs_fd, mount->destination, 0755, &name);
        char found[PATH_MAX];
        ssize_t length;

        if (parent_fd < 0)
                return fail(-parent_fd, "open the directory of `%s`", mount->destination);
        if (symlinkat(mount->link_text, parent_fd, name) == 0)
                return 0;
        if (errno != EEXIST)
                return fail(errno, "make link `%s`", mount->destination);
        length = readlinkat(parent_fd, name, found, sizeof(found));
        if (length < 0 || (size_t)length != strlen(mount->link_text) || memcmp(found, mount->link_text, (size_t)length) != 0)
                return reject("`%s` is there, and is no link to `%s`", mount->destination, mount->link_text);
        return 0;
}

static int mount_one(const struct plan *plan, const struct mount_plan *mount, int rootfs_fd, int *source_fd) {
        autoclose int mount_fd = take_fd(source_fd);
        autoclose int target_fd = -1;
        int r = mount->action == MOUNT_ACTION_LINK ? make_link(mount, rootfs_fd)
                                                   : mounts_prepare(plan, mount, rootfs_fd, &mount_fd, &target_fd);

        if (r < 0 || mount->action == MOUNT_ACTION_LINK)
                return r;
        if (mount->action != MOUNT_ACTION_CGROUP)
                return mounts_attach(plan, mount, mount_fd, target_fd);
        mount_fd = mounts_cgroup(plan, mount, target_fd);
        if (mount_fd < 0)
                return mount_fd;
        return plan->detached_root ? 0 : mounts_propagate(mount, mount_fd);
}

/*
 * New flags for the mount that is there, and without `bind` for its superblock too; what is not spoken of stays. `ro` is always
 * the mount's: behind a bind mount that is named without the word is a superblock of the host's.
 */
static int remount(const struct mount_plan *mount, int rootfs_fd) {
        autoclose int fd = path_open_in_root(rootfs_fd, mount->destination, O_PATH);
        const struct mount_options *options = &mount->options;
        int r;

        if (fd < 0)
                return fail(-fd, "open mount `%s`", mount->destination);
        r = mount_change(fd, options->flags & MS_PER_MOUNT, options->cleared & MS_PER_MOUNT);
        /* Only then: a mount that is read-only still has a superblock that is. */
        if (r >= 0 && !(options->flags & MS_BIND))
                r = mount_reconfigure(fd, options->flags, options->cleared, options->data);
        if (r >= 0)
                r = mount_change_tree(fd, options->recursive_set, options->recursive_clear);
        return r < 0 ? r : mounts_propagate(mount, fd);
}

int mounts_within(int r, const struct plan *plan, size_t i) {
        const struct mount_plan *mount = &plan->mounts[i];

        return within(r, "mounts[%zu]: mount `%s` on `%s`", i, mount->source ? mount->source : mount->type,
                      mount->destination);
}

int mounts_apply(const struct plan *plan, struct sources *sources) {
        for (size_t i = 0; i < plan->n_mounts; i++) {
                const struct mount_plan *mount = &plan->mounts[i];
                int r = mount->action == MOUNT_ACTION_REMOUNT
                                ? remount(mount, sources->rootfs_fd)
                                : mount_one(plan, mount, sources->rootfs_fd, &sources->mounts[i]);

                if (r < 0)
                        return mounts_within(r, plan, i);
        }
        return 0;
}

int mounts_seal(const struct plan *plan, int rootfs_fd) {
        for (size_t i = 0; i < plan->n_mounts; i++) {
                autoclose int fd = -1;
                int r;

                if (!plan->mounts[i].late_readonly)
                        continue;
                fd = path_open_no_symlinks(rootfs_fd, plan->mounts[i].destination, O_PATH | O_DIRECTORY);
                if (fd < 0)
                        return fail(-fd, "open `%s`", plan->mounts[i].destination);
                r = mount_change(fd, MS_RDONLY, 0);
                if (r < 0)
                        return within(r, "mounts[%zu]: make `%s` read-only", i, plan->mounts[i].destination);
        }
        if (plan->config->root.readonly && config_namespace(plan->config, NAMESPACE_MOUNT)) {
                int r = mount_change(rootfs_fd, MS_RDONLY, 0);

                if (r < 0)
                        return within(r, "root.readonly");
        }
        return 0;
}
