#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# linux.intelRdt, where resctrl looks as on a machine that has it (tests/tools/with-resctrl; RDT points to its mount), and
# where it is missing, as on this one.

load helpers

setup() {
        common_setup
        export ROOT BUNDLE ID DIR
        RDT=/sys/fs/resctrl
        WHERE=()
}

# rdt SCRIPT: bash, with tare() and what a test needs; ends at the first command that fails.
rdt() {
        local reason
        reason=$(missing) && skip "$reason"
        export RDT
        expect 0 timeout -k 5 "${PATIENCE:-60}" "$BATS_TEST_DIRNAME/../tools/with-resctrl" "${WHERE[@]}" --journal "$DIR/journal" \
                bash -euc '
                tare() { "$TARE" --root "$ROOT" "$@" 3>&-; }
                # Its output in a file: the container has it open as long as it lives.
                create() {
                        tare create --bundle "$BUNDLE" "$ID" >/dev/null 2>"$DIR/create" </dev/null || {
                                cat "$DIR/create" >&2
                                return 1
                        }
                }
                pid() { jq .pid <(tare state "$ID"); }
                is() { [ "$1" = "$2" ] || { echo "found: $1, expected: $2" >&2; exit 1; }; }
                # fails TEXT COMMAND...
                fails() {
                        local text=$1
                        shift
                        ! "$@" >"$DIR/out.failed" 2>&1 || { echo "no failure: $*" >&2; exit 1; }
                        grep -qF -e "$text" "$DIR/out.failed" || { cat "$DIR/out.failed" >&2; exit 1; }
                }
                '"$1"
}

missing() {
        [ -r /dev/fuse ] && grep -qw fuse /proc/filesystems || { echo "no FUSE here" && return; }
        command -v strace >/dev/null || { echo "no strace here" && return; }
        ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' && echo "no Python 3.9 here"
}

journal_is() {
        is "$(cat "$DIR/journal")" "$(printf '%s\n' "$@")"
}

@test "without resctrl it is an error" {
        config '.linux.intelRdt = {}'
        refused 'linux.intelRdt: intelRdt is specified in config, but Intel RDT is not enabled'
}

@test "without intelRdt nothing is touched" {
        args true
        rdt 'tare run --bundle "$BUNDLE" "$ID"'
        [ ! -s "$DIR/journal" ]
}

@test "a group with the id of the container, as long as it lives" {
        config '.linux.intelRdt = {}'
        args sleep 1000
        rdt 'create
             is "$(cat $RDT/$ID/tasks)" "$(pid)"
             tare start "$ID"
             is "$(cat $RDT/$ID/tasks)" "$(pid)"
             tare delete --force "$ID"
             [ ! -e $RDT/$ID ]'
        journal_is "mkdir /$ID" "write /$ID/tasks PID" "rmdir /$ID"
}

@test "run removes it, too" {
        config '.linux.intelRdt = {enableMonitoring: true}'
        args true
        rdt 'tare run --bundle "$BUNDLE" "$ID"; [ ! -e $RDT/$ID ]'
}

@test "the shares in the order of the specification" {
        config '.linux.intelRdt = {schemata: ["MB:1=30", "L3:0=3"], memBwSchema: "MB:0=20", l3CacheSchema: "L3:0=f;1=f0"}'
        args sleep 1000
        rdt 'create
             is "$(tr -d " " <$RDT/$ID/schemata | paste -sd" ")" "MB:0=20;1=30 L3:0=3;1=f0"
             tare delete --force "$ID"'
        journal_is "mkdir /$ID" "write /$ID/schemata L3:0=f;1=f0" "write /$ID/schemata MB:0=20" "write /$ID/schemata MB:1=30" \
                "write /$ID/schemata L3:0=3" "write /$ID/tasks PID" "rmdir /$ID"
}

