#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What managers put into the environment of the runtime and into its descriptors: none of it is the container's, all
# commands do without any of it, and nothing that a command leaves behind keeps its output open.

load helpers

# What conmon, runc's own processes, crun, systemd and shims use, with a file open wherever a number is promised.
polluted() {
        env _OCI_SYNCPIPE=3 _OCI_STARTPIPE=4 _OCI_ATTACHPIPE=5 _LIBCONTAINER_INITPIPE=6 _LIBCONTAINER_FIFOFD=7 \
                _LIBCONTAINER_LOGPIPE=8 _LIBCONTAINER_CLONED_BINARY=1 _LIBCONTAINER_STATEDIR=/ LISTEN_FDS=2 LISTEN_PID=1 \
                LISTEN_FDNAMES=a:b WATCHDOG_USEC=1000000 XDG_RUNTIME_DIR="$DIR" TTRPC_ADDRESS=x GOMAXPROCS=4 LD_POLLUTED=1 \
                "$TARE" --root "$ROOT" "$@" 4</etc/passwd 5</etc/passwd 6</etc/passwd 7</etc/passwd 8</etc/passwd
}

environment='env | grep -v ^_= | sort; for fd in /proc/self/fd/*; do readlink "$fd"; done | grep passwd; :'

@test "the container's environment and descriptors have nothing of the manager's: run, start, exec" {
        config '.process.env = ["PATH=/bin", "HOME=/h"]'
        script "$environment"
        expect 0 polluted run --bundle "$BUNDLE" "$ID"
        # The shell adds PWD, and its depth.
        is "$(grep -v -e ^PWD= -e ^SHLVL= <<<"$output")" $'HOME=/h\nPATH=/bin'

        script "$environment; sleep 1000"
        expect 0 polluted create --bundle "$BUNDLE" "$ID"
        ln -f "$DIR/out" "$DIR/container"
        expect 0 polluted start "$ID"
        soon grep -q ^PATH "$DIR/container"
        is "$(grep -v -e ^PWD= -e ^SHLVL= "$DIR/container")" $'HOME=/h\nPATH=/bin'

        expect 0 polluted exec "$ID" sh -c "$environment"
        is "$(grep -v -e ^PWD= -e ^SHLVL= <<<"$output")" $'HOME=/h\nPATH=/bin'
}

@test "LISTEN_FDS that are meant for another process are not passed" {
        script 'env | grep LISTEN; ls /proc/self/fd | wc -l'
        expect 0 env LISTEN_FDS=1 LISTEN_PID=1 "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3</etc/passwd
        # 0, 1, 2 and that of ls itself.
        prints 4
}

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
