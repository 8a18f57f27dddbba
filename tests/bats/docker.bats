#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Docker with the runtime under test as its default runtime: what `docker run` promises, seen from both sides.

load docker.bash

# --- the daemon ---

@test "docker info names the default runtime" {
        expect 0 docker info --format '{{.DefaultRuntime}}'
        shows tare
        expect 0 docker info --format '{{(index .Runtimes "tare").Path}}'
        shows "$(docker_runtime)"
}

@test "docker info reads the runtime's version" {
        expect 0 docker info --format '{{.RuncCommit.ID}}'
        [ "$output" != "N/A" ]
}

# --- output and exit status ---

@test "docker run: output" {
        expect 0 in_busybox -- echo hi
        shows hi
        tells '^$'
}

@test "docker run: stdout and stderr are kept apart" {
        expect 0 in_busybox -- sh -c 'echo out; echo err >&2'
        shows out
        tells '^err$'
}

@test "docker run: stdin" {
        expect 0 in_busybox -i -- cat < <(printf 'one\ntwo')
        shows $'one\ntwo'
}

@test "docker run: large output arrives complete" {
        expect 0 in_busybox -- sh -c 'dd if=/dev/zero bs=64k count=64 2>/dev/null | tr "\0" x | fold -w 1023'
        [ "${#output}" -eq $((64 * 65536 + 64 * 65536 / 1023)) ]
}

@test "docker run: exit status of the process" {
        expect 42 in_busybox -- sh -c 'exit 42'
        expect 0 in_busybox -- true
        expect 1 in_busybox -- false
        expect 255 in_busybox -- sh -c 'exit 255'
}

@test "docker run: 126 for what cannot be executed" {
        expect 126 in_busybox -- /etc
        tells 'exec: "/etc": (permission denied|is a directory)'
        expect 126 in_busybox -- /bin/not-executable
        tells 'exec: "/bin/not-executable": permission denied'
        # Found in PATH but not executable: both readings of the search are in use.
        fails in_busybox -- not-executable
        tells 'exec: "not-executable": (permission denied|executable file not found)'
}

@test "docker run: 127 for what does not exist" {
        expect 127 in_busybox -- no-such-command
        tells 'exec: "no-such-command": executable file not found in \$PATH'
        expect 127 in_busybox -- /no/such/file
        tells 'exec: "/no/such/file":.* no such file or directory'
        expect 127 in_busybox -- ./no-such-file
        expect 127 in_busybox --workdir /tmp -- ./no-such-file
}

@test "docker run: a missing interpreter does not run, and says so" {
        fails in_busybox -- no-interpreter
        tells 'no such file or directory'
}

@test "docker run: 125 when Docker or the runtime refuses" {
        expect 125 docker run --no-such-option busybox true
        expect 125 docker run --rm --runtime no-such-runtime busybox true
        expect 125 in_busybox --sysctl net.ipv4.ip_forward=word -- true
        tells 'invalid argument'
}

@test "docker run: 137 and 143 for a process that is killed" {
        docker run --detach --name killed busybox sleep 1000
        docker kill killed
        expect 0 docker wait killed
        shows 137
        docker run --detach --name ended busybox sh -c 'trap "exit 143" TERM; while :; do sleep 0.1; done'
        docker kill --signal TERM ended
        expect 0 docker wait ended
        shows 143
}

@test "docker run in the foreground returns 137 when killed from outside" {
        docker run --name killed busybox sleep 1000 3>&- &
        local client=$!
        until_true 10 running killed
        docker kill killed
        local status=0
        wait "$client" || status=$?
        [ "$status" -eq 137 ]
}

@test "a container that could not start keeps the reason" {
        expect 127 docker run --name broken busybox no-such-command
        expect 0 docker inspect --format '{{.State.ExitCode}} {{.State.Running}} {{.State.Error}}' broken
        [[ $output == "127 false "*"executable file not found in \$PATH"* ]]
        expect 0 docker rm broken
}

# --- the container's life ---

@test "docker run --detach, logs, wait" {
        expect 0 docker run --detach --name talks busybox sh -c 'echo one; echo two >&2; exit 3'
        [[ $output =~ ^[0-9a-f]{64}$ ]]
        expect 0 docker wait talks
        shows 3
        expect 0 docker logs talks
        shows one
        tells '^two$'
}

@test "docker create, start --attach, start again" {
        expect 0 docker create --name twice busybox sh -c 'echo run >>/tmp/runs; wc -l </tmp/runs'
        expect 0 docker start --attach twice
        shows 1
        expect 0 docker start --attach twice
        shows 2
}

