/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether exec's process can be confined while the container does not see it yet. Runs in the runtime's process, after the filter
 * has been compiled.
 *
 * A process that is in the container's pid namespace can be taken over by one there that has CAP_SYS_PTRACE. If it has no filter
 * by then it does what the container may not; and without no_new_privs the filter takes CAP_SYS_ADMIN to load. So the filter is
 * loaded before that, by the first of exec's two processes, if it allows what both of them still have to call; and it nearly
 * always does. Else it is loaded by the second one, in sight, as init loads it.
 */
#include "libcontainer/plan/plan.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include "util/alloc.h"
#include "util/kernel.h"

static const int calls[] = {
        KERNEL_STAT, SYS_brk, SYS_capset, SYS_close, SYS_dup3, SYS_execve, SYS_exit_group, SYS_fcntl, SYS_ioctl, SYS_mmap,
        SYS_munmap, SYS_openat, SYS_prctl, SYS_pread64, SYS_prlimit64, SYS_read, SYS_recvmsg, SYS_rt_sigprocmask, SYS_sendmsg,
        SYS_setsid, SYS_write,
};

static bool lets_birth_pass(const struct seccomp_filter *filter) {
        struct seccomp_call call = {
                .number = SYS_clone,
                .has_argument = true,
                .argument_index = KERNEL_CLONE_FLAGS_INDEX,
                .argument = CLONE_PARENT | SIGCHLD,
        };

        for (size_t i = 0; i < ELEMENTSOF(calls); i++)
                if (!seccomp_filter_lets_pass(filter, &(struct seccomp_call){.number = calls[i]}))
                        return false;
        return seccomp_filter_lets_pass(filter, &call);
}

void plan_unseen(struct plan *plan) {
        const struct process_config *process = &plan->config->process;
        const struct seccomp_filter *filter = &plan->seccomp;

        /* A scheduler is set with CAP_SYS_NICE, and a listener is handed over, by the second process. */
        plan->is_confined_unseen = !process->scheduler.present && !filter->has_listener &&
                                   (!filter->present || lets_birth_pass(filter));
}
