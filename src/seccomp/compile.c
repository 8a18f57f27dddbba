/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a checked profile to a BPF program, by libseccomp. In the runtime's process, before the container exists: the
 * memory and the milliseconds that it takes must not be charged to the container.
 *
 * libseccomp's filter always holds the native architecture; those that the profile lists come in addition. A call of
 * any other architecture kills the thread.
 */
#include "seccomp/seccomp.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seccomp/cache.h"
#include "seccomp/enosys.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"

#define N_ARGUMENTS 6

static const uint32_t action_codes[] = {
        [SECCOMP_ACTION_KILL_THREAD] = SCMP_ACT_KILL_THREAD,
        [SECCOMP_ACTION_KILL_PROCESS] = SCMP_ACT_KILL_PROCESS,
        [SECCOMP_ACTION_TRAP] = SCMP_ACT_TRAP,
        [SECCOMP_ACTION_ERRNO] = SCMP_ACT_ERRNO(0),
        [SECCOMP_ACTION_TRACE] = SCMP_ACT_TRACE(0),
        [SECCOMP_ACTION_ALLOW] = SCMP_ACT_ALLOW,
        [SECCOMP_ACTION_LOG] = SCMP_ACT_LOG,
        [SECCOMP_ACTION_NOTIFY] = SCMP_ACT_NOTIFY,
};

