#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# exec: where the process is, what it may, what it ran, and what becomes of it. Its terminals are in exec-terminal.bats.

load helpers

setup_file() {
        common_setup_file
        ! command -v "${CC:-cc}" >/dev/null ||
                "${CC:-cc}" -D_GNU_SOURCE -O1 -o "$BATS_FILE_TMPDIR/pidfd-receiver" "$BATS_TEST_DIRNAME/../tools/pidfd-receiver.c"
}

# run_in SCRIPT: by exec in the container, with success.
run_in() {
        expect 0 tare exec "$ID" sh -c "$1"
}

# process FILTER [ARGUMENT...]: a process file from the container's, changed by jq.
process() {
        local filter=$1
        shift
        jq "$@" ".process | $filter" "$BUNDLE/config.json" >"$DIR/process.json"
}

by_file() {
        expect "$1" tare exec --process "$DIR/process.json" "$ID"
}

# --- the end of it ---

@test "the exit code is the process's" {
        start
        local code
        for code in 0 1 7 126 127 254; do
                expect $code tare exec "$ID" sh -c "exit $code"
                says_nothing
        done
}

@test "killed by a signal: 128 and its number" {
        start
        expect 137 tare exec "$ID" sh -c 'kill -KILL $$'
        expect 143 tare exec "$ID" sh -c 'kill -TERM $$'
}

@test "standard input, output and error are the caller's" {
        start
        echo typed >"$DIR/input"
        INPUT=$DIR/input expect 0 tare exec "$ID" sh -c 'read -r line; echo "out $line"; echo "err $line" >&2'
        prints 'out typed'
        says 'err typed'
}

@test "a pipe that it writes to ends with it" {
        start
        output=$(timeout 20 "$TARE" --root "$ROOT" exec "$ID" echo hello | cat)
        prints hello
}

@test "signals go on to the process" {
        start
        "$TARE" --root "$ROOT" exec "$ID" sh -c 'trap "echo got it >/tmp/signal; exit 9" TERM; echo ready >/tmp/ready; while :; do sleep 0.05; done' 3>&- &
        BACKGROUND=$!
        soon test -e "$ROOTFS/tmp/ready"
        kill -TERM "$BACKGROUND"
        status=0
        wait "$BACKGROUND" || status=$?
        is "$status" 9
        is "$(cat "$ROOTFS/tmp/signal")" 'got it'
}

@test "a foreground exec ends with its process, not with what that left behind" {
        start
        expect 3 tare exec "$ID" sh -c 'sleep 1000 </dev/null >/dev/null 2>&1 & exit 3'
        run_in 'ps | grep -c "[s]leep 1000"'
        prints 2
}

@test "detached: returns when it runs, writes its pid, and goes on" {
        start
        expect 0 tare exec --detach --pid-file "$DIR/pid" "$ID" sh -c 'echo started >/tmp/started; sleep 1000'
        local pid
        pid=$(cat "$DIR/pid")
        is "$(cat "$DIR/pid" | od -An -c | tr -d ' \n')" "$pid"
        grep -q "sleep" "/proc/$pid/cmdline"
        soon test -e "$ROOTFS/tmp/started"
        # Nobody of tare is left beside it.
        is "$(pgrep --full -- "--root $ROOT" || :)" ""
}

@test "the container's end is the end of an exec" {
        start
        "$TARE" --root "$ROOT" exec "$ID" sh -c 'touch /tmp/there; sleep 1000' 3>&- &
        BACKGROUND=$!
        soon test -e "$ROOTFS/tmp/there"
        tare delete --force "$ID"
        status=0
        wait "$BACKGROUND" || status=$?
        is "$status" 137
}

# --- where it is ---

@test "in the namespaces of init, each of them" {
        config '.linux.namespaces += [{"type": "time"}, {"type": "cgroup"}] | .linux.namespaces |= unique_by(.type)'
        start
        local pid kind
        pid=$(pid_of)
        run_in 'for n in cgroup ipc mnt net pid user uts time; do readlink /proc/self/ns/$n; done'
        for kind in cgroup ipc mnt net pid user uts time; do
                prints_line "$(readlink "/proc/$pid/ns/$kind")"
        done
        for kind in ipc mnt net pid uts time; do
                [ "$(readlink "/proc/$pid/ns/$kind")" != "$(readlink "/proc/self/ns/$kind")" ]
        done
}

