#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the config says of the process, seen by the process: ids, capabilities, limits, environment; and why it is not
# executed when it is not.

load helpers

# --- arguments, environment, working directory ---

@test "args arrive as they are" {
        args printf '[%s]' "two words" "" '$HOME' $'a\nb' "it's" '"' é -n
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints "[two words][][\$HOME][a"$'\n'"b][it's][\"][é][-n]"
}

@test "the environment is the config's and nothing of the caller's" {
        config '.process.env = ["PATH=/bin", "A=1", "B=two words", "C=", "D=x=y", "HOME=/h"]'
        args env
        LEAKED=yes expect 0 tare run --bundle "$BUNDLE" "$ID"
        [ "$(grep -v '^_=' <<<"$output")" = $'PATH=/bin\nA=1\nB=two words\nC=\nD=x=y\nHOME=/h' ]
}

@test "of an environment variable that is given twice the last counts" {
        config '.process.env += ["A=first", "A=last"]'
        inside 'echo $A'
        prints last
}

@test "an environment entry without = is refused" {
        config '.process.env += ["A=1", "BAD"]'
        refused
        only_tare "other words"
        refused 'process.env[3]'
}

@test "HOME comes from the passwd file of the container" {
        inside 'echo $HOME'
        prints /root
        config '.process.user.uid = 1000'
        inside 'echo $HOME'
        prints /home/user
        config '.process.user.uid = 12345'
        inside 'echo $HOME'
        prints /
        rm "$ROOTFS/etc/passwd"
        config '.process.user.uid = 0'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        [[ $output = / || $output = /root ]]
}

@test "the working directory is made when it is missing" {
        config '.process.cwd = "/srv/made/here"'
        inside 'pwd'
        prints /srv/made/here
        [ -d "$ROOTFS/srv/made/here" ]
        [ "$(stat --format %a "$ROOTFS/srv/made")" = 755 ]
}

@test "the working directory may belong to the user alone" {
        mkdir -m 700 "$ROOTFS/private"
        chown 1000:1000 "$ROOTFS/private"
        config '.process.cwd = "/private" | .process.user = {"uid": 1000, "gid": 1000}'
        inside 'pwd'
        prints /private
}

@test "the working directory may be closed to the user" {
        mkdir -m 700 "$ROOTFS/closed"
        config '.process.cwd = "/closed" | .process.user = {"uid": 1000, "gid": 1000}'
        inside 'ls 2>&1 || pwd'
        prints_line /closed
}

@test "a symlink as working directory stays inside" {
        mkdir "$DIR/outside"
        ln -s "$DIR/outside" "$ROOTFS/link"
        mkdir -p "$ROOTFS$DIR/outside"
        config '.process.cwd = "/link"'
        inside 'pwd -P'
        prints "$DIR/outside"
        inside 'echo here >here'
        [ -e "$ROOTFS$DIR/outside/here" ]
        [ ! -e "$DIR/outside/here" ]
}

@test "umask is 0022 unless set" {
        inside umask
        prints 0022
        config '.process.user.umask = 55'
        inside 'umask; >/tmp/file; stat -c %a /tmp/file'
        prints $'0067\n600'
}

@test "signals are as they are by default, whatever the caller ignores" {
        args cat /proc/self/status
        expect 0 bash -c 'trap "" HUP INT TERM PIPE USR1; exec "$@"' - "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
        prints_match '^SigIgn:\s0000000000000000$'
        prints_match '^SigBlk:\s0000000000000000$'
}

@test "the parent is not the death of the process" {
        script 'echo ready; sleep 1000'
        bash -c '"$0" --root "$1" run --detach --bundle "$2" "$3" >"$4" 2>&1 3>&-' "$TARE" "$ROOT" "$BUNDLE" "$ID" "$DIR/out"
        soon grep -q ready "$DIR/out"
        sleep 0.2
        [ "$(status_of)" = running ]
}

