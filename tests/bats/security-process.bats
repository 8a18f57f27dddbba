#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Known holes of runtimes, each tried on this one: what a process is and may, what it can see of the runtime, and what it could
# reach through it. Those of paths and mounts are in files of their own. Each test must fail on a tare that lacks the defence.

load helpers
load security.bash
load terminal.bash

setup_file() {
        common_setup_file
        ! command -v "${CC:-cc}" >/dev/null ||
                "${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$BATS_FILE_TMPDIR/spy" "$BATS_TEST_DIRNAME/../tools/spy.c" || :
}

setup() {
        common_setup
        sentinel_plant
}

teardown() {
        security_teardown
}

# A container's hostile program, tests/tools/spy.c.
need_spy() {
        [ -x "$BATS_FILE_TMPDIR/spy" ] || skip "no static C library here"
        cp "$BATS_FILE_TMPDIR/spy" "$ROOTFS/bin/spy"
}

# capabilities NAME...: the container has just these.
capabilities() {
        local names
        names=$(printf '%s\n' "$@" | jq -nR '[inputs]')
        config '.process.capabilities |= with_entries(.value = if .key | IN("bounding", "permitted", "effective") then $names else [] end)' \
                --argjson names "$names"
}

# mapped: a user namespace of its own, and the rootfs that of its root.
mapped() {
        need_system_call mount_setattr
        config '.linux.namespaces += [{"type": "user"}]
                | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .linux.gidMappings = .linux.uidMappings'
        chown -R --no-dereference 100000:100000 "$ROOTFS"
}

# --- CVE-2016-9962, runc: the new process of an exec is looked into before it is the container's ---

SECRET=the-callers-own-secret

# execs_under LOOK TIMES: a container whose process is that spy meets so many new processes; what it saw is in $DIR/container.
execs_under() {
        local i
        # shellcheck disable=SC2086
        args spy $1
        create
        tare start "$ID"
        soon grep -q watching "$DIR/container"
        for i in $(seq "$2"); do
                # For a moment the kernel counts as a writer who opens a file on a read-only mount, before it refuses him (ETXTBSY).
                SECRET_OF_CALLER=$SECRET tare exec "$ID" true 2>"$DIR/errors" </dev/null || grep -q 'Text file busy' "$DIR/errors" ||
                        { cat "$DIR/errors" && return 1; }
        done
        tare kill "$ID" KILL
        soon status_is stopped
        # What was looked for was there to be seen.
        [ "$(grep -c seen "$DIR/container")" -gt 10 ] || { echo "the spy saw nothing" && return 1; }
}

# What the spy had success with, and how often.
saw() {
        sed -e '/^watching$/d' -e '/^seen$/d' -e 's/socket:.*/socket:/' "$DIR/container" | sort | uniq -c
}

@test "CVE-2016-9962: 500 execs, and root in the container never gets at the new process before it is the program" {
        need_spy
        capabilities CAP_SETPCAP CAP_CHOWN CAP_DAC_OVERRIDE CAP_SETUID CAP_SETGID
        execs_under "look $SECRET" 500
        is "$(saw)" ""
}

# So that nothing but being undumpable protects the process: the spy has all that it has, but for the right to trace others.
@test "CVE-2016-9962: nor with all that the new process itself may" {
        need_spy
        capabilities CAP_SYS_ADMIN CAP_SETPCAP CAP_CHOWN CAP_DAC_OVERRIDE CAP_SETUID CAP_SETGID
        execs_under "look $SECRET" 200
        # What may be read of a memory Linux 6.16 and newer show to whoever may count its events, as CAP_SYS_ADMIN may.
        is "$(saw | grep -v -e 'in auxv' -e 'in environ' -e 'in maps')" ""
}

@test "CVE-2016-9962: nor with CAP_SYS_PTRACE in a user namespace" {
        need_spy
        mapped
        capabilities CAP_SYS_PTRACE CAP_SYS_ADMIN CAP_SETPCAP CAP_CHOWN CAP_DAC_OVERRIDE CAP_SETUID CAP_SETGID
        execs_under "look $SECRET" 200
        is "$(saw)" ""
}

