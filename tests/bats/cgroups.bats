#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The container's cgroup: where it is, its limits as the kernel has them, its devices, its end.

load helpers

# in_cgroup CONTROLLER FILE: the content of a file of the container's cgroup.
in_cgroup() {
        cat "$(cgroup "$1")/$2"
}

# limits CONTROLLER RESOURCES V1-FILE V1-VALUE [V2-FILE V2-VALUE]...: creates a container with these resources and looks
# at the files of this machine's version; no more than one value per version.
limits() {
        local controller=$1 file value
        need_controller "$controller"
        config '.linux.resources += $resources' --argjson resources "$2"
        create
        if [ "$CGROUP_VERSION" = 1 ]; then
                file=$3 value=$4
        else
                file=$5 value=$6
        fi
        [ -z "$file" ] || is "$(in_cgroup "$controller" "$file")" "$value"
        expect 0 tare delete --force "$ID"
        nothing_left
}

# --- where ---

@test "the process is in its cgroup before it runs" {
        config '.linux.namespaces |= map(select(.type != "cgroup"))'
        inside 'cat /proc/self/cgroup'
        [ "$(grep -cF "$(place)" "$DIR/out")" -ge 1 ]
        if [ "$CGROUP_VERSION" = 1 ]; then
                prints_match ":pids:$(place)\$"
                prints_match ":memory:$(place)\$"
        else
                prints_line "0::$(place)"
        fi
}

@test "a created container is in its cgroup, and so is its whole process" {
        create
        grep -qx "$(pid_of)" "$(cgroup pids)/cgroup.procs"
}

@test "a path of several folders is made" {
        only_cgroupfs "a unit has no path"
        config '.linux.cgroupsPath = $path' --arg path "/$ID/a/b"
        start
        local top
        top=$(cgroup pids)
        grep -qx "$(pid_of)" "$top/a/b/cgroup.procs"
        expect 0 tare delete --force "$ID"
        [ ! -e "$top/a/b" ]
        # Folders above the container's are the caller's business.
        local left
        for left in $(left_cgroups); do
                find "$left" -depth -type d -exec rmdir {} +
        done
}

@test "without a path the cgroup has the container's id" {
        config 'del(.linux.cgroupsPath)'
        start
        [ "$CGROUP_MANAGER" = cgroupfs ] || grep -qF "/system.slice/tare-$ID.scope" "/proc/$(pid_of)/cgroup"
        grep -qF "$ID" "/proc/$(pid_of)/cgroup"
        expect 0 tare delete --force "$ID"
        nothing_left
}

@test "no resources at all" {
        config 'del(.linux.resources)'
        inside 'echo ran'
        prints ran
        config '.linux.resources = {}'
        inside 'echo ran'
        config '.linux.resources = {"memory": null, "cpu": {}, "pids": null, "devices": null}'
        only_tare "fails on null"
        inside 'echo ran'
}

# --- limits ---

@test "memory.limit" {
        limits memory '{"memory": {"limit": 67108864}}' memory.limit_in_bytes 67108864 memory.max 67108864
}

@test "memory.limit: -1 is none, 0 is unset" {
        limits memory '{"memory": {"limit": -1}}' memory.limit_in_bytes 9223372036854771712 memory.max max
        limits memory '{"memory": {"limit": 0}}' memory.limit_in_bytes 9223372036854771712 memory.max max
}

@test "memory.reservation" {
        limits memory '{"memory": {"reservation": 33554432}}' memory.soft_limit_in_bytes 33554432 memory.low 33554432
}

