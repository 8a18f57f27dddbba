/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the names in a profile to system call numbers, by the tables of libseccomp. Runs with compile.c.
 *
 * Profiles name the calls of every kernel and architecture, so an unknown name is no error. On some architectures, x86
 * among them, the calls for sockets and System V IPC have a number of their own and can also be reached through
 * socketcall(2) and ipc(2), old programs know only these. libseccomp then gives a negative number that holds the value
 * of the first argument of socketcall or ipc: -101 is socket, whose selector is 1, -201 semop, 1.
 */
#include "seccomp/calls.h"

#include <seccomp.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "util/fail.h"

/* The numbers with a multiplexed twin are all below, counted from where the architecture's begin (MIPS: 4000). */
#define N_NUMBERS 512
#define N_MULTIPLEXED 256

/* Own numbers of multiplexed calls by libseccomp's negative ones; 0: none. */
struct own_numbers {
        bool is_filled;
        int numbers[N_MULTIPLEXED];
};

static void add_call(struct call_list *list, const struct seccomp_rule *rule, int number, int selector) {
        *array_append(list->items, list->count) = (struct call){
                .number = (uint32_t)number,
                .rule = rule,
                .order = list->count,
                .is_multiplexed = selector > 0,
                .selector = (uint32_t)selector,
        };
}

/* libseccomp answers for these names with the negative number only; the other way round it knows both. */
static void fill_own_numbers(struct own_numbers *own, uint32_t token, int first) {
        for (int number = first; number < first + N_NUMBERS; number++) {
                autofree char *name = seccomp_syscall_resolve_num_arch(token, number);
                int multiplexed = name ? seccomp_syscall_resolve_name_arch(token, name) : 0;

                if (multiplexed < 0 && multiplexed > -N_MULTIPLEXED)
                        own->numbers[-multiplexed] = number;
        }
        own->is_filled = true;
}

static void add_multiplexed(struct call_list *list, const struct seccomp_rule *rule, uint32_t token, int multiplexed,
                            struct own_numbers *own) {
        autofree char *name = seccomp_syscall_resolve_num_arch(token, multiplexed);
        int multiplexer = name ? seccomp_syscall_resolve_name_rewrite(token, name) : -1;

        /* A call of other architectures. */
        if (multiplexer < 0 || multiplexed <= -N_MULTIPLEXED)
                return;
        add_call(list, rule, multiplexer, -multiplexed % 100);
        if (!own->is_filled)
                fill_own_numbers(own, token, multiplexer / 1000 * 1000);
        if (own->numbers[-multiplexed] > 0)
                add_call(list, rule, own->numbers[-multiplexed], 0);
}

static int compare_calls(const void *a, const void *b) {
        const struct call *x = a, *y = b;

        if (x->number != y->number)
                return x->number < y->number ? -1 : 1;
        return x->order < y->order ? -1 : 1;
}

void call_list_make(const struct seccomp_profile *profile, uint32_t token, struct call_list *ret) {
        struct own_numbers own = {};

        for (size_t i = 0; i < profile->n_rules; i++) {
                const struct seccomp_rule *rule = &profile->rules[i];

                for (size_t k = 0; k < rule->n_names; k++) {
                        int number = seccomp_syscall_resolve_name_arch(token, rule->names[k]);

                        if (number >= 0)
                                add_call(ret, rule, number, 0);
                        else if (number != __NR_SCMP_ERROR)
                                add_multiplexed(ret, rule, token, number, &own);
                }
        }
        if (ret->count > 0)
                qsort(ret->items, ret->count, sizeof(*ret->items), compare_calls);
}

static int check_name(const char *name, const char *path) {
        if (seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR)
                return 0;
        return reject("%s: found `%s`, expected a system call that libseccomp knows", path, name);
}

int seccomp_check_names(const struct seccomp_profile *profile, const char *path) {
        for (size_t i = 0; i < profile->n_rules; i++)
                for (size_t k = 0; k < profile->rules[i].n_names; k++) {
                        autofree char *name_path = text_format("%s.syscalls[%zu].names[%zu]", path, i, k);
                        int r = check_name(profile->rules[i].names[k], name_path);

                        if (r < 0)
                                return r;
                }
        return 0;
}

void call_list_done(struct call_list *list) {
        free(list->items);
        *list = (struct call_list){};
}
