#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# `mounts add` and `mounts remove`: what is mounted in a container that is there, how, and that neither the container's
# files nor a failure in the middle can make more, less or something else of it.

load helpers

setup() {
        common_setup
        only_tare "has no such command, or another one"
        need_system_call mount_setattr
        LIST=$DIR/list
        echo '[]' >"$LIST"
}

# --- the list of mounts ---

# item DESTINATION TYPE SOURCE [OPTION...]: one more in the list.
item() {
        local destination=$1 type=$2 source=$3
        shift 3
        jq --arg destination "$destination" --arg type "$type" --arg source "$source" \
                '. + [{$destination, $type, $source, "options": $ARGS.positional}]' --args "$@" <"$LIST" >"$LIST.new"
        mv "$LIST.new" "$LIST"
}

new_list() {
        echo '[]' >"$LIST"
}

make_source() {
        mkdir -p "$DIR/source"
        echo "of the host" >"$DIR/source/file"
}

add() {
        expect 0 tare mounts add "$ID" "$LIST"
        says_nothing
}

remove() {
        expect 0 tare mounts remove "$ID" "$LIST"
        says_nothing
}

# fails ACTION TEXT...: exit code 1 with every TEXT on stderr, and the container has the mounts that it had.
fails() {
        local action=$1 text before
        shift
        before=$(mounts)
        expect 1 tare mounts "$action" "$ID" "$LIST"
        for text; do
                says "$text"
        done
        is "$(mounts)" "$before"
}

# --- the container's view ---

mounts() {
        cat "/proc/$(pid_of)/mountinfo"
}

# mounted PATH: how many are mounted there.
mounted() {
        mounts | awk -v path="$1" '$5 == path { n++ } END { print n + 0 }'
}

# options_of PATH: of the last one there.
options_of() {
        mounts | awk -v path="$1" '$5 == path { options = "," $6 "," } END { print options }'
}

has_option() {
        [[ $(options_of "$1") = *",$2,"* ]] || { echo "expected option $2 at $1: $(options_of "$1")" && return 1; }
}

# The optional fields, which tell of propagation.
propagation_of() {
        mounts | awk -v path="$1" '$5 == path { fields = ""; for (i = 7; $i != "-"; i++) fields = fields " " $i } END { print fields }'
}

# in_container COMMAND...: with the host's rights, but in the container's mounts.
in_container() {
        nsenter --target "$(pid_of)" --mount --root --wd=/ -- "$@"
}

# --- add ---

@test "add: a folder and a file of the host" {
        make_source
        start
        item /made/folder bind "$DIR/source" bind
        item /made/file bind "$DIR/source/file" bind
        add
        is "$(in_container cat /made/folder/file)" "of the host"
        is "$(in_container cat /made/file)" "of the host"
        in_container touch /made/folder/new
        [ -e "$DIR/source/new" ]
        [ -f "$ROOTFS/made/file" ]
        is "$(grep -cF "$DIR" /proc/self/mountinfo)" 0
}

@test "add: the container's process sees it" {
        make_source
        script 'until [ -e /a/file ]; do sleep 0.02; done; cat /a/file; exec sleep 1000'
        create
        tare start "$ID"
        item /a bind "$DIR/source" bind
        add
        soon grep -qx 'of the host' "$DIR/container"
}

@test "add: flags of a bind mount" {
        make_source
        start
        item /a bind "$DIR/source" bind ro nosuid nodev noexec noatime
        add
        local option
        for option in ro nosuid nodev noexec noatime; do
                has_option /a $option
        done
        run -1 in_container touch /a/new
        [ ! -e "$DIR/source/new" ]
}

@test "add: recursive options reach the mounts below" {
        start
        mkdir "$DIR/source"
        item /a bind "$DIR/source" rbind rro rnosuid
        item /b bind "$DIR/source" bind
        expect 0 unshare --mount --propagation private -- bash -euc '
                mkdir "$1/source/sub"
                mount -t tmpfs tmpfs "$1/source/sub"
                exec "$2" --root "$3" mounts add "$4" "$5" 3>&-' - "$DIR" "$TARE" "$ROOT" "$ID" "$LIST"
        has_option /a ro
        has_option /a/sub ro
        has_option /a/sub nosuid
        is "$(mounted /b/sub)" 0
}

