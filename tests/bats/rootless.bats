#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A caller who is not root: their own user namespace, their own runtime directory, and no right to any cgroup.

load helpers

# Nobody has this id.
USER_ID=64321

setup() {
        common_setup
        [ "$(cat /proc/sys/user/max_user_namespaces)" -gt 0 ] || skip "no user namespaces here"
        is_allowed || skip "users may not make user namespaces here"
        need_system_call mount_setattr
        (cd "$DIR" && "$TARE" spec --rootless)
        jq --argjson id "$USER_ID" '.process.terminal = false | .process.args = ["sleep", "1000"]
                | .linux.uidMappings[0].hostID = $id | .linux.gidMappings[0].hostID = $id' "$DIR/config.json" >"$BUNDLE/config.json"
        mkdir "$ROOT"
        chown -R "$USER_ID:$USER_ID" "$BUNDLE" "$ROOT"
        chmod 755 "$BUNDLE"
}

# With $EXEC it takes the place of the shell, for a process in the background that $! is to mean.
as_user() {
        ${EXEC+exec} setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all "$@" 3>&-
}

is_allowed() {
        as_user unshare --user --map-root-user true 2>/dev/null
}

# The runtime under test as that user.
mine() {
        as_user timeout --foreground --kill-after=5 60 env -i PATH="$PATH" \
                "ASAN_OPTIONS=${ASAN_OPTIONS-}" "UBSAN_OPTIONS=${UBSAN_OPTIONS-}" "$TARE" --root "$ROOT" "$@"
}

@test "a user's container: run, exec, kill, delete" {
        expect 0 mine run --detach --bundle "$BUNDLE" "$ID"
        [ -z "$(left_cgroups)" ]
        expect 0 mine exec "$ID" id -u
        prints 0
        expect 7 mine exec "$ID" sh -c 'exit 7'
        expect 0 mine state "$ID"
        is "$(jq -r '.status' <<<"$output")" running
        expect 0 mine kill "$ID" KILL
        expect 0 soon eval '[ "$(mine state "$ID" | jq -r .status)" = stopped ]'
        expect 0 mine delete "$ID"
}

@test "init is ahead of the stage that made it, in a user namespace that is joined" {
        only_tare "older versions want the mappings again"
        command -v strace >/dev/null || skip "no strace here"
        as_user unshare --user --map-root-user sh -c 'echo $$ >"$1"; exec sleep 1000' sh "$BUNDLE/holder" &
        soon test -s "$BUNDLE/holder"
        BACKGROUND="$! $(cat "$BUNDLE/holder")"
        config '.linux |= (del(.uidMappings, .gidMappings)
                | .namespaces |= map(if .type == "user" then .path = $path else . end))
                | del(.process.rlimits, .process.oomScoreAdj) | .process.args = ["echo", "ran"]' \
                --arg path "/proc/$(cat "$BUNDLE/holder")/ns/user"
        expect 0 as_user timeout --kill-after=1 20 strace --follow-forks --quiet=all --output=/dev/null \
                --inject=clone,clone3:delay_exit=300000 "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
        prints ran
}

@test "the state of a user is below XDG_RUNTIME_DIR" {
        only_tare "another default root"
        args true
        expect 0 as_user env XDG_RUNTIME_DIR="$ROOT" "$TARE" create --bundle "$BUNDLE" "$ID"
        [ -e "$ROOT/tare/$ID/state.json" ]
        is "$(stat --format "%a %u" "$ROOT/tare")" "1700 $USER_ID"
        expect 0 as_user env XDG_RUNTIME_DIR="$ROOT" "$TARE" delete --force "$ID"
}

@test "device rules are not a user's to set, and no error" {
        config '.linux.resources.devices = [{ allow: false, access: "rwm" }] | .process.args = ["id", "-u"]'
        expect 0 mine run --bundle "$BUNDLE" "$ID"
        prints 0
        says_nothing
}

@test "a limit that the user may not have is an error" {
        need_v1
        config '.linux.resources.memory.limit = 100000000'
        expect 1 mine run --bundle "$BUNDLE" "$ID"
        says "memory"
        [ "$RUNTIME" != tare ] || says 'linux.resources.memory.limit: 100000000 needs the cgroup controller "memory", which is not available'
        [ -z "$(left_cgroups)" ]
}

@test "a cgroup that is asked for by name and that the user may not make is an error" {
        config '.linux.cgroupsPath = $path' --arg path "/$ID"
        expect 1 mine run --bundle "$BUNDLE" "$ID"
        says "permission denied"
        [ -z "$(left_cgroups)" ]
}

