/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of a filter before it is loaded: which calls always pass, and what ready-made programs are taken. */
#include "seccomp/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"

#define NO_CACHE (-1)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)

static bool lets_pass(const struct seccomp_filter *filter, int number) {
        return seccomp_filter_lets_pass(filter, &(struct seccomp_call){.number = number});
}

/* What a profile says to write(2), which has one rule of the case's. */
static bool write_passes(enum seccomp_action default_action, const char *name, enum seccomp_action action, size_t n_args) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;
        struct seccomp_argument argument = {.index = 2, .op = SECCOMP_OPERATOR_GT, .value = 5};
        const char *names[] = {name};
        struct seccomp_rule rule = {.names = (char **)names, .n_names = 1, .action = action, .args = &argument, .n_args = n_args};
        struct seccomp_profile profile = {.default_action = default_action, .rules = &rule, .n_rules = 1};

        CHECK_EQUAL(seccomp_compile(&profile, NO_CACHE, &filter), 0);
        return lets_pass(&filter, SYS_write);
}

static void test_profiles(void) {
        CHECK(write_passes(SECCOMP_ACTION_ERRNO, "write", SECCOMP_ACTION_ALLOW, 0));
        CHECK(write_passes(SECCOMP_ACTION_ERRNO, "write", SECCOMP_ACTION_LOG, 0));
        CHECK(write_passes(SECCOMP_ACTION_ALLOW, "read", SECCOMP_ACTION_NOTIFY, 0));
        CHECK(!write_passes(SECCOMP_ACTION_ERRNO, "read", SECCOMP_ACTION_ALLOW, 0));
        CHECK(!write_passes(SECCOMP_ACTION_ALLOW, "write", SECCOMP_ACTION_NOTIFY, 0));
        CHECK(!write_passes(SECCOMP_ACTION_ALLOW, "write", SECCOMP_ACTION_TRACE, 0));
        /* Not whatever the arguments are. */
        CHECK(!write_passes(SECCOMP_ACTION_ALLOW, "write", SECCOMP_ACTION_NOTIFY, 1));
        CHECK(!write_passes(SECCOMP_ACTION_ERRNO, "write", SECCOMP_ACTION_ALLOW, 1));
}

/* On every number there is no other verdict than the program's own: three numbers, of which one waits. */
static void test_numbers(void) {
        struct sock_filter instructions[] = {
                LOAD(nr),
                BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 7, 2, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 1),
                RETURN(SECCOMP_RET_USER_NOTIF),
                RETURN(SECCOMP_RET_ALLOW),
        };
        struct seccomp_filter filter = {.program = {.len = ELEMENTSOF(instructions), .filter = instructions}, .present = true};

        CHECK(lets_pass(&filter, 6));
        CHECK(!lets_pass(&filter, 7));
        CHECK(lets_pass(&filter, 8));
        instructions[2].code = BPF_JMP | BPF_JSET | BPF_K;
        CHECK(!lets_pass(&filter, 1));
        CHECK(!lets_pass(&filter, 2));
        CHECK(lets_pass(&filter, 0));
        instructions[2].code = BPF_JMP | BPF_JGE | BPF_K;
        instructions[2].k = 5;
        CHECK(lets_pass(&filter, 4));
        CHECK(!lets_pass(&filter, 5));
}

/* That of another architecture does not matter. */
static void test_architecture(void) {
        struct sock_filter instructions[] = {
                LOAD(arch),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native(), 1, 0),
                RETURN(SECCOMP_RET_KILL_THREAD),
                RETURN(SECCOMP_RET_ALLOW),
        };
        struct seccomp_filter filter = {.program = {.len = ELEMENTSOF(instructions), .filter = instructions}, .present = true};

        CHECK(lets_pass(&filter, SYS_write));
        instructions[1].k = SCMP_ARCH_PARISC;
        CHECK(!lets_pass(&filter, SYS_write));
}

/* Two ways to one instruction with different contents of the accumulator: it is not known there what that holds. */
static void test_joined_ways(void) {
        struct sock_filter instructions[] = {
                LOAD(args[0]),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 2),
                LOAD(nr),
                BPF_STMT(BPF_JMP | BPF_JA, 1),
                LOAD(arch),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 1),
                RETURN(SECCOMP_RET_ALLOW),
                RETURN(SECCOMP_RET_USER_NOTIF),
        };
        struct seccomp_filter filter = {.program = {.len = ELEMENTSOF(instructions), .filter = instructions}, .present = true};

        CHECK(!lets_pass(&filter, SYS_write));
        instructions[4] = (struct sock_filter)LOAD(nr);
        CHECK(lets_pass(&filter, SYS_write));
        CHECK(!lets_pass(&filter, SYS_read));
        /* What is computed is not followed. */
        instructions[4] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, SYS_write);
        CHECK(!lets_pass(&filter, SYS_write));
}

