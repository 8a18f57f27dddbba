/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both ends of sd_notify(3), for the tests of NOTIFY_SOCKET.
 *
 * notify listen ADDRESS [hold]: a service manager. Prints every datagram that comes to ADDRESS (a path or @NAME), its lines
 * divided by "|", and "from PID" of its sender and "with N descriptors" if there are any. What comes with BARRIER=1 is
 * closed half a second later, with "hold" never. It ends by being killed, or after twenty seconds.
 *
 * notify send MESSAGE...: a service. Sends each to $NOTIFY_SOCKET; in them \n and \0 stand for those bytes, and one that
 * begins with "fd:" goes with a descriptor. "flood" sends for ever; "barrier" is sd_notify_barrier(3), and prints
 * "barrier passed". Complains about what cannot be sent, and goes on.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LARGE 70000

union control {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(8 * sizeof(int))];
};

static socklen_t address_of(const char *name, struct sockaddr_un *ret) {
        size_t length = strlen(name);

        *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
        if (length >= sizeof(ret->sun_path))
                errx(2, "%s is too long", name);
        memcpy(ret->sun_path, name, length);
        if (name[0] != '@')
                return sizeof(*ret);
        ret->sun_path[0] = '\0';
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

/* --- listen --- */

static void print_text(char *bytes, size_t size) {
        for (size_t i = 0; i < size; i++)
                putchar(bytes[i] == '\n' ? '|' : bytes[i] ? bytes[i] : '0');
}

static void take_one(int fd, int hold) {
        char bytes[LARGE];
        union control control;
        struct iovec part = {.iov_base = bytes, .iov_len = sizeof(bytes)};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
        ssize_t size = recvmsg(fd, &message, 0);
        size_t count = 0;
        int fds[8];

        if (size < 0)
                err(1, "receive");
        print_text(bytes, (size_t)size);
        for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
                if (header->cmsg_type == SCM_CREDENTIALS) {
                        printf(" from %d", (int)((struct ucred *)(void *)CMSG_DATA(header))->pid);
                } else {
                        count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                        memcpy(fds, CMSG_DATA(header), count * sizeof(int));
                        printf(" with %zu descriptors", count);
                }
        }
        putchar('\n');
        fflush(stdout);
        if (hold)
                return;
        if (count > 0)
                usleep(500000);
        while (count > 0)
                close(fds[--count]);
}

static int serve(const char *name, int hold) {
        struct sockaddr_un address;
        socklen_t size = address_of(name, &address);
        int yes = 1, fd = socket(AF_UNIX, SOCK_DGRAM, 0);

        if (bind(fd, (struct sockaddr *)&address, size) < 0)
                err(1, "bind %s", name);
        setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes));
        puts("listening");
        fflush(stdout);
        alarm(20);
        for (;;)
                take_one(fd, hold);
}

/* --- send --- */

static size_t unescape(const char *text, char *ret) {
        size_t n = 0;

        for (; *text; text++)
                if (text[0] == '\\' && (text[1] == 'n' || text[1] == '0'))
                        ret[n++] = *++text == 'n' ? '\n' : '\0';
                else
                        ret[n++] = *text;
        return n;
}

static void send_one(int socket_fd, const char *text, int fd) {
        static char bytes[LARGE];
        struct iovec part = {.iov_base = bytes, .iov_len = unescape(text, bytes)};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        union control control = {.bytes = {0}};

        if (fd >= 0) {
                control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fd)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
                memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
                message.msg_control = &control;
                message.msg_controllen = CMSG_SPACE(sizeof(fd));
        }
        if (sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0)
                warn("send %.20s", text);
}

static void send_barrier(int socket_fd) {
        struct pollfd poll_fd = {.events = POLLIN};
        int ends[2];

        if (pipe(ends) < 0)
                err(1, "pipe");
        send_one(socket_fd, "BARRIER=1", ends[1]);
        close(ends[1]);
        poll_fd.fd = ends[0];
        puts(poll(&poll_fd, 1, 10000) == 1 ? "barrier passed" : "barrier closed");
        fflush(stdout);
}

static int send_all(int n, char **messages) {
        const char *name = getenv("NOTIFY_SOCKET");
        struct sockaddr_un address;
        socklen_t size;
        int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

        if (!name)
                errx(1, "no NOTIFY_SOCKET");
        size = address_of(name, &address);
        if (connect(fd, (struct sockaddr *)&address, size) < 0)
                err(1, "connect to %s", name);
        for (int i = 0; i < n; i++) {
                if (strcmp(messages[i], "barrier") == 0)
                        send_barrier(fd);
                else if (strcmp(messages[i], "flood") == 0)
                        for (;;)
                                send_one(fd, "STATUS=flood", -1);
                else if (strncmp(messages[i], "fd:", 3) == 0)
                        send_one(fd, messages[i] + 3, 0);
                else
                        send_one(fd, messages[i], -1);
        }
        return 0;
}

int main(int argc, char **argv) {
        if (argc >= 3 && strcmp(argv[1], "listen") == 0)
                return serve(argv[2], argc > 3);
        if (argc >= 3 && strcmp(argv[1], "send") == 0)
                return send_all(argc - 2, argv + 2);
        errx(2, "usage: notify listen ADDRESS [hold] | notify send MESSAGE...");
}