@test "in a user namespace: mapped ids, root inside, not outside" {
        need_system_call mount_setattr
        config '.linux.namespaces += [{"type": "user"}]
                | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
                | .linux.gidMappings = [{"containerID": 0, "hostID": 200000, "size": 65536}]'
        chown -R --no-dereference 100000:200000 "$ROOTFS"
        start
        run_in 'id -u; id -g; cat /proc/self/uid_map; readlink /proc/self/ns/user'
        prints_line 0
        prints_match '^ *0 +100000 +65536$'
        prints_line "$(readlink "/proc/$(pid_of)/ns/user")"
        expect 0 tare exec --user 5:6 "$ID" sh -c 'id -u; id -g; touch /tmp/mine'
        is "$(stat -c %u:%g "$ROOTFS/tmp/mine")" 100005:200006
        expect 255 tare exec --user 70000 "$ID" true
        says 'process.user.uid: cannot setuid to unmapped uid 70000 in user namespace'
}

@test "a container that shares the host's namespaces" {
        config '.linux.namespaces = [{"type": "mount"}] | del(.hostname)'
        start
        run_in 'for n in ipc net uts pid; do readlink /proc/self/ns/$n; done'
        prints "$(for kind in ipc net uts pid; do readlink /proc/self/ns/$kind; done)"
}

@test "a container without a mount namespace: its root is the directory" {
        config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .linux.devices = []'
        start
        run_in 'ls /bin/busybox; pwd'
        prints "$(printf '/bin/busybox\n/')"
}

@test "in the cgroups of init" {
        start
        local pid
        expect 0 tare exec --detach --pid-file "$DIR/pid" "$ID" sleep 1000
        pid=$(cat "$DIR/pid")
        diff "/proc/$pid/cgroup" "/proc/$(pid_of)/cgroup"
        grep -q "$(place)\$" "/proc/$pid/cgroup"
}

@test "--cgroup: below the container's" {
        start
        local directory
        directory=$(cgroup pids)/sub
        mkdir "$directory"
        [ "$CGROUP_VERSION" = 2 ] || mkdir "$(cgroup memory)/sub"
        if [ "$CGROUP_VERSION" = 2 ]; then
                expect 0 tare exec --cgroup sub --detach --pid-file "$DIR/pid" "$ID" sleep 1000
        else
                expect 0 tare exec --cgroup pids,memory:sub --detach --pid-file "$DIR/pid" "$ID" sleep 1000
                grep -qx ".*:memory:$(place)/sub" "/proc/$(cat "$DIR/pid")/cgroup"
                grep -q "freezer:$(place)\$" "/proc/$(cat "$DIR/pid")/cgroup"
        fi
        grep -qx "$(cat "$DIR/pid")" "$directory/cgroup.procs"
}

@test "--cgroup: what is not there or has no such controller is refused" {
        start
        expect 255 tare exec --cgroup missing "$ID" true
        says 'bad sub cgroup path: missing'
        expect 255 tare exec --cgroup nonsense:sub "$ID" true
        says 'unknown controller nonsense'
}

@test "v2: a container that has divided its cgroup is followed to where its init is" {
        need_v2
        grep -qw hugetlb /sys/fs/cgroup/cgroup.subtree_control || skip "no controller to divide by"
        start
        local directory
        directory=$(cgroup)
        mkdir "$directory/inner"
        echo "$(pid_of)" >"$directory/inner/cgroup.procs"
        echo +hugetlb >"$directory/cgroup.subtree_control"
        expect 0 tare exec --detach --pid-file "$DIR/pid" "$ID" sleep 1000
        grep -qx "$(cat "$DIR/pid")" "$directory/inner/cgroup.procs"
}

# --- what it is ---

@test "environment: the container's, more by --env, the last wins, nothing of the caller's" {
        config '.process.env += ["COLOR=red", "SHAPE=round"]'
        start
        LEAKED=1 expect 0 tare exec --env COLOR=blue -e 'WORDS=a b,c' "$ID" env
        prints_line COLOR=blue
        prints_line SHAPE=round
        prints_line 'WORDS=a b,c'
        prints_line HOME=/root
        not grep -q -e LEAKED -e COLOR=red "$DIR/out"
        expect 255 tare exec --env nonsense "$ID" env
        says 'found `nonsense`, expected NAME=VALUE'
}

