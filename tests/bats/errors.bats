#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Configs and hosts that tare has to refuse: at once, with the place and the reason, and before anything was made.
# A test is a subject and has many cases; a case is what is wrong and the texts that must be in the message.

load helpers

setup() {
        common_setup
        cp "$BUNDLE/config.json" "$DIR/right.json"
}

# refuses TEXT...: `create` fails within a second with every TEXT, and nothing was made. A machine that was busy with
# something else gets a second try. Called in conditions, where a failing command alone ends nothing.
refuses() {
        local before took text try
        for try in 1 2; do
                before=${EPOCHREALTIME/[.,]/}
                expect 1 tare create --bundle "$BUNDLE" "$ID" || return 1
                took=$((${EPOCHREALTIME/[.,]/} - before))
                [ "$took" -ge 1000000 ] || break
        done
        [ "$took" -lt 1000000 ] || complain "answered after $took microseconds" || return 1
        for text; do
                says "$text" || return 1
        done
        nothing_left
}

# wrong FILTER TEXT...: what jq makes of a right config is refused.
wrong() {
        jq "$1" "$DIR/right.json" >"$BUNDLE/config.json"
        refuses "${@:2}" || { echo "config: $1" && return 1; }
}

# wrong_text FORMAT TEXT...: what printf makes is refused.
wrong_text() {
        printf "$1" >"$BUNDLE/config.json"
        refuses "${@:2}" || { printf 'config: %.200s\n' "$1" && return 1; }
}

# --- the file ---

@test "config: there is none" {
        rm "$BUNDLE/config.json"
        refuses 'JSON specification file config.json not found'
}

@test "config: empty, or nothing but blanks" {
        wrong_text '' 'config.json: empty'
        wrong_text ' \n\t\n' 'config.json: empty'
}

@test "config: not JSON, with line and column" {
        wrong_text '{' 'config.json:1:1: '
        wrong_text 'hello' 'config.json:1:1: '
        wrong_text '{"ociVersion": "1.0.0",\n"root": {"path": "rootfs"} x}' 'config.json:2:28: '
        wrong_text "{'a': 1}" 'config.json:1:2: '
        wrong_text '{"a": 1,}' 'config.json:1:9: '
        wrong_text '{"a": 01}' 'config.json:1:7: '
        wrong_text '\xef\xbb\xbf{}' 'config.json:1:1: '
}

@test "config: text behind the end" {
        { jq -c . "$DIR/right.json" && echo trailing; } >"$BUNDLE/config.json"
        refuses 'config.json:2:'
        { jq -c . "$DIR/right.json" && echo '{}'; } >"$BUNDLE/config.json"
        refuses 'config.json:2:1: '
}

@test "config: JSON, but no object" {
        wrong '[]' 'config.json: found an array, expected an object'
        wrong '"x"' 'config.json: found a string, expected an object'
        wrong '5' 'config.json: found a number, expected an object'
        wrong 'null' 'config.json: found null, expected an object'
}

@test "config: wrong types" {
        wrong '.mounts = 5' 'mounts: found a number, expected an array'
        wrong '.mounts = [5]' 'mounts[0]: found a number, expected an object'
        wrong '.mounts[0].options = [5]' 'mounts[0].options[0]: found a number, expected a string'
        wrong '.process.terminal = "true"' 'process.terminal: found a string, expected true or false'
        wrong '.process.args = "sh"' 'process.args: found a string, expected an array'
        wrong '.process.args = ["a", {}]' 'process.args[1]: found an object, expected a string'
        wrong '.process.user.uid = "0"' 'process.user.uid: found a string, expected an integer'
        wrong '.linux = true' 'linux: found true, expected an object'
        wrong '.hooks = []' 'hooks: found an array, expected an object'
        wrong '.hooks.prestart = {}' 'hooks.prestart: found an object, expected an array'
        wrong '.linux.namespaces[0].path = 5' 'linux.namespaces[0].path: found a number, expected a string'
        wrong '.annotations = {"a": 5}' 'annotations["a"]: found a number, expected a string'
}