@test "add: a tmpfs with options" {
        start
        item /a tmpfs tmpfs size=1m mode=750 nosuid noexec
        item /b tmpfs tmpfs ro
        add
        is "$(in_container stat -c %a /a)" 750
        in_container df -k /a | awk 'NR == 2 { exit $2 != 1024 }'
        has_option /a nosuid
        has_option /a noexec
        has_option /b ro
        mounts | grep -q ' /a .* - tmpfs tmpfs .*size=1024k'
}

@test "add: tmpcopyup copies what is covered" {
        start
        item /etc tmpfs tmpfs tmpcopyup
        add
        is "$(in_container head -n 1 /etc/passwd)" root:x:0:0:root:/root:/bin/sh
        in_container touch /etc/new
        [ ! -e "$ROOTFS/etc/new" ]
}

@test "add: in their order, one in another" {
        make_source
        start
        item /a tmpfs tmpfs
        item /a/b bind "$DIR/source" bind
        item /a/b/c tmpfs tmpfs
        add
        is "$(in_container cat /a/b/file)" "of the host"
        is "$(mounted /a/b/c)" 1
        [ -d "$DIR/source/c" ]
        [ ! -e "$ROOTFS/a/b" ]
}

@test "add: a relative source is below the bundle, a relative destination below the root" {
        start
        mkdir "$BUNDLE/here"
        echo relative >"$BUNDLE/here/file"
        item a/b bind here bind
        cd /
        expect 0 tare mounts add "$ID" "$LIST"
        says deprecated
        is "$(in_container cat /a/b/file)" relative
}

@test "add and remove: from standard input" {
        start
        item /a tmpfs tmpfs
        INPUT=$LIST
        expect 0 tare mounts add "$ID" -
        is "$(mounted /a)" 1
        expect 0 tare mounts remove "$ID" -
        is "$(mounted /a)" 0
}

@test "add: nothing at all" {
        start
        add
        remove
}

@test "add: file systems of the container's own namespaces" {
        start
        item /queues mqueue mqueue
        item /system sysfs sysfs ro
        add
        is "$(in_container ls /system/class/net)" lo
        in_container touch /dev/mqueue/here
        [ -e "/proc/$(pid_of)/root/queues/here" ]
}

@test "add: to a created container, which finds it when it starts" {
        make_source
        script 'cat /a/file; exec sleep 1000'
        create
        item /a bind "$DIR/source" bind
        add
        tare start "$ID"
        soon grep -qx 'of the host' "$DIR/container"
}

# --- a frozen container ---


@test "add and remove: in a paused container" {
        [ "$CGROUP_VERSION" = 2 ] || need_controller freezer
        make_source
        start
        if [ "$CGROUP_VERSION" = 1 ]; then
                echo FROZEN >"$(cgroup freezer)/freezer.state"
        else
                echo 1 >"$(cgroup)/cgroup.freeze"
        fi
        soon status_is paused
        item /a bind "$DIR/source" bind
        item /b tmpfs tmpfs
        add
        is "$(mounted /a)" 1
        is "$(mounted /b)" 1
        remove
        is "$(mounted /a)" 0
        [ "$(status_of)" = paused ]
}

# --- propagation ---

@test "propagation: options of a mount" {
        make_source
        start
        item /private bind "$DIR/source" bind private
        item /shared bind "$DIR/source" bind shared
        item /unbindable bind "$DIR/source" bind unbindable
        item /tmpfs tmpfs tmpfs shared
        add
        [ -z "$(propagation_of /private)" ]
        [[ $(propagation_of /shared) = *shared:* ]]
        [[ $(propagation_of /unbindable) = *unbindable* ]]
        [[ $(propagation_of /tmpfs) = *shared:* ]]
}

