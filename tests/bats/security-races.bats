#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Known holes that take a race: somebody who may write where the container's mounts are (a shared volume, the rootfs, the folder
# of a source) exchanges names without a pause while the container is made (tests/tools/exchange.c). Each test is many rounds
# of `tare run` (tests/tools/rounds.c), of a process that looks around and ends (tests/tools/witness.c): in each round the
# container is what was asked for, or tare refuses with a message; and the host never changes.
#
# TARE_RACE_ROUNDS: how many rounds, 2000 unless set, of each test. On a machine that is busy there are fewer, as many as are begun
# in TARE_RACE_SECONDS, 120 unless set; a tare that resolves a path twice is caught within some hundred rounds.

load helpers
load security

ROUNDS=${TARE_RACE_ROUNDS:-2000}
SECONDS_MAX=${TARE_RACE_SECONDS:-120}

setup_file() {
        local name
        common_setup_file
        for name in exchange rounds witness; do
                "${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$BATS_FILE_TMPDIR/$name" "$BATS_TEST_DIRNAME/../tools/$name.c" ||
                        skip "no static C library here"
        done
}

# As little as a container can have, for the rounds are many; and all of it in memory, for a disk would be half of the time.
setup() {
        local BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR
        [[ $(findmnt --noheadings --output OPTIONS --mountpoint /dev/shm) =~ (^|,)(noexec|ro)(,|$) ]] ||
                BATS_TEST_TMPDIR=$(mktemp -d /dev/shm/bats-races-XXXXXX)
        common_setup
        cp "$BATS_FILE_TMPDIR/witness" "$ROOTFS/bin/"
        config '.mounts |= map(select(.destination == "/proc")) | .linux |= {namespaces: [{type: "mount"}]}
                | .process.rlimits = [] | del(.hostname)'
        sentinel_plant
        VOLUME=$DIR/volume
        mkdir "$VOLUME"
        mount_at /volume "$VOLUME" rbind
}