# This right the kernel gives for every process in sight. So the new process must be one in which there is nothing to find.
@test "CVE-2016-9962: 500 execs, and with CAP_SYS_PTRACE there is nothing of the host's to be found in the new process" {
        need_spy
        capabilities CAP_SYS_PTRACE CAP_DAC_OVERRIDE
        mkdir "$ROOTFS/inside"
        execs_under "look $SECRET" 500
        is "$(saw | grep -e secret -e outside)" ""
        # One end of the channel to the runtime, whose other end believes nothing that it says: exec.bats.
        is "$(saw | grep ' fd ' | grep -v ' socket:')" ""
        # No more rights to be borrowed than the container has: DAC_OVERRIDE is bit 1, SYS_PTRACE 19.
        is "$(saw | grep ' caps ' | grep -v ' 0*80002$')" ""
        # It could look.
        saw | grep -q ' in ptrace'
        saw | grep -q ' in mem'
        saw | grep -q ' caps '
}

# --- CVE-2019-5736, runc and others: the runtime's own file is written to by way of /proc/PID/exe ---

# A copy that may come to harm, and of which sentinel_unchanged tells if it did.
victim() {
        cp "$TARE" "$OUTSIDE/tare"
        TARE=$OUTSIDE/tare
        sentinel_note
}

@test "CVE-2019-5736: no road that the image lays leads to the runtime's own file" {
        victim
        local program roads=
        ln -s /proc/self/exe "$ROOTFS/link"
        printf '#!/proc/self/exe\n' >"$ROOTFS/script"
        printf '#! /link --version\n' >"$ROOTFS/script-by-link"
        printf '#!/script\n' >"$ROOTFS/script-of-script"
        chmod 755 "$ROOTFS"/script*
        for program in /proc/self/exe /proc/1/exe /proc/thread-self/exe /link /script /script-by-link /script-of-script; do
                args "$program"
                expect 1 tare run --bundle "$BUNDLE" "$ID"
                says "exec: \"$program\": it leads to the container runtime itself"
                unharmed
        done
        # In a created one process 1 is tare as well, and this right opens the road.
        capabilities CAP_SYS_PTRACE
        args true
        create
        # But not where each tare is a copy of its own in memory.
        [[ $(readlink "/proc/$(pid_of)/exe") == /memfd:* ]] || roads=/proc/1/exe
        for program in $roads /script /script-by-link /script-of-script; do
                expect 255 tare exec "$ID" "$program"
                says "exec: \"$program\": it leads to the container runtime itself"
        done
        # These lead nowhere for who is not yet in the pid namespace.
        for program in /proc/self/exe /proc/thread-self/exe /link; do
                expect 255 tare exec "$ID" "$program"
                says "exec: \"$program\": "
        done
        sentinel_unchanged
}

@test "CVE-2019-5736: 500 execs, and who keeps a descriptor of /proc/PID/exe never gets it open for writing" {
        need_spy
        victim
        capabilities CAP_SYS_PTRACE CAP_DAC_OVERRIDE
        execs_under keep 500
        grep -q kept "$DIR/container"
        not grep -e opened -e written "$DIR/container"
        sentinel_unchanged
}

@test "CVE-2019-5736: /proc/PID/exe of a created init is read-only, also when a link has made tare the program, and afterwards" {
        victim
        local exe
        ln -s /bin/true "$ROOTFS/entry"
        args /entry
        create
        exe=/proc/$(pid_of)/exe
        # A running file cannot be opened for writing anyway, so the question is access(2)'s. Where the kernel makes no read-only view
        # it is a copy in memory, sealed.
        [ ! -w "$exe" ] || [[ $(readlink "$exe") == /memfd:* ]] || { echo "$exe is writable" && return 1; }
        # What somebody in the same pid namespace would keep.
        exec 9<"$exe"
        ln -sfn /proc/self/exe "$ROOTFS/entry"
        tare start "$ID" 2>"$DIR/errors" 9<&- || :
        soon status_is stopped
        tare delete "$ID"
        # Nobody executes it any more.
        not bash -c 'echo written 1<>/proc/self/fd/9'
        exec 9<&-
        unharmed
}

# --- CVE-2017-5226, bubblewrap: the container types into the terminal of its caller ---

# at_terminal COMMAND: runs it with a terminal as its standard input and controlling terminal; what it printed is in $DIR/pushed,
# and in $DIR/typed a letter that somebody has typed.
at_terminal() {
        in_terminal "$1 >$DIR/pushed; bash -c 'IFS= read -rsn 1 -t 1 letter && echo \"\$letter\"' >$DIR/typed"
        soon test -s "$DIR/after"
}

# What the spy must find: EPERM, or EIO where the kernel lets nobody type (dev.tty.legacy_tiocsti).
nothing_pushed() {
        local call
        for call in plain high again; do
                grep -q -e "^$call: Operation not permitted" -e "^$call: Input/output error" "$DIR/pushed"
        done
        grep -q '^take: Operation not permitted' "$DIR/pushed"
        grep -q '^tty: No such device or address' "$DIR/pushed"
        # It leads its session, which has no terminal.
        grep -qx 'leader 1, terminal 0' "$DIR/pushed"
        is "$(cat "$DIR/typed")" ""
}

