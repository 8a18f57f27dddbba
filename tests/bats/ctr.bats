#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# containerd and its shim with the runtime under test, driven by ctr: what Kubernetes has below its own layer. One
# containerd for the file; its namespace is the cgroup of the file. Every test ends with its containers removed and the
# proof that no process, cgroup or state of them is left.

load engine.bash

IMAGE=docker.io/library/busybox:latest

setup_file() {
        unset ENGINE_DIR ENGINE_PID
        CTR_MISSING=$(engine_missing containerd ctr containerd-shim-runc-v2 | paste -sd,)
        export CTR_MISSING
        [ -z "$CTR_MISSING" ] || return 0
        if ! engine_start ctr || ! start_containerd; then
                tail --verbose --lines=15 "$ENGINE_DIR"/*.log
                engine_stop ${ENGINE_PID:-}
                return 1
        fi
        engine_mounts >"$ENGINE_DIR/mounts.before"
}

start_containerd() {
        printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' >"$ENGINE_DIR/containerd.toml"
        local -a INSIDE
        engine_words
        "${INSIDE[@]}" containerd --config "$ENGINE_DIR/containerd.toml" --root "$ENGINE_DIR/containerd" \
                --state /run/containerd --address /run/containerd/containerd.sock >"$ENGINE_DIR/containerd.log" 2>&1 3>&- &
        export ENGINE_PID=$!
        until_true 20 test -S "$ENGINE_DIR/run/containerd/containerd.sock" || return 1
        setup_client
        make_archive | ctr images import - >/dev/null
}

# An image of one layer in the OCI layout, as a tar on stdout.
make_archive() {
        local layout=$ENGINE_DIR/layout layer config manifest
        mkdir -p "$layout/blobs/sha256"
        rootfs_tar >"$layout/layer"
        layer=$(add_blob "$layout" <"$layout/layer")
        config=$(jq --null-input --arg layer "sha256:$layer" '{ architecture: "amd64", os: "linux",
                config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: ["sh"] },
                rootfs: { type: "layers", diff_ids: [$layer] } }' | add_blob "$layout")
        manifest=$(jq --null-input --argjson config "$(descriptor "$layout" "$config" image.config.v1+json)" \
                --argjson layer "$(descriptor "$layout" "$layer" image.layer.v1.tar)" \
                '{ schemaVersion: 2, config: $config, layers: [$layer] }' | add_blob "$layout")
        jq --null-input --argjson manifest "$(descriptor "$layout" "$manifest" image.manifest.v1+json)" --arg name "$IMAGE" \
                '{ schemaVersion: 2, manifests: [$manifest + { annotations: { "io.containerd.image.name": $name } }] }' \
                >"$layout/index.json"
        echo '{ "imageLayoutVersion": "1.0.0" }' >"$layout/oci-layout"
        tar --directory "$layout" --create oci-layout index.json blobs
}

add_blob() {
        local digest
        cat >"$1/blob"
        digest=$(sha256sum <"$1/blob" | cut -d' ' -f1)
        mv "$1/blob" "$1/blobs/sha256/$digest"
        echo "$digest"
}

descriptor() {
        jq --null-input --arg digest "sha256:$2" --arg type "application/vnd.oci.$3" \
                --argjson size "$(stat -c %s "$1/blobs/sha256/$2")" '{ mediaType: $type, digest: $digest, size: $size }'
}

teardown_file() {
        [ -z "${ENGINE_DIR-}" ] || engine_stop "$ENGINE_PID"
}

setup_client() {
        local -a INSIDE
        RUNTIME=$(engine_runtime)
        engine_words
        CTR=("${ENGINE_TIMEOUT[@]}" "${INSIDE[@]}" ctr --address /run/containerd/containerd.sock --namespace "$ENGINE_CGROUP")
        RUN=(run --runc-binary "$RUNTIME")
        # ctr asks for a share of the CPU unless told not to.
        has_controller cpu || RUN+=(--cpu-shares 0)
}

ctr() {
        "${CTR[@]}" "$@" 3>&-
}

setup() {
        [ -z "$CTR_MISSING" ] || skip "$CTR_MISSING"
        setup_client
        SCREEN=$BATS_TEST_TMPDIR/screen
        LOG=$BATS_TEST_TMPDIR/log
        N=$BATS_TEST_NUMBER
}

teardown() {
        [ -n "${ENGINE_DIR-}" ] || return 0
        remove_containers
        nothing_left || {
                tail --lines=10 "$ENGINE_DIR/containerd.log"
                return 1
        }
}

remove_containers() {
        local id
        for id in $(ctr tasks list --quiet); do
                ctr tasks delete --force "$id" >/dev/null 2>&1 || :
        done
        for id in $(ctr containers list --quiet); do
                ctr containers delete "$id" || :
        done
}

left() {
        engine_processes | processes_left
        engine_cgroups | grep "$ENGINE_CGROUP/" | sed 's/^/cgroup left: /' || :
        engine_states "$ENGINE_DIR/run/containerd/runc/$ENGINE_CGROUP" | sed 's/^/state left: /'
        ctr containers list --quiet | sed 's/^/container left: /'
}

# once [OPTION...] -- COMMAND...: a container of its own in the foreground.
once() {
        local -a options=()
        while [ "$1" != -- ]; do
                options+=("$1")
                shift
        done
        shift
        ctr "${RUN[@]}" --rm "${options[@]}" "$IMAGE" "once-$N" "$@"
}

# stays ID [OPTION...] -- COMMAND...: a container in the background whose output goes to $LOG. Its pid is left in $pid.
stays() {
        local id=$1
        local -a options=()
        shift
        while [ "$1" != -- ]; do
                options+=("$1")
                shift
        done
        shift
        ctr "${RUN[@]}" --detach --log-uri "file://$LOG" "${options[@]}" "$IMAGE" "$id" "$@"
        find_pid "$id"
}

find_pid() {
        pid=$(ctr tasks list | awk -v id="$1" '$1 == id { print $2 }')
}

# own_config ID SCRIPT FILTER: a config for `ctr run --config $OWN ID`, for what ctr has no option.
own_config() {
        OWN=$BATS_TEST_TMPDIR/own.json
        "$RUNTIME" spec --bundle "$BATS_TEST_TMPDIR"
        jq --arg rootfs "$ENGINE_DIR/rootfs" --arg cgroup "/$ENGINE_CGROUP/$1" --arg script "$2" \
                ".root.path = \$rootfs | .process.terminal = false | .linux.cgroupsPath = \$cgroup
                | .process.args = [\"sh\", \"-c\", \$script] | $3" "$BATS_TEST_TMPDIR/config.json" >"$OWN"
}

in_task() {
        ctr tasks exec --exec-id "exec-$N-$((++executed))" "$@"
}

# deleted STATUS [--force] ID: the task is removed, and ctr tells how it had ended.
deleted() {
        local wanted=$1
        shift
        expect 0 ctr tasks delete "$@"
        tells "exit with non-zero exit code $wanted"
}

task_is() {
        ctr tasks list | grep -qE "^$1 +[0-9]+ +$2"
}

logged() {
        grep -q "$1" "$LOG"
}

# The cgroup file of a container: by controller and name on v1, by name on v2.
cgroup_file() {
        if [ "$(stat --file-system --format %T /sys/fs/cgroup)" = cgroup2fs ]; then
                echo "/sys/fs/cgroup/$ENGINE_CGROUP/$1/$4"
        else
                echo "/sys/fs/cgroup/$2/$ENGINE_CGROUP/$1/$3"
        fi
}

# --- in the foreground ---

@test "ctr run: output, stdin and exit status" {
        expect 0 once -- echo hi
        shows hi
        expect 0 once -- sh -c 'echo out; echo err >&2'
        shows out
        tells '^err$'
        # ctr 1.6 misses an end of its input that comes before its task.
        INPUT=<(sleep 0.5; printf 'one\ntwo') expect 0 once -- cat
        shows $'one\ntwo'
        expect 42 once -- sh -c 'exit 42'
        expect 255 once -- sh -c 'exit 255'
}

@test "ctr run: large output arrives complete" {
        expect 0 once -- sh -c 'dd if=/dev/zero bs=64k count=64 2>/dev/null | tr "\0" x'
        [ "${#output}" -eq $((64 * 65536)) ]
}

@test "ctr run --tty: a terminal, its size, what is typed and the exit status" {
        INPUT=<(typed ready 'word\r') expect 9 on_terminal "${CTR[@]}" "${RUN[@]}" --rm --tty "$IMAGE" "terminal-$N" sh -c '
                for i in 1 2 3 4 5 6 7 8 9; do [ "$(stty size)" = "33 101" ] && break; sleep 0.2; done
                stty size; tty; test -c /dev/console && echo ready; read -r line; echo "got $line"; exit 9'
        matches '33 101'
        matches '/dev/pts/0'
        matches 'got word'
}

@test "ctr run --tty: control-C" {
        INPUT=<(typed ready '\003') expect 130 on_terminal "${CTR[@]}" "${RUN[@]}" --rm --tty "$IMAGE" "terminal-$N" \
                sh -c 'trap "exit 130" INT; echo ready; while :; do sleep 0.1; done'
}

# --- errors ---

@test "ctr run: what cannot be started, in the runtime's own words" {
        fails once -- no-such-command
        tells 'ctr: failed to create shim task: OCI runtime create failed: .*exec: "no-such-command": executable file not found in \$PATH'
        fails once -- /no/such/file
        tells 'exec: "/no/such/file": stat /no/such/file: no such file or directory'
        fails once -- /bin/not-executable
        tells 'exec: "/bin/not-executable": permission denied'
        fails once -- /etc
        tells 'exec: "/etc": (permission denied|is a directory)'
        fails once --cwd /etc/passwd -- true
        tells 'not a directory'
        fails once --mount type=bind,src=/no/such/source,dst=/x,options=rbind -- true
        tells 'no such file or directory'
}

@test "ctr run: an interpreter that is missing" {
        fails once -- no-interpreter
        tells 'no such file or directory'
}

# --- in the background ---

@test "ctr run --detach, tasks list, kill, delete twice" {
        stays one -- sleep 1000
        [ -d "/proc/$pid" ]
        task_is one RUNNING
        fails ctr tasks delete one
        tells 'must be stopped before deletion|failed precondition'
        expect 0 ctr tasks kill --signal KILL one
        until_true 10 task_is one STOPPED
        process_gone "$pid"
        # A signal to what has ended: not found, and the task is still there to be deleted.
        fails ctr tasks kill one
        tells 'not found|process already finished'
        deleted 137 one
        fails ctr tasks delete one
        tells 'not found'
        expect 0 ctr containers delete one
        fails ctr containers delete one
        tells 'not found'
}

@test "ctr tasks kill: signals by name and number, SIGTERM unless named" {
        stays hears -- sh -c 'trap "echo usr1" USR1; trap "echo hup" HUP; trap "echo term; exit 3" TERM
                echo up; while :; do sleep 0.1; done'
        until_true 10 logged up
        expect 0 ctr tasks kill --signal USR1 hears
        until_true 10 logged usr1
        expect 0 ctr tasks kill -s 1 hears
        until_true 10 logged hup
        expect 0 ctr tasks kill hears
        until_true 10 task_is hears STOPPED
        logged term
        deleted 3 hears
}

@test "ctr tasks kill --all reaches every process" {
        stays many -- sh -c 'sh -c "trap \"echo child; exit\" USR1; echo up; while :; do sleep 0.1; done" &
                trap "echo first" USR1; while :; do sleep 0.1; done'
        until_true 10 logged up
        expect 0 ctr tasks kill --all --signal USR1 many
        until_true 10 logged child
        until_true 10 logged first
        expect 0 ctr tasks kill --all --signal KILL many
        until_true 10 task_is many STOPPED
}

@test "ctr tasks delete --force of a running task" {
        stays goes -- sleep 1000
        deleted 137 --force goes
        process_gone "$pid"
}

# --- more processes ---

@test "ctr tasks exec: output, stdin, exit status" {
        stays one -- sleep 1000
        expect 0 in_task one echo hi
        shows hi
        expect 42 in_task one sh -c 'echo out; echo err >&2; exit 42'
        shows out
        tells '^err$'
        INPUT=<(sleep 0.5; printf 'one\ntwo') expect 0 in_task one cat
        shows $'one\ntwo'
        expect 0 in_task --cwd /tmp one pwd
        shows /tmp
        expect 0 in_task --user 1000:2000 one id
        matches '^uid=1000\(user\) gid=2000\(extra\)'
        expect 0 in_task --user user one id -u
        shows 1000
        expect 0 in_task one ps
        matches 'sleep 1000'
        expect 0 in_task one sh -c 'ls /proc/self/fd | wc -l'
        # 0, 1, 2 and the directory itself.
        shows 4
}

@test "ctr tasks exec: what cannot be started" {
        stays one -- sleep 1000
        fails in_task one no-such-command
        tells 'OCI runtime exec failed: .*exec: "no-such-command": executable file not found in \$PATH'
        fails in_task one /bin/not-executable
        tells 'permission denied'
        task_is one RUNNING
}

@test "ctr tasks exec --tty" {
        stays one -- sleep 1000
        INPUT=<(typed ready 'word\r') expect 9 on_terminal "${CTR[@]}" tasks exec --exec-id "e-$N" --tty one sh -c '
                for i in 1 2 3 4 5 6 7 8 9; do [ "$(stty size)" = "33 101" ] && break; sleep 0.2; done
                stty size; tty; echo ready; read -r line; echo "got $line"; exit 9'
        matches '33 101'
        matches '/dev/pts/'
        matches 'got word'
}

@test "ctr tasks exec --detach, and a signal to that process alone" {
        stays one -- sleep 1000
        expect 0 ctr tasks exec --detach --log-uri "file://$BATS_TEST_TMPDIR/exec.log" --exec-id two one \
                sh -c 'trap "echo heard; exit" USR1; echo up; while :; do sleep 0.1; done'
        until_true 10 grep -q up "$BATS_TEST_TMPDIR/exec.log"
        expect 0 ctr tasks kill --exec-id two --signal USR1 one
        until_true 10 grep -q heard "$BATS_TEST_TMPDIR/exec.log"
        task_is one RUNNING
}

@test "ctr tasks ps lists the processes by their pids on the host" {
        stays one -- sh -c 'sleep 1001 & sleep 1000; true'
        until_true 10 eval '[ "$(wc -w <"/proc/$pid/task/$pid/children")" -eq 2 ]'
        expect 0 ctr tasks ps one
        is "$(awk 'NR > 1 { print $1 }' <<<"$output" | sort -n | xargs)" \
                "$({ echo "$pid"; xargs -n 1 <"/proc/$pid/task/$pid/children"; } | sort -n | xargs)"
}

@test "ctr tasks pause, resume" {
        stays one -- sh -c 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.05; done'
        until_true 10 logged 3
        expect 0 ctr tasks pause one
        task_is one PAUSED
        local before
        before=$(wc -l <"$LOG")
        sleep 0.3
        [ "$(wc -l <"$LOG")" -eq "$before" ]
        fails in_task one true
        expect 0 ctr tasks resume one
        task_is one RUNNING
        until_true 10 eval '[ "$(wc -l <"$LOG")" -gt "$before" ]'
}

@test "a paused task can be killed and deleted" {
        stays one -- sleep 1000
        expect 0 ctr tasks pause one
        expect any ctr tasks kill --signal KILL one
        expect any ctr tasks resume one
        until_true 10 task_is one STOPPED
        deleted 137 one
}

@test "ctr tasks metrics" {
        stays one -- sleep 1000
        needs_controller memory
        expect 0 ctr tasks metrics --format json one
        jq -e '.. | objects | select(has("usage")) | .usage' <<<"$output" >/dev/null
}

# --- limits and rights ---

@test "ctr run --memory-limit, --cpus" {
        needs_controller memory
        stays one --memory-limit 67108864 --cpus 0.5 -- sleep 1000
        expect 0 cat "$(cgroup_file one memory memory.limit_in_bytes memory.max)"
        shows 67108864
        needs_controller cpu
        expect 0 cat "$(cgroup_file one cpu cpu.cfs_quota_us cpu.max)"
        matches '^50000'
}

@test "memory beyond the limit ends the container with 137" {
        needs_controller memory
        expect 137 once --memory-limit 16777216 -- sh -c 'exec dd if=/dev/zero of=/dev/null bs=64M count=1'
}

@test "ctr run --seccomp: the default profile and one of our own" {
        expect 0 once -- grep Seccomp: /proc/self/status
        shows $'Seccomp:\t0'
        expect 0 once --seccomp -- grep Seccomp: /proc/self/status
        shows $'Seccomp:\t2'
        cat >"$BATS_TEST_TMPDIR/profile.json" <<'END'
{ "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [ { "names": [ "mkdir", "mkdirat" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 95 } ] }
END
        expect 1 once --seccomp --seccomp-profile "$BATS_TEST_TMPDIR/profile.json" -- mkdir /tmp/x
        tells 'Not supported|not supported'
}

@test "a config of one's own: resource limits of the process" {
        own_config own 'ulimit -Sn; ulimit -Hn; ulimit -c' \
                '.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 100, hard: 200 }, { type: "RLIMIT_CORE", soft: 0, hard: 0 }]'
        expect 0 ctr "${RUN[@]}" --rm --config "$OWN" own
        shows $'100\n200\n0'
}

@test "ctr run: --env, --cwd, --read-only, --mount, --cap-drop, --privileged" {
        expect 0 once --env A=b --cwd /tmp -- sh -c 'echo $A; pwd'
        shows $'b\n/tmp'
        expect 1 once --read-only -- touch /x
        tells 'Read-only file system'
        echo from-host >"$BATS_TEST_TMPDIR/file"
        expect 0 once --mount "type=bind,src=$BATS_TEST_TMPDIR,dst=/mnt,options=rbind:ro" -- cat /mnt/file
        shows from-host
        expect 1 once --mount "type=bind,src=$BATS_TEST_TMPDIR,dst=/mnt,options=rbind:ro" -- touch /mnt/new
        tells 'Read-only file system'
        expect 1 once --cap-drop CAP_CHOWN -- chown 1:1 /tmp
        tells 'ot permitted'
        expect 0 once --privileged -- mount -t tmpfs none /tmp
}

@test "a config of one's own: a user namespace" {
        # ctr --uidmap runs runc, whatever --runc-binary says.
        own_config own 'id -u; cat /proc/self/uid_map' '.linux.namespaces += [{ type: "user" }]
                | .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }] | .linux.gidMappings = .linux.uidMappings'
        expect 0 ctr "${RUN[@]}" --rm --config "$OWN" own
        matches '^0'$'\n''[[:space:]]*0 +100000 +65536$'
}

# --- namespaces that containers share ---

namespace_of() {
        readlink "/proc/$1/ns/$2"
}

# second NAMESPACE...: a container that joins these of the first, whose pid is in $first.
second() {
        local type
        local -a options=()
        for type; do
                options+=(--with-ns "$type:/proc/$first/ns/${type/network/net}")
        done
        stays second "${options[@]}" -- sleep 1000
        for type; do
                [ "$(namespace_of "$pid" "${type/network/net}")" = "$(namespace_of "$first" "${type/network/net}")" ]
        done
}

@test "two containers share pid, network, ipc and uts namespaces" {
        stays first -- sleep 1001
        first=$pid
        second pid network ipc uts
        [ "$(namespace_of "$pid" mnt)" != "$(namespace_of "$first" mnt)" ]
        expect 0 in_task second ps
        matches 'sleep 1001'
        expect 0 in_task first ps
        matches 'sleep 1000'
        # The end of the first one is the end of the pid namespace.
        expect 0 ctr tasks kill --signal KILL first
        until_true 10 task_is first STOPPED
        until_true 10 task_is second STOPPED
        deleted 137 second
        deleted 137 first
}

@test "a container outlives the one whose network, ipc and uts namespaces it has" {
        stays first -- sleep 1001
        first=$pid
        second network ipc uts
        expect 0 ctr tasks kill --signal KILL first
        until_true 10 task_is first STOPPED
        deleted 137 first
        task_is second RUNNING
        expect 0 in_task second echo alive
        shows alive
        expect 0 ctr tasks kill --signal KILL second
        until_true 10 task_is second STOPPED
}

@test "containers of one sandbox have one shim" {
        stays first --annotation io.containerd.runc.v2.group=pod -- sleep 1001
        first=$pid
        stays second --annotation io.containerd.runc.v2.group=pod -- sleep 1000
        [ "$(awk '$1 == "PPid:"' "/proc/$first/status")" = "$(awk '$1 == "PPid:"' "/proc/$pid/status")" ]
        deleted 137 --force second
        task_is first RUNNING
        deleted 137 --force first
}

# on_host_pids ID SCRIPT: a container in the background without a pid namespace of its own.
on_host_pids() {
        own_config "$1" "$2" '.linux.namespaces |= map(select(.type != "pid"))'
        ctr "${RUN[@]}" --detach --log-uri "file://$LOG" --config "$OWN" "$1"
        find_pid "$1"
}

@test "the pid namespace of the host: all processes end with the first" {
        on_host_pids one 'sleep 1001 & sleep 1002 & echo up; exec sleep 1000'
        until_true 10 logged up
        [ "$(namespace_of "$pid" pid)" = "$(namespace_of $$ pid)" ]
        expect 0 ctr tasks kill --signal KILL one
        until_true 10 task_is one STOPPED
        deleted 137 one
        # That the others are gone, teardown sees.
}

@test "the pid namespace of the host: kill --all" {
        on_host_pids one 'sh -c "trap \"echo child; exit\" TERM; echo up; while :; do sleep 0.1; done" &
                trap "" TERM; while :; do sleep 0.1; done'
        until_true 10 logged up
        expect 0 ctr tasks kill --all --signal TERM one
        until_true 10 logged child
        task_is one RUNNING
}

# --- when a part dies ---

@test "a task whose shim was killed can be removed" {
        stays orphan -- sleep 1000
        local shim
        shim=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
        grep -qz containerd-shim "/proc/$shim/cmdline"
        kill -KILL "$shim"
        # containerd cleans up by the runtime's `delete --force`, which has to end the process, too.
        until_true 20 process_gone "$pid"
        expect any ctr tasks delete --force orphan
        expect 0 ctr containers delete orphan
}

@test "a short-lived task, thirty times" {
        local i
        for i in $(seq 30); do
                expect 7 once -- sh -c 'exit 7'
        done
}

@test "no mount is left behind" {
        is "$(engine_mounts_left)" ""
}