# The user may open again what is his to write: /dev/stdout. What he only reads from was not given away, and a device is the host's.
@test "standard streams: outputs become the user's, a file to be read and a device do not" {
        config '.process.user = { uid: 1000, gid: 1000 }'
        echo lent >"$DIR/in"
        chmod 600 "$DIR/in"
        mknod "$DIR/zero" c 1 5
        script 'cat; echo again >>/dev/stdout'
        INPUT=$DIR/in expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints $'lent\nagain'
        is "$(stat --format %u "$DIR/out")" 1000
        is "$(stat --format %u:%a "$DIR/in")" 0:600
        args head -c 1
        INPUT=$DIR/zero expect 0 tare run --bundle "$BUNDLE" "$ID"
        is "$(stat --format %u "$DIR/zero")" 0
}

# --- ids and capabilities ---

@test "user, group and additional groups" {
        config '.process.user = {"uid": 1000, "gid": 1001, "additionalGids": [5, 2000]}'
        inside 'id -u; id -g; grep ^Groups /proc/self/status | tr -s "\t " " "'
        prints_line 1000
        prints_line 1001
        prints_match '^Groups: 5 2000( 1001)? ?$'
}

@test "without additional groups there are none of the caller's" {
        inside 'grep ^Groups /proc/self/status | tr -d "\t "'
        [[ $output = Groups: || $output = Groups:0 ]]
}

# Groups of a caller who has two of his own.
groups_of() {
        setpriv --groups 12345,54321 "$TARE" --root "$ROOT" "$@"
}

@test "run.oci.keep_original_groups: the caller's groups, in the container and in exec" {
        config '.annotations["run.oci.keep_original_groups"] = "1"
                | .process.user = {"uid": 1000, "gid": 1000, "additionalGids": [5]}'
        script 'grep ^Groups /proc/self/status | tr -s "\t " " "; sleep 1000'
        groups_of run --detach --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>&1
        soon grep -qx 'Groups: 12345 54321 \?' "$DIR/out"
        expect 0 groups_of exec "$ID" grep ^Groups /proc/self/status
        is "$(tr -s '\t ' ' ' <<<"$output")" 'Groups: 12345 54321 '
}

@test "run.oci.keep_original_groups: in a user namespace they have no number of their own, and are the caller's all the same" {
        need_system_call mount_setattr
        config '.annotations["run.oci.keep_original_groups"] = "1" | .process.user = {"uid": 1000, "gid": 1000}
                | .linux.namespaces += [{"type": "user"}]
                | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 2000}]
                | .linux.gidMappings = .linux.uidMappings'
        chown -R 100000:100000 "$ROOTFS"
        mkdir "$ROOTFS/shared"
        chown 0:54321 "$ROOTFS/shared"
        chmod 770 "$ROOTFS/shared"
        script 'touch /shared/file && grep ^Groups /proc/self/status | tr -s "\t " " "; exit 0'
        expect 0 groups_of run --bundle "$BUNDLE" "$ID"
        is "${output% }" 'Groups: 65534 65534'
        [ -e "$ROOTFS/shared/file" ]
}

@test "run.oci.keep_original_groups: 0 and false are no" {
        local value
        config '.process.user = {"uid": 1000, "gid": 1000, "additionalGids": [5]}'
        args grep ^Groups /proc/self/status
        for value in 0 false; do
                config '.annotations["run.oci.keep_original_groups"] = $value' --arg value $value
                expect 0 groups_of run --bundle "$BUNDLE" "$ID"
                is "$(tr -s '\t ' ' ' <<<"$output")" 'Groups: 5 '
        done
        config '.annotations["run.oci.keep_original_groups"] = "no"'
        refused 'annotations.run.oci.keep_original_groups: found `no`, expected `1` or `0`'
}

# caps NAME: the set as the process has it.
caps() {
        sed -n "s/^Cap$1:\t//p" "$DIR/out"
}