@test "memory.swap counts memory and swap" {
        need_controller memory
        [ "$CGROUP_VERSION" = 2 ] || [ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || skip "no swap accounting"
        limits memory '{"memory": {"limit": 67108864, "swap": 134217728}}' memory.memsw.limit_in_bytes 134217728 memory.swap.max 67108864
        limits memory '{"memory": {"limit": 67108864, "swap": 67108864}}' memory.memsw.limit_in_bytes 67108864 memory.swap.max 0
        limits memory '{"memory": {"limit": 67108864, "swap": -1}}' memory.memsw.limit_in_bytes 9223372036854771712 memory.swap.max max
}

@test "memory.swap below the limit is refused" {
        need_controller memory
        config '.linux.resources.memory = {"limit": 67108864, "swap": 33554432}'
        refused
}

@test "memory.swappiness and disableOOMKiller are v1's" {
        need_v1
        limits memory '{"memory": {"swappiness": 7}}' memory.swappiness 7
        config '.linux.resources = {"memory": {"disableOOMKiller": true}}'
        create
        in_cgroup memory memory.oom_control | grep -qx 'oom_kill_disable 1'
}

@test "what v2 cannot do is refused, and nothing there means nothing" {
        need_v2
        need_controller memory
        config '.linux.resources.memory = {"swappiness": 7}'
        refused 'linux.resources.memory.swappiness'
        config '.linux.resources.memory = {"disableOOMKiller": true}'
        refused 'linux.resources.memory.disableOOMKiller'
        config '.linux.resources.memory = {"disableOOMKiller": false, "kernel": 0}'
        inside 'true'
}

@test "the memory limit is felt" {
        need_controller memory
        config '.linux.resources.memory = {"limit": 33554432, "swap": 33554432}'
        config '.mounts += [{"destination": "/m", "type": "tmpfs", "source": "tmpfs", "options": ["size=200m"]}]'
        args dd if=/dev/zero of=/m/file bs=1M count=100
        expect 137 tare run --bundle "$BUNDLE" "$ID"
        # systemd removes the cgroup when its last process has ended, and then nobody can tell.
        [ "$CGROUP_MANAGER" = systemd ] || says "the container's process was killed, and its cgroup ran out of memory: limit 33554432 bytes, "
        [ "$CGROUP_MANAGER" = systemd ] || says ', oom_kill 1'
        nothing_left
}

@test "a memory limit with which not even init gets through: create says so" {
        need_controller memory
        only_tare "runc and crun do not tell the numbers"
        config '.linux.resources.memory = {"limit": 65536, "swap": 65536}'
        refused 'container init was OOM-killed (memory limit too low?): limit 65536 bytes, ' ', oom_kill 1'
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        says 'container init was OOM-killed (memory limit too low?): limit 65536 bytes, '
        nothing_left
}

@test "cpu.shares" {
        limits cpu '{"cpu": {"shares": 512}}' cpu.shares 512 cpu.weight 59
}

@test "cpu.quota and cpu.period" {
        limits cpu '{"cpu": {"quota": 50000, "period": 200000}}' cpu.cfs_quota_us 50000 cpu.max "50000 200000"
        limits cpu '{"cpu": {"quota": 50000, "period": 200000}}' cpu.cfs_period_us 200000 cpu.max "50000 200000"
        limits cpu '{"cpu": {"quota": -1}}' cpu.cfs_quota_us -1 cpu.max "max 100000"
}

@test "cpu.burst" {
        [ "$CGROUP_VERSION" = 2 ] || [ -e /sys/fs/cgroup/cpu/cpu.cfs_burst_us ] || skip "this kernel has no burst"
        only_tare "older versions lack it"
        limits cpu '{"cpu": {"quota": 50000, "period": 100000, "burst": 20000}}' cpu.cfs_burst_us 20000 cpu.max.burst 20000
}

@test "cpu.idle" {
        only_tare "older versions lack it"
        [ "$CGROUP_VERSION" = 2 ] || [ -e /sys/fs/cgroup/cpu/cpu.idle ] || skip "this kernel has no idle cgroups"
        limits cpu '{"cpu": {"idle": 1}}' cpu.idle 1 cpu.idle 1
}

@test "cpu.cpus and cpu.mems" {
        limits cpuset '{"cpu": {"cpus": "0", "mems": "0"}}' cpuset.cpus 0 cpuset.cpus 0
        config '.linux.resources = {"cpu": {"cpus": "0"}}'
        inside 'grep Cpus_allowed_list /proc/self/status'
        prints_match '\s0$'
}

@test "cpu.cpus: a processor that is not there is refused" {
        need_controller cpuset
        config '.linux.resources.cpu = {"cpus": "4000"}'
        refused
        config '.linux.resources.cpu = {"cpus": "nonsense"}'
        refused
}

@test "pids.limit" {
        limits pids '{"pids": {"limit": 17}}' pids.max 17 pids.max 17
        limits pids '{"pids": {"limit": -1}}' pids.max max pids.max max
}

@test "the limit of processes is felt" {
        need_controller pids
        config '.linux.resources.pids = {"limit": 5}'
        script 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait'
        tare run --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>&1 || :
        grep -q "can't fork" "$DIR/out"
        nothing_left
}

@test "blockIO: limits of a device" {
        local device
        device=$(lsblk --nodeps --noheadings --output MAJ:MIN | head -n 1 | tr -d ' ')
        [ "$device" ] || skip "no block device"
        [ "$CGROUP_VERSION" = 1 ] && need_controller blkio || need_controller io
        config '.linux.resources.blockIO = {
                "throttleReadBpsDevice": [{"major": $major, "minor": $minor, "rate": 1048576}],
                "throttleWriteBpsDevice": [{"major": $major, "minor": $minor, "rate": 2097152}],
                "throttleReadIOPSDevice": [{"major": $major, "minor": $minor, "rate": 100}],
                "throttleWriteIOPSDevice": [{"major": $major, "minor": $minor, "rate": 200}]}' \
                --argjson major "${device%:*}" --argjson minor "${device#*:}"
        create
        if [ "$CGROUP_VERSION" = 1 ]; then
                is "$(in_cgroup blkio blkio.throttle.read_bps_device)" "$device 1048576"
                is "$(in_cgroup blkio blkio.throttle.write_bps_device)" "$device 2097152"
                is "$(in_cgroup blkio blkio.throttle.read_iops_device)" "$device 100"
                is "$(in_cgroup blkio blkio.throttle.write_iops_device)" "$device 200"
        else
                is "$(in_cgroup io io.max)" "$device rbps=1048576 wbps=2097152 riops=100 wiops=200"
        fi
}

