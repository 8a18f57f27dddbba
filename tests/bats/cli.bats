#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The command line: how it is parsed, global options, --version, exit codes, the log, the default root.

load helpers

# --- parsing ---

@test "options may stand before and after the id" {
        args true
        expect 0 tare create "$ID" --bundle "$BUNDLE" --pid-file "$DIR/pid"
        [ -s "$DIR/pid" ]
        expect 0 tare delete "$ID" --force
}

@test "a value may follow its option after = or as the next argument" {
        args true
        expect 0 tare run --bundle="$BUNDLE" "$ID"
        expect 0 tare run --bundle "$BUNDLE" "$ID"
        expect 0 tare run -b "$BUNDLE" "$ID"
}

@test "long options may have one dash" {
        args true
        expect 0 tare run -bundle "$BUNDLE" -no-subreaper "$ID"
}

@test "-- ends the options" {
        expect 1 tare state -- --force
        # Whether such an id is allowed is another question; it was taken for one.
        [[ $errors = *"does not exist"* || $errors = *'id format: "--force"'* ]]
}

@test "kill takes what follows the id as the signal, even with a dash" {
        start
        expect 1 tare kill "$ID" --no-such-option
        says 'unknown signal "--no-such-option"'
        expect 0 tare kill "$ID" KILL
}

@test "what is behind the id of kill, exec and ps is no wish for help" {
        start
        expect 1 tare kill "$ID" --help
        says 'unknown signal "--help"'
        expect 0 tare exec "$ID" echo -h --help
        prints "-h --help"
        expect 1 tare ps "$ID" --help-me-not
}

@test "an unknown option is named, exit 1" {
        expect 1 tare create --no-such-option "$ID"
        says "flag provided but not defined: -no-such-option"
        expect 1 tare --no-such-option list
        says "flag provided but not defined: -no-such-option"
}

@test "an option is not abbreviated" {
        expect 1 tare create --bund "$BUNDLE" "$ID"
        says "flag provided but not defined: -bund"
}

@test "a missing option value is told, exit 1" {
        expect 1 tare create --bundle
        says "flag needs an argument: -bundle"
        expect 1 tare --root
        says "flag needs an argument"
}

@test "an unknown command is told, exit 3" {
        expect 3 tare no-such-command
        says "No help topic for 'no-such-command'"
}

@test "a wrong number of arguments is told, exit 1" {
        local command
        for command in create run start state delete pause resume; do
                expect 1 tare "$command"
                says "\"$command\" requires exactly 1 argument(s)"
                grep -qF "Incorrect Usage." "$DIR/out" "$DIR/err"
                expect 1 tare "$command" one two
                says "\"$command\" requires exactly 1 argument(s)"
        done
        expect 1 tare kill
        expect 1 tare list one
        only_tare "accepts more arguments"
        expect 1 tare kill one 9 two
}

@test "--help is on stdout with exit 0, for tare and for each command" {
        local command
        expect 0 tare --help
        says_nothing
        prints_match "usage|USAGE"
        expect 0 tare -h
        for command in create start run state kill delete list pause resume update spec features; do
                expect 0 tare "$command" --help
                says_nothing
                prints_match "usage|USAGE"
        done
        expect 0 tare help
        only_tare "other layout of the help"
        for command in create start run state kill delete list pause resume update spec features; do
                prints_match "^ +$command "
        done
}

# --- version ---

@test "--version: name, commit, spec; no other line with the word version" {
        expect 0 tare --version
        says_nothing
        [[ $output =~ ^"$RUNTIME version "[0-9]+\.[0-9]+ ]]
        prints_match "^commit: .+"
        prints_match "^spec: [0-9]+\.[0-9]+\.[0-9]+"
        [ "$(grep -c version <<<"$output")" -eq 1 ]
        expect 0 tare -v
        prints_match "^$RUNTIME version"
}

# --- exit codes ---

@test "run gives the exit code of the process" {
        inside "exit 0"
        script "exit 42"
        expect 42 tare run --bundle "$BUNDLE" "$ID"
        script "exit 255"
        expect 255 tare run --bundle "$BUNDLE" "$ID"
}

@test "run gives 128 and the signal that ended the process" {
        script 'kill -9 $$'
        # Process 1 of a pid namespace is deaf to its own signals.
        config '.linux.namespaces |= map(select(.type != "pid"))'
        expect 137 tare run --bundle "$BUNDLE" "$ID"
        script 'kill -TERM $$'
        expect 143 tare run --bundle "$BUNDLE" "$ID"
}

@test "a failure of tare itself is exit 1" {
        expect 1 tare start "$ID"
        expect 1 tare run --bundle "$DIR/nowhere" "$ID"
        expect 1 tare state "$ID"
}

@test "a detached run is exit 0 once the process runs, whatever becomes of it" {
        script "exit 42"
        expect 0 tare run --detach --bundle "$BUNDLE" "$ID"
        soon status_is stopped
        expect 0 tare delete "$ID"
}

