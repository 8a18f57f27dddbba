/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a seccomp profile means, and what a compiled program says: a model and an interpreter, for the unit test and the fuzz
 * target of the compiler. The model shares with the compiler nothing but the table of call names.
 */
#pragma once

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "seccomp/seccomp.h"

#define X32(number) (0x40000000 + (number))

/* --- interpreter of classic BPF, as far as filters use it --- */

static uint32_t load_word(const struct seccomp_data *data, uint32_t offset) {
        uint32_t word;

        if (offset % sizeof(word) != 0 || offset > sizeof(*data) - sizeof(word))
                abort();
        memcpy(&word, (const char *)data + offset, sizeof(word));
        return word;
}

static bool jump_is_taken(const struct sock_filter *instruction, uint32_t accumulator) {
        switch (BPF_OP(instruction->code)) {
        case BPF_JEQ:
                return accumulator == instruction->k;
        case BPF_JGT:
                return accumulator > instruction->k;
        case BPF_JGE:
                return accumulator >= instruction->k;
        case BPF_JSET:
                return accumulator & instruction->k;
        default:
                abort();
        }
}

static uint32_t interpret(const struct sock_fprog *program, const struct seccomp_data *data) {
        uint32_t accumulator = 0;

        for (size_t i = 0; i < program->len; i++) {
                const struct sock_filter *instruction = &program->filter[i];

                switch (instruction->code) {
                case BPF_LD | BPF_W | BPF_ABS:
                        accumulator = load_word(data, instruction->k);
                        break;
                case BPF_ALU | BPF_AND | BPF_K:
                        accumulator &= instruction->k;
                        break;
                case BPF_RET | BPF_K:
                        return instruction->k;
                case BPF_JMP | BPF_JA:
                        i += instruction->k;
                        break;
                default:
                        if (BPF_CLASS(instruction->code) != BPF_JMP || BPF_SRC(instruction->code) != BPF_K)
                                abort();
                        i += jump_is_taken(instruction, accumulator) ? instruction->jt : instruction->jf;
                }
        }
        abort();
}

/* --- model --- */

static uint32_t model_action(enum seccomp_action action, bool has_errno_ret, uint32_t errno_ret) {
        switch (action) {
        case SECCOMP_ACTION_KILL_THREAD:
                return SECCOMP_RET_KILL_THREAD;
        case SECCOMP_ACTION_KILL_PROCESS:
                return SECCOMP_RET_KILL_PROCESS;
        case SECCOMP_ACTION_TRAP:
                return SECCOMP_RET_TRAP;
        case SECCOMP_ACTION_ERRNO:
                return SECCOMP_RET_ERRNO + (has_errno_ret ? errno_ret : EPERM);
        case SECCOMP_ACTION_TRACE:
                return SECCOMP_RET_TRACE + (has_errno_ret ? errno_ret : EPERM);
        case SECCOMP_ACTION_ALLOW:
                return SECCOMP_RET_ALLOW;
        case SECCOMP_ACTION_LOG:
                return SECCOMP_RET_LOG;
        case SECCOMP_ACTION_NOTIFY:
                return SECCOMP_RET_USER_NOTIF;
        default:
                abort();
        }
}

static uint32_t model_default(const struct seccomp_profile *profile) {
        return model_action(profile->default_action, profile->has_default_errno_ret, profile->default_errno_ret);
}

static bool model_changes_nothing(const struct seccomp_profile *profile, const struct seccomp_rule *rule) {
        return model_action(rule->action, rule->has_errno_ret, rule->errno_ret) == model_default(profile);
}