# on_shared_host SCRIPT: with $1 a shared tmpfs of the host's that has a folder `sub`, as on a host with systemd.
on_shared_host() {
        mkdir -p "$DIR/shared"
        expect 0 unshare --mount --propagation private -- bash -euc '
                mount -t tmpfs shared "$1"
                mount --make-shared "$1"
                mkdir "$1/sub"
                tare() { timeout 60 "$TARE" --root "$ROOT" "$@" 3>&-; }
                '"$1" - "$DIR/shared"
}

@test "propagation: what the container mounts never reaches the host, what the host mounts later only a slave" {
        export ROOT LIST ID
        start
        item /default bind "$DIR/shared" bind
        item /slave bind "$DIR/shared" rbind rslave
        item /private bind "$DIR/shared" rbind rprivate
        on_shared_host '
                tare mounts add "$ID" "$LIST"
                pid=$(tare state "$ID" | jq .pid)
                mount -t tmpfs late "$1/sub"
                nsenter --target "$pid" --mount --root /bin/mount -t tmpfs inner /default
                cp "/proc/$pid/mountinfo" "$1/../inside"
                grep -c " $1" /proc/self/mountinfo'
        prints 2
        # As it was while the host had its mounts.
        mounts() { cat "$DIR/inside"; }
        is "$(mounted /default)" 2
        [[ $(propagation_of /slave) = *master:* ]]
        [ -z "$(grep -E ' /(default|slave|private)' "$DIR/inside" | grep shared:)" ]
        is "$(mounted /slave/sub)" 1
        is "$(mounted /private/sub)" 0
        [ -z "$(propagation_of /private)" ]
}

@test "propagation: without options it is that of the root, shared too" {
        export ROOT LIST ID
        config '.linux.rootfsPropagation = "rshared"'
        start
        item /volume bind "$DIR/shared" rbind
        on_shared_host '
                tare mounts add "$ID" "$LIST"
                pid=$(tare state "$ID" | jq .pid)
                nsenter --target "$pid" --mount --root /bin/mount -t tmpfs inner /volume/sub
                grep -c " $1/sub " /proc/self/mountinfo'
        prints 1
}

# --- other ids ---

@test "id-mapped: own mappings; other ways are refused where they cannot be" {
        make_source
        chown 1000:2000 "$DIR/source/file"
        start
        jq --arg source "$DIR/source" '. + [{destination: "/mnt", $source, options: ["bind", "idmap"],
                uidMappings: [{containerID: 1000, hostID: 10, size: 1}], gidMappings: [{containerID: 2000, hostID: 20, size: 1}]}]' \
                <"$LIST" >"$LIST.new"
        mv "$LIST.new" "$LIST"
        add
        is "$(stat -c %u:%g "/proc/$(pid_of)/root/mnt/file")" 10:20
        remove
        config_of_list() { jq "$1" <"$LIST" >"$LIST.new" && mv "$LIST.new" "$LIST"; }
        config_of_list '.[0].type = "tmpfs" | .[0].options = ["idmap"]'
        fails add 'mounts[0]: found an id mapping for a new file system'
        config_of_list '.[0] |= (.options = ["bind", "idmap"] | del(.uidMappings, .gidMappings))'
        fails add 'mounts[0].options: found `idmap` without uidMappings'
        ln -s file "$DIR/source/link"
        config_of_list '.[0] |= (.source += "/link" | .options = ["bind", "copy-symlink"])'
        fails add 'mounts[0].source: found the symbolic link'
}

# --- a user namespace ---

mapped() {
        config '.linux.namespaces += [{"type": "user"}]
                | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .linux.gidMappings = [{"containerID": 0, "hostID": 200000, "size": 65536}]'
        chown -R --no-dereference 100000:200000 "$ROOTFS"
}

