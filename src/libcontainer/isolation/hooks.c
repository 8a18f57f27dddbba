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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/interrupt.h"
#include "util/kernel.h"
#include "util/log.h"
#include "util/names.h"
#include "util/proc.h"
#include "util/text.h"

/* What a hook writes comes by a pipe, for the message, and goes on to a file if there is one. */
struct stream {
        int fd;
        int file_fd; /* borrowed; -1: none */
};

/* A hook while it runs. */
struct running {
        pid_t pid;
        int pidfd, input_fd;
        const char *input; /* what is still to be written */
        struct stream output[2]; /* standard output and error; by one pipe, the first, where nothing depends on which it was */
        size_t n_output;
        struct text text; /* the first part of what it wrote, for the message */
        int64_t deadline; /* milliseconds of CLOCK_MONOTONIC, -1: none */
};

#define OUTPUT_MAX 2048
#define READ_SIZE 4096
/* What is read after the end of a hook whose children go on writing: more than a pipe holds. */
#define READS_AT_END 64

static void running_done(struct running *hook) {
        fd_close(&hook->pidfd);
        fd_close(&hook->input_fd);
        for (size_t i = 0; i < hook->n_output; i++)
                fd_close(&hook->output[i].fd);
        text_done(&hook->text);
}

/* --- files for the output --- */

/*
 * Never through a link that somebody else may have put there, nor waiting for the reader of a FIFO. Files are the owner's
 * alone: what a hook writes may be anything.
 */
static int open_file(const char *path, const char *key, int *ret_fd) {
        if (!path)
                return 0;
        *ret_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
        return *ret_fd < 0 ? fail(errno, "annotations.run.oci.hooks.%s: open `%s`", key, path) : 0;
}

int hooks_open_output(const struct extensions *extensions, int ret_fds[2]) {
        int r = open_file(extensions->hooks_stdout, "stdout", &ret_fds[0]);

        return r < 0 ? r : open_file(extensions->hooks_stderr, "stderr", &ret_fds[1]);
}

/* --- starting --- */

/* The list as execve(2) wants it; in a process that will not live to free it. */
static char **vector_of(const struct string_list *list) {
        char **vector = alloc_zero(list->count + 1, sizeof(char *));

        for (size_t i = 0; i < list->count; i++)
                vector[i] = list->items[i];
        return vector;
}

/* In the child. Never returns. */
static void __attribute__((noreturn)) execute(const struct hook_call *call, const struct hook_config *hook, int input_fd,
                                              const int output_fds[2]) {
        char *only_path[] = {hook->path, NULL};
        char *const *environment = hook->has_env ? vector_of(&hook->env) : call->environment;

        proc_reset_signals();
        /* Init's is 0 while it makes files with exact modes, and the runtime's is its caller's. */
        umask(0022);
        /* A group of its own, so that a timeout ends its children too; and no hook survives who started it. */
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (dup2(input_fd, 0) < 0 || dup2(output_fds[0], 1) < 0 || dup2(output_fds[1], 2) < 0)
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

static int open_pipe(int *ret_read, int *ret_write) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
                return fail(errno, "make pipe");
        *ret_read = ends[0];
        *ret_write = ends[1];
        return 0;
}

/* One pipe keeps the order of what is written to both; two tell which is which. */
static int open_output(const struct hook_call *call, struct running *ret, int ret_write[2]) {
        bool has_files = call->output_fds && (call->output_fds[0] >= 0 || call->output_fds[1] >= 0);

        ret->n_output = has_files ? 2 : 1;
        for (size_t i = 0; i < ret->n_output; i++) {
                int r = open_pipe(&ret->output[i].fd, &ret_write[i]);

                if (r < 0)
                        return r;
                fd_set_nonblock(ret->output[i].fd, true);
                ret->output[i].file_fd = has_files ? call->output_fds[i] : -1;
        }
        return 0;
}

static int start(const struct hook_call *call, const struct hook_config *hook, struct running *ret) {
        autoclose int input_read = -1, output_write = -1, error_write = -1;
        int write_fds[2] = {-1, -1}, r;

        r = open_pipe(&input_read, &ret->input_fd);
        if (r < 0)
                return r;
        fd_set_nonblock(ret->input_fd, true);
        r = open_output(call, ret, write_fds);
        output_write = write_fds[0];
        error_write = write_fds[1];
        if (r < 0)
                return r;
        /* The pidfd comes with the birth: pidfd_open(2) is younger, and filters of outer containers forbid it. */
        ret->pid = (pid_t)kernel_clone(CLONE_PIDFD | SIGCHLD, &ret->pidfd);
        if (ret->pid < 0)
                return fail(errno, "clone");
        if (ret->pid == 0)
                execute(call, hook, input_read, (const int[]){output_write, error_write < 0 ? output_write : error_write});
        /* Here as well as in the child: whichever comes first, the group is there before a timeout needs it. */
        setpgid(ret->pid, ret->pid);
        ret->input = call->state;
        ret->deadline = hook->timeout.set ? clock_ms() + (int64_t)hook->timeout.value * 1000 : -1;
        return 0;
}

