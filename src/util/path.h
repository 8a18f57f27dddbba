/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths below a root that somebody else controls (the container's rootfs).
 *
 * Every lookup ends in a descriptor and is done once: ".." and symbolic links, absolute ones too, stay below the root;
 * magic links are refused. openat2(2) does it in the kernel; where openat2 is missing (ENOSYS, EPERM of an old seccomp
 * filter) the same rules are walked one component at a time on descriptors. Functions return -errno and stay silent.
 *
 * root_fd may be AT_FDCWD: the host's own root, where a relative path counts from the working directory.
 * What is made gets the given mode, whatever the umask is.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Opens `path` below root_fd; flags as for open(2) but O_CREAT; O_CLOEXEC is added. A final link is followed, inside. */
int path_open_in_root(int root_fd, const char *path, int flags);

/* The same, but no component of the path may be a symbolic link: -ELOOP. For /proc, /sys and /dev. */
int path_open_no_symlinks(int root_fd, const char *path, int flags);

/*
 * Opens (O_PATH) the directory at `path`, making what is missing on the way with the given mode. A dangling symbolic
 * link is followed and its target made, inside the root. Something other than a directory is -ENOTDIR.
 */
int path_make_dir(int root_fd, const char *path, mode_t mode);

/*
 * Opens (O_PATH) the parent directory of `path`, made if missing, and gives the last component in *ret_name (owned by
 * the caller). The last component is neither followed nor opened. -EINVAL for the root itself.
 */
int path_make_parent(int root_fd, const char *path, mode_t mode, char **ret_name);

/*
 * Opens (O_PATH) the file at `path`, making an empty one (and its parents, 0755) if nothing is there. A final symbolic
 * link is followed, a dangling one too, inside the root. A directory is -EISDIR.
 */
int path_make_file(int root_fd, const char *path, mode_t mode);

/*
 * Lexically cleans a path: one '/' between components, no ".", ".." resolved as at "/". A relative path stays relative;
 * when nothing is left of it, it is ".". Caller owns the result.
 */
char *path_clean(const char *path);

/* base + "/" + path (one slash if base ends in one), or path when it is absolute. Caller owns the result. */
char *path_join(const char *base, const char *path);

/* True if `path` is `base` or lies below it; both cleaned. */
bool path_is_below(const char *path, const char *base);

/* For tests: walk by components even where openat2 exists. */
void path_refuse_openat2(bool refuse);
