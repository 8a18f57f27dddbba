#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# podman and conmon with the runtime under test, as root and with the cgroupfs manager. Every test ends with its
# containers removed and the proof that no process, cgroup or state of them is left.

load podman.bash

setup_file() {
        unset ENGINE_DIR
        PODMAN_MISSING=$(engine_missing podman conmon | paste -sd,)
        export PODMAN_MISSING
        [ -z "$PODMAN_MISSING" ] || return 0
        engine_start podman || { engine_stop && return 1; }
        podman_configure
        # Whose ids --userns auto takes.
        echo containers:2000000:1000000 | tee -a "$ENGINE_DIR/etc/subuid" >>"$ENGINE_DIR/etc/subgid"
        choose_storage || { engine_stop && return 1; }
        engine_mounts >"$ENGINE_DIR/mounts.before"
}

cgroup_of() {
        sed -n "s/^[0-9]*:$2:\(.*\)/\1/p" "/proc/$(pid_of "$1")/cgroup"
}

# Value of a cgroup file as the container sees it: name on v1, then name on v2.
cgroup_value() {
        echo "cat /sys/fs/cgroup/$1 2>/dev/null || cat /sys/fs/cgroup/$2"
}

# --- output and exit status ---

@test "podman run: output, stdin and exit status" {
        expect 0 once -- echo hi
        shows hi
        expect 0 once -- sh -c 'echo out; echo err >&2'
        shows out
        tells '^err$'
        INPUT=<(printf 'one\ntwo') expect 0 once --interactive -- cat
        shows $'one\ntwo'
        expect 42 once -- sh -c 'exit 42'
        expect 255 once -- sh -c 'exit 255'
}

@test "podman run: large output arrives complete" {
        expect 0 once -- sh -c 'dd if=/dev/zero bs=64k count=64 2>/dev/null | tr "\0" x'
        [ "${#output}" -eq $((64 * 65536)) ]
}

@test "podman run: 127 for what does not exist, 126 for what cannot be executed" {
        expect 127 once -- no-such-command
        tells 'exec: "no-such-command": executable file not found in \$PATH: OCI runtime attempted to invoke a command that was not found'
        expect 127 once -- /no/such/file
        tells 'exec: "/no/such/file":.* no such file or directory: OCI runtime attempted to invoke a command that was not found'
        expect 126 once -- /bin/not-executable
        tells 'exec: "/bin/not-executable": permission denied: OCI permission denied'
        expect 126 once -- /etc
        tells 'exec: "/etc": .*OCI (permission denied|runtime error)'
        expect 126 once --workdir /etc/passwd -- true
        fails once -- no-interpreter
        tells 'no such file or directory'
}

@test "podman run: 125 when podman refuses, 126 when the runtime does" {
        expect 125 once --no-such-option -- true
        expect 126 once --sysctl net.ipv4.ip_forward=word -- true
        tells 'OCI runtime error'
        tells 'invalid argument'
}

@test "podman run: the errors of a runtime that is known by its path alone" {
        # Without runtime_supports_json the message comes from stderr.
        expect 127 podman --runtime "$RUNTIME" run --rm "${PLACE[@]}" "$IMAGE" no-such-command
        tells 'executable file not found in \$PATH'
        tells 'OCI runtime attempted to invoke a command that was not found'
        expect 126 podman --runtime "$RUNTIME" run --rm "${PLACE[@]}" "$IMAGE" /bin/not-executable
        tells 'OCI permission denied'
        expect 0 podman --runtime "$RUNTIME" run --rm "${PLACE[@]}" "$IMAGE" echo hi
        shows hi
}

@test "podman run: the long line of an error arrives whole" {
        local long
        long=$(printf '%0200d' 0)
        expect 127 once -- "/$long/$long/$long"
        tells "stat /$long/$long/$long: no such file or directory"
}

@test "podman run: 137 for a process that is killed" {
        stays killed -- sleep 1000
        expect 0 podman kill killed
        expect 0 podman wait killed
        shows 137
        expect 137 once -- sh -c 'kill -KILL 1; sleep 1; kill -KILL $$ & exit 137'
}

