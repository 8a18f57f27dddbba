#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# events: the numbers of a container and their keys, the stream and its end, running out of memory.

load helpers

teardown() {
        [ ! -d "$DIR/runc" ] || runc --root "$DIR/runc" delete --force "$ID-runc" || :
        common_teardown
}

# stats [FILTER]: one line of stats through jq.
stats() {
        expect 0 tare events --stats "$ID"
        says_nothing
        output=$(jq -c "${1:-.}" "$DIR/out")
}

# In the background, as process $STREAM; its lines are in $DIR/events. Comes back when it waits for something to tell, or
# has told something.
stream() {
        "$TARE" --root "$ROOT" events "$@" "$ID" >"$DIR/events" 2>"$DIR/stream-errors" 3>&- &
        STREAM=$!
        BACKGROUND+=" $STREAM"
        soon eval '[ -s "$DIR/events" ] || grep -q poll "/proc/$STREAM/wchan"'
}

# has_lines N [FILTER]: of those that jq lets through.
has_lines() {
        [ "$(jq -c "${2:-.}" "$DIR/events" | wc -l)" -ge "$1" ]
}

goes_on() {
        [ -e "/proc/$STREAM" ]
}

# By itself, without an error.
ended() {
        soon eval '! goes_on'
        status=0
        wait "$STREAM" || status=$?
        is "$status" 0
        is "$(cat "$DIR/stream-errors")" ""
}

# --- the numbers ---

# What runc gives in any case, and of which type, as a list of what is wrong; jq's numbers are exact up to 2^53.
schema='
        def each(f): map(f) | all;
        def number: type == "number" and . >= 0;
        def numbers: type == "array" and each(number);
        def optional(f): . == null or f;
        def usage: ([.limit, .failcnt] | each(number)) and ([.usage, .max] | each(optional(number)));
        def share: [.avg10, .avg60, .avg300, .total] | each(number);
        def psi: .psi | optional((.some | share) and (.full | share));
        def entry: ([.major, .minor, .value] | each(optional(number))) and (.op | optional(type == "string"));
        def entries: type == "array" and length > 0 and each(entry);
        def interface: (.Name | type == "string") and (keys == ["Name", "RxBytes", "RxDropped", "RxErrors", "RxPackets",
                        "TxBytes", "TxDropped", "TxErrors", "TxPackets"]) and (del(.Name) | each(number));
        def wrong(what; f): if f then empty else what end;
        [wrong("line"; .type == "stats" and .id == $id and keys == ["data", "id", "type"])]
        + (.data | [
                wrong("data"; keys == ["blkio", "cpu", "cpuset", "hugetlb", "intel_rdt", "memory", "network_interfaces", "pids"]),
                wrong("usage"; .cpu.usage | ([.kernel, .user] | each(number)) and (.total | optional(number))
                        and ([.percpu, .percpu_kernel, .percpu_user] | each(optional(numbers)))),
                wrong("throttling"; .cpu.throttling | type == "object" and each(number)),
                wrong("psi"; [.cpu, .memory, .blkio] | each(psi)),
                wrong("cpuset lists"; .cpuset | [.cpus, .mems] | each(optional(numbers))),
                wrong("cpuset"; .cpuset | [.cpu_exclusive, .mem_hardwall, .mem_exclusive, .memory_migrate, .memory_spread_page,
                        .memory_spread_slab, .memory_pressure, .sched_load_balance] | each(number)),
                wrong("sched_relax_domain_level"; .cpuset.sched_relax_domain_level | type == "number"),
                wrong("memory"; .memory | (.cache | optional(number)) and ([.usage, .swap, .kernel, .kernelTCP] | each(usage))),
                wrong("raw"; .memory.raw | optional(type == "object" and each(number))),
                wrong("pids"; .pids | type == "object" and each(number)),
                wrong("blkio"; .blkio | del(.psi) | type == "object" and each(entries)),
                wrong("blkio keys"; .blkio | keys - ["ioServiceBytesRecursive", "ioServicedRecursive", "ioQueueRecursive",
                        "ioServiceTimeRecursive", "ioWaitTimeRecursive", "ioMergedRecursive", "ioTimeRecursive",
                        "sectorsRecursive", "psi"] == []),
                wrong("hugetlb"; .hugetlb | type == "object" and each(.failcnt | number)),
                wrong("intel_rdt"; .intel_rdt == {}),
                wrong("network_interfaces"; .network_interfaces | optional(type == "array" and each(interface)))])'

# has_schema FILE: each of its lines.
has_schema() {
        [ -s "$1" ]
        is "$(jq -c --arg id "$ID" "$schema" "$1" | sort -u)" '[]'
}

