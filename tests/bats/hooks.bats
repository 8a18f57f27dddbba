#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The six hooks: when they run, in which namespaces, with which state, environment and descriptors, and what happens
# when one of them fails or does not end.

load helpers

kinds=(prestart createRuntime createContainer startContainer poststart poststop)

# hook KIND SCRIPT [JSON]: one more hook, run by a shell; JSON has properties beside path and args. A file in $OUT (as
# the script names it) can be written by every kind and is in $BUNDLE/rootfs/tmp afterwards.
hook() {
        local kind=$1 more=${3-} out=$BUNDLE/rootfs/tmp
        [ "$kind" != startContainer ] || out=/tmp
        [ -n "$more" ] || more='{}'
        config '.hooks[$kind] += [{path: "/bin/sh", args: ["sh", "-c", $script]} + $more]' \
                --arg kind "$kind" --arg script "OUT=$out; $2" --argjson more "$more"
}

# in_all_hooks SCRIPT [JSON]: $KIND in the script is the hook's kind.
in_all_hooks() {
        local kind
        for kind in "${kinds[@]}"; do
                hook "$kind" "KIND=$kind; $1" "${2-}"
        done
}

# The content of a file that hooks have written.
out() {
        cat "$BUNDLE/rootfs/tmp/$1"
}

# A container's whole life, with a process that waits to be killed.
live() {
        start
        stop
        tare delete "$ID"
}

stop() {
        tare kill "$ID" KILL
        soon status_is stopped
}

order() {
        out order | paste -sd' '
}

# --- when ---

@test "order: of kinds and within a kind, in create, start and delete" {
        in_all_hooks 'echo $KIND-1 >>$OUT/order'
        in_all_hooks 'echo $KIND-2 >>$OUT/order'
        args sleep 1000
        local expected='prestart-1 prestart-2 createRuntime-1 createRuntime-2 createContainer-1 createContainer-2'
        create
        is "$(order)" "$expected"
        expected+=' startContainer-1 startContainer-2 poststart-1 poststart-2'
        tare start "$ID"
        is "$(order)" "$expected"
        stop
        is "$(order)" "$expected"
        tare delete "$ID"
        is "$(order)" "$expected poststop-1 poststop-2"
}

@test "order: the same in a foreground run" {
        in_all_hooks 'echo $KIND >>$OUT/order'
        inside 'until [ "$(tail -n 1 /tmp/order)" = poststart ]; do :; done; echo process >>/tmp/order'
        is "$(order)" 'prestart createRuntime createContainer startContainer poststart process poststop'
}

@test "poststart: runs when the process has been executed, before start returns" {
        hook poststart 'pid=$(sed "s/.*\"pid\":\([0-9]*\).*/\1/"); cat /proc/$pid/comm >$OUT/comm'
        start
        is "$(out comm)" sleep
}

@test "prestart and createRuntime: the namespaces and mounts are there, the root is not entered" {
        local kind script='pid=$(sed "s/.*\"pid\":\([0-9]*\).*/\1/")
                for kind in pid net ipc uts mnt; do
                        [ "$(readlink /proc/$pid/ns/$kind)" = "$(readlink /proc/self/ns/$kind)" ] || echo $kind
                done
                ! grep -q " $ROOTFS/proc proc " /proc/$pid/mounts || echo mounts
                [ ! -d "/proc/$pid/root$ROOTFS" ] || echo outside'
        for kind in prestart createRuntime; do
                hook "$kind" "ROOTFS=$ROOTFS; { $script"$'\n'"} >\$OUT/$kind"
        done
        inside true
        is "$(out prestart | paste -sd' ')" "pid net ipc uts mnt mounts outside"
        is "$(out createRuntime | paste -sd' ')" "pid net ipc uts mnt mounts outside"
}

@test "createContainer: the mounts of the container are made, its root is not yet entered" {
        hook createContainer "grep -c ' $BUNDLE/rootfs/proc proc ' /proc/mounts >\$OUT/mounts; readlink /proc/self/root >>\$OUT/mounts"
        inside true
        is "$(out mounts | paste -sd' ')" "1 /"
}

@test "poststop: runs when the container has gone, before delete returns" {
        hook poststop "ls $ROOT >\$OUT/states; find /sys/fs/cgroup -name $ID >>\$OUT/states 2>&1; echo end >>\$OUT/states"
        live
        is "$(out states)" end
}

