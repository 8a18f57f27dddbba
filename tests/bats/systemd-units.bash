# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For the suites with an engine whose cgroups the machine's systemd makes: what the unit of a container says of it, and what the
# kernel does. To be loaded together with docker.bash or podman.bash, whose engine then sees systemd, and has a slice of its own.

SHARED_RUN="systemd dbus"
SYSTEMCTL=(systemctl)

# Why this cannot be tested here; nothing when it can.
systemd_missing() {
        [ -d /run/systemd/system ] || echo "needs systemd"
        [ "$(stat --file-system --format %T /sys/fs/cgroup)" = cgroup2fs ] || echo "needs cgroup v2 alone"
        command -v systemctl >/dev/null || echo "needs systemctl"
}

# A dash would put it into another slice.
slice_name() {
        echo "$(tr -d .- <<<"$1").slice"
}

# --- units ---

# property UNIT NAME
property() {
        "${SYSTEMCTL[@]}" show --property "$2" --value "$1"
}

# says UNIT NAME=VALUE...: systemd has these properties of the unit.
says() {
        local unit=$1 wanted
        shift
        for wanted; do
                is "${wanted%%=*}=$(property "$unit" "${wanted%%=*}")" "$wanted" || return 1
        done
}

has_unit() {
        [ "$(property "$1" LoadState)" = loaded ]
}

# no_unit UNIT FOLDER: systemd has forgotten the unit, and the kernel its cgroup.
no_unit() {
        ! has_unit "$1" && [ ! -e "$2" ]
}

# --- cgroups ---

# folder_of PID: of its cgroup.
folder_of() {
        echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")"
}

# holds FOLDER FILE=VALUE...
holds() {
        local folder=$1 wanted
        shift
        for wanted; do
                is "${wanted%%=*}=$(cat "$folder/${wanted%%=*}")" "$wanted" || return 1
        done
}

members() {
        wc -l <"$1/cgroup.procs"
}

# Each limit of a cgroup, a line each.
limits_of() {
        (cd "$1" && grep -sH . cpu.{max,max.burst,weight,idle} cpuset.{cpus,mems} io.{max,weight,bfq.weight} \
                memory.{high,low,max,min,oom.group,swap.max} pids.max) || :
}
