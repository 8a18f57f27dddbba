#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The options of `docker run` that docker.bats has no place for, or that are to be seen on the host: limits, mounts,
# restarting, stopping, and what the container is told.

load docker.bash

# --- limits, on the host ---

@test "--memory, --memory-swap, --memory-reservation" {
        needs_limit MemoryLimit
        docker run --detach --name limited --memory 64m --memory-swap 96m --memory-reservation 32m busybox sleep 1000
        cgroup_holds limited memory memory.limit_in_bytes 67108864 memory.max 67108864
        cgroup_holds limited memory memory.soft_limit_in_bytes 33554432 memory.low 33554432
        needs_limit SwapLimit
        cgroup_holds limited memory memory.memsw.limit_in_bytes 100663296 memory.swap.max 33554432
}

@test "--memory-swappiness, --oom-kill-disable" {
        needs_limit MemoryLimit
        needs_limit OomKillDisable
        docker run --detach --name limited --memory 64m --memory-swappiness 7 --oom-kill-disable busybox sleep 1000
        is "$(cat "$(cgroup_file limited memory memory.swappiness)")" 7
        grep -qx 'oom_kill_disable 1' "$(cgroup_file limited memory memory.oom_control)"
}

@test "--cpus, --cpu-shares, --cpuset-cpus, --cpuset-mems" {
        needs_limit CPUCfsQuota
        needs_limit CPUSet
        docker run --detach --name limited --cpus 1.5 --cpu-shares 512 --cpuset-cpus 0 --cpuset-mems 0 busybox sleep 1000
        cgroup_holds limited cpu cpu.cfs_quota_us 150000 cpu.max '150000 100000'
        cgroup_holds limited cpu cpu.shares 512 cpu.weight '20|59'
        cgroup_holds limited cpuset cpuset.cpus 0 cpuset.cpus 0
        cgroup_holds limited cpuset cpuset.mems 0 cpuset.mems 0
}

@test "--cpu-period and --cpu-quota" {
        needs_limit CPUCfsQuota
        docker run --detach --name limited --cpu-period 50000 --cpu-quota 20000 busybox sleep 1000
        cgroup_holds limited cpu cpu.cfs_period_us 50000 cpu.max '20000 50000'
        cgroup_holds limited cpu cpu.cfs_quota_us 20000 cpu.max '20000 50000'
}

@test "--pids-limit" {
        needs_limit PidsLimit
        docker run --detach --name limited --pids-limit 44 busybox sleep 1000
        cgroup_holds limited pids pids.max 44 pids.max 44
        docker run --detach --name unlimited --pids-limit -1 busybox sleep 1000
        cgroup_holds unlimited pids pids.max max pids.max max
}

@test "--device-read-bps" {
        local device file
        device=$(find /dev -maxdepth 1 -type b | head -n 1)
        [ -n "$device" ] || skip "there is no block device"
        [ -e /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device ] || skip "no throttling of blkio here"
        docker run --detach --name slow --device-read-bps "$device:1mb" busybox sleep 1000
        file=$(cgroup_file slow blkio blkio.throttle.read_bps_device)
        is "$(cat "$file")" "$((0x$(stat -c %t "$device"))):$((0x$(stat -c %T "$device"))) 1048576"
}

@test "--cgroup-parent" {
        docker run --detach --name placed --cgroup-parent "/$DOCKER_CGROUP/parent" busybox sleep 1000
        local id memberships
        id=$(docker inspect --format '{{.Id}}' placed)
        memberships=$(grep -c "/$DOCKER_CGROUP/parent/$id\$" "/proc/$(state placed Pid)/cgroup")
        [ "$memberships" -ge 1 ]
        docker rm --force placed
        # The parent is the user's: what made it is not known.
        docker_cgroups | grep '/parent$' | xargs --no-run-if-empty rmdir
}

@test "--ulimit: soft and hard, unlimited, also for a user" {
        expect 0 in_busybox --ulimit nofile=64:128 --ulimit nproc=99 --ulimit core=-1 --user 1000 -- \
                sh -c 'ulimit -Sn; ulimit -Hn; ulimit -c; ulimit -u'
        shows $'64\n128\nunlimited\n99'
}

# --- mounts ---

@test "--volume with rshared: what the container mounts arrives outside; by default it does not" {
        local dir=$DOCKER_DIR/out
        mkdir -p "$dir/sub"
        docker_inside mount --bind "$dir" "$dir"
        docker_inside mount --make-shared "$dir"
        expect 0 in_busybox --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
                --volume "$dir:/p" -- sh -c 'mount -t tmpfs none /p/sub && touch /p/sub/inside'
        expect 0 docker_inside ls "$dir/sub"
        shows ''
        expect 0 in_busybox --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
                --volume "$dir:/p:rshared" -- sh -c 'mount -t tmpfs none /p/sub && touch /p/sub/inside'
        expect 0 docker_inside ls "$dir/sub"
        docker_inside umount "$dir/sub" || :
        docker_inside umount "$dir"
        shows inside
}

