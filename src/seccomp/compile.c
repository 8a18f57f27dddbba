/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a checked profile to a BPF program. In the runtime's process, before the container exists: its memory and time
 * must not be charged to the container. libseccomp gives the numbers of the calls; the instructions are made here, for
 * its own generator (2.5.4) merges several conditions on one call into programs that decide wrongly, or does not end.
 *
 * The program jumps to the section of the call's architecture. The native one is always there, those that the profile
 * lists come in addition, a call of any other kills the thread. A section is a binary tree over the call numbers, whose
 * leaves are spans of numbers that the profile treats alike:
 *
 *     0 .. 2 allow | 3 .. 3 check arguments | 4 .. 5 default | ... | newest + 1 .. end ENOSYS | x32, or none: kill | ...
 *
 * ENOSYS is for calls newer than the newest one that the profile names, where its default would forbid them: libc tries
 * a new call first and the old one on ENOSYS, while EPERM or death, from a profile that knows nothing of the new call,
 * is an answer that it must take.
 */
#include "seccomp/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

#include "seccomp/cache.h"
#include "seccomp/calls.h"
#include "seccomp/program.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"

/* x86_64 and x32 are one architecture to the kernel; the calls of x32 have this bit. */
#define X32_FIRST 0x40000000u

/* From here on no architecture has calls. A tracer sets -1 to skip one: that gets the default. */
#define NEGATIVE_FIRST 0x80000000u

/* <linux/audit.h> has the bit in AUDIT_ARCH_MIPS64N32 only. */
#define N32_CONVENTION (AUDIT_ARCH_MIPS64N32 & ~AUDIT_ARCH_MIPS64)