@test "docker stop sends TERM" {
        docker run --detach --name polite busybox sh -c 'trap "echo ends; exit 7" TERM; echo up; while :; do sleep 0.1; done'
        until_true 10 logs_hold polite up
        expect 0 docker stop --time 20 polite
        expect 0 docker inspect --format '{{.State.ExitCode}}' polite
        shows 7
        expect 0 docker logs polite
        shows $'up\nends'
}

@test "docker stop kills what does not listen" {
        docker run --detach --name stubborn busybox sleep 1000
        expect 0 docker stop --time 1 stubborn
        expect 0 docker inspect --format '{{.State.ExitCode}} {{.State.Running}}' stubborn
        shows "137 false"
}

@test "docker kill, also with a signal by name and number" {
        docker run --detach --name hears busybox sh -c \
                'trap "echo usr1" USR1; trap "echo hup" HUP; echo up; while :; do sleep 0.1; done'
        until_true 10 logs_hold hears up
        expect 0 docker kill --signal USR1 hears
        until_true 10 logs_hold hears usr1
        expect 0 docker kill --signal 1 hears
        until_true 10 logs_hold hears hup
        expect 0 docker kill hears
        expect 0 docker wait hears
        shows 137
        expect 1 docker kill hears
        tells 'is not running'
}

@test "docker rm --force of a running container" {
        docker run --detach --name goes busybox sleep 1000
        local pid
        pid=$(docker inspect --format '{{.State.Pid}}' goes)
        [ -d "/proc/$pid" ]
        expect 1 docker rm goes
        expect 0 docker rm --force goes
        process_gone "$pid"
        expect 1 docker inspect goes
}

@test "docker restart gives a new process" {
        docker run --detach --name again busybox sh -c 'trap exit TERM; while :; do sleep 0.1; done'
        local before after
        before=$(docker inspect --format '{{.State.Pid}}' again)
        expect 0 docker restart --time 5 again
        after=$(docker inspect --format '{{.State.Pid}}' again)
        [ "$before" != "$after" ]
        running again
}

@test "a restart policy starts a failed container again" {
        docker run --detach --name fails --restart on-failure:2 busybox sh -c 'echo try; exit 5'
        until_true 20 gave_up fails 2
        expect 0 docker logs fails
        shows $'try\ntry\ntry'
}

gave_up() {
        [ "$(docker inspect --format '{{.RestartCount}} {{.State.Status}}' "$1")" = "$2 exited" ]
}

@test "the end of pid 1 ends all processes, also without a pid namespace" {
        # That they are gone, teardown sees.
        expect 0 in_busybox -- sh -c 'sleep 1000 & sleep 1000 & exit 0'
        expect 0 in_busybox --pid host -- sh -c 'sleep 1000 & exit 0'
}

@test "eight containers at once" {
        local pids=() i status=0
        for i in 1 2 3 4 5 6 7 8; do
                in_busybox -- sh -c "exit $i" &
                pids+=($!)
        done
        for i in "${!pids[@]}"; do
                status=0
                wait "${pids[i]}" || status=$?
                [ "$status" -eq $((i + 1)) ]
        done
}

@test "a container whose shim was killed can be removed" {
        docker run --detach --name orphan busybox sleep 1000
        local pid shim
        pid=$(docker inspect --format '{{.State.Pid}}' orphan)
        shim=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
        grep -qz containerd-shim "/proc/$shim/cmdline"
        kill -KILL "$shim"
        # containerd cleans up by the runtime's `delete --force`, which has to end the process, too.
        until_true 20 eval '! running orphan'
        until_true 10 process_gone "$pid"
        expect 0 docker rm --force orphan
}

@test "docker build runs its steps" {
        printf 'FROM busybox\nRUN echo built >/made\nUSER 1000\nRUN id -u >/tmp/id\n' |
                DOCKER_BUILDKIT=0 docker build --tag built - >/dev/null
        expect 0 docker run --rm built cat /made /tmp/id
        shows $'built\n1000'
        printf 'FROM busybox\nRUN exit 9\n' >"$BATS_TEST_TMPDIR/Dockerfile"
        DOCKER_BUILDKIT=0 fails docker build --quiet "$BATS_TEST_TMPDIR"
        tells 'returned a non-zero code: 9'
}

