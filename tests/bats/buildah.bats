#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# buildah with --isolation oci and the runtime under test: it creates, starts, asks for the state and deletes, without
# anything in between.

load podman.bash

setup_file() {
        unset ENGINE_DIR
        BUILDAH_MISSING=$(engine_missing buildah | paste -sd,)
        export BUILDAH_MISSING
        [ -z "$BUILDAH_MISSING" ] || return 0
        engine_start buildah || { engine_stop && return 1; }
        podman_configure
        choose_storage || { engine_stop && return 1; }
}

make_images() {
        local container
        rootfs_tar >"$ENGINE_DIR/rootfs.tar"
        container=$(buildah from scratch) &&
                buildah add "$container" "$ENGINE_DIR/rootfs.tar" / &&
                buildah config --env PATH=/bin:/usr/bin "$container" &&
                buildah commit --rm "$container" "$IMAGE"
}

setup_client() {
        podman_common_setup
        podman_words BUILDAH_ISOLATION=oci BUILDAH_RUNTIME="$RUNTIME" TMPDIR="$ENGINE_DIR" \
                buildah --root "$ENGINE_DIR/storage" --runroot /run/storage --storage-driver "$STORAGE"
        BUILDAH=("${PODMAN[@]}")
}

buildah() {
        "${BUILDAH[@]}" "$@" 3>&-
}

setup() {
        [ -z "$BUILDAH_MISSING" ] || skip "$BUILDAH_MISSING"
        setup_client
        CONTEXT=$ENGINE_DIR/context-$BATS_TEST_NUMBER
        mkdir -p "$CONTEXT"
}

teardown() {
        [ -n "${ENGINE_DIR-}" ] || return 0
        buildah rm --all >/dev/null
        nothing_left
}

left() {
        engine_processes | processes_left
        engine_states "$ENGINE_DIR/run/$RUNTIME_NAME" | sed 's/^/state left: /'
        find "$ENGINE_DIR" -maxdepth 1 -name 'buildah[0-9]*' | sed 's/^/folder left: /'
        # Whoever else runs buildah here has other ids.
        local id
        for id in $(cat "$BATS_TEST_TMPDIR"/ids 2>/dev/null); do
                find /sys/fs/cgroup -depth -type d -name "$id" 2>/dev/null | sed 's/^/cgroup left: /'
        done
}

# A working container of the image, in $container.
from_image() {
        container=$(buildah from "$IMAGE")
}

build() {
        buildah bud --network none "$@" "$CONTEXT"
}

@test "buildah run: output, stdin, exit status" {
        from_image
        expect 0 buildah run --network none "$container" -- echo hi
        shows hi
        expect 42 buildah run --network none "$container" -- sh -c 'echo out; echo err >&2; exit 42'
        shows out
        tells 'err'
        INPUT=<(printf 'one\ntwo') expect 0 buildah run --network none "$container" -- cat
        shows $'one\ntwo'
        expect 0 buildah run --network none "$container" -- sh -c 'echo kept >/kept'
        expect 0 buildah run --network none "$container" -- cat /kept
        shows kept
}

@test "buildah run leaves no cgroup" {
        from_image
        expect 0 buildah run --network none "$container" -- sed -n 's|^.*:.*/\(buildah-[^/]*\)$|\1|p' /proc/self/cgroup
        sort -u <<<"$output" >"$BATS_TEST_TMPDIR/ids"
        # The container sees its own in some hierarchy; that it is gone from all, teardown sees.
        [ -s "$BATS_TEST_TMPDIR/ids" ]
}

@test "buildah run: what cannot be started" {
        from_image
        fails buildah run --network none "$container" -- no-such-command
        # As the runtime's log line has it, with the quotes escaped.
        tells 'exec: \\"no-such-command\\": executable file not found in \$PATH'
        fails buildah run --network none "$container" -- /bin/not-executable
        tells 'exec: \\"/bin/not-executable\\": permission denied'
}

@test "buildah run --terminal" {
        from_image
        INPUT=<(typed ready 'word\r') expect 9 on_terminal "${BUILDAH[@]}" run --network none --terminal "$container" -- sh -c '
                for i in 1 2 3 4 5 6 7 8 9; do [ "$(stty size)" = "33 101" ] && break; sleep 0.2; done
                stty size; tty; test -c /dev/console && echo ready; read -r line; echo "got $line"; exit 9'
        matches '33 101'
        matches '/dev/pts/0'
        matches 'got word'
}

@test "buildah run: --user, --cap-add, --cap-drop, --workingdir, --volume, --hostname" {
        from_image
        expect 0 buildah run --network none --user 1000:1000 "$container" -- sh -c 'id -u; id -g'
        shows $'1000\n1000'
        expect 0 buildah run --network none --cap-drop CAP_CHOWN "$container" -- sh -c 'chown 1:1 /tmp 2>&1 || exit 0; exit 1'
        expect 0 buildah run --network none --workingdir /tmp --hostname named "$container" -- sh -c 'pwd; hostname'
        shows $'/tmp\nnamed'
        echo from-host >"$CONTEXT/file"
        expect 0 buildah run --network none --volume "$CONTEXT:/v:ro" "$container" -- cat /v/file
        shows from-host
        expect 1 buildah run --network none --volume "$CONTEXT:/v:ro" "$container" -- touch /v/new
        tells 'Read-only file system'
        expect 0 buildah run --network host "$container" -- readlink /proc/self/ns/net
        shows "$(readlink "/proc/$ENGINE_HOLDER/ns/net")"
}

@test "buildah commit keeps what was run" {
        from_image
        expect 0 buildah run --network none "$container" -- sh -c 'echo made >/made'
        expect 0 buildah commit --quiet "$container" localhost/committed
        container=$(buildah from localhost/committed)
        expect 0 buildah run --network none "$container" -- cat /made
        shows made
        buildah rm --all >/dev/null
        expect 0 buildah rmi localhost/committed
}

@test "buildah bud: RUN, USER, WORKDIR, ENV, COPY" {
        echo copied >"$CONTEXT/source"
        cat >"$CONTEXT/Dockerfile" <<END
FROM $IMAGE
ENV WORD=said
COPY source /copy
RUN cat /copy >/from-copy && echo \$WORD >/word
WORKDIR /home/user
USER 1000:1000
RUN id -u >/tmp/id; pwd >>/tmp/id
END
        expect 0 build --tag localhost/built
        container=$(buildah from localhost/built)
        expect 0 buildah run --network none "$container" -- cat /from-copy /word /tmp/id
        shows $'copied\nsaid\n1000\n/home/user'
        buildah rm --all >/dev/null
        expect 0 buildah rmi localhost/built
}

@test "buildah bud: a RUN that fails ends the build with its status" {
        printf 'FROM %s\nRUN exit 9\n' "$IMAGE" >"$CONTEXT/Dockerfile"
        fails build
        tells 'exit status 9'
        printf 'FROM %s\nRUN ["/no/such/file"]\n' "$IMAGE" >"$CONTEXT/Dockerfile"
        fails build
        tells 'no such file or directory'
}

@test "buildah bud: many steps" {
        {
                echo "FROM $IMAGE"
                for i in 1 2 3 4 5 6 7 8; do
                        echo "RUN echo $i >>/steps"
                done
        } >"$CONTEXT/Dockerfile"
        expect 0 build --layers=false --tag localhost/steps
        container=$(buildah from localhost/steps)
        expect 0 buildah run --network none "$container" -- sh -c 'tr -d "\n" </steps'
        shows 12345678
        buildah rm --all >/dev/null
        expect 0 buildah rmi localhost/steps
}