@test "memory beyond the limit ends the container with 137" {
        needs_controller memory
        expect 137 once --memory 16m -- dd if=/dev/zero of=/dev/null bs=64M count=1
}

# --- terminals ---

@test "podman run --tty: a terminal, its size, what is typed and the exit status" {
        INPUT=<(typed ready 'word\r') expect 9 on_terminal "${PODMAN[@]}" run --rm --interactive --tty "${PLACE[@]}" "$IMAGE" sh -c '
                for i in 1 2 3 4 5 6 7 8 9; do [ "$(stty size)" = "33 101" ] && break; sleep 0.2; done
                stty size; tty; test -c /dev/console && echo ready; read -r line; echo "got $line"; exit 9'
        matches '33 101'
        matches '/dev/pts/0'
        matches 'got word'
}

@test "podman exec --tty" {
        stays one -- sleep 1000
        INPUT=<(typed ready 'word\r') expect 9 on_terminal "${PODMAN[@]}" exec --interactive --tty one sh -c '
                for i in 1 2 3 4 5 6 7 8 9; do [ "$(stty size)" = "33 101" ] && break; sleep 0.2; done
                stty size; tty; echo ready; read -r line; echo "got $line"; exit 9'
        matches '33 101'
        matches '/dev/pts/'
        matches 'got word'
}

@test "podman run --tty --detach, attach, detach by keys" {
        stays shell --interactive --tty -- sh -c 'echo up; while read -r line; do echo "got $line"; done; exit 5'
        until_true 10 logged shell up
        INPUT=<(sleep 1; printf 'word\r'; typed 'got word' '\020' 'got word' '\021') expect 0 on_terminal "${PODMAN[@]}" attach shell
        matches 'got word'
        state_is shell running
}

# --- exec ---

@test "podman exec: output, stdin, exit status" {
        stays one -- sleep 1000
        expect 0 podman exec one echo hi
        shows hi
        expect 42 podman exec one sh -c 'echo out; echo err >&2; exit 42'
        shows out
        tells '^err$'
        INPUT=<(printf 'one\ntwo') expect 0 podman exec --interactive one cat
        shows $'one\ntwo'
        expect 0 podman exec --workdir /tmp --env A=b one sh -c 'pwd; echo $A'
        shows $'/tmp\nb'
        expect 0 podman exec one sh -c 'ls /proc/self/fd | wc -l'
        # 0, 1, 2 and the directory itself.
        shows 4
}

@test "podman exec --user by name and number, --privileged" {
        stays one -- sleep 1000
        expect 0 podman exec --user user one id
        shows 'uid=1000(user) gid=1000(user) groups=2000(extra)' || shows 'uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)'
        expect 0 podman exec --user 4321:8765 one sh -c 'id -u; id -g; grep CapEff /proc/self/status'
        shows $'4321\n8765\nCapEff:\t0000000000000000'
        expect 0 podman exec one sh -c 'grep CapEff /proc/self/status'
        local usual=$output
        expect 0 podman exec --privileged one sh -c 'grep CapEff /proc/self/status'
        [ "$output" != "$usual" ]
}

@test "podman exec --detach" {
        stays one -- sleep 1000
        expect 0 podman exec --detach one sh -c 'echo here >/tmp/x; exec sleep 1001'
        until_true 10 podman exec one grep -q here /tmp/x
        expect 0 podman exec one ps
        matches 'sleep 1001'
}

@test "podman exec: what cannot be started" {
        stays one -- sleep 1000
        expect 127 podman exec one no-such-command
        tells 'exec: "no-such-command": executable file not found in \$PATH: OCI runtime attempted to invoke a command that was not found'
        expect 126 podman exec one /bin/not-executable
        tells 'permission denied: OCI permission denied'
        fails podman exec --user nobody-here one true
        tells 'unable to find user nobody-here'
        state_is one running
        podman stop --time 0 one >/dev/null
        fails podman exec one true
        tells 'can only create exec sessions on running containers|container state improper'
}

@test "podman exec --preserve-fds" {
        stays one -- sleep 1000
        echo content >"$BATS_TEST_TMPDIR/file"
        expect 0 preserving "$BATS_TEST_TMPDIR/file" exec --preserve-fds 1 one sh -c 'cat <&3'
        shows content
}

