/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * On v2 no file takes device rules: a program of type BPF_PROG_TYPE_CGROUP_DEVICE, attached to the cgroup, is asked
 * at every open and mknod of a device node (kernel 4.15). It is made here instruction by instruction, and handed to
 * bpf(2) without a library. Runs in the runtime's process, on a cgroup that has no processes yet.
 *
 * The program goes through the rules from the last to the first with the kinds of access that are still undecided.
 * Each rule is one comparison: loading is most of what device rules cost a container's start, and the kernel's
 * verifier follows every way through the program, taking along on each what it has learnt. A chain of "is it type, is
 * it major, is it minor" makes it walk the rest once per rule (13 rules: 370 us, against 40 us).
 */
#include "cgroups/device-program.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"

/* The name marks a program as this runtime's own; bpftool shows it. At most 15 characters. */
#define PROGRAM_NAME "tare_devices"

/*
 * What the program holds. Those for one type of device are negative when asked about the other type, so that they
 * equal no number of a rule. A pair is major << 20 | minor, the kernel's own packing.
 */
enum {
        ANSWER = BPF_REG_0,
        CONTEXT,
        TYPE,
        UNDECIDED,
        CHAR_PAIR,
        BLOCK_PAIR,
        CHAR_MAJOR,
        BLOCK_MAJOR,
        CHAR_MINOR,
        BLOCK_MINOR,
};

/* Jumps to an answer, whose place is known only at the end. */
enum { TO_DENY = INT16_MIN, TO_ALLOW };

struct program {
        struct bpf_insn *list;
        size_t n;
};

static void add(struct program *program, unsigned op, unsigned reg, int jump, int32_t value) {
        *array_append(program->list, program->n) = (struct bpf_insn){
                .code = (uint8_t)op,
                .dst_reg = (uint8_t)(reg & 0xf),
                .off = (int16_t)jump,
                .imm = value,
        };
}

static void add_jump(struct program *program, unsigned op, unsigned reg, int32_t value, int target) {
        add(program, BPF_JMP | op | BPF_K, reg, target, value);
}

static void add_between(struct program *program, unsigned op, unsigned reg, unsigned source) {
        add(program, BPF_ALU64 | op | BPF_X, reg, 0, 0);
        program->list[program->n - 1].src_reg = (uint8_t)(source & 0xf);
}

static void add_load(struct program *program, unsigned reg, size_t offset) {
        add(program, BPF_LDX | BPF_MEM | BPF_W, reg, (int)offset, 0);
        program->list[program->n - 1].src_reg = CONTEXT;
}

/* reg = what `source` holds if `mask` is 0, negative if it is -1. */
static void add_masked(struct program *program, unsigned reg, unsigned source, unsigned mask) {
        add_between(program, BPF_MOV, reg, source);
        add_between(program, BPF_OR, reg, mask);
}

