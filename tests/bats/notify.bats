#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# NOTIFY_SOCKET: the container says that it is ready, the service manager hears it from us. tests/tools/notify.c is both
# ends: a manager that prints what it hears, and a service that says what it is told to.

load helpers

setup_file() {
        common_setup_file
        ! command -v "${CC:-cc}" >/dev/null ||
                "${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$BATS_FILE_TMPDIR/notify" "$BATS_TEST_DIRNAME/../tools/notify.c"
}

setup() {
        [ -x "$BATS_FILE_TMPDIR/notify" ] || skip "no C compiler with a static libc here"
        common_setup
        cp "$BATS_FILE_TMPDIR/notify" "$ROOTFS/bin/notify"
        MANAGER=$DIR/manager
}

# listen [hold]: a manager at $MANAGER; what it hears is in $DIR/heard.
listen() {
        "$BATS_FILE_TMPDIR/notify" listen "$MANAGER" "$@" >"$DIR/heard" 2>&1 </dev/null 3>&- &
        BACKGROUND+=" $!"
        soon grep -qx listening "$DIR/heard"
}

# heard PID SENDER: exactly what a manager is to hear.
heard() {
        soon grep -q '^BARRIER=1' "$DIR/heard"
        is "$(tail -n +2 "$DIR/heard")" "READY=1 from $2"$'\n'"MAINPID=$1 from $2"$'\n'"BARRIER=1 from $2 with 1 descriptors"
}

sender() {
        sed -n '2s/.* from //p' "$DIR/heard"
}

heard_nothing() {
        is "$(cat "$DIR/heard")" listening
}

# A command with the manager's socket, in the background; its pid in $COMMAND.
background() {
        NOTIFY_SOCKET=$MANAGER "$TARE" --root "$ROOT" "$@" >"$DIR/out" 2>"$DIR/err" </dev/null 3>&- &
        COMMAND=$!
        BACKGROUND+=" $COMMAND"
}

# Waits for it, but not for ever; its status.
finish() {
        soon eval '! runs $COMMAND' || { echo "it does not end" && return 125; }
        wait "$COMMAND"
}

runs() {
        ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status" && [ -d "/proc/$1" ]
}

# --- start ---

@test "start: returns when the container says READY=1, and the manager hears that, the pid and a barrier" {
        listen
        script 'until [ -e /go ]; do sleep 0.05; done; notify send STATUS=up READY=1; sleep 1000'
        NOTIFY_SOCKET=$MANAGER create
        background start "$ID"
        soon status_is running
        sleep 0.3
        runs "$COMMAND"
        heard_nothing
        touch "$ROOTFS/go"
        finish
        heard "$(pid_of)" "$COMMAND"
        is "$(cat "$DIR/err")" ""
}

@test "start: does not return before the manager has taken note" {
        listen
        script 'notify send READY=1; sleep 1000'
        NOTIFY_SOCKET=$MANAGER create
        local before=${EPOCHREALTIME/./}
        NOTIFY_SOCKET=$MANAGER tare start "$ID"
        # The manager closes its end half a second late.
        [ "$((${EPOCHREALTIME/./} - before))" -ge 500000 ]
}

@test "start: while it waits the container can be used, and its end is the end of the wait" {
        listen
        args sleep 1000
        NOTIFY_SOCKET=$MANAGER create
        background start "$ID"
        soon status_is running
        tare kill "$ID" KILL
        finish
        heard_nothing
        grep -q 'the container ended before it was ready' "$DIR/err"
        tare delete "$ID"
        nothing_left
}

@test "start: READY=1 as the last word of a process counts" {
        listen
        args notify send READY=1
        NOTIFY_SOCKET=$MANAGER create
        local pid
        pid=$(pid_of)
        background start "$ID"
        finish
        heard "$pid" "$COMMAND"
}

@test "start: poststart hooks do not wait for READY=1" {
        listen
        config '.hooks.poststart = [{path: "/bin/touch", args: ["touch", $path]}]' --arg path "$ROOTFS/go"
        script 'until [ -e /go ]; do sleep 0.05; done; notify send READY=1; sleep 1000'
        NOTIFY_SOCKET=$MANAGER create
        NOTIFY_SOCKET=$MANAGER tare start "$ID"
        heard "$(pid_of)" "$(sender)"
}

@test "start: a manager that is not there is an error before anything happens" {
        args sleep 1000
        NOTIFY_SOCKET=$MANAGER create
        NOTIFY_SOCKET=$MANAGER expect 1 tare start "$ID"
        says "connect to NOTIFY_SOCKET \`$MANAGER\`: no such file or directory"
        status_is created
}

@test "start: a container that was created without a socket is not waited for" {
        listen
        args sleep 1000
        create
        NOTIFY_SOCKET=$MANAGER expect 0 tare start "$ID"
        says 'the container was created without NOTIFY_SOCKET and cannot tell when it is ready'
        heard_nothing
}

@test "start: nobody waits where it has no socket itself" {
        args sleep 1000
        NOTIFY_SOCKET=$MANAGER create
        expect 0 tare start "$ID"
        says_nothing
}