@test "config: huge, negative and broken numbers" {
        wrong '.process.user.uid = -1' 'process.user.uid: found -1, expected an integer from 0 to 4294967294'
        wrong '.process.user.uid = 4294967296' 'process.user.uid: found 4294967296, expected an integer from 0 to 4294967294'
        wrong '.process.user.uid = 1.5' 'process.user.uid: found 1.5, expected an integer'
        wrong '.process.oomScoreAdj = 5000' 'process.oomScoreAdj: found 5000, expected an integer from -1000 to 1000'
        wrong '.process.rlimits[0].hard = -1' 'process.rlimits[0].hard: found -1, expected an integer from 0 to 18446744073709551615'
        wrong_text '{"process": {"user": {"uid": 1e999999}}}' 'process.user.uid: found 1e999999, expected an integer'
        wrong_text '{"linux": {"resources": {"memory": {"limit": 9223372036854775808}}}}' \
                'linux.resources.memory.limit: found 9223372036854775808, expected an integer'
        { printf '{"process": {"user": {"uid": ' && head -c 100000 /dev/zero | tr '\0' 9 && printf '}}}'; } >"$BUNDLE/config.json"
        refuses 'process.user.uid: found 999999'
}

@test "ids that are none: to the kernel the number means that root stays" {
        wrong '.process.user.uid = 4294967295' 'process.user.uid: found 4294967295, expected an integer from 0 to 4294967294'
        wrong '.process.user.gid = 4294967295' 'process.user.gid: found 4294967295'
        wrong '.process.user.additionalGids = [1, 4294967295]' 'process.user.additionalGids[1]: found 4294967295'
        wrong '.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3, uid: 4294967295}]' \
                'linux.devices[0].uid: found 4294967295'
        wrong '.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3, gid: 4294967295}]' \
                'linux.devices[0].gid: found 4294967295'
        wrong '.process.user.umask = 512' 'process.user.umask: found 512, expected an integer from 0 to 511'
}

@test "config: deep nesting" {
        { printf '{"x": ' && head -c 1000000 /dev/zero | tr '\0' '['; } >"$BUNDLE/config.json"
        refuses 'config.json: nested too deeply'
        { printf '{"process": {"args": ' && head -c 1000000 /dev/zero | tr '\0' '['; } >"$BUNDLE/config.json"
        refuses 'process.args'
        yes '{"x":' | head -n 100000 >"$BUNDLE/config.json"
        refuses 'config.json: nested too deeply'
}

@test "config: keys given twice" {
        wrong_text '{"ociVersion": "1.0.0", "ociVersion": "1.0.1"}' 'ociVersion: given twice'
        wrong_text '{"process": {"args": ["a"], "args": ["b"]}}' 'process.args: given twice'
        wrong_text '{"annotations": {"a": "b", "a": "c"}}' 'annotations["a"]: given twice'
}

@test "config: NUL characters" {
        wrong '.process.args = ["a\u0000b"]' 'process.args[0]: found a NUL character'
        wrong '.hostname = "a\u0000b"' 'hostname: found a NUL character'
        wrong '.process.env = ["A=\u0000"]' 'process.env[0]: found a NUL character'
        wrong '.annotations = {"a\u0000": "b"}' 'annotations: found a NUL character in a key'
        wrong_text '{"a": "b\0c"}' 'config.json:1:'
}

@test "config: invalid UTF-8" {
        wrong_text '{"ociVersion": "1.0.0",\n\n  "hostname": "\xff"}' 'config.json:3:16: invalid UTF-8'
        wrong_text '{"ociVersion": "1.0.0",\n\n  "hostname": "\xc0\x80"}' 'config.json:3:16: invalid UTF-8'
        wrong_text '{"a": "\\ud800"}' 'config.json:1:8: half of a surrogate pair'
}

@test "config: a file of 100 MB" {
        truncate --size=100M "$BUNDLE/config.json"
        refuses 'read `config.json`: it is too large'
}

