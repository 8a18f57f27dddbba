#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the container has of its caller: nothing but the standard streams and what the caller passes on purpose. No other
# descriptor, no variable, no signal setting.

load helpers

@test "preserved descriptor that is not open" {
        run -1 tare run --preserve-fds 1 "$ID"
        says "unable to stat preserved-fd 3 (of 1)"
        nothing_left
}
