# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by quickstart and test: the names of what they need as the machine's package manager knows it, and the
# installation of what is missing. POSIX sh, for Alpine has no other.

if [ "$(id -u)" -eq 0 ]; then
        as_root=
elif command -v sudo >/dev/null; then
        as_root=sudo
else
        as_root=refuse_without_root
fi

refuse_without_root() {
        echo "this needs root, and there is no sudo: $*" >&2
        return 1
}

package_manager() {
        for manager in apt-get dnf apk; do
                if command -v "$manager" >/dev/null; then
                        echo "$manager"
                        return
                fi
        done
}

# What a build needs, and busybox for a first rootfs. Libraries beyond seccomp, cap and yajl are optional.
build_packages() {
        case $(package_manager) in
        apt-get) echo gcc libc6-dev meson ninja-build pkg-config libseccomp-dev libcap-dev libyajl-dev libselinux1-dev libapparmor-dev busybox-static ;;
        dnf) echo gcc glibc-devel meson ninja-build pkgconf-pkg-config libseccomp-devel libcap-devel yajl-devel libselinux-devel busybox ;;
        apk) echo gcc musl-dev linux-headers meson ninja-build pkgconf libseccomp-dev libseccomp-static libcap-dev libcap-static yajl-dev yajl-static busybox-static ;;
        esac
}

is_installed() {
        case $(package_manager) in
        apt-get) [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
        dnf) rpm --query --quiet --whatprovides "$1" 2>/dev/null ;;
        apk) apk info --quiet --installed "$1" >/dev/null 2>&1 ;;
        esac
}

missing_packages() {
        for package in "$@"; do
                is_installed "$package" || printf '%s ' "$package"
        done
}

apt_install() {
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends "$@"
}

install_packages() {
        case $(package_manager) in
        # The lists of a fresh machine are empty or old: fetched only then.
        apt-get) apt_install "$@" 2>/dev/null || { $as_root apt-get update --quiet --quiet && apt_install "$@"; } ;;
        dnf) $as_root dnf install --quiet --assumeyes "$@" ;;
        apk) $as_root apk add --quiet "$@" ;;
        *) echo "no apt, dnf or apk here: install by hand what README.md names" >&2 && return 1 ;;
        esac
}

# install_missing LOG PACKAGE...: prints what it does in one line; the package manager's own words go into the log.
install_missing() {
        log=$1
        shift
        missing=$(missing_packages "$@")
        if [ -z "$missing" ]; then
                echo "  packages    nothing is missing"
                return
        fi
        echo "  packages    installing $missing"
        # shellcheck disable=SC2086 # a list of words
        install_packages $missing >"$log" 2>&1 || { cat "$log" >&2 && return 1; }
}
