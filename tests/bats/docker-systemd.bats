#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Docker with the cgroups of systemd (native.cgroupdriver=systemd) and the runtime under test: what a container is limited to, as
# systemd tells it, as the kernel's files have it and as the container feels it, from run to stop.

load docker.bash
load systemd-units.bash

# place NAME: of a running container, its unit and the folder of its cgroup into $UNIT and $FOLDER.
place() {
        UNIT=docker-$(docker inspect --format '{{.Id}}' "$1").scope
        FOLDER=/sys/fs/cgroup/$DOCKER_CGROUP/$UNIT
        is "$(folder_of "$(state "$1" Pid)")" "$FOLDER"
}

# stays NAME [OPTION...]: a container that waits.
stays() {
        local name=$1
        shift
        docker run --detach --name "$name" "$@" busybox sleep 1000 >/dev/null
        place "$name"
}

a_disk() {
        lsblk --noheadings --nodeps --paths --output NAME --list | grep -m 1 -E '^/dev/(nvme|sd|vd)'
}

inside() {
        docker exec "$@"
}

@test "docker info: the systemd driver, cgroup v2, the runtime under test" {
        expect 0 docker info --format '{{.CgroupDriver}} {{.CgroupVersion}} {{.DefaultRuntime}}'
        shows "systemd 2 tare"
        expect 0 docker info --format '{{.Warnings}}'
        shows "[]"
}

@test "docker run: systemd, the kernel and the container have the same limits" {
        stays limited --memory 64m --memory-reservation 32m --memory-swap 96m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 \
                --cpuset-mems 0 --pids-limit 50
        says "$UNIT" ActiveState=active "Slice=$DOCKER_CGROUP" Delegate=yes MemoryMax=67108864 MemoryLow=33554432 \
                MemorySwapMax=33554432 CPUQuotaPerSecUSec=500ms AllowedCPUs=0 AllowedMemoryNodes=0 TasksMax=50
        holds "$FOLDER" memory.max=67108864 memory.low=33554432 memory.swap.max=33554432 "cpu.max=50000 100000" cpuset.cpus=0 \
                cpuset.mems=0 pids.max=50
        is "$(property "$UNIT" CPUWeight)" "$(cat "$FOLDER/cpu.weight")"
        expect 0 inside limited sh -c 'cd /sys/fs/cgroup && cat memory.max cpu.max cpuset.cpus.effective pids.max'
        shows $'67108864\n50000 100000\n0\n50'
        expect 0 systemctl status "$UNIT"
        grep -qE '^ *Tasks: 1 \(limit: 50\)$' <<<"$output"
        grep -qE '^ *Memory: .*\(.*low: 32\.0M.* max: 64\.0M.* swap max: 32\.0M' <<<"$output"
        grep -qE '^ *[^ ]*[0-9]+ sleep 1000$' <<<"$output"
        expect 0 docker stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' limited
        [[ $output == *"/ 64MiB 1" ]]
}

@test "docker run: memory and processes beyond the limit" {
        expect 137 in_busybox --memory 16m --memory-swap 16m -- dd if=/dev/zero of=/dev/null bs=64M count=1
        expect 2 in_busybox --pids-limit 4 -- sh -c 'sleep 5 & sleep 5 & sleep 5 & sleep 5 & wait'
        tells "can't fork"
}

@test "docker exec: in the scope, and felt by its limits" {
        # exec itself needs two for a moment.
        stays visited --pids-limit 4
        docker exec --detach visited sleep 1000
        until_true 10 eval '[ "$(members "$FOLDER")" -eq 2 ]'
        expect 0 inside visited cat /proc/self/cgroup
        shows 0::/
        expect 2 inside visited sh -c 'sleep 1 & sleep 1 & wait'
        tells "can't fork"
}

@test "docker update: the unit, the files and the container have it" {
        stays changed --memory 64m --memory-swap 64m --cpus 0.5 --pids-limit 50
        docker update --memory 128m --memory-swap 192m --cpus 0.75 --cpu-shares 2048 --cpuset-cpus 0 --pids-limit 77 changed >/dev/null
        says "$UNIT" MemoryMax=134217728 MemorySwapMax=67108864 CPUQuotaPerSecUSec=750ms AllowedCPUs=0 TasksMax=77
        holds "$FOLDER" memory.max=134217728 memory.swap.max=67108864 "cpu.max=75000 100000" cpuset.cpus=0 pids.max=77
        is "$(property "$UNIT" CPUWeight)" "$(cat "$FOLDER/cpu.weight")"
        expect 0 inside changed sh -c 'cd /sys/fs/cgroup && cat memory.max cpu.max pids.max'
        shows $'134217728\n75000 100000\n77'
        docker update --pids-limit -1 changed >/dev/null
        says "$UNIT" TasksMax=infinity
        holds "$FOLDER" pids.max=max memory.max=134217728
}

