#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A day with Docker and the runtime under test: each command that looks at containers, changes them or ends them, and
# what its user sees. How containers are run is in docker.bats and docker-options.bats, exec in docker-exec.bats.

load docker.bash

# sleeper NAME [OPTION...]: a container that waits, and is in no hurry to end.
sleeper() {
        local name=$1
        shift
        docker run --detach --name "$name" "$@" busybox sleep 1000
}

# --- the daemon ---

@test "docker version names the runtime and its version" {
        local version
        version=$("$(docker_runtime)" --version | awk 'NR == 1 { print $NF }')
        expect 0 docker version --format '{{range .Server.Components}}{{println .Name .Version}}{{end}}'
        grep -qx "tare $version" <<<"$output"
}

@test "docker info for the eye" {
        expect 0 docker info
        grep -qx ' Default Runtime: tare' <<<"$output"
        grep -qE '^ Runtimes:.* tare( |$)' <<<"$output"
        run ! grep -i 'tare' <<<"$stderr"
}

# --- create, start, list, end ---

@test "docker create, start, ps" {
        docker create --name made busybox sleep 1000
        expect 0 docker ps --quiet
        shows ''
        expect 0 docker ps --all --format '{{.Names}} {{.Command}} {{.Status}}'
        shows 'made "sleep 1000" Created'
        is "$(state made Status Pid)" "created 0"

        expect 0 docker start made
        shows made
        expect 0 docker ps --format '{{.Names}} {{.Image}} {{.Status}}'
        [[ $output == "made busybox Up "* ]]
        is "$(state made Status)" running
        is "$(tr '\0' ' ' <"/proc/$(state made Pid)/cmdline")" "sleep 1000 "
}

@test "docker ps tells how a container ended" {
        docker run --name ended busybox sh -c 'exit 3' || :
        expect 0 docker ps --all --format '{{.Names}} {{.Status}}'
        [[ $output == "ended Exited (3) "* ]]
        expect 0 docker ps --all --quiet --filter exited=3
        [ -n "$output" ]
}

@test "docker wait, for several and for one that goes on" {
        docker run --detach --name three busybox sh -c 'exit 3'
        docker run --detach --name four busybox sh -c 'trap "exit 4" TERM; echo up; while :; do sleep 0.1; done'
        expect 0 docker wait three
        shows 3
        docker wait three four >"$BATS_TEST_TMPDIR/codes" &
        local waiting=$!
        until_true 10 logs_hold four up
        kill -0 "$waiting"
        docker kill --signal TERM four
        wait "$waiting"
        is "$(cat "$BATS_TEST_TMPDIR/codes")" $'3\n4'
}

@test "docker stop: the handler is heard, and after the grace period comes KILL" {
        docker run --detach --name deaf busybox sh -c 'trap "echo heard" TERM; echo up; while :; do sleep 0.1; done'
        until_true 10 logs_hold deaf up
        local begin=$SECONDS
        expect 0 docker stop --time 2 deaf
        shows deaf
        [ $((SECONDS - begin)) -ge 1 ]
        expect 0 docker logs deaf
        shows $'up\nheard'
        is "$(state deaf Status ExitCode OOMKilled)" "exited 137 false"
}

@test "docker kill with signals by name, number and real-time name" {
        docker run --detach --name hears busybox sh -c 'trap "echo winch" WINCH; trap "echo rt" 35
                echo up; while :; do sleep 0.1; done'
        until_true 10 logs_hold hears up
        expect 0 docker kill --signal SIGWINCH hears
        until_true 10 logs_hold hears winch
        expect 0 docker kill --signal RTMIN+1 hears
        until_true 10 logs_hold hears rt
        expect 0 docker kill -s 9 hears
        expect 0 docker wait hears
        shows 137
}