@test "--mount: bind read-only, without what is mounted below, tmpfs with a size" {
        local dir=$DOCKER_DIR/mounted
        mkdir -p "$dir/sub"
        echo below >"$dir/sub/file"
        docker_inside mount -t tmpfs none "$dir/sub"
        docker_inside touch "$dir/sub/upper"
        expect 0 in_busybox --mount "type=bind,source=$dir,target=/m,readonly" -- sh -c 'ls /m/sub; touch /m/x 2>&1 || :'
        shows $'upper\ntouch: /m/x: Read-only file system'
        expect 0 in_busybox --mount "type=bind,source=$dir,target=/m,bind-nonrecursive" -- ls /m/sub
        shows file
        docker_inside umount "$dir/sub"
        expect 0 in_busybox --mount type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1700 -- \
                sh -c 'grep -o " /t tmpfs .*size=1024k" /proc/mounts | cut -d" " -f2; stat -c %a /t'
        shows $'/t\n1700'
}

@test "--volumes-from, and a volume that takes what the image has there" {
        docker create --name source --volume /etc --volume /data busybox true
        expect 0 in_busybox --volumes-from source -- sh -c 'echo kept >/data/file; head -n 1 /etc/passwd'
        shows root:x:0:0:root:/root:/bin/sh
        expect 0 in_busybox --volumes-from source:ro -- sh -c 'cat /data/file; touch /data/x 2>/dev/null || echo ro'
        shows $'kept\nro'
}

@test "--security-opt systempaths=unconfined" {
        expect 0 in_busybox -- sh -c 'grep -cE " /proc/(sys|sysrq-trigger|kcore|keys) " /proc/mounts'
        [ "$output" -ge 2 ]
        expect 0 in_busybox --security-opt systempaths=unconfined -- \
                sh -c 'grep -E " /proc/(sys|sysrq-trigger|kcore|keys) " /proc/mounts || :'
        shows ''
}

@test "--device: at another place, for a user, and what does not exist" {
        expect 0 in_busybox --device /dev/zero:/dev/sub/nought:r -- sh -c 'dd if=/dev/sub/nought bs=3 count=1 2>/dev/null | wc -c'
        shows 3
        expect 0 in_busybox --user 1000 --device /dev/null:/dev/hole -- sh -c 'echo x >/dev/hole; stat -c "%t:%T %u" /dev/hole'
        shows '1:3 0'
        fails in_busybox --device /dev/no-such-device -- true
        tells '/dev/no-such-device.*no such file or directory'
}

# --- names and networks ---

@test "--hostname, --domainname, --add-host, --dns" {
        expect 0 in_busybox --hostname box --domainname example.org --add-host other:192.0.2.7 --dns 192.0.2.53 -- \
                sh -c 'hostname; cat /proc/sys/kernel/domainname; grep -c other /etc/hosts; cat /etc/resolv.conf; cat /etc/hostname'
        shows $'box\nexample.org\n1\nnameserver 192.0.2.53\nbox' || shows $'box\nexample.org\n1\nnameserver 192.0.2.53\n\nbox'
}

@test "a network of one's own, joined and left while the container runs" {
        needs_network
        docker network create --internal --subnet 192.0.2.0/24 own
        docker run --detach --name joins --network none busybox sleep 1000
        docker run --detach --name there --network own busybox sleep 1000
        local pid
        pid=$(state there Pid)
        expect 0 nsenter --target "$pid" --net ip -brief address show eth0
        [[ $output == *192.0.2.* ]]
        docker network disconnect own there
        expect 0 nsenter --target "$pid" --net ip -brief address show
        [[ $output != *192.0.2.* ]]
        docker network connect own there
        expect 0 nsenter --target "$pid" --net ip -brief address show
        [[ $output == *192.0.2.* ]]
        docker rm --force joins there
        docker network rm own
}

# --- the end, and the next beginning ---

@test "--restart always: after a kill from outside, not after docker stop" {
        docker run --detach --name always --restart always busybox sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'
        local pid
        pid=$(state always Pid)
        kill -KILL "$pid"
        until_true 20 eval '[ "$(state always Running Pid)" != "true '"$pid"'" ] && running always'
        is "$(docker inspect --format '{{.RestartCount}}' always)" 1
        expect 0 docker stop always
        sleep 0.5
        is "$(state always Status)" exited
}

