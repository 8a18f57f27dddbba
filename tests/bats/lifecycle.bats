#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The life of a container: create, start, run, state, kill, delete, list; their messages, and what each leaves.

load helpers

# A second container of the same test, with a cgroup of its own.
second() {
        config '.linux.cgroupsPath = $path' --arg path "$(cgroups_path "$ID-2")"
        args sleep 1000
        expect 0 tare run --detach --bundle "$BUNDLE" "$ID-2"
}

# --- create ---

@test "create: the process waits and has not been executed" {
        script 'touch /tmp/started; sleep 1000'
        create
        [ "$(status_of)" = created ]
        [ -d "/proc/$(pid_of)" ]
        [ ! -e "$ROOTFS/tmp/started" ]
}

@test "create: the pid file holds the pid of the host without a newline" {
        create --pid-file "$DIR/pid"
        [ "$(cat "$DIR/pid")" = "$(pid_of)" ]
        [ "$(wc -l <"$DIR/pid")" -eq 0 ]
        [ "$(stat --format %a "$DIR/pid")" = 644 ]
}

@test "create: a relative pid file is taken from the working directory, not from the bundle" {
        args sleep 1000
        cd "$DIR"
        expect 0 tare create --bundle "$BUNDLE" --pid-file pid "$ID"
        [ -s "$DIR/pid" ]
}

@test "create: the pid file is replaced at once, never half written" {
        ln -s "$DIR/elsewhere" "$DIR/pid"
        echo "the old one, much longer than a pid" >"$DIR/elsewhere"
        create --pid-file "$DIR/pid"
        [ "$(cat "$DIR/pid")" = "$(pid_of)" ]
        [ "$(cat "$DIR/elsewhere")" = "the old one, much longer than a pid" ]
        [ -z "$(find "$DIR" -maxdepth 1 -name '.*pid*')" ]
}

@test "create: a pid file that cannot be written is an error and leaves nothing" {
        args sleep 1000
        expect 1 tare create --bundle "$BUNDLE" --pid-file "$DIR/no/such/folder/pid" "$ID"
        says "no such file or directory"
        nothing_left
}

@test "create: the bundle is the working directory unless named" {
        args echo hello
        cd "$BUNDLE"
        expect 0 tare run "$ID"
        prints hello
}

@test "create: the config may have another name" {
        only_tare "has no such option"
        args echo hello
        mv "$BUNDLE/config.json" "$BUNDLE/other.json"
        expect 0 tare run --bundle "$BUNDLE" --config other.json "$ID"
        prints hello
        expect 0 tare run --bundle "$BUNDLE" -f other.json "$ID"
}

@test "create: ids are letters, digits and _ + - ." {
        local id
        args true
        for id in a A1 a_b a+b a-b a.b "$(printf '%0200d' 1)"; do
                config '.linux.cgroupsPath = $path' --arg path "$(cgroups_path)"
                expect 0 tare run --bundle "$BUNDLE" "$id"
        done
}

@test "create: other ids are refused" {
        local id
        args true
        for id in . .. a/b ../a 'a b' 'a$b' $'a\nb' ä 'a:b' '%n' 'a\b' "$(printf '%01025d' 1)"; do
                expect 1 tare run --bundle "$BUNDLE" "$id"
                nothing_left
        done
        expect 1 tare run --bundle "$BUNDLE" ""
        nothing_left
}

@test "create: an id in use is refused, and its container is not touched" {
        start
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        says "container with given ID already exists"
        [ "$(status_of)" = running ]
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        [ "$(status_of)" = running ]
}

@test "create: an id can be used again after delete" {
        start
        expect 0 tare delete --force "$ID"
        start
}

@test "create: what is changed in the bundle afterwards does not matter" {
        args echo first
        create
        args echo second
        config '.hooks.poststop = [{"path": "/bin/touch", "args": ["touch", $file]}]' --arg file "$DIR/touched"
        tare start "$ID"
        soon status_is stopped
        [ "$(cat "$DIR/container")" = first ]
        expect 0 tare delete "$ID"
        [ ! -e "$DIR/touched" ]
}

