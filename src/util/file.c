/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole files. Runs in every process of the runtime; needs nothing to have happened before.
 *
 * Reading is on guard, for the files may be the image's (/etc/passwd): no FIFO, no device, no more than the caller's
 * limit (CVE-2024-9676). Removing is on guard too: it stays off whatever is mounted below.
 */
#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"

/* --- reading --- */

/* Files of the kernel say that they are empty, or a page long, whatever they hold. */
#define FIRST_READ 4096

static int open_regular(int dirfd, const char *path, size_t limit, size_t *ret_size) {
        /* O_NONBLOCK: opening a FIFO would wait for its writer, and some devices for a line. */
        autoclose int fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        struct stat status;

        /* ENXIO: a socket, or a device without a driver. */
        if (fd < 0)
                return errno == ENXIO ? -EINVAL : -errno;
        if (fstat(fd, &status) < 0)
                return -errno;
        if (!S_ISREG(status.st_mode))
                return -EINVAL;
        if ((uint64_t)status.st_size > limit)
                return -EFBIG;
        *ret_size = (size_t)status.st_size;
        return take_fd(&fd);
}

static int read_all(int fd, size_t expected, size_t limit, char **ret_text, size_t *ret_size) {
        autofree char *text = NULL;
        size_t used = 0, capacity = 0;

        /* One byte more than expected: it shows that the end was reached, and then holds the NUL. */
        for (size_t next = expected + 1; used == capacity; next = 2 * capacity) {
                ssize_t n;

                capacity = next;
                text = alloc_resize(text, capacity, 1);
                n = fd_read_full(fd, text + used, capacity - used);
                if (n < 0)
                        return (int)n;
                used += (size_t)n;
                if (used > limit)
                        return -EFBIG;
        }
        text[used] = '\0';
        *ret_text = take_ptr(&text);
        if (ret_size)
                *ret_size = used;
        return 0;
}

int file_read(int dirfd, const char *path, size_t limit, char **ret_text, size_t *ret_size) {
        size_t size = 0;
        autoclose int fd = open_regular(dirfd, path, limit, &size);

        return fd < 0 ? fd : read_all(fd, size ? size : FIRST_READ, limit, ret_text, ret_size);
}

int file_read_stream(int fd, size_t limit, char **ret_text, size_t *ret_size) {
        return read_all(fd, FIRST_READ, limit, ret_text, ret_size);
}

/* --- writing --- */

int file_write_bytes(int dirfd, const char *path, const void *bytes, size_t size) {
        autoclose int fd = openat(dirfd, path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return -errno;
        do
                n = write(fd, bytes, size);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        return (size_t)n == size ? 0 : -EIO;
}

int file_write(int dirfd, const char *path, const char *text) {
        return file_write_bytes(dirfd, path, text, strlen(text));
}

static char *temporary_path(const char *path) {
        const char *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;

        return text_format("%.*s.%s.tmp", (int)(name - path), path, name);
}

/* O_EXCL: whatever bears the name is not written to, and not followed if it is a link. */
static int write_new(int dirfd, const char *path, const void *bytes, size_t size, mode_t mode) {
        autoclose int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

        return fd < 0 ? -errno : fd_write_full(fd, bytes, size);
}

int file_replace(int dirfd, const char *path, const void *bytes, size_t size, mode_t mode) {
        autofree char *temporary = temporary_path(path);
        int r;

        /* Left over by a process that was killed in between. */
        if (unlinkat(dirfd, temporary, 0) < 0 && errno != ENOENT)
                return -errno;
        r = write_new(dirfd, temporary, bytes, size, mode);
        if (r >= 0 && renameat(dirfd, temporary, dirfd, path) < 0)
                r = -errno;
        if (r < 0)
                (void)unlinkat(dirfd, temporary, 0);
        return r;
}

/* --- removing --- */

/* Somebody may be adding entries, and a listing may miss some while others go: read again, but not for ever. */
#define SCANS_MAX 16

static int open_below(int parent_fd, const char *name) {
        autoclose int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat parent, status;

        if (fd < 0 || fstat(fd, &status) < 0 || fstatat(parent_fd, "", &parent, AT_EMPTY_PATH) < 0)
                return -errno;
        return status.st_dev == parent.st_dev ? take_fd(&fd) : -EXDEV;
}

static int remove_entry(int parent_fd, const char *name);

static int remove_contents(DIR *dir) {
        rewinddir(dir);
        for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
                int r;

                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                r = remove_entry(dirfd(dir), entry->d_name);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int remove_opened(int parent_fd, const char *name, DIR *dir) {
        for (int i = 0; i < SCANS_MAX; i++) {
                int r = remove_contents(dir);

                if (r < 0)
                        return r;
                if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                        return 0;
                if (errno != ENOTEMPTY && errno != EEXIST)
                        return -errno;
        }
        return -ENOTEMPTY;
}

static int remove_directory(int parent_fd, const char *name) {
        autoclose int fd = open_below(parent_fd, name);
        DIR *dir;
        int r;

        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        dir = fdopendir(fd);
        if (!dir)
                return -errno;
        (void)take_fd(&fd); /* the stream's own now */
        r = remove_opened(parent_fd, name, dir);
        closedir(dir);
        return r;
}

static int remove_entry(int parent_fd, const char *name) {
        int error;

        if (unlinkat(parent_fd, name, 0) == 0 || errno == ENOENT)
                return 0;
        /* EPERM is what POSIX names for a directory; some file systems say so. */
        error = errno;
        if (error != EISDIR && error != EPERM)
                return -error;
        /* Before anything in it is touched: EBUSY for a mount point, be it of the same file system. */
        if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                return 0;
        if (errno == ENOTEMPTY || errno == EEXIST)
                return remove_directory(parent_fd, name);
        return errno == ENOTDIR ? -error : -errno;
}

int file_remove_tree(int dirfd, const char *path) {
        const char *slash = strrchr(path, '/');
        autofree char *parent = NULL;
        autoclose int parent_fd = -1;

        if (!slash)
                return remove_entry(dirfd, path);
        /* From the directory that holds it, which may be of another file system than dirfd's. */
        parent = text_copy_n(path, (size_t)(slash - path) + 1);
        parent_fd = openat(dirfd, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (parent_fd < 0)
                return errno == ENOENT ? 0 : -errno;
        return remove_entry(parent_fd, slash + 1);
}
