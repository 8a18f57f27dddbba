#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Other limits for a container that is there: the flags, the files, what is wrong with them, and the way back.

load helpers

# held CONTROLLER FILE: the content of a file of the container's cgroup, without what the kernel counts in it.
held() {
        grep -v -e '^under_oom' -e '^oom_kill ' "$(cgroup "$1")/$2" || :
}

# limited CONTROLLER V1-FILE V1-VALUE [V2-FILE V2-VALUE]
limited() {
        if [ "$CGROUP_VERSION" = 1 ]; then
                is "$2: $(held "$1" "$2")" "$2: $3"
        else
                is "$4: $(held "$1" "$4")" "$4: $5"
        fi
}

update() {
        expect 0 tare update "$@" "$ID"
}

# update_from JSON
update_from() {
        printf '%s' "$1" >"$DIR/resources"
        update --resources "$DIR/resources"
}

# Every limit that the container's cgroup has. A new cgroup has a number in hugetlb.2MB.max; written back, it reads "max".
snapshot() {
        local file directory
        for directory in /sys/fs/cgroup{,/*}"$(place)"; do
                for file in "$directory"/{pids.max,memory.{limit,soft_limit,memsw.limit,kmem.tcp.limit}_in_bytes,memory.{swappiness,oom_control},memory.{max,low,swap.max}} \
                        "$directory"/cpu.{shares,weight,idle,cfs_quota_us,cfs_period_us,cfs_burst_us,max,max.burst,rt_period_us,rt_runtime_us} \
                        "$directory"/{cpuset.cpus,cpuset.mems,blkio.bfq.weight,blkio.bfq.weight_device,io.max,io.weight,io.bfq.weight,cgroup.max.depth,cgroup.max.descendants} \
                        "$directory"/{blkio.throttle.*_device,hugetlb.*.max,devices.list}; do
                        [ ! -e "$file" ] ||
                                echo "$file: $(grep -v -e '^under_oom' -e '^oom_kill ' "$file" | sed 's/^9223372036854771712$/max/')"
                done
        done
}

record() {
        jq -cS "$1" "$ROOT/$ID/resources.json"
}

disk() {
        local device
        device=$(lsblk --nodeps --noheadings --output MAJ:MIN,TYPE | awk '$2 == "disk" { print $1 }' | tail -n 1)
        [ "$device" ] || skip "no block device"
        echo "$device"
}

# rejected TEXT ARGUMENT...: exit code 1, the text on stderr, and every limit as it was.
rejected() {
        local text=$1 before
        before=$(snapshot)
        shift
        expect 1 tare update "$@" "$ID"
        says "$text"
        is "$(snapshot)" "$before"
}

# --- flags ---

@test "memory flags, with and without units" {
        need_controller memory
        start
        update --memory 64m
        limited memory memory.limit_in_bytes 67108864 memory.max 67108864
        update --memory=128M --memory-reservation 33554432
        limited memory memory.limit_in_bytes 134217728 memory.max 134217728
        limited memory memory.soft_limit_in_bytes 33554432 memory.low 33554432
        update --memory 0.5g --memory-reservation 16MiB
        limited memory memory.limit_in_bytes 536870912 memory.max 536870912
        limited memory memory.soft_limit_in_bytes 16777216 memory.low 16777216
        update --memory-reservation -1
        limited memory memory.soft_limit_in_bytes 9223372036854771712 memory.low max
        is "$(record .memory)" '{"limit":536870912,"reservation":-1}'
}

need_swap() {
        need_controller memory
        [ "$CGROUP_VERSION" = 2 ] || [ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || skip "no swap accounting"
}

@test "memory-swap counts memory and swap, in both directions" {
        need_swap
        start
        update --memory 64m --memory-swap 128m
        limited memory memory.memsw.limit_in_bytes 134217728 memory.swap.max 67108864
        # Up and down: the kernel demands another order each time.
        update --memory 256m --memory-swap 512m
        limited memory memory.limit_in_bytes 268435456 memory.max 268435456
        limited memory memory.memsw.limit_in_bytes 536870912 memory.swap.max 268435456
        update --memory 32m --memory-swap 32m
        limited memory memory.limit_in_bytes 33554432 memory.max 33554432
        limited memory memory.memsw.limit_in_bytes 33554432 memory.swap.max 0
        update --memory-swap 64m
        limited memory memory.memsw.limit_in_bytes 67108864 memory.swap.max 33554432
        update --memory-swap -1
        limited memory memory.memsw.limit_in_bytes 9223372036854771712 memory.swap.max max
}

@test "memory -1 lifts the limit of swap too" {
        need_swap
        config '.linux.resources.memory = {"limit": 67108864, "swap": 134217728}'
        start
        update --memory -1
        limited memory memory.limit_in_bytes 9223372036854771712 memory.max max
        limited memory memory.memsw.limit_in_bytes 9223372036854771712 memory.swap.max max
        is "$(record .memory)" '{"limit":-1,"swap":-1}'
}

@test "memory alone is measured against the swap limit in force" {
        need_swap
        only_tare "leaves it to the kernel"
        config '.linux.resources.memory = {"limit": 67108864, "swap": 134217728}'
        start
        rejected 'linux.resources.memory.swap: 134217728: memory+swap limit should be >= memory limit (268435456)' --memory 256m
        update --memory 100m
        limited memory memory.memsw.limit_in_bytes 134217728 memory.swap.max 29360128
}

@test "kernel memory: applied where the kernel has it, and never an error" {
        need_controller memory
        start
        update --kernel-memory 64m --kernel-memory-tcp 32m
        [ "$CGROUP_VERSION" = 2 ] || [ ! -e "$(cgroup memory)/memory.kmem.tcp.limit_in_bytes" ] ||
                is "$(held memory memory.kmem.tcp.limit_in_bytes)" 33554432
}

@test "kernel memory is ignored with a warning on v2" {
        need_v2
        only_tare "has other words"
        start
        update --kernel-memory 64m --kernel-memory-tcp 32m
        says 'level=warning msg="linux.resources.memory.kernel is ignored: there is no such limit with cgroup v2"'
        says 'linux.resources.memory.kernelTCP is ignored'
        is "$(record .memory)" '{}'
}

@test "cpu flags" {
        need_controller cpu
        start
        update --cpu-share 512 --cpu-period 50000 --cpu-quota 20000
        limited cpu cpu.shares 512 cpu.weight 59
        limited cpu cpu.cfs_quota_us 20000 cpu.max "20000 50000"
        limited cpu cpu.cfs_period_us 50000 cpu.max "20000 50000"
        # One without the other keeps the other.
        update --cpu-quota 30000
        limited cpu cpu.cfs_quota_us 30000 cpu.max "30000 50000"
        limited cpu cpu.cfs_period_us 50000 cpu.max "30000 50000"
        update --cpu-period 100000
        limited cpu cpu.cfs_quota_us 30000 cpu.max "30000 100000"
        limited cpu cpu.cfs_period_us 100000 cpu.max "30000 100000"
        update --cpu-quota -1
        limited cpu cpu.cfs_quota_us -1 cpu.max "max 100000"
        is "$(record .cpu)" '{"period":100000,"quota":-1,"shares":512}'
}

@test "cpu-burst, and none again" {
        need_controller cpu
        [ "$CGROUP_VERSION" = 2 ] || [ -e /sys/fs/cgroup/cpu/cpu.cfs_burst_us ] || skip "this kernel has no burst"
        start
        # The burst is above the old quota and below the new one.
        update --cpu-quota 10000
        update --cpu-quota 50000 --cpu-burst 40000
        limited cpu cpu.cfs_burst_us 40000 cpu.max.burst 40000
        # And the other way round: a quota below the burst in force.
        update --cpu-quota 20000 --cpu-burst 10000
        limited cpu cpu.cfs_burst_us 10000 cpu.max.burst 10000
        limited cpu cpu.cfs_quota_us 20000 cpu.max "20000 100000"
        update --cpu-burst 0
        limited cpu cpu.cfs_burst_us 0 cpu.max.burst 0
}

@test "cpu-idle takes the place of the shares, and gives them back" {
        need_controller cpu
        [ -e "$(hierarchy cpu)/cpu.idle" ] || [ "$CGROUP_VERSION" = 2 ] || skip "this kernel has no idle cgroups"
        config '.linux.resources.cpu = {"shares": 512}'
        start
        update --cpu-idle 1
        limited cpu cpu.idle 1 cpu.idle 1
        update --cpu-idle 0
        limited cpu cpu.idle 0 cpu.idle 0
        only_tare "forgets the shares"
        limited cpu cpu.shares 512 cpu.weight 59
        # What needs both at once.
        update --cpu-idle 1
        update --cpu-idle 0 --cpu-share 256
        limited cpu cpu.shares 256 cpu.weight 35
}

@test "real-time cpu flags" {
        need_v1
        need_controller cpu
        [ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || skip "this kernel has no real-time groups"
        start
        update --cpu-rt-period 2000000 --cpu-rt-runtime 1000
        is "$(held cpu cpu.rt_period_us)" 2000000
        is "$(held cpu cpu.rt_runtime_us)" 1000
        update --cpu-rt-runtime 0
        is "$(held cpu cpu.rt_runtime_us)" 1000
}

@test "real-time cpu flags are refused on v2, zero is not" {
        need_v2
        only_tare "ignores them"
        start
        rejected 'linux.resources.cpu.realtimeRuntime: 1000' --cpu-rt-runtime 1000
        rejected 'linux.resources.cpu.realtimePeriod: 1000' --cpu-rt-period 1000
        update --cpu-rt-period 0 --cpu-rt-runtime 0
}

@test "cpuset flags, and they are felt" {
        need_controller cpuset
        start
        update --cpuset-cpus 0 --cpuset-mems 0
        limited cpuset cpuset.cpus 0 cpuset.cpus 0
        limited cpuset cpuset.mems 0 cpuset.mems 0
        grep -qx "Cpus_allowed_list:[[:space:]]*0" "/proc/$(pid_of)/status"
        update --cpuset-mems 0
        limited cpuset cpuset.cpus 0 cpuset.cpus 0
}

@test "pids-limit" {
        need_controller pids
        start
        update --pids-limit 17
        limited pids pids.max 17 pids.max 17
        update --pids-limit -1
        limited pids pids.max max pids.max max
        only_tare "makes 1 of 0, or nothing"
        update --pids-limit 0
        limited pids pids.max 0 pids.max 0
}

@test "blkio-weight" {
        start
        if [ "$CGROUP_VERSION" = 1 ]; then
                need_controller blkio
                ls "$(cgroup blkio)" | grep -qxE 'blkio(\.bfq)?\.weight' || skip "this kernel has no weights"
                update --blkio-weight 500
                cat "$(cgroup blkio)"/blkio{,.bfq}.weight 2>/dev/null | grep -qx 500
                update --blkio-weight 0
                cat "$(cgroup blkio)"/blkio{,.bfq}.weight 2>/dev/null | grep -qx 500
                rejected 'linux.resources.blockIO.weight: 5 is not from 10 to 1000' --blkio-weight 5
        else
                need_controller io
                update --blkio-weight 500
                cat "$(cgroup io)"/io{.bfq,}.weight 2>/dev/null | grep -qxE '(default )?(500|4950)'
        fi
}

@test "flags of Intel RDT need a container with linux.intelRdt" {
        start
        rejected 'updating a non-existent Intel RDT configuration is not supported' --l3-cache-schema 'L3:0=f'
        rejected 'updating a non-existent Intel RDT configuration is not supported' --mem-bw-schema 'MB:0=50'
        rejected '--mem-bw-schema: found `L3:0=f`, expected it to begin with `MB:`' --mem-bw-schema 'L3:0=f'
}

@test "no flag at all changes nothing" {
        start
        local before
        before=$(snapshot)
        update
        is "$(snapshot)" "$before"
        update --cpu-quota= --memory= --cpuset-cpus= --pids-limit=
        is "$(snapshot)" "$before"
}

# --- a file ---

# A limit that can be set on every layout, even on v2 without controllers.
some_limit() {
        if [ "$CGROUP_VERSION" = 1 ]; then
                printf '{"pids": {"limit": %s}}' "$1"
        else
                printf '{"unified": {"cgroup.max.depth": "%s"}}' "$1"
        fi
}

some_limit_is() {
        limited pids pids.max "$1" cgroup.max.depth "$1"
}

@test "resources from a file, from standard input, from a pipe" {
        start
        some_limit 11 >"$DIR/in"
        update --resources "$DIR/in"
        some_limit_is 11
        some_limit 12 >"$DIR/in"
        update "--resources=$DIR/in"
        some_limit_is 12
        some_limit 13 >"$DIR/in"
        INPUT=$DIR/in update --resources -
        some_limit_is 13
        some_limit 14 >"$DIR/in"
        INPUT=$DIR/in update --resources=-
        some_limit_is 14
        some_limit 15 >"$DIR/in"
        INPUT=$DIR/in update -r -
        some_limit_is 15
        some_limit 16 >"$DIR/in"
        cat "$DIR/in" | tare update -r - "$ID"
        some_limit_is 16
        some_limit 17 >"$DIR/in"
        tare update -r <(sleep 0.1 && cat "$DIR/in") "$ID"
        some_limit_is 17
        # As containerd has it: options first, and nothing on the other streams.
        some_limit 18 >"$DIR/in"
        INPUT=$DIR/in expect 0 tare --log "$DIR/log" --log-format json update --resources=- "$ID"
        prints ""
        says_nothing
        some_limit_is 18
}

@test "beside a file the flags for limits are ignored" {
        start
        some_limit 11 >"$DIR/in"
        update --resources "$DIR/in" --memory 1 --pids-limit 3 --cpu-quota 1
        some_limit_is 11
}

@test "empty objects, null and zeros change nothing" {
        config '.linux.resources = {"pids": {"limit": 40}, "memory": {"limit": 67108864}, "cpu": {"shares": 512, "quota": 20000, "period": 50000, "cpus": "0"}}'
        [ "$CGROUP_VERSION" = 1 ] || config '.linux.resources = {}'
        start
        local before resources
        before=$(snapshot)
        for resources in '{}' 'null' ' null
' '{"memory": null, "cpu": null, "pids": null, "blockIO": null, "unified": null, "hugepageLimits": null, "rdma": null, "network": null, "devices": null}' \
                '{"memory": {}, "cpu": {}, "pids": {}, "blockIO": {}, "unified": {}, "network": {}}' \
                '{"memory": {"limit": 0, "reservation": 0, "swap": 0, "kernel": 0, "kernelTCP": 0, "disableOOMKiller": false, "useHierarchy": false, "checkBeforeUpdate": false},
                  "cpu": {"shares": 0, "quota": 0, "period": 0, "realtimeRuntime": 0, "realtimePeriod": 0, "cpus": "", "mems": ""},
                  "pids": {"limit": 0}, "blockIO": {"weight": 0, "leafWeight": 0, "weightDevice": [], "throttleReadBpsDevice": null},
                  "network": {"classID": 0, "priorities": null}}' \
                '{"memory": {"limit": null, "swap": null}, "cpu": {"shares": null, "cpus": null, "idle": null}, "pids": {"limit": null}}'; do
                update_from "$resources"
                is "$resources: $(snapshot)" "$resources: $before"
        done
        [ "$CGROUP_VERSION" = 2 ] || is "$(record 'del(.devices) | [.pids.limit, .memory.limit, .cpu.shares]')" '[40,67108864,512]'
}

@test "rules for devices are ignored, be they right or wrong" {
        start
        local before
        before=$(snapshot)
        update_from '{"devices": [{"allow": true, "access": "rwm"}]}'
        update_from '{"devices": [{"allow": false, "type": "c", "major": -77, "minor": 3, "access": "x"}]}'
        is "$(snapshot)" "$before"
        is "$(record .devices)" "$(jq -cS '.linux.resources.devices | map(.type = "a")' "$BUNDLE/config.json")"
        # What they allow is still what it was.
        expect 0 tare exec "$ID" sh -c ': </dev/null'
}

@test "limits of a device: each update changes the entries that it names" {
        local device resources
        [ "$CGROUP_VERSION" = 1 ] && need_controller blkio || need_controller io
        device=$(disk)
        start
        resources='{"major": '${device%:*}', "minor": '${device#*:}', "rate": RATE}'
        update_from "{\"blockIO\": {\"throttleReadBpsDevice\": [${resources/RATE/104857600}], \"throttleWriteIOPSDevice\": [${resources/RATE/1000}]}}"
        limited blkio blkio.throttle.read_bps_device "$device 104857600" io.max "$device rbps=104857600 wbps=max riops=max wiops=1000"
        limited blkio blkio.throttle.write_iops_device "$device 1000" io.max "$device rbps=104857600 wbps=max riops=max wiops=1000"
        update_from "{\"blockIO\": {\"throttleReadBpsDevice\": [${resources/RATE/209715200}], \"throttleWriteBpsDevice\": [${resources/RATE/5000000}]}}"
        limited blkio blkio.throttle.read_bps_device "$device 209715200" io.max "$device rbps=209715200 wbps=5000000 riops=max wiops=1000"
        limited blkio blkio.throttle.write_bps_device "$device 5000000" io.max "$device rbps=209715200 wbps=5000000 riops=max wiops=1000"
        limited blkio blkio.throttle.write_iops_device "$device 1000" io.max "$device rbps=209715200 wbps=5000000 riops=max wiops=1000"
        is "$(record '.blockIO | [.throttleReadBpsDevice[0].rate, .throttleWriteBpsDevice[0].rate, .throttleWriteIOPSDevice[0].rate]')" '[209715200,5000000,1000]'
        # Zero is no limit.
        update_from "{\"blockIO\": {\"throttleReadBpsDevice\": [${resources/RATE/0}]}}"
        limited blkio blkio.throttle.read_bps_device "" io.max "$device rbps=max wbps=5000000 riops=max wiops=1000"
        limited blkio blkio.throttle.write_bps_device "$device 5000000" io.max "$device rbps=max wbps=5000000 riops=max wiops=1000"
}

@test "weights of a device" {
        local device
        [ "$CGROUP_VERSION" = 1 ] && need_controller blkio || need_controller io
        device=$(disk)
        grep -q '\[bfq\]' "/sys/dev/block/$device/queue/scheduler" || skip "no disk with the BFQ scheduler"
        start
        update_from '{"blockIO": {"weightDevice": [{"major": '"${device%:*}"', "minor": '"${device#*:}"', "weight": 300}]}}'
        cat "$(cgroup blkio)"/{blkio.bfq.weight_device,io.bfq.weight} 2>/dev/null | grep -qx "$device 300"
}

@test "unified: files of v2, each by its name" {
        [ -e /sys/fs/cgroup/unified ] || need_v2
        local directory
        directory=$(unified)$(place)
        start
        update_from '{"unified": {"cgroup.max.depth": "3"}}'
        is "$(cat "$directory/cgroup.max.depth")" 3
        update_from '{"unified": {"cgroup.max.descendants": "40"}}'
        is "$(cat "$directory/cgroup.max.depth")" 3
        is "$(cat "$directory/cgroup.max.descendants")" 40
        is "$(record .unified)" '{"cgroup.max.depth":"3","cgroup.max.descendants":"40"}'
        update_from '{"unified": {"cgroup.max.depth": "max"}}'
        is "$(record .unified)" '{"cgroup.max.depth":"max","cgroup.max.descendants":"40"}'
        rejected 'linux.resources.unified.nosuch.max: write `1` to `nosuch.max`: no such file or directory' \
                -r <(echo '{"unified": {"nosuch.max": "1"}}')
        rejected 'linux.resources.unified: found the key `../cgroup.procs`, expected the name of a file' \
                -r <(echo '{"unified": {"../cgroup.procs": "1"}}')
        # One of the core's.
        [ ! -e /sys/fs/cgroup/cgroup.pressure ] || update_from '{"unified": {"memory.pressure": "some 150000 2000000"}}'
        # No such file, though its controller is there: found before anything is written.
        rejected 'linux.resources.unified.cgroup.nonsense: write `1` to `cgroup.nonsense`: no such file or directory' \
                -r <(echo '{"unified": {"cgroup.max.depth": "5", "cgroup.nonsense": "1"}}')
}

@test "huge pages" {
        local directory
        directory=$(unified)$(place)
        grep -qsw hugetlb "$(unified)/cgroup.controllers" || need_controller hugetlb
        [ -e /sys/kernel/mm/hugepages/hugepages-2048kB ] || skip "no huge pages of 2 MB"
        start
        [ -e "$directory" ] || directory=$(cgroup hugetlb)
        update_from '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
        cat "$directory"/hugetlb.2MB.rsvd.{max,limit_in_bytes} 2>/dev/null | grep -qx 4194304
        update_from '{"hugepageLimits": [{"pageSize": "2MB", "limit": 0}]}'
        cat "$directory"/hugetlb.2MB.rsvd.{max,limit_in_bytes} 2>/dev/null | grep -qx 0
        is "$(record .hugepageLimits)" '[{"limit":0,"pageSize":"2MB"}]'
        rejected 'linux.resources.hugepageLimits[0].pageSize' -r <(echo '{"hugepageLimits": [{"pageSize": "2mb", "limit": 0}]}')
}

@test "swappiness and the OOM killer are v1's" {
        need_v1
        need_controller memory
        only_tare "leaves them as they are"
        start
        update_from '{"memory": {"swappiness": 7, "disableOOMKiller": true}}'
        is "$(held memory memory.swappiness)" 7
        is "$(held memory memory.oom_control)" "oom_kill_disable 1"
        update_from '{"memory": {"swappiness": 0, "disableOOMKiller": false}}'
        is "$(held memory memory.swappiness)" 0
        is "$(held memory memory.oom_control)" "oom_kill_disable 0"
}

# --- what is wrong ---

@test "wrong values of flags are named before anything is written" {
        start
        local flag
        for flag in memory memory-reservation memory-swap kernel-memory kernel-memory-tcp; do
                rejected "invalid value \"5z\" for flag -$flag: expected a size such as 512M, or -1" --pids-limit 5 --$flag 5z
                rejected "invalid value \"-2\" for flag -$flag" --pids-limit 5 --$flag -2
                rejected "invalid value \"99999999999999999999g\" for flag -$flag" --pids-limit 5 --$flag 99999999999999999999g
        done
        for flag in cpu-quota cpu-rt-runtime cpu-idle pids-limit; do
                rejected "invalid value \"1.5\" for flag -$flag: expected a number" --$flag 1.5
                rejected "invalid value \"9223372036854775808\" for flag -$flag" --$flag 9223372036854775808
        done
        for flag in blkio-weight cpu-period cpu-share cpu-burst cpu-rt-period; do
                rejected "invalid value \"-1\" for flag -$flag: expected a number that is not negative" --$flag -1
                rejected "invalid value \"x\" for flag -$flag" --$flag x
        done
        rejected 'linux.resources.cpu.idle: found 2, expected 0 or 1' --pids-limit 5 --cpu-idle 2
        rejected 'linux.resources.cpu.burst: found 3000, expected at most the quota of 2000' --cpu-quota 2000 --cpu-burst 3000
        rejected 'linux.resources.cpu.cpus' --pids-limit 5 --cpuset-cpus nonsense
        rejected 'flag provided but not defined: -nonsense' --nonsense 5
        expect 1 tare update --pids-limit 5
        expect 1 tare update --pids-limit 5 "$ID" another
}

@test "cpu shares that v1 does not have" {
        need_v1
        need_controller cpu
        start
        rejected 'the maximum allowed cpu-shares is 262144' --pids-limit 5 --cpu-share 262145
        rejected 'the minimum allowed cpu-shares is 2' --pids-limit 5 --cpu-share 1
}

@test "what is wrong in a file is named by its place" {
        start
        local rows row
        printf '{"pids": {"limit": 5}' >"$DIR/half"
        rejected "$DIR/half:1:" -r "$DIR/half"
        rejected 'standard input: empty' -r -
        rejected "open \`$DIR/nosuch\`: no such file or directory" -r "$DIR/nosuch"
        rejected "read \`$DIR\`: is a directory" -r "$DIR"
        rows=(
                'memory.limit: found a string|{"pids": {"limit": 5}, "memory": {"limit": "64m"}}'
                'cpu.quota: found|{"pids": {"limit": 5}, "cpu": {"quota": 1.5}}'
                'memory.limit: found|{"pids": {"limit": 5}, "memory": {"limit": 99999999999999999999}}'
                'cpu.shares: found|{"pids": {"limit": 5}, "cpu": {"shares": -1}}'
                'linux.resources.memory.limit: found -2, expected a number of bytes or -1|{"pids": {"limit": 5}, "memory": {"limit": -2}}'
                'linux.resources.memory.swappiness: found 101|{"pids": {"limit": 5}, "memory": {"swappiness": 101}}'
                'blockIO.throttleReadBpsDevice[1].rate|{"pids": {"limit": 5}, "blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1}, {"major": 8, "minor": 16}]}}'
                'unified|{"pids": {"limit": 5}, "unified": []}'
                'expected|[]'
        )
        for row in "${rows[@]}"; do
                printf '%s' "${row#*|}" >"$DIR/wrong"
                rejected "${row%%|*}" -r "$DIR/wrong"
        done
}

@test "a file without an end is not read to it" {
        start
        PATIENCE=20 rejected 'read `/dev/zero`: file too large' -r /dev/zero
}

@test "a value that v1 cannot have, and a controller that is not there" {
        start
        if [ "$CGROUP_VERSION" = 2 ]; then
                ! has_controller memory || skip "there is a memory controller"
                rejected 'linux.resources.memory.limit: controller `memory` could not be enabled for cgroup' --memory 64m
        else
                ! has_controller net_cls || skip "there is a net_cls controller"
                rejected 'linux.resources.network.classID: 1' -r <(echo '{"network": {"classID": 1}}')
        fi
}

# --- all or nothing ---

# A config whose limits differ from all that a new cgroup has.
limited_config() {
        local device=$1
        [ "$(nproc)" -ge 2 ] || skip "one processor only"
        config '.linux.resources += {
                "memory": {"limit": 134217728, "swap": 268435456, "reservation": 67108864, "swappiness": 33},
                "cpu": {"shares": 700, "quota": 60000, "period": 120000, "burst": 10000, "cpus": "0-1"},
                "pids": {"limit": 60},
                "blockIO": {"weight": 200, "throttleReadBpsDevice": [{"major": $major, "minor": $minor, "rate": 104857600}]}}' \
                --argjson major "${device%:*}" --argjson minor "${device#*:}"
}

# Everything of it in another way, and new limits for what had none.
other_limits() {
        local device=$1
        jq -n '{"memory": {"limit": $memory, "swap": ($memory * 3), "reservation": 16777216, "kernelTCP": 16777216, "swappiness": 44, "disableOOMKiller": true},
                "cpu": {"shares": 300, "quota": 200000, "period": 250000, "burst": 100000, "cpus": "0", "realtimeRuntime": 1000, "realtimePeriod": 2000000},
                "pids": {"limit": 61},
                "blockIO": {"weight": 300,
                        "throttleReadBpsDevice": [{"major": $major, "minor": $minor, "rate": 209715200}],
                        "throttleWriteBpsDevice": [{"major": $major, "minor": $minor, "rate": 209715201}],
                        "throttleWriteIOPSDevice": [{"major": $major, "minor": $minor, "rate": 10000}]}}' \
                --argjson major "${device%:*}" --argjson minor "${device#*:}" --argjson memory "$2"
}

@test "a last value that the kernel refuses: the old limits are back, on v1" {
        need_v1
        local device controller memory before record
        for controller in memory cpu cpuset pids blkio; do
                need_controller "$controller"
        done
        [ -e /sys/fs/cgroup/unified ] || skip "no v2 hierarchy beside v1: no last value that is refused"
        device=$(disk)
        limited_config "$device"
        start
        [ -e "$(cgroup cpu)/cpu.rt_runtime_us" ] || skip "this kernel has no real-time groups"
        before=$(snapshot)
        # Memory rises and falls: the way back needs the other order.
        for memory in 536870912 33554432; do
                other_limits "$device" "$memory" | jq '.unified = {"cgroup.max.depth": "4", "cgroup.max.descendants": "nonsense"}' >"$DIR/in"
                rejected 'linux.resources.unified.cgroup.max.descendants: write `nonsense` to `cgroup.max.descendants`: invalid argument' -r "$DIR/in"
                [ ! -e "$ROOT/$ID/resources.json" ]
                not grep -qF 'level=warning' "$DIR/err"
        done
        # Without that value all of it works: each of the files has really been written.
        other_limits "$device" 536870912 | jq '.unified = {"cgroup.max.depth": "4", "cgroup.max.descendants": "50"}' >"$DIR/in"
        update -r "$DIR/in"
        [ "$(diff <(echo "$before") <(snapshot) | grep -c '^>')" -ge 19 ]
        # And the way back to the limits of an update, with a record that stays.
        before=$(snapshot)
        record=$(cat "$ROOT/$ID/resources.json")
        rejected 'linux.resources.cpu.quota: write `1` to `cpu.cfs_quota_us`: invalid argument' --memory 64m --memory-swap 128m --pids-limit 3 --cpu-share 22 --cpuset-cpus 1 --cpu-quota 1
        is "$(cat "$ROOT/$ID/resources.json")" "$record"
}

@test "a last value that the kernel refuses: the old limits are back, on v2" {
        need_v2
        need_controller hugetlb
        start
        update_from '{"unified": {"hugetlb.2MB.rsvd.max": "6291456", "cgroup.max.depth": "3"}}'
        printf '%s' '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}], "unified": {"cgroup.max.depth": "9", "cgroup.max.descendants": "nonsense"}}' >"$DIR/in"
        rejected 'linux.resources.unified.cgroup.max.descendants: write `nonsense` to `cgroup.max.descendants`: invalid argument' -r "$DIR/in"
        is "$(held hugetlb hugetlb.2MB.rsvd.max)" 6291456
        is "$(record .unified)" '{"cgroup.max.depth":"3","hugetlb.2MB.rsvd.max":"6291456"}'
}

@test "and with all the controllers of v2" {
        need_v2
        local device controller memory before
        for controller in memory cpu cpuset pids io; do
                need_controller "$controller"
        done
        device=$(disk)
        limited_config "$device"
        config 'del(.linux.resources.memory.swappiness) | .linux.resources.unified = {"memory.high": "100000000"}'
        start
        before=$(snapshot; held memory memory.high)
        for memory in 536870912 33554432; do
                other_limits "$device" "$memory" |
                        jq 'del(.memory.kernelTCP, .memory.swappiness, .memory.disableOOMKiller, .cpu.realtimeRuntime, .cpu.realtimePeriod)
                                | .cpu.idle = 1 | .unified = {"memory.high": "20000000", "cgroup.max.descendants": "nonsense"}' >"$DIR/in"
                rejected 'linux.resources.unified.cgroup.max.descendants: write `nonsense` to `cgroup.max.descendants`: invalid argument' -r "$DIR/in"
                is "$(snapshot; held memory memory.high)" "$before"
                not grep -qF 'level=warning' "$DIR/err"
        done
        jq '.unified["cgroup.max.descendants"] = "50"' "$DIR/in" >"$DIR/right"
        update -r "$DIR/right"
        [ "$(diff <(echo "$before") <(snapshot; held memory memory.high) | grep -c '^>')" -ge 11 ]
}

@test "a refused value takes the idle cgroup's weight back" {
        need_controller cpu
        [ "$CGROUP_VERSION" = 2 ] || [ -e /sys/fs/cgroup/cpu/cpu.idle ] || skip "this kernel has no idle cgroups"
        config '.linux.resources.cpu = {"shares": 512}'
        start
        rejected 'linux.resources.cpu.quota: write `1`' --cpu-idle 1 --cpu-quota 1
        limited cpu cpu.shares 512 cpu.weight 59
        update --cpu-idle 1
        rejected 'linux.resources.cpu.quota: write `1`' --cpu-idle 0 --cpu-share 99 --cpu-quota 1
        limited cpu cpu.idle 1 cpu.idle 1
        not grep -qF 'level=warning' "$DIR/err"
}

@test "a device that takes no weight: the limits before it are back" {
        need_v1
        need_controller blkio
        need_controller memory
        local device
        device=$(disk)
        ! grep -q '\[bfq\]' "/sys/dev/block/$device/queue/scheduler" || skip "the disk takes weights"
        start
        [ -e "$(cgroup blkio)/blkio.bfq.weight_device" ] || skip "this kernel has no weights of devices"
        rejected 'linux.resources.blockIO.weightDevice[0].weight: write `'"$device"' 300` to `blkio' \
                -r <(echo '{"memory": {"limit": 67108864}, "blockIO": {"weight": 300, "weightDevice": [{"major": '"${device%:*}"', "minor": '"${device#*:}"', "weight": 300}]}}')
}

@test "what the kernel does not take back is named" {
        [ -e /sys/fs/cgroup/unified ] || need_v2
        start
        # "0" is whoever writes it: tare itself is in the container's cgroup until it ends.
        rejected 'write `nonsense` to `cgroup.max.depth`' -r <(echo '{"unified": {"cgroup.max.descendants": "5", "cgroup.procs": "0", "cgroup.max.depth": "nonsense"}}')
        says 'level=warning msg="the update is taken back, but what was written to `'
        says '/cgroup.procs` cannot be"'
        is "$(grep -c . "$DIR/err")" 2
}

@test "limits that cannot be recorded are taken back" {
        only_tare "has another state directory"
        start
        mkdir -p "$ROOT/$ID/.resources.json.tmp/in-the-way"
        some_limit 11 >"$DIR/in"
        rejected 'write `resources.json`: ' -r "$DIR/in"
        rm -r "$ROOT/$ID/.resources.json.tmp"
        update -r "$DIR/in"
        some_limit_is 11
}

@test "a limit below the memory in use is refused" {
        need_controller memory
        [ "$CGROUP_VERSION" = 1 ] || config '.linux.resources.memory.checkBeforeUpdate = true'
        config '.mounts += [{"destination": "/m", "type": "tmpfs", "source": "tmpfs", "options": ["size=100m"]}]'
        script 'dd if=/dev/zero of=/m/file bs=1M count=50 2>/dev/null; echo done >/m/done; sleep 1000'
        create
        tare start "$ID"
        soon test -e "/proc/$(pid_of)/root/m/done"
        if [ "$CGROUP_VERSION" = 1 ]; then
                rejected 'linux.resources.memory.limit: write `16777216` to `memory.limit_in_bytes`: device or resource busy' --memory 16m --memory-swap 16m
        else
                rejected 'linux.resources.memory.limit: rejecting memory limit 16777216 <= usage ' --memory 16m
                rejected 'linux.resources.memory.swap: rejecting memory+swap limit 17825792 <= usage ' --memory 16m --memory-swap 17m
        fi
        is "$(status_of)" running
}

# moments SIGNAL: updates the container as often as the command has calls from the last before the first limit on, and sends
# it the signal at another of them each time; then calls `after` with the exit status.
moments() {
        local signal=$1 call when status
        command -v strace >/dev/null || skip "no strace here"
        # The first update finds its limits elsewhere than the others.
        update -r "$DIR/in"
        strace -qq -o "$DIR/trace" "$TARE" --root "$ROOT" update -r "$DIR/in" "$ID" </dev/null 3>&-
        awk -F'(' '{ count[$1]++ } /^signalfd/ { begun = 1; next } begun { print $1, count[$1] }' "$DIR/trace" >"$DIR/moments"
        [ "$(wc -l <"$DIR/moments")" -ge 8 ]
        while read -r call when; do
                [ "$call" != exit_group ] && [ "$call" != +++ ] || continue
                status=0
                { strace -qq -o /dev/null -e "inject=$call:signal=$signal:when=$when" "$TARE" --root "$ROOT" update -r "$DIR/in" "$ID" </dev/null 3>&-; } 2>"$DIR/err" || status=$?
                after "$status" || { echo "$signal at $call $when" && return 1; }
        done <"$DIR/moments"
}

@test "a signal does not end it half-way" {
        start
        after() {
                is "$1" 0 && some_limit_is 13
        }
        some_limit 13 >"$DIR/in"
        moments TERM
        moments INT
}

@test "an update that is killed: the container goes on, and so does the next update" {
        start
        local next=100
        after() {
                is "$1" 137 && is "$(status_of)" running || return 1
                next=$((next + 1))
                some_limit $next >"$DIR/next"
                update -r "$DIR/next" && some_limit_is $next
        }
        some_limit 13 >"$DIR/in"
        moments KILL
}

# --- which containers ---

@test "a created container is updated, and starts" {
        script 'echo ran'
        create
        some_limit 11 >"$DIR/in"
        update -r "$DIR/in"
        some_limit_is 11
        tare start "$ID"
        soon grep -qx ran "$DIR/container"
}

@test "a paused container is updated, and stays paused" {
        local file value=FROZEN
        start
        file=$(cgroup freezer)/freezer.state
        [ "$CGROUP_VERSION" = 1 ] || { file=$(cgroup)/cgroup.freeze; value=1; }
        echo "$value" >"$file"
        soon status_is paused
        some_limit 11 >"$DIR/in"
        update -r "$DIR/in"
        some_limit_is 11
        is "$(status_of)" paused
}

@test "a stopped container, and one that never was" {
        args true
        create
        tare start "$ID"
        soon status_is stopped
        some_limit 11 >"$DIR/in"
        expect 1 tare update -r "$DIR/in" "$ID"
        says 'container not running'
        [ ! -e "$ROOT/$ID/resources.json" ]
        expect 1 tare update -r "$DIR/in" "$ID-nosuch"
        says 'container does not exist'
        expect 1 tare update -r "$DIR/in" ../x
        says 'invalid container id format'
}

@test "a broken container" {
        only_tare "has another state directory"
        start
        cp "$ROOT/$ID/state.json" "$DIR/kept"
        echo nonsense >"$ROOT/$ID/state.json"
        expect 1 tare update --pids-limit 5 "$ID"
        says 'container is broken'
        cp "$DIR/kept" "$ROOT/$ID/state.json"
        # What is in force is not known: better none than a wrong one.
        echo '{"memory": 5}' >"$ROOT/$ID/resources.json"
        rejected 'memory: found' --pids-limit 5
        expect 0 tare state "$ID"
}

@test "a container without a cgroup has no limits" {
        only_tare "has no such manager"
        args sleep 1000
        expect 0 tare --cgroup-manager disabled create --bundle "$BUNDLE" "$ID"
        expect 1 tare update --memory 64m "$ID"
        says 'linux.resources.memory.limit'
        expect 0 tare update "$ID"
}

@test "the limits in force are recorded, the config is not touched" {
        only_tare "has another state directory"
        need_controller pids
        need_controller cpu
        config '.linux.resources += {"pids": {"limit": 33}, "cpu": {"shares": 512}}'
        start
        [ ! -e "$ROOT/$ID/resources.json" ]
        local config
        config=$(md5sum <"$ROOT/$ID/config.json")
        update --cpu-quota 20000
        is "$(record 'del(.devices, .blockIO, .memory, .network)')" '{"cpu":{"quota":20000,"shares":512},"pids":{"limit":33}}'
        update --pids-limit 44
        is "$(record 'del(.devices, .blockIO, .memory, .network)')" '{"cpu":{"quota":20000,"shares":512},"pids":{"limit":44}}'
        is "$(stat --format %a "$ROOT/$ID/resources.json")" 600
        is "$(md5sum <"$ROOT/$ID/config.json")" "$config"
        expect 0 tare delete --force "$ID"
        nothing_left
}

# --- side by side ---

@test "updates wait for who holds the container" {
        only_tare "locks in another way"
        start
        some_limit 11 >"$DIR/in"
        # The holder ends with its standard input.
        mkfifo "$DIR/hold"
        flock "$ROOT/$ID" sh -c 'echo held; cat' <"$DIR/hold" >"$DIR/holder" 3>&- &
        BACKGROUND=$!
        exec 9>"$DIR/hold"
        soon grep -qx held "$DIR/holder"
        tare update -r "$DIR/in" "$ID" 9>&- &
        local waiting=$!
        BACKGROUND+=" $waiting"
        sleep 0.3
        kill -0 "$waiting"
        not some_limit_is 11 >/dev/null
        exec 9>&-
        wait "$waiting"
        some_limit_is 11
}

@test "twenty at once: the limits are those of one of them" {
        start
        local i n pids=
        for i in $(seq 20); do
                if [ "$CGROUP_VERSION" = 1 ]; then
                        jq -n '{"memory": {"limit": ($i * 1048576 + 67108864), "swap": ($i * 2097152 + 134217728)}, "pids": {"limit": ($i + 100)},
                                "cpu": {"shares": ($i + 200), "quota": ($i * 1000 + 10000), "period": ($i * 1000 + 100000)}}' --argjson i "$i" >"$DIR/in$i"
                else
                        jq -n '{"unified": {"cgroup.max.depth": "\($i + 100)", "cgroup.max.descendants": "\($i + 200)"}}' --argjson i "$i" >"$DIR/in$i"
                fi
        done
        for i in $(seq 20); do
                PATIENCE=300 tare update -r "$DIR/in$i" "$ID" &
                pids+=" $!"
        done
        for i in $pids; do
                wait "$i"
        done
        if [ "$CGROUP_VERSION" = 1 ]; then
                n=$(($(held pids pids.max) - 100))
                is "$(held memory memory.limit_in_bytes)" $((n * 1048576 + 67108864))
                is "$(held memory memory.memsw.limit_in_bytes)" $((n * 2097152 + 134217728))
                is "$(held cpu cpu.shares)" $((n + 200))
                is "$(held cpu cpu.cfs_quota_us)" $((n * 1000 + 10000))
                is "$(held cpu cpu.cfs_period_us)" $((n * 1000 + 100000))
                is "$(record .pids.limit)" $((n + 100))
                is "$(record .memory.limit)" $((n * 1048576 + 67108864))
        else
                n=$(($(held '' cgroup.max.depth) - 100))
                is "$(held '' cgroup.max.descendants)" $((n + 200))
                is "$(record .unified)" "{\"cgroup.max.depth\":\"$((n + 100))\",\"cgroup.max.descendants\":\"$((n + 200))\"}"
        fi
}
