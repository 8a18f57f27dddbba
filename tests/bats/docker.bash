# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the suites with Docker share: a dockerd and a containerd of our own, with the runtime under test as default
# runtime. They are started once for a file. Every test ends with its containers removed and the proof that no
# process, cgroup or state of them is left.
#
# The runtime under test is $TARE, the build's unless set. TARE=/usr/sbin/runc shows whether a test asks for more than
# is common.
#
# Both live in a mount and a network namespace of their own: /run and /etc are private copies there, the bridge
# and the firewall rules exist only there, and all of it is gone with the last process. What the host does see
# are the cgroups below $DOCKER_CGROUP and the files below $DOCKER_DIR; docker_stop removes both.
#
# A suite that wants the machine's systemd to make the cgroups loads systemd-units.bash, too.

bats_require_minimum_version 1.5.0

load waiting.bash

setup_file() {
        unset DOCKER_DIR DOCKER_NAME DOCKER_CONTEXT
        docker_runtime >/dev/null
        DOCKER_MISSING=$(docker_missing | paste -sd,)
        export DOCKER_MISSING
        [ -z "$DOCKER_MISSING" ] || return 0
        docker_start || {
                docker_logs
                docker_stop
                return 1
        }
}

teardown_file() {
        [ -z "$DOCKER_DIR" ] || docker_stop
}

setup() {
        [ -z "$DOCKER_MISSING" ] || skip "$DOCKER_MISSING"
}

teardown() {
        [ -n "$DOCKER_DIR" ] || return 0
        remove_containers
        if [ -n "${REMAPPED_PID-}" ]; then
                end_process "$REMAPPED_PID"
                DOCKER_NAME=docker
        fi
        nothing_left || {
                docker_logs
                return 1
        }
}

remove_containers() {
        local container
        for container in $(docker ps --all --quiet); do
                docker rm --force --volumes "$container" >/dev/null
        done
}

# expect STATUS COMMAND...: the exit status must be this; stdout is left in $output, stderr in $stderr.
expect() {
        local wanted=$1
        shift
        run --separate-stderr "-$wanted" "$@" || {
                printf '%s\n' "$*" "stdout: $output" "stderr: $stderr"
                return 1
        }
}

# fails COMMAND...: for an error whose exit status is not promised.
fails() {
        run --separate-stderr ! "$@" || {
                printf '%s\n' "succeeded: $*" "stdout: $output"
                return 1
        }
}

# shows TEXT: stdout of the last command is exactly this.
shows() {
        [ "$output" = "$1" ] && return
        printf '%s\n' "stdout: $output" "expected: $1" "stderr: $stderr"
        return 1
}

# tells PATTERN: stderr of the last command matches this.
tells() {
        [[ $stderr =~ $1 ]] && return
        printf '%s\n' "stderr: $stderr" "expected to match: $1"
        return 1
}

# in_busybox [OPTION...] -- COMMAND...: docker run --rm with these options.
in_busybox() {
        local options=()
        while [ "$1" != -- ]; do
                options+=("$1")
                shift
        done
        shift
        docker run --rm "${options[@]}" busybox "$@"
}

# --- what can be known of a container ---

# is FOUND EXPECTED
is() {
        [ "$1" = "$2" ] || { printf 'found: %s\nexpected: %s\n' "$1" "$2" && return 1; }
}

# state CONTAINER FIELD...: of its State, separated by a space.
state() {
        local container=$1 format=
        shift
        printf -v format '{{.State.%s}} ' "$@"
        docker inspect --format "${format% }" "$container"
}

running() {
        [ "$(state "$1" Running)" = true ]
}

logs_hold() {
        docker logs "$1" 2>&1 | grep -q "$2"
}

# namespace_of PID TYPE
namespace_of() {
        readlink "/proc/$1/ns/$2"
}

