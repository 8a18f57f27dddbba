/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts on descriptors, by the calls of Linux 5.2 and 5.12, with mount(2) as the fallback. Runs in the container's
 * first process before the pivot, or in the helper that opens host paths for it.
 */
#include "libcontainer/isolation/mount-api.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/kernel.h"
#include "util/text.h"

static const char *staging;

static const struct {
        unsigned long flag;
        uint64_t attribute;
} attributes[] = {
        {MS_RDONLY, MOUNT_ATTR_RDONLY},     {MS_NOSUID, MOUNT_ATTR_NOSUID},         {MS_NODEV, MOUNT_ATTR_NODEV},
        {MS_NOEXEC, MOUNT_ATTR_NOEXEC},     {MS_NODIRATIME, MOUNT_ATTR_NODIRATIME}, {MS_NOATIME, MOUNT_ATTR_NOATIME},
        {MS_STRICTATIME, MOUNT_ATTR_STRICTATIME}, {MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW},
};

#define MS_ATIME_GROUP (MS_NOATIME | MS_RELATIME | MS_STRICTATIME)

/* Flags of the superblock and the option words that fsconfig(2) takes for them, to set and to clear. */
static const struct {
        unsigned long flag;
        const char *option, *contrary;
} superblock_flags[] = {
        {MS_RDONLY, "ro", "rw"},        {MS_SYNCHRONOUS, "sync", "async"}, {MS_DIRSYNC, "dirsync", NULL},
        {MS_MANDLOCK, "mand", "nomand"}, {MS_LAZYTIME, "lazytime", "nolazytime"},
};

/* Those that are no flag of a mount as well. */
#define MS_SUPERBLOCK (MS_SYNCHRONOUS | MS_DIRSYNC | MS_MANDLOCK | MS_LAZYTIME)

/*
 * One superblock stands behind all mounts of these in their namespace, so a superblock flag of ours would be refused or
 * would reach mounts that are not ours; the flag of the mount is what counts.
 */
static const char *const shared_superblocks[] = {"proc", "sysfs", "mqueue", "cgroup", "cgroup2"};

void mount_api_set_staging(const char *directory) {
        staging = directory;
}

bool mount_api_is_new(void) {
        static int is_new = -1;

        /* An attribute struct of size 0 is refused by every kernel that has the call at all. */
        if (is_new < 0)
                is_new = kernel_mount_setattr(-1, "", 0, NULL, 0) < 0 && errno == EINVAL;
        return is_new;
}

