#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# linux.netDevices. What is the host's network for the runtime is here a network namespace that the test has made, so no device
# of the machine is ever touched.

load helpers

setup() {
        common_setup
        new_network
        HOST=$NETWORK
        # eth0 is the one to move; what is sent to it comes out of peer0.
        host ip link add eth0 address 02:00:00:00:00:42 mtu 1400 type veth peer name peer0 2>"$DIR/err" ||
                skip "no virtual network devices: $(cat "$DIR/err")"
        host ip link set peer0 up
        printf '%s\n' '#!/bin/sh' "exec nsenter --net=$(path_of "$HOST") '$TARE' \"\$@\"" >"$DIR/tare"
        chmod +x "$DIR/tare"
        REAL_TARE=$TARE
        TARE=$DIR/tare
}

# It ends the holders first.
teardown() {
        TARE=${REAL_TARE:-$TARE}
        common_teardown
}

# Its holder's pid is then $NETWORK; it ends with the test.
new_network() {
        unshare --net sleep 1000 3>&- &
        NETWORK=$!
        BACKGROUND+=" $NETWORK"
        soon is_apart "$NETWORK"
}

is_apart() {
        [ "$(readlink "$(path_of "$1")")" != "$(readlink /proc/self/ns/net)" ]
}

path_of() {
        echo "/proc/$1/ns/net"
}

# network PID COMMAND...
network() {
        local pid=$1
        shift
        nsenter --net="$(path_of "$pid")" "$@"
}

host() {
        network "$HOST" "$@"
}

# devices JSON: all that are to be moved.
devices() {
        config '.linux.netDevices = $devices' --argjson devices "$1"
}

join() {
        config '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)' --arg path "$(path_of "$1")"
}

# names PID: of the devices there but the loopback device.
names() {
        network "$1" ip -json link | jq -r '[.[].ifname] - ["lo"] | sort | join(" ")'
}

# flag PID DEVICE FLAG
has_flag() {
        network "$1" ip -json link show dev "$2" | jq -e --arg flag "$3" '.[0].flags | index($flag)' >/dev/null
}

# addresses PID DEVICE [FILTER]: all that ip(8) knows of them, but for what changes by itself.
addresses() {
        network "$1" ip -json address show dev "$2" |
                jq -c ".[0].addr_info[] | select(${3:-true}) | del(.tentative, .optimistic, .valid_life_time)
                        | if .dynamic then del(.preferred_life_time) else . end"
}

add_addresses() {
        host ip address add 10.9.0.2/24 broadcast 10.9.0.255 label eth0:one dev eth0
        host ip address add 10.9.0.3/24 noprefixroute metric 77 dev eth0
        host ip address add 10.9.1.1 peer 10.9.1.2/32 dev eth0
        host ip address add fd00::1/64 dev eth0
        host ip address add fd00::2/64 preferred_lft 0 dev eth0
        host ip address add fd00::3/64 nodad noprefixroute metric 88 dev eth0
        host ip address add fd00:1::1 peer fd00:1::2/128 dev eth0
        # Neither global nor permanent: those stay behind.
        host ip address add 169.254.1.1/16 scope link dev eth0
        host ip address add 10.9.2.1/24 valid_lft 1000 preferred_lft 1000 dev eth0
        host ip address add fd00:2::1/64 valid_lft 1000 preferred_lft 1000 dev eth0
}

# untouched TEXT...: the config is refused, and the device is as it was.
untouched() {
        local before after
        before=$(host ip -json address | jq -c)
        refused "$@"
        after=$(host ip -json address | jq -c)
        is "$after" "$before"
}

# --- what comes along ---

