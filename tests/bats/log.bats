#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Where the log goes: files, the journal, syslog; and what engines expect to find in it. The forms of its lines are in
# cli.bats.

load helpers

# --- files ---

@test "--log: file: before a path is no part of it, and -l is the same" {
        only_tare "takes it for a part of the name"
        expect 1 tare --log "file:$DIR/log" state "$ID"
        grep -q "level=error msg=.*does not exist" "$DIR/log"
        expect 1 tare -l "$DIR/other" state "$ID"
        grep -q "does not exist" "$DIR/other"
        cd "$DIR"
        # Any other colon is one of the name.
        expect 1 tare --log "a:b" state "$ID"
        grep -q "does not exist" "$DIR/a:b"
}

# one_error FILE: exactly one JSON object, an error with a message and a time.
one_error() {
        [ "$(jq -s 'length == 1 and (.[0] | .level == "error" and (.msg | length > 0) and (.time | fromdate > 0))' "$1")" = true ] ||
                { cat "$1" && return 1; }
        rm "$1"
}

@test "a JSON log holds exactly one object for one failed command" {
        only_tare "its warnings are there too"
        local log=$DIR/log
        json() {
                tare --log "$log" --log-format json "$@"
        }
        # Something to warn of, and then a failure.
        config '.process.capabilities.bounding += ["CAP_NO_SUCH"]'
        args /no/such/program
        expect 1 json create --bundle "$BUNDLE" "$ID"
        one_error "$log"
        expect 1 json run --bundle "$BUNDLE" "$ID"
        one_error "$log"
        args sleep 1000
        config '.hooks.createRuntime = [{"path": "/bin/false"}]'
        expect 1 json create --bundle "$BUNDLE" "$ID"
        one_error "$log"
        config '.hooks = {"poststart": [{"path": "/bin/false"}], "poststop": [{"path": "/bin/false"}, {"path": "/no/such"}]}'
        expect 0 json create --bundle "$BUNDLE" "$ID"
        [ ! -s "$log" ]
        expect 1 json start "$ID"
        one_error "$log"
        expect 0 json delete --force "$ID"
        [ ! -s "$log" ]
        config '.hooks = {}'
        expect 0 json run --detach --bundle "$BUNDLE" "$ID"
        expect 255 json exec "$ID" /no/such/program
        one_error "$log"
        expect 255 json exec --detach --cwd /no/such/place "$ID" true
        one_error "$log"
        expect 1 json kill "$ID" FOO
        one_error "$log"
        expect 1 json delete "$ID"
        one_error "$log"
        expect 1 json resume "$ID"
        one_error "$log"
        expect 1 json delete --regex "$ID"
        one_error "$log"
        expect 1 json create
        one_error "$log"
        expect 1 json create --no-such-option
        one_error "$log"
        expect 3 json no-such-command
        one_error "$log"
}

# --- daemons ---

# A machine with a journal and a syslog daemon, for those who enter it by inside_machine: every datagram that comes in
# becomes a file $DIR/journal.N or $DIR/syslog.N.
start_daemons() {
        type python3 >/dev/null || skip "needs python3"
        mkdir -p "$DIR/run/systemd/journal"
        python3 -c '
import os, select, socket, sys
directory = sys.argv[1]
names = {"journal": "run/systemd/journal/socket", "syslog": "devlog"}
sockets = {}
os.chdir(directory)
for name, path in names.items():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    sockets[s] = [name, 0]
print("ready", flush=True)
while True:
    for s in select.select(list(sockets), [], [])[0]:
        data = s.recv(1 << 20)
        name, n = sockets[s]
        sockets[s][1] += 1
        with open(name + ".new", "wb") as f:
            f.write(data)
        os.rename(name + ".new", "%s.%d" % (name, n))
' "$DIR" >"$DIR/daemons" 2>&1 3>&- &
        BACKGROUND=$!
        soon grep -q ready "$DIR/daemons"
}

# inside_machine COMMAND...: in a mount namespace of its own, where the daemons of this test are those of the machine.
inside_machine() {
        unshare --mount --propagation private -- sh -eu -c '
                directory=$1
                shift
                mkdir -p /run/systemd
                mount -t tmpfs tmpfs /run/systemd
                mkdir /run/systemd/journal
                [ ! -d "$directory/run/systemd/journal" ] || mount --bind "$directory/run/systemd/journal" /run/systemd/journal
                mount -t tmpfs tmpfs /dev
                mknod /dev/null c 1 3
                [ ! -S "$directory/devlog" ] || { touch /dev/log; mount --bind "$directory/devlog" /dev/log; }
                exec timeout --foreground --kill-after=5 60 "$@"
        ' sh "$DIR" "$TARE" --root "$ROOT" "$@" 3>&-
}

@test "--log journald:ID: the error is in the journal and on stderr" {
        only_tare "has no such log"
        start_daemons
        expect 1 inside_machine --log journald:web state "$ID"
        says "does not exist"
        soon test -e "$DIR/journal.0"
        is "$(cat "$DIR/journal.0")" "PRIORITY=3"$'\n'"SYSLOG_IDENTIFIER=web"$'\n'"MESSAGE=container does not exist: \`$ID\`"
        [ ! -e "$DIR/journal.1" ]
        [ ! -e "$DIR/syslog.0" ]
}

