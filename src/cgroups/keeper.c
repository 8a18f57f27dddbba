/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that is in a scope before the container's. Forked by the runtime, and gone before the container starts. */
#include "cgroups/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/interrupt.h"
#include "util/proc.h"

static void __attribute__((noreturn)) keep(int hold_fd, pid_t runtime) {
        char nothing;
        sigset_t none;

        prctl(PR_SET_NAME, "tare:[keeper]", 0, 0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        interrupt_forget();
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        /* Whoever waits for the end of our caller's output must not have to wait for us. */
        if (dup2(hold_fd, STDIN_FILENO) >= 0) {
                (void)close(STDOUT_FILENO);
                (void)close(STDERR_FILENO);
                (void)fd_close_all_except(NULL, 0);
        }
        if (getppid() == runtime)
                while (read(STDIN_FILENO, &nothing, 1) < 0 && errno == EINTR)
                        continue;
        _exit(EXIT_SUCCESS);
}

int keeper_start(struct keeper **ret) {
        struct keeper *keeper;
        autoclose int read_fd = -1;
        pid_t runtime = getpid();
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
                return fail(errno, "make pipe");
        read_fd = ends[0];
        keeper = alloc_new(struct keeper);
        *keeper = (struct keeper){.pidfd = -1, .hold_fd = ends[1]};
        keeper->pid = fork();
        if (keeper->pid == 0)
                keep(read_fd, runtime);
        if (keeper->pid < 0) {
                int error = errno;

                keeper_free(keeper);
                return fail(error, "fork");
        }
        keeper->pidfd = proc_open(keeper->pid);
        *ret = keeper;
        return 0;
}

static void reap(struct keeper *keeper) {
        int status;

        (void)proc_reap(keeper->pid, &status);
        keeper->pid = 0;
        fd_close(&keeper->pidfd);
}

int keeper_release(struct keeper *keeper, int milliseconds) {
        int r = 0;

        fd_close(&keeper->hold_fd);
        if (keeper->pid <= 0)
                return 0;
        if (keeper->pidfd >= 0)
                r = proc_wait_end(keeper->pidfd, milliseconds);
        if (r < 0)
                kill(keeper->pid, SIGKILL);
        reap(keeper);
        return r < 0 ? fail(-r, "wait until the container's process is in its cgroup") : 0;
}

void keeper_free(struct keeper *keeper) {
        if (!keeper)
                return;
        fd_close(&keeper->hold_fd);
        if (keeper->pid > 0) {
                kill(keeper->pid, SIGKILL);
                reap(keeper);
        }
        free(keeper);
}
