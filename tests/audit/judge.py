# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Follows the processes of a trace as far as they are tare: their descriptors, root, folder and namespaces, so that every path gets a
place (allowed.py), and holds each call against the tables.

strace shows the path of a descriptor as its own root sees it. For what is in the mount namespace that a process has before the
pivot this is the path on the machine; for a detached mount it is the path below the mount, hence what the mount is a copy of is
remembered where it is made; behind the pivot it is the path in the container.
"""

import copy
import os
import re

import allowed
import trace

TRACED = """
open openat openat2 creat mkdir mkdirat mknod mknodat rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat rmdir
chmod fchmod fchmodat chown fchown lchown fchownat truncate ftruncate utime utimes futimesat utimensat setxattr lsetxattr fsetxattr
removexattr lremovexattr fremovexattr mount umount2 move_mount open_tree fsopen fspick fsmount mount_setattr pivot_root chroot chdir
fchdir setns unshare clone clone3 fork vfork execve execveat dup dup2 dup3 fcntl socket socketpair connect bind sendto sendmsg sendmmsg
recvmsg ioctl memfd_create pidfd_getfd bpf add_key request_key
""".split() + sorted({*allowed.NEVER, *allowed.ONLY, *allowed.IN_CHILDREN})

# Of these calls: the operation, and the numbers of the arguments that are descriptor (None: the working directory) and path.
CHANGES = {
    "mkdir": [("create", None, 0)], "mkdirat": [("create", 0, 1)], "mknod": [("create", None, 0)], "mknodat": [("create", 0, 1)],
    "creat": [("create", None, 0)], "symlink": [("create", None, 1)], "symlinkat": [("create", 1, 2)],
    "link": [("create", None, 1)], "linkat": [("create", 2, 3)],
    "rename": [("remove", None, 0), ("create", None, 1)], "renameat": [("remove", 0, 1), ("create", 2, 3)],
    "renameat2": [("remove", 0, 1), ("create", 2, 3)], "unlink": [("remove", None, 0)], "unlinkat": [("remove", 0, 1)],
    "rmdir": [("remove", None, 0)], "chmod": [("change", None, 0)], "fchmod": [("change", 0, None)], "fchmodat": [("change", 0, 1)],
    "chown": [("change", None, 0)], "lchown": [("change", None, 0)], "fchown": [("change", 0, None)], "fchownat": [("change", 0, 1)],
    "truncate": [("write", None, 0)], "ftruncate": [("write", 0, None)], "utime": [("change", None, 0)],
    "utimes": [("change", None, 0)], "futimesat": [("change", 0, 1)], "utimensat": [("change", 0, 1)],
    "setxattr": [("change", None, 0)], "lsetxattr": [("change", None, 0)], "fsetxattr": [("change", 0, None)],
    "removexattr": [("change", None, 0)], "lremovexattr": [("change", None, 0)], "fremovexattr": [("change", 0, None)],
    "mount": [("mount", None, 1)], "umount2": [("unmount", None, 0)], "move_mount": [("mount", 2, 3)], "mount_setattr": [("mount", 0, 1)],
    "pivot_root": [("mount", None, 0)],
}  # fmt: skip
MODES = {"mkdir": 1, "mkdirat": 2, "mknod": 1, "mknodat": 2, "creat": 1, "chmod": 1, "fchmod": 1, "fchmodat": 2, "open": 2, "openat": 3}
SPECIAL_BITS = re.compile(r"S_ISUID|S_ISGID|\b0[2467]\d{3}\b")
FORKED = re.compile(r"^(\d+) +(?:<\.\.\. )?(?:clone3?|v?fork)\b.* = ([1-9]\d*)(?: /\* (\d+) in strace's PID NS \*/)?$")
OPENS_FOR_WRITING = re.compile(r"\bO_(WRONLY|RDWR|CREAT|TRUNC|TMPFILE)\b")


class Mount:
    """What the descriptors below one mount have in common: `where` as in allowed.py, and what goes before their shown paths."""

    def __init__(self, where, base=""):
        self.where, self.base = where, base

    def place(self, path):
        return f"{self.where}:{os.path.normpath(self.base + '/' + path.lstrip('/')) if self.base else path}"


HOST, CONTAINER = Mount("host"), Mount("container")


class Descriptor:
    def __init__(self, mount, path, kind=None):
        self.mount, self.path, self.kind = mount, path, kind


class Namespace:
    """own: tare was called in it."""

    def __init__(self, own=False):
        self.own = own


class Process:
    def __init__(self, command):
        self.command, self.child = command, False
        self.descriptors, self.root, self.cwd, self.cwd_path = {}, HOST, HOST, command.cwd
        self.namespaces = {name: Namespace(own=True) for name in ("mnt", "net", "uts")}
        self.forking = ""  # the arguments of the clone(2) that it is in

    def fork(self, flags):
        child = copy.copy(self)
        child.child = True
        child.descriptors = dict(self.descriptors)
        child.namespaces = dict(self.namespaces)
        child.enter_new(flags)
        return child

    def enter_new(self, flags):
        for flag, name in (("CLONE_NEWNS", "mnt"), ("CLONE_NEWNET", "net"), ("CLONE_NEWUTS", "uts")):
            if flag in flags:
                self.namespaces[name] = Namespace()


class Judge:
    def __init__(self, binary, commands):
        self.binary = binary
        self.commands = commands  # of this trace, by pid: a list, oldest first
        self.processes, self.parents, self.sent, self.findings, self.seen = {}, {}, {}, [], set()
        self.calls = self.judged = 0

    def run(self, lines):
        lines = list(lines)
        self.find_parents(lines)
        for pid, call in trace.Reader().read(lines):
            if call is None:
                self.processes.pop(pid, None)
                continue
            self.adopt(pid)
            process = self.processes.get(pid)
            if call.name in ("clone", "clone3", "fork", "vfork"):
                self.fork(process, call)
            elif call.name == "execve" and call.result == 0 and trace.unquote(call.argument(0)) == self.binary:
                self.begin(pid, process)
            elif call.entered:
                self.enter(process, call)
            elif process and process.command:
                self.calls += 1
                self.take(process, call)
        return self.findings

    # --- processes ---

    def begin(self, pid, process):
        """The process becomes tare: the one that the test called, or one that a hook called."""
        waiting = self.commands.get(pid) or []
        if waiting:
            self.processes[pid] = Process(waiting.pop(0))
        elif not process:
            self.findings.append((None, f"process {pid} became tare without having asked", ""))

    def find_parents(self, lines):
        """A child may be seen before the clone(2) that made it has returned to its parent."""
        for line in lines:
            made = FORKED.match(line)
            if made:
                self.parents.setdefault(int(made.group(3) or made.group(2)), []).append(int(made.group(1)))

    def adopt(self, pid):
        self.seen.add(pid)
        if pid not in self.processes and self.parents.get(pid):
            parent = self.processes.get(self.parents[pid].pop(0))
            if parent:
                self.processes[pid] = parent.fork(parent.forking)

    def fork(self, process, call):
        if not process:
            return
        process.forking = " ".join(call.arguments)
        if not call.entered and call.result and call.result > 0:
            self.adopt(call.result)

    def enter(self, process, call):
        """What others may see before the call returns."""
        if process and process.command and call.name == "sendmsg":
            self.send(process, call)

    # --- places ---

    def descriptor(self, process, text):
        number, shown = trace.descriptor(text)
        if shown is None:
            return None
        if number is None:
            return Descriptor(process.cwd, shown)
        known = process.descriptors.get(number)
        if known and known.kind and not shown.startswith("/"):
            return Descriptor(known.mount, shown, known.kind)
        return Descriptor(known.mount if known else HOST, shown)

    def place(self, process, call, descriptor, path, below_root=False):
        """(mount, path) of a path argument; path is None where there is none."""
        mount, name = self.named(process, call, descriptor, path, below_root)
        link = re.fullmatch(r"/proc/(?:self|thread-self|\d+)/fd/(\d+)(?:/(.*))?", name)
        if link and int(link.group(1)) in process.descriptors:
            known = process.descriptors[int(link.group(1))]
            return known.mount, os.path.join(known.path, link.group(2) or "")
        return mount, name

    def named(self, process, call, descriptor, path, below_root):
        text = call.argument(descriptor) if descriptor is not None else None
        name = trace.unquote(call.argument(path)) if path is not None else ""
        if name and name.startswith("/") and not below_root:
            return process.root, name
        start = self.descriptor(process, text) if text else Descriptor(process.cwd, None)
        if start is None or start.path is None:
            # A working directory that is not shown: a relative path of the calls that take no descriptor.
            return process.cwd, os.path.join(process.cwd_path, name or "")
        return start.mount, os.path.join(start.path, (name or "").lstrip("/")) if name else start.path

    @staticmethod
    def spell(mount, path):
        return mount.place(os.path.normpath(path)) if path.startswith("/") else f"{mount.where}:{path}"

    # --- judging ---

    def find(self, process, call, what):
        self.findings.append((process.command, what, call.text))

    def check(self, process, call, operation, mount, path):
        place = self.spell(mount, path)
        if operation == "mount":
            operation = self.kind_of_mount(call)
        if mount.where == "host":
            place = re.sub(r"(?<=/proc/)(\d+)(/task/)?(\d+)?", self.own_pids, place)
        if call.name == "fchown" and trace.descriptor(call.argument(0))[0] in (0, 1, 2):
            place = "stdio:" + path
        self.judged += 1
        if operation in allowed.MOUNTS and mount.where == "host" and process.namespaces["mnt"].own:
            self.find(process, call, f"mount in the caller's mount namespace: {place}")
        elif not process.command.allows("PATHS", place, operation):
            self.find(process, call, f"{operation} {place}")

    @staticmethod
    def kind_of_mount(call):
        flags = call.argument(3)
        if call.name == "mount" and "MS_MOVE" in flags:
            return "move"
        only = call.name == "mount" and re.search("MS_(PRIVATE|SLAVE|SHARED|UNBINDABLE)", flags) or (
            call.name == "mount_setattr" and "{attr_set=0, attr_clr=0, propagation=MS" in flags)
        return "propagate" if only else "mount"

    def own_pids(self, match):
        pids = [pid for pid in match.group(1, 3) if pid]
        return f"self{match.group(2) or ''}{'self' if match.group(3) else ''}" if all(int(p) in self.seen for p in pids) else match.group()

    def check_mode(self, process, call, mount, path):
        """Set-user-id bits: never outside of the rootfs, where a copy of the image's files keeps its modes."""
        number = MODES.get(call.name)
        mode = call.argument(2) if call.name == "openat2" else call.argument(number) if number is not None else ""
        place = self.spell(mount, path)
        if SPECIAL_BITS.search(mode) and not re.match("container:|new:", place) and not any(
                place.startswith(f"{where}:{rootfs}/") for where in ("host", "copy") for rootfs in process.command.values.get("rootfs", ())):
            self.find(process, call, f"set-user-id or set-group-id bit: {place}")

    def take(self, process, call):
        name = call.name
        if name in allowed.NEVER:
            self.find(process, call, f"{name}: {allowed.NEVER[name]}")
        if name in allowed.ONLY and call.argument(0) not in allowed.ONLY[name]:
            self.find(process, call, f"{name} {call.argument(0)}")
        if name in allowed.IN_CHILDREN:
            namespace = allowed.IN_CHILDREN[name]
            if not process.child or (namespace and process.namespaces[namespace].own and call.result == 0 and name != "chroot"):
                self.find(process, call, f"{name} by the runtime itself, or in the caller's namespace")
        for operation, descriptor, path in CHANGES.get(name, ()):
            if descriptor is not None and trace.descriptor(call.argument(descriptor)) == (-1, None):
                continue  # only asks whether the kernel knows the call
            mount, where = self.place(process, call, descriptor, path)
            self.check(process, call, operation, mount, where)
            self.check_mode(process, call, mount, where)
        handler = getattr(self, "take_" + name, None)
        if handler:
            handler(process, call)

    def keep(self, process, call, mount, kind=None):
        if call.result is not None and call.result >= 0:
            process.descriptors[call.result] = Descriptor(mount, call.shown or "", kind)

    # --- calls that open ---

    def take_open(self, process, call):
        self.opened(process, call, None, 0, call.argument(1))

    def take_openat(self, process, call):
        self.opened(process, call, 0, 1, call.argument(2))

    def take_openat2(self, process, call):
        self.opened(process, call, 0, 1, call.argument(2), below_root="RESOLVE_IN_ROOT" in call.argument(2))

    def opened(self, process, call, descriptor, path, flags, below_root=False):
        mount, where = self.place(process, call, descriptor, path, below_root)
        self.keep(process, call, mount)
        if OPENS_FOR_WRITING.search(flags) and "O_PATH" not in flags:
            operation = "create" if "O_CREAT" in flags or "O_TMPFILE" in flags else "write"
            # By name what it asks for, by what the kernel says what it got.
            if call.result is None or call.result < 0:
                self.check(process, call, operation, mount, where)
            else:
                self.check(process, call, operation, mount, call.shown or where)
            self.check_mode(process, call, mount, call.shown or where)

    def take_open_tree(self, process, call):
        mount, where = self.place(process, call, 0, 1)
        if "OPEN_TREE_CLONE" in call.argument(2):
            mount = Mount("copy" if mount.where in ("host", "copy") else mount.where, self.spell(mount, where).split(":", 1)[1])
        self.keep(process, call, mount)

    def take_fsopen(self, process, call):
        self.keep(process, call, Mount("new", f"{trace.unquote(call.argument(0))}:"), kind="context")

    def take_fspick(self, process, call):
        mount, where = self.place(process, call, 0, 1)
        self.check(process, call, "mount", mount, where)

    def take_fsmount(self, process, call):
        number = trace.descriptor(call.argument(0))[0]
        known = process.descriptors.get(number)
        self.keep(process, call, Mount("new", known.mount.base) if known else Mount("new", "unknown:"))

    def take_memfd_create(self, process, call):
        self.keep(process, call, HOST)

    def take_move_mount(self, process, call):
        """From now on the descriptors of the mount are shown with the path that it is attached at."""
        number = trace.descriptor(call.argument(0))[0]
        target, where = self.place(process, call, 2, 3)
        if call.result == 0 and number in process.descriptors and trace.unquote(call.argument(1)) == "":
            source = process.descriptors[number].mount
            source.where, source.base = target.where, target.base
            process.descriptors[number] = Descriptor(source, where)

    def duplicate(self, process, call):
        known = process.descriptors.get(trace.descriptor(call.argument(0))[0])
        if call.result is not None and call.result >= 0:
            process.descriptors.pop(call.result, None)
            if known:
                process.descriptors[call.result] = known

    take_dup = take_dup2 = take_dup3 = duplicate

    def take_fcntl(self, process, call):
        if call.argument(1).startswith("F_DUPFD"):
            self.duplicate(process, call)

    # --- descriptors by messages ---

    @staticmethod
    def passed(call):
        match = re.search(r"cmsg_type=SCM_RIGHTS, cmsg_data=\[(.*?)\]\}", call.text)
        return trace.split(match.group(1) + ")")[0] if match else []

    def send(self, process, call):
        for text in self.passed(call):
            number, shown = trace.descriptor(text)
            if number in process.descriptors:
                self.sent.setdefault(shown, []).append(process.descriptors[number])

    def take_sendmsg(self, process, call):
        self.send(process, call)
        self.speak(process, call, call.argument(1))

    def take_recvmsg(self, process, call):
        for text in self.passed(call):
            number, shown = trace.descriptor(text)
            known = self.sent.get(shown)
            process.descriptors[number] = known.pop() if known else Descriptor(HOST, shown or "")

    # --- root, folder and namespaces ---

    def take_chdir(self, process, call):
        mount, where = self.place(process, call, None, 0)
        if call.result == 0:
            process.cwd, process.cwd_path = mount, where

    def take_fchdir(self, process, call):
        known = self.descriptor(process, call.argument(0))
        if call.result == 0 and known:
            process.cwd, process.cwd_path = known.mount, known.path

    def take_pivot_root(self, process, call):
        root = os.path.normpath(self.place(process, call, None, 0)[1]).rstrip("/")
        if call.result != 0:
            return
        for other in self.processes.values():
            if other.namespaces["mnt"] is not process.namespaces["mnt"]:
                continue
            other.root = CONTAINER
            if other.cwd is HOST and (other.cwd_path + "/").startswith(root + "/"):
                other.cwd, other.cwd_path = CONTAINER, "/"
            for number, known in list(other.descriptors.items()):
                if known.mount.where == "host" and (known.path.rstrip("/") + "/").startswith(root + "/"):
                    other.descriptors[number] = Descriptor(CONTAINER, known.path)

    def take_chroot(self, process, call):
        if call.result == 0:
            process.root = CONTAINER
            if self.place(process, call, None, 0)[1].endswith("."):
                process.cwd = CONTAINER

    def take_unshare(self, process, call):
        if call.result == 0:
            process.enter_new(call.argument(0))

    def take_setns(self, process, call):
        if call.result != 0:
            return
        shown, flags = trace.descriptor(call.argument(0))[1] or "", call.argument(1)
        for kind, flag, name in (("mnt:", "CLONE_NEWNS", "mnt"), ("net:", "CLONE_NEWNET", "net"), ("uts:", "CLONE_NEWUTS", "uts")):
            if flag in flags or kind in shown:
                process.namespaces[name] = Namespace(own=shown == process.command.namespaces[name])
                if name == "mnt":
                    inside = process.command.verb not in ("create", "run")
                    process.root = process.cwd = CONTAINER if inside else HOST
                    process.cwd_path = "/"

    # --- programs ---

    def executed(self, process, call, mount, where):
        place = self.spell(mount, where)
        if call.result != 0:
            return
        if place in (f"host:{self.binary}", f"copy:{self.binary}") or "memfd:tare" in where:
            return  # tare itself once more, from where nobody can write to it
        if mount.where != "container" and not process.command.allows("PROGRAMS", place.split(":", 1)[1]):
            self.find(process, call, f"execute {place}")
        if not process.child:
            self.find(process, call, f"the runtime's own process becomes {place}")
        process.command = None

    def take_execve(self, process, call):
        self.executed(process, call, *self.place(process, call, None, 0))

    def take_execveat(self, process, call):
        self.executed(process, call, *self.place(process, call, 0, 1))

    # --- sockets ---

    def take_socket(self, process, call):
        family, protocol = call.argument(0), call.argument(2)
        kind = {"AF_UNIX": "unix", "AF_INET": "inet", "AF_NETLINK": "netlink"}.get(family)
        if kind == "inet":
            if process.namespaces["net"].own or "SOCK_DGRAM" not in call.argument(1):
                self.find(process, call, "IPv4 socket in the caller's network namespace, or one that can connect")
        elif kind == "netlink":
            if protocol != "NETLINK_ROUTE" or not process.command.net_devices:
                self.find(process, call, "netlink without linux.netDevices")
        elif kind != "unix":
            self.find(process, call, f"socket of {family}")
        self.keep(process, call, HOST, kind=kind or "forbidden")

    def kind_of(self, process, text):
        number, shown = trace.descriptor(text)
        known = process.descriptors.get(number)
        if shown and shown.startswith("UNIX"):
            return "unix"
        return "netlink" if shown and shown.startswith("NETLINK") else known.kind if known else None

    def speak(self, process, call, text):
        """text: an address, or something with one in it."""
        if self.kind_of(process, call.argument(0)) in ("inet", "forbidden"):
            self.find(process, call, "speaks by a socket that is only for ioctl(2)")
        match = re.search(r'sun_path=(@?)("(?:[^"\\]|\\.)*")', text)
        if not match:
            family = re.search(r"sa_family=(\w+)", text)
            if family and family.group(1) not in ("AF_NETLINK", "AF_UNSPEC"):
                self.find(process, call, f"address of {family.group(1)}")
            return
        path = match.group(1) + trace.unquote(match.group(2))
        link = re.fullmatch(r"/proc/self/fd/(\d+)(/.*)?", path)
        if link and int(link.group(1)) in process.descriptors:
            known = process.descriptors[int(link.group(1))]
            path = os.path.normpath(known.path + (link.group(2) or ""))
        elif not path.startswith(("/", "@")):
            path = os.path.normpath(os.path.join(process.command.cwd, path))
        if process.root is not CONTAINER and not process.command.allows("UNIX", path):
            self.find(process, call, f"socket {path}")

    def take_connect(self, process, call):
        self.speak(process, call, call.argument(1))

    take_bind = take_connect

    def take_sendto(self, process, call):
        self.speak(process, call, call.argument(4))

    def take_ioctl(self, process, call):
        if self.kind_of(process, call.argument(0)) == "inet" and (
                call.argument(1) not in allowed.INTERFACE_REQUESTS or process.namespaces["net"].own):
            self.find(process, call, "changes a network interface")
