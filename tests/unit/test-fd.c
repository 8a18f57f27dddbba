/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/kernel.h"

#include "refuse.h"
#include "test.h"

static char directory[] = "/tmp/test-fd-XXXXXX";

static const char *in_directory(const char *name) {
        static char path[512];

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        return path;
}

static bool is_open(int fd) {
        return fcntl(fd, F_GETFD) >= 0;
}

static int count_open(void) {
        int count = 0;

        for (int fd = 0; fd < 1024; fd++)
                count += is_open(fd);
        return count;
}

static long elapsed_ms(const struct timespec *since) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

/* The cases that close everything, or that refuse system calls, run in a child. */
static void in_child(void (*run)(void)) {
        pid_t pid = fork();
        int status = -1;

        if (pid == 0) {
                run();
                fflush(stdout);
                _exit(test_failed);
        }
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK_EQUAL(status, 0);
}

static void refuse_close_range(void) {
        CHECK_EQUAL(refuse_syscalls(&(long){SYS_close_range}, 1), 0);
        CHECK(kernel_close_range(100, 200, 0) < 0 && errno == ENOSYS);
}

/* --- closing --- */

static void close_keeps_errno(void) {
        int fd = dup(0), number = fd;

        /* close(2) itself fails here. */
        close(fd);
        errno = ERANGE;
        fd_close(&fd);
        CHECK_EQUAL(errno, ERANGE);
        CHECK_EQUAL(fd, -1);
        CHECK(!is_open(number));
        errno = ERANGE;
        fd_close(&fd);
        CHECK_EQUAL(errno, ERANGE);
}

static void scope_closes(void) {
        int number, taken;

        {
                autoclose int fd = dup(0);

                number = fd;
                CHECK(is_open(number));
        }
        CHECK(!is_open(number));
        {
                autoclose int fd = dup(0);

                taken = take_fd(&fd);
                CHECK_EQUAL(fd, -1);
        }
        CHECK(is_open(taken));
        close(taken);
}

static void check_close_all(void) {
        static const int opened[] = {3, 4, 5, 9, 17, 18, 63, 200};
        int keep[] = {63, 1, 4, 300, 5, 17, 17};

        for (size_t i = 0; i < sizeof(opened) / sizeof(int); i++)
                CHECK_EQUAL(dup2(0, opened[i]), opened[i]);
        CHECK_EQUAL(fd_close_all_except(keep, sizeof(keep) / sizeof(int)), 0);
        for (int fd = 0; fd < 1000; fd++)
                CHECK_EQUAL(is_open(fd), fd < 3 || fd == 4 || fd == 5 || fd == 17 || fd == 63);
        CHECK_EQUAL(fd_close_all_except(NULL, 0), 0);
        for (int fd = 0; fd < 1000; fd++)
                CHECK_EQUAL(is_open(fd), fd < 3);
}

/* /proc/self/fd shows what is open above the hard limit. */
static void check_close_all_listed(void) {
        struct rlimit limit = {.rlim_cur = 256, .rlim_max = 256};

        refuse_close_range();
        check_close_all();
        CHECK_EQUAL(dup2(0, 999), 999);
        CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
        CHECK_EQUAL(fd_close_all_except(NULL, 0), 0);
        CHECK(!is_open(999));
}

