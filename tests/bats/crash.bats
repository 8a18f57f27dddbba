#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The runtime is killed at some moment: `list` goes on working, `delete --force` removes whatever there is.

load helpers

# killed_at SYSCALL N COMMAND...: tare, ended by SIGKILL when it makes that call for the N-th time.
killed_at() {
        local call=$1 when=$2
        shift 2
        strace -qq -o /dev/null -e "inject=$call:signal=KILL:when=$when" "$TARE" --root "$ROOT" "$@" </dev/null >/dev/null 2>&1 3>&- || :
}

# What there is of the container after that can be seen and removed.
converges() {
        tare list >"$DIR/list" 2>/dev/null
        tare delete --force "$ID"
        nothing_left || { echo "killed at $1" && return 1; }
}

# The calls of the runtime's own process that change something, and how often a create makes them.
each_moment() {
        local call when
        # `list` of a state directory that somebody names and that is not there is an error.
        mkdir -p "$ROOT"
        for call in mkdirat renameat mkdir write clone3 sendmsg recvmsg; do
                for when in 1 2 3 4 5; do
                        killed_at "$call" "$when" "$@"
                        converges "$call $when of $1"
                done
        done
}

@test "create is killed at any of its moments" {
        command -v strace >/dev/null || skip "no strace here"
        args sleep 1000
        each_moment create --bundle "$BUNDLE" "$ID"
}

@test "run is killed at any of its moments" {
        command -v strace >/dev/null || skip "no strace here"
        args sleep 1000
        each_moment run --detach --bundle "$BUNDLE" "$ID"
}

@test "start and delete are killed at any of their moments" {
        command -v strace >/dev/null || skip "no strace here"
        local call
        args sleep 1000
        for call in write openat pidfd_send_signal unlinkat rmdir; do
                create
                killed_at "$call" 1 start "$ID"
                killed_at "$call" 2 delete --force "$ID"
                converges "$call of start and delete"
        done
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

@test "a create that hangs in a hook ends by delete --force" {
        script true
        config '.hooks.createRuntime = [{"path": "/bin/sleep", "args": ["sleep", "1000"]}]'
        tare create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 &
        soon status_is creating
        tare delete --force "$ID"
        nothing_left
}