# preserving FILE ARGUMENT...: podman with the file open as descriptor 3.
preserving() {
        local file=$1
        shift
        "${PODMAN[@]}" "$@" 3<"$file"
}

# --- the container's life ---

@test "podman create, init, start, start again" {
        podman create --name later "${PLACE[@]}" "$IMAGE" sh -c 'echo run >>/tmp/runs; wc -l </tmp/runs' >/dev/null
        expect 0 podman init later
        state_is later initialized
        expect 0 podman start --attach later
        shows 1
        expect 0 podman start --attach later
        shows 2
}

@test "podman init, rm: a container that was never started" {
        podman create --name never "${PLACE[@]}" "$IMAGE" sleep 1000 >/dev/null
        expect 0 podman init never
        local pid
        pid=$(pid_of never)
        [ -d "/proc/$pid" ]
        expect 0 podman rm --force never
        process_gone "$pid"
}

@test "podman run --detach, logs, wait, inspect" {
        stays talks -- sh -c 'echo one; echo two >&2; exit 3'
        expect 0 podman wait talks
        shows 3
        expect 0 podman logs talks
        shows one
        tells '^two$'
        ended_with talks 3
        expect 0 podman inspect --format '{{.OCIRuntime}}' talks
        shows under-test
}

@test "podman stop: a handler for TERM, and a process that does not listen" {
        stays polite -- sh -c 'trap "echo ends; exit 7" TERM; echo up; while :; do sleep 0.1; done'
        until_true 10 logged polite up
        expect 0 podman stop --time 20 polite
        ended_with polite 7
        logged polite ends
        stays stubborn -- sleep 1000
        expect 0 podman stop --time 1 stubborn
        ended_with stubborn 137
        # Again: it has ended, and that is no error.
        expect 0 podman stop --time 1 stubborn
}

@test "podman kill: signals by name and number" {
        stays hears -- sh -c 'trap "echo usr1" USR1; trap "echo hup" HUP; trap "exit 3" 37
                echo up; while :; do sleep 0.1; done'
        until_true 10 logged hears up
        expect 0 podman kill --signal USR1 hears
        until_true 10 logged hears usr1
        expect 0 podman kill --signal 1 hears
        until_true 10 logged hears hup
        expect 0 podman kill --signal 37 hears
        expect 0 podman wait hears
        shows 3
        fails podman kill hears
}

@test "podman pause, unpause" {
        stays one -- sh -c 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.05; done'
        until_true 10 logged one 3
        expect 0 podman pause one
        state_is one paused
        local before
        before=$(podman logs one | wc -l)
        sleep 0.3
        [ "$(podman logs one | wc -l)" -eq "$before" ]
        fails podman exec one true
        fails podman pause one
        expect 0 podman unpause one
        state_is one running
        until_true 10 eval '[ "$(podman logs one | wc -l)" -gt "$before" ]'
        fails podman unpause one
}

@test "podman rm --force of a running and of a paused container" {
        stays running -- sleep 1000
        stays paused -- sleep 1000
        local pid
        pid=$(pid_of running)
        fails podman rm running
        expect 0 podman rm --force --time 0 running
        process_gone "$pid"
        pid=$(pid_of paused)
        expect 0 podman pause paused
        expect 0 podman rm --force --time 0 paused
        process_gone "$pid"
}

@test "podman restart gives a new process" {
        stays again -- sh -c 'trap exit TERM; while :; do sleep 0.1; done'
        local before
        before=$(pid_of again)
        expect 0 podman restart --time 5 again
        [ "$(pid_of again)" != "$before" ]
        state_is again running
}

@test "podman run --restart on-failure starts a failed container again" {
        stays fails --restart on-failure:2 -- sh -c 'echo try; exit 5'
        until_true 20 eval '[ "$(podman logs fails | grep -c try)" -eq 3 ]'
        until_true 10 ended_with fails 5
}

