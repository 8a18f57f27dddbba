#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# ps: the processes of a container, as ps(1) tells of them and as JSON.

load helpers

setup() {
        common_setup
        type ps >/dev/null || skip "needs ps"
}

# A container of three processes: a shell and two others. Their pids in $PIDS, ascending.
three_processes() {
        script 'sleep 1000 & sleep 1001 & echo ready; wait'
        create "$@"
        tare start "$ID"
        soon grep -q ready "$DIR/container"
        soon three_there
}

three_there() {
        PIDS=$(grep -lsF -e "$ID" /proc/[0-9]*/cgroup | sed 's/[^0-9]//g' | sort -n)
        [ "$(wc -w <<<"$PIDS")" -eq 3 ]
}

# The column of that number, without the header, in ascending order.
column() {
        awk -v column="$1" 'NR > 1 { print $column }' "$DIR/out" | sort -n
}

# A program `ps` of the test's: its content is the script on standard input. $FAKE is for PATH.
fake_ps() {
        FAKE=$DIR/fake
        mkdir -p "$FAKE"
        cat >"$FAKE/ps"
        chmod +x "$FAKE/ps"
}

@test "ps: header and rows of the container's processes, and of no others" {
        three_processes
        expect 0 tare ps "$ID"
        says_nothing
        is "$(head -n 1 "$DIR/out" | tr -s ' ')" "UID PID PPID C STIME TTY TIME CMD"
        is "$(column 2)" "$PIDS"
        prints_match "sleep 1001$"
        expect 0 tare ps --format table "$ID"
        is "$(column 2)" "$PIDS"
}

@test "ps: its arguments are those of ps(1), options too" {
        three_processes
        expect 0 tare ps "$ID" -A -o pid,args
        is "$(head -n 1 "$DIR/out" | tr -s ' ')" " PID COMMAND"
        is "$(column 1)" "$PIDS"
        expect 0 tare ps "$ID" aux
        is "$(column 2)" "$PIDS"
        expect 0 tare ps -f table "$ID" -A -f
        is "$(column 2)" "$PIDS"
        # Another column that begins like it.
        expect 0 tare ps "$ID" -A -o pidns,pid
        is "$(column 2)" "$PIDS"
        # Sorted by ps, not by tare.
        expect 0 tare ps "$ID" -A -o pid --sort=-pid
        is "$(tail -n +2 "$DIR/out" | tr -d ' ')" "$(sort -rn <<<"$PIDS")"
}

@test "ps: threads follow their process" {
        only_tare "fails"
        start
        expect 0 tare ps "$ID" -A m -o pid,lwp,comm
        is "$(wc -l <"$DIR/out")" 3
        is "$(awk 'NR == 2 { print $1, $2 } NR == 3 { print $1, $2 }' "$DIR/out")" "$(pid_of) -"$'\n'"- $(pid_of)"
}

@test "ps: without the column PID it is an error that names the header" {
        only_tare "says it otherwise"
        start
        expect 1 tare ps "$ID" -A -o ppid,args
        says 'no column PID in its header `'
        prints ""
}

@test "ps: a column of several words before the PID is an error, not a wrong row" {
        only_tare "says it otherwise"
        start
        expect 1 tare ps "$ID" -A -o lstart,pid
        says "no number in the column PID of its row"
        prints ""
}

@test "ps: the failure of ps(1) is one, with what it says" {
        only_tare "says it otherwise"
        start
        expect 1 tare ps "$ID" --no-such-option
        says "unknown gnu long option"
        says '`ps` failed with exit status 1'
        prints ""
}

@test "ps: ps(1) ended by a signal" {
        only_tare "says it otherwise"
        start
        fake_ps <<<$'#!/bin/sh\necho PID\nkill -KILL $$'
        expect 1 env PATH="$FAKE" "$TARE" --root "$ROOT" ps "$ID"
        says '`ps` failed with exit status 137'
        prints ""
}

@test "ps: ps(1) that prints nothing" {
        start
        fake_ps <<<'#!/bin/sh'
        expect 1 env PATH="$FAKE" "$TARE" --root "$ROOT" ps "$ID"
        prints ""
}

@test "ps: a long output comes through" {
        only_tare "not about others"
        local pid
        start
        pid=$(pid_of)
        fake_ps <<END
#!/bin/sh
echo "  PID WHAT"
/usr/bin/seq -f '%.0f row' 1000000 1050000
echo "  $pid $(printf '%070000d' 7)"
/usr/bin/seq -f '%.0f row' 1000000 1050000
END
        expect 0 env PATH="$FAKE" "$TARE" --root "$ROOT" ps "$ID"
        is "$(wc -l <"$DIR/out")" 2
        is "$(column 1)" "$pid"
        [ "$(wc -c <"$DIR/out")" -gt 70000 ]
}

