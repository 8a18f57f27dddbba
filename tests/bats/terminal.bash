# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the suites about terminals share. Loaded after helpers.bash.

setup_file() {
        common_setup_file
        ! command -v "${CC:-cc}" >/dev/null ||
                "${CC:-cc}" -D_GNU_SOURCE -O1 -o "$BATS_FILE_TMPDIR/console" "$BATS_TEST_DIRNAME/../tools/console.c"
}

# A terminal of its own for a command; its status is the command's.
on_terminal() {
        timeout 30 script --quiet --return --command "$*" /dev/null </dev/null
}

# in_terminal COMMAND: runs it in the background in a terminal whose name is in $DIR/tty; what is written to
# $DIR/keyboard is typed. The settings before and after are in $DIR/before and $DIR/after, the status in $DIR/status.
in_terminal() {
        mkfifo "$DIR/keyboard"
        echo "tty >$DIR/tty; stty -a >$DIR/before; $1; echo \$? >$DIR/status; stty -a >$DIR/after" >"$DIR/command"
        command script --quiet --command "sh $DIR/command" "$DIR/screen" <>"$DIR/keyboard" >/dev/null 2>&1 3>&- &
        BACKGROUND=$!
}

is_raw() {
        stty -F "$(cat "$DIR/tty")" -a | grep -q -e '-icanon'
}