# The file of a container's cgroup, seen from the host: CONTAINER, CONTROLLER, its name on v1, its name on v2. For
# nothing but a name, the directory.
cgroup_file() {
        local memberships path
        memberships=$(cat "/proc/$(state "$1" Pid)/cgroup")
        if [ "$(stat --file-system --format %T /sys/fs/cgroup)" = cgroup2fs ]; then
                path=$(sed -n 's/^0:://p' <<<"$memberships")
                echo "/sys/fs/cgroup$path/${4-}"
        else
                path=$(awk -F: -v name="$2" '("," $2 ",") ~ ("," name ",") { print $3 }' <<<"$memberships")
                echo "/sys/fs/cgroup/$2$path/${3-}"
        fi
}

# cgroup_holds CONTAINER CONTROLLER V1-FILE V1-VALUE V2-FILE V2-VALUE
cgroup_holds() {
        local file
        file=$(cgroup_file "$1" "$2" "$3" "$5")
        if [ "${file##*/}" = "$3" ]; then
                [[ "$(cat "$file")" =~ ^($4)$ ]]
        else
                [[ "$(cat "$file")" =~ ^($6)$ ]]
        fi || { echo "$file: $(cat "$file"), expected $4 (v1) or $6 (v2)" && return 1; }
}

# Value of a cgroup file as the container sees it: name on v1, then name on v2.
cgroup_value() {
        echo "cat /sys/fs/cgroup/$1 2>/dev/null || cat /sys/fs/cgroup/$2"
}

# needs_limit FIELD: a controller, by the name it has in `docker info`.
needs_limit() {
        [ "$(docker info --format "{{.$1}}")" = true ] || skip "no such controller here: $1"
}

needs_network() {
        [ "$DOCKER_NETWORK" != none ] || skip "dockerd cannot make a bridge here"
}

# --- what there is ---

# The runtime under test as an absolute path.
docker_runtime() {
        local root
        root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
        realpath -e "$(command -v "${TARE:-$root/build/src/tare}")"
}

# Says on stdout why Docker cannot be tested on this machine; nothing when it can.
docker_missing() {
        local program
        [ "$(id -u)" -eq 0 ] || echo "needs root"
        for program in dockerd containerd containerd-shim-runc-v2 busybox jq nsenter unshare ip; do
                command -v "$program" >/dev/null || echo "needs $program"
        done
        [ -z "${SHARED_RUN-}" ] || systemd_missing
}

# The client that belongs to the daemon (not a newer one that shadows it in PATH), bound to a daemon of ours
# whatever the environment says: the tests remove every container that they see. DOCKER_NAME picks the daemon.
docker_client() {
        local client=/usr/bin/docker
        [ -x "$client" ] || client=$(type -P docker)
        echo "$client" --config "${DOCKER_DIR:?}/client" --host "unix://$DOCKER_DIR/run/${DOCKER_NAME:-docker}.sock"
}

docker() {
        $(docker_client) "$@" 3>&-
}

# Runs a command where the daemons live.
docker_inside() {
        nsenter --target "$CONTAINERD_PID" --mount --net -- "$@" 3>&-
}

# --- the daemons ---

start_containerd() {
        mkdir -p "$DOCKER_DIR"/{run,etc,client,containerd}
        cp -a /etc/. "$DOCKER_DIR/etc"
        # A resolver on the host's loopback would make dockerd look for another one.
        rm -f "$DOCKER_DIR/etc/resolv.conf"
        echo "nameserver 127.0.0.1" >"$DOCKER_DIR/etc/resolv.conf"
        printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' >"$DOCKER_DIR/containerd.toml"

        # shellcheck disable=SC2086
        env -i "PATH=$PATH" unshare --mount --net -- sh -ec "$OWN_FOLDERS"'
                ip link set lo up
                exec containerd --config "$dir/containerd.toml" --root "$dir/containerd" \
                        --state /run/containerd --address /run/containerd/containerd.sock
        ' sh "$DOCKER_DIR" ${SHARED_RUN-} >"$DOCKER_DIR/containerd.log" 2>&1 3>&- &
        CONTAINERD_PID=$!
        until_true 20 test -S "$DOCKER_DIR/run/containerd/containerd.sock" || return 1
        DOCKER_MNTNS=$(stat --dereference --format %i "/proc/$CONTAINERD_PID/ns/mnt")
}

