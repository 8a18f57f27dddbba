#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Known holes of runtimes by paths: images whose links lead out, false /proc and /dev, names that climb. What has to be done at a
# moment between two system calls is not here but with the races.

load helpers
load security

teardown() {
        security_teardown
}

# add_mount DESTINATION TYPE SOURCE [OPTION...]
add_mount() {
        config '.mounts += [{destination: $destination, type: $type, source: $source, options: ($options | split(" "))}]' \
                --arg destination "$1" --arg type "$2" --arg source "$3" --arg options "${*:4}"
}

# Replaces what the test added last.
change_mount() {
        config 'del(.mounts[-1])'
        add_mount "$@"
}

# mount_kind KIND DESTINATION: each of the ways that tare makes a target.
mount_kind() {
        case $1 in
        tmpfs | proc | sysfs) add_mount "$2" "$1" "$1" ;;
        copied) add_mount "$2" tmpfs tmpfs tmpcopyup ;;
        folder) add_mount "$2" bind "$DIR/source" bind ;;
        file) add_mount "$2" bind "$DIR/source/file" bind ;;
        link) add_mount "$2" bind "$DIR/source/link" bind copy-symlink ;;
        esac
}

make_source() {
        mkdir -p "$DIR/source"
        echo "of the source" >"$DIR/source/file"
        ln -s "text of the link" "$DIR/source/link"
}

# rejects TEXT...: as refused of the helpers; what is left after many of them is looked for once.
rejects() {
        local text
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        for text; do
                says "$text"
        done
}

without_dev() {
        config '.mounts |= map(select(.destination | startswith("/dev") | not))'
}

# Root of a user namespace, owner of the rootfs.
in_user_namespace() {
        config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
                | .linux.gidMappings = .linux.uidMappings'
        chown -hR 100000:100000 "$ROOTFS"
}

# links_to PATH: texts of links that lead there for who follows them from the host's root.
links_to() {
        printf '%s\n' "$1" "../../../../../../../../../../../../../../../../..$1" "/through/$1"
        ln -sfn / "$ROOTFS/through"
}

# What tare made in the rootfs in place of the folder outside.
forget_inside() {
        rm -rf "${ROOTFS:?}/${DIR#/}"
}

# --- mount targets ---

@test "CVE-2015-3627, CVE-2015-3629: targets in a folder that the image made a link to the host" {
        local link kind
        make_source
        sentinel_plant
        rm -rf "$ROOTFS/etc"
        for link in $(links_to "$OUTSIDE"); do
                ln -sfn "$link" "$ROOTFS/etc"
                for kind in tmpfs copied folder file link; do
                        mount_kind "$kind" /etc/x/y
                        inside "ls -dF $OUTSIDE/x/y"
                        prints_match "^$OUTSIDE/x/y[/@]?\$"
                        config 'del(.mounts[-1])'
                        forget_inside
                done
        done
        unharmed
}

@test "CVE-2019-18837: targets that the image made links to the host" {
        local link kind name
        make_source
        sentinel_plant
        for name in new new/deep file folder; do
                for link in $(links_to "$OUTSIDE/$name"); do
                        ln -sfn "$link" "$ROOTFS/target"
                        for kind in tmpfs copied folder file; do
                                mount_kind "$kind" /target
                                inside "grep -c ' $OUTSIDE/$name ' /proc/self/mountinfo"
                                prints 1
                                config 'del(.mounts[-1])'
                                forget_inside
                        done
                done
        done
        unharmed
        # A link that is copied does not replace one that is there.
        mount_kind link /target
        rejects '`/target` is there, and is no link to `text of the link`'
}

@test "CVE-2026-87766: parents of targets are links, absolute, relative and climbing, and lead to where they do inside" {
        local link
        make_source
        sentinel_plant
        mkdir -p "$ROOTFS/a/b/c"
        for link in /real ../../real ../../../../../../real ../../../a/../real /a/b/../../real; do
                rm -rf "$ROOTFS/real" "$ROOTFS/a/b/link"
                mkdir "$ROOTFS/real"
                ln -s "$link" "$ROOTFS/a/b/link"
                mount_kind file /a/b/link/new/file
                mount_kind folder /a/b/c/../link/folder
                inside 'cat /real/new/file /real/folder/file'
                prints $'of the source\nof the source'
                is "$(cd "$ROOTFS/real" && find . | sort)" $'.\n./folder\n./new\n./new/file'
                config 'del(.mounts[-2:])'
        done
        # Behind a link the way back is the image's, too.
        ln -sfn "$OUTSIDE/folder" "$ROOTFS/a/b/link"
        add_mount /second tmpfs tmpfs
        ln -s "a/b/link/../../$(basename "$OUTSIDE")/folder/../made" "$ROOTFS/second"
        confined_or_refused
        # In circles.
        ln -sfn link "$ROOTFS/a/b/link"
        change_mount /a/b/link/x tmpfs tmpfs
        rejects 'too many levels of symbolic links'
        unharmed
}

@test "no CVE: by links of the image no mount covers the root, in which exec would be" {
        local link kind
        make_source
        sentinel_plant
        mkdir "$ROOTFS/a"
        for link in / /. .. ../../.. /a/.. /link2; do
                ln -sfn / "$ROOTFS/link2"
                ln -sfn "$link" "$ROOTFS/a/link"
                for kind in tmpfs copied folder; do
                        mount_kind "$kind" /a/link
                        rejects '`/a/link` leads to the container'
                        config 'del(.mounts[-1])'
                done
        done
        unharmed
}

