#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# kill --all: every process of a container, whatever state it is in; kill and delete of many containers at once.

load helpers

setup() {
        common_setup
}

# --- all of one container ---

# A container without a pid namespace: a shell and two others, each of which writes the signals that it gets into a file
# of its own in /tmp/got.
START='say() { echo "$1" >>"/tmp/got/$2"; [ "$1" != "$3" ] || exit 0; }
wait_for_signals() {
        for n in 1 10 12 15; do trap "say $n $1 $2" $n; done
        touch "/tmp/ready-$1"
        while :; do sleep 0.02; done
}
mkdir -p /tmp/got
'

three() {
        config '.linux.namespaces |= map(select(.type != "pid"))'
        script "$START"'wait_for_signals a 15 & wait_for_signals b 15 & wait_for_signals init 15'
        create
        tare start "$ID"
        soon test -e "$ROOTFS/tmp/ready-a" -a -e "$ROOTFS/tmp/ready-b" -a -e "$ROOTFS/tmp/ready-init"
}

# got SIGNAL NAME...: each of these got it.
got() {
        local signal=$1 name
        shift
        for name; do
                grep -qx "$signal" "$ROOTFS/tmp/got/$name" 2>/dev/null || return 1
        done
}

# A container whose first process has ended and left another one behind, which writes the signals that it gets.
leave_one() {
        config '.linux.namespaces |= map(select(.type != "pid"))'
        script "$START"'wait_for_signals left 15 & until [ -e /tmp/ready-left ]; do sleep 0.02; done'
        create
        tare start "$ID"
        soon status_is stopped
        [ -n "$(left_processes)" ]
}

no_process() {
        [ -z "$(left_processes)" ]
}

freeze_by_hand() {
        if [ "$CGROUP_VERSION" = 1 ]; then
                need_controller freezer
                echo FROZEN >"$(cgroup freezer)/freezer.state"
                soon grep -q FROZEN "$(cgroup freezer)/freezer.state"
        else
                echo 1 >"$(cgroup)/cgroup.freeze"
                soon grep -q "frozen 1" "$(cgroup)/cgroup.events"
        fi
}

thaw_by_hand() {
        if [ "$CGROUP_VERSION" = 1 ]; then
                echo THAWED >"$(cgroup freezer)/freezer.state"
        else
                echo 0 >"$(cgroup)/cgroup.freeze"
        fi
}

@test "kill: without --all only the first process gets the signal" {
        three
        expect 0 tare kill "$ID" 10
        soon got 10 init
        sleep 0.2
        not got 10 a
        not got 10 b
}

@test "kill --all: every process gets the signal, whatever the signal" {
        only_tare "has this option only by name"
        three
        expect 0 tare kill --all "$ID" USR1
        soon got 10 a b init
        expect 0 tare kill -a "$ID" 12
        soon got 12 a b init
        [ "$(status_of)" = running ]
        expect 0 tare kill --all "$ID" 15
        prints ""
        says_nothing
        soon got 15 a b init
        soon status_is stopped
        soon no_process
        expect 0 tare delete "$ID"
}

@test "kill --all: TERM is the default" {
        only_tare "has this option only by name"
        three
        expect 0 tare kill --all "$ID"
        soon got 15 a b init
}

@test "kill --all: KILL ends every process, and the caller's own go on" {
        three
        sleep 1000 3>&- &
        BACKGROUND=$!
        expect 0 tare kill --all "$ID" 9
        soon no_process
        soon status_is stopped
        kill -0 "$BACKGROUND"
        expect 0 tare delete "$ID"
}

@test "kill --all: also in a pid namespace" {
        only_tare "has this option only by name"
        script "$START"'wait_for_signals a 15 & wait_for_signals b 15 & wait_for_signals init 15'
        create
        tare start "$ID"
        soon test -e "$ROOTFS/tmp/ready-a" -a -e "$ROOTFS/tmp/ready-b" -a -e "$ROOTFS/tmp/ready-init"
        expect 0 tare kill --all "$ID" USR1
        soon got 10 a b init
        expect 0 tare kill --all "$ID" KILL
        soon no_process
}

@test "kill --all: of a created container" {
        create
        expect 0 tare kill --all "$ID" KILL
        soon status_is stopped
        soon no_process
}

@test "kill --all: processes in cgroups below get the signal" {
        only_tare "has this option only by name"
        local controller=pids pid
        [ "$CGROUP_VERSION" = 2 ] || controller=unified
        three
        mkdir -p "$(cgroup "$controller")/x/y"
        for pid in $(cat "$(cgroup "$controller")/cgroup.procs"); do
                [ "$pid" = "$(pid_of)" ] || echo "$pid" >"$(cgroup "$controller")/x/y/cgroup.procs" || :
        done
        expect 0 tare kill --all "$ID" USR1
        soon got 10 a b init
        expect 0 tare kill --all "$ID" KILL
        soon no_process
        expect 0 tare delete --force "$ID"
}

