/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that comes ready made instead of a profile. In the runtime's process, before anything is made. What the kernel
 * checks of a program it checks when that is loaded; here is only found out whether it is one, and needs a listener.
 */
#include "seccomp/seccomp.h"

#include <linux/seccomp.h>

#include "util/alloc.h"
#include "util/base64.h"
#include "util/fail.h"

static bool has_notification(const struct sock_fprog *program) {
        for (size_t i = 0; i < program->len; i++)
                if (program->filter[i].code == (BPF_RET | BPF_K) &&
                    (program->filter[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
                        return true;
        return false;
}

int seccomp_decode(const char *base64, const char *path, const struct seccomp_profile *flags, struct seccomp_filter *ret) {
        autofree unsigned char *bytes = NULL;
        struct seccomp_filter filter = {.present = true};
        size_t size;
        int r = base64_decode(base64, &bytes, &size);

        if (r < 0)
                return reject("%s: not base64", path);
        if (size == 0 || size % sizeof(struct sock_filter) != 0 || size / sizeof(struct sock_filter) > BPF_MAXINSNS)
                return reject("%s: found %zu bytes, expected 1 to %d instructions of %zu bytes", path, size, BPF_MAXINSNS,
                              sizeof(struct sock_filter));
        filter.program.len = (unsigned short)(size / sizeof(struct sock_filter));
        filter.program.filter = memory_copy(bytes, size);
        filter.has_listener = has_notification(&filter.program);
        seccomp_filter_set_flags(&filter, flags);
        *ret = filter;
        return 0;
}
