#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The configs that engines wrote (tests/bundles/), each run twice under the runtime under test ($TARE) by
# tests/tools/run-bundle: with a probe that tells what it sees, which has to be what the config asked for, and with
# its own process. A test's name is the bundle's and what is special about it; `bundle` is given the exit status of
# the bundle's own process, or `killed` for one that does not end by itself.

bats_require_minimum_version 1.5.0

setup_file() {
        export BUNDLES=$BATS_TEST_DIRNAME/../bundles TOOLS=$BATS_TEST_DIRNAME/../tools
        export RUNTIME MISSING
        RUNTIME=$(realpath -e "$(command -v "${TARE:-$BATS_TEST_DIRNAME/../../build/src/tare}")")
        MISSING=$(missing | paste -sd,)
        [ -n "$MISSING" ] || "${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$BATS_FILE_TMPDIR/probe" "$TOOLS/probe.c"
}

# Says on stdout what keeps bundles from being run on this machine; nothing when they can be.
missing() {
        local program
        [ "$(id -u)" -eq 0 ] || echo "needs root"
        for program in "${CC:-cc}" busybox jq unshare script; do
                command -v "$program" >/dev/null || echo "needs $program"
        done
}

bundle() {
        [ -z "$MISSING" ] || skip "$MISSING"
        local config=$BUNDLES/${BATS_TEST_DESCRIPTION%%:*}.json
        run "$TOOLS/run-bundle" "$RUNTIME" "$BATS_FILE_TMPDIR/probe" "$config" "$1" 3>&-
        [ "$status" -ne 77 ] || skip "$output"
        printf '%s\n' "$output"
        return "$status"
}

@test "each bundle has a test" {
        local config count=0
        for config in "$BUNDLES"/*.json; do
                grep -q "^@test \"$(basename "$config" .json): " "$BATS_TEST_FILENAME"
                count=$((count + 1))
        done
        [ "$(grep -c '{ bundle [0-9k]' "$BATS_TEST_FILENAME")" -eq "$count" ]
}

# --- containerd, by ctr ---

@test "containerd-01: plain" { bundle 0; }
@test "containerd-02: a terminal" { bundle 0; }
@test "containerd-03: a memory limit that is hit" { bundle 137; }
@test "containerd-04: shares and a quota of the cpu" { bundle killed; }
@test "containerd-05: one capability less" { bundle 0; }
@test "containerd-06: one capability more" { bundle 0; }
@test "containerd-07: privileged" { bundle 0; }
@test "containerd-08: may gain privileges" { bundle 0; }
@test "containerd-09: read-only root" { bundle 1; }
@test "containerd-10: bind mount, environment, working directory" { bundle 0; }
@test "containerd-11: the default seccomp profile" { bundle 0; }
@test "containerd-12: a seccomp profile that refuses" { bundle 1; }
@test "containerd-13: a device" { bundle 0; }
@test "containerd-14: the network of the host" { bundle 0; }
@test "containerd-15: joined ipc, uts and network" { bundle 0; }
@test "containerd-16: joined pid namespace" { bundle 0; }
@test "containerd-17: user namespace" { bundle 0; }
@test "containerd-18: a config with hardly anything in it" { bundle 0; }

# --- Docker ---

@test "docker-01: detached" { bundle killed; }
@test "docker-02: a terminal" { bundle 0; }
@test "docker-03: a file, read-only" { bundle 0; }
@test "docker-04: memory and swap limits" { bundle killed; }
@test "docker-05: shares, quota and set of cpus" { bundle killed; }
@test "docker-06: a limit on processes" { bundle 0; }
@test "docker-07: private cgroup namespace" { bundle 0; }
@test "docker-08: no capabilities" { bundle 0; }
@test "docker-09: two capabilities" { bundle 0; }
@test "docker-10: CAP_NET_ADMIN" { bundle 0; }
@test "docker-11: without CAP_CHOWN" { bundle 1; }
@test "docker-12: a user" { bundle 0; }
@test "docker-13: read-only root" { bundle 1; }
@test "docker-14: read-only root, a volume and a tmpfs" { bundle 0; }
@test "docker-15: a slave mount" { bundle killed; }
@test "docker-16: a shared mount and a shared root" { bundle 0; }
@test "docker-17: privileged" { bundle 0; }
@test "docker-18: a device" { bundle 0; }
@test "docker-19: a seccomp profile that refuses" { bundle 1; }
@test "docker-20: limit on open files" { bundle 0; }
@test "docker-21: sysctls" { bundle 0; }
@test "docker-22: OOM score" { bundle 0; }
@test "docker-23: the ipc namespace of the host" { bundle 0; }
@test "docker-24: joined ipc namespace" { bundle 0; }
@test "docker-25: shareable ipc namespace" { bundle 0; }
@test "docker-26: joined pid namespace" { bundle 0; }
@test "docker-27: the network of the host" { bundle 0; }
@test "docker-28: user namespace" { bundle 0; }

# --- podman and buildah ---

@test "podman-01: plain" { bundle 0; }
@test "podman-02: a terminal" { bundle 0; }
@test "podman-03: memory and swap limits" { bundle killed; }
@test "podman-04: all limits at once" { bundle killed; }
@test "podman-05: private cgroup namespace" { bundle 0; }
@test "podman-06: no capabilities" { bundle 0; }
@test "podman-07: two capabilities" { bundle 0; }
@test "podman-08: a user with an ambient capability" { bundle 0; }
@test "podman-09: privileged" { bundle 0; }
@test "podman-10: read-only root" { bundle 1; }
@test "podman-11: read-only root and tmpfs that copy what they cover" { bundle 0; }
@test "podman-12: a tmpfs with options" { bundle 0; }
@test "podman-13: bind mount" { bundle 0; }
@test "podman-14: a slave mount" { bundle killed; }
@test "podman-15: user namespace of 5000 ids" { bundle 0; }
@test "podman-16: a device" { bundle 0; }
@test "podman-17: a seccomp profile that refuses" { bundle 1; }
@test "podman-18: limits on open files and processes" { bundle 0; }
@test "podman-19: sysctls" { bundle 0; }
@test "podman-20: OOM score" { bundle 0; }
@test "podman-21: the ipc namespace of the host" { bundle 0; }
@test "podman-22: no network" { bundle 0; }
@test "podman-23: joined pid namespace" { bundle 0; }
@test "podman-24: a step of a build" { bundle 0; }
@test "podman-25: a step of a build with limits" { bundle 0; }
@test "podman-26: one of a pod" { bundle 0; }
@test "podman-27: one of a pod, as a user, read-only" { bundle killed; }
@test "podman-28: hooks" { bundle 0; }