/* What is open above the soft limit must be found too. */
static void check_close_all_possible(void) {
        struct rlimit limit = {.rlim_cur = 64, .rlim_max = 2048};

        refuse_close_range();
        CHECK_EQUAL(unshare(CLONE_NEWNS), 0);
        CHECK_EQUAL(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
        CHECK_EQUAL(mount("tmpfs", "/proc", "tmpfs", 0, NULL), 0);
        CHECK_EQUAL(dup2(0, 999), 999);
        CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
        CHECK_EQUAL(fd_close_all_except((int[]){5}, 1), 0);
        CHECK(!is_open(999));
        limit.rlim_cur = 1024;
        CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
        check_close_all();
}

static void close_all(void) {
        in_child(check_close_all);
}

static void close_all_listed(void) {
        in_child(check_close_all_listed);
}

static void close_all_possible(void) {
        if (geteuid() != 0)
                test_skip("needs root");
        else
                in_child(check_close_all_possible);
}

static void check_cloexec_from(void) {
        CHECK_EQUAL(dup2(0, 10), 10);
        CHECK_EQUAL(dup2(0, 11), 11);
        CHECK_EQUAL(dup2(0, 500), 500);
        CHECK_EQUAL(fd_cloexec_from(11), 0);
        CHECK_EQUAL(fcntl(10, F_GETFD), 0);
        CHECK_EQUAL(fcntl(11, F_GETFD), FD_CLOEXEC);
        CHECK_EQUAL(fcntl(500, F_GETFD), FD_CLOEXEC);
}

static void check_cloexec_from_listed(void) {
        refuse_close_range();
        check_cloexec_from();
}

static void cloexec_from(void) {
        in_child(check_cloexec_from);
        in_child(check_cloexec_from_listed);
}

/* --- flags and paths --- */

static void flags(void) {
        autoclose int fd = dup(0);
        int before = fcntl(fd, F_GETFL);

        CHECK_EQUAL(fd_set_cloexec(fd, true), 0);
        CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
        CHECK_EQUAL(fd_set_cloexec(fd, false), 0);
        CHECK_EQUAL(fcntl(fd, F_GETFD), 0);
        CHECK_EQUAL(fd_set_nonblock(fd, true), 0);
        CHECK_EQUAL(fcntl(fd, F_GETFL), before | O_NONBLOCK);
        CHECK_EQUAL(fd_set_nonblock(fd, false), 0);
        CHECK_EQUAL(fcntl(fd, F_GETFL), before & ~O_NONBLOCK);
        CHECK_EQUAL(fd_set_cloexec(9999, true), -EBADF);
}

static void reopen(void) {
        autoclose int path_fd = open(directory, O_PATH | O_CLOEXEC);
        autoclose int fd = fd_reopen(path_fd, O_RDONLY | O_DIRECTORY);
        struct stat a, b;
        char path[FD_PATH_MAX];

        CHECK(fd >= 0);
        CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
        CHECK_EQUAL(fcntl(fd, F_GETFL) & O_PATH, 0);
        CHECK(fstat(fd, &a) == 0 && fstat(path_fd, &b) == 0 && a.st_ino == b.st_ino);
        CHECK_EQUAL(fd_reopen(path_fd, O_WRONLY), -EISDIR);
        CHECK_EQUAL(fd_reopen(9999, O_RDONLY), -ENOENT);
        fd_path(path, 2147483647);
        CHECK_TEXT(path, "/proc/self/fd/2147483647");
}

/* --- bytes --- */

static void read_and_write_full(void) {
        static char out[300000], in[300001];
        int fds[2];
        pid_t pid;

        memset(out, 'x', sizeof(out));
        CHECK_EQUAL(pipe(fds), 0);
        pid = fork();
        if (pid == 0) {
                close(fds[0]);
                _exit(fd_write_full(fds[1], out, sizeof(out)) != 0);
        }
        close(fds[1]);
        /* More than a pipe holds: both sides go round several times. */
        CHECK_EQUAL(fd_read_full(fds[0], in, sizeof(in)), (ssize_t)sizeof(out));
        CHECK(memcmp(in, out, sizeof(out)) == 0);
        CHECK_EQUAL(fd_read_full(fds[0], in, 1), 0);
        close(fds[0]);
        waitpid(pid, NULL, 0);
        CHECK_EQUAL(fd_read_full(9999, in, 1), -EBADF);
        CHECK_EQUAL(fd_write_full(9999, in, 1), -EBADF);
        CHECK_EQUAL(fd_write_full(9999, in, 0), 0);
}

/* --- messages --- */

static void pass_descriptor(void) {
        autoclose int file = open(directory, O_PATH | O_CLOEXEC);
        struct stat a, b;
        char text[8];
        int pair[2], fd = -7;

        CHECK_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        CHECK_EQUAL(fd_send(pair[0], "abc", 3, file), 0);
        CHECK_EQUAL(fd_send(pair[0], "defg", 4, -1), 0);
        CHECK_EQUAL(fd_receive(pair[1], text, sizeof(text), &fd), 3);
        CHECK(memcmp(text, "abc", 3) == 0);
        CHECK(fd >= 0 && fstat(file, &a) == 0 && fstat(fd, &b) == 0 && a.st_ino == b.st_ino);
        CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
        close(fd);
        CHECK_EQUAL(fd_receive(pair[1], text, sizeof(text), &fd), 4);
        CHECK_EQUAL(fd, -1);
        close(pair[0]);
        CHECK_EQUAL(fd_receive(pair[1], text, sizeof(text), &fd), 0);
        CHECK_EQUAL(fd, -1);
        CHECK_EQUAL(fd_send(pair[1], "x", 1, -1), -EPIPE);
        close(pair[1]);
        CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        close(pair[0]);
        /* SIGPIPE would end the test here. */
        CHECK_EQUAL(fd_send(pair[1], "x", 1, -1), -EPIPE);
        close(pair[1]);
}

static void refuse_cut_messages(void) {
        int before = count_open();
        char text[4];
        int pair[2], fd = -7;

        CHECK_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        CHECK_EQUAL(fd_send(pair[0], "too long", 8, 0), 0);
        CHECK_EQUAL(fd_receive(pair[1], text, sizeof(text), &fd), -EMSGSIZE);
        CHECK_EQUAL(fd, -7);
        close(pair[0]);
        close(pair[1]);
        CHECK_EQUAL(count_open(), before);
}

/* Two descriptors fit into the padding of a buffer for one: none may be left open. */
static void refuse_many_descriptors(void) {
        int before = count_open(), pair[2], many[200], fd = -7;
        char buffer[CMSG_SPACE(sizeof(many))] __attribute__((aligned(sizeof(size_t))));
        struct iovec part = {.iov_base = (char[]){"x"}, .iov_len = 1};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = buffer};
        static const size_t counts[] = {2, 3, 200};

        memset(many, 0, sizeof(many));
        CHECK_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        for (size_t i = 0; i < 3; i++) {
                struct cmsghdr *header = (void *)buffer;
                char text[4];

                *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(counts[i] * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
                memcpy(CMSG_DATA(header), many, counts[i] * sizeof(int));
                message.msg_controllen = CMSG_SPACE(counts[i] * sizeof(int));
                CHECK_EQUAL(sendmsg(pair[0], &message, 0), 1);
                CHECK_EQUAL(fd_receive(pair[1], text, sizeof(text), &fd), -EPROTO);
        }
        CHECK_EQUAL(fd, -7);
        close(pair[0]);
        close(pair[1]);
        CHECK_EQUAL(count_open(), before);
}

static void check_no_room_for_descriptor(void) {
        struct rlimit limit = {.rlim_cur = 0, .rlim_max = 1024};
        int pair[2], fd = -7;
        char text[4];

        CHECK_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        CHECK_EQUAL(fd_send(pair[0], "x", 1, 0), 0);
        CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
        CHECK_EQUAL(fd_receive(pair[1], text, sizeof(text), &fd), -EMFILE);
        CHECK_EQUAL(fd, -7);
}

static void no_room_for_descriptor(void) {
        in_child(check_no_room_for_descriptor);
}

static void stream_takes_long_messages(void) {
        static char out[2000000], in[2000000];
        int pair[2], fd = -1;
        pid_t pid;

        memset(out, 'y', sizeof(out));
        CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        pid = fork();
        if (pid == 0) {
                close(pair[1]);
                _exit(fd_send(pair[0], out, sizeof(out), 0) != 0);
        }
        close(pair[0]);
        CHECK(fd_receive(pair[1], in, 1000, &fd) == 1000);
        CHECK(fd >= 0);
        fd_close(&fd);
        CHECK_EQUAL(fd_read_full(pair[1], in + 1000, sizeof(in) - 1000), (ssize_t)sizeof(in) - 1000);
        CHECK(memcmp(in, out, sizeof(in)) == 0);
        close(pair[1]);
        waitpid(pid, NULL, 0);
}

/* --- connecting --- */

/* Listens at a path of any length, by way of a change of the working directory in a child. */
static int listen_at(const char *dir, const char *name) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), back = open(".", O_PATH | O_CLOEXEC);

        strcpy(address.sun_path, name);
        CHECK_EQUAL(chdir(dir), 0);
        CHECK_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        CHECK_EQUAL(listen(fd, 5), 0);
        CHECK_EQUAL(fchdir(back), 0);
        close(back);
        return fd;
}

