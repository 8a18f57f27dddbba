#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A signal while a container or a process is being made ends the attempt, and what was made is undone.

load helpers

# hook KIND SCRIPT: of the host but for startContainer.
hook() {
        config '.hooks[$kind] = [{"path": "/bin/sh", "args": ["sh", "-c", $script]}]' --arg kind "$1" --arg script "$2"
}

# interrupted STATUS SIGNAL FILE COMMAND...: the command is sent the signal once the file is there.
interrupted() {
        local wanted=$1 signal=$2 file=$3
        shift 3
        "$@" >"$DIR/out" 2>"$DIR/err" </dev/null 3>&- &
        BACKGROUND=$!
        soon test -e "$file"
        kill -"$signal" "$BACKGROUND"
        status=0
        wait "$BACKGROUND" || status=$?
        output=$(cat "$DIR/out")
        errors=$(cat "$DIR/err")
        [ "$status" -eq "$wanted" ] || complain "exit status $status, expected $wanted"
}

@test "run in the foreground, while a hook hangs" {
        local signal
        args true
        hook createRuntime "touch $DIR/there; sleep 1000"
        for signal in INT TERM HUP QUIT; do
                interrupted 1 $signal "$DIR/there" "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
                says 'interrupted'
                nothing_left
                rm "$DIR/there"
        done
}

@test "create, while a hook of the container's hangs in init" {
        args true
        hook createContainer "touch $DIR/there; sleep 1000"
        interrupted 1 TERM "$DIR/there" "$TARE" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        says 'interrupted by signal 15'
        nothing_left
}

@test "poststop hooks still run" {
        args true
        hook prestart "touch $DIR/there; sleep 1000"
        hook poststop "touch $DIR/stopped"
        interrupted 1 INT "$DIR/there" "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
        [ -e "$DIR/stopped" ]
        nothing_left
}

@test "once the process runs a signal is its own" {
        script 'trap "exit 5" TERM; touch /tmp/there; while :; do sleep 0.05; done'
        interrupted 5 TERM "$ROOTFS/tmp/there" "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
        nothing_left
}

@test "exec that waits in a paused container" {
        start
        tare pause "$ID"
        "$TARE" --root "$ROOT" exec --ignore-paused --pid-file "$DIR/pid" "$ID" touch /tmp/ran >/dev/null 2>"$DIR/err" 3>&- &
        BACKGROUND=$!
        soon members 2
        kill -INT "$BACKGROUND"
        status=0
        wait "$BACKGROUND" || status=$?
        is "$status" 255
        grep -q 'interrupted by signal 2' "$DIR/err"
        tare resume "$ID"
        [ ! -e "$DIR/pid" ]
        [ ! -e "$ROOTFS/tmp/ran" ]
        soon members 1
}