teardown() {
        # Nothing is removed through a mount that should not be there.
        security_teardown || return
        [[ $DIR != /dev/shm/* ]] || rm -rf --one-file-system "$DIR"
}

mount_at() {
        config '.mounts += [{destination: $destination, type: "bind", source: $source, options: ($options | split(","))}]' \
                --arg destination "$1" --arg source "$2" --arg options "$3"
}

# folder_at DESTINATION, file_at DESTINATION: mounts that have `planted` in the container's table of mounts. No tmpfs, whose end
# would be most of a round.
folder_at() {
        mkdir -p "$DIR/planted"
        mount_at "$1" "$DIR/planted" bind
}

file_at() {
        touch "$DIR/planted-file"
        mount_at "$1" "$DIR/planted-file" bind
}

# exchanging PATH LINK TARGET...: makes the links, and exchanges each path with its link from now on.
exchanging() {
        local -a pairs=()
        while [ $# -gt 0 ]; do
                [ -z "$3" ] || ln -s "$3" "$2"
                pairs+=("$1" "$2")
                shift 3
        done
        "$BATS_FILE_TMPDIR/exchange" "${pairs[@]}" >"$DIR/exchange" 2>&1 </dev/null 3>&- &
        EXCHANGE=$!
        BACKGROUND="${BACKGROUND-} $EXCHANGE"
        soon grep -qs exchanging "$DIR/exchange"
}

# race [-e DIRECTORY]...: the rounds; see rounds.c. Of $rounds rounds $worked and $refused came to which end; in $errors is what tare
# said, a line for each that it refused.
race() {
        status=0
        # The time limit is for a runtime that hangs.
        timeout --kill-after=5 "$((SECONDS_MAX + 60))" "$BATS_FILE_TMPDIR/rounds" -s "$SECONDS_MAX" "$@" "$ROUNDS" "$TARE" \
                --root "$ROOT" --cgroup-manager disabled run --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>"$DIR/err" </dev/null 3>&- || status=$?
        output=$(cat "$DIR/out")
        errors=$(sed 's/^time="[^"]*" //' "$DIR/err" | sort | uniq -c)
        [ "$status" -eq 0 ] || complain "exit status $status"
        read -r worked _ refused _ <<<"$(tail -n 1 "$DIR/out")"
        rounds=$((worked + refused))
        echo "$worked worked, $refused refused: $errors"
        [ "$rounds" -ge "$((ROUNDS < 50 ? ROUNDS : 50))" ] || complain "only $rounds rounds in $SECONDS_MAX s"
        is "$(wc -l <"$DIR/err")" "$refused"
        # Whoever was to disturb did so to the end.
        [ -z "${EXCHANGE-}" ] || kill -0 "$EXCHANGE" || { cat "$DIR/exchange" && return 1; }
        { end_of_exchange; } 2>/dev/null
        unharmed
}

end_of_exchange() {
        [ -n "${EXCHANGE-}" ] || return 0
        kill -KILL "$EXCHANGE"
        wait "$EXCHANGE" || :
}

# At least every so many rounds the container was made: a tare that refuses all shows nothing.
worked_often() {
        [ "$((worked * $1))" -ge "$rounds" ] || complain "only $worked of $rounds worked"
}

@test "CVE-2021-30465: mount targets in a shared volume are exchanged for links to the host: every mount stays inside" {
        # As a parent that is the host's folder, as one that is the host's root, as the last component.
        mkdir -p "$VOLUME"/{parent,root"$OUTSIDE"}/folder "$VOLUME/last"
        touch "$VOLUME/parent/file"
        folder_at /volume/parent/folder
        file_at /volume/parent/file
        folder_at "/volume/root$OUTSIDE/folder"
        folder_at /volume/last
        args witness mounts planted 4
        exchanging "$VOLUME/parent" "$VOLUME/link-1" "$CLIMBING" "$VOLUME/root" "$VOLUME/link-2" /../../../../../../../../../.. \
                "$VOLUME/last" "$VOLUME/link-3" "$OUTSIDE/folder"
        race
        worked_often 2
}

@test "CVE-2024-45310: targets are made in a shared volume while it is exchanged for a link: nothing is made on the host" {
        mkdir -p "$VOLUME/a/b" "$OUTSIDE/empty" "$ROOTFS$OUTSIDE/empty"
        sentinel_note
        folder_at /volume/a/b/c/d
        file_at /volume/a/b/e/f
        file_at /volume/a/b/g
        args witness mounts planted 3
        exchanging "$VOLUME/a/b" "$VOLUME/a/link" "$CLIMBING/empty"
        # So that there is always something to be made, wherever it is that the path leads.
        race -e "$VOLUME/a/b" -e "$ROOTFS$OUTSIDE/empty"
        worked_often 2
}

@test "CVE-2024-42472, CVE-2017-1002101: the source of a bind mount is exchanged: it is looked up once" {
        # A folder and a file, whose target is made to fit; and a link, which the option forbids to follow.
        mkdir -p "$DIR"/pod/{either,plain} "$ROOTFS/made"
        touch "$DIR/pod/file"
        mount_at /made/either "$DIR/pod/either" bind
        mount_at /made/plain "$DIR/pod/plain" bind,src-nofollow
        args witness mounts /made/ 2 lacks /made/plain/file -
        exchanging "$DIR/pod/either" "$DIR/pod/file" '' "$DIR/pod/plain" "$DIR/pod/link" "$OUTSIDE/folder"
        race -e "$ROOTFS/made"
        worked_often 1
}

@test "CVE-2024-42472, CVE-2021-25741: the source is a descriptor whose name is exchanged: no other is mounted" {
        local held source
        mkdir "$DIR/held"
        echo held >"$DIR/held/text"
        exec {held}<"$DIR/held"
        source=/proc/$BASHPID/fd/$held
        mount_at /made "$source" bind
        args witness mounts /made 1 lacks /made/file - holds /made/text held
        exchanging "$DIR/held" "$DIR/link" "$OUTSIDE/folder"
        # The kernel clones no mount of another namespace, and the descriptor is of ours: today all are refused.
        race
        exec {held}<&-
        is "$(grep -c "bind \`$source\`: .*: invalid argument" "$DIR/err")" "$refused"
}

@test "GHSA-3q8j-pf29-vwv8: masked and read-only paths in a shared volume are exchanged: what is covered is what was found" {
        local name
        # Two that are alike and stay where they are, by a name that means now one and now the other.
        for name in one two; do
                mkdir -p "$VOLUME/$name"/{fixed,hidden}
                echo "$name" | tee "$VOLUME/$name"/{fixed/text,hidden/text,secret} >/dev/null
        done
        ln -s one "$VOLUME/name"
        # And a folder that is exchanged for the host's, of which the rootfs has one like it.
        mkdir -p "$ROOTFS$OUTSIDE" "$VOLUME/here"
        cp -a "$OUTSIDE/." "$ROOTFS$OUTSIDE"
        cp -a "$OUTSIDE/." "$VOLUME/here"
        config '.linux += {readonlyPaths: ["/volume/name/fixed", "/volume/here/folder"],
                maskedPaths: ["/volume/name/hidden", "/volume/name/secret", "/volume/here/file"]}'
        args witness frozen /volume/one/fixed /volume/two/fixed hidden /volume/one/hidden /volume/two/hidden \
                hidden /volume/one/secret /volume/two/secret holds /volume/one/fixed/text one holds /volume/two/fixed/text two \
                mounts / 8 readonly 5 -
        exchanging "$VOLUME/name" "$VOLUME/other" two "$VOLUME/here" "$VOLUME/link" "$CLIMBING"
        race
        worked_often 2
}

@test "CVE-2025-31133: /dev/null in the rootfs is exchanged for a link: what is masked by it is the host's null device" {
        echo secret >"$ROOTFS/secret"
        mknod -m 666 "$ROOTFS/dev/null" c 1 3
        config '.linux.maskedPaths = ["/secret", "/proc/uptime"] | .root.readonly = false'
        args witness number /secret 1:3 number /proc/uptime 1:3
        exchanging "$ROOTFS/dev/null" "$ROOTFS/dev/link" /proc/sys/kernel/core_pattern
        race
        worked_often 20
        # It says what it found instead; it can be nothing else.
        is "$(grep -cv 'linux.devices: `/dev/null` exists already and is another kind of file' "$DIR/err")" 0
}

@test "CVE-2025-52881: /proc/sys is covered meanwhile: a sysctl is written to the kernel, or the start fails" {
        sentinel_plant kernel/domainname
        config '.linux.namespaces += [{type: "uts"}, {type: "pid"}] | .linux.sysctl = {"kernel.domainname": "written.example"}
                | .hooks.createContainer = [{path: $path, args: ["exchange", "--mount", $from, $to]}]' \
                --arg path "$BATS_FILE_TMPDIR/exchange" --arg from "$OUTSIDE/kernel" --arg to "$ROOTFS/proc/sys/kernel"
        args witness domainname written.example -
        race
        worked_often 1
}