@test "create: the container is below its caller, not below the runtime" {
        local pid
        create
        pid=$(pid_of)
        [ "$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")" -ne 0 ]
        [ -z "$(pgrep -f -- "--root $ROOT" | grep -vx "$pid")" ]
}

@test "create: nothing but the container keeps the standard streams" {
        script 'exec >/dev/null 2>&1; sleep 1000'
        # A pipe ends when its last writer is gone.
        timeout 30 bash -c '"$0" --root "$1" run --detach --bundle "$2" "$3" 3>&- | cat' "$TARE" "$ROOT" "$BUNDLE" "$ID"
        timeout 30 bash -c '"$0" --root "$1" kill "$2" KILL 3>&- 2>&1 | cat' "$TARE" "$ROOT" "$ID"
        soon status_is stopped
        timeout 30 bash -c '"$0" --root "$1" delete "$2" 3>&- 2>&1 | cat' "$TARE" "$ROOT" "$ID"
}

# --- start ---

@test "start: the process runs" {
        script 'echo hello; sleep 1000'
        create
        expect 0 tare start "$ID"
        [ "$(status_of)" = running ]
        prints ""
}

@test "start: of a missing container" {
        expect 1 tare start "$ID"
        says "does not exist"
}

@test "start: of a running container" {
        start
        expect 1 tare start "$ID"
        says "cannot start an already running container"
        [ "$(status_of)" = running ]
}

@test "start: of a stopped container" {
        start
        tare kill "$ID" KILL
        soon status_is stopped
        expect 1 tare start "$ID"
        says "cannot start a container that has stopped"
}

# A process that its caller, the reaper of what its runtime leaves, does not reap.
unreaped() {
        python3 -c 'import ctypes, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
sys.exit(subprocess.run(sys.argv[1:]).returncode)' "$@"
}

@test "start, run: a process that is killed just before it is executed has not been started" {
        type python3 >/dev/null || skip "needs python3"
        only_tare "runc and crun take the end of their channel for a start"
        # Without a pid namespace the hook can kill the one who runs it.
        config '.linux.namespaces -= [{"type": "pid"}] | .process.args = ["true"]
                | .hooks.startContainer = [{"path": "/bin/sh", "args": ["sh", "-c", "kill -KILL $PPID"]}]'
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        says 'container init was killed by signal 9'
        nothing_left
        expect 1 unreaped sh -ec '"$1" --root "$2" create --bundle "$3" "$4" && exec "$1" --root "$2" start "$4"' \
                sh "$TARE" "$ROOT" "$BUNDLE" "$ID"
        says 'container init was killed before it executed its program'
        soon status_is stopped
        expect 0 tare delete "$ID"
        nothing_left
}

@test "start: one of two wins" {
        local first=0 second=0
        script 'echo started >>/tmp/started; sleep 1000'
        create
        "$TARE" --root "$ROOT" start "$ID" 2>/dev/null 3>&- &
        "$TARE" --root "$ROOT" start "$ID" 2>/dev/null 3>&- || second=1
        wait $! || first=1
        [ $((first + second)) -eq 1 ]
        soon test -s "$ROOTFS/tmp/started"
        [ "$(wc -l <"$ROOTFS/tmp/started")" -eq 1 ]
}

# --- run ---

@test "run: the streams are the caller's, and nothing is left" {
        script 'cat; echo to stdout; echo to stderr >&2; exit 3'
        echo "from stdin" >"$DIR/in"
        INPUT=$DIR/in expect 3 tare run --bundle "$BUNDLE" "$ID"
        prints "from stdin"$'\n'"to stdout"
        [ "$errors" = "to stderr" ]
        nothing_left
}

