#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The end of containers that are hard to end: of a thousand processes, of processes that nothing ends, of cgroups that the
# container has made, of all that while it goes on. Either all of it goes, or the answer comes in time, says what is in the
# way, and a second attempt succeeds once that has gone.

load helpers
load stuck

setup() {
        common_setup
        # Where the container sees a hierarchy of its own, and where the host sees the same.
        OWN=/sys/fs/cgroup
        [ "$CGROUP_VERSION" = 2 ] || OWN=/sys/fs/cgroup/pids
        ABOVE=
}

teardown() {
        stop_serving
        [ -z "$ABOVE" ] || freeze "$ABOVE" 0
        common_teardown
        [ -z "$ABOVE" ] || rmdir_above
}

# --- containers ---

# The container shares its pid namespace with the host: the end of the first process is not that of the others.
share_pids() {
        config '.linux.namespaces |= map(select(.type != "pid"))'
}

# The container may make cgroups below its own.
own_cgroup() {
        config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{"type": "cgroup"}])
                | .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
}

# started SCRIPT: runs it until it prints "ready".
started() {
        script "$1"
        create
        tare start "$ID"
        soon grep -q ready "$DIR/container" || { cat "$DIR/container" && return 1; }
}

# The host's path of the container's hierarchy.
own() {
        cgroup pids
}

processes() {
        find "$(own)" -name cgroup.procs -exec cat {} + 2>/dev/null | wc -l
}

processes_are() {
        [ "$(processes)" "$1" "$2" ]
}

# gone_by COMMAND...: it succeeds, says nothing, and nothing is left.
gone_by() {
        expect 0 "$@"
        says_nothing
        nothing_left
}

# many N: so many processes, children of the shell.
MANY='many() { n=0; while [ $n -lt $1 ]; do sleep 1000 & n=$((n + 1)); done; }
'

# --- many processes ---

@test "1,000 processes: delete --force" {
        started "$MANY"'many 1000; echo ready; wait'
        [ "$(processes)" -ge 1001 ]
        gone_by tare delete --force "$ID"
}

@test "1,000 processes: delete --force of a paused container" {
        started "$MANY"'many 1000; echo ready; wait'
        tare pause "$ID"
        gone_by tare delete --force "$ID"
}

@test "1,000 processes that are not in a pid namespace: delete --force" {
        share_pids
        started "$MANY"'many 1000; echo ready; wait'
        gone_by tare delete --force "$ID"
}

@test "1,000 processes that are not in a pid namespace: delete when the first one has ended" {
        share_pids
        started "$MANY"'many 1000; echo ready'
        soon status_is stopped
        [ "$(processes)" -ge 1000 ]
        gone_by tare delete "$ID"
}

@test "1,000 processes in cgroups below one another" {
        own_cgroup
        share_pids
        started "$MANY"'at='$OWN'
                for level in 1 2 3 4 5 6 7 8 9 10; do
                        at=$at/$level
                        mkdir $at && echo 0 >$at/cgroup.procs && many 100
                done
                echo ready; wait'
        is "$(wc -l <"$(own)/1/2/3/4/5/6/7/8/9/10/cgroup.procs")" 101
        gone_by tare delete --force "$ID"
}

# Each makes others without end, and goes on when it may not: a shell would give up.
build_makers() {
        printf '%s\n' '#include <sched.h>' '#include <unistd.h>' 'int main(void) { for (;;) if (fork() < 0) sched_yield(); }' |
                "${CC:-cc}" -static -O1 -x c -o "$ROOTFS/bin/make-others" -
}

# Up to a limit of the user's; as long as one of them runs there are soon as many as before.
@test "processes that make others without end: delete --force" {
        share_pids
        config '.process.user = {uid: 60123, gid: 60123} | .process.rlimits = [{type: "RLIMIT_NPROC", soft: 200, hard: 200}]'
        build_makers
        started 'make-others & echo ready; exec sleep 1000'
        soon processes_are -ge 150
        gone_by tare delete --force "$ID"
}

