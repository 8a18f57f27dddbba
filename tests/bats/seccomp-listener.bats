#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# SCMP_ACT_NOTIFY: the listener of the filter reaches its agent before anything waits for that, and what the agent says holds.

load helpers

setup_file() {
        common_setup_file
        ! command -v "${CC:-cc}" >/dev/null ||
                "${CC:-cc}" -D_GNU_SOURCE -O1 -o "$BATS_FILE_TMPDIR/seccomp-agent" "$BATS_TEST_DIRNAME/../tools/seccomp-agent.c"
}

setup() {
        common_setup
        "$TARE" --version | grep -q '^libseccomp' || skip "built without libseccomp"
        [ -x "$BATS_FILE_TMPDIR/seccomp-agent" ] || skip "no C compiler here"
        [ "$(uname -m)" = x86_64 ] || skip "the numbers of calls are those of x86-64"
}

# notify NAME...: the profile notifies of these calls, at $DIR/socket.
notify() {
        config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": $path,
                "syscalls": [{"names": $names, "action": "SCMP_ACT_NOTIFY"}]}' --arg path "$DIR/socket" \
                --argjson names "$(jq -nc '$ARGS.positional' --args "$@")"
}

# agent SOCKET [FILE]: one that answers there; what it prints is in SOCKET.out, what it was sent in SOCKET.state.
agent() {
        rm -f "$1"
        "$BATS_FILE_TMPDIR/seccomp-agent" "$@" >"$1.out" 2>&1 </dev/null 3>&- &
        AGENT=$!
        BACKGROUND+=" $AGENT"
        soon test -S "$1"
}

# sent SOCKET FILTER VALUE: what it was sent has that value there.
sent() {
        soon test -s "$1.state"
        is "$(jq -c "$2" "$1.state")" "$3"
}

has_listener() {
        readlink "/proc/$1/fd/"* | grep -qxF 'anon_inode:seccomp notify'
}

fails() {
        expect 1 "$@"
        nothing_left
}

made_by_agent="mkdir: can't create directory '/tmp/new': No medium found"

@test "create, start: the agent decides, and has the listener while the container is created" {
        notify mkdir mkdirat
        config '.linux.seccomp.listenerMetadata = "some \"data\"\n" | .annotations = {"org.example": "x"}'
        script 'mkdir /tmp/new 2>&1; sleep 1000'
        agent "$DIR/socket"
        create
        sent "$DIR/socket" .ociVersion '"1.3.0"'
        sent "$DIR/socket" .fds '["seccompFd"]'
        sent "$DIR/socket" .pid "$(pid_of)"
        sent "$DIR/socket" .metadata '"some \"data\"\n"'
        sent "$DIR/socket" .state "$(jq -nc '{ociVersion: "1.3.0", id: $id, status: "creating", pid: $pid, bundle: $bundle,
                annotations: {"org.example": "x"}}' --arg id "$ID" --argjson pid "$(pid_of)" --arg bundle "$BUNDLE")"
        is "$(head -n 1 "$DIR/socket.out")" "1 descriptors, listener"
        status_is created
        # Nobody but the agent has the listener.
        soon not has_listener "$(pid_of)"
        has_listener "$AGENT"
        tare start "$ID"
        soon grep -qxF "$made_by_agent" "$DIR/container"
        status_is running
}

@test "run: with and without noNewPrivileges, as root and as a user" {
        local privileges uid
        notify mkdir mkdirat
        for privileges in true false; do
                for uid in 0 1000; do
                        config '.process.noNewPrivileges = $p | .process.user.uid = $uid' --argjson p $privileges --argjson uid $uid
                        agent "$DIR/socket"
                        inside 'mkdir /tmp/new 2>&1; true'
                        prints "$made_by_agent"
                        soon grep -qx ended "$DIR/socket.out"
                        sent "$DIR/socket" 'has("metadata")' false
                done
        done
}

@test "every call that the runtime itself makes under the filter can wait for the agent" {
        local privileges
        notify mkdir mkdirat sendmsg sendto recvmsg read close close_range fcntl capset capget prctl execve execveat poll ppoll \
                openat openat2 dup2 dup3 mmap munmap futex setuid setgid setgroups
        for privileges in true false; do
                config '.process.noNewPrivileges = $p' --argjson p $privileges
                agent "$DIR/socket"
                script 'mkdir /tmp/new 2>&1; true'
                # What is fetched needs no call of the process but write(2); without that the process sends it.
                if tare create --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>"$DIR/err" </dev/null; then
                        tare start "$ID"
                        soon status_is stopped
                        grep -qxF "$made_by_agent" "$DIR/out"
                        tare delete "$ID"
                else
                        grep -qF 'linux.seccomp: found a filter that can stop sendmsg(2), expected one that always allows it' "$DIR/err"
                        not has_call pidfd_getfd
                fi
        done
}

