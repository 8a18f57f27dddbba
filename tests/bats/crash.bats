#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The runtime is killed in the middle of its work, or finds a record that is not what it wrote: `list` still works, and
# `delete --force` removes everything.

load helpers

@test "an empty record: the container is broken, and can be deleted" {
        mkdir -p "$STATE/$ID"
        : >"$STATE/$ID/state.json"
        is "$(tare list 2>/dev/null | awk -v id="$ID" '$1 == id { print $3 }')" broken
        tare delete --force "$ID"
        nothing_left
}