@test "no CVE: what is mounted on a bind of the rootfs covers that, and no root" {
        need_system_call statx
        mkdir "$ROOTFS/again"
        config '.mounts += [{destination: "/again", type: "bind", source: $rootfs, options: ["bind"]},
                        {destination: "/again", type: "tmpfs", source: "tmpfs"}]' --arg rootfs "$ROOTFS"
        inside 'ls /again; ls -d /bin'
        prints /bin
}

@test "no CVE: by links of the image no masked or read-only path covers the root" {
        local name
        sentinel_plant
        ln -sfn .. "$ROOTFS/link"
        for name in maskedPaths readonlyPaths; do
                config '.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .linux[$name] = ["/link"]' --arg name "$name"
                rejects "linux.$name[0]: \`/link\`: \`/link\` leads to the container"
        done
        unharmed
}

@test "no CVE: by a link of the container no mount that is added covers the root" {
        only_tare "has no such command"
        need_system_call mount_setattr
        make_source
        sentinel_plant
        mkdir "$ROOTFS/a"
        start
        ln -sfn / "$ROOTFS/a/link"
        jq -n --arg source "$DIR/source" '[{destination: "/a/link", type: "bind", source: $source, options: ["bind"]}]' >"$DIR/list"
        expect 1 tare mounts add "$ID" "$DIR/list"
        says '`/a/link` leads to the container'
        expect 0 tare exec "$ID" ls -d /a
        sentinel_unchanged
}

@test "CVE-2024-45310, GHSA-vp62-88p7-qqf5: on a volume nothing is made through its links" {
        local link kind
        make_source
        sentinel_plant
        mkdir -p "$DIR/volume/a"
        add_mount /vol bind "$DIR/volume" rbind
        for link in $(links_to "$OUTSIDE"); do
                ln -sfn "$link" "$DIR/volume/a/b"
                for kind in tmpfs folder file; do
                        mount_kind "$kind" /vol/a/b/c/d
                        inside "ls -dF $OUTSIDE/c/d"
                        is "$(cd "$DIR/volume" && find . | sort)" $'.\n./a\n./a/b'
                        config 'del(.mounts[-1])'
                        forget_inside
                done
        done
        unharmed
}

# --- /proc and /sys ---

@test "CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-54867: /proc and /sys that are no plain folders are refused" {
        local name plant
        sentinel_plant
        for name in proc sys; do
                mkdir -p "$ROOTFS/elsewhere"
                for plant in "ln -s elsewhere" "ln -s /elsewhere" "ln -s $OUTSIDE" "ln -s $CLIMBING" "ln -s $OUTSIDE/new" \
                        "ln -s $name" "cp $OUTSIDE/file" mkfifo "mknod -m 666"; do
                        rm -rf "${ROOTFS:?}/$name"
                        # shellcheck disable=SC2046,SC2086 # words
                        $plant "$ROOTFS/$name" $([[ $plant != mknod* ]] || echo c 1 3)
                        rejects "\`/$name\` in the rootfs is not a plain directory"
                done
                rm "$ROOTFS/$name"
                mkdir "$ROOTFS/$name"
        done
        unharmed
}

@test "CVE-2019-19921: no component of the target of a procfs or sysfs may be a link" {
        local type
        sentinel_plant
        ln -s etc "$ROOTFS/link"
        for type in proc sysfs; do
                mount_kind "$type" /link/x
                rejects '`/link/x` in the rootfs is not a plain directory'
                config 'del(.mounts[-1])'
        done
        unharmed
        [ ! -e "$ROOTFS/etc/x" ]
}

# A folder that looks like /proc to who writes there; a label too where the machine knows labels.
plant_false_proc() {
        local name
        for name in self/attr/exec self/attr/apparmor/exec thread-self/attr/exec thread-self/attr/apparmor/exec attr/exec \
                sys/net/ipv4/ip_forward net/ipv4/ip_forward sys/kernel/domainname self/uid_map self/setgroups; do
                mkdir -p "$(dirname "$OUTSIDE/proc/$name")"
                : >"$OUTSIDE/proc/$name"
        done
        chmod -R a+rwX "$OUTSIDE/proc"
        sentinel_note
        config '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
        [ ! -e /sys/kernel/security/apparmor ] || config '.process.apparmorProfile = "unconfined"'
        [ ! -e /sys/fs/selinux/enforce ] || config '.process.selinuxLabel = $label' --arg label "$(tr -d '\0' </proc/self/attr/current)"
}

@test "CVE-2019-16884, CVE-2015-3631, CVE-2025-52881: nothing is mounted below /proc but known files" {
        local path
        only_tare "older versions allow more"
        sentinel_plant
        plant_false_proc
        for path in sys sys/net sys/net/ipv4/ip_forward self self/attr self/attr/exec thread-self 1 1/attr/exec ./sys ../proc/sys \
                uptime/../sys /sys//net sysrq-trigger cpuinfo/x uptimes; do
                add_mount "/proc/$path" tmpfs tmpfs
                rejects "mounts[7].destination: found \`/proc/$path\`, expected nothing below \`/proc\` but files like"
                change_mount "proc/$path" bind "$OUTSIDE/proc" bind
                rejects 'mounts[7].destination: found'
                config 'del(.mounts[-1])'
        done
        unharmed
        echo 12345.00 12345.00 >"$DIR/uptime"
        add_mount /proc/uptime bind "$DIR/uptime" bind
        inside 'cat /proc/uptime'
        prints "12345.00 12345.00"
}

