# SPDX-License-Identifier: LGPL-2.1-or-later
#
# podman on the runtime under test, for podman*.bats and buildah.bats: its configuration, the image, what the tests say to it, and
# what surrounds each test. Storage, state and configuration live in the engine's namespaces (engine.bash).
#
# What is here is podman's as root; a suite defines again what is different there.

load engine.bash

IMAGE=localhost/busybox
INFRA_IMAGE=localhost/infra

teardown_file() {
        [ -z "${ENGINE_DIR-}" ] || engine_stop
}

setup() {
        [ -z "$PODMAN_MISSING" ] || skip "$PODMAN_MISSING"
        setup_client
}

teardown() {
        # What is missing may have been found with the engine running.
        [ -n "${ENGINE_DIR-}" ] && [ -z "$PODMAN_MISSING" ] || return 0
        podman_remove_all
        nothing_left || {
                engine_sweep "$ENGINE_DIR/run/$RUNTIME_NAME"
                return 1
        }
}

setup_client() {
        podman_common_setup
        podman_words podman --root "$ENGINE_DIR/storage" --runroot /run/storage --tmpdir /run/libpod --storage-driver "$STORAGE"
        PLACE=(--cgroup-parent "/$ENGINE_CGROUP")
        # systemd's is the name of a slice.
        [ -z "${SHARED_RUN-}" ] || PLACE=(--cgroup-parent "$ENGINE_CGROUP")
}

left() {
        engine_processes | processes_left
        container_cgroups | sed 's/^/cgroup left: /'
        engine_states "$ENGINE_DIR/run/$RUNTIME_NAME" | sed 's/^/state left: /'
        podman ps --all --quiet | sed 's/^/container left: /'
}

# Those of conmon and of a pod are podman's own affair.
container_cgroups() {
        engine_cgroups | grep "/libpod-[^/]*$"
}

# A configuration file. Without a log of events podman exec may lose an exit status. The limits are those that this
# machine can give: podman asks for more than it has unless told.
podman_configure() {
        local files processes tasks=2048 manager=cgroupfs
        [ -z "${SHARED_RUN-}" ] || manager=systemd
        # podman asks for a limit unless told not to.
        has_controller pids || tasks=0
        files=$(ulimit -Hn) processes=$(ulimit -Hu)
        [ "$processes" != unlimited ] && [ "$processes" -lt 32768 ] || processes=32768
        cat >"$ENGINE_DIR/containers.conf" <<END
[containers]
default_ulimits = ["nofile=$files:$files", "nproc=$processes:$processes"]
netns = "none"
pids_limit = $tasks
[engine]
cgroup_manager = "$manager"
events_logger = "file"
lock_type = "file"
runtime = "under-test"
runtime_supports_json = ["under-test"]
runtime_supports_nocgroup = ["under-test"]
infra_image = "$INFRA_IMAGE"
[engine.runtimes]
under-test = ["$(engine_runtime)"]
END
        chmod 644 "$ENGINE_DIR/containers.conf"
}

# The best storage driver that works on this machine, with the images made. The suite's setup_client follows $STORAGE.
choose_storage() {
        for STORAGE in overlay vfs; do
                export STORAGE
                setup_client
                ! make_images >"$ENGINE_DIR/import.log" 2>&1 || return 0
        done
        cat "$ENGINE_DIR/import.log"
        return 1
}

make_images() {
        rootfs_tar | podman import --change ENV=PATH=/bin:/usr/bin - "$IMAGE" &&
                rootfs_tar | podman import --change 'CMD ["sleep", "infinity"]' - "$INFRA_IMAGE"
}

podman() {
        "${PODMAN[@]}" "$@" 3>&-
}

podman_common_setup() {
        RUNTIME=$(engine_runtime)
        RUNTIME_NAME=$("$RUNTIME" --version | sed -n '1s/ .*//p')
        SCREEN=$BATS_TEST_TMPDIR/screen
        export SCREEN
}

# Into $PODMAN: the words before a podman command.
podman_words() {
        local -a INSIDE
        engine_words
        PODMAN=("${ENGINE_TIMEOUT[@]}" "${INSIDE[@]}" "CONTAINERS_CONF=$ENGINE_DIR/containers.conf" "$@")
}

podman_remove_all() {
        podman pod rm --all --force --time 0 >/dev/null 2>&1 || :
        podman rm --all --force --time 0 --volumes >/dev/null || :
}

# once [OPTION...] -- COMMAND...: a container of its own in the foreground.
once() {
        local -a options=()
        while [ "$1" != -- ]; do
                options+=("$1")
                shift
        done
        shift
        podman run --rm "${PLACE[@]}" "${options[@]}" "$IMAGE" "$@"
}

# stays NAME [OPTION...] -- COMMAND...: a container in the background.
stays() {
        local name=$1
        local -a options=()
        shift
        while [ "$1" != -- ]; do
                options+=("$1")
                shift
        done
        shift
        podman run --detach --name "$name" "${PLACE[@]}" "${options[@]}" "$IMAGE" "$@" >/dev/null
}

state_of() {
        podman inspect --format '{{.State.Status}}' "$1"
}

state_is() {
        [ "$(state_of "$1")" = "$2" ]
}

ended_with() {
        is "$(podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$1")" "exited $2"
}

pid_of() {
        podman inspect --format '{{.State.Pid}}' "$1"
}

logged() {
        podman logs "$1" 2>&1 | grep -q -e "$2"
}

namespace_of() {
        readlink "/proc/$1/ns/$2"
}
