#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The root and what is mounted in it: order, options, targets, propagation, masks, devices. That no path of the
# container leads out of it is in security-paths.bats.

load helpers

# mount_at DESTINATION SOURCE OPTION...: a bind mount in the config.
bind_at() {
        local destination=$1 source=$2
        shift 2
        config '.mounts += [{"destination": $destination, "type": "bind", "source": $source, "options": ($options | split(","))}]' \
                --arg destination "$destination" --arg source "$source" --arg options "$(IFS=,; echo "$*")"
}

tmpfs_at() {
        local destination=$1
        shift
        config '.mounts += [{"destination": $destination, "type": "tmpfs", "source": "tmpfs", "options": ($options | split(",") | map(select(. != "")))}]' \
                --arg destination "$destination" --arg options "$(IFS=,; echo "$*")"
}

# options_of PATH: the options of the last mount at PATH, as the container sees them.
options_of() {
        awk -v path="$1" '$5 == path { options = "," $6 "," } END { print options }' "$DIR/out"
}

has_option() {
        [[ $(options_of "$1") = *",$2,"* ]] || complain "expected option $2 at $1: $(options_of "$1")"
}

lacks_option() {
        [[ $(options_of "$1") != *",$2,"* ]] || complain "expected no option $2 at $1: $(options_of "$1")"
}

# A folder of the host with a file in it.
make_source() {
        mkdir -p "$DIR/source"
        echo "of the host" >"$DIR/source/file"
}

# --- order and kinds ---

@test "mounts are made in their order" {
        make_source
        tmpfs_at /a
        bind_at /a/b "$DIR/source" bind
        tmpfs_at /a/b/c
        inside 'touch /a/one /a/b/c/two; ls /a; cat /a/b/file; grep -c " /a" /proc/self/mountinfo'
        prints $'b\none\nof the host\n3'
        [ -d "$DIR/source/c" ]
        [ ! -e "$DIR/source/c/two" ]
}

@test "a later mount hides an earlier one at the same place" {
        make_source
        bind_at /a "$DIR/source" bind
        tmpfs_at /a
        inside 'ls /a | wc -l'
        prints 0
}

@test "what is in a mount that is not there is refused" {
        bind_at /a /no/such/source bind
        refused 'no such file or directory'
}

@test "an unknown kind of file system is refused" {
        config '.mounts += [{"destination": "/a", "type": "nonsense", "source": "nonsense"}]'
        refused 'no such device'
}

@test "a bind mount is one by its option, not by its type" {
        make_source
        config '.mounts += [{"destination": "/a", "type": "bind", "source": $source}]' --arg source "$DIR/source"
        refused
        config '.mounts[-1] |= (.type = "none" | .options = ["rbind"])'
        inside 'cat /a/file'
        prints "of the host"
        config '.mounts[-1] |= (del(.type) | .options = ["bind"])'
        inside 'cat /a/file'
        prints "of the host"
}

@test "the source of a bind mount may be relative to the bundle" {
        mkdir "$BUNDLE/here"
        echo relative >"$BUNDLE/here/file"
        bind_at /a here bind
        inside 'cat /a/file'
        prints relative
}

@test "bind: flags, with and without a second mount for them" {
        make_source
        bind_at /a "$DIR/source" bind ro nosuid nodev noexec noatime
        bind_at /b "$DIR/source" bind
        bind_at /c "$DIR/source" bind ro rw
        inside 'cat /proc/self/mountinfo; touch /a/new 2>&1; touch /b/new /c/new'
        local option
        for option in ro nosuid nodev noexec noatime; do
                has_option /a "$option"
                lacks_option /b "$option"
        done
        has_option /c rw
        prints_match 'Read-only file system'
        [ -e "$DIR/source/new" ]
}

@test "bind: of one file, onto a target that is made" {
        echo content >"$DIR/one"
        bind_at /made/folder/file "$DIR/one" bind ro
        inside 'cat /made/folder/file; echo more >/made/folder/file'  || :
        grep -qx content "$DIR/out"
        [ -f "$ROOTFS/made/folder/file" ]
        [ "$(stat --format %a "$ROOTFS/made")" = 755 ]
        [ "$(cat "$DIR/one")" = content ]
}

@test "bind: a folder onto a file and a file onto a folder are refused" {
        make_source
        touch "$ROOTFS/file"
        bind_at /file "$DIR/source" bind
        refused 'not a directory'
        config 'del(.mounts[-1])'
        mkdir "$ROOTFS/folder"
        bind_at /folder "$DIR/source/file" bind
        refused
}