@test "user namespace: bind and tmpfs, from a folder that only the host's root may enter" {
        make_source
        mkdir -m 700 "$DIR/secret"
        mv "$DIR/source" "$DIR/secret/source"
        chown 12345 "$DIR/secret"
        mapped
        start
        item /made/a bind "$DIR/secret/source" bind
        item /made/b tmpfs tmpfs mode=755 uid=5
        add
        is "$(in_container cat /made/a/file)" "of the host"
        is "$(in_container stat -c %u /made/b)" 100005
        is "$(stat -c %u:%g "$ROOTFS/made/a")" 100000:200000
        remove
        is "$(mounted /made/a)$(mounted /made/b)" 00
}

@test "user namespace: idmap takes the container's mapping" {
        make_source
        chown 7:8 "$DIR/source/file"
        mapped
        start
        item /mnt bind "$DIR/source" bind idmap
        add
        is "$(in_container stat -c %u:%g /mnt/file)" 100007:200008
        remove
}

@test "user namespace: the host's flags are locked" {
        make_source
        mapped
        config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
        script 'until [ -e /a/file ]; do sleep 0.02; done
                mount -o remount,bind,rw,suid,exec /a 2>&1 && touch /a/new
                mount -o remount,bind,rw /b && touch /b/new && echo ours
                exec sleep 1000'
        create
        tare start "$ID"
        item /b bind "$DIR/source" bind ro
        item /a bind "$DIR/source" bind
        expect 0 unshare --mount --propagation private -- bash -euc '
                mount --bind "$1/source" "$1/source"
                mount -o remount,bind,ro,nosuid,noexec "$1/source"
                exec "$2" --root "$3" mounts add "$4" "$5" 3>&-' - "$DIR" "$TARE" "$ROOT" "$ID" "$LIST"
        local option
        for option in ro nosuid noexec; do
                has_option /a $option
        done
        soon grep -qi 'permission denied\|not permitted' "$DIR/container"
        [ ! -e "$DIR/source/new" ]
}

@test "user namespace: without one a flag of the caller's is no lock" {
        make_source
        config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
        script 'until [ -e /b/file ]; do sleep 0.02; done; mount -o remount,bind,rw /b && touch /b/new; exec sleep 1000'
        create
        tare start "$ID"
        item /b bind "$DIR/source" bind ro
        add
        soon [ -e "$DIR/source/new" ]
}

@test "user namespace: of a caller without privilege" {
        make_source
        unprivileged unshare --user true || skip "no user namespaces for users here"
        expect 0 tare spec --rootless --bundle "$DIR"
        jq '.process.terminal = false | .root.readonly = false | .process.args = ["sleep", "1000"]
                | .linux.uidMappings[0].hostID = 12000 | .linux.gidMappings[0].hostID = 12000' "$DIR/config.json" >"$BUNDLE/config.json"
        chown -R --no-dereference 12000:12000 "$DIR"
        expect 0 unprivileged "$TARE" --root "$ROOT" --cgroup-manager disabled run --detach --bundle "$BUNDLE" "$ID"
        item /a bind "$DIR/source" rbind ro
        item /b tmpfs tmpfs
        expect 0 unprivileged "$TARE" --root "$ROOT" mounts add "$ID" "$LIST"
        is "$(in_container cat /a/file)" "of the host"
        has_option /a ro
        is "$(mounted /b)" 1
        expect 0 unprivileged "$TARE" --root "$ROOT" mounts remove "$ID" "$LIST"
        is "$(mounted /a)$(mounted /b)" 00
}

unprivileged() {
        timeout --kill-after=5 60 setpriv --reuid 12000 --regid 12000 --clear-groups -- "$@" 3>&-
}

# --- a read-only root ---

@test "read-only root: what is mounted on must be there" {
        mkdir "$ROOTFS/there"
        config '.root.readonly = true'
        start
        item /there tmpfs tmpfs
        add
        in_container touch /there/file
        new_list
        item /missing tmpfs tmpfs
        fails add 'mounts[0]: mount `tmpfs` on `/missing`' 'read-only file system'
        [ ! -e "$ROOTFS/missing" ]
}

# --- paths that would lead out ---

