/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * forge hooks|terminal|pid NUMBER|listener NUMBER|ready|stop: a hostile process of a container that has CAP_SYS_PTRACE and
 * its pid namespace's view. Whenever a process comes by that still is tare it takes that one's sockets (pidfd_getfd(2)) and
 *
 *     hooks, terminal   sends a message of that kind, as the process itself could
 *     pid               names another process as the one that counts, which is ready
 *     listener          says that its descriptor NUMBER is the listener of its filter
 *     ready             says that it is ready
 *     stop              stops the process, and shuts the sockets down
 *
 * For ever; each time that it could, it prints a line. The messages are those of src/libcontainer/process/channel.h.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcontainer/process/channel.h"

/* What travels of it: channel.c. */
struct wire {
        enum message_type type;
        int number, fd;
        char text[1];
};

static int is_tare(const char *pid) {
        char path[300], name[32] = "";
        int fd;

        snprintf(path, sizeof(path), "/proc/%s/comm", pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return 0;
        if (read(fd, name, sizeof(name) - 1) < 0)
                name[0] = '\0';
        close(fd);
        return strncmp(name, "tare:[exec]", 11) == 0;
}

static void forge(int socket_fd, enum message_type type, int number) {
        struct wire wire = {.type = type, .number = number, .fd = -1};
        int terminal = open("/dev/null", O_RDWR);
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(sizeof(int))];
        } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
        struct iovec part = {.iov_base = &wire, .iov_len = offsetof(struct wire, text) + 1};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

        if (type == MESSAGE_TERMINAL) {
                memcpy(CMSG_DATA(&control.header), &terminal, sizeof(int));
                message.msg_control = &control;
                message.msg_controllen = sizeof(control.bytes);
        }
        if (sendmsg(socket_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
                puts("sent");
        close(terminal);
}

static void speak(int socket_fd, const char *what, int number) {
        if (strcmp(what, "hooks") == 0)
                forge(socket_fd, MESSAGE_RUN_HOOKS, 0);
        if (strcmp(what, "terminal") == 0)
                forge(socket_fd, MESSAGE_TERMINAL, 0);
        if (strcmp(what, "listener") == 0)
                forge(socket_fd, MESSAGE_LISTENER, number);
        if (strcmp(what, "ready") == 0)
                forge(socket_fd, MESSAGE_READY, 0);
        if (strcmp(what, "pid") == 0) {
                forge(socket_fd, MESSAGE_PID, number);
                forge(socket_fd, MESSAGE_READY, 0);
        }
}

static void visit(int pid, const char *what, int number) {
        int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        int stop = strcmp(what, "stop") == 0;

        if (pidfd < 0)
                return;
        if (stop && (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0))
                stop = 0;
        for (int theirs = 3; theirs < 64; theirs++) {
                int fd = (int)syscall(SYS_pidfd_getfd, pidfd, theirs, 0);

                if (fd < 0)
                        continue;
                if (stop && shutdown(fd, SHUT_RDWR) == 0)
                        puts("stopped");
                speak(fd, what, number);
                close(fd);
        }
        close(pidfd);
}

int main(int argc, char **argv) {
        setvbuf(stdout, NULL, _IOLBF, 0);
        if (argc < 2 || argc > 3)
                return 2;
        puts("watching");
        for (;;) {
                DIR *proc = opendir("/proc");
                const struct dirent *entry;

                while (proc && (entry = readdir(proc)))
                        if (atoi(entry->d_name) > 1 && is_tare(entry->d_name))
                                visit(atoi(entry->d_name), argv[1], argc > 2 ? atoi(argv[2]) : 0);
                if (proc)
                        closedir(proc);
        }
}
