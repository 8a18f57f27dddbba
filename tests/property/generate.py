# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random configs that are valid by the specification and possible on this machine. All chance comes from one random.Random."""

import copy

import kernel

DESTINATIONS = ["/m1", "/m1/a", "/m1/a/b", "/m2", "/m2/ü", "/m2/with space", "/m3", "/link/c", "m3/relative", "/m2//slashes/"]
FILE_DESTINATIONS = ["/f1", "/f2", "/m3/file"]
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
        if "mount" in self.namespaces:
            config["mounts"] = self.mounts()
            if self.often(30):
                config["root"]["readonly"] = self.often(70)
            elif self.often(10):
                config["linux"]["rootfsPropagation"] = self.random.choice(PROPAGATION)
        if (config["process"].get("scheduler") or {}).get("priority") and self.host.cgroup_has_real_time:
            # A v1 cgroup has no real time of its own unless it is given some, and then refuses the policy (sched(7)).
            config["linux"]["resources"].setdefault("cpu", {}).update({"realtimePeriod": 1000000, "realtimeRuntime": 5000})
        self.names(config)
        if self.often(30):
            config["annotations"] = {f"org.example.{i}-ä": self.random.choice(WORDS) for i in range(self.random.randint(0, 3))}
        if self.often(25):
            config["hooks"] = self.hooks()
        self.decorate(config)
        return config

    # --- namespaces ---

    def draw_namespaces(self):
        """kind -> path or None, for those in the config."""
        namespaces = {"mount": None}
        for kind, percent in (("pid", 85), ("ipc", 70), ("uts", 70), ("network", 40), ("cgroup", 40), ("user", 35), ("time", 25)):
            if self.often(percent):
                namespaces[kind] = self.host.joinable[kind] if self.often(20) else None
        if self.often(5) and "user" not in namespaces:
            del namespaces["mount"]
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
        policy = self.random.choice(["SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE"] + real_time)
        scheduler = {"policy": policy}
        if policy in real_time:
            scheduler["priority"] = self.random.randint(1, 99)
        elif policy != "SCHED_IDLE" and self.often(60):
            scheduler["nice"] = self.random.randint(0 if "user" in self.namespaces else -20, 19)
        if self.often(20):
            scheduler["flags"] = ["SCHED_FLAG_RESET_ON_FORK"]
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
            linux["timeOffsets"] = {clock: {"secs": self.random.randint(1000, 10**6), "nanosecs": self.random.randrange(10**9)}
                                    for clock in self.some(["monotonic", "boottime"])}
        linux["devices"] = self.devices()
        linux["resources"] = self.resources()
        if self.often(40):
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
        mode = self.random.choice(list(kernel.MEMORY_MODES))
        policy = {"mode": mode, "nodes": "" if mode in ("MPOL_DEFAULT", "MPOL_LOCAL") else self.random.choice(["0", "0-0"])}
        if policy["nodes"] and self.often(30):
            policy["flags"] = [self.random.choice(list(kernel.MEMORY_FLAGS))]
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
        if self.host.cgroup_version == 2:
            return resources
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
            if self.often(50):
                resources["cpu"]["cpus"] = self.random.choice(["0", "1", "0-1", "0,1"])
                resources["cpu"]["mems"] = "0"
        return resources

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
            if not denies and self.often(60):
                rule["errnoRet"] = self.random.randint(1, 133)
            if self.often(60):
                rule["args"] = [self.condition(i) for i in self.some(range(1, 4), 2)]
            profile["syscalls"].append(rule)
        if self.often(10):
            profile["syscalls"].append({"names": ["call_of_the_future"], "action": profile["syscalls"][-1]["action"]
                                        if profile["syscalls"] else "SCMP_ACT_ERRNO"})
        return profile

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

    def mounts(self):
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
        mounts = standard + [self.mount() for _ in range(self.random.choice([0, 1, 2, 4, 8]))]
        if self.often(20) and not any(mount["type"] == "cgroup" for mount in standard):
            self.random.shuffle(mounts)
        return self.possible(mounts)

    def flags(self, is_bind, propagation=False):
        """Words of the mount itself, in any order. `is_bind` None: a procfs or sysfs."""
        words = FREE_FLAGS + (RECURSIVE_FLAGS if is_bind else [])
        if is_bind and "user" in self.namespaces:
            words = sorted(RESTRICTING)
        chosen = self.some(words, 5)
        # Of these a user namespace may mount no new one whose access times differ (user_namespaces(7) is silent on it).
        is_locked = is_bind is not False and "user" in self.namespaces
        if is_locked:
            chosen = [word for word in chosen if word != "nodiratime"]
        elif self.often(30):
            chosen.append(self.random.choice(TIME_FLAGS))
        elif is_bind and self.often(15):
            chosen.append(self.random.choice(RECURSIVE_TIME_FLAGS))
        if propagation and self.often(30):
            chosen.append(self.random.choice(PROPAGATION))
        self.random.shuffle(chosen)
        return chosen

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

    def hooks(self):
        hooks = {}
        for kind in self.some(["prestart", "createRuntime", "createContainer", "poststart", "poststop"]):
            hooks[kind] = [{"path": "/bin/dd", "args": ["dd", f"of={self.host.hook_file(kind, i)}", "status=none"]}
                           for i in range(self.random.randint(1, 2))]
            for hook in hooks[kind]:
                if self.often(30):
                    hook["timeout"] = 60
                if self.often(30):
                    hook["env"] = ["A=b"]
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