@test "run: works with closed standard streams" {
        script 'echo hello >/tmp/file; exit 4'
        status=0
        "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID" <&- >&- 2>&- 3>&- || status=$?
        [ "$status" -eq 4 ]
        [ "$(cat "$ROOTFS/tmp/file")" = hello ]
}

@test "run: a signal to the runtime reaches the process" {
        script 'trap "echo got TERM; exit 7" TERM; trap "echo got USR1" USR1; echo ready; while :; do sleep 0.05; done'
        "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>&1 3>&- &
        BACKGROUND=$!
        soon grep -q ready "$DIR/out"
        kill -USR1 "$BACKGROUND"
        soon grep -q "got USR1" "$DIR/out"
        kill -TERM "$BACKGROUND"
        status=0
        wait "$BACKGROUND" || status=$?
        [ "$status" -eq 7 ]
        grep -q "got TERM" "$DIR/out"
        nothing_left
}

@test "run: --detach leaves a running container" {
        args sleep 1000
        expect 0 tare run --detach --pid-file "$DIR/pid" --bundle "$BUNDLE" "$ID"
        [ "$(status_of)" = running ]
        [ "$(cat "$DIR/pid")" = "$(pid_of)" ]
        expect 1 tare delete "$ID"
}

@test "run: --keep leaves the stopped container and its cgroup" {
        only_tare "has no such option in this version"
        script 'exit 3'
        expect 3 tare run --keep --bundle "$BUNDLE" "$ID"
        [ "$(status_of)" = stopped ]
        [ -n "$(left_cgroups)" ]
        expect 0 tare delete "$ID"
        nothing_left
}

@test "run: the end of process 1 ends the others" {
        script 'setsid sleep 1000 & sleep 1001 & exit 0'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        nothing_left
}

@test "run: without a pid namespace the end of the process ends the others" {
        config '.linux.namespaces |= map(select(.type != "pid"))'
        script 'setsid sleep 1000 >/dev/null 2>&1 & exit 0'
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        nothing_left
}

@test "run: a killed runtime leaves the container to be deleted" {
        script 'echo ready; sleep 1000'
        "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>&1 3>&- &
        BACKGROUND=$!
        soon grep -q ready "$DIR/out"
        kill -KILL "$BACKGROUND"
        wait "$BACKGROUND" || :
        expect 0 tare delete --force "$ID"
        nothing_left
}

# --- state ---

@test "state: what engines read" {
        config '.annotations = {"org.example.key": "a \"value\""}'
        create
        tare state "$ID" >"$DIR/state.json"
        jq -e '.ociVersion | test("^1\\.[0-9]+\\.[0-9]+")' "$DIR/state.json"
        jq -e --arg id "$ID" '.id == $id and .status == "created"' "$DIR/state.json"
        jq -e --arg bundle "$BUNDLE" '.bundle == $bundle and .rootfs == $bundle + "/rootfs"' "$DIR/state.json"
        jq -e '.annotations["org.example.key"] == "a \"value\""' "$DIR/state.json"
        jq -e '.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$")' "$DIR/state.json"
        jq -e 'has("owner")' "$DIR/state.json"
        [ $(($(date +%s) - $(date --date "$(jq -r .created "$DIR/state.json")" +%s))) -lt 60 ]
        # Indented by two spaces.
        grep -q '^  "id"' "$DIR/state.json"
}

@test "state: created, running, stopped; the pid is 0 once stopped" {
        start
        [ "$(status_of)" = running ]
        [ "$(pid_of)" -gt 1 ]
        tare kill "$ID" KILL
        soon status_is stopped
        [ "$(pid_of)" -eq 0 ]
}

