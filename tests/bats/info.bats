#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# info and completion: what tare tells people about the machine, and shells about itself.

load helpers

setup() {
        common_setup
        [ "$RUNTIME" = tare ] || skip "$RUNTIME has no such commands, or other ones"
}

# --- info ---

@test "info: both forms say the same" {
        local path
        expect 0 tare info --format json
        says_nothing
        is "$(jq -r 'keys_unsorted | join(" ")' "$DIR/out")" "tare machine caller cgroups namespaces security"
        # Every value of the JSON form, as the text has it.
        jq -r 'to_entries[] | .key, (.value | to_entries[] | "  \(.key) " + (.value
                | if type == "array" then (if . == [] then "-" else join(" ") end) elif . == true then "yes" elif . == false then "no" else tostring end))' \
                "$DIR/out" >"$DIR/expected"
        expect 0 tare info
        says_nothing
        is "$(sed '/^$/d; s/^\(  [^ ]*\)  */\1 /' "$DIR/out")" "$(cat "$DIR/expected")"
        expect 0 tare info -f text
}

@test "info: what the machine says of itself" {
        tare info --format json >"$DIR/info"
        is "$(jq -r .tare.version "$DIR/info")" "$("$TARE" --version | sed -n '1s/.* //p')"
        is "$(jq -r .machine.kernel "$DIR/info")" "$(uname -r)"
        is "$(jq -r .machine.architecture "$DIR/info")" "$(uname -m)"
        is "$(jq -r .machine.os "$DIR/info")" "$(. /etc/os-release && echo "$PRETTY_NAME")"
        is "$(jq -r .machine.processors "$DIR/info")" "$(getconf _NPROCESSORS_ONLN)"
        is "$(jq -r .caller.uid "$DIR/info")" "$(id -u)"
        is "$(jq '.caller.capabilities | length' "$DIR/info")" \
                "$(sed -n 's/^CapBnd:\t//p' /proc/self/status | python3 -c 'print(bin(int(input(), 16)).count("1"))')"
        jq -e '.namespaces.kinds | contains(["mount", "pid", "user"])' "$DIR/info"
        jq -e '.security.seccompActions | contains(["errno", "allow"])' "$DIR/info"
        if [ "$CGROUP_VERSION" = 2 ]; then
                jq -e '.cgroups == {layout: "v2", mountPoints: ["/sys/fs/cgroup"], v2Controllers: $found}' \
                        --argjson found "$(tr ' ' '\n' </sys/fs/cgroup/cgroup.controllers | jq -Rn '[inputs | select(. != "")]')" "$DIR/info"
        else
                jq -e '.cgroups.layout | test("^(v1|hybrid)$")' "$DIR/info"
                jq -e '.cgroups.mountPoints | index("/sys/fs/cgroup/pids")' "$DIR/info"
        fi
}

@test "info: another format is refused" {
        expect 1 tare info --format xml
        says "invalid format option"
}

# --- completion ---

@test "completion: the shell has to be named, and known" {
        expect 1 tare completion
        says "say which shell"
        expect 1 tare completion --shell tcsh
        says 'unknown shell "tcsh": expected bash, zsh or fish'
        expect 1 tare completion bash
}

# completes EXPECTED WORD...: bash offers these words, joined by spaces, for the last of WORD.
completes() {
        local expected=$1
        shift
        is "$(PATH=$(dirname "$TARE"):$PATH bash -c '
                eval "$(tare completion --shell bash)"
                COMP_WORDS=(tare "$@")
                COMP_CWORD=$#
                _tare
                echo "${COMPREPLY[*]}"' bash "$@")" "$expected"
}

@test "completion: bash" {
        local commands
        tare completion --shell bash | bash -n
        commands=$("$TARE" --help | awk '/^commands:/ { inside = 1; next } /^$/ { inside = 0 } inside { printf "%s ", $1 }')
        completes "${commands}help" ""
        completes "create" cre
        completes "--root --rootless" --roo
        completes "--log --log-format --log-level" --root /x --log
        completes "--pid-file" run --pid-
        completes "--shell" completion --s
        completes "" --log-format ""
        mkdir -p "$DIR/place/a-directory"
        touch "$DIR/place/a-file"
        completes "$DIR/place/a-directory" run --bundle "$DIR/place/"
        # One at a time: bash gives them in the order of the file system.
        completes "$DIR/place/a-directory" run --pid-file "$DIR/place/a-d"
        completes "$DIR/place/a-file" run --pid-file "$DIR/place/a-f"
        completes "$DIR/place/a-directory" --root "$DIR/place/"
}

@test "completion: bash asks for the containers below the root that is named" {
        create
        completes "$ID" --root "$ROOT" kill ""
        completes "$ID" -r "$ROOT" delete --force "${ID:0:6}"
        completes "" --root "$ROOT" kill no-such
        completes "" --root "$ROOT" create ""
}

@test "completion: every option of every command is in each script" {
        local shell command option
        for shell in bash zsh fish; do
                tare completion --shell "$shell" >"$DIR/$shell"
        done
        for command in "" $("$TARE" --help | awk '/^commands:/ { inside = 1; next } /^$/ { inside = 0 } inside { print $1 }'); do
                for option in $("$TARE" $command --help | awk '/^options:/ { inside = 1; next } inside { print }' |
                        sed -n 's/^ *\(-., \)\?--\([a-z0-9-]*\).*/\2/p'); do
                        [ "$option" != help ] || continue
                        grep -qwFe "--$option" "$DIR/bash"
                        grep -qwFe "--$option" "$DIR/zsh"
                        grep -qwFe "-l $option" "$DIR/fish"
                done
        done
}

@test "completion: zsh takes it" {
        type zsh >/dev/null || skip "needs zsh"
        tare completion --shell zsh >"$DIR/_tare"
        zsh -f -n "$DIR/_tare"
        expect 0 zsh -f -c 'autoload -U compinit && compinit -u -D && source "$1" && [[ $_comps[tare] = _tare ]]' zsh "$DIR/_tare"
        says_nothing
}

# offers EXPECTED LINE: fish offers these words, joined by spaces, for the end of the line.
offers() {
        is "$(PATH=$(dirname "$TARE"):$PATH HOME=$DIR fish --no-config -c \
                'tare completion --shell fish | source; complete -C "$argv[1]"' "$2" | cut -f 1 | sort | paste -sd' ')" "$1"
}

@test "completion: fish" {
        type fish >/dev/null || skip "needs fish"
        tare completion --shell fish | fish --no-config --no-execute
        offers "create" "tare cre"
        offers "--root --rootless" "tare --roo"
        offers "--pid-file" "tare run --pid-"
        create
        offers "$ID" "tare --root $ROOT kill ${ID:0:6}"
}