@test "processes that make others without end, at the limit of the cgroup: delete --force" {
        need_controller pids
        share_pids
        config '.linux.resources.pids.limit = 200'
        build_makers
        started 'make-others & echo ready; exec sleep 1000'
        soon processes_are -ge 150
        gone_by tare delete --force "$ID"
}

# --- cgroups that the container has made ---

@test "300 cgroups below one another, each with a process" {
        own_cgroup
        share_pids
        started 'cd '$OWN'
                for level in $(seq 300); do
                        mkdir x && cd x && echo 0 >cgroup.procs || exit
                        sleep 1000 &
                done
                echo ready; wait'
        is "$(find "$(own)" -mindepth 1 -type d | wc -l)" 300
        gone_by tare delete --force "$ID"
}

# Only step by step; and /proc/PID/cgroup of who is in there cannot be read.
@test "cgroups below one another, deeper than a path is long" {
        type python3 >/dev/null || skip "needs python3"
        start
        python3 -c '
import os, sys
os.chdir(sys.argv[1])
for level in range(40):
    os.mkdir("x" * 200)
    os.chdir("x" * 200)
open("cgroup.procs", "w").write(sys.argv[2])
' "$(own)" "$(pid_of)"
        gone_by tare delete --force "$ID"
}

@test "500 cgroups side by side, every fifth with a process" {
        own_cgroup
        share_pids
        started 'cd '$OWN'
                for n in $(seq 500); do
                        mkdir $n
                        [ $((n % 5)) -ne 0 ] || (echo 0 >$n/cgroup.procs && exec sleep 1000) &
                done
                while [ "$(cat */cgroup.procs | wc -l)" -lt 100 ]; do sleep 0.05; done
                echo ready; wait'
        is "$(find "$(own)" -mindepth 1 -type d | wc -l)" 500
        gone_by tare delete --force "$ID"
}

@test "cgroups with controllers of their own" {
        need_v2
        own_cgroup
        started 'cd '$OWN'; mkdir -p a/b; echo 0 >a/b/cgroup.procs
                for controller in $(cat cgroup.controllers); do
                        echo +$controller >cgroup.subtree_control && echo +$controller >a/cgroup.subtree_control
                done
                grep . a/cgroup.subtree_control && echo ready; sleep 1000'
        gone_by tare delete --force "$ID"
}

@test "cgroups that are made faster than they are removed" {
        own_cgroup
        share_pids
        started 'cd '$OWN'; f() { n=0; while :; do n=$((n + 1)); mkdir -p $1/$n/x/y/z; done; }
                f a & f b & f c & sleep 0.5; echo ready; wait'
        gone_by tare delete --force "$ID"
}

@test "cgroups that are made while the first process has ended: delete" {
        own_cgroup
        share_pids
        started 'cd '$OWN'; f() { n=0; while :; do n=$((n + 1)); mkdir -p $1/$n/x/y/z; done; }
                f a & f b & f c & sleep 0.5; echo ready'
        soon status_is stopped
        gone_by tare delete "$ID"
}

# A program whose threads go into cgroups of their own, in the folder that it is called with, and whose first thread
# ends when called with one more argument.
build_threads() {
        printf '%s\n' '#include <fcntl.h>' '#include <pthread.h>' '#include <stdio.h>' '#include <string.h>' '#include <unistd.h>' \
                'static void enter(const char *path) {' \
                '        int fd = open(path, O_WRONLY);' \
                '        if (fd < 0 || write(fd, "0", 1) < 0) { perror(path); _exit(1); }' \
                '}' \
                'static void *live(void *path) { enter(path); puts("ready"); fflush(stdout); for (;;) pause(); }' \
                'int main(int argc, char **argv) {' \
                '        pthread_t thread;' \
                '        for (int i = 1; i < argc && strcmp(argv[i], "end"); i++) pthread_create(&thread, NULL, live, argv[i]);' \
                '        if (!strcmp(argv[argc - 1], "end")) pthread_exit(NULL);' \
                '        for (;;) pause();' \
                '}' >"$DIR/threads.c"
        "${CC:-cc}" -static -pthread -o "$ROOTFS/bin/threads" "$DIR/threads.c"
}

