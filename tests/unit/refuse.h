/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes system calls fail with ENOSYS, as on a kernel that lacks them: for tests of fallbacks.
 * The filter lasts as long as the process and goes on to its children, so unit tests use it in a child of their own.
 */
#pragma once

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REFUSE_MAX 64

/* Returns 0 or -errno. Sets no_new_privs only where the kernel demands it: without CAP_SYS_ADMIN. */
static inline int refuse_syscalls(const long *numbers, size_t n) {
        struct sock_filter filter[2 * REFUSE_MAX + 2] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        };
        struct sock_fprog program = {.len = 1, .filter = filter};

        if (n > REFUSE_MAX)
                return -E2BIG;
        for (size_t i = 0; i < n; i++) {
                filter[program.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], 0, 1);
                filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
        }
        filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
                return 0;
        if (errno != EACCES)
                return -errno;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -errno : 0;
}