# start_dockerd NAME OPTION...: a daemon at run/NAME.sock; its pid is left in DOCKERD_PID. A daemon that ends at
# once (an option this machine cannot follow) is a failure. All but the main one have a network of their own: with
# --bridge=none a daemon removes the bridge that it finds.
start_dockerd() {
        local name=$1 before=()
        shift
        [ "$name" = docker ] || before=(unshare --net --)
        # Not what dockerd would choose by itself: that depends on what it sees in /run.
        local driver=cgroupfs parent=/$DOCKER_CGROUP
        [ -z "${SHARED_RUN-}" ] || driver=systemd parent=$DOCKER_CGROUP
        env -i "PATH=$PATH" nsenter --target "$CONTAINERD_PID" --mount --net -- "${before[@]}" dockerd \
                --host "unix:///run/$name.sock" --data-root "$DOCKER_DIR/$name" --exec-root "/run/$name" \
                --pidfile "/run/$name.pid" --containerd /run/containerd/containerd.sock \
                --add-runtime "tare=$(docker_runtime)" --default-runtime tare \
                --exec-opt "native.cgroupdriver=$driver" --cgroup-parent "$parent" "$@" \
                >"$DOCKER_DIR/$name.log" 2>&1 3>&- &
        DOCKERD_PID=$!
        until_true 30 dockerd_decided "$name" || return 1
        ! process_gone "$DOCKERD_PID"
}

dockerd_decided() {
        process_gone "$DOCKERD_PID" || DOCKER_NAME=$1 docker version
}

# The best set of daemon options that works on this machine: a storage driver and a network.
start_main_dockerd() {
        local driver network
        for driver in overlay2 vfs; do
                for network in bridge proxy none; do
                        DOCKER_STORAGE=$driver DOCKER_NETWORK=$network
                        case $network in
                        bridge) start_dockerd docker --storage-driver "$driver" ;;
                        proxy) start_dockerd docker --storage-driver "$driver" --iptables=false --ip6tables=false ;;
                        none) start_dockerd docker --storage-driver "$driver" --iptables=false --bridge=none ;;
                        esac && return 0
                done
        done
        return 1
}

# From here on a test speaks with a second daemon, whose containers have a user namespace; teardown ends it. The host's
# id of its root is left in SUBID.
remapped_daemon() {
        local main_pid=$DOCKERD_PID
        start_dockerd remapped --storage-driver "$DOCKER_STORAGE" --userns-remap default --bridge=none --iptables=false ||
                { tail -n 5 "$DOCKER_DIR/remapped.log" && return 1; }
        REMAPPED_PID=$DOCKERD_PID DOCKERD_PID=$main_pid DOCKER_NAME=remapped
        SUBID=$(docker_inside awk -F: '$1 == "dockremap" { print $2 }' /etc/subuid)
        make_image | docker import - busybox >/dev/null
}