PUSH='spy push; exec awk "{ printf \"leader %d, terminal %d\n\", \$1 == \$6, \$7 }" /proc/self/stat'

@test "CVE-2017-5226: the process of run does not type into the caller's terminal" {
        need_spy
        script "$PUSH"
        at_terminal "$TARE --root $ROOT run --bundle $BUNDLE $ID"
        nothing_pushed
        unharmed
}

@test "CVE-2017-5226: the process of exec does not type into the caller's terminal" {
        need_spy
        start
        at_terminal "$TARE --root $ROOT exec $ID sh -c '$PUSH'"
        nothing_pushed
}

# --- CVE-2019-7303 and CVE-2019-10063, snapd and flatpak: a filter that compares 32 bits of 64, or 64 where the kernel takes 32 ---

@test "CVE-2019-7303, CVE-2019-10063: TIOCSTI is forbidden with a higher bit as well, in run and exec" {
        "$TARE" --version | grep -q '^libseccomp' || skip "built without libseccomp"
        need_spy
        local privileges
        # By the mask of what the kernel looks at: 0xffffffff. TIOCSTI is 0x5412, and 28 is ENOSPC.
        config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["ioctl"], "action": "SCMP_ACT_ERRNO",
                "errnoRet": 28, "args": [{"index": 1, "value": 4294967295, "valueTwo": 21522, "op": "SCMP_CMP_MASKED_EQ"}]}]}'
        for privileges in true false; do
                config ".process.noNewPrivileges = $privileges"
                args spy push
                expect 0 tare run --bundle "$BUNDLE" "$ID"
                prints_line 'plain: No space left on device'
                prints_line 'high: No space left on device'
                # Another request is not meant.
                not grep 'take: No space' "$DIR/out"
                start
                expect 0 tare exec "$ID" spy push
                prints_line 'plain: No space left on device'
                prints_line 'high: No space left on device'
                tare delete --force "$ID"
        done
        unharmed
}

# --- CVE-2020-15257, containerd: an abstract socket in a network namespace that the container shares ---

@test "CVE-2020-15257: no abstract socket is there in the life of a container that shares the network" {
        local look='grep -H @ /proc/self/net/unix'
        config '.linux.namespaces |= map(select(.type != "network")) | .hooks = (["prestart", "createRuntime", "createContainer", "poststart",
                "poststop"] | map({key: ., value: [{path: "/bin/sh", args: ["sh", "-c", $script]}]}) | from_entries)' \
                --arg script "$look >>$DIR/abstract; echo hook >>$DIR/looked; :"
        script "while :; do grep @ /proc/net/unix && echo found >>/tmp/abstract; echo >>/tmp/looked; done"
        # In a network of our own, where no other program's sockets are; one more looks all the time.
        cat >"$DIR/life" <<'END'
set -e
tare=("$1" --root "$2")
looks() { while :; do grep @ /proc/self/net/unix >>"$DIR/abstract" && echo "at any time" >>"$DIR/abstract"; done; }
looks &
trap 'kill $!' EXIT
"${tare[@]}" create --bundle "$3" "$4" >/dev/null 2>&1 </dev/null
"${tare[@]}" start "$4"
for i in 1 2 3 4 5; do "${tare[@]}" exec "$4" sh -c 'grep @ /proc/self/net/unix || :' >>"$DIR/abstract" </dev/null; done
"${tare[@]}" ps "$4" >/dev/null
"${tare[@]}" kill "$4" KILL
"${tare[@]}" delete --force "$4"
END
        expect 0 env DIR="$DIR" unshare --net bash "$DIR/life" "$TARE" "$ROOT" "$BUNDLE" "$ID"
        is "$(cat "$DIR/abstract")" ""
        [ ! -e "$ROOTFS/tmp/abstract" ]
        # All have looked.
        is "$(wc -l <"$DIR/looked")" 5
        [ -s "$ROOTFS/tmp/looked" ]
        unharmed
}

# --- capabilities that nobody gave: CVE-2016-8867 (ambient), CVE-2022-24769 and its kind (inheritable) ---

# By a caller who has many himself, ambient and inheritable.
by_rich_caller() {
        local rich=+chown,+kill,+setuid,+setgid,+net_raw,+sys_admin,+sys_ptrace
        setpriv --inh-caps "$rich" --ambient-caps "$rich" "$TARE" --root "$ROOT" "$@" 3>&-
}

