#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Many containers, one after the other and at once: nothing is left of them.

load helpers

@test "64 runs at once" {
        edit '.process.args = ["/bin/true"]'
        for i in $(seq 64); do
                tare run "$ID-$i" &
        done
        wait
        nothing_left
}
