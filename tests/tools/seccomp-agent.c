/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * seccomp-agent SOCKET [FILE|--many]: the other end of linux.seccomp.listenerPath. Listens at SOCKET, takes what comes of one
 * connection up to its end, writes it to SOCKET.state, prints "N descriptors, listener|no listener", and then answers
 * for the listener until that has no process any more, when it prints "ended". Of the calls
 *
 *     mkdir, mkdirat      fail with ENOMEDIUM ("No medium found")
 *     all others          go on
 *
 * and each prints the number of the process as it is seen here, and of the call. With FILE it answers only when that file is
 * there; with --many it serves all connections that come, each by a process of its own. It ends after twenty seconds at the
 * latest, or sixty.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "receive.h"

static void save(const char *socket_path, const char *text) {
        char path[4096];
        FILE *file;

        snprintf(path, sizeof(path), "%s.state", socket_path);
        file = fopen(path, "w");
        if (!file || fputs(text, file) < 0 || fclose(file) != 0)
                err(1, "write %s", path);
}

static int is_listener(int fd) {
        char path[64], target[64] = "";

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        return readlink(path, target, sizeof(target) - 1) > 0 && strcmp(target, "anon_inode:seccomp notify") == 0;
}

/* The rest of the message, and no descriptors with it. */
static void receive_rest(int connection, char payload[PAYLOAD_SIZE], size_t length) {
        char control[CMSG_SPACE(sizeof(int))];

        for (;;) {
                struct iovec part = {.iov_base = payload + length, .iov_len = PAYLOAD_SIZE - 1 - length};
                struct msghdr message = {
                        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
                ssize_t n;

                wait_for(connection, "the end of the connection");
                n = recvmsg(connection, &message, 0);
                if (n < 0)
                        err(1, "receive the rest");
                if (message.msg_controllen > 0)
                        errx(1, "more descriptors");
                if (n == 0)
                        return;
                length += (size_t)n;
                payload[length] = '\0';
        }
}

static void answer(int listener) {
        struct seccomp_notif call = {};
        struct seccomp_notif_resp response = {};

        /* ENOENT: it was killed meanwhile. */
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) {
                if (errno == ENOENT || errno == EINTR)
                        return;
                err(1, "receive a call");
        }
        printf("pid %u call %d\n", call.pid, call.data.nr);
        response.id = call.id;
        if (call.data.nr == SYS_mkdir || call.data.nr == SYS_mkdirat)
                response.error = -ENOMEDIUM;
        else
                response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 && errno != ENOENT)
                err(1, "answer");
}

static void serve(int connection, const char *socket_path, const char *file) {
        char payload[PAYLOAD_SIZE];
        size_t count, length;
        int listener;

        length = receive(connection, payload, &count, &listener);
        if (length == 0)
                errx(1, "the connection ended without a message");
        receive_rest(connection, payload, length);
        close(connection);
        save(socket_path, payload);
        printf("%zu descriptors, %s\n", count, listener >= 0 && is_listener(listener) ? "listener" : "no listener");
        while (file && access(file, F_OK) < 0)
                usleep(10000);
        for (;;) {
                struct pollfd poll_fd = {.fd = listener, .events = POLLIN};

                if (poll(&poll_fd, 1, -1) < 0)
                        err(1, "wait for a call");
                if (poll_fd.revents & POLLIN)
                        answer(listener);
                else if (poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL))
                        break;
        }
        puts("ended");
}

static void serve_all(char *socket_path) {
        int listener = listen_at(strdup(socket_path));

        signal(SIGCHLD, SIG_IGN);
        for (;;) {
                int connection = accept(listener, NULL, NULL);

                if (connection < 0)
                        err(1, "accept");
                if (fork() == 0) {
                        alarm(60);
                        serve(connection, socket_path, NULL);
                        exit(0);
                }
                close(connection);
        }
}

int main(int argc, char **argv) {
        if (argc < 2)
                errx(2, "usage: seccomp-agent SOCKET [FILE|--many]");
        setvbuf(stdout, NULL, _IOLBF, 0);
        if (argc > 2 && strcmp(argv[2], "--many") == 0) {
                alarm(60);
                serve_all(argv[1]);
        }
        alarm(20);
        serve(accept_at(strdup(argv[1])), argv[1], argc > 2 ? argv[2] : NULL);
        return 0;
}