# has_sets NAME=MASK...: as the process printed them.
has_sets() {
        local set
        for set; do
                prints_match "^Cap${set%=*}:[[:space:]]*0*${set#*=}\$"
        done
}

@test "CVE-2016-8867: no ambient capabilities but those of the config, whatever the caller has" {
        capabilities CAP_KILL CAP_NET_RAW
        config '.process.user = {"uid": 1000, "gid": 1000}'
        args cat /proc/self/status
        expect 0 by_rich_caller run --bundle "$BUNDLE" "$ID"
        # KILL is bit 5, NET_RAW 13.
        has_sets Amb=0 Inh=0 Eff=0 Prm=0 Bnd=2020
        config '.process.capabilities |= (.inheritable = ["CAP_KILL"] | .ambient = ["CAP_KILL"])'
        expect 0 by_rich_caller run --bundle "$BUNDLE" "$ID"
        has_sets Amb=20 Inh=20 Eff=20 Prm=20 Bnd=2020
        config '.process.capabilities |= (.inheritable = [] | .ambient = [])'
        start
        expect 0 by_rich_caller exec "$ID" cat /proc/self/status
        has_sets Amb=0 Inh=0 Eff=0 Prm=0 Bnd=2020
        expect 0 by_rich_caller exec --cap CAP_CHOWN "$ID" cat /proc/self/status
        has_sets Amb=0 Inh=0 Eff=0 Prm=0 Bnd=2021
}

@test "CVE-2022-24769, CVE-2022-29162, CVE-2022-27650, CVE-2022-27649, CVE-2025-27612: nothing is inheritable unasked" {
        local user
        args cat /proc/self/status
        for user in 0 1000; do
                capabilities CAP_KILL
                config '.process.user = {"uid": $user, "gid": $user}' --argjson user "$user"
                args cat /proc/self/status
                expect 0 by_rich_caller run --bundle "$BUNDLE" "$ID"
                has_sets Inh=0
                start
                expect 0 by_rich_caller exec "$ID" cat /proc/self/status
                has_sets Inh=0 Amb=0
                expect 0 by_rich_caller exec --cap CAP_NET_RAW --cap CAP_SYS_ADMIN "$ID" cat /proc/self/status
                has_sets Inh=0 Amb=0 Bnd=202020
                jq '.process | .args = ["cat", "/proc/self/status"]' "$BUNDLE/config.json" >"$DIR/process.json"
                expect 0 by_rich_caller exec --process "$DIR/process.json" "$ID"
                has_sets Inh=0 Amb=0
                tare delete --force "$ID"
        done
        unharmed
}

@test "CVE-2022-24769: a file with inheritable capabilities gains nothing in the hands of a user" {
        command -v setcap >/dev/null || skip "no setcap here"
        cp "$ROOTFS/bin/busybox" "$ROOTFS/bin/gaining"
        setcap cap_net_raw+ei "$ROOTFS/bin/gaining" 2>/dev/null || skip "no file capabilities on this file system"
        capabilities CAP_NET_RAW CAP_KILL
        config '.process.user = {"uid": 1000, "gid": 1000} | .process.noNewPrivileges = false'
        ln -sf gaining "$ROOTFS/bin/cat"
        args cat /proc/self/status
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        has_sets Inh=0 Prm=0 Eff=0
        start
        expect 0 tare exec "$ID" cat /proc/self/status
        has_sets Inh=0 Prm=0 Eff=0
        expect 0 tare exec --cap CAP_NET_RAW "$ID" cat /proc/self/status
        has_sets Inh=0 Prm=0 Eff=0
        tare delete --force "$ID"
        # It would gain if the config said so: the test can see it.
        config '.process.capabilities.inheritable = ["CAP_NET_RAW"]'
        args cat /proc/self/status
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        has_sets Inh=2000 Prm=2000 Eff=2000
        unharmed
}

# --- CVE-2022-0811, CRI-O: a sysctl that smuggles another one in ---

