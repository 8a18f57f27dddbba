/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings of the container's namespaces. Runs in init. */
#include "libcontainer/isolation/kernel-settings.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "libcontainer/isolation/mount-api.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/kernel.h"
#include "util/path.h"
#include "util/text.h"

/*
 * Everything for who possesses it; for other processes of the same user, which may be another container's, only to view,
 * read and search (keyctl_setperm(3)).
 */
#define KEYRING_PERMISSIONS 0x3f0b0000ul

int settings_join_keyring(const struct plan *plan) {
        autofree char *name = NULL;
        long key;

        if (!plan->new_keyring)
                return 0;
        name = text_format("_ses.%s", plan->id);
        key = kernel_keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)name, 0, 0, 0);
        /* ENOSYS: no keys in this kernel. EPERM and EACCES: an outer container's filter forbids them, to all alike. */
        if (key < 0)
                return errno == ENOSYS || errno == EPERM || errno == EACCES ? 0 : fail(errno, "join session keyring `%s`", name);
        if (kernel_keyctl(KEYCTL_SETPERM, (unsigned long)key, KEYRING_PERMISSIONS, 0, 0) < 0)
                return fail(errno, "set permissions of session keyring `%s`", name);
        return 0;
}

int settings_raise_loopback(const struct plan *plan) {
        struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
        autoclose int socket_fd = -1;

        if (!plan->creates[NAMESPACE_NETWORK])
                return 0;
        socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (socket_fd < 0)
                return fail(errno, "open socket for the loopback device");
        return ioctl(socket_fd, SIOCSIFFLAGS, &request) < 0 ? fail(errno, "set the loopback device up") : 0;
}

int settings_set_names(const struct plan *plan) {
        const char *hostname = plan->config->hostname, *domainname = plan->config->domainname;

        if (!text_is_empty(hostname) && sethostname(hostname, strlen(hostname)) < 0)
                return fail(errno, "hostname: set `%s`", hostname);
        if (!text_is_empty(domainname) && setdomainname(domainname, strlen(domainname)) < 0)
                return fail(errno, "domainname: set `%s`", domainname);
        return 0;
}

static bool needs_procfs(const struct plan *plan) {
        return plan->config->linux.sysctl.count > 0 || !text_is_empty(plan->config->process.apparmor_profile) ||
               !text_is_empty(plan->config->process.selinux_label);
}

/* The fallback: the host's /proc, which is where it says as long as the pivot has not happened, and is checked to be one. */
static int open_host_procfs(int *ret_fd) {
        autoclose int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct statfs status;

        if (fd < 0 || fstatfs(fd, &status) < 0)
                return fail(errno, "open `/proc`");
        if (status.f_type != PROC_SUPER_MAGIC)
                return reject("`/proc` is not a procfs");
        *ret_fd = take_fd(&fd);
        return 0;
}

int settings_open_procfs(const struct plan *plan, int *ret_fd) {
        *ret_fd = -1;
        if (!needs_procfs(plan))
                return 0;
        if (!mount_api_is_new())
                return open_host_procfs(ret_fd);
        *ret_fd = mount_new("proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
        if (*ret_fd >= 0)
                return 0;
        /* Inside another container that covers parts of its /proc the kernel refuses a full one to a user namespace. */
        if (*ret_fd == -EPERM && plan->in_user_namespace) {
                fail_forget();
                return open_host_procfs(ret_fd);
        }
        return within(*ret_fd, "open a private procfs");
}

/* "net.ipv4.ip_forward" or "net/ipv4/ip_forward": whichever separator comes first is the separator (sysctl.d(5)). */
static char *sysctl_path(const char *key) {
        char *path = text_format("sys/%s", key);
        const char *first = strpbrk(key, "./");

        for (char *p = path + strlen("sys/"); first && *first == '.' && *p; p++) {
                if (*p == '.')
                        *p = '/';
                else if (*p == '/')
                        *p = '.';
        }
        return path;
}

/*
 * To write nothing at all is nothing to the kernel, an empty line is a value: it empties a list, and is no number. What
 * follows the value, such as a second number where there is one, is left unread without an error.
 */
static int write_sysctl(int procfs_fd, const char *key, const char *value) {
        const char *text = text_is_empty(value) ? "\n" : value;
        autofree char *path = sysctl_path(key);
        autoclose int fd = path_open_no_symlinks(procfs_fd, path, O_WRONLY);
        ssize_t taken;

        if (fd < 0)
                return fail(-fd, "linux.sysctl[\"%s\"]: open", key);
        taken = write(fd, text, strlen(text));
        if (taken < 0)
                return fail(errno, "linux.sysctl[\"%s\"]: write `%s`", key, value);
        if ((size_t)taken < strlen(text))
                return reject("linux.sysctl[\"%s\"]: found `%s`, of which the kernel takes `%.*s`", key, value, (int)taken, value);
        return 0;
}

int settings_write_sysctl(const struct plan *plan, int procfs_fd) {
        const struct string_map *sysctl = &plan->config->linux.sysctl;

        for (size_t i = 0; i < sysctl->count; i++) {
                int r = write_sysctl(procfs_fd, sysctl->items[i].key, sysctl->items[i].value);

                if (r < 0)
                        return r;
        }
        return 0;
}
