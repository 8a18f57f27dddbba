#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Namespaces: new ones, joined ones, those of the host; and what is set in them: names, sysctls, ids, clocks, loopback.

load helpers

# Leaves a process with namespaces of its own, made by unshare(1) with OPTION...; its pid is in $HOLDER.
hold() {
        unshare "$@" --fork --kill-child -- sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
        BACKGROUND="${BACKGROUND-} $!"
        disown
        soon child_of $!
        HOLDER=$(pgrep --parent $!)
}

child_of() {
        pgrep --parent "$1" sleep >/dev/null
}

# namespace TYPE [PATH]: replaces the namespace of that type; PATH `host` removes it.
namespace() {
        config '.linux.namespaces |= map(select(.type != $type))
                | if $path == "host" then . else .linux.namespaces += [{"type": $type} + if $path == "" then {} else {"path": $path} end] end' \
                --arg type "$1" --arg path "${2-}"
}

# The link of a namespace of the process inside.
inside_namespace() {
        args readlink "/proc/self/ns/$1"
        expect 0 tare run --bundle "$BUNDLE" "$ID"
}

mapped() {
        need_system_call mount_setattr
        namespace user
        config '.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .linux.gidMappings = [{"containerID": 0, "hostID": 200000, "size": 65536}]'
        chown -R --no-dereference 100000:200000 "$ROOTFS"
}

# --- new ---

@test "new ones of each kind" {
        local type
        mapped
        for type in cgroup ipc mount network pid uts; do
                namespace $type
        done
        [ "$RUNTIME" != tare ] || namespace time
        script 'for n in cgroup ipc mnt net pid user uts time; do readlink /proc/self/ns/$n; done'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        for type in cgroup ipc mnt net pid user uts; do
                prints_match "^$type:"
                [ -z "$(grep -xF "$(readlink "/proc/self/ns/$type")" "$DIR/out")" ]
        done
        only_tare "older versions have no time namespace"
        [ -z "$(grep -xF "$(readlink /proc/self/ns/time)" "$DIR/out")" ]
}

@test "those not named are the host's" {
        local type
        config '.linux.namespaces = [{"type": "mount"}] | del(.hostname) | .mounts |= map(select(.type != "sysfs" and .type != "mqueue"))'
        script 'for n in cgroup ipc net pid user uts; do readlink /proc/self/ns/$n; done'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        for type in cgroup ipc net pid user uts; do
                prints_line "$(readlink "/proc/self/ns/$type")"
        done
}

@test "an empty path is a new one" {
        config '.linux.namespaces |= map(if .type == "ipc" then .path = "" else . end)'
        inside_namespace ipc
        [ "$output" != "$(readlink /proc/self/ns/ipc)" ]
}

@test "pid: the process is the first, and sees its own kind only" {
        inside 'echo $$; set -- /proc/[0-9]*; echo $#'
        prints $'1\n1'
}

# --- joined ---

@test "joined by path, each kind alone" {
        local type option link
        for type in network:--net:net ipc:--ipc:ipc uts:--uts:uts pid:--pid:pid; do
                IFS=: read -r type option link <<<"$type"
                hold "$option"
                namespace "$type" "/proc/$HOLDER/ns/$link"
                [ "$type" != uts ] || config 'del(.hostname)'
                inside_namespace "$link"
                prints "$(readlink "/proc/$HOLDER/ns/$link")"
                namespace "$type"
        done
}

@test "joined by path: cgroup and time" {
        only_tare "older versions cannot"
        hold --cgroup
        namespace cgroup "/proc/$HOLDER/ns/cgroup"
        inside_namespace cgroup
        prints "$(readlink "/proc/$HOLDER/ns/cgroup")"
        namespace cgroup host
        hold --time
        namespace time "/proc/$HOLDER/ns/time"
        inside_namespace time
        prints "$(readlink "/proc/$HOLDER/ns/time")"
}

@test "joined by path: several, as in a pod" {
        hold --net --ipc --uts --pid
        namespace network "/proc/$HOLDER/ns/net"
        namespace ipc "/proc/$HOLDER/ns/ipc"
        namespace uts "/proc/$HOLDER/ns/uts"
        namespace pid "/proc/$HOLDER/ns/pid"
        config 'del(.hostname)'
        script 'for n in ipc net pid uts; do readlink /proc/self/ns/$n; done'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        local type
        for type in ipc net pid uts; do
                prints_line "$(readlink "/proc/$HOLDER/ns/$type")"
        done
}