@test "CVE-2022-0811: keys that lead elsewhere, and those of the whole machine, are refused before anything is made" {
        local key target=kernel.core_pattern
        # A hook would be such a thing.
        config '.hooks = {"prestart": [$hook], "createRuntime": [$hook], "createContainer": [$hook]}' \
                --argjson hook "$(jq -n --arg script "echo ran >>$OUTSIDE/file" '{path: "/bin/sh", args: ["sh", "-c", $script]}')"
        for key in kernel.core_pattern kernel/core_pattern /kernel/core_pattern kernel.shm_rmid_forced+$target \
                net.ipv4.ip_forward=1+$target net.ipv4.ip_forward+$target "net.ipv4.ip_forward $target" "net.ipv4.ip_forward=$target" \
                $'net.ipv4.ip_forward\nkernel.core_pattern' $'net.ipv4.ip_forward\n' $'net.ipv4.ip_forward\tx' \
                net/ipv4/../../kernel/core_pattern net/../kernel/core_pattern ../sys/kernel/core_pattern ../../proc/sys/kernel/core_pattern \
                fs/mqueue/../../kernel/core_pattern user/../kernel/core_pattern net//../kernel/core_pattern net/./ipv4/ip_forward \
                net//ipv4/ip_forward net/ipv4/ip_forward/ net...kernel.core_pattern net. net .net.ipv4.ip_forward '' . .. / \
                'net.ipv4.ip_forward;x' "net.ipv4.ip_forward,$target" 'net.ipv4.ip_forwar%64' 'net.ipv4.ip_forward*' 'nét.x'; do
                config '.linux.sysctl = {($key): "|/bin/false"}' --arg key "$key"
                refused linux.sysctl
                sentinel_unchanged
        done
        # The key and a second one behind a NUL.
        config '.linux.sysctl = {"net.ipv4.ip_forward\u0000kernel.core_pattern": "|/bin/false"}'
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        unharmed
}

@test "CVE-2022-0811: a value is one value, whatever stands in it" {
        local value
        for value in '1+kernel.core_pattern=|/bin/false' '1 kernel.core_pattern=|/bin/false' $'1\nkernel.core_pattern=|/bin/false'; do
                config '.linux.sysctl = {"net.ipv4.ip_forward": $value}' --arg value "$value"
                refused 'linux.sysctl["net.ipv4.ip_forward"]'
                unharmed
        done
        config '.linux.sysctl = {"kernel.domainname": "a+kernel.core_pattern=b"}'
        inside 'cat /proc/sys/kernel/domainname'
        prints 'a+kernel.core_pattern=b'
        unharmed
}

# --- CVE-2024-21626, runc: a working directory by a descriptor that leads to the host ---

# leaking COMMAND...: by a caller who has so many descriptors of a folder of the host open, and close-on-exec on none.
leaking() {
        # shellcheck disable=SC2016
        bash -c 'for fd in $(seq 3 100); do eval "exec $fd<\"\$1\""; done; shift; exec "$@"' - "$OUTSIDE" "$TARE" --root "$ROOT" "$@"
}

# Where the working directory leads, in the container's process.
LOOK='pwd; ls . ..; ls ../../../../..; cat file ../outside/file'

@test "CVE-2024-21626: run with a working directory that is a descriptor of the caller's" {
        local n cwd
        ln -s /proc/self/fd/9 "$ROOTFS/link"
        script "$LOOK"
        for n in {0..50}; do
                config '.process.cwd = $cwd' --arg cwd "/proc/self/fd/$n"
                expect 1 leaking run --bundle "$BUNDLE" "$ID"
                says "process.cwd: "
        done
        for cwd in /link /proc/self/fd/9/folder /proc/self/fd/9/.. /proc/thread-self/fd/9 /proc/1/fd/9 /proc/self/cwd /proc/self/root/../folder \
                /proc/self/task/1/fd/9; do
                config '.process.cwd = $cwd' --arg cwd "$cwd"
                expect 1 leaking run --bundle "$BUNDLE" "$ID"
                says "process.cwd: "
        done
        unharmed
}

@test "CVE-2024-21626: exec with a working directory that is a descriptor of the caller's" {
        local n cwd
        ln -s /proc/self/fd/9 "$ROOTFS/link"
        # Without a pid namespace: with one /proc/self leads nowhere for the process that enters the directory.
        config '.linux.namespaces |= map(select(.type != "pid"))'
        start
        for n in {0..50}; do
                expect 255 leaking exec --cwd "/proc/self/fd/$n" "$ID" sh -c "$LOOK"
                says "process.cwd: "
        done
        for cwd in /link /proc/self/fd/9/folder /proc/self/fd/9/.. /proc/thread-self/fd/9 /proc/self/cwd /proc/self/root/../folder; do
                expect 255 leaking exec --cwd "$cwd" "$ID" sh -c "$LOOK"
                says "process.cwd: "
        done
        tare delete --force "$ID"
        config '.linux.namespaces += [{"type": "pid"}]'
        start
        for cwd in /link /proc/self/fd/9 /proc/thread-self/fd/9 /proc/1/fd/9 /proc/1/cwd; do
                expect 255 leaking exec --cwd "$cwd" "$ID" sh -c "$LOOK"
                says "process.cwd: "
        done
        sentinel_unchanged
}