# --- the state ---

@test "state: id, bundle, version and annotations in every phase" {
        in_all_hooks 'cat >$OUT/$KIND.json'
        config '.annotations = {"a.b": "c \"d\"", "empty": ""}'
        live
        local kind
        for kind in "${kinds[@]}"; do
                is "$(out $kind.json | jq -c '[.id, .bundle, .annotations, (.ociVersion | startswith("1."))]')" \
                        "$(jq -nc --arg id "$ID" --arg bundle "$BUNDLE" '[$id, $bundle, {"a.b": "c \"d\"", "empty": ""}, true]')"
        done
}

@test "state: status and pid of each phase" {
        in_all_hooks 'cat >$OUT/$KIND.json'
        start
        local pid
        pid=$(pid_of)
        tare delete --force "$ID"
        is "$(out prestart.json | jq -c '[.status, .pid]')" "[\"creating\",$pid]"
        is "$(out createRuntime.json | jq -c '[.status, .pid]')" "[\"creating\",$pid]"
        is "$(out createContainer.json | jq -c '[.status, .pid]')" '["creating",1]'
        is "$(out startContainer.json | jq -c '[.status, .pid]')" '["created",1]'
        is "$(out poststart.json | jq -c '[.status, .pid]')" "[\"running\",$pid]"
        is "$(out poststop.json | jq -c '[.status, has("pid")]')" '["stopped",false]'
}

@test "state: 100 kB of annotations arrive whole" {
        local text
        text=$(head -c 1000 /dev/zero | tr '\0' x)
        config '.annotations = ([range(100) | {key: "key-\(.)", value: $text}] | from_entries)' --arg text "$text"
        in_all_hooks 'cat >$OUT/$KIND.json'
        live
        local kind
        for kind in "${kinds[@]}"; do
                is "$(out $kind.json | jq -c '[(.annotations | length), (.annotations | map(length) | add)]')" '[100,100000]'
        done
}

@test "state: 100 kB of annotations, and hooks that do not read them" {
        local text
        text=$(head -c 100000 /dev/zero | tr '\0' x)
        config '.annotations = {big: $text}' --arg text "$text"
        in_all_hooks 'exec 0<&-; echo $KIND >>$OUT/order'
        live
        is "$(order)" "${kinds[*]}"
}

# --- arguments, environment, directory ---

@test "arguments: args are argv" {
        hook createRuntime '' '{"args": ["zero", "-c", "tr \"\\0\" \"\\n\" </proc/$$/cmdline >\"$0\"", "@", "a b"]}'
        config '.hooks.createRuntime[0].args[3] = $path' --arg path "$BUNDLE/rootfs/tmp/args"
        inside true
        is "$(out args | sed -n '1,2p;$p' | paste -sd,)" "zero,-c,a b"
}

@test "arguments: without args argv[0] is the path, and nothing follows" {
        # Busybox does what its name says, and this one wants an argument.
        ln -s "$(command -v busybox)" "$BUNDLE/basename"
        config '.hooks.createRuntime = [{path: $path}]' --arg path "$BUNDLE/basename"
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        says 'Usage: basename FILE'
}

@test "environment: an empty env is an empty environment" {
        in_all_hooks 'PATH=/bin:/usr/bin; exec 5</proc/self/environ; tr "\0" "\n" <&5 >$OUT/$KIND.env; :' '{"env": []}'
        live
        local kind
        for kind in "${kinds[@]}"; do
                is "$(out $kind.env)" ""
        done
}

@test "environment: without env that of the runtime; that of the container for startContainer" {
        in_all_hooks 'exec 5</proc/self/environ; tr "\0" "\n" <&5 >$OUT/$KIND.env; :'
        config '.process.env += ["INSIDE=1"]'
        OUTSIDE=1 live
        local kind
        for kind in prestart createRuntime createContainer; do
                is "$kind $(out $kind.env | grep -c '^OUTSIDE=1$') $(out $kind.env | grep -c INSIDE)" "$kind 1 0"
        done
        is "$(out startContainer.env)" "$(jq -r '.process.env[]' "$BUNDLE/config.json"; echo HOME=/root)"
        # OUTSIDE was set for all the commands.
        for kind in poststart poststop; do
                is "$kind $(out $kind.env | grep -c '^OUTSIDE=1$') $(out $kind.env | grep -c INSIDE)" "$kind 1 0"
        done
}