@test "joined by path: a user namespace and those that belong to it" {
        only_tare "older versions want the mappings again"
        need_system_call mount_setattr
        hold --user --map-root-user --net
        namespace user "/proc/$HOLDER/ns/user"
        namespace network "/proc/$HOLDER/ns/net"
        # Group 5 is not mapped there.
        config '.mounts |= map(if .options then .options |= map(select(startswith("gid=") | not)) else . end)'
        script 'for n in net user; do readlink /proc/self/ns/$n; done; id -u; cat /proc/self/uid_map | tr -s " "'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints_line "$(readlink "/proc/$HOLDER/ns/user")"
        prints_line "$(readlink "/proc/$HOLDER/ns/net")"
        prints_line 0
        prints_line " 0 0 1"
}

# A user namespace with ranges, for HOLDER; unshare(1) writes only a map of one id, or needs newuidmap.
hold_range() {
        need_system_call mount_setattr
        hold --user "$@"
        soon eval '[ "$(readlink "/proc/$HOLDER/ns/user")" != "$(readlink /proc/self/ns/user)" ]'
        printf '0 100000 1000\n1000 101000 64536\n' | cat >"/proc/$HOLDER/uid_map"
        echo 0 200000 65536 >"/proc/$HOLDER/gid_map"
        chown -R --no-dereference 100000:200000 "$ROOTFS"
        namespace user "/proc/$HOLDER/ns/user"
}

@test "joined by path: a user namespace with ranges of ids" {
        only_tare "older versions want the mappings again"
        hold_range
        config '.process.user = {"uid": 1000, "gid": 1001, "additionalGids": [5]}'
        start
        is "$(awk '/^Uid:/ { print $2 }' "/proc/$(pid_of)/status")" 101000
        is "$(awk '/^Gid:/ { print $2 }' "/proc/$(pid_of)/status")" 201001
        expect 0 tare exec --user 0:0 "$ID" sh -c 'touch /made && stat -c "%u %g" /made; readlink /proc/self/ns/user'
        prints_line "0 0"
        prints_line "$(readlink "/proc/$HOLDER/ns/user")"
        is "$(stat -c "%u %g" "$ROOTFS/made")" "100000 200000"
}

@test "joined by path: mappings beside a user namespace are its own" {
        only_tare "other words"
        hold_range
        config '.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .linux.gidMappings = [{"containerID": 100, "hostID": 200100, "size": 65436}, {"containerID": 0, "hostID": 200000, "size": 100}]'
        inside 'id -u; readlink /proc/self/ns/user'
        prints "0
$(readlink "/proc/$HOLDER/ns/user")"
        config '.linux.gidMappings = [{"containerID": 0, "hostID": 200000, "size": 65535}]'
        refused 'linux.gidMappings: found other mappings than those of the user namespace `/proc/'
        config 'del(.linux.gidMappings) | .linux.uidMappings = [{"containerID": 0, "hostID": 100001, "size": 65536}]'
        refused 'linux.uidMappings: found other mappings than those of the user namespace `/proc/'
        config 'del(.linux.uidMappings) | .process.user.uid = 70000'
        refused "process.user.uid: become user 70000"
}

@test "joined by path: a bind mount of a namespace, as ip netns makes it" {
        hold --net
        touch "$DIR/netns"
        namespace network "$DIR/netns"
        args readlink /proc/self/ns/net
        expect 0 unshare --mount --propagation private -- bash -euc '
                mount --bind "/proc/$1/ns/net" "$2/netns"
                "$3" --root "$2/state" run --bundle "$2/bundle" "$4" 3>&-' - "$HOLDER" "$DIR" "$TARE" "$ID"
        prints "$(readlink "/proc/$HOLDER/ns/net")"
}

@test "a path that is missing is refused" {
        namespace network /no/such/namespace
        refused '/no/such/namespace' 'no such file or directory'
}

@test "no CVE: a path of another kind is refused" {
        hold --ipc
        namespace network "/proc/$HOLDER/ns/ipc"
        refused
        namespace network /etc/passwd
        refused
}

@test "a relative path is refused" {
        only_tare "accepts it"
        namespace network proc/self/ns/net
        refused 'linux.namespaces'
}

@test "no CVE: a kind named twice is refused" {
        config '.linux.namespaces += [{"type": "pid"}]'
        refused 'pid'
        only_tare "names no path"
        refused 'linux.namespaces[' '].type: found `pid` again'
}

