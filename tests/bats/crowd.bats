#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Many containers at a time, each with limits that change: nothing is left of them, and no call takes ten times as long as the
# others of its kind. tests/tools/crowd by hand makes more of them, and shows the times.

load helpers

# crowd OPTION...: its report is in $output. The time that a call had no processor does not count. What remains is also the
# kernel's: on a busy machine a mount that goes waits half a second for all processors (exp_funnel_lock). Hence calls of less
# than a second are never too slow here; what has run into a deadline takes longer.
crowd() {
        type python3 >/dev/null || skip "needs python3"
        local count=100
        [ -z "${PATIENCE-}" ] || count=24
        local -x TMPDIR=$DIR
        expect 0 "$BATS_TEST_DIRNAME/../tools/crowd" --runtime "$TARE" --count $count --workers 8 --ratio 10 --floor 1000 "$@"
        prints_match "left: 0 states, 0 processes, 0 cgroups, 0 units"
        prints_match "^create +$count "
        prints_match "^delete +$count "
        nothing_left
}

@test "a hundred containers, 8 at a time" {
        crowd
}

@test "a hundred containers, 8 at a time, deleted by force" {
        crowd --force
}

@test "a hundred containers, 8 at a time, in units of systemd" {
        crowd --systemd
}
