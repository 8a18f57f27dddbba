#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Many processes in one container, one after the other and at once, and callers that all want something else of it.
#
# $STRESS_EXECS (10000) says how many, $STRESS_SECONDS (20) how long the mixed callers go on; a release is tried with 60.

load helpers

WORKERS=32

has_command() {
        "$TARE" "$1" --help >/dev/null 2>&1
}

setup() {
        common_setup
        has_command exec || skip "$RUNTIME has no exec"
        EXECS=${STRESS_EXECS:-10000}
        PERIOD=${STRESS_SECONDS:-20}
}

# --- what there is of the container ---

members() {
        local place
        if [ "$CGROUP_VERSION" = 1 ]; then
                for place in /sys/fs/cgroup/*/"$ID"; do
                        echo "$place: $(wc -l <"$place/cgroup.procs")"
                done
        else
                wc -l <"$(cgroup)/cgroup.procs"
        fi
}

# Processes, members of its cgroups, descriptors of its first process and of ours, its directory, mounts.
snapshot() {
        echo "processes: $(left_processes | wc -l)"
        echo "zombies: $(ps --ppid "$(pid_of)" -o stat= | grep -c Z)"
        members
        echo "descriptors: $(ls "/proc/$(pid_of)/fd" | wc -l)"
        echo "ours: $(ls /proc/$$/fd | wc -l)"
        find "$ROOT" -mindepth 1 -printf '%P %y\n' | sort
        echo "mounts: $(wc -l <"/proc/$(pid_of)/mountinfo")"
}

is_as_before() {
        [ "$(snapshot)" = "$before" ]
}

# Open files of the whole machine. Others open and close some too, but not one for each of our runs.
open_files() {
        awk '{ print $1 }' /proc/sys/fs/file-nr
}

# --- one after the other, and at once ---

# worker COUNT: prints each exit status but 0.
worker() {
        local i status
        for i in $(seq "$1"); do
                status=0
                timeout --kill-after=5 60 "$TARE" --root "$ROOT" exec "$ID" true </dev/null 2>&1 3>&- || status=$?
                [ "$status" -eq 0 ] || echo "exit status $status"
        done
}

@test "thousands of processes, 32 at once, all end well and leave nothing" {
        local i files started=$SECONDS
        start
        before=$(snapshot)
        files=$(open_files)
        for i in $(seq "$WORKERS"); do
                worker $((EXECS / WORKERS + (i <= EXECS % WORKERS))) >"$DIR/worker-$i" &
                BACKGROUND+=" $!"
        done
        wait
        echo "# $EXECS processes, $WORKERS at once, in $((SECONDS - started)) s" >&3
        [ -z "$(cat "$DIR"/worker-*)" ] || { sort "$DIR"/worker-* | uniq -c; return 1; }
        soon is_as_before || { diff <(echo "$before") <(snapshot); return 1; }
        [ $(($(open_files) - files)) -lt $((EXECS / 2 + 500)) ]
}

@test "every exit status comes back" {
        local code status wrong=
        start
        for code in $(seq 0 255); do
                status=0
                tare exec "$ID" sh -c "exit $code" </dev/null || status=$?
                [ "$status" -eq "$code" ] || wrong+=" $code:$status"
        done
        is "$wrong" ""
        for code in 1 2 6 9 11 15; do
                status=0
                tare exec "$ID" sh -c "kill -$code \$\$" </dev/null || status=$?
                [ "$status" -eq $((128 + code)) ] || wrong+=" signal $code:$status"
        done
        is "$wrong" ""
}

@test "output of many at once is nobody else's" {
        local i
        start
        for i in $(seq 64); do
                tare exec "$ID" sh -c "echo $i; echo $i; exit 0" </dev/null >"$DIR/output-$i" &
                BACKGROUND+=" $!"
                [ $((i % WORKERS)) -ne 0 ] || wait
        done
        wait
        for i in $(seq 64); do
                is "$(cat "$DIR/output-$i")" "$i"$'\n'"$i"
        done
}

# --- callers with different wishes ---

# What a call may fail with, because of what another one has done just before.
excuses() {
        case $1 in
        pause) echo 'container not running|already paused|paused state' ;;
        resume) echo 'not paused' ;;
        exec) echo 'paused container|paused state' ;;
        update | kill) echo 'not allowed: nothing ever is' ;;
        esac
}

# call ACTION ARGUMENT...: once; a line in $DIR/calls, and what was said if that is no excuse, in $DIR/complaints.
call() {
        local status=0 said
        said=$(timeout --kill-after=5 60 "$TARE" --root "$ROOT" "$@" </dev/null 2>&1 3>&-) || status=$?
        echo "$1 $status" >>"$DIR/calls"
        [ "$status" -eq 0 ] || { [ "$status" -ne 124 ] && grep -qiE "$(excuses "$1")" <<<"$said"; } ||
                echo "$1: exit status $status: $said" >>"$DIR/complaints"
}

# caller NUMBER KIND FILE: over and over, until there is FILE.
caller() {
        local begin round=0
        until [ -e "$DIR/$3" ]; do
                round=$((round + 1))
                case $2 in
                exec) call exec "$ID" true ;;
                kill) call kill "$ID" WINCH ;;
                update)
                        begin=$(date +%s%N)
                        call update --pids-limit $((1000 + 100000 * $1 + round)) "$ID"
                        echo "$((1000 + 100000 * $1 + round)) $begin $(date +%s%N)" >>"$DIR/updates"
                        ;;
                *) call "$2" "$ID" ;;
                esac
        done
}

# The limit that is there must be one that no later update has overwritten: none began after its own end.
is_last_written() {
        sort -u "$DIR/updates" | awk -v limit="$1" '
                $2 > last { last = $2 }
                $1 == limit { end = $3 }
                END { exit !(end != "" && end + 0 >= last + 0) }'
}

@test "twenty callers at once: pause, resume, update, exec, kill" {
        local action number=0 resumers= others= limit kinds="pause resume exec kill"
        for action in pause resume; do
                has_command "$action" || skip "$RUNTIME has no $action"
        done
        [ "$CGROUP_VERSION" = 2 ] || need_controller freezer
        if ! has_command update; then
                echo "# no updates: $RUNTIME has none yet" >&3
        elif ! has_controller pids; then
                echo "# no updates: there is no controller pids" >&3
        else
                kinds+=" update"
        fi
        start
        # What it leaves in the directory is there before, then.
        [[ $kinds != *update* ]] || tare update --pids-limit 1000 "$ID"
        before=$(snapshot)
        touch "$DIR/calls" "$DIR/complaints"
        while [ "$number" -lt 20 ]; do
                for action in $kinds; do
                        number=$((number + 1))
                        if [ "$action" = resume ]; then
                                # To the end, for the others may be waiting in a frozen container.
                                caller "$number" resume all-done &
                                resumers+=" $!"
                        else
                                caller "$number" "$action" enough &
                                others+=" $!"
                        fi
                done
        done
        BACKGROUND+="$resumers$others"
        sleep "$PERIOD"
        touch "$DIR/enough"
        wait $others
        touch "$DIR/all-done"
        wait $resumers
        echo "# in $PERIOD s: $(sort "$DIR/calls" | uniq -c | awk '{ printf "%s%s %s with %s", (NR > 1 ? ", " : ""), $1, $2, $3 }')" >&3
        [ ! -s "$DIR/complaints" ] || { sort "$DIR/complaints" | uniq -c | sort -rn | head -n 20; return 1; }
        # The last to come may have been a pause.
        tare resume "$ID" 2>/dev/null || :
        [ "$(status_of)" = running ]
        expect 0 tare exec "$ID" echo thawed
        prints thawed
        if [[ $kinds = *update* ]]; then
                limit=$(cat "$(cgroup pids)/pids.max")
                is_last_written "$limit" || { echo "pids.max is $limit"; sort -k 2n "$DIR/updates" | tail -n 8; return 1; }
        fi
        soon is_as_before || { diff <(echo "$before") <(snapshot); return 1; }
}
