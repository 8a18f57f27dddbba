#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Mounts that show other ids than their file system has, by each of the ways to ask for it; and crun's words for symbolic
# links as source and destination of a bind mount.

load helpers

# mount_at MOUNT: one more in the config, with what jq makes of the words for a destination and a source.
mount_at() {
        config ".mounts += [{destination: \"/mnt\", type: \"bind\", source: \$source} + $1]" --arg source "$DIR/source"
}

# Files of different owners.
setup() {
        common_setup
        need_system_call mount_setattr
        mkdir -p "$DIR/source/below"
        echo one >"$DIR/source/one"
        echo two >"$DIR/source/two"
        chown 1000:2000 "$DIR/source/one"
        chown 5000:5000 "$DIR/source/two"
}

teardown() {
        mountpoint -q "$DIR/source/below" && umount "$DIR/source/below"
        common_teardown
}

OWN='uidMappings: [{containerID: 1000, hostID: 10, size: 5}], gidMappings: [{containerID: 2000, hostID: 20, size: 5}]'

new_user_namespace() {
        config '.linux.namespaces += [{type: "user"}]
                | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 1000, hostID: 300000, size: 1000}]
                | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 5000}]'
        chown -R --no-dereference 100000:200000 "$ROOTFS"
}

owners() {
        inside "stat -c %u:%g $*"
}

# --- mappings of the mount's own ---

@test "own mappings, with the word and without" {
        local words
        for words in '["bind", "idmap"]' '["bind"]' '["rbind", "ridmap"]'; do
                config '.mounts |= map(select(.destination != "/mnt"))'
                mount_at "{options: $words, $OWN}"
                # What is not mapped belongs to nobody.
                owners /mnt/one /mnt/two
                prints $'10:20\n65534:65534'
        done
        is "$(stat -c %u:%g "$DIR/source/one")" 1000:2000
}

@test "a file that is made belongs to the id that the mapping leads to" {
        mount_at "{options: [\"bind\", \"idmap\"],
                uidMappings: [{containerID: 7, hostID: 0, size: 1}, {containerID: 0, hostID: 7, size: 1}],
                gidMappings: [{containerID: 8, hostID: 0, size: 1}, {containerID: 0, hostID: 8, size: 1}]}"
        chown 7:8 "$DIR/source"
        inside 'touch /mnt/new; stat -c %u:%g /mnt/new'
        prints 0:0
        is "$(stat -c %u:%g "$DIR/source/new")" 7:8
}

@test "own mappings with a user namespace: the host's ids are what they lead to" {
        new_user_namespace
        mount_at '{options: ["bind", "idmap"], uidMappings: [{containerID: 1000, hostID: 100003, size: 1}],
                gidMappings: [{containerID: 2000, hostID: 200004, size: 1}]}'
        owners /mnt/one
        prints 3:4
}

@test "several mounts, the same mapping and others" {
        mount_at "{options: [\"bind\", \"idmap\"], $OWN}"
        mount_at "{options: [\"bind\", \"idmap\", \"ro\"], $OWN, destination: \"/mnt2\"}"
        mount_at '{options: ["bind", "idmap"], destination: "/mnt3", uidMappings: [{containerID: 1000, hostID: 1, size: 1}],
                gidMappings: [{containerID: 2000, hostID: 2, size: 1}]}'
        mount_at '{options: ["bind"], destination: "/mnt4"}'
        owners /mnt/one /mnt2/one /mnt3/one /mnt4/one
        prints $'10:20\n10:20\n1:2\n1000:2000'
        inside 'touch /mnt2/new || ls /proc/self/fd'
        # Standard streams and the folder itself: none of the user namespaces.
        prints $'0\n1\n2\n3'
}

@test "the user namespace of a mapping is not held by the container" {
        local pid
        mount_at "{options: [\"bind\", \"idmap\"], $OWN}"
        args sleep 1000
        create
        pid=$(pid_of)
        is "$(find "/proc/$pid/fd" -lname 'user:*')" ""
        is "$(pgrep --parent "$pid" || :)" ""
        expect 0 tare delete --force "$ID"
}

# --- the mapping of the container ---

@test "idmap alone takes the container's mapping: inside are the ids of the file system" {
        new_user_namespace
        mount_at '{options: ["bind", "idmap"]}'
        owners /mnt/one /mnt/two
        prints $'1000:2000\n65534:65534'
        config '.mounts[-1].options = ["bind"]'
        owners /mnt/one
        prints 65534:65534
}

@test "idmap alone with a user namespace that is joined" {
        new_user_namespace
        start
        mount_at '{options: ["bind", "idmap"]}'
        config '.linux.namespaces |= map(if .type == "user" then .path = $path else . end)
                | del(.linux.uidMappings, .linux.gidMappings)
                | .linux.cgroupsPath += "-2"' --arg path "/proc/$(tare state "$ID" | jq .pid)/ns/user"
        script 'stat -c %u:%g /mnt/one'
        expect 0 tare run --bundle "$BUNDLE" "$ID-2"
        prints 1000:2000
}

