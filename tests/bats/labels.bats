#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# AppArmor profiles and SELinux labels, where the kernel has them active: applied, inherited, and refused by name. What is said
# where it has not is in errors.bats and exec.bats. `scripts/test --vm` runs this file in a guest with each of the two.

load helpers

# A name for what is loaded into the kernel, which is the machine's: no other run's.
PROFILE=tare-${BATS_RUN_TMPDIR##*-}

LABEL=system_u:system_r:container_t:s0:c1,c2
FILE_LABEL=system_u:object_r:container_file_t:s0:c1,c2

setup_file() {
        common_setup_file
        apparmor_is_active || return 0
        apparmor_parser --replace --skip-cache < <(profile "$PROFILE"; profile "$PROFILE-exec")
}

teardown_file() {
        apparmor_is_active || return 0
        apparmor_parser --remove --skip-cache < <(profile "$PROFILE"; profile "$PROFILE-exec")
}

# Everything is allowed but one file, and that only to see that the profile is more than a name.
profile() {
        echo "profile $1 flags=(attach_disconnected) {
                file, capability, mount, umount, pivot_root, signal, ptrace, network, unix,
                deny /tmp/forbidden w,
        }"
}

apparmor_is_active() {
        grep -qx Y /sys/module/apparmor/parameters/enabled 2>/dev/null && command -v apparmor_parser >/dev/null
}

need_apparmor() {
        apparmor_is_active || skip "AppArmor is not active here"
}

need_selinux() {
        [ -e /sys/fs/selinux/enforce ] || skip "SELinux is not active here"
        can_be_label "$LABEL" || skip "the SELinux policy here has no container_t"
}

# The kernel checks a label that is asked for without using it.
can_be_label() {
        printf %s "$1" >/sys/fs/selinux/context
} 2>/dev/null

# The label that a process has, as it sees it itself: without the mode that AppArmor appends, and SELinux's closing NUL.
LABEL_INSIDE='tr -d "\0" </proc/self/attr/current'

# --- AppArmor ---

@test "apparmorProfile: the process has it, and it is enforced" {
        need_apparmor
        config '.process.apparmorProfile = $profile' --arg profile "$PROFILE"
        inside 'cat /proc/self/attr/current; echo 1 >/tmp/allowed && echo allowed; echo 1 >/tmp/forbidden'" || echo denied"
        prints_line "$PROFILE (enforce)"
        prints_line allowed
        prints_line denied
}

@test "apparmorProfile: also without no_new_privs, and in a user namespace" {
        need_apparmor
        config '.process.apparmorProfile = $profile | .process.noNewPrivileges = false' --arg profile "$PROFILE"
        inside 'cat /proc/self/attr/current'
        prints "$PROFILE (enforce)"
        chown 100000:100000 "$ROOTFS"
        config '.linux.namespaces += [{"type": "user"}]
                | .linux |= (.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}] | .gidMappings = .uidMappings)'
        inside 'cat /proc/self/attr/current'
        prints "$PROFILE (enforce)"
}

@test "apparmorProfile: empty or missing is none" {
        need_apparmor
        config '.process.apparmorProfile = ""'
        inside 'cat /proc/self/attr/current'
        prints "$(cat /proc/self/attr/current)"
        config 'del(.process.apparmorProfile)'
        inside 'cat /proc/self/attr/current'
        prints "$(cat /proc/self/attr/current)"
}

@test "apparmorProfile: one that is not loaded is an error by its name" {
        need_apparmor
        config '.process.apparmorProfile = $profile' --arg profile "$PROFILE-missing"
        refused "AppArmor profile \`$PROFILE-missing\`: no such file or directory"
}

@test "apparmorProfile, exec: the container's, or the one of the command, or of the file" {
        need_apparmor
        config '.process.apparmorProfile = $profile' --arg profile "$PROFILE"
        start
        expect 0 tare exec "$ID" cat /proc/self/attr/current
        prints "$PROFILE (enforce)"
        expect 0 tare exec --apparmor "$PROFILE-exec" "$ID" cat /proc/self/attr/current
        prints "$PROFILE-exec (enforce)"
        jq --arg profile "$PROFILE-exec" '.process | .args = ["cat", "/proc/self/attr/current"] | .apparmorProfile = $profile' \
                "$BUNDLE/config.json" >"$DIR/process.json"
        expect 0 tare exec --process "$DIR/process.json" "$ID"
        prints "$PROFILE-exec (enforce)"
        expect 255 tare exec --apparmor "$PROFILE-missing" "$ID" true
        says "AppArmor profile \`$PROFILE-missing\`: no such file or directory"
}