@test "--stats: one line with the keys and types of runc" {
        start
        expect 0 tare events --stats "$ID"
        says_nothing
        [ "$(wc -l <"$DIR/out")" -eq 1 ]
        has_schema "$DIR/out"
}

# The paths of all values but those that are left out while they are zero, with the indices of arrays as [].
paths_of() {
        jq -r '["total", "cache", "max", "current", "periods", "throttledPeriods", "throttledTime", "major", "minor", "value"] as $zero
                | [paths as $path | {path: $path, type: getpath($path) | type}
                        | select(.path[-1] as $last | ($zero | index($last) | not) and (($last | type) == "string"))
                        | select((.path[-1] == "usage" or .path == ["data", "pids", "limit"]) and .type == "number" | not)
                        | (.path | map(if type == "number" then "[]" else . end) | join(".")) + " " + .type]
                | unique | .[]' "$1"
}

@test "--stats: whatever runc tells of an equal container, with the same type" {
        need_controller memory
        need_controller pids
        command -v runc >/dev/null || skip "runc is not installed"
        config '.linux.resources.memory.limit = 33554432 | .linux.resources.pids.limit = 20'
        start
        expect 0 tare events --stats "$ID"
        cp "$DIR/out" "$DIR/ours"
        config '.linux.cgroupsPath = $path' --arg path "$(cgroups_path "$ID-runc")"
        mkdir "$DIR/runc"
        runc --root "$DIR/runc" run --detach --bundle "$BUNDLE" "$ID-runc" </dev/null >"$DIR/out" 2>"$DIR/err" 3>&- ||
                skip "runc cannot run here: $(cat "$DIR/err")"
        runc --root "$DIR/runc" events --stats "$ID-runc" >"$DIR/theirs"
        paths_of "$DIR/ours" >"$DIR/our-paths"
        # What runc has nothing to tell of here, and what only one of the two may have used.
        paths_of "$DIR/theirs" | grep -v -e '^data.network_interfaces ' -e '^data.blkio\.' >"$DIR/their-paths"
        [ "$(wc -l <"$DIR/their-paths")" -gt 30 ]
        is "$(grep -v -x -F -f "$DIR/our-paths" "$DIR/their-paths")" ""
        is "$(jq .data.memory.usage.limit "$DIR/ours")" "$(jq .data.memory.usage.limit "$DIR/theirs")"
        is "$(jq .data.pids.limit "$DIR/ours")" "$(jq .data.pids.limit "$DIR/theirs")"
        # It does not know the cpus of v2.
        local lists=.cpus,.mems
        [ "$CGROUP_VERSION" = 2 ] || lists=empty
        is "$(jq -S ".data.cpuset | del($lists)" "$DIR/ours")" "$(jq -S .data.cpuset "$DIR/theirs")"
        is "$(jq -c '.data.memory.raw | keys' "$DIR/ours")" "$(jq -c '.data.memory.raw | keys' "$DIR/theirs")"
}

@test "--stats: cpu time is that of the cgroup" {
        local before after file=cpuacct.usage factor=1
        [ "$CGROUP_VERSION" = 1 ] || file=cpu.stat factor=1000
        used() {
                echo $(($(sed -n '1{s/usage_usec //;p}' "$(cgroup cpuacct)/$file") * factor))
        }
        script 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; while :; do sleep 0.1; done'
        create
        tare start "$ID"
        before=$(used)
        stats .data.cpu.usage
        after=$(used)
        [ "$before" -gt 0 ]
        [ "$(jq .total <<<"$output")" -ge "$before" ]
        [ "$(jq .total <<<"$output")" -le "$after" ]
        if [ "$CGROUP_VERSION" = 1 ]; then
                # They are read one after the other.
                is "$(jq --argjson after "$after" '.total <= (.percpu | add) and (.percpu | add) <= $after' <<<"$output")" true
                is "$(jq '(.percpu, .percpu_kernel, .percpu_user) | length' <<<"$output" | sort -u)" "$(nproc --all)"
        fi
}

@test "--stats: limits and uses of memory and processes" {
        need_controller memory
        need_controller pids
        config '.linux.resources.memory.limit = 33554432 | .linux.resources.pids.limit = 20'
        script 'sleep 1000 & sleep 1000 & wait'
        create
        tare start "$ID"
        three() {
                stats '[.data.pids.current, .data.pids.limit]'
                [ "$output" = '[3,20]' ]
        }
        soon three
        stats .data.memory
        is "$(jq .usage.limit <<<"$output")" 33554432
        is "$(jq '.usage.usage > 0 and .usage.usage <= .usage.max and .usage.max <= .usage.limit' <<<"$output")" true
        is "$(jq '.swap.usage >= .usage.usage' <<<"$output")" true
        is "$(jq -r '.raw | keys[]' <<<"$output")" "$(sed 's/ .*//' "$(cgroup memory)/memory.stat" | LC_ALL=C sort)"
}

