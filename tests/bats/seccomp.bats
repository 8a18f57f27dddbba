#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# System call filters: what they refuse, by which action, and that they are in place whatever the privileges.

load helpers

setup() {
        common_setup
        # All of it wants a build with libseccomp.
        "$TARE" --version | grep -q '^libseccomp' || skip "built without libseccomp"
}

# filter DEFAULT RULE... [-- FILTER]: a profile; a rule is an object of `syscalls`.
filter() {
        local default=$1
        shift
        config '.linux.seccomp = {"defaultAction": $default, "syscalls": $rules}' \
                --arg default "$default" --argjson rules "[$(IFS=,; echo "$*")]"
}

# Runs a program that does nothing but exit: a shell or a C library would make system calls of their own.
expect_exit_7() {
        [ "$(uname -m)" = x86_64 ] || skip "needs x86-64"
        printf '.globl _start\n_start: movl $60, %%eax\n movl $7, %%edi\n syscall\n' >"$DIR/exit.S"
        "${CC:-cc}" -nostdlib -static -o "$ROOTFS/exit" "$DIR/exit.S"
        args /exit
        expect 7 tare run --bundle "$BUNDLE" "$ID"
}

refuse_mkdir='{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}'

@test "ERRNO: EPERM unless another number is given" {
        filter SCMP_ACT_ALLOW "$refuse_mkdir"
        inside 'mkdir /tmp/new 2>&1; ls /tmp | wc -l'
        prints_match 'Operation not permitted'
        prints_line 0
        # ENOSPC
        filter SCMP_ACT_ALLOW '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}'
        inside 'mkdir /tmp/new 2>&1; true'
        prints_match 'No space left on device'
}

@test "defaultErrnoRet" {
        filter SCMP_ACT_ALLOW '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 17}'
        config '.linux.seccomp |= (.defaultAction = "SCMP_ACT_LOG" | .syscalls += [])'
        inside 'mkdir /tmp/new 2>&1; true'
        prints_match 'File exists'
        only_tare "cannot combine them"
        config '.linux.seccomp |= (.defaultErrnoRet = 1)'
        refused 'linux.seccomp.defaultErrnoRet'
}

# The caller may be under a filter itself: counted are those on top of it.
filters() {
        awk '$1 == "Seccomp_filters:" { print $2 }' /proc/self/status
}

@test "the process has one filter more than its caller, and no more without a profile" {
        local before
        before=$(filters)
        inside 'awk "\$1 == \"Seccomp_filters:\" { print \$2 }" /proc/self/status'
        prints "$before"
        filter SCMP_ACT_ALLOW "$refuse_mkdir"
        inside 'awk "\$1 == \"Seccomp_filters:\" { print \$2 }" /proc/self/status; grep ^Seccomp: /proc/self/status | cut -f2'
        prints "$((before + 1))"$'\n2'
}

@test "a profile that allows what it names" {
        # What a shell that prints needs, and no more, would be a list of this machine's C library: files are enough.
        filter SCMP_ACT_ERRNO
        config '.linux.seccomp.syscalls = [{"names": $names, "action": "SCMP_ACT_ALLOW"}]' --argjson names '[
                "access", "arch_prctl", "brk", "capget", "capset", "chdir", "clone", "clone3", "fork", "vfork", "clock_gettime", "close", "close_range", "dup", "dup2",
                "dup3", "execve", "exit", "exit_group", "faccessat", "faccessat2", "fchown", "fcntl", "fstat", "fstatfs", "fsync", "futex",
                "getcwd", "getdents64", "getegid", "geteuid", "getgid", "getpgrp", "getpid", "getppid", "getrandom", "gettid",
                "getuid", "ioctl", "lseek", "lstat", "mmap", "mprotect", "munmap", "newfstatat", "open", "openat", "openat2",
                "poll", "ppoll", "prctl", "pread64", "prlimit64", "read", "readlink", "readlinkat", "readv", "rseq",
                "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "set_robust_list", "set_tid_address", "setgid",
                "setgroups", "setuid", "stat", "statx", "tgkill", "umask", "uname", "wait4", "write", "writev",
                "nanosleep", "clock_nanosleep", "epoll_create1", "epoll_ctl", "epoll_pwait", "eventfd2", "sigaltstack",
                "sched_getaffinity", "sched_yield", "madvise", "pipe2", "no_such_system_call"]'
        inside 'echo ran; echo x >/tmp/file && chmod 600 /tmp/file 2>&1; true'
        prints_line ran
        prints_match 'Operation not permitted'
}