@test "start: killed while it waits, it leaves nothing that delete does not remove" {
        listen
        args sleep 1000
        NOTIFY_SOCKET=$MANAGER create
        background start "$ID"
        soon status_is running
        kill -KILL "$COMMAND"
        finish || :
        test -S "$ROOT/$ID/notify/notify.sock"
        tare delete --force "$ID"
        nothing_left
}

# --- run ---

@test "run --detach: the same as start, and no socket is left" {
        listen
        script 'notify send READY=1; sleep 1000'
        background run --detach --bundle "$BUNDLE" "$ID"
        finish
        heard "$(pid_of)" "$COMMAND"
        is "$(ls "$ROOT/$ID/notify")" ""
}

@test "run --detach: a manager that is not there is an error, and nothing was made" {
        NOTIFY_SOCKET=$MANAGER expect 1 tare run --detach --bundle "$BUNDLE" "$ID"
        says "connect to NOTIFY_SOCKET \`$MANAGER\`"
        nothing_left
}

@test "run --detach: interrupted before the container is ready, it leaves nothing" {
        listen
        args sleep 1000
        background run --detach --bundle "$BUNDLE" "$ID"
        soon status_is running
        kill -TERM "$COMMAND"
        local status=0
        finish || status=$?
        is "$status" 1
        grep -q 'interrupted before the container was ready' "$DIR/err"
        heard_nothing
        nothing_left
}

@test "run --detach: interrupted while the manager takes its time, it ends" {
        listen hold
        script 'notify send READY=1; sleep 1000'
        background run --detach --bundle "$BUNDLE" "$ID"
        soon grep -q '^BARRIER=1' "$DIR/heard"
        kill -TERM "$COMMAND"
        SECONDS=0
        finish
        [ "$SECONDS" -lt 10 ]
        status_is running
}

@test "run: in the foreground the manager is told to watch us, who give the exit code" {
        listen
        script 'notify send READY=1; exit 7'
        background run --bundle "$BUNDLE" "$ID"
        local status=0
        finish || status=$?
        is "$status" 7
        heard "$COMMAND" "$COMMAND"
}

@test "run: in the foreground READY=1 as the last word of a process counts" {
        local i
        args notify send READY=1
        for i in 1 2 3 4 5 6 7 8; do
                listen
                background run --bundle "$BUNDLE" "$ID"
                finish
                heard "$COMMAND" "$COMMAND"
                rm "$MANAGER"
        done
}

@test "run: in the foreground signals are served while the container is not ready" {
        listen
        script 'trap "exit 9" USR1; echo up; while :; do sleep 0.05; done'
        background run --bundle "$BUNDLE" "$ID"
        soon grep -qx up "$DIR/out"
        kill -USR1 "$COMMAND"
        local status=0
        finish || status=$?
        is "$status" 9
        heard_nothing
}

@test "run: in the foreground a manager that never answers the barrier does not hold us" {
        listen hold
        script 'notify send READY=1; exit 5'
        local before=$SECONDS status=0
        background run --bundle "$BUNDLE" "$ID"
        finish || status=$?
        is "$status" 5
        [ $((SECONDS - before)) -lt 10 ]
        heard "$COMMAND" "$COMMAND"
}

# --- addresses ---

@test "a manager in the abstract namespace" {
        MANAGER=@$ID
        listen
        script 'notify send READY=1; sleep 1000'
        background run --detach --bundle "$BUNDLE" "$ID"
        finish
        heard "$(pid_of)" "$COMMAND"
}

@test "a manager's path and a state directory that are longer than an address" {
        local name
        name=$(printf '%060d' 0)
        listen
        mkdir -p "$DIR/$name/$name"
        mv "$MANAGER" "$DIR/$name/$name/manager"
        MANAGER=$DIR/$name/$name/manager
        ROOT=$DIR/$name/$name/state
        script 'notify send READY=1; sleep 1000'
        background run --detach --bundle "$BUNDLE" "$ID"
        finish
        heard "$(pid_of)" "$COMMAND"
}

# --- inside ---

@test "inside: the variable, whatever the config says, and a mount that gives nothing away" {
        listen
        config '.process.env += ["NOTIFY_SOCKET=/run/systemd/notify", "AFTER=1"]'
        NOTIFY_SOCKET=$MANAGER inside 'env | grep -E "^(NOTIFY|AFTER)"; ls /run/notify; ls -ld /run/notify | cut -c1-10
                awk "\$5 == \"/run/notify\" {print \$6}" /proc/self/mountinfo; touch /run/notify/x 2>&1; rm /run/notify/notify.sock 2>&1; :'
        prints_line NOTIFY_SOCKET=/run/notify/notify.sock
        prints_line AFTER=1
        is "$(grep -c NOTIFY <<<"$output")" 1
        prints_line notify.sock
        prints_line drwxr-xr-x
        prints_match '^ro,nosuid,nodev,noexec'
        prints_match 'touch: .*: Read-only file system'
        prints_match 'rm: .*: Read-only file system'
}