# has_call NAME: need_system_call without the skip.
has_call() {
        (skip() { exit 1; }; need_system_call "$1")
}

@test "what is not under the filter while the runtime works need not be allowed" {
        local names='["write", "sendmsg", "read", "close", "prctl", "capset", "capget", "fcntl", "execve", "exit", "exit_group"]'
        notify getpid
        printf '.globl _start\n_start: movl $39, %%eax\n syscall\n movl $60, %%eax\n movl $7, %%edi\n syscall\n' >"$DIR/exit.S"
        "${CC:-cc}" -nostdlib -static -o "$ROOTFS/exit" "$DIR/exit.S"
        config '.linux.seccomp |= (.defaultAction = "SCMP_ACT_KILL_PROCESS" | .syscalls += [{"names": $names, "action": "SCMP_ACT_ALLOW"}])' \
                --argjson names "$names"
        args /exit
        agent "$DIR/socket"
        expect 7 tare run --bundle "$BUNDLE" "$ID"
        soon grep -q 'call 39$' "$DIR/socket.out"
}

@test "exec: a listener of its own" {
        local init
        notify mkdir mkdirat
        config '.linux.seccomp.listenerMetadata = "data"'
        agent "$DIR/socket"
        start
        init=$(pid_of)
        for options in "" --user=1000 --no-new-privs; do
                agent "$DIR/socket"
                expect 0 tare exec $options --pid-file "$DIR/pid" "$ID" sh -c 'mkdir /tmp/new 2>&1; true'
                prints "$made_by_agent"
                sent "$DIR/socket" '[.pid, .metadata, .state.status, .state.pid, .state.id]' "[$(<"$DIR/pid"),\"data\",\"running\",$init,\"$ID\"]"
                soon grep -qx ended "$DIR/socket.out"
        done
}

@test "exec: in a container that shares the pid namespace" {
        notify mkdir mkdirat
        config 'del(.linux.namespaces[] | select(.type == "pid"))'
        agent "$DIR/socket"
        start
        agent "$DIR/socket"
        expect 0 tare exec "$ID" sh -c 'mkdir /tmp/new 2>&1; true'
        prints "$made_by_agent"
}

@test "exec: no agent is a failure, and the container goes on" {
        notify mkdir mkdirat
        agent "$DIR/socket"
        start
        rm "$DIR/socket"
        expect 255 tare exec "$ID" true
        says "connect to linux.seccomp.listenerPath \`$DIR/socket\`: no such file or directory"
        status_is running
}

@test "a user namespace, and a stage" {
        notify mkdir mkdirat
        config '.linux.namespaces += [{"type": "user"}]
                | del(.mounts[] | select(.type == "sysfs"))
                | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .linux.gidMappings = .linux.uidMappings'
        chown -R 100000:100000 "$ROOTFS"
        need_system_call mount_setattr
        agent "$DIR/socket"
        inside 'mkdir /tmp/new 2>&1; true'
        prints "$made_by_agent"
        unshare --net sleep 1000 3>&- &
        BACKGROUND+=" $!"
        local pid=$!
        soon eval "! [ /proc/$pid/ns/net -ef /proc/self/ns/net ]"
        config '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)' --arg path "/proc/$pid/ns/net"
        agent "$DIR/socket"
        inside 'mkdir /tmp/new 2>&1; true'
        prints "$made_by_agent"
}

@test "an agent that is slow holds up nothing but the calls" {
        notify mkdir mkdirat
        script 'mkdir /tmp/new 2>&1; true'
        agent "$DIR/socket" "$DIR/go"
        create
        tare start "$ID"
        status_is running
        touch "$DIR/go"
        soon grep -qxF "$made_by_agent" "$DIR/container"
}

@test "an agent that ends leaves nobody waiting" {
        notify mkdir mkdirat
        script 'mkdir /tmp/new 2>&1; true'
        agent "$DIR/socket" "$DIR/go"
        create
        kill -KILL $AGENT
        wait $AGENT || :
        tare start "$ID"
        soon grep -qF 'Function not implemented' "$DIR/container"
}

@test "flags" {
        local flags
        notify mkdir mkdirat
        for flags in '[]' '["SECCOMP_FILTER_FLAG_TSYNC"]' '["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]' \
                '["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_TSYNC"]'; do
                [[ $flags != *WAIT_KILL* ]] || "$TARE" features | jq -e '.linux.seccomp.supportedFlags | index("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")' ||
                        continue
                config '.linux.seccomp.flags = $flags' --argjson flags "$flags"
                agent "$DIR/socket"
                inside 'mkdir /tmp/new 2>&1; true'
                prints "$made_by_agent"
        done
}