@test "threaded cgroups" {
        need_v2
        own_cgroup
        share_pids
        build_threads
        started 'cd '$OWN'; mkdir -p a/b c; for name in c a a/b; do echo threaded >$name/cgroup.type || exit; done
                threads c/cgroup.threads a/cgroup.threads a/b/cgroup.threads & threads a/b/cgroup.threads end & wait'
        soon grep -q . "$(own)/c/cgroup.threads"
        is "$(cat "$(own)/a/b/cgroup.type")" threaded
        soon eval '[ "$(wc -l <"$(own)/a/b/cgroup.threads")" -eq 2 ]'
        gone_by tare delete --force "$ID"
}

# cgroup.kill does not reach such a one.
@test "a process whose first thread has ended: delete --force, and kill --all" {
        share_pids
        build_threads
        started 'threads /dev/null end & wait'
        gone_by tare delete --force "$ID"
        started 'threads /dev/null end & until grep -q "State:.Z" /proc/$!/status; do :; done'
        soon status_is stopped
        is "$(processes)" 1
        expect 0 tare kill --all "$ID" KILL
        soon processes_are -eq 0
        gone_by tare delete "$ID"
}

@test "a frozen cgroup below" {
        own_cgroup
        share_pids
        freezer
        started 'cd '$FREEZER'; mkdir a; (echo 0 >a/cgroup.procs; exec sleep 1000) &
                until grep -q . a/cgroup.procs; do sleep 0.01; done
                '"$FREEZE"'; echo ready; wait'
        gone_by tare delete --force "$ID"
}

@test "a frozen cgroup below with the first process in it: delete --force" {
        own_cgroup
        freezer
        frozen_below
        gone_by tare delete --force "$ID"
}

@test "a frozen cgroup below with the first process in it: kill" {
        own_cgroup
        freezer
        frozen_below
        expect 0 tare kill "$ID" KILL
        soon status_is stopped
        gone_by tare delete "$ID"
}

# The container's own freezer, and what freezes a/ of it.
freezer() {
        FREEZER=$OWN FREEZE='echo 1 >a/cgroup.freeze'
        [ "$CGROUP_VERSION" = 2 ] || need_controller freezer
        [ "$CGROUP_VERSION" = 2 ] || FREEZER=/sys/fs/cgroup/freezer FREEZE='echo FROZEN >a/freezer.state'
}

# A container whose first process has frozen itself.
frozen_below() {
        script 'cd '$FREEZER'; mkdir a; echo 0 >a/cgroup.procs; echo ready; '"$FREEZE"'; while :; do sleep 0.1; done'
        create
        tare start "$ID"
        soon grep -q ready "$DIR/container"
        if [ "$CGROUP_VERSION" = 1 ]; then
                soon grep -q FROZEN "$(cgroup freezer)/a/freezer.state"
        else
                soon grep -q "frozen 1" "$(cgroup freezer)/a/cgroup.events"
        fi
}

# --- what nothing ends ---

# in_time SECONDS COMMAND...: it fails within that time.
in_time() {
        local from=$SECONDS limit=$1
        shift
        expect 1 "$@"
        [ $((SECONDS - from)) -le $((limit + ${PATIENCE:-5})) ] || complain "took $((SECONDS - from)) s"
}

# stuck_container SCRIPT: a container in which that runs and gets stuck; $STUCK is who did.
stuck_container() {
        serve_nothing
        config '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["rbind"]}]' --arg source "$DIR/shared"
        script "$1"
        create
        tare start "$ID"
        soon somebody_stuck
}

somebody_stuck() {
        for STUCK in $(cat "$(own)/cgroup.procs"); do
                ! is_stuck "$STUCK" || return 0
        done
        return 1
}

