/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container's process in the foreground. Runs in the runtime's process. */
#include "libcontainer/process/foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcontainer/isolation/terminal.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/proc.h"

/* Bytes on their way in one direction. A full buffer is not read into: the writer waits, nothing is lost. */
struct flow {
        int from, to; /* -1: ended */
        size_t begin, end;
        char bytes[16384];
};

/* Signals of our own doing or of the kernel's about us; every other one is meant for the container. */
static const int not_forwarded[] = {SIGCHLD, SIGURG, SIGWINCH, SIGPIPE, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};

int foreground_prepare(struct foreground *ret, bool subreaper) {
        sigset_t all;

        sigfillset(&all);
        /* A fault of ours must end us, not wait. */
        for (size_t i = 4; i < sizeof(not_forwarded) / sizeof(not_forwarded[0]); i++)
                sigdelset(&all, not_forwarded[i]);
        if (sigprocmask(SIG_BLOCK, &all, NULL) < 0)
                return fail(errno, "block signals");
        ret->signal_fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
        if (ret->signal_fd < 0)
                return fail(errno, "open signalfd");
        if (subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
                return fail(errno, "become subreaper");
        return 0;
}

void foreground_done(struct foreground *foreground) {
        if (foreground->is_raw)
                tcsetattr(STDIN_FILENO, TCSADRAIN, &foreground->before);
        foreground->is_raw = false;
        fd_close(&foreground->slave_fd);
        fd_close(&foreground->signal_fd);
}

/* --- terminal --- */

/* What is typed goes to the container as it is; its terminal does the editing and the echo. */
static int start_terminal(struct foreground *foreground, int terminal_fd) {
        struct termios raw;

        fd_set_nonblock(terminal_fd, true);
        /* Without it the master would be at its end whenever nobody inside happens to have the terminal open. */
        foreground->slave_fd = ioctl(terminal_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (!isatty(STDIN_FILENO))
                return 0;
        if (tcgetattr(STDIN_FILENO, &foreground->before) < 0)
                return fail(errno, "read terminal settings");
        raw = foreground->before;
        cfmakeraw(&raw);
        if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
                return fail(errno, "make terminal raw");
        foreground->is_raw = true;
        return 0;
}

/* EIO is how a terminal's master says that nobody has the slave open any more. */
static void flow_read(struct flow *flow) {
        ssize_t n = read(flow->from, flow->bytes + flow->end, sizeof(flow->bytes) - flow->end);

        /* What nobody takes any more is dropped: the process must not stand still for a reader that has gone. */
        if (n > 0)
                flow->end += flow->to >= 0 ? (size_t)n : 0;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
                flow->from = -1;
}

static void flow_write(struct flow *flow) {
        ssize_t n = write(flow->to, flow->bytes + flow->begin, flow->end - flow->begin);

        if (n > 0)
                flow->begin += (size_t)n;
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
                flow->to = -1;
        if (flow->begin == flow->end || flow->to < 0)
                flow->begin = flow->end = 0;
}

static bool flow_is_empty(const struct flow *flow) {
        return flow->begin == flow->end;
}

/* Which of the two ends to wait for. */
static void flow_poll(const struct flow *flow, struct pollfd fds[2]) {
        fds[0] = (struct pollfd){.fd = flow->end < sizeof(flow->bytes) ? flow->from : -1, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = flow_is_empty(flow) ? -1 : flow->to, .events = POLLOUT};
}

static void flow_serve(struct flow *flow, const struct pollfd fds[2]) {
        if (fds[0].revents)
                flow_read(flow);
        if (fds[1].revents)
                flow_write(flow);
}

/* How long the kernel may take to carry what was written last from one side of the terminal to the other. */
#define DRAIN_MILLISECONDS 200

/* True when there is something to read, or to learn that the end has come. */
static bool has_more(const struct flow *flow) {
        struct pollfd fd = {.fd = flow->from, .events = POLLIN};

        return flow->from >= 0 && flow->end < sizeof(flow->bytes) && poll(&fd, 1, DRAIN_MILLISECONDS) > 0;
}

/*
 * After the process's end: what it wrote last must still come out. The kernel passes it on in its own time, so the end is the
 * hang-up behind the last byte; only where another process still holds the terminal does that not come.
 */
static void drain(struct flow *out) {
        while (out->to >= 0) {
                struct pollfd fd = {.fd = out->to, .events = POLLOUT};

                if (has_more(out))
                        flow_read(out);
                else if (flow_is_empty(out))
                        return;
                if (flow_is_empty(out))
                        continue;
                if (poll(&fd, 1, -1) < 0 && errno != EINTR)
                        return;
                flow_write(out);
        }
}

/* --- signals --- */

static bool is_forwarded(int number) {
        for (size_t i = 0; i < sizeof(not_forwarded) / sizeof(not_forwarded[0]); i++)
                if (not_forwarded[i] == number)
                        return false;
        return true;
}

/* Reaps every child that has ended. True when the container's process was among them. */
static bool reap(pid_t wanted, int *ret_exit) {
        bool found = false;
        int status;
        pid_t pid;

        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
                if (pid == wanted) {
                        *ret_exit = proc_exit_code(status);
                        found = true;
                }
        return found;
}

/* True when the container's process has ended. */
static bool serve_signals(const struct foreground *foreground, const struct child *child, int *ret_exit) {
        struct signalfd_siginfo info;
        bool ended = false;

        while (read(foreground->signal_fd, &info, sizeof(info)) == sizeof(info)) {
                int number = (int)info.ssi_signo;

                if (number == SIGCHLD)
                        ended = reap(child->pid, ret_exit) || ended;
                else if (number == SIGWINCH && child->terminal_fd >= 0)
                        terminal_copy_size(child->terminal_fd);
                else if (is_forwarded(number))
                        (void)proc_signal(child->pidfd, number);
        }
        return ended;
}

int foreground_serve(struct foreground *foreground, struct child *child, int *ret_exit) {
        struct flow in = {.from = -1, .to = child->terminal_fd}, out = {.from = child->terminal_fd, .to = STDOUT_FILENO};
        bool ended;

        if (child->terminal_fd >= 0) {
                int r = start_terminal(foreground, child->terminal_fd);

                if (r < 0)
                        return r;
                in.from = STDIN_FILENO;
        }
        /* It may have ended before anybody collected signals of it. */
        ended = reap(child->pid, ret_exit);
        while (!ended) {
                struct pollfd fds[6] = {{.fd = foreground->signal_fd, .events = POLLIN},
                                        [5] = {.fd = foreground->notify ? notify_poll_fd(foreground->notify) : -1, .events = POLLIN}};

                flow_poll(&in, fds + 1);
                flow_poll(&out, fds + 3);
                if (poll(fds, ELEMENTSOF(fds), -1) < 0 && errno != EINTR)
                        return fail(errno, "wait for the container");
                flow_serve(&in, fds + 1);
                flow_serve(&out, fds + 3);
                if (fds[5].revents)
                        notify_serve(foreground->notify);
                if (fds[0].revents)
                        ended = serve_signals(foreground, child, ret_exit);
        }
        fd_close(&foreground->slave_fd);
        if (child->terminal_fd >= 0)
                drain(&out);
        /* Its last word may be that it is ready. */
        if (foreground->notify)
                notify_serve(foreground->notify);
        child->pid = 0;
        return 0;
}
