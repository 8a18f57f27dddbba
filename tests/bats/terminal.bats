#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Terminals: by a console socket, in the foreground, and what an image may not do to them.

load helpers

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

# A terminal of its own for a command; its status is the command's.
on_terminal() {
        timeout 30 script --quiet --return --command "$*" /dev/null </dev/null
}

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

@test "consoleSize is the size of the terminal" {
        config '.process.terminal = true | .process.consoleSize = {"height": 12, "width": 34}'
        script 'stty size'
        # Standard input is no terminal, so no window overrides it.
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        [[ $output == *"12 34"* ]]
}

@test "/dev/console in the image that leads to the host is refused, and the host untouched" {
        config '.process.terminal = true | .mounts |= map(select(.destination != "/dev" and .destination != "/dev/shm" and .destination != "/dev/mqueue"))'
        script true
        echo precious >"$DIR/precious"
        ln -s "$DIR/precious" "$ROOTFS/dev/console"
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        says "/dev/console"
        is "$(cat "$DIR/precious")" precious
        nothing_left
}

@test "/dev/pts/ptmx that is not one of a devpts is refused" {
        config '.process.terminal = true | .mounts |= map(select(.destination != "/dev/pts")) + [{"destination": "/dev/pts", "type": "tmpfs", "source": "tmpfs"}]'
        script true
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        says "/dev/pts/ptmx"
        nothing_left
}