@test "config: something else than a file" {
        rm "$BUNDLE/config.json"
        mkfifo "$BUNDLE/config.json"
        refuses 'open `config.json`: found something else than a file'
        rm "$BUNDLE/config.json"
        mkdir "$BUNDLE/config.json"
        refuses 'open `config.json`: found something else than a file'
        rmdir "$BUNDLE/config.json"
        ln -s /dev/zero "$BUNDLE/config.json"
        refuses 'open `config.json`: found something else than a file'
        ln -sf config.json "$BUNDLE/config.json"
        refuses 'config.json' 'too many levels of symbolic links'
}

# --- what the specification calls an error ---

@test "ociVersion" {
        wrong 'del(.ociVersion)' 'ociVersion: missing'
        wrong '.ociVersion = "x"' 'ociVersion: found `x`'
        wrong '.ociVersion = "2.0.0"' 'ociVersion: found `2.0.0`'
}

@test "root" {
        wrong 'del(.root)' 'root: missing'
        wrong '.root = {}' 'root.path: missing'
        wrong '.root.path = ""' 'root.path: found ``'
        wrong '.root.path = "nonexistent"' "root.path: open rootfs \`$BUNDLE/nonexistent\`: no such file or directory"
        wrong '.root.path = "config.json"' "root.path: \`$BUNDLE/config.json\` is not a directory"
        wrong '.root.path = "/"' 'root.path: `/` is the root of the host'
}

@test "process" {
        wrong 'del(.process)' 'process: missing'
        wrong 'del(.process.args)' 'process.args: found none'
        wrong '.process.args = []' 'process.args: found none'
        wrong 'del(.process.cwd)' 'process.cwd: missing'
        wrong '.process.cwd = ""' 'process.cwd: found ``, expected an absolute path'
        wrong '.process.cwd = "tmp"' 'process.cwd: found `tmp`, expected an absolute path'
        wrong '.process.env = ["X"]' 'process.env[0]: found `X`, expected NAME=VALUE'
        wrong '.process.cwd = "/bin/sh"' 'process.cwd: enter `/bin/sh`: not a directory'
}

@test "process.args: the program cannot be executed" {
        wrong '.process.args = ["nonexistent"]' 'exec: "nonexistent": executable file not found in $PATH'
        wrong '.process.args = ["/nonexistent"]' 'exec: "/nonexistent": stat /nonexistent: no such file or directory'
        wrong '.process.args = ["/etc"]' 'exec: "/etc": is a directory'
        wrong '.process.args = ["/etc/passwd"]' 'exec: "/etc/passwd": permission denied'
}

@test "namespaces" {
        wrong '.linux.namespaces = [{type: "pid"}, {type: "mount"}, {type: "pid"}]' 'linux.namespaces[2].type: found `pid` again'
        wrong '.linux.namespaces += [{type: "foo"}]' '.type: unknown namespace type "foo"'
        wrong '.linux.namespaces += [{}]' '.type: missing'
        wrong '.linux.namespaces[0].path = "proc/self/ns/pid"' \
                'linux.namespaces[0].path: found `proc/self/ns/pid`, expected an absolute path'
        wrong '.linux.namespaces[0].path = "/nonexistent"' \
                'linux.namespaces[0].path: open `/nonexistent`: no such file or directory'
        wrong '.linux.namespaces[0].path = "/proc/self/ns/net"' \
                'linux.namespaces[0].path: `/proc/self/ns/net` is not a pid namespace'
        wrong '.linux.namespaces[0].path = "/etc/passwd"' 'linux.namespaces[0].path: `/etc/passwd` is not a namespace'
}

@test "rlimits" {
        wrong '.process.rlimits = [{type: "RLIMIT_FOO", soft: 1, hard: 1}]' 'process.rlimits[0].type: unknown rlimit "RLIMIT_FOO"'
        wrong '.process.rlimits += [.process.rlimits[0]]' 'process.rlimits[1].type: found `RLIMIT_NOFILE` again'
        wrong '.process.rlimits[0].soft = 2000' 'process.rlimits[0].soft: found 2000'
        wrong 'del(.process.rlimits[0].type)' 'process.rlimits[0].type: missing'
}

