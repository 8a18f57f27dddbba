/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls and constants that the C library or its kernel headers may lack. This is the one file with #if.
 *
 * The wrappers are the bare calls: -1 and errno, nothing retried. They are called kernel_x because newer C libraries
 * declare x. Whether the running kernel has a call is another matter: ENOSYS is the caller's to handle.
 *
 * Include this instead of <linux/mount.h>, <linux/sched.h>, <linux/openat2.h> and the like, which exclude each other or
 * <sys/mount.h> and <sched.h> in many versions. Written for kernel headers from 5.0 up and for glibc and musl of any age
 * that matters; the structs are as of Linux 5.12, and older kernels take them as long as the newer fields are zero.
 */
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/keyctl.h>
#include <linux/mempolicy.h>
#include <linux/nsfs.h>
#include <linux/seccomp.h>

/* After <sys/mount.h>: an older glibc has the same names as an enum, which the kernel's macros would break. */
#if __has_include(<linux/mount.h>)
#include <linux/mount.h>
#endif

#if __has_include(<linux/ioprio.h>)
#include <linux/ioprio.h>
#endif

#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif

/* --- numbers --- */

/* Since Linux 5.1 new calls have one number on all machines but these two. */
#if !defined(SYS_mount_setattr) && (defined(__alpha__) || defined(__mips__))
#error "kernel headers of Linux 5.12 or newer are needed on this machine"
#endif

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_fsopen
#define SYS_fsopen 430
#endif
#ifndef SYS_fsconfig
#define SYS_fsconfig 431
#endif
#ifndef SYS_fsmount
#define SYS_fsmount 432
#endif
#ifndef SYS_fspick
#define SYS_fspick 433
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

/* --- processes --- */

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

#ifndef CLONE_ARGS_SIZE_VER2
#define CLONE_ARGS_SIZE_VER2 88
struct clone_args {
        uint64_t flags;
        uint64_t pidfd;
        uint64_t child_tid;
        uint64_t parent_tid;
        uint64_t exit_signal;
        uint64_t stack;
        uint64_t stack_size;
        uint64_t tls;
        uint64_t set_tid;
        uint64_t set_tid_size;
        uint64_t cgroup;
} __attribute__((aligned(8)));
#endif

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static inline long kernel_clone3(struct clone_args *args, size_t size) {
        return syscall(SYS_clone3, args, size);
}

/*
 * fork(2) with flags, on the caller's own stack; the low byte is the signal that the parent gets at the end. With CLONE_PIDFD
 * (Linux 5.2) *ret_pidfd is the child's.
 */
/* The call behind stat(2). */
#ifdef SYS_newfstatat
#define KERNEL_STAT SYS_newfstatat
#else
#define KERNEL_STAT SYS_fstatat64
#endif

/* Which of clone(2)'s arguments has the flags. */
#if defined(__s390__) || defined(__CRIS__)
#define KERNEL_CLONE_FLAGS_INDEX 1
#else
#define KERNEL_CLONE_FLAGS_INDEX 0
#endif

static inline long kernel_clone(uint64_t flags, int *ret_pidfd) {
#if defined(__s390__) || defined(__CRIS__)
        return syscall(SYS_clone, NULL, (unsigned long)flags, ret_pidfd, NULL, 0UL);
#else
        return syscall(SYS_clone, (unsigned long)flags, NULL, ret_pidfd, NULL, 0UL);
#endif
}

static inline int kernel_pidfd_open(pid_t pid, unsigned flags) {
        return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int kernel_pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned flags) {
        return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, info, flags);
}

static inline int kernel_pidfd_getfd(int pidfd, int target_fd, unsigned flags) {
        return (int)syscall(SYS_pidfd_getfd, pidfd, target_fd, flags);
}

/* --- files --- */

#ifndef RESOLVE_NO_XDEV
#define RESOLVE_NO_XDEV 0x01
#define RESOLVE_NO_MAGICLINKS 0x02
#define RESOLVE_NO_SYMLINKS 0x04
#define RESOLVE_BENEATH 0x08
#define RESOLVE_IN_ROOT 0x10
struct open_how {
        uint64_t flags;
        uint64_t mode;
        uint64_t resolve;
} __attribute__((aligned(8)));
#endif

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

