/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ids and capabilities. Runs in init, after everything that needs root. */
#include "libcontainer/isolation/credentials.h"

#include <errno.h>
#include <grp.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "util/fail.h"

#define BIT(capability) (UINT64_C(1) << (capability))

static int set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2];

        for (int half = 0; half < 2; half++)
                data[half] = (struct __user_cap_data_struct){
                        .effective = (uint32_t)(effective >> 32 * half),
                        .permitted = (uint32_t)(permitted >> 32 * half),
                        .inheritable = (uint32_t)(inheritable >> 32 * half),
                };
        return capset(&header, data) < 0 ? fail(errno, "set capabilities") : 0;
}

static int drop_bounding(uint64_t kept) {
        for (int i = 0; i < 64; i++) {
                if (kept & BIT(i))
                        continue;
                if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0) {
                        /* The first number that the kernel does not know is the end of its list. */
                        if (errno == EINVAL)
                                return 0;
                        return fail(errno, "drop capability %d from the bounding set", i);
                }
        }
        return 0;
}

/*
 * A user namespace whose gid map was written without privilege denies setgroups(2) for good (user_namespaces(7)): even to
 * who may do it. /proc/self/setgroups says so as well, but exec sees the /proc of a pid namespace that it is not in.
 */
static bool setgroups_is_denied(const struct plan *plan) {
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2];

        return plan->may_deny_groups && capget(&header, data) == 0 && data[0].effective & BIT(CAP_SETGID);
}

static int change_groups(const struct plan *plan) {
        const struct process_config *process = &plan->config->process;
        size_t count = process->user.n_additional_gids;

        if (plan->config->extensions.keep_original_groups)
                return 0;
        /* Called with an empty list too: the groups of the runtime's caller are none of the container's. */
        if (setgroups(count, process->user.additional_gids) == 0)
                return 0;
        if (errno == EPERM && count == 0 && setgroups_is_denied(plan))
                return 0;
        return fail(errno, "process.user.additionalGids: set %zu groups", count);
}

/* CAP_SYS_ADMIN is for the filter. CAP_SYS_NICE is for the scheduler; not every caller has it, and not every policy needs it. */
static uint64_t still_needed(const struct plan *plan) {
        const struct process_config *process = &plan->config->process;
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2];
        uint64_t needed = plan->seccomp.present && !process->no_new_privileges ? BIT(CAP_SYS_ADMIN) : 0;

        if (process->scheduler.present && capget(&header, data) == 0)
                needed |= data[0].permitted & BIT(CAP_SYS_NICE);
        return needed;
}

int credentials_change_ids(const struct plan *plan) {
        const struct process_config *process = &plan->config->process;
        const struct capability_sets *sets = &plan->capabilities;
        uint64_t kept = still_needed(plan);
        int r;

        /* First, while CAP_SETPCAP is there for sure. */
        r = drop_bounding(sets->bounding);
        if (r < 0)
                return r;
        /* Else the change of uid from 0 would clear the permitted set. execve(2) clears this flag again. */
        if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
                return fail(errno, "keep capabilities");
        r = change_groups(plan);
        if (r < 0)
                return r;
        if (setresgid(process->user.gid, process->user.gid, process->user.gid) < 0)
                return fail(errno, "process.user.gid: become group %u", process->user.gid);
        if (setresuid(process->user.uid, process->user.uid, process->user.uid) < 0)
                return fail(errno, "process.user.uid: become user %u", process->user.uid);
        if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
                return fail(errno, "keep capabilities");
        return set_capabilities(sets->effective | kept, sets->permitted | kept, sets->inheritable);
}

int credentials_drop(const struct plan *plan) {
        const struct capability_sets *sets = &plan->capabilities;
        int r = set_capabilities(sets->effective, sets->permitted, sets->inheritable);

        if (r < 0)
                return r;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
                return fail(errno, "clear ambient capabilities");
        for (int i = 0; i < 64; i++)
                if (sets->ambient & BIT(i) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
                        return fail(errno, "raise ambient capability %d", i);
        return 0;
}

int credentials_become_root(bool keep_groups) {
        if (!keep_groups && setgroups(0, NULL) < 0 && errno != EPERM)
                return fail(errno, "leave the caller's groups");
        if (setresgid(0, 0, 0) < 0)
                return fail(errno, "become group 0 of the user namespace");
        return setresuid(0, 0, 0) < 0 ? fail(errno, "become user 0 of the user namespace") : 0;
}
