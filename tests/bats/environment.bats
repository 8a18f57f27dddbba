#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What managers put into the environment of the runtime: all commands do without any of it, and nothing that a command leaves
# behind keeps its output open. That none of it is the container's is in first-instruction.bats.

load helpers

# A whole life by commands that all begin with "$@".
live_by() {
        args sleep 1000
        expect 0 "$@" create --bundle "$BUNDLE" "$ID"
        expect 0 "$@" state "$ID"
        expect 0 "$@" start "$ID"
        expect 0 "$@" list
        prints_match "$ID"
        expect 0 "$@" exec "$ID" /bin/true
        expect 0 "$@" ps "$ID"
        expect 0 "$@" kill "$ID" KILL
        soon status_is stopped
        expect 0 "$@" delete "$ID"
        args /bin/true
        expect 0 "$@" run --bundle "$BUNDLE" "$ID"
        nothing_left
}

@test "every command works with an empty environment" {
        live_by env -i "$TARE" --root "$ROOT"
}

@test "every command works with nothing but an empty XDG_RUNTIME_DIR, as podman calls them" {
        live_by env -i XDG_RUNTIME_DIR= "$TARE" --root "$ROOT"
}

@test "every command works where all variables are empty" {
        live_by env -i PATH= HOME= USER= TMPDIR= XDG_RUNTIME_DIR= NOTIFY_SOCKET= LISTEN_FDS= LISTEN_PID= "$TARE" --root "$ROOT"
}

# to_its_end COMMAND...: everything that it writes, read until the last holder of the pipe is gone.
to_its_end() {
        "$@" 2>&1 </dev/null 3>&- | timeout 10 cat >"$DIR/all"
        is "${PIPESTATUS[*]}" "0 0"
}

@test "the output of commands ends with them, though the container lives on" {
        config '.hooks.poststart = [{"path": "/bin/sh", "args": ["sh", "-c", "sleep 1000 & echo $! >" + $file]}]
                | .hooks.poststop = .hooks.poststart' --arg file "$DIR/pid"
        args sleep 1000
        create
        to_its_end "$TARE" --root "$ROOT" start "$ID"
        BACKGROUND=$(cat "$DIR/pid")
        to_its_end "$TARE" --root "$ROOT" state "$ID"
        to_its_end "$TARE" --root "$ROOT" list
        to_its_end "$TARE" --root "$ROOT" ps "$ID"
        to_its_end "$TARE" --root "$ROOT" exec "$ID" true
        # Detached, what it leaves is the process itself, which has the streams; so with streams of its own.
        to_its_end sh -c 'exec "$@" >/dev/null 2>&1' - "$TARE" --root "$ROOT" exec --detach "$ID" sleep 1000
        to_its_end "$TARE" --root "$ROOT" kill "$ID" KILL
        soon status_is stopped
        to_its_end "$TARE" --root "$ROOT" delete "$ID"
        BACKGROUND+=" $(cat "$DIR/pid")"
}

@test "the output of delete --force ends with it" {
        start
        to_its_end "$TARE" --root "$ROOT" delete --force "$ID"
}

@test "a create that fails leaves nobody who holds its output" {
        config '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "sleep 1000 & echo $! >" + $file + "; exit 1"]}]' \
                --arg file "$DIR/pid"
        "$TARE" --root "$ROOT" create --bundle "$BUNDLE" "$ID" 2>&1 </dev/null 3>&- | timeout 10 cat >"$DIR/all"
        is "${PIPESTATUS[*]}" "1 0"
        BACKGROUND=$(cat "$DIR/pid")
}