@test "--log journald: without an ID, and --systemd-log, are tare's own" {
        only_tare "has no such log"
        start_daemons
        expect 1 inside_machine --log journald: state "$ID"
        soon grep -qx "SYSLOG_IDENTIFIER=tare" "$DIR/journal.0"
        expect 1 inside_machine --systemd-log state "$ID"
        soon grep -qx "SYSLOG_IDENTIFIER=tare" "$DIR/journal.1"
        [ "$(wc -l <"$DIR/err")" -eq 1 ]
}

@test "--systemd-log and --log FILE: both have it" {
        only_tare "has no such log"
        start_daemons
        expect 1 inside_machine --systemd-log --log "$DIR/log" --log-format json state "$ID"
        soon grep -qx "MESSAGE=container does not exist: \`$ID\`" "$DIR/journal.0"
        jq -e '.msg | startswith("container does not exist")' "$DIR/log"
        expect 1 inside_machine --systemd-log --log journald:web state "$ID"
        soon grep -qx "SYSLOG_IDENTIFIER=web" "$DIR/journal.1"
        [ ! -e "$DIR/journal.2" ]
        expect 1 inside_machine --systemd-log --log syslog:web state "$ID"
        says "--systemd-log does not go with --log syslog:web"
}

@test "the journal: levels are priorities, and those that are not wanted stay out" {
        only_tare "has no such log"
        start_daemons
        mkdir -m 700 "$ROOT"
        expect 0 inside_machine --log journald:web list
        sleep 0.1
        [ ! -e "$DIR/journal.0" ]
        mkdir -p "$ROOT/$ID-broken"
        echo '{' >"$ROOT/$ID-broken/state.json"
        expect 0 inside_machine --log journald:web list
        says_nothing
        soon grep -qx "PRIORITY=4" "$DIR/journal.0"
        grep -q "MESSAGE=container \`$ID-broken\`: " "$DIR/journal.0"
        expect 0 inside_machine --log journald:web --log-level error list
        sleep 0.1
        [ ! -e "$DIR/journal.1" ]
}

@test "the journal: a message of several lines brings no fields of its own" {
        only_tare "has no such log"
        start_daemons
        expect 1 inside_machine --log journald:web state $'x\n_UID=0\ny'
        soon test -e "$DIR/journal.0"
        python3 -c '
import sys
data = open(sys.argv[1], "rb").read()
head, rest = data.split(b"MESSAGE\n", 1)
size = int.from_bytes(rest[:8], "little")
assert rest[8 + size:] == b"\n", rest
assert b"x\n_UID=0\ny" in rest[8:8 + size], rest
assert head == b"PRIORITY=3\nSYSLOG_IDENTIFIER=web\n", head
' "$DIR/journal.0"
}

@test "--log syslog:ID: a line of RFC 3164" {
        only_tare "has no such log"
        start_daemons
        expect 1 inside_machine --log syslog:web state "$ID"
        says "does not exist"
        soon test -e "$DIR/syslog.0"
        [[ $(cat "$DIR/syslog.0") =~ ^'<11>'[A-Z][a-z]{2}\ [\ 0-9][0-9]\ [0-9:]{8}\ web\[[0-9]+\]:\ container\ does\ not\ exist:\ \`$ID\`$ ]]
        [ ! -e "$DIR/journal.0" ]
        expect 1 inside_machine --log syslog: state "$ID"
        soon grep -qF " tare[" "$DIR/syslog.1"
}

@test "a log that leads nowhere is an error before anything is done" {
        only_tare "goes on"
        local log
        args true
        for log in "--log journald:web" "--systemd-log" "--log syslog:web"; do
                expect 1 inside_machine $log create --bundle "$BUNDLE" "$ID"
                says "open log: connect to "
                says ": no such file or directory"
                nothing_left
        done
        expect 1 inside_machine --log journald:web state "$ID"
        says "\`/run/systemd/journal/socket\`"
        expect 1 inside_machine --log syslog:web state "$ID"
        says "\`/dev/log\`"
        # The socket is there, but nobody behind it.
        start_daemons
        kill "$BACKGROUND"
        wait "$BACKGROUND" || :
        expect 1 inside_machine --log journald:web create --bundle "$BUNDLE" "$ID"
        says "connection refused"
        nothing_left
}

@test "a daemon that does not read holds nobody up" {
        only_tare "has no such log"
        local started=$SECONDS i
        start_daemons
        kill -STOP "$BACKGROUND"
        # The queue of the socket is full after a few.
        for i in $(seq "$(($(cat /proc/sys/net/unix/max_dgram_qlen) + 2))"); do
                expect 1 inside_machine --log journald:web state "$ID"
        done
        says "does not exist"
        kill -CONT "$BACKGROUND"
        [ $((SECONDS - started)) -lt 30 ]
}

@test "a container knows nothing of the log's socket" {
        only_tare "has no such log"
        start_daemons
        script 'ls -l /proc/self/fd'
        expect 0 inside_machine --log journald:web --debug run --bundle "$BUNDLE" "$ID"
        soon test -e "$DIR/journal.0"
        not grep -q socket <<<"$output"
}

# --- short global options ---

@test "-r and -s are --root and --systemd-cgroup" {
        only_tare "has no such options"
        create
        expect 0 "$TARE" -r "$ROOT" list --quiet
        prints "$ID"
        expect 0 "$TARE" -s -r "$ROOT" state "$ID"
}