@test "directory: the bundle, and inside the container that of the process" {
        in_all_hooks 'pwd -P >$OUT/$KIND.pwd'
        config '.process.cwd = "/usr"'
        script 'exec sleep 1000'
        cd /
        tare create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
        tare start "$ID"
        tare delete --force "$ID"
        local kind
        for kind in prestart createRuntime createContainer poststart poststop; do
                is "$kind $(out $kind.pwd)" "$kind $BUNDLE"
        done
        is "$(out startContainer.pwd)" /usr
}

@test "directory: a createContainer hook may mount relative to the bundle" {
        hook createContainer 'mount --bind rootfs/etc rootfs/var && touch rootfs/var/mounted'
        inside 'test -e /var/mounted && grep -c " /var " /proc/self/mountinfo'
        prints 1
        [ -e "$ROOTFS/etc/mounted" ]
        [ ! -e "$ROOTFS/var/mounted" ]
}

# --- namespaces ---

# The namespaces of a process by a procfs of the host's pid namespace.
namespaces_of() {
        readlink "/proc/$1/ns"/{mnt,pid,uts,ipc,net}
}

@test "namespaces: the container's for createContainer and startContainer, the runtime's for the others" {
        in_all_hooks 'for i in mnt pid uts ipc net; do readlink /proc/self/ns/$i; done >$OUT/$KIND.ns'
        start
        local inside kind
        inside=$(namespaces_of "$(pid_of)")
        tare delete --force "$ID"
        for kind in prestart createRuntime poststart poststop; do
                is "$(out $kind.ns)" "$(namespaces_of self)"
        done
        for kind in createContainer startContainer; do
                is "$(out $kind.ns)" "$inside"
        done
}

@test "namespaces: the path of a createContainer hook is the host's, that of a startContainer hook the container's" {
        mkdir -p "$DIR/host"
        printf '#!/bin/sh\necho host >>%s\n' "$BUNDLE/rootfs/tmp/which" >"$DIR/host/hook"
        printf '#!/bin/sh\necho image >>/tmp/which\n' >"$BUNDLE/rootfs/bin/hook"
        # The image has a file of the same path.
        mkdir -p "$BUNDLE/rootfs$DIR/host"
        cp "$BUNDLE/rootfs/bin/hook" "$BUNDLE/rootfs$DIR/host/hook"
        chmod +x "$DIR/host/hook" "$BUNDLE/rootfs/bin/hook" "$BUNDLE/rootfs$DIR/host/hook"
        config '.hooks.createContainer = [{path: $path}] | .hooks.startContainer = [{path: "/bin/hook"}]' \
                --arg path "$DIR/host/hook"
        inside true
        is "$(out which | paste -sd' ')" "host image"
}

@test "namespaces: a startContainer hook is in the container's root, with its view of processes" {
        hook startContainer 'ls -d /proc/1 /etc/passwd '"$BUNDLE"' >$OUT/seen 2>/dev/null; hostname >>$OUT/seen'
        config '.hostname = "inside"'
        inside true
        is "$(out seen | paste -sd' ')" "/etc/passwd /proc/1 inside"
}

# --- descriptors ---

@test "descriptors: hooks have the standard streams only, not what is preserved for the process" {
        in_all_hooks 'ls -l /proc/self/fd >$OUT/$KIND.fds'
        script 'ls -l /proc/self/fd >/tmp/process.fds; exec sleep 1000'
        echo kept >"$DIR/kept"
        "$TARE" --root "$ROOT" create --preserve-fds 1 --bundle "$BUNDLE" "$ID" 3<"$DIR/kept" >/dev/null 2>&1
        tare start "$ID"
        soon grep -qs '2 ->' "$BUNDLE/rootfs/tmp/process.fds"
        tare delete --force "$ID"
        local kind
        for kind in "${kinds[@]}"; do
                # Another one is the directory that ls reads.
                is "$kind $(out $kind.fds | sed -n '/\/proc\/.*\/fd$/d; s/.* \([0-9]*\) -> .*/\1/p' | paste -sd' ')" "$kind 0 1 2"
                is "$kind $(out $kind.fds | grep -c "$DIR/kept")" "$kind 0"
        done
        is "$(out process.fds | grep -c "$DIR/kept")" 1
}

# --- time ---

