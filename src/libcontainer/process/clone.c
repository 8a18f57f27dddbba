/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making processes. Runs in the runtime and in the stage. */
#include "libcontainer/process/clone.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/fail.h"
#include "util/kernel.h"

/* Linux before 5.3, or a filter of an outer container that answers ENOSYS so that callers fall back. */
int clone_plain(uint64_t flags, struct clone_result *ret) {
        /* With CLONE_PARENT the child ends with the signal of the caller's own making. */
        long pid = kernel_clone(flags | SIGCHLD, NULL);

        if (pid < 0)
                return fail(errno, "clone");
        ret->pid = (pid_t)pid;
        ret->pidfd = -1;
        ret->in_cgroup = false;
        return 0;
}

static long clone_new(uint64_t flags, int cgroup_fd, int *ret_pidfd) {
        struct clone_args args = {
                .flags = flags | CLONE_PIDFD | (cgroup_fd >= 0 ? CLONE_INTO_CGROUP : 0),
                .pidfd = (uintptr_t)ret_pidfd,
                .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
                .cgroup = cgroup_fd >= 0 ? (uint64_t)cgroup_fd : 0,
        };

        return kernel_clone3(&args, sizeof(args));
}

int clone_process(uint64_t flags, int cgroup_fd, struct clone_result *ret) {
        int pidfd = -1;
        long pid = clone_new(flags, cgroup_fd, &pidfd);

        ret->in_cgroup = cgroup_fd >= 0;
        /* E2BIG and EINVAL: clone3 without CLONE_INTO_CGROUP (Linux 5.3 to 5.6). */
        if (pid < 0 && cgroup_fd >= 0 && (errno == E2BIG || errno == EINVAL)) {
                ret->in_cgroup = false;
                pid = clone_new(flags, -1, &pidfd);
        }
        if (pid < 0 && errno == ENOSYS)
                return clone_plain(flags, ret);
        if (pid < 0)
                return fail(errno, "clone");
        ret->pid = (pid_t)pid;
        ret->pidfd = pid > 0 ? pidfd : -1;
        return 0;
}