@test "an environment without PATH: where the program is looked for is the container's" {
        config '.process.env = ["PATH=/bin"]'
        start
        expect 0 env -i "$TARE" --root "$ROOT" exec "$ID" env
        prints_line PATH=/bin
}

@test "user, group, additional groups, umask and HOME" {
        config '.process.user = {"uid": 1000, "gid": 1000, "additionalGids": [7], "umask": 63}'
        start
        run_in 'id -u; id -g; grep Groups /proc/self/status; umask; echo $HOME'
        prints "$(printf '1000\n1000\nGroups:\t7 \n0077\n/home/user')"
        expect 0 tare exec --user 2000 -g 8 --additional-gids 9 "$ID" sh -c 'id -u; id -g; grep Groups /proc/self/status; echo $HOME'
        prints "$(printf '2000\n1000\nGroups:\t7 8 9 \n/')"
        expect 0 tare exec -u 2000:3000 "$ID" sh -c 'id -u; id -g'
        prints "$(printf '2000\n3000')"
}

@test "working directory" {
        config '.process.cwd = "/tmp"'
        start
        run_in pwd
        prints /tmp
        expect 0 tare exec --cwd /etc "$ID" pwd
        prints /etc
        expect 255 tare exec --cwd relative "$ID" pwd
        says 'process.cwd: found `relative`, expected an absolute path'
        expect 255 tare exec --cwd /missing "$ID" pwd
        says 'process.cwd: enter `/missing`: no such file or directory'
}

@test "capabilities: those of the container" {
        config '.process.capabilities = {"bounding": ["CAP_KILL", "CAP_CHOWN"], "permitted": ["CAP_KILL", "CAP_CHOWN"], "effective": ["CAP_CHOWN"]}'
        start
        run_in 'grep Cap /proc/self/status'
        is "$output" "$(grep Cap "/proc/$(pid_of)/status")"
}

@test "--cap adds to bounding, permitted and effective, in any spelling" {
        config '.process.capabilities = {"bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"], "effective": ["CAP_KILL"]}'
        start
        expect 0 tare exec --cap CAP_CHOWN -c net_raw "$ID" grep Cap /proc/self/status
        # CHOWN is bit 0, KILL 5, NET_RAW 13.
        prints_match 'CapBnd:.*0000000000002021'
        prints_match 'CapPrm:.*0000000000002021'
        prints_match 'CapEff:.*0000000000002021'
        prints_match 'CapInh:.*0000000000000000'
        prints_match 'CapAmb:.*0000000000000000'
        expect 255 tare exec --cap CAP_NONSENSE "$ID" true
        says '--cap: unknown capability `CAP_NONSENSE`'
}

@test "--cap where the container hands capabilities on: the ambient ones reach a plain user" {
        config '.process.capabilities = {"bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"], "effective": ["CAP_KILL"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}
                | .process.user = {"uid": 1000, "gid": 1000}'
        start
        expect 0 tare exec --cap CAP_CHOWN "$ID" grep Cap /proc/self/status
        prints_match 'CapAmb:.*0000000000000021'
        prints_match 'CapEff:.*0000000000000021'
}

@test "no_new_privs: as the container, and by --no-new-privs" {
        config '.process.noNewPrivileges = false'
        start
        run_in 'grep NoNewPrivs /proc/self/status'
        prints_match '0$'
        expect 0 tare exec --no-new-privs "$ID" grep NoNewPrivs /proc/self/status
        prints_match '1$'
}

@test "the container's system call filter, with and without no_new_privs" {
        local privs
        config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 7}]}'
        for privs in true false; do
                config ".process.noNewPrivileges = $privs"
                start
                expect 1 tare exec "$ID" mkdir /tmp/x
                says 'Argument list too long'
                expect 0 tare exec "$ID" grep Seccomp: /proc/self/status
                prints_match '2$'
                expect 1 tare exec --user 1000 "$ID" mkdir /tmp/x
                says 'Argument list too long'
                tare delete --force "$ID"
        done
}

