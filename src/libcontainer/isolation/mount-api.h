/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mount while it is made: created detached, given its flags and its propagation, and only then attached to a target
 * that is a descriptor. So there is no moment at which a half-made mount is visible, and no path is looked up twice.
 *
 * On kernels without the calls for it (fsopen, open_tree, move_mount of 5.2, mount_setattr of 5.12) the same happens by
 * mount(2) on a staging directory of the host, which the mount leaves by MS_MOVE. Everything runs in a process that is
 * in the container's mount namespace, before the pivot. Flags are MS_* everywhere; failures are recorded.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Where the fallback stages: an absolute path of a directory that only we use. Borrowed; call once before the rest. */
void mount_api_set_staging(const char *directory);

/* True if the kernel has the new calls; asked once. */
bool mount_api_is_new(void);

/* True if a mount can be attached to a tree that is itself attached nowhere (Linux 6.15); tried at each call. */
bool mount_api_knows_detached_targets(void);

/*
 * Makes a new instance of a file system: `flags` are MS_*, of the mount and of the superblock; `data` are the file
 * system's own options or NULL. Returns a descriptor of the detached mount (-errno, recorded with the file system's own
 * explanation where it gives one).
 */
int mount_new(const char *type, const char *source, unsigned long flags, const char *data);

/*
 * Clones the tree at a descriptor (O_PATH will do) or at a host path; MS_REC in `flags` takes the mounts below it too. With
 * `nofollow` a path that ends in a symbolic link means the link.
 */
int mount_clone(int fd, unsigned long flags);
int mount_clone_path(const char *path, unsigned long flags, bool nofollow);

/* Sets and clears per-mount flags (MS_RDONLY, MS_NOSUID ...; of the atime group the set one replaces the others). */
int mount_change(int mount_fd, unsigned long set, unsigned long clear);

/* The same for the whole tree by MOUNT_ATTR_* bits; -ENOSYS recorded where the kernel has no mount_setattr(2). */
int mount_change_tree(int mount_fd, uint64_t set, uint64_t clear);

/*
 * Lets a detached mount, or with `recursive` its tree, show the ids that the user namespace maps those of the file system to.
 * Needs CAP_SYS_ADMIN over the file system and over the namespace, which must not be the machine's first. Records.
 */
int mount_map_ids(int mount_fd, int user_namespace_fd, bool recursive);

/*
 * Options, and flags that are not the mount's own, of the superblock behind an attached mount; NULL: none. What is not spoken of
 * stays (mount(8), "remount"). MS_RDONLY to clear is for the superblock where the mount is read-only without a flag of its own.
 */
int mount_reconfigure(int fd, unsigned long set, unsigned long clear, const char *data);

/* MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC for the tree. */
int mount_propagate(int mount_fd, unsigned long propagation);
int mount_propagate_path(const char *path, unsigned long propagation);

/*
 * The number of the mount that a descriptor is on, attached or not. Since Linux 6.8 none is ever used twice; before, not as
 * long as the mount is there. Records.
 */
int mount_identify(int fd, uint64_t *ret_id);

/* Opens our own /proc/self/fd, for mount_detach(): before another mount namespace is joined. */
int mount_open_own_fds(void);

/*
 * Takes the mount whose root a descriptor is, with all that is below it, out of its namespace, which we are in. 0 also when
 * it is not attached there (any more). Changes the working directory. Records.
 */
int mount_detach(int own_fds_fd, int mount_fd);

/*
 * Refuses a target that is the container's root, by a link of the image: the process would not see what is mounted there, but
 * setns(2) goes to what is on top, so `exec` would be in a volume where nothing is masked, or in nothing. Records.
 */
int mount_refuse_root(int rootfs_fd, int target_fd, const char *path);

/* Attaches a detached mount on top of the target (an O_PATH descriptor). */
int mount_attach(int mount_fd, int target_fd);
