#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The terminal: by the console socket, in the foreground, and what an image may have put in its place.

load helpers

@test "create with a terminal, but without a socket to send it to" {
        edit '.process.terminal = true'
        run -1 tare create "$ID"
        says "cannot allocate tty if tare will detach without setting console socket"
        nothing_left
}