bool mount_api_knows_detached_targets(void) {
        autoclose int tree_fd = kernel_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        autoclose int mount_fd = kernel_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

        return mount_api_is_new() && tree_fd >= 0 && mount_fd >= 0 &&
               kernel_move_mount(mount_fd, "", tree_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
}

static uint64_t attributes_of(unsigned long flags) {
        uint64_t bits = 0;

        for (size_t i = 0; i < ELEMENTSOF(attributes); i++)
                if (flags & attributes[i].flag)
                        bits |= attributes[i].attribute;
        return bits;
}

static bool has_shared_superblock(const char *type) {
        for (size_t i = 0; i < ELEMENTSOF(shared_superblocks); i++)
                if (strcmp(type, shared_superblocks[i]) == 0)
                        return true;
        return false;
}

/* --- a new file system --- */

/*
 * What the file system itself wrote about its refusal ("e tmpfs: Bad value for 'size'"), without the level letter. The type is
 * NULL for one that is mounted already.
 */
static int fail_with_reason(int error, int context_fd, const char *type, const char *option) {
        autofree char *what = type ? text_format("mount `%s`", type) : text_copy("remount");
        char reason[256];
        ssize_t length = read(context_fd, reason, sizeof(reason) - 1);

        if (length < 3)
                return fail(error, "%s%s%s", what, option ? ": option " : "", option ? option : "");
        reason[length] = '\0';
        reason[strcspn(reason, "\n")] = '\0';
        return fail(error, "%s: %s", what, reason + 2);
}

/* One option, "key" or "key=value"; `option` is cut in place. */
static int set_option(int context_fd, const char *type, char *option) {
        char *value = strchr(option, '=');
        int r;

        if (value)
                *value++ = '\0';
        if (value && value[0] == '"' && value[1] && value[strlen(value) - 1] == '"') {
                value++;
                value[strlen(value) - 1] = '\0';
        }
        r = kernel_fsconfig(context_fd, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, option, value, 0);
        return r < 0 ? fail_with_reason(errno, context_fd, type, option) : 0;
}

/* Options are separated by commas, but for those in the quotes of an SELinux context. */
static char *next_option(char **rest) {
        char *begin = *rest, *end = begin;
        bool quoted = false;

        for (; *end && (quoted || *end != ','); end++)
                if (*end == '"')
                        quoted = !quoted;
        *rest = *end ? end + 1 : end;
        *end = '\0';
        return begin;
}

static int set_options(int context_fd, const char *type, const char *data) {
        autofree char *copy = text_copy(data);

        for (char *rest = copy; rest && *rest;) {
                char *option = next_option(&rest);
                int r = *option ? set_option(context_fd, type, option) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

static int set_superblock_flags(int context_fd, const char *type, unsigned long set, unsigned long clear) {
        for (size_t i = 0; i < ELEMENTSOF(superblock_flags); i++) {
                const char *option = set & superblock_flags[i].flag ? superblock_flags[i].option
                                                                    : superblock_flags[i].contrary;

                if ((set | clear) & superblock_flags[i].flag && option &&
                    kernel_fsconfig(context_fd, FSCONFIG_SET_FLAG, option, NULL, 0) < 0)
                        return fail_with_reason(errno, context_fd, type, option);
        }
        return 0;
}

static int set_superblock(int context_fd, const char *type, const char *source, unsigned long flags) {
        if (!text_is_empty(source) && kernel_fsconfig(context_fd, FSCONFIG_SET_STRING, "source", source, 0) < 0)
                return fail_with_reason(errno, context_fd, type, "source");
        return has_shared_superblock(type) ? 0 : set_superblock_flags(context_fd, type, flags, 0);
}

static int new_by_context(const char *type, const char *source, unsigned long flags, const char *data) {
        autoclose int context_fd = kernel_fsopen(type, FSOPEN_CLOEXEC);
        int r, mount_fd;

        if (context_fd < 0)
                return fail(errno, "mount `%s`", type);
        r = set_superblock(context_fd, type, source, flags);
        if (r < 0)
                return r;
        r = set_options(context_fd, type, data);
        if (r < 0)
                return r;
        if (kernel_fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
                return fail_with_reason(errno, context_fd, type, NULL);
        mount_fd = kernel_fsmount(context_fd, FSMOUNT_CLOEXEC, (unsigned)attributes_of(flags));
        return mount_fd < 0 ? fail(errno, "mount `%s`", type) : mount_fd;
}

/* The fallback's result: the top of the staging directory, which mount_attach() moves away again. */
static int open_staged(const char *what) {
        int fd = open(staging, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                fd = open(staging, O_PATH | O_CLOEXEC);
        return fd < 0 ? fail(errno, "mount `%s`: open staging directory", what) : fd;
}

static int new_by_path(const char *type, const char *source, unsigned long flags, const char *data) {
        if (mount(text_is_empty(source) ? type : source, staging, type, flags, data) < 0)
                return fail(errno, "mount `%s`", type);
        return open_staged(type);
}

int mount_new(const char *type, const char *source, unsigned long flags, const char *data) {
        if (mount_api_is_new())
                return new_by_context(type, source, flags, data);
        return new_by_path(type, source, flags, data);
}

/* --- clones --- */

/* A directory is staged on the staging directory itself, a file on a file in it. */
static int clone_by_path(const char *source, unsigned long flags, bool is_directory) {
        autofree char *target = is_directory ? text_copy(staging) : text_format("%s/staging", staging);
        int fd;

        if (!is_directory && mknod(target, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
                return fail(errno, "make staging file `%s`", target);
        if (mount(source, target, NULL, MS_BIND | (flags & MS_REC), NULL) < 0)
                return fail(errno, "bind `%s`", source);
        /* What is staged may be a link itself (src-nofollow), and it may lead to another mount: that one would be moved. */
        fd = open(target, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? fail(errno, "open staged `%s`", source) : fd;
}

static bool is_directory_fd(int fd) {
        struct stat status;

        return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

static int clone_tree(int fd, unsigned flags) {
        return kernel_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
}

/*
 * In the mount namespace of a user namespace what a mount covers has to stay covered, so the kernel clones nothing without the
 * mounts below it. It says no more than EINVAL: whether that is the reason shows with them. Not before the container is
 * being made, for some mounts are not held to that (automounts), and the host's may change until then.
 */
static int explain_clone(int error, int fd, unsigned long flags) {
        autoclose int whole_fd = error == EINVAL && !(flags & MS_REC) ? clone_tree(fd, AT_RECURSIVE) : -1;

        if (whole_fd < 0)
                return fail(error, "clone mount");
        return reject("found mounts below it, which a user namespace may not leave out, expected `rbind`");
}

int mount_clone(int fd, unsigned long flags) {
        char path[FD_PATH_MAX];
        int mount_fd;

        if (!mount_api_is_new()) {
                fd_path(path, fd);
                return clone_by_path(path, flags, is_directory_fd(fd));
        }
        mount_fd = clone_tree(fd, flags & MS_REC ? AT_RECURSIVE : 0);
        return mount_fd < 0 ? explain_clone(errno, fd, flags) : mount_fd;
}

int mount_clone_path(const char *path, unsigned long flags, bool nofollow) {
        autoclose int fd = open(path, O_PATH | O_CLOEXEC | (nofollow ? O_NOFOLLOW : 0));
        int mount_fd;

        if (fd < 0)
                return fail(errno, "open `%s`", path);
        mount_fd = mount_clone(fd, flags);
        return mount_fd < 0 ? within(mount_fd, "bind `%s`", path) : mount_fd;
}

/* --- flags --- */

/* What a remount by mount(2), which replaces all flags, must name again. */
static unsigned long current_flags(int fd) {
        static const struct {
                unsigned long statfs_flag, flag;
        } table[] = {
                {ST_RDONLY, MS_RDONLY},   {ST_NOSUID, MS_NOSUID},         {ST_NODEV, MS_NODEV},      {ST_NOEXEC, MS_NOEXEC},
                {ST_NOATIME, MS_NOATIME}, {ST_NODIRATIME, MS_NODIRATIME}, {ST_RELATIME, MS_RELATIME},
                {ST_NOSYMFOLLOW, MS_NOSYMFOLLOW}, {ST_SYNCHRONOUS, MS_SYNCHRONOUS}, {ST_MANDLOCK, MS_MANDLOCK},
        };
        unsigned long flags = 0;
        struct statfs status;

        if (fstatfs(fd, &status) < 0)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if ((unsigned long)status.f_flags & table[i].statfs_flag)
                        flags |= table[i].flag;
        /* Which is the absence of the others, and has to be said: unsaid it is relatime. */
        return flags & (MS_NOATIME | MS_RELATIME) ? flags : flags | MS_STRICTATIME;
}

static int change_by_remount(int fd, unsigned long set, unsigned long clear) {
        unsigned long flags = current_flags(fd) & ~clear;
        char path[FD_PATH_MAX];

        if (set & MS_ATIME_GROUP)
                flags &= ~(unsigned long)MS_ATIME_GROUP;
        fd_path(path, fd);
        if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | flags | set, NULL) < 0)
                return fail(errno, "set mount flags");
        return 0;
}

static int set_attributes(int fd, unsigned flags, struct mount_attr *attr) {
        if (kernel_mount_setattr(fd, "", AT_EMPTY_PATH | flags, attr, sizeof(*attr)) < 0)
                return fail(errno, "set mount flags");
        return 0;
}

int mount_change(int mount_fd, unsigned long set, unsigned long clear) {
        const unsigned long mount_flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NODIRATIME | MS_NOSYMFOLLOW;
        struct mount_attr attr = {
                .attr_set = attributes_of(set),
                .attr_clr = attributes_of(clear & mount_flags),
        };

        set &= mount_flags | MS_ATIME_GROUP;
        clear &= mount_flags | MS_ATIME_GROUP;
        if (!set && !clear)
                return 0;
        if (!mount_api_is_new())
                return change_by_remount(mount_fd, set, clear);
        /* The atime modes are one field: the kernel wants it cleared as a whole when it is set. Relatime is 0. */
        if ((set | clear) & MS_ATIME_GROUP)
                attr.attr_clr |= MOUNT_ATTR__ATIME;
        return set_attributes(mount_fd, 0, &attr);
}

int mount_change_tree(int mount_fd, uint64_t set, uint64_t clear) {
        struct mount_attr attr = {.attr_set = set, .attr_clr = clear};

        if (!set && !clear)
                return 0;
        if (!mount_api_is_new())
                return fail(ENOSYS, "set mount flags recursively");
        if ((set | clear) & MOUNT_ATTR__ATIME)
                attr.attr_clr |= MOUNT_ATTR__ATIME;
        return set_attributes(mount_fd, AT_RECURSIVE, &attr);
}

static int reconfigure_by_context(int fd, unsigned long set, unsigned long clear, const char *data) {
        autoclose int context_fd = kernel_fspick(fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);
        int r;

        if (context_fd < 0)
                return fail(errno, "remount");
        r = set_superblock_flags(context_fd, NULL, set, clear);
        if (r < 0)
                return r;
        r = set_options(context_fd, NULL, data);
        if (r < 0)
                return r;
        if (kernel_fsconfig(context_fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
                return fail_with_reason(errno, context_fd, NULL, NULL);
        return 0;
}

/* The flags of the mount are replaced along with the superblock's. */
static int reconfigure_by_path(int fd, unsigned long flags, const char *data) {
        char path[FD_PATH_MAX];

        fd_path(path, fd);
        return mount(NULL, path, NULL, MS_REMOUNT | flags, data) < 0 ? fail(errno, "remount") : 0;
}

int mount_reconfigure(int fd, unsigned long set, unsigned long clear, const char *data) {
        unsigned long now = current_flags(fd);

        set &= MS_SUPERBLOCK;
        clear &= (now & (MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK)) | MS_LAZYTIME;
        if (!set && !clear && !data)
                return 0;
        return mount_api_is_new() ? reconfigure_by_context(fd, set, clear, data)
                                  : reconfigure_by_path(fd, (now & ~clear) | set, data);
}

/* --- ids --- */

int mount_map_ids(int mount_fd, int user_namespace_fd, bool recursive) {
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace_fd};

        if (!mount_api_is_new())
                return fail(ENOSYS, "map ids: the kernel has no id-mapped mounts");
        if (kernel_mount_setattr(mount_fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof(attr)) == 0)
                return 0;
        return errno == EINVAL ? fail(EINVAL, "map ids: a file system without id-mapped mounts on this kernel")
                               : fail(errno, "map ids");
}

/* --- propagation --- */

int mount_propagate(int mount_fd, unsigned long propagation) {
        struct mount_attr attr = {.propagation = propagation & ~(unsigned long)MS_REC};
        char path[FD_PATH_MAX];

        if (mount_api_is_new())
                return set_attributes(mount_fd, propagation & MS_REC ? AT_RECURSIVE : 0, &attr);
        fd_path(path, mount_fd);
        return mount_propagate_path(path, propagation);
}

int mount_propagate_path(const char *path, unsigned long propagation) {
        if (mount(NULL, path, NULL, propagation, NULL) < 0)
                return fail(errno, "set propagation of `%s`", path);
        return 0;
}

/* --- attaching --- */

/* A directory may be mounted twice. Before Linux 5.8 mounts have no number, and all are taken for the same. */
static bool is_same_mount(int a_fd, int b_fd) {
        struct kernel_statx a = {0}, b = {0};

        return kernel_statx(a_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &a) < 0 ||
               kernel_statx(b_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &b) < 0 || a.mount_id == b.mount_id;
}

int mount_refuse_root(int rootfs_fd, int target_fd, const char *path) {
        struct stat root, target;

        if (fstat(rootfs_fd, &root) < 0 || fstat(target_fd, &target) < 0)
                return fail(errno, "look at mount target `%s`", path);
        if (root.st_dev == target.st_dev && root.st_ino == target.st_ino && is_same_mount(rootfs_fd, target_fd))
                return reject("`%s` leads to the container's root", path);
        return 0;
}

int mount_attach(int mount_fd, int target_fd) {
        char from[FD_PATH_MAX], to[FD_PATH_MAX];

        if (mount_api_is_new()) {
                if (kernel_move_mount(mount_fd, "", target_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
                        return fail(errno, "attach mount");
                return 0;
        }
        fd_path(from, mount_fd);
        fd_path(to, target_fd);
        if (mount(from, to, NULL, MS_MOVE, NULL) < 0)
                return fail(errno, "attach mount");
        return 0;
}

/* --- detaching --- */

int mount_identify(int fd, uint64_t *ret_id) {
        struct kernel_statx status = {0};

        /* Which of the two was answered shows in the mask; an older kernel ignores the bit that it does not know. */
        if (kernel_statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID | STATX_MNT_ID_UNIQUE, &status) < 0)
                return fail(errno, "identify mount");
        if (!(status.mask & (STATX_MNT_ID | STATX_MNT_ID_UNIQUE)))
                return fail(ENOSYS, "identify mount");
        *ret_id = status.mount_id;
        return 0;
}

int mount_open_own_fds(void) {
        int fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 ? fail(errno, "open `/proc/self/fd`") : fd;
}

/* umount2(2) takes a path only: the magic link of the descriptor is one that nobody can lead elsewhere. */
int mount_detach(int own_fds_fd, int mount_fd) {
        char name[16];

        if (fchdir(own_fds_fd) < 0)
                return fail(errno, "enter `/proc/self/fd`");
        snprintf(name, sizeof(name), "%d", mount_fd);
        /* EINVAL: not in this namespace, for it was never attached, or went with another that it was below. */
        if (umount2(name, MNT_DETACH) < 0 && errno != EINVAL)
                return fail(errno, "unmount");
        return 0;
}