@test "state: paused while the cgroup is frozen" {
        local freeze
        start
        if [ "$CGROUP_VERSION" = 1 ]; then
                need_controller freezer
                freeze=$(cgroup freezer)/freezer.state
                echo FROZEN >"$freeze"
                soon grep -q FROZEN "$freeze"
                [ "$(status_of)" = paused ]
                expect 1 tare start "$ID"
                echo THAWED >"$freeze"
        else
                freeze=$(cgroup)/cgroup.freeze
                echo 1 >"$freeze"
                soon grep -q "frozen 1" "$(cgroup)/cgroup.events"
                [ "$(status_of)" = paused ]
                expect 1 tare start "$ID"
                echo 0 >"$freeze"
        fi
        soon status_is running
}

@test "state: of a missing container" {
        expect 1 tare state "$ID"
        says "container does not exist"
        prints ""
}

@test "state: an unreaped process counts as stopped" {
        type python3 >/dev/null || skip "needs python3"
        args true
        # The caller is the reaper of what its runtime leaves, and does not look after it.
        python3 -c '
import ctypes, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
tare = sys.argv[1:4]
subprocess.run(tare + ["run", "--detach", "--bundle", sys.argv[4], sys.argv[5]], check=True)
deadline = time.time() + 10
while True:
    state = subprocess.run(tare + ["state", sys.argv[5]], check=True, capture_output=True, text=True).stdout
    if "\"stopped\"" in state:
        break
    if time.time() > deadline:
        sys.exit(state)
' "$TARE" --root "$ROOT" "$BUNDLE" "$ID"
}

# --- kill ---

@test "kill: TERM unless told otherwise" {
        script 'trap "echo TERM; exit 0" TERM; echo ready; while :; do sleep 0.05; done'
        create
        tare start "$ID"
        soon grep -q ready "$DIR/container"
        tare kill "$ID"
        soon status_is stopped
        grep -q TERM "$DIR/container"
}

# kill_as SIGNAL EXPECTED: the process prints the number of the signal that it gets.
kill_as() {
        tare kill "$ID" "$1"
        soon grep -qx "$2" "$DIR/container" || { cat "$DIR/container" && return 1; }
        : >"$DIR/container"
}

@test "kill: signals by number, by name with and without SIG, in any case" {
        script 'for n in 1 2 10 12 15 18 34 37 63 64; do trap "echo $n" $n; done; echo ready; while :; do sleep 0.02; done'
        create
        tare start "$ID"
        soon grep -q ready "$DIR/container"
        kill_as 10 10
        kill_as USR1 10
        kill_as SIGUSR2 12
        kill_as sighup 1
        kill_as int 2
        kill_as 37 37
        kill_as 64 64
        only_tare "knows no names of real-time signals"
        kill_as RTMIN 34
        kill_as SIGRTMIN+3 37
        kill_as rtmax 64
        kill_as RTMAX-1 63
}

@test "kill: an unknown signal is refused" {
        local signal
        start
        for signal in FOO SIGFOO 65 1000 -1 1x " 9" RTMIN+31 RTMAX+1; do
                expect 1 tare kill "$ID" "$signal"
        done
        expect 1 tare kill "$ID" FOO
        says 'unknown signal "FOO"'
        [ "$(status_of)" = running ]
}

@test "kill: 0 only asks whether the process is there" {
        args sleep 1000
        create
        expect 0 tare kill "$ID" 0
        tare start "$ID"
        expect 0 tare kill "$ID" 0
        expect 0 tare kill --all "$ID" 0
        [ "$(status_of)" = running ]
        tare kill "$ID" KILL
        soon status_is stopped
        expect 1 tare kill "$ID" 0
        says "container not running"
}

@test "kill: of a created container" {
        create
        expect 0 tare kill "$ID" KILL
        soon status_is stopped
}

@test "kill: of a stopped container" {
        start
        tare kill "$ID" KILL
        soon status_is stopped
        expect 1 tare kill "$ID" KILL
        says "container not running"
}

@test "kill: of a missing container" {
        expect 1 tare kill "$ID" KILL
        says "container does not exist"
}