@test "a device is moved with all that it is, and set up" {
        host ip link property add dev eth0 altname another-name-of-it
        host ip link set eth0 txqueuelen 123
        devices '{"eth0": {}}'
        not has_flag "$HOST" eth0 UP
        start
        is "$(names "$HOST")" peer0
        is "$(names "$(pid_of)")" eth0
        has_flag "$(pid_of)" eth0 UP
        network "$(pid_of)" ip -json link show dev eth0 >"$DIR/found"
        is "$(jq -c '.[0] | [.mtu, .address, .txqlen, .altnames]' "$DIR/found")" '[1400,"02:00:00:00:00:42",123,["another-name-of-it"]]'
        # It works: the kernel says that there is somebody on the other side.
        has_flag "$(pid_of)" eth0 LOWER_UP
        has_flag "$HOST" peer0 LOWER_UP
}

@test "the process finds it" {
        devices '{"eth0": {"name": "inside0"}}'
        inside 'ip link show inside0'
        prints_match '^[0-9]+: inside0@.*[<,]UP[,>].* mtu 1400'
        prints_match 'link/ether 02:00:00:00:00:42'
}

@test "permanent global addresses come along, in their order" {
        add_addresses
        devices '{"eth0": {"name": "inside0"}}'
        addresses "$HOST" eth0 '.scope == "global" and .valid_life_time == 4294967295' | sed 's/"eth0/"inside0/' >"$DIR/expected"
        is "$(wc -l <"$DIR/expected")" 7
        start
        addresses "$(pid_of)" inside0 '.scope == "global"' >"$DIR/found"
        diff "$DIR/expected" "$DIR/found"
        # What is local to the link the kernel makes anew.
        is "$(addresses "$(pid_of)" inside0 '.scope == "link"' | jq -r .local)" fe80::ff:fe00:42
}

@test "an address of a device that has been up, and a route to it" {
        host ip address add 10.9.0.2/24 dev eth0
        host ip address add 10.9.0.1/24 dev peer0
        host ip link set eth0 up
        devices '{"eth0": {}}'
        start
        is "$(network "$(pid_of)" ip -json route | jq -r '.[] | "\(.dst) \(.dev) \(.prefsrc)"')" "10.9.0.0/24 eth0 10.9.0.2"
        host busybox ping -c 1 -W 10 10.9.0.2
}

@test "a label that the new name leaves no room for" {
        host ip address add 10.9.0.2/24 label eth0:one dev eth0
        devices '{"eth0": {"name": "fifteen-bytes-x"}}'
        start
        is "$(addresses "$(pid_of)" fifteen-bytes-x '.family == "inet"' | jq -r .label)" fifteen-bytes-x
}

# --- names ---

@test "a new name, and an empty one, which is none" {
        host ip link add eth1 type veth peer name peer1
        devices '{"eth0": {"name": "inside0"}, "eth1": {"name": ""}}'
        start
        is "$(names "$(pid_of)")" "eth1 inside0"
        is "$(names "$HOST")" "peer0 peer1"
}

@test "a template: the first number that is free" {
        host ip link set eth0 name eth7
        host ip link add eth0 type veth peer name peer1
        devices '{"eth0": {"name": "eth%d"}}'
        start
        is "$(names "$(pid_of)")" eth0
        tare delete --force "$ID"
        devices '{"eth7": {"name": "eth%d"}, "peer0": {"name": "eth%d"}}'
        start
        is "$(names "$(pid_of)")" "eth0 eth1"
}

@test "a template: what the others leave" {
        host ip link add eth1 type veth peer name peer1
        devices '{"eth0": {"name": "eth%d"}, "eth1": {"name": "in%dside"}, "peer0": {"name": "eth0"}}'
        start
        is "$(names "$(pid_of)")" "eth0 eth1 in0side"
        network "$(pid_of)" ip -json link show dev eth1 >"$DIR/found"
        is "$(jq -r '.[0].address' "$DIR/found")" 02:00:00:00:00:42
}