@test "kill --all: KILL ends processes that make others without end" {
        config '.linux.namespaces |= map(select(.type != "pid"))'
        config '.linux.resources.pids.limit = 64'
        need_controller pids
        script 'f() { while :; do (f) 2>/dev/null & wait; done; }; echo ready; f & f & sleep 1000'
        create
        tare start "$ID"
        soon grep -q ready "$DIR/container"
        sleep 0.3
        expect 0 tare kill --all "$ID" 9
        soon no_process
        expect 0 tare delete --force "$ID"
}

@test "kill --all: a paused container gets the signal when it goes on" {
        only_tare "has this option only by name"
        three
        tare pause "$ID"
        expect 0 tare kill --all "$ID" USR1
        sleep 0.2
        not got 10 init
        [ "$(status_of)" = paused ]
        tare resume "$ID"
        soon got 10 a b init
}

@test "kill --all: KILL ends a paused container with all its processes" {
        three
        tare pause "$ID"
        expect 0 tare kill --all "$ID" 9
        soon no_process
        soon status_is stopped
        expect 0 tare delete "$ID"
}

@test "kill --all: the first process has ended, TERM" {
        only_tare "has this option only by name"
        leave_one
        expect 0 tare kill --all "$ID" TERM
        soon got 15 left
        soon no_process
        expect 0 tare delete "$ID"
}

@test "kill --all: the first process has ended, KILL, as containerd calls it" {
        leave_one
        expect 0 tare kill --all "$ID" 9
        soon no_process
        expect 0 tare kill --all "$ID" 9
        expect 0 tare delete "$ID"
}

@test "kill --all: the first process has ended, and what it left is frozen" {
        leave_one
        freeze_by_hand
        expect 0 tare kill --all "$ID" USR1
        expect 0 tare kill --all "$ID" 9
        soon no_process
        not got 10 left
        expect 0 tare delete "$ID"
}

@test "kill --all: nobody is left, and no cgroup either: no failure" {
        only_tare "fails"
        start
        tare kill "$ID" KILL
        soon status_is stopped
        soon no_process
        expect 0 tare kill --all "$ID" 15
        expect 0 tare kill --all "$ID" 9
        find /sys/fs/cgroup -depth -type d -name "*$ID*" -exec rmdir {} + || :
        [ -z "$(left_cgroups)" ]
        expect 0 tare kill --all "$ID" 15
        expect 0 tare kill --all "$ID" 9
        says_nothing
        expect 1 tare kill "$ID" 15
        says "container not running"
        expect 0 tare delete "$ID"
}

@test "kill --all: without a cgroup the first process gets the signal" {
        only_tare "has no such option"
        script 'trap "echo USR1" USR1; echo ready; while :; do sleep 0.02; done'
        expect 0 tare --cgroup-manager disabled create --bundle "$BUNDLE" "$ID"
        ln -f "$DIR/out" "$DIR/container"
        tare start "$ID"
        soon grep -q ready "$DIR/container"
        expect 0 tare kill --all "$ID" USR1
        soon grep -q USR1 "$DIR/container"
        expect 0 tare kill --all "$ID" KILL
        soon status_is stopped
        expect 0 tare kill --all "$ID" KILL
}

@test "kill --all: of a missing container, and with an unknown signal" {
        expect 1 tare kill --all "$ID" 9
        says "container does not exist"
        start
        expect 1 tare kill --all "$ID" FOO
        says 'unknown signal "FOO"'
        [ "$(status_of)" = running ]
}

# --- many containers ---

# many NAME...: running containers $ID-NAME.
many() {
        local name
        args sleep 1000
        for name; do
                config '.linux.cgroupsPath = $path' --arg path "$(cgroups_path "$ID-$name")"
                tare run --detach --bundle "$BUNDLE" "$ID-$name" </dev/null >/dev/null 2>&1
        done
}

# statuses: the names behind $ID- and what they are, in one line.
statuses() {
        tare list --format json | jq -r --arg id "$ID-" '[.[]? | (.id | ltrimstr($id)) + " " + .status] | join(", ")'
}

statuses_are() {
        [ "$(statuses)" = "$1" ]
}

@test "kill --regex: every container that matches, and no other" {
        only_tare "has no such option"
        many web1 web2 web22 old-web1 db
        expect 0 tare kill --regex "^$ID-web[0-9]\$" KILL
        prints ""
        says_nothing
        soon statuses_are "db running, old-web1 running, web1 stopped, web2 stopped, web22 running"
        expect 0 tare kill -r 'web2{2}$' 9
        soon statuses_are "db running, old-web1 running, web1 stopped, web2 stopped, web22 stopped"
        # Anywhere in the name; by an alternative of an extended expression.
        expect 0 tare kill -r 'd(b|x)|old' KILL
        soon statuses_are "db stopped, old-web1 stopped, web1 stopped, web2 stopped, web22 stopped"
}