@test "kill: the status stays as it is until the process ends" {
        script 'trap "" TERM; echo ready; while :; do sleep 0.05; done'
        create
        tare start "$ID"
        soon grep -q ready "$DIR/container"
        tare kill "$ID" TERM
        [ "$(status_of)" = running ]
}

# The processes of a container without a pid namespace: a shell and two others.
three_processes() {
        config '.linux.namespaces |= map(select(.type != "pid"))'
        script "$1"'sleep 1000 & sleep 1001 & echo ready; wait; wait'
        create
        tare start "$ID"
        soon grep -q ready "$DIR/container"
        soon test "$(left_processes | wc -l)" -ge 3
}

@test "kill: KILL without a pid namespace kills all" {
        only_tare "older versions kill one"
        three_processes ''
        expect 0 tare kill "$ID" KILL
        soon no_process
}

@test "kill: --all sends the signal to all" {
        only_tare "has this option only by name"
        three_processes 'trap : TERM; '
        expect 0 tare kill --all "$ID" TERM
        soon no_sleep
        [ "$(status_of)" = running ] || [ "$(status_of)" = stopped ]
}

@test "kill: --all works on a stopped container with processes left" {
        config '.linux.namespaces |= map(select(.type != "pid"))'
        script 'setsid sleep 1000 & exit 0'
        create
        tare start "$ID"
        soon status_is stopped
        [ -n "$(left_processes)" ]
        expect 0 tare kill --all "$ID" 9
        soon no_process
        expect 0 tare kill --all "$ID" 9
        expect 0 tare kill -a "$ID" KILL
}

no_process() {
        [ -z "$(left_processes)" ]
}

no_sleep() {
        ! left_processes | grep -q sleep
}

# --- delete ---

@test "delete: of a stopped container leaves nothing" {
        start
        tare kill "$ID" KILL
        soon status_is stopped
        expect 0 tare delete "$ID"
        prints ""
        nothing_left
}

@test "delete: of a created container needs no force" {
        create
        expect 0 tare delete "$ID"
        nothing_left
}

@test "delete: of a running container is refused" {
        start
        expect 1 tare delete "$ID"
        says "cannot delete container $ID that is not stopped: running"
        [ "$(status_of)" = running ]
}

@test "delete: --force kills a running container" {
        start
        expect 0 tare delete --force "$ID"
        nothing_left
        start
        expect 0 tare delete -f "$ID"
        nothing_left
}

@test "delete: --force of a paused container" {
        start
        if [ "$CGROUP_VERSION" = 1 ]; then
                need_controller freezer
                echo FROZEN >"$(cgroup freezer)/freezer.state"
        else
                echo 1 >"$(cgroup)/cgroup.freeze"
        fi
        expect 0 tare delete --force "$ID"
        nothing_left
}

@test "delete: of a missing container" {
        expect 1 tare delete "$ID"
        says "container does not exist"
}

@test "delete: --force of a missing container is no error" {
        expect 0 tare delete --force "$ID"
        says_nothing
        start
        tare delete --force "$ID"
        expect 0 tare delete --force "$ID"
}

@test "delete: removes processes that the container left behind" {
        config '.linux.namespaces |= map(select(.type != "pid"))'
        script 'setsid sleep 1000 & exit 0'
        create
        tare start "$ID"
        soon status_is stopped
        expect 0 tare delete "$ID"
        nothing_left
}

@test "delete: works without the bundle" {
        start
        mv "$BUNDLE" "$DIR/moved"
        expect 0 tare delete --force "$ID"
        mv "$DIR/moved" "$BUNDLE"
        nothing_left
}

@test "delete: cgroups that the container made below its own are removed" {
        start
        mkdir -p "$(cgroup pids)/a/b/c"
        expect 0 tare delete --force "$ID"
        nothing_left
}

# --- list ---