@test "an unknown kind is refused" {
        config '.linux.namespaces += [{"type": "foo"}]'
        refused foo
        only_tare "names no path"
        refused 'linux.namespaces[' '].type' 'foo'
}

# --- names ---

@test "hostname and domainname" {
        local before
        before=$(hostname)
        config '.hostname = "box" | .domainname = "example.org"'
        inside 'hostname; cat /proc/sys/kernel/domainname'
        prints_line box
        [ "$(hostname)" = "$before" ]
        only_tare "older versions have no domain name"
        prints_line example.org
}

@test "hostname is set in a uts namespace that is joined" {
        hold --uts
        namespace uts "/proc/$HOLDER/ns/uts"
        config '.hostname = "joined"'
        inside 'hostname'
        prints joined
        [ "$(nsenter --target "$HOLDER" --uts hostname)" = joined ]
}

@test "hostname without a uts namespace is refused" {
        namespace uts host
        refused
        only_tare "names no path"
        refused 'hostname'
        config 'del(.hostname) | .domainname = "x"'
        refused 'domainname'
}

# --- sysctl ---

@test "sysctl: of the namespaces that are the container's, by dots or slashes" {
        local before
        before=$(cat /proc/sys/net/ipv4/ip_forward)
        config '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shmmax": "123456", "net/ipv4/ping_group_range": "0 0", "fs.mqueue.msg_max": "20"}'
        inside 'cd /proc/sys; cat net/ipv4/ip_forward kernel/shmmax fs/mqueue/msg_max; tr "\t" " " <net/ipv4/ping_group_range'
        prints $'1\n123456\n20\n0 0'
        [ "$(cat /proc/sys/net/ipv4/ip_forward)" = "$before" ]
}

@test "sysctl: of the whole machine are refused, and not set" {
        local before key
        before=$(cat /proc/sys/vm/swappiness /proc/sys/kernel/core_pattern)
        for key in vm.swappiness kernel.core_pattern kernel.hostname; do
                config '.linux.sysctl = {($key): "1"}' --arg key "$key"
                refused
        done
        [ "$(cat /proc/sys/vm/swappiness /proc/sys/kernel/core_pattern)" = "$before" ]
        config '.linux.sysctl = {"vm.swappiness": "1"}'
        refused vm.swappiness
}

@test "sysctl: of a namespace that is the host's are refused" {
        namespace network host
        config '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
        refused net.ipv4.ip_forward
        namespace ipc host
        config '.linux.sysctl = {"kernel.shmmax": "123456"}'
        refused kernel.shmmax
}

@test "sysctl: an empty value is a value" {
        only_tare "writes nothing"
        config '.linux.sysctl = {"net.ipv4.ip_local_reserved_ports": "7", "net/ipv4/ip_local_reserved_ports": ""}'
        inside 'cat /proc/sys/net/ipv4/ip_local_reserved_ports'
        prints ''
        config '.linux.sysctl = {"net.ipv4.ip_forward": ""}'
        refused 'linux.sysctl["net.ipv4.ip_forward"]: write ``: invalid argument'
}

@test "sysctl: a value of which the kernel takes a part is an error" {
        only_tare "lets it pass"
        config '.linux.sysctl = {"net.ipv4.ip_forward": "1 2"}'
        refused 'linux.sysctl["net.ipv4.ip_forward"]: found `1 2`, of which the kernel takes `1 `'
        config '.linux.sysctl = {"net.ipv4.ping_group_range": "0 0 7"}'
        refused 'linux.sysctl["net.ipv4.ping_group_range"]: found `0 0 7`, of which the kernel takes `0 0 `'
        config '.linux.sysctl = {"net.ipv4.ip_forward": "1 \n", "net.ipv4.ping_group_range": "0\t7"}'
        inside 'cat /proc/sys/net/ipv4/ip_forward; tr "\t" " " </proc/sys/net/ipv4/ping_group_range'
        prints $'1\n0 7'
}

@test "sysctl: one that does not exist is an error" {
        config '.linux.sysctl = {"net.ipv4.no_such_setting": "1"}'
        refused 'no such file or directory'
}

# --- user ---