@test "two that change their names" {
        devices '{"eth0": {"name": "peer0"}, "peer0": {"name": "eth0"}}'
        start
        is "$(names "$(pid_of)")" "eth0 peer0"
        network "$(pid_of)" ip -json link show dev peer0 >"$DIR/found"
        is "$(jq -r '.[0].address' "$DIR/found")" 02:00:00:00:00:42
}

# --- what is refused before anything is done ---

@test "no such device" {
        only_tare "its words"
        devices '{"nope0": {}}'
        untouched 'linux.netDevices["nope0"]: link not found for interface nope0 on runtime namespace'
        devices '{"eth0": {"name": "inside0"}, "nope0": {}}'
        untouched 'linux.netDevices["nope0"]: link not found'
}

@test "another name of a device is not its name" {
        only_tare "its words"
        host ip link property add dev eth0 altname other0
        devices '{"other0": {}}'
        untouched 'linux.netDevices["other0"]: found another name of `eth0`, expected the name itself'
}

@test "devices that never leave their network namespace" {
        only_tare "its words"
        devices '{"lo": {"name": "inside0"}}'
        untouched 'linux.netDevices["lo"]: found a device that the kernel never lets leave its network namespace'
        devices '{"lo": {}}'
        untouched 'linux.netDevices["lo"]: found `lo`, which every new network namespace has already'
        host ip link add bridge0 type bridge || skip "no bridges here"
        devices '{"eth0": {}, "bridge0": {}}'
        untouched 'linux.netDevices["bridge0"]: found a device that the kernel never lets leave'
}

@test "no network namespace, or the runtime's own" {
        devices '{"eth0": {}}'
        join "$HOST"
        untouched "unable to move network devices without a NET namespace"
        config '.linux.namespaces |= map(select(.type != "network"))'
        untouched "unable to move network devices without a NET namespace"
}

@test "names that no device can have" {
        only_tare "its words"
        devices '{"eth0": {"name": "a:b"}}'
        untouched 'linux.netDevices["eth0"].name: found `a:b`, expected 1 to 15 bytes'
        devices '{"eth0": {"name": "inside0"}, "peer0": {"name": "inside0"}}'
        untouched 'linux.netDevices["peer0"].name: found `inside0`, which is the name of `eth0` in the container, too'
}

@test "without the right over the runtime's network namespace" {
        only_tare "its words"
        devices '{"eth0": {}}'
        sed -i 's/^exec nsenter [^ ]*/& setpriv --bounding-set=-net_admin/' "$TARE"
        untouched 'linux.netDevices["eth0"]: moving it needs CAP_NET_ADMIN over the runtime' 'operation not permitted'
        sed -i 's/setpriv [^ ]*/unshare --user --map-root-user/' "$TARE"
        untouched 'linux.netDevices["eth0"]: moving it needs CAP_NET_ADMIN over the runtime'
}

# --- a namespace that is joined ---

@test "joined: into a network namespace of others" {
        add_addresses
        new_network
        join "$NETWORK"
        devices '{"eth0": {"name": "inside0"}}'
        start
        is "$(names "$NETWORK")" inside0
        has_flag "$NETWORK" inside0 UP
        is "$(addresses "$NETWORK" inside0 '.scope == "global"' | wc -l)" 7
        # It is not the container's to take away.
        tare delete --force "$ID"
        is "$(names "$NETWORK")" inside0
}

@test "joined: a name that exists there" {
        only_tare "its words"
        new_network
        network "$NETWORK" ip link add inside0 type veth peer name inside1
        join "$NETWORK"
        devices '{"eth0": {"name": "inside0"}}'
        untouched 'linux.netDevices["eth0"].name: found `inside0`, which exists already in the network namespace that is joined'
        network "$NETWORK" ip link set inside0 name eth0
        devices '{"eth0": {}}'
        untouched 'linux.netDevices["eth0"]: found `eth0`, which exists already in the network namespace that is joined'
        network "$NETWORK" ip link property add dev inside1 altname other0
        devices '{"eth0": {"name": "other0"}}'
        untouched 'linux.netDevices["eth0"].name: found `other0`, which exists already in the network namespace that is joined'
        devices '{"eth0": {"name": "lo"}}'
        untouched 'linux.netDevices["eth0"].name: found `lo`, which exists already in the network namespace that is joined'
        is "$(names "$NETWORK")" "eth0 inside1"
}