static void check_connect(const char *dir, const char *name, size_t length) {
        autoclose int listener = listen_at(dir, name);
        autoclose int client = -1, server = -1;
        char path[1024], byte = 0;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        CHECK_EQUAL(strlen(path), length);
        client = fd_connect_unix(path);
        CHECK(client >= 0);
        CHECK_EQUAL(fcntl(client, F_GETFD), FD_CLOEXEC);
        server = accept(listener, NULL, NULL);
        CHECK(write(client, "x", 1) == 1 && read(server, &byte, 1) == 1 && byte == 'x');
        unlink(path);
}

static void connect_unix(void) {
        char dir[512], name[101];
        size_t base;

        memset(name, 'n', sizeof(name));
        snprintf(dir, sizeof(dir), "%s", directory);
        base = strlen(dir);
        /* 107 is the longest path that fits; then by the file's descriptor, with a long name and in a deep directory. */
        name[107 - base - 1] = '\0';
        check_connect(dir, name, 107);
        name[107 - base - 1] = 'n';
        name[108 - base - 1] = '\0';
        check_connect(dir, name, 108);
        name[108 - base - 1] = 'n';
        name[100] = '\0';
        check_connect(dir, name, base + 1 + 100);
        snprintf(dir + base, sizeof(dir) - base, "/%0*d", 200, 0);
        CHECK_EQUAL(mkdir(dir, 0700), 0);
        check_connect(dir, "socket", base + 1 + 200 + 7);
        rmdir(dir);
}