@test "hooks" {
        wrong '.hooks.createRuntime = [{}]' 'hooks.createRuntime[0].path: missing'
        wrong '.hooks.prestart = [{path: "true"}]' 'hooks.prestart[0].path: found `true`, expected an absolute path'
        wrong '.hooks.poststop = [{path: "/bin/true"}, {path: "/bin/true", timeout: 0}]' 'hooks.poststop[1].timeout: found 0'
        wrong '.hooks.poststart = [{path: "/bin/true", timeout: -1}]' 'hooks.poststart[0].timeout: found -1'
        wrong '.hooks.createContainer = [{path: "/bin/false"}]' 'hooks.createContainer[0]: run `/bin/false`: exit status 1'
}

@test "devices" {
        wrong '.linux.devices = [{path: "/dev/x", type: "z", major: 1, minor: 3}]' 'linux.devices[0].type: unknown device type "z"'
        wrong '.linux.devices = [{path: "dev/x", type: "c", major: 1, minor: 3}]' 'linux.devices[0].path: found `dev/x`'
        wrong '.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3, fileMode: 65536}]' 'linux.devices[0].fileMode: found 65536'
        wrong '.linux.devices = [{path: "/dev/x", type: "c", minor: 3}]' 'linux.devices[0].major: missing'
        wrong '.linux.devices = [{path: "/etc/passwd", type: "c", major: 1, minor: 3}]' \
                'linux.devices' '`/etc/passwd` exists already and is another kind of file'
        wrong '.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3}, {path: "/dev/x", type: "c", major: 1, minor: 5}]' \
                'linux.devices' '`/dev/x`'
}

@test "mounts" {
        local add='.mounts += [{destination: "/mnt"} +'
        wrong "$add {source: \"/nonexistent\", options: [\"bind\"]}]" 'mounts[7].source: open `/nonexistent`: no such file or directory'
        wrong "$add {options: [\"bind\"]}]" 'mounts[7].source: missing'
        wrong "$add {type: \"tmpfs\", options: [\"bind\", \"size=1k\"], source: \"/tmp\"}]" 'mounts[7].options: `size=1k`'
        wrong "$add {type: \"foo\", source: \"foo\"}]" 'mounts[7]' 'mount `foo`: no such device'
        wrong "$add {type: \"bind\", source: \"/tmp\"}]" 'mounts[7]' 'mount `bind`: no such device'
        wrong "$add {source: \"/tmp\", options: [\"bind\"], uidMappings: [{containerID: 0, hostID: 0, size: 1}]}]" \
                'mounts[7].gidMappings: found none'
        wrong "$add {source: \"/tmp\", options: [\"bind\", \"idmap\"]}]" 'mounts[7].options: found `idmap` without uidMappings'
        wrong '.mounts += [{type: "tmpfs"}]' 'mounts[7].destination: missing'
        wrong '.mounts += [{destination: "/", type: "tmpfs"}]' 'mounts[7].destination: `/` is the container'
        wrong '.mounts += [{destination: "/proc/self/attr", type: "tmpfs"}]' 'mounts[7].destination: found `/proc/self/attr`'
}