@test "idmap alone without a user namespace is refused" {
        mount_at '{options: ["bind", "idmap"]}'
        refused 'mounts[7].options: found `idmap` without uidMappings and gidMappings'
        config '.mounts[-1].options = ["rbind", "ridmap"]'
        refused 'mounts[7].options: found `ridmap` without uidMappings and gidMappings'
}

# --- what is mounted below ---

@test "idmap is for the one mount, ridmap for those below it too" {
        mount -t tmpfs tmpfs "$DIR/source/below"
        touch "$DIR/source/below/three"
        chown 1000:2000 "$DIR/source/below/three"
        mount_at "{options: [\"rbind\", \"idmap\"], $OWN}"
        owners /mnt/one /mnt/below/three
        prints $'10:20\n1000:2000'
        config '.mounts[-1].options = ["rbind", "ridmap"]'
        owners /mnt/one /mnt/below/three
        prints $'10:20\n10:20'
}

@test "a file system without id-mapped mounts is an error, and nothing is left" {
        mount_at "{source: \"/proc\", options: [\"bind\", \"idmap\"], $OWN}"
        refused 'mounts[7]: bind `/proc`: map ids: a file system without id-mapped mounts'
}

@test "a new file system with mappings" {
        mount_at '{type: "tmpfs", source: "tmpfs", uidMappings: [{containerID: 0, hostID: 7, size: 1}],
                gidMappings: [{containerID: 0, hostID: 8, size: 1}]}'
        owners /mnt
        prints 7:8
        new_user_namespace
        refused 'mounts[7]: mount `tmpfs` on `/mnt`: map ids: operation not permitted'
}

# --- crun's way ---

@test "idmap=: ranges of the mapping" {
        mount_at '{options: ["bind", "idmap=uids=1000-10-5#5000-50-1;gids=5000-51-1#2000-20-5"]}'
        owners /mnt/one /mnt/two
        prints $'10:20\n50:51'
}

@test "idmap=: relative to the container's user namespace" {
        new_user_namespace
        mount_at '{options: ["bind", "idmap=uids=@1000-3-1#5000-300001-1;gids=@2000-4-1#@5000-6-1"]}'
        owners /mnt/one /mnt/two
        prints $'3:4\n1001:6'
        config '.mounts[-1].options[1] = "idmap=uids=@1000-3-10;gids=@2000-4-1"'
        refused 'mounts[7].options: found `@1000-3-10` in `uids` of `idmap`, expected ids of one line of linux.uidMappings'
}

# --- symbolic links ---

@test "src-nofollow and dest-nofollow: the links themselves" {
        ln -s one "$DIR/source/link"
        mkdir -p "$ROOTFS/a"
        echo inside >"$ROOTFS/a/file"
        ln -s file "$ROOTFS/a/link"
        mount_at '{source: ($source + "/one"), destination: "/a/link", options: ["bind", "dest-nofollow"]}'
        inside 'cat /a/link /a/file'
        prints $'one\ninside'
        config '.mounts[-1] |= (.source = $source + "/link") | .mounts[-1].options = ["bind", "src-nofollow", "dest-nofollow"]' \
                --arg source "$DIR/source"
        inside 'readlink /a/link; cat /a/file'
        prints $'one\ninside'
        config '.mounts[-1].options = ["bind"]'
        inside 'readlink /a/link; cat /a/file'
        prints $'file\none'
        is "$(cat "$ROOTFS/a/file")" inside
}

@test "copy-symlink: a link is made again, all else is bound" {
        ln -s ../etc/target "$DIR/source/link"
        mount_at '{source: ($source + "/link"), destination: "/b/c/link", options: ["bind", "copy-symlink"]}'
        mount_at '{source: ($source + "/one"), destination: "/b/one", options: ["bind", "copy-symlink"]}'
        inside 'readlink /b/c/link; cat /b/one'
        prints $'../etc/target\none'
        # Once more: the same link is there.
        inside 'readlink /b/c/link'
        prints ../etc/target
        ln -sfn elsewhere "$ROOTFS/b/c/link"
        refused '`/b/c/link` is there, and is no link to `../etc/target`'
        rm "$ROOTFS/b/c/link"
        echo file >"$ROOTFS/b/c/link"
        refused '`/b/c/link` is there, and is no link to `../etc/target`'
        is "$(cat "$ROOTFS/b/c/link")" file
}

@test "copy-symlink: no link of the image leads it out of the root" {
        ln -s target "$DIR/source/link"
        mkdir "$DIR/outside"
        ln -s "$DIR/outside" "$ROOTFS/b"
        mount_at '{source: ($source + "/link"), destination: "/b/link", options: ["bind", "copy-symlink"]}'
        inside "readlink $DIR/outside/link"
        prints target
        is "$(ls "$DIR/outside")" ""
}

@test "words for links: what contradicts or has no sense is refused" {
        mount_at '{options: ["bind", "copy-symlink", "src-nofollow"]}'
        refused 'mounts[7].options: found `copy-symlink` beside `src-nofollow`'
        config '.mounts[-1] |= (.type = "tmpfs" | .options = ["dest-nofollow"])'
        refused 'mounts[7].options: found `dest-nofollow`, expected it with `bind` or `rbind` only'
}