@test "docker stop, start, restart: the scope goes and comes with the container" {
        stays again --pids-limit 50
        docker stop --time 0 again >/dev/null
        until_true 10 no_unit "$UNIT" "$FOLDER"
        docker start again >/dev/null
        says "$UNIT" ActiveState=active TasksMax=50
        holds "$FOLDER" pids.max=50
        local before
        before=$(state again Pid)
        docker restart --time 0 again >/dev/null
        process_gone "$before"
        place again
        says "$UNIT" ActiveState=active TasksMax=50
        holds "$FOLDER" pids.max=50
        docker rm --force again >/dev/null
        until_true 10 no_unit "$UNIT" "$FOLDER"
}

@test "a container's process is killed from outside: the scope goes" {
        stays killed
        docker exec --detach killed sleep 1000
        kill -KILL "$(state killed Pid)"
        expect 0 docker wait killed
        shows 137
        until_true 10 no_unit "$UNIT" "$FOLDER"
}

@test "systemctl stop of the scope ends the container, and no other" {
        docker run --detach --name stopped busybox sh -c 'trap "exit 3" TERM; echo up; while :; do sleep 0.1; done' >/dev/null
        stays other
        place stopped
        until_true 10 logs_hold stopped up
        systemctl stop "$UNIT"
        expect 0 docker wait stopped
        shows 3
        until_true 10 no_unit "$UNIT" "$FOLDER"
        running other
}

@test "docker pause: the cgroup is frozen" {
        stays paused
        docker pause paused >/dev/null
        grep -qx 'frozen 1' "$FOLDER/cgroup.events"
        systemctl daemon-reload
        grep -qx 'frozen 1' "$FOLDER/cgroup.events"
        docker unpause paused >/dev/null
        grep -qx 'frozen 0' "$FOLDER/cgroup.events"
}

@test "docker run --cgroup-parent: a slice in a slice, and what is none" {
        local outer=${DOCKER_CGROUP%.slice}
        docker run --detach --name placed --cgroup-parent "$outer-inner.slice" --pids-limit 50 busybox sleep 1000 >/dev/null
        UNIT=docker-$(docker inspect --format '{{.Id}}' placed).scope
        FOLDER=/sys/fs/cgroup/$outer.slice/$outer-inner.slice/$UNIT
        is "$(folder_of "$(state placed Pid)")" "$FOLDER"
        says "$UNIT" "Slice=$outer-inner.slice" TasksMax=50
        docker rm --force placed >/dev/null
        until_true 10 no_unit "$UNIT" "$FOLDER"
        systemctl stop "$outer-inner.slice"
        fails in_busybox --cgroup-parent /not/a/slice -- true
        tells 'slice'
}

@test "docker run --cgroupns host: the container sees where it is" {
        expect 0 in_busybox --cgroupns host -- cat /proc/self/cgroup
        [[ $output == 0::/$DOCKER_CGROUP/docker-*.scope ]]
}

@test "systemctl daemon-reload: no limit changes" {
        local before
        stays kept --memory 64m --memory-reservation 32m --memory-swap 96m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 \
                --pids-limit 50 --device-write-bps "$(a_disk):1mb" --blkio-weight 300
        before=$(limits_of "$FOLDER")
        grep -q 'io.max:.*wbps=1048576' <<<"$before"
        systemctl daemon-reload
        is "$(limits_of "$FOLDER")" "$before"
        says "$UNIT" MemoryMax=67108864 CPUQuotaPerSecUSec=500ms TasksMax=50
        docker update --memory 128m --memory-swap 128m --pids-limit 60 kept >/dev/null
        before=$(limits_of "$FOLDER")
        grep -qx 'memory.max:134217728' <<<"$before"
        systemctl daemon-reload
        is "$(limits_of "$FOLDER")" "$before"
}

@test "systemctl daemon-reload: no device is taken or given" {
        local disk read
        disk=$(a_disk)
        # shellcheck disable=SC2046 # two numbers
        read=$(printf 'rm -f /tmp/x; mknod /tmp/x b %d %d && dd if=/tmp/x count=1 of=/dev/null' $(stat --format '0x%t 0x%T' "$disk"))
        docker run --detach --name given --device "$disk" busybox sleep 1000 >/dev/null
        docker run --detach --name any --privileged busybox sleep 1000 >/dev/null
        stays none
        expect 1 inside none sh -c "$read"
        tells 'not permitted'
        systemctl daemon-reload
        expect 1 inside none sh -c "$read"
        tells 'not permitted'
        expect 0 inside given sh -c "$read"
        expect 0 inside any sh -c "$read"
}

@test "systemctl daemon-reload: a quota that systemd cannot tell is rounded up to a hundredth part" {
        stays rounded --cpus 0.333
        holds "$FOLDER" "cpu.max=33300 100000"
        says "$UNIT" CPUQuotaPerSecUSec=340ms
        systemctl daemon-reload
        holds "$FOLDER" "cpu.max=34000 100000"
}

@test "systemctl daemon-reexec: containers go on, and can be changed and ended" {
        stays through --memory 64m --pids-limit 50
        systemctl daemon-reexec
        says "$UNIT" ActiveState=active MemoryMax=67108864
        holds "$FOLDER" memory.max=67108864 pids.max=50
        docker update --pids-limit 60 through >/dev/null
        says "$UNIT" TasksMax=60
        expect 0 inside through true
        docker stop --time 0 through >/dev/null
        until_true 10 no_unit "$UNIT" "$FOLDER"
}
