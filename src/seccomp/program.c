/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes BPF instructions for compile.c, last one first. Only what the kernel can evaluate ahead is used around the
 * arguments (loads of number and architecture, jumps, returns): for calls that are always allowed it then skips the
 * program altogether (Linux 5.11).
 */
#include "seccomp/program.h"

#include <endian.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

/* A conditional jump reaches 255 instructions; two more may come in between, see program_jump(). */
#define REACH 250

void program_done(struct program *program) {
        free(program->instructions);
        *program = PROGRAM_INIT;
}

static size_t add(struct program *program, struct sock_filter instruction) {
        *array_append(program->instructions, program->count) = instruction;
        return program->count - 1;
}

/* From the instruction that is added next. */
static size_t distance(const struct program *program, size_t label) {
        return program->count - label - 1;
}

/* A label within reach that does the same: a copy of the return, or a jump, which has more room. */
static size_t reach(struct program *program, size_t label) {
        if (distance(program, label) <= REACH)
                return label;
        if (program->instructions[label].code == (BPF_RET | BPF_K))
                return program_return(program, program->instructions[label].k);
        return add(program, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)distance(program, label)));
}

size_t program_return(struct program *program, uint32_t action) {
        for (size_t label = program->count; label-- > 0 && distance(program, label) <= REACH;) {
                const struct sock_filter *instruction = &program->instructions[label];

                if (instruction->code == (BPF_RET | BPF_K) && instruction->k == action)
                        return label;
        }
        return add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* What is added next goes on at the label, which the instruction added last mostly is. */
static void go_on_at(struct program *program, size_t label) {
        if (distance(program, label) > 0)
                add(program, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)distance(program, label)));
}

size_t program_load(struct program *program, size_t offset, size_t next) {
        go_on_at(program, next);
        return add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

size_t program_jump(struct program *program, uint16_t test, uint32_t value, size_t yes, size_t no) {
        if (yes == no)
                return yes;
        yes = reach(program, yes);
        no = reach(program, no);
        return add(program, (struct sock_filter){
                                    .code = BPF_JMP | test | BPF_K,
                                    .k = value,
                                    .jt = (uint8_t)distance(program, yes),
                                    .jf = (uint8_t)distance(program, no),
                            });
}

/* --- arguments --- */

static size_t low_half(uint32_t index) {
        return offsetof(struct seccomp_data, args) + index * sizeof(uint64_t) +
                (BYTE_ORDER == BIG_ENDIAN ? sizeof(uint32_t) : 0);
}

static size_t high_half(uint32_t index) {
        return offsetof(struct seccomp_data, args) + index * sizeof(uint64_t) +
                (BYTE_ORDER == BIG_ENDIAN ? 0 : sizeof(uint32_t));
}

static uint32_t low(uint64_t value) {
        return (uint32_t)value;
}

static uint32_t high(uint64_t value) {
        return (uint32_t)(value >> 32);
}

static size_t compare_masked_half(struct program *program, size_t offset, uint32_t mask, uint32_t datum, size_t yes,
                                  size_t no) {
        size_t label;

        if (mask == 0)
                return yes;
        label = program_jump(program, BPF_JEQ, datum & mask, yes, no);
        if (mask != UINT32_MAX)
                label = add(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
        return program_load(program, offset, label);
}

static size_t compare_masked(struct program *program, const struct seccomp_argument *argument, bool is_64_bit,
                             size_t yes, size_t no) {
        uint64_t mask = argument->value, datum = argument->value_two;

        yes = compare_masked_half(program, low_half(argument->index), low(mask), low(datum), yes, no);
        if (is_64_bit)
                yes = compare_masked_half(program, high_half(argument->index), high(mask), high(datum), yes, no);
        return yes;
}

static size_t compare_equal(struct program *program, const struct seccomp_argument *argument, bool is_64_bit,
                            size_t yes, size_t no) {
        size_t lower = program_jump(program, BPF_JEQ, low(argument->value), yes, no), higher;

        lower = program_load(program, low_half(argument->index), lower);
        if (!is_64_bit)
                return lower;
        higher = program_jump(program, BPF_JEQ, high(argument->value), lower, no);
        return program_load(program, high_half(argument->index), higher);
}

/* `test` is BPF_JGT or BPF_JGE: the upper halves decide unless they are equal. */
static size_t compare_order(struct program *program, const struct seccomp_argument *argument, bool is_64_bit,
                            uint16_t test, size_t yes, size_t no) {
        size_t lower = program_jump(program, test, low(argument->value), yes, no), higher;

        lower = program_load(program, low_half(argument->index), lower);
        if (!is_64_bit)
                return lower;
        higher = program_jump(program, BPF_JEQ, high(argument->value), lower, no);
        higher = program_jump(program, BPF_JGT, high(argument->value), yes, higher);
        return program_load(program, high_half(argument->index), higher);
}

size_t program_compare(struct program *program, const struct seccomp_argument *argument, bool is_64_bit, size_t yes,
                       size_t no) {
        if (yes == no)
                return yes;
        switch (argument->op) {
        case SECCOMP_OPERATOR_EQ:
                return compare_equal(program, argument, is_64_bit, yes, no);
        case SECCOMP_OPERATOR_NE:
                return compare_equal(program, argument, is_64_bit, no, yes);
        case SECCOMP_OPERATOR_GE:
                return compare_order(program, argument, is_64_bit, BPF_JGE, yes, no);
        case SECCOMP_OPERATOR_LT:
                return compare_order(program, argument, is_64_bit, BPF_JGE, no, yes);
        case SECCOMP_OPERATOR_GT:
                return compare_order(program, argument, is_64_bit, BPF_JGT, yes, no);
        case SECCOMP_OPERATOR_LE:
                return compare_order(program, argument, is_64_bit, BPF_JGT, no, yes);
        default: /* MASKED_EQ; seccomp_check() lets no other through */
                return compare_masked(program, argument, is_64_bit, yes, no);
        }
}

/* --- the end --- */

int program_finish(const struct program *program, struct sock_fprog *ret) {
        if (program->count > BPF_MAXINSNS)
                return -E2BIG;
        ret->filter = alloc_zero(program->count, sizeof(*ret->filter));
        for (size_t i = 0; i < program->count; i++)
                ret->filter[i] = program->instructions[program->count - 1 - i];
        ret->len = (unsigned short)program->count;
        return 0;
}