@test "--stats: without the controller the processes are counted" {
        ! has_controller pids || skip "the controller pids is there"
        script 'sleep 1000 & sleep 1000 & wait'
        create
        tare start "$ID"
        three() {
                stats .data.pids
                [ "$output" = '{"current":3}' ]
        }
        soon three
}

@test "--stats: a container that is throttled" {
        need_controller cpu
        config '.linux.resources.cpu = {"quota": 1000, "period": 10000}'
        script 'while :; do :; done'
        create
        tare start "$ID"
        throttled() {
                stats '.data.cpu.throttling | .periods >= .throttledPeriods and .throttledPeriods > 0 and .throttledTime > 0'
                [ "$output" = true ]
        }
        soon throttled
}

@test "--stats: cpus and memory nodes as the config says" {
        need_controller cpuset
        config '.linux.resources.cpu = {"cpus": "0", "mems": "0"}'
        start
        stats '[.data.cpuset.cpus, .data.cpuset.mems]'
        prints '[[0],[0]]'
}

@test "--stats: pressure, wherever there is a v2 hierarchy" {
        local unified=/sys/fs/cgroup
        [ "$CGROUP_VERSION" = 2 ] || unified=/sys/fs/cgroup/unified
        cat "$unified/cpu.pressure" >"$DIR/pressure" 2>&1 || skip "no pressure is counted here: $(cat "$DIR/pressure")"
        start
        stats '.data | [.cpu, .memory, .blkio | .psi.some.total, .psi.full.total | type] | unique'
        prints '["number"]'
}

@test "--stats: the interfaces of the container's own network, and none of the host's" {
        start
        nsenter --net="/proc/$(pid_of)/ns/net" "$ROOTFS/bin/busybox" ip link set lo up
        nsenter --net="/proc/$(pid_of)/ns/net" "$ROOTFS/bin/busybox" ping -q -c 3 127.0.0.1
        stats '.data.network_interfaces | map(.Name)'
        prints '["lo"]'
        stats '.data.network_interfaces[0] | [.RxPackets, .RxBytes, .TxPackets, .TxBytes]'
        is "$output" "$(nsenter --net="/proc/$(pid_of)/ns/net" awk '/lo:/ { printf "[%d,%d,%d,%d]", $3, $2, $11, $10 }' /proc/thread-self/net/dev)"
        [ "$(jq '.[0]' <<<"$output")" -ge 6 ]
        expect 0 tare delete --force "$ID"
        config '.linux.namespaces |= map(select(.type != "network"))'
        start
        stats .data.network_interfaces
        prints null
}

@test "--stats: a created container" {
        create
        stats '.data.pids.current'
        prints 1
}

# --- the stream ---

@test "a line in each interval, until the container ends" {
        start
        stream --interval 50ms
        soon has_lines 4
        goes_on
        expect 0 tare kill "$ID" KILL
        ended
        has_schema "$DIR/events"
}

@test "the first line comes after the first interval" {
        start
        stream --interval 2s
        sleep 0.5
        [ ! -s "$DIR/events" ]
        soon has_lines 1
}

@test "the end is not told late" {
        start
        stream --interval 1h
        expect 0 tare kill "$ID" KILL
        ended
        [ ! -s "$DIR/events" ]
}

@test "a container that is deleted by force" {
        start
        stream --interval 20ms
        soon has_lines 1
        expect 0 tare delete --force "$ID"
        ended
        jq --exit-status --slurp "all(.[]; .data.cpu.usage.total > 0)" "$DIR/events"
}

@test "a paused container" {
        start
        stream --interval 20ms
        expect 0 tare pause "$ID"
        stats .type
        prints '"stats"'
        local lines
        lines=$(wc -l <"$DIR/events")
        soon has_lines $((lines + 2))
        expect 0 tare kill "$ID" KILL
        ended
}

@test "a reader that has gone ends it without a word" {
        local -a codes
        start
        # At the next line, and where that would come in an hour, at once.
        tare events --interval 20ms "$ID" 2>"$DIR/err" | head -n 1 >"$DIR/events" && codes=("${PIPESTATUS[@]}")
        is "${codes[*]}" "0 0"
        has_lines 1
        tare events --interval 1h "$ID" 2>>"$DIR/err" | true && codes=("${PIPESTATUS[@]}")
        is "${codes[*]}" "0 0"
        is "$(cat "$DIR/err")" ""
        # And where it had gone before.
        mkfifo "$DIR/fifo"
        exec 5<>"$DIR/fifo" 6>"$DIR/fifo" 5<&-
        expect 0 eval 'tare events --stats "$ID" >&6'
        says_nothing
        exec 6>&-
}