@test "startContainer hooks, and their failure" {
        notify mkdir mkdirat
        config '.hooks.startContainer = [{"path": "/bin/sh", "args": ["sh", "-c", "mkdir /tmp/new 2>/tmp/said; exit 1"]}]'
        args true
        agent "$DIR/socket"
        create
        expect 1 tare start "$ID"
        grep -qxF "$made_by_agent" "$ROOTFS/tmp/said"
}

# --- who listens ---

@test "without a rule that notifies the socket does not matter" {
        notify mkdir
        config '.linux.seccomp.syscalls = [] | .annotations["run.oci.seccomp.receiver"] = "/nobody"'
        inside 'mkdir /tmp/new && echo made'
        prints made
}

@test "annotation run.oci.seccomp.receiver and RUN_OCI_SECCOMP_RECEIVER" {
        notify mkdir mkdirat
        config 'del(.linux.seccomp.listenerPath)'
        agent "$DIR/socket"
        export RUN_OCI_SECCOMP_RECEIVER=$DIR/socket
        inside 'mkdir /tmp/new 2>&1; true'
        prints "$made_by_agent"
        # The annotation comes first, and the specification's own word before both.
        RUN_OCI_SECCOMP_RECEIVER=$DIR/nobody
        config '.annotations["run.oci.seccomp.receiver"] = $path' --arg path "$DIR/socket"
        agent "$DIR/socket"
        inside 'mkdir /tmp/new 2>&1; true'
        prints "$made_by_agent"
        config '.annotations["run.oci.seccomp.receiver"] = $path' --arg path "$DIR/nobody"
        refused "connect to annotations.run.oci.seccomp.receiver \`$DIR/nobody\`"
        config '.linux.seccomp.listenerPath = $path' --arg path "$DIR/socket"
        agent "$DIR/socket"
        inside 'mkdir /tmp/new 2>&1; true'
        prints "$made_by_agent"
        # exec asks anew.
        config 'del(.linux.seccomp.listenerPath, .annotations)'
        RUN_OCI_SECCOMP_RECEIVER=$DIR/socket
        agent "$DIR/socket"
        start
        agent "$DIR/socket"
        expect 0 tare exec "$ID" sh -c 'mkdir /tmp/new 2>&1; true'
        prints "$made_by_agent"
        unset RUN_OCI_SECCOMP_RECEIVER
        expect 255 tare exec "$ID" true
        says 'linux.seccomp.listenerPath: missing, SCMP_ACT_NOTIFY needs it'
}

@test "annotation run.oci.seccomp.plugins: refused where a plugin would have something to do" {
        only_tare "loads shared objects"
        notify mkdir
        config '.annotations["run.oci.seccomp.plugins"] = "/nobody.so:libnobody.so"'
        refused 'annotations.run.oci.seccomp.plugins: found `/nobody.so:libnobody.so`, expected none: tare loads no plugins'
        config 'del(.linux.seccomp.listenerPath)'
        refused 'annotations.run.oci.seccomp.plugins: found'
        config '.linux.seccomp.syscalls = []'
        inside 'mkdir /tmp/new && echo made'
        prints made
}

# --- run.oci.seccomp_bpf_data ---

# program INSTRUCTION...: an annotation of these, each as CODE:JT:JF:K.
program() {
        local bytes= instruction code jt jf k
        for instruction; do
                IFS=: read -r code jt jf k <<<"$instruction"
                printf -v bytes '%s\\x%02x\\x%02x\\x%02x\\x%02x\\x%02x\\x%02x\\x%02x\\x%02x' "$bytes" $((code & 255)) $((code >> 8)) "$jt" "$jf" \
                        $((k & 255)) $((k >> 8 & 255)) $((k >> 16 & 255)) $((k >> 24 & 255))
        done
        config '.annotations["run.oci.seccomp_bpf_data"] = $data' --arg data "$(printf "$bytes" | base64 -w 0)"
}

allow=6:0:0:$((0x7fff0000))
notify=6:0:0:$((0x7fc00000))
load_number=32:0:0:0