@test "resctrl may be mounted elsewhere" {
        mkdir "$DIR/rdt"
        RDT=$DIR/rdt WHERE=(--at "$DIR/rdt")
        config '.linux.intelRdt = {l3CacheSchema: "L3:0=f"}'
        args sleep 1000
        rdt 'tare() {
                     sh -c "mount --bind $RDT.mountinfo /proc/\$\$/mountinfo && exec \"\$@\"" sh "$TARE" --root "$ROOT" "$@" 3>&-
             }
             create; is "$(cat $RDT/$ID/tasks)" "$(pid)"; tare delete --force "$ID"; [ ! -e $RDT/$ID ]'
}

@test "closID: the root group" {
        config '.linux.intelRdt = {closID: "/", enableMonitoring: true}'
        args sleep 1000
        rdt 'create
             is "$(cat $RDT/tasks)" "$(pid)"
             is "$(cat $RDT/mon_groups/$ID/tasks)" "$(pid)"
             tare delete --force "$ID"
             [ ! -e $RDT/mon_groups/$ID ] && [ -e $RDT/tasks ]'
        journal_is "mkdir /mon_groups/$ID" "write /tasks PID" "write /mon_groups/$ID/tasks PID" "rmdir /mon_groups/$ID"
}

@test "closID: with shares the group is made, and stays" {
        config '.linux.intelRdt = {closID: "gold", l3CacheSchema: "L3:0=f"}'
        args sleep 1000
        rdt 'create
             is "$(cat $RDT/gold/tasks)" "$(pid)"
             tare delete --force "$ID"
             [ -e $RDT/gold/tasks ]
             # The next one finds what it asks for.
             create
             tare delete --force "$ID"'
        journal_is "mkdir /gold" "write /gold/schemata L3:0=f" "write /gold/tasks PID" \
                "write /gold/schemata L3:0=f" "write /gold/tasks PID"
}

@test "closID: without shares the group has to be there" {
        config '.linux.intelRdt = {closID: "gold"}'
        args sleep 1000
        rdt 'fails "linux.intelRdt.closID: found \`gold\`, expected a group that is there, or shares to make it with" create
             mkdir $RDT/gold
             create
             is "$(cat $RDT/gold/tasks)" "$(pid)"
             tare delete --force "$ID"
             [ -e $RDT/gold/tasks ]'
        journal_is "mkdir /gold" "write /gold/tasks PID"
}

@test "closID: a group with other shares is an error" {
        config '.linux.intelRdt = {closID: "gold", l3CacheSchema: "L3:0=f;1=f", memBwSchema: "MB:0=15"}'
        args true
        rdt 'mkdir $RDT/gold
             fails "linux.intelRdt.l3CacheSchema: found \`L3:0=f;1=f\`, expected what \`$RDT/gold\` has already: \`L3:0=7ff;1=7ff\`" create
             echo "L3:1=f;0=0f" >$RDT/gold/schemata
             fails "linux.intelRdt.memBwSchema: found \`MB:0=15\`, expected what \`$RDT/gold\` has already: \`MB:0=100;1=100\`" create
             # As the machine rounds it.
             echo "MB:0=20" >$RDT/gold/schemata
             create
             tare delete --force "$ID"'
}

@test "a group of the id that is not the container's stays" {
        config '.linux.intelRdt = {}'
        args sleep 1000
        rdt 'mkdir $RDT/$ID; create; tare delete --force "$ID"; [ -e $RDT/$ID/tasks ]'
}

@test "closID: names that are none" {
        local name
        for name in . .. a/b /a; do
                config '.linux.intelRdt = {closID: $name}' --arg name "$name"
                refused "linux.intelRdt.closID: found \`$name\`, expected the name of one directory, or \`/\`"
        done
        config '.linux.intelRdt = {closID: "info", l3CacheSchema: "L3:0=f"}'
        rdt 'fails "linux.intelRdt.closID: found \`info\`, expected the name of a group: that is one of resctrl" create
             sed -i s/info/schemata/ $BUNDLE/config.json
             fails "linux.intelRdt.closID: found \`schemata\`" create'
        [ ! -s "$DIR/journal" ]
}