# Where a mount is staged (an old kernel), the descriptor of what was staged must be the link's: else what is moved is the mount that
# the link leads to.
@test "bind: src-nofollow of a link to a mount point of the host is the link" {
        only_tare "other runtimes have no src-nofollow"
        ln -s /proc "$DIR/link"
        mkdir "$ROOTFS/target"
        bind_at /target "$DIR/link" bind,src-nofollow
        refused 'the source is a file, the target a directory'
        rmdir "$ROOTFS/target"
        inside 'readlink /target'
        prints /proc
}

@test "bind takes one mount, rbind the ones below too" {
        mkdir "$DIR/source"
        bind_at /one "$DIR/source" bind
        bind_at /all "$DIR/source" rbind
        script 'ls /one/sub; echo then; ls /all/sub'
        expect 0 with_submount
        prints $'then\nfile'
}

@test "bind: in a user namespace the mounts below cannot be left out" {
        need_system_call mount_setattr
        mkdir "$DIR/source"
        config '.linux.namespaces += [{"type": "user"}]
                | del(.mounts[] | select(.type == "sysfs" or .type == "cgroup"))
                | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .linux.gidMappings = .linux.uidMappings'
        chown -R 100000:100000 "$ROOTFS"
        bind_at /all "$DIR/source" rbind
        script 'ls /all/sub'
        expect 0 with_submount
        prints file
        bind_at /one "$DIR/source" bind
        expect 1 with_submount
        says "mounts[$(jq '.mounts | length - 1' "$BUNDLE/config.json")]"
        says "bind \`$DIR/source\`: found mounts below it, which a user namespace may not leave out, expected \`rbind\`"
        nothing_left
}

@test "bind: recursive options reach the mounts below" {
        only_tare "older versions lack some"
        need_system_call mount_setattr
        mkdir "$DIR/source"
        bind_at /plain "$DIR/source" rbind ro
        bind_at /recursive "$DIR/source" rbind rro rnosuid rnodev rnoexec rnoatime
        script 'cat /proc/self/mountinfo'
        expect 0 with_submount
        has_option /plain ro
        lacks_option /plain/sub ro
        local option
        for option in ro nosuid nodev noexec noatime; do
                has_option /recursive "$option"
                has_option /recursive/sub "$option"
        done
}

# Runs the container where $DIR/source has a tmpfs below it.
with_submount() {
        unshare --mount --propagation private -- bash -euc '
                mkdir -p "$1/source/sub"
                mount -t tmpfs tmpfs "$1/source/sub"
                touch "$1/source/sub/file"
                exec "$2" --root "$1/state" run --bundle "$1/bundle" "$3"' - "$DIR" "$TARE" "$ID" 3>&-
}

@test "bind: options that only a file system has are refused" {
        only_tare "older versions accept them"
        make_source
        bind_at /a "$DIR/source" bind size=1m
        refused
}

@test "options: access times, dirsync, sync, lazytime, nosymfollow" {
        only_tare "older versions lack some"
        tmpfs_at /a noatime
        tmpfs_at /b nodiratime
        tmpfs_at /c strictatime
        tmpfs_at /d sync dirsync
        tmpfs_at /e nosymfollow
        tmpfs_at /f relatime
        inside 'cat /proc/self/mountinfo; ln -s x /e/link; echo x >/e/x; cat /e/link 2>&1; true'
        has_option /a noatime
        has_option /b nodiratime
        lacks_option /c relatime
        lacks_option /c noatime
        has_option /f relatime
        grep -qE ' /d .* - tmpfs tmpfs .*sync.*dirsync' "$DIR/out"
        has_option /e nosymfollow
        prints_match 'Too many levels|Symbolic link loop'
}

@test "of contrary options the last counts" {
        tmpfs_at /a ro rw nosuid suid noexec exec
        tmpfs_at /b rw ro exec noexec
        inside 'cat /proc/self/mountinfo'
        has_option /a rw
        lacks_option /a nosuid
        lacks_option /a noexec
        has_option /b ro
        has_option /b noexec
}

@test "tmpfs: size and mode" {
        tmpfs_at /a size=1m mode=700
        inside 'stat -c %a /a; df -k /a | awk "NR == 2 { print \$2 }"; dd if=/dev/zero of=/a/f bs=1M count=2 2>&1'  || :
        prints_line 700
        prints_line 1024
        prints_match 'No space left'
}

@test "tmpfs: takes the mode of the folder that it covers" {
        mkdir "$ROOTFS/covered"
        chmod 1750 "$ROOTFS/covered"
        tmpfs_at /covered
        inside 'stat -c %a /covered'
        prints 1750
}

