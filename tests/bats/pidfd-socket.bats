#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --pidfd-socket and the annotation run.oci.pidfd_receiver: who called gets hold of the container's process itself.

load helpers

setup_file() {
        common_setup_file
        ! command -v "${CC:-cc}" >/dev/null ||
                "${CC:-cc}" -D_GNU_SOURCE -O1 -o "$BATS_FILE_TMPDIR/pidfd-receiver" "$BATS_TEST_DIRNAME/../tools/pidfd-receiver.c"
}

# Listens at a socket; what comes is in the file beside it.
listen_at() {
        [ -x "$BATS_FILE_TMPDIR/pidfd-receiver" ] || skip "no C compiler here"
        need_system_call pidfd_open
        mkdir -p "$(dirname "$1")"
        "$BATS_FILE_TMPDIR/pidfd-receiver" "$1" >"$1.out" 2>&1 </dev/null 3>&- &
        BACKGROUND+=" $!"
        soon test -S "$1"
}

# received SOCKET PID: one message, one descriptor, of that process.
received() {
        soon grep -q 'then' "$1.out"
        is "$(head -n 1 "$1.out")" "payload standard, 1 descriptors, pid $2, then the end"
}

@test "create: one message with a pidfd of the container's process, then the end of the connection" {
        args sleep 1000
        listen_at "$DIR/socket"
        create --pidfd-socket "$DIR/socket"
        received "$DIR/socket" "$(pid_of)"
        not grep -q ended "$DIR/socket.out"
        tare delete --force "$ID"
        soon grep -qx ended "$DIR/socket.out"
}

@test "a socket's path that is longer than an address" {
        local name
        name=$(printf '%060d' 0)
        args true
        listen_at "$DIR/$name/$name/socket"
        create --pidfd-socket "$DIR/$name/$name/socket"
        received "$DIR/$name/$name/socket" "$(pid_of)"
}

@test "run: in the foreground too, and the connection does not last as long as the container" {
        listen_at "$DIR/socket"
        script 'read -r line'
        mkfifo "$DIR/input"
        tare run --bundle "$BUNDLE" --pidfd-socket "$DIR/socket" "$ID" <"$DIR/input" >"$DIR/out" 2>&1 &
        BACKGROUND+=" $!"
        exec 9>"$DIR/input"
        soon status_is running
        received "$DIR/socket" "$(pid_of)"
        echo >&9
        exec 9>&-
        soon grep -qx ended "$DIR/socket.out"
}

@test "run --detach: a process that ends at once is received too" {
        args true
        listen_at "$DIR/socket"
        expect 0 tare run --detach --bundle "$BUNDLE" --pidfd-socket "$DIR/socket" "$ID"
        soon grep -qx ended "$DIR/socket.out"
        grep -q '^payload standard, 1 descriptors, pid [0-9]*, then the end' "$DIR/socket.out"
}

@test "a process that a stage has made" {
        args sleep 1000
        config '.linux.namespaces += [{"type": "user"}]
                | del(.mounts[] | select(.type == "sysfs"))
                | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .linux.gidMappings = .linux.uidMappings'
        unshare --net sleep 1000 3>&- &
        BACKGROUND+=" $!"
        local pid=$!
        soon eval "! [ /proc/$pid/ns/net -ef /proc/self/ns/net ]"
        config '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)' --arg path "/proc/$pid/ns/net"
        chown -R 100000:100000 "$ROOTFS"
        listen_at "$DIR/socket"
        create --pidfd-socket "$DIR/socket"
        received "$DIR/socket" "$(pid_of)"
}

@test "annotation run.oci.pidfd_receiver" {
        args sleep 1000
        listen_at "$DIR/socket"
        config '.annotations["run.oci.pidfd_receiver"] = $path' --arg path "$DIR/socket"
        create
        received "$DIR/socket" "$(pid_of)"
}

@test "option and annotation: both receive" {
        args sleep 1000
        listen_at "$DIR/one"
        listen_at "$DIR/two"
        config '.annotations["run.oci.pidfd_receiver"] = $path' --arg path "$DIR/two"
        create --pidfd-socket "$DIR/one"
        received "$DIR/one" "$(pid_of)"
        received "$DIR/two" "$(pid_of)"
}

@test "the connection is not open in the container" {
        script 'ls -l /proc/self/fd | grep -c socket: || :'
        listen_at "$DIR/socket"
        expect 0 tare run --bundle "$BUNDLE" --pidfd-socket "$DIR/socket" "$ID"
        prints 0
}

@test "a socket that nobody listens on is named, and nothing was made" {
        expect 1 tare create --bundle "$BUNDLE" --pidfd-socket "$DIR/no-socket" "$ID"
        says "connect to pidfd socket \`$DIR/no-socket\`: no such file or directory"
        nothing_left
        config '.annotations["run.oci.pidfd_receiver"] = $path' --arg path "$DIR/no-socket"
        refused "connect to annotations.run.oci.pidfd_receiver \`$DIR/no-socket\`: no such file or directory"
}

@test "annotation run.oci.pidfd_receiver: a relative path is refused" {
        config '.annotations["run.oci.pidfd_receiver"] = "socket"'
        refused 'annotations.run.oci.pidfd_receiver: found `socket`, expected an absolute path'
}

@test "the receiver goes without a word: create fails and leaves nothing" {
        local listener
        listen_at "$DIR/socket"
        listener=$BACKGROUND
        # Stopped in a hook until the connection is cut.
        mkfifo "$DIR/go"
        printf '#!/bin/sh\nread -r line <%s\n' "$DIR/go" >"$DIR/hook"
        chmod 755 "$DIR/hook"
        config '.hooks.createRuntime = [{"path": $path}]' --arg path "$DIR/hook"
        args sleep 1000
        tare create --bundle "$BUNDLE" --pidfd-socket "$DIR/socket" "$ID" >"$DIR/out" 2>"$DIR/err" </dev/null &
        local creator=$!
        soon status_is creating
        kill -KILL $listener
        wait $listener || :
        echo >"$DIR/go"
        local status=0
        wait "$creator" || status=$?
        is "$status" 1
        grep -q 'send pidfd to pidfd socket: broken pipe' "$DIR/err"
        nothing_left
}