@test "podman top, stats, ps" {
        stays one -- sh -c 'sleep 1001 & exec sleep 1000'
        expect 0 podman top one pid args
        matches 'sleep 1000'
        expect 0 podman stats --no-stream --format '{{.Name}} {{.PIDs}}' one
        matches '^one [0-9-]+'
        expect 0 podman ps --format '{{.Names}} {{.Status}}'
        matches '^one Up'
}

@test "podman update" {
        needs_controller memory
        needs_controller cpu
        stays one --memory 128m -- sleep 1000
        expect 0 podman update --memory 64m --cpu-shares 512 one
        expect 0 podman exec one sh -c "$(cgroup_value memory/memory.limit_in_bytes memory.max)"
        shows 67108864
        [ -e /sys/fs/cgroup/cgroup.controllers ] || {
                expect 0 podman exec one cat /sys/fs/cgroup/cpu/cpu.shares
                shows 512
        }
}

@test "podman cp, commit, diff" {
        stays one -- sleep 1000
        echo from-host >"$ENGINE_DIR/file"
        expect 0 podman cp "$ENGINE_DIR/file" one:/tmp/file
        expect 0 podman exec one cat /tmp/file
        shows from-host
        expect 0 podman exec one sh -c 'echo from-container >/tmp/back'
        expect 0 podman cp one:/tmp/back "$ENGINE_DIR/back"
        is "$(cat "$ENGINE_DIR/back")" from-container
        expect 0 podman commit --pause one localhost/committed
        state_is one running
        expect 0 podman run --rm "${PLACE[@]}" localhost/committed cat /tmp/back
        shows from-container
        expect 0 podman rmi localhost/committed
}

@test "podman healthcheck run" {
        stays one --health-cmd 'test -e /tmp/healthy' --health-interval disable -- sleep 1000
        fails podman healthcheck run one
        expect 0 podman exec one touch /tmp/healthy
        # podman prints one word; what the runtime said is in its record.
        expect 0 podman healthcheck run one || { podman inspect --format '{{json .State}}' one && return 1; }
}

@test "podman build runs its steps" {
        local context=$ENGINE_DIR/context
        mkdir -p "$context"
        printf 'FROM %s\nRUN echo built >/made\nUSER 1000\nRUN id -u >/tmp/id\n' "$IMAGE" >"$context/Containerfile"
        expect 0 podman build --runtime "$RUNTIME" --isolation oci --tag localhost/built "$context"
        expect 0 podman run --rm "${PLACE[@]}" localhost/built cat /made /tmp/id
        shows $'built\n1000'
        printf 'FROM %s\nRUN exit 9\n' "$IMAGE" >"$context/Containerfile"
        fails podman build --runtime "$RUNTIME" --isolation oci "$context"
        tells 'exit status 9'
        expect 0 podman rmi localhost/built
}

@test "a container whose conmon was killed can be removed" {
        stays orphan -- sleep 1000
        local pid conmon
        pid=$(pid_of orphan)
        conmon=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
        grep -qz conmon "/proc/$conmon/cmdline"
        kill -KILL "$conmon"
        local id
        id=$(podman inspect --format '{{.Id}}' orphan)
        # podman 4.3 has it killed and then forgets it, undeleted.
        expect any podman rm --force --time 0 orphan
        until_true 10 process_gone "$pid"
        expect 0 engine_inside "$RUNTIME" delete --force "$id"
}

@test "eight containers at once" {
        local pids=() i status
        for i in 1 2 3 4 5 6 7 8; do
                once -- sh -c "exit $i" &
                pids+=($!)
        done
        for i in "${!pids[@]}"; do
                status=0
                wait "${pids[i]}" || status=$?
                [ "$status" -eq $((i + 1)) ]
        done
}

# --- rights ---

@test "--cap-add, --cap-drop, --privileged" {
        local set='grep -E "Cap(Prm|Eff|Bnd|Amb)" /proc/self/status'
        expect 0 once --cap-drop ALL -- sh -c "$set"
        shows $'CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000'
        expect 0 once --cap-drop ALL --cap-add CHOWN --cap-add NET_ADMIN -- sh -c "$set"
        shows $'CapPrm:\t0000000000001001\nCapEff:\t0000000000001001\nCapBnd:\t0000000000001001\nCapAmb:\t0000000000000000'
        # A user's added capabilities are ambient.
        expect 0 once --user 1000 --cap-add NET_ADMIN -- sh -c "$set"
        matches $'CapEff:\t0000000000001000'
        matches $'CapAmb:\t0000000000001000'
        expect 0 once --privileged -- sh -c 'mount -t tmpfs none /tmp && mknod /tmp/d c 1 3 && echo x >/tmp/d'
}