@test "tmpfs: tmpcopyup starts as a copy of what is covered" {
        mkdir -p "$ROOTFS/etc/folder"
        echo content >"$ROOTFS/etc/folder/file"
        ln -s folder/file "$ROOTFS/etc/link"
        chown 12:34 "$ROOTFS/etc/folder/file"
        chmod 604 "$ROOTFS/etc/folder/file"
        tmpfs_at /etc tmpcopyup
        inside 'cat /etc/link; stat -c "%u %g %a" /etc/folder/file; echo new >/etc/new; ls /etc | tr "\n" " "'
        prints_line content
        prints_line '12 34 604'
        prints_line 'folder group link new passwd '
        [ ! -e "$ROOTFS/etc/new" ]
}

@test "mqueue, devpts, shm and sysfs of the default config" {
        inside 'mkdir /dev/mqueue/x 2>/dev/null; cat /proc/self/mountinfo'
        grep -qE ' /dev/mqueue .* - mqueue ' "$DIR/out"
        grep -qE ' /dev/pts .* - devpts .*gid=5,mode=620,ptmxmode=666' "$DIR/out"
        grep -qE ' /dev/shm .* - tmpfs .*size=65536k' "$DIR/out"
        grep -qE ' /sys .* - sysfs ' "$DIR/out"
        has_option /sys ro
        has_option /dev/shm noexec
        has_option /dev/pts nosuid
        [ "$(grep -c ' /proc .* - proc ' "$DIR/out")" -eq 1 ]
}

@test "a file system without options" {
        config '.mounts += [{"destination": "/a", "type": "tmpfs", "source": "named"}]'
        inside 'grep " /a " /proc/self/mountinfo'
        prints_match ' - tmpfs named rw'
}

@test "a relative destination is taken from the root" {
        config '.mounts += [{"destination": "a/b", "type": "tmpfs", "source": "tmpfs"}]'
        inside 'grep -c " /a/b " /proc/self/mountinfo'
        prints 1
}

@test "a mount over the root is refused" {
        only_tare "older versions"
        tmpfs_at /
        refused
        config '.mounts[-1].destination = "/bin/.."'
        refused
}

# --- root ---

@test "a read-only root is read-only, and the mounts in it are not" {
        config '.root.readonly = true'
        tmpfs_at /data
        inside 'touch /data/file && echo ok; touch /file 2>&1; touch /etc/file 2>&1' || :
        prints_line ok
        [ "$(grep -c 'Read-only file system' "$DIR/out")" -eq 2 ]
        [ ! -e "$ROOTFS/file" ]
}

@test "a writable root is writable" {
        inside 'echo content >/file'
        [ "$(cat "$ROOTFS/file")" = content ]
}

@test "the host cannot be seen, and its root is no mount in the container" {
        inside 'ls /; cat /proc/self/mountinfo'
        [ "$(grep -cE '^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ / ' "$DIR/out")" -eq 1 ]
        [ -z "$(grep -F "$DIR" "$DIR/out" | grep -vE "^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ / ")" ]
}

@test "a rootfs of another name, and by an absolute path" {
        mv "$ROOTFS" "$DIR/other"
        config '.root.path = $path' --arg path "$DIR/other"
        inside 'echo ran'
        prints ran
        config '.root.path = "../other"'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints ran
}

@test "--no-pivot isolates all the same" {
        args ls /
        expect 0 tare run --no-pivot --bundle "$BUNDLE" "$ID"
        prints_line bin
        [ -z "$(grep -x work "$DIR/out")" ]
        script 'cd /; i=0; while [ $i -lt 20 ]; do cd ..; i=$((i + 1)); done; ls'
        expect 0 tare run --no-pivot --bundle "$BUNDLE" "$ID"
        prints_line bin
}

without_mount_namespace() {
        config '.linux.namespaces |= map(select(.type != "mount")) | del(.linux.maskedPaths, .linux.readonlyPaths)'
}

# Mounts on a tree that is attached nowhere.
has_detached_targets() {
        [ "$(need_system_call mount_setattr; printf '%s\n' 6.15 "$(uname -r)" | sort --version-sort | head -n 1)" = 6.15 ]
}

need_detached_targets() {
        has_detached_targets || skip "needs the mount calls of Linux 6.15"
}

@test "without a mount namespace and without mounts the root is the directory" {
        without_mount_namespace
        config 'del(.mounts)'
        inside 'echo ran; ls / | head -n 1; touch /made'
        prints $'ran\nbin'
        [ -e "$ROOTFS/made" ]
}

