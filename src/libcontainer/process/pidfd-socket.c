/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pidfd of a process that was just made, for whoever called us. Runs in the runtime's process, after the process has
 * been recorded and before it is released: the receiver sees every life of it, the shortest too.
 */
#include "libcontainer/process/pidfd-socket.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "util/fail.h"
#include "util/fd.h"

int pidfd_socket_send(int *socket_fd, const char *payload, int pidfd) {
        struct stat status;
        int r;

        if (*socket_fd < 0)
                return 0;
        /* What stands for a pidfd on an old kernel (util/proc.c) is a directory in our /proc, and no use to anybody else. */
        if (fstat(pidfd, &status) < 0 || S_ISDIR(status.st_mode))
                return reject("send pidfd to pidfd socket: it needs pidfd_open(2), which this kernel lacks");
        r = fd_send(*socket_fd, payload, strlen(payload), pidfd);
        fd_close(socket_fd);
        return r < 0 ? fail(-r, "send pidfd to pidfd socket") : 0;
}