@test "seccomp" {
        local profile='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"} +'
        local rule="$profile {syscalls: [{names: [\"mkdir\"], action: \"SCMP_ACT_ERRNO\"} +"
        wrong '.linux.seccomp = {defaultAction: "SCMP_ACT_FOO"}' 'linux.seccomp.defaultAction: unknown seccomp action "SCMP_ACT_FOO"'
        wrong "$profile {architectures: [\"SCMP_ARCH_FOO\"]}" \
                'linux.seccomp.architectures[0]: unknown seccomp architecture "SCMP_ARCH_FOO"'
        wrong "$profile {flags: [\"X\"]}" 'linux.seccomp.flags[0]: unknown seccomp flag "X"'
        wrong "$rule {action: \"SCMP_ACT_FOO\"}]}" 'linux.seccomp.syscalls[0].action: unknown seccomp action "SCMP_ACT_FOO"'
        wrong "$rule {args: [{index: 0, value: 1, op: \"SCMP_CMP_FOO\"}]}]}" \
                'linux.seccomp.syscalls[0].args[0].op: unknown seccomp operator "SCMP_CMP_FOO"'
        wrong "$rule {args: [{index: 9, value: 1, op: \"SCMP_CMP_EQ\"}]}]}" 'linux.seccomp.syscalls[0].args[0].index: '
        wrong "$rule {action: \"SCMP_ACT_ALLOW\", errnoRet: 1}]}" 'linux.seccomp.syscalls[0].errnoRet: '
        wrong "$rule {names: []}]}" 'linux.seccomp.syscalls[0].names: '
        wrong "$profile {defaultErrnoRet: 1}" 'linux.seccomp.defaultErrnoRet: '
        wrong '.linux.seccomp = {defaultAction: "SCMP_ACT_NOTIFY"}' 'linux.seccomp.defaultAction: SCMP_ACT_NOTIFY'
        wrong "$profile {listenerMetadata: \"x\"}" 'linux.seccomp.listenerMetadata: needs listenerPath'
        wrong "$rule {action: \"SCMP_ACT_NOTIFY\"}]}" 'linux.seccomp.listenerPath: missing'
        wrong "$rule {action: \"SCMP_ACT_NOTIFY\"}], listenerPath: \"/nonexistent\"}" 'linux.seccomp'
}

@test "resources" {
        wrong '.linux.resources.unified = {"nope.max": "1"}' 'linux.resources.unified' 'nope.max'
        wrong '.linux.resources.unified = {"../x": "1"}' 'linux.resources.unified: found the key `../x`'
        wrong '.linux.resources.memory = {limit: -2}' 'linux.resources.memory.limit: found -2'
        wrong '.linux.resources.memory = {swappiness: 101}' 'linux.resources.memory.swappiness: found 101'
        wrong '.linux.resources.cpu = {idle: 2}' 'linux.resources.cpu.idle: found 2'
        wrong '.linux.resources.cpu = {cpus: "x"}' 'linux.resources.cpu.cpus: found `x`'
        wrong '.linux.resources.cpu = {quota: 1000, burst: 2000}' 'linux.resources.cpu.burst: found 2000'
        wrong '.linux.resources.hugepageLimits = [{pageSize: "3XB", limit: 1}]' 'linux.resources.hugepageLimits[0].pageSize: found `3XB`'
        wrong '.linux.resources.hugepageLimits = [{pageSize: "3MB", limit: 1}]' 'linux.resources.hugepageLimits[0].pageSize: '
        wrong '.linux.resources.hugepageLimits = [{pageSize: "2048KB", limit: 1}]' 'linux.resources.hugepageLimits[0].pageSize: found `2048KB`'
        wrong '.linux.resources.blockIO.weightDevice = [{major: 1, minor: 1}]' 'linux.resources.blockIO.weightDevice[0]: '
        wrong '.linux.resources.rdma = {"x": {}}' 'linux.resources.rdma["x"]: '
        has_controller rdma || wrong '.linux.resources.rdma = {"x": {hcaHandles: 1}}' 'linux.resources.rdma["x"]: '
        wrong '.linux.resources.devices = [{allow: true, access: "x"}]' 'linux.resources.devices[0].access: found `x`'
        wrong '.linux.resources.devices = [{allow: true, type: "z"}]' 'linux.resources.devices[0].type: unknown device type "z"'
        wrong '.linux.cgroupsPath = "../../x"' 'linux.cgroupsPath: '
}

@test "resources: a CPU that the machine does not have" {
        need_controller cpuset
        wrong '.linux.resources.cpu = {cpus: "9999"}' 'linux.resources.cpu.cpus'
}

@test "cgroup: one with processes in it" {
        need_v1
        mkdir "/sys/fs/cgroup/pids/$ID"
        sleep 1000 3>&- &
        BACKGROUND=$!
        echo "$BACKGROUND" >"/sys/fs/cgroup/pids/$ID/cgroup.procs"
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        says "container's cgroup is not empty: 1 process(es) found"
        # It was not ours to end.
        kill -0 "$BACKGROUND"
        is "$(cat "/sys/fs/cgroup/pids/$ID/cgroup.procs")" "$BACKGROUND"
        is "$(left_states)" ""
        kill "$BACKGROUND"
        wait "$BACKGROUND" || true
        rmdir "/sys/fs/cgroup/pids/$ID"
        nothing_left
}

