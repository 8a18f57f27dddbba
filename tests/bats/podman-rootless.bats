#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# podman as a user without any privilege, with the runtime under test. The user is one of the engine's private /etc and
# has subordinate ids, but no right to any cgroup.

load podman.bash

USER_NAME=tare-rootless
USER_ID=64322
SUBORDINATE=6432200

setup_file() {
        unset ENGINE_DIR
        PODMAN_MISSING=$(engine_missing podman conmon newuidmap setpriv | paste -sd,)
        export PODMAN_MISSING STORAGE
        [ -z "$PODMAN_MISSING" ] || return 0
        engine_start rootless || { engine_stop && return 1; }
        podman_configure
        make_user
        setup_client
        PODMAN_MISSING=$(why_not_here)
        [ -n "$PODMAN_MISSING" ] || choose_storage || { engine_stop && return 1; }
}

make_user() {
        local home=$ENGINE_DIR/home runtime_dir=$ENGINE_DIR/run/user/$USER_ID
        echo "$USER_NAME:x:$USER_ID:$USER_ID::$home:/bin/sh" >>"$ENGINE_DIR/etc/passwd"
        echo "$USER_NAME:x:$USER_ID:" >>"$ENGINE_DIR/etc/group"
        echo "$USER_NAME:$SUBORDINATE:65536" | tee -a "$ENGINE_DIR/etc/subuid" >>"$ENGINE_DIR/etc/subgid"
        mkdir -p "$home" "$runtime_dir"
        chown "$USER_ID:$USER_ID" "$home" "$runtime_dir"
        chmod 700 "$runtime_dir"
        # Containers without limits: on v1 a user has none.
        sed -i 's/^pids_limit.*/pids_limit = 0/' "$ENGINE_DIR/containers.conf"
}

# What even another runtime would need.
why_not_here() {
        as_user unshare --user --map-root-user true 2>/dev/null || { echo "users may not make user namespaces here" && return; }
        as_user unshare --map-auto --map-root-user true 2>/dev/null ||
                echo "newuidmap does not work here"
}

setup_client() {
        podman_common_setup
        user_words
        PODMAN=("${ENGINE_TIMEOUT[@]}" "${AS_USER[@]}" podman --storage-driver "${STORAGE:-overlay}")
        PLACE=()
}

# Into $AS_USER: the words before a command that the user runs where the engine lives.
user_words() {
        local -a INSIDE
        engine_words
        AS_USER=("${INSIDE[@]}" setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all env "HOME=$ENGINE_DIR/home"
                "USER=$USER_NAME" "XDG_RUNTIME_DIR=/run/user/$USER_ID" "CONTAINERS_CONF=$ENGINE_DIR/containers.conf")
}

as_user() {
        "${AS_USER[@]}" "$@" 3>&-
}

teardown_file() {
        local pid
        [ -n "${ENGINE_DIR-}" ] || return 0
        # podman's own process that holds the user namespace.
        for pid in $(user_processes); do
                kill -KILL "$pid" 2>/dev/null || :
        done
        engine_stop
}

# Processes of the user and of the subordinate ids.
user_processes() {
        awk -v own="$USER_ID" -v first="$SUBORDINATE" '$1 == "Uid:" && ($2 == own || ($2 >= first && $2 < first + 65536)) {
                split(FILENAME, part, "/"); print part[3] }' /proc/[0-9]*/status 2>/dev/null || :
}

left() {
        local pid
        for pid in $(user_processes); do
                process_gone "$pid" || [ "$(cat "/proc/$pid/comm")" = catatonit ] || grep -qsz '^podman' "/proc/$pid/cmdline" ||
                        echo "$pid"
        done | processes_left
        engine_states "$ENGINE_DIR/run/user/$USER_ID/$RUNTIME_NAME" | sed 's/^/state left: /'
        podman ps --all --quiet | sed 's/^/container left: /'
}

@test "rootless podman run: output, exit status, ids" {
        expect 0 once -- echo hi
        shows hi
        expect 42 once -- sh -c 'echo out; echo err >&2; exit 42'
        shows out
        tells '^err$'
        expect 0 once -- sh -c 'id -u; awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map'
        shows "0"$'\n'"0 $USER_ID 1"$'\n'"1 $SUBORDINATE 65536"
        expect 0 once --user 1000:1000 -- sh -c 'touch /tmp/x && stat -c %u:%g /tmp/x'
        shows 1000:1000
        INPUT=<(printf 'one\ntwo') expect 0 once --interactive -- cat
        shows $'one\ntwo'
}

@test "rootless podman run: what cannot be started" {
        expect 127 once -- no-such-command
        tells 'exec: "no-such-command": executable file not found in \$PATH: OCI runtime attempted to invoke a command that was not found'
        expect 126 once -- /bin/not-executable
        tells 'permission denied: OCI permission denied'
}

@test "rootless podman run --tty" {
        INPUT=<(typed ready 'word\r') expect 9 on_terminal "${PODMAN[@]}" run --rm --interactive --tty "$IMAGE" sh -c '
                tty; test -c /dev/console && echo ready; read -r line; echo "got $line"; exit 9'
        matches '/dev/pts/0'
        matches 'got word'
}

@test "rootless podman exec, also with a terminal and as another user" {
        stays one -- sleep 1000
        expect 42 podman exec one sh -c 'echo out; exit 42'
        shows out
        expect 0 podman exec --user 1000:1000 one id -u
        shows 1000
        expect 0 podman exec --detach one sh -c 'echo here >/tmp/x'
        until_true 10 podman exec one grep -q here /tmp/x
        expect 127 podman exec one no-such-command
        INPUT=<(typed ready 'word\r') expect 9 on_terminal "${PODMAN[@]}" exec --interactive --tty one sh -c '
                tty; echo ready; read -r line; echo "got $line"; exit 9'
        matches 'got word'
}