@test "CVE-2019-16884, CVE-2015-3631, CVE-2025-52881: nothing but a procfs comes onto /proc" {
        local path
        sentinel_plant
        plant_false_proc
        for path in /proc /proc/ //proc proc ./proc /etc/../proc /proc/../../proc; do
                add_mount "$path" bind "$OUTSIDE/proc" bind
                rejects 'only a procfs can be bound on `/proc`'
                # In place of the real one, too.
                config '.mounts |= [.[-1]] + .[1:-1]'
                rejects 'only a procfs can be bound on `/proc`'
                config '.mounts[0] = {destination: "/proc", type: "proc", source: "proc"}'
                add_mount "$path" tmpfs tmpfs
                rejects '.type: found `tmpfs` on `/proc`, expected `proc`'
                config 'del(.mounts[-1])'
        done
        unharmed
}

@test "CVE-2019-16884, CVE-2025-52881: by links of the image no mount gets into /proc" {
        local link
        sentinel_plant
        plant_false_proc
        mkdir "$ROOTFS/deep"
        for link in proc /proc proc/self ../proc/sys /proc/sys/net /proc/thread-self/attr proc/1/task; do
                ln -sfn "$link" "$ROOTFS/link"
                add_mount /link bind "$OUTSIDE/proc" bind
                rejects '`/link` leads into a procfs'
                change_mount /link tmpfs tmpfs
                rejects '`/link` leads into a procfs'
                config 'del(.mounts[-1])'
        done
        # And by a link on the way, and by one on a volume.
        ln -sfn /proc "$ROOTFS/link"
        mkdir "$DIR/volume"
        ln -s ../proc "$DIR/volume/link"
        for link in /link/sys /link/self/attr; do
                add_mount "$link" bind "$OUTSIDE/proc" bind
                rejects "\`$link\` leads into a procfs"
                config 'del(.mounts[-1])'
        done
        add_mount /vol bind "$DIR/volume" bind
        add_mount /vol/link/sys bind "$OUTSIDE/proc" bind
        rejects '`/vol/link/sys` leads into a procfs'
        unharmed
}

@test "CVE-2019-16884, CVE-2025-52881: what is written to /proc reaches the kernel, whatever lies there" {
        local show='/bin/cat /real/sys/net/ipv4/ip_forward'
        sentinel_plant
        plant_false_proc
        mkdir "$ROOTFS/real"
        add_mount /real proc proc
        # Below the real one.
        ln -s /proc "$ROOTFS/link"
        config '.mounts |= [{destination: "/link", type: "bind", source: $source, options: ["bind"]}] + .' --arg source "$OUTSIDE/proc"
        inside "$show; cat /proc/sys/net/ipv4/ip_forward"
        prints $'1\n1'
        unharmed
        # In its place, where no mount is on /proc: by a link, and by the image itself.
        config '.mounts |= map(select(.destination != "/proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)'
        inside "$show"
        prints 1
        unharmed
        config 'del(.mounts[0])'
        cp -a "$OUTSIDE/proc/." "$ROOTFS/proc"
        inside "$show"
        prints 1
        is "$(find "$ROOTFS/proc" -type f -size +0)" ""
        rm -rf "$ROOTFS/proc"
        ln -s "$OUTSIDE/proc" "$ROOTFS/proc"
        inside "$show"
        prints 1
        unharmed
}

@test "CVE-2015-3630: what /proc has for the whole machine cannot be written to" {
        local file
        sentinel_plant
        # Each is opened, and nothing written. Those of pressure are everybody's, for a message about one's own descriptor.
        inside 'cd /proc; find [!0-9]* -name pressure -prune -o -type f -print 2>/dev/null | while read -r file; do
                        { true >>"$file"; } 2>/dev/null && echo "writable: $file"
                done
                for path in asound bus fs irq sys sysrq-trigger timer_list latency_stats timer_stats scsi acpi kcore keys sched_debug; do
                        [ ! -e "$path" ] || echo "$path $(grep -cE "^[^ ]+ [^ ]+ [^ ]+ [^ ]+ /proc/$path ro," self/mountinfo)"
                done'
        not grep -vE ' 1$' "$DIR/out"
        prints_line 'sys 1'
        unharmed
}

# --- /dev ---

# The container has a /dev of the caller's, into which tare puts nothing; it is $DIR/dev.
bind_dev() {
        mkdir -p "$DIR/dev"
        without_dev
        add_mount /dev bind "$DIR/dev" bind
}