@test "--user, --group-add" {
        expect 0 once --user 1000 -- id
        shows 'uid=1000(user) gid=1000(user) groups=2000(extra)' || shows 'uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)'
        expect 0 once --user 4321:8765 --group-add 77 -- id -G
        shows '8765 77'
        expect 0 once --workdir /home/user --user user -- sh -c 'pwd; echo $HOME'
        shows $'/home/user\n/home/user'
}

@test "--group-add keep-groups" {
        [ "$RUNTIME_NAME" != runc ] || skip "runc does not know the annotation"
        PODMAN=(setpriv --groups "4711,4712" "${PODMAN[@]}")
        expect 0 once --group-add keep-groups -- id -G
        matches '4711 4712'
}

@test "--security-opt: no-new-privileges, seccomp" {
        expect 0 once --security-opt no-new-privileges -- grep NoNewPrivs /proc/self/status
        shows $'NoNewPrivs:\t1'
        expect 0 once -- grep Seccomp: /proc/self/status
        shows $'Seccomp:\t2'
        expect 0 once --security-opt seccomp=unconfined -- grep Seccomp: /proc/self/status
        shows $'Seccomp:\t0'
        cat >"$ENGINE_DIR/profile.json" <<'END'
{ "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [ { "names": [ "mkdir", "mkdirat" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 95 } ] }
END
        expect 1 once --security-opt "seccomp=$ENGINE_DIR/profile.json" -- mkdir /tmp/x
        tells 'Not supported|not supported'
}

@test "--ulimit, --sysctl, --umask, --oom-score-adj" {
        expect 0 once --ulimit nofile=100:200 --ulimit core=0 --ulimit nproc=1000:1000 -- sh -c 'ulimit -Sn; ulimit -Hn; ulimit -c'
        shows $'100\n200\n0'
        expect 0 once --sysctl net.ipv4.ip_unprivileged_port_start=0 --sysctl kernel.msgmax=9000 -- \
                cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax
        shows $'0\n9000'
        expect 0 once --umask 0077 -- sh -c umask
        shows 0077
        expect 0 once --oom-score-adj 500 -- cat /proc/self/oom_score_adj
        shows 500
}

@test "--device" {
        expect 0 once --device /dev/full:/dev/special -- sh -c 'head -c 4 /dev/special | od -An -tx1; ls -l /dev/special | cut -c1'
        shows $' 00 00 00 00\nc'
        [ -c /dev/fuse ] || skip "there is no /dev/fuse"
        expect 1 once --device /dev/fuse:/dev/special:r -- sh -c ': </dev/special && : >/dev/special'
        tells "can't create /dev/special: Operation not permitted"
        expect 0 once --device /dev/fuse:/dev/special:rw -- sh -c ': </dev/special && : >/dev/special'
}

@test "limits: --memory, --cpus, --pids-limit, --cpuset-cpus" {
        needs_controller memory
        needs_controller cpu
        expect 0 once --memory 64m --cpus 0.5 --pids-limit 77 --cpuset-cpus 0 -- sh -c "
                $(cgroup_value memory/memory.limit_in_bytes memory.max)
                $(cgroup_value cpu/cpu.cfs_quota_us cpu.max)
                $(cgroup_value pids/pids.max pids.max)
                $(cgroup_value cpuset/cpuset.cpus cpuset.cpus)"
        matches $'^67108864\n50000( 100000)?\n77\n0$'
}

# --- files and mounts ---

@test "--read-only, --tmpfs, --volume, --mount" {
        expect 1 once --read-only -- touch /x
        tells 'Read-only file system'
        expect 0 once --read-only -- touch /tmp/x /run/x /dev/shm/x
        expect 0 once --tmpfs /t:size=3m,mode=700,noexec -- sh -c 'grep " /t " /proc/mounts; stat -c %a /t'
        matches '^tmpfs /t tmpfs [^ ]*noexec[^ ]*size=3072k'
        matches $'\n700$'
        mkdir -p "$ENGINE_DIR/volume"
        echo from-host >"$ENGINE_DIR/volume/in"
        expect 0 once --volume "$ENGINE_DIR/volume:/v" -- sh -c 'cat /v/in; echo from-container >/v/out'
        shows from-host
        is "$(cat "$ENGINE_DIR/volume/out")" from-container
        expect 1 once --volume "$ENGINE_DIR/volume:/v:ro" -- touch /v/new
        tells 'Read-only file system'
        expect 0 once --volume kept:/v -- sh -c 'echo kept >/v/file'
        expect 0 once --mount type=volume,source=kept,destination=/v -- cat /v/file
        shows kept
        expect 0 podman volume rm kept
        expect 126 once --mount "type=bind,source=$ENGINE_DIR/volume/in,destination=/etc" -- true
        tells 'ot a directory'
}

@test "bind propagation rslave: a mount made later arrives" {
        local dir=$ENGINE_DIR/shared
        mkdir -p "$dir/sub"
        engine_inside mount --bind "$dir" "$dir"
        engine_inside mount --make-shared "$dir"
        stays follows --volume "$dir:/p:rslave" -- \
                sh -c 'until test -e /p/sub/arrived; do sleep 0.1; done; grep " /p/sub " /proc/mounts | cut -d" " -f3'
        engine_inside mount -t tmpfs none "$dir/sub"
        engine_inside touch "$dir/sub/arrived"
        expect 0 podman wait follows
        engine_inside umount "$dir/sub"
        engine_inside umount "$dir"
        expect 0 podman logs follows
        shows tmpfs
}

@test "--init" {
        [ -x /usr/libexec/podman/catatonit ] || command -v catatonit >/dev/null || skip "there is no catatonit"
        expect 0 once --init -- sh -c 'cat /proc/1/comm; echo $$'
        matches '^podman-init|catatonit'
        expect 42 once --init -- sh -c 'exit 42'
}

@test "--systemd=always" {
        expect 0 once --systemd=always -- sh -c 'for dir in /run /run/lock /tmp /var/log/journal; do
                grep -q " $dir tmpfs " /proc/mounts && echo $dir; done; echo $container'
        shows $'/run\n/run/lock\n/tmp\n/var/log/journal\npodman' || shows $'/run\n/run/lock\n/tmp\n/var/log/journal\noci'
        stays systemd --systemd=always -- sh -c 'trap "echo ends; exit 3" 37; echo up; while :; do sleep 0.1; done'
        until_true 10 logged systemd up
        expect 0 podman stop --time 20 systemd
        ended_with systemd 3
}

@test "--preserve-fds" {
        echo content >"$BATS_TEST_TMPDIR/file"
        expect 0 preserving "$BATS_TEST_TMPDIR/file" run --rm "${PLACE[@]}" --preserve-fds 1 "$IMAGE" sh -c 'cat <&3; ls /proc/self/fd | wc -l'
        # 0, 1, 2, 3 and the directory itself.
        shows $'content\n5'
        expect 0 once -- sh -c 'ls /proc/self/fd | wc -l'
        shows 4
}

@test "--cgroups=disabled" {
        [ "$RUNTIME_NAME" != runc ] || skip "runc has no --cgroup-manager disabled"
        local -a PLACE=()
        expect 0 once --cgroups disabled --cgroupns host -- cat /proc/self/cgroup
        is "$output" "$(engine_inside cat /proc/self/cgroup)"
        stays free --cgroups disabled -- sleep 1000
        expect 0 podman exec free echo hi
        shows hi
        expect 0 podman stop --time 1 free
        ended_with free 137
}

@test "--sdnotify=container: the container says when it is ready" {
        [ "$RUNTIME_NAME" != crun ] || skip "crun 1.8 waits for ever here"
        "${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$ENGINE_DIR/notify" "$BATS_TEST_DIRNAME/../tools/notify.c" ||
                skip "no C compiler with a static libc here"
        local manager=$ENGINE_DIR/manager
        "$ENGINE_DIR/notify" listen "$manager" >"$BATS_TEST_TMPDIR/heard" 2>&1 </dev/null 3>&- &
        local listener=$!
        until_true 10 test -S "$manager"
        expect 0 notified "$manager" run --detach --name says "${PLACE[@]}" --sdnotify container \
                --volume "$ENGINE_DIR/notify:/bin/notify:ro" "$IMAGE" sh -c 'notify send READY=1; sleep 1000'
        until_true 10 grep -q READY=1 "$BATS_TEST_TMPDIR/heard"
        grep -q MAINPID= "$BATS_TEST_TMPDIR/heard"
        kill "$listener"
}

# notified SOCKET ARGUMENT...: podman with NOTIFY_SOCKET in its environment.
notified() {
        local manager=$1 word
        local -a words=()
        shift
        for word in "${PODMAN[@]}"; do
                words+=("$word")
                [[ $word != CONTAINERS_CONF=* ]] || words+=("NOTIFY_SOCKET=$manager")
        done
        "${words[@]}" "$@" 3>&-
}

# --- namespaces ---

@test "each container has namespaces of its own" {
        stays apart -- sleep 1000
        local pid type
        pid=$(pid_of apart)
        for type in mnt net uts ipc pid; do
                [ "$(namespace_of "$pid" "$type")" != "$(namespace_of "$ENGINE_HOLDER" "$type")" ]
        done
        expect 0 once --hostname named -- sh -c 'hostname; echo $$; ls /sys/class/net'
        shows $'named\n1\nlo'
}

@test "--pid host, --uts host, --ipc host, --network host, --cgroupns host" {
        local type
        for type in pid uts ipc net cgroup; do
                case $type in
                net) expect 0 once --network host -- readlink /proc/self/ns/net ;;
                cgroup) expect 0 once --cgroupns host -- readlink /proc/self/ns/cgroup ;;
                *) expect 0 once "--$type" host -- readlink "/proc/self/ns/$type" ;;
                esac
                shows "$(namespace_of "$ENGINE_HOLDER" "$type")"
        done
}