@test "without a mount namespace the mounts are the container's alone, and go with it" {
        only_tare "makes them on the host, where they stay"
        need_detached_targets
        make_source
        without_mount_namespace
        bind_at /bound "$DIR/source" bind ro
        script 'touch /dev/shm/made /kept; ls -d /dev/null /dev/shm/made /proc/self /sys/kernel /bound/file
                touch /bound/file || echo read-only; echo x >/dev/null; mount -t tmpfs tmpfs /var || echo refused
                i=0; while [ $i -lt 20 ]; do cd ..; i=$((i + 1)); done; ls | head -n 1; echo done; sleep 1000'
        create
        [ -z "$(left_mounts)" ]
        tare start "$ID"
        soon grep -q done "$DIR/container"
        is "$(cat "$DIR/container")" "$(printf '%s\n' /bound/file /dev/null /dev/shm/made /proc/self /sys/kernel read-only refused bin done)"
        [ -z "$(left_mounts)" ]
        is "$(readlink "/proc/$(pid_of)/ns/mnt")" "$(readlink /proc/self/ns/mnt)"
        [ -e "$ROOTFS/kept" ]
        [ -z "$(ls "$ROOTFS/dev" "$ROOTFS/proc" "$ROOTFS/sys" | grep -v ':$')" ]
        expect 0 tare exec "$ID" ls /dev/shm /bound
        prints $'/bound:\nfile\n\n/dev/shm:\nmade'
        expect 0 tare delete --force "$ID"
        [ -z "$(left_mounts)" ]
}

@test "without a mount namespace: on a shared mount of the host nothing reaches the host" {
        only_tare "makes them on the host, where they stay"
        need_detached_targets
        without_mount_namespace
        args ls /dev/null
        # In a mount namespace of our own, in which the rootfs is on a shared mount.
        expect 0 unshare --mount --propagation private sh -ec '
                mount --bind "$2" "$2"
                mount --make-shared "$2"
                "$1" --root "$3" run --bundle "$2" "$4"
                [ "$(grep -c " $2" /proc/self/mountinfo)" -eq 1 ]' sh "$TARE" "$BUNDLE" "$ROOT" "$ID"
        prints /dev/null
}

@test "without a mount namespace: propagation of the mounts" {
        only_tare "makes them on the host, where they stay"
        need_detached_targets
        without_mount_namespace
        make_source
        tmpfs_at /tmpfs shared
        bind_at /slave "$DIR/source" rbind rslave
        config '.mounts += [{"destination": "/groups", "type": "cgroup", "source": "cgroup", "options": ["rshared"]}]'
        inside 'ls -d /tmpfs /slave/file; ls /groups | head -n 1 | grep .'
        nothing_left
}

@test "without a mount namespace: where the mounts cannot be kept from the host they are refused" {
        local n
        only_tare "makes them on the host, where they stay"
        n=$(jq '.mounts | length' "$BUNDLE/config.json")
        without_mount_namespace
        has_detached_targets ||
                refused "mounts: found $n, expected none without a mount namespace: before Linux 6.15 they would be the host's"
        config '.linux.namespaces += [{"type": "user"}] | .linux |= . + {uidMappings: [{"containerID": 0, "hostID": 100000, "size": 65536}],
                gidMappings: [{"containerID": 0, "hostID": 100000, "size": 65536}]}'
        refused "mounts: found $n, expected none with a user namespace and without a mount namespace"
}

@test "tmpfs: tmpcopyup into one that is read-only" {
        echo "of the image" >"$ROOTFS/etc/file"
        tmpfs_at /etc tmpcopyup ro
        inside 'cat /etc/file; touch /etc/new 2>&1'" || :"'; cat /proc/self/mountinfo'
        prints_line "of the image"
        prints_match 'touch: .*: Read-only file system'
        has_option /etc ro
}

@test "remount: recursive options and propagation reach what is there" {
        need_system_call mount_setattr
        tmpfs_at /a
        tmpfs_at /a/b
        config '.mounts += [{"destination": "/a", "options": ["remount", "bind", "rro", "rnosuid", "rshared"]}]'
        inside 'cat /proc/self/mountinfo'
        has_option /a ro
        has_option /a nosuid
        has_option /a/b ro
        has_option /a/b nosuid
        [[ $(propagation_of /a/b) = *shared:* ]]
        # Of a superblock too.
        config '.mounts[-1].options = ["remount", "size=64k", "rro", "shared"]'
        inside 'cat /proc/self/mountinfo'
        has_option /a ro
        has_option /a/b ro
        [[ $(propagation_of /a) = *shared:* ]]
}

