#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the specification asks for, docs/specification.md lists, and no other suite is about: what is passed over, and
# what stays.

load helpers

teardown() {
        # The folders above a container's cgroup are not its own.
        find /sys/fs/cgroup -depth -type d -path "*/$ID/*" -exec rmdir {} \; 2>/dev/null || :
        find /sys/fs/cgroup -depth -type d -name "$ID" -exec rmdir {} \; 2>/dev/null || :
        common_teardown
}

@test "properties of other platforms, and those that nobody knows, are passed over" {
        config '.windows = {layerFolders: [5]} | .solaris = 1 | .vm = [] | .zos = {a: {}} | .freebsd = "x"
                | .process.commandLine = {} | .process.user.username = 7 | .unknown = {a: [null, {b: 1e99}]}
                | .linux.unknown = [] | .linux.resources.unknown = true | .mounts[0].unknown = 1'
        inside 'echo ran'
        prints ran
        says_nothing
}

@test "null is what is absent" {
        config '.hostname = null | .hooks = {prestart: null} | .annotations = null | .process.rlimits = null
                | .process.capabilities.ambient = null | .linux.seccomp = null | .linux.maskedPaths = null
                | .linux.intelRdt = null | .linux.netDevices = null | .linux.resources.memory = {limit: null}'
        inside 'echo ran'
        prints ran
}

@test "annotations: those of images and unknown ones mean nothing, and are kept" {
        config '.annotations = {"org.opencontainers.image.stopSignal": "SIGNOSUCH", "org.opencontainers.image.os": "plan9",
                "org.opencontainers.nobody.knows": "", "x": "y"}'
        start
        is "$(tare state "$ID" | jq -S .annotations)" "$(jq -S .annotations "$BUNDLE/config.json")"
        tare kill "$ID"
        tare delete --force "$ID"
}

@test "mappings without a user namespace have no effect" {
        config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}] | .linux.gidMappings = .linux.uidMappings'
        inside 'cat /proc/self/uid_map | tr -s " "'
        prints "$(tr -s ' ' </proc/self/uid_map)"
}

@test "delete: what the container did not make stays" {
        local parent
        # A cgroup beside its own, which it found there, and what it has written into the bundle.
        if [ "$CGROUP_VERSION" = 1 ]; then parent=/sys/fs/cgroup/pids/$ID; else parent=/sys/fs/cgroup/$ID; fi
        mkdir "$parent" "$parent/other" 2>/dev/null || skip "no cgroup can be made here"
        config '.linux.cgroupsPath = $path' --arg path "/$ID/own"
        args sh -c 'echo written >/tmp/file; exec sleep 1000'
        create
        tare start "$ID"
        soon test -s "$ROOTFS/tmp/file"
        [ -d "$parent/own" ]
        tare delete --force "$ID"
        [ ! -e "$parent/own" ]
        [ -d "$parent/other" ]
        is "$(cat "$ROOTFS/tmp/file")" written
        [ -e "$BUNDLE/config.json" ]
}
