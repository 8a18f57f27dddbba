#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Configs and hosts that tare has to refuse: at once, with the place and the reason, and before anything was made.

load helpers

@test "no config" {
        rm config.json
        run -1 tare create "$ID"
        says config.json
        nothing_left
}