@test "remount: what is not spoken of stays, with options of the superblock too" {
        local words
        for words in '["remount", "size=64k", "nodev"]' '["remount", "silent", "nodev"]' '["remount", "nodev"]' '["remount", "bind", "silent", "nodev"]'; do
                config '.mounts |= map(select(.destination != "/a"))'
                tmpfs_at /a nosuid noexec nodiratime noatime ro
                config ".mounts += [{destination: \"/a\", options: $words}]"
                inside 'cat /proc/self/mountinfo'
                has_option /a 'ro,nosuid,nodev,noexec,noatime,nodiratime'
        done
        # And what is spoken of goes.
        config '.mounts[-1].options = ["remount", "size=64k", "suid", "diratime", "relatime"]'
        inside 'cat /proc/self/mountinfo; grep -c "size=64k" /proc/self/mountinfo'
        has_option /a 'ro,noexec,relatime'
        prints_line 1
}

@test "remount: rw makes one that was mounted read-only writable" {
        tmpfs_at /a ro size=64k
        config '.mounts += [{"destination": "/a", "options": ["remount", "rw"]}]'
        inside 'touch /a/new && ls /a'
        prints new
}

@test "cgroup: recursive options reach each hierarchy" {
        need_system_call mount_setattr
        config '.mounts |= map(select(.destination != "/sys/fs/cgroup"))
                | .mounts += [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["rro", "rnoexec"]}]'
        inside 'cat /proc/self/mountinfo'
        grep -q ' /sys/fs/cgroup' "$DIR/out"
        not grep -E ' /sys/fs/cgroup(/[^ ]*)? rw,' "$DIR/out"
        has_option /sys/fs/cgroup noexec
}

# --- propagation ---

@test "propagation: nothing of the container reaches the host, and nothing of the host the container" {
        start
        mkdir -p "$DIR/late"
        [ -z "$(grep -F "$ROOTFS" /proc/self/mountinfo)" ]
        awk '$5 == "/"' "/proc/$(pid_of)/mountinfo" >"$DIR/root"
        [ -z "$(grep -E 'shared:' "$DIR/root")" ]
}

# The optional fields of the mount at a place, in the container.
propagation_of() {
        awk -v path="$1" '$5 == path { fields = ""; for (i = 7; $i != "-"; i++) fields = fields " " $i } END { print fields }' "$DIR/out"
}

@test "propagation: options of a mount" {
        make_source
        mkdir "$DIR/shared"
        bind_at /private "$DIR/source" bind private
        bind_at /shared "$DIR/source" bind shared
        bind_at /unbindable "$DIR/source" bind unbindable
        tmpfs_at /tmpfs shared
        inside 'cat /proc/self/mountinfo'
        [ -z "$(propagation_of /private)" ]
        [[ $(propagation_of /shared) = *shared:* ]]
        [[ $(propagation_of /unbindable) = *unbindable* ]]
        [[ $(propagation_of /tmpfs) = *shared:* ]]
}

@test "propagation: options of a cgroup mount" {
        only_tare "drops or refuses them"
        local type
        for type in cgroup cgroup2; do
                config '.mounts |= map(select(.destination != "/sys/fs/cgroup")) | .mounts += [{"destination": "/sys/fs/cgroup", "type": $type,
                        "source": "cgroup", "options": ["rshared"]}]' --arg type $type
                inside 'cat /proc/self/mountinfo'
                grep -q ' /sys/fs/cgroup ' "$DIR/out"
                not grep -E ' /sys/fs/cgroup(/[^ ]*)? [^ ]+ - ' "$DIR/out"
        done
        # With the other word just the one.
        config '.mounts[-1].options = ["shared"]'
        inside 'cat /proc/self/mountinfo'
        [[ $(propagation_of /sys/fs/cgroup) = *shared:* ]]
        [ "$CGROUP_VERSION" = 2 ] || grep -qE ' /sys/fs/cgroup/[^ ]* [^ ]+ - ' "$DIR/out"
}

# Runs COMMAND in a mount namespace with a shared tmpfs at $DIR/shared, as on a host with systemd.
on_shared_host() {
        mkdir -p "$DIR/shared"
        unshare --mount --propagation private -- bash -euc '
                mount -t tmpfs shared "$1"
                mount --make-shared "$1"
                mkdir "$1/sub"
                shift
                exec "$@"' - "$DIR/shared" "$@" 3>&-
}