@test "links in the way to a target stay inside" {
        make_source
        mkdir "$DIR/outside"
        start
        ln -s "$DIR/outside" "$ROOTFS/absolute"
        ln -s ../../../../../../../../../..$DIR/outside "$ROOTFS/relative"
        ln -s "$DIR/planted" "$ROOTFS/dangling"
        item /absolute/made bind "$DIR/source" bind
        item /relative/also tmpfs tmpfs
        item /dangling bind "$DIR/source/file" bind
        add
        [ -z "$(ls -A "$DIR/outside")" ]
        [ ! -e "$DIR/planted" ]
        is "$(grep -cF "$DIR" /proc/self/mountinfo)" 0
        is "$(mounted "$DIR/outside/made")" 1
        is "$(mounted "$DIR/outside/also")" 1
        is "$(in_container cat "$DIR/planted")" "of the host"
        remove
        is "$(mounts | grep -cF "$DIR/outside")" 0
        item /relative bind "$DIR/source" bind
        add
        is "$(in_container cat "$DIR/outside/file")" "of the host"
}

@test "a root that init changed later does not matter" {
        make_source
        mkdir -p "$ROOTFS/jail/bin"
        cp "$ROOTFS/bin/busybox" "$ROOTFS/jail/bin/busybox"
        config '.process.capabilities |= map_values(. + ["CAP_SYS_CHROOT"])'
        args chroot /jail /bin/busybox sleep 1000
        create
        tare start "$ID"
        soon [ "$(readlink "/proc/$(pid_of)/root")" != / ]
        item /a bind "$DIR/source" bind
        add
        [ -d "$ROOTFS/a" ]
        [ ! -e "$ROOTFS/jail/a" ]
}

@test "a link of procfs is not followed" {
        make_source
        start
        ln -s /proc/self/root/tmp "$ROOTFS/magic"
        ln -s /proc/1/cwd "$ROOTFS/cwd"
        item /magic/a bind "$DIR/source" bind
        fails add 'mounts[0]: mount'
        new_list
        item /cwd/a tmpfs tmpfs
        fails add 'mounts[0]: mount'
        new_list
        ln -s /proc/sys "$ROOTFS/settings"
        item /settings tmpfs tmpfs
        fails add 'leads into a procfs'
}

# Exchanges $1 and $2 for ever.
attacker() {
        cc -static -O1 -D_GNU_SOURCE -x c -o "$ROOTFS/bin/attacker" - <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
        for (;;)
                syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], 2 /* RENAME_EXCHANGE */);
}
END
}

@test "a process that exchanges folders and links meanwhile leads nothing out" {
        local i failed=0
        make_source
        mkdir -p "$DIR/outside/sub" "$ROOTFS/volume/a/sub"
        ln -s "../../../../../../../../../..$DIR/outside" "$ROOTFS/volume/b"
        attacker
        args attacker /volume/a /volume/b
        create
        tare start "$ID"
        item /volume/a/sub/c bind "$DIR/source" bind
        item /volume/a/sub/d tmpfs tmpfs
        before=$(grep -vF "$DIR/state" /proc/self/mountinfo)
        for i in $(seq 100); do
                # A link may lead nowhere, or to what was a folder just before: that is refused, and no harm.
                tare mounts add "$ID" "$LIST" 2>"$DIR/err" || failed=$((failed + 1))
        done
        is "$(grep -vF "$DIR/state" /proc/self/mountinfo)" "$before"
        [ -z "$(ls -A "$DIR/outside/sub")" ]
        is "$(ls "$DIR/source")" file
        # Most of them did take place, somewhere inside.
        [ "$failed" -lt 70 ]
        [ "$(mounts | grep -cF "$DIR/source")" -eq $((100 - failed)) ]
}