@test "CVE-2026-41579, CVE-2026-47766: a /dev that is no plain folder is refused, and nothing is removed or made behind it" {
        local plant change
        sentinel_plant dev/ptmx dev/null dev/console dev/fd
        mkdir "$ROOTFS/elsewhere"
        for plant in "ln -s $OUTSIDE/dev" "ln -s $CLIMBING/dev" "ln -s $OUTSIDE/none" "ln -s elsewhere" "cp $OUTSIDE/file" mkfifo; do
                rm -rf "$ROOTFS/dev"
                $plant "$ROOTFS/dev"
                cp "$BUNDLE/config.json" "$DIR/before.json"
                for change in '' '.mounts |= map(select(.destination | startswith("/dev/") | not))' 'del(.mounts[] | select(.destination == "/dev"))' \
                        '.mounts |= map(select(.destination | startswith("/dev") | not))' '.process.terminal = true' \
                        '.mounts |= map(if .destination == "/dev" then .options += ["ro"] else . end)' \
                        '.mounts |= map(if .destination == "/dev" then {destination, source: "/dev", options: ["rbind"]} else . end)'; do
                        [ -z "$change" ] || config "$change"
                        expect 1 tare run --bundle "$BUNDLE" "$ID"
                        # Where the mount below it comes first it may be the one that fails.
                        [[ $plant != ln* && $errors = *'mount target `/dev/'* ]] || says '`/dev` in the rootfs is not a plain directory'
                        cp "$DIR/before.json" "$BUNDLE/config.json"
                        rm -rf "$ROOTFS/elsewhere"/* "${ROOTFS:?}/${DIR#/}"
                done
        done
        unharmed
}

@test "CVE-2026-41579, CVE-2026-47766: in a user namespace, where nodes are mounted, such a /dev is refused as well" {
        need_system_call mount_setattr
        sentinel_plant dev/ptmx dev/null
        rm -rf "$ROOTFS/dev"
        ln -s "$OUTSIDE/dev" "$ROOTFS/dev"
        in_user_namespace
        rejects '`/dev` in the rootfs is not a plain directory'
        without_dev
        rejects '`/dev` in the rootfs is not a plain directory'
        unharmed
}

@test "CVE-2026-88264: without a mount on /dev no node is made or opened by a link of the image" {
        local name target
        sentinel_plant
        without_dev
        args true
        for name in null zero full random urandom tty; do
                for target in "$OUTSIDE/file" "$CLIMBING/new" /etc/passwd "/dev/$name" /proc/sys/kernel/core_pattern; do
                        rm -f "$ROOTFS/dev"/*
                        ln -s "$target" "$ROOTFS/dev/$name"
                        rejects "\`/dev/$name\` exists already and is another kind of file"
                done
        done
        # It is nobody's business without a terminal.
        rm -f "$ROOTFS/dev"/*
        ln -s "$OUTSIDE/file" "$ROOTFS/dev/console"
        inside 'readlink /dev/console'
        prints "$OUTSIDE/file"
        unharmed
}

@test "CVE-2026-88264: in a user namespace, where nodes are mounted, the link itself is covered" {
        local target
        need_system_call mount_setattr
        sentinel_plant
        without_dev
        for target in "$OUTSIDE/file" "$OUTSIDE/new" /etc/passwd; do
                rm -f "$ROOTFS/dev"/*
                ln -s "$target" "$ROOTFS/dev/null"
                ln -s "$target" "$ROOTFS/dev/zero"
                in_user_namespace
                script 'echo written >/dev/null; stat -c "%F %t:%T" /dev/null /dev/zero; cat /etc/passwd | head -n 1'
                confined_or_refused
                [ "$status" -eq 1 ] || prints $'character special file 1:3\ncharacter special file 1:5\nroot:x:0:0:root:/root:/bin/sh'
                [ ! -e "${ROOTFS:?}/${DIR#/}" ]
                config 'del(.linux.uidMappings, .linux.gidMappings, .linux.namespaces[-1])'
        done
}

@test "CVE-2026-88265: standard streams of the null device become no file of the image, and the host's keeps its owner" {
        local plant
        sentinel_plant
        bind_dev
        config '.process.user = {uid: 1000, gid: 1000}'
        echo "of the image" >"$ROOTFS/etc/file"
        chmod 666 "$ROOTFS/etc/file"
        for plant in "ln -s $OUTSIDE/file" "ln -s /etc/file" "cp $ROOTFS/etc/file" mkfifo "mknod -m 666"; do
                rm -f "$DIR/dev/null"
                # shellcheck disable=SC2046 # words
                $plant "$DIR/dev/null" $([[ $plant != mknod* ]] || echo c 1 5)
                script '{ timeout 5 head -c 4 <&0; stat -L -c "%F %t:%T %u" /proc/self/fd/0 /proc/self/fd/2; echo written >&2; } >/tmp/seen'
                expect 0 in_null tare run --bundle "$BUNDLE" "$ID"
                is "$(cat "$ROOTFS/tmp/seen")" $'character special file 1:3 0\ncharacter special file 1:3 0'
        done
        is "$(cat "$ROOTFS/etc/file")" "of the image"
        # One that is the null device is taken.
        rm -f "$DIR/dev/null"
        mknod -m 666 "$DIR/dev/null" c 1 3
        chown 5555 "$DIR/dev/null"
        expect 0 in_null tare run --bundle "$BUNDLE" "$ID"
        is "$(cat "$ROOTFS/tmp/seen")" $'character special file 1:3 5555\ncharacter special file 1:3 5555'
        unharmed
}

in_null() {
        "$@" </dev/null >/dev/null 2>/dev/null
}

@test "CVE-2025-31133: a path is masked by the host's null device, whatever the image has as /dev/null" {
        local plant
        sentinel_plant
        cp "$BUNDLE/config.json" "$DIR/before.json"
        for plant in "ln -s /proc/sys/kernel/core_pattern" "ln -s $OUTSIDE/file" "ln -s $CLIMBING/new" "ln -s /secret" "cp $OUTSIDE/file" \
                mkfifo mkdir "mknod -m 666"; do
                echo secret >"$ROOTFS/secret"
                cp "$DIR/before.json" "$BUNDLE/config.json"
                config '.linux.maskedPaths = ["/secret"] | del(.linux.readonlyPaths)'
                rm -rf "$ROOTFS/dev" "$DIR/dev"
                mkdir "$ROOTFS/dev" "$DIR/dev"
                # shellcheck disable=SC2046 # words
                $plant "$ROOTFS/dev/null" $([[ $plant != mknod* ]] || echo c 1 5)
                cp -a "$ROOTFS/dev/null" "$DIR/dev/null"
                # Where tare makes /dev it sees the difference, where it is the caller's nobody looks.
                without_dev
                rejects '`/dev/null` exists already and is another kind of file'
                bind_dev
                inside 'cat /secret; stat -c "%F %t:%T" /secret; echo written >/secret; chmod 600 /secret 2>&1'" || :"
                prints_line 'character special file 1:3'
                prints_match 'Read-only file system'
                is "$(wc -l <<<"$output")" 2
                is "$(cat "$ROOTFS/secret")" secret
        done
        unharmed
}

@test "CVE-2025-31133: paths are masked and frozen where they are inside" {
        sentinel_plant
        ln -s "$OUTSIDE" "$ROOTFS/link"
        mkdir -p "$ROOTFS/$OUTSIDE/folder"
        echo secret >"$ROOTFS/$OUTSIDE/file"
        config '.linux.maskedPaths = ["/link/file", "/link/none"] | .linux.readonlyPaths = ["/link/folder"]'
        inside "cat $OUTSIDE/file; touch $OUTSIDE/folder/new 2>&1"' || :'
        prints_match '^touch: .*: Read-only file system$'
        is "$(wc -l <<<"$output")" 1
        unharmed
}

# --- terminals ---

with_terminal() {
        config '.process.terminal = true'
        script 'echo written >/dev/console; exit 0'
        config '.mounts |= map(select(.destination | test("^/dev$|^/dev/(shm|mqueue)$") | not))'
}

@test "CVE-2025-52565: the terminal comes onto no link or folder that the image has as /dev/console" {
        local target
        sentinel_plant
        with_terminal
        for target in "$OUTSIDE/file" "$CLIMBING/file" "$OUTSIDE/new" /etc/passwd console /proc/sys/kernel/core_pattern /proc/self/attr/exec; do
                ln -sfn "$target" "$ROOTFS/dev/console"
                expect 1 tare run --bundle "$BUNDLE" "$ID"
                says '`/dev/console` in the rootfs is a link or a directory'
        done
        rm "$ROOTFS/dev/console"
        mkdir "$ROOTFS/dev/console"
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        says '`/dev/console` in the rootfs is a link or a directory'
        unharmed
}

@test "CVE-2025-52565: a file, pipe or device that the image has as /dev/console is covered" {
        local plant
        sentinel_plant
        with_terminal
        for plant in "cp $OUTSIDE/file" mkfifo "mknod -m 666"; do
                rm -f "$ROOTFS/dev/console"
                # shellcheck disable=SC2046 # words
                $plant "$ROOTFS/dev/console" $([[ $plant != mknod* ]] || echo c 1 3)
                expect 0 tare run --bundle "$BUNDLE" "$ID"
                prints_match written
        done
        unharmed
}

@test "CVE-2025-52565: the terminal is one of the container's devpts, and no link leads to another" {
        local target plant
        sentinel_plant ptmx pts/ptmx
        with_terminal
        # With a devpts behind the link.
        for target in "$OUTSIDE/pts" "$CLIMBING/pts" /etc ../tmp; do
                rm -rf "$ROOTFS/dev/pts" "${ROOTFS:?}/${DIR#/}"
                ln -s "$target" "$ROOTFS/dev/pts"
                expect 1 tare run --bundle "$BUNDLE" "$ID"
                says 'open terminal `/dev/pts/ptmx`'
        done
        # Without one.
        config '.mounts |= map(select(.destination | startswith("/dev") | not))'
        rm "$ROOTFS/dev/pts"
        mkdir "$ROOTFS/dev/pts"
        for plant in "ln -s $OUTSIDE/ptmx" "ln -s /dev/ptmx" "ln -s /dev/pts/ptmx" "cp $OUTSIDE/ptmx" mkfifo mkdir "mknod -m 666"; do
                rm -rf "$ROOTFS/dev/pts/ptmx"
                # shellcheck disable=SC2046 # words
                $plant "$ROOTFS/dev/pts/ptmx" $([[ $plant != mknod* ]] || echo c 5 2)
                expect 1 tare run --bundle "$BUNDLE" "$ID"
                says '`/dev/pts/ptmx`'
        done
        unharmed
        config '.mounts += [{destination: "/dev/pts", type: "tmpfs", source: "tmpfs"}]'
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        says '`/dev/pts/ptmx`'
}

@test "CVE-2025-52565, CVE-2026-41579: /dev/ptmx of the image gives way to the container's" {
        local plant
        sentinel_plant ptmx
        with_terminal
        script 'readlink /dev/ptmx; echo written >/dev/ptmx; exit 0'
        for plant in "ln -s $OUTSIDE/ptmx" "ln -s $CLIMBING/new" "ln -s /etc/passwd" "cp $OUTSIDE/file" mkfifo; do
                rm -f "$ROOTFS/dev/ptmx"
                $plant "$ROOTFS/dev/ptmx"
                expect 0 tare run --bundle "$BUNDLE" "$ID"
                prints_match '^pts/ptmx'
        done
        is "$(head -n 1 "$ROOTFS/etc/passwd")" root:x:0:0:root:/root:/bin/sh
        unharmed
}

# --- all else that tare makes or reads in a rootfs ---

@test "CVE-2025-24965: links in /dev are made beside those of the image, not behind them" {
        local name
        sentinel_plant fd stdin stdout stderr core ptmx
        without_dev
        for name in fd stdin stdout stderr core ptmx; do
                ln -s "$OUTSIDE/$name" "$ROOTFS/dev/$name"
        done
        inside 'readlink /dev/stdin'
        prints "$OUTSIDE/stdin"
        for name in fd stdin stdout stderr core ptmx; do
                ln -sfn "$OUTSIDE/new-$name" "$ROOTFS/dev/$name"
        done
        inside 'readlink /dev/stdin'
        prints "$OUTSIDE/new-stdin"
        unharmed
}

@test "CVE-2025-24965: devices of the config are made inside" {
        local link path
        sentinel_plant
        config '.linux.devices = [{type: "c", path: "/dev/deep/x", major: 1, minor: 3, fileMode: 4095, uid: 1, gid: 2},
                        {type: "p", path: "/folder/deep/y", uid: 3, gid: 4}]'
        without_dev
        mkdir "$ROOTFS/folder"
        for link in $(links_to "$OUTSIDE"); do
                ln -sfn "$link" "$ROOTFS/dev/deep"
                ln -sfn "$link" "$ROOTFS/folder/deep"
                inside "ls -d $OUTSIDE/x $OUTSIDE/y"
                forget_inside
        done
        # The last component is a link.
        rm "$ROOTFS/dev/deep" "$ROOTFS/folder/deep"
        mkdir "$ROOTFS/dev/deep" "$ROOTFS/folder/deep"
        for path in dev/deep/x folder/deep/y; do
                for link in "$OUTSIDE/file" "$OUTSIDE/new"; do
                        ln -sfn "$link" "$ROOTFS/$path"
                        rejects "\`/$path\` exists already and is another kind of file"
                done
                rm "$ROOTFS/$path"
        done
        unharmed
}

@test "CVE-2025-24965: the working directory is made inside" {
        local link
        sentinel_plant
        for link in $(links_to "$OUTSIDE"); do
                ln -sfn "$link" "$ROOTFS/link"
                config '.process.cwd = "/link/made/deep"'
                inside 'pwd -P'
                prints "$OUTSIDE/made/deep"
                forget_inside
                config '.process.cwd = "/link"'
                inside 'pwd -P'
                prints "$OUTSIDE"
                forget_inside
        done
        unharmed
}

@test "CVE-2025-24965: the notify socket is mounted inside" {
        local link
        sentinel_plant notify/socket
        args true
        for link in $(links_to "$OUTSIDE"); do
                rm -rf "$ROOTFS/run" "${ROOTFS:?}/${DIR#/}"
                ln -s "$link" "$ROOTFS/run"
                expect 0 env NOTIFY_SOCKET="$DIR/manager" "$TARE" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
                grep -q " $OUTSIDE/notify ro," "/proc/$(pid_of)/mountinfo"
                tare delete --force "$ID"
        done
        for link in $(links_to "$OUTSIDE/notify"); do
                rm -rf "$ROOTFS/run" "${ROOTFS:?}/${DIR#/}"
                mkdir "$ROOTFS/run"
                ln -s "$link" "$ROOTFS/run/notify"
                expect 0 env NOTIFY_SOCKET="$DIR/manager" "$TARE" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
                grep -q " $OUTSIDE/notify ro," "/proc/$(pid_of)/mountinfo"
                tare delete --force "$ID"
        done
        unharmed
}

@test "CVE-2025-24965: what tmpcopyup copies is what is there, not what its links lead to" {
        sentinel_plant
        mkdir -p "$ROOTFS/data/folder"
        ln -s "$OUTSIDE/file" "$ROOTFS/data/file"
        ln -s "$OUTSIDE" "$ROOTFS/data/outside"
        ln -s "$CLIMBING/new" "$ROOTFS/data/folder/new"
        ln -s /proc/1/root "$ROOTFS/data/root"
        ln -s . "$ROOTFS/data/circle"
        mkfifo "$ROOTFS/data/pipe"
        mknod -m 604 "$ROOTFS/data/device" c 1 7
        chown -h 11:22 "$ROOTFS/data"/* "$ROOTFS/data/folder/new"
        mount_kind copied /data
        inside 'cd /data; find . -exec stat -c "%N %F %u:%g" {} + | sort'
        is "$output" "$(cd "$ROOTFS/data" && "$ROOTFS/bin/busybox" find . -exec "$ROOTFS/bin/busybox" stat -c '%N %F %u:%g' {} + | sort)"
        unharmed
}

@test "CVE-2025-24965: the cgroup file system is mounted inside" {
        local link
        sentinel_plant
        config '.mounts |= map(select(.type != "sysfs")) | del(.linux.maskedPaths, .linux.readonlyPaths)'
        rmdir "$ROOTFS/sys"
        for link in $(links_to "$OUTSIDE"); do
                ln -sfn "$link" "$ROOTFS/sys"
                inside "grep -c ' $OUTSIDE/fs/cgroup ' /proc/self/mountinfo"
                prints 1
                forget_inside
        done
        unharmed
}

@test "CVE-2025-24965: what is read in /etc is the image's" {
        local link
        sentinel_plant
        echo 'root:x:0:0:root:/home/of/the/host:/bin/sh' >"$OUTSIDE/passwd"
        sentinel_note
        config '.process.env |= map(select(startswith("HOME=") | not))'
        # shellcheck disable=SC2016 # the container's
        script 'echo "$HOME"'
        for link in $(links_to "$OUTSIDE/passwd"); do
                ln -sfn "$link" "$ROOTFS/etc/passwd"
                expect 0 tare run --bundle "$BUNDLE" "$ID"
                prints /
        done
        unharmed
}

# --- names and texts ---

# invalid_id ID COMMAND...
invalid_id() {
        status=0
        tare "${@:2}" -- "$1" >"$DIR/out" 2>"$DIR/err" </dev/null || status=$?
        [ "$status" -eq 1 ] || { echo "exit status $status: ${*:2} -- $1" && return 1; }
        grep -q 'invalid container id format' "$DIR/err"
        is "$(wc -l <"$DIR/err")" 1
        # What is not printable would reach the caller's terminal.
        not grep -q "$(printf '[\001-\011\013-\037\177]')" "$DIR/err"
}

@test "no CVE: the id of a container is a name, and no path, option or format" {
        local id command
        args sleep 1000
        start
        sentinel_plant
        # A state of a container that runs, at a place that a path may lead to.
        cp -a "$ROOT/$ID" "$OUTSIDE/$ID"
        sentinel_note
        for id in '' . .. / a/b -x --x .x ../x "$OUTSIDE/$ID" "./$ID" "$ID/" "$ID/." "$ID/../$ID" %n %s%n '*' 'a b' 'a;b' 'a\b' 'ä' $'a\nb' \
                $'a\n' $'\e[31m' $'\x7f' "$(printf 'x%.0s' {1..256})" "$(printf 'x%.0s' {1..300})"; do
                invalid_id "$id" create --bundle "$BUNDLE"
                invalid_id "$id" delete --force
        done
        for id in "../host/outside/$ID" "../state/$ID" "$ID/"; do
                for command in "run --bundle $BUNDLE" state start kill delete "delete --force" pause resume ps update "events --stats"; do
                        # shellcheck disable=SC2086 # words
                        invalid_id "$id" $command
                done
                expect 255 tare exec -- "$id" true
                says 'invalid container id format'
        done
        status_is running
        sentinel_unchanged
        is "$(ls -A "$ROOT" | grep -v '^\.')" "$ID"
        # One that is long, but a name, is no worse than others.
        expect 1 tare state "$(printf 'x%.0s' {1..255})"
        says 'container does not exist'
}

@test "no CVE: linux.cgroupsPath does not climb" {
        local path
        sentinel_plant
        only_cgroupfs "a unit has no path"
        for path in ../../x /../../x "/../../../$ID" "../$ID" "$ID/../../x" "/$ID/.." .. /.. / . /. "/$ID/../../../../etc" "../../../../../..$OUTSIDE/cgroup" \
                "/$ID/../$ID"; do
                config '.linux.cgroupsPath = $path' --arg path "$path"
                rejects linux.cgroupsPath
        done
        unharmed
        not ls -d "/sys/fs/$ID" "/sys/$ID" 2>/dev/null
}

@test "no CVE: exec --cgroup does not climb" {
        local path
        start
        sentinel_plant
        for path in ../../x .. ../ x/../../y "../$ID" "/../$ID" "../../$ID" x/.. "../../../../../../..$OUTSIDE" ./.. .//..; do
                expect 255 tare exec --cgroup "$path" "$ID" true
                says "bad sub cgroup path: $path"
                [ "$CGROUP_VERSION" = 2 ] || expect 255 tare exec --cgroup "pids:$path" "$ID" true
        done
        # A controller's name is no path either.
        for path in ../pids:x pids/..:x "pids,..:x" ..:/; do
                expect 255 tare exec --cgroup "$path" "$ID" true
        done
        expect 0 tare exec --cgroup / "$ID" true
        sentinel_unchanged
}

@test "no CVE: run.oci.delegate-cgroup does not climb" {
        local path
        sentinel_plant
        config '.linux.namespaces |= map(select(.type != "cgroup")) + [{type: "cgroup"}]'
        for path in ../x .. x/../../y /../x x/..; do
                config '.annotations["run.oci.delegate-cgroup"] = $path' --arg path "$path"
                rejects "annotations.run.oci.delegate-cgroup: found \`$path\`, expected the path of a cgroup below the container's"
        done
        unharmed
}

# The namespaces of the process inside are new or the host's, each as the config says.
namespaces_as_configured() {
        local kind inside
        for kind in pid net ipc uts mnt user cgroup; do
                inside=$(sed -n "s/^\($kind:.*\)/\1/p" "$DIR/out")
                [ -n "$inside" ]
                if jq -e --arg kind "$kind" '.linux.namespaces | any(.type == ({mnt: "mount", net: "network"}[$kind] // $kind))' "$BUNDLE/config.json" >/dev/null; then
                        not is "$inside" "$(readlink "/proc/self/ns/$kind")" >/dev/null
                else
                        is "$inside" "$(readlink "/proc/self/ns/$kind")"
                fi
        done
}

show_namespaces='for kind in pid net ipc uts mnt user cgroup; do readlink /proc/self/ns/$kind; done;'

@test "CVE-2021-43784: 70 kB of mount sources arrive as they are, and the namespaces are as configured" {
        local long n
        sentinel_plant
        # 2 bytes of a number and of a type each, as a message would have them in front of its parts.
        long=$(printf 'x%.0s' {1..120})
        mkdir -p "$DIR/$long"
        for n in {1..500}; do
                echo "$n" >"$DIR/$long/source-$n"
        done
        config '.mounts += [range(1; 501) | {destination: "/many/\(.)", type: "bind", source: "\($source)-\(.)", options: ["bind"]}]' \
                --arg source "$DIR/$long/source"
        [ "$(jq '[.mounts[].source | length] | add' "$BUNDLE/config.json")" -gt 70000 ]
        script "$show_namespaces"' n=0; for i in $(seq 500); do [ "$(cat /many/$i)" = $i ] && n=$((n + 1)); done; echo $n are right'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints_line '500 are right'
        namespaces_as_configured
        unharmed
}

@test "CVE-2021-43784: 70 kB in one text are refused or arrive as they are, and the namespaces are as configured" {
        local huge change
        sentinel_plant
        huge=$(printf 'lorem/%.0s' {1..12000})
        # shellcheck disable=SC2016 # the container's
        script "$show_namespaces"' echo length ${#X}'
        cp "$BUNDLE/config.json" "$DIR/before.json"
        for change in '.mounts += [{destination: "/x", type: "tmpfs", source: $huge}]' \
                '.mounts += [{destination: "/x", type: "tmpfs", source: "tmpfs", options: [$huge]}]' \
                '.mounts += [{destination: "/x", type: "tmpfs", source: "tmpfs", options: [range(8000) | "mode=755"]}]' \
                '.mounts += [{destination: "/x", type: $huge, source: "tmpfs"}]' \
                '.mounts += [{destination: $huge, type: "tmpfs", source: "tmpfs"}]' \
                '.mounts += [{destination: "/x", type: "bind", source: $huge, options: ["bind"]}]' \
                '.linux.namespaces[0].path = "/" + $huge' \
                '.linux.cgroupsPath = $huge' '.root.path = $huge' '.process.cwd = "/" + $huge' '.hostname = $huge' \
                '.process.env += ["X=" + $huge]' '.annotations.x = $huge' \
                '.linux.maskedPaths += ["/" + $huge]' '.linux.sysctl = {"kernel.domainname": $huge}'; do
                cp "$DIR/before.json" "$BUNDLE/config.json"
                jq --rawfile huge <(printf %s "$huge") "$change" "$DIR/before.json" >"$BUNDLE/config.json"
                status=0
                tare run --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>"$DIR/err" </dev/null || status=$?
                if [ "$status" -eq 0 ]; then
                        namespaces_as_configured
                        [[ $change != *env* ]] || grep -qx 'length 72000' "$DIR/out"
                else
                        [[ $change != *env* && $change != *annotations* ]]
                        is "$status" 1
                        [ -s "$DIR/err" ]
                fi
        done
        unharmed
}

@test "CVE-2021-43784: 400 mappings of ids are refused, 300 are there to the last" {
        need_system_call mount_setattr
        sentinel_plant
        config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [range(400) | {containerID: ., hostID: (100000 + 2 * .), size: 1}]
                | .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
        chown -hR 100000:100000 "$ROOTFS"
        script "$show_namespaces cat /proc/self/uid_map"
        rejects 'linux.uidMappings: found 400 mappings, expected at most 340'
        # No more than a page.
        config '.linux.uidMappings |= .[:340]'
        rejects 'linux.uidMappings: found mappings of ' ' bytes as text, expected less than 4096'
        config '.linux.uidMappings |= .[:300]'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        is "$(awk 'NF == 3 { print $1, $2, $3 }' "$DIR/out")" "$(seq 0 299 | awk '{ print $1, 100000 + 2 * $1, 1 }')"
        namespaces_as_configured
        unharmed
}

# --- cgroups ---

# The agents of the machine; nobody inside may name another. The file is looked for and never written to, for this is a real machine.
agents() {
        grep -H '' /sys/fs/cgroup/*/release_agent /sys/fs/cgroup/*/notify_on_release 2>/dev/null
}

@test "CVE-2022-0492: nobody in a container names a release agent" {
        local before change
        need_v1
        sentinel_plant
        before=$(agents)
        cp "$BUNDLE/config.json" "$DIR/before.json"
        for change in . '.process.capabilities[] += ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"]' '.linux.namespaces += [{type: "cgroup"}]' \
                '.process.capabilities[] += ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"] | .linux.namespaces += [{type: "cgroup"}]'; do
                cp "$DIR/before.json" "$BUNDLE/config.json"
                config "$change"
                # What is read-only may be remounted by who has the capability.
                inside 'echo "first: $(find / -xdev -name release_agent; find /sys/fs/cgroup -name release_agent)"
                        for folder in /sys/fs/cgroup/*/; do
                                echo "of a folder: $folder"
                                mkdir "$folder/new" 2>/dev/null && echo made && rmdir "$folder/new"
                                mount -o remount,rw,bind "$folder"
                        done 2>/dev/null
                        echo "then: $(find /sys/fs/cgroup -name release_agent)"'
                prints_line 'first: '
                prints_line 'then: '
                prints_match '^of a folder: /sys/fs/cgroup/pids/$'
                not grep made "$DIR/out"
                is "$(agents)" "$before"
        done
        unharmed
}