@test "docker rm of what runs is refused; rm --force of all that is there" {
        docker create --name made busybox true
        docker run --name ended busybox true
        sleeper runs
        docker run --detach --name hostile --pid host busybox sh -c 'trap "" TERM HUP INT; sleep 1000 & wait'
        local pid
        pid=$(state runs Pid)
        expect 1 docker rm runs
        tells 'stop the container before|running container'
        expect 0 docker rm --force $(docker ps --all --quiet)
        is "$(wc -l <<<"$output")" 4
        process_gone "$pid"
        expect 0 docker ps --all --quiet
        shows ''
}

@test "docker restart: same container, new process, also of one that has ended" {
        docker run --detach --name again busybox sh -c 'echo run; trap exit TERM; while :; do sleep 0.1; done'
        until_true 10 logs_hold again run
        local before
        before=$(state again Pid)
        expect 0 docker restart --time 5 again
        process_gone "$before"
        [ -d "/proc/$(state again Pid)" ]
        docker kill again
        docker wait again
        expect 0 docker restart again
        until_true 10 eval '[ "$(docker logs again)" = $'\''run\nrun\nrun'\'' ]'
        is "$(docker inspect --format '{{.RestartCount}}' again)" 0
}

# --- logs ---

@test "docker logs: stdout and stderr apart, --tail, --timestamps" {
        docker run --name talks busybox sh -c 'for i in 1 2 3; do echo out $i; echo err $i >&2; sleep 0.05; done' || :
        expect 0 docker logs talks
        shows $'out 1\nout 2\nout 3'
        is "$stderr" $'err 1\nerr 2\nerr 3'
        expect 0 docker logs --tail 2 talks
        shows 'out 3'
        is "$stderr" 'err 3'
        expect 0 docker logs --tail 0 talks
        shows ''
        expect 0 docker logs --timestamps --tail 2 talks
        [[ $output =~ ^20[0-9-]+T[0-9:.]+Z\ out\ 3$ ]]
}

@test "docker logs --follow ends with the container" {
        docker run --detach --name talks busybox \
                sh -c 'trap "echo last; echo error >&2; exit 0" USR1; echo first; while :; do sleep 0.1; done'
        docker logs --follow talks >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" &
        local follower=$!
        until_true 10 grep -q first "$BATS_TEST_TMPDIR/out"
        kill -0 "$follower"
        docker kill --signal USR1 talks
        wait "$follower"
        is "$(cat "$BATS_TEST_TMPDIR/out")" $'first\nlast'
        is "$(cat "$BATS_TEST_TMPDIR/err")" error
}

# --- looking ---

@test "docker inspect: the process, its state, its end" {
        sleeper looked
        local pid
        pid=$(state looked Pid)
        is "$(cat "/proc/$pid/comm")" sleep
        is "$(awk '$1 == "NSpid:" { print $NF }' "/proc/$pid/status")" 1
        is "$(state looked Status Running Paused Restarting OOMKilled Dead ExitCode)" \
                "running true false false false false 0"
        is "$(docker inspect --format '{{.HostConfig.Runtime}}' looked)" tare
        docker kill looked
        docker wait looked
        process_gone "$pid"
        is "$(state looked Status Running Pid OOMKilled ExitCode)" "exited false 0 false 137"
}

@test "docker top, with and without arguments for ps" {
        docker run --detach --name busy busybox sh -c 'sleep 1001 & sleep 1002 & echo up; wait'
        until_true 10 logs_hold busy up
        expect 0 docker top busy
        [[ ${lines[0]} =~ ^UID\ +PID\ +PPID\ .*CMD$ ]]
        is "${#lines[@]}" 4
        grep -q 'sleep 1001$' <<<"$output"
        grep -q 'sleep 1002$' <<<"$output"
        is "$(awk 'NR == 2 { print $2 }' <<<"$output")" "$(state busy Pid)"

        expect 0 docker top busy -o pid,comm
        [[ ${lines[0]} =~ ^PID\ +COMMAND$ ]]
        is "$(awk 'NR > 1 { print $2 }' <<<"$output" | sort | paste -sd' ')" "sh sleep sleep"
        expect 0 docker top busy aux
        [[ ${lines[0]} =~ ^USER\ +PID\ +%CPU ]]

        docker kill busy
        docker wait busy
        expect 1 docker top busy
        tells 'is not running'
}