@test "cgroup: a frozen one" {
        need_controller freezer
        need_v1
        mkdir "/sys/fs/cgroup/freezer/$ID"
        echo FROZEN >"/sys/fs/cgroup/freezer/$ID/freezer.state"
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        says "container's cgroup unexpectedly frozen"
        echo THAWED >"/sys/fs/cgroup/freezer/$ID/freezer.state"
        rmdir "/sys/fs/cgroup/freezer/$ID"
        nothing_left
}

@test "network devices" {
        wrong '.linux.netDevices = {"nope0": {}}' 'linux.netDevices["nope0"]: link not found for interface nope0'
        wrong '.linux.netDevices = {"nope0": {name: "a b"}}' 'linux.netDevices["nope0"].name: found `a b`'
        wrong '.linux.netDevices = {"nope0": {}} | .linux.namespaces |= map(select(.type != "network"))' \
                'linux.netDevices: unable to move network devices without a NET namespace'
}

@test "memory policy" {
        wrong '.linux.memoryPolicy = {mode: "MPOL_FOO"}' 'linux.memoryPolicy.mode: unknown memory policy mode "MPOL_FOO"'
        wrong '.linux.memoryPolicy = {mode: "MPOL_BIND"}' 'linux.memoryPolicy.nodes: found none'
        wrong '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "x"}' 'linux.memoryPolicy.nodes: found `x`'
        wrong '.linux.memoryPolicy = {mode: "MPOL_DEFAULT", nodes: "0"}' 'linux.memoryPolicy.nodes: found `0`'
        wrong '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_FOO"]}' \
                'linux.memoryPolicy.flags[0]: unknown memory policy flag "MPOL_F_FOO"'
}

@test "scheduler, I/O priority, personality" {
        wrong '.process.scheduler = {policy: "FOO"}' 'process.scheduler.policy: unknown scheduling policy "FOO"'
        wrong '.process.scheduler = {policy: "SCHED_OTHER", nice: 30}' 'process.scheduler.nice: found 30'
        wrong '.process.scheduler = {policy: "SCHED_FIFO"}' 'process.scheduler.priority: found 0'
        wrong '.process.scheduler = {policy: "SCHED_FIFO", priority: 100}' 'process.scheduler.priority: found 100'
        wrong '.process.scheduler = {policy: "SCHED_OTHER", flags: ["X"]}' 'process.scheduler.flags[0]: unknown scheduling flag "X"'
        wrong '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 5}' 'process.scheduler: found runtime 5'
        wrong '.process.ioPriority = {class: "IOPRIO_CLASS_FOO", priority: 1}' \
                'process.ioPriority.class: unknown I/O priority class "IOPRIO_CLASS_FOO"'
        wrong '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 9}' 'process.ioPriority.priority: found 9'
        wrong '.linux.personality = {domain: "FOO"}' 'linux.personality.domain: unknown personality domain "FOO"'
        wrong '.linux.personality = {domain: "LINUX", flags: ["X"]}' 'linux.personality.flags[0]: found `X`'
}

@test "time offsets" {
        wrong '.linux.timeOffsets = {monotonic: {secs: 1}}' 'linux.timeOffsets: found offsets'
        wrong '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 1, nanosecs: 1000000000}}' \
                'linux.timeOffsets.monotonic.nanosecs: found 1000000000'
        wrong '.linux.namespaces += [{type: "time", path: "/proc/self/ns/time"}] | .linux.timeOffsets = {monotonic: {secs: 1}}' \
                'linux.timeOffsets: found offsets'
}

@test "host name and domain name" {
        local without='.linux.namespaces |= map(select(.type != "uts"))'
        wrong "$without" 'hostname: found `tare`'
        wrong "$without | del(.hostname) | .domainname = \"x\"" 'domainname: found `x`'
        wrong '.hostname = ("x" * 65)' 'hostname: found a name of 65 bytes'
}

