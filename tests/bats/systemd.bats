#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Cgroups that systemd makes: --systemd-cgroup. With the machine's own systemd where there is one; else tests/tools/fake-systemd
# plays its part, which can also go wrong in all the ways that systemd does when it is busy, old or executes itself anew.

load helpers

setup() {
        common_setup
        UNIT=tare-$ID.scope
        SLICE=t${BATS_RUN_TMPDIR##*-}.slice
        FAKE=
        config '.linux.cgroupsPath = $path' --arg path "$SLICE:tare:$ID"
        [ -d /run/systemd/system ] || start_fake
}

teardown() {
        cd /
        # While its systemd is there.
        local state top
        for state in "$ROOT"/*/; do
                [ ! -d "$state" ] || { echo >"$DIR/systemd/mode"; tare delete --force "$(basename "$state")"; } 2>/dev/null || :
        done
        common_teardown
        [ -z "$FAKE" ] || for top in /sys/fs/cgroup /sys/fs/cgroup/*; do
                rmdir "$top/$SLICE" "$top/system.slice" 2>/dev/null || :
        done
}

start_fake() {
        type python3 >/dev/null || skip "needs systemd, or python3 for one that plays it"
        FAKE=$DIR/systemd
        mkdir "$FAKE"
        "$BATS_TEST_DIRNAME/../tools/fake-systemd" "$FAKE" >"$DIR/fake" 2>&1 3>&- &
        BACKGROUND=$!
        soon grep -q ready "$DIR/fake"
}

# On the machine whose systemd it is.
in_machine() {
        if [ -z "$FAKE" ]; then
                "$@"
        else
                unshare --mount --propagation private -- sh -eu -c '
                        mkdir -p /run/systemd /run/dbus
                        mount --bind "$1/systemd" /run/systemd
                        [ ! -d "$1/dbus" ] || mount --bind "$1/dbus" /run/dbus
                        shift
                        exec "$@"
                ' sh "$DIR" "$@"
        fi
}

tare() {
        in_machine timeout --foreground --kill-after=5 "${PATIENCE:-90}" "$TARE" --root "$ROOT" "$@" 3>&-
}

# The same, with the cgroups of systemd.
create() {
        expect 0 tare --systemd-cgroup create --bundle "$BUNDLE" "$@" "$ID"
        ln -f "$DIR/out" "$DIR/container"
}

refused() {
        local text
        expect 1 tare --systemd-cgroup create --bundle "$BUNDLE" "$ID"
        for text; do
                says "$text"
        done
        nothing_left
}

need_fake() {
        [ -n "$FAKE" ] || skip "a real systemd does not do that when told to"
}

# mode LINE...: what the fake does from now on.
mode() {
        need_fake
        printf '%s\n' "$@" >"$FAKE/mode"
}

# calls MEMBER: how many there were.
calls() {
        jq -r '.[0]' "$FAKE/journal" | grep -cx "$1" || :
}

# The container's cgroup for a controller.
cgroup() {
        if [ "$CGROUP_VERSION" = 2 ]; then
                echo "/sys/fs/cgroup/$SLICE/$UNIT"
        else
                echo "/sys/fs/cgroup/$1/$SLICE/$UNIT"
        fi
}

# property NAME: as systemd was told last.
property() {
        if [ -z "$FAKE" ]; then
                systemctl show --property "$1" --value "$UNIT"
        else
                jq -rs --arg name "$1" '
                        [.[] | .[] | arrays | .[] | select(type == "array" and .[0] == $name) | .[1]] | last |
                        if type == "array" then join(" ") else . end' "$FAKE/journal"
        fi
}

has_unit() {
        if [ -z "$FAKE" ]; then
                [ "$(systemctl show --property LoadState --value "$UNIT")" = loaded ]
        else
                find /sys/fs/cgroup -type d -name "$UNIT" | grep -q .
        fi
}

# by_others MEMBER ARGUMENT...: a call that is not tare's.
by_others() {
        need_fake
        "$BATS_TEST_DIRNAME/../tools/fake-systemd" --call "$FAKE" "$@"
}

# --- a container's life ---

@test "a container is in its scope, and the scope ends with it" {
        start
        has_unit
        [ "$(wc -l <"$(cgroup freezer)/cgroup.procs")" -eq 1 ]
        grep -qx "$(pid_of)" "$(cgroup freezer)/cgroup.procs"
        grep -q ":/$SLICE/$UNIT\$" "/proc/$(pid_of)/cgroup"
        is "$(property Description)" "tare container $ID"
        is "$(property Slice)" "$SLICE"
        is "$(property CollectMode)" inactive-or-failed
        expect 0 tare delete --force "$ID"
        not has_unit
        nothing_left
}

@test "each hierarchy has the same place" {
        start
        # In the v2 view the machine still has the others, to which nothing there leads.
        if [ "$CGROUP_VERSION" = 2 ]; then
                grep -qx "0::/$SLICE/$UNIT" "/proc/$(pid_of)/cgroup"
        else
                not grep -vE ":/$SLICE/$UNIT\$" "/proc/$(pid_of)/cgroup"
        fi
}

@test "later commands need no --systemd-cgroup" {
        start
        is "$("$TARE" --root "$ROOT" state "$ID" | jq -r '."systemd-scope"')" "$UNIT"
        expect 0 tare exec "$ID" cat /proc/self/cgroup
        expect 0 tare ps --format json "$ID"
        is "$(jq length <<<"$output")" 1
        expect 0 tare pause "$ID"
        is "$(status_of)" paused
        expect 0 tare resume "$ID"
        expect 0 tare events --stats "$ID"
        expect 0 tare kill "$ID" KILL
        soon status_is stopped
        expect 0 tare delete "$ID"
        not has_unit
        nothing_left
}

@test "exec: the process is in the scope, too" {
        start
        expect 0 tare exec --detach --pid-file "$DIR/pid" "$ID" sleep 1000
        grep -q ":/$SLICE/$UNIT\$" "/proc/$(cat "$DIR/pid")/cgroup"
        is "$(wc -l <"$(cgroup freezer)/cgroup.procs")" 2
}

@test "state and list tell the same, with systemd's unit or without" {
        start
        is "$("$TARE" --root "$ROOT" list --format json | jq -r '.[0]."systemd-scope"')" "$UNIT"
}

@test "one message makes the unit, one ends it" {
        need_fake
        start
        is "$(calls StartTransientUnit)" 1
        is "$(wc -l <"$FAKE/journal")" 1
        expect 0 tare delete --force "$ID"
        is "$(calls StopUnit)" 1
        [ "$(wc -l <"$FAKE/journal")" -le 3 ]
}

# --- names ---

@test "no path: system.slice and tare-ID.scope" {
        config 'del(.linux.cgroupsPath)'
        SLICE=system.slice
        start
        grep -qx "$(pid_of)" "$(cgroup freezer)/cgroup.procs"
        expect 0 tare delete --force "$ID"
}

@test "a path of another form is refused" {
        config '.linux.cgroupsPath = "/docker/x"'
        refused 'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "/docker/x" instead'
        config '.linux.cgroupsPath = "a--b.slice:tare:x"'
        refused "invalid slice name: a--b.slice"
        config '.linux.cgroupsPath = "tests.slice:tare:x/y"'
        refused "no name of a unit"
}

@test "a slice in a slice, and no prefix" {
        UNIT=$ID.scope
        config '.linux.cgroupsPath = $path' --arg path "${SLICE%.slice}-inner.slice::$ID"
        SLICE=$SLICE/${SLICE%.slice}-inner.slice
        start
        grep -qx "$(pid_of)" "$(cgroup freezer)/cgroup.procs"
        expect 0 tare delete --force "$ID"
        not has_unit
        find /sys/fs/cgroup -depth -type d -name "${SLICE##*/}" -exec rmdir {} + 2>/dev/null || :
        SLICE=${SLICE%/*}
}

@test "a name that ends in .slice is that slice" {
        need_fake
        UNIT=${SLICE%.slice}-$(tr -d - <<<"$ID").slice
        config '.linux.cgroupsPath = $path' --arg path ":tare:$UNIT"
        start
        grep -qx "$(pid_of)" "$(cgroup freezer)/cgroup.procs"
        expect 0 tare delete --force "$ID"
        [ ! -d "$(cgroup freezer)" ]
}

# --- limits ---

@test "limits: systemd knows them, and the files have them" {
        need_controller memory
        need_controller pids
        need_controller cpu
        config '.linux.resources += {memory: {limit: 67108864, swap: 67108864}, pids: {limit: 50},
                                     cpu: {shares: 512, quota: 50500, period: 100000}}'
        start
        is "$(property TasksMax)" 50
        is "$(cat "$(cgroup pids)/pids.max")" 50
        if [ "$CGROUP_VERSION" = 2 ]; then
                is "$(property MemoryMax)" 67108864
                is "$(property CPUWeight)" 59
                is "$(cat "$(cgroup memory)/memory.max")" 67108864
                # systemd has it in steps of a hundredth part.
                is "$(cat "$(cgroup cpu)/cpu.max")" "50500 100000"
        else
                is "$(property MemoryLimit)" 67108864
                is "$(property CPUShares)" 512
                is "$(cat "$(cgroup memory)/memory.limit_in_bytes")" 67108864
                is "$(cat "$(cgroup cpu)/cpu.cfs_quota_us")" 50500
        fi
        [ -z "$FAKE" ] || is "$(property CPUQuotaPerSecUSec)" 510000
}

@test "limits of block devices: systemd knows them, and a reload keeps them" {
        need_v2
        need_controller io
        [ -z "$FAKE" ] || skip "needs systemd"
        local device
        device=$(lsblk --nodeps --noheadings --output MAJ:MIN,TYPE | awk '$2 == "disk" { print $1 }' | tail -n 1)
        [ "$device" ] || skip "no block device"
        config '($device | split(":") | map(tonumber)) as [$major, $minor] | .linux.resources.blockIO = {
                        throttleReadBpsDevice: [{major: $major, minor: $minor, rate: 1048576}],
                        throttleWriteIOPSDevice: [{major: $major, minor: $minor, rate: 200}],
                        weightDevice: [{major: $major, minor: $minor, weight: 500}]}' --arg device "$device"
        start
        is "$(property IOReadBandwidthMax)" "/dev/block/$device 1048576"
        is "$(property IOWriteIOPSMax)" "/dev/block/$device 200"
        # From which systemd makes the one that is asked for.
        is "$(property IODeviceWeight)" "/dev/block/$device 4500"
        systemctl daemon-reload
        is "$(cat "$(cgroup io)/io.max")" "$device rbps=1048576 wbps=max riops=max wiops=200"
        grep -qx "$device 500" "$(cgroup io)/io.bfq.weight"
        printf '%s' '{"blockIO": {"throttleReadBpsDevice": [{"major": '"${device%:*}"', "minor": '"${device#*:}"', "rate": 2097152}]}}' >"$DIR/in"
        expect 0 tare update --resources "$DIR/in" "$ID"
        is "$(property IOReadBandwidthMax)" "/dev/block/$device 2097152"
        is "$(cat "$(cgroup io)/io.max")" "$device rbps=2097152 wbps=max riops=max wiops=200"
}

@test "a reload of systemd changes no limit but for its rounding" {
        [ -z "$FAKE" ] || skip "needs systemd"
        need_v2
        config '.linux.resources += {memory: {limit: 67108864}, pids: {limit: 50}, cpu: {quota: 50000, period: 100000}}'
        config '.linux.resources.devices = [{"allow": false, "access": "rwm"}]'
        config '.process.capabilities[] += ["CAP_MKNOD"]'
        start
        systemctl daemon-reload
        is "$(cat "$(cgroup memory)/memory.max")" 67108864
        is "$(cat "$(cgroup cpu)/cpu.max")" "50000 100000"
        is "$(cat "$(cgroup pids)/pids.max")" 50
        expect 0 tare exec "$ID" sh -c 'cat /dev/null && mknod /tmp/kmsg c 1 11 && ! cp /dev/null /tmp/kmsg'
        says "not permitted"
}

@test "pids.limit: the keeper of the scope does not count" {
        need_controller pids
        config '.linux.resources += {pids: {limit: 1}}'
        args true
        expect 0 tare --systemd-cgroup run --bundle "$BUNDLE" "$ID"
        config '.linux.resources.pids.limit = 2'
        script 'true; echo "$(true)forked"'
        expect 0 tare --systemd-cgroup run --bundle "$BUNDLE" "$ID"
        prints forked
}

@test "the keeper has gone before the container's process does anything" {
        config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $script]}]' \
                --arg script "cat '$(cgroup systemd)/cgroup.procs' | wc -l >'$DIR/members'"
        start
        is "$(cat "$DIR/members")" 1
}

@test "device rules: systemd lets through at least what they allow" {
        [ "$(id -u)" -eq 0 ] || skip "needs root"
        config '.linux.resources.devices = [{"allow": false, "access": "rwm"},
                                            {"allow": true, "type": "c", "major": 1, "minor": 11, "access": "w"}]'
        config '.process.capabilities[] += ["CAP_MKNOD"]'
        script 'mknod /tmp/kmsg c 1 11; : >/tmp/kmsg && echo kmsg; cat /dev/null && echo null; : </tmp/kmsg'
        expect 1 tare --systemd-cgroup run --bundle "$BUNDLE" "$ID"
        prints_line kmsg
        prints_line null
        says "not permitted"
        [ -z "$FAKE" ] || is "$(property DevicePolicy)" strict
}

@test "everything allowed: systemd denies nothing" {
        config '.linux.resources.devices = [{"allow": true, "access": "rwm"}]'
        start
        is "$(property DevicePolicy)" auto
}

# --- update ---

@test "update: systemd is told, and the files have it" {
        need_controller memory
        need_controller pids
        start
        expect 0 tare update --memory 100M --pids-limit 77 "$ID"
        is "$(property TasksMax)" 77
        is "$(cat "$(cgroup pids)/pids.max")" 77
        if [ "$CGROUP_VERSION" = 2 ]; then
                is "$(property MemoryMax)" 104857600
                is "$(cat "$(cgroup memory)/memory.max")" 104857600
        else
                is "$(property MemoryLimit)" 104857600
        fi
        [ -z "$FAKE" ] || is "$(calls SetUnitProperties)" 1
}

@test "update: a quota that systemd would round is exact" {
        need_controller cpu
        start
        expect 0 tare update --cpu-quota 33300 --cpu-period 100000 "$ID"
        if [ "$CGROUP_VERSION" = 2 ]; then
                is "$(cat "$(cgroup cpu)/cpu.max")" "33300 100000"
        else
                is "$(cat "$(cgroup cpu)/cpu.cfs_quota_us")" 33300
        fi
}

@test "update: what systemd refuses is taken back from the files" {
        need_fake
        need_controller pids
        start
        expect 0 tare update --pids-limit 40 "$ID"
        by_others StopUnit "$UNIT" replace
        expect 1 tare update --pids-limit 60 "$ID"
        says "SetUnitProperties"
        says "$UNIT"
        is "$(cat "$(cgroup pids)/pids.max")" 40
}

# --- annotations ---

@test "annotations: properties that only the unit feels" {
        config '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 5000000", "org.systemd.property.KillSignal": "37",
                                "org.systemd.property.CollectMode": "'"'inactive'"'",
                                "org.systemd.property.DefaultDependencies": "true",
                                "org.systemd.property.After": "['"'sysinit.target'"']"}'
        start
        is "$(property KillSignal)" 37
        is "$(property CollectMode)" inactive
        [ -z "$FAKE" ] || is "$(property TimeoutStopUSec)" 5000000
        [ -z "$FAKE" ] || is "$(property DefaultDependencies)" true
        expect 0 tare delete --force "$ID"
        not has_unit
}

@test "CVE-2024-3154: annotations: what reaches beyond the unit is refused" {
        local name
        for name in ExecStopPost SuccessAction OnFailure Wants Slice PIDs; do
                config '.annotations = {($name): "'"'x'"'"}' --arg name "org.systemd.property.$name"
                refused "annotations.org.systemd.property.$name: " "not a property that a container may set"
        done
        config '.annotations = {"org.systemd.property.TimeoutStopSec": "soon"}'
        refused "annotations.org.systemd.property.TimeoutStopSec: found \`soon\`, expected a number of seconds"
}

# --- what goes wrong ---

@test "run.oci.systemd.subgroup: the processes are below the scope, which has the limits" {
        config '.annotations["run.oci.systemd.subgroup"] = "container" | .linux.resources.pids.limit = 30'
        has_controller pids || config 'del(.linux.resources.pids)'
        start
        if [ "$CGROUP_VERSION" = 1 ]; then
                grep -q ":/$SLICE/$UNIT\$" "/proc/$(pid_of)/cgroup"
                return
        fi
        is "$(sed -n s/^0:://p "/proc/$(pid_of)/cgroup")" "/$SLICE/$UNIT/container"
        is "$(cat "$(cgroup)/cgroup.procs")" ""
        is "$(cat "$(cgroup)/container/cgroup.controllers")" "$(cat "$(cgroup)/cgroup.controllers")"
        ! has_controller pids || is "$(cat "$(cgroup pids)/pids.max")" 30
        expect 0 tare exec "$ID" cat /proc/self/cgroup
        config '.annotations["run.oci.delegate-cgroup"] = "x"'
        expect 0 tare delete --force "$ID"
        not has_unit
        start
        is "$(sed -n s/^0:://p "/proc/$(pid_of)/cgroup")" "/$SLICE/$UNIT/container/x"
        expect 0 tare delete --force "$ID"
        nothing_left
}

@test "a unit that lives is left alone" {
        start
        local pid
        pid=$(pid_of)
        expect 1 tare --systemd-cgroup create --bundle "$BUNDLE" "$ID-b"
        says "$UNIT"
        is "$(status_of)" running
        kill -0 "$pid"
        has_unit
        [ ! -d "$ROOT/$ID-b" ]
}

@test "systemd says that the unit exists: it is another's" {
        mode "root /elsewhere"
        by_others StartTransientUnit "$UNIT" fail "[[\"Slice\",\"$SLICE\"]]" '[]'
        mode
        find /sys/fs/cgroup -depth -path '*/elsewhere*' -type d -exec rmdir {} +
        refused "unit \`$UNIT\` exists already"
        is "$(calls StopUnit)" 0
}

@test "what an earlier unit left behind is cleared away" {
        mode "result failed"
        refused "start unit \`$UNIT\`: the job's result is \"failed\""
        mode "result failed"
        by_others StartTransientUnit "$UNIT" fail "[[\"Slice\",\"$SLICE\"]]" '[]'
        start
        is "$(status_of)" running
        [ "$(calls ResetFailedUnit)" -ge 1 ]
}

@test "an older systemd: goes without the properties that it does not know" {
        need_controller pids
        config '.linux.resources += {pids: {limit: 50}}'
        mode "unknown CollectMode" "unknown TasksMax"
        start
        is "$(cat "$(cgroup pids)/pids.max")" 50
        expect 0 tare delete --force "$ID"
        mode "unknown Delegate"
        refused "Cannot set property Delegate"
}

@test "the connection breaks: begun again" {
        local when
        for when in break-before break; do
                mode "$when StartTransientUnit"
                start
                is "$(status_of)" running
                mode "$when StopUnit"
                expect 0 tare delete --force "$ID"
                nothing_left
        done
}

@test "the connection breaks three times" {
        mode "break-before StartTransientUnit" "break-before StartTransientUnit" "break StartTransientUnit"
        start
        is "$(status_of)" running
        is "$(calls StartTransientUnit)" 4
}

@test "systemd executes itself anew: nobody loses a container or leaves a unit" {
        [ -z "$FAKE" ] || skip "needs systemd"
        local i
        local -a running=()
        args true
        config 'del(.linux.cgroupsPath)'
        for i in 1 2 3 4 5 6 7 8; do
                tare --systemd-cgroup run --bundle "$BUNDLE" "$ID-$i" >>"$DIR/all" 2>&1 &
                running+=($!)
        done
        sleep 0.5
        systemctl daemon-reexec
        for i in "${running[@]}"; do
                wait "$i"
        done
        [ ! -s "$DIR/all" ]
        [ -z "$(systemctl list-units --all --no-legend "tare-$ID-*")" ]
        nothing_left
}

@test "no answer: an error that says to what" {
        mode "no-answer StartTransientUnit"
        local begin=$SECONDS
        refused "no answer in time: StartTransientUnit" "$UNIT"
        [ $((SECONDS - begin)) -ge 29 ]
}

@test "a job that does not end: an error, and the unit goes" {
        mode no-signal
        expect 1 tare --systemd-cgroup create --bundle "$BUNDLE" "$ID"
        says "no answer in time: JobRemoved"
        says "$UNIT"
        # The end was not told either.
        mode
        expect 0 tare delete --force "$ID"
        nothing_left
}

@test "bytes that are no message" {
        mode "garbage StartTransientUnit"
        refused "read message"
}

@test "the other byte order" {
        mode big-endian
        start
        is "$(status_of)" running
}

@test "a cgroup at another place than its name says" {
        mode elsewhere
        refused "unit \`$UNIT\` is not at cgroup"
}

@test "by the daemon of the bus, where systemd's own socket is not there" {
        need_fake
        mkdir "$DIR/dbus"
        mv "$FAKE/bus" "$DIR/dbus/system_bus_socket"
        rm "$FAKE/private"
        start
        is "$(head -n 4 "$FAKE/journal" | jq -r '.[0]' | tr '\n' ' ')" "Hello AddMatch Subscribe StartTransientUnit "
        expect 0 tare delete --force "$ID"
        nothing_left
}

@test "no systemd at all" {
        need_fake
        rm "$FAKE/private" "$FAKE/bus"
        refused "systemd is not running on this machine"
}

@test "Ctrl-C while systemd is waited for: nothing is left" {
        mode "no-answer StartTransientUnit"
        tare --systemd-cgroup create --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>"$DIR/err" &
        local waiting=$!
        soon test -e "$FAKE/journal"
        kill -INT "$(pgrep --full "^$TARE --root $ROOT --systemd-cgroup" | head -n 1)"
        wait "$waiting" && return 1
        grep -q "interrupted by signal 2" "$DIR/err"
        nothing_left
}

@test "a runtime that is killed while systemd works: delete --force ends the unit" {
        mode "no-answer StartTransientUnit"
        tare --systemd-cgroup create --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>"$DIR/err" &
        local waiting=$!
        soon test -e "$FAKE/journal"
        soon has_unit
        kill -KILL "$(pgrep --full "^$TARE --root $ROOT --systemd-cgroup" | head -n 1)"
        wait "$waiting" || :
        mode
        expect 0 tare delete --force "$ID"
        is "$(calls StopUnit)" 1
        nothing_left
}

# --- without root ---

# as_nobody COMMAND...: tare as a user, from a cgroup that is not the user's, as it is in a session.
as_nobody() {
        setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" XDG_RUNTIME_DIR=/run/user/65534 \
                timeout --foreground --kill-after=5 "${PATIENCE:-60}" "$TARE" --root "/run/user/65534/$ID" "$@" 3>&-
}

@test "a user's systemd has the scope below its own cgroup" {
        [ -z "$FAKE" ] || skip "needs the systemd of a user"
        need_v2
        systemctl start user@65534.service || skip "no systemd for a user"
        soon test -S /run/user/65534/systemd/private
        rm "$BUNDLE/config.json"
        chown -R 65534 "$BUNDLE"
        expect 0 as_nobody spec --rootless --bundle "$BUNDLE"
        config '.process.terminal = false | .process.args = ["sleep", "1000"] | del(.linux.cgroupsPath) |
                .linux.resources = {pids: {limit: 30}}'
        chmod 644 "$BUNDLE/config.json"
        expect 0 as_nobody --systemd-cgroup create --bundle "$BUNDLE" "$ID"
        expect 0 as_nobody start "$ID"
        local pid path
        pid=$(as_nobody state "$ID" | jq .pid)
        path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
        [[ $path == */user@65534.service/user.slice/$UNIT ]]
        is "$(cat "/sys/fs/cgroup$path/pids.max")" 30
        expect 0 as_nobody exec --detach --pid-file "/run/user/65534/$ID.pid" "$ID" sleep 1000
        is "$(sed -n 's/^0:://p' "/proc/$(cat "/run/user/65534/$ID.pid")/cgroup")" "$path"
        expect 0 as_nobody update --pids-limit 40 "$ID"
        is "$(cat "/sys/fs/cgroup$path/pids.max")" 40
        expect 0 as_nobody pause "$ID"
        expect 0 as_nobody resume "$ID"
        expect 0 as_nobody delete --force "$ID"
        [ ! -e "/sys/fs/cgroup$path" ]
        systemctl stop user@65534.service
        nothing_left
}