@test "long arguments and a large environment" {
        local long
        long=$(head -c 100000 /dev/zero | tr '\0' x)
        expect 0 in_busybox --env "LONG=$long" -- sh -c 'echo ${#LONG} ${#0}; printf %s "$1"' "$long" 'with "quotes", \ and ü'
        shows $'100000 100000\nwith "quotes", \\ and ü'
}

# --- terminals ---

@test "docker run --tty" {
        expect 0 docker run --rm --tty busybox sh -c 'tty; test -t 0 -a -t 1 -a -t 2 && echo terminal'
        shows $'/dev/pts/0\r\nterminal\r'
        expect 0 docker run --rm --tty busybox sh -c 'test -c /dev/console; ls -l /dev/ptmx | grep -o "pts/ptmx"'
        shows $'pts/ptmx\r'
}

@test "docker run --interactive --tty takes the size and the input of its terminal" {
        cat >"$BATS_TEST_TMPDIR/inside" <<'END'
for i in 1 2 3 4 5 6 7 8 9; do [ "$(stty size)" = "33 101" ] && break; sleep 0.3; done
stty size; read -r line; echo "got $line"; exit 9
END
        cat >"$BATS_TEST_TMPDIR/client" <<END
stty rows 33 cols 101
exec $(docker_client) run --rm -it -v $BATS_TEST_TMPDIR/inside:/inside busybox sh /inside
END
        run script --quiet --return --command "sh $BATS_TEST_TMPDIR/client" /dev/null < <(sleep 2; echo input) 3>&-
        echo "$output"
        [ "$status" -eq 9 ]
        [[ $output == *"33 101"* ]]
        [[ $output == *"got input"* ]]
}

# --- privileges ---

@test "docker run --privileged" {
        expect 0 in_busybox --privileged -- grep ' /sys ' /proc/mounts
        [[ $output == "sysfs /sys sysfs rw,"* ]]
        # Everything that Docker 20.10 knows, up to CAP_AUDIT_READ, as far as the machine can give it:
        # CAP_SYS_RESOURCE may be missing from its bounding set, and that is no error.
        local wanted
        wanted=$((0x$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status) & (1 << 38) - 1))
        expect 0 in_busybox --privileged -- awk '$1 == "CapEff:" { print $2 }' /proc/self/status
        [ $((0x$output & wanted)) -eq "$wanted" ]
}

@test "docker run --privileged may mount and use devices" {
        expect 0 in_busybox --privileged -- sh -c 'mount -t tmpfs none /tmp && touch /tmp/x && mknod /tmp/d c 1 3 && echo x >/tmp/d'
        expect 0 in_busybox --privileged -- sh -c 'grep -E "Seccomp:|NoNewPrivs:" /proc/self/status'
        shows $'NoNewPrivs:\t0\nSeccomp:\t0'
}

@test "default capabilities, --cap-drop and --cap-add" {
        local set='grep -E "Cap(Prm|Eff|Bnd|Amb)" /proc/self/status'
        expect 0 in_busybox -- sh -c "$set"
        shows $'CapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000'
        expect 0 in_busybox --cap-drop ALL -- sh -c "$set"
        shows $'CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000'
        expect 0 in_busybox --cap-drop ALL --cap-add CHOWN --cap-add NET_ADMIN -- sh -c "$set"
        shows $'CapPrm:\t0000000000001001\nCapEff:\t0000000000001001\nCapBnd:\t0000000000001001\nCapAmb:\t0000000000000000'
        expect 1 in_busybox --cap-drop CHOWN -- chown 1:1 /tmp
}

@test "--user by number, name and group, --group-add" {
        expect 0 in_busybox -- id
        shows 'uid=0(root) gid=0(root) groups=0(root),10(wheel)'
        expect 0 in_busybox --user 1000 -- id
        shows 'uid=1000(user) gid=1000(user) groups=1000(user)' ||
                shows 'uid=1000(user) gid=1000(user)'
        expect 0 in_busybox --user user --group-add extra -- id
        shows 'uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)' ||
                shows 'uid=1000(user) gid=1000(user) groups=2000(extra)'
        expect 0 in_busybox --user 4321:8765 -- sh -c 'id -u; id -g; grep CapEff /proc/self/status'
        shows $'4321\n8765\nCapEff:\t0000000000000000'
}

@test "--security-opt no-new-privileges" {
        expect 0 in_busybox -- grep NoNewPrivs /proc/self/status
        shows $'NoNewPrivs:\t0'
        expect 0 in_busybox --security-opt no-new-privileges -- grep NoNewPrivs /proc/self/status
        shows $'NoNewPrivs:\t1'
}