static bool model_compares(const struct seccomp_argument *argument, uint64_t found, bool is_64_bit) {
        uint64_t bits = is_64_bit ? UINT64_MAX : UINT32_MAX, value = argument->value & bits;

        found &= bits;
        switch (argument->op) {
        case SECCOMP_OPERATOR_NE:
                return found != value;
        case SECCOMP_OPERATOR_LT:
                return found < value;
        case SECCOMP_OPERATOR_LE:
                return found <= value;
        case SECCOMP_OPERATOR_EQ:
                return found == value;
        case SECCOMP_OPERATOR_GE:
                return found >= value;
        case SECCOMP_OPERATOR_GT:
                return found > value;
        case SECCOMP_OPERATOR_MASKED_EQ:
                return (found & value) == (argument->value_two & value);
        default:
                abort();
        }
}

static bool model_matches(const struct seccomp_rule *rule, const __u64 *args, bool is_64_bit) {
        bool all = true, any = false, has_twice = false;

        for (size_t i = 0; i < rule->n_args; i++) {
                bool matches = model_compares(&rule->args[i], args[rule->args[i].index], is_64_bit);

                all &= matches;
                any |= matches;
                for (size_t k = 0; k < i; k++)
                        has_twice |= rule->args[k].index == rule->args[i].index;
        }
        return has_twice ? any : all;
}

static bool model_has(const struct seccomp_profile *profile, uint32_t token) {
        for (size_t i = 0; i < profile->n_architectures; i++)
                if (profile->architectures[i] == token)
                        return true;
        return token == seccomp_arch_native();
}

static int model_newest(const struct seccomp_profile *profile, uint32_t token) {
        int newest = -1;

        for (size_t i = 0; i < profile->n_rules; i++)
                for (size_t k = 0; k < profile->rules[i].n_names; k++) {
                        int number = seccomp_syscall_resolve_name_arch(token, profile->rules[i].names[k]);

                        if (number > newest)
                                newest = number;
                }
        return newest;
}

static bool model_is_newer(const struct seccomp_profile *profile, uint32_t token, int number) {
        int newest = model_newest(profile, token);

        switch (profile->default_action) {
        case SECCOMP_ACTION_KILL_THREAD:
        case SECCOMP_ACTION_KILL_PROCESS:
        case SECCOMP_ACTION_TRAP:
        case SECCOMP_ACTION_ERRNO:
                return newest >= 0 && number > newest;
        default:
                return false;
        }
}

static bool model_names(const struct seccomp_rule *rule, uint32_t token, int number) {
        for (size_t i = 0; i < rule->n_names; i++)
                if (seccomp_syscall_resolve_name_arch(token, rule->names[i]) == number)
                        return true;
        return false;
}

static uint32_t model_decide(const struct seccomp_profile *profile, uint32_t token, const struct seccomp_data *data) {
        uint32_t found = model_default(profile);

        for (size_t i = profile->n_rules; i-- > 0;) {
                const struct seccomp_rule *rule = &profile->rules[i];

                if (rule->n_args > 0 && model_names(rule, token, data->nr) && !model_changes_nothing(profile, rule) &&
                    model_matches(rule, data->args, token & __AUDIT_ARCH_64BIT))
                        found = model_action(rule->action, rule->has_errno_ret, rule->errno_ret);
        }
        for (size_t i = profile->n_rules; i-- > 0;) {
                const struct seccomp_rule *rule = &profile->rules[i];

                if (rule->n_args == 0 && model_names(rule, token, data->nr) && !model_changes_nothing(profile, rule))
                        found = model_action(rule->action, rule->has_errno_ret, rule->errno_ret);
        }
        return found;
}

static uint32_t model(const struct seccomp_profile *profile, const struct seccomp_data *data) {
        bool is_x32 = data->arch == AUDIT_ARCH_X86_64 && data->nr >= X32(0);
        uint32_t token = is_x32 ? SCMP_ARCH_X32 : data->arch;

        if (!model_has(profile, token))
                return SECCOMP_RET_KILL_THREAD;
        if (data->nr < 0)
                return model_default(profile);
        if (model_is_newer(profile, token, data->nr))
                return SECCOMP_RET_ERRNO | ENOSYS;
        return model_decide(profile, token, data);
}
