#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the container has of its caller on purpose: the standard streams and what is passed. That it has nothing else is in
# first-instruction.bats.

load helpers

# In the container's shell, without a pipe or a directory of its own open meanwhile.
LIST_FDS='for fd in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ ! -e /proc/$$/fd/$fd ] || printf "$fd "; done'

# The numbers of the descriptors of a process but the one that lists them.
own_fds() {
        ls "/proc/$1/fd" | sort -n | tr '\n' ' '
}

# Without the guard of tare(), which closes 3 itself.
raw() {
        "$TARE" --root "$ROOT" "$@"
}

@test "a created init holds the standard streams and its two fifos, nothing of the caller's" {
        args sleep 1000
        leak() {
                raw create --bundle "$BUNDLE" "$ID" 3</ 4</etc/passwd 9</
        }
        expect 0 leak
        is "$(readlink "/proc/$(pid_of)"/fd/* | grep -c 'fifo$')" 2
        is "$(own_fds "$(pid_of)" | wc -w)" 5
}

@test "--preserve-fds passes just those" {
        script "$LIST_FDS; cat <&3; cat <&4"
        echo three >"$DIR/three"
        echo four >"$DIR/four"
        pass() {
                raw run --preserve-fds 2 --bundle "$BUNDLE" "$ID" 3<"$DIR/three" 4<"$DIR/four" 5</
        }
        expect 0 pass
        prints "0 1 2 3 4 three
four"
}

@test "a preserved descriptor that is not open is an error, whatever tare itself has opened" {
        pass() {
                raw run --preserve-fds 2 --bundle "$BUNDLE" "$ID" 3</ 4<&-
        }
        expect 1 pass
        says "unable to stat preserved-fd 1 (of 2)"
        nothing_left
}

@test "a missing preserved descriptor: before anything is created, for create as well" {
        args sleep 1000
        pass() {
                "$TARE" --log "$DIR/log" --root "$ROOT" create --preserve-fds 1 --bundle "$BUNDLE" "$ID" 3<&-
        }
        # The log, which tare opens first, must not be taken for it.
        expect 1 pass
        says "unable to stat preserved-fd 0 (of 1)"
        nothing_left
}

@test "LISTEN_FDS: the descriptors are passed and announced to pid 1" {
        script 'echo "$LISTEN_FDS $LISTEN_PID"; cat <&3'
        echo socket >"$DIR/socket"
        pass() {
                # LISTEN_PID must be tare's own pid, and exec keeps that of the shell.
                sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' sh "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3<"$DIR/socket"
        }
        expect 0 pass
        prints "1 1
socket"
}

@test "LISTEN_FDS that is meant for another process is not taken" {
        script 'echo "[$LISTEN_FDS]"; '"$LIST_FDS"
        pass() {
                LISTEN_FDS=1 LISTEN_PID=1 raw run --bundle "$BUNDLE" "$ID" 3</
        }
        expect 0 pass
        prints "[]
0 1 2 "
}

@test "standard streams that are closed are not taken for others" {
        script 'readlink /proc/$$/fd/0'
        closed() {
                raw run --bundle "$BUNDLE" "$ID" 0<&- 3>&-
        }
        expect 0 closed
        prints /dev/null
}