@test "--security-opt seccomp: default, unconfined, own file" {
        expect 0 in_busybox -- grep Seccomp: /proc/self/status
        shows $'Seccomp:\t2'
        expect 1 in_busybox -- unshare -m true
        expect 0 in_busybox --security-opt seccomp=unconfined -- grep Seccomp: /proc/self/status
        shows $'Seccomp:\t0'

        local profile=$BATS_TEST_TMPDIR/profile.json
        cat >"$profile" <<'END'
{ "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [ { "names": [ "mkdir", "mkdirat" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 95 } ] }
END
        expect 1 in_busybox --security-opt "seccomp=$profile" -- mkdir /tmp/x
        tells 'Not supported|not supported'
        expect 0 in_busybox --security-opt "seccomp=$profile" -- touch /tmp/x
}

# --- files and mounts ---

@test "--volume read-write and read-only" {
        local dir=$DOCKER_DIR/volume
        mkdir -p "$dir"
        echo from-host >"$dir/in"
        expect 0 in_busybox --volume "$dir:/v" -- sh -c 'cat /v/in; echo from-container >/v/out'
        shows from-host
        [ "$(cat "$dir/out")" = from-container ]
        expect 1 in_busybox --volume "$dir:/v:ro" -- touch /v/new
        tells 'Read-only file system'
        expect 0 in_busybox --volume "$dir/in:/etc/one-file:ro" -- cat /etc/one-file
        shows from-host
}

@test "--volume: a named volume keeps its content" {
        expect 0 in_busybox --volume kept:/v -- sh -c 'echo kept >/v/file'
        expect 0 in_busybox --volume kept:/v -- cat /v/file
        shows kept
        expect 0 docker volume rm kept
}

@test "--volume of a file onto a directory is an error with advice" {
        fails in_busybox --volume "$DOCKER_DIR/containerd.toml:/etc" -- true
        tells 'not a directory'
        tells 'Are you trying to mount a directory onto a file'
}

@test "bind propagation rslave: a mount made later arrives" {
        local dir=$DOCKER_DIR/shared
        mkdir -p "$dir/sub"
        docker_inside mount --bind "$dir" "$dir"
        docker_inside mount --make-shared "$dir"
        docker run --detach --name follows --volume "$dir:/p:rslave" busybox \
                sh -c 'until test -e /p/sub/arrived; do sleep 0.1; done; grep " /p/sub " /proc/mounts | cut -d" " -f3'
        docker_inside mount -t tmpfs none "$dir/sub"
        docker_inside touch "$dir/sub/arrived"
        expect 0 timeout 10 $(docker_client) wait follows
        docker_inside umount "$dir/sub"
        docker_inside umount "$dir"
        expect 0 docker logs follows
        shows tmpfs
}

@test "--tmpfs with options, --shm-size" {
        expect 0 in_busybox --tmpfs /t:size=3m,mode=700,noexec -- sh -c 'grep " /t " /proc/mounts; stat -c %a /t'
        [[ $output == "tmpfs /t tmpfs rw,nosuid,nodev,noexec,relatime,size=3072k,mode=700"* ]]
        [[ $output == *$'\n700' ]]
        expect 0 in_busybox --shm-size 5m -- grep ' /dev/shm ' /proc/mounts
        [[ $output == *"size=5120k"* ]]
}

@test "--read-only" {
        expect 1 in_busybox --read-only -- touch /x
        tells 'Read-only file system'
        expect 0 in_busybox --read-only --tmpfs /tmp --volume /v -- touch /tmp/x /v/x /dev/shm/x
}

@test "masked and read-only paths" {
        expect 0 in_busybox -- sh -c 'cat /proc/kcore /proc/keys /proc/timer_list; ls -A /sys/firmware /proc/acpi /proc/scsi 2>/dev/null | grep -v ":$"; :'
        shows ''
        local path
        for path in /proc/sys/kernel/hostname /proc/sysrq-trigger; do
                [ -e "$path" ] || continue
                expect 1 in_busybox -- sh -c "echo x >$path"
                tells 'Read-only file system'
        done
}

@test "cgroups are read-only" {
        expect 1 in_busybox -- sh -c 'cd /sys/fs/cgroup; [ ! -d pids ] || cd pids; mkdir new'
        tells 'Read-only file system'
        expect 1 in_busybox -- mkdir /sys/fs/cgroup/new
        tells 'Read-only file system'
}

@test "--device" {
        expect 0 in_busybox --device /dev/null:/dev/xnull -- sh -c 'stat -c "%t %T" /dev/xnull; echo x >/dev/xnull'
        shows '1 3'
}

@test "devices that were not asked for are refused" {
        [ -c /dev/kmsg ] || skip "there is no /dev/kmsg"
        # A device that the default rules do not allow; CAP_SYSLOG so that only these rules can refuse.
        local make_and_read='mknod /tmp/kmsg c 1 11 && dd if=/tmp/kmsg bs=8k count=1 of=/dev/null'
        expect 1 in_busybox --cap-add SYSLOG -- sh -c "$make_and_read"
        tells 'Operation not permitted'
        expect 0 in_busybox --cap-add SYSLOG --device-cgroup-rule 'c 1:11 r' -- sh -c "$make_and_read"
        expect 0 in_busybox --device /dev/kmsg:/dev/xkmsg:w -- sh -c ': >/dev/xkmsg'
        expect 1 in_busybox --cap-add SYSLOG --device /dev/kmsg:/dev/xkmsg:w -- dd if=/dev/xkmsg bs=8k count=1 of=/dev/null
        tells 'Operation not permitted'
}

@test "--workdir, --env, --hostname" {
        expect 0 in_busybox --workdir /made/here --env A=b --hostname name.example -- sh -c 'pwd; echo $A; hostname; echo $HOME'
        shows $'/made/here\nb\nname.example\n/root'
        expect 0 in_busybox --user 1000 -- sh -c 'echo $HOME'
        shows /tmp
}

# --- limits ---

@test "--memory inside the cgroup" {
        needs_limit MemoryLimit
        expect 0 in_busybox --memory 64m -- sh -c "$(cgroup_value memory/memory.limit_in_bytes memory.max)"
        shows 67108864
}

@test "--cpus, --cpu-shares, --cpuset-cpus inside the cgroup" {
        needs_limit CPUCfsQuota
        expect 0 in_busybox --cpus 0.5 -- sh -c "$(cgroup_value cpu/cpu.cfs_quota_us cpu.max)"
        [[ $output =~ ^50000( 100000)?$ ]]
        expect 0 in_busybox --cpu-shares 512 -- sh -c "$(cgroup_value cpu/cpu.shares cpu.weight)"
        [[ $output =~ ^(512|59)$ ]]
        expect 0 in_busybox --cpuset-cpus 0 -- sh -c "$(cgroup_value cpuset/cpuset.cpus cpuset.cpus)"
        shows 0
        expect 0 in_busybox --cpuset-cpus 0 -- nproc
        shows 1
}

@test "--pids-limit inside the cgroup, and it holds" {
        needs_limit PidsLimit
        expect 0 in_busybox --pids-limit 50 -- sh -c "$(cgroup_value pids/pids.max pids.max)"
        shows 50
        expect 2 in_busybox --pids-limit 5 -- sh -c 'for i in 1 2 3 4 5 6; do sleep 5 & done'
        tells "can't fork"
}

@test "--memory: the kernel kills, and Docker knows why" {
        needs_limit MemoryLimit
        # The shell outlives what the kernel kills: containerd may miss the news when they come with the end.
        expect 137 docker run --name eats --memory 20m --memory-swap 20m busybox \
                sh -c 'tail /dev/zero; status=$?; sleep 1; exit $status'
        expect 0 docker inspect --format '{{.State.OOMKilled}}' eats
        shows true
}

@test "--ulimit, --oom-score-adj" {
        expect 0 in_busybox --ulimit nofile=100:200 --ulimit core=0 -- sh -c 'ulimit -Sn; ulimit -Hn; ulimit -c'
        shows $'100\n200\n0'
        expect 0 in_busybox --oom-score-adj 500 -- cat /proc/self/oom_score_adj
        shows 500
}

@test "--sysctl" {
        expect 0 in_busybox --sysctl net.ipv4.ip_unprivileged_port_start=0 --sysctl kernel.msgmax=9000 -- \
                cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax
        shows $'0\n9000'
}

# --- namespaces ---

@test "each container has namespaces of its own" {
        docker run --detach --name apart busybox sleep 1000
        local pid type
        pid=$(docker inspect --format '{{.State.Pid}}' apart)
        for type in mnt net uts ipc pid; do
                [ "$(namespace_of "$pid" "$type")" != "$(namespace_of "$CONTAINERD_PID" "$type")" ]
        done
        expect 0 in_busybox -- sh -c 'echo $$; ls /proc | grep -c "^[0-9]"'
        [[ $output == 1$'\n'* ]]
}

@test "--pid container:, --ipc container:, --network container:" {
        docker run --detach --name first --ipc shareable --hostname first busybox \
                sh -c 'echo x >/dev/shm/shared; exec sleep 1000'
        expect 0 in_busybox --pid container:first -- ps
        [[ $output == *"sleep 1000"* ]]
        expect 0 in_busybox --ipc container:first -- cat /dev/shm/shared
        shows x
        expect 0 in_busybox --network container:first -- sh -c 'readlink /proc/self/ns/net; hostname'
        shows "$(namespace_of "$(docker inspect --format '{{.State.Pid}}' first)" net)"$'\nfirst'
}

@test "--pid host, --uts host, --ipc host, --network host" {
        local type
        for type in pid uts ipc net; do
                expect 0 in_busybox "--${type/net/network}" host -- readlink "/proc/self/ns/$type"
                shows "$(namespace_of "$CONTAINERD_PID" "$type")"
        done
}

@test "--cgroupns private and host" {
        expect 0 in_busybox --cgroupns host -- readlink /proc/self/ns/cgroup
        shows "$(namespace_of "$CONTAINERD_PID" cgroup)"
        expect 0 in_busybox --cgroupns private -- cat /proc/self/cgroup
        run -1 grep -v ':/$' <<<"$output"
}

@test "--network none has a loopback device that is up" {
        expect 0 in_busybox --network none -- sh -c 'ls /sys/class/net; ping -c 1 -W 2 127.0.0.1 >/dev/null && echo up'
        shows $'lo\nup'
}

@test "--init" {
        command -v docker-init >/dev/null || skip "there is no docker-init"
        expect 0 in_busybox --init -- sh -c 'cat /proc/1/comm; echo $$'
        [[ $output == docker-init* ]]
        expect 42 in_busybox --init -- sh -c 'exit 42'
        expect 127 in_busybox --init -- no-such-command
}

# --- the network ---

@test "a published port answers over loopback" {
        needs_network
        docker run --detach --name serves --publish 127.0.0.1::80 busybox \
                sh -c 'mkdir /www; echo hello >/www/index.html; exec httpd -f -p 80 -h /www'
        local address
        address=$(docker port serves 80/tcp | head -n 1)
        [[ $address == 127.0.0.1:* ]]
        until_true 10 fetch "$address"
        expect 0 fetch "$address"
        [[ $output == *hello ]]
}

# A web page, by the shell: busybox's wget crashes where it is linked with glibc's resolver.
fetch() {
        docker_inside timeout 5 bash -c '
                exec 5<>"/dev/tcp/${1%:*}/${1##*:}" && printf "GET / HTTP/1.0\r\n\r\n" >&5 && cat <&5 | grep .' bash "$1"
}

@test "two containers reach each other over the bridge" {
        needs_network
        [ "$DOCKER_NETWORK" = bridge ] || skip "dockerd has no firewall here"
        docker run --detach --name serves busybox sh -c 'mkdir /www; echo hello >/www/index.html; exec httpd -f -p 80 -h /www'
        local address
        address=$(docker inspect --format '{{.NetworkSettings.IPAddress}}' serves)
        expect 0 in_busybox -- sh -c "
                for i in 1 2 3 4 5 6 7 8 9; do
                        { printf 'GET / HTTP/1.0\r\n\r\n'; sleep 0.5; } | nc -w 2 $address 80 | grep hello && break
                done"
        shows hello
}

# --- user namespaces ---

@test "--userns-remap: ids are 0 inside and a subordinate id outside" {
        remapped_daemon
        expect 0 in_busybox -- echo hi
        shows hi
        expect 0 in_busybox -- id -u
        shows 0
        expect 0 in_busybox -- awk '{ print $1, $2, $3 }' /proc/self/uid_map
        shows "0 $SUBID 65536"
        expect 42 in_busybox -- sh -c 'exit 42'
        docker run --detach --name mapped busybox sleep 1000
        is "$(stat -c %u "/proc/$(state mapped Pid)")" "$SUBID"
        expect 0 in_busybox --user 1000:1000 -- sh -c 'touch /tmp/x && stat -c %u:%g /tmp/x'
        shows 1000:1000
        expect 0 in_busybox --read-only --tmpfs /tmp -- touch /tmp/x
        expect 127 in_busybox -- no-such-command
        expect 0 docker rm --force mapped
}

# --- the end ---

@test "no mount is left behind" {
        is "$(docker_mounts_left)" ''
}
