#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `features`: its form, and that what it lists is true: each word, given in a config, is taken.

load helpers

setup() {
        common_setup
        cp "$BUNDLE/config.json" "$DIR/right.json"
        expect 0 tare features
        features=$output
}

# lists FILTER: the words of a list, one a line; at least one.
lists() {
        jq -re "$1[]" <<<"$features"
}

# takes FILTER WORD: a config with $word where the filter puts it passes all checks, and fails only because the rootfs
# is missing, which is looked at behind them.
takes() {
        jq --arg word "$2" "$1 | .root.path = \"nonexistent\"" "$DIR/right.json" >"$BUNDLE/config.json"
        expect 1 tare create --bundle "$BUNDLE" "$ID" && says 'root.path: open rootfs' || { echo "word: $2" && return 1; }
}

# takes_all LIST FILTER
takes_all() {
        local word words
        words=$(lists "$1")
        for word in $words; do
                takes "$2" "$word" || return 1
        done
}

@test "only properties of the specification, with its types and none of them null" {
        # Every path there is, with the type of its value, an array with that of its elements.
        jq -r 'paths as $p | select(all($p[]; type == "string")) | getpath($p) as $v
                | "\($p | join(".")) \($v | type)\(if ($v | type) == "array" then " of \([$v[] | type] | unique | join(","))" else "" end)"' \
                <<<"$features" | sed 's/^annotations\.[^ ]* string$/annotations.* string/' | sort -u >"$DIR/found"
        sed 's/^ *//' <<END | sort >"$DIR/allowed"
        annotations object
        annotations.* string
        hooks array of string
        linux object
        linux.apparmor object
        linux.apparmor.enabled boolean
        linux.capabilities array of string
        linux.cgroup object
        linux.cgroup.rdma boolean
        linux.cgroup.systemd boolean
        linux.cgroup.systemdUser boolean
        linux.cgroup.v1 boolean
        linux.cgroup.v2 boolean
        linux.intelRdt object
        linux.intelRdt.enabled boolean
        linux.intelRdt.monitoring boolean
        linux.intelRdt.schemata boolean
        linux.memoryPolicy object
        linux.memoryPolicy.flags array of string
        linux.memoryPolicy.modes array of string
        linux.mountExtensions object
        linux.mountExtensions.idmap object
        linux.mountExtensions.idmap.enabled boolean
        linux.namespaces array of string
        linux.netDevices object
        linux.netDevices.enabled boolean
        linux.seccomp object
        linux.seccomp.actions array of string
        linux.seccomp.archs array of string
        linux.seccomp.enabled boolean
        linux.seccomp.knownFlags array of string
        linux.seccomp.operators array of string
        linux.seccomp.supportedFlags array of string
        linux.selinux object
        linux.selinux.enabled boolean
        mountOptions array of string
        ociVersionMax string
        ociVersionMin string
        potentiallyUnsafeConfigAnnotations array of string
END
        is "$(comm -23 "$DIR/found" "$DIR/allowed")" ""
        grep -qx 'ociVersionMin string' "$DIR/found"
        grep -qx 'linux.netDevices.enabled boolean' "$DIR/found"
}

@test "network devices can be moved" {
        is "$(jq -c .linux.netDevices <<<"$features")" '{"enabled":true}'
}

@test "the versions are in order, and a config of either is accepted" {
        local version
        is "$(jq -r '.ociVersionMin, .ociVersionMax' <<<"$features" | sort -V | paste -sd' ')" \
                "$(jq -r '"\(.ociVersionMin) \(.ociVersionMax)"' <<<"$features")"
        for version in $(jq -r '.ociVersionMin, .ociVersionMax' <<<"$features"); do
                config '.ociVersion = $version' --arg version "$version"
                inside 'echo ran'
                prints ran
        done
}

@test "each hook that is listed is run" {
        local kind
        for kind in $(lists .hooks); do
                config '.hooks[$kind] = [{path: "/bin/sh", args: ["sh", "-c", $script]}]' --arg kind "$kind" \
                        --arg script "echo $kind >>$([ "$kind" = startContainer ] || echo "$ROOTFS")/tmp/hooks"
        done
        inside true
        is "$(sort "$ROOTFS/tmp/hooks")" "$(lists .hooks | sort)"
}

@test "each mount option that is listed is known" {
        # A bind mount takes no data: an unknown word is an error.
        local word
        config '.mounts += [{destination: "/mnt", type: "bind", source: "/tmp", options: ["bind", "no-such-option"]}]'
        refused 'mounts[7].options: `no-such-option`'
        cp "$BUNDLE/config.json" "$DIR/right.json"
        for word in $(lists .mountOptions); do
                [ "$word" != tmpcopyup ] || takes '.mounts[7] = {destination: "/mnt", type: "tmpfs", options: [$word]}' "$word"
                # An id mapping needs something to map, of which the suite of such mounts is about.
                [[ $word != *idmap && $word != tmpcopyup ]] || continue
                takes '.mounts[7].options = ["bind", $word]' "$word"
        done
        lists .mountOptions | grep -qx rbind
}

@test "each word that is listed is taken by a config" {
        takes_all .linux.namespaces '.linux.namespaces = ([{type: "mount"}, {type: "uts"}, {type: $word}] | unique) |
                .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}] | .linux.gidMappings = .linux.uidMappings'
        jq '.process.capabilities.bounding = $all' --argjson all "$(jq .linux.capabilities <<<"$features")" "$DIR/right.json" \
                >"$BUNDLE/config.json"
        # A name that were unknown would only be warned of: what the caller has is what the container has.
        inside 'grep CapBnd /proc/self/status'
        prints "$(grep CapBnd /proc/self/status)"
}

@test "each word of seccomp that is listed is taken by a config" {
        [ "$(jq .linux.seccomp.enabled <<<"$features")" = true ] || skip "built without libseccomp"
        local rule='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/nonexistent", syscalls: [{names: ["mkdir"]'
        # To notify somebody is tested where somebody listens.
        features=$(jq '.linux.seccomp.actions -= ["SCMP_ACT_NOTIFY"]' <<<"$features")
        takes_all .linux.seccomp.actions "$rule, action: \$word}]}"
        takes_all .linux.seccomp.operators "$rule, action: \"SCMP_ACT_LOG\", args: [{index: 0, value: 1, op: \$word}]}]}"
        takes_all .linux.seccomp.archs '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: [$word]}'
        takes_all .linux.seccomp.knownFlags '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: [$word]}'
        is "$(jq '.linux.seccomp | .supportedFlags - .knownFlags' <<<"$features")" "[]"
        jq '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: $all}' "$DIR/right.json" \
                --argjson all "$(jq '.linux.seccomp.supportedFlags' <<<"$features")" >"$BUNDLE/config.json"
        inside true
}

@test "each word of memory policies that is listed is taken by a config" {
        takes_all .linux.memoryPolicy.modes \
                '.linux.memoryPolicy = {mode: $word, nodes: (if $word | test("DEFAULT|LOCAL") then "" else "0" end)}'
        takes_all .linux.memoryPolicy.flags '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: [$word]}'
}