@test "the container's personality" {
        config '.linux.personality = {"domain": "LINUX32"}'
        start
        run_in 'uname -m'
        [ "$(uname -m)" != x86_64 ] || prints i686
}

@test "limits, oom_score_adj and scheduler of the container" {
        config '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 88}] | .process.oomScoreAdj = 123
                | .process.scheduler = {"policy": "SCHED_BATCH", "nice": 4}'
        start
        run_in 'ulimit -n; ulimit -H -n; cat /proc/self/oom_score_adj; awk "{print \$19}" /proc/self/stat'
        prints "$(printf '77\n88\n123\n4')"
}

# Policy, flags and the three times of the process itself, as sched_getattr(2) has them.
scheduler_program() {
        printf '%s\n' '#include <stdint.h>' '#include <stdio.h>' '#include <sys/syscall.h>' '#include <unistd.h>' 'int main(void) {' \
                'struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t times[3]; } a = {0};' \
                'if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) < 0) return 1;' \
                'printf("%u %llu", a.policy, (unsigned long long)a.flags);' \
                'for (int i = 0; a.policy == 6 && i < 3; i++) printf(" %llu", (unsigned long long)a.times[i]);' \
                'puts(""); return 0; }' | "${CC:-cc}" -static -x c -o "$ROOTFS/bin/scheduler" -
}

@test "scheduler: policies that no new process inherits" {
        command -v "${CC:-cc}" >/dev/null || skip "no C compiler here"
        chrt --deadline --sched-runtime 10000000 --sched-deadline 100000000 --sched-period 100000000 0 true || skip "no real time here"
        scheduler_program
        config '.process.scheduler = {"policy": "SCHED_DEADLINE", "runtime": 10000000, "deadline": 90000000, "period": 100000000}'
        start
        expect 0 tare exec "$ID" scheduler
        prints '6 0 10000000 90000000 100000000'
        process '.scheduler = {"policy": "SCHED_BATCH", "flags": ["SCHED_FLAG_RESET_ON_FORK"]} | .args = ["scheduler"]'
        by_file 0
        prints '3 1'
        # As a user, who has no right to it any more.
        process '.scheduler = {"policy": "SCHED_DEADLINE", "runtime": 10000000, "deadline": 90000000,
                "flags": ["SCHED_FLAG_RESET_ON_FORK"]} | .args = ["scheduler"] | .user = {"uid": 1000, "gid": 1000} | .capabilities = {}'
        by_file 0
        prints '6 1 10000000 90000000 90000000'
}

@test "execCPUAffinity: initial before the cgroup, final after it" {
        [ "$(nproc)" -gt 1 ] || skip "there is only one processor"
        config '.process.execCPUAffinity = {"initial": "0", "final": "1"}'
        start
        run_in 'grep Cpus_allowed_list /proc/self/status'
        prints_match '[[:space:]]1$'
        # The container's own process is none of exec.
        is "$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/$(pid_of)/status")" "$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)"
        process '.execCPUAffinity = {"final": "0"} | .args = ["grep", "Cpus_allowed_list", "/proc/self/status"]'
        by_file 0
        prints_match '[[:space:]]0$'
        process '.execCPUAffinity = {"initial": "1"} | .args = ["grep", "Cpus_allowed_list", "/proc/self/status"]'
        by_file 0
        # Where a cgroup with a cpuset is entered the kernel decides anew.
        [ "$CGROUP_VERSION" = 1 ] || prints_match '[[:space:]]1$'
}

@test "all processors, whatever the caller may use" {
        [ "$(nproc)" -gt 1 ] || skip "there is only one processor"
        start
        expect 0 taskset 1 "$TARE" --root "$ROOT" exec "$ID" nproc
        prints "$(nproc)"
}