@test "--restart on-failure: not after success, and never more than asked" {
        docker run --detach --name succeeds --restart on-failure:2 busybox true
        docker run --detach --name fails --restart on-failure:1 busybox sh -c 'echo try; exit 5'
        until_true 20 eval '[ "$(state fails Status) $(docker inspect --format "{{.RestartCount}}" fails)" = "exited 1" ]'
        is "$(docker logs fails)" $'try\ntry'
        is "$(state succeeds Status) $(docker inspect --format '{{.RestartCount}}' succeeds)" "exited 0"
}

@test "--rm: gone with its end, and its volume too" {
        docker run --detach --rm --name short --volume /data busybox sleep 1000
        expect 0 docker volume ls --quiet --filter dangling=false
        [ "${#lines[@]}" -eq 1 ]
        docker kill short
        until_true 10 eval '[ -z "$(docker ps --all --quiet)" ]'
        expect 0 docker volume ls --quiet --filter "name=$output"
        shows ''
}

@test "--stop-signal and --stop-timeout" {
        docker run --detach --name signals --stop-signal USR2 busybox \
                sh -c 'trap "exit 12" USR2; trap "exit 15" TERM; echo up; while :; do sleep 0.1; done'
        docker run --detach --name impatient --stop-timeout 1 busybox sleep 1000
        until_true 10 logs_hold signals up
        expect 0 docker stop signals
        is "$(state signals ExitCode)" 12
        local begin=$SECONDS
        expect 0 docker stop impatient
        [ $((SECONDS - begin)) -le 5 ]
        is "$(state impatient ExitCode)" 137
}

@test "a signal to the client of docker run reaches the process" {
        docker run --rm --name proxied busybox sh -c 'trap "echo heard; exit 9" TERM; echo up; while :; do sleep 0.1; done' \
                >"$BATS_TEST_TMPDIR/out" &
        local shell=$! client status=0
        until_true 10 grep -q up "$BATS_TEST_TMPDIR/out"
        client=$(pgrep --parent "$shell" || :)
        kill -TERM "${client:-$shell}"
        wait "$shell" || status=$?
        is "$status $(tail -n 1 "$BATS_TEST_TMPDIR/out")" "9 heard"
}

@test "--init: its child gets the signals, and orphans are reaped" {
        command -v docker-init >/dev/null || skip "there is no docker-init"
        docker run --detach --init --name kept busybox sh -c '(sh -c "true & exec sleep 0.1" &)
                trap "exit 11" TERM; echo up; while :; do sleep 0.1; done'
        until_true 10 logs_hold kept up
        sleep 0.5
        local children
        children=$(cat "/proc/$(state kept Pid)/task/$(state kept Pid)/children")
        is "$(wc -w <<<"$children")" 1
        expect 0 docker stop --time 10 kept
        is "$(state kept ExitCode)" 11
}

# --- what the container is told ---

@test "--env-file, --env from the caller, --env that takes away nothing" {
        printf '# comment\nONE=1 with  spaces\nEMPTY=\nCALLER\n' >"$BATS_TEST_TMPDIR/env"
        CALLER=mine GIVEN=yours expect 0 in_busybox --env-file "$BATS_TEST_TMPDIR/env" --env GIVEN --env ONE_MORE=$'two\nlines' -- \
                sh -c 'echo "$ONE|${EMPTY-unset}|$CALLER|$GIVEN|$ONE_MORE|$PATH"'
        shows $'1 with  spaces||mine|yours|two\nlines|/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
}

@test "--entrypoint, and an image's entrypoint and command" {
        expect 0 in_busybox --entrypoint /bin/echo -- one 'two  three'
        shows 'one two  three'
        printf 'FROM busybox\nENTRYPOINT ["echo", "entry"]\nCMD ["default"]\nLABEL made=here\n' |
                DOCKER_BUILDKIT=0 docker build --quiet --tag entry -
        expect 0 docker run --rm entry
        shows 'entry default'
        expect 0 docker run --rm entry given
        shows 'entry given'
        expect 0 docker run --rm --entrypoint '' entry id -u
        shows 0
        docker rmi --force entry
}

@test "--cidfile, --label" {
        expect 0 docker run --detach --cidfile "$BATS_TEST_TMPDIR/cid" --label a=b --label c busybox sleep 1000
        is "$(cat "$BATS_TEST_TMPDIR/cid")" "$output"
        expect 0 docker ps --quiet --no-trunc --filter label=a=b --filter label=c
        shows "$(cat "$BATS_TEST_TMPDIR/cid")"
        expect 125 docker run --cidfile "$BATS_TEST_TMPDIR/cid" busybox true
}

@test "--user that does not exist, --workdir that the user may not enter" {
        expect 125 in_busybox --user nobody-here -- true
        tells 'unable to find user nobody-here'
        expect 0 in_busybox --user 1000 --workdir /made/for/me -- pwd
        shows /made/for/me
}

# --- the end ---

@test "no mount is left behind" {
        is "$(docker_mounts_left)" ''
}
