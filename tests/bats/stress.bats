#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Many containers, one after the other and at once: nothing is left of them, counted before and after.

load helpers

# What could be left: processes, mounts, cgroups, state directories, descriptors of ours.
count() {
        left_processes | wc -l
        left_mounts | wc -l
        left_cgroups | wc -l
        left_states | wc -l
        ls /proc/$$/fd | wc -l
}

# Open files of the whole machine. Others open and close some too, but not one for each of our runs.
open_files() {
        awk '{ print $1 }' /proc/sys/fs/file-nr
}

@test "1,000 runs in a row leave nothing" {
        local before files failed=0 i
        args /bin/true
        before=$(count)
        files=$(open_files)
        for i in $(seq 1000); do
                tare run --bundle "$BUNDLE" "$ID" </dev/null || failed=$((failed + 1))
        done
        is "$failed" 0
        is "$(count)" "$before"
        [ $(($(open_files) - files)) -lt 900 ]
}

@test "64 runs at once leave nothing" {
        local before failed=0 i pid
        local -a pids=()
        args /bin/true
        config '.linux.cgroupsPath = null'
        before=$(count)
        for i in $(seq 64); do
                tare run --bundle "$BUNDLE" "$ID-$i" </dev/null &
                pids+=("$!")
        done
        for pid in "${pids[@]}"; do
                wait "$pid" || failed=$((failed + 1))
        done
        is "$failed" 0
        is "$(count)" "$before"
}

# In a shell of its own, which stops at the first command that fails.
cycles() {
        local i
        for i in $(seq 25); do
                tare create --bundle "$BUNDLE" "$1" </dev/null >/dev/null
                tare start "$1"
                tare kill "$1" KILL
                tare delete --force "$1"
        done
}

@test "200 whole lives by 8 workers leave nothing" {
        local before failed=0 worker pid
        local -a pids=()
        args sleep 1000
        config '.linux.cgroupsPath = null'
        before=$(count)
        for worker in $(seq 8); do
                (set -e; cycles "$ID-$worker") &
                pids+=("$!")
        done
        for pid in "${pids[@]}"; do
                wait "$pid" || failed=$((failed + 1))
        done
        is "$failed" 0
        is "$(count)" "$before"
}
