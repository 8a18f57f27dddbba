#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Everything that a process sees of itself at its first instruction (tests/tools/first-look.c), held against an allow list: what
# is not on it fails the test, and so does what is missing. The list is computed from the config, which is the one of `tare
# spec`, and from what the caller has where the specification leaves that to him. Each time by a quiet caller, and by one who
# leaks and spoils all that can be inherited (tests/tools/hostile-caller.c).
#
# A capture of first-look in the caller's own place is the source of what is inherited. Each such line has its reason in
# inherited(), for_programs_of_the_host() and in create_container_hook(); all others are the config's or constants.

load helpers

callers=(quiet hostile)
kinds=(prestart createRuntime createContainer startContainer poststart poststop)

setup_file() {
        common_setup_file
        export MISSING=
        command -v "${CC:-cc}" >/dev/null || MISSING="needs ${CC:-cc}"
        local tools=$BATS_TEST_DIRNAME/../tools
        [ -n "$MISSING" ] || "${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$BATS_FILE_TMPDIR/first-look" "$tools/first-look.c" ||
                MISSING="needs a static C library"
        [ -n "$MISSING" ] || "${CC:-cc}" -D_GNU_SOURCE -O1 -o "$BATS_FILE_TMPDIR/hostile-caller" "$tools/hostile-caller.c"
}

setup() {
        common_setup
        [ -z "$MISSING" ] || skip "$MISSING"
        only_cgroupfs "its unit has places of its own"
        LOOK=$BATS_FILE_TMPDIR/first-look
        cp "$LOOK" "$ROOTFS/first-look"
        # Who writes there may be any user.
        mkdir -m 1777 "$ROOTFS/seen"
        args /first-look /seen/process
        (
                # Not by the caller's choice of processors, but by all that his cpuset has.
                taskset --pid ffffffff "$BASHPID" >/dev/null
                exec "$LOOK" "$DIR/quiet"
        ) 3>&-
        "$BATS_FILE_TMPDIR/hostile-caller" "$LOOK" "$DIR/hostile" 3>&-
}

# --- calling ---

# call CALLER ARGUMENT...: tare, as expect() leaves it. Its output and its errors are pipes, whose names are in $DIR/pipes.
call() {
        local -a caller=()
        [ "$1" = quiet ] || caller=("$BATS_FILE_TMPDIR/hostile-caller")
        shift
        status=0
        errors=''
        output=''
        (
                readlink "/proc/$BASHPID/fd/1" "/proc/$BASHPID/fd/2" >"$DIR/pipes" </dev/null
                exec timeout --foreground --kill-after=5 "${PATIENCE:-60}" "${caller[@]}" "$TARE" --root "$ROOT" "$@"
        ) </dev/null 3>&- > >(cat >"$DIR/out") 2> >(cat >"$DIR/err") || status=$?
        # The readers may be late; what they have counts only for the message.
        [ "$status" -eq 0 ] || complain "exit status $status: $* $(cat "$DIR/err")"
}

has_stopped() {
        soon status_is stopped
}

# --- what was seen ---

# The numbers that only the run knows, as words: its pipes, its namespaces, pids; and whose pipe or namespace it is.
seen() {
        local namespaces=$DIR/namespaces
        [ -e "$namespaces" ] || namespaces=/dev/null
        awk -v quiet="$DIR/quiet" -v pipes="$DIR/pipes" -v namespaces="$namespaces" '
                BEGIN {
                        while ((getline line <quiet) > 0)
                                host[line] = 1
                        while ((getline line <pipes) > 0)
                                pipe[line] = ++n == 1 ? "the caller'"'"'s output" : "the caller'"'"'s errors"
                        while ((getline line <namespaces) > 0)
                                container["namespace " line] = 1
                }
                $1 == "namespace" && !($0 in host) {
                        sub(/:.*/, $0 in container || namespaces == "/dev/null" ? " of the container" : " of somebody else")
                }
                $1 == "fd" && $NF ~ /^pipe:/ {
                        sub(/pipe:.*/, $NF in pipe ? pipe[$NF] : "a pipe")
                }
                $1 == "parent" && $2 > 1 { $2 = "other" }
                { print }
        ' "$1" | steady
}