@test "an output that is full is an error" {
        start
        status=0
        tare events --interval 20ms "$ID" >/dev/full 2>"$DIR/err" || status=$?
        is "$status" 1
        grep -q 'write events: no space left on device' "$DIR/err"
}

@test "a slow reader of an output that does not wait gets whole lines" {
        command -v perl >/dev/null || skip "perl is not installed"
        start
        mkfifo "$DIR/fifo"
        exec 5<>"$DIR/fifo"
        perl -MFcntl -e 'fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK) or die; exec @ARGV' -- \
                "$TARE" --root "$ROOT" events --interval 1ms "$ID" >"$DIR/fifo" 2>"$DIR/stream-errors" 3>&- 5<&- &
        STREAM=$!
        BACKGROUND+=" $STREAM"
        # It is full when it holds 64 KiB.
        sleep 1
        cat <"$DIR/fifo" >"$DIR/events" 3>&- 5<&- &
        BACKGROUND+=" $!"
        exec 5<&-
        soon eval '[ "$(stat --format %s "$DIR/events")" -gt 131072 ]'
        expect 0 tare kill "$ID" KILL
        ended
        jq --exit-status --slurp "all(.[]; .type == \"stats\")" "$DIR/events"
}

@test "Ctrl-C ends it" {
        start
        # A shell without job control starts its background processes deaf for it.
        env --default-signal=INT "$TARE" --root "$ROOT" events --interval 20ms "$ID" >"$DIR/events" 3>&- &
        local pid=$!
        BACKGROUND+=" $pid"
        soon has_lines 1
        kill -INT "$pid"
        status=0
        wait "$pid" || status=$?
        is "$status" 130
        [ "$(status_of)" = running ]
}

# --- out of memory ---

# A container with little memory, created, and a stream that listens to nothing else.
short_of_memory() {
        need_controller memory
        config '.linux.resources.memory = {"limit": 16777216, "swap": 16777216}'
        script "$1"
        create
        stream --interval 1h
}

@test "a process that is killed for its memory is told, and the container goes on" {
        short_of_memory 'tail /dev/zero; sleep 1000'
        tare start "$ID"
        soon test -s "$DIR/events"
        is "$(cat "$DIR/events")" "{\"type\":\"oom\",\"id\":\"$ID\"}"
        goes_on
        is "$(status_of)" running
        expect 0 tare kill "$ID" KILL
        ended
        # What was told once is not told again.
        is "$(wc -l <"$DIR/events")" 1
}

@test "a container that ends by its memory: first why, then the end" {
        only_cgroupfs "the cgroup goes with its last process, and with it what it has to tell"
        short_of_memory 'exec tail /dev/zero'
        # So that it gets to know both at once.
        kill -STOP "$STREAM"
        tare start "$ID"
        soon status_is stopped
        kill -CONT "$STREAM"
        ended
        is "$(cat "$DIR/events")" "{\"type\":\"oom\",\"id\":\"$ID\"}"
}

@test "the end of a container is no lack of memory" {
        need_controller memory
        start
        stream --interval 20ms
        soon has_lines 1
        expect 0 tare delete --force "$ID"
        ended
        not grep '"type":"oom"' "$DIR/events"
}

# --- what is refused ---

@test "wrong intervals" {
        local interval
        start
        for interval in 0 0s 0.5ns -1s -5; do
                expect 1 tare events --interval "$interval" "$ID"
                says "duration interval must be greater than 0"
                prints ""
        done
        for interval in 5x five 1.2.3s 's' '' '5 s' 1s5; do
                expect 1 tare events --interval="$interval" "$ID"
                says "invalid value \"$interval\" for flag -interval"
                prints ""
        done
        expect 1 tare events --stats --interval 0 "$ID"
        says "duration interval must be greater than 0"
        expect 1 tare events --interval 3000000h "$ID"
        says "too long"
        expect 0 tare events --stats --interval 1h2m3.5s "$ID"
}

@test "a container that is not running" {
        args true
        create
        tare start "$ID"
        soon status_is stopped
        expect 1 tare events --stats "$ID"
        says "container with id $ID is not running"
        prints ""
        expect 1 tare events "$ID"
        says "container with id $ID is not running"
        prints ""
}

@test "no such container, no container" {
        expect 1 tare events --stats "$ID"
        says "container does not exist"
        expect 1 tare events
        says "requires exactly 1 argument(s)"
}
