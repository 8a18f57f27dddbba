/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running hooks. Runs in the runtime and in init. */
#include "libcontainer/isolation/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/interrupt.h"
#include "util/kernel.h"
#include "util/log.h"
#include "util/names.h"
#include "util/proc.h"
#include "util/text.h"

/* A hook while it runs. */
struct running {
        pid_t pid;
        int pidfd, input_fd, output_fd;
        const char *input; /* what is still to be written */
        struct text output; /* the first part of what it wrote, for the message */
        int64_t deadline; /* milliseconds of CLOCK_MONOTONIC, -1: none */
};

#define OUTPUT_MAX 2048

static void running_done(struct running *hook) {
        fd_close(&hook->pidfd);
        fd_close(&hook->input_fd);
        fd_close(&hook->output_fd);
        text_done(&hook->output);
}

static int64_t now(void) {
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* The list as execve(2) wants it; in a process that will not live to free it. */
static char **vector_of(const struct string_list *list) {
        char **vector = alloc_zero(list->count + 1, sizeof(char *));

        for (size_t i = 0; i < list->count; i++)
                vector[i] = list->items[i];
        return vector;
}

/* In the child. Never returns. */
static void __attribute__((noreturn)) execute(const struct hook_call *call, const struct hook_config *hook, int input_fd,
                                              int output_fd) {
        char *only_path[] = {hook->path, NULL};
        char *const *environment = hook->has_env ? vector_of(&hook->env) : call->environment;
        sigset_t none;

        signal(SIGPIPE, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        /* A group of its own, so that a timeout ends its children too; and no hook survives who started it. */
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (dup2(input_fd, 0) < 0 || dup2(output_fd, 1) < 0 || dup2(output_fd, 2) < 0)
                _exit(126);
        /* The root of a user namespace may not enter a bundle that is closed to others. */
        if ((call->directory_fd < 0 || fchdir(call->directory_fd) < 0) && chdir("/") < 0) {
                dprintf(2, "enter `/`: %s", errno_text(errno));
                _exit(126);
        }
        /* Descriptors that the process keeps are not the hooks'. */
        fd_close_all_except(NULL, 0);
        execve(hook->path, hook->args.count ? vector_of(&hook->args) : only_path, environment);
        dprintf(2, "%s", errno_text(errno));
        _exit(127);
}

static int start(const struct hook_call *call, const struct hook_config *hook, struct running *ret) {
        autoclose int input_read = -1, output_write = -1;
        int input[2], output[2];

        if (pipe2(input, O_CLOEXEC) < 0)
                return fail(errno, "make pipe");
        input_read = input[0];
        ret->input_fd = input[1];
        if (pipe2(output, O_CLOEXEC) < 0)
                return fail(errno, "make pipe");
        ret->output_fd = output[0];
        output_write = output[1];
        fd_set_nonblock(ret->input_fd, true);
        fd_set_nonblock(ret->output_fd, true);
        /* The pidfd comes with the birth: pidfd_open(2) is younger, and filters of outer containers forbid it. */
        ret->pid = (pid_t)kernel_clone(CLONE_PIDFD | SIGCHLD, &ret->pidfd);
        if (ret->pid < 0)
                return fail(errno, "clone");
        if (ret->pid == 0)
                execute(call, hook, input_read, output_write);
        /* Here as well as in the child: whichever comes first, the group is there before a timeout needs it. */
        setpgid(ret->pid, ret->pid);
        ret->input = call->state;
        ret->deadline = hook->timeout.set ? now() + (int64_t)hook->timeout.value * 1000 : -1;
        return 0;
}

static void feed(struct running *hook) {
        ssize_t n = write(hook->input_fd, hook->input, strlen(hook->input));

        if (n > 0)
                hook->input += n;
        /* A hook need not read its input: EPIPE is the end of it, no failure. */
        if ((n < 0 && errno != EAGAIN && errno != EINTR) || !*hook->input)
                fd_close(&hook->input_fd);
}

static void drain(struct running *hook) {
        char bytes[4096];
        ssize_t n;

        while ((n = read(hook->output_fd, bytes, sizeof(bytes))) > 0)
                if (hook->output.length < OUTPUT_MAX)
                        text_add_n(&hook->output, bytes, (size_t)n);
        if (n == 0)
                fd_close(&hook->output_fd);
}

enum outcome { ENDED, TIMED_OUT, INTERRUPTED };

/* Until the hook has ended, whoever else still holds its pipes; or has to. */
static enum outcome attend(struct running *hook) {
        for (;;) {
                struct pollfd fds[] = {
                        {.fd = hook->pidfd, .events = POLLIN},
                        {.fd = hook->input_fd, .events = POLLOUT},
                        {.fd = hook->output_fd, .events = POLLIN},
                        {.fd = interrupt_fd(), .events = POLLIN},
                };
                int64_t left = hook->deadline < 0 ? -1 : hook->deadline - now();

                if (hook->deadline >= 0 && left <= 0)
                        return TIMED_OUT;
                if (poll(fds, ELEMENTSOF(fds), left > INT32_MAX ? INT32_MAX : (int)left) < 0 && errno != EINTR)
                        return INTERRUPTED;
                if (fds[2].revents)
                        drain(hook);
                if (fds[1].revents)
                        feed(hook);
                if (fds[0].revents)
                        return ENDED;
                if (fds[3].revents && interrupt_take())
                        return INTERRUPTED;
        }
}

/* One line of a hook's output for a message. */
static const char *output_of(struct running *hook) {
        if (hook->output_fd >= 0)
                drain(hook);
        while (hook->output.length > 0 && hook->output.bytes[hook->output.length - 1] == '\n')
                hook->output.bytes[--hook->output.length] = '\0';
        if (hook->output.length > OUTPUT_MAX)
                hook->output.bytes[OUTPUT_MAX] = '\0';
        return hook->output.length ? hook->output.bytes : "(no output)";
}

static int judge(const struct hook_config *hook, struct running *running, enum outcome outcome) {
        int status = 0, r;

        if (outcome != ENDED)
                kill(-running->pid, SIGKILL);
        r = proc_reap(running->pid, &status);
        if (r < 0)
                return fail(-r, "wait for hook `%s`", hook->path);
        if (outcome == INTERRUPTED)
                return reject("run `%s`: interrupted, output: %s", hook->path, output_of(running));
        if (outcome == TIMED_OUT)
                return reject("run `%s`: hook ran past specified timeout of %d.0s, output: %s", hook->path, hook->timeout.value,
                              output_of(running));
        if (WIFSIGNALED(status))
                return reject("run `%s`: killed by signal %d, output: %s", hook->path, WTERMSIG(status), output_of(running));
        if (WEXITSTATUS(status) != 0)
                return reject("run `%s`: exit status %d, output: %s", hook->path, WEXITSTATUS(status), output_of(running));
        return 0;
}

static int run_one(const struct hook_call *call, const struct hook_config *hook) {
        autodone(running) struct running running = {.pidfd = -1, .input_fd = -1, .output_fd = -1};
        int r = start(call, hook, &running);

        if (r < 0)
                return within(r, "run `%s`", hook->path);
        return judge(hook, &running, attend(&running));
}

int hooks_run(const struct hook_call *call, bool keep_going) {
        int r = 0;

        if (call->hooks->count == 0)
                return 0;
        for (size_t i = 0; i < call->hooks->count; i++) {
                r = run_one(call, &call->hooks->items[i]);
                if (r == 0)
                        continue;
                r = within(r, "hooks.%s[%zu]", name_of(hook_kinds, call->kind), i);
                if (!keep_going)
                        break;
                log_warning("%s", fail_text());
                fail_forget();
                r = 0;
        }
        return r;
}