# Mounts hierarchies and looks for their agents.
mount_hierarchies() {
        script 'mkdir -p /tmp/mount; n=0
                for controller in pids memory cpu freezer devices; do
                        mount -t cgroup -o $controller cgroup /tmp/mount 2>/dev/null || continue
                        n=$((n + 1)); find /tmp/mount -name release_agent
                        umount /tmp/mount
                done 2>/dev/null; echo mounted $n'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
}

@test "CVE-2022-0492: a hierarchy that is mounted inside has no release agent" {
        local before
        need_v1
        sentinel_plant
        before=$(agents)
        # Without the capability not at all, with it what is one's own.
        mount_hierarchies
        prints 'mounted 0'
        config '.process.capabilities[] += ["CAP_SYS_ADMIN"] | .linux.namespaces += [{type: "cgroup"}]'
        mount_hierarchies
        prints_match '^mounted [1-9]$'
        is "$(wc -l <<<"$output")" 1
        is "$(agents)" "$before"
        unharmed
}

@test "CVE-2022-0492: a hierarchy that is mounted in a user namespace has no release agent" {
        local before
        need_v1
        need_system_call mount_setattr
        sentinel_plant
        before=$(agents)
        config '.process.capabilities[] += ["CAP_SYS_ADMIN"] | .linux.namespaces += [{type: "cgroup"}]'
        in_user_namespace
        mount_hierarchies
        prints_match '^mounted [0-9]$'
        is "$(wc -l <<<"$output")" 1
        is "$(agents)" "$before"
        unharmed
}