@test "CVE-2024-21626: of a hundred descriptors that the caller leaks none is in the container, at no time" {
        # Without a pipe or a folder open meanwhile.
        # shellcheck disable=SC2016
        local list='n=0; while [ $n -lt 130 ]; do [ ! -e /proc/$$/fd/$n ] || printf "$n "; n=$((n + 1)); done'
        script "$list; readlink /proc/\$\$/cwd"
        expect 0 leaking run --bundle "$BUNDLE" "$ID"
        prints $'0 1 2 /'
        script "$list; exec sleep 1000"
        expect 0 leaking create --bundle "$BUNDLE" "$ID"
        ln -f "$DIR/out" "$DIR/container"
        # The streams and its two fifos.
        is "$(find "/proc/$(pid_of)/fd" -lname "$OUTSIDE*")" ""
        is "$(find "/proc/$(pid_of)/fd" -mindepth 1 | wc -l)" 5
        expect 0 leaking start "$ID"
        soon grep -q . "$DIR/container"
        is "$(cat "$DIR/container")" '0 1 2 '
        expect 0 leaking exec "$ID" sh -c "$list"
        prints '0 1 2 '
}

# --- CVE-2024-3154, CRI-O and runc: annotations that become properties of a unit. With systemd: systemd.bats ---

@test "CVE-2024-3154: without systemd such annotations do nothing; which ones are unsafe is told by features" {
        local name
        only_cgroupfs "there they are refused: systemd.bats"
        config '.annotations = {"org.systemd.property.ExecStopPost": $value, "org.systemd.property.SuccessAction": "'"'poweroff'"'",
                "org.systemd.property.OnFailure": "['"'x.service'"']"}' --arg value "[('/bin/sh', ['sh', '-c', 'echo ran >>$OUTSIDE/file'], false)]"
        inside 'echo ran'
        prints ran
        unharmed
        expect 0 tare features
        for name in org.systemd.property. run.oci. org.criu.config bundle; do
                jq -e --arg name "$name" '.potentiallyUnsafeConfigAnnotations | index($name)' "$DIR/out" >/dev/null ||
                        complain "$name is not listed"
        done
}

# --- user ids: CVE-2016-3697 (runc), CVE-2024-40635 and CVE-2026-46680 (containerd), CVE-2026-30892 (crun) ---

# An image that calls numbers by names, all of them root's.
names_for_root() {
        local name
        for name in 1 1000 4294967295 4294967296 -1 +0 0x0 user; do
                echo "$name:x:0:0::/root-by-name:/bin/sh" >>"$DIR/passwd"
                echo "$name:x:0:$name" >>"$DIR/group"
        done
        cp "$DIR/passwd" "$ROOTFS/etc/passwd"
        cp "$DIR/group" "$ROOTFS/etc/group"
        config '.process.user = {"uid": 1234, "gid": 4321}'
}

IDS='id -u; id -g; sed -n "s/^\([UG]id\):\t//p" /proc/self/status; echo $HOME'

# has_ids UID GID: the process had these, all four of each.
has_ids() {
        prints "$(printf '%s\n' "$1" "$2" "$1	$1	$1	$1" "$2	$2	$2	$2" /)"
}

@test "CVE-2016-3697, CVE-2026-30892: a number is that id, and never a name of the image's for root" {
        names_for_root
        script "$IDS"
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        has_ids 1234 4321
        config '.process.user = {"uid": 1000, "gid": 1}'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        has_ids 1000 1
        config '.process.user = {"uid": 1234, "gid": 4321}'
        start
        expect 0 tare exec "$ID" sh -c "$IDS"
        has_ids 1234 4321
        expect 0 tare exec -u 1 "$ID" sh -c "$IDS"
        has_ids 1 4321
        expect 0 tare exec -u 1:1 "$ID" sh -c "$IDS"
        has_ids 1 1
        expect 0 tare exec -u 1000:1000 "$ID" sh -c "$IDS"
        has_ids 1000 1000
        expect 0 tare exec -u 4294967294:4294967294 "$ID" sh -c "$IDS"
        has_ids 4294967294 4294967294
}