static void connect_unix_fails(void) {
        char path[5000];
        int fd;

        CHECK_EQUAL(fd_connect_unix(in_directory("nothing")), -ENOENT);
        fd = open(in_directory("file"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        CHECK_EQUAL(fd_connect_unix(in_directory("file")), -ECONNREFUSED);
        close(fd);
        unlink(in_directory("file"));
        snprintf(path, sizeof(path), "%s/%0*d", directory, 4500, 0);
        CHECK_EQUAL(fd_connect_unix(path), -ENAMETOOLONG);
        snprintf(path, sizeof(path), "%s/%0*d", directory, 150, 0);
        CHECK_EQUAL(fd_connect_unix(path), -ENOENT);
}

static int listen_for_datagrams(const char *name, size_t length) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        memcpy(address.sun_path, name, length);
        CHECK_EQUAL(bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)), 0);
        return fd;
}

static void check_datagram(const char *address, int listener) {
        autoclose int client = fd_connect_datagram(address);
        char bytes[16];

        CHECK(client >= 0);
        CHECK_EQUAL(fcntl(client, F_GETFD), FD_CLOEXEC);
        CHECK_EQUAL(fd_send(client, "hello", 5, -1), 0);
        CHECK(recv(listener, bytes, sizeof(bytes), MSG_DONTWAIT) == 5 && memcmp(bytes, "hello", 5) == 0);
}

static void connect_datagram(void) {
        const char *path = in_directory("datagram");
        char name[109], long_path[1024];
        autoclose int by_path = listen_for_datagrams(path, strlen(path) + 1);
        autoclose int abstract = -1, longest = -1;

        check_datagram(path, by_path);
        snprintf(long_path, sizeof(long_path), "%s%*s", directory, 200, "");
        memset(long_path + strlen(directory), '/', 200);
        strcat(long_path, "datagram");
        check_datagram(long_path, by_path);
        unlink(in_directory("datagram"));

        /* The directory's name is nobody else's. */
        snprintf(name, sizeof(name), "@%s", directory);
        name[0] = '\0';
        abstract = listen_for_datagrams(name, strlen(directory) + 1);
        name[0] = '@';
        check_datagram(name, abstract);
        /* 107 bytes behind the NUL are the most. */
        memset(name + strlen(name), 'x', sizeof(name) - strlen(name));
        name[0] = name[108] = '\0';
        longest = listen_for_datagrams(name, 108);
        name[0] = '@';
        check_datagram(name, longest);
}

static void connect_datagram_fails(void) {
        char name[200];

        CHECK_EQUAL(fd_connect_datagram(in_directory("nothing")), -ENOENT);
        snprintf(name, sizeof(name), "@%s", directory);
        CHECK_EQUAL(fd_connect_datagram(name), -ECONNREFUSED);
        snprintf(name, sizeof(name), "@%0*d", 108, 0);
        CHECK_EQUAL(fd_connect_datagram(name), -ENAMETOOLONG);
}

/* --- waiting --- */

static void on_signal(int number) {
}

