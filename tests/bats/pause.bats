#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# pause and resume, and what may be done with a paused container.

load helpers
load stuck

setup() {
        common_setup
        [ "$CGROUP_VERSION" = 2 ] || need_controller freezer
}

# What is frozen by hand: a cgroup of the test, with the container's below it.
teardown() {
        [ -z "${ABOVE-}" ] || freeze "$ABOVE" 0
        stop_serving
        common_teardown
        [ -z "${ABOVE-}" ] || remove_above
}

# freeze CGROUP 0|1
freeze() {
        if [ "$CGROUP_VERSION" = 1 ]; then
                [ "$2" = 1 ] && echo FROZEN >"$1/freezer.state" || echo THAWED >"$1/freezer.state"
        else
                echo "$2" >"$1/cgroup.freeze"
        fi
}

# The container's cgroup goes below another one, $ABOVE.
below_another() {
        # With systemd it is in a slice as it is.
        ABOVE=$(hierarchy freezer)/$SLICE
        [ "$CGROUP_MANAGER" = cgroupfs ] || return 0
        config '.linux.cgroupsPath = $path' --arg path "/above-$ID/$ID"
        ABOVE=$(hierarchy freezer)/above-$ID
}

remove_above() {
        local directory
        for directory in $(find /sys/fs/cgroup -depth -type d -name "above-$ID"); do
                rmdir "$directory"
        done
}

# A container whose process appends a dot to /tmp/ticks every now and then.
start_ticking() {
        script 'while :; do printf . >>/tmp/ticks; sleep 0.01; done'
        create
        tare start "$ID"
        soon test -s "$ROOTFS/tmp/ticks"
}

ticks() {
        stat --format %s "$ROOTFS/tmp/ticks"
}

more_ticks_than() {
        [ "$(ticks)" -gt "$1" ]
}

# --- pause and resume ---

@test "pause: all stands still, and goes on after resume" {
        local before
        start_ticking
        expect 0 tare pause "$ID"
        prints ""
        says_nothing
        [ "$(status_of)" = paused ]
        before=$(ticks)
        sleep 0.3
        [ "$(ticks)" -eq "$before" ]
        expect 0 tare resume "$ID"
        prints ""
        says_nothing
        [ "$(status_of)" = running ]
        soon more_ticks_than "$before"
}

@test "pause: the state is right at once, time after time" {
        local i
        script 'while :; do /bin/true; done'
        create
        tare start "$ID"
        for i in 1 2 3 4 5 6 7 8 9 10; do
                tare pause "$ID"
                [ "$(status_of)" = paused ]
                tare resume "$ID"
                [ "$(status_of)" = running ]
        done
}

@test "pause: cgroups that the container made stand still too" {
        local before
        start_ticking
        mkdir "$(cgroup freezer)/below"
        pid_of >"$(cgroup freezer)/below/cgroup.procs"
        tare pause "$ID"
        [ "$(status_of)" = paused ]
        before=$(ticks)
        sleep 0.2
        [ "$(ticks)" -eq "$before" ]
        tare resume "$ID"
        [ "$(status_of)" = running ]
        soon more_ticks_than "$before"
}

@test "pause: a created container is created again after resume, and can be started" {
        script 'echo started; sleep 1000'
        create
        expect 0 tare pause "$ID"
        [ "$(status_of)" = paused ]
        expect 1 tare start "$ID"
        says "cannot start a container in the paused state"
        expect 0 tare resume "$ID"
        [ "$(status_of)" = created ]
        expect 0 tare start "$ID"
        [ "$(status_of)" = running ]
        soon grep -q started "$DIR/container"
}

@test "pause: of a paused container is refused" {
        only_tare "crun pauses twice"
        start
        tare pause "$ID"
        expect 1 tare pause "$ID"
        says "container not running"
        [ "$(status_of)" = paused ]
}

@test "pause, resume: of a stopped container" {
        start
        tare kill "$ID" KILL
        soon status_is stopped
        expect 1 tare pause "$ID"
        says "container not running"
        expect 1 tare resume "$ID"
        says "container not paused"
        [ "$(status_of)" = stopped ]
}

@test "pause, resume: of a missing container" {
        expect 1 tare pause "$ID"
        says "container does not exist"
        expect 1 tare resume "$ID"
        says "container does not exist"
}

@test "resume: of a container that is not paused" {
        only_tare "crun resumes twice"
        args sleep 1000
        create
        expect 1 tare resume "$ID"
        says "container not paused"
        [ "$(status_of)" = created ]
        tare start "$ID"
        expect 1 tare resume "$ID"
        says "container not paused"
        [ "$(status_of)" = running ]
}