@test "descriptors: standard input, output and error, and those to be kept" {
        start
        exec 7<"$BUNDLE/config.json" 8<"$BUNDLE/config.json"
        expect 0 tare exec "$ID" sh -c 'ls /proc/$$/fd; true'
        prints "$(printf '0\n1\n2')"
        echo kept >"$DIR/kept"
        expect 0 "$TARE" --root "$ROOT" exec --preserve-fds 1 "$ID" sh -c 'ls /proc/$$/fd; cat <&3' 3<"$DIR/kept"
        prints "$(printf '0\n1\n2\n3\nkept')"
        exec 7<&- 8<&-
        expect 255 "$TARE" --root "$ROOT" exec --preserve-fds 3 "$ID" true 3<"$DIR/kept" 4<&-
        says 'unable to stat preserved-fd'
}

@test "the session keyring is the container's" {
        [ -r /proc/keys ] || skip "no keyrings"
        config '.linux.maskedPaths = []'
        start
        run_in 'grep -c "_ses\.'"$ID"'" /proc/keys'
        prints 1
}

@test "a session of its own" {
        start
        run_in 'awk "{print \$1 == \$6}" /proc/self/stat; awk "{print \$6 == '"\$\$"'}" /proc/$$/stat'
        prints_line 1
}

@test "a security label that this machine lacks is an error" {
        [ ! -e /sys/kernel/security/apparmor ] || skip "AppArmor is there"
        [ ! -e /sys/fs/selinux/enforce ] || skip "SELinux is there"
        start
        expect 255 tare exec --apparmor profile "$ID" true
        says 'process.apparmorProfile: `profile`'
        expect 255 tare exec --process-label label "$ID" true
        says 'process.selinuxLabel: `label`'
}

# --- a process from a file ---

@test "--process: as the file says" {
        start
        process '.args = ["sh", "-c", "id -u; pwd; echo $FROM; umask; grep CapEff /proc/self/status"] | .cwd = "/etc" | .env = ["FROM=file", "PATH=/bin"]
                | .user = {"uid": 5, "gid": 6, "umask": 7} | .capabilities = {"bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"], "effective": ["CAP_KILL"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}'
        by_file 0
        prints "$(printf '5\n/etc\nfile\n0007\nCapEff:\t0000000000000020')"
}

@test "--process: what it leaves open is the container's" {
        config '.process.user = {"uid": 1000, "gid": 1001, "additionalGids": [7]} | .process.oomScoreAdj = 321'
        start
        process '{cwd, env, args: ["sh", "-c", "id -u; id -g; grep Groups /proc/self/status; cat /proc/self/oom_score_adj"]}'
        by_file 0
        prints "$(printf '1000\n1001\nGroups:\t7 \n321')"
}

@test "--process: mistakes are named, and nothing runs" {
        start
        echo '{' >"$DIR/process.json"
        by_file 255
        says "$DIR/process.json:"
        process 'del(.args)'
        by_file 255
        says 'process.args: found none'
        process '.cwd = "x"'
        by_file 255
        says 'process.cwd: found `x`'
        process '.rlimits = [{"type": "RLIMIT_FOO", "soft": 1, "hard": 1}]'
        by_file 255
        says 'unknown rlimit "RLIMIT_FOO"'
        expect 255 tare exec --process "$DIR/missing" "$ID"
        says "read process file \`$DIR/missing\`: no such file or directory"
        mkfifo "$DIR/fifo"
        expect 255 tare exec --process "$DIR/fifo" "$ID"
        process '.args = ["true"]'
        expect 255 tare exec --process "$DIR/process.json" --cwd / "$ID"
        says 'cannot specify both exec file and options: found --process and --cwd'
        expect 255 tare exec --process "$DIR/process.json" "$ID" true
        says 'cannot specify both exec file and options: found --process and arguments'
}

# --- in which container ---

@test "in a created container: the init that waits goes on waiting" {
        args sh -c 'echo init >/tmp/init'
        create
        run_in 'echo by exec'
        prints 'by exec'
        is "$(status_of)" created
        tare start "$ID"
        soon test -e "$ROOTFS/tmp/init"
}

@test "the init that waits shows nothing of the command that made it" {
        args true
        LEAKED=1 create
        run_in 'tr "\0" "\n" </proc/1/cmdline; cat /proc/1/comm'
        prints "$(printf 'tare:[init]\ntare:[init]')"
        not grep -qs LEAKED "/proc/$(pid_of)/environ"
}