# --- log ---

@test "the error is on stderr as one text line with time, level and message" {
        expect 1 tare state "$ID"
        [ "$(wc -l <"$DIR/err")" -eq 1 ]
        [[ $errors =~ ^time=\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9:]{5})\"\ level=error\ msg=\"?container\ does\ not\ exist ]]
}

@test "--log: the error is in the file, and on stderr without level and time" {
        expect 1 tare --log "$DIR/log" state "$ID"
        grep -q "level=error msg=.*does not exist" "$DIR/log"
        [ "$(wc -l <"$DIR/err")" -eq 1 ]
        [[ $(cat "$DIR/err") == "container does not exist"* ]]
}

@test "--log-format json: one object with level, msg and time" {
        expect 1 tare --log "$DIR/log" --log-format json state "$ID"
        [ "$(wc -l <"$DIR/log")" -eq 1 ]
        [ "$(jq -r 'keys | sort | join(" ")' "$DIR/log")" = "level msg time" ]
        [ "$(jq -r .level "$DIR/log")" = error ]
        [[ "$(jq -r .msg "$DIR/log")" = "container does not exist"* ]]
        jq -r .time "$DIR/log" | grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$'
}

@test "the JSON log keeps odd bytes of a message readable" {
        expect 1 tare --log "$DIR/log" --log-format json run --bundle "$BUNDLE" $'a"b\\\n\t'
        [ "$(wc -l <"$DIR/log")" -eq 1 ]
        jq -e .msg "$DIR/log"
        only_tare "prints no name"
        jq -e '.msg | test("\"b")' "$DIR/log"
}

@test "the log is appended to" {
        echo "first line" >"$DIR/log"
        expect 1 tare --log "$DIR/log" state "$ID"
        expect 1 tare --log "$DIR/log" state "$ID"
        [ "$(wc -l <"$DIR/log")" -eq 3 ]
        [ "$(head -n 1 "$DIR/log")" = "first line" ]
}

@test "a warning stays out of the JSON log unless it is asked for" {
        only_tare "logs warnings"
        args true
        config '.process.capabilities.bounding += ["CAP_NO_SUCH"]'
        expect 0 tare --log "$DIR/log" --log-format json run --bundle "$BUNDLE" "$ID"
        [ ! -s "$DIR/log" ]
        expect 0 tare --log "$DIR/log" --log-format json --log-level warning run --bundle "$BUNDLE" "$ID"
        [ "$(jq -r .level "$DIR/log")" = warning ]
}

@test "a success prints nothing and logs nothing" {
        args true
        expect 0 tare --log "$DIR/log" create --bundle "$BUNDLE" "$ID"
        prints ""
        says_nothing
        expect 0 tare --log "$DIR/log" start "$ID"
        prints ""
        says_nothing
        soon status_is stopped
        expect 0 tare --log "$DIR/log" delete "$ID"
        prints ""
        says_nothing
        [ ! -s "$DIR/log" ]
}

@test "an unknown log format is refused" {
        expect 1 tare --log-format xml list
        says "invalid log-format: xml"
}

@test "an unknown log level is refused" {
        only_tare "has no such option"
        expect 1 tare --log-level loud list
        says "invalid log-level: loud"
}

@test "a log that cannot be written is an error" {
        expect 1 tare --log "$DIR/no/such/folder/log" list
        says "no such file or directory"
}

@test "--debug tells more and spoils nothing" {
        args true
        expect 0 tare --debug --log "$DIR/log" --log-format json run --bundle "$BUNDLE" "$ID"
        [ -s "$DIR/log" ]
        jq -e .msg "$DIR/log" >"$DIR/messages"
}

# --- global options that callers pass ---

@test "what engines pass along is accepted" {
        args true
        expect 0 tare --rootless=true --log "$DIR/log" --log-format=json run --bundle "$BUNDLE" "$ID"
        expect 0 tare --rootless false run --bundle "$BUNDLE" "$ID"
        expect 0 tare --rootless=auto run --bundle "$BUNDLE" "$ID"
}

@test "an unknown cgroup manager is refused" {
        only_tare "has no such option"
        expect 1 tare --cgroup-manager magic run --bundle "$BUNDLE" "$ID"
        says "unknown cgroup manager"
}

@test "--cgroup-manager disabled makes no cgroup" {
        only_tare "has no such option"
        args sleep 1000
        expect 0 tare --cgroup-manager disabled run --detach --bundle "$BUNDLE" "$ID"
        [ -z "$(left_cgroups)" ]
        expect 0 tare delete --force "$ID"
}

# --- root ---

@test "--root / is refused" {
        only_tare "refuses it for other commands"
        expect 1 "$TARE" --root / list
        says "Option --root argument should not be set to /"
}

