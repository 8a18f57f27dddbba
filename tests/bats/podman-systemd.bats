#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# podman as root with the cgroups of systemd (its default) and the runtime under test: what a container and a pod are limited to,
# as systemd tells it, as the kernel's files have it and as the container feels it, from run to stop.

load podman.bash
load systemd-units.bash

setup_file() {
        unset ENGINE_DIR
        PODMAN_MISSING=$({ engine_missing podman conmon; systemd_missing; } | paste -sd,)
        export PODMAN_MISSING
        [ -z "$PODMAN_MISSING" ] || return 0
        engine_start podman || { engine_stop && return 1; }
        podman_configure
        choose_storage || { engine_stop && return 1; }
}

# A pod's slice goes, too.
container_cgroups() {
        engine_cgroups | grep "/libpod[-_][^/]*$"
}

# place NAME [SLICE]: of a running container, its unit and the folder of its cgroup into $UNIT and $FOLDER.
place() {
        UNIT=libpod-$(podman inspect --format '{{.Id}}' "$1").scope
        FOLDER=/sys/fs/cgroup/${2-$ENGINE_CGROUP}/$UNIT
        is "$(folder_of "$(pid_of "$1")")" "$FOLDER"
}

# waits NAME [OPTION...]: a container that does nothing.
waits() {
        stays "$@" -- sleep 1000
        place "$1"
}

@test "podman info: the systemd manager, cgroup v2" {
        expect 0 podman info --format '{{.Host.CgroupManager}} {{.Host.CgroupsVersion}} {{.Host.OCIRuntime.Path}}'
        shows "systemd v2 $RUNTIME"
}

@test "podman run: systemd, the kernel and the container have the same limits" {
        waits limited --memory 64m --memory-reservation 32m --memory-swap 96m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 \
                --cpuset-mems 0 --pids-limit 50
        says "$UNIT" ActiveState=active "Slice=$ENGINE_CGROUP" Delegate=yes MemoryMax=67108864 MemoryLow=33554432 \
                MemorySwapMax=33554432 CPUQuotaPerSecUSec=500ms AllowedCPUs=0 AllowedMemoryNodes=0 TasksMax=50
        holds "$FOLDER" memory.max=67108864 memory.low=33554432 memory.swap.max=33554432 "cpu.max=50000 100000" cpuset.cpus=0 \
                cpuset.mems=0 pids.max=50
        is "$(property "$UNIT" CPUWeight)" "$(cat "$FOLDER/cpu.weight")"
        expect 0 podman exec limited sh -c 'cd /sys/fs/cgroup && cat memory.max cpu.max cpuset.cpus.effective pids.max'
        shows $'67108864\n50000 100000\n0\n50'
        expect 0 systemctl status "$UNIT"
        matches 'Tasks: 1 \(limit: 50\)'
        matches 'Memory: .*low: 32\.0M.* max: 64\.0M.* swap max: 32\.0M'
        expect 0 podman stats --no-stream --no-reset --format '{{.MemUsage}} {{.PIDs}}' limited
        matches '/ 67\.11MB 1$'
}

@test "podman run: memory and processes beyond the limit" {
        expect 137 once --memory 16m --memory-swap 16m -- dd if=/dev/zero of=/dev/null bs=64M count=1
        expect 2 once --pids-limit 4 -- sh -c 'sleep 5 & sleep 5 & sleep 5 & sleep 5 & wait'
        tells "can't fork"
}

@test "podman exec: in the scope, and felt by its limits" {
        # exec itself needs two for a moment.
        waits visited --pids-limit 4
        podman exec --detach visited sleep 1000 >/dev/null
        until_true 10 eval '[ "$(members "$FOLDER")" -eq 2 ]'
        expect 2 podman exec visited sh -c 'sleep 1 & sleep 1 & wait'
        tells "can't fork"
}

@test "podman update: the unit, the files and the container have it" {
        waits changed --memory 64m --memory-swap 64m --cpus 0.5 --pids-limit 50
        podman update --memory 128m --memory-swap 192m --cpus 0.75 --cpu-shares 2048 --cpuset-cpus 0 changed >/dev/null
        says "$UNIT" MemoryMax=134217728 MemorySwapMax=67108864 CPUQuotaPerSecUSec=750ms AllowedCPUs=0 TasksMax=50
        holds "$FOLDER" memory.max=134217728 memory.swap.max=67108864 "cpu.max=75000 100000" cpuset.cpus=0 pids.max=50
        is "$(property "$UNIT" CPUWeight)" "$(cat "$FOLDER/cpu.weight")"
        expect 0 podman exec changed sh -c 'cd /sys/fs/cgroup && cat memory.max cpu.max'
        shows $'134217728\n75000 100000'
}