# Options of a file system have no order that means anything, and some are the machine's. Whether a mount can be written
# through its own flags decide, which the calls of old kernels set for the file system as well.
steady() {
        awk '$1 == "mount" {
                n = split($NF, options, ",")
                list = ""
                for (i = 1; i <= n; i++)
                        if (options[i] !~ /^(rw|ro|seclabel|inode32|inode64|)$/)
                                sorted[options[i]] = 1
                while (length(sorted)) {
                        least = ""
                        for (option in sorted)
                                if (least == "" || option < least)
                                        least = option
                        list = list "," least
                        delete sorted[least]
                }
                $NF = "(" substr(list, 2) ")"
        } { print }' | LC_ALL=C sort
}

# compare NAME FILE: the allow list is on stdin.
compare() {
        seen "$2" >"$DIR/seen"
        steady >"$DIR/allowed"
        diff -U 0 --label "allowed: $1" --label "seen: $1" "$DIR/allowed" "$DIR/seen"
}

# --- the allow list: what is the caller's ---

# of_caller CALLER PATTERN: those lines of his that begin so.
of_caller() {
        grep -E "^($2)" "$DIR/$1"
}

# What a process of the container inherits.
inherited() {
        # config.md, "oomScoreAdj": not set, it must not be changed.
        of_caller "$1" oom_score_adj
        # config.md, "scheduler", "ioPriority": nothing is said of a process without them, so its share of the machine is that
        # of the service which runs it; the precision of its timers goes with that.
        of_caller "$1" 'scheduler |io priority|timerslack'
        # Of rlimits only those in the config are set.
        of_caller "$1" 'limit ' | grep -vFf <(jq -r '.rlimits[]? | "limit \(.type) "' "$DIR/process.json")
        # Bound to filters and locks that nobody can take away again; the hostile caller has none that the quiet one has not.
        of_caller quiet 'status Seccomp|status Seccomp_filters|securebits|status Speculation'
        # Nothing of it is a right, and there is no property for it: what the machine does at errors, and memory nodes.
        of_caller quiet 'coredump_filter|mce kill|thp disable|tsc|status THP_enabled|status untag_mask|status Mems_allowed_list'
        # All processors of the cpuset, whatever the caller was bound to.
        of_caller quiet 'status Cpus_allowed_list'
        # What the kernel maps into every program.
        of_caller quiet 'map '
        # The keyrings of a user are the kernel's, by uid and user namespace; neither is linked to the session's of the container.
        of_caller quiet 'key user' | sed "s/\(_uid\(_ses\)\?\)\.0$/\1.$(user uid)/; s/;0;/;$(user uid);/"
        of_caller quiet 'key thread|key process'
}

# Namespaces that the config does not name are the caller's.
namespaces() {
        local pattern
        pattern=$(jq -r '[.linux.namespaces[].type | {mount: "mnt", network: "net"}[.] // .] | join("|")' "$BUNDLE/config.json")
        of_caller quiet 'namespace ' | grep -vE "^namespace ($pattern):"
        tr '|' '\n' <<<"$pattern" | sed 's/.*/namespace & of the container/'
}

# --- the allow list: what is the config's ---

user() {
        jq -r ".user.$1" "$DIR/process.json"
}

# The line of a capability set, from the names on stdin.
capabilities() {
        local name mask=0
        local -A bits=([CAP_CHOWN]=0 [CAP_KILL]=5 [CAP_NET_BIND_SERVICE]=10 [CAP_SYS_CHROOT]=18 [CAP_AUDIT_WRITE]=29)
        while read -r name; do
                mask=$((mask | 1 << bits[$name]))
        done
        printf 'status Cap%s: %016x\n' "$1" "$mask"
}

set_of() {
        jq -r ".capabilities.$1[]?" "$DIR/process.json"
}

# By the rules of execve(2): root has what is bounding, others have what is ambient.
all_capabilities() {
        local has=ambient name
        [ "$(user uid)" -ne 0 ] || has=bounding
        set_of inheritable | capabilities Inh
        for name in Prm Eff; do
                set_of $has | capabilities $name
        done
        set_of bounding | capabilities Bnd
        set_of ambient | capabilities Amb
}

