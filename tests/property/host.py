# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machine as generator and judge know it, and the namespaces that containers join."""

import glob
import json
import os
import re
import signal
import subprocess
import tempfile

import abilities
import cgroups
import judge
import kernel
import sources
from container import read

HERE = os.path.dirname(os.path.realpath(__file__))
MS_REC, MS_PRIVATE, MS_NOSUID, MS_NOEXEC = 0x4000, 1 << 18, 2, 8
KINDS_TO_JOIN = ["pid", "network", "ipc", "uts", "cgroup", "time"]


class Host:
    default_devices = list(judge.DEFAULT_DEVICES)
    host_devices = [("/dev/fuse", 10, 229), ("/dev/kmsg", 1, 11)]

    def __init__(self, tare):
        self.tare = tare
        self.directory = tempfile.mkdtemp(prefix="tare-property-")
        self.children, self.joined_inodes, self.holder = [], {}, None
        self.joinable = {}
        self.capabilities = kernel.host_capabilities()
        self.seccomp = int(re.search(r"^Seccomp:\t(\d)", read("/proc/self/status"), re.MULTILINE).group(1))
        self.rlimits = kernel.rlimits()
        self.oom_score_adj = int(read("/proc/self/oom_score_adj"))
        self.nice = os.getpriority(os.PRIO_PROCESS, 0)
        self.suid_dumpable = int(read("/proc/sys/fs/suid_dumpable"))
        self.processors = (1 << os.cpu_count()) - 1
        uname = os.uname()
        self.names = (uname.nodename, read("/proc/sys/kernel/domainname").strip())
        self.joined_names = ("joined", "joined.example")
        self.host_devices = [d for d in self.host_devices if os.path.exists(d[0])]

    # --- what is made for all containers ---

    def prepare(self):
        kernel.call("unshare", kernel.CLONE["mount"])
        kernel.mount("none", "/", "none", MS_REC | MS_PRIVATE)
        kernel.mount("tmpfs", self.directory, "tmpfs", 0, "mode=711")
        self.device_flags = next(set(line.split()[5].split(",")) - {"rw"} for line in read("/proc/self/mountinfo").splitlines()
                                 if line.split()[4] == "/dev")
        # Whoever loses its parent becomes our child: so the end of a container that `create` has made can be waited for.
        kernel.call("prctl", 36, 1)
        self.make_sources()
        subprocess.run(["cc", "-O1", "-static", "-o", self.directory + "/witness", HERE + "/witness.c"], check=True)
        self.make_namespaces()
        self.namespaces = self.read_namespaces("self")
        self.keyring = json.loads(subprocess.run([self.directory + "/witness"], stdin=subprocess.DEVNULL, capture_output=True,
                                                 check=True).stdout)["keyring"]
        self.abilities = abilities.try_all(self)
        version = subprocess.run([self.tare, "--version"], capture_output=True, check=True, text=True).stdout
        self.abilities |= {f"{kind} namespaces": os.path.exists("/proc/self/ns/" + file)
                           for kind, file in kernel.NAMESPACE_FILES.items()}
        # In a user namespace mounts can only be made by these calls, says tare (Linux 5.12).
        self.abilities["user namespaces"] &= self.abilities["recursive mount flags"]
        self.abilities["seccomp"] = "libseccomp" in version
        self.abilities["seccomp listeners"] &= self.abilities["seccomp"]
        self.look_at_cgroups()

    def make_sources(self):
        """Trees with another mount below: one to be bound, one whose files have owners to be mapped."""
        os.makedirs(self.directory + "/tree/sub")
        kernel.mount("tmpfs", self.directory + "/tree/sub", "tmpfs", MS_NOSUID | MS_NOEXEC)
        os.makedirs(self.directory + "/owned/sub")
        kernel.mount("tmpfs", self.directory + "/owned/sub", "tmpfs", 0)
        for folder in ("/owned", "/owned/sub"):
            os.chmod(self.directory + folder, 0o777)
            for name, owner in sources.OWNED.items():
                path = f"{self.directory}{folder}/{name}"
                with open(path, "w"):
                    os.chown(path, *owner)

    def lacks(self):
        return [name for name, there in self.abilities.items() if not there]

    def can(self, ability):
        return self.abilities[ability]

    # --- cgroups ---

    def look_at_cgroups(self):
        """Which of the files that are drawn only where they are a cgroup has here, found with one of our own."""
        self.cgroup_version = 2 if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else 1
        self.cgroup_has_real_time = self.cgroup_version == 1 and os.path.exists("/sys/fs/cgroup/cpu/cpu.rt_runtime_us")
        self.page_sizes = [int(re.search(r"-(\d+)kB", path).group(1)) << 10
                           for path in glob.glob("/sys/kernel/mm/hugepages/hugepages-*kB")]
        self.huge_folder, self.controllers = self.find_huge_pages(), []
        if self.cgroup_version == 2:
            self.controllers = read("/sys/fs/cgroup/cgroup.controllers").split()
        self.blkio_files = self.try_block_io() if self.cgroup_version == 1 else set()
        self.abilities["limits of huge pages"] = bool(self.huge_folder and self.page_sizes)
        if self.cgroup_version == 2:
            self.abilities |= {f"the cgroup controller {name}": name in self.controllers for name in ("cpu", "memory", "pids")}
            return
        self.abilities["cpu.cfs_burst_us"] = "cpu.cfs_burst_us" in self.list_cpu_files()
        for name, files in (("limits", cgroups.THROTTLES.values()), ("weights", cgroups.WEIGHTS),
                            ("device weights", cgroups.DEVICE_WEIGHTS)):
            self.abilities[f"{name} of block devices"] = bool(self.blkio_files & set(files))

    def list_cpu_files(self):
        folder = f"/sys/fs/cgroup/cpu/property-{os.getpid()}"
        if not os.path.ismount("/sys/fs/cgroup/cpu"):
            return []
        os.mkdir(folder)
        files = os.listdir(folder)
        os.rmdir(folder)
        return files

    def find_huge_pages(self):
        """Where the hierarchy of hugetlb is; beside v1 hierarchies it may be the one of v2."""
        for folder in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
            if os.path.exists(folder + "/cgroup.controllers") and "hugetlb" in read(folder + "/cgroup.controllers").split():
                return folder
        return "/sys/fs/cgroup/hugetlb" if os.path.ismount("/sys/fs/cgroup/hugetlb") else None

    def try_block_io(self):
        disks = [line.split() for line in read("/proc/partitions").splitlines()[2:]]
        disks = [disk for disk in disks if int(disk[2]) > 0 and os.path.exists("/sys/block/" + disk[3])]
        folder = f"/sys/fs/cgroup/blkio/property-{os.getpid()}"
        if not disks or not os.path.ismount("/sys/fs/cgroup/blkio"):
            return set()
        self.disk, found = (int(disks[0][0]), int(disks[0][1])), set()
        os.mkdir(folder)
        for name in [*cgroups.THROTTLES.values(), *cgroups.WEIGHTS, *cgroups.DEVICE_WEIGHTS]:
            value = "500" if name in cgroups.WEIGHTS else "%d:%d 500" % self.disk
            try:
                with open(f"{folder}/{name}", "w") as file:
                    file.write(value)
                found |= {name} if value in read(f"{folder}/{name}") else set()
            except OSError:
                pass
        os.rmdir(folder)
        return found

    # --- namespaces ---

    def read_namespaces(self, pid):
        return {name: os.stat(f"/proc/{pid}/ns/{name}").st_ino for name in kernel.NAMESPACE_FILES.values()
                if os.path.exists(f"/proc/{pid}/ns/{name}")}

    def make_namespaces(self):
        """Two processes that only are in namespaces: one in its own of every kind but user and mount, one in a user namespace."""
        kinds = [kind for kind in KINDS_TO_JOIN if os.path.exists("/proc/self/ns/" + kernel.NAMESPACE_FILES[kind])]
        pid = self.hold(sum(kernel.CLONE[kind] for kind in kinds), True)
        user = self.hold(kernel.CLONE["user"], False)
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{user}/{name}", "w") as file:
                file.write("0 100000 65536")
        self.joinable = {kind: f"/proc/{pid}/ns/{kernel.NAMESPACE_FILES[kind]}" for kind in kinds}
        self.joinable["user"] = f"/proc/{user}/ns/user"
        self.joined_inodes = {kind: os.stat(path).st_ino for kind, path in self.joinable.items()}
        # Those of mounts are made anew for each container, which leaves its root in them: see renew_mounts().
        os.mkdir(self.directory + "/joined", 0o700)
        self.joinable["mount"] = self.directory + "/joined/mount"
        self.joinable["mount of user"] = self.directory + "/joined/mount-of-user"

    def renew_mounts(self, path):
        """A new mount namespace at one of the two paths; the second one belongs to the user namespace that is joined."""
        self.forget_mounts()
        self.holder = os.fork()
        if self.holder == 0:
            kernel.call("prctl", 1, signal.SIGKILL)
            if path == self.joinable["mount of user"]:
                with open(self.joinable["user"]) as namespace:
                    kernel.call("setns", namespace.fileno(), kernel.CLONE["user"])
            kernel.call("unshare", kernel.CLONE["mount"])
            os.kill(os.getpid(), signal.SIGSTOP)
        if not os.WIFSTOPPED(os.waitpid(self.holder, os.WUNTRACED)[1]):
            raise OSError("a mount namespace to be joined cannot be made")
        os.symlink(f"/proc/{self.holder}/ns/mnt", path)
        self.joined_inodes["mount"] = os.stat(path).st_ino

    def forget_mounts(self):
        for path in (self.joinable["mount"], self.joinable["mount of user"]):
            if os.path.islink(path):
                os.unlink(path)
        if self.holder:
            os.kill(self.holder, signal.SIGKILL)
            os.waitpid(self.holder, 0)
            self.holder = None

    def hold(self, flags, forks):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            kernel.call("prctl", 1, signal.SIGKILL)
            kernel.call("unshare", flags)
            inner = os.fork() if forks else 0
            if inner == 0:
                kernel.call("prctl", 1, signal.SIGKILL)
                if forks:
                    kernel.call("sethostname", b"joined", 6)
                    kernel.call("setdomainname", b"joined.example", 14)
                os.write(writer, b"x")
            else:
                os.write(writer, b"%d " % inner)
            while True:
                signal.pause()
        self.children.append(child)
        os.close(writer)
        told = b""
        while b"x" not in told or (forks and b" " not in told):
            told += os.read(reader, 32)
        os.close(reader)
        return int(told.replace(b"x", b"")) if forks else child

    def clean(self):
        if self.joinable:
            self.forget_mounts()
        for child in self.children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        subprocess.run(["umount", "--recursive", "--lazy", self.directory], check=False)
        os.rmdir(self.directory)

    # --- paths and what is there ---

    @property
    def bundle(self):
        return self.directory + "/bundle"

    @property
    def agent_path(self):
        return self.directory + "/agent"

    def source_path(self, kind):
        return f"{self.directory}/{kind}" if kind in ("tree", "owned") else f"{self.directory}/bundle/source/{kind}"

    def source(self, path):
        """The flags of a source, and the mounts below it."""
        below = {"tree": [("/sub", {"nosuid", "noexec", "relatime"})], "owned": [("/sub", {"relatime"})]}
        return {"relatime"}, below.get(os.path.relpath(path, self.directory), [])

    @staticmethod
    def destination(path):
        """Absolute and clean, the rootfs's link followed."""
        path = "/" + "/".join(part for part in path.split("/") if part)
        return path.replace("/link/", "/m1/", 1) if path.startswith("/link/") else path

    @staticmethod
    def exists(tree, path):
        top = tree.resolve(path)
        if top.is_empty and path != top.at:
            return None
        if top.at == path and top.is_empty:
            return "directory"
        if top.at == path and top.fstype == "devtmpfs":
            return "file"
        if path.startswith(("/proc/", "/sys/")):
            if top.fstype not in ("proc", "sysfs") or not os.path.exists(path):
                return None
            return "directory" if os.path.isdir(path) else "file"
        if path in ("/masked/dir", "/masked/dir/below"):
            return "directory"
        return "file" if path in ("/masked/file", "/masked/ü") else None

    @staticmethod
    def in_user_namespace(config):
        return any(n["type"] == "user" for n in (config.get("linux") or {}).get("namespaces") or [])

    @staticmethod
    def mode_of(path):
        return os.stat(path).st_mode & 0o7777

    def hook_file(self, kind, i):
        """Where a hook writes, as the hook calls it. The container has the folder bound there, or a folder of its own."""
        return f"/hooks/{kind}-{i}" if kind == "startContainer" else f"{self.bundle}/hooks/{kind}-{i}"

    def read_hook(self, kind, i):
        for folder in ("/hooks/", "/rootfs/hooks/"):
            if os.path.exists(f"{self.bundle}{folder}{kind}-{i}"):
                return read(f"{self.bundle}{folder}{kind}-{i}")
        return None
