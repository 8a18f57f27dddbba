/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libc tries a new system call first and the old one on ENOSYS. A profile from before the new call knows nothing of it
 * and answers with its default, EPERM or death, which libc must take at its word. So a call above the newest one that
 * the profile names, on the architecture at hand, ends in ENOSYS. Runs with compile.c.
 *
 * The test is put before libseccomp's program, which is not touched, with one section for each architecture value:
 *
 *             load architecture
 *     A:      jump if it is not A        -> B
 *             load number
 *             jump if number <= newest   -> program    \ for x86_64 and then for x32, which share
 *             jump if number < end       -> ENOSYS     / one value and differ by bit 30
 *             jump                       -> program
 *     B:      ...
 *             jump                       -> program
 *     ENOSYS: return ENOSYS
 *     program: ...
 *
 * Numbers at or above the end belong to no system call: x32 ones that the profile leaves out, which libseccomp's program
 * kills, or negative ones, which a tracer uses to skip a call. They get what the program says.
 */
#include "seccomp/enosys.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

#define X32_FIRST 0x40000000u
#define NEGATIVE_FIRST 0x80000000u

/* The numbers of one of libseccomp's architectures. */
struct range {
        uint32_t token; /* libseccomp's */
        uint32_t arch; /* the kernel's AUDIT_ARCH_*: a section for each, of one range or two */
        uint32_t newest; /* that the profile names */
        uint32_t end;
};

struct stub {
        struct range *ranges;
        size_t n_ranges, n_sections;
        struct sock_filter *instructions;
        size_t n, size;
};

static void stub_done(struct stub *stub) {
        free(stub->ranges);
        free(stub->instructions);
}

static bool is_wanted(const struct seccomp_profile *profile) {
        switch (profile->default_action) {
        case SECCOMP_ACTION_KILL_THREAD:
        case SECCOMP_ACTION_KILL_PROCESS:
        case SECCOMP_ACTION_TRAP:
                return true;
        case SECCOMP_ACTION_ERRNO:
                return !profile->has_default_errno_ret || profile->default_errno_ret != ENOSYS;
        default: /* allowed, or up to a tracer that may know the new call */
                return false;
        }
}

/* --- what the profile names --- */

/* -1 when the profile names no call of the architecture. Libseccomp's own numbers of absent calls are below that. */
static int newest_call(const struct seccomp_profile *profile, uint32_t token) {
        int newest = -1;

        for (size_t i = 0; i < profile->n_rules; i++) {
                const struct seccomp_rule *rule = &profile->rules[i];

                for (size_t k = 0; k < rule->n_names; k++) {
                        int number = seccomp_syscall_resolve_name_arch(token, rule->names[k]);

                        newest = number > newest ? number : newest;
                }
        }
        return newest;
}

static bool has_token(const struct stub *stub, uint32_t token) {
        for (size_t i = 0; i < stub->n_ranges; i++)
                if (stub->ranges[i].token == token)
                        return true;
        return false;
}

/* True if a range before this one has the same section. */
static bool shares_section(const struct stub *stub, size_t index) {
        for (size_t i = 0; i < index; i++)
                if (stub->ranges[i].arch == stub->ranges[index].arch)
                        return true;
        return false;
}

static void add_range(struct stub *stub, const struct seccomp_profile *profile, uint32_t token) {
        struct range range = {.token = token, .arch = token, .end = NEGATIVE_FIRST};
        int newest = newest_call(profile, token);

        if (token == SCMP_ARCH_X32)
                range.arch = AUDIT_ARCH_X86_64;
        if (token == SCMP_ARCH_X86_64)
                range.end = X32_FIRST;
        /* A profile that names no call of the architecture is of no time; its default is meant. */
        range.newest = newest < 0 ? range.end - 1 : (uint32_t)newest;
        *array_append(stub->ranges, stub->n_ranges) = range;
        stub->n_sections += !shares_section(stub, stub->n_ranges - 1);
}

static void find_ranges(struct stub *stub, const struct seccomp_profile *profile, const scmp_filter_ctx context) {
        uint32_t native = seccomp_arch_native();

        add_range(stub, profile, native);
        for (size_t i = 0; i < profile->n_architectures; i++) {
                uint32_t token = profile->architectures[i] ? profile->architectures[i] : native;

                /* Those that libseccomp left out can make no calls. */
                if (!has_token(stub, token) && seccomp_arch_exist(context, token) == 0)
                        add_range(stub, profile, token);
        }
}

/* --- instructions --- */

static void add(struct stub *stub, struct sock_filter instruction) {
        stub->instructions[stub->n++] = instruction;
}

/* From the instruction that is added next. Some 13 architectures of one byte order make 70 instructions at most. */
static uint8_t distance(const struct stub *stub, size_t target) {
        return (uint8_t)(target - stub->n - 1);
}

static void add_tests(struct stub *stub, uint32_t arch, uint32_t end) {
        size_t enosys = stub->size - 1, program = stub->size;

        for (size_t i = 0; i < stub->n_ranges; i++) {
                const struct range *range = &stub->ranges[i];

                if (range->arch != arch || range->end != end)
                        continue;
                add(stub, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, range->newest, 0, distance(stub, program)));
                add(stub, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, range->end, 0, distance(stub, enosys)));
        }
}

static void add_section(struct stub *stub, uint32_t arch) {
        size_t start = stub->n;

        add(stub, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 0, 0));
        add(stub, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
        add_tests(stub, arch, X32_FIRST);
        add_tests(stub, arch, NEGATIVE_FIRST);
        add(stub, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, distance(stub, stub->size), 0, 0));
        stub->instructions[start].jf = (uint8_t)(stub->n - start - 1);
}

static void add_instructions(struct stub *stub) {
        stub->size = 1 + 3 * stub->n_sections + 2 * stub->n_ranges + 2;
        stub->instructions = alloc_zero(stub->size, sizeof(struct sock_filter));
        add(stub, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
        for (size_t i = 0; i < stub->n_ranges; i++)
                if (!shares_section(stub, i))
                        add_section(stub, stub->ranges[i].arch);
        add(stub, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, distance(stub, stub->size), 0, 0));
        add(stub, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
}

int seccomp_enosys_prepend(const struct seccomp_profile *profile, const scmp_filter_ctx context,
                           struct sock_fprog *program) {
        autodone(stub) struct stub stub = {};
        struct sock_filter *whole;

        if (!is_wanted(profile))
                return 0;
        find_ranges(&stub, profile, context);
        add_instructions(&stub);
        if (stub.size + program->len > BPF_MAXINSNS)
                return -E2BIG;
        whole = alloc_resize(stub.instructions, stub.size + program->len, sizeof(*whole));
        stub.instructions = NULL;
        memcpy(whole + stub.size, program->filter, program->len * sizeof(*whole));
        free(program->filter);
        program->filter = whole;
        program->len = (unsigned short)(stub.size + program->len);
        return 0;
}