@test "sysctl" {
        wrong '.linux.sysctl = {"vm.swappiness": "1"}' 'linux.sysctl["vm.swappiness"]: '
        wrong '.linux.sysctl = {"kernel.hostname": "x"}' 'linux.sysctl["kernel.hostname"]: conflicts'
        wrong '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.namespaces |= map(select(.type != "network"))' \
                'linux.sysctl["net.ipv4.ip_forward"]: '
        wrong '.linux.sysctl = {"net/../vm/swappiness": "1"}' 'linux.sysctl' 'net/../vm/swappiness'
        wrong '.linux.sysctl = {"net.ipv4.nonexistent": "1"}' 'linux.sysctl["net.ipv4.nonexistent"]: '
}

@test "masked and read-only paths" {
        wrong '.linux.maskedPaths += ["proc"]' 'linux.maskedPaths[10]: found `proc`, expected an absolute path'
        wrong '.linux.maskedPaths = ["/"]' 'linux.maskedPaths[0]: found `/`, expected a path below the root'
        wrong '.linux.readonlyPaths = ["/proc/.."]' 'linux.readonlyPaths[0]: found `/proc/..`'
        wrong '.linux.readonlyPaths = ["proc"]' 'linux.readonlyPaths[0]: found `proc`, expected an absolute path'
        wrong '.mounts = [] | .linux.namespaces |= map(select(.type != "mount"))' 'linux.maskedPaths'
}

@test "a new user namespace, and its mappings" {
        local new='.linux.namespaces += [{type: "user"}]' map='{containerID: 0, hostID: 100000, size: 10}'
        wrong "$new" 'linux.uidMappings: found none'
        wrong "$new | .linux.uidMappings = [$map]" 'linux.gidMappings: found none'
        wrong "$new | .linux.uidMappings = [$map] | .linux.gidMappings = [$map + {size: 0}]" 'linux.gidMappings[0].size: found 0'
        wrong "$new | .linux.uidMappings = [$map, $map] | .linux.gidMappings = [$map]" 'linux.uidMappings[1].containerID: found 0'
        wrong "$new | .linux.uidMappings = [$map] | .linux.gidMappings = [$map] | .process.user.uid = 10" \
                'process.user.uid: cannot setuid to unmapped uid 10'
}

@test "labels that the machine does not know" {
        [ ! -e /sys/kernel/security/apparmor ] || skip "the machine has AppArmor"
        [ ! -e /sys/fs/selinux/enforce ] || skip "the machine has SELinux"
        wrong '.process.apparmorProfile = "x"' 'process.apparmorProfile: `x`'
        wrong '.process.selinuxLabel = "x"' 'process.selinuxLabel: `x`'
        wrong '.linux.mountLabel = "x"' 'linux.mountLabel: `x`'
}

@test "rootfsPropagation" {
        wrong '.linux.rootfsPropagation = "foo"' 'linux.rootfsPropagation: unknown propagation "foo"'
}

@test "cgroup: the systemd manager on a machine without systemd" {
        [ ! -e /run/systemd/private ] || skip "systemd runs here"
        only_tare "others say it in other words"
        expect 1 tare --systemd-cgroup create --bundle "$BUNDLE" "$ID"
        says 'cgroup manager "systemd": '
        nothing_left
}

# --- ids and states ---

@test "id: taken" {
        args sleep 1000
        create
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        says 'container with given ID already exists'
        status_is created
        tare delete "$ID"
}

@test "wrong state: no such container" {
        local command
        for command in state start kill delete; do
                expect 1 tare $command "$ID"
                says 'container does not exist'
        done
        expect 0 tare delete --force "$ID"
        nothing_left
}

@test "wrong state: running" {
        start
        expect 1 tare start "$ID"
        says 'cannot start an already running container'
        expect 1 tare delete "$ID"
        says "cannot delete container $ID that is not stopped: running"
        status_is running
        tare delete --force "$ID"
}

@test "wrong state: stopped" {
        start
        tare kill "$ID" KILL
        soon status_is stopped
        expect 1 tare start "$ID"
        says 'cannot start a container that has stopped'
        expect 1 tare kill "$ID"
        says 'container not running'
        tare delete "$ID"
}
