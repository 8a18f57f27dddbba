#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Holds the manual and --help against each other, and the manual against its formatter:
#
#     check-manual.sh [TARE]
#
# What it reads of a page is kept simple there: the synopsis is one line; an option is the line after a .TP of the section
# OPTIONS, a command the line after a .TP of the section COMMANDS, with its summary in the line below.

set -euo pipefail
export LC_ALL=C

tare=${1:-build/src/tare}
man=$(cd "$(dirname "$0")/../man" && pwd)
pages=("$man"/tare*.1)
number=0
failed=0

# --- the pages ---

# Text as the reader sees it.
plain() {
        sed -e 's/\\f[BIR]//g' -e 's/\\-/-/g' -e 's/\\(ga/`/g' -e 's/\\&//g'
}

# section PAGE NAME
section() {
        awk -v title=".SH $2" '/^\.SH / { inside = $0 == title; next } inside' "$1" | plain
}

# --- the program ---

# part HELP TITLE: the rows below `TITLE:`
part() {
        awk -v title="$2:" '$0 == title { inside = 1; next } /^$/ { inside = 0 } inside { sub(/^ +/, ""); print }' <<<"$1"
}

# --- comparisons: say what differs, and give 1 ---

# compare WHAT MANUAL PROGRAM
compare() {
        [ "$2" != "$3" ] || return 0
        diff -U0 --label "$1 in the manual" --label "$1 of the program" <(echo "$2") <(echo "$3") | sed 's/^/# /'
        return 1
}

compare_options() {
        compare options "$(section "$1" OPTIONS | awk 'tag { print } { tag = /^\.TP/ }' | sort)" \
                "$(part "$2" options | sed 's/  .*//' | sort)"
}

compare_commands() {
        compare commands "$(section "$1" COMMANDS | awk 'tag { getline summary; print $0 ": " summary } { tag = /^\.TP/ }')" \
                "$(part "$2" commands | sed 's/   */: /')"
}

# Other pages that a page names.
check_references() {
        local name result=0
        for name in $(plain <"$1" | sed 's/ (1)/(1)/' | grep -o 'tare-[a-z]*(1)' | sort -u); do
                [ -e "$man/${name%(1)}.1" ] || { echo "# there is no page $name"; result=1; }
        done
        return $result
}

check_page() {
        local page=$1 name help result=0
        name=$(basename "$page" .1)
        if [ "$name" = tare ]; then
                help=$("$tare" --help)
                compare_commands "$page" "$help" || result=1
        else
                help=$("$tare" "${name#tare-}" --help) || { echo "# there is no command ${name#tare-}"; return 1; }
                compare summary "$(section "$page" NAME)" "$name - $(sed -n 3p <<<"$help")" || result=1
        fi
        compare synopsis "$(section "$page" SYNOPSIS)" "$(sed -n '1s/^usage: //p' <<<"$help")" || result=1
        compare_options "$page" "$help" || result=1
        check_references "$page" || result=1
        return $result
}

check_completeness() {
        compare pages "$(basename -a -s .1 "${pages[@]}" | sort)" \
                "$({ echo tare; part "$("$tare" --help)" commands | sed 's/^\([a-z]*\).*/tare-\1/'; } | sort)"
}

check_installation() {
        diff -U0 --label "pages there are" --label "pages that are installed" <(basename -a "${pages[@]}" | sort) \
                <(sed -n "s/^ *'\(.*\.1\)',\$/\1/p" "$man/meson.build" | sort) | sed 's/^/# /'
}

check_formatting() {
        local page warnings result=0
        for page in "${pages[@]}"; do
                warnings=$(groff -man -Tutf8 -ww -z "$page" 2>&1) || result=1
                [ -z "$warnings" ] || { sed "s/^/# /" <<<"$warnings"; result=1; }
        done
        return $result
}

# --- the run ---

# try DESCRIPTION COMMAND...
try() {
        local description=$1 result=ok
        shift
        number=$((number + 1))
        "$@" || { result="not ok"; failed=1; }
        echo "$result $number - $description"
}

echo "1..$((${#pages[@]} + 3))"
for page in "${pages[@]}"; do
        try "$(basename "$page") says what --help says" check_page "$page"
done
try "every command has a page" check_completeness
try "every page is installed" check_installation
if command -v groff >/dev/null; then
        try "the pages are formatted without warnings" check_formatting
else
        echo "ok $((number + 1)) - the pages are formatted without warnings # SKIP groff is not installed"
fi
exit $failed
