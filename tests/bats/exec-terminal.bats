#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The terminals of exec, and what a foreground terminal has to carry.

load helpers
load terminal.bash

restored() {
        wait "$BACKGROUND" || :
        diff "$DIR/before" "$DIR/after"
        grep -q -w icanon "$DIR/before"
}

exec_in() {
        echo "$TARE --root $ROOT exec $*"
}

@test "--tty: the window's size, the exit code, the device, a controlling terminal" {
        start
        status=0
        output=$(on_terminal "stty rows 33 cols 101; $(exec_in --tty "$ID" "sh -c 'tty; stty size; echo by tty >/dev/tty; exit 42'")" | tr -d '\r\0'; exit "${PIPESTATUS[0]}") || status=$?
        is "$status" 42
        prints_match '/dev/pts/[0-9]+'
        prints_match '33 101'
        prints_match 'by tty'
}

@test "no --tty, no terminal, though the container has one" {
        config '.process.terminal = true'
        args sleep 1000
        [ -x "$BATS_FILE_TMPDIR/console" ] || skip "no C compiler here"
        "$BATS_FILE_TMPDIR/console" "$DIR/socket" >/dev/null 2>&1 </dev/null 3>&- &
        BACKGROUND=$!
        soon test -S "$DIR/socket"
        create --console-socket "$DIR/socket"
        tare start "$ID"
        expect 1 tare exec "$ID" tty
        prints 'not a tty'
        expect 0 tare exec -t "$ID" tty
        prints_match /dev/pts/1
}

@test "the user owns the terminal" {
        start
        expect 0 tare exec -t --user 1000 "$ID" sh -c 'stat -c %u $(tty); echo written >$(tty)'
        prints_match 1000
        prints_match written
}

@test "raw while it runs, restored at its end" {
        start
        in_terminal "$(exec_in -t "$ID" "sh -c 'stty raw -echo; read -r line; exit 42'")"
        soon is_raw
        echo >"$DIR/keyboard"
        restored
        is "$(cat "$DIR/status")" 42
}

@test "restored when the process is killed, when the container is deleted, when nothing could be executed" {
        start
        in_terminal "$(exec_in -t --pid-file "$DIR/pid" "$ID" sleep 1000)"
        soon is_raw
        kill -KILL "$(cat "$DIR/pid")"
        restored
        is "$(cat "$DIR/status")" 137
        rm "$DIR/keyboard"
        in_terminal "$(exec_in -t "$ID" nonsense)"
        restored
        is "$(cat "$DIR/status")" 255
        rm "$DIR/keyboard" "$DIR/tty"
        in_terminal "$(exec_in -t "$ID" sleep 1000)"
        soon is_raw
        tare delete --force "$ID"
        restored
        is "$(cat "$DIR/status")" 137
}

@test "the interrupt key is the process's" {
        start
        in_terminal "$(exec_in -t "$ID" "sh -c 'trap \"echo got it >/tmp/signal; exit 7\" INT; while :; do sleep 0.1; done'")"
        soon is_raw
        printf '\003' >"$DIR/keyboard"
        restored
        is "$(cat "$DIR/status")" 7
        is "$(cat "$ROOTFS/tmp/signal")" 'got it'
}

@test "a console socket gets the terminal of a detached exec" {
        [ -x "$BATS_FILE_TMPDIR/console" ] || skip "no C compiler here"
        start
        "$BATS_FILE_TMPDIR/console" "$DIR/socket" $'some words\n' >"$DIR/console" 2>&1 </dev/null 3>&- &
        BACKGROUND=$!
        soon test -S "$DIR/socket"
        jq '.process | .terminal = true | .args = ["sh", "-c", "read -r line; echo \"got $line\"; stty size"] | .consoleSize = {"height": 12, "width": 34}' \
                "$BUNDLE/config.json" >"$DIR/process.json"
        expect 0 tare exec --detach --tty --console-socket "$DIR/socket" --process "$DIR/process.json" "$ID"
        wait "$BACKGROUND"
        tr -d '\r' <"$DIR/console" >"$DIR/text"
        grep -qx 'got some words' "$DIR/text"
        grep -qx '12 34' "$DIR/text"
}

@test "a terminal and a console socket have to go together with --detach" {
        start
        expect 255 tare exec --detach --tty "$ID" true
        says 'cannot allocate tty if tare will detach without setting console socket'
        expect 255 tare exec --tty --console-socket "$DIR/socket" "$ID" true
        says 'cannot use console socket if tare will not detach or allocate tty'
        expect 255 tare exec --detach --console-socket "$DIR/socket" "$ID" true
        says 'cannot use console socket if the container has no terminal'
}

# A reader that takes a megabyte at a time, and its time.
slow_reader() {
        local i
        for i in $(seq "$1"); do
                dd bs=1M count=1 iflag=fullblock status=none
                sleep 0.02
        done
        cat
}

@test "100 MB through a slow reader come through whole" {
        start
        local size=$((100 * 1024 * 1024)) sum
        sum=$(yes 0123456789abcdef | head -c $size | md5sum)
        output=$(timeout 120 "$TARE" --root "$ROOT" exec -t "$ID" sh -c "stty raw; yes 0123456789abcdef | head -c $size" </dev/null | slow_reader 60 | md5sum)
        is "$output" "$sum"
}

@test "100 MB through the terminal of a foreground run" {
        local size=$((100 * 1024 * 1024)) sum
        config '.process.terminal = true'
        script "stty raw; yes 0123456789abcdef | head -c $size"
        sum=$(yes 0123456789abcdef | head -c $size | md5sum)
        output=$(timeout 120 "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null | slow_reader 30 | md5sum)
        is "$output" "$sum"
}

@test "a megabyte typed into a slow process arrives whole" {
        start
        local size=1000000 sum
        yes 0123456789abcde | head -c $size >"$DIR/typed"
        sum=$(md5sum <"$DIR/typed")
        INPUT=$DIR/typed expect 0 timeout 60 "$TARE" --root "$ROOT" exec -t "$ID" sh -c \
                "stty raw -echo; dd bs=1000 count=200 iflag=fullblock 2>/dev/null >/tmp/first; sleep 0.3; head -c 800000 >/tmp/rest"
        is "$(cat "$ROOTFS/tmp/first" "$ROOTFS/tmp/rest" | md5sum)" "$sum"
}

@test "a reader that goes away does not stop the process" {
        start
        timeout 30 "$TARE" --root "$ROOT" exec -t "$ID" sh -c 'yes | head -c 1000000; echo done >/tmp/done' </dev/null | head -c 10 >/dev/null
        [ -e "$ROOTFS/tmp/done" ]
}

@test "nobody has the terminal open for a while, and it is no end" {
        start
        output=$(timeout 30 "$TARE" --root "$ROOT" exec -t "$ID" sh -c 't=$(tty); echo before; exec </dev/null >/dev/null 2>&1; sleep 0.3; echo behind >$t' </dev/null | tr -d '\r')
        is "$output" "$(printf 'before\nbehind')"
}

@test "while nothing happens it does nothing" {
        start
        in_terminal "$(exec_in -t "$ID" "sh -c 'exec 0</dev/null 1>&0 2>&0; sleep 1000'")"
        soon is_raw
        local pid before after
        pid=$(pgrep --full --newest -- "--root $ROOT exec")
        before=$(awk '{print $14 + $15}' "/proc/$pid/stat")
        sleep 1
        after=$(awk '{print $14 + $15}' "/proc/$pid/stat")
        [ $((after - before)) -le 2 ]
        tare delete --force "$ID"
        restored
}