static const uint32_t action_codes[] = {
        [SECCOMP_ACTION_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
        [SECCOMP_ACTION_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
        [SECCOMP_ACTION_TRAP] = SECCOMP_RET_TRAP,
        [SECCOMP_ACTION_ERRNO] = SECCOMP_RET_ERRNO,
        [SECCOMP_ACTION_TRACE] = SECCOMP_RET_TRACE,
        [SECCOMP_ACTION_ALLOW] = SECCOMP_RET_ALLOW,
        [SECCOMP_ACTION_LOG] = SECCOMP_RET_LOG,
        [SECCOMP_ACTION_NOTIFY] = SECCOMP_RET_USER_NOTIF,
};

static uint32_t action_code(enum seccomp_action action, bool has_errno_ret, uint32_t errno_ret) {
        if (action == SECCOMP_ACTION_ERRNO || action == SECCOMP_ACTION_TRACE)
                return action_codes[action] | (has_errno_ret ? errno_ret : EPERM);
        return action_codes[action];
}

static uint32_t rule_action(const struct seccomp_rule *rule) {
        return action_code(rule->action, rule->has_errno_ret, rule->errno_ret);
}

struct compiler {
        const struct seccomp_profile *profile;
        uint32_t default_action;
        struct section *sections;
        size_t n_sections;
        struct program program;
};

struct section {
        uint32_t arch; /* AUDIT_ARCH_* */
        size_t label;
};

static void compiler_done(struct compiler *compiler) {
        free(compiler->sections);
        program_done(&compiler->program);
}

/* --- spans: what is decided about which numbers, ascending --- */

struct span {
        uint32_t first; /* the last one is before the next span */
        uint32_t action; /* if there are no calls with conditions */
        const struct call *calls;
        size_t n_calls;
        bool is_64_bit; /* what of the arguments is compared */
};

struct span_list {
        struct span *items;
        size_t count;
};

static void span_list_done(struct span_list *list) {
        free(list->items);
}

static void add_span(struct span_list *spans, struct span span) {
        const struct span *last;

        /* The one before was for everything from here on. */
        if (spans->count > 0 && spans->items[spans->count - 1].first == span.first)
                spans->count--;
        last = spans->count > 0 ? &spans->items[spans->count - 1] : NULL;
        if (last && last->n_calls == 0 && span.n_calls == 0 && last->action == span.action)
                return;
        *array_append(spans->items, spans->count) = span;
}

static void add_action(struct span_list *spans, uint32_t first, uint32_t action) {
        add_span(spans, (struct span){.first = first, .action = action});
}

/* A rule whose action is the default changes nothing, not even for a rule after it: so the other runtimes have it. */
static bool decides(const struct compiler *compiler, const struct call *call) {
        return rule_action(call->rule) != compiler->default_action;
}

/* The calls of one number. A rule without conditions beats those with, wherever it stands, as in libseccomp. */
static void add_calls(struct span_list *spans, const struct compiler *compiler, struct span span) {
        bool has_conditions = false;

        for (size_t i = 0; i < span.n_calls; i++) {
                const struct call *call = &span.calls[i];

                if (!decides(compiler, call))
                        continue;
                if (call->rule->n_args == 0 && !call->is_multiplexed) {
                        add_action(spans, span.first, rule_action(call->rule));
                        return;
                }
                has_conditions = true;
        }
        if (has_conditions)
                add_span(spans, span);
}

static bool is_enosys_better(const struct compiler *compiler) {
        switch (compiler->profile->default_action) {
        case SECCOMP_ACTION_KILL_THREAD:
        case SECCOMP_ACTION_KILL_PROCESS:
        case SECCOMP_ACTION_TRAP:
        case SECCOMP_ACTION_ERRNO:
                return true;
        default: /* allowed, or up to a tracer that may know the new call */
                return false;
        }
}

static size_t count_same_number(const struct call_list *calls, size_t first) {
        size_t n = 1;

        while (first + n < calls->count && calls->items[first + n].number == calls->items[first].number)
                n++;
        return n;
}

static void add_numbers(struct span_list *spans, const struct compiler *compiler, const struct call_list *calls,
                        bool is_64_bit) {
        for (size_t i = 0, n; i < calls->count; i += n) {
                uint32_t number = calls->items[i].number;

                n = count_same_number(calls, i);
                add_calls(spans, compiler, (struct span){
                                                   .first = number,
                                                   .calls = &calls->items[i],
                                                   .n_calls = n,
                                                   .is_64_bit = is_64_bit,
                                           });
                add_action(spans, number + 1, compiler->default_action);
        }
        /* A profile that names no call of the architecture is of no time: its default is meant. */
        if (calls->count > 0 && is_enosys_better(compiler))
                add_action(spans, calls->items[calls->count - 1].number + 1, SECCOMP_RET_ERRNO | ENOSYS);
}

/* --- instructions of a section --- */

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

/* All comparisons must hold; if they name an argument twice, one of them: so the other runtimes have it. */
static size_t compare_arguments(struct program *program, const struct call *call, bool is_64_bit, size_t yes,
                                size_t no) {
        bool are_alternatives = has_index_twice(call->rule);
        size_t label = are_alternatives ? no : yes;

        for (size_t i = call->rule->n_args; i-- > 0;) {
                const struct seccomp_argument *argument = &call->rule->args[i];
                size_t if_holds = are_alternatives ? yes : label, if_not = are_alternatives ? label : no;

                /* socketcall and ipc have the selector in the place of the call's own first argument. */
                if (call->is_multiplexed && argument->index == 0)
                        label = if_holds;
                else
                        label = program_compare(program, argument, is_64_bit, if_holds, if_not);
        }
        return label;
}

static size_t decide_call(struct compiler *compiler, const struct call *call, bool is_64_bit, size_t no) {
        struct seccomp_argument selector = {.op = SECCOMP_OPERATOR_EQ, .index = 0, .value = call->selector};
        size_t yes = program_return(&compiler->program, rule_action(call->rule));

        yes = compare_arguments(&compiler->program, call, is_64_bit, yes, no);
        return call->is_multiplexed ? program_compare(&compiler->program, &selector, is_64_bit, yes, no) : yes;
}

/* Of several rules with conditions the first one whose conditions hold decides. */
static size_t decide_span(struct compiler *compiler, const struct span *span) {
        size_t label;

        if (span->n_calls == 0)
                return program_return(&compiler->program, span->action);
        label = program_return(&compiler->program, compiler->default_action);
        for (size_t i = span->n_calls; i-- > 0;)
                if (decides(compiler, &span->calls[i]))
                        label = decide_call(compiler, &span->calls[i], span->is_64_bit, label);
        return label;
}

static size_t decide_spans(struct compiler *compiler, const struct span *spans, size_t n) {
        size_t half = n / 2, above, below;

        if (n == 1)
                return decide_span(compiler, spans);
        above = decide_spans(compiler, spans + half, n - half);
        below = decide_spans(compiler, spans, half);
        return program_jump(&compiler->program, BPF_JGE, spans[half].first, above, below);
}

/* --- architectures: tokens are libseccomp's --- */

static uint32_t token_of(uint32_t architecture) {
        return architecture == SCMP_ARCH_NATIVE ? seccomp_arch_native() : architecture;
}

static uint32_t arch_of(uint32_t token) {
        return token == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : token;
}

/* Registers of x32 and of MIPS' n32 are wide, but their upper halves mean nothing in most calls. */
static bool is_64_bit(uint32_t token) {
        return (token & __AUDIT_ARCH_64BIT) && !(token & N32_CONVENTION);
}

/*
 * One that libseccomp does not know or that has the other byte order cannot be entered on this machine; left out, it is
 * as forbidden as any that the profile does not list.
 */
static bool is_possible(uint32_t token) {
        return ((token ^ seccomp_arch_native()) & __AUDIT_ARCH_LE) == 0 &&
                seccomp_syscall_resolve_name_arch(token, "read") != __NR_SCMP_ERROR;
}

static bool has_architecture(const struct seccomp_profile *profile, uint32_t token) {
        for (size_t i = 0; i < profile->n_architectures; i++)
                if (token_of(profile->architectures[i]) == token)
                        return true;
        return token == seccomp_arch_native();
}

/* The numbers of one token, from `first` on. `calls` must live as long as the spans. */
static void add_architecture(struct span_list *spans, const struct compiler *compiler, uint32_t token, uint32_t first,
                             struct call_list *calls) {
        if (!has_architecture(compiler->profile, token)) {
                add_action(spans, first, SECCOMP_RET_KILL_THREAD);
                return;
        }
        call_list_make(compiler->profile, token, calls);
        add_action(spans, first, compiler->default_action);
        add_numbers(spans, compiler, calls, is_64_bit(token));
}

static bool has_section(const struct compiler *compiler, uint32_t arch) {
        for (size_t i = 0; i < compiler->n_sections; i++)
                if (compiler->sections[i].arch == arch)
                        return true;
        return false;
}

static void add_section(struct compiler *compiler, uint32_t arch) {
        autodone(call_list) struct call_list calls = {}, x32_calls = {};
        autodone(span_list) struct span_list spans = {};
        size_t label;

        if (has_section(compiler, arch))
                return;
        add_architecture(&spans, compiler, arch, 0, &calls);
        if (arch == AUDIT_ARCH_X86_64)
                add_architecture(&spans, compiler, SCMP_ARCH_X32, X32_FIRST, &x32_calls);
        add_action(&spans, NEGATIVE_FIRST, compiler->default_action);
        label = decide_spans(compiler, spans.items, spans.count);
        label = program_load(&compiler->program, offsetof(struct seccomp_data, nr), label);
        *array_append(compiler->sections, compiler->n_sections) = (struct section){.arch = arch, .label = label};
}

/* --- the whole --- */

static void add_sections(struct compiler *compiler) {
        const struct seccomp_profile *profile = compiler->profile;

        for (size_t i = 0; i < profile->n_architectures; i++)
                if (is_possible(token_of(profile->architectures[i])))
                        add_section(compiler, arch_of(token_of(profile->architectures[i])));
        add_section(compiler, arch_of(seccomp_arch_native()));
}

static void add_entry(struct compiler *compiler) {
        size_t label = program_return(&compiler->program, SECCOMP_RET_KILL_THREAD);

        for (size_t i = 0; i < compiler->n_sections; i++)
                label = program_jump(&compiler->program, BPF_JEQ, compiler->sections[i].arch,
                                     compiler->sections[i].label, label);
        program_load(&compiler->program, offsetof(struct seccomp_data, arch), label);
}

static int generate(const struct seccomp_profile *profile, struct sock_fprog *ret) {
        autodone(compiler) struct compiler compiler = {
                .profile = profile,
                .default_action = action_code(profile->default_action, profile->has_default_errno_ret,
                                              profile->default_errno_ret),
        };
        int r;

        add_sections(&compiler);
        add_entry(&compiler);
        r = program_finish(&compiler.program, ret);
        return r < 0 ? fail(-r, "linux.seccomp: make program of %zu instructions", compiler.program.count) : 0;
}

static int find_or_generate(const struct seccomp_profile *profile, int cache_dirfd, struct sock_fprog *ret) {
        autodone(text) struct text key = TEXT_INIT;
        int r;

        if (cache_dirfd < 0)
                return generate(profile, ret);
        seccomp_cache_key(profile, &key);
        if (seccomp_cache_find(cache_dirfd, &key, ret) > 0)
                return 0;
        r = generate(profile, ret);
        if (r < 0)
                return r;
        seccomp_cache_store(cache_dirfd, &key, ret);
        return 0;
}

int seccomp_compile(const struct seccomp_profile *profile, int cache_dirfd, struct seccomp_filter *ret) {
        autodone(seccomp_filter) struct seccomp_filter filter = {.present = true, .has_listener = seccomp_notifies(profile)};
        int r;

        if (profile->default_action == SECCOMP_ACTION_NONE) {
                *ret = SECCOMP_FILTER_INIT;
                return 0;
        }
        seccomp_filter_set_flags(&filter, profile);
        r = find_or_generate(profile, cache_dirfd, &filter.program);
        if (r < 0)
                return r;
        *ret = take_struct(&filter, SECCOMP_FILTER_INIT);
        return 0;
}

const char *seccomp_library_version(void) {
        static char text[32];
        const struct scmp_version *version = seccomp_version();

        snprintf(text, sizeof(text), "%u.%u.%u", version->major, version->minor, version->micro);
        return text;
}
