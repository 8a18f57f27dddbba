# SPDX-License-Identifier: LGPL-2.1-or-later
"""Numbers and words of the kernel and of the specification, written down here and not taken from tare."""

import ctypes
import os
import resource

CAPABILITIES = [f"CAP_{name}" for name in """
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST
    NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
    SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM
    BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE""".split()]

RLIMITS = [f"RLIMIT_{name}" for name in """
    CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME""".split()]

POLICIES = {"SCHED_OTHER": 0, "SCHED_FIFO": 1, "SCHED_RR": 2, "SCHED_BATCH": 3, "SCHED_IDLE": 5, "SCHED_DEADLINE": 6}
SCHEDULER_FLAGS = {"SCHED_FLAG_RESET_ON_FORK": 1, "SCHED_FLAG_RECLAIM": 2}
IO_CLASSES = {"IOPRIO_CLASS_RT": 1, "IOPRIO_CLASS_BE": 2, "IOPRIO_CLASS_IDLE": 3}
MEMORY_MODES = {"MPOL_DEFAULT": 0, "MPOL_PREFERRED": 1, "MPOL_BIND": 2, "MPOL_INTERLEAVE": 3, "MPOL_LOCAL": 4,
                "MPOL_PREFERRED_MANY": 5, "MPOL_WEIGHTED_INTERLEAVE": 6}
MEMORY_FLAGS = {"MPOL_F_STATIC_NODES": 1 << 15, "MPOL_F_RELATIVE_NODES": 1 << 14, "MPOL_F_NUMA_BALANCING": 1 << 13}
PERSONALITIES = {"LINUX": 0, "LINUX32": 8}

NAMESPACE_FILES = {"pid": "pid", "network": "net", "mount": "mnt", "ipc": "ipc", "uts": "uts", "user": "user",
                   "cgroup": "cgroup", "time": "time"}
CLONE = {"mount": 0x20000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000, "network": 0x40000000,
         "cgroup": 0x2000000, "time": 0x80}

# x86-64: all of them answer EBADF to descriptor 999, whatever the other arguments are.
CALLS = {"lseek": 8, "fallocate": 285, "fadvise64": 221, "readahead": 187, "sync_file_range": 277, "fsync": 74,
         "fdatasync": 75, "fchdir": 81, "fchmod": 91, "fchown": 93, "syncfs": 306}
# What the witness and its C library need; for profiles that deny all else.
NEEDED_CALLS = """execve exit_group brk mmap munmap mprotect arch_prctl set_tid_address set_robust_list rseq prlimit64 readlink
    readlinkat getrandom read write open openat close fstat newfstatat statx getresuid getresgid getgroups capget prctl
    getrlimit sched_getattr ioprio_get personality get_mempolicy sched_getaffinity rt_sigprocmask rt_sigaction clock_gettime
    umask getcwd uname getpid getsid getpgrp getpgid keyctl fcntl getuid geteuid getgid getegid fstatfs mremap madvise
    futex ioctl getdents64 lstat stat""".split()

# A filter without no_new_privs, or with a listener, is loaded before the runtime is done, by any runtime; and what comes after
# it may be hooks.
CALLS_OF_A_RUNTIME = """capset sendmsg recvmsg sendto recvfrom poll ppoll dup dup2 dup3 setgroups setresuid setresgid faccessat
    faccessat2 execveat clone clone3 fork vfork wait4 waitid pipe pipe2 setpgid kill close_range chdir exit rt_sigreturn
    pidfd_open""".split()

_libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    """A function of the C library that returns -1 on failure."""
    result = getattr(_libc, name)(*arguments)
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def mount(source, target, fstype, flags, data=None):
    call("mount", source.encode(), target.encode(), fstype.encode(), ctypes.c_ulong(flags), data.encode() if data else None)


def rlimits(pid=0):
    return [list(resource.prlimit(pid, i)) for i in range(len(RLIMITS))]


def host_capabilities():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1], 16) for line in status if line.startswith("CapBnd"))