@test "propagation: a slave mount sees what the host mounts later" {
        bind_at /volume "$DIR/shared" rbind rslave
        script 'echo ready >/volume/ready; until [ -e /volume/sub/late ]; do sleep 0.05; done; mount 2>/dev/null; grep " /volume" /proc/self/mountinfo'
        expect 0 on_shared_host bash -euc '
                "$1" --root "$2" run --bundle "$3" "$4" &
                i=0
                until [ -e "$5/ready" ]; do sleep 0.05; i=$((i + 1)); [ $i -lt 200 ]; done
                mount -t tmpfs late "$5/sub"
                touch "$5/sub/late"
                wait' - "$TARE" "$ROOT" "$BUNDLE" "$ID" "$DIR/shared"
        [[ $(propagation_of /volume) = *master:* ]]
        [[ $(propagation_of /volume) != *shared:* ]]
        grep -q ' /volume/sub ' "$DIR/out"
}

@test "propagation: a private mount does not" {
        bind_at /volume "$DIR/shared" rbind rprivate
        script 'echo ready >/volume/ready; until [ -e /volume/done ]; do sleep 0.05; done; grep " /volume" /proc/self/mountinfo'
        expect 0 on_shared_host bash -euc '
                "$1" --root "$2" run --bundle "$3" "$4" &
                i=0
                until [ -e "$5/ready" ]; do sleep 0.05; i=$((i + 1)); [ $i -lt 200 ]; done
                mount -t tmpfs late "$5/sub"
                touch "$5/done"
                wait' - "$TARE" "$ROOT" "$BUNDLE" "$ID" "$DIR/shared"
        [ -z "$(propagation_of /volume)" ]
        not grep -q ' /volume/sub ' "$DIR/out"
}

@test "propagation: a shared mount shows the host what the container mounts" {
        # The fallback binds when the namespace is a slave already.
        need_system_call mount_setattr
        bind_at /volume "$DIR/shared" rbind rshared
        config '.linux.rootfsPropagation = "shared" | .process.noNewPrivileges = false
                | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
        script 'mount -t tmpfs inner /volume/sub && touch /volume/sub/inner && grep " /volume" /proc/self/mountinfo'
        expect 0 on_shared_host bash -euc '
                "$1" --root "$2" run --bundle "$3" "$4"
                grep " $5/sub " /proc/self/mountinfo
                [ -e "$5/sub/inner" ]' - "$TARE" "$ROOT" "$BUNDLE" "$ID" "$DIR/shared"
        [[ $(propagation_of /volume) = *shared:* ]]
}

@test "propagation: of the root" {
        local kind
        for kind in '' private rprivate slave rslave; do
                config 'if $kind == "" then . else .linux.rootfsPropagation = $kind end' --arg kind "$kind"
                inside 'cat /proc/self/mountinfo'
                [[ $(propagation_of /) != *shared:* ]]
        done
        only_tare "older versions keep it private"
        config '.linux.rootfsPropagation = "shared"'
        inside 'cat /proc/self/mountinfo'
        [[ $(propagation_of /) = *shared:* ]]
        config '.linux.rootfsPropagation = "unbindable"'
        inside 'cat /proc/self/mountinfo'
        [[ $(propagation_of /) = *unbindable* ]]
        config '.linux.rootfsPropagation = "sideways"'
        refused
}

# --- masked and read-only paths ---

@test "masked paths: files are empty, folders are empty and read-only, missing ones do not matter" {
        only_tare "fails when a parent is a file"
        mkdir "$ROOTFS/secrets"
        echo secret >"$ROOTFS/secrets/file"
        echo secret >"$ROOTFS/file"
        config '.linux.maskedPaths += ["/secrets", "/file", "/no/such", "/file/below"]'
        inside 'ls -A /secrets | wc -l; wc -c </file; touch /secrets/new 2>&1; echo x >/file; wc -c </proc/kcore' || :
        [ "$(head -n 2 "$DIR/out" | tr '\n' ' ')" = "0 0 " ]
        prints_match 'Read-only file system|Permission denied'
        [ "$(cat "$ROOTFS/file")" = secret ]
        [ ! -e "$ROOTFS/secrets/new" ]
}

@test "read-only paths: with what is below them" {
        mkdir -p "$ROOTFS/fixed/below"
        config '.linux.readonlyPaths += ["/fixed", "/no/such"]'
        inside 'touch /fixed/new 2>&1; touch /fixed/below/new 2>&1; echo 1 >/proc/sys/kernel/sysrq 2>&1; touch /free && echo ok' 2>&1 || :
        [ "$(grep -c 'Read-only file system' "$DIR/out")" -ge 2 ]
        prints_line ok
        [ ! -e "$ROOTFS/fixed/new" ]
        [ ! -e "$ROOTFS/fixed/below/new" ]
}

