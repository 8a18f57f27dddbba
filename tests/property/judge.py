# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What a config must make the process see, from the text of runtime-spec 1.3, the manual pages and the kernel's rules; and the
comparison with what it saw. Knows nothing of tare. probes() comes before the run, differences() after it.
"""

import json
import stat

import agent
import cgroups
import kernel
import mounts
import sources
from ids import lines_of, map_id, reverse

UMASK_DEFAULT = 0o22
OVERFLOW = 65534
EACCES, EBADF, EPERM, EROFS, EOVERFLOW = 13, 9, 1, 30, 75
EVERY = (1 << len(kernel.CAPABILITIES)) - 1
DEFAULT_DEVICES = {"/dev/null": (1, 3), "/dev/zero": (1, 5), "/dev/full": (1, 7), "/dev/random": (1, 8), "/dev/urandom": (1, 9),
                   "/dev/tty": (5, 0)}
LINKS = {"/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0", "/dev/stdout": "/proc/self/fd/1",
         "/dev/stderr": "/proc/self/fd/2", "/dev/ptmx": "pts/ptmx"}
# In the order in which they run, each with the status that it reads; the process is executed before poststart.
HOOKS = {"prestart": "creating", "createRuntime": "creating", "createContainer": "creating", "startContainer": "created",
         "poststart": "running", "poststop": "stopped"}
HOOKS_INSIDE = ("createContainer", "startContainer")
EXEC_ARGS = ["/witness", "--brief"]


def bit(name):
    return 1 << kernel.CAPABILITIES.index(name)


def bits(names):
    return sum(bit(name) for name in set(names or []) if name in kernel.CAPABILITIES)


class Judge:
    def __init__(self, config, host):
        self.config, self.host = config, host
        self.process = config["process"]
        self.linux = config.get("linux") or {}
        self.user = self.process.get("user") or {}
        self.namespaces = {n["type"]: n.get("path") for n in self.linux.get("namespaces") or []}
        self.has_mounts = "mount" in self.namespaces
        self.tree = mounts.expected(config, host) if self.has_mounts else None
        self.maps = self.read_maps()
        self.cgroup_files = cgroups.expected(self.linux, host)
        self.found = []

    def check(self, label, expected, seen):
        if expected != seen:
            self.found.append((label, expected, seen))

    # --- ids ---

    def read_maps(self):
        """Of the user namespace: for uids and gids the lines (containerID, hostID, size), or None."""
        if "user" not in self.namespaces:
            return None
        return [lines_of(self.linux.get(key)) or [(0, 100000, 65536)] for key in ("uidMappings", "gidMappings")]

    def host_ids(self, uid, gid):
        return [map_id(id_, lines) for id_, lines in zip((uid, gid), self.maps)] if self.maps else [uid, gid]

    def ids_inside(self, uid, gid):
        """As the process sees ids of the host; None: an id that is mapped to nothing."""
        ids = [uid, gid]
        if self.maps:
            ids = [id_ if id_ is None else map_id(id_, reverse(lines)) for id_, lines in zip(ids, self.maps)]
        return [OVERFLOW if id_ is None else id_ for id_ in ids]

    def copied_owner(self):
        """An owner inside, of one file of the tree for tmpcopyup, that is not root where there is another."""
        return [max(lines)[0] + max(lines)[2] - 1 for lines in self.maps] if self.maps else [1234, 4321]

    # --- probes ---

    def probes(self):
        """What the witness has to try, as (kind, what, further data)."""
        asked = [("call", " ".join(map(str, [number, 999, *arguments])), (name, arguments))
                 for name, number in kernel.CALLS.items() for arguments in self.arguments_for(name)]
        paths = list(DEFAULT_DEVICES) + list(LINKS) + [d["path"] for d in self.linux.get("devices") or []]
        paths += [self.host.destination(m["destination"]) for m in self.config.get("mounts") or []]
        paths += self.linux.get("maskedPaths") or []
        paths += ["/dev/console"] if self.process.get("terminal") else []
        for mount, _ in self.mapped_mounts():
            at = self.host.destination(mount["destination"])
            paths += [f"{at}{folder}/{name}" for folder in ("", "/sub") for name in sources.OWNED]
            asked.append(("make", f"{at}/made-at-{at[1:]}", mount))
        if any("tmpcopyup" in (m.get("options") or []) for m in self.config.get("mounts") or []):
            asked.append(("tree", "/copied", None))
        asked += [("path", path, None) for path in dict.fromkeys(paths)]
        asked += [("read", "/proc/sys/" + (key.replace(".", "/") if "/" not in key else key), value)
                  for key, value in (self.linux.get("sysctl") or {}).items()]
        return asked

    def arguments_for(self, name):
        """Arguments on both sides of each condition of the profile."""
        chosen = [(0, 0, 0)]
        for rule in (self.linux.get("seccomp") or {}).get("syscalls") or []:
            if name in rule["names"]:
                for condition in rule.get("args") or []:
                    for value in (condition["value"], condition.get("valueTwo", 0), condition["value"] + 1):
                        arguments = [0, 0, 0]
                        arguments[condition["index"] - 1] = value % 2**64
                        chosen.append(tuple(arguments))
                if len(rule.get("args") or []) == 2:
                    arguments = [0, 0, 0]
                    for condition in rule["args"]:
                        arguments[condition["index"] - 1] = condition.get("valueTwo", condition["value"])
                    chosen.append(tuple(arguments))
        return list(dict.fromkeys(chosen))

    # --- the process ---

    def differences(self, seen, outside, asked):
        self.check_identity(seen)
        self.check_capabilities(seen)
        self.check_scheduling(seen, outside)
        self.check_surroundings(seen)
        self.check_namespaces(seen, outside)
        self.check_cgroup(outside)
        self.check_hooks(seen, outside)
        self.check_terminal(seen)
        self.check_agent(seen, outside)
        entries = mounts.read_mountinfo(outside["mountinfo"])
        if self.tree:
            self.check_mounts(entries)
        for (kind, what, data), answer in zip(asked, seen["probes"]):
            if kind == "call":
                self.check("seccomp: %s%s" % data, self.answer_to_call(*data), answer)
            elif kind == "read":
                self.check_sysctl(what, data, answer)
            elif kind == "tree":
                self.check_copied(answer)
            elif kind == "make":
                self.check_made(data, what, answer, outside["made"][what], seen)
        paths = {what: answer for (kind, what, _), answer in zip(asked, seen["probes"]) if kind == "path"}
        self.check_paths(seen, paths, entries)
        return self.found

    def differences_of_exec(self, seen, outside):
        """Of a further process by `exec` without a terminal, which has all else of the container's process."""
        judge = Judge({**self.config, "process": {**self.process, "args": EXEC_ARGS, "terminal": False}}, self.host)
        judge.check_identity(seen)
        judge.check_capabilities(seen)
        judge.check_scheduling(seen, outside, is_exec=True)
        judge.check_surroundings(seen)
        judge.check_terminal(seen)
        judge.check_clocks(seen, outside)
        judge.check("namespaces", {key: outside["namespaces"][key] for key in seen["namespaces"]}, seen["namespaces"])
        return [("exec: " + label, *values) for label, *values in judge.found]

    def check_identity(self, seen):
        user = self.user
        self.check("process.user.uid", [user.get("uid", 0)] * 3, seen["uid"])
        self.check("process.user.gid", [user.get("gid", 0)] * 3, seen["gid"])
        self.check("process.user.additionalGids", sorted(set(user.get("additionalGids") or [])), sorted(set(seen["groups"])))
        umask = user.get("umask")
        self.check("process.user.umask", UMASK_DEFAULT if umask is None else umask, seen["umask"])
        cwd = self.process["cwd"]
        self.check("process.cwd", {"/w/../w": "/w"}.get(cwd, cwd), seen["cwd"])
        self.check("process.args", self.process["args"], seen["args"])
        env, asked = list(seen["env"]), self.process.get("env") or []
        # Runtimes set HOME where the config has none; the specification does not speak of it.
        if not any(e.startswith("HOME=") for e in asked):
            env = [e for e in env if not e.startswith("HOME=")]
        self.check("process.env", asked, env)

    def check_capabilities(self, seen):
        """capabilities(7), "Transformation of capabilities during execve()", for a file without capabilities of its own."""
        names = self.process.get("capabilities") or {}
        available = EVERY if "user" in self.namespaces else self.host.capabilities
        bounding = bits(names.get("bounding")) & available
        permitted = bits(names.get("permitted")) & available
        # capset(2): nothing inheritable that the bounding set has not.
        inheritable = bits(names.get("inheritable")) & bounding
        ambient = bits(names.get("ambient")) & permitted & inheritable
        no_new_privs = bool(self.process.get("noNewPrivileges"))
        before = permitted
        if self.user.get("uid", 0) == 0:
            after = inheritable | bounding
            if after & ~before and no_new_privs:
                after &= before
            after |= ambient
            effective = after
        else:
            after = effective = ambient
        expected = {"bounding": bounding, "permitted": after, "effective": effective, "inheritable": inheritable,
                    "ambient": ambient}
        for name, value in expected.items():
            self.check(f"process.capabilities.{name}", f"{value:#x}", f"{seen['capabilities'][name]:#x}")
        self.check("process.noNewPrivileges", int(no_new_privs), seen["no_new_privs"])
        self.check("securebits", 0, seen["securebits"])
        self.check("keepcaps", 0, seen["keepcaps"])
        # prctl(2), PR_SET_DUMPABLE: execve(2) that gives capabilities leaves what fs.suid_dumpable says.
        self.check("dumpable", self.host.suid_dumpable if after & ~before else 1, seen["dumpable"])

    def check_scheduling(self, seen, outside, is_exec=False):
        limits = {limit["type"]: [limit["soft"], limit["hard"]] for limit in self.process.get("rlimits") or []}
        for i, name in enumerate(kernel.RLIMITS):
            inherited = [2**64 - 1 if value == -1 else value for value in self.host.rlimits[i]]
            self.check(f"process.rlimits {name}", limits.get(name, inherited), seen["rlimits"][i])
        score = self.process.get("oomScoreAdj")
        self.check("process.oomScoreAdj", self.host.oom_score_adj if score is None else score, int(outside["oom_score_adj"]))
        scheduler = self.process.get("scheduler") or {"policy": "SCHED_OTHER", "nice": self.host.nice}
        self.check("process.scheduler.policy", kernel.POLICIES[scheduler["policy"]], seen["scheduler"]["policy"])
        self.check("process.scheduler.priority", scheduler.get("priority", 0), seen["scheduler"]["priority"])
        # sched(7): an attribute of these two; SCHED_IDLE leaves what was inherited, and of the others none is told.
        nice = {"SCHED_OTHER": scheduler.get("nice", 0), "SCHED_BATCH": scheduler.get("nice", 0), "SCHED_IDLE": self.host.nice}
        self.check("process.scheduler.nice", nice.get(scheduler["policy"], 0), seen["scheduler"]["nice"])
        flags = sum(kernel.SCHEDULER_FLAGS[flag] for flag in scheduler.get("flags") or [])
        self.check("process.scheduler.flags", flags, seen["scheduler"]["flags"] & sum(kernel.SCHEDULER_FLAGS.values()))
        if scheduler["policy"] == "SCHED_DEADLINE":
            asked = [scheduler["runtime"], scheduler["deadline"], scheduler.get("period") or scheduler["deadline"]]
            self.check("process.scheduler: runtime, deadline, period", asked,
                       [seen["scheduler"][key] for key in ("runtime", "deadline", "period")])
        if self.process.get("ioPriority"):
            wanted = self.process["ioPriority"]
            self.check("process.ioPriority", kernel.IO_CLASSES[wanted["class"]] << 13 | wanted["priority"], seen["ioprio"])
        domain = (self.linux.get("personality") or {"domain": "LINUX"})["domain"]
        self.check("linux.personality", kernel.PERSONALITIES[domain], seen["personality"])
        policy = self.linux.get("memoryPolicy")
        if policy:
            mode = kernel.MEMORY_MODES[policy["mode"]]
            expected = mode | sum(kernel.MEMORY_FLAGS[flag] for flag in policy.get("flags") or [])
            self.check("linux.memoryPolicy.mode", expected, seen["mempolicy"])
            self.check("linux.memoryPolicy.nodes", 1 if policy.get("nodes") else 0, seen["mempolicy_nodes"])
        else:
            self.check("linux.memoryPolicy absent", 0, seen["mempolicy"])
        cpus = ((self.linux.get("resources") or {}).get("cpu") or {}).get("cpus")
        allowed = {"0": 1, "1": 2, "0-1": 3, "0,1": 3, None: self.host.processors}[cpus]
        if is_exec and self.process.get("execCPUAffinity"):
            allowed &= 3  # as drawn; the kernel cuts it to the cpuset
        self.check("affinity", allowed, seen["affinity"])

    def check_surroundings(self, seen):
        self.check("file descriptors", [0, 1, 2], seen["fds"])
        self.check("blocked signals", 0, seen["signals_blocked"])
        self.check("signal dispositions", 0, seen["signals_changed"])
        self.check("parent death signal", 0, seen["death_signal"])
        self.check("session leader", [seen["pid"]] * 2, [seen["sid"], seen["pgrp"]])
        # Without the right to view it the keyring has no name to tell; one of its own always can be viewed.
        self.check("session keyring is its own", True, seen["keyring"] != self.host.keyring)
        self.check("linux.seccomp mode", 2 if self.linux.get("seccomp") else self.host.seccomp, seen["seccomp"])

    def check_namespaces(self, seen, outside):
        for kind, name in kernel.NAMESPACE_FILES.items():
            inode, own = outside["namespaces"].get(name), self.host.namespaces.get(name)
            label = f"linux.namespaces {kind}"
            if kind not in self.namespaces:
                self.check(label + " (the host's)", own, inode)
            elif self.namespaces[kind]:
                self.check(label + " (joined)", self.host.joined_inodes[kind], inode)
            else:
                self.check(label + " (new)", True, inode != own and inode not in self.host.joined_inodes.values())
        self.check("pid 1", "pid" in self.namespaces and not self.namespaces["pid"], seen["pid"] == 1)
        if "user" in self.namespaces:
            for key, name in (("uidMappings", "uid_map"), ("gidMappings", "gid_map")):
                asked = [[m["containerID"], m["hostID"], m["size"]] for m in self.linux.get(key) or []]
                if self.namespaces["user"]:
                    asked = [[0, 100000, 65536]]
                lines = [[int(word) for word in line.split()] for line in outside[name].splitlines()]
                self.check(f"linux.{key}", sorted(asked), sorted(lines))
        default = self.host.joined_names if self.namespaces.get("uts") else self.host.names
        self.check("hostname", self.config.get("hostname") or default[0], seen["hostname"])
        self.check("domainname", self.config.get("domainname") or default[1], seen["domainname"])
        self.check_clocks(seen, outside)

    def check_clocks(self, seen, outside):
        for clock in ("monotonic", "boottime"):
            if not self.namespaces.get("time"):
                offset = (self.linux.get("timeOffsets") or {}).get(clock) or {}
                wanted = offset.get("secs", 0) + offset.get("nanosecs", 0) / 10**9
                self.check(f"linux.timeOffsets.{clock}", True, abs(seen[clock] - outside[clock] - wanted) < 60)

    # --- cgroups ---

    def check_cgroup(self, outside):
        if self.linux.get("cgroupsPath"):
            # On v1 those of the controllers, on v2 that of the one hierarchy.
            lines = [line for line in outside["cgroup"].splitlines() if line.startswith("0:") == (self.host.cgroup_version == 2)]
            wrong = {line for line in lines if line.split(":", 2)[2] != self.linux["cgroupsPath"]}
            self.check("linux.cgroupsPath", set(), wrong)
        for path, value in self.cgroup_files.items():
            text = outside["files"][path]
            # One file has lines of its own beside the one that is set.
            text = text and text.strip().split("\n")[0]
            self.check(f"linux.resources {path.rpartition('/')[2]}", value, text)

    # --- hooks ---

    def check_hooks(self, seen, outside):
        before = 0
        for kind in HOOKS:
            if kind == "poststart":
                self.check("hooks: the process is executed after them", True, before < seen["time"])
            for i, hook in enumerate((self.config.get("hooks") or {}).get(kind) or []):
                label = f"hooks.{kind}[{i}]"
                try:
                    saw = json.loads(self.host.read_hook(kind, i) or "")
                    state = json.loads(saw["state"])
                except ValueError as error:
                    self.check(label, "what a hook was given", str(error))
                    continue
                self.check(label + ": in the listed order", True, before < saw["time"])
                before = saw["time"]
                self.check_hook(kind, label, hook, saw, outside)
                self.check_state(kind, label, state, seen, outside)

    def check_hook(self, kind, label, hook, saw, outside):
        self.check(label + ".args", hook["args"], saw["args"])
        if hook.get("env") is not None:
            self.check(label + ".env", hook["env"], saw["env"])
        self.check(label + ": file descriptors", [0, 1, 2], saw["fds"])
        # Inside nothing tells of them where no procfs is.
        namespaces = outside["namespaces"] if kind in HOOKS_INSIDE else self.host.namespaces
        seen = saw["namespaces"] if saw["namespaces"] or kind == "startContainer" else namespaces
        self.check(label + ": namespaces", {key: namespaces[key] for key in seen}, seen)
        if kind not in HOOKS_INSIDE and kind != "poststop":
            self.check(label + ": the process is executed", int(kind == "poststart"), saw["is_executed"])

    def check_state(self, kind, label, state, seen, outside):
        pid = {"createContainer": seen["pid"], "startContainer": seen["pid"], "poststop": state.get("pid")}
        expected = {"id": outside["id"], "status": HOOKS[kind], "bundle": self.host.bundle, "pid": pid.get(kind, outside["pid"])}
        self.check(label, expected, {key: state.get(key) for key in expected})
        self.check(label + ".annotations", self.config.get("annotations") or {}, state.get("annotations") or {})

    # --- the terminal ---

    def check_terminal(self, seen):
        has, terminal = bool(self.process.get("terminal")), seen["terminal"]
        self.check("process.terminal", [int(has)] * 3, terminal["is"])
        self.check("controlling terminal", int(has), seen["tty"])
        if not has:
            return
        size = self.process.get("consoleSize") or {"height": 0, "width": 0}
        self.check("process.consoleSize", [size["height"], size["width"]], terminal["size"])
        self.check("one terminal for all standard streams", 1, terminal["is_one"])
        self.check("owner of the terminal", self.user.get("uid", 0), terminal["owner"])
        self.check("session and foreground of the terminal", [seen["pid"]] * 2, [terminal["session"], terminal["foreground"]])

    # --- the agent ---

    def check_agent(self, seen, outside):
        """config-linux.md, "The Container Process State"; and that the agent was asked for what the profile says, and no more."""
        profile = self.linux.get("seccomp") or {}
        notifies = any(rule["action"] == "SCMP_ACT_NOTIFY" for rule in profile.get("syscalls") or [])
        self.check("the agent", None, outside["failure"])
        self.check("linux.seccomp.listenerPath: messages", int(notifies), len(outside["messages"]))
        for message in outside["messages"]:
            self.check("container process state: version", True, isinstance(message.pop("ociVersion", None), str))
            state = message.pop("state", None) or {}
            expected = {"fds": ["seccompFd"], "pid": outside["pid"]}
            if profile.get("listenerMetadata"):
                expected["metadata"] = profile["listenerMetadata"]
            self.check("container process state", expected, {key: value for key, value in message.items() if value != ""})
            expected = {"id": outside["id"], "status": "creating", "bundle": self.host.bundle, "pid": outside["pid"]}
            self.check("container process state: state", expected, {key: state.get(key) for key in expected})
            self.check("container process state: annotations", self.config.get("annotations") or {},
                       state.get("annotations") or {})
        # The runtime and hooks may make such calls as well.
        calls = [(number, arguments[:4]) for pid, number, arguments in outside["calls"]
                 if pid == outside["pid"] and arguments[0] == 999]
        asked = [(kernel.CALLS[name], (999, *arguments)) for kind, _, data in self.probes() if kind == "call"
                 for name, arguments in [data] if self.action_for(name, arguments)[0] == "SCMP_ACT_NOTIFY"]
        self.check("what the agent was asked", asked, calls)

    # --- mounts and paths ---

    def check_mounts(self, entries):
        seen, root = mounts.describe_seen(entries)
        expected, asked = self.tree.describe(), self.linux.get("rootfsPropagation") or ""
        if asked in ("shared", "rshared", "runbindable"):
            # What it makes of the mounts below is its own affair, or simply all of them.
            everywhere = {"rshared": "shared", "runbindable": "unbindable"}.get(asked)
            expected = sorted((*e[:4], everywhere) for e in expected)
            seen = sorted((*e[:4], everywhere and e[4]) for e in seen)
        if any(m.get("type") == "cgroup" for m in self.config.get("mounts") or []):
            # What is below depends on the machine's hierarchies; it has to be there, and that is all that is asked.
            found = [e for e in seen if e[0].startswith("/sys/fs/cgroup") and e[1] in ("cgroup", "cgroup2")]
            self.check("a cgroup mount", True, bool(found))
            expected, seen = ([e for e in which if not e[0].startswith("/sys/fs/cgroup")] for which in (expected, seen))
        self.check("mounts: missing", [], [e for e in expected if e not in seen])
        self.check("mounts: not asked for", [], [e for e in seen if e not in expected])
        self.check("mounts: how many", len(expected), len(seen))
        self.check("root", ("ro" if "ro" in self.tree.root.flags else "rw", self.tree.root.propagation),
                   root and ("ro" if "ro" in root["flags"] else "rw", root["propagation"]))

    def check_sysctl(self, path, value, answer):
        if self.tree is None or self.tree.resolve(path).fstype != "proc":
            return
        if any(path == p or path.startswith(p + "/") for p in self.linux.get("maskedPaths") or []):
            return
        # A procfs shows the ipc namespace of who reads; the net namespace too.
        self.check(f"linux.sysctl {path}", value, answer and answer.strip())

    def check_paths(self, seen, answers, entries):
        if not self.tree:
            return
        for config in self.config.get("mounts") or []:
            at = self.host.destination(config["destination"])
            answer = answers.get(at)
            if not answer or "error" in answer:
                continue
            if config.get("type") == "cgroup" or not answer["mount"]:
                continue  # before Linux 5.8 no mount has a number here
            top = self.tree.resolve(at)
            entry = entries.get(answer["mount"])
            self.check(f"what is on top at {at}", (top.at, top.fstype), entry and (entry["at"], entry["fstype"]))
        self.check_tmpfs(answers, entries)
        self.check_mapped(answers)
        if self.process.get("terminal"):
            self.check("/dev/console is the terminal", seen["terminal"]["rdev"], answers["/dev/console"].get("rdev"))
        self.check_devices(seen, answers)
        for path in self.linux.get("maskedPaths") or []:
            answer = answers.get(path)
            if answer and "error" not in answer and stat.S_ISREG(answer["mode"]):
                self.check(f"linux.maskedPaths {path}", 0, answer["has_content"])

    def check_tmpfs(self, answers, entries):
        """Mode, owner and size of the root of each tmpfs that is on top, as asked."""
        drawn = [m for m in self.config.get("mounts") or [] if "remount" not in (m.get("options") or [])]
        for config in drawn:
            at, options = self.host.destination(config["destination"]), config.get("options") or []
            answer = answers.get(at)
            if config.get("type") != "tmpfs" or not answer or "error" in answer:
                continue
            same = [m for m in drawn if self.host.destination(m["destination"]) == at]
            if same[-1] is not config or self.tree.resolve(at).at != at:
                continue
            owner = [[int(o[4:]) for o in options if o.startswith(key)] for key in ("uid=", "gid=")]
            modes = [int(o[5:], 8) for o in options if o.startswith("mode=")]
            if not modes and "tmpcopyup" in options and len(same) == 1:
                modes = [stat.S_IMODE(sources.COPIED_MODE)]
            if modes:
                self.check(f"mode of the tmpfs {at}", modes[-1] | stat.S_IFDIR, answer["mode"])
            self.check(f"owner of the tmpfs {at}", [ids[-1] if ids else 0 for ids in owner], [answer["uid"], answer["gid"]])
            there = [e for e in entries.values() if e["at"] == at]
            entry = there[-1] if there else {"super": [], "flags": set()}
            self.check_size(config, at, entry)
            # A mount that is writable by its flags has to be one; a remount with `bind` does not reach the file system.
            if not any({"bind", "remount"} <= set(m.get("options") or []) for m in self.config["mounts"]
                       if self.host.destination(m["destination"]) == at):
                self.check(f"writable file system at {at}", True, "ro" in entry["flags"] or "ro" not in entry["super"])

    def check_size(self, config, at, entry):
        """The last one that is asked for, be it by a remount."""
        after = self.config["mounts"][self.config["mounts"].index(config):]
        sizes = [o[5:] for m in after if self.host.destination(m["destination"]) == at for o in m.get("options") or []
                 if o.startswith("size=")]
        if sizes:
            size = int(sizes[-1][:-1]) << {"k": 0, "m": 10}[sizes[-1][-1]]
            self.check(f"size of the tmpfs {at}", [f"size={size}k"], [o for o in entry["super"] if o.startswith("size=")])

    def check_copied(self, answer):
        """tmpcopyup: the tree of the rootfs. What is the owner's alone may be closed to the process."""
        owned = self.copied_owner()
        expected = [[name, mode, *(owned if name == "owned" else [0, 0])] for name, (mode, _) in sources.COPIED.items()]
        self.check("tmpcopyup: what is there", sorted(expected), sorted(entry[:4] for entry in answer))
        contents = {name: (content, None) if mode & 0o007 == 0 else (content,)
                    for name, (mode, content) in sources.COPIED.items()}
        for name, _, _, _, content in answer:
            self.check(f"tmpcopyup: content of {name}", True, content in contents.get(name, ()))

    # --- id-mapped mounts ---

    def mapped_mounts(self):
        """Those of the tree of owned files that are on top: (mount, the maps for uids and gids or None)."""
        for mount in self.config.get("mounts") or []:
            options = mount.get("options") or []
            if mount.get("source") != self.host.source_path("owned"):
                continue
            maps = None
            if mount.get("uidMappings"):
                maps = [lines_of(mount[key]) for key in ("uidMappings", "gidMappings")]
            elif mounts.is_mapped(mount, options):
                maps = self.maps
            yield mount, maps

    def check_mapped(self, answers):
        for mount, maps in self.mapped_mounts():
            at, options = self.host.destination(mount["destination"]), mount.get("options") or []
            for folder in ("", "/sub") if "rbind" in options else ("",):
                for name, ids in sources.OWNED.items():
                    if maps and (not folder or "ridmap" in options):
                        ids = [map_id(id_, lines) for id_, lines in zip(ids, maps)]
                    answer = answers[f"{at}{folder}/{name}"]
                    self.check(f"owner of {at}{folder}/{name}", self.ids_inside(*ids), [answer.get("uid"), answer.get("gid")])

    def check_made(self, mount, path, answer, owner, seen):
        """A new file's owner in the file system is what the mapping makes of the process's ids (mount_setattr(2))."""
        maps = next(maps for other, maps in self.mapped_mounts() if other is mount)
        ids = self.host_ids(seen["uid"][0], seen["gid"][0])
        expected = 0
        if maps:
            ids = [map_id(id_, reverse(lines)) for id_, lines in zip(ids, maps)]
            if None in ids:
                expected = -EOVERFLOW
            elif any(map_id(0, lines) is None for lines in maps):
                expected = -EACCES  # the folder, which is root's, belongs to nobody here
        if "ro" in self.tree.resolve(path).flags:
            expected = -EROFS
        self.check(f"making {path}", expected, answer)
        self.check(f"owner of {path} in its file system", None if expected else ids, owner)

    def check_devices(self, seen, answers):
        """After `mounts`, so that nothing is over them but what masks them."""
        in_user_namespace = "user" in self.namespaces
        wanted = {path: {"type": "c", "major": n[0], "minor": n[1]} for path, n in DEFAULT_DEVICES.items()}
        wanted.update({d["path"]: d for d in self.linux.get("devices") or []})
        for path, device in wanted.items():
            answer = answers[path]
            if not path.startswith(("/dev", "/w")) or answer.get("error") == -EACCES:
                continue
            if "error" in answer:
                self.check(f"device {path}", "a node", answer)
                continue
            kind = {"c": stat.S_IFCHR, "u": stat.S_IFCHR, "b": stat.S_IFBLK, "p": stat.S_IFIFO}[device["type"]]
            self.check(f"type of {path}", kind, stat.S_IFMT(answer["mode"]))
            if kind != stat.S_IFIFO:
                self.check(f"numbers of {path}", [device["major"], device["minor"]], answer["rdev"])
            if in_user_namespace and kind != stat.S_IFIFO:
                mode, uid, gid = self.host.mode_of(path), OVERFLOW, OVERFLOW
            else:
                mode = 0o666 if device.get("fileMode") is None else device["fileMode"] & 0o7777
                uid, gid = device.get("uid") or 0, device.get("gid") or 0
            self.check(f"mode of {path}", oct(mode), oct(stat.S_IMODE(answer["mode"])))
            self.check(f"owner of {path}", [uid, gid], [answer["uid"], answer["gid"]])
            if kind == stat.S_IFCHR and (device["major"], device["minor"]) in ((1, 3), (1, 5), (10, 229)):
                for word, access, letter in (("open_read", 4, "r"), ("open_write", 2, "w")):
                    expected = self.answer_to_open(seen, device, path, (mode, uid, gid), access, letter)
                    self.check(f"{word} {path}", expected, answer[word])
        for path, target in LINKS.items():
            self.check(f"link {path}", target, answers[path].get("link") if "error" not in answers[path] else answers[path])

    def answer_to_open(self, seen, device, path, node, access, letter):
        """open(2) of a device: nodev, then the permissions, then the rules of the cgroup."""
        mode, uid, gid = node
        top = self.tree.resolve(path)
        if "nodev" in top.flags:
            return -EACCES
        capabilities = seen["capabilities"]["effective"]
        unmapped = "user" in self.namespaces and device["type"] != "p"
        if uid == seen["uid"][0] and not unmapped:
            allowed = mode >> 6 & access
        elif (gid == seen["gid"][0] or gid in seen["groups"]) and not unmapped:
            allowed = mode >> 3 & access
        else:
            allowed = mode & access
        if not allowed and not unmapped:
            allowed = capabilities & (bit("CAP_DAC_OVERRIDE") | (bit("CAP_DAC_READ_SEARCH") if access == 4 else 0))
        if not allowed:
            return -EACCES
        return 0 if self.rules_allow(device, letter) else -EPERM

    def rules_allow(self, device, letter):
        if device["major"] == 1:
            return True  # of the default devices, which every container may use
        allowed = True
        for rule in (self.linux.get("resources") or {}).get("devices") or []:
            matches = rule.get("type", "a") in ("a", "c") and rule.get("major") in (None, -1, device["major"]) and \
                rule.get("minor") in (None, -1, device["minor"])
            if matches and letter in (rule.get("access") or "rwm"):
                allowed = rule["allow"]
        return allowed

    # --- seccomp ---

    def action_for(self, name, arguments):
        profile = self.linux.get("seccomp") or {"defaultAction": "SCMP_ACT_ALLOW"}
        for rule in profile.get("syscalls") or []:
            if name in rule["names"] and all(self.holds(c, (999, *arguments)) for c in rule.get("args") or []):
                return rule["action"], rule.get("errnoRet")
        return profile["defaultAction"], profile.get("defaultErrnoRet")

    def answer_to_call(self, name, arguments):
        action, number = self.action_for(name, arguments)
        if action == "SCMP_ACT_ERRNO":
            return -(EPERM if number is None else number)
        if action == "SCMP_ACT_NOTIFY":
            value, error, flags = agent.answer(kernel.CALLS[name], (999, *arguments))
            return -EBADF if flags else error or value
        return -EBADF

    @staticmethod
    def holds(condition, arguments):
        value, asked = arguments[condition["index"]], condition["value"]
        return {"SCMP_CMP_NE": value != asked, "SCMP_CMP_LT": value < asked, "SCMP_CMP_LE": value <= asked,
                "SCMP_CMP_EQ": value == asked, "SCMP_CMP_GE": value >= asked, "SCMP_CMP_GT": value > asked,
                "SCMP_CMP_MASKED_EQ": value & asked == condition.get("valueTwo", 0)}[condition["op"]]