@test "hugepageLimits" {
        need_controller hugetlb
        local size
        size=$(ls "$(hierarchy hugetlb)" | sed -n 's/^hugetlb\.\([0-9]*[KMG]B\)\..*/\1/p' | head -n 1)
        [ "$size" ] || size=2MB
        config '.linux.resources.hugepageLimits = [{"pageSize": $size, "limit": 4194304}]' --arg size "$size"
        create
        if [ "$CGROUP_VERSION" = 1 ]; then
                is "$(in_cgroup hugetlb "hugetlb.$size.rsvd.limit_in_bytes")" 4194304
        else
                is "$(in_cgroup hugetlb "hugetlb.$size.rsvd.max")" 4194304
        fi
}

@test "hugepageLimits: of page faults there is no limit where reservations have one" {
        only_tare "limits both"
        need_controller hugetlb
        config '.linux.resources.hugepageLimits = [{"pageSize": "2MB", "limit": 4194304}]'
        create
        ! cat "$(cgroup hugetlb)"/hugetlb.2MB.{max,limit_in_bytes} 2>/dev/null | grep -qx 4194304
}

@test "hugepageLimits: a size that is none is refused" {
        only_tare "names no path"
        config '.linux.resources.hugepageLimits = [{"pageSize": "2 MB", "limit": 4194304}]'
        refused 'linux.resources.hugepageLimits[0].pageSize'
}

@test "unified: files of v2" {
        need_v2
        need_controller hugetlb
        config '.linux.resources.unified = {"hugetlb.2MB.max": "6291456", "cgroup.max.depth": "3"}'
        create
        is "$(in_cgroup hugetlb hugetlb.2MB.max)" 6291456
        is "$(in_cgroup hugetlb cgroup.max.depth)" 3
}

@test "unified: files of the core need no controller" {
        need_v2
        [ -e /sys/fs/cgroup/cgroup.pressure ] || skip "no pressure is counted here"
        config '.linux.resources.unified = {"cpu.pressure": "some 150000 2000000", "cgroup.pressure": "1"}'
        create
        tare delete --force "$ID"
        config '.linux.resources.unified = {"cpu.pressure": "nonsense"}'
        refused 'linux.resources.unified.cpu.pressure: write `nonsense` to `cpu.pressure`: invalid argument'
}

@test "unified: on v1 it is refused" {
        need_v1
        config '.linux.resources.unified = {"memory.max": "67108864"}'
        refused unified
}

@test "unified: a controller that is absent, and paths, are refused" {
        need_v2
        config '.linux.resources.unified = {"nosuch.max": "1"}'
        refused nosuch
        config '.linux.resources.unified = {"../cgroup.procs": "1"}'
        refused unified
}

@test "a limit whose controller is absent is refused" {
        need_v2
        ! has_controller memory || skip "there is a memory controller"
        config '.linux.resources.memory = {"limit": 67108864}'
        refused memory
}

@test "a value that the kernel refuses is an error, and nothing is left" {
        need_controller cpu
        config '.linux.resources.cpu = {"quota": 1, "period": 1}'
        refused
}

# --- devices ---