@test "shares that the machine does not have are found before anything is made" {
        config '.linux.intelRdt = {schemata: ["L3:0=f"]}'
        args true
        rdt 'try() {
                     jq --argjson rdt "$1" ".linux.intelRdt = \$rdt" "$BUNDLE/config.json" >"$DIR/new"
                     cp "$DIR/new" "$BUNDLE/config.json"
                     fails "$2" create
             }
             try "{\"l3CacheSchema\": \"L3:0=fff\"}" "linux.intelRdt.l3CacheSchema: found \`L3:0=fff\`, expected masks within 7ff"
             try "{\"l3CacheSchema\": \"L3CODE:0=f\"}" "linux.intelRdt.l3CacheSchema: found \`L3CODE:0=f\`, expected a resource of this machine"
             try "{\"memBwSchema\": \"MB:2=50\"}" "linux.intelRdt.memBwSchema: found \`MB:2=50\`, expected numbers of this machine"
             try "{\"schemata\": [\"L3:0=f\", \"L3:0=5\"]}" "linux.intelRdt.schemata[1]: found \`L3:0=5\`, expected masks without a gap"'
        [ ! -s "$DIR/journal" ]
}

@test "what the kernel refuses is told in its words, and undone" {
        config '.linux.intelRdt = {schemata: ["L3:0=f;0=f"]}'
        args true
        rdt 'fails "Duplicate domain 0: write \`L3:0=f;0=f\` into \`$RDT/$ID/schemata\`: invalid argument" create
             [ ! -e $RDT/$ID ]
             mkdir $RDT/a $RDT/b $RDT/c
             fails "Out of CLOSIDs: make \`$RDT/$ID\`: no space left on device" create'
        nothing_left
}

@test "enableMonitoring: a group of the container's own" {
        config '.linux.intelRdt = {enableMonitoring: true}'
        args sleep 1000
        rdt 'create
             is "$(cat $RDT/$ID/mon_groups/$ID/tasks)" "$(pid)"
             tare start "$ID"
             tare events --stats "$ID" >"$DIR/stats"
             tare delete --force "$ID"'
        is "$(jq -c .data.intel_rdt "$DIR/stats")" "$(jq -nc '{
                l3_cache_info: {cbm_mask: "7ff", min_cbm_bits: 1, num_closids: 4},
                l3_cache_schema_root: "L3:0=7ff;1=7ff", l3_cache_schema: "L3:0=7ff;1=7ff",
                mem_bw_info: {bandwidth_gran: 10, delay_linear: 1, min_bandwidth: 10, num_closids: 8},
                mem_bw_schema_root: "MB:0=100;1=100", mem_bw_schema: "MB:0=100;1=100",
                schemata: ["    MB:0=100;1=100", "    L3:0=7ff;1=7ff"],
                mbm_stats: [{mbm_total_bytes: 2048, mbm_local_bytes: 1024}, {mbm_total_bytes: 2048, mbm_local_bytes: 1024}],
                cmt_stats: [{llc_occupancy: 4096}, {llc_occupancy: 4096}]}')"
        journal_is "mkdir /$ID" "mkdir /$ID/mon_groups/$ID" "write /$ID/tasks PID" "write /$ID/mon_groups/$ID/tasks PID" \
                "rmdir /$ID/mon_groups/$ID" "rmdir /$ID"
}

@test "enableMonitoring: a group of the name that is there is an error" {
        config '.linux.intelRdt = {closID: "/", enableMonitoring: true}'
        args true
        rdt 'mkdir $RDT/mon_groups/$ID
             fails "linux.intelRdt.enableMonitoring: found true, but \`$RDT/mon_groups/$ID\` is there already" create
             [ -e $RDT/mon_groups/$ID ]'
}