@test "pause: without a cgroup it is refused" {
        only_tare "has no such option"
        args sleep 1000
        expect 0 tare --cgroup-manager disabled run --detach --bundle "$BUNDLE" "$ID"
        expect 1 tare pause "$ID"
        says "the container is not using cgroups"
        [ "$(status_of)" = running ]
}

@test "resume: also of a container that somebody else has frozen" {
        start
        freeze "$(cgroup freezer)" 1
        soon status_is paused
        expect 0 tare resume "$ID"
        [ "$(status_of)" = running ]
}

@test "resume: below a frozen cgroup it does not wait, and says so" {
        only_tare "says nothing"
        local started
        below_another
        start
        tare pause "$ID"
        freeze "$ABOVE" 1
        started=$SECONDS
        expect 0 tare resume "$ID"
        says "container \`$ID\` stays paused"
        [ $((SECONDS - started)) -lt 5 ]
        [ "$(status_of)" = paused ]
        freeze "$ABOVE" 0
        soon status_is running
}


@test "pause: when not all stand still it fails, and those that did go on" {
        only_tare "waits otherwise"
        local before
        serve_nothing
        start_ticking
        (echo "$BASHPID" >"$(cgroup freezer)/cgroup.procs" && exec ls "$SERVER/x") >/dev/null 2>&1 3>&- &
        BACKGROUND+=" $!"
        soon is_stuck $!
        expect 1 tare pause "$ID"
        says "not all processes stand still"
        [ "$(status_of)" = running ]
        before=$(ticks)
        soon more_ticks_than "$before"
}

# --- what may be done with a paused one ---

@test "paused: KILL ends it" {
        start
        tare pause "$ID"
        expect 0 tare kill "$ID" KILL
        soon status_is stopped
        expect 0 tare delete "$ID"
}

@test "paused: KILL ends all of it without a pid namespace" {
        config '.linux.namespaces |= map(select(.type != "pid"))'
        script 'sleep 1000 & sleep 1001 & wait'
        create
        tare start "$ID"
        tare pause "$ID"
        expect 0 tare kill "$ID" KILL
        soon status_is stopped
        soon no_process
}

@test "paused: kill --all with KILL ends it" {
        start
        tare pause "$ID"
        expect 0 tare kill --all "$ID" 9
        soon status_is stopped
        soon no_process
}

no_process() {
        [ -z "$(left_processes)" ]
}

@test "paused: other signals wait until it goes on" {
        script 'trap "echo TERM; exit 0" TERM; echo ready; while :; do sleep 0.02; done'
        create
        tare start "$ID"
        soon grep -q ready "$DIR/container"
        tare pause "$ID"
        expect 0 tare kill "$ID" TERM
        sleep 0.2
        [ "$(status_of)" = paused ]
        not grep -q TERM "$DIR/container"
        tare resume "$ID"
        soon grep -q TERM "$DIR/container"
        soon status_is stopped
}

@test "paused: a created one can be killed" {
        create
        tare pause "$ID"
        expect 0 tare kill "$ID" KILL
        soon status_is stopped
}

@test "paused: delete is refused without force" {
        start
        tare pause "$ID"
        expect 1 tare delete "$ID"
        says "cannot delete container $ID that is not stopped: paused"
        [ "$(status_of)" = paused ]
}

@test "paused: delete --force ends it, and nothing of it runs once more" {
        local before
        start_ticking
        tare pause "$ID"
        before=$(ticks)
        expect 0 tare delete --force "$ID"
        [ "$(ticks)" -eq "$before" ]
        nothing_left
}

@test "paused: a created one is deleted by force" {
        create
        tare pause "$ID"
        expect 1 tare delete "$ID"
        says "cannot delete container $ID that is not stopped: paused"
        expect 0 tare delete --force "$ID"
        nothing_left
}

@test "paused: state and list tell it" {
        start
        tare pause "$ID"
        [ "$(status_of)" = paused ]
        [ "$(pid_of)" -gt 1 ]
        expect 0 tare list
        prints_match "^$ID +$(pid_of) +paused"
}

@test "pause and resume from many sides leave a container that can go on" {
        local i pids=()
        start_ticking
        for i in 1 2 3 4; do
                (for _ in 1 2 3 4 5; do
                        "$TARE" --root "$ROOT" pause "$ID" || :
                        "$TARE" --root "$ROOT" resume "$ID" || :
                done) >/dev/null 2>&1 </dev/null 3>&- &
                pids+=($!)
        done
        wait "${pids[@]}"
        "$TARE" --root "$ROOT" resume "$ID" 2>/dev/null || :
        [ "$(status_of)" = running ]
        soon more_ticks_than "$(ticks)"
}