# What is no id: the highest means "as it was" to the kernel, and what is higher has other lower 32 bits.
NO_IDS=(4294967295 4294967296 4294967297 4294968296 4611686018427387904 9223372036854775808 18446744073709551615 18446744073709551616
        18446744073709552616 99999999999999999999999 -1 -0 +0 +1 ' 1' '1 ' $'1\n' 0x0 0x1 0b1 1e0 1. 1.0 1, 1_000 root user x 1x '' ' ' - + '*' '١')

@test "CVE-2024-40635, CVE-2026-46680, CVE-2026-30892: what is no id is refused by exec" {
        local text
        names_for_root
        start
        for text in "${NO_IDS[@]}"; do
                expect 255 tare exec --user "$text" "$ID" sh -c "$IDS"
                says "bad uid: found \`$text\`"
                expect 255 tare exec --user "$text:1" "$ID" sh -c "$IDS"
                says "bad uid: found \`$text\`"
                expect 255 tare exec --user "1:$text" "$ID" sh -c "$IDS"
                says "bad gid: found \`$text\`"
                expect 255 tare exec --additional-gids "$text" "$ID" sh -c "$IDS"
                says "bad additional gid: found \`$text\`"
        done
        for text in : :: 1:: :1 1:1: 1:1:1; do
                expect 255 tare exec --user "$text" "$ID" sh -c "$IDS"
                says "bad "
        done
}

@test "CVE-2024-40635, CVE-2026-46680: what is no id is refused in config.json and in the file of exec" {
        local property value
        names_for_root
        for property in .uid .gid .additionalGids[0]; do
                for value in 4294967295 4294967296 4294967297 4611686018427387904 18446744073709551615 18446744073709551616 -1 0.5 1e10 \
                        '"0"' '"1"' '""' null true '[]'; do
                        config ".process.args = [\"sh\", \"-c\", \$script] | .process.user = {uid: 1234, gid: 4321} | .process.user$property = \"@\"" \
                                --arg script "$IDS"
                        # Not by jq, which rounds such numbers.
                        sed -i "s/\"@\"/$value/" "$BUNDLE/config.json"
                        # A null is a property that is absent, and these are required.
                        expect 1 tare run --bundle "$BUNDLE" "$ID"
                        says 'process.user'
                done
        done
        unharmed
        names_for_root
        start
        for value in 4294967295 4294967296 4611686018427387904 -1 '"0"'; do
                jq '.process | .user = {uid: "@", gid: 1} | .args = ["id"]' "$BUNDLE/config.json" | sed "s/\"@\"/$value/" >"$DIR/process.json"
                expect 255 tare exec --process "$DIR/process.json" "$ID"
                says 'user.uid: '
        done
}

# --- CVE-2024-9676, containers/storage: an /etc/passwd that never ends ---

# passwd_as WHAT: makes it, in the image.
passwd_as() {
        rm -rf "$ROOTFS/etc/passwd"
        case $1 in
        fifo) mkfifo "$ROOTFS/etc/passwd" ;;
        zero) ln -s /dev/zero "$ROOTFS/etc/passwd" ;;
        terminal) ln -s /dev/ptmx "$ROOTFS/etc/passwd" ;;
        node) mknod "$ROOTFS/etc/passwd" c 1 5 ;;
        line) truncate --size 1G "$ROOTFS/etc/passwd" ;;
        lines) { yes | head -c 5000000; echo root:x:0:0::/behind:; } >"$ROOTFS/etc/passwd" ;;
        host) ln -s "$OUTSIDE/passwd" "$ROOTFS/etc/passwd" ;;
        climbing) ln -s "$CLIMBING/passwd" "$ROOTFS/etc/passwd" ;;
        descriptor) ln -s /proc/self/fd/9 "$ROOTFS/etc/passwd" ;;
        circle) ln -s passwd "$ROOTFS/etc/passwd" ;;
        folder) mkdir "$ROOTFS/etc/passwd" ;;
        esac
}

milliseconds() {
        echo $(($(date +%s%N) / 1000000))
}

@test "CVE-2024-9676: an /etc/passwd that is no file or has no end holds nobody up, and none of the host's is read" {
        local what begin usual
        echo root:x:0:0::/of-the-host:/bin/sh >"$OUTSIDE/passwd"
        sentinel_note
        # shellcheck disable=SC2016
        script 'echo $HOME'
        begin=$(milliseconds)
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints /root
        usual=$(($(milliseconds) - begin))
        for what in fifo zero terminal node line lines host climbing descriptor circle folder; do
                passwd_as $what
                begin=$(milliseconds)
                PATIENCE=20 expect 0 tare run --bundle "$BUNDLE" "$ID" 9<"$OUTSIDE/passwd"
                is "$what: $output" "$what: /"
                [ $(($(milliseconds) - begin)) -lt $((1000 + 2 * usual)) ] || complain "$what took long"
        done
        rm -rf "$ROOTFS/etc/passwd"
        start
        for what in fifo zero line host; do
                passwd_as $what
                begin=$(milliseconds)
                PATIENCE=20 expect 0 tare exec "$ID" sh -c 'echo $HOME'
                is "$what: $output" "$what: /"
                [ $(($(milliseconds) - begin)) -lt $((1000 + 2 * usual)) ] || complain "$what took long"
        done
        sentinel_unchanged
}