@test "rootless podman stop, kill, logs, rm, restart" {
        stays polite -- sh -c 'trap "echo ends; exit 7" TERM; echo up; while :; do sleep 0.1; done'
        until_true 10 logged polite up
        expect 0 podman stop --time 20 polite
        ended_with polite 7
        logged polite ends
        expect 0 podman start polite
        state_is polite running
        expect 0 podman restart --time 5 polite
        state_is polite running
        expect 0 podman kill polite
        until_true 10 ended_with polite 137
        expect 0 podman rm polite
        stays goes -- sleep 1000
        local pid
        pid=$(pid_of goes)
        expect 0 podman rm --force --time 0 goes
        process_gone "$pid"
}

@test "rootless podman create, init, start" {
        podman create --name later "$IMAGE" sh -c 'echo started; exit 4' >/dev/null
        expect 0 podman init later
        expect 4 podman start --attach later
        shows started
}

@test "rootless --userns keep-id and nomap" {
        expect 0 once --userns keep-id -- id -u
        shows "$USER_ID"
        mkdir -p "$ENGINE_DIR/home/shared"
        chown "$USER_ID" "$ENGINE_DIR/home/shared"
        expect 0 once --userns keep-id --volume "$ENGINE_DIR/home/shared:/v" -- sh -c 'touch /v/x && stat -c %u /v/x'
        shows "$USER_ID"
        is "$(stat -c %u "$ENGINE_DIR/home/shared/x")" "$USER_ID"
        stays kept --userns keep-id -- sleep 1000
        expect 0 podman exec kept id -u
        shows "$USER_ID"
        expect 0 podman exec --user 0 kept id -u
        shows 0
        expect 0 once --userns nomap -- id -u
        shows 0
}

@test "rootless --read-only, --tmpfs, --volume, --cap-drop, --security-opt, --ulimit, --sysctl" {
        expect 1 once --read-only -- touch /x
        tells 'Read-only file system'
        expect 0 once --read-only --tmpfs /t:size=3m -- touch /t/x /dev/shm/x
        mkdir -p "$ENGINE_DIR/home/volume"
        chown "$USER_ID" "$ENGINE_DIR/home/volume"
        expect 0 once --volume "$ENGINE_DIR/home/volume:/v" -- touch /v/x
        is "$(stat -c %u "$ENGINE_DIR/home/volume/x")" "$USER_ID"
        expect 1 once --volume "$ENGINE_DIR/home/volume:/v:ro" -- touch /v/y
        expect 0 once --cap-drop ALL -- grep CapEff /proc/self/status
        shows $'CapEff:\t0000000000000000'
        expect 0 once --security-opt no-new-privileges -- grep NoNewPrivs /proc/self/status
        shows $'NoNewPrivs:\t1'
        expect 0 once -- grep Seccomp: /proc/self/status
        shows $'Seccomp:\t2'
        expect 0 once --ulimit nofile=100:200 --ulimit nproc=1000:1000 -- sh -c 'ulimit -Sn; ulimit -Hn'
        shows $'100\n200'
        expect 0 once --sysctl net.ipv4.ip_unprivileged_port_start=0 -- cat /proc/sys/net/ipv4/ip_unprivileged_port_start
        shows 0
}

@test "rootless --privileged, --device, --network host, --pid host" {
        expect 0 once --privileged -- mount -t tmpfs none /tmp
        expect 0 once --device /dev/full:/dev/special -- test -c /dev/special
        expect 0 once --network host -- true
        expect 0 once --pid host -- readlink /proc/self/ns/pid
        shows "$(readlink "/proc/$ENGINE_HOLDER/ns/pid")"
        stays polite --pid host -- sh -c 'trap "echo ends; exit 7" TERM; echo up; while :; do sleep 0.1; done'
        until_true 10 logged polite up
        expect 0 podman stop --time 20 polite
        ended_with polite 7
}

@test "rootless --group-add keep-groups" {
        [ "$RUNTIME_NAME" != runc ] || skip "runc does not know the annotation"
        PODMAN=("${PODMAN[@]/#--clear-groups/--groups=4711,4712}")
        expect 0 once --group-add keep-groups -- grep Groups: /proc/self/status
        matches '65534 65534'
}

@test "rootless pods" {
        podman pod create --name pod --network none >/dev/null
        podman run --detach --pod pod --name serves "$IMAGE" sh -c 'while :; do echo hello | nc -l -p 8080 127.0.0.1; done' >/dev/null
        expect 0 podman run --rm --pod pod "$IMAGE" \
                sh -c 'for i in 1 2 3 4 5 6 7 8 9; do nc -w 2 127.0.0.1 8080 </dev/null && break; sleep 0.2; done'
        shows hello
        expect 0 podman pod stop --time 1 pod
        ended_with serves 137
        expect 0 podman pod start pod
        state_is serves running
        expect 0 podman pod rm --force --time 0 pod
}

@test "rootless podman build" {
        printf 'FROM %s\nRUN echo built >/made\nUSER 1000\nRUN id -u >/tmp/id\n' "$IMAGE" >"$ENGINE_DIR/home/Containerfile"
        expect 0 podman build --runtime "$RUNTIME" --isolation oci --network none --tag localhost/built "$ENGINE_DIR/home"
        expect 0 podman run --rm localhost/built cat /made /tmp/id
        shows $'built\n1000'
        expect 0 podman rmi localhost/built
}
