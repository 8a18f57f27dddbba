/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tmpcopyup: the new tmpfs begins with what the image has at its place. Runs in init, before the pivot; the tree that is
 * copied belongs to the image, so nothing in it is followed and everything is opened below a descriptor.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/isolation/mounts.h"
#include "util/fail.h"
#include "util/fd.h"

#define DEPTH_MAX 128

static int copy_directory(int from_fd, int to_fd, unsigned depth);

static int copy_bytes(int from, int to, off_t size) {
        while (size > 0) {
                ssize_t n = sendfile(to, from, NULL, (size_t)size);

                if (n < 0)
                        return fail(errno, "copy up");
                if (n == 0)
                        break;
                size -= n;
        }
        return 0;
}

static int copy_file(int from_fd, int to_fd, const char *name, const struct stat *status) {
        autoclose int from = openat(from_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        autoclose int to = -1;

        if (from < 0)
                return fail(errno, "copy up `%s`", name);
        to = openat(to_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (to < 0)
                return fail(errno, "copy up `%s`", name);
        return copy_bytes(from, to, status->st_size);
}

static int copy_link(int from_fd, int to_fd, const char *name) {
        char target[PATH_MAX];
        ssize_t length = readlinkat(from_fd, name, target, sizeof(target) - 1);

        if (length < 0)
                return fail(errno, "copy up `%s`", name);
        target[length] = '\0';
        return symlinkat(target, to_fd, name) < 0 ? fail(errno, "copy up `%s`", name) : 0;
}

static int copy_subdirectory(int from_fd, int to_fd, const char *name, unsigned depth) {
        autoclose int from = openat(from_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        autoclose int to = -1;

        if (from < 0)
                return fail(errno, "copy up `%s`", name);
        if (mkdirat(to_fd, name, 0700) < 0)
                return fail(errno, "copy up `%s`", name);
        to = openat(to_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (to < 0)
                return fail(errno, "copy up `%s`", name);
        return copy_directory(from, to, depth + 1);
}

static int copy_entry(int from_fd, int to_fd, const char *name, unsigned depth) {
        struct stat status;
        int r;

        if (fstatat(from_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return fail(errno, "copy up `%s`", name);
        if (S_ISDIR(status.st_mode))
                r = copy_subdirectory(from_fd, to_fd, name, depth);
        else if (S_ISREG(status.st_mode))
                r = copy_file(from_fd, to_fd, name, &status);
        else if (S_ISLNK(status.st_mode))
                r = copy_link(from_fd, to_fd, name);
        else
                r = mknodat(to_fd, name, status.st_mode, status.st_rdev) < 0 ? fail(errno, "copy up `%s`", name) : 0;
        if (r < 0)
                return r;
        if (fchownat(to_fd, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
                return fail(errno, "copy up the owner of `%s`", name);
        /* After the owner, because chown(2) clears the setuid bits. A link has no mode of its own. */
        if (!S_ISLNK(status.st_mode) && fchmodat(to_fd, name, status.st_mode & 07777, 0) < 0)
                return fail(errno, "copy up the mode of `%s`", name);
        return 0;
}

static void close_directory(DIR **directory) {
        if (*directory)
                closedir(*directory);
}

static int copy_directory(int from_fd, int to_fd, unsigned depth) {
        __attribute__((cleanup(close_directory))) DIR *directory = NULL;
        int list_fd = openat(from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const struct dirent *entry;

        if (depth > DEPTH_MAX)
                return reject("copy up: directories are nested deeper than %d", DEPTH_MAX);
        if (list_fd < 0)
                return fail(errno, "copy up: read directory");
        directory = fdopendir(list_fd);
        if (!directory)
                return fail(errno, "copy up: read directory");
        while ((entry = readdir(directory))) {
                int r;

                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                r = copy_entry(from_fd, to_fd, entry->d_name, depth);
                if (r < 0)
                        return r;
        }
        return 0;
}

int copy_up(int from_fd, int to_fd) {
        return copy_directory(from_fd, to_fd, 0);
}