@test "inside: without NOTIFY_SOCKET, or with an empty one, the config's variable stays and nothing is mounted" {
        local value
        config '.process.env += ["NOTIFY_SOCKET=/elsewhere"]'
        script 'env | grep NOTIFY; ls /run 2>&1; grep -c notify /proc/self/mountinfo; :'
        for value in -uNOTIFY_SOCKET NOTIFY_SOCKET=; do
                expect 0 env "$value" "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
                prints_line NOTIFY_SOCKET=/elsewhere
                not grep -q '^notify' <<<"$output"
                prints_line 0
        done
}

@test "inside: the manager's socket is not in the environment of a container without one" {
        listen
        script 'env'
        create
        tare delete "$ID"
        NOTIFY_SOCKET=$MANAGER create
        expect 0 tare start "$ID"
        soon grep -q NOTIFY_SOCKET "$DIR/container"
        not grep -q "$MANAGER" "$DIR/container"
}

@test "inside: a user of a user namespace can send" {
        need_system_call mount_setattr
        listen
        config '.linux.namespaces += [{"type": "user"}] | .process.user = {"uid": 1000, "gid": 1000}
                | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .linux.gidMappings = .linux.uidMappings'
        chown -R 100000:100000 "$ROOTFS"
        script 'notify send READY=1; sleep 1000'
        background run --detach --bundle "$BUNDLE" "$ID"
        finish
        heard "$(pid_of)" "$COMMAND"
}

@test "a container without a mount namespace is refused" {
        config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
        NOTIFY_SOCKET=$MANAGER refused 'NOTIFY_SOCKET: it is set, and a container without a mount namespace cannot be given a socket'
}

@test "hooks have neither the manager's socket nor a wrong one" {
        local kind path=$ROOTFS/tmp
        listen
        for kind in prestart createRuntime createContainer startContainer poststart poststop; do
                [ "$kind" != startContainer ] || path=/tmp
                config '.hooks[$kind] = [{path: "/bin/sh", args: ["sh", "-c", $script]}]' --arg kind "$kind" \
                        --arg script "echo \"$kind \$NOTIFY_SOCKET.\" >>$path/hooks"
                path=$ROOTFS/tmp
        done
        args notify send READY=1
        NOTIFY_SOCKET=$MANAGER expect 0 tare run --bundle "$BUNDLE" "$ID"
        is "$(cat "$ROOTFS/tmp/hooks")" "prestart .
createRuntime .
createContainer .
startContainer /run/notify/notify.sock.
poststart .
poststop ."
}

# --- hostile ---

@test "only the line READY=1 counts, of messages that can be read, and nothing but it is passed on" {
        local long
        listen
        long=$(printf '%5000d' 0)
        args notify send '' READY=0 READY=11 XREADY=1 'STATUS=READY=1' 'ready=1' 'READY=1\0X' "READY=1\\nX=$long" \
                'MAINPID=1' 'STOPPING=1\nFDSTORE=1' 'fd:FDSTORE=1'
        NOTIFY_SOCKET=$MANAGER expect 0 tare run --detach --bundle "$BUNDLE" "$ID"
        says 'the container ended before it was ready'
        heard_nothing
}

@test "READY=1 between other lines, and with a NUL behind it" {
        local message
        for message in 'STATUS=a\nREADY=1\nMAINPID=1' 'READY=1\n' 'READY=1\0' 'fd:READY=1\nFDSTORE=1'; do
                listen
                args notify send "$message"
                background run --detach --bundle "$BUNDLE" "$ID"
                finish
                soon grep -q '^BARRIER=1' "$DIR/heard"
                is "$(sed -n '2s/ from.*//p' "$DIR/heard")" READY=1
                is "$(wc -l <"$DIR/heard")" 4
                tare delete --force "$ID"
                rm "$MANAGER"
        done
}

@test "descriptors that come with messages are not kept" {
        local before
        listen
        script 'while [ ! -e /go ]; do sleep 0.05; done
                notify send fd:STATUS=1 fd:STATUS=2 fd:STATUS=3 barrier; touch /sent; sleep 1000'
        NOTIFY_SOCKET=$MANAGER create
        background start "$ID"
        soon status_is running
        before=$(ls "/proc/$COMMAND/fd" | wc -l)
        touch "$ROOTFS/go"
        soon test -e "$ROOTFS/sent"
        grep -qx 'barrier passed' "$DIR/container"
        is "$(ls "/proc/$COMMAND/fd" | wc -l)" "$before"
}

@test "a container that floods the socket can still be ended" {
        listen
        args notify send flood
        NOTIFY_SOCKET=$MANAGER create
        background start "$ID"
        soon status_is running
        sleep 0.3
        tare delete --force "$ID"
        soon eval '! runs $COMMAND'
        heard_nothing
}

@test "run: in the foreground a flood does not keep signals away" {
        listen
        script 'notify send flood & trap "exit 3" USR1; echo up; while :; do sleep 0.05; done'
        background run --bundle "$BUNDLE" "$ID"
        soon grep -qx up "$DIR/out"
        kill -USR1 "$COMMAND"
        local status=0
        finish || status=$?
        is "$status" 3
        heard_nothing
}
