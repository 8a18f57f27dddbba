/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths below a root whose content is not trusted and may change at any moment. Runs in the runtime and in init.
 *
 * Looking up is openat2(2)'s work (Linux 5.6) where that can be had. The walk below serves without it, and always where
 * something must be made, since no call makes directories on the way. It takes one component at a time, relative to the
 * descriptor of the directory that holds it and never through a link (CVE-2021-30465, CVE-2024-45310):
 * links are read and their text is walked like the rest; ".." goes back to the descriptor that it came from, never by
 * the kernel's "..", so that a directory moved meanwhile does not lead above the root. What fails is never tried again
 * by a plain path.
 */
#include "util/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/kernel.h"

/* As in the kernel. */
#define LINKS_MAX 40

/* How often somebody's renames may get in the way before the lookup gives up. */
#define RETRIES_MAX 128

enum missing {
        MISSING_FAILS, /* with -ENOENT */
        MISSING_DIRECTORY, /* is made, and all on the way to it */
        MISSING_FILE, /* is made empty, and the directories on the way to it */
};

struct lookup {
        int root_fd;
        const char *path;
        int flags;
        bool refuse_links;
        enum missing missing;
        mode_t directory_mode, file_mode;
};

static bool openat2_refused;

void path_refuse_openat2(bool refuse) {
        openat2_refused = refuse;
}

/* --- by openat2 --- */

/* -ENOSYS and -EPERM (a seccomp filter that does not know the call, or a true one): the walk will tell. */
static int open_by_kernel(const struct lookup *lookup) {
        struct open_how how = {
                .flags = (unsigned)lookup->flags,
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (lookup->refuse_links ? RESOLVE_NO_SYMLINKS : 0),
        };
        int fd = -1;

        if (openat2_refused)
                return -ENOSYS;
        /* EAGAIN: something was renamed or mounted while ".." was followed, and it cannot be told where it led. */
        for (int i = 0; i < RETRIES_MAX; i++) {
                fd = kernel_openat2(lookup->root_fd, lookup->path, &how, sizeof(how));
                if (fd >= 0 || errno != EAGAIN)
                        break;
        }
        if (fd < 0 && errno == ENOSYS)
                openat2_refused = true;
        return fd < 0 ? -errno : fd;
}

/* --- by components --- */

struct walk {
        const struct lookup *lookup;
        int *fds; /* O_PATH, from the first directory below the root to where the walk stands */
        size_t depth;
        char *rest; /* what is still to be walked begins at `at` */
        size_t at;
        int links, retries;
};

static void walk_done(struct walk *walk) {
        while (walk->depth > 0)
                fd_close(&walk->fds[--walk->depth]);
        free(walk->fds);
        free(walk->rest);
}

struct component {
        char name[NAME_MAX + 1];
        bool is_last;
        bool has_slash; /* behind it: a file of that name will not do, and a link is followed whatever the flags say */
};

/* Returns 0 when nothing is left, 1 with a component. */
static int next_component(struct walk *walk, struct component *ret) {
        const char *begin = walk->rest + walk->at;
        size_t length;

        begin += strspn(begin, "/");
        length = strcspn(begin, "/");
        if (length >= sizeof(ret->name))
                return -ENAMETOOLONG;
        memcpy(ret->name, begin, length);
        ret->name[length] = '\0';
        walk->at = (size_t)(begin + length - walk->rest);
        ret->has_slash = begin[length] == '/';
        ret->is_last = begin[length + strspn(begin + length, "/")] == '\0';
        return length > 0;
}

static int where(const struct walk *walk) {
        return walk->depth > 0 ? walk->fds[walk->depth - 1] : walk->lookup->root_fd;
}

static void go_up(struct walk *walk) {
        if (walk->depth > 0)
                fd_close(&walk->fds[--walk->depth]);
}

static void go_down(struct walk *walk, int *fd) {
        *array_append(walk->fds, walk->depth) = take_fd(fd);
}

/*
 * The links of /proc/PID/fd and the like, which the kernel follows to a file and not by their text. Their text must not
 * be walked either: it means something else here. It is absolute or has a ':' ("pipe:[7]") or a remark in parentheses;
 * the ordinary links of procfs (self, mounts, net) are relative and have none. So a few ordinary ones are refused too.
 */