@test "timeout: ends the hook with all its processes, and says so" {
        local kind
        for kind in createRuntime createContainer startContainer; do
                config 'del(.hooks)'
                hook $kind 'sleep 1000 & sleep 1000 & wait' '{"timeout": 1}'
                script true
                SECONDS=0
                expect 1 tare run --bundle "$BUNDLE" "$ID"
                says "hooks.$kind[0]: "
                says "hook ran past specified timeout of 1.0s"
                [ "$SECONDS" -le 5 ]
                nothing_left
        done
}

@test "timeout: a hook that ends in time is not waited for longer" {
        hook createRuntime 'true' '{"timeout": 1000}'
        SECONDS=0
        inside true
        [ "$SECONDS" -le 5 ]
}

@test "a process that a hook leaves behind holds nothing up" {
        hook createRuntime 'sleep 1000 & echo $! >$OUT/pid'
        SECONDS=0
        inside true
        [ "$SECONDS" -le 5 ]
        kill -KILL "$(out pid)"
        soon has_ended "$(out pid)"
}

# A zombie has, though nobody may come to reap it.
has_ended() {
        ! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"
}

@test "a hook's output, however long, blocks nobody and is not the runtime's" {
        in_all_hooks 'yes | head -n 1000000'
        inside true
        prints ""
        says_nothing
}

# --- files for the output ---

# to_files [STDOUT [STDERR]]: the annotations; the files are in the host's part of the test.
to_files() {
        config '.annotations["run.oci.hooks.stdout"] = $out | .annotations["run.oci.hooks.stderr"] = $err' \
                --arg out "${1-$DIR/stdout}" --arg err "${2-$DIR/stderr}"
}

@test "output files: every kind of hook appends to them, and the container's process has neither" {
        to_files
        echo before >"$DIR/stdout"
        in_all_hooks 'echo $KIND; echo $KIND error >&2'
        script 'readlink /proc/self/fd/* | grep -e stdout -e stderr; echo end'
        create
        tare start "$ID"
        soon status_is stopped
        tare delete "$ID"
        is "$(cat "$DIR/container")" end
        is "$(cat "$DIR/stdout")" "before"$'\n'"$(printf '%s\n' "${kinds[@]}")"
        is "$(cat "$DIR/stderr")" "$(printf '%s error\n' "${kinds[@]}")"
        is "$(stat -c %a "$DIR/stderr")" 600
}

@test "output files: run, with all that a hook writes and in its order" {
        to_files
        in_all_hooks 'seq 100000'
        inside true
        prints ""
        local kind
        for kind in "${kinds[@]}"; do
                seq 100000
        done | cmp - "$DIR/stdout"
        is "$(cat "$DIR/stderr")" ""
}

@test "output files: hooks themselves have only pipes" {
        to_files
        in_all_hooks 'ls -l /proc/self/fd | grep -c -e /stdout -e /stderr || :
                for fd in 0 1 2; do readlink /proc/self/fd/$fd; done'
        inside true
        ! grep -v -e '^pipe:' -e '^0$' "$DIR/stdout" || { cat "$DIR/stdout" && return 1; }
        is "$(grep -c '^pipe:' "$DIR/stdout")" 18
}

@test "output files: the message of a failing hook still has what it wrote" {
        to_files
        hook createContainer 'echo out; exit 3'
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        says "hooks.createContainer[0]: run \`/bin/sh\`: exit status 3, output: out"
        is "$(cat "$DIR/stdout")" out
        hook createRuntime 'echo err >&2; exit 4'
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        says "hooks.createRuntime[0]: run \`/bin/sh\`: exit status 4, output: err"
        is "$(cat "$DIR/stderr")" err
        nothing_left
}

@test "output files: only one of them" {
        config '.annotations["run.oci.hooks.stderr"] = $err' --arg err "$DIR/stderr"
        hook createRuntime 'echo out; echo err >&2'
        inside true
        is "$(cat "$DIR/stderr")" err
        [ ! -e "$DIR/stdout" ]
}

@test "output files: none is made where no hook runs" {
        to_files
        inside true
        [ ! -e "$DIR/stdout" ]
        [ ! -e "$DIR/stderr" ]
}