static const enum scmp_compare operator_codes[] = {
        [SECCOMP_OPERATOR_NE] = SCMP_CMP_NE,
        [SECCOMP_OPERATOR_LT] = SCMP_CMP_LT,
        [SECCOMP_OPERATOR_LE] = SCMP_CMP_LE,
        [SECCOMP_OPERATOR_EQ] = SCMP_CMP_EQ,
        [SECCOMP_OPERATOR_GE] = SCMP_CMP_GE,
        [SECCOMP_OPERATOR_GT] = SCMP_CMP_GT,
        [SECCOMP_OPERATOR_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
};

static void context_release(scmp_filter_ctx *context) {
        if (*context)
                seccomp_release(*context);
}

static uint32_t action_code(enum seccomp_action action, bool has_errno_ret, uint32_t errno_ret) {
        if (action == SECCOMP_ACTION_ERRNO || action == SECCOMP_ACTION_TRACE)
                return action_codes[action] | (has_errno_ret ? errno_ret : EPERM);
        return action_codes[action];
}

static struct scmp_arg_cmp comparison(const struct seccomp_argument *argument) {
        return (struct scmp_arg_cmp){
                .arg = argument->index,
                .op = operator_codes[argument->op],
                .datum_a = argument->value,
                .datum_b = argument->value_two, /* read for MASKED_EQ only */
        };
}

static bool has_index_twice(const struct seccomp_rule *rule) {
        unsigned seen = 0;

        for (size_t i = 0; i < rule->n_args; i++) {
                unsigned bit = 1u << rule->args[i].index;

                if (seen & bit)
                        return true;
                seen |= bit;
        }
        return false;
}

/* --- rules --- */

struct call {
        const char *name;
        int number; /* the native one, or libseccomp's negative number of a call that only other architectures have */
        uint32_t action;
};

static int add_comparisons(scmp_filter_ctx context, const struct call *call, const struct scmp_arg_cmp *comparisons,
                           unsigned n) {
        int r = seccomp_rule_add_array(context, call->action, call->number, n, comparisons);

        return r < 0 ? fail(-r, "add seccomp rule for `%s`", call->name) : 0;
}

static int add_call(scmp_filter_ctx context, const struct call *call, const struct seccomp_rule *rule) {
        struct scmp_arg_cmp comparisons[N_ARGUMENTS];

        if (!has_index_twice(rule)) {
                for (size_t i = 0; i < rule->n_args; i++)
                        comparisons[i] = comparison(&rule->args[i]);
                return add_comparisons(context, call, comparisons, (unsigned)rule->n_args);
        }
        /* libseccomp takes an argument once a rule, and the other runtimes have made alternatives of the comparisons. */
        for (size_t i = 0; i < rule->n_args; i++) {
                int r;

                comparisons[0] = comparison(&rule->args[i]);
                r = add_comparisons(context, call, comparisons, 1);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_rule(scmp_filter_ctx context, uint32_t default_action, const struct seccomp_rule *rule) {
        struct call call = {.action = action_code(rule->action, rule->has_errno_ret, rule->errno_ret)};

        /* Changes nothing, and libseccomp refuses it. */
        if (call.action == default_action)
                return 0;
        for (size_t i = 0; i < rule->n_names; i++) {
                int r;

                call.name = rule->names[i];
                call.number = seccomp_syscall_resolve_name(call.name);
                /* Profiles name the calls of every kernel and architecture; what is unknown here gets the default. */
                if (call.number == __NR_SCMP_ERROR)
                        continue;
                r = add_call(context, &call, rule);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- architectures --- */

static int add_architectures(scmp_filter_ctx context, const struct seccomp_profile *profile) {
        for (size_t i = 0; i < profile->n_architectures; i++) {
                int r = seccomp_arch_add(context, profile->architectures[i]);

                /*
                 * One that libseccomp does not know (-EINVAL) or that has the other byte order (-EDOM) cannot be
                 * entered on this machine either; left out, it is as forbidden as any that the profile does not list.
                 */
                if (r < 0 && r != -EEXIST && r != -EINVAL && r != -EDOM)
                        return fail(-r, "add seccomp architecture %s",
                                    name_of(seccomp_architectures, profile->architectures[i]));
        }
        return 0;
}

/* --- program: a failure leaves what there is to seccomp_compile() --- */

static int export_program(scmp_filter_ctx context, struct sock_fprog *ret) {
        autofree struct sock_filter *instructions = NULL;
        autoclose int fd = memfd_create("seccomp", MFD_CLOEXEC);
        off_t size;
        int r;

        if (fd < 0)
                return fail(errno, "make memory file for the seccomp program");
        r = seccomp_export_bpf(context, fd);
        if (r < 0)
                return fail(-r, "generate seccomp program");
        size = lseek(fd, 0, SEEK_CUR);
        if (size <= 0 || (size_t)size > BPF_MAXINSNS * sizeof(struct sock_filter))
                return fail(E2BIG, "generate seccomp program of %zu instructions",
                            (size_t)size / sizeof(struct sock_filter));
        instructions = alloc_zero(1, (size_t)size);
        if (pread(fd, instructions, (size_t)size, 0) != size)
                return fail(EIO, "read seccomp program");
        ret->len = (unsigned short)((size_t)size / sizeof(struct sock_filter));
        ret->filter = take_ptr(&instructions);
        return 0;
}

static int generate(const struct seccomp_profile *profile, bool optimize, struct sock_fprog *ret) {
        uint32_t default_action = action_code(profile->default_action, profile->has_default_errno_ret,
                                              profile->default_errno_ret);
        __attribute__((cleanup(context_release))) scmp_filter_ctx context = seccomp_init(default_action);
        int r;

        if (!context)
                return fail(EINVAL, "make seccomp filter with default action %s",
                            name_of(seccomp_actions, profile->default_action));
        /* A binary tree over the numbers instead of a list. */
        if (optimize)
                seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        r = add_architectures(context, profile);
        for (size_t i = 0; r >= 0 && i < profile->n_rules; i++)
                r = add_rule(context, default_action, &profile->rules[i]);
        if (r < 0)
                return r;
        r = export_program(context, ret);
        if (r < 0)
                return r;
        r = seccomp_enosys_prepend(profile, context, ret);
        return r < 0 ? fail(-r, "generate seccomp program") : 0;
}

static int generate_or_find(const struct seccomp_profile *profile, int cache_dirfd, struct sock_fprog *ret) {
        autodone(text) struct text key = TEXT_INIT;
        int r;

        if (cache_dirfd < 0)
                return generate(profile, false, ret);
        seccomp_cache_key(profile, &key);
        if (seccomp_cache_find(cache_dirfd, &key, ret) > 0)
                return 0;
        /* The tree takes half as long again to make, once, and saves more than half of every loading. */
        r = generate(profile, true, ret);
        if (r < 0)
                return r;
        seccomp_cache_store(cache_dirfd, &key, ret);
        return 0;
}

/*
 * TSYNC is about the other threads of a process that has one. WAIT_KILLABLE_RECV is about a listener, and the kernel
 * refuses it for a filter without.
 */
static uint32_t flags_of(const struct seccomp_profile *profile) {
        uint32_t flags = 0;

        for (size_t i = 0; i < profile->n_flags; i++)
                flags |= profile->flags[i];
        return flags & ~(uint32_t)(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}

int seccomp_compile(const struct seccomp_profile *profile, int cache_dirfd, struct seccomp_filter *ret) {
        autodone(seccomp_filter) struct seccomp_filter filter = {.present = true, .flags = flags_of(profile)};
        int r;

        if (profile->default_action == SECCOMP_ACTION_NONE) {
                *ret = SECCOMP_FILTER_INIT;
                return 0;
        }
        /* Without it the kernel slows down every program in the container by its defence against CPU bugs. */
        if (!profile->has_flags)
                filter.optional_flags = filter.flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
        r = generate_or_find(profile, cache_dirfd, &filter.program);
        if (r < 0)
                return r;
        *ret = filter;
        filter = SECCOMP_FILTER_INIT;
        return 0;
}

const char *seccomp_library_version(void) {
        static char text[32];
        const struct scmp_version *version = seccomp_version();

        snprintf(text, sizeof(text), "%u.%u.%u", version->major, version->minor, version->micro);
        return text;
}
