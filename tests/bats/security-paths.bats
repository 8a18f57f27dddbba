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
