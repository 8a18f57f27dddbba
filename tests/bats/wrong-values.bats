#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Wrong values of every property, through the program: tests/unit/test-wrong-values.c makes them of the tables that
# decode config.json, so nobody has to think of a new property here.

load helpers

setup() {
        common_setup
        cases=$(dirname "$TARE")/../tests/test-wrong-values
        [ -x "$cases" ] || skip "there is no build of the tests beside the program"
        "$cases" --print >"$DIR/cases"
}

# refuses_all: `run` gives 1 for each case, says nothing but the error, which begins with the path, and records nothing.
refuses_all() {
        local path config n=0 message
        while IFS=$'\t' read -r path config; do
                printf %s "$config" >"$BUNDLE/config.json"
                status=0
                "$TARE" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>"$DIR/err" </dev/null 3>&- || status=$?
                read -r message <"$DIR/err" || message=
                if [ "$status" -ne 1 ] || [ -s "$DIR/out" ] || [[ $message != *"msg=\"tare run failed: ${path//\"/\\\"}: "* ]] || [ -e "$ROOT/$ID" ]; then
                        echo "exit status $status: $message"
                        echo "path: $path, config: $config"
                        return 1
                fi
                n=$((n + 1))
        done <"$DIR/cases"
        [ "$n" -eq "$(wc -l <"$DIR/cases")" ] && [ "$n" -gt 500 ]
}

@test "each is refused with the path of the property, and nothing is left" {
        refuses_all
        nothing_left
}