@test "user: ids inside and outside, owners of files" {
        mapped
        config '.process.user = {"uid": 1000, "gid": 1001, "additionalGids": [5]}'
        mkdir "$ROOTFS/home"
        chown 101000:201001 "$ROOTFS/home"
        inside 'id -u; id -g; touch /home/file; tr -s " " </proc/self/uid_map; tr -s " " </proc/self/gid_map; stat -c "%u %g" /home'
        prints_line 1000
        prints_line 1001
        prints_line " 0 100000 65536"
        prints_line " 0 200000 65536"
        prints_line "1000 1001"
        [ "$(stat --format '%u %g' "$ROOTFS/home/file")" = "101000 201001" ]
}

@test "user: several mappings" {
        need_system_call mount_setattr
        namespace user
        config '.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 10}, {"containerID": 1000, "hostID": 0, "size": 1}, {"containerID": 2000, "hostID": 300000, "size": 5}]
                | .linux.gidMappings = [{"containerID": 0, "hostID": 100000, "size": 4000}]'
        chown -R --no-dereference 100000:100000 "$ROOTFS"
        inside 'wc -l </proc/self/uid_map; tr -s " " </proc/self/uid_map'
        prints_line 3
        prints_line " 1000 0 1"
}

@test "user: what is made in the root belongs to the root inside" {
        mapped
        config '.mounts += [{"destination": "/made/here", "type": "tmpfs", "source": "tmpfs"}]'
        inside 'stat -c "%u %g" /made /made/here /dev /dev/null /proc/1'
        [ "$(stat --format '%u %g' "$ROOTFS/made")" = "100000 200000" ]
        only_tare "of proc only"
        [ "$(sed -n '1,2p' "$DIR/out" | sort -u)" = "0 0" ]
}

@test "user: devices are usable" {
        mapped
        inside 'echo x >/dev/null && head -c 3 /dev/zero | wc -c; ls /dev/urandom'
        prints_line 3
}

@test "user: sources that only the host's root can reach are mounted" {
        mapped
        mkdir -m 700 "$DIR/closed"
        mkdir -m 755 "$DIR/closed/source"
        echo content >"$DIR/closed/source/file"
        config '.mounts += [{"destination": "/a", "type": "bind", "source": $source, "options": ["bind"]}]' --arg source "$DIR/closed/source"
        inside 'cat /a/file'
        prints content
}

@test "user: a root filesystem that only the host's root can reach" {
        only_tare "older versions cannot"
        mapped
        mkdir -m 700 "$DIR/closed"
        mv "$ROOTFS" "$DIR/closed/rootfs"
        config '.root.path = $path' --arg path "$DIR/closed/rootfs"
        inside 'id -u'
        prints 0
}

@test "user: the whole life, with hooks and pid file" {
        mapped
        config '.hooks.poststop = [{"path": "/bin/touch", "args": ["touch", $file]}]' --arg file "$DIR/stopped"
        args sleep 1000
        create --pid-file "$DIR/pid"
        tare start "$ID"
        [ "$(stat --format %u "/proc/$(cat "$DIR/pid")")" = 100000 ]
        tare kill "$ID" KILL
        soon status_is stopped
        expect 0 tare delete "$ID"
        [ -e "$DIR/stopped" ]
        nothing_left
}

@test "user: ids that are not mapped are refused" {
        only_tare "other words"
        mapped
        config '.process.user = {"uid": 70000, "gid": 0}'
        refused 'cannot setuid to unmapped uid 70000 in user namespace'
        config '.process.user = {"uid": 0, "gid": 70000}'
        refused 'cannot setgid to unmapped gid 70000 in user namespace'
        config '.process.user = {"uid": 0, "gid": 0, "additionalGids": [5, 70000]}'
        refused 'process.user.additionalGids[1]: cannot setgid to unmapped gid 70000 in user namespace'
        config 'del(.process.user.additionalGids) | .mounts += [{"destination": "/a", "type": "tmpfs", "source": "tmpfs", "options": ["uid=65535", "gid=65536"]}]'
        refused 'options[1]: found `gid=65536`, expected an id that linux.gidMappings has'
        config '.mounts[-1].options = ["uid=70000"]'
        refused 'options[0]: found `uid=70000`, expected an id that linux.uidMappings has'
        config '.mounts[-1].options = ["uid=65535", "gid=5"]'
        inside 'stat -c "%u %g" /a'
        prints "65535 5"
}

@test "user: a new one without mappings is refused" {
        namespace user
        refused
        only_tare "names no path"
        refused 'linux.uidMappings'
}