@test "the state is below --root, for nobody else to see" {
        create
        [ -d "$ROOT/$ID" ]
        [ "$(stat --format %a "$ROOT")" = 700 ]
        [ $(($(stat --format 0%a "$ROOT/$ID") & 077 & ~011)) -eq 0 ]
}

@test "a relative --root is taken from the working directory" {
        args sleep 1000
        cd "$DIR"
        expect 0 "$TARE" --root state run --detach --bundle "$BUNDLE" "$ID"
        [ -d "$ROOT/$ID" ]
        expect 0 "$TARE" --root state delete --force "$ID"
}

@test "an empty XDG_RUNTIME_DIR counts as none" {
        expect 0 env XDG_RUNTIME_DIR= "$TARE" list
}

@test "the root of a user namespace has its state below XDG_RUNTIME_DIR, unless it is root by name" {
        only_tare "another default root"
        mkdir "$DIR/own"
        : >"$DIR/own/tare"
        expect 0 env XDG_RUNTIME_DIR="$DIR/own" USER=somebody "$TARE" list
        expect 0 env XDG_RUNTIME_DIR="$DIR/own" USER=root unshare --user --map-root-user "$TARE" list
        expect 1 env XDG_RUNTIME_DIR="$DIR/own" USER=somebody unshare --user --map-root-user "$TARE" list
        says "open root directory \`$DIR/own/tare\`: not a directory"
        expect 1 env -u USER XDG_RUNTIME_DIR="$DIR/own" unshare --user --map-root-user "$TARE" list
        expect 0 env -u USER XDG_RUNTIME_DIR= unshare --user --map-root-user "$TARE" list
}

@test "a missing --root is an error of list, a missing default root is none" {
        only_tare "another default root"
        expect 1 tare list
        says "$ROOT"
        says "no such file or directory"
        [ ! -e /run/tare ] || skip "/run/tare exists"
        expect 0 "$TARE" list --format json
        prints null
}

# --- features and spec ---

@test "features is pure JSON on stdout with nothing on stderr" {
        expect 0 tare features
        says_nothing
        jq -e '.ociVersionMin and .ociVersionMax' <<<"$output"
        jq -e '.linux.namespaces | contains(["cgroup", "ipc", "mount", "network", "pid", "user", "uts"])' <<<"$output"
        jq -e '.hooks | sort == ["createContainer", "createRuntime", "poststart", "poststop", "prestart", "startContainer"]' <<<"$output"
        jq -e '.mountOptions | index("ro") and index("rbind") and index("rro") and index("tmpcopyup")' <<<"$output"
        jq -e '.linux.seccomp.enabled and (.linux.seccomp.actions | index("SCMP_ACT_ERRNO"))' <<<"$output"
        jq -e '.linux.cgroup.v1 and .linux.cgroup.v2' <<<"$output"
}

@test "spec writes a config that runs, and does not overwrite one" {
        mkdir "$DIR/new"
        cp -a "$ROOTFS" "$DIR/new/rootfs"
        expect 0 tare spec --bundle "$DIR/new"
        prints ""
        expect 1 tare spec --bundle "$DIR/new"
        says "config.json exists"
        jq '.process.terminal = false | .process.args = ["hostname"]' "$DIR/new/config.json" >"$DIR/edited"
        mv "$DIR/edited" "$DIR/new/config.json"
        expect 0 tare run --bundle "$DIR/new" "$ID"
        prints "$(jq -r .hostname "$DIR/new/config.json")"
}

@test "spec describes a shell that can do little" {
        (cd "$DIR" && tare spec)
        jq -e '.process | .args == ["sh"] and .terminal and .noNewPrivileges and .cwd == "/"' "$DIR/config.json"
        jq -e '.process.capabilities | .bounding == ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]' "$DIR/config.json"
        jq -e '.root == {"path": "rootfs", "readonly": true}' "$DIR/config.json"
        jq -e '[.linux.namespaces[].type] | contains(["pid", "network", "ipc", "uts", "mount"])' "$DIR/config.json"
        jq -e '(.linux.maskedPaths | index("/proc/kcore")) and (.linux.readonlyPaths | index("/proc/sys"))' "$DIR/config.json"
        jq -e '.linux.resources.devices == [{"allow": false, "access": "rwm"}]' "$DIR/config.json"
}

@test "spec --rootless has a user namespace and asks for no resources" {
        (cd "$DIR" && tare spec --rootless)
        jq -e '[.linux.namespaces[].type] | index("user") and (index("network") | not)' "$DIR/config.json"
        jq -e '.linux.uidMappings[0].containerID == 0 and .linux.uidMappings[0].size == 1' "$DIR/config.json"
        jq -e '.linux.resources // {} == {}' "$DIR/config.json"
        jq -e '[.mounts[].options[]? | select(startswith("gid=") or startswith("uid="))] == []' "$DIR/config.json"
}