@test "a process that exchanges folders meanwhile makes remove take nothing but what was added" {
        local i removed=0
        mkdir -p "$ROOTFS/secrets" "$ROOTFS/volume/a" "$ROOTFS/kept"
        echo secret >"$ROOTFS/secrets/file"
        ln -s /secrets "$ROOTFS/volume/b"
        config '.linux.maskedPaths += ["/secrets"] | .mounts += [{"destination": "/kept", "type": "tmpfs", "source": "tmpfs"}]'
        attacker
        script 'until [ -e /go ]; do sleep 0.02; done; exec attacker /volume/a /volume/b'
        create
        tare start "$ID"
        item /volume/a/sub tmpfs tmpfs
        add
        new_list
        item /volume/a tmpfs tmpfs
        add
        # Now /volume/a is either the mount's own folder or the link that leads to a mask.
        in_container umount /volume/a
        in_container touch /go
        for i in $(seq 60); do
                ! tare mounts remove "$ID" "$LIST" 2>/dev/null || removed=$((removed + 1))
        done
        is "$removed" 0
        is "$(mounted /secrets)" 1
        is "$(mounted /kept)" 1
}

# --- all or nothing ---

@test "all or nothing: the third of four fails" {
        make_source
        start
        item /a bind "$DIR/source" bind
        item /b tmpfs tmpfs
        item /c tmpfs tmpfs size=nonsense
        item /d tmpfs tmpfs
        fails add 'mounts[2]: mount `tmpfs` on `/c`' 'invalid argument'
        fails remove 'mounts[0].destination: found `/a`'
        # A kind that does not fit shows only when the target is there.
        new_list
        touch "$ROOTFS/file"
        item /a tmpfs tmpfs
        item /a/b tmpfs tmpfs
        item /file bind "$DIR/source" bind
        fails add 'mounts[2]: mount' 'the source is a directory, the target a file'
}

@test "all or nothing: a bind mount that cannot be opened is found before anything is mounted" {
        start
        item /a tmpfs tmpfs
        item /b bind "$DIR/no/such" bind
        fails add 'mounts[1].source: open' 'no such file or directory'
        [ ! -e "$ROOTFS/a" ]
}