@test "docker stats: memory, processes and processor time are numbers of this container" {
        needs_limit MemoryLimit
        needs_limit PidsLimit
        docker run --detach --name works --memory 64m --pids-limit 30 busybox sh -c \
                'dd if=/dev/zero of=/dev/shm/8m bs=1M count=8; sleep 1000 & sleep 1000 & echo up; while :; do :; done'
        until_true 10 logs_hold works up
        expect 0 docker stats --no-stream --format '{{.Name}}|{{.MemUsage}}|{{.PIDs}}|{{.CPUPerc}}' works
        [[ $output =~ ^works\|([0-9]+)(\.[0-9]+)?MiB\ /\ 64MiB\|3\|([0-9]+)\.[0-9]+%$ ]]
        [ "${BASH_REMATCH[1]}" -ge 8 ]
        [ "${BASH_REMATCH[1]}" -le 32 ]
        [ "${BASH_REMATCH[3]}" -ge 1 ]
}

@test "docker events: from create to destroy" {
        local begin
        begin=$(date +%s.%N)
        docker run --name lives busybox sh -c 'exit 6' || :
        docker rm lives
        expect 0 docker events --since "$begin" --until "$(date +%s.%N)" --filter type=container \
                --format '{{.Actor.Attributes.name}} {{.Action}} {{.Actor.Attributes.exitCode}}'
        shows $'lives create <no value>\nlives attach <no value>\nlives start <no value>\nlives die 6\nlives destroy <no value>'
}

@test "out of memory: the event, the exit status and the reason" {
        needs_limit MemoryLimit
        local begin
        begin=$(date +%s.%N)
        expect 137 docker run --name eats --memory 16m --memory-swap 16m busybox \
                sh -c 'tail /dev/zero; status=$?; sleep 1; exit $status'
        is "$(state eats Status OOMKilled ExitCode)" "exited true 137"
        expect 0 docker events --since "$begin" --until "$(date +%s.%N)" --filter container=eats --format '{{.Action}}'
        [[ $output == *$'\noom\ndie' ]]
}

# --- changing ---

@test "docker pause and unpause: what is paused stands still" {
        docker run --detach --name counts busybox sh -c 'while :; do echo x; sleep 0.02; done'
        until_true 10 logs_hold counts x
        expect 0 docker pause counts
        shows counts
        is "$(state counts Status Paused)" "paused true"
        expect 0 docker ps --format '{{.Status}}'
        [[ $output == *"(Paused)" ]]
        local pid written
        pid=$(state counts Pid)
        written=$(docker logs counts | wc -l)
        sleep 0.5
        is "$(docker logs counts | wc -l)" "$written"
        expect 1 docker pause counts
        tells 'already paused'

        expect 0 docker unpause counts
        is "$(state counts Status Pid)" "running $pid"
        until_true 10 eval '[ "$(docker logs counts | wc -l)" -gt '"$written"' ]'
        expect 1 docker unpause counts
        tells 'is not paused'
}

@test "a paused container can be removed by force" {
        sleeper stands
        docker pause stands
        local pid
        pid=$(state stands Pid)
        expect 0 docker rm --force stands
        process_gone "$pid"
}

