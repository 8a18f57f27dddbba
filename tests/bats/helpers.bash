# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the suites share. Every test has a bundle of its own ($BUNDLE: busybox, and the config that `tare spec` writes,
# without a terminal and with a writable root), an id ($ID) that no other test has, a state directory ($ROOT), and ends
# with the proof that nothing of it is left: no state, no process, no mount, no cgroup.
#
# $TARE is the runtime under test, the build's unless set. Another runtime may be named to see whether a test asks for
# more than is common; what only tare does says so by only_tare. With $CGROUP_MANAGER set to systemd the machine's systemd makes
# the cgroups, in a slice of this run.

bats_require_minimum_version 1.5.0

APPLETS="awk cat chmod chown chroot cp cut dd df echo env expr false find getopt grep head hostname id ifconfig ip kill
        ln ls md5sum mkdir mkfifo mknod mount mv nice nproc ping printenv printf ps pwd readlink realpath renice rm rmdir sed
        seq setsid sh sleep sort stat stty sync tail tee test timeout touch tr true tty umount uname unshare uniq wc
        xargs yes"

setup_file() {
        common_setup_file
}

common_setup_file() {
        local name rootfs=$BATS_FILE_TMPDIR/rootfs
        export TARE RUNTIME CGROUP_VERSION
        TARE=$(realpath -e "$(command -v "${TARE:-$BATS_TEST_DIRNAME/../../build/src/tare}")")
        RUNTIME=$("$TARE" --version | sed -n '1s/ .*//p')
        CGROUP_VERSION=1
        [ "$(stat --file-system --format %T /sys/fs/cgroup)" != cgroup2fs ] || CGROUP_VERSION=2
        # A mapped root has to get through.
        chmod 711 "$BATS_RUN_TMPDIR"

        mkdir -p "$rootfs"/{bin,dev,etc,proc,root,sys,tmp,var}
        cp "$(command -v busybox)" "$rootfs/bin/busybox"
        for name in $APPLETS; do
                ln -s busybox "$rootfs/bin/$name"
        done
        chmod 1777 "$rootfs/tmp"
        printf '%s\n' root:x:0:0:root:/root:/bin/sh user:x:1000:1000::/home/user:/bin/sh >"$rootfs/etc/passwd"
        printf '%s\n' root:x:0: user:x:1000: >"$rootfs/etc/group"

        "$TARE" spec --bundle "$BATS_FILE_TMPDIR"
        jq '.process.terminal = false | .root.readonly = false' "$BATS_FILE_TMPDIR/config.json" \
                >"$BATS_FILE_TMPDIR/base.json"
}

setup() {
        common_setup
}