@test "joined: a template goes around the names there, and a name of before that is in use does no harm" {
        new_network
        network "$NETWORK" ip link add eth0 type veth peer name eth1
        join "$NETWORK"
        devices '{"eth0": {"name": "eth%d"}, "peer0": {"name": "inside0"}}'
        start
        is "$(names "$NETWORK")" "eth0 eth1 eth2 inside0"
        network "$NETWORK" ip -json link show dev eth2 >"$DIR/found"
        is "$(jq -r '.[0].address' "$DIR/found")" 02:00:00:00:00:42
}

# --- a user namespace ---

user_namespace() {
        need_system_call mount_setattr
        config '.linux.namespaces += [{type: "user"}]
                | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
                | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
}

@test "user namespace: with a new network namespace, and behind a stage" {
        add_addresses
        user_namespace
        devices '{"eth0": {"name": "inside0"}}'
        inside 'ip -o addr show dev inside0'
        prints_match 'inet 10\.9\.0\.2/24 '
        prints_match 'inet6 fd00::1/64 '

        host ip link add eth0 type veth peer name peer1
        host ip address add 10.9.3.2/24 dev eth0
        unshare --ipc sleep 1000 3>&- &
        BACKGROUND+=" $!"
        soon has_other_ipc "$!"
        # Whose message queues are not the user namespace's.
        config '.linux.namespaces |= map(if .type == "ipc" then .path = $path else . end) | del(.mounts[] | select(.type == "mqueue"))' \
                --arg path "/proc/$!/ns/ipc"
        inside 'ip -o addr show dev inside0'
        prints_match 'inet 10\.9\.3\.2/24 '
}

has_other_ipc() {
        [ "$(readlink "/proc/$1/ns/ipc")" != "$(readlink /proc/self/ns/ipc)" ]
}

@test "user namespace: with a network namespace that is joined" {
        add_addresses
        user_namespace
        # A sysfs belongs to the network namespace, which here is not the user namespace's.
        config 'del(.mounts[] | select(.destination | startswith("/sys")))'
        new_network
        join "$NETWORK"
        devices '{"eth0": {"name": "inside0"}}'
        inside 'ip -o addr show dev inside0'
        prints_match 'inet 10\.9\.0\.2/24 '
        is "$(names "$NETWORK")" inside0
}

# --- hooks ---

@test "hooks of create find the devices in the container, set up and with addresses" {
        host ip address add 10.9.0.2/24 dev eth0
        devices '{"eth0": {"name": "inside0"}}'
        cat >"$DIR/hook" <<END
#!/bin/sh
pid=\$(jq .pid)
nsenter --net=/proc/\$pid/ns/net ip -json address show dev inside0 >"$DIR/\$1"
END
        chmod +x "$DIR/hook"
        config '.hooks = {prestart: [{path: $hook, args: ["hook", "prestart"]}],
                          createRuntime: [{path: $hook, args: ["hook", "createRuntime"]}],
                          createContainer: [{path: $ip, args: ["ip", "link", "show", "inside0"]}]}' \
                --arg hook "$DIR/hook" --arg ip "$(command -v ip)"
        args true
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        is "$(jq -c '.[0] | [.addr_info[0].local, (.flags | index("UP") != null)]' "$DIR/prestart")" '["10.9.0.2",true]'
        is "$(jq -c '.[0] | [.addr_info[0].local, (.flags | index("UP") != null)]' "$DIR/createRuntime")" '["10.9.0.2",true]'
}