@test "docker update: memory, swap, processors, shares, set and number of processes" {
        needs_limit MemoryLimit
        needs_limit PidsLimit
        sleeper grows --memory 32m
        local pid
        pid=$(state grows Pid)
        expect 0 docker update --memory 64m --memory-swap 96m grows
        shows grows
        cgroup_holds grows memory memory.limit_in_bytes 67108864 memory.max 67108864
        if [ "$(docker info --format '{{.SwapLimit}}')" = true ]; then
                cgroup_holds grows memory memory.memsw.limit_in_bytes 100663296 memory.swap.max 33554432
        fi
        expect 0 docker update --memory 24m --memory-swap 24m grows
        cgroup_holds grows memory memory.limit_in_bytes 25165824 memory.max 25165824
        expect 0 docker update --cpus 0.5 grows
        cgroup_holds grows cpu cpu.cfs_quota_us 50000 cpu.max '50000 100000'
        expect 0 docker update --cpu-shares 512 grows
        cgroup_holds grows cpu cpu.shares 512 cpu.weight '20|59'
        expect 0 docker update --cpuset-cpus 0 grows
        cgroup_holds grows cpuset cpuset.cpus 0 cpuset.cpus 0
        expect 0 docker update --pids-limit 33 grows
        cgroup_holds grows pids pids.max 33 pids.max 33
        # Nothing of it undid the one before, nor disturbed the process.
        cgroup_holds grows memory memory.limit_in_bytes 25165824 memory.max 25165824
        cgroup_holds grows cpu cpu.cfs_quota_us 50000 cpu.max '50000 100000'
        is "$(state grows Status Pid)" "running $pid"
}

@test "what stands still can be looked at, changed, stopped and started again" {
        sleeper stands
        docker pause stands
        expect 0 docker top stands
        [[ $output == *"sleep 1000"* ]]
        docker cp stands:/etc/passwd - | tar -xO | grep -q '^root:'
        docker update --restart no stands
        is "$(state stands Status)" paused
        expect 0 docker stop --time 1 stands
        is "$(state stands Status ExitCode)" "exited 137"
        docker start stands
        docker pause stands
        expect 0 docker restart --time 1 stands
        is "$(state stands Status Paused)" "running false"
        docker pause stands
        expect 0 docker kill stands
        until_true 10 eval '[ "$(state stands Status)" = exited ]'
}

@test "docker update: a limit below what is used is refused and changes nothing" {
        needs_limit MemoryLimit
        docker run --detach --name full --memory 64m busybox \
                sh -c 'dd if=/dev/zero of=/dev/shm/32m bs=1M count=32; echo up; exec sleep 1000'
        until_true 10 logs_hold full up
        [ "$(stat --file-system --format %T /sys/fs/cgroup)" != cgroup2fs ] || skip "v2 kills where v1 refuses"
        fails docker update --memory 8m --memory-swap 8m full
        tells 'memory.limit'
        run ! grep 'level=' <<<"$stderr"
        is "$(state full Status)" running
        is "$(docker inspect --format '{{.HostConfig.Memory}}' full)" 67108864
}

@test "docker cp: both ways, of a running, a stopped and a new container" {
        local host=$BATS_TEST_TMPDIR
        mkdir -p "$host/tree/sub"
        echo 'from the host' >"$host/tree/sub/file"
        chmod 640 "$host/tree/sub/file"
        ln -s sub/file "$host/tree/link"

        docker create --name made busybox cat /copied/sub/file
        expect 0 docker cp "$host/tree" made:/copied
        expect 0 docker start --attach made
        shows 'from the host'
        expect 0 docker cp made:/copied "$host/back"
        diff -r "$host/tree" "$host/back"
        is "$(stat -c %a "$host/back/sub/file")" 640
        is "$(readlink "$host/back/link")" sub/file

        docker run --detach --name runs --tmpfs /t busybox \
                sh -c 'echo mine >/tmp/mine; until [ -s /tmp/in/sub/file ]; do sleep 0.05; done; cat /tmp/in/link; exec sleep 1000'
        expect 0 docker cp "$host/tree" runs:/tmp/in
        until_true 10 logs_hold runs 'from the host'
        is "$(docker cp runs:/tmp/mine - | tar -xO)" mine
        is "$(state runs Status)" running
        fails docker cp runs:/no/such/file "$host/none"
        tells 'No such container:path|Could not find the file'
}