static inline int kernel_openat2(int dirfd, const char *path, struct open_how *how, size_t size) {
        return (int)syscall(SYS_openat2, dirfd, path, how, size);
}

static inline int kernel_close_range(unsigned first, unsigned last, unsigned flags) {
        return (int)syscall(SYS_close_range, first, last, flags);
}

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* --- mounts --- */

#ifndef ST_NOSYMFOLLOW
#define ST_NOSYMFOLLOW 8192 /* of statfs(2), since Linux 5.10 */
#endif

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif
#ifndef MS_LAZYTIME
#define MS_LAZYTIME (1 << 25)
#endif

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef OPEN_TREE_CLOEXEC
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#endif

#ifndef MOVE_MOUNT_F_SYMLINKS
#define MOVE_MOUNT_F_SYMLINKS 0x00000001
#define MOVE_MOUNT_F_AUTOMOUNTS 0x00000002
#define MOVE_MOUNT_F_EMPTY_PATH 0x00000004
#define MOVE_MOUNT_T_SYMLINKS 0x00000010
#define MOVE_MOUNT_T_AUTOMOUNTS 0x00000020
#define MOVE_MOUNT_T_EMPTY_PATH 0x00000040
#endif

/* Headers that have this have the enum fsconfig_command too, which no #ifndef can see. */
#ifndef FSOPEN_CLOEXEC
#define FSOPEN_CLOEXEC 0x00000001
#define FSCONFIG_SET_FLAG 0
#define FSCONFIG_SET_STRING 1
#define FSCONFIG_SET_BINARY 2
#define FSCONFIG_SET_PATH 3
#define FSCONFIG_SET_PATH_EMPTY 4
#define FSCONFIG_SET_FD 5
#define FSCONFIG_CMD_CREATE 6
#define FSCONFIG_CMD_RECONFIGURE 7
#endif

#ifndef FSMOUNT_CLOEXEC
#define FSMOUNT_CLOEXEC 0x00000001
#endif

#ifndef FSPICK_CLOEXEC
#define FSPICK_CLOEXEC 0x00000001
#define FSPICK_SYMLINK_NOFOLLOW 0x00000002
#define FSPICK_NO_AUTOMOUNT 0x00000004
#define FSPICK_EMPTY_PATH 0x00000008
#endif

#ifndef MOUNT_ATTR_RDONLY
#define MOUNT_ATTR_RDONLY 0x00000001
#define MOUNT_ATTR_NOSUID 0x00000002
#define MOUNT_ATTR_NODEV 0x00000004
#define MOUNT_ATTR_NOEXEC 0x00000008
#define MOUNT_ATTR__ATIME 0x00000070
#define MOUNT_ATTR_RELATIME 0x00000000
#define MOUNT_ATTR_NOATIME 0x00000010
#define MOUNT_ATTR_STRICTATIME 0x00000020
#define MOUNT_ATTR_NODIRATIME 0x00000080
#endif
#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP 0x00100000
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

#ifndef MOUNT_ATTR_SIZE_VER0
#define MOUNT_ATTR_SIZE_VER0 32
struct mount_attr {
        uint64_t attr_set;
        uint64_t attr_clr;
        uint64_t propagation;
        uint64_t userns_fd;
};
#endif

static inline int kernel_open_tree(int dirfd, const char *path, unsigned flags) {
        return (int)syscall(SYS_open_tree, dirfd, path, flags);
}

static inline int kernel_move_mount(int from_dirfd, const char *from_path, int to_dirfd, const char *to_path,
                                    unsigned flags) {
        return (int)syscall(SYS_move_mount, from_dirfd, from_path, to_dirfd, to_path, flags);
}

static inline int kernel_fsopen(const char *type, unsigned flags) {
        return (int)syscall(SYS_fsopen, type, flags);
}

static inline int kernel_fsconfig(int context_fd, unsigned command, const char *key, const void *value, int aux) {
        return (int)syscall(SYS_fsconfig, context_fd, command, key, value, aux);
}

static inline int kernel_fsmount(int context_fd, unsigned flags, unsigned attributes) {
        return (int)syscall(SYS_fsmount, context_fd, flags, attributes);
}

static inline int kernel_fspick(int dirfd, const char *path, unsigned flags) {
        return (int)syscall(SYS_fspick, dirfd, path, flags);
}

