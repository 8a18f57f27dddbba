/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands in tare's place: asks tests/audit/run to trace this process, and becomes tare. It is the tracer's master that starts
 * strace, and not this process, because then strace is root's in rootless tests, has its folder, its descriptors and its command
 * line elsewhere, and the process keeps its pid. TARE and SOCKET are defined by run.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv) {
        struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char answer = 0;

        (void)argc;
        /* The answer comes when the tracer is there. */
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || read(fd, &answer, 1) != 1) {
                perror("audit: " SOCKET);
                return 98;
        }
        close(fd);
        execv(TARE, argv);
        perror("audit: " TARE);
        return 98;
}