/* The context's access_type is the type of device in the lower half and the kinds of access in the upper one. */
static void add_start(struct program *program) {
        add_load(program, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
        add_between(program, BPF_MOV, UNDECIDED, TYPE);
        add(program, BPF_ALU64 | BPF_RSH | BPF_K, UNDECIDED, 0, 16);
        add(program, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0xffff);
        /* Nothing asked for (the mere existence of a node) is nothing to refuse. */
        add_jump(program, BPF_JEQ, UNDECIDED, 0, TO_ALLOW);

        add_load(program, CHAR_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
        add_load(program, CHAR_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
        add_between(program, BPF_MOV, CHAR_PAIR, CHAR_MAJOR);
        add(program, BPF_ALU64 | BPF_LSH | BPF_K, CHAR_PAIR, 0, 20);
        add_between(program, BPF_OR, CHAR_PAIR, CHAR_MINOR);

        /* Block is 1 and char is 2: 1 - type is the mask for block devices, type - 2 that for char devices. */
        add(program, BPF_ALU64 | BPF_MOV | BPF_K, ANSWER, 0, BPF_DEVCG_DEV_BLOCK);
        add_between(program, BPF_SUB, ANSWER, TYPE);
        add_masked(program, BLOCK_PAIR, CHAR_PAIR, ANSWER);
        add_masked(program, BLOCK_MAJOR, CHAR_MAJOR, ANSWER);
        add_masked(program, BLOCK_MINOR, CHAR_MINOR, ANSWER);
        add_between(program, BPF_MOV, ANSWER, TYPE);
        add(program, BPF_ALU64 | BPF_SUB | BPF_K, ANSWER, 0, BPF_DEVCG_DEV_CHAR);
        add_between(program, BPF_OR, CHAR_PAIR, ANSWER);
        add_between(program, BPF_OR, CHAR_MAJOR, ANSWER);
        add_between(program, BPF_OR, CHAR_MINOR, ANSWER);
}

/* The one comparison that says whether a rule matches. */
struct condition {
        unsigned reg;
        int32_t value;
};

static struct condition condition_of(const struct device_rule *rule) {
        bool block = rule->type == CGROUP_DEVICE_BLOCK;

        if (rule->major != DEVICE_ANY && rule->minor != DEVICE_ANY)
                return (struct condition){block ? BLOCK_PAIR : CHAR_PAIR, (int32_t)(rule->major << 20 | rule->minor)};
        if (rule->major != DEVICE_ANY)
                return (struct condition){block ? BLOCK_MAJOR : CHAR_MAJOR, (int32_t)rule->major};
        if (rule->minor != DEVICE_ANY)
                return (struct condition){block ? BLOCK_MINOR : CHAR_MINOR, (int32_t)rule->minor};
        return (struct condition){TYPE, block ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR};
}

/* What a rule does, once it matches, with the kinds of access that it is about. */
static void add_decision(struct program *program, const struct device_rule *rule) {
        if (!rule->allow) {
                add_jump(program, BPF_JSET, UNDECIDED, (int32_t)rule->access, TO_DENY);
                return;
        }
        add(program, BPF_ALU64 | BPF_AND | BPF_K, UNDECIDED, 0, (int32_t)(DEVICE_ACCESS_ALL & ~rule->access));
        add_jump(program, BPF_JEQ, UNDECIDED, 0, TO_ALLOW);
}

static void add_rule(struct program *program, const struct device_rule *rule) {
        struct condition condition = condition_of(rule);

        if (rule->access == DEVICE_ACCESS_ALL) {
                add_jump(program, BPF_JEQ, condition.reg, condition.value, rule->allow ? TO_ALLOW : TO_DENY);
                return;
        }
        add_jump(program, BPF_JNE, condition.reg, condition.value, rule->allow ? 2 : 1);
        add_decision(program, rule);
}

/* A rule for both types and all numbers needs no comparison, one with numbers is two rules. */
static void add_rule_of_any_type(struct program *program, const struct device_rule *rule) {
        struct device_rule one = *rule;

        if (rule->type != CGROUP_DEVICE_ALL) {
                add_rule(program, rule);
        } else if (rule->major == DEVICE_ANY && rule->minor == DEVICE_ANY) {
                add_decision(program, rule);
        } else {
                one.type = CGROUP_DEVICE_CHAR;
                add_rule(program, &one);
                one.type = CGROUP_DEVICE_BLOCK;
                add_rule(program, &one);
        }
}

static void add_answers(struct program *program) {
        size_t deny = program->n, allow = deny + 2;

        add(program, BPF_ALU64 | BPF_MOV | BPF_K, ANSWER, 0, 0);
        add(program, BPF_JMP | BPF_EXIT, 0, 0, 0);
        add(program, BPF_ALU64 | BPF_MOV | BPF_K, ANSWER, 0, 1);
        add(program, BPF_JMP | BPF_EXIT, 0, 0, 0);
        for (size_t i = 0; i < deny; i++) {
                if (program->list[i].off == TO_DENY)
                        program->list[i].off = (int16_t)(deny - i - 1);
                else if (program->list[i].off == TO_ALLOW)
                        program->list[i].off = (int16_t)(allow - i - 1);
        }
}

/*
 * The kernel has no majors from 512 on; a rule with a number that no device has needs no instruction, in which a great
 * one would turn negative.
 */
static bool can_match(const struct device_rule *rule) {
        return (rule->major == DEVICE_ANY || rule->major < 2048) &&
               (rule->minor == DEVICE_ANY || rule->minor < 1 << 20);
}

struct bpf_insn *device_program_make(const struct device_rules *rules, size_t *ret_n) {
        struct program program = {};

        add_start(&program);
        for (size_t i = rules->n; i-- > 0;)
                if (can_match(&rules->list[i]))
                        add_rule_of_any_type(&program, &rules->list[i]);
        add_answers(&program);
        *ret_n = program.n;
        return program.list;
}

/* --- bpf(2) --- */

static int bpf(enum bpf_cmd command, union bpf_attr *attr) {
        int r = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

        return r < 0 ? -errno : r;
}

int device_program_load(const struct bpf_insn *instructions, size_t n) {
        union bpf_attr attr = {
                .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
                .expected_attach_type = BPF_CGROUP_DEVICE,
                .insns = (uintptr_t)instructions,
                .insn_cnt = (uint32_t)n,
                .license = (uintptr_t)"LGPL",
                .prog_name = PROGRAM_NAME,
        };

        return bpf(BPF_PROG_LOAD, &attr);
}

int device_program_attach(int cgroup_fd, int program_fd) {
        union bpf_attr attr = {
                .target_fd = (uint32_t)cgroup_fd,
                .attach_bpf_fd = (uint32_t)program_fd,
                .attach_type = BPF_CGROUP_DEVICE,
                /* Beside those of others, and a container may add its own: all of them must agree. */
                .attach_flags = BPF_F_ALLOW_MULTI,
        };

        return bpf(BPF_PROG_ATTACH, &attr);
}

/* True if the program has this runtime's name. */
static bool is_own(int program_fd) {
        struct bpf_prog_info info = {};
        union bpf_attr attr = {
                .info = {.bpf_fd = (uint32_t)program_fd, .info_len = sizeof(info), .info = (uintptr_t)&info},
        };

        return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) >= 0 && strcmp(info.name, PROGRAM_NAME) == 0;
}

static int detach_if_own(int cgroup_fd, uint32_t id) {
        union bpf_attr by_id = {.prog_id = id};
        autoclose int fd = bpf(BPF_PROG_GET_FD_BY_ID, &by_id);
        union bpf_attr detach = {
                .target_fd = (uint32_t)cgroup_fd,
                .attach_bpf_fd = (uint32_t)fd,
                .attach_type = BPF_CGROUP_DEVICE,
        };

        if (fd < 0)
                return fd;
        return is_own(fd) ? bpf(BPF_PROG_DETACH, &detach) : 0;
}

int device_program_detach_own(int cgroup_fd) {
        uint32_t ids[64] = {};
        union bpf_attr attr = {
                .query = {
                        .target_fd = (uint32_t)cgroup_fd,
                        .attach_type = BPF_CGROUP_DEVICE,
                        .prog_ids = (uintptr_t)ids,
                        .prog_cnt = ELEMENTSOF(ids),
                },
        };
        int r = bpf(BPF_PROG_QUERY, &attr);

        for (uint32_t i = 0; r >= 0 && i < attr.query.prog_cnt; i++)
                r = detach_if_own(cgroup_fd, ids[i]);
        return r;
}