@test "ps: without PATH, or with an empty one" {
        start
        expect 0 env -i "$TARE" --root "$ROOT" ps "$ID"
        is "$(column 2)" "$(pid_of)"
        expect 0 env -i PATH= "$TARE" --root "$ROOT" ps "$ID"
        is "$(column 2)" "$(pid_of)"
        # What lies in the working directory is not meant by an empty PATH.
        fake_ps <<<$'#!/bin/sh\necho wrong; exit 1'
        cd "$FAKE"
        expect 0 env -i PATH= "$TARE" --root "$ROOT" ps "$ID"
}

@test "ps: without the program it says so, and JSON works" {
        only_tare "says it otherwise"
        start
        mkdir "$DIR/nothing"
        expect 1 env -i PATH="$DIR/nothing" "$TARE" --root "$ROOT" ps "$ID"
        says "there is no program \`ps\` in \`$DIR/nothing\`"
        expect 0 env -i PATH="$DIR/nothing" "$TARE" --root "$ROOT" ps --format json "$ID"
        prints "[$(pid_of)]"
}

@test "ps: ps(1) inherits nothing but the standard streams" {
        only_tare "not about others"
        start
        fake_ps <<<$'#!/bin/sh\necho PID; ls /proc/self/fd >&2'
        exec 9<"$DIR"
        expect 0 env PATH="$FAKE:$PATH" "$TARE" --root "$ROOT" ps "$ID"
        exec 9<&-
        # ls has one more, on the directory.
        is "$(tr '\n' ' ' <<<"$errors")" "0 1 2 3 "
}

@test "ps: JSON is one line of host pids" {
        three_processes
        expect 0 tare ps --format json "$ID"
        is "$(wc -l <"$DIR/out")" 1
        is "$(jq -r 'sort | .[]' "$DIR/out")" "$PIDS"
        expect 0 tare ps -f json "$ID"
        expect 0 tare ps --format=json "$ID"
        is "$(jq -r 'sort | .[]' "$DIR/out")" "$PIDS"
}

@test "ps: another format is refused" {
        start
        expect 1 tare ps --format xml "$ID"
        says "invalid format option"
}

@test "ps: processes of exec and of cgroups below are there" {
        local controller=pids
        [ "$CGROUP_VERSION" = 2 ] || controller=unified
        three_processes
        expect 0 tare exec --detach "$ID" sleep 1002
        mkdir "$(cgroup "$controller")/below"
        head -n 1 <<<"$PIDS" >"$(cgroup "$controller")/below/cgroup.procs"
        expect 0 tare ps "$ID"
        is "$(column 2 | wc -w)" 4
        prints_match "sleep 1002$"
        expect 0 tare ps --format json "$ID"
        is "$(jq length "$DIR/out")" 4
}

@test "ps: of a created and of a paused container" {
        args sleep 1000
        create
        expect 0 tare ps --format json "$ID"
        prints "[$(pid_of)]"
        tare pause "$ID"
        expect 0 tare ps --format json "$ID"
        prints "[$(pid_of)]"
        expect 0 tare ps "$ID"
        is "$(column 2)" "$(pid_of)"
}

@test "ps: of a stopped container: nothing, but no failure" {
        only_tare "JSON null"
        start
        tare kill "$ID" KILL
        soon status_is stopped
        expect 0 tare ps --format json "$ID"
        prints "[]"
        expect 0 tare ps "$ID"
        is "$(wc -l <"$DIR/out")" 1
        prints_match PID
}

@test "ps: what a stopped container has left behind" {
        config '.linux.namespaces |= map(select(.type != "pid"))'
        script 'setsid sleep 1000 & exit 0'
        create
        tare start "$ID"
        soon status_is stopped
        expect 0 tare ps --format json "$ID"
        is "$(jq length "$DIR/out")" 1
        expect 0 tare ps "$ID"
        prints_match "sleep 1000$"
}

@test "ps: of a missing container" {
        expect 1 tare ps "$ID"
        says "container does not exist"
        expect 1 tare ps --format json "$ID"
        says "container does not exist"
}

@test "ps: without a cgroup it is refused" {
        only_tare "has no such option"
        args sleep 1000
        expect 0 tare --cgroup-manager disabled run --detach --bundle "$BUNDLE" "$ID"
        expect 1 tare ps "$ID"
        says "the container is not using cgroups"
        expect 1 tare ps --format json "$ID"
        says "the container is not using cgroups"
}