@test "init waits for them: a sysctl of a device, a createContainer hook" {
        command -v strace >/dev/null || skip "no strace here"
        devices '{"eth0": {"name": "inside0"}}'
        # With limits it would wait for those.
        config '.linux.sysctl = {"net.ipv4.conf.inside0.rp_filter": "2"}
                | del(.process.rlimits, .process.oomScoreAdj)
                | .hooks.createContainer = [{path: $ip, args: ["ip", "link", "show", "inside0"]}]' --arg ip "$(command -v ip)"
        args cat /proc/sys/net/ipv4/conf/inside0/rp_filter
        # With a runtime that is slow.
        expect 0 strace -qq -o /dev/null -e inject=sendto:delay_enter=50000 "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
        prints 2
}

# --- the end, and failures ---

@test "what ends with the container: a virtual device goes with its network namespace" {
        devices '{"eth0": {}}'
        start
        is "$(names "$HOST")" peer0
        tare delete --force "$ID"
        soon nothing_there
}

@test "a container that has run keeps them: what fails then takes nothing back" {
        devices '{"eth0": {}}'
        config '.hooks.poststart = [{path: "/bin/false"}]'
        args sleep 1000
        expect 1 tare run --detach --bundle "$BUNDLE" "$ID"
        says poststart
        soon nothing_there
}

nothing_there() {
        [ -z "$(names "$HOST")" ]
}

# gives_back: create fails, and the device is what it was, also for those who had set it up.
gives_back() {
        local before text
        before=$(addresses "$HOST" eth0 | sort)
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        for text; do
                says "$text"
        done
        not says "undo:" >/dev/null
        nothing_left
        is "$(names "$HOST")" "eth0 peer0"
        is "$(addresses "$HOST" eth0 | sort)" "$before"
}

@test "a failed create gives the device back: name, addresses, state" {
        add_addresses
        devices '{"eth0": {"name": "inside0"}}'
        config '.hooks.createRuntime = [{path: "/bin/false"}]'
        gives_back "createRuntime"
        not has_flag "$HOST" eth0 UP
        host ip link set eth0 up
        gives_back "createRuntime"
        has_flag "$HOST" eth0 UP
        # When init has ended by itself.
        config 'del(.hooks) | .process.cwd = "/bin/sh"'
        gives_back "process.cwd"
        has_flag "$HOST" eth0 UP
}

# Whoever is root there can have exchanged it for a device of their own.
@test "a failed create takes nothing out of a network namespace that is joined" {
        new_network
        join "$NETWORK"
        devices '{"eth0": {"name": "inside0"}}'
        # What an attacker does in the moment before the failure.
        cat >"$DIR/hook" <<END
#!/bin/sh
nsenter --target "$NETWORK" --net sh -c 'index=\$(ip -o link show inside0 | cut -d: -f1)
ip link del inside0; ip link add inside0 index \$index type veth peer name attacker0'
exit 1
END
        chmod +x "$DIR/hook"
        config '.hooks.createRuntime = [{path: $hook}]' --arg hook "$DIR/hook"
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        says "createRuntime"
        is "$(names "$HOST")" ""
        is "$(names "$NETWORK")" "attacker0 inside0"
        says 'undo: linux.netDevices["eth0"]: it stays in the network namespace that was joined, as `inside0`'
        nothing_left
}

@test "joined: what fails half-way leaves all that was moved, and says so" {
        only_tare "its words"
        add_addresses
        new_network
        # Where there is no IPv6 its addresses cannot be kept.
        network "$NETWORK" sysctl -q net.ipv6.conf.default.disable_ipv6=1
        join "$NETWORK"
        devices '{"peer0": {"name": "first"}, "eth0": {"name": "second"}}'
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        says 'linux.netDevices["eth0"]: set its addresses in the container'
        says 'permission denied'
        says 'undo: linux.netDevices["peer0"]: it stays'
        nothing_left
        is "$(names "$HOST")" ""
        is "$(names "$NETWORK")" "first second"
}

