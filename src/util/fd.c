/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File descriptors. Runs in every process of the runtime; needs nothing to have happened before.
 *
 * What is inherited is closed by close_range(2), Linux 5.9. Without it the open ones are looked up in /proc/self/fd,
 * and where that is not this process's own (another mount namespace has been joined), every possible number is tried.
 */
#include "util/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/kernel.h"

void fd_close(int *fd) {
        int error = errno;

        if (*fd >= 0)
                close(*fd);
        *fd = -1;
        errno = error;
}

static int set_flag(int fd, int get, int set, int flag, bool on) {
        int flags = fcntl(fd, get);

        if (flags < 0)
                return -errno;
        return fcntl(fd, set, on ? flags | flag : flags & ~flag) < 0 ? -errno : 0;
}

int fd_set_cloexec(int fd, bool cloexec) {
        return set_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, cloexec);
}

int fd_set_nonblock(int fd, bool nonblock) {
        return set_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, nonblock);
}

/* --- all descriptors at once --- */

/* All from `first` up but those in keep are closed or, with `cloexec`, only marked. */
struct sweep {
        int first;
        const int *keep;
        size_t n_keep;
        bool cloexec;
};

static int sweep_ranges(const struct sweep *sweep) {
        unsigned flags = sweep->cloexec ? CLOSE_RANGE_CLOEXEC : 0;
        unsigned next = (unsigned)sweep->first;

        for (size_t i = 0; i < sweep->n_keep; i++) {
                if (sweep->keep[i] < (int)next)
                        continue;
                if (sweep->keep[i] > (int)next && kernel_close_range(next, (unsigned)sweep->keep[i] - 1, flags) < 0)
                        return -errno;
                next = (unsigned)sweep->keep[i] + 1;
        }
        return kernel_close_range(next, UINT_MAX, flags) < 0 ? -errno : 0;
}

static void sweep_one(const struct sweep *sweep, int fd) {
        if (fd < sweep->first)
                return;
        for (size_t i = 0; i < sweep->n_keep; i++)
                if (sweep->keep[i] == fd)
                        return;
        if (sweep->cloexec)
                (void)fd_set_cloexec(fd, true);
        else
                close(fd);
}

static int sweep_listed(const struct sweep *sweep) {
        DIR *dir = opendir("/proc/self/fd");

        if (!dir)
                return -errno;
        for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
                int fd = atoi(entry->d_name);

                if (fd != dirfd(dir))
                        sweep_one(sweep, fd);
        }
        closedir(dir);
        return 0;
}

/* The hard limit: a descriptor may be older than a lowered soft one. */
static int sweep_possible(const struct sweep *sweep) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return -errno;
        for (int fd = sweep->first; fd < INT_MAX && (rlim_t)fd < limit.rlim_max; fd++)
                sweep_one(sweep, fd);
        return 0;
}

static int sweep_all(const struct sweep *sweep) {
        int r = sweep_ranges(sweep);

        /* EINVAL: close_range without CLOSE_RANGE_CLOEXEC (Linux 5.9 and 5.10). EPERM: an old seccomp filter. */
        if (r != -ENOSYS && r != -EPERM && r != -EINVAL)
                return r;
        r = sweep_listed(sweep);
        return r < 0 ? sweep_possible(sweep) : r;
}

static int compare_fds(const void *a, const void *b) {
        return *(const int *)a - *(const int *)b;
}

int fd_close_all_except(int *keep, size_t n_keep) {
        if (n_keep > 0)
                qsort(keep, n_keep, sizeof(int), compare_fds);
        return sweep_all(&(struct sweep){.first = STDERR_FILENO + 1, .keep = keep, .n_keep = n_keep});
}

int fd_cloexec_from(int first) {
        return sweep_all(&(struct sweep){.first = first, .cloexec = true});
}

/* --- paths of descriptors --- */

void fd_path(char path[FD_PATH_MAX], int fd) {
        snprintf(path, FD_PATH_MAX, "/proc/self/fd/%d", fd);
}

int fd_reopen(int fd, int flags) {
        char path[FD_PATH_MAX];
        int reopened;

        fd_path(path, fd);
        reopened = open(path, flags | O_CLOEXEC);
        return reopened < 0 ? -errno : reopened;
}

/* --- bytes --- */

int fd_write_full(int fd, const void *bytes, size_t size) {
        const char *rest = bytes;

        while (size > 0) {
                ssize_t n = write(fd, rest, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EIO;
                rest += n;
                size -= (size_t)n;
        }
        return 0;
}

ssize_t fd_read_full(int fd, void *bytes, size_t size) {
        size_t count = 0;

        while (count < size) {
                ssize_t n = read(fd, (char *)bytes + count, size - count);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                count += (size_t)n;
        }
        return (ssize_t)count;
}

/* --- messages --- */

/* Room for two descriptors: so more than the one that may come is told from one that could not be installed. */
union control {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
};

static ssize_t send_retried(int socket, const struct msghdr *message) {
        for (;;) {
                ssize_t n = sendmsg(socket, message, MSG_NOSIGNAL);

                if (n >= 0 || errno != EINTR)
                        return n < 0 ? -errno : n;
        }
}

int fd_send(int socket, const void *bytes, size_t size, int fd) {
        union control control = {.bytes = {0}};
        struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        ssize_t n;

        if (fd >= 0) {
                control.header = (struct cmsghdr){
                        .cmsg_len = CMSG_LEN(sizeof(fd)),
                        .cmsg_level = SOL_SOCKET,
                        .cmsg_type = SCM_RIGHTS,
                };
                memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
                message.msg_control = &control;
                message.msg_controllen = CMSG_SPACE(sizeof(fd));
        }
        n = send_retried(socket, &message);
        /* Only a stream takes a message in parts; the descriptor has gone with the first. */
        message.msg_control = NULL;
        message.msg_controllen = 0;
        while (n >= 0 && (size_t)n < part.iov_len) {
                part.iov_base = (char *)part.iov_base + n;
                part.iov_len -= (size_t)n;
                n = send_retried(socket, &message);
        }
        return n < 0 ? (int)n : 0;
}

/* Gives the first descriptor of the message and the number of all; closes what is beyond the first. */
static size_t take_descriptors(struct msghdr *message, int *ret_first) {
        size_t count = 0;

        *ret_first = -1;
        for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
                size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

                if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
                        continue;
                for (size_t i = 0; i < n; i++) {
                        int fd;

                        memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
                        if (count++ == 0)
                                *ret_first = fd;
                        else
                                close(fd);
                }
        }
        return count;
}

