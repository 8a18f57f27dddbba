#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Terminals: by a console socket, in the foreground, and what an image may not do to them.

load helpers
load terminal.bash

@test "a terminal and no console socket: create refuses" {
        config '.process.terminal = true'
        refused "cannot allocate tty if tare will detach without setting console socket"
}

@test "a console socket in the foreground is refused" {
        config '.process.terminal = true'
        expect 1 tare run --bundle "$BUNDLE" --console-socket "$DIR/no-socket" "$ID"
        says "cannot use console socket if tare will not detach or allocate tty"
        nothing_left
}

@test "a console socket that nobody listens on is named" {
        config '.process.terminal = true'
        expect 1 tare create --bundle "$BUNDLE" --console-socket "$DIR/no-socket" "$ID"
        says "connect to console socket \`$DIR/no-socket\`: no such file or directory"
        nothing_left
}

@test "a console socket, but no terminal: create refuses" {
        expect 1 tare create --bundle "$BUNDLE" --console-socket "$DIR/no-socket" "$ID"
        says "cannot use console socket if the container has no terminal"
        nothing_left
}

@test "run --detach with a terminal, but without a console socket is refused" {
        config '.process.terminal = true'
        expect 1 tare run --detach --bundle "$BUNDLE" "$ID"
        says "cannot allocate tty if tare will detach without setting console socket"
        nothing_left
}

# --- by a console socket ---

# by_socket SOCKET SCRIPT [INPUT]: runs the script in a container whose terminal goes to that socket. What was received
# is in $DIR/console, its first line in $received.
by_socket() {
        [ -x "$BATS_FILE_TMPDIR/console" ] || skip "no C compiler here"
        config '.process.terminal = true'
        script "$2"
        mkdir -p "$(dirname "$1")"
        "$BATS_FILE_TMPDIR/console" "$1" ${3+"$3"} >"$DIR/console" 2>&1 </dev/null 3>&- &
        BACKGROUND=$!
        soon test -S "$1"
        expect 0 tare create --bundle "$BUNDLE" --console-socket "$1" "$ID"
        tare start "$ID"
        wait "$BACKGROUND"
        read -r received <"$DIR/console"
        tr -d '\r' <"$DIR/console" >"$DIR/text"
}

@test "console socket: one message with one descriptor and a payload of 1 to 4095 bytes" {
        by_socket "$DIR/socket" 'tty; echo hello'
        [[ $received =~ ^payload\ ([0-9]+),\ 1\ descriptors,\ a\ terminal$ ]] || { echo "$received" && return 1; }
        [ "${BASH_REMATCH[1]}" -ge 1 ]
        [ "${BASH_REMATCH[1]}" -lt 4096 ]
        grep -qx /dev/pts/0 "$DIR/text"
        grep -qx hello "$DIR/text"
}

@test "console socket: a path that is longer than a socket's address" {
        local name
        name=$(printf '%060d' 0)
        by_socket "$DIR/$name/$name/socket" 'echo hello'
        grep -qx hello "$DIR/text"
}

@test "console socket: what is typed arrives, what is written comes back" {
        by_socket "$DIR/socket" 'read -r line; echo "got $line"' $'some words\n'
        grep -qx 'got some words' "$DIR/text"
}

@test "inside: standard streams, /dev/console, /dev/tty and the owner" {
        config '.process.user.uid = 1000'
        by_socket "$DIR/socket" 'for fd in 0 1 2; do readlink /proc/$$/fd/$fd; done; tty
                stat -c "%u %F" /dev/pts/0; echo by console >/dev/console; echo by tty >/dev/tty'
        is "$(grep -c -x /dev/pts/0 "$DIR/text")" 4
        grep -qx '1000 character special file' "$DIR/text"
        grep -qx 'by console' "$DIR/text"
        grep -qx 'by tty' "$DIR/text"
}

@test "console socket: consoleSize is the size before the process runs" {
        config '.process.consoleSize = {"height": 12, "width": 34}'
        by_socket "$DIR/socket" 'stty size'
        grep -qx '12 34' "$DIR/text"
}

