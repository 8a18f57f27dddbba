# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random configs that are valid by the specification and possible on this machine. All chance comes from one random.Random."""

import copy

import cgroups
import kernel
import mounts
import sources

DESTINATIONS = ["/m1", "/m1/a", "/m1/a/b", "/m2", "/m2/ü", "/m2/with space", "/m3", "/link/c", "m3/relative", "/m2//slashes/"]
FILE_DESTINATIONS = ["/f1", "/f2", "/m3/file"]
MAPPED_DESTINATIONS = ["/mapped1", "/mapped2"]
COVERED = ["/masked/dir", "/masked/file", "/masked/missing", "/masked/dir/below", "/proc/kcore", "/proc/keys", "/proc/sys",
           "/proc/acpi", "/proc/irq", "/proc/timer_list", "/proc/scsi", "/sys/firmware", "/masked/ü"]
FREE_FLAGS = ["ro", "rw", "nosuid", "suid", "nodev", "dev", "noexec", "exec", "nodiratime", "diratime", "nosymfollow",
              "symfollow", "defaults", "async", "silent", "loud"]
TIME_FLAGS = ["noatime", "relatime", "strictatime"]
RECURSIVE_TIME_FLAGS = ["rnoatime", "rrelatime", "rstrictatime"]
RECURSIVE_FLAGS = ["rro", "rrw", "rnosuid", "rsuid", "rnodev", "rdev", "rnoexec", "rexec", "rnodiratime", "rnosymfollow"]
# Those that only restrict: the flags of the host's mounts, and all that concerns access times, are locked for a user namespace.
RESTRICTING = {"ro", "nosuid", "nodev", "noexec", "nosymfollow", "defaults", "rro", "rnosuid", "rnodev", "rnoexec"}
PROPAGATION = ["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"]
WORDS = ["", "a", "über", "日本", "two words", "tab\there", "quo\"te", "back\\slash", "emoji 🐚", "x" * 300, "$HOME", "-n",
         "é̀"]
HOOKS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]