environment() {
        jq -r '.env[] | "environment \(.)"' "$DIR/process.json"
        jq -e '.env | any(startswith("HOME="))' "$DIR/process.json" >/dev/null ||
                awk -F: -v uid="$(user uid)" '$3 == uid { print "environment HOME=" $6 }' "$ROOTFS/etc/passwd"
}

credentials() {
        local uid gid
        uid=$(user uid)
        gid=$(user gid)
        echo "status Uid: $uid $uid $uid $uid"
        echo "status Gid: $gid $gid $gid $gid"
        jq -r '"status Groups:" + ([.user.additionalGids[]? | " \(.)"] | join(""))' "$DIR/process.json"
        all_capabilities
        jq -r '"status NoNewPrivs: " + (if .noNewPrivileges then "1" else "0" end)' "$DIR/process.json"
        jq -r '.rlimits[]? | "limit \(.type) \(.soft) \(.hard)"' "$DIR/process.json"
        # Of keys it has the container's session keyring, which is empty. The kernel may have none.
        of_caller quiet 'key session:' || echo "key session keyring;0;0;3f0b0000;_ses.$ID"
}

# `tare spec` writes one on v2.
has_cgroup_namespace() {
        jq -e '.linux.namespaces | any(.type == "cgroup")' "$BUNDLE/config.json" >/dev/null
}

# The cgroup: the container's in every hierarchy that is there for the runtime. What it is in is the root of its namespace.
cgroup_lines() {
        local mounted
        if has_cgroup_namespace; then
                of_caller quiet 'cgroup ' | sed 's|:/.*|:/|'
                return
        fi
        # Of a hierarchy without controllers, that of v2, the line begins with `:`.
        mounted=$(of_caller quiet 'mount ' |
                awk '$3 == "cgroup2" { print ":" } $3 == "cgroup" { sub(/^rw,/, "", $NF); print $NF ":" }')
        of_caller quiet 'cgroup ' | awk -v mounted="$mounted" -v place="$(place)" '
                BEGIN { n = split(mounted, names, "\n") }
                {
                        name = $2
                        sub(/:.*/, ":", name)
                        for (i = 1; i <= n; i++)
                                if (names[i] == name || index("," names[i], "," name))
                                        $0 = "cgroup " name place
                        print
                }'
}

# --- the allow list: mounts ---

# Options as mountinfo shows them, from those of the config.
flags_of() {
        awk -F, '{
                for (i = 1; i <= NF; i++)
                        has[$i] = 1
                printf "%s", "ro" in has ? "ro" : "rw"
                n = split("nosuid nodev noexec", names, " ")
                for (i = 1; i <= n; i++)
                        if (names[i] in has)
                                printf ",%s", names[i]
                if (!("strictatime" in has))
                        printf ",relatime"
        }' <<<"$1"
}

# The rest of them, for the file system, without what is its default.
data_of() {
        tr ',' '\n' <<<"$1" | sed -n 's/mode=0*/mode=/; /^mode=1777$/d; /=/p' | paste -sd,
}

# What the caller has at a path, the word of a column: `mount TARGET TYPE SOURCE ROOT OPTIONS PROPAGATION SUPER`.
mount_of() {
        of_caller quiet "mount " | awk -v path="$1" -v column="$2" '
                path == $2 || $2 == "/" || index(path, $2 "/") == 1 {
                        if (length($2) >= length(best)) {
                                best = $2
                                # What is below a shared one gets what is mounted there later, and gives nothing back.
                                sub(/.*shared.*/, "master", $7)
                                found = column ? $column : $0
                        }
                }
                END { print found }'
}

# The part of a path that is below its mount, beginning with the root of that mount.
root_of() {
        local target root
        target=$(mount_of "$1" 2)
        root=$(mount_of "$1" 5)
        target=${target%/}
        root=${root%/}
        echo "$root${1#"$target"}"
}