@test "podman stop, start, restart: the scope goes and comes with the container" {
        waits again --pids-limit 50
        podman stop --time 0 again >/dev/null
        until_true 10 no_unit "$UNIT" "$FOLDER"
        podman start again >/dev/null
        says "$UNIT" ActiveState=active TasksMax=50
        local before
        before=$(pid_of again)
        podman restart --time 0 again >/dev/null
        process_gone "$before"
        place again
        says "$UNIT" ActiveState=active TasksMax=50
        holds "$FOLDER" pids.max=50
        podman rm --force --time 0 again >/dev/null
        until_true 10 no_unit "$UNIT" "$FOLDER"
}

@test "a container's process is killed from outside: the scope goes" {
        waits killed
        podman exec --detach killed sleep 1000 >/dev/null
        kill -KILL "$(pid_of killed)"
        expect 0 podman wait killed
        shows 137
        until_true 10 no_unit "$UNIT" "$FOLDER"
}

@test "podman pause: the cgroup is frozen" {
        waits paused
        podman pause paused >/dev/null
        grep -qx 'frozen 1' "$FOLDER/cgroup.events"
        podman unpause paused >/dev/null
        grep -qx 'frozen 0' "$FOLDER/cgroup.events"
}

@test "podman pod: the pod's slice has its limits, and its containers are in it" {
        local slice
        podman pod create --name pod --network none --cgroup-parent "$ENGINE_CGROUP" --memory 128m --cpus 0.5 >/dev/null
        podman run --detach --pod pod --name inner --memory 64m --pids-limit 50 "$IMAGE" sleep 1000 >/dev/null
        slice=${ENGINE_CGROUP%.slice}-libpod_pod_$(podman pod inspect --format '{{.ID}}' pod).slice
        place inner "$ENGINE_CGROUP/$slice"
        says "$UNIT" "Slice=$slice" MemoryMax=67108864 TasksMax=50
        says "$slice" MemoryMax=134217728 CPUQuotaPerSecUSec=500ms
        holds "${FOLDER%/*}" memory.max=134217728 "cpu.max=50000 100000"
        # The infra container's, too.
        is "$(find "${FOLDER%/*}" -name 'libpod-*.scope' -not -name '*conmon*' | wc -l)" 2
        podman pod stop --time 0 pod >/dev/null
        until_true 10 no_unit "$UNIT" "$FOLDER"
        podman pod start pod >/dev/null
        says "$UNIT" MemoryMax=67108864 TasksMax=50
        podman pod rm --force --time 0 pod >/dev/null
        # A slice that is not there is loaded all the same.
        until_true 10 test ! -e "${FOLDER%/*}"
        says "$slice" ActiveState=inactive
}

@test "podman run --systemd always: the container rules over its own cgroup" {
        stays ruler --systemd always -- sh -c 'cd /sys/fs/cgroup && mkdir a a/b && echo 1 >a/b/cgroup.procs &&
                echo +memory +pids >cgroup.subtree_control && echo 9 >a/pids.max && echo done; exec sleep 1000'
        until_true 10 logged ruler done
        UNIT=libpod-$(podman inspect --format '{{.Id}}' ruler).scope FOLDER=/sys/fs/cgroup/$ENGINE_CGROUP/$UNIT
        is "$(folder_of "$(pid_of ruler)")" "$FOLDER/a/b"
        holds "$FOLDER/a" pids.max=9
        expect 0 podman exec ruler cat /proc/self/cgroup
        podman stop --time 0 ruler >/dev/null
        until_true 10 no_unit "$UNIT" "$FOLDER"
}

@test "podman run --cgroups no-conmon and disabled" {
        waits plain --cgroups no-conmon --pids-limit 50
        says "$UNIT" TasksMax=50
        PLACE=()
        stays without --cgroups disabled -- sleep 1000
        run ! has_unit "libpod-$(podman inspect --format '{{.Id}}' without).scope"
        expect 0 podman exec without true
}

@test "systemctl daemon-reload: no limit changes" {
        local before
        waits kept --memory 64m --memory-reservation 32m --memory-swap 96m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 --pids-limit 50
        before=$(limits_of "$FOLDER")
        systemctl daemon-reload
        is "$(limits_of "$FOLDER")" "$before"
        podman update --memory 128m --memory-swap 128m kept >/dev/null
        before=$(limits_of "$FOLDER")
        grep -qx 'memory.max:134217728' <<<"$before"
        systemctl daemon-reload
        is "$(limits_of "$FOLDER")" "$before"
}