# A cgroup in every hierarchy that is the user's, with one in it that the runtime is in. What a user needs and no more:
# cgroup v2, "Delegation Containment"; on v1 there are no such rules, and the container is below.
delegate() {
        local file parent
        for parent in $(delegated); do
                mkdir -p "$parent/own"
                # On v1 a cgroup without processors takes no process; on v2 empty means those above.
                for file in cpuset.cpus cpuset.mems; do
                        [ "$CGROUP_VERSION" = 1 ] || continue
                        [ ! -e "$parent/$file" ] || [ -n "$(cat "$parent/$file")" ] || cat "${parent%/*}/$file" >"$parent/$file"
                        [ ! -e "$parent/own/$file" ] || cat "$parent/$file" >"$parent/own/$file"
                done
                for file in "" /cgroup.procs /cgroup.threads /cgroup.subtree_control /tasks; do
                        [ ! -e "$parent$file" ] || chown "$USER_ID" "$parent$file"
                        [ ! -e "$parent/own$file" ] || chown "$USER_ID" "$parent/own$file"
                done
        done
}

# Their paths; not with $ID in them, for they stay until the container is gone.
delegated() {
        local mount
        if [ "$CGROUP_VERSION" = 2 ]; then
                echo "/sys/fs/cgroup/delegated-${ID#bats-}"
                return
        fi
        for mount in $(awk '$3 ~ /^cgroup2?$/ && $2 ~ "^/sys/fs/cgroup/" { print $2 }' /proc/mounts); do
                echo "$mount/delegated-${ID#bats-}"
        done
}

undelegate() {
        local parent
        for parent in $(delegated); do
                [ ! -d "$parent" ] || find "$parent" -depth -type d -exec rmdir {} +
        done
}

teardown() {
        local failed=0
        # Below XDG_RUNTIME_DIR the state is one folder deeper.
        [ ! -d "$ROOT/tare/$ID" ] || "$TARE" --root "$ROOT/tare" delete --force "$ID" || failed=1
        [ ! -d "$ROOT/tare" ] || rmdir "$ROOT/tare" || failed=1
        common_teardown || failed=1
        undelegate && return "$failed"
}

# Only in $(...): the shell itself goes there.
from_delegated() {
        local parent
        for parent in $(delegated); do
                echo "$BASHPID" >"$parent/own/cgroup.procs"
        done
        mine "$@"
}

# expect from the delegated cgroup.
expect_delegated() {
        local status=0 wanted=$1
        shift
        (from_delegated "$@") >"$DIR/out" 2>"$DIR/err" </dev/null || status=$?
        output=$(cat "$DIR/out") errors=$(cat "$DIR/err")
        [ "$status" -eq "$wanted" ] || complain "exit status $status, expected $wanted: $*"
}

# Where the container is below what is delegated.
own_place() {
        if [ "$CGROUP_VERSION" = 2 ]; then
                echo "/sys/fs/cgroup/delegated-${ID#bats-}/$ID"
        else
                echo "/sys/fs/cgroup/$1/delegated-${ID#bats-}/own/$ID"
        fi
}

@test "a cgroup that is delegated to the user is used" {
        local pid
        delegate
        expect_delegated 0 run --detach --bundle "$BUNDLE" "$ID"
        says_nothing
        expect_delegated 0 state "$ID"
        pid=$(jq .pid <<<"$output")
        grep -qx "$pid" "$(own_place freezer)/cgroup.procs"
        grep -qx "$pid" "$(own_place pids)/cgroup.procs"
        expect_delegated 0 exec "$ID" cat /proc/self/cgroup
        # On v2 the config of `spec --rootless` has a cgroup namespace.
        if [ "$CGROUP_VERSION" = 2 ]; then
                prints_line 0::/
        else
                prints_match "/delegated-.*/own/$ID$"
        fi
        expect_delegated 0 exec --detach "$ID" sleep 1000
        expect 0 mine ps --format json "$ID"
        is "$(jq length <<<"$output")" 2
        expect 0 mine pause "$ID"
        expect 0 mine state "$ID"
        is "$(jq -r .status <<<"$output")" paused
        expect 0 mine resume "$ID"
        expect 0 mine events --stats "$ID"
        is "$(jq -r .type <<<"$output")" stats
        expect 0 mine kill --all "$ID" KILL
        expect 0 soon eval '[ "$(mine state "$ID" | jq -r .status)" = stopped ]'
        expect 0 mine delete "$ID"
        [ -z "$(left_cgroups)" ]
}

