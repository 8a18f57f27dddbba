#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# docker exec and what rests on it (health checks), docker attach, and terminals for both.

load docker.bash

# waits NAME [OPTION...]: a container to execute something in.
waits() {
        local name=$1
        shift
        docker run --detach --name "$name" "$@" busybox sleep 1000
}

# executed NAME COMMAND: the pid, on the host, of the process in the container that was called like this.
executed() {
        local pid
        for pid in $(cat "$(cgroup_file "$1" pids cgroup.procs cgroup.procs)"); do
                [ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" != "$2 " ] || { echo "$pid" && return; }
        done
        return 1
}

# --- a terminal for the client ---

# on_terminal COMMAND: runs it in the background with a terminal. What appears there is in $SCREEN, what is written to
# descriptor 9 is typed.
on_terminal() {
        SCREEN=$BATS_TEST_TMPDIR/screen
        mkfifo "$BATS_TEST_TMPDIR/keys"
        exec 9<>"$BATS_TEST_TMPDIR/keys"
        timeout --foreground 40 script --quiet --flush --return --command "$1" /dev/null \
                <"$BATS_TEST_TMPDIR/keys" >"$SCREEN" 2>&1 9>&- 3>&- &
        TERMINAL_PID=$!
}

appears() {
        until_true 10 grep -q -e "$1" "$SCREEN" || { cat -A "$SCREEN" && return 1; }
}

types() {
        printf '%b' "$1" >&9
}

# The command on the terminal ends by itself, with a status of this pattern.
terminal_ends() {
        local status=0
        wait "$TERMINAL_PID" || status=$?
        exec 9>&-
        rm "$BATS_TEST_TMPDIR/keys"
        [[ $status =~ ^($1)$ ]] || { echo "status $status, expected $1" && cat -A "$SCREEN" && return 1; }
}

# --- output, input, exit status ---

@test "docker exec: output, stderr apart, status" {
        waits box
        expect 0 docker exec box sh -c 'echo out; echo err >&2'
        shows out
        tells '^err$'
        expect 3 docker exec box sh -c 'exit 3'
        expect 255 docker exec box sh -c 'exit 255'
        expect 1 docker exec box false
}

@test "docker exec: 137 and 143 for a process that is killed" {
        waits box
        expect 137 docker exec box sh -c 'kill -KILL $$'
        expect 143 docker exec box sh -c 'kill -TERM $$'
        running box
}

@test "docker exec: 126 and the reason for what cannot be executed or does not exist" {
        waits box
        expect 126 docker exec box /etc
        [[ $output$stderr =~ 'exec: "/etc": '(permission denied|is a directory) ]]
        expect 126 docker exec box /bin/not-executable
        [[ $output$stderr == *'exec: "/bin/not-executable": permission denied'* ]]
        # Not 127: Docker 20.10 answers every command that cannot be started with 126.
        expect 126 docker exec box no-such-command
        [[ $output$stderr == *'exec: "no-such-command": executable file not found in $PATH'* ]]
        expect 126 docker exec box /no/such/file
        [[ $output$stderr == *'exec: "/no/such/file":'*'no such file or directory'* ]]
        # Nothing of the attempts stays.
        is "$(wc -w <"/proc/$(state box Pid)/task/$(state box Pid)/children")" 0
}

@test "docker exec --interactive: stdin, complete and to its end" {
        waits box
        expect 0 docker exec --interactive box cat < <(printf 'one\ntwo')
        shows $'one\ntwo'
        expect 0 docker exec --interactive box md5sum < <(head -c 3000000 /dev/zero)
        shows "$(head -c 3000000 /dev/zero | md5sum)"
        expect 0 docker exec --interactive box cat </dev/null
        shows ''
        # Without it there is nothing to read.
        expect 0 docker exec box cat < <(echo one)
        shows ''
}

@test "docker exec: large output arrives complete" {
        waits box
        expect 0 docker exec box sh -c 'dd if=/dev/zero bs=64k count=32 2>/dev/null | tr "\0" x | fold -w 1023'
        [ "${#output}" -eq $((32 * 65536 + 32 * 65536 / 1023)) ]
}

@test "docker exec on a paused, a stopped and no container" {
        waits box
        docker pause box
        expect 1 docker exec box true
        tells 'is paused, unpause'
        docker unpause box
        expect 0 docker exec box true
        docker kill box
        docker wait box
        expect 1 docker exec box true
        tells 'is not running'
        expect 1 docker exec no-such-container true
        tells 'No such container'
        # And a second life can be entered like the first.
        docker start box
        expect 0 docker exec box echo again
        shows again
}

@test "the end of the container ends what was executed in it" {
        waits box
        local status=0 client pid
        docker exec box sleep 1001 &
        client=$!
        until_true 10 executed box 'sleep 1001'
        pid=$(executed box 'sleep 1001')
        docker kill box
        wait "$client" || status=$?
        is "$status" 137
        process_gone "$pid"
}

@test "--pid host: the end of the container ends what was executed in it, too" {
        waits box --pid host
        docker exec --detach box sleep 1001
        local pid
        until_true 10 executed box 'sleep 1001'
        pid=$(executed box 'sleep 1001')
        docker kill box
        docker wait box
        until_true 10 process_gone "$pid"
}

@test "docker exec --detach" {
        waits box
        expect 0 docker exec --detach box sh -c 'echo done >/tmp/done; exec sleep 1001'
        shows ''
        until_true 10 executed box 'sleep 1001'
        expect 0 docker exec box cat /tmp/done
        shows done
        # The shim is its parent: its end is seen, and no dead process stays.
        local pid
        pid=$(executed box 'sleep 1001')
        kill -KILL "$pid"
        until_true 10 eval '[ ! -d "/proc/$pid" ]'
        fails docker exec --detach box no-such-command
        [[ $output$stderr == *'executable file not found in $PATH'* ]]
}

@test "eight docker exec at once" {
        waits box
        local pids=() i status
        for i in 1 2 3 4 5 6 7 8; do
                docker exec box sh -c "exit $i" &
                pids+=($!)
        done
        for i in "${!pids[@]}"; do
                status=0
                wait "${pids[i]}" || status=$?
                is "$status" $((i + 1))
        done
}

# --- who, where, with what ---

@test "docker exec --user by number, name and group" {
        waits box --group-add extra
        expect 0 docker exec box id
        shows 'uid=0(root) gid=0(root) groups=0(root),10(wheel),2000(extra)'
        expect 0 docker exec --user user box sh -c 'id; grep CapEff /proc/self/status; echo $HOME'
        [[ $output == 'uid=1000(user) gid=1000(user)'*$'\nCapEff:\t0000000000000000\n/tmp' ]]
        expect 0 docker exec --user 4321:8765 box sh -c 'id -u; id -g; touch /tmp/x && stat -c %u:%g /tmp/x'
        shows $'4321\n8765\n4321:8765'
        expect 0 docker exec --user 1000:extra box sh -c 'id -u; id -g'
        shows $'1000\n2000'
        expect 126 docker exec --user nobody-here box true
        [[ $output$stderr == *'unable to find user nobody-here'* ]]
}

@test "docker exec in a container with --user, and back to root" {
        waits box --user 1000
        expect 0 docker exec box sh -c 'id -u; grep CapEff /proc/self/status'
        shows $'1000\nCapEff:\t0000000000000000'
        expect 0 docker exec --user 0 box sh -c 'id -u; grep CapEff /proc/self/status'
        shows $'0\nCapEff:\t00000000a80425fb'
}

@test "docker exec --workdir" {
        waits box --workdir /made/here
        expect 0 docker exec box pwd
        shows /made/here
        expect 0 docker exec --workdir /etc box sh -c 'pwd; ls passwd'
        shows $'/etc\npasswd'
        expect 126 docker exec --workdir /etc/passwd/sub box pwd
        [[ $output == *"not a directory"* ]]
        expect 126 docker exec --workdir /no/such box pwd
        [[ $output == *"no such file or directory"* ]]
}

@test "docker exec --env, --env-file, and what the container has" {
        waits box --env KEPT=kept --env CHANGED=old
        printf 'FROM_FILE=1 2\n' >"$BATS_TEST_TMPDIR/env"
        expect 0 docker exec --env CHANGED=new --env 'NEW=two  words' --env-file "$BATS_TEST_TMPDIR/env" box \
                sh -c 'echo "$KEPT|$CHANGED|$NEW|$FROM_FILE|$HOME|$PATH"'
        shows 'kept|new|two  words|1 2|/root|/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
}

@test "docker exec has the container's capabilities" {
        waits box
        expect 0 docker exec box awk '$1 ~ "^Cap" { print $2 }' /proc/self/status
        shows $'0000000000000000\n00000000a80425fb\n00000000a80425fb\n00000000a80425fb\n0000000000000000'
        expect 1 docker exec box hostname other
}

@test "docker exec --privileged has every capability of the machine" {
        # The filter stays the container's.
        waits box --security-opt seccomp=unconfined
        local wanted
        wanted=$((0x$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status) & (1 << 38) - 1))
        expect 0 docker exec --privileged box awk '$1 == "CapEff:" { print $2 }' /proc/self/status
        [ $((0x$output & wanted)) -eq "$wanted" ]
        expect 1 docker exec box hostname other
        expect 0 docker exec --privileged box hostname other
        expect 0 docker exec box hostname
        shows other
}

