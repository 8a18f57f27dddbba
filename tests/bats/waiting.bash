# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the suites with engines share: waiting for conditions and for the end of processes, an engine's own /run
# and /etc, and the proof that a test leaves nothing.

# Begins the script of a shell in a new mount namespace, whose arguments are the folder that has them and those folders of /run
# that stay the machine's.
# shellcheck disable=SC2016
OWN_FOLDERS='
        dir=$1
        shift
        for shared; do
                mkdir -p "$dir/run/$shared"
                mount --bind "/run/$shared" "$dir/run/$shared"
        done
        mount --rbind "$dir/run" /run
        mount --bind "$dir/etc" /etc
'

# until_true SECONDS COMMAND...: success as soon as the command succeeds, failure when the time is over, which is longer on a
# slow machine ($PATIENCE).
until_true() {
        local deadline=$((SECONDS + ${PATIENCE:-$1}))
        shift
        until "$@" >/dev/null 2>&1; do
                [ "$SECONDS" -lt "$deadline" ] || return 1
                sleep 0.05
        done
}

# A process that has ended, reaped or not.
process_gone() {
        local state
        state=$(awk '$1 == "State:" { print $2 }' "/proc/$1/status" 2>/dev/null) || return 0
        [ -z "$state" ] || [ "$state" = Z ]
}

end_process() {
        kill "$1" 2>/dev/null || return 0
        until_true 20 process_gone "$1" || kill -KILL "$1"
}

# At the end of a test: shows what is left and fails, unless it goes soon. The suite's left() says that, a line each.
nothing_left() {
        until_true 10 clean || {
                left
                return 1
        }
}

clean() {
        [ -z "$(left 2>/dev/null)" ]
}

# A line for each process whose pid is on stdin.
processes_left() {
        local pid
        while read -r pid; do
                echo "process left: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")" || :
        done
}