root_mount() {
        echo "mount $1 $(mount_of "$ROOTFS" 3) $(mount_of "$ROOTFS" 4) $(root_of "$ROOTFS") $(mount_of "$ROOTFS" 6)" \
                "$(mount_of "$ROOTFS" 7) $(mount_of "$ROOTFS" 8)"
}

# config_mounts PREFIX: those of `mounts`, below a path.
config_mounts() {
        local target type source options
        while IFS=$'\t' read -r target type source options; do
                if [ "$type" != cgroup ]; then
                        echo "mount $1$target $type $source / $(flags_of "$options") private rw,$(data_of "$options")"
                        continue
                fi
                if [ "$CGROUP_VERSION" = 2 ]; then
                        # Without a cgroup namespace as a whole, see docs/architecture.md.
                        of_caller quiet 'mount /sys/fs/cgroup cgroup2' | tail -n 1 | while read -r _ _ _ _ _ _ _ super; do
                                echo "mount $1$target cgroup2 cgroup / $(flags_of "$options") private $super"
                        done
                        continue
                fi
                echo "mount $1$target tmpfs tmpfs / $(flags_of "$options") private mode=755"
                of_caller quiet 'mount [^ ]* cgroup ' | while read -r _ host _ _ _ _ _ super; do
                        echo "mount $1$target/${host##*/} cgroup cgroup $(place) $(flags_of "$options") private $super"
                done
        done < <(jq -r '.mounts[] | [.destination, .type, .source, (.options // [] | join(","))] | @tsv' "$BUNDLE/config.json")
}

# What is mounted on parts of those: emptiness where nothing must be seen, themselves where nothing may be written.
covers() {
        local path
        for path in $(jq -r '.linux.maskedPaths[]' "$BUNDLE/config.json"); do
                if [ -d "$path" ]; then
                        echo "mount $path tmpfs tmpfs / ro,nosuid,nodev,noexec,relatime private size=4k,nr_inodes=1,mode=555"
                elif [ -e "$path" ]; then
                        echo "mount $path $(mount_of /dev/null 3) $(mount_of /dev/null 4) $(root_of /dev/null)" \
                                "ro,nosuid,noexec,relatime $(mount_of /dev/null 7) $(mount_of /dev/null 8)"
                fi
        done
        for path in $(jq -r '.linux.readonlyPaths[]' "$BUNDLE/config.json"); do
                [ ! -e "$path" ] || echo "mount $path proc proc ${path#/proc} ro,relatime private rw"
        done
}

# --- the allow list: constants ---

# No signal is ignored, blocked, caught or pending, no timer set, and nobody's end is the process's.
clean() {
        printf 'status Sig%s: 0000000000000000\n' Pnd Blk Ign Cgt
        echo "status ShdPnd: 0000000000000000"
        printf 'timer %s none\n' real virtual profiling
        printf '%s 0\n' keepcaps subreaper
        # Others than a program that may not be read can be debugged.
        echo "dumpable 1"
}

# Its memory is where nobody can guess it; see set_personality() in tuning.c.
personality() {
        echo "personality 00000000"
}

# --- the allow list: put together ---

# container CALLER: what all that is executed inside has.
container() {
        inherited "$1"
        namespaces
        credentials
        cgroup_lines
        root_mount /
        config_mounts ""
        covers
        clean
        personality
        jq -r '"directory \(.cwd)"' "$DIR/process.json"
}

# The descriptors of a process: the caller's, by his wish. Of his /dev/null it has its own.
streams() {
        echo "fd 0 char 1:3 rw on /dev: /dev/null"
        echo "fd 1 fifo w on outside: the caller's output"
        echo "fd 2 fifo w on outside: the caller's errors"
}

leader() {
        echo "parent 0"
        echo "process group own"
        echo "session own"
        echo "pdeathsig 0"
        environment
        jq -r '"umask \(.user.umask // 18)"' "$DIR/process.json" | awk '{ printf "umask %04o\n", $2 }'
}

# first_process CALLER FILE: that of run and create.
first_process() {
        jq .process "$BUNDLE/config.json" >"$DIR/process.json"
        {
                container "$1"
                leader
                streams
                echo "pid 1"
                echo "controlling terminal none"
        } | compare "$1: process" "$2"
}

