/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hands a compiled filter to the kernel. seccomp_filter_load() runs in the container's init, after everything that the
 * filter might forbid; no_new_privs must be set or CAP_SYS_ADMIN still be there.
 */
#include "seccomp/seccomp.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/fail.h"
#include "util/kernel.h"

/* Gives the listener's descriptor if the flags ask for one, else 0. */
static int set_filter(uint32_t flags, const struct sock_fprog *program) {
        int r = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);

        return r < 0 ? -errno : r;
}

/* Before Linux 3.17, and where an older filter around us lets seccomp(2) end in ENOSYS; it has no flags. */
static int set_filter_by_prctl(const struct sock_fprog *program) {
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0) < 0 ? -errno : 0;
}

int seccomp_filter_load(const struct seccomp_filter *filter, int *ret_listener_fd) {
        uint32_t required_flags = filter->flags & ~filter->optional_flags;
        int r;

        if (!filter->present)
                return 0;
        r = set_filter(filter->flags, &filter->program);
        if (r == -EINVAL && filter->optional_flags)
                r = set_filter(required_flags, &filter->program);
        if (r == -ENOSYS && required_flags == 0)
                r = set_filter_by_prctl(&filter->program);
        if (r < 0)
                return fail(-r, "load seccomp filter of %u instructions", filter->program.len);
        if (filter->has_listener)
                *ret_listener_fd = r;
        return 0;
}

bool seccomp_kernel_knows_flag(uint32_t flag) {
        /* The kernel looks at the flags first and then faults on the program that is not there. */
        if (set_filter(flag, NULL) == -EFAULT)
                return true;
        /* Some flags say how a listener behaves and are refused without one. */
        return set_filter(flag | SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL) == -EFAULT;
}

int seccomp_check_flags(const struct seccomp_filter *filter, const char *path) {
        for (const struct name *flag = seccomp_flags; flag->name; flag++) {
                uint32_t bit = (uint32_t)flag->value;

                if (filter->flags & bit & ~filter->optional_flags && !seccomp_kernel_knows_flag(bit))
                        return reject("%s.flags: found `%s`, which this kernel does not know", path, flag->name);
        }
        return 0;
}