@test "--pid host: stop, and the end of pid 1 ends all" {
        stays polite --pid host -- sh -c 'trap "echo ends; exit 7" TERM; echo up; while :; do sleep 0.1; done'
        until_true 10 logged polite up
        expect 0 podman stop --time 20 polite
        ended_with polite 7
        # That those that were left are gone, teardown sees.
        expect 0 once --pid host -- sh -c 'sleep 1000 & exit 0'
        stays stubborn --pid host -- sh -c 'trap "" TERM; sleep 1001 & while :; do sleep 0.1; done'
        expect 0 podman stop --time 1 stubborn
        ended_with stubborn 137
}

@test "--pid container:, --ipc container:, --network container:" {
        stays first --ipc shareable -- sh -c 'echo x >/dev/shm/shared; exec sleep 1000'
        expect 0 once --pid container:first -- ps
        matches 'sleep 1000'
        expect 0 once --ipc container:first -- cat /dev/shm/shared
        shows x
        expect 0 once --network container:first -- readlink /proc/self/ns/net
        shows "$(namespace_of "$(pid_of first)" net)"
}

@test "--userns auto, --uidmap" {
        expect 0 once --userns auto -- sh -c 'id -u; awk "{ print \$1 }" /proc/self/uid_map; touch /tmp/x && stat -c %u /tmp/x'
        shows $'0\n0\n0'
        expect 0 once --uidmap 0:100000:5000 --gidmap 0:100000:5000 -- awk '{ print $1, $2, $3 }' /proc/self/uid_map
        shows '0 100000 5000'
        stays mapped --uidmap 0:100000:5000 --gidmap 0:100000:5000 -- sleep 1000
        [ "$(stat -c %u "/proc/$(pid_of mapped)")" -eq 100000 ]
        expect 0 podman exec mapped id -u
        shows 0
        expect 0 podman exec --user 1000 mapped id -u
        shows 1000
        expect 127 once --uidmap 0:100000:5000 --gidmap 0:100000:5000 -- no-such-command
}

