#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The runtime is killed at some moment: `list` goes on working, `delete --force` removes whatever there is.

load helpers

# killed_at SYSCALL N COMMAND...: tare, ended by SIGKILL when it makes that call for the N-th time. $kills counts.
kills=0
killed_at() {
        local call=$1 when=$2
        shift 2
        local status=0
        strace -qq -o /dev/null -e "inject=$call:signal=KILL:when=$when" "$TARE" --root "$ROOT" "$@" </dev/null >/dev/null 2>&1 3>&- || status=$?
        [ "$status" -ne 137 ] || kills=$((kills + 1))
}

# Nearly every moment of the list must have been one: calls that depend on timing may be made less often.
were_kills() {
        [ "$kills" -ge $(($(wc -l <"$DIR/moments") * 9 / 10)) ] || { echo "$kills kills at $(wc -l <"$DIR/moments") moments" && return 1; }
}

# What there is of the container after that can be seen and removed.
converges() {
        tare list >"$DIR/list" 2>/dev/null
        tare delete --force "$ID"
        nothing_left || { echo "killed at $1" && return 1; }
}

# moments FIRST STEP COMMAND...: the calls that the command makes undisturbed, from the first that matches FIRST to its
# end, every STEP-th of them: name and how often it has been made by then.
moments() {
        local first=$1 step=$2
        shift 2
        strace -qq -o "$DIR/trace" "$TARE" --root "$ROOT" "$@" </dev/null >/dev/null 2>&1 3>&-
        awk -F'(' -v first="$first" -v step="$step" '
                { count[$1]++ }
                $0 ~ first { begun = 1 }
                begun && n++ % step == 0 { print $1, count[$1] }' "$DIR/trace"
}

needs_strace() {
        command -v strace >/dev/null || skip "no strace here"
        # `list` of a state directory that somebody names and that is not there is an error.
        mkdir -p "$ROOT"
}

# each_moment STEP COMMAND...: of a command that makes the container; nothing before its directory leaves anything.
each_moment() {
        local call when
        needs_strace
        moments "mkdirat.*\"$ID\"" "$@" >"$DIR/moments"
        tare delete --force "$ID"
        [ "$(wc -l <"$DIR/moments")" -ge 20 ]
        while read -r call when; do
                killed_at "$call" "$when" "${@:2}"
                converges "$call $when of $2"
        done <"$DIR/moments"
        were_kills
}

@test "create is killed at each of its moments" {
        args sleep 1000
        each_moment 1 create --bundle "$BUNDLE" "$ID"
}

@test "run --detach is killed at its moments" {
        args sleep 1000
        each_moment 2 run --detach --bundle "$BUNDLE" "$ID"
}

@test "run in the foreground is killed at its moments, its end and the deleting included" {
        args true
        each_moment 3 run --bundle "$BUNDLE" "$ID"
}

@test "create with a user namespace, hooks and a pid file is killed at its moments" {
        args sleep 1000
        config '.linux.namespaces += [{type: "user"}]
                | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
                | .linux.gidMappings = .linux.uidMappings
                | .hooks.createRuntime = [{path: "/bin/true"}] | .hooks.poststop = [{path: "/bin/true"}]'
        chown -R 100000:100000 "$ROOTFS"
        each_moment 4 create --pid-file "$DIR/pid" --bundle "$BUNDLE" "$ID"
}

@test "start is killed at its moments" {
        local call when
        needs_strace
        args sleep 1000
        create
        moments 'state.json' 2 start "$ID" >"$DIR/moments"
        tare delete --force "$ID"
        [ "$(wc -l <"$DIR/moments")" -ge 5 ]
        while read -r call when; do
                create
                killed_at "$call" "$when" start "$ID"
                [[ $(status_of) =~ ^(created|running|stopped)$ ]]
                converges "$call $when of start"
        done <"$DIR/moments"
        were_kills
}

@test "delete is killed at its moments" {
        local call when
        needs_strace
        start
        moments 'state.json' 2 delete --force "$ID" >"$DIR/moments"
        [ "$(wc -l <"$DIR/moments")" -ge 10 ]
        while read -r call when; do
                start
                killed_at "$call" "$when" delete --force "$ID"
                converges "$call $when of delete"
        done <"$DIR/moments"
        were_kills
}

@test "an empty, torn or foreign record: broken in the list, deleted by force" {
        local text
        for text in '' '{' '{"id": 5}' garbage; do
                mkdir -p "$ROOT/$ID"
                printf %s "$text" >"$ROOT/$ID/state.json"
                is "$(tare list 2>/dev/null | awk -v id="$ID" '$1 == id { print $3 }')" broken
                expect 1 tare state "$ID"
                says "broken"
                expect 1 tare delete "$ID"
                tare delete --force "$ID"
                [ ! -e "$ROOT/$ID" ]
        done
}

@test "a directory without a record, and others beside it: all are listed" {
        args sleep 1000
        create
        mkdir "$ROOT/a-broken" "$ROOT/z-broken"
        printf '{"id": "z-broken"' >"$ROOT/z-broken/state.json"
        expect 0 tare list
        is "$(awk 'NR > 1 { print $1, $3 }' <<<"$output" | sort | sed '/^a-broken\|^z-broken/d')" "$(awk -v id="$ID" '$1 == id { print $1, $3 }' <<<"$output")"
        is "$(awk '$1 ~ /-broken/ && / broken / { print $1 }' <<<"$output" | paste -sd,)" a-broken,z-broken
        status_is created
        tare delete --force a-broken
        tare delete --force z-broken
        tare delete "$ID"
        nothing_left
}

@test "a create that hangs in a hook ends by delete --force" {
        script true
        config '.hooks.createRuntime = [{"path": "/bin/sleep", "args": ["sleep", "1000"]}]'
        tare create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 &
        soon status_is creating
        tare delete --force "$ID"
        nothing_left
}
