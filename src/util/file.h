/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole files: read, write, replace atomically. Paths are relative to `dirfd` (AT_FDCWD: the working directory). */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Reads a regular file (or a procfs, sysfs, cgroupfs one) whole into new memory with a NUL after it. Never blocks on a
 * FIFO: anything but a regular file is -EINVAL; more than `limit` bytes are -EFBIG. *ret_size may be NULL.
 */
int file_read(int dirfd, const char *path, size_t limit, char **ret_text, size_t *ret_size);

/* The same from a descriptor, to its end: a pipe or a terminal as well. For what the caller himself hands to us. */
int file_read_stream(int fd, size_t limit, char **ret_text, size_t *ret_size);

/* Writes the bytes by a single write(2) into an existing file (a kernel interface file); flags: O_TRUNC and the like. */
int file_write(int dirfd, const char *path, const char *text);
int file_write_bytes(int dirfd, const char *path, const void *bytes, size_t size);

/* Replaces a file atomically: writes ".NAME.tmp" beside it and renames. mode is subject to the umask. */
int file_replace(int dirfd, const char *path, const void *bytes, size_t size, mode_t mode);

/*
 * Removes a directory tree below dirfd; symbolic links are removed, not followed. Nothing there is success. Stops with
 * -EBUSY (or -EXDEV) at a mount point, before touching what is mounted.
 */
int file_remove_tree(int dirfd, const char *path);