@test "capabilities: the five sets are the config's" {
        # chown 0, kill 5, setuid 7, net_bind_service 10
        config '.process.capabilities = {
                "bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_NET_BIND_SERVICE"],
                "permitted": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
                "effective": ["CAP_CHOWN", "CAP_KILL"],
                "inheritable": ["CAP_KILL"],
                "ambient": ["CAP_KILL"]}'
        config '.process.user = {"uid": 1000, "gid": 1000}'
        args cat /proc/self/status
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        [ "$(caps Bnd)" = 00000000000004a1 ]
        [ "$(caps Inh)" = 0000000000000020 ]
        [ "$(caps Amb)" = 0000000000000020 ]
        # execve(2) leaves to a user what is ambient.
        [ "$(caps Prm)" = 0000000000000020 ]
        [ "$(caps Eff)" = 0000000000000020 ]
}

@test "capabilities: root keeps what is bounding, and inherits nothing unasked" {
        config '.process.capabilities = {"bounding": ["CAP_CHOWN", "CAP_KILL"], "permitted": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"]}'
        args cat /proc/self/status
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        [ "$(caps Bnd)" = 0000000000000021 ]
        [ "$(caps Inh)" = 0000000000000000 ]
        [ "$(caps Amb)" = 0000000000000000 ]
}

@test "capabilities: what is permitted but not bounding cannot be inherited, and that is no failure" {
        config '.process.capabilities = {"permitted": ["CAP_KILL"], "inheritable": ["CAP_KILL"]}'
        args cat /proc/self/status
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        [ "$(caps Inh)" = 0000000000000000 ]
}

@test "capabilities: none in the config are none" {
        config 'del(.process.capabilities)'
        args cat /proc/self/status
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        local name
        for name in Bnd Inh Prm Eff Amb; do
                [ "$(caps $name)" = 0000000000000000 ]
        done
}

@test "capabilities: an unknown name warns and is ignored" {
        config '.process.capabilities.bounding += ["CAP_NO_SUCH"]'
        inside 'echo ran'
        prints ran
        says CAP_NO_SUCH
}

@test "capabilities: one that this machine cannot give warns" {
        only_tare "fails"
        local all
        all=$(sed -n 's/^CapBnd:\t//p' /proc/self/status)
        [ $((0x$all & 1 << 24)) -eq 0 ] || skip "the machine gives CAP_SYS_RESOURCE"
        config '.process.capabilities |= map_values(. + ["CAP_SYS_RESOURCE"])'
        inside 'echo ran'
        prints ran
        says CAP_SYS_RESOURCE
}

@test "noNewPrivileges" {
        inside 'grep ^NoNewPrivs /proc/self/status | cut -f2'
        prints 1
        config '.process.noNewPrivileges = false'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints 0
        config 'del(.process.noNewPrivileges)'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints 0
}

# --- limits and tuning ---