@test "docker diff" {
        docker run --name changes busybox sh -c 'echo x >/new; echo y >>/etc/group; rm /bin/false; mkdir /tmp/d'
        expect 0 docker diff changes
        is "$(sort <<<"$output")" $'A /new\nA /tmp/d\nC /bin\nC /etc\nC /etc/group\nC /tmp\nD /bin/false'
}

@test "docker commit of a running container, which goes on" {
        docker run --detach --name source busybox sh -c 'echo kept >/kept; echo up; exec sleep 1000'
        until_true 10 logs_hold source up
        local begin
        begin=$(date +%s.%N)
        expect 0 docker commit --change 'CMD ["cat", "/kept"]' source committed
        [[ $output == sha256:* ]]
        expect 0 docker events --since "$begin" --until "$(date +%s.%N)" --filter container=source --format '{{.Action}}'
        shows $'pause\ncommit\nunpause'
        is "$(state source Status Paused)" "running false"
        is "$(cat "/proc/$(state source Pid)/comm")" sleep
        expect 0 docker run --rm committed
        shows kept
        docker rmi --force committed
}

@test "docker rename" {
        sleeper old
        local pid
        pid=$(state old Pid)
        expect 0 docker rename old new
        is "$(state new Status Pid)" "running $pid"
        expect 1 docker inspect old
        expect 0 docker stop --time 0 new
}

# --- build ---

@test "docker build: RUN with USER, WORKDIR, ENV, ARG, SHELL, COPY" {
        local context=$BATS_TEST_TMPDIR/context
        mkdir "$context"
        echo copied >"$context/file"
        cat >"$context/Dockerfile" <<'END'
FROM busybox
ARG WORD=default
ENV NAME=value
WORKDIR /made/here
RUN pwd >/tmp/pwd; echo "$NAME $WORD" >/tmp/words
COPY --chown=1000:1000 file .
SHELL ["/bin/busybox", "ash", "-euc"]
RUN echo "$0 $-" >/tmp/shell; test -z "${UNSET-}"
USER user
RUN id -un >/tmp/user; pwd >>/tmp/user; echo own >>file
USER root
RUN ["/bin/sh", "-c", "head -n 1 /proc/1/cmdline | tr '\\0' ' ' >/tmp/exec-form"]
CMD cat /tmp/pwd /tmp/words /tmp/user /made/here/file /tmp/exec-form
END
        DOCKER_BUILDKIT=0 expect 0 docker build --tag built --build-arg WORD=given "$context"
        [[ $output == *'Successfully tagged built:latest' ]]
        expect 0 docker run --rm built
        shows $'/made/here\nvalue given\nuser\n/made/here\ncopied\nown\n/bin/sh -c head -n 1 /proc/1/cmdline | tr \'\\0\' \' \' >/tmp/exec-form '
        docker rmi --force built
}

@test "docker build: a step that fails tells its status and what it printed" {
        printf 'FROM busybox\nRUN echo before\nRUN echo out; echo err >&2; exit 9\nRUN echo after\n' \
                >"$BATS_TEST_TMPDIR/Dockerfile"
        DOCKER_BUILDKIT=0 expect 9 docker build "$BATS_TEST_TMPDIR"
        tells 'returned a non-zero code: 9'
        [[ $output == *$'\nbefore\n'*err*out* ]]
        [[ $output != *$'\nafter\n'* ]]
        printf 'FROM busybox\nRUN ["/no/such/shell", "-c", "true"]\n' >"$BATS_TEST_TMPDIR/Dockerfile"
        DOCKER_BUILDKIT=0 expect 1 docker build "$BATS_TEST_TMPDIR"
        tells '/no/such/shell.*no such file or directory'
}

# --- the end ---

@test "no mount is left behind" {
        is "$(docker_mounts_left)" ''
}
