/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The second start from a read-only view. Runs in the runtime's process, first of all. */
#include "libcontainer/own-binary.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "util/fail.h"
#include "util/fd.h"
#include "util/kernel.h"

#define SELF "/proc/self/exe"
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* A mount's own flag counts here as well as the file system's; a file in memory tells by its seals. */
static int is_protected(int exe_fd) {
        struct statvfs status;
        int seals = fcntl(exe_fd, F_GET_SEALS);

        if (seals >= 0 && (seals & SEALS) == SEALS)
                return 1;
        if (fstatvfs(exe_fd, &status) < 0)
                return fail(errno, "look at `%s`", SELF);
        return (status.f_flag & ST_RDONLY) != 0;
}

/* -EPERM and -ENOSYS: not here. */
static int open_readonly_view(int exe_fd) {
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
        autoclose int view_fd = kernel_open_tree(exe_fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

        if (view_fd < 0 || kernel_mount_setattr(view_fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
                return -errno;
        return take_fd(&view_fd);
}

/* The kernel refuses (EBUSY) while another processor still has a page in its hands; each call waits for it itself. */
#define SEAL_TRIES 8

static int seal(int copy_fd) {
        for (int i = 0; i < SEAL_TRIES; i++) {
                if (fcntl(copy_fd, F_ADD_SEALS, SEALS) == 0)
                        return 0;
                if (errno != EBUSY)
                        return -errno;
        }
        return -EBUSY;
}

static int copy_into(int exe_fd, int copy_fd) {
        char bytes[65536];

        for (;;) {
                ssize_t n = fd_read_full(exe_fd, bytes, sizeof(bytes));
                int r = n > 0 ? fd_write_full(copy_fd, bytes, (size_t)n) : (int)n;

                if (r < 0)
                        return r;
                if (n == 0)
                        return seal(copy_fd);
        }
}

static int open_sealed_copy(int exe_fd) {
        autoclose int copy_fd = memfd_create("tare", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
        int r;

        /* MFD_EXEC is an unknown flag before Linux 6.3. */
        if (copy_fd < 0 && errno == EINVAL)
                copy_fd = memfd_create("tare", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (copy_fd < 0)
                return -errno;
        r = copy_into(exe_fd, copy_fd);
        return r < 0 ? r : take_fd(&copy_fd);
}

int own_binary_protect(char *const *argv) {
        autoclose int exe_fd = open(SELF, O_RDONLY | O_CLOEXEC);
        autoclose int safe_fd = -1;
        int r;

        if (exe_fd < 0)
                return fail(errno, "open `%s`", SELF);
        r = is_protected(exe_fd);
        if (r != 0)
                return r < 0 ? r : 0;
        safe_fd = open_readonly_view(exe_fd);
        if (safe_fd < 0)
                safe_fd = open_sealed_copy(exe_fd);
        if (safe_fd < 0)
                return fail(-safe_fd, "protect tare's own file from the container");
        execveat(safe_fd, "", argv, environ, AT_EMPTY_PATH);
        return fail(errno, "start again from a protected view");
}