@test "devices: what the rules allow can be opened, all else not" {
        config '.process.capabilities |= map_values(. + ["CAP_MKNOD"]) | .process.noNewPrivileges = false'
        config '.linux.resources.devices = [
                {"allow": false, "access": "rwm"},
                {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "r"}]'
        config '.linux.devices = [{"type": "c", "path": "/dev/allowed", "major": 10, "minor": 229}, {"type": "c", "path": "/dev/mem", "major": 1, "minor": 1}]'
        script 'for d in null zero full random urandom; do head -c 1 /dev/$d >/dev/null || echo $d failed; done
                echo x >/dev/null || echo null failed
                head -c 1 /dev/mem 2>&1
                mknod /made c 1 1 && echo made
                (: >>/dev/allowed)
                true'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints_match 'mem: Operation not permitted'
        prints_line made
        [ -z "$(grep failed "$DIR/out")" ]
        # Reading is allowed, writing is not.
        says 'allowed: Operation not permitted'
}

@test "devices: later rules count more, numbers may be left out" {
        config '.linux.resources.devices = [
                {"allow": false, "access": "rwm"},
                {"allow": true, "type": "c", "major": 1, "access": "rwm"}]'
        config '.linux.devices = [{"type": "c", "path": "/dev/kmsg", "major": 1, "minor": 11}, {"type": "c", "path": "/dev/fuse", "major": 10, "minor": 229}]'
        config '.process.capabilities |= map_values(. + ["CAP_SYSLOG"])'
        script '(: >>/dev/kmsg) && echo kmsg; (: >>/dev/fuse) && echo fuse; true'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints kmsg
        says 'fuse: Operation not permitted'
}

@test "devices: an exception from an exception works on v2 and is refused on v1, which cannot" {
        config '.linux.resources.devices = [
                {"allow": false, "access": "rwm"},
                {"allow": true, "type": "c", "major": 1, "access": "rwm"},
                {"allow": false, "type": "c", "major": 1, "minor": 11, "access": "w"}]'
        [ "$CGROUP_VERSION" = 2 ] || { refused && return; }
        config '.linux.devices = [{"type": "c", "path": "/dev/kmsg", "major": 1, "minor": 11}]'
        config '.process.capabilities |= map_values(. + ["CAP_SYSLOG"])'
        script '(: >>/dev/kmsg) && echo writable; (: </dev/kmsg) && echo readable'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints readable
}

@test "devices: all allowed" {
        config '.linux.resources.devices = [{"allow": true, "access": "rwm"}]'
        config '.linux.devices = [{"type": "c", "path": "/dev/kmsg", "major": 1, "minor": 11}]'
        config '.process.capabilities |= map_values(. + ["CAP_SYSLOG"])'
        inside ': >>/dev/kmsg && echo writable'
        prints writable
}

@test "devices: a rule with letters that mean nothing is refused" {
        only_tare "accepts it"
        config '.linux.resources.devices += [{"allow": true, "type": "c", "access": "x"}]'
        refused 'linux.resources.devices['
}

# --- a cgroup that is in use ---

@test "a cgroup with processes in it is refused and left alone" {
        only_tare "older versions only warn"
        local path
        path=$(cgroup pids)
        mkdir -p "$path"
        sleep 1000 3>&- &
        BACKGROUND=$!
        disown
        echo "$BACKGROUND" >"$path/cgroup.procs"
        args true
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        says "container's cgroup is not empty: 1 process(es) found"
        grep -qx "$BACKGROUND" "$path/cgroup.procs"
        kill -KILL "$BACKGROUND"
        soon rmdir "$path"
        nothing_left
}

@test "a frozen cgroup is refused" {
        local path
        if [ "$CGROUP_VERSION" = 1 ]; then
                need_controller freezer
                path=$(cgroup freezer)
                mkdir -p "$path"
                echo FROZEN >"$path/freezer.state"
        else
                path=$(cgroup)
                mkdir -p "$path"
                echo 1 >"$path/cgroup.freeze"
        fi
        args true
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        says "container's cgroup unexpectedly frozen"
        soon rmdir "$path"
        nothing_left
}

@test "a cgroup that is there and empty is used" {
        mkdir -p "$(cgroup pids)"
        inside 'echo ran'
        prints ran
        nothing_left
}

# --- the end ---

@test "cgroups that the container made are removed with it" {
        start
        local path
        path=$(cgroup pids)
        mkdir -p "$path/a/b" "$path/c"
        expect 0 tare kill "$ID" KILL
        soon status_is stopped
        expect 0 tare delete "$ID"
        nothing_left
}