@test "output files: a link, a FIFO without a reader and a relative path are refused" {
        hook createRuntime true
        touch "$DIR/elsewhere"
        ln -s elsewhere "$DIR/link"
        to_files "$DIR/link"
        refused "annotations.run.oci.hooks.stdout: open \`$DIR/link\`: too many levels of symbolic links"
        mkfifo "$DIR/fifo"
        to_files "$DIR/stdout" "$DIR/fifo"
        refused "annotations.run.oci.hooks.stderr: open \`$DIR/fifo\`: no such device or address"
        to_files stdout
        refused 'annotations.run.oci.hooks.stdout: found `stdout`, expected an absolute path'
        is "$(cat "$DIR/elsewhere")" ""
}

@test "output files: one that cannot be opened fails poststart, and poststop hooks run without it" {
        mkdir "$DIR/logs"
        to_files "$DIR/logs/stdout" "$DIR/logs/stderr"
        hook poststart true
        hook poststop 'echo poststop >>$OUT/order'
        args sleep 1000
        create
        rm -r "$DIR/logs"
        expect 1 tare start "$ID"
        says "annotations.run.oci.hooks.stdout: open \`$DIR/logs/stdout\`: no such file or directory"
        soon status_is stopped
        expect 0 tare delete "$ID"
        says "annotations.run.oci.hooks.stdout: open \`$DIR/logs/stdout\`: no such file or directory"
        is "$(order)" poststop
}

@test "output files: the container's limit on files does not end it, and a full disk does not either" {
        to_files
        seq 1000 >"$DIR/stdout"
        # The first process of a pid namespace would be spared by the kernel.
        config '.process.rlimits = [{"type": "RLIMIT_FSIZE", "soft": 1, "hard": 1}]
                | .linux.namespaces |= map(select(.type != "pid"))'
        hook startContainer 'seq 10; seq 10 >&2'
        inside 'echo'
        config 'del(.process.rlimits)'
        to_files /dev/full /dev/full
        in_all_hooks 'echo lost'
        inside true
}

# --- hooks that write without end ---

@test "a hook that writes without end is ended by its timeout" {
        local kind
        to_files /dev/null /dev/null
        for kind in createRuntime createContainer; do
                hook $kind 'exec yes' '{"timeout": 1}'
                SECONDS=0
                expect 1 tare create --bundle "$BUNDLE" "$ID"
                says "hooks.$kind[0]: run \`/bin/sh\`: hook ran past specified timeout of 1.0s, output: y"
                [ "$SECONDS" -le 5 ]
                config 'del(.hooks)'
                nothing_left
        done
}

@test "a hook that leaves somebody behind who writes without end holds nothing up" {
        hook createRuntime 'yes & echo $! >$OUT/pid'
        SECONDS=0
        inside true
        [ "$SECONDS" -le 5 ]
        soon eval '! kill -0 "$(out pid)" 2>/dev/null' || { kill -KILL "$(out pid)" && return 1; }
}

# --- failure ---

# failing KIND: a hook that fails between two that do not, and poststop hooks that tell whether they ran.
failing() {
        hook "$1" "echo $1-1 >>\$OUT/order"
        hook "$1" 'echo out; echo err >&2; exit 3'
        hook "$1" "echo $1-3 >>\$OUT/order"
}

# fails_in KIND COMMAND...: the command fails because of that hook.
fails_in() {
        local kind=$1
        shift
        expect 1 "$@"
        says "hooks.$kind[1]: run \`/bin/sh\`: exit status 3, output: out\\nerr"
}

create_fails_in() {
        failing "$1"
        hook poststop 'echo poststop >>$OUT/order'
        fails_in "$1" tare create --bundle "$BUNDLE" "$ID"
        is "$(order)" "$1-1 poststop"
        nothing_left
}

@test "failing prestart: create fails, nothing is left, poststop hooks run" { create_fails_in prestart; }
@test "failing createRuntime: create fails, nothing is left, poststop hooks run" { create_fails_in createRuntime; }
@test "failing createContainer: create fails, nothing is left, poststop hooks run" { create_fails_in createContainer; }

start_fails_in() {
        failing "$1"
        hook poststop 'echo poststop >>$OUT/order'
        args sleep 1000
        create
        fails_in "$1" tare start "$ID"
        soon status_is stopped
        tare delete "$ID"
        is "$(order)" "$1-1 poststop"
        nothing_left
}

@test "failing startContainer: start fails, the container is stopped" { start_fails_in startContainer; }
@test "failing poststart: start fails, the container is stopped" { start_fails_in poststart; }