static bool is_magic(int link_fd, const char *text) {
        struct statfs status;

        return fstatfs(link_fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC &&
               (text[0] == '/' || strpbrk(text, ":("));
}

static int follow(struct walk *walk, int link_fd) {
        char text[PATH_MAX];
        ssize_t length;
        char *rest;

        if (walk->lookup->refuse_links || ++walk->links > LINKS_MAX)
                return -ELOOP;
        length = readlinkat(link_fd, "", text, sizeof(text));
        if (length <= 0)
                return length < 0 ? -errno : -ENOENT;
        if ((size_t)length == sizeof(text))
                return -ENAMETOOLONG;
        text[length] = '\0';
        if (is_magic(link_fd, text))
                return -ELOOP;
        while (text[0] == '/' && walk->depth > 0)
                go_up(walk);
        rest = text_format("%s%s", text, walk->rest + walk->at);
        free(walk->rest);
        walk->rest = rest;
        walk->at = 0;
        return 0;
}

/* Outcomes of a step. AGAIN: the same component once more, for something has been made or changed there. */
enum { STEP_ON, STEP_END, STEP_AGAIN };

/* Whatever is made here, by us or by somebody quicker, is then looked at like all else: it may have been replaced. */
static int make(struct walk *walk, const struct component *component) {
        const struct lookup *lookup = walk->lookup;
        int fd;

        if (lookup->missing == MISSING_FAILS)
                return -ENOENT;
        if (lookup->missing == MISSING_DIRECTORY || !component->is_last) {
                if (mkdirat(where(walk), component->name, lookup->directory_mode) < 0 && errno != EEXIST)
                        return -errno;
                return STEP_AGAIN;
        }
        if (component->has_slash)
                return -EISDIR;
        fd = openat(where(walk), component->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, lookup->file_mode);
        if (fd < 0 && errno != EEXIST)
                return -errno;
        fd_close(&fd);
        return STEP_AGAIN;
}

/* The walk ends at something that is no directory, and no link to be followed. */
static int end_at(struct walk *walk, const struct component *component, int *fd, int *ret_fd) {
        int flags = walk->lookup->flags, opened;

        if (!component->is_last || component->has_slash || (flags & O_DIRECTORY))
                return -ENOTDIR;
        /* Not by the descriptor's link in /proc, which need not be the host's where this runs. */
        opened = flags & O_PATH ? take_fd(fd) : openat(where(walk), component->name, flags | O_NOFOLLOW);
        if (opened < 0)
                return errno == ELOOP && !(flags & O_NOFOLLOW) ? STEP_AGAIN : -errno;
        *ret_fd = opened;
        return STEP_END;
}

static int step(struct walk *walk, const struct component *component, int *ret_fd) {
        bool follows = component->has_slash || !(walk->lookup->flags & O_NOFOLLOW);
        autoclose int fd = openat(where(walk), component->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct stat status;

        if (fd < 0)
                return errno == ENOENT ? make(walk, component) : -errno;
        if (fstat(fd, &status) < 0)
                return -errno;
        if (S_ISLNK(status.st_mode) && follows)
                return follow(walk, fd);
        if (!S_ISDIR(status.st_mode))
                return end_at(walk, component, &fd, ret_fd);
        go_down(walk, &fd);
        return STEP_ON;
}

/* The walk ends at the directory where it stands. */
static int open_here(struct walk *walk) {
        int flags = walk->lookup->flags, fd;

        if (walk->lookup->missing == MISSING_FILE)
                return -EISDIR;
        if ((flags & O_PATH) && walk->depth > 0)
                return take_fd(&walk->fds[--walk->depth]);
        fd = openat(where(walk), ".", flags);
        return fd < 0 ? -errno : fd;
}

static int open_by_walk(const struct lookup *lookup) {
        autodone(walk) struct walk walk = {.lookup = lookup, .rest = text_copy(lookup->path)};

        for (;;) {
                struct component component;
                int fd = -1, r = next_component(&walk, &component);

                if (r <= 0)
                        return r < 0 ? r : open_here(&walk);
                if (strcmp(component.name, ".") == 0)
                        continue;
                if (strcmp(component.name, "..") == 0) {
                        go_up(&walk);
                        continue;
                }
                do
                        r = step(&walk, &component, &fd);
                while (r == STEP_AGAIN && ++walk.retries < RETRIES_MAX);
                if (r != STEP_ON)
                        return r == STEP_AGAIN ? -EAGAIN : r < 0 ? r : fd;
        }
}

/* --- opening --- */

static int look_up(const struct lookup *lookup) {
        int fd = open_by_kernel(lookup);

        /* The walk does not mind what others rename. */
        return fd == -ENOSYS || fd == -EPERM || fd == -EAGAIN ? open_by_walk(lookup) : fd;
}

/* umask(2) would take bits from the modes, and chmod(2) afterwards would be by a name that may mean another file. */
static int make_missing(const struct lookup *lookup) {
        mode_t mask = umask(0);
        int fd = open_by_walk(lookup);

        umask(mask);
        return fd;
}

static int open_or_make(const struct lookup *lookup) {
        struct lookup existing = *lookup;
        autoclose int fd = -1;
        struct stat status;

        existing.missing = MISSING_FAILS;
        fd = look_up(&existing);
        if (fd == -ENOENT && lookup->missing != MISSING_FAILS)
                return make_missing(lookup);
        if (fd >= 0 && lookup->missing == MISSING_FILE && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
                return -EISDIR;
        return take_fd(&fd);
}

/* The host's own root, and the working directory for what is relative. */
static int open_on_host(const struct lookup *lookup) {
        autoclose int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        autofree char *directory = getcwd(NULL, 0), *path = NULL;
        struct lookup absolute = *lookup;

        if (root_fd < 0 || !directory)
                return -errno;
        path = path_join(directory, lookup->path);
        absolute.root_fd = root_fd;
        absolute.path = path;
        return open_or_make(&absolute);
}

static int run(struct lookup lookup) {
        if (!lookup.path[0])
                return -ENOENT;
        if (lookup.flags & O_CREAT || (lookup.flags & O_TMPFILE) == O_TMPFILE)
                return -EINVAL;
        /* openat2 is strict about the others, which open(2) ignores together with O_PATH. */
        if (lookup.flags & O_PATH)
                lookup.flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
        lookup.flags |= O_CLOEXEC;
        return lookup.root_fd == AT_FDCWD ? open_on_host(&lookup) : open_or_make(&lookup);
}

int path_open_in_root(int root_fd, const char *path, int flags) {
        return run((struct lookup){.root_fd = root_fd, .path = path, .flags = flags});
}

int path_open_no_symlinks(int root_fd, const char *path, int flags) {
        return run((struct lookup){.root_fd = root_fd, .path = path, .flags = flags, .refuse_links = true});
}

int path_make_dir(int root_fd, const char *path, mode_t mode) {
        return run((struct lookup){
                .root_fd = root_fd,
                .path = path,
                .flags = O_PATH | O_DIRECTORY,
                .missing = MISSING_DIRECTORY,
                .directory_mode = mode,
        });
}

/* Without the slashes at its end; "/" becomes "". */
static char *without_slashes(const char *path) {
        size_t length = strlen(path);

        while (length > 0 && path[length - 1] == '/')
                length--;
        return text_copy_n(path, length);
}

int path_make_parent(int root_fd, const char *path, mode_t mode, char **ret_name) {
        autofree char *trimmed = without_slashes(path), *parent = NULL;
        const char *slash = strrchr(trimmed, '/'), *name = slash ? slash + 1 : trimmed;
        int fd;

        if (!name[0] || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return -EINVAL;
        parent = slash ? text_copy_n(trimmed, (size_t)(name - trimmed)) : text_copy(".");
        fd = path_make_dir(root_fd, parent, mode);
        if (fd >= 0)
                *ret_name = text_copy(name);
        return fd;
}

int path_make_file(int root_fd, const char *path, mode_t mode) {
        autofree char *trimmed = without_slashes(path);

        return run((struct lookup){
                .root_fd = root_fd,
                .path = trimmed[0] ? trimmed : path,
                .flags = O_PATH,
                .missing = MISSING_FILE,
                .directory_mode = 0755,
                .file_mode = mode,
        });
}

/* --- text --- */

/* The cleaned path is built in place: it is never longer than what has been read. */
char *path_clean(const char *path) {
        char *clean = alloc_zero(strlen(path) + 2, 1);
        size_t root = path[0] == '/', length = root;

        memset(clean, '/', root);
        for (const char *begin = path + strspn(path, "/"); *begin; begin += strspn(begin, "/")) {
                size_t n = strcspn(begin, "/");

                if (n == 2 && memcmp(begin, "..", 2) == 0) {
                        while (length > root && clean[--length] != '/')
                                ;
                } else if (n != 1 || begin[0] != '.') {
                        if (length > root)
                                clean[length++] = '/';
                        memcpy(clean + length, begin, n);
                        length += n;
                }
                begin += n;
        }
        if (length == 0)
                clean[length++] = '.';
        clean[length] = '\0';
        return clean;
}

char *path_join(const char *base, const char *path) {
        size_t length = strlen(base);

        if (path[0] == '/')
                return text_copy(path);
        return text_format("%s%s%s", base, length > 0 && base[length - 1] == '/' ? "" : "/", path);
}

bool path_is_below(const char *path, const char *base) {
        size_t length = strlen(base);

        if (strcmp(base, "/") == 0)
                return path[0] == '/';
        return strncmp(path, base, length) == 0 && (path[length] == '\0' || path[length] == '/');
}