@test "rlimits" {
        args cat /proc/self/limits
        config '.process.rlimits = [
                {"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200},
                {"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
                {"type": "RLIMIT_STACK", "soft": 1048576, "hard": 2097152},
                {"type": "RLIMIT_FSIZE", "soft": 4096, "hard": 4097}]'
        # -1 as an unsigned number is no limit. Not by jq, which would round it.
        sed -i 's/4097/18446744073709551615/' "$BUNDLE/config.json"
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints_match '^Max open files +100 +200 '
        prints_match '^Max core file size +0 +0 '
        prints_match '^Max stack size +1048576 +2097152 '
        prints_match '^Max file size +4096 +unlimited '
}

@test "rlimits: all sixteen types" {
        local type
        for type in AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK; do
                config '.process.rlimits += [{"type": $type, "soft": 0, "hard": 0}]' --arg type "RLIMIT_$type"
        done
        config '.process.rlimits |= unique_by(.type) | .process.rlimits |=
                map(if .type | IN("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_NOFILE", "RLIMIT_STACK", "RLIMIT_RTTIME", "RLIMIT_FSIZE", "RLIMIT_NPROC")
                    then .soft = 10000000 | .hard = 10000000 else . end) |
                .process.rlimits |= map(if .type | IN("RLIMIT_NOFILE", "RLIMIT_NPROC") then .soft = 500 | .hard = 500 else . end)'
        inside 'cat /proc/self/limits'
        prints_match '^Max address space +10000000 +10000000 '
        prints_match '^Max realtime priority +0 +0'
        prints_match '^Max pending signals +0 +0'
        prints_match '^Max msgqueue size +0 +0'
}

@test "oomScoreAdj, and none in the config changes nothing" {
        config '.process.oomScoreAdj = 321'
        inside 'cat /proc/self/oom_score_adj'
        prints 321
        config 'del(.process.oomScoreAdj)'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints "$(cat /proc/self/oom_score_adj)"
}

@test "scheduler: nice and policy" {
        only_tare "older versions lack it"
        config '.process.scheduler = {"policy": "SCHED_OTHER", "nice": 5}'
        inside 'cut -d" " -f19,41 /proc/self/stat'
        prints "5 0"
        config '.process.scheduler = {"policy": "SCHED_BATCH", "nice": 10}'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints "10 3"
        config '.process.scheduler = {"policy": "SCHED_IDLE"}'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints_match ' 5$'
}

@test "ioPriority" {
        only_tare "older versions lack it"
        type ionice >/dev/null || skip "needs ionice"
        config '.process.ioPriority = {"class": "IOPRIO_CLASS_BE", "priority": 6}'
        start
        [ "$(ionice --pid "$(pid_of)")" = "best-effort: prio 6" ]
        tare delete --force "$ID"
        config '.process.ioPriority = {"class": "IOPRIO_CLASS_IDLE", "priority": 0}'
        start
        [ "$(ionice --pid "$(pid_of)")" = idle ]
}

@test "memoryPolicy" {
        only_tare "older versions lack it"
        [ -e /proc/self/numa_maps ] || skip "the kernel has no NUMA"
        config '.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}'
        inside 'head -n 1 /proc/self/numa_maps'
        prints_match ' bind=static:0 '
        config '.linux.memoryPolicy = {"mode": "MPOL_INTERLEAVE", "nodes": "0-0"}'
        inside 'head -n 1 /proc/self/numa_maps'
        prints_match ' interleave:0 '
        config '.linux.memoryPolicy = {"mode": "MPOL_PREFERRED", "nodes": ""}'
        inside 'head -n 1 /proc/self/numa_maps'
        prints_match ' local '
        config 'del(.linux.memoryPolicy)'
        inside 'head -n 1 /proc/self/numa_maps'
        prints_match ' default '
}

@test "personality" {
        only_tare "older versions lack it"
        config '.linux.personality = {"domain": "LINUX32"}'
        inside 'uname -m'
        [ "$(uname -m)" != x86_64 ] || prints i686
        config '.linux.personality = {"domain": "LINUX"}'
        inside 'uname -m'
        prints "$(uname -m)"
}

@test "a session keyring of its own, unless told otherwise" {
        [ -r /proc/keys ] || skip "no keyrings"
        inside 'true'
        only_tare "not to be seen from outside"
        config '.linux.maskedPaths = []'
        inside 'grep -c keyring /proc/keys'
        prints_match '^[1-9]'
        inside 'grep _ses /proc/keys'
        prints_match "_ses\.$ID"
        # Another id: the kernel collects the keyrings of the runs above in its own time.
        script 'grep -c "_ses\.'"$ID"'-2" /proc/keys'
        expect 1 tare run --no-new-keyring --bundle "$BUNDLE" "$ID-2"
        prints 0
}

# --- why it is not executed ---

# not_executed PROGRAM TEXT...: neither create nor run starts it, and says why.
not_executed() {
        local text
        args "$1"
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        shift
        for text; do
                says "$text"
        done
        nothing_left
}

@test "exec: not in the PATH of the container, told by create" {
        args no-such-program
        refused 'exec: "no-such-program": executable file not found in $PATH'
        config '.process.env = ["PATH=/nowhere"]'
        args sh
        refused 'exec: "sh": executable file not found in $PATH'
}

@test "exec: PATH of the config decides" {
        mkdir "$ROOTFS/first" "$ROOTFS/second"
        printf '#!/bin/sh\necho first\n' >"$ROOTFS/first/program"
        printf '#!/bin/sh\necho second\n' >"$ROOTFS/second/program"
        chmod 755 "$ROOTFS/first/program" "$ROOTFS/second/program"
        args program
        config '.process.env = ["PATH=/nowhere:/second:/first"]'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints second
        chmod 644 "$ROOTFS/second/program"
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints first
}

@test "exec: no such file, told by create" {
        args /no/such/file
        refused 'exec: "/no/such/file": stat /no/such/file: no such file or directory'
}

@test "exec: not executable" {
        echo text >"$ROOTFS/file"
        args /file
        refused 'exec: "/file": permission denied'
}

@test "exec: not executable for the user" {
        cp "$ROOTFS/bin/busybox" "$ROOTFS/true"
        chmod 700 "$ROOTFS/true"
        config '.process.user.uid = 1000'
        not_executed /true 'permission denied'
}

@test "exec: a directory" {
        args /etc
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        [[ $errors = *"is a directory"* || $errors = *"permission denied"* ]]
        only_tare "says permission denied"
        says 'exec: "/etc": is a directory'
}

@test "exec: a script whose interpreter is missing" {
        printf '#!/no/such/interpreter -x\n' >"$ROOTFS/script"
        chmod 755 "$ROOTFS/script"
        not_executed /script 'exec' '/script' 'no such file or directory'
        only_tare "does not name it"
        not_executed /script '`/no/such/interpreter`'
}

@test "exec: a script with a carriage return in its first line" {
        printf '#!/bin/sh\r\necho hello\r\n' >"$ROOTFS/script"
        chmod 755 "$ROOTFS/script"
        not_executed /script 'no such file or directory'
        only_tare "does not tell"
        not_executed /script 'carriage return'
}

@test "exec: a program for another machine" {
        # The machine is two bytes at offset 18 of an ELF file: 243 is RISC-V.
        cp "$ROOTFS/bin/busybox" "$ROOTFS/program"
        printf '\363\0' | dd of="$ROOTFS/program" bs=1 seek=18 conv=notrunc status=none
        not_executed /program 'exec format error'
        only_tare "does not tell"
        not_executed /program 'the program is for riscv, wrong architecture'
}

@test "exec: a program whose loader is missing" {
        echo 'int main(void) { return 0; }' | "${CC:-cc}" -x c -Wl,--dynamic-linker=/no/such/loader -o "$ROOTFS/program" -
        not_executed /program 'no such file or directory'
        only_tare "does not tell"
        not_executed /program 'its dynamic loader `/no/such/loader` is missing'
}

@test "exec: neither a program nor a script" {
        echo 'echo hello' >"$ROOTFS/text"
        chmod 755 "$ROOTFS/text"
        not_executed /text 'exec format error'
        : >"$ROOTFS/empty"
        chmod 755 "$ROOTFS/empty"
        not_executed /empty 'exec format error'
}

@test "exec: on a file system mounted noexec" {
        mkdir "$DIR/files"
        cp "$ROOTFS/bin/busybox" "$DIR/files/true"
        config '.mounts += [{"destination": "/files", "type": "bind", "source": $source, "options": ["bind", "noexec"]}]' \
                --arg source "$DIR/files"
        not_executed /files/true 'permission denied'
        only_tare "does not tell"
        not_executed /files/true 'noexec'
}

@test "exec: start tells what happens after create" {
        printf '#!/bin/sh\necho hello\n' >"$ROOTFS/script"
        chmod 755 "$ROOTFS/script"
        args /script
        create
        rm "$ROOTFS/script"
        only_tare "start does not wait for it"
        expect 1 tare start "$ID"
        says 'no such file or directory'
        [ "$(status_of)" = stopped ]
}
