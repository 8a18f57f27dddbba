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

as_user() {
        setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all "$@" 3>&-
}

is_allowed() {
        as_user unshare --user --map-root-user true 2>/dev/null
}

# The runtime under test as that user.
mine() {
        as_user timeout --foreground --kill-after=5 60 env -i PATH="$PATH" "$TARE" --root "$ROOT" "$@"
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

@test "the state of a user is below XDG_RUNTIME_DIR" {
        only_tare "another default root"
        args true
        expect 0 as_user env XDG_RUNTIME_DIR="$ROOT" "$TARE" create --bundle "$BUNDLE" "$ID"
        [ -e "$ROOT/tare/$ID/state.json" ]
        expect 0 as_user env XDG_RUNTIME_DIR="$ROOT" "$TARE" delete --force "$ID"
        rmdir "$ROOT/tare"
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

@test "a cgroup that is delegated to the user is used" {
        need_v2
        local parent=/sys/fs/cgroup/$ID-delegated
        mkdir -p "$parent/own"
        chown -R "$USER_ID" "$parent"
        sh -c 'echo $$ >"$1/own/cgroup.procs"; shift; exec "$@"' sh "$parent" \
                setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all \
                env -i PATH="$PATH" "$TARE" --root "$ROOT" run --detach --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>"$DIR/err" </dev/null 3>&-
        [ -d "$parent/$ID" ]
        expect 0 mine state "$ID"
        grep -qx "$(jq .pid <<<"$output")" "$parent/$ID/cgroup.procs"
        expect 0 mine delete --force "$ID"
        [ ! -d "$parent/$ID" ]
        rmdir "$parent/own" "$parent"
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

@test "root of a user namespace has no cgroup either" {
        only_tare "fails there"
        config '.linux.uidMappings[0].hostID = 0 | .linux.gidMappings[0].hostID = 0'
        expect 0 as_user unshare --user --map-root-user env -i PATH="$PATH" "$TARE" --root "$ROOT" run --detach --bundle "$BUNDLE" "$ID"
        [ -z "$(left_cgroups)" ]
        expect 0 as_user unshare --user --map-root-user env -i PATH="$PATH" "$TARE" --root "$ROOT" delete --force "$ID"
}