common_setup() {
        ID=bats-${BATS_RUN_TMPDIR##*-}-$BATS_SUITE_TEST_NUMBER
        DIR=$BATS_TEST_TMPDIR
        ROOT=$DIR/state
        BUNDLE=$DIR/bundle
        ROOTFS=$BUNDLE/rootfs
        mkdir -p "$BUNDLE"
        chmod 711 "$DIR"
        cp -a "$BATS_FILE_TMPDIR/rootfs" "$ROOTFS"
        CGROUP_MANAGER=${CGROUP_MANAGER:-cgroupfs}
        SLICE=t${BATS_RUN_TMPDIR##*-}.slice
        jq --arg path "$(cgroups_path)" '.linux.cgroupsPath = $path' "$BATS_FILE_TMPDIR/base.json" >"$BUNDLE/config.json"
}

teardown() {
        common_teardown
}

common_teardown() {
        local pid state
        # A test may have gone into its folder; then this shell itself would be found there.
        cd /
        # What a test started in the background: $BACKGROUND holds the pids.
        for pid in ${BACKGROUND-}; do
                kill -KILL "$pid" 2>/dev/null || :
        done
        for state in "$ROOT"/*/; do
                [ ! -d "$state" ] || tare delete --force "$(basename "$state")" || :
        done
        # What a test made there before systemd did.
        rmdir /sys/fs/cgroup{,/*}"/$SLICE" 2>/dev/null || :
        nothing_left
}

# --- running ---

# The runtime with the state of this test. Nothing here takes half a minute.
tare() {
        local -a manager=()
        [ "$CGROUP_MANAGER" = cgroupfs ] || manager=(--systemd-cgroup)
        timeout --foreground --kill-after=5 "${PATIENCE:-60}" "$TARE" --root "$ROOT" "${manager[@]}" "$@" 3>&-
}

# expect STATUS COMMAND...: runs it, its stdout in $output and $DIR/out, its stderr in $errors. Files and not pipes, for
# a container that goes on holds them open.
expect() {
        local wanted=$1
        shift
        status=0
        # New files: a container of an earlier command may still write into the old ones.
        rm -f "$DIR/out" "$DIR/err"
        "$@" >"$DIR/out" 2>"$DIR/err" <"${INPUT:-/dev/null}" || status=$?
        output=$(tr -d '\0' <"$DIR/out")
        # Without the escapes of a quoted log message.
        errors=$(tr -d '\0' <"$DIR/err" | sed 's/\\\(["\\]\)/\1/g')
        [ "$status" -eq "$wanted" ] || complain "exit status $status, expected $wanted: $*"
}

complain() {
        printf '%s\n' "$1" "stdout: $output" "stderr: $errors"
        return 1
}

prints() {
        [ "$output" = "$1" ] || complain "expected on stdout: $1"
}

prints_line() {
        grep -qxF -e "$1" <<<"$output" || complain "expected a line on stdout: $1"
}

prints_match() {
        grep -qE -e "$1" <<<"$output" || complain "expected a match on stdout: $1"
}

says() {
        grep -qF -e "$1" <<<"$errors" || complain "expected on stderr: $1"
}

says_nothing() {
        [ -z "$errors" ] || complain "expected nothing on stderr"
}

# not COMMAND...: a line of a test that begins with `!` cannot fail it, this one can.
not() {
        ! "$@"
}

# is FOUND EXPECTED
is() {
        [ "$1" = "$2" ] || { printf 'found: %s\nexpected: %s\n' "$1" "$2" && return 1; }
}

only_tare() {
        [ "$RUNTIME" = tare ] || skip "$RUNTIME differs: $1"
}

# --- the bundle ---

# config FILTER [ARGUMENT...]: changes config.json by jq.
config() {
        local filter=$1
        shift
        jq "$@" "$filter" "$BUNDLE/config.json" >"$DIR/config.new"
        mv "$DIR/config.new" "$BUNDLE/config.json"
}

args() {
        local names= argument
        local -a values=()
        for argument; do
                names+="\$a$((${#values[@]} / 3)),"
                values+=(--arg "a$((${#values[@]} / 3))" "$argument")
        done
        config ".process.args = [${names%,}]" "${values[@]}"
}

script() {
        args /bin/sh -c "$1"
}

# inside SCRIPT: runs a container with it and expects success; see expect for what it leaves.
inside() {
        script "$1"
        expect 0 tare run --bundle "$BUNDLE" "$ID"
}

# A container that waits: created, or running until it is killed. What its process prints is in $DIR/container.
create() {
        expect 0 tare create --bundle "$BUNDLE" "$@" "$ID"
        ln -f "$DIR/out" "$DIR/container"
}

start() {
        args sleep 1000
        create "$@"
        tare start "$ID"
}

status_of() {
        "$TARE" --root "$ROOT" state "${1:-$ID}" | jq -r .status
}

pid_of() {
        "$TARE" --root "$ROOT" state "${1:-$ID}" | jq -r .pid
}

# refused TEXT...: the config is refused with exit code 1 and every TEXT on stderr, and nothing was made.
refused() {
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        local text
        for text; do
                says "$text"
        done
        nothing_left
}

# --- waiting ---

# soon COMMAND...: until it succeeds, ten seconds at most, or what $PATIENCE says for a slow machine.
soon() {
        local deadline=$((SECONDS + ${PATIENCE:-10}))
        until "$@"; do
                [ "$SECONDS" -lt "$deadline" ] || return 1
                sleep 0.02
        done
}

status_is() {
        [ "$(status_of)" = "$1" ]
}

# --- cgroups ---

# cgroups_path [NAME]: linux.cgroupsPath for a cgroup of this name, the container's id unless given.
cgroups_path() {
        if [ "$CGROUP_MANAGER" = systemd ]; then
                echo "$SLICE:tare:${1-$ID}"
        else
                echo "/${1-$ID}"
        fi
}

# place [NAME]: where that is below a mount point.
place() {
        if [ "$CGROUP_MANAGER" = systemd ]; then
                echo "/$SLICE/tare-${1-$ID}.scope"
        else
                echo "/${1-$ID}"
        fi
}

# The mount point of a controller.
hierarchy() {
        if [ "$CGROUP_VERSION" = 1 ]; then
                echo "/sys/fs/cgroup/$1"
        else
                echo /sys/fs/cgroup
        fi
}

# The container's cgroup for a controller.
cgroup() {
        echo "$(hierarchy "${1-}")$(place)"
}

# The mount point of v2, where there is one.
unified() {
        if [ "$CGROUP_VERSION" = 2 ]; then
                echo /sys/fs/cgroup
        else
                echo /sys/fs/cgroup/unified
        fi
}

only_cgroupfs() {
        [ "$CGROUP_MANAGER" = cgroupfs ] || skip "not with systemd: $1"
}

# members N: so many processes are in the container.
members() {
        [ "$(wc -l <"$(cgroup freezer)/cgroup.procs")" -eq "$1" ]
}

has_controller() {
        if [ "$CGROUP_VERSION" = 1 ]; then
                mountpoint -q "/sys/fs/cgroup/$1"
        else
                grep -qw "$1" /sys/fs/cgroup/cgroup.controllers
        fi
}

need_controller() {
        has_controller "$1" || skip "no cgroup controller $1 on v$CGROUP_VERSION here"
}

need_v1() {
        [ "$CGROUP_VERSION" = 1 ] || skip "cgroup v1 only"
}

need_v2() {
        [ "$CGROUP_VERSION" = 2 ] || skip "cgroup v2 only"
}

# need_system_call NAME: skips where the kernel, or the filter that plays an old one, does not know it. Called with
# nothing but a wrong descriptor it fails, by another error than that.
need_system_call() {
        local program=$BATS_FILE_TMPDIR/has-$1
        [ -x "$program" ] || printf '%s\n' '#include <errno.h>' '#include <sys/syscall.h>' '#include <unistd.h>' \
                "int main(void) { return syscall(SYS_$1, -1, 0, 0, 0, 0) < 0 && errno == ENOSYS; }" |
                "${CC:-cc}" -x c -o "$program" -
        "$program" || skip "the kernel lacks $1(2)"
}

# --- what must not be left ---

# Ours are those whose root or working directory is in the test's folder, which are in a cgroup with its id, or which
# were called with its state directory; one that is dead and unreaped belongs to whoever has to reap it.
left_processes() {
        local file
        {
                find /proc/[0-9]*/root /proc/[0-9]*/cwd -maxdepth 0 -lname "$DIR/*" 2>/dev/null
                grep -lsF -e "$ID" /proc/[0-9]*/cgroup
                grep -lsF -e "$ROOT" /proc/[0-9]*/cmdline
        } | while read -r file; do
                ! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "${file%/*}/status" ||
                        echo "${file%/*}: $(tr '\0' ' ' <"${file%/*}/cmdline")"
        done
}

left_cgroups() {
        find /sys/fs/cgroup -depth -type d -name "*$ID*" 2>/dev/null
}

left_mounts() {
        grep -F " $DIR/" /proc/self/mountinfo || :
}

left_states() {
        [ ! -d "$ROOT" ] || find "$ROOT" -mindepth 1 -maxdepth 1 -not -name '.*'
}

nothing_left() {
        local kind left all=
        for kind in processes cgroups mounts states; do
                # A process or a cgroup of somebody else that goes while we look makes grep and find fail.
                left=$("left_$kind") || :
                [ -z "$left" ] || all+="left $kind: $left"$'\n'
        done
        [ -z "$all" ] || { printf '%s' "$all" && return 1; }
}