/* clone(2) as Docker's profile has it: allowed if the flags ask for no namespace. */
static void test_known_argument(void) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;
        struct seccomp_argument argument = {.index = 0, .op = SECCOMP_OPERATOR_MASKED_EQ, .value = 0x7E020000, .value_two = 0};
        const char *names[] = {"clone"};
        struct seccomp_rule rule = {
                .names = (char **)names, .n_names = 1, .action = SECCOMP_ACTION_ALLOW, .args = &argument, .n_args = 1};
        struct seccomp_profile profile = {.default_action = SECCOMP_ACTION_ERRNO, .rules = &rule, .n_rules = 1};
        struct seccomp_call call = {.number = SYS_clone, .has_argument = true, .argument = 0x8011};

        CHECK_EQUAL(seccomp_compile(&profile, NO_CACHE, &filter), 0);
        CHECK(!lets_pass(&filter, SYS_clone));
        CHECK(seccomp_filter_lets_pass(&filter, &call));
        call.argument |= 0x10000000;
        CHECK(!seccomp_filter_lets_pass(&filter, &call));
        call = (struct seccomp_call){.number = SYS_clone, .has_argument = true, .argument_index = 1, .argument = 0x11};
        CHECK(!seccomp_filter_lets_pass(&filter, &call));
        call = (struct seccomp_call){.number = SYS_clone, .has_argument = true, .argument = UINT64_C(0x7E02000000000011)};
        CHECK(seccomp_filter_lets_pass(&filter, &call));
        argument.value = UINT64_MAX;
        argument.value_two = 0x11;
        seccomp_filter_done(&filter);
        CHECK_EQUAL(seccomp_compile(&profile, NO_CACHE, &filter), 0);
        CHECK(!seccomp_filter_lets_pass(&filter, &call));
        call.argument = 0x11;
        CHECK(seccomp_filter_lets_pass(&filter, &call));
}

static void test_malformed(void) {
        struct sock_filter instructions[] = {
                BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX),
                RETURN(SECCOMP_RET_ALLOW),
        };
        struct seccomp_filter filter = {.program = {.len = ELEMENTSOF(instructions), .filter = instructions}, .present = true};

        CHECK(!lets_pass(&filter, SYS_write));
        instructions[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 255, 0);
        CHECK(!lets_pass(&filter, SYS_write));
        /* The end is no return. */
        instructions[0] = instructions[1] = (struct sock_filter)LOAD(nr);
        CHECK(!lets_pass(&filter, SYS_write));
        instructions[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
        CHECK(!lets_pass(&filter, SYS_write));
        filter.program.len = 0;
        CHECK(!lets_pass(&filter, SYS_write));
}

static void test_decode(void) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;
        uint32_t flags[] = {SECCOMP_FILTER_FLAG_LOG};
        struct seccomp_profile profile = {};

        /* { RET ALLOW } */
        CHECK_EQUAL(seccomp_decode("BgAAAAAA/38=", "here", &profile, &filter), 0);
        CHECK_EQUAL(filter.program.len, 1);
        CHECK_EQUAL(filter.program.filter[0].code, BPF_RET | BPF_K);
        CHECK_EQUAL(filter.program.filter[0].k, SECCOMP_RET_ALLOW);
        CHECK(filter.present && !filter.has_listener);
        CHECK_EQUAL(filter.flags, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
        seccomp_filter_done(&filter);
        /* { RET USER_NOTIF } */
        profile.has_flags = true;
        profile.flags = flags;
        profile.n_flags = 1;
        CHECK_EQUAL(seccomp_decode("BgAAAAAAwH8=", "here", &profile, &filter), 0);
        CHECK(filter.has_listener);
        CHECK_EQUAL(filter.flags, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_LOG);
}

static void test_decode_refused(void) {
        struct seccomp_filter filter = SECCOMP_FILTER_INIT;
        const struct seccomp_profile profile = {};
        struct {
                const char *text, *message;
        } rows[] = {
                {"", "here: found 0 bytes, expected 1 to 4096 instructions of 8 bytes"},
                {"BgAAAAAA", "here: found 6 bytes, expected 1 to 4096 instructions of 8 bytes"},
                {"BgAAAAAA/38", "here: not base64"},
                {"/some/file", "here: not base64"},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                fail_forget();
                CHECK_EQUAL(seccomp_decode(rows[i].text, "here", &profile, &filter), -EINVAL);
                CHECK_TEXT(fail_text(), rows[i].message);
                CHECK(!filter.present);
        }
}

/* One instruction more than the kernel takes. */
static void test_decode_too_long(void) {
        size_t length = (BPF_MAXINSNS * sizeof(struct sock_filter) + 2) / 3 * 4 + 12;
        autofree char *text = alloc_zero(length + 1, 1);
        struct seccomp_filter filter = SECCOMP_FILTER_INIT;

        memset(text, 'A', length);
        text[length - 1] = text[length - 2] = '=';
        fail_forget();
        CHECK_EQUAL(seccomp_decode(text, "here", &(struct seccomp_profile){}, &filter), -EINVAL);
        CHECK_TEXT(fail_text(), "here: found 32776 bytes, expected 1 to 4096 instructions of 8 bytes");
}

static const struct test_case cases[] = {
        {"profiles: what always passes", test_profiles},
        {"comparisons with the number", test_numbers},
        {"the machine's own architecture", test_architecture},
        {"ways that meet", test_joined_ways},
        {"an argument that is known", test_known_argument},
        {"programs that lead out of themselves", test_malformed},
        {"ready-made programs", test_decode},
        {"ready-made programs: refused", test_decode_refused},
        {"ready-made programs: too long", test_decode_too_long},
};

TEST_MAIN(cases)