# --- CVE-2025-23266, a hook of NVIDIA's under runc: it got the image's environment and directory ---

@test "CVE-2025-23266: hooks of the host have nothing of the image's in their environment, nor it as their directory" {
        local kind dump kinds="prestart createRuntime createContainer poststart poststop"
        mkdir "$DIR/dumps"
        chmod 777 "$DIR/dumps"
        for kind in $kinds; do
                # The variables as they came, by a shell that they may have turned into another one; and with an env of its own, and
                # with an empty one.
                dump="exec 5</proc/self/environ; /usr/bin/tr '\\0' '\\n' <&5 >>$DIR/dumps/$kind; echo cwd=\$(/bin/readlink /proc/self/cwd) >>$DIR/dumps/$kind"
                config '.hooks[$kind] = [{path: "/bin/sh", args: ["sh", "-c", $script]}, {path: "/bin/sh", args: ["sh", "-c", $script], env: []},
                        {path: "/bin/sh", args: ["sh", "-c", $script], env: ["OWN=1"]}]' --arg kind "$kind" --arg script "$dump"
        done
        config '.process.env = ["LD_PRELOAD=/planted/evil.so", "LD_AUDIT=/planted/evil.so", "LD_LIBRARY_PATH=/planted", "PATH=/planted:/bin",
                "ENV=/planted/rc", "BASH_ENV=/planted/rc", "IFS=/planted", "HOME=/planted", "OWN=planted"] | .process.cwd = "/tmp"'
        args sleep 1000
        # By a relative path, and from a folder of the image.
        cd "$ROOTFS"
        expect 0 tare create --bundle .. "$ID"
        tare start "$ID"
        tare delete --force "$ID"
        cd /
        for kind in $kinds; do
                is "$kind: $(grep -e planted "$DIR/dumps/$kind")" "$kind: "
                is "$kind: $(grep -c '^OWN=1$' "$DIR/dumps/$kind")" "$kind: 1"
                is "$kind: $(grep '^cwd=' "$DIR/dumps/$kind" | sort | uniq -c | tr -s ' ')" "$kind:  3 cwd=$BUNDLE"
        done
        unharmed
}

# --- programs that keep privileges: the setuid helpers of CVE-2017-5985, CVE-2022-47952, CVE-2026-39402 (lxc-user-nic), the unsandboxed
# --- one of GHSA-2gv2-cffp-j227 (Kata's virtiofsd), and CVE-2020-2023, CVE-2020-2026 (Kata, whose host trusted the guest's links)

# tare has no such helper: one program is installed, which has no right of its own; what it starts are forks of itself, the hooks that
# the config names, and nothing that outlives the command but the container (with systemd, also the keeper of its cgroup, in it). There is
# no guest whose files a host's process would serve.
@test "CVE-2017-5985, CVE-2022-47952, CVE-2026-39402, GHSA-2gv2-cffp-j227, CVE-2020-2023, CVE-2020-2026: no program with rights of its own" {
        local build
        build=$(dirname "$(dirname "$TARE")")
        [ -e "$build/build.ninja" ] || skip "$TARE is not in a build folder"
        command -v meson >/dev/null || skip "no meson here"
        meson install -C "$build" --no-rebuild --quiet --destdir "$DIR/installed" >"$DIR/meson" 2>&1 || { cat "$DIR/meson" && return 1; }
        is "$(find "$DIR/installed" -type f -perm /111 -printf '%f\n')" tare
        is "$(find "$DIR/installed" ! -type l -perm /6000)" ""
        is "$(find "$DIR/installed" ! -type l ! -type d -perm /022)" ""
        ! command -v getcap >/dev/null || is "$(getcap -r "$DIR/installed")" ""
        # And beside a container that waits is nobody.
        args sleep 1000
        create
        [ "$CGROUP_MANAGER" = systemd ] || members 1
        is "$(left_processes | grep -v "^/proc/$(pid_of):")" ""
}