@test "exec joins the groups, and does without those that are gone" {
        config '.linux.intelRdt = {closID: "gold", l3CacheSchema: "L3:0=f", enableMonitoring: true}'
        args sleep 1000
        rdt 'create
             tare start "$ID"
             tare exec --detach --pid-file "$DIR/pid" "$ID" sleep 1000
             # The first of two processes has entered, and its child is where it was; which FUSE does not know.
             is "$(grep -c "write /gold/tasks" "$DIR/journal")" 2
             is "$(grep -c "write /gold/mon_groups/$ID/tasks" "$DIR/journal")" 2
             rmdir $RDT/gold/mon_groups/$ID
             tare exec "$ID" true
             rmdir $RDT/gold
             tare exec "$ID" true
             tare delete --force "$ID"'
}

@test "a user namespace and a stage in between" {
        need_system_call mount_setattr
        config '.linux.intelRdt = {enableMonitoring: true}
                | .linux.namespaces += [{type: "user"}]
                | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings
                # Of a sysfs that is covered in part no new one may be made there.
                | del(.mounts[] | select(.type == "sysfs"))'
        chown -R 100000:100000 "$ROOTFS"
        args sleep 1000
        rdt 'create
             is "$(cat $RDT/$ID/mon_groups/$ID/tasks)" "$(pid)"
             tare delete --force "$ID"
             # Joined, so that a process in between enters, and init is its child.
             touch "$DIR/net"
             unshare --net="$DIR/net" true
             jq --arg path "$DIR/net" "(.linux.namespaces[] | select(.type == \"network\")).path = \$path" \
                     "$BUNDLE/config.json" >"$DIR/new"
             cp "$DIR/new" "$BUNDLE/config.json"
             create
             is "$(grep -c "write /$ID/tasks" "$DIR/journal")" 2
             tare delete --force "$ID"'
}

@test "update changes the shares, all or none" {
        config '.linux.intelRdt = {closID: "gold", l3CacheSchema: "L3:0=f"}'
        args sleep 1000
        rdt 'create
             shares() { tr -d " " <$RDT/gold/schemata | paste -sd" "; }
             tare update --l3-cache-schema "L3:1=ff" --mem-bw-schema "MB:0=20" "$ID"
             is "$(shares)" "MB:0=20;1=100 L3:0=f;1=ff"
             tare update --mem-bw-schema "MB:1=50" "$ID"
             is "$(shares)" "MB:0=20;1=50 L3:0=f;1=ff"
             fails "Duplicate domain 0: write \`MB:0=30;0=30\`" tare update --l3-cache-schema "L3:0=1" --mem-bw-schema "MB:0=30;0=30" "$ID"
             is "$(shares)" "MB:0=20;1=50 L3:0=f;1=ff"
             fails "expected masks within 7ff" tare update --l3-cache-schema "L3:0=fff" "$ID"
             fails "begin with \`MB:\`" tare update --mem-bw-schema "L3:0=f" "$ID"
             is "$(shares)" "MB:0=20;1=50 L3:0=f;1=ff"
             tare delete --force "$ID"'
}

@test "killed at any moment, delete removes what is the container's" {
        config '.linux.intelRdt = {schemata: ["L3:0=f"], enableMonitoring: true}'
        args sleep 1000
        rdt 'for n in 1 2 3; do
                     for call in mkdir write rmdir; do
                             strace -f -qq -o /dev/null -P $RDT/$ID -P $RDT/$ID/schemata -P $RDT/$ID/mon_groups/$ID \
                                     -e inject=$call:signal=KILL:when=$n "$TARE" --root "$ROOT" create --bundle "$BUNDLE" "$ID" \
                                     >/dev/null 2>&1 </dev/null || :
                             tare delete --force "$ID"
                             [ ! -e $RDT/$ID ]
                     done
             done'
}