@test "relative masked and read-only paths are refused" {
        only_tare "accepts them"
        config '.linux.maskedPaths += ["etc"]'
        refused 'linux.maskedPaths'
        config 'del(.linux.maskedPaths) | .linux.readonlyPaths += ["etc"]'
        refused 'linux.readonlyPaths'
}

# --- devices ---

@test "devices: the default ones and the links" {
        inside 'cd /dev; stat -c "%n %t:%T %a %F" null zero full random urandom tty | sed "s/ character.*//"
                for l in fd stdin stdout stderr ptmx; do echo "$l -> $(readlink $l)"; done
                echo x >null; head -c 4 zero | wc -c'
        prints_line 'null 1:3 666'
        prints_line 'zero 1:5 666'
        prints_line 'full 1:7 666'
        prints_line 'random 1:8 666'
        prints_line 'urandom 1:9 666'
        prints_line 'tty 5:0 666'
        prints_line 'fd -> /proc/self/fd'
        prints_line 'stdin -> /proc/self/fd/0'
        prints_line 'stdout -> /proc/self/fd/1'
        prints_line 'stderr -> /proc/self/fd/2'
        prints_line 'ptmx -> pts/ptmx'
        prints_line 4
}

@test "devices: no console without a terminal" {
        inside '[ ! -e /dev/console ] && echo none'
        prints none
}

@test "devices: the listed ones, with mode and owner" {
        config '.linux.devices = [
                {"type": "c", "path": "/dev/fuse", "major": 10, "minor": 229, "fileMode": 432, "uid": 1000, "gid": 1001},
                {"type": "b", "path": "/dev/deep/down/disk", "major": 7, "minor": 200},
                {"type": "p", "path": "/dev/pipe", "fileMode": 384},
                {"type": "u", "path": "/dev/unbuffered", "major": 1, "minor": 3}]'
        inside 'stat -c "%n %F %t:%T %a %u %g" /dev/fuse /dev/deep/down/disk /dev/pipe /dev/unbuffered'
        prints_line '/dev/fuse character special file a:e5 660 1000 1001'
        prints_line '/dev/deep/down/disk block special file 7:c8 666 0 0'
        prints_line '/dev/pipe fifo 0:0 600 0 0'
        prints_line '/dev/unbuffered character special file 1:3 666 0 0'
}

@test "devices: all twelve bits of a mode outlive the change of the owner" {
        config '.linux.devices = [{"type": "c", "path": "/dev/special", "major": 1, "minor": 3, "fileMode": 3560, "uid": 1, "gid": 2}]'
        args stat -c '%a %u %g' /dev/special
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        [ "$(cat "$DIR/out")" = '6750 1 2' ]
}

@test "devices: one of the default ones may be listed" {
        only_tare "the default rules of its spec deny it"
        config '.linux.devices = [{"type": "c", "path": "/dev/null", "major": 1, "minor": 3, "fileMode": 438}]'
        inside 'echo x >/dev/null && echo ok'
        prints ok
}

@test "devices: something else at the path is refused" {
        only_tare "accepts it"
        config '.linux.devices = [{"type": "c", "path": "/etc/passwd", "major": 1, "minor": 3}]'
        refused '/etc/passwd'
        [ -f "$ROOTFS/etc/passwd" ]
}

@test "devices: an unknown type is refused" {
        config '.linux.devices = [{"type": "z", "path": "/dev/z", "major": 1, "minor": 3}]'
        refused
        only_tare "names no path"
        refused 'linux.devices[0].type' '"z"'
}

@test "devices: a /dev of the host is left alone" {
        local before
        config '.mounts |= map(select(.destination | startswith("/dev") | not))'
        bind_at /dev /dev rbind rprivate
        before=$(find /dev -maxdepth 1 | sort)
        inside 'ls /dev | wc -l; echo x >/dev/null'
        [ "$(find /dev -maxdepth 1 | sort)" = "$before" ]
}

# --- the cgroup file system ---

@test "cgroup: on v1 a folder per controller, read-only, with the container's own cgroup" {
        need_v1
        inside 'ls /sys/fs/cgroup; cat /sys/fs/cgroup/pids/cgroup.procs | grep -x $$; mkdir /sys/fs/cgroup/pids/new 2>&1' || :
        local controller
        for controller in $(cut -d: -f2 /proc/self/cgroup | tr , '\n' | grep -v = | grep .); do
                prints_match "^$controller\$"
        done
        prints_match 'Read-only file system'
        [ ! -e "$(cgroup pids)/new" ]
}