@test "a failed create gives back all that was moved before one that cannot be" {
        only_tare "its words"
        add_addresses
        host ip link property add dev eth0 altname other0
        devices '{"peer0": {"name": "first"}, "eth0": {"name": "other0"}}'
        gives_back 'linux.netDevices["eth0"]: `other0` exists already in the container'
        has_flag "$HOST" peer0 UP
}

# Of the two the one that goes back last bears a name there that the other has by then.
@test "a failed create gives back two that have changed their names" {
        add_addresses
        devices '{"eth0": {"name": "peer0"}, "peer0": {"name": "eth0"}}'
        config '.hooks.createRuntime = [{path: "/bin/false"}]'
        gives_back "createRuntime"
        is "$(host ip -json link show dev eth0 | jq -r '.[0].address')" 02:00:00:00:00:42
}

@test "a name that is in use only when the device has come" {
        only_tare "its words"
        host ip link property add dev eth0 altname other0
        devices '{"eth0": {"name": "other0"}}'
        gives_back 'linux.netDevices["eth0"]: `other0` exists already in the container'
}

@test "a failed create leaves what a hook has taken elsewhere" {
        new_network
        devices '{"eth0": {"name": "inside0"}}'
        config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $script]}]' --arg script \
                "nsenter --net=/proc/\$(jq .pid)/ns/net ip link set inside0 netns $NETWORK; exit 1"
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        not says "undo:" >/dev/null
        is "$(names "$NETWORK")" inside0
}

# make_device: eth0 once more, up and with addresses.
make_device() {
        host ip link add eth0 address 02:00:00:00:00:42 mtu 1400 type veth peer name peer0
        host ip link set peer0 up
        host ip address add 10.9.0.2/24 dev eth0
        host ip address add fd00::1/64 dev eth0
        host ip link set eth0 up
}

# fails_at CALL N: create with the Nth such system call of the runtime failing; false if it makes no such call.
fails_at() {
        status=0
        strace -qq -o "$DIR/trace" -e "trace=${1%%:*}" -e "inject=$1:when=$2" \
                "$TARE" --root "$ROOT" create --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>"$DIR/err" 3>&- </dev/null || status=$?
        grep -q INJECTED "$DIR/trace"
}

@test "whatever request fails, the device is there again" {
        command -v strace >/dev/null || skip "no strace here"
        local i n=0 before call
        host ip link del eth0
        make_device
        before=$(addresses "$HOST" eth0 | sort)
        devices '{"eth0": {"name": "inside0"}}'
        for call in sendto:error=EIO recvfrom:error=ENOBUFS; do
                i=1
                while fails_at "$call" "$i"; do
                        i=$((i + 1))
                        # An answer that is lost is not always missed.
                        if [ "$status" -eq 0 ]; then
                                is "$(names "$(pid_of)")" inside0
                                tare delete --force "$ID"
                                soon nothing_there
                                make_device
                                continue
                        fi
                        is "$(names "$HOST")" "eth0 peer0"
                        is "$(addresses "$HOST" eth0 | sort)" "$before"
                        has_flag "$HOST" eth0 UP
                        n=$((n + 1))
                done
                is "$status" 0
                tare delete --force "$ID"
                soon nothing_there
                make_device
        done
        # Not none at all.
        [ "$n" -ge 15 ]
}

@test "a runtime that is killed leaves nothing behind but what was moved" {
        devices '{"eth0": {"name": "inside0"}}'
        config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "kill -KILL $PPID"]}]'
        expect 137 tare create --bundle "$BUNDLE" "$ID"
        expect 0 tare delete --force "$ID"
        soon nothing_there
}

@test "debug: the plan" {
        only_tare "its words"
        devices '{"eth0": {"name": "c%d"}}'
        args true
        expect 0 tare --debug run --bundle "$BUNDLE" "$ID"
        says "plan: net device eth0 as c%d"
}