# --- pods ---

make_pod() {
        # On v2, podman 4.3 without systemd forbids all devices in the cgroup of a pod.
        [ ! -e /sys/fs/cgroup/cgroup.controllers ] || set -- --share-parent=false "$@"
        podman pod create --name pod --network none --cgroup-parent "/$ENGINE_CGROUP" "$@" >/dev/null
}

in_pod() {
        local -a PLACE=(--pod pod)
        "$@"
}

@test "pods: containers see each other over loopback and share namespaces" {
        make_pod
        in_pod stays serves -- sh -c 'while :; do echo hello | nc -l -p 8080 127.0.0.1; done'
        expect 0 in_pod once -- sh -c 'for i in 1 2 3 4 5 6 7 8 9; do nc -w 2 127.0.0.1 8080 </dev/null && break; sleep 0.2; done'
        shows hello
        in_pod stays second -- sleep 1000
        local type
        for type in net ipc uts; do
                is "$(namespace_of "$(pid_of serves)" "$type")" "$(namespace_of "$(pid_of second)" "$type")"
        done
        expect 0 podman pod ps --format '{{.Name}} {{.Status}} {{.NumberOfContainers}}'
        shows 'pod Running 3'
}

@test "pods: stop, start, restart, pause, kill, rm" {
        make_pod
        in_pod stays member -- sh -c 'trap "exit 4" TERM; echo up; while :; do sleep 0.1; done'
        until_true 10 logged member up
        expect 0 podman pod stop --time 10 pod
        ended_with member 4
        expect 0 podman pod start pod
        state_is member running
        expect 0 podman pod restart pod
        state_is member running
        expect 0 podman pod pause pod
        state_is member paused
        expect 0 podman pod unpause pod
        state_is member running
        expect 0 podman pod kill pod
        until_true 10 ended_with member 137
        expect 0 podman pod rm --force pod
        fails podman pod inspect pod
}

