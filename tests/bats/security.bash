# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the suites about known holes share: a folder of the host that no container may reach, and the proof that it and the host
# are as they were. Loaded after helpers.bash. A test's name begins with the id of the hole.
#
# After each test, however it ended, must hold: the sentinel is untouched, the host's mounts, devices and settings are untouched
# (both by sentinel_unchanged), and no process, cgroup, mount or state is left (nothing_left). A test itself says whether tare
# had to refuse or the container had to be confined.

# shellcheck disable=SC2034 # the tests use what is set here

# The folder outside of the rootfs, for everybody to write to: what protects it is not its mode.
sentinel_folder() {
        OUTSIDE=$DIR/host/outside
        # The same, by as many ".." as lead to the top from anywhere.
        CLIMBING=../../../../../../../../../../../../../../../../../..$OUTSIDE
}

# sentinel_plant [NAME...]: makes $OUTSIDE, with a file and a folder and files of these names, and notes how all is. What a
# test adds to it is noted by sentinel_note.
sentinel_plant() {
        local name
        sentinel_folder
        mkdir -p "$OUTSIDE/folder"
        for name in file folder/file "$@"; do
                mkdir -p "$(dirname "$OUTSIDE/$name")"
                echo "the host's $name" >"$OUTSIDE/$name"
                chmod 666 "$OUTSIDE/$name"
                chown 7654:6543 "$OUTSIDE/$name"
        done
        find "$DIR/host" -type d -exec chmod 777 {} +
        sentinel_note
}

sentinel_note() {
        sentinel_look >"$DIR/sentinel"
}

# A test that fails halfway, or skips, has perhaps planted nothing.
sentinel_unchanged() {
        [ -e "$DIR/sentinel" ] || return 0
        sentinel_look | diff -u --label before --label after "$DIR/sentinel" - || { echo "the host was changed" && return 1; }
}

sentinel_look() {
        # With its own folder, so that nothing new is beside it. Of a change the time of the inode tells in any case.
        find "$DIR/host" -printf '%p %y %m %U:%G %n %s %t %c %l\n' | sort
        find "$DIR/host" -type f -exec md5sum {} + | sort
        host_settings
        host_mounts
}

# Those that an escape writes to first. The nodes of devices by what they are, for they are in use.
host_settings() {
        local name
        for name in kernel/core_pattern kernel/hostname kernel/domainname kernel/modprobe kernel/sysrq vm/overcommit_memory; do
                printf '%s: %s\n' "$name" "$(cat "/proc/sys/$name" 2>&1 || :)"
        done
        # Not kcore and the like: a container's /dev is made of these.
        for name in console core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero; do
                stat --format '%n %N %F %a %u:%g %t:%T' "/dev/$name" 2>&1 || :
        done
        stat --format '%n %a %u:%g' / /proc /sys /dev /etc /etc/passwd /etc/group /etc/hosts /etc/hostname 2>&1 || :
}

# But for what is mounted where other programs of the machine work meanwhile; those of the test nothing_left finds.
host_mounts() {
        awk '$5 !~ "^(/tmp|/var|/run|/mnt|/root|/home|/work)(/|$)" { print "mount:", $3, $4, $5, $6 }' /proc/self/mountinfo | sort
}

# confined_or_refused: runs the container; it ended well, with all of its output in $output, or tare refused with a message.
# In either case nothing is left and the host is as it was.
confined_or_refused() {
        status=0
        tare run --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>"$DIR/err" </dev/null || status=$?
        output=$(tr -d '\0' <"$DIR/out")
        errors=$(tr -d '\0' <"$DIR/err" | sed 's/\\\(["\\]\)/\1/g')
        [ "$status" -eq 0 ] || [ "$status" -eq 1 ] || complain "exit status $status"
        [ "$status" -eq 0 ] || [ -n "$errors" ] || complain "refused without a word"
        unharmed
}

unharmed() {
        sentinel_unchanged
        nothing_left
}

# In place of the file's own teardown.
security_teardown() {
        local changed=0
        common_teardown || changed=1
        # After the container's end, which may do something as well.
        sentinel_unchanged || changed=1
        return "$changed"
}
