/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * console SOCKET [INPUT]: the other end of --console-socket. Listens at SOCKET, takes one message, prints
 *
 *     payload LENGTH, N descriptors, a terminal
 *
 * then types INPUT into the terminal and prints what comes out of it until its last user is gone. Nothing takes longer
 * than ten seconds. A path longer than sun_path is reached through a descriptor of its folder.
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

static int receive(int connection) {
        char payload[4096];
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(8 * sizeof(int))];
        } control;
        struct iovec part = {.iov_base = payload, .iov_len = sizeof(payload)};
        struct msghdr message = {
                .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
        ssize_t length = recvmsg(connection, &message, 0);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        size_t count = 0;
        int fd = -1;

        if (length < 0)
                err(1, "receive the terminal");
        if (header && header->cmsg_type == SCM_RIGHTS) {
                count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                memcpy(&fd, CMSG_DATA(header), sizeof(fd));
        }
        printf("payload %zd, %zu descriptors, %s\n", length, count, isatty(fd) ? "a terminal" : "no terminal");
        fflush(stdout);
        return fd;
}

int main(int argc, char **argv) {
        char bytes[4096];
        int listener, connection, terminal;

        if (argc < 2)
                errx(2, "usage: console SOCKET [INPUT]");
        listener = listen_at(argv[1]);
        wait_for(listener, "a connection");
        connection = accept(listener, NULL, NULL);
        if (connection < 0)
                err(1, "accept");
        wait_for(connection, "a message");
        terminal = receive(connection);
        if (argc > 2 && write(terminal, argv[2], strlen(argv[2])) < 0)
                err(1, "type into the terminal");
        for (;;) {
                ssize_t n;

                wait_for(terminal, "output");
                n = read(terminal, bytes, sizeof(bytes));
                if (n <= 0)
                        return n == 0 || errno == EIO ? 0 : 1;
                fwrite(bytes, 1, (size_t)n, stdout);
                fflush(stdout);
        }
}
