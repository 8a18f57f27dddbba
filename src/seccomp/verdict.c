/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a program says to a call of which the number is known, and perhaps an argument. In the runtime's process: the new process
 * makes some calls under the filter, and with a listener one that waited could wait for ever.
 *
 * The program is followed from its beginning. BPF jumps forward only, so that one pass over the instructions sees each after
 * all that lead to it; of the accumulator it is known what it holds, or nothing. A comparison with something unknown, such as an
 * argument, goes on both ways. Programs may come from outside (seccomp_decode()): no jump is believed to stay inside.
 */
#include "seccomp/seccomp.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

/* The accumulator before an instruction. */
struct accumulator {
        bool is_reached, is_known;
        uint32_t value;
};

struct walk {
        const struct sock_fprog *program;
        const struct seccomp_call *call;
        uint32_t arch;
        struct accumulator *at; /* one for each instruction */
        bool leads_out;
};

static void reach(struct walk *walk, uint64_t index, struct accumulator accumulator) {
        struct accumulator *at;

        if (index >= walk->program->len) {
                walk->leads_out = true;
                return;
        }
        at = &walk->at[index];
        if (at->is_reached && (!accumulator.is_known || accumulator.value != at->value))
                at->is_known = false;
        else if (!at->is_reached)
                *at = accumulator;
}

static struct accumulator known(uint32_t value) {
        return (struct accumulator){.is_reached = true, .is_known = true, .value = value};
}

/* The word of the call's data that begins at `offset`. */
static struct accumulator load(const struct walk *walk, uint32_t offset) {
        const struct seccomp_call *call = walk->call;
        struct seccomp_data data = {.nr = call->number, .arch = walk->arch};
        uint32_t argument = offsetof(struct seccomp_data, args) + call->argument_index * sizeof(uint64_t), word;

        if (call->has_argument && (offset == argument || offset == argument + sizeof(word)))
                data.args[call->argument_index] = call->argument;
        else if (offset != offsetof(struct seccomp_data, nr) && offset != offsetof(struct seccomp_data, arch))
                return (struct accumulator){.is_reached = true};
        memcpy(&word, (const char *)&data + offset, sizeof(word));
        return known(word);
}

/* What an instruction that is no jump leaves behind. */
static struct accumulator compute(const struct walk *walk, uint64_t index) {
        const struct sock_filter *instruction = &walk->program->filter[index];
        const struct accumulator *before = &walk->at[index];

        switch (instruction->code) {
        case BPF_LD | BPF_W | BPF_ABS:
                return load(walk, instruction->k);
        case BPF_ALU | BPF_AND | BPF_K:
                return before->is_known ? known(before->value & instruction->k) : *before;
        default:
                return (struct accumulator){.is_reached = true};
        }
}

static void jump(struct walk *walk, uint64_t index) {
        const struct sock_filter *instruction = &walk->program->filter[index];
        struct accumulator accumulator = walk->at[index];
        bool holds = false, is_known = accumulator.is_known && BPF_SRC(instruction->code) == BPF_K;

        switch (BPF_OP(instruction->code)) {
        case BPF_JA:
                reach(walk, index + 1 + instruction->k, accumulator);
                return;
        case BPF_JEQ:
                holds = accumulator.value == instruction->k;
                break;
        case BPF_JGT:
                holds = accumulator.value > instruction->k;
                break;
        case BPF_JGE:
                holds = accumulator.value >= instruction->k;
                break;
        case BPF_JSET:
                holds = accumulator.value & instruction->k;
                break;
        default:
                is_known = false;
        }
        if (!is_known || holds)
                reach(walk, index + 1 + instruction->jt, accumulator);
        if (!is_known || !holds)
                reach(walk, index + 1 + instruction->jf, accumulator);
}

static bool is_allowed(const struct sock_filter *instruction) {
        uint32_t action = instruction->k & SECCOMP_RET_ACTION_FULL;

        return instruction->code == (BPF_RET | BPF_K) && (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG);
}

/* False if it is a return of anything but consent. */
static bool step(struct walk *walk, uint64_t index) {
        const struct sock_filter *instruction = &walk->program->filter[index];

        switch (BPF_CLASS(instruction->code)) {
        case BPF_RET:
                return is_allowed(instruction);
        case BPF_JMP:
                jump(walk, index);
                return true;
        case BPF_ST:
        case BPF_STX:
                reach(walk, index + 1, walk->at[index]);
                return true;
        default:
                reach(walk, index + 1, compute(walk, index));
                return true;
        }
}

bool seccomp_filter_lets_pass(const struct seccomp_filter *filter, const struct seccomp_call *call) {
        autofree struct accumulator *at = alloc_zero(filter->program.len + 1u, sizeof(*at));
        struct walk walk = {
                .program = &filter->program,
                .call = call,
                .arch = seccomp_arch_native(),
                .at = at,
        };
        bool passes = true;

        reach(&walk, 0, (struct accumulator){.is_reached = true});
        for (uint64_t i = 0; passes && i < filter->program.len; i++)
                if (at[i].is_reached)
                        passes = step(&walk, i);
        return passes && !walk.leads_out;
}
