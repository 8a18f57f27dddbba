/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A BPF program in the making, from its end to its beginning: BPF jumps forward only, so each jump is added when its
 * targets are there and their distance is known. A label is what a function here returned for an instruction.
 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "seccomp/seccomp.h"

struct program {
        struct sock_filter *instructions; /* the last one first */
        size_t count;
};
#define PROGRAM_INIT ((struct program){})

void program_done(struct program *program);

/* Ends with the action: SECCOMP_RET_* and its data. */
size_t program_return(struct program *program, uint32_t action);

/* Loads a word of struct seccomp_data and goes on at `next`. */
size_t program_load(struct program *program, size_t offset, size_t next);

/* Compares the loaded word with `value`; `test` is BPF_JEQ, BPF_JGT or BPF_JGE. */
size_t program_jump(struct program *program, uint16_t test, uint32_t value, size_t yes, size_t no);

/* Compares an argument of the system call, in both of its halves or in the lower one alone. */
size_t program_compare(struct program *program, const struct seccomp_argument *argument, bool is_64_bit, size_t yes,
                       size_t no);

/* Puts the program in order, owned by the caller; -E2BIG when it is too long for the kernel. */
int program_finish(const struct program *program, struct sock_fprog *ret);