class Generator:
    def __init__(self, random, host):
        self.random, self.host = random, host

    def often(self, percent):
        return self.random.random() * 100 < percent

    def some(self, items, most=None):
        items = list(items)
        return self.random.sample(items, self.random.randint(0, min(len(items), most or len(items))))

    def config(self, name):
        """One config. `name` is the container's id, unique on the machine."""
        self.namespaces = self.draw_namespaces()
        self.user = self.namespaces.get("user", False)
        self.maps = self.draw_maps()
        config = {"ociVersion": self.random.choice(["1.0.0", "1.0.2", "1.1.0", "1.2.1", "1.3.0", "1.2.0-rc.1+build"]),
                  "root": {"path": self.random.choice(["rootfs", "./rootfs/", self.host.bundle + "/rootfs", "hooks/../rootfs"])},
                  "process": self.process(), "linux": self.linux(name)}
        if self.often(30):
            config["hooks"] = self.hooks(config["process"].get("scheduler") or {})
        if "mount" in self.namespaces:
            config["mounts"] = self.mounts("startContainer" in config.get("hooks", {}))
            if self.often(30):
                config["root"]["readonly"] = self.often(70)
            elif self.often(10):
                config["linux"]["rootfsPropagation"] = self.random.choice(PROPAGATION)
        if (config["process"].get("scheduler") or {}).get("priority") and self.host.cgroup_has_real_time:
            # A v1 cgroup has no real time of its own unless it is given some, and then refuses the policy (sched(7)).
            config["linux"]["resources"].setdefault("cpu", {}).update({"realtimePeriod": 1000000, "realtimeRuntime": 5000})
        if (config["process"].get("scheduler") or {}).get("policy") == "SCHED_DEADLINE":
            # It wants all processors of the machine (sched(7), EPERM).
            config["linux"]["resources"].get("cpu", {}).pop("cpus", None)
        self.names(config)
        if self.often(30):
            config["annotations"] = {f"org.example.{i}-ä": self.random.choice(WORDS) for i in range(self.random.randint(0, 3))}
        if self.often(30):
            config.setdefault("annotations", {})["org.example.way"] = "create"  # see container.py
        if self.often(40) and not any(rule["action"] == "SCMP_ACT_NOTIFY"
                                      for rule in (config["linux"].get("seccomp") or {}).get("syscalls") or []):
            config.setdefault("annotations", {})["org.example.exec"] = "yes"
        self.terminal(config)
        self.decorate(config)
        return config

    # --- namespaces ---

    def draw_namespaces(self):
        """kind -> path or None, for those in the config."""
        namespaces = {"mount": None}
        for kind, percent in (("pid", 85), ("ipc", 70), ("uts", 70), ("network", 40), ("cgroup", 40), ("user", 35), ("time", 25)):
            if self.often(percent) and self.host.can(kind + " namespaces"):
                namespaces[kind] = self.host.joinable[kind] if self.often(20) else None
        if self.often(5) and "user" not in namespaces:
            del namespaces["mount"]
        elif self.often(10) and ("user" not in namespaces or namespaces["user"]):
            # One that belongs to another user namespace cannot be mounted in.
            namespaces["mount"] = self.host.joinable["mount of user" if "user" in namespaces else "mount"]
        # Of a joined pid or time namespace nobody in a new user namespace is master: allowed, but it mounts no proc.
        return namespaces

    def is_new(self, kind):
        return kind in self.namespaces and self.namespaces[kind] is None

    def draw_maps(self):
        if "user" not in self.namespaces:
            return None
        if self.namespaces["user"]:
            return [[(0, 100000, 65536)], [(0, 100000, 65536)]]
        maps = []
        for _ in range(2):
            host_id, container_id, lines = self.random.randint(100000, 10**6), 0, []
            for _ in range(self.random.choice([1, 1, 1, 2, 3, 6])):
                size = self.random.choice([1, 2, 1000, 65536])
                lines.append((container_id, host_id, size))
                container_id += size + self.random.choice([0, 1, 5000])
                host_id += size + self.random.choice([0, 3, 100000])
            maps.append(lines)
        return maps

    def identity(self, which):
        if self.maps:
            container, _, size = self.random.choice(self.maps[which])
            return container + self.random.randrange(size)
        return self.random.choice([0, 0, 0, 1, 1000, 65534, self.random.randint(1, 2**32 - 2)])

    # --- process ---

    def process(self):
        args = [self.random.choice(["/witness", "witness", "/link-to-witness", "../witness", "./witness"])]
        process = {"args": args + [self.random.choice(WORDS) for _ in range(self.random.randint(0, 4))],
                   "cwd": self.random.choice(["/", "/w", "/w/ä", "/new/directory", "/w/../w"]), "user": self.user_object()}
        process["env"] = ["PATH=/bin:/"] + [f"V{i}ö={self.random.choice(WORDS)}" for i in range(self.random.randint(0, 4))]
        if args[0].startswith("."):
            process["cwd"] = "/w" if args[0].startswith("..") else "/"
        if self.often(50):
            process["env"].append("HOME=/somewhere")
        process["capabilities"] = self.capabilities()
        if self.often(50):
            process["noNewPrivileges"] = self.often(60)
        if self.often(50):
            process["rlimits"] = self.rlimits()
        if self.often(30):
            process["oomScoreAdj"] = self.random.randint(max(0, self.host.oom_score_adj), 1000)
        if self.often(30):
            process["scheduler"] = self.scheduler()
        if self.often(30):
            classes = ["IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"] + ([] if "user" in self.namespaces else ["IOPRIO_CLASS_RT"])
            process["ioPriority"] = {"class": self.random.choice(classes), "priority": self.random.randint(0, 7)}
        if self.often(20):
            process["execCPUAffinity"] = {"initial": "0", "final": "0-1"}
        if self.often(20):
            process["terminal"] = False
        if self.often(20):
            process["consoleSize"] = {"height": 24, "width": 80}
        return process

    def terminal(self, config):
        """Possible with a devpts that nothing covers; `run` carries it, `create` hands it over."""
        if "mount" not in self.namespaces or mounts.expected(config, self.host).resolve("/dev/pts").fstype != "devpts":
            return
        if self.often(35):
            config["process"]["terminal"] = True
            config["process"].pop("consoleSize", None)
            if self.often(60):
                config["process"]["consoleSize"] = {key: self.random.choice([0, 24, 80, 65535, self.random.randrange(1 << 16)])
                                                    for key in ("height", "width")}

    def user_object(self):
        user = {"uid": self.identity(0), "gid": self.identity(1)}
        if self.often(50):
            user["additionalGids"] = sorted({self.identity(1) for _ in range(self.random.choice([0, 1, 3, 40]))},
                                            key=lambda _: self.random.random())
        if self.often(50):
            user["umask"] = self.random.choice([0, 0o22, 0o77, 0o777, self.random.randrange(0o1000)])
        return user

    def capabilities(self):
        if self.often(10):
            return {}
        bounding = self.some(kernel.CAPABILITIES)
        permitted = self.some(bounding)
        sets = {"bounding": bounding, "permitted": permitted, "effective": self.some(permitted),
                "inheritable": self.some(bounding)}
        if self.often(70):
            sets["ambient"] = self.some(set(sets["inheritable"]) & set(permitted))
        if self.often(10):
            sets["bounding"] = sets["bounding"] + ["CAP_OF_THE_FUTURE"]
        return {key: sorted(names, key=lambda _: self.random.random()) for key, names in sets.items() if self.often(90)}

    def rlimits(self):
        least = {"RLIMIT_CPU": 1000, "RLIMIT_FSIZE": 1 << 24, "RLIMIT_DATA": 1 << 30, "RLIMIT_STACK": 1 << 23,
                 "RLIMIT_NPROC": 10000, "RLIMIT_NOFILE": 64, "RLIMIT_AS": 1 << 33, "RLIMIT_RTTIME": 10**9, "RLIMIT_RSS": 1 << 20}
        limits = []
        for name in self.some(kernel.RLIMITS, 6):
            highest = self.host.rlimits[kernel.RLIMITS.index(name)][1]
            highest = 2**64 - 1 if highest == -1 else highest
            lowest = min(least.get(name, 0), highest)
            drawn = self.random.randint(lowest, min(highest, max(lowest, 1) * 1000))
            values = sorted(self.random.choice([lowest, highest, drawn]) for _ in range(2))
            limits.append({"type": name, "soft": min(values[0], highest), "hard": min(values[1], highest)})
        return limits

    def scheduler(self):
        real_time = [] if "user" in self.namespaces else ["SCHED_FIFO", "SCHED_RR"]
        deadline = ["SCHED_DEADLINE"] if real_time and self.host.can("SCHED_DEADLINE") else []
        policy = self.random.choice(["SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE"] + real_time + deadline)
        scheduler = {"policy": policy}
        if policy == "SCHED_DEADLINE":
            return self.deadline(scheduler)
        if policy in real_time:
            scheduler["priority"] = self.random.randint(1, 99)
        elif policy != "SCHED_IDLE" and (self.often(60) or ("user" in self.namespaces and self.host.nice > 0)):
            # The root of a user namespace may not raise what it was born with.
            scheduler["nice"] = self.random.randint(max(0, self.host.nice) if "user" in self.namespaces else -20, 19)
        if self.often(20):
            scheduler["flags"] = ["SCHED_FLAG_RESET_ON_FORK"]
        return scheduler

    def deadline(self, scheduler):
        """Of each processor's time little enough that several containers find room (sched(7), admission)."""
        scheduler["runtime"] = self.random.randint(4 * 10**6, 10**7)
        period = scheduler["runtime"] * self.random.randint(10, 20)
        scheduler["deadline"] = self.random.choice([period, self.random.randint(scheduler["runtime"], period)])
        if scheduler["deadline"] < period or self.often(50):
            scheduler["period"] = period
        if self.often(40):
            scheduler["flags"] = self.some(kernel.SCHEDULER_FLAGS)
        return scheduler

    # --- linux ---

    def linux(self, name):
        linux = {"cgroupsPath": "/" + name}
        linux["namespaces"] = [{"type": kind, "path": path} if path else {"type": kind} for kind, path in self.namespaces.items()]
        self.random.shuffle(linux["namespaces"])
        if self.maps and not self.namespaces["user"]:
            for key, lines in zip(("uidMappings", "gidMappings"), self.maps):
                linux[key] = [{"containerID": c, "hostID": h, "size": s} for c, h, s in lines]
                self.random.shuffle(linux[key])
        if self.is_new("time") and self.often(70):
            # Back by no more than any machine has been up for.
            linux["timeOffsets"] = {clock: {"secs": self.random.choice([self.random.randint(1000, 10**6), -5]),
                                            "nanosecs": self.random.randrange(10**9)}
                                    for clock in self.some(["monotonic", "boottime"])}
        linux["devices"] = self.devices()
        linux["resources"] = self.resources()
        if self.often(40) and self.host.can("seccomp"):
            linux["seccomp"] = self.seccomp()
        if self.often(50):
            linux["sysctl"] = self.sysctl()
        if "mount" in self.namespaces:
            for key in ("maskedPaths", "readonlyPaths"):
                if self.often(50):
                    linux[key] = self.some(COVERED, 6)
        if self.often(15):
            linux["personality"] = {"domain": self.random.choice(list(kernel.PERSONALITIES))}
        if self.often(20):
            linux["memoryPolicy"] = self.memory_policy()
        return linux

    def memory_policy(self):
        mode = self.random.choice([mode for mode in kernel.MEMORY_MODES if self.host.can(mode)])
        policy = {"mode": mode, "nodes": "" if mode in ("MPOL_DEFAULT", "MPOL_LOCAL") else self.random.choice(["0", "0-0"])}
        if policy["nodes"] and self.often(60):
            flags = ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"]
            if mode == "MPOL_BIND" and self.host.can("MPOL_F_NUMA_BALANCING"):
                flags.append("MPOL_F_NUMA_BALANCING")
            policy["flags"] = [self.random.choice(flags)]
        return policy

    def devices(self):
        if "user" in self.namespaces:
            if "mount" not in self.namespaces:
                return []
            return [{"type": "c", "path": path, "major": major, "minor": minor}
                    for path, major, minor in self.some(self.host.host_devices, 2)]
        devices = []
        # Without a mount namespace they are made in the rootfs itself, which is as good.
        for i in range(self.random.choice([0, 0, 1, 2, 4])):
            kind = self.random.choice("ccccbp")
            device = {"type": kind, "path": self.random.choice([f"/dev/x{i}", f"/dev/sub/ö{i}", f"/w/node{i}"])}
            if kind != "p":
                device["major"], device["minor"] = self.random.choice([(1, 3), (1, 5), (10, 229), (7, 0), (4000, 1000000)]) \
                    if kind == "c" else (7, self.random.randrange(1 << 20))
            if self.often(60):
                device["fileMode"] = self.random.choice([0o666, 0o600, 0o640, 0o444, 0, self.random.randrange(0o10000)])
            if self.often(50):
                device["uid"] = self.identity(0)
            if self.often(50):
                device["gid"] = self.identity(1)
            devices.append(device)
        return devices

    def resources(self):
        resources = {}
        if self.often(60):
            allow = self.often(40)
            resources["devices"] = [{"allow": allow, "access": "rwm"}]
            for _ in range(self.random.randint(0, 2)):
                resources["devices"].append({"allow": not allow, "type": "c", "major": 10, "minor": 229,
                                             "access": "".join(self.some("rwm")) or "rw"})
        if self.host.can("limits of huge pages") and self.often(20):
            resources["hugepageLimits"] = [{"pageSize": cgroups.size_name(size), "limit": self.random.randrange(2**40)}
                                           for size in self.some(self.host.page_sizes)]
        if self.host.cgroup_version == 2:
            if self.often(40):
                resources["unified"] = self.unified("hugepageLimits" in resources)
            return resources
        if self.host.blkio_files and self.often(30):
            resources["blockIO"] = self.block_io()
        if self.often(30):
            resources["pids"] = {"limit": self.random.choice([-1, 20, self.random.randint(10, 30000)])}
        if self.often(30):
            limit = self.random.randint(16384, 10**6) * 4096
            resources["memory"] = {"limit": limit}
            if self.often(50):
                resources["memory"]["swap"] = self.random.choice([-1, limit, limit + 4096 * self.random.randrange(10**5)])
            if self.often(50):
                resources["memory"]["reservation"] = self.random.randint(1000, limit // 4096) * 4096
            if self.often(30):
                resources["memory"]["swappiness"] = self.random.randint(0, 100)
            if self.often(30):
                resources["memory"]["disableOOMKiller"] = self.often(50)
        if self.often(40):
            resources["cpu"] = {"shares": self.random.randint(2, 262144)}
            if self.often(50):
                resources["cpu"]["period"] = self.random.randint(50000, 1000000)
                resources["cpu"]["quota"] = self.random.choice([-1, self.random.randint(50000, 10**7)])
                if self.host.can("cpu.cfs_burst_us") and self.often(40):
                    resources["cpu"]["burst"] = self.random.randint(0, max(0, resources["cpu"]["quota"]))
            if self.often(50):
                resources["cpu"]["cpus"] = self.random.choice(["0", "1", "0-1", "0,1"])
                resources["cpu"]["mems"] = "0"
        return resources

    def unified(self, has_huge_limits):
        """Files that each cgroup has, and those of the controllers that the hierarchy has."""
        page = 4096
        values = {"": {"cgroup.max.depth": ["0", "max", str(self.random.randrange(1 << 31))],
                       "cgroup.max.descendants": ["0", "max", str(self.random.randrange(1 << 31))]},
                  "pids": {"pids.max": ["max", str(self.random.randint(20, 30000))]},
                  "memory": {"memory.max": ["max", str(self.random.randint(16384, 10**6) * page)],
                             "memory.low": ["0", str(self.random.randint(1, 10**6) * page)]},
                  "cpu": {"cpu.weight": [str(self.random.randint(1, 10000))],
                          "cpu.max": ["max 100000", f"{self.random.randint(50000, 10**6)} {self.random.randint(50000, 10**6)}"]},
                  "hugetlb": {f"hugetlb.{cgroups.size_name(size)}.max": ["max", str(self.random.randrange(1000) * size)]
                              for size in self.host.page_sizes if not has_huge_limits}}
        there = {file: texts for controller, files in values.items() if controller in ["", *self.host.controllers]
                 for file, texts in files.items()}
        return {file: self.random.choice(there[file]) for file in self.some(there)}

    def block_io(self):
        block_io, (major, minor) = {}, self.host.disk
        for key, file in cgroups.THROTTLES.items():
            if file in self.host.blkio_files and self.often(50):
                block_io[key] = [{"major": major, "minor": minor, "rate": self.random.randint(10**5, 2**31)}]
        if self.often(50) and self.host.blkio_files & set(cgroups.WEIGHTS):
            block_io["weight"] = self.random.randint(10, 1000)
        if self.often(50) and self.host.blkio_files & set(cgroups.DEVICE_WEIGHTS):
            block_io["weightDevice"] = [{"major": major, "minor": minor, "weight": self.random.randint(10, 1000)}]
        return block_io

    # --- seccomp ---

    def condition(self, index):
        value = self.random.choice([0, 1, 5, 2**32, 2**63, self.random.randrange(2**64)])
        condition = {"index": index, "value": value, "op": self.random.choice(
            ["SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"])}
        if condition["op"] == "SCMP_CMP_MASKED_EQ":
            condition["valueTwo"] = value & self.random.randrange(2**64)
        return condition

    def seccomp(self):
        denies = self.often(40)
        profile = {"defaultAction": "SCMP_ACT_ERRNO" if denies else self.random.choice(["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"]),
                   "syscalls": []}
        if denies:
            if self.often(60):
                profile["defaultErrnoRet"] = self.random.randint(1, 133)
            profile["syscalls"].append({"names": kernel.NEEDED_CALLS + kernel.CALLS_OF_A_RUNTIME, "action": "SCMP_ACT_ALLOW"})
        if self.often(50):
            profile["architectures"] = ["SCMP_ARCH_X86_64"] + self.some(["SCMP_ARCH_X86", "SCMP_ARCH_X32"])
        names = self.some(kernel.CALLS)
        while names:
            taken = [names.pop() for _ in range(min(len(names), self.random.choice([1, 1, 2])))]
            rule = {"names": taken, "action": "SCMP_ACT_ALLOW" if denies else "SCMP_ACT_ERRNO"}
            if self.host.can("seccomp listeners") and self.often(25):
                rule["action"] = "SCMP_ACT_NOTIFY"
            if rule["action"] == "SCMP_ACT_ERRNO" and self.often(60):
                rule["errnoRet"] = self.random.randint(1, 133)
            if self.often(60):
                rule["args"] = [self.condition(i) for i in self.some(range(1, 4), 2)]
            profile["syscalls"].append(rule)
        if self.often(10):
            profile["syscalls"].append({"names": ["call_of_the_future"], "action": profile["syscalls"][-1]["action"]
                                        if profile["syscalls"] else "SCMP_ACT_ERRNO"})
        self.listener(profile)
        return profile

    def listener(self, profile):
        """Where there is something to listen for; and where there is not, when the path means nothing."""
        notifies = any(rule["action"] == "SCMP_ACT_NOTIFY" for rule in profile["syscalls"])
        if notifies or (self.host.can("seccomp listeners") and self.often(10)):
            profile["listenerPath"] = self.host.agent_path
            if self.often(50):
                profile["listenerMetadata"] = self.random.choice(WORDS)
        if self.often(30):
            flags = ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]
            profile["flags"] = self.some(flags + (["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] if notifies else []))

    def sysctl(self):
        values = {}
        if self.is_new("ipc"):
            values.update({"kernel.msgmax": str(self.random.randint(1000, 9000)),
                           "kernel.shmmni": str(self.random.randint(10, 4096)),
                           "kernel/msgmni": str(self.random.randint(10, 32000)),
                           "fs.mqueue.msg_max": str(self.random.randint(1, 64))})
        if self.is_new("network"):
            values.update({"net.ipv4.ip_forward": self.random.choice("01"),
                           "net.ipv4.ip_unprivileged_port_start": str(self.random.randint(0, 1024)),
                           "net/ipv4/conf/lo/arp_ignore": self.random.choice("012")})
        return {key: values[key] for key in self.some(values)}

    # --- mounts ---

    def mounts(self, has_hooks):
        free = "user" not in self.namespaces
        own = {kind: free or self.is_new(kind) for kind in ("pid", "network", "ipc")}
        standard = []
        if own["pid"] and self.often(85):
            standard.append({"destination": "/proc", "type": "proc", "source": "proc", "options": self.flags(None)})
        if self.often(85):
            standard.append({"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
                             "options": ["mode=755", *self.some(["nosuid", "strictatime", "noexec", "ro", "size=65536k"])]})
        if self.often(60):
            standard.append({"destination": "/dev/pts", "type": "devpts", "source": "devpts",
                             "options": ["newinstance", "ptmxmode=0666", "mode=0620", *self.some(["nosuid", "noexec"])]})
        if own["ipc"] and self.often(50):
            standard.append({"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": self.flags(False)})
        if own["network"] and self.often(50):
            standard.append({"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": self.flags(None) + ["ro"]})
            if free and self.often(40):
                standard[-1]["options"].remove("ro")
                standard.append({"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
                                 "options": ["nosuid", "noexec", "nodev", *self.some(["ro", "relatime"])]})
        elif self.often(15):
            self.random.shuffle(standard)
        drawn = standard + [self.mount() for _ in range(self.random.choice([0, 1, 2, 4, 8]))]
        if self.often(20) and not any(mount["type"] == "cgroup" for mount in standard):
            self.random.shuffle(drawn)
        drawn += [self.copied() for _ in range(self.random.choice([0, 0, 0, 1, 2]))]
        if self.host.can("id-mapped mounts"):
            drawn += [self.mapped(at) for at in self.some(MAPPED_DESTINATIONS) if self.often(30)]
        drawn = self.possible(drawn)
        if self.often(30):
            drawn = self.with_remounts(drawn)
        if has_hooks:  # which write there, see Host.hook_file()
            drawn.append({"destination": "/hooks", "source": "hooks", "options": ["bind"]})
        return drawn

    def flags(self, is_bind, propagation=False):
        """Words of the mount itself, in any order. `is_bind` None: a procfs or sysfs."""
        words = FREE_FLAGS + (RECURSIVE_FLAGS if is_bind else [])
        if is_bind and "user" in self.namespaces:
            words = sorted(RESTRICTING)
        words = [word for word in words if self.is_known(word)]
        chosen = self.some(words, 5)
        # Of these a user namespace may mount no new one whose access times differ (user_namespaces(7) is silent on it).
        is_locked = is_bind is not False and "user" in self.namespaces
        if is_locked:
            chosen = [word for word in chosen if word != "nodiratime"]
        elif self.often(30):
            chosen.append(self.random.choice(TIME_FLAGS))
        elif is_bind and self.often(15) and self.host.can("recursive mount flags"):
            chosen.append(self.random.choice(RECURSIVE_TIME_FLAGS))
        if propagation and self.often(30):
            chosen.append(self.random.choice(PROPAGATION))
        self.random.shuffle(chosen)
        return chosen

    def is_known(self, word):
        if word in ("nosymfollow", "symfollow", "rnosymfollow"):
            return self.host.can("nosymfollow")
        return not word.startswith("r") or word in ("ro", "rw", "relatime") or self.host.can("recursive mount flags")

    def copied(self):
        """A tmpfs that begins with what the rootfs has there; the second one with what the first one has."""
        options = ["tmpcopyup", *self.flags(False), *self.some(["size=1m", "mode=755"], 1)]
        self.random.shuffle(options)
        return {"destination": "/copied", "type": "tmpfs", "source": "tmpfs", "options": options}

    def mapped(self, destination):
        """A bind mount of files of several owners, with ids of its own or those of the container's user namespace."""
        # With a user namespace what is mounted below may not be left out.
        word = "rbind" if "user" in self.namespaces else self.random.choice(["bind", "rbind"])
        mount = {"destination": destination, "source": self.host.source_path("owned"), "type": "bind",
                 "options": [word] + self.flags(True)}
        if self.maps and self.often(40):
            mount["options"].append(self.random.choice(["idmap", "ridmap"]))
            return mount
        mount["options"] += self.random.choice([["idmap"], ["ridmap"], []])
        for which, key in enumerate(("uidMappings", "gidMappings")):
            mount[key] = self.mapping(which)
        return mount

    def mapping(self, which):
        """From ids of the files to ids of the host, which are some of the container's if it has its own."""
        host_id = self.random.choice(self.maps[which])[1] if self.maps else self.random.randint(0, 10**5)
        lines = []
        for owner in sorted({0, *(ids[which] for ids in sources.OWNED.values())}):
            if self.often(70):
                size = 1 if owner < 10 else self.random.choice([1, 3, 900])
                lines.append({"containerID": owner, "hostID": host_id, "size": size})
                host_id += size + self.random.choice([0, 0, 7])
        self.random.shuffle(lines)
        return lines or [{"containerID": 0, "hostID": host_id, "size": 1}]

    def with_remounts(self, drawn):
        """After some of the mounts, other flags for one that is on top by then."""
        result = []
        for mount in drawn:
            result.append(mount)
            if not self.often(30) or mount.get("type") == "cgroup":
                continue
            at = self.host.destination(mount["destination"])
            # What comes later may need places in it. The runtime seals /dev by itself, and needs the devices of /dev/pts.
            later = [self.host.destination(other["destination"]) for other in drawn[drawn.index(mount) + 1:]]
            if at in ("/dev", "/dev/pts", "/proc", "/sys") or any(other.startswith(at + "/") for other in later):
                continue
            if mounts.expected({"root": {}, "mounts": result, "linux": {}}, self.host).resolve(at).at == at:
                result.append(self.remount(mount, at))
        return result

    def remount(self, mount, at):
        is_bind = "bind" in mount["options"] or "rbind" in mount["options"]
        options = ["remount", *self.flags(is_bind, True)]
        if is_bind or self.often(50):
            options.append("bind")
        elif mount.get("type") == "tmpfs" and self.often(50):
            options.append(self.random.choice(["size=2m", "size=8192k"]))
        if "ro" in mount["options"] and mount.get("type") == "tmpfs" and self.often(50):
            options = [word for word in options if word != "ro"] + ["rw"]
        self.random.shuffle(options)
        return {"destination": at, "options": options}

    def mount(self):
        kind = self.random.choice(["tmpfs", "tmpfs", "plain", "plain", "tree", "file"])
        if kind == "tmpfs":
            options = self.flags(False, True) + self.some(["size=1m", "size=4096k", "mode=1777", "mode=700", "nr_inodes=100"], 2)
            options += [f"{key}={self.identity(i)}" for i, key in enumerate(("uid", "gid")) if self.often(20)]
            return {"destination": self.random.choice(DESTINATIONS), "type": "tmpfs", "options": options,
                    "source": self.random.choice(["tmpfs", "ü"])}
        destination = self.random.choice(FILE_DESTINATIONS if kind == "file" else DESTINATIONS)
        word = self.random.choice(["bind", "rbind"])
        if kind == "tree" and "user" in self.namespaces:
            word = "rbind"  # to leave out what is mounted below would show what it hides: the kernel refuses that
        mount = {"destination": destination, "source": self.host.source_path(kind), "options": [word] + self.flags(True, True)}
        if self.often(50):
            mount["type"] = self.random.choice(["bind", "none"])
        return mount

    def possible(self, mounts):
        """Without those whose target could not be made, because it would be in a mount that is read-only or the host's."""
        kept, closed = [], []
        for mount in mounts:
            at = self.host.destination(mount["destination"])
            options = mount.get("options") or []
            if any(at.startswith(other + "/") for other in closed) and mount.get("type") != "cgroup":
                continue
            # sysfs and what is in the rootfs as another kind of file are no place for more.
            if "ro" in options or "rro" in options or mount["source"] == self.host.source_path("tree") or at in ("/proc", "/sys"):
                if at != "/dev":
                    closed.append(at)
            kept.append(mount)
        return kept

    # --- the rest ---

    def names(self, config):
        if self.is_new("uts") or self.namespaces.get("uts"):
            # A joined one is the test's own and every container's: only a new one gets a name.
            if self.is_new("uts") and self.often(60):
                config["hostname"] = self.random.choice(["host", "hö", "x" * 64, "a.b"])
            if self.is_new("uts") and self.often(40):
                config["domainname"] = self.random.choice(["example.org", "ü", "y" * 64])

    def hooks(self, scheduler):
        hooks = {}
        kinds = list(HOOKS)
        if scheduler.get("policy") == "SCHED_DEADLINE" and "SCHED_FLAG_RESET_ON_FORK" not in (scheduler.get("flags") or []):
            kinds.remove("startContainer")  # nothing that has this policy can make a process (sched(7))
        for kind in self.some(kinds):
            program = "/witness" if kind == "startContainer" else self.host.directory + "/witness"
            hooks[kind] = [{"path": program, "args": ["hook", self.host.hook_file(kind, i), *self.some(WORDS, 2)]}
                           for i in range(self.random.randint(1, 2))]
            for hook in hooks[kind]:
                if self.often(30):
                    hook["timeout"] = 60
                if self.often(40):
                    hook["env"] = [f"{name}={self.random.choice(WORDS)}" for name in self.some(["A", "ö", "LONG_NAME"])]
        return hooks

    def decorate(self, config):
        """What must change nothing: unknown properties, and empty arrays and nulls in the place of absent ones."""
        process, linux = config["process"], config["linux"]
        if self.often(30):
            self.random.choice([config, process, linux, config["root"], process["user"]])["org.example.ünknown"] = \
                self.random.choice([None, 1, "x", [1, {"a": []}], {"b": {}}])
        absent = [(process, "rlimits", []), (process, "env", []), (linux, "devices", []), (linux, "maskedPaths", []),
                  (linux, "readonlyPaths", []), (linux, "sysctl", {}), (config, "annotations", {}), (config, "hooks", {}),
                  (config, "mounts", []), (linux, "uidMappings", []), (process["user"], "additionalGids", []),
                  (process, "capabilities", {}), (linux, "seccomp", None), (process, "scheduler", None),
                  (linux, "timeOffsets", None), (linux, "memoryPolicy", None), (linux, "resources", {}),
                  (config, "hostname", None),
                  (process, "oomScoreAdj", None), (process["user"], "umask", None), (process, "ioPriority", None)]
        for owner, key, empty in absent:
            if not owner.get(key) and owner.get(key) != 0 and self.often(15):
                owner[key] = self.random.choice([copy.copy(empty), None])


def smaller(value):
    """Everything that is one step simpler: without one property or element, at every depth, the large ones first."""
    if isinstance(value, dict):
        for key in list(value):
            yield {k: v for k, v in value.items() if k != key}
        for key in value:
            for simpler in smaller(value[key]):
                yield {**value, key: simpler}
    elif isinstance(value, list):
        if len(value) > 3:
            yield value[:len(value) // 2]
            yield value[len(value) // 2:]
        for i in range(len(value)):
            yield value[:i] + value[i + 1:]
        for i, element in enumerate(value):
            for simpler in smaller(element):
                yield value[:i] + [simpler] + value[i + 1:]
