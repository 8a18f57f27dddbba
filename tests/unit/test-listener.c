/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The listener of a filter: what is taken for one, and what its agent is sent. */
#include "libcontainer/process/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/kernel.h"

/* A filter that allows everything, and stays: in a child. */
static int make_listener(void) {
        struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        struct sock_fprog program = {.len = 1, .filter = &allow};

        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        return kernel_seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

/* In the child: the number of the first line that is not as it should be, as exit status. */
#define EXPECT(condition) \
        do { \
                if (!(condition)) \
                        return __LINE__ % 256 ? __LINE__ % 256 : 1; \
        } while (0)

static bool is_same_file(int a, int b) {
        struct stat x, y;

        return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int take_sent(void) {
        struct message message = {.type = MESSAGE_LISTENER, .fd = make_listener()};
        int sent_fd = message.fd, taken_fd = -1;

        EXPECT(sent_fd >= 0);
        EXPECT(listener_take(-1, &message, &taken_fd) == 0);
        EXPECT(taken_fd == sent_fd && message.fd == -1);
        return 0;
}

static int take_named(void) {
        autoclose int pidfd = kernel_pidfd_open(getpid(), 0), listener_fd = make_listener(), taken_fd = -1;
        struct message message = {.type = MESSAGE_LISTENER, .fd = -1, .number = listener_fd};

        EXPECT(listener_fd >= 0);
        EXPECT(listener_take(pidfd, &message, &taken_fd) == 0);
        EXPECT(taken_fd != listener_fd && is_same_file(taken_fd, listener_fd));
        EXPECT(fcntl(taken_fd, F_GETFD) == FD_CLOEXEC);
        return 0;
}

static int in_child(int (*run)(void)) {
        int status = -1;
        pid_t pid = fork();

        if (pid == 0)
                _exit(run());
        CHECK_EQUAL(waitpid(pid, &status, 0), pid);
        return status;
}

static bool has_pidfd_getfd(void) {
        return kernel_pidfd_getfd(-1, -1, 0) >= 0 || errno != ENOSYS;
}

static void test_taken(void) {
        CHECK_EQUAL(in_child(take_sent), 0);
        if (has_pidfd_getfd())
                CHECK_EQUAL(in_child(take_named), 0);
}

/* Owned by whoever took the message: closed then too. */
static void test_refused(void) {
        autoclose int pidfd = kernel_pidfd_open(getpid(), 0);
        struct message message = {.type = MESSAGE_LISTENER, .fd = open("/dev/null", O_RDONLY | O_CLOEXEC)};
        int sent_fd = message.fd, taken_fd = -1;

        fail_forget();
        CHECK_EQUAL(listener_take(pidfd, &message, &taken_fd), -EINVAL);
        CHECK_TEXT(fail_text(), "linux.seccomp: descriptor 0 of the process is not a listener");
        CHECK(fcntl(sent_fd, F_GETFD) < 0);
        if (!has_pidfd_getfd())
                return;
        message.fd = -1;
        message.number = pidfd;
        fail_forget();
        CHECK_EQUAL(listener_take(pidfd, &message, &taken_fd), -EINVAL);
        message.number = -7;
        fail_forget();
        CHECK_EQUAL(listener_take(pidfd, &message, &taken_fd), -EBADF);
        CHECK_TEXT(fail_text(), "linux.seccomp: fetch the listener: bad file descriptor");
        CHECK_EQUAL(taken_fd, -1);
}

/* --- to the agent --- */

struct sample {
        struct config config;
        struct plan plan;
        struct state state;
        int agent_fd;
};

static void sample_make(struct sample *sample) {
        int ends[2];

        *sample = (struct sample){.config = CONFIG_INIT, .plan = PLAN_INIT, .state = STATE_INIT};
        /* What should be there is there at once. */
        CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
        sample->plan.config = &sample->config;
        sample->plan.listener_socket = ends[0];
        sample->agent_fd = ends[1];
        sample->state.id = text_copy("one");
        sample->state.bundle = text_copy("/bundle");
        sample->state.init.pid = 42;
}

static void sample_done(struct sample *sample) {
        fd_close(&sample->agent_fd);
        plan_done(&sample->plan);
        state_done(&sample->state);
        config_done(&sample->config);
}

/* The message, one descriptor of that file, and the end. */
static void expect_sent(const struct sample *sample, const char *text, int file_fd) {
        char bytes[4096] = "";
        int fd = -1;

        CHECK_EQUAL(fd_receive(sample->agent_fd, bytes, sizeof(bytes) - 1, &fd), strlen(text));
        CHECK_TEXT(bytes, text);
        CHECK(is_same_file(fd, file_fd));
        fd_close(&fd);
        CHECK_EQUAL(fd_receive(sample->agent_fd, bytes, sizeof(bytes), &fd), 0);
        CHECK_EQUAL(fd, -1);
}

static void test_create(void) {
        autodone(sample) struct sample sample;
        autoclose int file_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        sample_make(&sample);
        CHECK_EQUAL(listener_send(&sample.plan, &sample.state, 7, file_fd), 0);
        expect_sent(&sample, "{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":7,\"state\":{\"ociVersion\":\"1.3.0\","
                             "\"id\":\"one\",\"status\":\"creating\",\"pid\":7,\"bundle\":\"/bundle\"}}", file_fd);
}

static void test_exec(void) {
        autodone(sample) struct sample sample;
        autoclose int file_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        sample_make(&sample);
        sample.plan.target_fd = 0;
        sample.config.linux.seccomp.listener_metadata = text_copy("a\"b");
        CHECK_EQUAL(listener_send(&sample.plan, &sample.state, 7, file_fd), 0);
        expect_sent(&sample,
                    "{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":7,\"metadata\":\"a\\\"b\",\"state\":"
                    "{\"ociVersion\":\"1.3.0\",\"id\":\"one\",\"status\":\"running\",\"pid\":42,\"bundle\":\"/bundle\"}}",
                    file_fd);
}

/* -EPIPE would say to the caller that the process has ended. */
static void test_gone(void) {
        autodone(sample) struct sample sample;

        sample_make(&sample);
        fd_close(&sample.agent_fd);
        fail_forget();
        CHECK_EQUAL(listener_send(&sample.plan, &sample.state, 7, STDIN_FILENO), -EIO);
        CHECK_TEXT(fail_text(), "linux.seccomp: send the listener to the agent: broken pipe");
}

static const struct test_case cases[] = {
        {"a listener, sent or named", test_taken},
        {"what is none", test_refused},
        {"what the agent is sent of a new container", test_create},
        {"what it is sent of exec", test_exec},
        {"an agent that has gone", test_gone},
};

TEST_MAIN(cases)
