#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# list: every format, every status, and roots that are not there. What it makes of broken records is in lifecycle.bats.

load helpers

# A container $ID-NAME with a cgroup of its own, created.
named() {
        args sleep 1000
        config '.linux.cgroupsPath = $path' --arg path "$(cgroups_path "$ID-$1")"
        tare create --bundle "$BUNDLE" "$ID-$1" </dev/null >/dev/null 2>&1
}

# One of each: created, paused, running and stopped.
all_statuses() {
        named created
        named paused
        tare start "$ID-paused"
        tare pause "$ID-paused"
        named running
        tare start "$ID-running"
        named stopped
        tare kill "$ID-stopped" KILL
        soon stopped
}

stopped() {
        [ "$(status_of "$ID-stopped")" = stopped ]
}

@test "list: every status in the table, with the pid while there is one" {
        only_tare "pause may be missing"
        all_statuses
        expect 0 tare list
        is "$(awk 'NR > 1 { print $1, $2, $3 }' "$DIR/out")" "$ID-created $(pid_of "$ID-created") created
$ID-paused $(pid_of "$ID-paused") paused
$ID-running $(pid_of "$ID-running") running
$ID-stopped 0 stopped"
        expect 0 tare list --format table
        is "$(wc -l <"$DIR/out")" 5
}

@test "list: the columns of the table stand below their titles" {
        local column
        all_statuses
        expect 0 tare list
        is "$(head -n 1 "$DIR/out" | tr -s ' ')" "ID PID STATUS BUNDLE CREATED OWNER"
        for column in PID STATUS BUNDLE CREATED OWNER; do
                # What comes before a title's place ends in blanks in every line, and there is a word at it.
                awk -v title=" $column" 'NR == 1 { at = index($0, title) }
                        substr($0, at - 1, 3) !~ /^  [^ ]$/ { print; bad = 1 } END { exit bad }' "$DIR/out"
        done
}

@test "list: JSON has what state prints, and the owner's name, on one line" {
        config '.annotations = {"org.example": "x \"y\"", "other": ""}'
        all_statuses
        expect 0 tare list --format json
        is "$(wc -l <"$DIR/out")" 1
        jq -e 'length == 4 and all(.[]; .owner == "root")' "$DIR/out"
        jq -e 'all(.[]; keys == ["annotations", "bundle", "created", "id", "ociVersion", "owner", "pid", "rootfs", "status"])' "$DIR/out"
        local name
        for name in created paused running stopped; do
                is "$(jq -S --arg id "$ID-$name" '.[] | select(.id == $id) | .owner = ""' "$DIR/out")" \
                        "$(tare state "$ID-$name" | jq -S .)"
        done
}

@test "list: no annotations are no property" {
        config 'del(.annotations)'
        create
        expect 0 tare list --format json
        jq -e '.[0] | has("annotations") | not' "$DIR/out"
}

@test "list: --quiet prints ids whatever the format is" {
        named b
        named a
        local format
        for format in table json; do
                expect 0 tare list --quiet --format "$format"
                prints "$ID-a"$'\n'"$ID-b"
                expect 0 tare list -f "$format" -q
                prints "$ID-a"$'\n'"$ID-b"
        done
        expect 1 tare list --quiet --format xml
        says "invalid format option"
        expect 1 tare list --format ""
        says "invalid format option"
}

@test "list: an empty root is null, nothing, or a header alone" {
        mkdir -m 700 "$ROOT"
        expect 0 tare list --format json
        prints null
        expect 0 tare list --quiet --format json
        prints ""
        expect 0 tare list
        is "$(wc -l <"$DIR/out")" 1
}

@test "list: a root that was named and is not there is an error in every format" {
        local option
        for option in "" "--format json" "--quiet"; do
                expect 1 tare list $option
                says "open root directory \`$ROOT\`: no such file or directory"
                prints ""
        done
        only_tare "has no such check"
        : >"$DIR/file"
        expect 1 "$TARE" --root "$DIR/file" list
        says "open root directory \`$DIR/file\`: not a directory"
}

# Where /run is empty.
on_a_new_machine() {
        env -u XDG_RUNTIME_DIR unshare --mount --propagation private -- \
                sh -euc 'mount -t tmpfs tmpfs /run; "$@"; [ -z "$(ls /run)" ]' sh "$@" 3>&-
}

@test "list: a default root that is not there is none, and is not made" {
        only_tare "another default root"
        expect 0 on_a_new_machine "$TARE" list
        is "$(tr -s ' ' <"$DIR/out")" "ID PID STATUS BUNDLE CREATED OWNER"
        expect 0 on_a_new_machine "$TARE" list --format json
        prints null
        expect 0 on_a_new_machine "$TARE" list --quiet
        prints ""
        expect 0 on_a_new_machine "$TARE" kill --regex . KILL
        expect 0 on_a_new_machine "$TARE" delete --regex .
        expect 1 on_a_new_machine "$TARE" --root /run/tare list
}

@test "list: the owner is who made it, by name where /etc/passwd has one" {
        only_tare "tells it otherwise"
        create
        jq '.owner = 65432109' "$ROOT/$ID/state.json" >"$DIR/new"
        cp "$DIR/new" "$ROOT/$ID/state.json"
        expect 0 tare list
        prints_match "^$ID .* 65432109\$"
        jq '.owner = 1' "$ROOT/$ID/state.json" >"$DIR/new"
        cp "$DIR/new" "$ROOT/$ID/state.json"
        expect 0 tare list --format json
        is "$(jq -r '.[0].owner' "$DIR/out")" "$(awk -F: '$3 == 1 { print $1; exit }' /etc/passwd)"
}

@test "list: takes no arguments" {
        expect 1 tare list "$ID"
}