@test "KILL: the process dies of SIGSYS" {
        local action
        for action in SCMP_ACT_KILL_PROCESS SCMP_ACT_KILL SCMP_ACT_KILL_THREAD; do
                filter SCMP_ACT_ALLOW "{\"names\": [\"mkdir\", \"mkdirat\"], \"action\": \"$action\"}"
                args mkdir /tmp/new
                expect 159 tare run --bundle "$BUNDLE" "$ID"
        done
}

@test "TRAP and LOG" {
        filter SCMP_ACT_ALLOW '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_LOG"}'
        inside 'mkdir /tmp/new && echo made'
        prints made
        rmdir "$ROOTFS/tmp/new"
        filter SCMP_ACT_ALLOW '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_TRAP"}'
        script 'mkdir /tmp/new; echo $?'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints 159
}

@test "arguments: operators" {
        # nice(1) sets a priority: setpriority(which, who, value) with the value as third argument.
        local case op value value_two allowed
        for case in EQ:5:0:5 NE:7:0:7 LT:6:0:5 LE:5:0:5 GT:4:0:5 GE:5:0:5 MASKED_EQ:1:1:5; do
                IFS=: read -r op value value_two allowed <<<"$case"
                [ "$op" = NE ] && allowed=5
                config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["setpriority"], "action": "SCMP_ACT_ERRNO",
                        "errnoRet": 1, "args": [{"index": 2, "value": $value, "valueTwo": $two, "op": $op}]}]}' \
                        --arg op "SCMP_CMP_$op" --argjson value "$value" --argjson two "$value_two"
                script 'renice -n 5 -p $$ 2>&1 | grep -c "Operation not permitted"'
                expect 0 tare run --bundle "$BUNDLE" "$ID"
                is "$op: $output" "$op: 1"
        done
        # And one that does not match.
        config '.linux.seccomp.syscalls[0].args = [{"index": 2, "value": 6, "op": "SCMP_CMP_EQ"}]'
        script 'renice -n 5 -p $$ 2>&1; cut -d" " -f19 /proc/$$/stat'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        prints 5
}

@test "arguments: all 64 bits are compared" {
        type "${CC:-cc}" >/dev/null || skip "needs a compiler"
        cat >"$DIR/wide.c" <<'END'
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
/* A descriptor number that is 0 in its lower half only. */
int main(void) {
        long r = syscall(SYS_ioctl, 1L << 32 | 0, 0x5412, 0);
        printf("%d\n", r < 0 ? errno : 0);
        r = syscall(SYS_ioctl, 0, 1L << 32 | 0x5412, 0);
        printf("%d\n", r < 0 ? errno : 0);
        return 0;
}
END
        "${CC:-cc}" -static -o "$ROOTFS/wide" "$DIR/wide.c"
        # ioctl(…, TIOCSTI) is refused by 28 (ENOSPC); what differs in the upper half is another request.
        config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["ioctl"], "action": "SCMP_ACT_ERRNO",
                "errnoRet": 28, "args": [{"index": 1, "value": 21522, "op": "SCMP_CMP_EQ"}]}]}'
        args /wide
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        [ "$(sed -n 1p "$DIR/out")" = 28 ]
        [ "$(sed -n 2p "$DIR/out")" != 28 ]
}

@test "arguments: two for the same index are alternatives" {
        config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["setpriority"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
                "args": [{"index": 2, "value": 4, "op": "SCMP_CMP_EQ"}, {"index": 2, "value": 5, "op": "SCMP_CMP_EQ"}]}]}'
        inside 'renice -n 5 -p $$ 2>&1; renice -n 4 -p $$ 2>&1; renice -n 3 -p $$ 2>&1; cut -d" " -f19 /proc/$$/stat'
        [ "$(grep -c 'Operation not permitted' "$DIR/out")" -eq 2 ]
        prints_line 3
}

@test "with and without noNewPrivileges, as root and as a user" {
        local privileges uid
        filter SCMP_ACT_ALLOW "$refuse_mkdir"
        for privileges in true false; do
                for uid in 0 1000; do
                        config '.process.noNewPrivileges = $p | .process.user.uid = $uid' --argjson p $privileges --argjson uid $uid
                        inside 'mkdir /tmp/new 2>&1; grep ^Seccomp: /proc/self/status | cut -f2'
                        prints_match 'Operation not permitted'
                        prints_line 2
                done
        done
}