# --- SELinux ---

@test "selinuxLabel: the process has it" {
        need_selinux
        config '.process.selinuxLabel = $wanted' --arg wanted "$LABEL"
        inside "$LABEL_INSIDE"
        prints "$LABEL"
}

@test "selinuxLabel: in a user namespace" {
        need_selinux
        chown 100000:100000 "$ROOTFS"
        config '.process.selinuxLabel = $wanted | .linux.namespaces += [{"type": "user"}]
                | .linux |= (.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}] | .gidMappings = .uidMappings)' \
                --arg wanted "$LABEL"
        inside "$LABEL_INSIDE"
        prints "$LABEL"
}

@test "selinuxLabel: one that the policy does not know is an error by its name" {
        need_selinux
        config '.process.selinuxLabel = "no_user:no_role:no_type:s0"'
        refused 'SELinux label `no_user:no_role:no_type:s0`: invalid argument'
}

@test "selinuxLabel, exec: the container's, or the one of the command, or of the file" {
        need_selinux
        local other=${LABEL%c1,c2}c3,c4
        config '.process.selinuxLabel = $wanted' --arg wanted "$LABEL"
        start
        expect 0 tare exec "$ID" sh -c "$LABEL_INSIDE"
        prints "$LABEL"
        expect 0 tare exec --process-label "$other" "$ID" sh -c "$LABEL_INSIDE"
        prints "$other"
        jq --arg wanted "$other" --arg script "$LABEL_INSIDE" '.process
                | .args = ["sh", "-c", $script] | .selinuxLabel = $wanted' "$BUNDLE/config.json" >"$DIR/process.json"
        expect 0 tare exec --process "$DIR/process.json" "$ID"
        prints "$other"
        expect 255 tare exec --process-label no_user:no_role:no_type:s0 "$ID" true
        says 'SELinux label `no_user:no_role:no_type:s0`: invalid argument'
}

# labels_of PATH...: of the container's files, as the machine sees them.
labels_of() {
        local root
        root=/proc/$(pid_of)/root
        stat --format %C "${@/#/$root}"
}

@test "mountLabel: file systems that are made for the container have it, and the kernel's own keep theirs" {
        need_selinux
        config '.linux.mountLabel = $wanted | .process.selinuxLabel = $process
                | .mounts += [{"destination": "/var", "type": "tmpfs", "source": "tmpfs", "options": ["size=1m"]}]' \
                --arg wanted "$FILE_LABEL" --arg process "$LABEL"
        start
        is "$(labels_of /dev /dev/null /dev/shm /dev/mqueue /var | sort | uniq -c | tr -s ' ')" " 5 $FILE_LABEL"
        is "$(labels_of /proc/version)" "$(stat --format %C /proc/version)"
        is "$(labels_of /sys/kernel)" "$(stat --format %C /sys/kernel)"
        expect 0 tare exec "$ID" sh -c 'echo 1 >/var/file'
        is "$(labels_of /var/file)" "$FILE_LABEL"
}

@test "mountLabel: what is bound keeps its own" {
        need_selinux
        echo 1 >"$DIR/file"
        config '.linux.mountLabel = $wanted
                | .mounts += [{"destination": "/file", "type": "bind", "source": $file, "options": ["bind"]}]' \
                --arg wanted "$FILE_LABEL" --arg file "$DIR/file"
        start
        is "$(labels_of /file)" "$(stat --format %C "$DIR/file")"
}

@test "mountLabel: the kind of label that an annotation names" {
        need_selinux
        config '.linux.mountLabel = $wanted | .annotations["run.oci.mount_context_type"] = "rootcontext"
                | .mounts += [{"destination": "/var", "type": "tmpfs", "source": "tmpfs"}]' --arg wanted "$FILE_LABEL"
        start
        is "$(labels_of /var)" "$FILE_LABEL"
        expect 0 tare exec "$ID" grep ' /var ' /proc/mounts
        prints_match "rootcontext=$FILE_LABEL|rootcontext=\"$FILE_LABEL\""
}

@test "mountLabel: one that the policy does not know is an error that names the mount" {
        need_selinux
        config '.linux.mountLabel = "no_user:no_role:no_type:s0"'
        refused 'invalid argument' '/dev'
}
