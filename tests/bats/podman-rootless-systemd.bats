#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# podman without root, its cgroups those of the user's own systemd, with the runtime under test: what a container is limited to,
# as that systemd tells it, as the kernel's files have it and as the container feels it. The user is the test guest's.

load podman.bash
load systemd-units.bash

USER_NAME=rootless

setup_file() {
        unset ENGINE_DIR
        export PODMAN_MISSING USER_ID STORAGE
        USER_ID=$(id -u "$USER_NAME" 2>/dev/null) || :
        PODMAN_MISSING=$(why_not_here | paste -sd,)
        [ -z "$PODMAN_MISSING" ] || return 0
        systemctl start "user@$USER_ID.service" || return 1
        until_true 20 test -S "/run/user/$USER_ID/bus" || return 1
        SHARED_RUN+=" user/$USER_ID"
        engine_start rootless || { engine_stop && return 1; }
        podman_configure
        install --directory --owner "$USER_ID" "$ENGINE_DIR/home"
        choose_storage || { teardown_file && return 1; }
}

why_not_here() {
        engine_missing podman conmon newuidmap setpriv
        systemd_missing
        [ -n "$USER_ID" ] || echo "needs a user \`$USER_NAME\` with subordinate ids"
        systemctl cat user@.service 2>/dev/null | grep -q '^Delegate=.*cpuset.*io' ||
                echo "needs a user's systemd with every controller"
}

setup_client() {
        local -a INSIDE
        local runtime_dir=/run/user/$USER_ID
        podman_common_setup
        engine_words
        AS_USER=("${ENGINE_TIMEOUT[@]}" "${INSIDE[@]}" setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all
                env "HOME=$ENGINE_DIR/home" "USER=$USER_NAME" "XDG_RUNTIME_DIR=$runtime_dir"
                "DBUS_SESSION_BUS_ADDRESS=unix:path=$runtime_dir/bus" "CONTAINERS_CONF=$ENGINE_DIR/containers.conf")
        PODMAN=("${AS_USER[@]}" podman --storage-driver "$STORAGE")
        SYSTEMCTL=("${AS_USER[@]}" systemctl --user)
        PLACE=()
}

teardown_file() {
        [ -n "${ENGINE_DIR-}" ] || return 0
        # With podman's own process that holds the user namespace.
        systemctl stop "user@$USER_ID.service"
        engine_stop
}

left() {
        find "/sys/fs/cgroup/user.slice/user-$USER_ID.slice" -name 'libpod-*' | sed 's/^/cgroup left: /'
        "${SYSTEMCTL[@]}" list-units --all --no-legend 'libpod-*' | sed 's/^/unit left: /'
        engine_states "/run/user/$USER_ID/$RUNTIME_NAME" | sed 's/^/state left: /'
        podman ps --all --quiet | sed 's/^/container left: /'
}

# place NAME: of a running container, its unit and the folder of its cgroup into $UNIT and $FOLDER.
place() {
        UNIT=libpod-$(podman inspect --format '{{.Id}}' "$1").scope
        FOLDER=/sys/fs/cgroup/user.slice/user-$USER_ID.slice/user@$USER_ID.service/user.slice/$UNIT
        is "$(folder_of "$(pid_of "$1")")" "$FOLDER"
}

waits() {
        stays "$@" -- sleep 1000
        place "$1"
}

@test "rootless podman info: the systemd manager, cgroup v2" {
        expect 0 podman info --format '{{.Host.Security.Rootless}} {{.Host.CgroupManager}} {{.Host.CgroupsVersion}} {{.Host.OCIRuntime.Path}}'
        shows "true systemd v2 $RUNTIME"
}