@test "in a stopped one, in none" {
        args true
        create
        tare start "$ID"
        soon status_is stopped
        expect 255 tare exec "$ID" true
        says 'exec failed: cannot exec in a stopped container'
        expect 255 tare exec "$ID-none" true
        says 'container does not exist'
        expect 1 tare exec
        says 'requires a minimum of 1 argument(s)'
}

@test "no program" {
        start
        expect 255 tare exec "$ID"
        says 'exec args cannot be empty'
}

@test "in a paused one: refused, or by --ignore-paused when it goes on" {
        start
        tare pause "$ID"
        expect 255 tare exec "$ID" true
        says 'cannot exec in a paused container (use --ignore-paused to override)'
        "$TARE" --root "$ROOT" exec --ignore-paused "$ID" sh -c 'echo done >/tmp/done; exit 5' 3>&- &
        BACKGROUND=$!
        soon members 2
        [ ! -e "$ROOTFS/tmp/done" ]
        tare resume "$ID"
        status=0
        wait "$BACKGROUND" || status=$?
        is "$status" 5
}

@test "options after the container's name are the program's" {
        start
        expect 0 tare exec "$ID" echo --detach -t --cwd
        prints '--detach -t --cwd'
        expect 0 tare exec -- "$ID" echo -n x
        prints x
}

# --- what cannot be executed ---

@test "what is missing or no program is told in the words that engines know, with 255" {
        start
        expect 255 tare exec "$ID" nonsense
        says 'exec failed: exec: "nonsense": executable file not found in $PATH'
        expect 255 tare exec "$ID" /nonsense
        says 'exec: "/nonsense": stat /nonsense: no such file or directory'
        expect 255 tare exec "$ID" /etc
        says 'exec: "/etc": is a directory'
        expect 255 tare exec "$ID" /etc/passwd
        says 'exec: "/etc/passwd": permission denied'
        printf '#!/missing/interpreter\n' >"$ROOTFS/bin/script"
        chmod 755 "$ROOTFS/bin/script"
        expect 255 tare exec --pid-file "$DIR/pid" "$ID" script
        says '/missing/interpreter'
        [ ! -e "$DIR/pid" ]
        # Nobody of them is left.
        members 1
}

@test "detached, and not to be executed: an error, no pid file, no process" {
        start
        expect 255 tare exec --detach --pid-file "$DIR/pid" "$ID" nonsense
        says 'executable file not found'
        [ ! -e "$DIR/pid" ]
        members 1
}

@test "the new process is more than the memory limit allows" {
        need_controller memory
        start
        # Its own pages alone are too many; what lives there is not asked.
        local file
        file=$(cgroup memory)/memory.limit_in_bytes
        [ "$CGROUP_VERSION" = 1 ] || file=$(cgroup memory)/memory.max
        config '.linux.resources.memory.limit = 8388608'
        tare delete --force "$ID"
        start
        expect 137 tare exec "$ID" sh -c 'x=$(yes | head -c 100000000); echo "${#x}"'
}

@test "a container that ends under an exec is told" {
        start
        local i
        for i in $(seq 15); do
                { code=0; tare exec "$ID" true </dev/null 2>>"$DIR/errors" || code=$?; echo $code >>"$DIR/codes"; } 3>&- &
                BACKGROUND+=" $!"
        done
        tare kill "$ID" KILL
        # shellcheck disable=SC2086
        wait $BACKGROUND
        is "$(wc -l <"$DIR/codes")" 15
        is "$(grep -v -x -e 0 -e 137 -e 255 "$DIR/codes")" ''
        is "$(grep -v -e 'cannot exec in a stopped container' -e 'the new process was killed by signal 9' "$DIR/errors")" ''
}

# --- many ---

@test "forty at once, each with its own exit code" {
        start
        local i
        for i in $(seq 40); do
                { code=0; tare exec "$ID" sh -c "exit $i" </dev/null || code=$?; echo "$i $code" >>"$DIR/codes"; } 3>&- &
                BACKGROUND+=" $!"
        done
        # shellcheck disable=SC2086
        wait $BACKGROUND
        is "$(wc -l <"$DIR/codes")" 40
        is "$(awk '$1 != $2' "$DIR/codes")" ''
        members 1
}

# --- what the container may not see of it ---

