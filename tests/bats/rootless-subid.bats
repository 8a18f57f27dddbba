#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A caller who is not root but has subordinate ids: newuidmap and newgidmap write the maps. The user and the ids are
# in files that only the commands of a test see, over those of /etc in a mount namespace of their own.

load helpers

USER_NAME=tare-subid
USER_ID=64323
FIRST=6432300
COUNT=65536

setup() {
        common_setup
        command -v newuidmap newgidmap >"$DIR/programs" || skip "no newuidmap and newgidmap here"
        [ -e /etc/subuid ] && [ -e /etc/subgid ] || skip "no /etc/subuid and /etc/subgid here"
        make_etc
        as_user unshare --user --map-root-user true 2>/dev/null || skip "users may not make user namespaces here"
        as_user unshare --user --map-auto --map-root-user true 2>/dev/null || skip "newuidmap does not work here"
        need_system_call mount_setattr
        (cd "$DIR" && "$TARE" spec --rootless)
        jq '.process.terminal = false | .process.args = ["sleep", "1000"]' "$DIR/config.json" >"$BUNDLE/config.json"
        map "$USER_ID:1" "$FIRST:$COUNT"
        mkdir "$ROOT"
        chown -R "$USER_ID:$USER_ID" "$BUNDLE" "$ROOT"
        chmod 755 "$BUNDLE"
}

make_etc() {
        mkdir "$DIR/etc"
        cp /etc/passwd /etc/group "$DIR/etc"
        echo "$USER_NAME:x:$USER_ID:$USER_ID::/:/bin/sh" >>"$DIR/etc/passwd"
        echo "$USER_NAME:x:$USER_ID:" >>"$DIR/etc/group"
        echo "$USER_NAME:$FIRST:$COUNT" | tee "$DIR/etc/subuid" >"$DIR/etc/subgid"
}

