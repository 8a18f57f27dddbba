#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every header compiles alone: whoever includes it needs to know of no other. Prints TAP.
#
#     check-headers.sh [SOURCES]     SOURCES is the folder src/ of this tree unless given
#     check-headers.sh --self-test   plants a header that leans on another: it must be found

set -u

here=$(cd "$(dirname "$0")" && pwd)

compiles_alone() {
        printf '#include "%s"\n' "$1" |
                "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -iquote "$sources" -Wall -Wextra -Wno-unused -Werror -fsyntax-only -x c - 2>&1
}

check() {
        sources=$1
        headers=$(cd "$sources" && find . -name '*.h' | sed 's|^\./||' | sort) || exit 2
        echo "1..$(echo "$headers" | wc -l)"
        number=0 failed=0
        for header in $headers; do
                number=$((number + 1))
                if complaint=$(compiles_alone "$header"); then
                        echo "ok $number $header"
                else
                        echo "$complaint" | sed 's/^/# /'
                        echo "not ok $number $header"
                        failed=1
                fi
        done
        return $failed
}

self_test() {
        copy=$(mktemp -d "${TMPDIR:-/tmp}/tare-headers.XXXXXX") || exit 2
        trap 'rm -rf "$copy"' EXIT
        echo 'static inline size_t lean(uint32_t on) { return on; }' >"$copy/leaning.h"
        echo 'struct alone { int value; };' >"$copy/alone.h"
        found=$(sh "$0" "$copy")
        echo 1..1
        if echo "$found" | grep -q '^not ok . leaning.h' && echo "$found" | grep -q '^ok . alone.h'; then
                echo "ok 1 a header that leans on another is found"
        else
                echo "not ok 1 a header that leans on another is found"
                return 1
        fi
}

case ${1-} in
--self-test) self_test ;;
*) check "${1:-$here/../src}" ;;
esac
