# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What tare may do, each row with its reason. What no row allows is a finding.

A place is where it is and its path:
  host:      a path of the machine
  container: a path in the container: behind the pivot, or after having joined it
  copy:      a detached copy of a part of the machine (open_tree(2)), by the path that it is a copy of
  new:       in a file system that tare has made and attached nowhere (fsmount(2)): its type and the path in it
  stdio:     what the standard streams are, in the calls that take a descriptor and no path
The pids of the call's own processes in a path of the machine's procfs are written as `self`.

{name} is what the command line, the environment, the config and the record say, see commands.py; of a name with several values
each counts, and with none the row allows nothing. `*` is within a component, `**` across them, `[0-9]+` as in expressions.
"""

from collections import namedtuple

Row = namedtuple("Row", "operations place reason")

# create: a file, directory, link or device that was not there; write: opened for writing; change: mode, owner, time, size,
# attributes; remove. mount: something is mounted on it or has its mount's flags changed; move: by MS_MOVE; unmount; propagate: only
# its propagation is changed.
FILES = ["create", "write", "change", "remove"]
MOUNTS = ["mount", "move", "unmount", "propagate"]

PATHS = [
    # --- the state ---
    Row(["create"], "host:{above-root}", "the root is made with what is missing above it"),
    Row(FILES, "host:{root}", "the root itself"),
    Row(FILES, "host:{root}/**", "the state of the containers, and the cache of filters"),
    Row(["change"], "host:UNIX:**", "the mode of the notification socket, before it is bound in the state"),
    # --- what the command line names ---
    Row(FILES, "host:{pid-file}", "--pid-file"),
    Row(FILES, "host:{pid-file-made}", "it is written beside itself and renamed, so that nobody sees half of it"),
    Row(["create", "write"], "host:{log}", "--log"),
    Row(["create"], "host:{hook-output}", "annotations run.oci.hooks.stdout and .stderr: what hooks print is appended there"),
    Row(["create", "write"], "host:{spec}", "`spec` writes the config that it is asked for, and never over another"),
    # --- cgroups ---
    Row(FILES, "host:{cgroup}", "the container's cgroups, made and removed"),
    Row(FILES, "host:{cgroup}/**", "their limits, their members, and what is below them"),
    Row(["create", "remove"], "host:{above-cgroup}", "the directories that cgroupsPath names above it"),
    Row(["write"], "host:{above-cgroup}/cgroup.subtree_control", "v2: controllers are handed down from above"),
    Row(["write"], "host:{above-cgroup}/cpuset.(cpus|mems)", "v1: a cpuset that is empty takes nobody in"),
    Row(["create", "remove", "write"], "host:{resctrl}", "linux.intelRdt: the group"),
    Row(["create", "remove", "write"], "host:{resctrl}/**", "linux.intelRdt: its schemata, its tasks, its monitoring groups"),
    # --- the rootfs ---
    Row(FILES + MOUNTS, "host:{rootfs}", "the rootfs, before the pivot"),
    Row(FILES + MOUNTS, "host:{rootfs}/**", "mount points, devices, links in it"),
    Row(FILES, "copy:{rootfs}", "the same by a copy of the mount"),
    Row(FILES, "copy:{rootfs}/**", "the same by a copy of the mount"),
    Row(MOUNTS, "copy:**", "flags, id mappings and mounts on what is attached nowhere: nobody sees it"),
    # Of host: paths what concerns mounts is only allowed in a mount namespace of its own.
    Row(["propagate"], "host:/", "nothing propagates to the machine"),
    Row(["propagate"], "host:{above-rootfs}", "the mount that the rootfs is on becomes private"),
    Row(MOUNTS, "host:{root}/**", "kernels without detached mounts: each is made in a directory of the state first"),
    Row(["unmount"], "host:/", "the old root after the pivot"),
    Row(["move"], "host:/", "--no-pivot: the rootfs is moved there"),
    Row(["unmount"], "host:/(proc|sys)", "--no-pivot: those that would show through"),
    Row(MOUNTS, "container:**", "the container's own mounts"),
    Row(FILES, "container:(?!/proc/|/sys/fs/cgroup/)**", "the container's own files"),
    Row(["create"], "container:/(proc|sys)/**", "mount points; these file systems refuse it themselves"),
    Row(FILES + MOUNTS, "new:(?!proc:)**", "a file system that tare has just made"),
    Row(MOUNTS, "new:proc:**", "a procfs that tare has just made"),
    # --- processes ---
    Row(["write"], "host:/proc/self/(uid_map|gid_map|setgroups)", "the ids of the user namespaces that it makes"),
    Row(["write"], "host:/proc/self/oom_score_adj", "of the container's process, before its program"),
    Row(["write"], "host:/proc/self/timens_offsets", "linux.timeOffsets, of the time namespace that it makes"),
    Row(["write"], "host:/proc/self/(attr/**|task/self/attr/**)", "labels of the program and of its keyring"),
    Row(["write"], "(new:proc:|container:/proc)/{pid}/(attr/**|task/{pid}/attr/**)", "the same in a procfs of the container's"),
    Row(["write"], "(new:proc:|host:/proc)/sys/{sysctl}", "linux.sysctl, which may only be the namespaces'"),
    # --- devices ---
    Row(["write"], "(host|container):/dev/null", "standard streams that were closed, or that the container gets anew"),
    Row(["write"], "(host|container):/dev/(ptmx|pts/ptmx|pts/[0-9]+|tty)", "terminals"),
    Row(["change"], "(host|new:devpts:|container):(/dev/pts)?/[0-9]+", "a terminal becomes the user's"),
    Row(["change"], "stdio:**", "outputs, pipes and terminals become the user's, who could not open /dev/stdout else"),
    Row(["write"], "new:devpts:/(ptmx|[0-9]+)", "terminals"),
]

# The system calls that make a socket or speak by it. A `where` is {name} as above.
UNIX = [
    ("{console-socket}", "--console-socket: the terminal goes there"),
    ("{pidfd-socket}", "--pidfd-socket, annotation run.oci.pidfd_receiver"),
    ("{notify-socket}", "NOTIFY_SOCKET: READY=1"),
    ("{root}/**", "the container's own notification socket is in its state"),
    ("{listener}", "linux.seccomp.listenerPath"),
    ("{bus}", "systemd, for --systemd-cgroup"),
    ("/run/systemd/journal/socket", "--log journald:, --systemd-log"),
    ("/dev/log", "--log syslog:"),
]

# ioctl(2) on an IPv4 socket; the socket itself only in another network namespace than the one tare was called in.
INTERFACE_REQUESTS = {"SIOCSIFFLAGS": "the loopback device of a new network namespace comes up"}

# Programs that tare may run and that are not the container's; their doing is theirs.
PROGRAMS = [
    ("{hook}", "the config's hooks"),
    ("**/newuidmap", "id maps that the caller may not write himself (subuid)"),
    ("**/newgidmap", "id maps that the caller may not write himself (subgid)"),
]

# Calls that never happen, whatever the arguments.
NEVER = {
    "ptrace": "no process is looked into",
    "process_vm_readv": "no process is looked into",
    "process_vm_writev": "no process is changed",
    "kexec_load": "the machine is not the container's",
    "kexec_file_load": "the machine is not the container's",
    "init_module": "the machine is not the container's",
    "finit_module": "the machine is not the container's",
    "delete_module": "the machine is not the container's",
    "reboot": "the machine is not the container's",
    "swapon": "the machine is not the container's",
    "swapoff": "the machine is not the container's",
    "acct": "the machine is not the container's",
    "quotactl": "the machine is not the container's",
    "settimeofday": "the machine's clock",
    "clock_settime": "the machine's clock",
    "adjtimex": "the machine's clock",
    "iopl": "hardware",
    "ioperm": "hardware",
    "open_by_handle_at": "goes around the paths",
    "io_uring_setup": "goes around this audit",
    "userfaultfd": "nothing of tare's needs it",
    "perf_event_open": "nothing of tare's needs it",
    "fanotify_init": "nothing of tare's needs it",
    "listen": "nobody is waited for",
    "accept": "nobody is waited for",
    "accept4": "nobody is waited for",
    "uselib": "nothing of tare's needs it",
}

# The first argument of these.
ONLY = {
    "bpf": {
        "BPF_PROG_LOAD": "v2: the device rules are a program",
        "BPF_PROG_ATTACH": "v2: it is attached to the container's cgroup",
        "BPF_PROG_DETACH": "v2: an old one of tare's own is replaced",
        "BPF_PROG_QUERY": "v2: which are attached",
        "BPF_PROG_GET_FD_BY_ID": "v2: which are attached",
        "BPF_OBJ_GET_INFO_BY_FD": "v2: which of them is tare's own",
    },
    "keyctl": {
        "KEYCTL_JOIN_SESSION_KEYRING": "the container has a session keyring of its own",
        "KEYCTL_SETPERM": "which it may search",
    },
}

# Only the container's processes, never the runtime's own, and only in namespaces of their own where one is named.
IN_CHILDREN = {
    "setuid": None, "setreuid": None, "setresuid": None, "setfsuid": None, "setgid": None, "setregid": None, "setresgid": None,
    "setfsgid": None, "setgroups": None, "sethostname": "uts", "setdomainname": "uts", "keyctl": None, "pivot_root": "mnt",
    "chroot": None,
}  # fmt: skip

# Files that are not run.
FILES_EXCLUDED = {
    "crash": "kills tare at its n-th system call by strace, and no process has two tracers",
    "stress*": "hundreds of containers; nothing that the other files do not do",
    "crowd": "two thousand containers; measures",
    "security-races": "thousands of containers of one kind each, and no call that the other files do not make",
    "docker*": "with an engine",
    "podman*": "with an engine",
    "ctr": "with an engine",
    "buildah": "with an engine",
    "interrupt": "signals at a moment that tracing moves",
}

# Tests, by an expression for their name, that may fail under the tracer. Their traces are judged all the same.
TESTS_EXCUSED = {
    "user: a container inside a container": "from inside, nobody can ask for the tracer",
    "the container stops the new process: nobody": "catches a process at a moment, which takes longer than the test waits for twelve",
}
