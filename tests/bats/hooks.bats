#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The six hooks: when they run, in which namespaces, with which state, environment and descriptors, and what happens
# when one of them fails or does not end.

load helpers

@test "createRuntime: runs on the host, the container's state on its standard input" {
        edit --arg file "$BATS_TEST_TMPDIR/state.json" \
                '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "cat >" + $file]}]'
        tare create "$ID"
        is "$(jq -r .id "$BATS_TEST_TMPDIR/state.json")" "$ID"
}