@test "docker exec is where the container is: namespaces, cgroups, filter, limits, root" {
        waits box --security-opt no-new-privileges --ulimit nofile=77:88 --oom-score-adj 321 --read-only --cap-drop ALL \
                --cap-add NET_BIND_SERVICE
        local type look='grep -E "^(CapBnd|CapEff|NoNewPrivs|Seccomp):" /proc/PID/status; cat /proc/PID/oom_score_adj
                cat /proc/PID/cgroup; grep "Max open files" /proc/PID/limits; readlink /proc/PID/root'
        expect 0 docker exec box sh -c "${look//PID/self}"
        shows "$(docker exec box sh -c "${look//PID/1}")"
        [[ $output == *$'NoNewPrivs:\t1\nSeccomp:\t2\n321\n'* ]]
        for type in cgroup ipc mnt net pid uts; do
                is "$(docker exec box readlink "/proc/self/ns/$type")" "$(namespace_of "$(state box Pid)" "$type")"
        done
        expect 1 docker exec box touch /x
        tells 'Read-only file system'
        # And nothing of the runtime is open in it.
        expect 0 docker exec box sh -c 'ls /proc/self/fd | wc -l'
        [ "$output" -le 4 ]
}

@test "docker exec with namespaces of others: host, another container, --init" {
        waits first --ipc shareable
        waits second --pid container:first --network container:first --ipc container:first
        expect 0 docker exec second sh -c 'ps | grep -c "sleep 100[0]"; readlink /proc/self/ns/net'
        shows $'2\n'"$(namespace_of "$(state first Pid)" net)"
        waits hosted --pid host --network host --uts host --ipc host
        expect 0 docker exec hosted readlink /proc/self/ns/pid
        shows "$(namespace_of "$CONTAINERD_PID" pid)"
        [ "$DOCKER_NETWORK" = none ] || docker exec first sh -c 'ls /sys/class/net' | grep -q eth0
        if command -v docker-init >/dev/null; then
                waits initiated --init
                expect 42 docker exec initiated sh -c 'exit 42'
        fi
}

@test "a limit of memory holds for what is executed" {
        needs_limit MemoryLimit
        waits box --memory 16m --memory-swap 16m
        expect 137 docker exec box tail /dev/zero
        is "$(state box Running)" true
}

@test "docker exec with --userns-remap" {
        remapped_daemon
        waits box
        expect 0 docker exec box sh -c 'id -u; awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map; grep CapEff /proc/self/status'
        shows $'0\n0 '"$SUBID"$' 65536\nCapEff:\t00000000a80425fb'
        expect 0 docker exec --user 1000:1000 box sh -c 'touch /tmp/x && stat -c %u:%g /tmp/x'
        shows 1000:1000
        expect 0 docker exec --interactive box cat < <(echo in)
        shows in
        expect 0 docker exec --tty box sh -c 'stat -c %u $(tty); echo x >/dev/tty'
        shows $'0\r\nx\r'
        docker exec --detach box sleep 1001
        until_true 10 executed box 'sleep 1001'
        is "$(stat -c %u "/proc/$(executed box 'sleep 1001')")" "$SUBID"
        expect 126 docker exec box no-such-command
        expect 3 docker exec box sh -c 'exit 3'

        # A container without the mapping of its daemon.
        waits plain --userns host
        expect 0 docker exec plain awk '{ print $1, $2, $3 }' /proc/self/uid_map
        shows '0 0 4294967295'
}

# --- terminals ---

@test "docker exec --tty without --interactive" {
        waits box
        expect 0 docker exec --tty box sh -c 'tty; test -t 0 -a -t 1 -a -t 2 && echo terminal; exit 0'
        [[ $output =~ ^/dev/pts/[0-9]+$'\r\nterminal\r'$ ]]
        expect 5 docker exec --tty box sh -c 'echo x >/dev/tty; exit 5'
        shows $'x\r'
}

@test "docker exec --interactive --tty: size, input, control keys, exit status" {
        waits box
        on_terminal "stty rows 33 cols 101; exec $(docker_client) exec -it box sh -c '
                trap \"echo interrupted; exit 9\" INT
                until [ \"\$(stty size)\" = \"33 101\" ]; do sleep 0.1; done; stty size
                read -r line; echo \"<\$line>\"; while :; do sleep 0.1; done'"
        appears '33 101'
        types 'some words\r'
        appears '<some words>'
        types '\003'
        appears interrupted
        terminal_ends 9
}

@test "docker exec --interactive --tty: a shell with job control" {
        waits box --tty
        on_terminal "$(docker_client) exec -it box sh"
        appears '[#] '
        types 'echo $((40 + 2)); sleep 1001\r'
        appears 42
        # Ctrl-Z stops the foreground process, which needs a controlling terminal and a process group of its own.
        until_true 10 executed box 'sleep 1001'
        types '\032'
        appears Stopped
        # The first is answered by a warning of stopped jobs.
        types 'exit 6\rexit 6\r'
        terminal_ends 6
        running box
}

@test "docker exec: detach keys leave the process running" {
        waits box
        on_terminal "$(docker_client) exec -it box sh -c 'echo here; exec sleep 1001'"
        appears here
        types '\020\021'
        wait "$TERMINAL_PID" || :
        exec 9>&-
        expect 0 executed box 'sleep 1001'
}

# --- attach ---

@test "docker attach: output, input and the exit status" {
        docker run --detach --interactive --name hears busybox \
                sh -c 'while read -r line; do echo "<$line>"; [ "$line" != end ] || exit 4; done'
        mkfifo "$BATS_TEST_TMPDIR/words"
        exec 9<>"$BATS_TEST_TMPDIR/words"
        docker attach hears <"$BATS_TEST_TMPDIR/words" >"$BATS_TEST_TMPDIR/out" 2>&1 9>&- &
        local client=$! status=0
        # Docker 20.10 loses what is answered before it listens.
        until_true 10 eval 'echo one >&9; sleep 0.1; grep -qx "<one>" "$BATS_TEST_TMPDIR/out"'
        echo end >&9
        wait "$client" || status=$?
        exec 9>&-
        is "$status $(tail -n 1 "$BATS_TEST_TMPDIR/out")" '4 <end>'
}

@test "docker attach --no-stdin sees what comes, stderr apart" {
        docker run --detach --name talks busybox \
                sh -c 'trap "echo out; echo err >&2; exit 6" USR1; echo up; while :; do sleep 0.1; done'
        until_true 10 logs_hold talks up
        docker attach --no-stdin talks >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" &
        local client=$! status=0
        # That it is attached, only what comes later can tell.
        sleep 1
        docker kill --signal USR1 talks
        wait "$client" || status=$?
        is "$status $(cat "$BATS_TEST_TMPDIR/out")" '6 out'
        is "$(cat "$BATS_TEST_TMPDIR/err")" err
}

@test "docker attach to a terminal: detach keys, and back" {
        docker run --detach --interactive --tty --name shell busybox sh
        on_terminal "$(docker_client) attach shell"
        types '\r'
        appears '[#] '
        types 'mark=kept\recho $((40 + 2))\r'
        appears 42
        types '\020\021'
        appears 'read escape sequence'
        terminal_ends '0|1'
        running shell

        on_terminal "$(docker_client) attach --detach-keys ctrl-a,d shell"
        types 'echo "<$mark>"\r'
        appears '<kept>'
        types '\001d'
        appears 'read escape sequence'
        terminal_ends '0|1'
        running shell

        on_terminal "$(docker_client) attach shell"
        types 'exit 7\r'
        terminal_ends 7
        is "$(state shell ExitCode)" 7
}

@test "docker run --interactive --tty: detach keys leave it running" {
        on_terminal "$(docker_client) run -it --name left busybox sh -c 'echo here; exec sleep 1000'"
        appears here
        types '\020\021'
        terminal_ends 0
        running left
}

# --- what rests on exec ---

health() {
        [ "$(state "$1" Health.Status)" = "$2" ]
}

@test "a health check: starting, healthy, unhealthy, and what it printed" {
        docker run --detach --name checked --health-cmd 'cat /tmp/well' --health-interval 300ms --health-retries 2 \
                --health-timeout 5s busybox sh -c 'echo 1 >/tmp/well; exec sleep 1000'
        until_true 20 health checked healthy
        docker exec checked rm /tmp/well
        until_true 20 health checked unhealthy
        expect 0 docker inspect --format '{{json .State.Health}}' checked
        jq -e '.FailingStreak >= 2 and (.Log[-1] | .ExitCode == 1 and (.Output | contains("No such file")))' <<<"$output"
        expect 0 docker ps --format '{{.Status}}'
        [[ $output == *"(unhealthy)" ]]
        docker exec checked touch /tmp/well
        until_true 20 health checked healthy
}

@test "a health check that hangs is ended" {
        docker run --detach --name hangs --health-cmd 'exec sleep 1001' --health-interval 200ms --health-retries 1 \
                --health-timeout 500ms busybox sleep 1000
        until_true 20 health hangs unhealthy
        is "$(docker inspect --format '{{(index .State.Health.Log 0).ExitCode}}' hangs)" -1
}

@test "docker top and docker diff see what was executed" {
        waits box
        docker exec box sh -c 'echo x >/new'
        docker exec --detach box sleep 1001
        until_true 10 executed box 'sleep 1001'
        expect 0 docker top box -o pid,args
        [[ $output == *"sleep 1000"*"sleep 1001"* ]]
        expect 0 docker diff box
        [[ $output == *'A /new'* ]]
}

# --- the end ---

@test "no mount is left behind" {
        is "$(docker_mounts_left)" ''
}
