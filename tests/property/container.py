# SPDX-License-Identifier: LGPL-2.1-or-later
"""One container: its bundle, the commands that make and end it, and what is seen of it from outside."""

import contextlib
import json
import os
import select
import shutil
import subprocess
import time

import agent
import judge
import sources

SECONDS_OF_A_RUN = 60
END_OF_INPUT = b"\x04"  # as it is typed at a terminal


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


class Failed(Exception):
    """The runtime did not do what it was called for."""


class Container:
    def __init__(self, host, config, name):
        self.host, self.config, self.name = host, config, name
        self.judged = judge.Judge(config, host)
        self.asked = self.judged.probes()
        self.annotations = config.get("annotations") or {}
        self.console = self.agent = self.terminal_fd = self.process = None
        self.by_exec = None  # what a further process sees

    def differences(self):
        """A list of (what, expected, seen)."""
        shutil.rmtree(self.host.bundle, ignore_errors=True)
        self.make_bundle()
        for path in (self.host.joinable["mount"], self.host.joinable["mount of user"]):
            if any(n.get("path") == path for n in (self.config.get("linux") or {}).get("namespaces") or []):
                self.host.renew_mounts(path)
        self.agent = agent.Agent(self.host.agent_path)
        by_create = self.annotations.get("org.example.way") == "create"
        try:
            with contextlib.closing(self.agent):
                seen, outside = self.by_create() if by_create else self.by_run()
        except (Failed, subprocess.TimeoutExpired, ValueError) as error:
            return [("it runs", "exit status 0", str(error))]
        finally:
            self.clean()
        outside |= {"messages": self.agent.messages, "calls": self.agent.calls, "failure": self.agent.failure}
        differences = self.judged.differences(seen, outside, self.asked)
        return differences or (self.judged.differences_of_exec(self.by_exec, outside) if self.by_exec else [])

    # --- the commands ---

    def command(self, *words):
        return [self.host.tare, "--root", self.host.directory + "/state", *words]

    def open_errors(self):
        return open(self.host.directory + "/errors", "w+", encoding="utf-8", errors="surrogateescape")

    def launch(self, log, *words):
        self.process = subprocess.Popen(self.command(*words, "--bundle", self.host.bundle, "--pid-file",
                                                     self.host.directory + "/pid", self.name),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    def check_status(self, log, status):
        if status != 0:
            log.seek(0)
            raise Failed(f"exit status {status}: {log.read().strip()}")

    def by_run(self):
        """In the foreground, the standard streams or the terminal through the runtime."""
        with self.open_errors() as log:
            self.launch(log, "run")
            line = self.read_line(self.process.stdout.fileno())
            if not line.endswith(b"\n"):
                self.process.stdin.close()
                self.check_status(log, self.process.wait(SECONDS_OF_A_RUN))
                raise Failed(f"it said no more than {line!r}")
            pid = int(read(self.host.directory + "/pid"))
            outside = self.look(pid)
            self.wait_for_poststart()
            self.execute(log)
            if self.config["process"].get("terminal"):
                self.process.stdin.write(END_OF_INPUT)
                self.process.stdin.flush()
                self.process.wait(SECONDS_OF_A_RUN)
            self.process.stdin.close()
            self.check_status(log, self.process.wait(SECONDS_OF_A_RUN))
        return json.loads(line), outside

    def by_create(self):
        """By create, start and delete, a terminal by the console socket."""
        with self.open_errors() as log:
            words = ["create"]
            if self.config["process"].get("terminal"):
                self.console = agent.Console(self.host.directory + "/console")
                words += ["--console-socket", self.console.path]
            self.launch(log, *words)
            self.check_status(log, self.process.wait(SECONDS_OF_A_RUN))
            pid = int(read(self.host.directory + "/pid"))
            if self.console:
                self.terminal_fd = self.console.take()
            self.call(log, "start", self.name)
            line = self.read_line(self.process.stdout.fileno() if self.terminal_fd is None else self.terminal_fd)
            if not line.endswith(b"\n"):
                raise Failed(f"it said no more than {line!r}")
            outside = self.look(pid)
            self.execute(log)
            if self.terminal_fd is not None:
                os.write(self.terminal_fd, END_OF_INPUT)
            self.process.stdin.close()
            self.check_status(log, self.wait_for(pid))
            self.call(log, "delete", self.name)
        return json.loads(line), outside

    def execute(self, log):
        if self.annotations.get("org.example.exec") != "yes":
            return
        done = subprocess.run(self.command("exec", self.name, *judge.EXEC_ARGS), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=log, timeout=SECONDS_OF_A_RUN, check=False)
        self.check_status(log, done.returncode)
        self.by_exec = json.loads(done.stdout)

    def wait_for_poststart(self):
        """A process that ends before them is not running when they look."""
        end = time.monotonic() + SECONDS_OF_A_RUN
        for i in range(len((self.config.get("hooks") or {}).get("poststart") or [])):
            while not (self.host.read_hook("poststart", i) or "").endswith("\n") and time.monotonic() < end:
                time.sleep(0.002)

    def call(self, log, *words):
        self.check_status(log, subprocess.run(self.command(*words), stderr=log, stdin=subprocess.DEVNULL,
                                              timeout=SECONDS_OF_A_RUN, check=False).returncode)

    @staticmethod
    def wait_for(pid):
        """The exit status of the container's process, which has become our child."""
        end = time.monotonic() + SECONDS_OF_A_RUN
        while time.monotonic() < end:
            waited, status = os.waitpid(pid, os.WNOHANG)
            if waited:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.002)
        raise Failed("it does not end")

    def clean(self):
        if self.process:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            if not self.process.stdin.closed:
                self.process.stdin.close()
        if self.terminal_fd is not None:
            os.close(self.terminal_fd)
        if self.console:
            self.console.close()
        if os.path.exists(f"{self.host.directory}/state/{self.name}"):
            subprocess.run(self.command("delete", "--force", self.name), check=False)

    @staticmethod
    def read_line(fd):
        line, end = b"", time.monotonic() + SECONDS_OF_A_RUN
        while not line.endswith(b"\n"):
            if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
                raise Failed(f"it says no more than {line!r}")
            try:
                more = os.read(fd, 1 << 16)
            except OSError:  # EIO: nobody has the terminal any more
                break
            if not more:
                break
            line += more
        return line

    # --- the bundle ---

    def make_bundle(self):
        bundle, rootfs = self.host.bundle, self.host.bundle + "/rootfs"
        for path in ("dev", "proc", "sys", "w/ä", "bin", "masked/dir/below", "m1", "hooks", "copied"):
            os.makedirs(f"{rootfs}/{path}")
        for path in ("source/plain", "hooks"):
            os.makedirs(f"{bundle}/{path}")
        for path in (rootfs + "/masked/file", rootfs + "/masked/ü", bundle + "/source/file"):
            with open(path, "w") as file:
                file.write("content")
        with open(rootfs + "/probe", "w", encoding="utf-8") as file:
            file.writelines(f"{kind} {what}\n" for kind, what, _ in self.asked)
        os.link(self.host.directory + "/witness", rootfs + "/witness")
        os.symlink("witness", rootfs + "/link-to-witness")
        os.symlink("m1", rootfs + "/link")
        self.make_copied(rootfs + "/copied")
        for path in (bundle + "/hooks", rootfs + "/hooks"):
            os.chmod(path, 0o777)
        if self.host.in_user_namespace(self.config):
            self.change_owners(rootfs, bundle + "/source")
        os.chown(rootfs + "/copied/owned", *self.judged.host_ids(*self.judged.copied_owner()))
        for name, (mode, _) in sources.COPIED.items():
            if mode != 0o120777:
                os.chmod(f"{rootfs}/copied/{name}", mode & 0o7777)  # chown(2) has cleared some of it
        with open(bundle + "/config.json", "w", encoding="utf-8") as file:
            json.dump(self.config, file, ensure_ascii=False)

    @staticmethod
    def make_copied(top):
        os.chmod(top, sources.COPIED_MODE & 0o7777)
        for name, (mode, content) in sources.COPIED.items():
            path = f"{top}/{name}"
            if mode & 0o170000 == 0o40000:
                os.mkdir(path)
            elif mode & 0o170000 == 0o120000:
                os.symlink(content, path)
            elif mode & 0o170000 == 0o10000:
                os.mkfifo(path)
            else:
                with open(path, "w") as file:
                    file.write(content)

    def change_owners(self, *tops):
        owner = self.judged.host_ids(0, 0)
        for top in tops:
            for path, _, files in os.walk(top):
                os.chown(path, *owner)
                for file in files:
                    if file not in ("witness", "link-to-witness"):  # the one is every container's
                        os.chown(f"{path}/{file}", *owner, follow_symlinks=False)

    # --- from outside ---

    def look(self, pid):
        """What is seen from outside while the process waits."""
        outside = {name: read(f"/proc/{pid}/{name}") for name in ("mountinfo", "uid_map", "gid_map", "cgroup", "oom_score_adj")}
        outside["status"] = dict(line.split(":\t", 1) for line in read(f"/proc/{pid}/status").splitlines() if ":\t" in line)
        outside["namespaces"] = self.host.read_namespaces(pid)
        outside["monotonic"] = time.clock_gettime(time.CLOCK_MONOTONIC)
        outside["boottime"] = time.clock_gettime(time.CLOCK_BOOTTIME)
        outside["files"] = {path: read(path) if os.path.exists(path) else None for path in self.judged.cgroup_files}
        outside["made"] = {path: self.take_made(path) for kind, path, _ in self.asked if kind == "make"}
        return {**outside, "pid": pid, "id": self.name}

    def take_made(self, path):
        """The owner of what was made in the tree of owned files, which goes with that."""
        made = self.host.directory + "/owned/" + os.path.basename(path)
        if not os.path.exists(made):
            return None
        status = os.stat(made)
        os.unlink(made)
        return [status.st_uid, status.st_gid]