@test "exec from where the user may not move processes" {
        need_v2
        delegate
        expect_delegated 0 run --detach --bundle "$BUNDLE" "$ID"
        expect 255 mine exec "$ID" true
        says "permission denied"
        [ "$RUNTIME" != tare ] || says "from a cgroup outside of what is delegated, into \`$(own_place)\`"
        expect_delegated 0 delete --force "$ID"
}

@test "limits in a delegated cgroup, and their update" {
        local file
        need_controller pids
        delegate
        file=$(own_place pids)/pids.max
        config '.linux.resources = { pids: { limit: 77 } }'
        expect_delegated 0 run --detach --bundle "$BUNDLE" "$ID"
        is "$(cat "$file")" 77
        expect_delegated 0 update --pids-limit 78 "$ID"
        is "$(cat "$file")" 78
        expect_delegated 0 delete --force "$ID"
        [ -z "$(left_cgroups)" ]
}

@test "a delegated cgroup by its name" {
        delegate
        config '.linux.cgroupsPath = $path' --arg path "/delegated-${ID#bats-}/$ID"
        expect_delegated 0 run --detach --bundle "$BUNDLE" "$ID"
        [ -d "/sys/fs/cgroup/$([ "$CGROUP_VERSION" = 2 ] || echo freezer)/delegated-${ID#bats-}/$ID" ]
        expect_delegated 0 delete --force "$ID"
        [ -z "$(left_cgroups)" ]
}

@test "CVE-2023-25809: the container cannot change the user's cgroups" {
        local change
        delegate
        # As the same user, who may make directories there, and with as much as `spec --rootless` shows.
        config '.process.args = ["sh", "-c", "find /sys/fs/cgroup -name \($name) | while read -r cgroup; do echo found; mkdir $cgroup/own/made; done; true"]' \
                --arg name "delegated-${ID#bats-}"
        # With and without a namespace of cgroups.
        for change in '.linux.namespaces |= map(select(.type != "cgroup")) + [{type: "cgroup"}]' '.linux.namespaces |= map(select(.type != "cgroup"))'; do
                config "$change"
                expect_delegated 0 run --bundle "$BUNDLE" "$ID"
                prints_line found
                says "Read-only file system"
                not grep -v "Read-only file system" "$DIR/err"
        done
}

@test "what a user cannot do without a cgroup is an error that says so" {
        expect 0 mine run --detach --bundle "$BUNDLE" "$ID"
        expect 1 mine pause "$ID"
        says cgroup
        expect 1 mine update --pids-limit 5 "$ID"
        says pids
        expect 1 mine ps "$ID"
        says "the container is not using cgroups"
        expect 0 mine delete --force "$ID"
}

@test "--rootless says whether to do without a cgroup" {
        expect 1 mine --rootless=false run --bundle "$BUNDLE" "$ID"
        says "permission denied"
        [ -z "$(left_cgroups)" ]
        config '.process.args = ["true"]'
        expect 0 mine --rootless=TRUE run --bundle "$BUNDLE" "$ID"
        expect 0 mine --rootless=1 run --bundle "$BUNDLE" "$ID"
        expect 0 mine --rootless= run --bundle "$BUNDLE" "$ID"
        expect 1 mine --rootless=perhaps run --bundle "$BUNDLE" "$ID"
        [ "$RUNTIME" != tare ] || says '--rootless: found `perhaps`, expected true, false or auto'
}

@test "root's container, seen by a user" {
        local command
        rmdir "$ROOT"
        jq --arg path "/$ID" '.linux.cgroupsPath = $path | .process.args = ["sleep", "1000"]' "$BATS_FILE_TMPDIR/base.json" >"$BUNDLE/config.json"
        tare run --detach --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>&1
        for command in "state $ID" "kill $ID KILL" "delete --force $ID" "ps $ID" "pause $ID" "list" "create --bundle $BUNDLE other"; do
                # Words of a command.
                # shellcheck disable=SC2086
                expect 1 mine $command
                says "permission denied"
        done
        expect 255 mine exec "$ID" true
        says "permission denied"
        is "$(status_of)" running
        # As an administrator might leave it.
        chmod 755 "$ROOT" "$ROOT/$ID"
        for command in "state $ID" "kill $ID KILL" "delete --force $ID" "ps $ID" "pause $ID"; do
                # shellcheck disable=SC2086
                expect 1 mine $command
                says "permission denied"
        done
        expect 255 mine exec "$ID" true
        says "permission denied"
        is "$(status_of)" running
}