@test "pods: a shared pid namespace" {
        make_pod --share pid,net,ipc,uts
        in_pod stays first -- sleep 1001
        expect 0 in_pod once -- ps
        matches 'sleep 1001'
        matches 'sleep infinity'
        expect 0 podman exec first ps
        matches 'sleep 1001'
        expect 0 podman pod stop --time 1 pod
}

@test "podman play kube" {
        [ ! -e /sys/fs/cgroup/cgroup.controllers ] || skip "podman 4.3 forbids all devices in a pod's cgroup on v2"
        cat >"$ENGINE_DIR/pod.yaml" <<END
apiVersion: v1
kind: Pod
metadata:
  name: played
spec:
  containers:
  - name: main
    image: $IMAGE:latest
    imagePullPolicy: Never
    command: ["sh", "-c", "echo \$WORD; sleep 1000"]
    env:
    - name: WORD
      value: started
    securityContext:
      readOnlyRootFilesystem: true
      capabilities:
        drop: ["CHOWN"]
END
        expect 0 podman play kube --network none "$ENGINE_DIR/pod.yaml"
        until_true 10 logged played-main started
        expect 0 podman exec played-main sh -c 'touch /x 2>&1; chown 1:1 /tmp 2>&1; true'
        matches 'Read-only file system.*not permitted|Read-only.*Read-only'
        local pod dir
        pod=$(podman pod inspect --format '{{.ID}}' played)
        expect 0 podman play kube --down "$ENGINE_DIR/pod.yaml"
        # There is no option for the parent, and what podman does not know (unified, systemd) it leaves behind.
        for dir in /sys/fs/cgroup/*/libpod_parent/"$pod" /sys/fs/cgroup/*/libpod_parent/conmon /sys/fs/cgroup/*/libpod_parent; do
                [ ! -d "$dir" ] || rmdir "$dir" 2>/dev/null || :
        done
        [ -z "$(find /sys/fs/cgroup -name "$pod" 2>/dev/null)" ]
}

# --- the end ---

@test "no mount is left behind" {
        is "$(engine_mounts_left | grep -v " $ENGINE_DIR/storage/overlay ")" ""
}
