#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Who may include whom: no loop between modules (a module is a file's name with its folder, without .c or .h), and
# folders see only folders below them. Prints TAP.
#
#     check-layers.sh [SOURCES]     checks; SOURCES is the folder src/ of this tree unless given
#     check-layers.sh --self-test   plants a loop and two wrong includes in a copy: each must be found

set -u

here=$(cd "$(dirname "$0")" && pwd)

# folder:the folders it may see besides itself. A folder without a row may not include ours at all.
rules="
util:
seccomp:util
bus:util
cgroups:bus util
resctrl:util
libcontainer/config:cgroups resctrl seccomp util
libcontainer/plan:libcontainer/state libcontainer/config cgroups resctrl seccomp util
libcontainer/state:libcontainer/config cgroups resctrl util
libcontainer/isolation:libcontainer/plan libcontainer/state libcontainer/config cgroups resctrl seccomp util
libcontainer/process:libcontainer/isolation libcontainer/plan libcontainer/state libcontainer/config cgroups resctrl seccomp util
libcontainer:libcontainer/process libcontainer/isolation libcontainer/plan libcontainer/state libcontainer/config cgroups resctrl seccomp util
cli:libcontainer libcontainer/plan libcontainer/state libcontainer/config cgroups resctrl seccomp util
.:cli libcontainer libcontainer/plan libcontainer/config cgroups resctrl seccomp util
"

# "includer included" per line, both as paths below the sources: each #include of one of our own headers.
includes() {
        find . -name '*.[ch]' | sed 's|^\./||' | sort | while read -r file; do
                sed -n 's|^#include "\([^"]*\)".*|\1|p' "$file" | sed "s|^|$file |"
        done | grep -v ' build-config\.h$'
}

# A module's own header is no arrow; tsort fails on a loop and names its members on stderr.
loops() {
        includes | sed 's|\.[ch]\b||g' | awk '$1 != $2' | sort -u | tsort 2>&1 >/dev/null
}

folder() {
        case $1 in
        */*) echo "${1%/*}" ;;
        *) echo . ;;
        esac
}

wrong_arrows() {
        includes | while read -r from to; do
                below=$(folder "$to")
                from_folder=$(folder "$from")
                [ "$from_folder" != "$below" ] || continue
                allowed=$(echo "$rules" | sed -n "s|^$from_folder:||p")
                case " $allowed " in
                *" $below "*) ;;
                *) echo "src/$from includes \"$to\": $from_folder/ may not see $below/" ;;
                esac
        done
}

# report NUMBER NAME FINDINGS: one TAP line; the findings go above it.
report() {
        if [ -z "$3" ]; then
                echo "ok $1 $2"
        else
                echo "$3" | sed 's/^/# /'
                echo "not ok $1 $2"
        fi
}

check() {
        cd "$1" || exit 2
        loop=$(loops)
        wrong=$(wrong_arrows)
        echo 1..2
        report 1 "no loop between modules" "$loop"
        report 2 "no include of a folder above" "$wrong"
        [ -z "$loop$wrong" ]
}

# plant NUMBER NAME FILE LINE EXPECTED: LINE added to a copy of FILE must make the check fail with EXPECTED in its words.
plant() {
        cp -r "$sources" "$copy/src"
        printf '%s\n' "$4" >>"$copy/src/$3"
        if found=$(sh "$0" "$copy/src"); then
                report "$1" "$2" "the check passed"
        else
                report "$1" "$2" "$(echo "$found" | grep -q "$5" || echo "$found")"
        fi
        rm -rf "$copy/src"
}

self_test() {
        sources=$here/../src
        copy=$(mktemp -d "${TMPDIR:-/tmp}/tare-layers.XXXXXX") || exit 2
        trap 'rm -rf "$copy"' EXIT
        results=$(
                plant 1 "a loop of two modules is found" util/alloc.h '#include "util/fd.h"
#include "util/text.h"' 'not ok 1'
                plant 2 "the ground floor may not see the top" util/fd.c '#include "libcontainer/plan/plan.h"' 'util/ may not see libcontainer/'
                plant 3 "nobody but main.c sees the commands" libcontainer/state.c '#include "cli/command.h"' 'may not see cli/'
                plant 4 "neighbours do not see each other" seccomp/names.c '#include "cgroups/cgroup.h"' 'seccomp/ may not see cgroups/'
        )
        echo 1..4
        echo "$results"
        ! echo "$results" | grep -q '^not ok'
}

case ${1-} in
--self-test) self_test ;;
*) check "${1:-$here/../src}" ;;
esac
