/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The change of root. Runs in init. */
#include "libcontainer/isolation/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "libcontainer/isolation/mount-api.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/kernel.h"
#include "util/mountinfo.h"
#include "util/path.h"
#include "util/text.h"


/*
 * pivot_root(".", ".") puts the old root on top of the new one at the same place, from where it is detached: so no
 * directory for it is needed, and the rootfs may be read-only (pivot_root(2), NOTES).
 */
static int pivot(int rootfs_fd) {
        autoclose int old_root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (old_root_fd < 0)
                return fail(errno, "open `/`");
        if (fchdir(rootfs_fd) < 0)
                return fail(errno, "enter rootfs");
        if (kernel_pivot_root(".", ".") < 0)
                return fail(errno, "pivot_root");
        if (fchdir(old_root_fd) < 0)
                return fail(errno, "enter old root");
        /* Nothing of the unmounting may propagate to the host. */
        if (mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0)
                return fail(errno, "make old root a slave");
        if (umount2(".", MNT_DETACH) < 0)
                return fail(errno, "unmount old root");
        return chdir("/") < 0 ? fail(errno, "enter `/`") : 0;
}

/*
 * chroot(2) leaves the host's tree in the namespace, where a process with capabilities may find its way back. A full
 * procfs or sysfs there would be worth the way, and the kernel would take it as leave to mount others; so they go.
 */
static int unmount_host_views(const char *rootfs) {
        autofree char *mountinfo = NULL;
        int r = file_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &mountinfo, NULL);

        if (r < 0)
                return fail(-r, "read `/proc/self/mountinfo`");
        for (char *rest = mountinfo, *line; (line = strsep(&rest, "\n"));) {
                struct mountinfo found;

                if (!mountinfo_parse(line, &found) || (!text_equal(found.type, "proc") && !text_equal(found.type, "sysfs")) ||
                    path_is_below(found.mount_point, rootfs))
                        continue;
                /*
                 * In a user namespace they are locked and can only be covered. ENOENT and ENOTDIR: it went with another that
                 * it was below, or a cover hides it already.
                 */
                if (umount2(found.mount_point, MNT_DETACH) < 0 &&
                    mount("tmpfs", found.mount_point, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=555") < 0 &&
                    errno != ENOENT && errno != ENOTDIR)
                        return fail(errno, "hide `%s` of the host", found.mount_point);
        }
        return 0;
}

static int change_root(int rootfs_fd) {
        if (fchdir(rootfs_fd) < 0)
                return fail(errno, "enter rootfs");
        if (chroot(".") < 0)
                return fail(errno, "chroot");
        return chdir("/") < 0 ? fail(errno, "enter `/`") : 0;
}

static int move_and_change_root(const struct plan *plan, int rootfs_fd) {
        int r = unmount_host_views(plan->rootfs);

        if (r < 0)
                return r;
        if (fchdir(rootfs_fd) < 0)
                return fail(errno, "enter rootfs");
        if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
                return fail(errno, "move rootfs to `/`");
        return change_root(rootfs_fd);
}

int rootfs_enter(const struct plan *plan, int rootfs_fd) {
        if (!config_namespace(plan->config, NAMESPACE_MOUNT))
                return change_root(rootfs_fd);
        return plan->no_pivot ? move_and_change_root(plan, rootfs_fd) : pivot(rootfs_fd);
}

int rootfs_propagate(const struct plan *plan) {
        if (!plan->final_propagation || !config_namespace(plan->config, NAMESPACE_MOUNT))
                return 0;
        return mount_propagate_path("/", plan->final_propagation);
}