@test "annotation run.oci.seccomp_bpf_data: in the place of the profile" {
        # mkdir: ENOSPC
        program $load_number 21:0:1:83 6:0:0:$((0x5001c)) $allow
        inside 'mkdir /tmp/new 2>&1; true'
        prints_match 'No space left on device'
        config '.linux.seccomp = {"defaultAction": "SCMP_ACT_KILL_PROCESS", "flags": []}'
        inside 'mkdir /tmp/new 2>&1; true'
        prints_match 'No space left on device'
        expect 0 tare run --detach --bundle "$BUNDLE" "$ID"
        tare delete --force "$ID"
        script 'sleep 1000'
        start
        expect 0 tare exec "$ID" sh -c 'mkdir /tmp/new 2>&1; true'
        prints_match 'No space left on device'
}

@test "annotation run.oci.seccomp_bpf_data: with a listener" {
        program $load_number 21:0:1:83 $notify $allow
        refused 'linux.seccomp.listenerPath: missing, SCMP_ACT_NOTIFY needs it'
        config '.annotations["run.oci.seccomp.receiver"] = $path' --arg path "$DIR/socket"
        agent "$DIR/socket"
        inside 'mkdir /tmp/new 2>&1; true'
        prints "$made_by_agent"
        # One that cannot be handed over: write(2), and sendmsg(2) for those that cannot write what it takes.
        program $load_number 21:1:0:1 21:0:1:46 $notify $allow
        refused 'linux.seccomp: found a filter that can stop'
}

@test "annotation run.oci.seccomp_bpf_data: what is no program" {
        config '.annotations["run.oci.seccomp_bpf_data"] = "/some/file"'
        refused 'annotations.run.oci.seccomp_bpf_data: not base64'
        config '.annotations["run.oci.seccomp_bpf_data"] = "AAAA"'
        refused 'annotations.run.oci.seccomp_bpf_data: found 3 bytes, expected 1 to 4096 instructions of 8 bytes'
        # The kernel's word.
        program $load_number
        fails tare run --bundle "$BUNDLE" "$ID"
        config '.process.noNewPrivileges = false'
        fails tare create --bundle "$BUNDLE" "$ID"
        says 'load seccomp filter of 1 instructions: invalid argument'
}

# --- what fails ---

@test "nobody listens: named before anything is made" {
        notify mkdir
        refused "connect to linux.seccomp.listenerPath \`$DIR/socket\`: no such file or directory"
        : >"$DIR/socket"
        refused "connect to linux.seccomp.listenerPath \`$DIR/socket\`: connection refused"
        config '.linux.seccomp.listenerPath = "socket"'
        refused 'linux.seccomp.listenerPath: found `socket`, expected an absolute path'
        config 'del(.linux.seccomp.listenerPath)'
        refused 'linux.seccomp.listenerPath: missing, SCMP_ACT_NOTIFY needs it'
}

@test "calls by which the listener is handed over, and every call" {
        notify mkdir write
        refused 'linux.seccomp.syscalls[0].action: SCMP_ACT_NOTIFY cannot be used for the write syscall'
        notify mkdir
        config '.linux.seccomp.defaultAction = "SCMP_ACT_NOTIFY"'
        refused 'linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be used as default action'
        config '.linux.seccomp.defaultAction = "SCMP_ACT_ERRNO"'
        refused 'linux.seccomp: found a filter that can stop'
}

@test "the agent goes without a word: create and run fail and leave nothing" {
        local pid
        notify mkdir mkdirat
        # Stopped in a hook until the connection is cut.
        mkfifo "$DIR/go"
        printf '#!/bin/sh\nread -r line <%s\n' "$DIR/go" >"$DIR/hook"
        chmod 755 "$DIR/hook"
        config '.hooks.createRuntime = [{"path": $path}]' --arg path "$DIR/hook"
        args sleep 1000
        for command in create "run --detach" run; do
                agent "$DIR/socket"
                tare $command --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>"$DIR/err" </dev/null &
                pid=$!
                soon status_is creating
                kill -KILL $AGENT
                wait $AGENT || :
                echo >"$DIR/go"
                status=0
                wait "$pid" || status=$?
                is "$status" 1
                grep -q 'linux.seccomp: send the listener to the agent: broken pipe' "$DIR/err"
                nothing_left
        done
}

@test "the command is ended while a call waits: nothing is left" {
        notify capset prctl
        config '.process.noNewPrivileges = false'
        args sleep 1000
        agent "$DIR/socket" "$DIR/never"
        # Not by the helper: the signal is for the runtime itself.
        "$TARE" --root "$ROOT" create --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>"$DIR/err" </dev/null 3>&- &
        local pid=$!
        BACKGROUND+=" $pid"
        soon test -s "$DIR/socket.state"
        kill -TERM $pid
        status=0
        wait $pid || status=$?
        is "$status" 1
        grep -q 'interrupted by signal 15' "$DIR/err"
        nothing_left
}