docker_start() {
        DOCKER_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tare-docker.XXXXXX")
        # A remapped root has to get through it.
        chmod 711 "$DOCKER_DIR"
        DOCKER_CGROUP=${DOCKER_DIR##*/}
        [ -z "${SHARED_RUN-}" ] || DOCKER_CGROUP=$(slice_name "$DOCKER_CGROUP")
        start_containerd || return 1
        start_main_dockerd || return 1
        export DOCKER_DIR DOCKER_CGROUP DOCKER_STORAGE DOCKER_NETWORK DOCKER_MNTNS CONTAINERD_PID DOCKERD_PID
        make_image | docker import --change 'CMD ["sh"]' - busybox >/dev/null
        docker_mounts >"$DOCKER_DIR/mounts.before"
}

docker_stop() {
        local pid container dir
        for container in $(docker ps --all --quiet); do
                docker rm --force --volumes "$container" >/dev/null
        done
        [ -z "$DOCKERD_PID" ] || end_process "$DOCKERD_PID"
        [ -z "$CONTAINERD_PID" ] || end_process "$CONTAINERD_PID"
        for pid in $(docker_processes); do
                kill -KILL "$pid" 2>/dev/null
        done
        [ -z "${SHARED_RUN-}" ] || systemctl stop "$DOCKER_CGROUP" 2>/dev/null || :
        for dir in $(docker_cgroups) /sys/fs/cgroup/*/"$DOCKER_CGROUP" /sys/fs/cgroup/"$DOCKER_CGROUP"; do
                [ ! -d "$dir" ] || rmdir "$dir"
        done
        rm -rf "$DOCKER_DIR"
}

# What a failed start leaves to look at.
docker_logs() {
        tail --verbose --lines=15 "$DOCKER_DIR"/*.log
}

# --- the image ---

# The layer as a tar on stdout: busybox and what a user database needs.
make_image() {
        local rootfs=$DOCKER_DIR/image
        mkdir -p "$rootfs"/{bin,etc,dev,proc,sys,tmp,root,run,var}
        cp "$(command -v busybox)" "$rootfs/bin/busybox"
        "$rootfs/bin/busybox" --install "$rootfs/bin"
        chmod 1777 "$rootfs/tmp"
        printf '%s\n' root:x:0:0:root:/root:/bin/sh user:x:1000:1000::/tmp:/bin/sh >"$rootfs/etc/passwd"
        printf '%s\n' root:x:0: wheel:x:10:root user:x:1000: extra:x:2000: >"$rootfs/etc/group"
        printf '#!/bin/sh\necho started\n' >"$rootfs/bin/not-executable"
        printf '#!/bin/nowhere\necho started\n' >"$rootfs/bin/no-interpreter"
        chmod 644 "$rootfs/bin/not-executable"
        chmod 755 "$rootfs/bin/no-interpreter"
        tar --directory "$rootfs" --create --owner=0 --group=0 .
}

# --- what must not be left behind ---

# Mount points where the daemons live, but for the daemons' own.
docker_mounts() {
        docker_inside cat /proc/self/mountinfo | cut -d' ' -f4- | grep -v ' /run/[a-z]*/netns/default ' | sort
}

# Those that were not there when the daemons began. What other suites had mounted then may have gone meanwhile.
docker_mounts_left() {
        docker_mounts | comm -13 "$DOCKER_DIR/mounts.before" -
}

# Cgroups of containers, deepest first.
docker_cgroups() {
        find /sys/fs/cgroup -depth -mindepth 2 -type d -path "*/$DOCKER_CGROUP/*" 2>/dev/null || :
}

# Directories in the runtime's root that bear a container's id.
docker_states() {
        find "$DOCKER_DIR"/run/*/runtime-* -mindepth 2 -maxdepth 2 -regextype egrep -regex '.*/[0-9a-f]{64}' 2>/dev/null || :
}

# Shims, runtimes and proxies, which share the daemons' mount namespace, and what runs in a container's cgroup.
docker_processes() {
        {
                find /proc/[0-9]*/ns/mnt -maxdepth 0 -lname "*$DOCKER_MNTNS*" 2>/dev/null || :
                grep -lsF "/$DOCKER_CGROUP/" /proc/[0-9]*/cgroup || :
        } | cut -d/ -f3 | sort -u | grep -vx -e "$CONTAINERD_PID" -e "$DOCKERD_PID" || :
}

# All of these, for somebody to read; nothing once all is gone.
left() {
        docker_processes | processes_left
        docker_cgroups | sed 's/^/cgroup left: /'
        docker_states | sed 's/^/state left: /'
}
