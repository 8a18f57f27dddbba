/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of the compiler of seccomp profiles. The input is a config, of which `linux.seccomp` counts; the numbers that it
 * compares with, and those beside them, are the arguments of the calls that are tried.
 *
 * Whatever profile passes the check: it compiles to a program that stays inside itself and ends, whose verdict is the model's,
 * and seccomp_filter_lets_pass() promises nothing that the program does not keep.
 */
#include "fuzz.h"

#include "libcontainer/config/config.h"
#include "unit/seccomp-model.h"
#include "util/alloc.h"
#include "util/fail.h"

#define NO_CACHE (-1)

/* What the kernel checks of a filter; interpret() would run out of it else. */
static void check_program(const struct sock_fprog *program) {
        demand(program->len > 0 && program->len <= BPF_MAXINSNS);
        for (size_t i = 0; i < program->len; i++) {
                const struct sock_filter *instruction = &program->filter[i];
                size_t left = program->len - i - 1;

                if (BPF_CLASS(instruction->code) != BPF_JMP)
                        continue;
                if (BPF_OP(instruction->code) == BPF_JA)
                        demand(instruction->k < left);
                else
                        demand(instruction->jt < left && instruction->jf < left);
        }
        demand(BPF_CLASS(program->filter[program->len - 1].code) == BPF_RET);
}

static void try_call(const struct seccomp_profile *profile, const struct seccomp_filter *filter, struct seccomp_data call) {
        uint32_t verdict = interpret(&filter->program, &call), action = verdict & SECCOMP_RET_ACTION_FULL;

        demand(verdict == model(profile, &call));
        if (call.arch != seccomp_arch_native() || action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG)
                return;
        demand(!seccomp_filter_lets_pass(filter, &(struct seccomp_call){.number = call.nr}));
        for (unsigned k = 0; k < ELEMENTSOF(call.args); k++)
                demand(!seccomp_filter_lets_pass(filter, &(struct seccomp_call){.number = call.nr,
                                                                               .has_argument = true,
                                                                               .argument_index = k,
                                                                               .argument = call.args[k]}));
}

/* On x86 some calls have two numbers (socketcall(2), ipc(2)), of which the model knows one; the unit test has cases of them. */
static bool is_modelled(const struct seccomp_profile *profile, uint32_t arch) {
        for (size_t i = 0; arch == AUDIT_ARCH_I386 && i < profile->n_rules; i++)
                for (size_t k = 0; k < profile->rules[i].n_names; k++)
                        if (seccomp_syscall_resolve_name_arch(arch, profile->rules[i].names[k]) < -1)
                                return false;
        return true;
}

static void try_number(const struct seccomp_profile *profile, const struct seccomp_filter *filter, int number, uint64_t value) {
        static const uint32_t architectures[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64};

        for (size_t i = 0; i < ELEMENTSOF(architectures); i++) {
                struct seccomp_data call = {.nr = number, .arch = architectures[i]};

                for (size_t k = 0; k < ELEMENTSOF(call.args); k++)
                        call.args[k] = architectures[i] & __AUDIT_ARCH_64BIT ? value : (uint32_t)value;
                if (is_modelled(profile, call.arch))
                        try_call(profile, filter, call);
        }
}

static void try_rule(const struct seccomp_profile *profile, const struct seccomp_filter *filter, const struct seccomp_rule *rule) {
        static const uint32_t tokens[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32};

        for (size_t i = 0; i < rule->n_names && i < 4; i++)
                for (size_t k = 0; k < ELEMENTSOF(tokens); k++) {
                        int number = seccomp_syscall_resolve_name_arch(tokens[k], rule->names[i]);

                        for (size_t n = 0; n < rule->n_args; n++)
                                for (int beside = -1; beside <= 1; beside++) {
                                        try_number(profile, filter, number, rule->args[n].value + (uint64_t)beside);
                                        try_number(profile, filter, number, rule->args[n].value_two + (uint64_t)beside);
                                }
                        try_number(profile, filter, number, 0);
                        try_number(profile, filter, number + 1, UINT64_MAX);
                }
}

static void try_profile(const struct seccomp_profile *profile) {
        static const int numbers[] = {0, 1, 59, 435, 1000, X32(1), X32(520), -1, INT32_MAX, INT32_MIN};
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;
        int r = seccomp_compile(profile, NO_CACHE, &filter);

        /* The one thing that the check cannot know: it is too long for the kernel. */
        demand(r >= 0 || fail_text()[0]);
        if (r < 0 || !filter.present)
                return;
        check_program(&filter.program);
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                try_number(profile, &filter, numbers[i], i);
        for (size_t i = 0; i < profile->n_rules && i < 64; i++)
                try_rule(profile, &filter, &profile->rules[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        autodone(config) struct config config = CONFIG_INIT;

        fail_forget();
        if (config_parse((const char *)data, size, "config.json", &config) < 0)
                return 0;
        if (!config.linux.has_seccomp || seccomp_check(&config.linux.seccomp, "linux.seccomp") < 0)
                return 0;
        try_profile(&config.linux.seccomp);
        return 0;
}