# exec_process CALLER FILE: of exec without a terminal; $DIR/process.json says what it should be.
exec_process() {
        {
                container "$1"
                leader
                streams
                echo "pid other"
                echo "controlling terminal none"
        } | compare "$1: exec" "$2"
}

# One that is executed by exec -t: the container's terminal, its own and nobody else's.
exec_on_terminal() {
        local fd
        {
                container "$1"
                leader
                for fd in 0 1 2; do
                        echo "fd $fd char 136:0 rw on /dev/pts: /dev/pts/0"
                done
                echo "pid other"
                echo "controlling terminal 136:0 foreground"
        } | compare "$1: exec -t" "$2"
}

# What all hooks have: pipes to who runs them, their own environment, a group for a timeout to end; and they end with the
# runtime.
hook_itself() {
        echo "fd 0 fifo r on outside: a pipe"
        echo "fd 1 fifo w on outside: a pipe"
        echo "fd 2 fifo w on outside: a pipe"
        echo "environment HOOK=$1"
        echo "pid other"
        echo "process group own"
        echo "pdeathsig 9"
        echo "umask 0022"
}

# config.md, "POSIX-platform Hooks": these run in the runtime's namespaces. They are programs of who runs the runtime, and have
# what it has: credentials, keys, share and place of the machine. What execve(2) leaves of signals, timers and descriptors is
# not among that, nor is the umask.
for_programs_of_the_host() {
        of_caller "$1" 'status (Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Speculation|Cpus_|Mems_|THP_|untag)'
        of_caller "$1" 'oom_score_adj|scheduler |io priority|timerslack|limit |securebits|coredump_filter|mce kill|thp disable|tsc'
        of_caller "$1" 'personality|map |key '
        clean
}

host_hook() {
        {
                for_programs_of_the_host "$1"
                of_caller "$1" 'mount |namespace |cgroup |controlling terminal|session ' |
                        sed 's/ \(fore\|back\)ground$/ background/'
                hook_itself "$2"
                echo "parent other"
                echo "directory $BUNDLE"
        } | compare "$1: $2" "$3"
}

# In the container's namespaces with the host's files in view, so with the host's mounts and the container's; by init, before
# that gives up what the runtime has but its keys and its terminal, and in the container's cgroup.
create_container_hook() {
        # In a cgroup namespace the host's root is above the root.
        local above=
        ! has_cgroup_namespace || above=/..
        {
                for_programs_of_the_host "$1" | grep -v '^key session'
                credentials | grep '^key '
                namespaces
                cgroup_lines
                of_caller quiet 'mount ' | awk -v above="$above" '{
                        sub(/.*shared.*/, "master", $7)
                        if (above && $3 ~ /^cgroup/)
                                $5 = above
                        print
                }'
                root_mount "$ROOTFS"
                config_mounts "$ROOTFS"
                hook_itself createContainer
                echo "parent 1"
                echo "session 1"
                echo "controlling terminal none"
                echo "directory $BUNDLE"
        } | compare "$1: createContainer" "$2"
}

# Like the container's process, whose child it is.
start_container_hook() {
        {
                container "$1"
                hook_itself startContainer
                echo "parent 1"
                echo "session 1"
                echo "controlling terminal none"
        } | compare "$1: startContainer" "$2"
}

# --- the tests ---

@test "run: the process has what is on the list" {
        local caller
        for caller in "${callers[@]}"; do
                call "$caller" run --bundle "$BUNDLE" "$ID"
                first_process "$caller" "$ROOTFS/seen/process"
        done
}