@test "the first process is stuck: delete --force tells it in time, and ends it later" {
        stuck_container 'exec ls /mnt/server/x'
        is "$STUCK" "$(pid_of)"
        in_time 10 tare delete --force "$ID"
        says "1 process(es) did not end after SIGKILL: $STUCK (state D, waiting in request_wait_answer): device or resource busy"
        is "$(status_of)" running
        in_time 10 tare delete --force "$ID"
        stop_serving
        gone_by tare delete --force "$ID"
}

@test "a process is stuck, and the first one waits for it: delete --force names the one in the way" {
        stuck_container 'ls /mnt/server/x & sleep 1000'
        in_time 10 tare delete --force "$ID"
        says "process(es) did not end after SIGKILL: "
        says "$STUCK (state D, waiting in request_wait_answer)"
        stop_serving
        gone_by tare delete --force "$ID"
}

# Whose others end at once: they are not named.
@test "the first process is stuck, without a pid namespace: only that one is named" {
        share_pids
        stuck_container 'sleep 1000 & sleep 1001 & exec ls /mnt/server/x'
        in_time 10 tare delete --force "$ID"
        says "1 process(es) did not end after SIGKILL: $STUCK (state D, waiting in request_wait_answer): device or resource busy"
        stop_serving
        gone_by tare delete --force "$ID"
}

@test "a process is stuck, and the first one has ended: kill --all does not wait, delete tells it in time" {
        share_pids
        stuck_container 'ls /mnt/server/x & sleep 1000 & until grep -q request_wait_answer /proc/$!/wchan; do [ -e /proc/$! ] && break; done'
        soon status_is stopped
        in_time 30 tare delete "$ID"
        says "1 process(es) did not end after SIGKILL: $STUCK (state D, waiting in request_wait_answer): device or resource busy"
        is "$(status_of)" stopped
        expect 0 timeout 5 "$TARE" --root "$ROOT" kill --all "$ID" KILL
        is "$(status_of)" stopped
        stop_serving
        gone_by tare delete "$ID"
}

@test "run: a process is stuck when the first one ends" {
        share_pids
        serve_nothing
        config '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["rbind"]}]' --arg source "$DIR/shared"
        script '(ls /mnt/server/x) >/dev/null 2>&1 & sleep 0.5; exit 7'
        local from=$SECONDS
        expect 7 tare run --bundle "$BUNDLE" "$ID"
        [ $((SECONDS - from)) -le $((32 + ${PATIENCE:-5})) ]
        says "1 process(es) did not end after SIGKILL: "
        is "$(status_of)" stopped
        stop_serving
        gone_by tare delete "$ID"
}

# freeze CGROUP 0|1
freeze() {
        local word=THAWED
        [ "$2" = 0 ] || word=FROZEN
        echo "$word" >"$1/freezer.state"
}

rmdir_above() {
        local directory
        for directory in $(find /sys/fs/cgroup -depth -type d -name "above-$ID"); do
                rmdir "$directory"
        done
}

@test "somebody else has frozen a cgroup above: delete --force tells it in time, and ends the container later" {
        need_v1 # on v2 SIGKILL reaches what is frozen
        need_controller freezer
        config '.linux.cgroupsPath = $path' --arg path "/above-$ID/$ID"
        start
        local init
        init=$(pid_of)
        ABOVE=/sys/fs/cgroup/freezer/above-$ID
        freeze "$ABOVE" 1
        soon grep -q FROZEN "$ABOVE/freezer.state"
        in_time 10 tare delete --force "$ID"
        says "1 process(es) did not end after SIGKILL: $init (state D"
        says "; a cgroup above it is frozen: device or resource busy"
        freeze "$ABOVE" 0
        expect 0 tare delete --force "$ID"
        rmdir_above
        ABOVE=
        nothing_left
}

@test "v2: somebody else has frozen a cgroup above: delete --force" {
        need_v2
        config '.linux.cgroupsPath = $path' --arg path "/above-$ID/$ID"
        start
        echo 1 >"/sys/fs/cgroup/above-$ID/cgroup.freeze"
        soon grep -q "frozen 1" "/sys/fs/cgroup/above-$ID/cgroup.events"
        expect 0 tare delete --force "$ID"
        rmdir_above
        nothing_left
}