ssize_t fd_receive(int socket, void *bytes, size_t size, int *ret_fd) {
        union control control;
        struct iovec part = {.iov_base = bytes, .iov_len = size};
        struct msghdr message = {
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        autoclose int fd = -1;
        size_t n_fds;
        ssize_t n;

        do
                n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        n_fds = take_descriptors(&message, &fd);
        if (n_fds > 1)
                return -EPROTO;
        /* Cut though there was room: the kernel could not install it, most likely because of RLIMIT_NOFILE. */
        if (message.msg_flags & MSG_CTRUNC)
                return -EMFILE;
        if (message.msg_flags & MSG_TRUNC)
                return -EMSGSIZE;
        *ret_fd = take_fd(&fd);
        return n;
}

static int connect_retried(int socket, const struct sockaddr_un *address, size_t size) {
        int r;

        do
                r = connect(socket, (const struct sockaddr *)address, (socklen_t)size);
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : 0;
}

static int connect_path(int socket, const char *path) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        size_t length = strlen(path);
        autoclose int file_fd = -1;

        if (length >= sizeof(address.sun_path)) {
                /* The link of a descriptor on the socket's own file leads connect(2) there too. */
                file_fd = open(path, O_PATH | O_CLOEXEC);
                if (file_fd < 0)
                        return -errno;
                fd_path(address.sun_path, file_fd);
        } else {
                memcpy(address.sun_path, path, length + 1);
        }
        return connect_retried(socket, &address, sizeof(address));
}

/* A NUL takes the place of the '@', and the name is as long as the address says: no NUL ends it. */
static int connect_abstract(int socket, const char *name) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        size_t length = strlen(name);

        if (length > sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path + 1, name + 1, length - 1);
        return connect_retried(socket, &address, offsetof(struct sockaddr_un, sun_path) + length);
}

int fd_connect_unix(const char *path) {
        autoclose int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int r = socket_fd < 0 ? -errno : connect_path(socket_fd, path);

        return r < 0 ? r : take_fd(&socket_fd);
}

int fd_connect_datagram(const char *address) {
        autoclose int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int r = socket_fd < 0 ? -errno : 0;

        if (r >= 0)
                r = address[0] == '@' ? connect_abstract(socket_fd, address) : connect_path(socket_fd, address);
        return r < 0 ? r : take_fd(&socket_fd);
}

/* --- waiting --- */

int fd_wait_readable(int fd, int milliseconds) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        int64_t deadline = milliseconds < 0 ? 0 : clock_ms() + milliseconds;

        for (;;) {
                int n = poll(&poll_fd, 1, milliseconds);

                if (n > 0)
                        return poll_fd.revents & POLLNVAL ? -EBADF : 0;
                if (n == 0)
                        return -ETIMEDOUT;
                if (errno != EINTR)
                        return -errno;
                if (milliseconds >= 0)
                        milliseconds = clock_ms_until(deadline);
        }
}

static void on_alarm(int number) {
}

/* What the caller had of SIGALRM, which is borrowed while a lock is waited for. */
struct alarm {
        struct sigaction action;
        struct itimerval timer;
        sigset_t mask;
};

/* The interval: a signal that comes just before flock(2) goes to sleep would be lost, so there is always a next one. */
static void alarm_start(struct alarm *alarm, int milliseconds) {
        struct sigaction action = {.sa_handler = on_alarm};
        struct itimerval timer = {
                .it_interval = {.tv_usec = 10000},
                .it_value = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000L},
        };
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGALRM);
        sigaction(SIGALRM, &action, &alarm->action);
        setitimer(ITIMER_REAL, &timer, &alarm->timer);
        sigprocmask(SIG_UNBLOCK, &set, &alarm->mask);
}

static void alarm_stop(const struct alarm *alarm) {
        setitimer(ITIMER_REAL, &alarm->timer, NULL);
        sigprocmask(SIG_SETMASK, &alarm->mask, NULL);
        sigaction(SIGALRM, &alarm->action, NULL);
}

static int lock_within(int fd, int milliseconds) {
        int64_t deadline = clock_ms() + milliseconds;
        struct alarm alarm;
        int r;

        alarm_start(&alarm, milliseconds);
        do
                r = flock(fd, LOCK_EX) < 0 ? -errno : 0;
        while (r == -EINTR && clock_ms() < deadline);
        alarm_stop(&alarm);
        return r == -EINTR ? -ETIMEDOUT : r;
}

int fd_lock(int fd, int milliseconds) {
        int r = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;

        if (r != -EWOULDBLOCK || milliseconds == 0)
                return r;
        if (milliseconds > 0)
                return lock_within(fd, milliseconds);
        do
                r = flock(fd, LOCK_EX) < 0 ? -errno : 0;
        while (r == -EINTR);
        return r;
}
