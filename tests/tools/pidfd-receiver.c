/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pidfd-receiver SOCKET: the other end of --pidfd-socket. Listens at SOCKET, takes one message, prints
 *
 *     payload TEXT, N descriptors, pid PID, then the end|more
 *
 * (PID is 0 if the descriptor is not of a living process that may be seen here), waits until that process ends, and
 * prints "ended". Nothing takes longer than ten seconds.
 */
#include <err.h>
#include <stdio.h>
#include <unistd.h>

#include "receive.h"

static int pid_of(int pidfd) {
        char path[64], line[256];
        int pid = 0;
        FILE *file;

        snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
        file = fopen(path, "r");
        while (file && fgets(line, sizeof(line), file))
                if (sscanf(line, "Pid: %d", &pid) == 1)
                        break;
        if (file)
                fclose(file);
        return pid > 0 ? pid : 0;
}

int main(int argc, char **argv) {
        char payload[PAYLOAD_SIZE], byte;
        int connection, pidfd;
        size_t count;

        if (argc < 2)
                errx(2, "usage: pidfd-receiver SOCKET");
        connection = accept_at(argv[1]);
        if (receive(connection, payload, &count, &pidfd) == 0)
                errx(1, "the connection ended without a message");
        printf("payload %s, %zu descriptors, pid %d, ", payload, count, pid_of(pidfd));
        wait_for(connection, "the end of the connection");
        printf("then %s\n", read(connection, &byte, 1) == 0 ? "the end" : "more");
        fflush(stdout);
        wait_for(pidfd, "the end of the process");
        puts("ended");
        return 0;
}