static inline int kernel_mount_setattr(int dirfd, const char *path, unsigned flags, struct mount_attr *attr, size_t size) {
        return (int)syscall(SYS_mount_setattr, dirfd, path, flags, attr, size);
}

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x00001000U
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U
#endif

/* The struct of statx(2) up to the number of the mount (Linux 5.8), which that of an older C library lacks. */
struct kernel_statx {
        uint32_t mask;
        uint8_t other[140];
        uint64_t mount_id;
        uint8_t reserved[104];
};

static inline int kernel_statx(int dirfd, const char *path, int flags, unsigned mask, struct kernel_statx *ret) {
        return (int)syscall(SYS_statx, dirfd, path, flags, mask, ret);
}

static inline int kernel_pivot_root(const char *new_root, const char *put_old) {
        return (int)syscall(SYS_pivot_root, new_root, put_old);
}

/* --- keys --- */

static inline long kernel_keyctl(int command, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
        return syscall(SYS_keyctl, command, a, b, c, d);
}

/* --- scheduling and memory --- */

#ifndef IOPRIO_CLASS_SHIFT
#define IOPRIO_CLASS_SHIFT 13
#define IOPRIO_PRIO_VALUE(class, data) (((class) << IOPRIO_CLASS_SHIFT) | (data))
enum { IOPRIO_CLASS_NONE, IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE };
enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_PGRP, IOPRIO_WHO_USER };
#endif

#ifndef SCHED_ISO
#define SCHED_ISO 4
#endif
#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6
#endif
#ifndef SCHED_FLAG_RESET_ON_FORK
#define SCHED_FLAG_RESET_ON_FORK 0x01
#endif
#ifndef SCHED_FLAG_RECLAIM
#define SCHED_FLAG_RECLAIM 0x02
#endif
#ifndef SCHED_FLAG_DL_OVERRUN
#define SCHED_FLAG_DL_OVERRUN 0x04
#endif
#ifndef SCHED_FLAG_KEEP_POLICY
#define SCHED_FLAG_KEEP_POLICY 0x08
#endif
#ifndef SCHED_FLAG_KEEP_PARAMS
#define SCHED_FLAG_KEEP_PARAMS 0x10
#endif
#ifndef SCHED_FLAG_UTIL_CLAMP_MIN
#define SCHED_FLAG_UTIL_CLAMP_MIN 0x20
#endif
#ifndef SCHED_FLAG_UTIL_CLAMP_MAX
#define SCHED_FLAG_UTIL_CLAMP_MAX 0x40
#endif

/* glibc from 2.41 up has it by <sched.h>. */
#ifndef SCHED_ATTR_SIZE_VER0
#define SCHED_ATTR_SIZE_VER0 48
struct sched_attr {
        uint32_t size;
        uint32_t sched_policy;
        uint64_t sched_flags;
        int32_t sched_nice;
        uint32_t sched_priority;
        uint64_t sched_runtime;
        uint64_t sched_deadline;
        uint64_t sched_period;
        uint32_t sched_util_min;
        uint32_t sched_util_max;
};
#endif

/* Elements of an enum in the newer headers: a macro of the same value does no harm there. */
#ifndef MPOL_LOCAL
#define MPOL_LOCAL 4
#endif
#ifndef MPOL_PREFERRED_MANY
#define MPOL_PREFERRED_MANY 5
#endif
#ifndef MPOL_WEIGHTED_INTERLEAVE
#define MPOL_WEIGHTED_INTERLEAVE 6
#endif
#ifndef MPOL_F_NUMA_BALANCING
#define MPOL_F_NUMA_BALANCING (1 << 13)
#endif

static inline int kernel_ioprio_set(int which, int who, int priority) {
        return (int)syscall(SYS_ioprio_set, which, who, priority);
}

static inline int kernel_sched_setattr(pid_t pid, struct sched_attr *attr, unsigned flags) {
        return (int)syscall(SYS_sched_setattr, pid, attr, flags);
}

static inline int kernel_set_mempolicy(int mode, const unsigned long *nodes, unsigned long max_node) {
        return (int)syscall(SYS_set_mempolicy, mode, nodes, max_node);
}

/* --- seccomp --- */

#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1UL << 4)
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static inline int kernel_seccomp(unsigned operation, unsigned flags, void *args) {
        return (int)syscall(SYS_seccomp, operation, flags, args);
}