@test "a filter without noNewPrivileges does not need to allow the change of ids" {
        only_tare "loads the filter before that"
        filter SCMP_ACT_ALLOW '{"names": ["setuid", "setgid", "setgroups", "setresuid", "setresgid"], "action": "SCMP_ACT_KILL_PROCESS"}'
        config '.process.noNewPrivileges = false | .process.user = {"uid": 1000, "gid": 1000, "additionalGids": [5]}'
        expect_exit_7
}

@test "the last filter step is behind all that the runtime itself needs" {
        only_tare "needs some of it"
        filter SCMP_ACT_ALLOW '{"names": ["mount", "umount2", "pivot_root", "unshare", "setns", "sethostname", "capset", "setuid", "prctl", "chdir", "fchdir", "openat2", "keyctl", "read", "close", "close_range"], "action": "SCMP_ACT_KILL_PROCESS"}'
        expect_exit_7 tare run --bundle "$BUNDLE" "$ID"
}

@test "the filter holds for each process of the container" {
        filter SCMP_ACT_ALLOW "$refuse_mkdir"
        inside 'sh -c "sh -c \"mkdir /tmp/new\"" 2>&1; true'
        prints_match 'Operation not permitted'
}

@test "architectures: a 32-bit program is filtered too" {
        cat >"$DIR/mkdir32.S" <<'END'
.globl _start
_start:
        movl $39, %eax
        movl $path, %ebx
        movl $0755, %ecx
        int $0x80
        negl %eax
        movl %eax, %ebx
        movl $1, %eax
        int $0x80
path:   .asciz "/tmp/new"
END
        [ "$(uname -m)" = x86_64 ] || skip "needs x86-64"
        "${CC:-cc}" -m32 -nostdlib -static -Wl,--build-id=none -o "$ROOTFS/mkdir32" "$DIR/mkdir32.S" 2>/dev/null || skip "no 32-bit linker"
        args /mkdir32
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        rmdir "$ROOTFS/tmp/new"
        filter SCMP_ACT_ALLOW '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}'
        config '.linux.seccomp.architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]'
        expect 28 tare run --bundle "$BUNDLE" "$ID"
        # An architecture that the profile does not name must not be a way around it.
        config '.linux.seccomp.architectures = ["SCMP_ARCH_X86_64"]'
        status=0
        tare run --bundle "$BUNDLE" "$ID" || status=$?
        [ "$status" -ne 0 ]
        [ ! -d "$ROOTFS/tmp/new" ]
}

@test "flags" {
        only_tare "older versions have none"
        local flags
        filter SCMP_ACT_ALLOW "$refuse_mkdir"
        for flags in '[]' '["SECCOMP_FILTER_FLAG_LOG"]' '["SECCOMP_FILTER_FLAG_TSYNC"]' '["SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_LOG"]'; do
                config '.linux.seccomp.flags = $flags' --argjson flags "$flags"
                inside 'mkdir /tmp/new 2>&1; true'
                prints_match 'Operation not permitted'
        done
}

@test "a flag that the kernel does not know is named before anything is made" {
        only_tare "names it when the filter is loaded"
        command -v strace >/dev/null || skip "no strace here"
        filter SCMP_ACT_ALLOW "$refuse_mkdir"
        config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_LOG"]'
        expect 1 timeout --kill-after=1 20 strace --quiet=all --output=/dev/null --inject=seccomp:error=EINVAL \
                "$TARE" --root "$ROOT" create --bundle "$BUNDLE" "$ID" 3>&-
        says 'linux.seccomp.flags: found `SECCOMP_FILTER_FLAG_LOG`, which this kernel does not know'
        nothing_left
}

@test "an unknown system call in the profile does not matter" {
        filter SCMP_ACT_ALLOW '{"names": ["no_such_system_call", "mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}'
        inside 'mkdir /tmp/new 2>&1; true'
        prints_match 'Operation not permitted'
}

