# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the suites with an engine on top of the runtime under test share ($TARE, the build's unless set; with crun or runc
# there one sees whether a test asks for more than is common).
#
# The engine lives in a mount and a network namespace of its own: /run and /etc are private copies there, so that neither
# state nor configuration nor users of the machine are touched, and mounts are gone with the last process. What the
# machine does see are the cgroups below $ENGINE_CGROUP and the files below $ENGINE_DIR; engine_stop removes both.
#
# A suite that wants the machine's systemd to make the cgroups loads systemd-units.bash, too.

bats_require_minimum_version 1.5.0

load waiting.bash

# The runtime under test as an absolute path.
engine_runtime() {
        realpath -e "$(command -v "${TARE:-$BATS_TEST_DIRNAME/../../build/src/tare}")"
}

# Says on stdout what this machine lacks for an engine that needs these programs; nothing when it has all.
engine_missing() {
        local program
        [ "$(id -u)" -eq 0 ] || echo "needs root"
        for program in "$@" busybox jq nsenter unshare ip script; do
                command -v "$program" >/dev/null || echo "needs $program"
        done
}

# engine_start NAME: the namespaces, held by a process that waits.
engine_start() {
        ENGINE_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tare-$1.XXXXXX")
        ENGINE_CGROUP=${ENGINE_DIR##*/}
        [ -z "${SHARED_RUN-}" ] || ENGINE_CGROUP=$(slice_name "$ENGINE_CGROUP")
        # Users other than root have to get through it.
        chmod 711 "$ENGINE_DIR"
        mkdir -p "$ENGINE_DIR"/{run,etc}
        cp -a /etc/. "$ENGINE_DIR/etc"
        # shellcheck disable=SC2016,SC2086
        env -i "PATH=$PATH" unshare --mount --net -- sh -ec "$OWN_FOLDERS"'
                ip link set lo up
                touch /run/ready
                exec sleep infinity
        ' sh "$ENGINE_DIR" ${SHARED_RUN-} >"$ENGINE_DIR/holder.log" 2>&1 3>&- &
        ENGINE_HOLDER=$!
        until_true 20 test -e "$ENGINE_DIR/run/ready" || return 1
        ENGINE_MNTNS=$(stat --dereference --format %i "/proc/$ENGINE_HOLDER/ns/mnt")
        export ENGINE_DIR ENGINE_CGROUP ENGINE_HOLDER ENGINE_MNTNS
        make_rootfs "$ENGINE_DIR/rootfs"
}

# engine_stop [PID...]: ends the engine's own processes, then whatever is left.
engine_stop() {
        local pid dir
        for pid; do
                end_process "$pid"
        done
        for pid in $(engine_processes); do
                kill -KILL "$pid" 2>/dev/null
        done
        [ -z "${ENGINE_HOLDER-}" ] || end_process "$ENGINE_HOLDER"
        [ -z "${SHARED_RUN-}" ] || systemctl stop "$ENGINE_CGROUP" 2>/dev/null || :
        for dir in $(engine_cgroups); do
                rmdir "$dir"
        done
        rm -rf --one-file-system "${ENGINE_DIR:?}"
}

# The words before a command that is to run where the engine lives, into the array INSIDE. The environment is a clean one
# and the working directory is the root. A client gets `timeout` before them: nothing here takes a minute.
engine_words() {
        INSIDE=(nsenter --target "$ENGINE_HOLDER" --mount --net --
                env -i "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME=/root TERM=linux)
}

ENGINE_TIMEOUT=(timeout --foreground --kill-after=5 "${PATIENCE:-60}")

engine_inside() {
        local -a INSIDE
        engine_words
        "${INSIDE[@]}" "$@" 3>&-
}

# --- the image ---

# Busybox and what a user database needs.
make_rootfs() {
        local rootfs=$1
        mkdir -p "$rootfs"/{bin,etc,dev,proc,sys,tmp,root,run,var,home/user}
        cp "$(command -v busybox)" "$rootfs/bin/busybox"
        "$rootfs/bin/busybox" --install "$rootfs/bin"
        chmod 1777 "$rootfs/tmp"
        printf '%s\n' root:x:0:0:root:/root:/bin/sh user:x:1000:1000::/home/user:/bin/sh >"$rootfs/etc/passwd"
        printf '%s\n' root:x:0: wheel:x:10:root user:x:1000: extra:x:2000:user >"$rootfs/etc/group"
        printf '#!/bin/sh\necho started\n' >"$rootfs/bin/not-executable"
        printf '#!/bin/nowhere\necho started\n' >"$rootfs/bin/no-interpreter"
        chmod 644 "$rootfs/bin/not-executable"
        chmod 755 "$rootfs/bin/no-interpreter"
}

rootfs_tar() {
        tar --directory "$ENGINE_DIR/rootfs" --create --owner=0 --group=0 .
}

# --- what a command says ---

# expect STATUS COMMAND...: its stdout is left in $output, its stderr in $errors. Files and not pipes, for what goes on in
# the background may hold them open.
expect() {
        local wanted=$1
        shift
        status=0
        rm -f "$BATS_TEST_TMPDIR"/{out,err}
        "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" <"${INPUT:-/dev/null}" || status=$?
        output=$(tr -d '\0' <"$BATS_TEST_TMPDIR/out")
        errors=$(tr -d '\0' <"$BATS_TEST_TMPDIR/err")
        [ "$wanted" = any ] || [ "$status" -eq "$wanted" ] || complain "exit status $status, expected $wanted: $*"
}

# fails COMMAND...: for an error whose exit status is not promised.
fails() {
        expect any "$@"
        [ "$status" -ne 0 ] || complain "succeeded: $*"
}

complain() {
        printf '%s\n' "$1" "stdout: $output" "stderr: $errors"
        return 1
}

# shows TEXT: stdout of the last command is exactly this.
shows() {
        [ "$output" = "$1" ] || complain "expected on stdout: $1"
}

# matches PATTERN: stdout of the last command matches this.
matches() {
        [[ $output =~ $1 ]] || complain "expected to match on stdout: $1"
}

# tells PATTERN: stderr of the last command matches this.
tells() {
        [[ $errors =~ $1 ]] || complain "expected to match on stderr: $1"
}

# is FOUND EXPECTED
is() {
        [ "$1" = "$2" ] || { printf 'found: %s\nexpected: %s\n' "$1" "$2" && return 1; }
}

# --- the machine's cgroups ---

has_controller() {
        mountpoint -q "/sys/fs/cgroup/$1" || grep -qsw "$1" /sys/fs/cgroup/cgroup.controllers
}

needs_controller() {
        has_controller "$1" || skip "no cgroup controller $1 here"
}

# --- terminals ---

# on_terminal COMMAND...: on a terminal of its own, of 33 rows and 101 columns. What it shows is in $SCREEN, too, which
# typed() reads: `expect 0 on_terminal ... ` with INPUT=<(typed ...).
on_terminal() {
        local command
        command=$(printf '%q ' "$@")
        # script(1) hands the command to $SHELL, and only bash reads every word that bash's %q writes ($'...').
        SHELL=$BASH script --quiet --flush --return --command "stty rows 33 cols 101; exec $command" "$SCREEN" 3>&-
}

# typed PROMPT TEXT...: what somebody types, each TEXT once its PROMPT is on the screen, and then waits for the end.
typed() {
        while [ $# -gt 0 ]; do
                until_true 20 grep -qF -e "$1" "$SCREEN" || break
                printf '%b' "$2"
                # Two texts are two reads.
                sleep 0.2
                shift 2
        done
        until_true 20 grep -q '^Script done' "$SCREEN"
}

# --- what must not be left behind ---

# Cgroups of containers, deepest first.
engine_cgroups() {
        find /sys/fs/cgroup -depth -mindepth 1 -type d -path "*/$ENGINE_CGROUP*" 2>/dev/null || :
}

# What shares the engine's mount namespace, and what runs in a container's cgroup.
engine_processes() {
        local dead
        {
                find /proc/[0-9]*/ns/mnt -maxdepth 0 -lname "*$ENGINE_MNTNS*" 2>/dev/null || :
                grep -lsF "/$ENGINE_CGROUP/" /proc/[0-9]*/cgroup || :
        } | cut -d/ -f3 | sort -u | grep -vxF -e "$ENGINE_HOLDER" -e "${ENGINE_PID-none}" | while read -r dead; do
                process_gone "$dead" || echo "$dead"
        done
}

# After a failure: ends what runs in the containers' cgroups and removes these, so that the next test has nothing of it.
engine_sweep() {
        local pid dir
        for pid in $(grep -lsF "/$ENGINE_CGROUP/" /proc/[0-9]*/cgroup | cut -d/ -f3); do
                kill -KILL "$pid" 2>/dev/null || :
        done
        for dir in $(engine_cgroups | grep "$ENGINE_CGROUP/"); do
                until_true 2 rmdir "$dir" || :
        done
        for dir in $(engine_states "$@"); do
                rm -rf "$dir"
        done
}

# The directories in the runtime's root, but for those that it has for itself.
engine_states() {
        find "$@" -mindepth 1 -maxdepth 1 -type d -not -name '.*' 2>/dev/null || :
}

# Mount points where the engine lives.
engine_mounts() {
        cut -d' ' -f4- "/proc/$ENGINE_HOLDER/mountinfo" | sort
}

# Those that were not there when the engine began. What other suites had mounted then may have gone meanwhile.
engine_mounts_left() {
        engine_mounts | comm -13 "$ENGINE_DIR/mounts.before" -
}