@test "create and start: the process has what is on the list" {
        local caller
        for caller in "${callers[@]}"; do
                call "$caller" create --bundle "$BUNDLE" "$ID"
                readlink "/proc/$(pid_of)"/ns/* >"$DIR/namespaces"
                # The streams are those of create, not those of start.
                mv "$DIR/pipes" "$DIR/pipes.create"
                call "$caller" start "$ID"
                mv "$DIR/pipes.create" "$DIR/pipes"
                has_stopped
                tare delete "$ID"
                first_process "$caller" "$ROOTFS/seen/process"
        done
}

# A container to be looked into, whose namespaces are known.
container_for_exec() {
        config '.process.args = ["sleep", "1000"]'
        create
        tare start "$ID"
        readlink "/proc/$(pid_of)"/ns/* >"$DIR/namespaces"
}

@test "exec: the process has what is on the list" {
        container_for_exec
        jq .process "$BUNDLE/config.json" >"$DIR/process.json"
        local caller
        for caller in "${callers[@]}"; do
                call "$caller" exec "$ID" /first-look "/seen/$caller"
                exec_process "$caller" "$ROOTFS/seen/$caller"
        done
}

@test "exec --process: the process has what is on its own list" {
        container_for_exec
        local caller
        for caller in "${callers[@]}"; do
                jq --arg file "/seen/$caller" '.process | {terminal: false, cwd: "/tmp", args: ["/first-look", $file],
                        env: ["PATH=/bin", "OWN=1", "EMPTY="],
                        user: {uid: 1000, gid: 1000, additionalGids: [5, 6], umask: 23}, noNewPrivileges: false,
                        capabilities: {bounding: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"],
                                inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]},
                        rlimits: [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]}' \
                        "$BUNDLE/config.json" >"$DIR/process.json"
                call "$caller" exec --process "$DIR/process.json" "$ID"
                exec_process "$caller" "$ROOTFS/seen/$caller"
        done
}

@test "exec -t: the process has what is on the list, and a terminal of the container" {
        container_for_exec
        jq .process "$BUNDLE/config.json" >"$DIR/process.json"
        local caller program
        for caller in "${callers[@]}"; do
                program=
                [ "$caller" = quiet ] || program=$BATS_FILE_TMPDIR/hostile-caller
                timeout --kill-after=5 "${PATIENCE:-60}" script --quiet --return --command \
                        "$program $TARE --root $ROOT exec -t $ID /first-look /seen/$caller" /dev/null </dev/null >"$DIR/out" 3>&-
                : >"$DIR/pipes"
                exec_on_terminal "$caller" "$ROOTFS/seen/$caller"
        done
}

# Hooks of all kinds, each with its own environment; what they see is in $ROOTFS/seen.
hooks_everywhere() {
        local kind look=$LOOK seen
        for kind in "${kinds[@]}"; do
                seen=$ROOTFS/seen/$kind
                look=$LOOK
                [ "$kind" != startContainer ] || { seen=/seen/$kind && look=/first-look; }
                config '.hooks[$kind] = [{path: $look, args: ["first-look", $seen], env: ["HOOK=\($kind)"]}]' \
                        --arg kind "$kind" --arg look "$look" --arg seen "$seen"
        done
        jq .process "$BUNDLE/config.json" >"$DIR/process.json"
}

all_hooks() {
        local kind
        for kind in prestart createRuntime poststart poststop; do
                host_hook "$1" $kind "$ROOTFS/seen/$kind"
        done
        create_container_hook "$1" "$ROOTFS/seen/createContainer"
        start_container_hook "$1" "$ROOTFS/seen/startContainer"
}

@test "hooks in a run: each kind has what is on its list" {
        hooks_everywhere
        local caller
        for caller in "${callers[@]}"; do
                call "$caller" run --bundle "$BUNDLE" "$ID"
                all_hooks "$caller"
                # Hooks change nothing of it.
                first_process "$caller" "$ROOTFS/seen/process"
                rm "$ROOTFS"/seen/*
        done
}

@test "hooks in create, start and delete: each kind has what is on its list" {
        hooks_everywhere
        local caller command
        for caller in "${callers[@]}"; do
                call "$caller" create --bundle "$BUNDLE" "$ID"
                readlink "/proc/$(pid_of)"/ns/* >"$DIR/namespaces"
                for command in start delete; do
                        [ $command != delete ] || has_stopped
                        call "$caller" $command "$ID"
                done
                all_hooks "$caller"
                rm "$ROOTFS"/seen/*
        done
}