@test "list: a table, sorted, with what there is" {
        start
        second
        expect 0 tare list
        [ "$(head -n 1 "$DIR/out" | tr -s ' ')" = "ID PID STATUS BUNDLE CREATED OWNER" ]
        [ "$(awk 'NR == 2 { print $1, $2, $3, $4, $6 }' "$DIR/out")" = "$ID $(pid_of) running $BUNDLE root" ]
        [ "$(awk 'NR == 3 { print $1 }' "$DIR/out")" = "$ID-2" ]
}

@test "list: --quiet prints ids" {
        start
        second
        expect 0 tare list --quiet
        prints "$ID"$'\n'"$ID-2"
        expect 0 tare list -q
        prints "$ID"$'\n'"$ID-2"
}

@test "list: JSON" {
        config '.annotations = {"key": "value"}'
        start
        expect 0 tare list --format json
        jq -e --arg id "$ID" --arg bundle "$BUNDLE" \
                'length == 1 and (.[0] | .id == $id and .bundle == $bundle and .status == "running" and .pid > 1
                 and .owner == "root" and .annotations.key == "value" and (.ociVersion | startswith("1.")))' "$DIR/out"
        expect 0 tare list -f json
}

@test "list: no containers is null in JSON and a header in the table" {
        start
        tare delete --force "$ID"
        expect 0 tare list --format json
        prints null
        expect 0 tare list
        [ "$(wc -l <"$DIR/out")" -eq 1 ]
        expect 0 tare list --quiet
        prints ""
}

@test "list: another format is refused" {
        start
        expect 1 tare list --format yaml
        says "invalid format option"
}

@test "list: a container whose record cannot be read is listed as broken and spoils nothing" {
        only_tare "skips it"
        local content
        start
        for content in '' '{' '{}' '[]' 'null' '{"id": 7}' "$(head -c 100 /dev/zero | tr '\0' x)"; do
                rm -rf "$ROOT/$ID-broken"
                mkdir -m 700 "$ROOT/$ID-broken"
                printf '%s' "$content" >"$ROOT/$ID-broken/state.json"
                expect 0 tare list
                prints_match "^$ID +[0-9]+ +running"
                prints_match "^$ID-broken +0 +broken"
                expect 0 tare list --format json
                jq -e 'length == 2' "$DIR/out"
                expect 1 tare delete "$ID-broken"
                expect 0 tare delete --force "$ID-broken"
                [ ! -e "$ROOT/$ID-broken" ]
        done
}

@test "list: an empty state directory and a foreign file are no obstacle" {
        start
        mkdir "$ROOT/$ID-empty"
        touch "$ROOT/a-file"
        expect 0 tare list --quiet
        prints_line "$ID"
        rm "$ROOT/a-file"
        expect 0 tare delete --force "$ID-empty"
        [ ! -e "$ROOT/$ID-empty" ]
}

@test "many at once: creates, lists and deletes do not disturb each other" {
        only_tare "its list fails when a container goes meanwhile"
        local i pids=()
        args sleep 1000
        for i in 1 2 3 4 5 6 7 8; do
                (
                        jq --arg path "$(cgroups_path "$ID-$i")" '.linux.cgroupsPath = $path' "$BUNDLE/config.json" >"$BUNDLE/$i.json"
                        mkdir "$DIR/bundle-$i"
                        mv "$BUNDLE/$i.json" "$DIR/bundle-$i/config.json"
                        cp -a "$ROOTFS" "$DIR/bundle-$i/rootfs"
                        "$TARE" --root "$ROOT" run --detach --bundle "$DIR/bundle-$i" "$ID-$i"
                        "$TARE" --root "$ROOT" list
                        "$TARE" --root "$ROOT" delete --force "$ID-$i"
                ) >"$DIR/log-$i" 2>&1 </dev/null 3>&- &
                pids+=($!)
        done
        for i in "${pids[@]}"; do
                wait "$i" || { cat "$DIR"/log-* && return 1; }
        done
        nothing_left
}