@test "a config without a user namespace is refused, and none is made up" {
        config 'del(.linux.namespaces[] | select(.type == "user")) | del(.linux.uidMappings, .linux.gidMappings)'
        expect 1 mine run --bundle "$BUNDLE" "$ID"
        [ "$RUNTIME" != tare ] || says 'linux.namespaces: found no user namespace, expected one for a caller without privilege (`tare spec --rootless` writes such a config)'
        nothing_left
}

@test "no groups where setgroups has to be given up" {
        config '.process.user.additionalGids = [0]'
        expect 1 mine run --bundle "$BUNDLE" "$ID"
        says "cannot set any additional groups in a rootless container"
        [ "$RUNTIME" != tare ] || says "process.user.additionalGids: found 1, expected none"
        nothing_left
        config 'del(.process.user.additionalGids) | .process.args = ["sh", "-c", "cat /proc/self/setgroups; id -G"]'
        expect 0 mine run --bundle "$BUNDLE" "$ID"
        prints "deny
0"
}

@test "namespaces of the user's are joined, those of root are not" {
        only_tare "wants the mappings again"
        local proc
        EXEC= as_user unshare --user --map-root-user --net --ipc sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
        BACKGROUND=$!
        disown
        proc=/proc/$!/ns
        soon grep -qsx sleep "/proc/$!/comm"
        config '.linux.namespaces |= map(select(.type != "user" and .type != "ipc")) + [{type: "user", path: "\($proc)/user"},
                {type: "network", path: "\($proc)/net"}, {type: "ipc", path: "\($proc)/ipc"}]
                | del(.linux.uidMappings, .linux.gidMappings)' --arg proc "$proc"
        expect 0 mine run --detach --bundle "$BUNDLE" "$ID"
        expect 0 mine exec "$ID" sh -c 'for n in user net ipc; do readlink /proc/self/ns/$n; done; id -u'
        prints "$(readlink "$proc/user" "$proc/net" "$proc/ipc")
0"
        expect 0 mine delete --force "$ID"
        unshare --user --map-root-user sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
        BACKGROUND+=" $!"
        disown
        soon grep -qsx sleep "/proc/$!/comm"
        config '.linux.namespaces |= map(if .type == "user" then .path = $path else . end)' --arg path "/proc/$!/ns/user"
        expect 1 mine run --bundle "$BUNDLE" "$ID"
        says "permission denied"
        nothing_left
}

@test "root of a user namespace has no cgroup either" {
        only_tare "fails there"
        config '.linux.uidMappings[0].hostID = 0 | .linux.gidMappings[0].hostID = 0'
        expect 0 as_user unshare --user --map-root-user env -i PATH="$PATH" "$TARE" --root "$ROOT" run --detach --bundle "$BUNDLE" "$ID"
        [ -z "$(left_cgroups)" ]
        expect 0 as_user unshare --user --map-root-user env -i PATH="$PATH" "$TARE" --root "$ROOT" delete --force "$ID"
}

# The runtime may not take a descriptor out of the process, which sends it then.
@test "SCMP_ACT_NOTIFY: the listener reaches the agent" {
        "$TARE" --version | grep -q '^libseccomp' || skip "built without libseccomp"
        "${CC:-cc}" -D_GNU_SOURCE -O1 -o "$DIR/seccomp-agent" "$BATS_TEST_DIRNAME/../tools/seccomp-agent.c" || skip "no C compiler here"
        "$DIR/seccomp-agent" "$DIR/socket" --many >"$DIR/socket.out" 2>&1 </dev/null 3>&- &
        BACKGROUND+=" $!"
        soon test -S "$DIR/socket"
        chmod 666 "$DIR/socket"
        config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": $path,
                "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}' --arg path "$DIR/socket"
        expect 0 mine run --detach --bundle "$BUNDLE" "$ID"
        expect 0 mine exec "$ID" sh -c 'mkdir /tmp/new 2>&1; true'
        prints "mkdir: can't create directory '/tmp/new': No medium found"
        not grep -q 'no listener' "$DIR/socket.out"
        expect 0 mine delete --force "$ID"
        config '.linux.seccomp.syscalls[0].names += ["sendmsg"]'
        expect 1 mine create --bundle "$BUNDLE" "$ID"
        says 'linux.seccomp: found a filter that can stop sendmsg(2), expected one that always allows it'
}