# map HOST:SIZE...: the ids of the container from 0 up, users and groups alike.
map() {
        local range inside=0 list=[]
        for range; do
                list=$(jq -c --argjson c "$inside" --argjson h "${range%:*}" --argjson s "${range#*:}" \
                        '. + [{ containerID: $c, hostID: $h, size: $s }]' <<<"$list")
                inside=$((inside + ${range#*:}))
        done
        config '.linux.uidMappings = $list | .linux.gidMappings = $list' --argjson list "$list"
}

# With $EXEC it takes the place of the shell, for a process in the background that $! is to mean.
as_user() {
        ${EXEC+exec} unshare --mount sh -c 'for file in passwd group subuid subgid; do mount --bind "$0/$file" "/etc/$file" || exit 99; done
                exec "$@"' "$DIR/etc" setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all "$@" 3>&-
}

# The runtime under test as that user.
mine() {
        as_user timeout --foreground --kill-after=5 60 env -i PATH="${MY_PATH-$PATH}" \
                "ASAN_OPTIONS=${ASAN_OPTIONS-}" "UBSAN_OPTIONS=${UBSAN_OPTIONS-}" "$TARE" --root "$ROOT" "$@"
}

@test "a range of subordinate ids: run, exec, kill, list, delete" {
        local pid
        config '.process.user = { uid: 1000, gid: 1001, additionalGids: [1002, 5] }'
        expect 0 mine run --detach --bundle "$BUNDLE" "$ID"
        expect 0 mine state "$ID"
        pid=$(jq .pid <<<"$output")
        is "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")" $((FIRST + 999))
        is "$(awk '/^Gid:/ { print $2 }' "/proc/$pid/status")" $((FIRST + 1000))
        is "$(awk '/^Groups:/ { print $2, $3 }' "/proc/$pid/status")" "$((FIRST + 4)) $((FIRST + 1001))"
        expect 0 mine exec "$ID" id -u
        prints 1000
        expect 0 mine exec --user 0:7 --additional-gids 8 "$ID" sh -c 'id -u; id -G; cat /proc/self/uid_map'
        prints_match '^0$'
        prints_match '^7 5 8 1002$'
        prints_match "^ +0 +$USER_ID +1$"
        prints_match "^ +1 +$FIRST +$COUNT$"
        expect 0 mine list -q
        prints "$ID"
        expect 0 mine kill "$ID" KILL
        expect 0 soon eval '[ "$(mine state "$ID" | jq -r .status)" = stopped ]'
        expect 0 mine delete "$ID"
        [ -z "$(left_cgroups)" ]
}

@test "the container's root need not be the caller" {
        map "$FIRST:$COUNT"
        config '.process.args = ["cat", "/proc/self/uid_map", "/etc/passwd"]'
        # What the caller may enter is closed to the container's root.
        chmod 700 "$BUNDLE"
        expect 0 mine run --bundle "$BUNDLE" "$ID"
        prints_match "^ +0 +$FIRST +$COUNT$"
        prints_match "^root:"
}

@test "a user namespace with ranges, joined, whose root is not the caller" {
        EXEC= as_user unshare --user --map-users "$FIRST,0,$COUNT" --map-groups "$FIRST,0,$COUNT" sleep 1000 </dev/null >"$DIR/holder" 2>&1 3>&- &
        BACKGROUND=$!
        disown
        soon grep -qsx sleep "/proc/$!/comm" || { cat "$DIR/holder" && return 1; }
        config '.linux.namespaces |= map(if .type == "user" then .path = $path else . end) | del(.linux.uidMappings, .linux.gidMappings)
                | .process.user.additionalGids = [9]' --arg path "/proc/$BACKGROUND/ns/user"
        chmod 700 "$BUNDLE"
        expect 0 mine run --detach --bundle "$BUNDLE" "$ID"
        expect 0 mine exec "$ID" sh -c 'id -G; cat /proc/self/uid_map'
        prints_match '^0 9$'
        prints_match " $FIRST +$COUNT$"
        expect 0 mine delete --force "$ID"
}

@test "ids that are not the caller's are refused by newuidmap, and nothing is left" {
        map "$((FIRST + 1)):$COUNT"
        expect 1 mine create --bundle "$BUNDLE" "$ID"
        says 'linux.uidMappings: run `'
        says 'newuidmap`: exit status 1, output: newuidmap: uid range [0-65536) -> [6432301-6497837) not allowed'
        config '.linux.uidMappings[0] = { containerID: 0, hostID: $h, size: 1 }' --argjson h "$FIRST"
        expect 1 mine create --bundle "$BUNDLE" "$ID"
        says 'linux.gidMappings: run `'
        says 'newgidmap`: exit status 1'
        nothing_left
}

# Programs of that name that come first in PATH; they go on with SCRIPT.
in_place_of_newuidmap() {
        mkdir "$DIR/bin"
        printf '%s\n' '#!/bin/bash' "$1" >"$DIR/bin/newuidmap"
        chmod 755 "$DIR/bin/newuidmap"
        MY_PATH=$DIR/bin:$PATH
}

@test "what newuidmap is called with" {
        map "$USER_ID:1" "$FIRST:5" "$((FIRST + 100)):7"
        config '.process.args = ["true"]'
        in_place_of_newuidmap "{ echo \"\$0 \${*:2}\"; /bin/readlink /proc/\$1/exe; /bin/ls /proc/self/fd; /bin/readlink /proc/self/fd/0; } >$DIR/bin/seen
                exec $(command -v newuidmap) \"\$@\""
        chown "$USER_ID" "$DIR/bin"
        expect 0 mine run --bundle "$BUNDLE" "$ID"
        is "$(head -n 1 "$DIR/bin/seen")" "$DIR/bin/newuidmap 0 $USER_ID 1 1 $FIRST 5 6 $((FIRST + 100)) 7"
        grep -q tare <(sed -n 2p "$DIR/bin/seen")
        # Three streams, and the folder that ls looks into.
        is "$(sed -n '3,$p' "$DIR/bin/seen" | tr '\n' ' ')" "0 1 2 3 /dev/null "
}

@test "newuidmap that is killed, or writes much, or does not end" {
        in_place_of_newuidmap 'kill -KILL $$'
        expect 1 mine create --bundle "$BUNDLE" "$ID"
        says 'newuidmap`: killed by signal 9'
        printf '%s\n' '#!/bin/bash' 'printf "line\n%.0s" {1..200}; exit 3' >"$DIR/bin/newuidmap"
        expect 1 mine create --bundle "$BUNDLE" "$ID"
        says 'newuidmap`: exit status 3, output: line line line'
        nothing_left
        printf '%s\n' '#!/bin/bash' "echo \$PPID >$DIR/bin/runtime" 'exec /bin/sleep 1000' >"$DIR/bin/newuidmap"
        chown "$USER_ID" "$DIR/bin"
        (soon [ -s "$DIR/bin/runtime" ] && kill -TERM "$(cat "$DIR/bin/runtime")") 3>&- &
        expect 1 mine create --bundle "$BUNDLE" "$ID"
        says 'newuidmap`: interrupted'
        nothing_left
}

@test "without newuidmap in PATH nothing is begun" {
        MY_PATH=$DIR refused_to_user 'linux.uidMappings: found more than the caller'"'"'s own id, expected `newuidmap` in PATH to map it (package uidmap)'
        config '.linux.uidMappings = [{ containerID: 0, hostID: $h, size: 1 }]' --argjson h "$USER_ID"
        MY_PATH=$DIR refused_to_user 'linux.gidMappings: found more than'
}

refused_to_user() {
        expect 1 mine create --bundle "$BUNDLE" "$ID"
        says "$1"
        nothing_left
}