/* --- while it runs --- */

static void feed(struct running *hook) {
        ssize_t n = write(hook->input_fd, hook->input, strlen(hook->input));

        if (n > 0)
                hook->input += n;
        /* A hook need not read its input: EPIPE is the end of it, no failure. */
        if ((n < 0 && errno != EAGAIN && errno != EINTR) || !*hook->input)
                fd_close(&hook->input_fd);
}

/* One part of it; a hook that writes without end must not keep us from its timeout. False when there is no more by now. */
static bool drain(struct running *hook, struct stream *stream) {
        char bytes[READ_SIZE];
        ssize_t n = stream->fd < 0 ? -1 : read(stream->fd, bytes, sizeof(bytes));

        if (n == 0)
                fd_close(&stream->fd);
        if (n <= 0)
                return false;
        if (hook->text.length < OUTPUT_MAX)
                text_add_n(&hook->text, bytes, (size_t)n);
        /* Of a full disk the hook knows nothing, and the container is not worse for it: the rest is lost. */
        if (stream->file_fd >= 0 && fd_write_full(stream->file_fd, bytes, (size_t)n) < 0)
                stream->file_fd = -1;
        return true;
}

static void drain_rest(struct running *hook) {
        for (size_t i = 0; i < hook->n_output; i++)
                for (int n = 0; n < READS_AT_END && drain(hook, &hook->output[i]); n++)
                        ;
}

enum outcome { ENDED, TIMED_OUT, INTERRUPTED };

/* Until the hook has ended, whoever else still holds its pipes; or has to. */
static enum outcome attend(struct running *hook) {
        for (;;) {
                struct pollfd fds[] = {
                        {.fd = hook->pidfd, .events = POLLIN},
                        {.fd = hook->input_fd, .events = POLLOUT},
                        {.fd = interrupt_fd(), .events = POLLIN},
                        {.fd = hook->output[0].fd, .events = POLLIN},
                        {.fd = hook->n_output > 1 ? hook->output[1].fd : -1, .events = POLLIN},
                };
                int left = hook->deadline < 0 ? -1 : clock_ms_until(hook->deadline);

                if (left == 0)
                        return TIMED_OUT;
                if (poll(fds, ELEMENTSOF(fds), left) < 0 && errno != EINTR)
                        return INTERRUPTED;
                for (size_t i = 0; i < hook->n_output; i++)
                        if (fds[3 + i].revents)
                                drain(hook, &hook->output[i]);
                if (fds[1].revents)
                        feed(hook);
                if (fds[0].revents)
                        return ENDED;
                if (fds[2].revents && interrupt_take())
                        return INTERRUPTED;
        }
}

/* One line of a hook's output for a message. */
static const char *output_of(struct running *hook) {
        struct text *text = &hook->text;

        while (text->length > 0 && text->bytes[text->length - 1] == '\n')
                text->bytes[--text->length] = '\0';
        if (text->length > OUTPUT_MAX)
                text->bytes[OUTPUT_MAX] = '\0';
        return text->length ? text->bytes : "(no output)";
}

static int judge(const struct hook_config *hook, struct running *running, enum outcome outcome) {
        int status = 0, r;

        if (outcome != ENDED)
                kill(-running->pid, SIGKILL);
        r = proc_reap(running->pid, &status);
        if (r < 0)
                return fail(-r, "wait for hook `%s`", hook->path);
        drain_rest(running);
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
        autodone(running) struct running running = {.pidfd = -1, .input_fd = -1};
        int r = start(call, hook, &running);

        if (r < 0)
                return within(r, "run `%s`", hook->path);
        return judge(hook, &running, attend(&running));
}

static int run_all(const struct hook_call *call, bool keep_going) {
        int r = 0;

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

int hooks_run(const struct hook_call *call, bool keep_going) {
        void (*before)(int);
        int r;

        if (call->hooks->count == 0)
                return 0;
        /* A limit on the size of files (init has the container's by then) must not end us for a hook's output. */
        before = signal(SIGXFSZ, SIG_IGN);
        r = run_all(call, keep_going);
        signal(SIGXFSZ, before);
        return r;
}
