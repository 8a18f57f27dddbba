/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the receivers of descriptors share: a socket to listen at, and the one message that comes. */
#pragma once

#include <err.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PATIENCE 10000
/* One byte more than the longest payload that a receiver has to take, and a NUL. */
#define PAYLOAD_SIZE 4097

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
        int listener = socket(AF_UNIX, SOCK_STREAM, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory, basename(name));
        if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 1) < 0)
                err(1, "listen at %s", path);
        return listener;
}

/* Gives the connection that comes. */
static int accept_at(char *path) {
        int listener = listen_at(path), connection;

        wait_for(listener, "a connection");
        connection = accept(listener, NULL, NULL);
        if (connection < 0)
                err(1, "accept");
        return connection;
}

/* Gives the length of the payload; *ret_fd is the first of the descriptors, or -1. */
static size_t receive(int connection, char payload[PAYLOAD_SIZE], size_t *ret_count, int *ret_fd) {
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(8 * sizeof(int))];
        } control;
        struct iovec part = {.iov_base = payload, .iov_len = PAYLOAD_SIZE - 1};
        struct msghdr message = {
                .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
        const struct cmsghdr *header;
        ssize_t length;

        wait_for(connection, "a message");
        length = recvmsg(connection, &message, 0);
        if (length < 0)
                err(1, "receive a message");
        payload[length] = '\0';
        *ret_count = 0;
        *ret_fd = -1;
        header = CMSG_FIRSTHDR(&message);
        if (header && header->cmsg_type == SCM_RIGHTS) {
                *ret_count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                memcpy(ret_fd, CMSG_DATA(header), sizeof(*ret_fd));
        }
        return (size_t)length;
}