# no_birth_with_more NO-NEW-PRIVS: of exec's processes the container sees none that may do more than it.
no_birth_with_more() {
        "${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$ROOTFS/bin/watch-births" "$BATS_TEST_DIRNAME/../tools/watch-births.c" ||
                skip "no static C library here"
        config '.process.noNewPrivileges = $no_new_privs
                | .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
                        {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "args": [
                                {"index": 0, "value": 268435456, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ"}]}]}' \
                --argjson no_new_privs "$1"
        script 'watch-births /tmp/watching >/tmp/births'
        create
        tare start "$ID"
        soon test -e "$ROOTFS/tmp/watching"
        local i
        for i in $(seq 200); do
                expect 0 tare exec "$ID" true
        done
        is "$(cat "$ROOTFS/tmp/births")" ""
}

@test "the container sees no process of exec that may do more than it: with noNewPrivileges" {
        no_birth_with_more true
}

@test "the container sees no process of exec that may do more than it: without noNewPrivileges" {
        no_birth_with_more false
}

@test "exec under a filter that forbids what a new process needs, but for its program's start" {
        config '.process.noNewPrivileges = $nnp | .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                {"names": ["setsid"], "action": "SCMP_ACT_ERRNO"}]}' --argjson nnp false
        args sleep 1000
        create
        tare start "$ID"
        expect 0 tare exec "$ID" grep -c '^Seccomp:.2' /proc/self/status
        prints 1
        tare delete --force "$ID"
        config '.linux.seccomp.syscalls[0].names = ["clone", "clone3", "fork", "vfork"]'
        create
        tare start "$ID"
        expect 0 tare exec "$ID" grep -c '^Seccomp:.2' /proc/self/status
        prints 1
        expect 2 tare exec "$ID" sh -c '(true); true'
        says "can't fork"
}

# hostile WORDS: a container that does to every new process what tests/tools/forge.c can.
hostile() {
        "${CC:-cc}" -D_GNU_SOURCE -O1 -static -iquote "$BATS_TEST_DIRNAME/../../src" -o "$ROOTFS/bin/forge" \
                "$BATS_TEST_DIRNAME/../tools/forge.c" || skip "no static C library here"
        need_system_call pidfd_getfd
        config '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"] | unique)'
        config '.hooks.prestart = [{"path": "/bin/sh", "args": ["sh", "-c", $script]}]' --arg script "echo ran >>$DIR/hook"
        script "forge $1 >/tmp/forged"
        create
        tare start "$ID"
        soon test -s "$ROOTFS/tmp/forged"
}

# attacked TIMES [FLAG...]: each exec succeeds or fails in time; none crashes, and the host's hooks ran once.
attacked() {
        local times=$1 i
        shift
        for i in $(seq "$times"); do
                status=0
                timeout --kill-after=1 10 "$TARE" --root "$ROOT" exec "$@" "$ID" true \
                        </dev/null >/dev/null 2>>"$DIR/errors" 3>&- || status=$?
                [ "$status" -eq 0 ] || [ "$status" -eq 255 ] || { echo "exit status $status" && return 1; }
        done
        is "$(cat "$DIR/hook")" ran
        # What was to be tried could be tried.
        [ "$(wc -l <"$ROOTFS/tmp/forged")" -gt 1 ]
}

@test "the container speaks for the new process: no hook of the host's runs" {
        hostile hooks
        attacked 150
        grep -q 'unexpected message' "$DIR/errors"
}

@test "the container speaks for the new process: no terminal of its own making is served" {
        hostile terminal
        attacked 150
        grep -q 'unexpected message' "$DIR/errors"
}

# hostile_with_listener WORDS: the same, and its filter has a listener, for which somebody answers.
hostile_with_listener() {
        "$TARE" --version | grep -q '^libseccomp' || skip "built without libseccomp"
        "${CC:-cc}" -D_GNU_SOURCE -O1 -o "$DIR/seccomp-agent" "$BATS_TEST_DIRNAME/../tools/seccomp-agent.c" || skip "no C compiler here"
        "$DIR/seccomp-agent" "$DIR/socket" --many >"$DIR/socket.out" 2>&1 </dev/null 3>&- &
        BACKGROUND+=" $!"
        soon test -S "$DIR/socket"
        config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": $path,
                "syscalls": [{"names": ["chroot"], "action": "SCMP_ACT_NOTIFY"}]}' --arg path "$DIR/socket"
        hostile "$1"
}

@test "the container speaks for the new process: nothing but a listener is taken for one" {
        hostile_with_listener "listener 0"
        attacked 100
        grep -q 'descriptor 0 of the process is not a listener' "$DIR/errors"
        not grep -q 'no listener' "$DIR/socket.out"
}

@test "the container speaks for the new process: without its listener it is not ready" {
        hostile_with_listener ready
        attacked 100
        grep -q 'the new process handed over no listener' "$DIR/errors"
}

@test "the container speaks for the new process: no process of the host's is taken for it, nor killed" {
        command -v strace >/dev/null || skip "no strace here"
        local bystander
        sleep 1000 3>&- &
        bystander=$!
        BACKGROUND=$bystander
        hostile "pid $bystander"
        # Every message of the runtime's is late, so that the forged one comes first.
        for _ in 1 2 3; do
                status=0
                timeout --kill-after=1 20 strace --follow-forks --quiet=all --output=/dev/null --inject=sendmsg:delay_enter=300000 \
                        "$TARE" --root "$ROOT" exec --pid-file "$DIR/pid" "$ID" true </dev/null 2>>"$DIR/errors" 3>&- || status=$?
                is "$status" 255
                [ ! -e "$DIR/pid" ]
        done
        grep -q "unexpected process $bystander" "$DIR/errors"
        kill -0 "$bystander"
        is "$(awk '$1 == "State:" { print $2 }' "/proc/$bystander/status")" S
}

@test "the container stops the new process: nobody waits for ever" {
        hostile stop
        # Each that is caught takes its time. One that stands still when it has started is nobody's business but the
        # container's, and --detach does not wait for it.
        attacked 12 --detach
        grep -q 'broke off, and has not ended' "$DIR/errors"
}

@test "the second process is ready before the first one tells of it: the second one counts" {
        command -v strace >/dev/null || skip "no strace here"
        start
        mkfifo "$ROOTFS/tmp/go"
        # Who has called clone is late, and not who was born by it.
        timeout --kill-after=1 20 strace --follow-forks --quiet=all --output=/dev/null --inject=clone,clone3:delay_exit=200000 \
                "$TARE" --root "$ROOT" exec --pid-file "$DIR/pid" "$ID" sh -c 'read -r word </tmp/go; exit 42' 3>&- &
        BACKGROUND=$!
        soon test -s "$DIR/pid"
        is "$(awk '$1 == "NSpid:" { print NF }' "/proc/$(cat "$DIR/pid")/status")" 3
        echo go >"$ROOTFS/tmp/go"
        status=0
        wait "$BACKGROUND" || status=$?
        is "$status" 42
}

@test "the first process is killed before it has told of the second one: nobody waits" {
        command -v strace >/dev/null || skip "no strace here"
        # Else the runtime has a first message, too: limits to set, and without clone3 a cgroup to move it into.
        need_system_call clone3
        config 'del(.process.rlimits, .process.oomScoreAdj)'
        start
        expect 255 timeout --kill-after=1 20 strace --follow-forks --quiet=all --output=/dev/null \
                --inject=sendmsg:signal=KILL:when=1 "$TARE" --root "$ROOT" exec "$ID" true
        says 'the new process was killed by signal 9'
        members 1
}

@test "a pidfd of the process, with the word setns" {
        [ -x "$BATS_FILE_TMPDIR/pidfd-receiver" ] || skip "no C compiler here"
        need_system_call pidfd_open
        start
        "$BATS_FILE_TMPDIR/pidfd-receiver" "$DIR/socket" >"$DIR/socket.out" 2>&1 </dev/null 3>&- &
        BACKGROUND=$!
        soon test -S "$DIR/socket"
        expect 0 tare exec --pidfd-socket "$DIR/socket" --detach --pid-file "$DIR/pid" "$ID" sleep 1000
        soon grep -q then "$DIR/socket.out"
        is "$(head -n 1 "$DIR/socket.out")" "payload setns, 1 descriptors, pid $(cat "$DIR/pid"), then the end"
}
