/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * On v2 no file takes device rules: a program of type BPF_PROG_TYPE_CGROUP_DEVICE, attached to the cgroup, is asked at
 * every open and mknod of a device node (kernel 4.15). It is made here instruction by instruction, and handed to bpf(2)
 * without a library. Runs in the runtime's process, on a cgroup that has no processes yet.
 *
 * The program goes through the rules from the last to the first with the kinds of access that are still undecided.
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

enum { CONTEXT = BPF_REG_1, TYPE, UNDECIDED, MAJOR, MINOR };

struct program {
        struct bpf_insn *list;
        size_t n;
};

/* op: the instruction's code; jumps are relative to the following instruction. */
static void add(struct program *program, unsigned op, unsigned reg, int jump, int32_t value) {
        *array_append(program->list, program->n) = (struct bpf_insn){
                .code = (uint8_t)op,
                .dst_reg = (uint8_t)(reg & 0xf),
                .off = (int16_t)jump,
                .imm = value,
        };
}

static void add_answer(struct program *program, int answer) {
        add(program, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, answer);
        add(program, BPF_JMP | BPF_EXIT, 0, 0, 0);
}

static void add_load(struct program *program, unsigned reg, size_t offset) {
        add(program, BPF_LDX | BPF_MEM | BPF_W, reg, (int)offset, 0);
        program->list[program->n - 1].src_reg = CONTEXT;
}

/* The context's access_type is the type of device in the lower half and the kinds of access in the upper one. */
static void add_start(struct program *program) {
        add_load(program, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
        add_load(program, UNDECIDED, offsetof(struct bpf_cgroup_dev_ctx, access_type));
        add(program, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0xffff);
        add(program, BPF_ALU64 | BPF_RSH | BPF_K, UNDECIDED, 0, 16);
        add_load(program, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
        add_load(program, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
        /* Nothing asked for (the mere existence of a node) is nothing to refuse. */
        add(program, BPF_JMP | BPF_JNE | BPF_K, UNDECIDED, 2, 0);
        add_answer(program, 1);
}

/* What a rule does when it matches. */
static void add_decision(struct program *program, const struct device_rule *rule) {
        if (rule->access == DEVICE_ACCESS_ALL) {
                add_answer(program, rule->allow);
        } else if (rule->allow) {
                add(program, BPF_ALU64 | BPF_AND | BPF_K, UNDECIDED, 0, (int32_t)(DEVICE_ACCESS_ALL & ~rule->access));
                add(program, BPF_JMP | BPF_JNE | BPF_K, UNDECIDED, 2, 0);
                add_answer(program, 1);
        } else {
                add(program, BPF_JMP | BPF_JSET | BPF_K, UNDECIDED, 1, (int32_t)rule->access);
                add(program, BPF_JMP | BPF_JA, 0, 2, 0);
                add_answer(program, 0);
        }
}

static void add_rule(struct program *program, const struct device_rule *rule) {
        static const int32_t types[] = {
                [CGROUP_DEVICE_CHAR] = BPF_DEVCG_DEV_CHAR,
                [CGROUP_DEVICE_BLOCK] = BPF_DEVCG_DEV_BLOCK,
        };
        size_t first = program->n, end;

        if (rule->type != CGROUP_DEVICE_ALL)
                add(program, BPF_JMP | BPF_JNE | BPF_K, TYPE, 0, types[rule->type]);
        if (rule->major != DEVICE_ANY)
                add(program, BPF_JMP | BPF_JNE | BPF_K, MAJOR, 0, (int32_t)rule->major);
        if (rule->minor != DEVICE_ANY)
                add(program, BPF_JMP | BPF_JNE | BPF_K, MINOR, 0, (int32_t)rule->minor);
        end = program->n;
        add_decision(program, rule);
        /* Where a condition does not hold, the next rule is asked. */
        for (size_t i = first; i < end; i++)
                program->list[i].off = (int16_t)(program->n - i - 1);
}

/* The kernel's device numbers have 12 and 20 bits; a greater one matches nothing and has no place in an instruction. */
static bool can_match(const struct device_rule *rule) {
        return (rule->major == DEVICE_ANY || rule->major < 1 << 12) && (rule->minor == DEVICE_ANY || rule->minor < 1 << 20);
}

struct bpf_insn *device_program_make(const struct device_rules *rules, size_t *ret_n) {
        struct program program = {};

        add_start(&program);
        for (size_t i = rules->n; i-- > 0;)
                if (can_match(&rules->list[i]))
                        add_rule(&program, &rules->list[i]);
        add_answer(&program, 0);
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
