# SPDX-License-Identifier: LGPL-2.1-or-later
"""One call of tare: what its command line, its environment, its config and its record allow it to touch."""

import glob
import json
import os
import re

import allowed

PATH_OPTIONS = {"--root": "-r", "--log": "-l", "--bundle": "-b", "--config": "-f", "--pid-file": None, "--console-socket": None,
                "--pidfd-socket": None}  # fmt: skip
COMMANDS = ["create", "start", "run", "exec", "state", "kill", "delete", "list", "ps", "events", "mounts", "pause", "resume",
            "update", "spec", "features", "info", "completion"]  # fmt: skip
used = set()  # place and reason of the rows that have allowed something
HIERARCHIES = [path for path in ["/sys/fs/cgroup", *glob.glob("/sys/fs/cgroup/*/")] if os.path.isdir(path)]


def read_json(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def pattern(text):
    """A glob with alternatives as an expression. What is in {} has been replaced before."""
    return re.sub(r"\*\*|\*|\.(?!\*)", lambda m: {"**": ".*", "*": "[^/]*", ".": r"\."}[m.group()], text)


class Command:
    """Made while the process waits to become tare, when its folder, its config and its record are as it will find them."""

    def __init__(self, pid):
        self.pid = pid
        proc = f"/proc/{pid}"
        with open(f"{proc}/cmdline", encoding="utf-8", errors="surrogateescape") as file:
            self.arguments = file.read().split("\0")[:-1]
        self.environment = self.environment_of(pid)
        self.cwd = os.readlink(f"{proc}/cwd")
        self.test = self.test_of(pid)
        self.namespaces = {name: os.readlink(f"{proc}/ns/{name}") for name in ("mnt", "net", "uts")}
        self.net_devices = False
        self.options = self.parse()
        self.verb = next((a for a in self.arguments[1:] if a in COMMANDS), None)
        self.values = self.find()

    @staticmethod
    def environment_of(pid):
        with open(f"/proc/{pid}/environ", encoding="utf-8", errors="surrogateescape") as file:
            return dict(entry.split("=", 1) for entry in file.read().split("\0") if "=" in entry)

    def test_of(self, pid):
        """The name is in the environment of bats, and of tare unless the test took it away."""
        try:
            while pid > 1:
                name = self.environment_of(pid).get("BATS_TEST_NAME")
                if name:
                    words = name.removeprefix("test_").replace("_", " ")
                    return re.sub("-([0-9a-f]{2})", lambda code: chr(int(code.group(1), 16)), words)
                with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                    pid = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            pass
        return "?"

    def parse(self):
        options = {}
        for name, short in PATH_OPTIONS.items():
            for i, argument in enumerate(self.arguments):
                if argument in (name, short) and i + 1 < len(self.arguments):
                    options.setdefault(name, self.arguments[i + 1])
                elif argument.startswith(name + "="):
                    options.setdefault(name, argument[len(name) + 1:])
                elif short and argument.startswith(short) and argument != short and not argument.startswith("--"):
                    options.setdefault(name, argument[2:])
        return options

    def absolute(self, path, below=None):
        return os.path.normpath(os.path.join(below or self.cwd, path))

    def spellings(self, path):
        """As it was named, as it is with its symlinks resolved, and as it is with those of its folder resolved."""
        return {path, os.path.realpath(path), os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))}

    def find(self):
        values = {"root": self.spellings(self.absolute(self.root()))}
        values["above-root"] = self.above(values["root"])
        for name in ("pid-file", "log", "console-socket", "pidfd-socket"):
            if "--" + name in self.options:
                values[name] = self.spellings(self.absolute(self.options["--" + name]))
        values["pid-file-made"] = {f"{os.path.dirname(p)}/.{os.path.basename(p)}.tmp" for p in values.get("pid-file", ())}
        bundle = self.absolute(self.options.get("--bundle", "."))
        if self.verb == "spec":
            values["spec"] = self.spellings(os.path.join(bundle, "config.json"))
        if self.environment.get("NOTIFY_SOCKET"):
            values["notify-socket"] = {self.environment["NOTIFY_SOCKET"]}
        runtime = self.environment.get("XDG_RUNTIME_DIR", "/nowhere")
        values["bus"] = {"/run/systemd/private", "/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket",
                         f"{runtime}/systemd/private", f"{runtime}/bus"}  # fmt: skip
        for name in ("DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS"):
            values["bus"] |= set(re.findall(r"unix:(?:path|abstract)=([^,;]*)", self.environment.get(name, "")))
        for config, record, folder in self.subjects(bundle):
            for name, found in self.of_container(config or {}, record or {}, folder).items():
                values[name] = values.get(name, set()) | found
        values["above-rootfs"] = self.above(values.get("rootfs", set()))
        cgroups = values.get("cgroup", set())
        values["above-cgroup"] = {path for path in self.above(cgroups) if path.startswith("/sys/fs/cgroup")} | set(
            path.rstrip("/") for path in HIERARCHIES)
        return values

    def root(self):
        if "--root" in self.options:
            return self.options["--root"]
        directory = self.environment.get("XDG_RUNTIME_DIR")
        return f"{directory}/tare" if directory and (self.uid() or self.environment.get("USER") != "root") else "/run/tare"

    def uid(self):
        return os.stat(f"/proc/{self.pid}").st_uid

    @staticmethod
    def above(paths):
        found = set()
        for path in paths:
            while path not in ("/", ""):
                path = os.path.dirname(path)
                found.add(path)
        return found - {"/", ""}

    def subjects(self, bundle):
        """(config, record, bundle) of the containers that the command is about: the one in the bundle, or those recorded."""
        if self.verb in ("create", "run"):
            yield read_json(os.path.join(bundle, self.options.get("--config", "config.json"))), None, bundle
        for directory in glob.glob(glob.escape(self.absolute(self.root())) + "/*/"):
            if "--regex" in self.arguments or os.path.basename(directory.rstrip("/")) in self.arguments:
                record = read_json(directory + "state.json")
                yield read_json(directory + "config.json"), record, (record or {}).get("bundle", bundle)

    def of_container(self, config, record, bundle):
        linux = config.get("linux") or {}
        annotations = config.get("annotations") or {}
        self.net_devices = self.net_devices or bool(linux.get("netDevices"))
        values = {}
        rootfs = record.get("rootfs") or (config.get("root") or {}).get("path")
        if rootfs:
            values["rootfs"] = self.spellings(self.absolute(rootfs, bundle))
        hooks = [hook.get("path") for group in (config.get("hooks") or {}).values() if isinstance(group, list)
                 for hook in group if isinstance(hook, dict)]  # fmt: skip
        values["hook"] = {path for hook in hooks if isinstance(hook, str) for path in self.spellings(hook)}
        if isinstance(linux.get("sysctl"), dict):
            values["sysctl"] = {key.replace("/", "\0").replace(".", "/").replace("\0", ".") for key in linux["sysctl"]} | set(linux["sysctl"])
        listener = (linux.get("seccomp") or {}).get("listenerPath") or annotations.get("run.oci.seccomp.receiver")
        if listener:
            values["listener"] = {listener}
        if annotations.get("run.oci.pidfd_receiver"):
            values["pidfd-socket"] = {annotations["run.oci.pidfd_receiver"]}
        values["hook-output"] = {path for name in ("stdout", "stderr") for path in [annotations.get("run.oci.hooks." + name)] if path}
        values["resctrl"] = self.resctrl(linux.get("intelRdt"))
        values["cgroup"] = self.cgroups(linux.get("cgroupsPath"), record)
        return values

    def resctrl(self, rdt):
        if not isinstance(rdt, dict):
            return set()
        name = rdt.get("closID") or self.arguments[-1]
        with open(f"/proc/{self.pid}/mountinfo", encoding="utf-8", errors="replace") as file:
            points = {line.split()[4] for line in file if " - resctrl " in line} | {"/sys/fs/resctrl"}
        return {os.path.normpath(f"{point}/{name}") for point in points}

    def cgroups(self, path, record):
        """Of each hierarchy the container's own directory, from the record or, when there is none yet, from cgroupsPath."""
        found = {place.get("directory") for place in (record.get("cgroup") or {}).get("places") or []} - {None}
        if self.verb not in ("create", "run"):
            return found
        path = path if isinstance(path, str) and path else ""
        if "-s" in self.arguments or "--systemd-cgroup" in self.arguments or "systemd" in self.arguments:
            paths = self.scopes(path)
        else:
            paths = {path.strip("/") or self.arguments[-1]}
        return found | {os.path.normpath(f"{base}/{path}") for base in self.bases() for path in paths}

    def scopes(self, path):
        """Below the root of systemd or of the user's."""
        slice_name, prefix, name = (path.split(":") + ["", ""])[:3] if ":" in path else ("", "tare", self.arguments[-1])
        if name.endswith(".slice"):
            return {self.slice_path(name)}
        unit = f"{prefix}-{name}.scope" if prefix else f"{name}.scope"
        return {f"{self.slice_path(one)}/{unit}" for one in ([slice_name] if slice_name else ["system.slice", "user.slice"])}

    @staticmethod
    def slice_path(name):
        """a-b.slice is in a.slice."""
        parts = name.removesuffix(".slice").split("-") if name != "-.slice" else []
        return "/".join("-".join(parts[: i + 1]) + ".slice" for i in range(len(parts)))

    def bases(self):
        """What cgroupsPath may be below: the mount points, the caller's own cgroups, and what is above those."""
        with open(f"/proc/{self.pid}/cgroup", encoding="utf-8", errors="surrogateescape") as file:
            own = {line.rstrip("\n").split(":", 2)[2] for line in file}
        below = {path for path in own | self.above(own)} | {"/"}
        return {os.path.normpath(f"{hierarchy}/{path}") for hierarchy in HIERARCHIES for path in below}

    def expressions(self, text):
        """The expressions that a place with {names} stands for."""
        names = re.findall(r"\{([a-z-]+)\}", text)
        texts = [pattern(re.sub(r"\{([a-z-]+)\}", r"{\1}", text))]
        for name in names:
            if name == "pid":
                values = {r"(?:\d+|self|thread-self)"}
            else:
                values = {re.escape(v) for v in self.values.get(name, ())}
            texts = [t.replace("{" + name + "}", v) for t in texts for v in values]
        return texts

    def allows(self, kind, place, operation=None):
        """Whether a row of PATHS, UNIX or PROGRAMS does."""
        cache = self.__dict__.setdefault("cache", {})
        key = (kind, operation)
        if key not in cache:
            rows = [(r, r.place if kind == "PATHS" else r[0]) for r in getattr(allowed, kind) if kind != "PATHS" or operation in r.operations]
            cache[key] = [(re.compile(e, re.S), row) for row, text in rows for e in self.expressions(text)]
        for expression, row in cache[key]:
            if expression.fullmatch(place):
                used.add(row[-2:])
                return True
        return False