@test "processes that hide in a cgroup below are killed" {
        config '.linux.namespaces |= map(select(.type != "pid"))'
        script 'setsid sleep 1000 & sleep 1000'
        create
        tare start "$ID"
        local path pid
        path=$(cgroup pids)
        mkdir "$path/below"
        soon test "$(wc -l <"$path/cgroup.procs")" -ge 2
        for pid in $(cat "$path/cgroup.procs"); do
                [ "$(cat "/proc/$pid/comm")" != sleep ] || echo "$pid" >"$path/below/cgroup.procs"
        done
        expect 0 tare delete --force "$ID"
        nothing_left
}

@test "a cgroup that is gone already is no obstacle to delete" {
        start
        expect 0 tare kill "$ID" KILL
        soon status_is stopped
        # systemd may have done so already.
        rmdir "$(cgroup pids)" || [ ! -e "$(cgroup pids)" ]
        expect 0 tare delete "$ID"
        nothing_left
}

# --- ownership ---

@test "v2: with a cgroup namespace and a writable mount the container owns its cgroup" {
        need_v2
        need_system_call mount_setattr
        config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{"type": "cgroup"}, {"type": "user"}])
                | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .linux.gidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
        chown -R --no-dereference 100000:100000 "$ROOTFS"
        inside 'mkdir /sys/fs/cgroup/mine && stat -c %u /sys/fs/cgroup/cgroup.procs && rmdir /sys/fs/cgroup/mine'
        prints 0
}

# --- below the container's cgroup ---

# delegated PATH: the processes go there.
delegated() {
        config '.annotations["run.oci.delegate-cgroup"] = $path' --arg path "$1"
}

@test "delegate-cgroup: the processes are below the limits, exec's too, and all of it goes" {
        only_tare "another place for exec"
        need_v2
        delegated a/b
        config '.linux.resources.unified = {"cgroup.max.depth": "9"}'
        start
        is "$(sed -n s/^0:://p "/proc/$(pid_of)/cgroup")" "$(place)/a/b"
        is "$(cat "$(cgroup)/cgroup.max.depth")" 9
        is "$(cat "$(cgroup)/a/b/cgroup.max.depth")" max
        is "$(cat "$(cgroup)/cgroup.procs")" ""
        # Every controller that the container's own has.
        is "$(cat "$(cgroup)/a/b/cgroup.controllers")" "$(cat "$(cgroup)/cgroup.controllers")"
        expect 0 tare exec --detach --pid-file "$DIR/pid" "$ID" sleep 1000
        is "$(sed -n s/^0:://p "/proc/$(cat "$DIR/pid")/cgroup")" "$(place)/a/b"
        mkdir "$(cgroup)/a/b/c"
        expect 0 tare exec --cgroup c --detach --pid-file "$DIR/pid" "$ID" sleep 1000
        is "$(sed -n s/^0:://p "/proc/$(cat "$DIR/pid")/cgroup")" "$(place)/a/b/c"
        is "$(tare ps --format json "$ID" | jq length)" 3
        tare pause "$ID"
        status_is paused
        tare resume "$ID"
        expect 0 tare delete --force "$ID"
        nothing_left
}

@test "delegate-cgroup: the container owns what is delegated, and not its limits" {
        need_v2
        need_system_call mount_setattr
        delegated payload
        config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{"type": "cgroup"}, {"type": "user"}])
                | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .linux.gidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
        chown -R --no-dereference 100000:100000 "$ROOTFS"
        script 'mkdir /sys/fs/cgroup/mine && echo $$ >/sys/fs/cgroup/mine/cgroup.procs && cat /proc/self/cgroup; sleep 1000'
        create
        tare start "$ID"
        soon grep -q mine "$DIR/container"
        is "$(tail -n 1 "$DIR/container")" 0::/mine
        is "$(stat -c %u "$(cgroup)/payload/cgroup.procs")" 100000
        is "$(stat -c %u "$(cgroup)/cgroup.procs")" 0
        is "$(stat -c %u "$(cgroup)/cgroup.subtree_control")" 0
        # Its first process is elsewhere by now: exec goes after it only where it has to.
        expect 0 tare exec "$ID" cat /proc/self/cgroup
        prints_match '^0::/(mine)?$'
}

@test "delegate-cgroup: a machine without v2 is an error" {
        delegated x
        [ "$CGROUP_VERSION" = 2 ] || refused 'annotations.run.oci.delegate-cgroup: found `x`, expected none without a cgroup of nothing but v2'
        delegated ''
        inside 'true'
}