@test "all or nothing: the visitor is killed in the middle" {
        local call when
        command -v strace >/dev/null || skip "no strace here"
        make_source
        start
        item /a bind "$DIR/source" bind
        item /a/b tmpfs tmpfs
        item /c tmpfs tmpfs
        for call in setns:1 sendmsg:1 sendmsg:2 move_mount:1 move_mount:2 fsmount:2; do
                when=${call#*:}
                before=$(mounts)
                expect 1 timeout 60 strace --follow-forks --quiet=all --output=/dev/null \
                        --inject="${call%:*}:signal=KILL:when=$when" "$TARE" --root "$ROOT" mounts add "$ID" "$LIST" 3>&-
                says 'the visitor was killed'
                is "$(mounts)" "$before"
        done
}

@test "all or nothing: the list cannot be written" {
        local status=0
        command -v strace >/dev/null || skip "no strace here"
        start
        item /a tmpfs tmpfs
        before=$(mounts)
        expect 1 timeout 60 strace --quiet=all --output=/dev/null --inject=rename,renameat,renameat2:error=ENOSPC \
                "$TARE" --root "$ROOT" mounts add "$ID" "$LIST" 3>&-
        says 'mounts.json' 
        says 'no space left on device'
        is "$(mounts)" "$before"
}

# --- refused ---

# rejects JSON TEXT: such a list is refused with this text.
rejects() {
        printf '%s' "$1" >"$LIST"
        fails add "$2"
}

@test "refused: what is no list of mounts" {
        start
        rejects '{}' 'mounts must be an array'
        rejects '"/a"' 'mounts must be an array'
        rejects '' 'empty, expected a JSON array'
        rejects '[null]' 'mounts[0]: found null, expected an object'
        rejects '[{"destination": "/a", "type": "tmpfs"}, {}]' 'mounts[1].destination: missing'
        rejects '[{"destination": "/a", "options": ["ro", 1]}]' 'mounts[0].options[1]: found a number, expected a string'
        rejects '[{"destination": "/a"}] []' "$LIST:1:"
        rejects '[{"destination": "/a"}' 'premature EOF'
        expect 1 tare mounts add "$ID" "$DIR/no-such-file"
        says "$DIR/no-such-file not found"
        expect 1 tare mounts add "$ID" "$DIR"
        says 'expected a regular file'
        expect 1 tare mounts change "$ID" "$LIST"
        says 'unknown action `change`'
}

@test "refused: what a config would be refused for" {
        start
        rejects '[{"destination": "", "type": "tmpfs"}]' 'mounts[0].destination: found ``'
        rejects '[{"destination": "/", "type": "tmpfs"}]' 'is the container'"'"'s root'
        rejects '[{"destination": "/tmp/..", "type": "tmpfs"}]' 'is the container'"'"'s root'
        rejects '[{"destination": "/a"}]' 'mounts[0].type: missing'
        rejects '[{"destination": "/a", "options": ["bind"]}]' 'mounts[0].source: missing'
        rejects '[{"destination": "/proc/sys", "type": "tmpfs"}]' 'mounts[0].destination: found `/proc/sys`'
        rejects '[{"destination": "/tmp/../proc/self/attr", "type": "tmpfs"}]' 'mounts[0].destination: found'
        rejects '[{"destination": "/proc", "type": "tmpfs"}]' 'mounts[0].type: found `tmpfs` on `/proc`'
        rejects '[{"destination": "/a", "type": "none", "source": "/tmp", "options": ["bind", "size=1m"]}]' 'filesystem-specific'
        rejects '[{"destination": "/a", "type": "nonsense"}]' 'mounts[0]: mount `nonsense` on `/a`'
}

@test "refused: what only the making of a container can do" {
        start
        rejects '[{"destination": "/a", "type": "proc", "source": "proc"}]' 'mounts[0].type: found `proc`'
        rejects '[{"destination": "/proc", "type": "proc", "source": "proc"}]' 'mounts[0].destination: found `/proc`'
        rejects '[{"destination": "/proc", "source": "/proc", "options": ["bind"]}]' 'mounts[0].destination: found `/proc`'
        rejects '[{"destination": "/a", "type": "cgroup", "source": "cgroup"}]' 'mounts[0].type: found `cgroup`'
        rejects '[{"destination": "/a", "type": "cgroup2", "source": "cgroup"}]' 'mounts[0].type: found `cgroup2`'
        rejects '[{"destination": "/tmp", "options": ["remount", "ro"]}]' 'mounts[0].options: found `remount`'
        rejects '[{"destination": "/", "options": ["remount", "rw"]}]' 'mounts[0].options: found `remount`'
        rejects '[{"destination": "/dev", "type": "tmpfs"}]' 'mounts[0].destination: found `/dev`'
        rejects '[{"destination": "/sys/", "type": "sysfs"}]' 'mounts[0].destination: found `/sys`'
}

@test "refused: a container without a mount namespace, one that has stopped, one that is not there" {
        item /a tmpfs tmpfs
        expect 1 tare mounts add "$ID" "$LIST"
        says 'container does not exist'
        config '.linux.namespaces |= map(select(.type != "mount")) | del(.mounts, .linux.maskedPaths, .linux.readonlyPaths)'
        start
        fails add 'the container has no mount namespace of its own'
        fails remove 'the container has no mount namespace of its own'
        tare kill "$ID" KILL
        soon status_is stopped
        expect 1 tare mounts add "$ID" "$LIST"
        says 'container not running'
}

@test "refused: init has left for namespaces of its own making" {
        local namespaces
        unshare --user --mount true || skip "no user namespaces here"
        make_source
        item /a bind "$DIR/source" bind ro
        for namespaces in -U -Um; do
                args unshare $namespaces sleep 1000
                create
                tare start "$ID"
                soon comm_is sleep
                fails add "the container's process has left"
                tare delete --force "$ID"
        done
        # Only into the mount namespace of another user namespace.
        ln -s busybox "$ROOTFS/bin/nsenter"
        config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE"])'
        script 'unshare -Um sleep 1000 & until [ "$(cat /proc/$!/comm)" = sleep ]; do sleep 0.02; done; exec nsenter -m/proc/$!/ns/mnt sleep 1000'
        create
        tare start "$ID"
        soon comm_is sleep
        fails add "the container's process has left the container's mount namespace"
        tare delete --force "$ID"
        args unshare -Um sleep 1000
        # Also where there is a user namespace to begin with.
        mapped
        create
        tare start "$ID"
        soon comm_is sleep
        fails add "the container's process has left"
}

comm_is() {
        [ "$(cat "/proc/$(pid_of)/comm")" = "$1" ]
}

# --- remove ---

@test "remove: what was added, and the folder is as before" {
        make_source
        start
        before=$(mounts)
        item /a bind "$DIR/source" bind
        item /a/sub tmpfs tmpfs
        item /file bind "$DIR/source/file" bind
        add
        remove
        is "$(mounts)" "$before"
        is "$(ls "$DIR/source")" $'file\nsub'
        add
        remove
        is "$(mounts)" "$before"
        fails remove 'mounts[0].destination: found `/a`'
}

@test "remove: only the destinations count" {
        start
        item /a tmpfs tmpfs
        add
        echo '[{"destination": "//tmp/../a/", "source": "/no/such", "options": ["bind"]}]' >"$LIST"
        remove
        is "$(mounted /a)" 0
}

@test "remove: the top one of two at the same place" {
        make_source
        start
        item /a bind "$DIR/source" bind
        add
        new_list
        item /a tmpfs tmpfs
        add
        remove
        is "$(in_container cat /a/file)" "of the host"
        remove
        is "$(mounted /a)" 0
}

@test "remove: takes along what was mounted in it" {
        start
        item /a tmpfs tmpfs
        item /a/b tmpfs tmpfs
        add
        new_list
        item /a tmpfs tmpfs
        remove
        is "$(mounted /a/b)" 0
        new_list
        item /a/b tmpfs tmpfs
        fails remove 'mounts[0].destination: found `/a/b`'
}

@test "remove: of a file that is in use" {
        make_source
        script 'until [ -e /a ]; do sleep 0.02; done; exec sleep 1000 </a'
        create
        tare start "$ID"
        item /a bind "$DIR/source/file" bind
        add
        soon [ "$(readlink "/proc/$(pid_of)/fd/0")" = /a ]
        remove
        is "$(mounted /a)" 0
}

@test "remove: nothing that add has not mounted" {
        local place
        config '.mounts += [{"destination": "/own", "type": "tmpfs", "source": "tmpfs"}]'
        start
        for place in / /own /proc /dev /sys /dev/shm /proc/kcore /proc/sys /tmp /no/such; do
                new_list
                item "$place" tmpfs tmpfs
                fails remove "mounts[0].destination: found \`$place\`"
        done
        item /a tmpfs tmpfs
        sed -i 's|/no/such|/b|' "$LIST"
        add
        new_list
        item /a tmpfs tmpfs
        item /own tmpfs tmpfs
        fails remove 'mounts[1].destination: found `/own`'
        new_list
        item /a tmpfs tmpfs
        item /a/ tmpfs tmpfs
        fails remove 'mounts[1].destination: found `/a/` twice'
}

@test "remove: not what is there now instead" {
        start
        item /a tmpfs tmpfs
        item /b tmpfs tmpfs
        add
        in_container umount /a
        fails remove '`/a`: the mount that was added there is not there'
        is "$(mounted /b)" 1
        in_container mount -t tmpfs other /a
        fails remove '`/a`: the mount that was added there is not there'
        in_container umount /a
        rmdir "$ROOTFS/a"
        fails remove 'open `/a`'
}

# --- at once ---

@test "eight at once all take place, and are all known" {
        local i pid
        local -a pids=()
        start
        for i in $(seq 8); do
                printf '[{"destination": "/many/%d", "type": "tmpfs", "source": "tmpfs"}]' "$i" >"$DIR/list-$i"
                tare mounts add "$ID" "$DIR/list-$i" &
                pids+=("$!")
        done
        for pid in "${pids[@]}"; do
                wait "$pid"
        done
        is "$(mounts | grep -c ' /many/')" 8
        jq -s add "$DIR"/list-? >"$LIST"
        remove
        is "$(mounts | grep -c ' /many/')" 0
}