run_fails_in() {
        failing "$1"
        hook poststop 'echo poststop >>$OUT/order'
        script 'echo process >>/tmp/order; exec sleep 1000'
        fails_in "$1" tare run --bundle "$BUNDLE" "$ID"
        is "$(order | sed 's/process //')" "$1-1 poststop"
        nothing_left
}

@test "failing prestart: run fails and leaves nothing" { run_fails_in prestart; }
@test "failing createRuntime: run fails and leaves nothing" { run_fails_in createRuntime; }
@test "failing createContainer: run fails and leaves nothing" { run_fails_in createContainer; }
@test "failing startContainer: run fails and leaves nothing" { run_fails_in startContainer; }
@test "failing poststart: run fails and leaves nothing" { run_fails_in poststart; }

@test "failing startContainer: the process is never executed" {
        hook startContainer 'exit 1'
        script 'echo process >/tmp/process'
        expect 1 tare run --bundle "$BUNDLE" "$ID"
        [ ! -e "$BUNDLE/rootfs/tmp/process" ]
}

@test "failing poststop: a warning, the others run, delete succeeds" {
        failing poststop
        args sleep 1000
        create
        expect 0 tare delete "$ID"
        says 'level=warning'
        says 'hooks.poststop[1]: run `/bin/sh`: exit status 3'
        is "$(order)" "poststop-1 poststop-3"
        nothing_left
}

@test "failing poststop: a foreground run keeps its exit status" {
        failing poststop
        script 'exit 42'
        expect 42 tare run --bundle "$BUNDLE" "$ID"
        says 'hooks.poststop[1]: run `/bin/sh`: exit status 3'
        is "$(order)" "poststop-1 poststop-3"
}

@test "failing by a signal: named in the message" {
        hook createRuntime 'kill -KILL $$'
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        says 'hooks.createRuntime[0]: run `/bin/sh`: killed by signal 9'
        nothing_left
}

@test "a hook that does not exist: named, with the reason" {
        config '.hooks.createRuntime = [{path: "/nonexistent/hook"}]'
        expect 1 tare create --bundle "$BUNDLE" "$ID"
        says 'hooks.createRuntime[0]: run `/nonexistent/hook`'
        says 'no such file or directory'
        nothing_left
}

# acting_hook KIND COMMAND...: a hook that gives the commands to the runtime, for its own container.
acting_hook() {
        local kind=$1 command all=
        shift
        for command; do
                all+="timeout 5 '$TARE' --root '$ROOT' $command '$ID' 2>&1; echo \$?; "
        done
        hook "$kind" "{ $all } >\$OUT/$kind"
}

@test "hooks that act on their own container: while it is created all is refused, and nothing is waited for" {
        acting_hook createRuntime start kill delete pause resume 'update --pids-limit 9'
        args sleep 1000
        create
        is "$(out createRuntime | sed 's/.*msg=//')" "$(printf '%s\n1\n' '"cannot start a container in the creating state"' \
                '"container not running"' '"cannot delete container '"$ID"' that is not stopped: creating"' \
                '"container not running"' '"container not paused"' '"cannot update a container in the creating state"')"
        is "$(status_of)" created
}

@test "hooks that act on their own container: poststart hooks work on one that runs" {
        acting_hook poststart start delete pause state resume
        args sleep 1000
        create
        tare start "$ID"
        is "$(out poststart | sed 's/.*msg=//' | grep -v '^[{} ]')" "$(printf '%s\n' '"cannot start an already running container"' 1 \
                '"cannot delete container '"$ID"' that is not stopped: running"' 1 0 0 0)"
        is "$(out poststart | grep '"status"')" '  "status": "paused",'
        is "$(status_of)" running
        expect 0 tare delete --force "$ID"
        expect 0 tare run --detach --bundle "$BUNDLE" "$ID"
        is "$(out poststart | grep '"status"')" '  "status": "paused",'
        is "$(status_of)" running
}

@test "the runtime killed while a hook runs: what is left can be deleted" {
        hook createRuntime 'echo $$ >$OUT/pid; exec sleep 1000'
        "$TARE" --root "$ROOT" create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 3>&- &
        local runtime=$!
        soon test -s "$BUNDLE/rootfs/tmp/pid"
        is "$(status_of)" creating
        kill -KILL "$runtime"
        wait "$runtime" || true
        kill -KILL "$(out pid)"
        tare delete --force "$ID"
        nothing_left
}