static void wait_readable(void) {
        struct itimerval often = {.it_interval = {.tv_usec = 5000}, .it_value = {.tv_usec = 5000}}, off = {};
        struct sigaction action = {.sa_handler = on_signal}, old;
        struct timespec start;
        int fds[2];

        CHECK_EQUAL(pipe(fds), 0);
        CHECK_EQUAL(fd_wait_readable(fds[0], 0), -ETIMEDOUT);
        /* Interruptions neither end the wait nor prolong it. */
        sigaction(SIGALRM, &action, &old);
        setitimer(ITIMER_REAL, &often, NULL);
        clock_gettime(CLOCK_MONOTONIC, &start);
        CHECK_EQUAL(fd_wait_readable(fds[0], 60), -ETIMEDOUT);
        CHECK(elapsed_ms(&start) >= 59 && elapsed_ms(&start) < 2000);
        setitimer(ITIMER_REAL, &off, NULL);
        sigaction(SIGALRM, &old, NULL);
        CHECK(write(fds[1], "x", 1) == 1);
        CHECK_EQUAL(fd_wait_readable(fds[0], -1), 0);
        CHECK(read(fds[0], (char[1]){0}, 1) == 1);
        close(fds[1]);
        CHECK_EQUAL(fd_wait_readable(fds[0], -1), 0);
        close(fds[0]);
        CHECK_EQUAL(fd_wait_readable(9999, -1), -EBADF);
}

static void lock_times_out(void) {
        autoclose int a = open(directory, O_RDONLY | O_CLOEXEC), b = open(directory, O_RDONLY | O_CLOEXEC);
        struct sigaction action;
        struct itimerval timer;
        struct timespec start;

        CHECK_EQUAL(fd_lock(a, 0), 0);
        CHECK_EQUAL(fd_lock(b, 0), -EWOULDBLOCK);
        clock_gettime(CLOCK_MONOTONIC, &start);
        CHECK_EQUAL(fd_lock(b, 50), -ETIMEDOUT);
        CHECK(elapsed_ms(&start) >= 49 && elapsed_ms(&start) < 2000);
        /* What was borrowed is given back. */
        CHECK(sigaction(SIGALRM, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
        CHECK(getitimer(ITIMER_REAL, &timer) == 0 && timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0);
        CHECK_EQUAL(fd_lock(9999, 0), -EBADF);
}

/* SIGALRM blocked and ignored, as a caller may leave it. */
static void lock_is_handed_over(void) {
        autoclose int a = open(directory, O_RDONLY | O_CLOEXEC), b = open(directory, O_RDONLY | O_CLOEXEC);
        sigset_t blocked, mask;
        pid_t pid;

        sigemptyset(&blocked);
        sigaddset(&blocked, SIGALRM);
        signal(SIGALRM, SIG_IGN);
        sigprocmask(SIG_BLOCK, &blocked, NULL);
        CHECK_EQUAL(fd_lock(a, 0), 0);
        CHECK_EQUAL(fd_lock(b, 20), -ETIMEDOUT);
        pid = fork();
        if (pid == 0) {
                /* The lock belongs to the open file, which this child holds too: unlocking here unlocks it. */
                usleep(50000);
                _exit(flock(a, LOCK_UN) != 0);
        }
        CHECK_EQUAL(fd_lock(b, 20000), 0);
        CHECK_EQUAL(fd_lock(a, 0), -EWOULDBLOCK);
        sigprocmask(SIG_UNBLOCK, &blocked, &mask);
        CHECK(sigismember(&mask, SIGALRM));
        CHECK(signal(SIGALRM, SIG_DFL) == SIG_IGN);
        waitpid(pid, NULL, 0);
}

static const struct test_case cases[] = {
        {"fd_close keeps errno", close_keeps_errno},
        {"autoclose and take_fd", scope_closes},
        {"fd_close_all_except by close_range", close_all},
        {"fd_close_all_except by /proc/self/fd", close_all_listed},
        {"fd_close_all_except without /proc", close_all_possible},
        {"fd_cloexec_from", cloexec_from},
        {"flags", flags},
        {"fd_reopen and fd_path", reopen},
        {"fd_read_full and fd_write_full", read_and_write_full},
        {"fd_send and fd_receive", pass_descriptor},
        {"a message that is cut is refused", refuse_cut_messages},
        {"a message with many descriptors is refused", refuse_many_descriptors},
        {"a descriptor for which there is no room", no_room_for_descriptor},
        {"a long message over a stream", stream_takes_long_messages},
        {"fd_connect_unix with short and long paths", connect_unix},
        {"fd_connect_unix fails", connect_unix_fails},
        {"fd_connect_datagram by path and in the abstract namespace", connect_datagram},
        {"fd_connect_datagram fails", connect_datagram_fails},
        {"fd_wait_readable", wait_readable},
        {"fd_lock times out", lock_times_out},
        {"fd_lock gets the lock", lock_is_handed_over},
};

int main(void) {
        int status;

        if (!mkdtemp(directory))
                return EXIT_FAILURE;
        status = test_run(cases, sizeof(cases) / sizeof(cases[0]));
        return rmdir(directory) == 0 ? status : EXIT_FAILURE;
}
