/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The container's terminal. Runs in init. */
#include "libcontainer/isolation/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "libcontainer/isolation/mount-api.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/kernel.h"
#include "util/path.h"

#define MASTER_PATH "/dev/pts/ptmx"

static int open_master(int rootfs_fd) {
        autoclose int fd = path_open_no_symlinks(rootfs_fd, MASTER_PATH, O_RDWR | O_NOCTTY | O_NONBLOCK);
        struct statfs filesystem;
        struct stat status;

        if (fd < 0)
                return fail(-fd, "open terminal `%s` (process.terminal needs a mount of type devpts on /dev/pts)", MASTER_PATH);
        if (fstat(fd, &status) < 0 || !S_ISCHR(status.st_mode) || status.st_rdev != makedev(5, 2) ||
            fstatfs(fd, &filesystem) < 0 || filesystem.f_type != DEVPTS_SUPER_MAGIC)
                return reject("`%s` in the rootfs is not the multiplexer of a devpts", MASTER_PATH);
        return take_fd(&fd);
}

/* Through the master, not by the name in /dev/pts, which the container could exchange. */
static int open_slave(int master_fd) {
        int unlock = 0, slave_fd;

        if (ioctl(master_fd, TIOCSPTLCK, &unlock) < 0)
                return fail(errno, "unlock terminal");
        slave_fd = ioctl(master_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
        return slave_fd < 0 ? fail(errno, "open the slave side of the terminal") : slave_fd;
}

/* A plain file to mount on; a link of the image's is never followed. */
static int open_console(int rootfs_fd) {
        autoclose int dev_fd = path_open_no_symlinks(rootfs_fd, "/dev", O_RDONLY | O_DIRECTORY);
        struct stat status;
        int fd;

        if (dev_fd < 0)
                return fail(-dev_fd, "open `/dev`");
        if (mknodat(dev_fd, "console", S_IFREG | 0620, 0) < 0 && errno != EEXIST)
                return fail(errno, "make `/dev/console`");
        fd = openat(dev_fd, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return fail(errno, "open `/dev/console`");
        if (fstat(fd, &status) == 0 && !S_ISLNK(status.st_mode) && !S_ISDIR(status.st_mode))
                return fd;
        fd_close(&fd);
        return reject("`/dev/console` in the rootfs is a link or a directory");
}

static int mount_console(int rootfs_fd, int slave_fd) {
        autoclose int console_fd = open_console(rootfs_fd);
        autoclose int mount_fd = -1;

        if (console_fd < 0)
                return console_fd;
        mount_fd = mount_clone(slave_fd, 0);
        if (mount_fd < 0)
                return within(mount_fd, "terminal");
        return mount_attach(mount_fd, console_fd);
}

static int set_size(const struct process_config *process, int fd) {
        struct winsize size = {
                .ws_row = (unsigned short)process->console_size.height,
                .ws_col = (unsigned short)process->console_size.width,
        };

        if (!process->console_size.present)
                return 0;
        return ioctl(fd, TIOCSWINSZ, &size) < 0 ? fail(errno, "set size of terminal") : 0;
}

int terminal_make(const struct plan *plan, int rootfs_fd, int *ret_master_fd, int *ret_slave_fd) {
        const struct process_config *process = &plan->config->process;
        autoclose int master_fd = open_master(rootfs_fd);
        autoclose int slave_fd = -1;
        int r;

        if (master_fd < 0)
                return master_fd;
        slave_fd = open_slave(master_fd);
        if (slave_fd < 0)
                return slave_fd;
        r = set_size(process, slave_fd);
        if (r < 0)
                return r;
        if (fchown(slave_fd, process->user.uid, (gid_t)-1) < 0)
                return fail(errno, "change owner of terminal");
        if (plan->makes_dev) {
                r = mount_console(rootfs_fd, slave_fd);
                if (r < 0)
                        return within(r, "mount terminal on `/dev/console`");
        }
        r = fd_set_nonblock(master_fd, false);
        if (r < 0)
                return fail(-r, "prepare terminal");
        *ret_master_fd = take_fd(&master_fd);
        *ret_slave_fd = take_fd(&slave_fd);
        return 0;
}

int terminal_send(int socket, int master_fd) {
        int r = fd_send(socket, MASTER_PATH, strlen(MASTER_PATH), master_fd);

        return r < 0 ? fail(-r, "send terminal to console socket") : 0;
}

void terminal_copy_size(int terminal_fd) {
        struct winsize size;

        if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
                ioctl(terminal_fd, TIOCSWINSZ, &size);
}

int terminal_use(int slave_fd) {
        if (ioctl(slave_fd, TIOCSCTTY, 0) < 0)
                return fail(errno, "make terminal the controlling one");
        for (int fd = 0; fd <= 2; fd++)
                if (dup3(slave_fd, fd, 0) < 0)
                        return fail(errno, "use terminal as standard input, output and error");
        return 0;
}