@test "rootless podman run: the user's systemd, the kernel and the container have the same limits" {
        waits limited --memory 64m --memory-reservation 32m --memory-swap 96m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 --pids-limit 50
        says "$UNIT" ActiveState=active Delegate=yes MemoryMax=67108864 MemoryLow=33554432 MemorySwapMax=33554432 \
                CPUQuotaPerSecUSec=500ms AllowedCPUs=0 TasksMax=50
        holds "$FOLDER" memory.max=67108864 memory.low=33554432 memory.swap.max=33554432 "cpu.max=50000 100000" cpuset.cpus=0 \
                pids.max=50
        is "$(property "$UNIT" CPUWeight)" "$(cat "$FOLDER/cpu.weight")"
        expect 0 podman exec limited sh -c 'cd /sys/fs/cgroup && cat memory.max cpu.max pids.max'
        shows $'67108864\n50000 100000\n50'
        expect 0 "${SYSTEMCTL[@]}" status "$UNIT"
        matches 'Tasks: 1 \(limit: 50\)'
        matches 'Memory: .*low: 32\.0M.* max: 64\.0M.* swap max: 32\.0M'
        # The machine's systemd knows nothing of it.
        is "$(systemctl show --property LoadState --value "$UNIT")" not-found
}

@test "rootless podman run: memory and processes beyond the limit" {
        expect 137 once --memory 16m --memory-swap 16m -- dd if=/dev/zero of=/dev/null bs=64M count=1
        expect 2 once --pids-limit 4 -- sh -c 'sleep 5 & sleep 5 & sleep 5 & sleep 5 & wait'
        tells "can't fork"
}

@test "rootless podman exec: in the scope, and felt by its limits" {
        # exec itself needs two for a moment.
        waits visited --pids-limit 4
        podman exec --detach visited sleep 1000 >/dev/null
        until_true 10 eval '[ "$(members "$FOLDER")" -eq 2 ]'
        expect 2 podman exec visited sh -c 'sleep 1 & sleep 1 & wait'
        tells "can't fork"
}

@test "rootless podman update: the unit, the files and the container have it" {
        waits changed --memory 64m --memory-swap 64m --cpus 0.5 --pids-limit 50
        podman update --memory 128m --memory-swap 192m --cpus 0.75 changed >/dev/null
        says "$UNIT" MemoryMax=134217728 MemorySwapMax=67108864 CPUQuotaPerSecUSec=750ms TasksMax=50
        holds "$FOLDER" memory.max=134217728 memory.swap.max=67108864 "cpu.max=75000 100000" pids.max=50
        expect 0 podman exec changed sh -c 'cd /sys/fs/cgroup && cat memory.max cpu.max'
        shows $'134217728\n75000 100000'
}

@test "rootless podman pause, stop, start, kill: the scope goes and comes with the container" {
        waits again --pids-limit 50
        podman pause again >/dev/null
        grep -qx 'frozen 1' "$FOLDER/cgroup.events"
        podman unpause again >/dev/null
        grep -qx 'frozen 0' "$FOLDER/cgroup.events"
        podman stop --time 0 again >/dev/null
        until_true 10 no_unit "$UNIT" "$FOLDER"
        podman start again >/dev/null
        says "$UNIT" ActiveState=active TasksMax=50
        holds "$FOLDER" pids.max=50
        kill -KILL "$(pid_of again)"
        expect 0 podman wait again
        shows 137
        until_true 10 no_unit "$UNIT" "$FOLDER"
}

@test "rootless podman pod: in a slice of its own" {
        local slice
        podman pod create --name pod --network none >/dev/null
        podman run --detach --pod pod --name inner --memory 64m --pids-limit 50 "$IMAGE" sleep 1000 >/dev/null
        slice=user-libpod_pod_$(podman pod inspect --format '{{.ID}}' pod).slice
        UNIT=libpod-$(podman inspect --format '{{.Id}}' inner).scope
        FOLDER=$(folder_of "$(pid_of inner)")
        [[ $FOLDER == */user@$USER_ID.service/user.slice/$slice/$UNIT ]]
        says "$UNIT" "Slice=$slice" MemoryMax=67108864 TasksMax=50
        holds "$FOLDER" memory.max=67108864 pids.max=50
        podman pod rm --force --time 0 pod >/dev/null
        until_true 10 no_unit "$UNIT" "$FOLDER"
}

@test "systemctl --user daemon-reload: no limit changes" {
        local before
        waits kept --memory 64m --memory-swap 96m --cpus 0.5 --cpu-shares 512 --pids-limit 50
        before=$(limits_of "$FOLDER")
        "${SYSTEMCTL[@]}" daemon-reload
        is "$(limits_of "$FOLDER")" "$before"
        # The user's own folder is the machine's to limit.
        systemctl daemon-reload
        is "$(limits_of "$FOLDER")" "$before"
}
