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
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE 10000

static void wait_for(int fd, const char *what) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

        if (poll(&poll_fd, 1, PATIENCE) <= 0)
                errx(1, "waited in vain for %s", what);
}

/* By a descriptor of its folder, for a path that is longer than an address holds. */
static int listen_at(char *path) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        char *name = strdup(path);
        int directory = open(dirname(path), O_PATH | O_DIRECTORY);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory, basename(name));
        if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
                err(1, "listen at %s", path);
        return fd;
}

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

static int receive(int connection) {
        char payload[4096];
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(8 * sizeof(int))];
        } control;
        struct iovec part = {.iov_base = payload, .iov_len = sizeof(payload) - 1};
        struct msghdr message = {
                .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
        ssize_t length = recvmsg(connection, &message, 0);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        size_t count = 0;
        int fd = -1;

        if (length <= 0)
                err(1, "receive a message");
        payload[length] = '\0';
        if (header && header->cmsg_type == SCM_RIGHTS) {
                count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                memcpy(&fd, CMSG_DATA(header), sizeof(fd));
        }
        printf("payload %s, %zu descriptors, pid %d, ", payload, count, pid_of(fd));
        return fd;
}

int main(int argc, char **argv) {
        int listener, connection, pidfd;
        char byte;

        if (argc < 2)
                errx(2, "usage: pidfd-receiver SOCKET");
        listener = listen_at(argv[1]);
        wait_for(listener, "a connection");
        connection = accept(listener, NULL, NULL);
        if (connection < 0)
                err(1, "accept");
        wait_for(connection, "a message");
        pidfd = receive(connection);
        wait_for(connection, "the end of the connection");
        printf("then %s\n", read(connection, &byte, 1) == 0 ? "the end" : "more");
        fflush(stdout);
        wait_for(pidfd, "the end of the process");
        puts("ended");
        return 0;
}