@test "console socket: the receiver goes without a word, and create still ends" {
        [ -x "$BATS_FILE_TMPDIR/console" ] || skip "no C compiler here"
        config '.process.terminal = true'
        args sleep 1000
        "$BATS_FILE_TMPDIR/console" "$DIR/socket" >/dev/null 2>&1 </dev/null 3>&- &
        BACKGROUND=$!
        soon test -S "$DIR/socket"
        kill -KILL "$BACKGROUND"
        wait "$BACKGROUND" || :
        expect 1 tare create --bundle "$BUNDLE" --console-socket "$DIR/socket" "$ID"
        says "connect to console socket"
        says "connection refused"
        nothing_left
}

# --- in the foreground ---

@test "run in the foreground: the window's size, the exit code, the device" {
        config '.process.terminal = true'
        script 'tty; stty size; exit 42'
        status=0
        output=$(on_terminal "stty rows 33 cols 101; $TARE --root $ROOT run --bundle $BUNDLE $ID" | tr -d '\r\0' ; exit "${PIPESTATUS[0]}") || status=$?
        is "$status" 42
        # script(1) may put an echo of the end of its input before the first line.
        [[ $output == *"/dev/pts/0"* ]]
        [[ $output == *"33 101"* ]]
}

@test "run in the foreground: the terminal is as it was afterwards" {
        config '.process.terminal = true'
        script 'kill -9 $$; exit 3'
        output=$(on_terminal "stty -g; $TARE --root $ROOT run --bundle $BUNDLE $ID; stty -g" | tr -d '\r\0' | sed 's/\^@//g')
        is "$(sort -u <<<"$output" | grep -c :)" 1
}

restored() {
        wait "$BACKGROUND" || :
        diff "$DIR/before" "$DIR/after"
        grep -q -w icanon "$DIR/before"
        not grep -q -e '-icanon' "$DIR/after"
}

@test "run in the foreground: raw while it runs, restored at its end" {
        config '.process.terminal = true'
        script 'stty raw -echo; read -r line; exit 42'
        in_terminal "$TARE --root $ROOT run --bundle $BUNDLE $ID"
        soon is_raw
        echo >"$DIR/keyboard"
        restored
        is "$(cat "$DIR/status")" 42
}

@test "run in the foreground: restored when the process is killed" {
        config '.process.terminal = true'
        args sleep 1000
        in_terminal "$TARE --root $ROOT run --bundle $BUNDLE $ID"
        soon is_raw
        tare kill "$ID" KILL
        restored
        is "$(cat "$DIR/status")" 137
}

@test "run in the foreground: as it was when the process cannot be executed" {
        config '.process.terminal = true'
        args /nonexistent
        in_terminal "$TARE --root $ROOT run --bundle $BUNDLE $ID"
        restored
        is "$(cat "$DIR/status")" 1
}

@test "run in the foreground: what is typed arrives, control characters too" {
        config '.process.terminal = true'
        # The interrupt key ends the container's process, not the runtime.
        script 'trap "echo interrupted >/tmp/signal; exit 7" INT; read -r line; echo "$line" >/tmp/line; while :; do sleep 0.1; done'
        in_terminal "$TARE --root $ROOT run --bundle $BUNDLE $ID"
        soon is_raw
        printf 'typed\r' >"$DIR/keyboard"
        soon test -s "$ROOTFS/tmp/line"
        is "$(cat "$ROOTFS/tmp/line")" typed
        printf '\003' >"$DIR/keyboard"
        restored
        is "$(cat "$ROOTFS/tmp/signal")" interrupted
        is "$(cat "$DIR/status")" 7
}

@test "run in the foreground: a new window size reaches the container" {
        config '.process.terminal = true'
        script 'trap "stty size >/tmp/size" WINCH; while :; do sleep 0.1; done'
        in_terminal "$TARE --root $ROOT run --bundle $BUNDLE $ID"
        soon is_raw
        stty -F "$(cat "$DIR/tty")" rows 55 cols 66
        soon grep -qsx '55 66' "$ROOTFS/tmp/size"
        tare kill "$ID" KILL
        restored_but_for_size
}

restored_but_for_size() {
        wait "$BACKGROUND" || :
        not grep -q -e '-icanon' "$DIR/after"
}

@test "consoleSize is the size of the terminal" {
        config '.process.terminal = true | .process.consoleSize = {"height": 12, "width": 34}'
        script 'stty size'
        # Standard input is no terminal, so no window overrides it.
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        [[ $output == *"12 34"* ]]
}