@test "cgroup: on v2 one tree, read-only" {
        need_v2
        inside 'cat /sys/fs/cgroup/cgroup.controllers; stat -f -c %t /sys/fs/cgroup; grep -x 1 /sys/fs/cgroup/cgroup.procs; mkdir /sys/fs/cgroup/new 2>&1' || :
        prints_line 63677270
        prints_match 'Read-only file system'
}

@test "cgroup: on v2 the whole tree for a container without a cgroup of its own" {
        need_v2
        config '.linux.namespaces |= map(select(.type != "cgroup"))'
        args stat -f -c %t /sys/fs/cgroup
        expect 0 tare --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
        prints 63677270
}

@test "cgroup: on v2 without a cgroup namespace the whole tree, in which the process finds itself" {
        need_v2
        config '.linux.namespaces |= map(select(.type != "cgroup"))'
        inside 'path=$(sed -n s/^0:://p /proc/self/cgroup); echo "$path"; grep -x $$ "/sys/fs/cgroup$path/cgroup.procs"; mkdir /sys/fs/cgroup/new 2>&1' || :
        prints_line "$(place)"
        prints_line 1
        prints_match 'Read-only file system'
}

# With a user namespace and without one of cgroups.
mapped_in_all_cgroups() {
        config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{"type": "user"}])
                | .linux.uidMappings = [{"containerID": 0, "hostID": 0, "size": 65536}]
                | .linux.gidMappings = [{"containerID": 0, "hostID": 0, "size": 65536}]'
}

@test "CVE-2023-25809: on v2 a user namespace without one of cgroups sees all if it is read-only, else its own" {
        need_v2
        only_tare "crun and runc bind the whole tree"
        need_system_call mount_setattr
        mapped_in_all_cgroups
        script 'path=$(sed -n s/^0:://p /proc/self/cgroup); ls -d "/sys/fs/cgroup$path"; mkdir /sys/fs/cgroup/new-'"$ID"' 2>&1; true'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints_match "^/sys/fs/cgroup$(place)\$"
        prints_match 'Read-only file system'
        config '.mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
        script 'path=$(sed -n s/^0:://p /proc/self/cgroup); ls -d "/sys/fs/cgroup$path" 2>&1; mkdir /sys/fs/cgroup/new-'"$ID"' && echo made'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints_match 'No such file'
        prints_line made
        nothing_left
}

@test "CVE-2023-25809: on v2 who could make it writable sees only its own, with a user namespace" {
        need_v2
        only_tare "crun and runc bind the whole tree"
        need_system_call mount_setattr
        mapped_in_all_cgroups
        config '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
        mkdir "/sys/fs/cgroup/other-$ID"
        script 'mount -o remount,rw,bind /sys/fs/cgroup && cd /sys/fs/cgroup; mkdir other-'"$ID"'/new && echo reached; mkdir new && echo made'
        status=0
        expect 0 tare run --bundle "$BUNDLE" "$ID" || status=1
        find "/sys/fs/cgroup/other-$ID" -depth -type d -exec rmdir {} \;
        is "$status $output" "0 made"
        nothing_left
}

@test "CVE-2023-25809: on v2 the same if it is the caller who is in a user namespace" {
        need_v2
        only_tare "crun and runc bind the whole tree"
        need_system_call mount_setattr
        unshare --user --map-root-user true || skip "no user namespaces here"
        config '.linux.namespaces |= map(select(.type != "cgroup" and .type != "network"))
                | .mounts |= (map(if .type == "cgroup" or .type == "devpts" then .options -= ["ro", "gid=5"] else . end)
                        | map(select(.type != "sysfs")))'
        mkdir "/sys/fs/cgroup/other-$ID"
        script 'cd /sys/fs/cgroup; mkdir other-'"$ID"'/new && echo reached; mkdir new && echo made'
        status=0
        expect 0 unshare --user --map-root-user -- "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID" || status=1
        find "/sys/fs/cgroup/other-$ID" -depth -type d -exec rmdir {} \;
        is "$status $output" "0 made"
        nothing_left
}

@test "cgroup: with a cgroup namespace the container's own cgroup is the root" {
        config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{"type": "cgroup"}])'
        inside 'cat /proc/self/cgroup'
        [ -z "$(grep -v ':/$' "$DIR/out")" ]
}