@test "kill --regex: one that fails does not keep the others from their signal, and is told" {
        only_tare "has no such option"
        many a b c
        tare kill "$ID-a" KILL
        tare kill "$ID-c" KILL
        soon statuses_are "a stopped, b running, c stopped"
        expect 1 tare kill --regex "$ID-" KILL
        says "container \`$ID-a\`: container not running; container \`$ID-c\`: container not running"
        [ "$(wc -l <"$DIR/err")" -eq 1 ]
        soon statuses_are "a stopped, b stopped, c stopped"
        # With --all a stopped one is none that fails.
        expect 0 tare kill --all --regex "$ID-" KILL
}

@test "kill --regex: the signal is TERM unless told otherwise, and an unknown one hits nobody" {
        only_tare "has no such option"
        many a
        script 'trap "exit 0" TERM; echo ready; while :; do sleep 0.02; done'
        config '.linux.cgroupsPath = $path' --arg path "$(cgroups_path "$ID-t")"
        expect 0 tare run --detach --bundle "$BUNDLE" "$ID-t"
        soon grep -q ready "$DIR/out"
        expect 1 tare kill --regex "$ID-" FOO
        says 'unknown signal "FOO"'
        expect 0 tare kill --regex "$ID-t"
        soon statuses_are "a running, t stopped"
}

@test "kill, delete --regex: no match is no failure" {
        only_tare "has no such option"
        many a
        expect 0 tare kill --regex "no-such" KILL
        expect 0 tare delete --regex "no-such"
        expect 0 tare delete --force --regex "^a$"
        statuses_are "a running"
}

@test "kill, delete --regex: an invalid expression is refused" {
        only_tare "has no such option"
        many a
        expect 1 tare kill --regex "(" KILL
        says 'invalid regular expression `(`: '
        expect 1 tare delete --force --regex "[a"
        says 'invalid regular expression `[a`: '
        statuses_are "a running"
}

@test "kill, delete --regex: a root that is not there" {
        only_tare "has no such option"
        expect 1 "$TARE" --root "$DIR/nowhere" kill --regex . KILL
        says "open root directory \`$DIR/nowhere\`: no such file or directory"
        expect 1 "$TARE" --root "$DIR/nowhere" delete --force --regex .
        says "no such file or directory"
}

@test "delete --regex: the stopped ones that match; running ones are told and stay" {
        only_tare "has no such option"
        many a b c other
        tare kill "$ID-a" KILL
        tare kill "$ID-c" KILL
        soon statuses_are "a stopped, b running, c stopped, other running"
        expect 1 tare delete --regex "^$ID-[abc]\$"
        says "container \`$ID-b\`: cannot delete container $ID-b that is not stopped: running"
        statuses_are "b running, other running"
        expect 0 tare delete --force -r "^$ID-[abc]\$"
        prints ""
        says_nothing
        statuses_are "other running"
}

@test "delete --regex: options may stand behind the expression" {
        only_tare "has no such option"
        many a b
        expect 0 tare delete "$ID-" --regex --force
        statuses_are ""
        nothing_left
}

@test "delete --regex: broken ones by force; what is named like no container is left alone" {
        only_tare "has no such option"
        many a
        mkdir "$ROOT/$ID-broken" "$ROOT/$ID-no container"
        echo '{' >"$ROOT/$ID-broken/state.json"
        expect 1 tare delete --regex "$ID-broken"
        says "container \`$ID-broken\`: container is broken"
        expect 0 tare delete --force --regex "$ID"
        [ ! -e "$ROOT/$ID-broken" ]
        [ ! -e "$ROOT/$ID-a" ]
        [ -d "$ROOT/$ID-no container" ]
        rmdir "$ROOT/$ID-no container"
}

@test "delete --regex: two at once share the work without failures" {
        only_tare "has no such option"
        local first=0 second=0
        many 1 2 3 4 5 6
        tare kill --regex "$ID-" KILL
        soon statuses_are "1 stopped, 2 stopped, 3 stopped, 4 stopped, 5 stopped, 6 stopped"
        "$TARE" --root "$ROOT" delete --regex "$ID-" 2>"$DIR/first" </dev/null 3>&- &
        "$TARE" --root "$ROOT" delete --regex "$ID-" 2>"$DIR/second" </dev/null 3>&- || second=$?
        wait $! || first=$?
        cat "$DIR/first" "$DIR/second"
        [ "$first$second" = 00 ]
        nothing_left
}