@test "user: a container inside a container" {
        only_tare "is not linked statically"
        ldd "$TARE" >"$DIR/libraries" 2>&1 && not grep -q "statically linked" "$DIR/libraries" && skip "the runtime needs its libraries"
        mkdir -p "$ROOTFS/inner/rootfs"
        cp -a "$BATS_FILE_TMPDIR/rootfs/." "$ROOTFS/inner/rootfs"
        cp "$TARE" "$ROOTFS/bin/tare"
        # As root inside, with some of the ids that there are; what is masked would keep the kernel from another proc.
        jq '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 1, "size": 10}]
                | .linux.gidMappings = [{"containerID": 0, "hostID": 2, "size": 10}] | .process.user.additionalGids = [3]
                | .process.args = ["sh", "-c", "id -u; id -G; tr -s \" \" </proc/self/uid_map; echo x >/dev/null && mknod /dev/x c 1 3"]' \
                "$BATS_FILE_TMPDIR/base.json" >"$ROOTFS/inner/config.json"
        mapped
        chown -R --no-dereference 100001:200002 "$ROOTFS/inner/rootfs"
        config '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETFCAP", "CAP_NET_ADMIN",
                        "CAP_KILL", "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_NET_BIND_SERVICE", "CAP_AUDIT_WRITE"])
                | del(.linux.maskedPaths, .linux.readonlyPaths)'
        script 'tare --root /tmp/state run --bundle /inner inner; sed "s/\"hostID\": 2/\"hostID\": 65530/" /inner/config.json >/inner/wrong.json
                tare --root /tmp/state run --bundle /inner --config wrong.json inner; ls /tmp/state'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints_line 0
        prints_line "0 3"
        prints_line " 0 1 10"
        says "mknod"
        says 'linux.gidMappings[0].hostID: found 65530 with the size 10, expected ids of one line of `/proc/self/gid_map`'
}

# --- time ---

@test "time: offsets" {
        only_tare "older versions have no time namespace"
        namespace time
        config '.linux.timeOffsets = {"monotonic": {"secs": 86400}, "boottime": {"secs": 172800, "nanosecs": 5}}'
        inside 'cat /proc/self/timens_offsets; cut -d. -f1 /proc/uptime'
        prints_match '^monotonic +86400 +0'
        prints_match '^boottime +172800 +5'
        [ "$(tail -n 1 "$DIR/out")" -ge 172800 ]
}

@test "time: negative offsets, in a user namespace, and seen by exec" {
        only_tare "older versions have no time namespace"
        mapped
        namespace time
        config '.linux.timeOffsets = {"monotonic": {"secs": -1, "nanosecs": 999999999}, "boottime": {"secs": -2}}'
        start
        expect 0 tare exec "$ID" cat /proc/self/timens_offsets
        prints_match '^monotonic +-1 +999999999$'
        prints_match '^boottime +-2 +0$'
}

@test "time: offsets beside a user namespace that is joined" {
        only_tare "older versions have no time namespace"
        hold_range
        namespace time
        config '.linux.timeOffsets = {"boottime": {"secs": 1000}}'
        inside 'cat /proc/self/timens_offsets'
        prints_match '^monotonic +0 +0$'
        prints_match '^boottime +1000 +0$'
}

@test "time: a clock cannot be before its beginning" {
        only_tare "older versions have no time namespace"
        namespace time
        config '.linux.timeOffsets = {"boottime": {"secs": -9000000000}}'
        refused 'linux.timeOffsets: write'
        config '.linux.timeOffsets = {"monotonic": {"secs": 9000000000}}'
        refused 'linux.timeOffsets: write'
}

@test "time: offsets without a new time namespace are refused" {
        only_tare "older versions ignore them"
        config '.linux.timeOffsets = {"monotonic": {"secs": 1}}'
        refused 'linux.timeOffsets'
        hold --time
        namespace time "/proc/$HOLDER/ns/time"
        refused 'linux.timeOffsets'
}

# --- network ---

@test "network: loopback is up in a new one, and there is nothing else" {
        inside 'ip -o link | grep -c .; ip -o link show lo; ping -c 1 -W 2 127.0.0.1 >/dev/null 2>&1 || ip -o -4 addr show lo'
        prints_match 'lo: <LOOPBACK,UP,LOWER_UP>'
}

@test "network: a joined one is left as it is" {
        hold --net
        namespace network "/proc/$HOLDER/ns/net"
        inside 'ip -o link show lo'
        prints_match 'lo: <LOOPBACK>'
}