@test "a system call newer than the profile is unknown to it, not forbidden" {
        only_tare "older versions"
        type "${CC:-cc}" >/dev/null || skip "needs a compiler"
        printf '%s\n' '#include <errno.h>' '#include <unistd.h>' 'int main(void) { return syscall(1000, 0) < 0 ? errno : 0; }' >"$DIR/new.c"
        "${CC:-cc}" -static -o "$ROOTFS/new" "$DIR/new.c"
        filter SCMP_ACT_ERRNO
        config '.linux.seccomp.syscalls = [{"names": $names, "action": "SCMP_ACT_ALLOW"}]' --argjson names '[
                "execve", "exit_group", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "mprotect",
                "readlink", "readlinkat", "getrandom", "uname", "newfstatat", "fstat", "write", "close", "close_range", "mmap"]'
        args /new
        # 38 is ENOSYS.
        expect 38 tare run --bundle "$BUNDLE" "$ID"
}

@test "the second run with the same profile does the same" {
        filter SCMP_ACT_ALLOW "$refuse_mkdir"
        inside 'mkdir /tmp/new 2>&1; true'
        prints_match 'Operation not permitted'
        inside 'mkdir /tmp/new 2>&1; true'
        prints_match 'Operation not permitted'
        # Another number in the same rule is another profile.
        filter SCMP_ACT_ALLOW '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}'
        inside 'mkdir /tmp/new 2>&1; true'
        prints_match 'No space left on device'
}

@test "a spoilt cache of filters is no filter" {
        only_tare "has no cache"
        local file
        filter SCMP_ACT_ALLOW "$refuse_mkdir"
        inside 'true'
        for file in $(find "$ROOT" -type f); do
                head -c 100 /dev/zero >"$file"
        done
        inside 'mkdir /tmp/new 2>&1; true'
        prints_match 'Operation not permitted'
        for file in $(find "$ROOT" -type f); do
                : >"$file"
        done
        inside 'mkdir /tmp/new 2>&1; true'
        prints_match 'Operation not permitted'
}

# --- what is refused ---

@test "a call that nobody knows: passed over, and an error with run.oci.seccomp_fail_unknown_syscall" {
        filter SCMP_ACT_ALLOW "$refuse_mkdir" '{"names": ["mkdir", "no_such_call"], "action": "SCMP_ACT_LOG"}'
        inside true
        only_tare "as crun, in other words"
        config '.annotations["run.oci.seccomp_fail_unknown_syscall"] = "1"'
        refused 'linux.seccomp.syscalls[1].names[1]: found `no_such_call`, expected a system call that libseccomp knows'
        # One of another architecture is known.
        filter SCMP_ACT_ALLOW '{"names": ["arm_fadvise64_64"], "action": "SCMP_ACT_LOG"}'
        config '.annotations["run.oci.seccomp_fail_unknown_syscall"] = "1"'
        inside true
}

@test "unknown words are refused" {
        only_tare "older versions have no flags"
        filter SCMP_ACT_FOO
        refused SCMP_ACT_FOO
        filter SCMP_ACT_ALLOW '{"names": ["mkdir"], "action": "SCMP_ACT_FOO"}'
        refused SCMP_ACT_FOO
        filter SCMP_ACT_ALLOW "$refuse_mkdir"
        config '.linux.seccomp.architectures = ["SCMP_ARCH_FOO"]'
        refused SCMP_ARCH_FOO
        config '.linux.seccomp.architectures = [] | .linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_FOO"]'
        refused SECCOMP_FILTER_FLAG_FOO
        filter SCMP_ACT_ALLOW '{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_FOO"}]}'
        refused SCMP_CMP_FOO
}

@test "an errno for an action that returns none is refused" {
        only_tare "ignores it"
        filter SCMP_ACT_ALLOW '{"names": ["mkdir"], "action": "SCMP_ACT_KILL", "errnoRet": 5}'
        refused 'linux.seccomp.syscalls[0].errnoRet'
}

@test "NOTIFY as default action, and without somebody to notify, is refused" {
        filter SCMP_ACT_NOTIFY
        refused
        filter SCMP_ACT_ALLOW '{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}'
        refused
        only_tare "accepts it"
        filter SCMP_ACT_ALLOW "$refuse_mkdir"
        config '.linux.seccomp.listenerMetadata = "x"'
        refused 'linux.seccomp.listenerMetadata'
}

@test "an argument that no system call has is refused" {
        filter SCMP_ACT_ALLOW '{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}'
        refused
}
