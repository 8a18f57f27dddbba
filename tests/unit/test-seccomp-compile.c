/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What compiled filters decide, differentially: an interpreter runs the program on a system call, and its verdict
 * is held against a model of what the profile means, and, where that is reliable, against the program that libseccomp
 * makes of the same profile.
 */
#include "seccomp/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "seccomp-model.h"
#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"

#define NO_CACHE (-1)
#define NAMESPACES \
        (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* --- samples --- */

enum {
        NR_READ = 0,
        NR_IOCTL = 16,
        NR_GETPID = 39,
        NR_PERSONALITY = 135,
        NR_CLONE3 = 435,
        I386_READ = 3,
        I386_GETPID = 20,
        I386_IOCTL = 54,
        I386_SOCKETCALL = 102,
        I386_PERSONALITY = 136,
        I386_SOCKET = 359,
        X32_GETPID = X32(39),
        X32_PERSONALITY = X32(135),
        X32_IOCTL = X32(514),
};

static const int sample_numbers[] = {
        NR_READ,
        NR_IOCTL,
        NR_GETPID,
        NR_PERSONALITY,
        NR_CLONE3,
        I386_READ,
        I386_GETPID,
        I386_IOCTL,
        I386_PERSONALITY,
        X32_IOCTL,
        X32_PERSONALITY,
        X32_GETPID,
        X32(NR_CLONE3),
        X32(512),
        X32(1000),
        15,
        17,
        1000,
        X32(-1),
        INT32_MAX,
        -1,
        INT32_MIN,
};

static const uint32_t sample_halves[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
#define N_HALVES (sizeof(sample_halves) / sizeof(sample_halves[0]))
#define N_VALUES (N_HALVES * N_HALVES)

static uint64_t sample_value(size_t i) {
        return (uint64_t)sample_halves[i / N_HALVES % N_HALVES] << 32 | sample_halves[i % N_HALVES];
}

/* --- comparing --- */

static int make(const struct seccomp_profile *profile, struct seccomp_filter *ret) {
        int r = seccomp_check(profile, "linux.seccomp");

        if (r >= 0)
                r = seccomp_compile(profile, NO_CACHE, ret);
        if (r < 0)
                printf("# %s\n", fail_text());
        CHECK_EQUAL(r, 0);
        return r;
}

static struct seccomp_data make_call(uint32_t arch, int number, const uint64_t args[6]) {
        struct seccomp_data call = {.nr = number, .arch = arch};

        /* The kernel widens the registers of a 32-bit program. */
        for (size_t i = 0; i < 6; i++)
                call.args[i] = arch & __AUDIT_ARCH_64BIT ? args[i] : (uint32_t)args[i];
        return call;
}

static void print_call(const struct seccomp_data *call) {
        printf("# arch %#x number %d args", call->arch, call->nr);
        for (size_t i = 0; i < 6; i++)
                printf(" %#llx", (unsigned long long)call->args[i]);
        printf("\n");
}

static void compare_with_model(const struct seccomp_profile *profile, const uint64_t (*args)[6], size_t n_args) {
        static const uint32_t architectures[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64};
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;
        size_t n_calls = ELEMENTSOF(architectures) * ELEMENTSOF(sample_numbers) * n_args;

        if (make(profile, &filter) < 0)
                return;
        for (size_t i = 0; i < n_calls && !test_failed; i++) {
                size_t n = i / ELEMENTSOF(architectures);
                struct seccomp_data call = make_call(architectures[i % ELEMENTSOF(architectures)],
                                                     sample_numbers[n % ELEMENTSOF(sample_numbers)],
                                                     args[n / ELEMENTSOF(sample_numbers)]);

                CHECK_EQUAL(interpret(&filter.program, &call), model(profile, &call));
                if (test_failed)
                        print_call(&call);
        }
}

/* The verdict on one call, for cases that know it without a model. */
static uint32_t verdict(const struct seccomp_profile *profile, uint32_t arch, int number, uint64_t arg0, uint64_t arg1) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;
        struct seccomp_data call = make_call(arch, number, (uint64_t[6]){arg0, arg1});

        return make(profile, &filter) < 0 ? 0xdeadbeef : interpret(&filter.program, &call);
}

#define NAMES(...) \
        .names = (char **)(const char *[]){__VA_ARGS__}, \
        .n_names = sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)
#define ARGS(...) \
        .args = (struct seccomp_argument[]){__VA_ARGS__}, \
        .n_args = sizeof((struct seccomp_argument[]){__VA_ARGS__}) / sizeof(struct seccomp_argument)
#define RULES(...) \
        .rules = (struct seccomp_rule[]){__VA_ARGS__}, \
        .n_rules = sizeof((struct seccomp_rule[]){__VA_ARGS__}) / sizeof(struct seccomp_rule)
#define ARCHITECTURES(...) \
        .architectures = (uint32_t[]){__VA_ARGS__}, \
        .n_architectures = sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)

#define ERRNO_IS(number) .action = SECCOMP_ACTION_ERRNO, .has_errno_ret = true, .errno_ret = (number)
#define DEFAULT_ERRNO_IS(number) \
        .default_action = SECCOMP_ACTION_ERRNO, .has_default_errno_ret = true, .default_errno_ret = (number)

/* --- cases --- */

static void test_operators(void) {
        uint64_t args[N_VALUES][6];

        for (size_t i = 0; i < N_VALUES; i++)
                for (size_t k = 0; k < 6; k++)
                        args[i][k] = sample_value(i + (k == 1 ? 0 : i * i));
        for (enum seccomp_operator op = SECCOMP_OPERATOR_NE; op <= SECCOMP_OPERATOR_MASKED_EQ; op++)
                for (size_t i = 0; i < N_VALUES; i++) {
                        struct seccomp_profile profile = {
                                .default_action = SECCOMP_ACTION_ALLOW,
                                ARCHITECTURES(SCMP_ARCH_X86, SCMP_ARCH_X32),
                                RULES({NAMES("ioctl"), .action = SECCOMP_ACTION_ERRNO,
                                       ARGS({.index = 1,
                                             .op = op,
                                             .value = sample_value(i),
                                             .value_two = sample_value(i * 5)})}),
                        };

                        compare_with_model(&profile, (const uint64_t(*)[6])args, N_VALUES);
                }
}

/* CVE-2019-7303: a filter that looks at 32 of 64 bits is passed with a bit that the kernel's ioctl then ignores. */
static void test_both_halves(void) {
        const uint64_t tiocsti = 0x5412, high_bit = 1ull << 32;
        struct seccomp_profile profile = {
                .default_action = SECCOMP_ACTION_ALLOW,
                RULES({NAMES("ioctl"), .action = SECCOMP_ACTION_ERRNO,
                       ARGS({.index = 1, .op = SECCOMP_OPERATOR_MASKED_EQ, .value = UINT32_MAX, .value_two = tiocsti})}),
        };

        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, tiocsti), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, tiocsti | high_bit), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, tiocsti + 1), SECCOMP_RET_ALLOW);
        profile.rules->args->op = SECCOMP_OPERATOR_EQ;
        profile.rules->args->value = tiocsti;
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, tiocsti), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, tiocsti | high_bit), SECCOMP_RET_ALLOW);
        profile.rules->args->op = SECCOMP_OPERATOR_GT;
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, high_bit), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, tiocsti), SECCOMP_RET_ALLOW);
        profile.rules->args->op = SECCOMP_OPERATOR_LE;
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, high_bit), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, tiocsti), SECCOMP_RET_ERRNO | EPERM);
}

static void test_several_arguments(void) {
        struct seccomp_profile profile = {
                .default_action = SECCOMP_ACTION_ALLOW,
                RULES({NAMES("ioctl"), .action = SECCOMP_ACTION_ERRNO,
                       ARGS({.index = 0, .op = SECCOMP_OPERATOR_EQ, .value = 5},
                            {.index = 1, .op = SECCOMP_OPERATOR_NE, .value = 7})}),
        };

        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 5, 6), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 5, 7), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 4, 6), SECCOMP_RET_ALLOW);
}

static void test_same_argument_twice(void) {
        struct seccomp_profile profile = {
                .default_action = SECCOMP_ACTION_ALLOW,
                RULES({NAMES("ioctl"), .action = SECCOMP_ACTION_ERRNO,
                       ARGS({.index = 1, .op = SECCOMP_OPERATOR_LE, .value = 5},
                            {.index = 1, .op = SECCOMP_OPERATOR_GE, .value = 1ull << 33},
                            {.index = 0, .op = SECCOMP_OPERATOR_EQ, .value = 9})}),
        };

        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, 5), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, 6), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, UINT32_MAX), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, 1ull << 33), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 9, 6), SECCOMP_RET_ERRNO | EPERM);
}

static void test_order_of_rules(void) {
        struct seccomp_profile profile = {
                .default_action = SECCOMP_ACTION_ALLOW,
                RULES({NAMES("ioctl", "personality"), .action = SECCOMP_ACTION_ALLOW},
                      {NAMES("ioctl"), ERRNO_IS(1), ARGS({.index = 1, .op = SECCOMP_OPERATOR_LT, .value = 5})},
                      {NAMES("ioctl", "personality"), ERRNO_IS(2),
                       ARGS({.index = 1, .op = SECCOMP_OPERATOR_LT, .value = 9})},
                      {NAMES("personality"), ERRNO_IS(3)},
                      {NAMES("personality"), ERRNO_IS(4)}),
        };

        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, 4), SECCOMP_RET_ERRNO | 1);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, 5), SECCOMP_RET_ERRNO | 2);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_IOCTL, 0, 9), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_PERSONALITY, 0, 4), SECCOMP_RET_ERRNO | 3);
}

static void test_actions(void) {
        static const struct {
                enum seccomp_action action;
                bool has_number;
                uint32_t number, expected;
        } rows[] = {
                {SECCOMP_ACTION_KILL_THREAD, false, 0, SECCOMP_RET_KILL_THREAD},
                {SECCOMP_ACTION_KILL_PROCESS, false, 0, SECCOMP_RET_KILL_PROCESS},
                {SECCOMP_ACTION_TRAP, false, 0, SECCOMP_RET_TRAP},
                {SECCOMP_ACTION_ERRNO, false, 0, SECCOMP_RET_ERRNO | EPERM},
                {SECCOMP_ACTION_ERRNO, true, 0, SECCOMP_RET_ERRNO},
                {SECCOMP_ACTION_ERRNO, true, 4095, SECCOMP_RET_ERRNO | 4095},
                {SECCOMP_ACTION_TRACE, false, 0, SECCOMP_RET_TRACE | EPERM},
                {SECCOMP_ACTION_TRACE, true, 65535, SECCOMP_RET_TRACE | 65535},
                {SECCOMP_ACTION_LOG, false, 0, SECCOMP_RET_LOG},
                {SECCOMP_ACTION_ALLOW, false, 0, SECCOMP_RET_ALLOW},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                struct seccomp_profile as_rule = {
                        DEFAULT_ERRNO_IS(77),
                        RULES({NAMES("getpid"), .action = rows[i].action, .has_errno_ret = rows[i].has_number,
                               .errno_ret = rows[i].number}),
                };
                struct seccomp_profile as_default = {
                        .default_action = rows[i].action,
                        .has_default_errno_ret = rows[i].has_number,
                        .default_errno_ret = rows[i].number,
                };

                CHECK_EQUAL(verdict(&as_rule, AUDIT_ARCH_X86_64, NR_GETPID, 0, 0), rows[i].expected);
                CHECK_EQUAL(verdict(&as_rule, AUDIT_ARCH_X86_64, NR_READ, 0, 0), SECCOMP_RET_ERRNO | 77);
                CHECK_EQUAL(verdict(&as_default, AUDIT_ARCH_X86_64, NR_GETPID, 0, 0), rows[i].expected);
        }
}

static void test_architectures(void) {
        struct seccomp_profile profile = {
                .default_action = SECCOMP_ACTION_ALLOW,
                RULES({NAMES("getpid"), .action = SECCOMP_ACTION_ERRNO}),
        };

        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_GETPID, 0, 0), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, X32_GETPID, 0, 0), SECCOMP_RET_KILL_THREAD);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, -1, 0, 0), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, I386_GETPID, 0, 0), SECCOMP_RET_KILL_THREAD);

        /* Without the native one, which is there all the same; twice; one that libseccomp lacks; other byte order. */
        profile.architectures = (uint32_t[]){SCMP_ARCH_X86, SCMP_ARCH_X86, AUDIT_ARCH_SHEL, SCMP_ARCH_MIPS};
        profile.n_architectures = 4;
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_GETPID, 0, 0), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, X32_GETPID, 0, 0), SECCOMP_RET_KILL_THREAD);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, I386_GETPID, 0, 0), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, NR_GETPID, 0, 0), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_SHEL, NR_READ, 0, 0), SECCOMP_RET_KILL_THREAD);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_MIPS, NR_READ, 0, 0), SECCOMP_RET_KILL_THREAD);

        profile.architectures = (uint32_t[]){SCMP_ARCH_NATIVE, SCMP_ARCH_X32};
        profile.n_architectures = 2;
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_GETPID, 0, 0), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, X32_GETPID, 0, 0), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, X32(NR_READ), 0, 0), SECCOMP_RET_ALLOW);
}

static void test_unknown_names(void) {
        struct seccomp_profile profile = {
                .default_action = SECCOMP_ACTION_ALLOW,
                ARCHITECTURES(SCMP_ARCH_X86),
                /* Nowhere; on i386 only; on x86_64 only; on arm only. */
                RULES({NAMES("no_such_call", "", "vm86", "arch_prctl", "set_tls", "getpid"),
                       .action = SECCOMP_ACTION_ERRNO}),
        };

        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_GETPID, 0, 0), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, 158 /* arch_prctl */, 0, 0), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, 166 /* i386: vm86 */, 0, 0), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, 166, 0, 0), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, I386_READ, 0, 0), SECCOMP_RET_ALLOW);
}

/* socket(2) has a number of its own on i386 and is also what socketcall(2) does for 1. */
static void test_socketcall(void) {
        struct seccomp_profile profile = {
                .default_action = SECCOMP_ACTION_ERRNO,
                ARCHITECTURES(SCMP_ARCH_X86),
                RULES({NAMES("socket"), .action = SECCOMP_ACTION_ALLOW,
                       ARGS({.index = 0, .op = SECCOMP_OPERATOR_EQ, .value = 2})},
                      {NAMES("semop", "clone3"), .action = SECCOMP_ACTION_ALLOW}),
        };

        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, I386_SOCKET, 2, 0), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, I386_SOCKET, 40, 0), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, I386_SOCKETCALL, 1, 0), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, I386_SOCKETCALL, 2, 0), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, 117 /* ipc */, 1, 0), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, 117, 2, 0), SECCOMP_RET_ERRNO | EPERM);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, 41 /* socket */, 2, 0), SECCOMP_RET_ALLOW);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, 41, 40, 0), SECCOMP_RET_ERRNO | EPERM);
}

static void test_newer_calls(void) {
        struct seccomp_profile profile = {
                .default_action = SECCOMP_ACTION_KILL_PROCESS,
                ARCHITECTURES(SCMP_ARCH_X86),
                RULES({NAMES("getpid"), .action = SECCOMP_ACTION_ALLOW},
                      {NAMES("clone3"), .action = SECCOMP_ACTION_KILL_PROCESS}), /* known, though it changes nothing */
        };

        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_CLONE3 - 1, 0, 0), SECCOMP_RET_KILL_PROCESS);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_CLONE3, 0, 0), SECCOMP_RET_KILL_PROCESS);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_CLONE3 + 1, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, X32(-1), 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, X32(1000), 0, 0), SECCOMP_RET_KILL_THREAD);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, NR_CLONE3, 0, 0), SECCOMP_RET_KILL_PROCESS);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, NR_CLONE3 + 1, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_I386, -1, 0, 0), SECCOMP_RET_KILL_PROCESS);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, -1, 0, 0), SECCOMP_RET_KILL_PROCESS);

        profile.architectures[0] = SCMP_ARCH_X32;
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, X32(NR_CLONE3 + 1), 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, X32(NR_CLONE3 - 1), 0, 0), SECCOMP_RET_KILL_PROCESS);

        profile.default_action = SECCOMP_ACTION_LOG;
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_CLONE3 + 1, 0, 0), SECCOMP_RET_LOG);
        profile.default_action = SECCOMP_ACTION_TRACE;
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_CLONE3 + 1, 0, 0), SECCOMP_RET_TRACE | EPERM);
        profile.default_action = SECCOMP_ACTION_ERRNO;
        profile.n_rules = 0;
        CHECK_EQUAL(verdict(&profile, AUDIT_ARCH_X86_64, NR_CLONE3 + 1, 0, 0), SECCOMP_RET_ERRNO | EPERM);
}

/* --- random profiles against the model --- */

static uint64_t seed;

static uint32_t draw(size_t below) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        return (uint32_t)(seed >> 33) % (uint32_t)below;
}

static void draw_rule(struct seccomp_rule *rule, struct seccomp_argument arguments[3]) {
        static char *names[] = {(char *)"ioctl", (char *)"personality", (char *)"getpid", (char *)"clone3"};
        static const enum seccomp_action actions[] = {SECCOMP_ACTION_ALLOW, SECCOMP_ACTION_TRAP, SECCOMP_ACTION_ERRNO};

        rule->names = &names[draw(ELEMENTSOF(names))];
        rule->n_names = 1;
        rule->action = actions[draw(ELEMENTSOF(actions))];
        rule->has_errno_ret = rule->action == SECCOMP_ACTION_ERRNO;
        rule->errno_ret = draw(3);
        rule->args = arguments;
        rule->n_args = draw(8) ? 1 + draw(3) : 0;
        for (size_t i = 0; i < rule->n_args; i++) {
                arguments[i].index = draw(4) ? (uint32_t)i : draw(3);
                arguments[i].op = SECCOMP_OPERATOR_NE + draw(SECCOMP_OPERATOR_MASKED_EQ);
                arguments[i].value = sample_value(draw(N_VALUES));
                arguments[i].value_two = sample_value(draw(N_VALUES));
        }
}

static void test_random_profiles(void) {
        static const enum seccomp_action defaults[] = {
                SECCOMP_ACTION_ALLOW,
                SECCOMP_ACTION_ERRNO,
                SECCOMP_ACTION_KILL_THREAD,
        };

        for (seed = 0; seed < 1000 && !test_failed;) {
                uint64_t start = ++seed;
                struct seccomp_argument arguments[8][3];
                struct seccomp_rule rules[8];
                uint32_t architectures[] = {SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64};
                struct seccomp_profile profile = {
                        .default_action = defaults[draw(ELEMENTSOF(defaults))],
                        .architectures = architectures,
                        .n_architectures = draw(ELEMENTSOF(architectures) + 1),
                        .rules = rules,
                        .n_rules = draw(ELEMENTSOF(rules) + 1),
                };
                uint64_t args[16][6];

                for (size_t i = 0; i < profile.n_rules; i++)
                        draw_rule(&rules[i], arguments[i]);
                for (size_t i = 0; i < ELEMENTSOF(args); i++)
                        for (size_t k = 0; k < 6; k++)
                                args[i][k] = sample_value(draw(N_VALUES));
                compare_with_model(&profile, (const uint64_t(*)[6])args, ELEMENTSOF(args));
                if (test_failed)
                        printf("# profile of seed %llu\n", (unsigned long long)start);
                seed = start;
        }
}

/* --- large ones --- */

static char *ioctl_name[] = {(char *)"ioctl"};

/* Rules about one call, and others on both sides of it. */
static void compare_many_rules(uint32_t n_rules) {
        autofree struct seccomp_argument *arguments = alloc_zero(n_rules, sizeof(*arguments));
        autofree struct seccomp_rule *rules = alloc_zero(n_rules + 1, sizeof(*rules));
        autofree uint64_t(*args)[6] = alloc_zero(n_rules + 1, sizeof(*args));
        struct seccomp_profile profile = {DEFAULT_ERRNO_IS(77), .rules = rules, .n_rules = n_rules + 1};

        for (uint32_t i = 0; i < n_rules; i++) {
                arguments[i].index = 1;
                arguments[i].op = SECCOMP_OPERATOR_EQ;
                args[i][1] = arguments[i].value = (i + 1) * 3ull << 31;
                rules[i] = (struct seccomp_rule){
                        .names = ioctl_name,
                        .n_names = 1,
                        ERRNO_IS(100 + i),
                        .args = &arguments[i],
                        .n_args = 1,
                };
        }
        rules[n_rules] = (struct seccomp_rule){NAMES("read", "personality", "getpid"), .action = SECCOMP_ACTION_ALLOW};
        compare_with_model(&profile, (const uint64_t(*)[6])args, n_rules + 1);
}

/* A jump has 8 bits: programs around that length, and a long one. */
static void test_long_jumps(void) {
        for (uint32_t n_rules = 30; n_rules < 60 && !test_failed; n_rules++)
                compare_many_rules(n_rules);
        compare_many_rules(250);
}

static void test_too_long(void) {
        enum { N_RULES = 1100 };
        struct seccomp_argument arguments[N_RULES];
        struct seccomp_rule rules[N_RULES];
        struct seccomp_profile profile = {.default_action = SECCOMP_ACTION_ALLOW, .rules = rules, .n_rules = N_RULES};
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;

        for (uint32_t i = 0; i < N_RULES; i++) {
                arguments[i] = (struct seccomp_argument){.index = 1, .op = SECCOMP_OPERATOR_EQ, .value = i};
                rules[i] = (struct seccomp_rule){
                        .names = ioctl_name,
                        .n_names = 1,
                        .action = SECCOMP_ACTION_ERRNO,
                        .args = &arguments[i],
                        .n_args = 1,
                };
        }
        CHECK_EQUAL(seccomp_compile(&profile, NO_CACHE, &filter), -E2BIG);
        CHECK_CONTAINS(fail_text(), "linux.seccomp: make program of 4");
        CHECK(!filter.present);
}

/* --- an engine's profile against libseccomp --- */

/* Denied though libseccomp knows them; what engines' default profiles leave out is about this. */
static const char *const denied[] = {
        "acct",
        "add_key",
        "bpf",
        "clock_settime",
        "clone",
        "clone3",
        "delete_module",
        "finit_module",
        "init_module",
        "kexec_load",
        "keyctl",
        "mount",
        "move_mount",
        "open_by_handle_at",
        "perf_event_open",
        "personality",
        "pivot_root",
        "ptrace",
        "quotactl",
        "reboot",
        "request_key",
        "setns",
        "settimeofday",
        "socketcall",
        "ipc",
        "swapon",
        "umount2",
        "unshare",
        "userfaultfd",
        "vm86",
        "recvmsg",
};

static bool is_denied(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(denied); i++)
                if (strcmp(denied[i], name) == 0)
                        return true;
        return false;
}

/* The names of all calls of the native architecture that are not denied, and some that it does not have. */
static void allow_all(struct seccomp_rule *rule) {
        static const char *const others[] = {
                "send",
                "waitpid",
                "_llseek",
                "stat64",
                "mmap2",
                "ugetrlimit",
                "set_tls",
                "no_such_call",
        };

        for (int number = 0; number < 1000; number++) {
                autofree char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

                if (name && !is_denied(name))
                        *array_append(rule->names, rule->n_names) = text_copy(name);
        }
        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                *array_append(rule->names, rule->n_names) = text_copy(others[i]);
}

/* What libseccomp makes of a profile without duplicate indexes. */
static void make_by_libseccomp(const struct seccomp_profile *profile, struct sock_fprog *ret) {
        scmp_filter_ctx context = seccomp_init(model_default(profile));
        int fd = memfd_create("program", MFD_CLOEXEC);
        off_t size;

        for (size_t i = 0; i < profile->n_architectures; i++)
                seccomp_arch_add(context, profile->architectures[i]);
        for (size_t i = 0; i < profile->n_rules; i++) {
                const struct seccomp_rule *rule = &profile->rules[i];
                uint32_t action = model_action(rule->action, rule->has_errno_ret, rule->errno_ret);
                struct scmp_arg_cmp comparison[1] = {};

                if (rule->n_args > 0)
                        comparison[0] = (struct scmp_arg_cmp){
                                .arg = rule->args->index,
                                .op = rule->args->op == SECCOMP_OPERATOR_EQ ? SCMP_CMP_EQ : SCMP_CMP_MASKED_EQ,
                                .datum_a = rule->args->value,
                                .datum_b = rule->args->value_two,
                        };
                for (size_t k = 0; k < rule->n_names; k++) {
                        int number = seccomp_syscall_resolve_name(rule->names[k]);

                        if (number != __NR_SCMP_ERROR)
                                CHECK_EQUAL(seccomp_rule_add_array(context, action, number, (unsigned)rule->n_args,
                                                                   comparison),
                                            0);
                }
        }
        CHECK_EQUAL(seccomp_export_bpf(context, fd), 0);
        seccomp_release(context);
        size = lseek(fd, 0, SEEK_END);
        ret->filter = alloc_zero(1, (size_t)size);
        ret->len = (unsigned short)((size_t)size / sizeof(struct sock_filter));
        CHECK_EQUAL(pread(fd, ret->filter, (size_t)size, 0), size);
        close(fd);
}

static void compare_number(const struct sock_fprog *found, const struct sock_fprog *expected, int number) {
        static const uint32_t architectures[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_ARM};
        static const uint64_t args[][6] = {
                {},
                {1, 1},
                {8},
                {11},
                {131072},
                {131080},
                {UINT32_MAX},
                {UINT64_MAX},
                {CLONE_NEWNS},
                {NAMESPACES},
        };

        for (size_t i = 0; i < ELEMENTSOF(architectures) * ELEMENTSOF(args) && !test_failed; i++) {
                struct seccomp_data call = make_call(architectures[i % ELEMENTSOF(architectures)], number,
                                                     args[i / ELEMENTSOF(architectures)]);

                CHECK_EQUAL(interpret(found, &call), interpret(expected, &call));
                if (test_failed)
                        print_call(&call);
        }
}

static void test_engine_profile(void) {
        uint32_t architectures[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32};
        struct seccomp_profile profile = {
                DEFAULT_ERRNO_IS(ENOSYS), /* then newer calls are no difference */
                .architectures = architectures,
                .n_architectures = ELEMENTSOF(architectures),
                RULES({.action = SECCOMP_ACTION_ALLOW},
                      {NAMES("personality"), .action = SECCOMP_ACTION_ALLOW,
                       ARGS({.index = 0, .op = SECCOMP_OPERATOR_EQ, .value = 8})},
                      {NAMES("personality"), .action = SECCOMP_ACTION_ALLOW,
                       ARGS({.index = 0, .op = SECCOMP_OPERATOR_EQ, .value = 131072})},
                      {NAMES("personality"), .action = SECCOMP_ACTION_ALLOW,
                       ARGS({.index = 0, .op = SECCOMP_OPERATOR_EQ, .value = UINT32_MAX})},
                      {NAMES("clone"), .action = SECCOMP_ACTION_ALLOW,
                       ARGS({.index = 0, .op = SECCOMP_OPERATOR_MASKED_EQ, .value = NAMESPACES})},
                      {NAMES("clone3", "bpf"), ERRNO_IS(EPERM)}),
        };
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT, reference = SECCOMP_FILTER_INIT;

        allow_all(&profile.rules[0]);
        CHECK(profile.rules[0].n_names > 300);
        make_by_libseccomp(&profile, &reference.program);
        if (make(&profile, &filter) == 0 && !test_failed)
                for (int number = -1; number < 1200; number++) {
                        compare_number(&filter.program, &reference.program, number);
                        if (number >= 0)
                                compare_number(&filter.program, &reference.program, X32(number));
                }
        for (size_t i = 0; i < profile.rules[0].n_names; i++)
                free(profile.rules[0].names[i]);
        free(profile.rules[0].names);
}

/* --- around the program --- */

static void test_flags(void) {
        uint32_t flags[] = {SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                            SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV};
        struct seccomp_profile profile = {
                .default_action = SECCOMP_ACTION_ALLOW,
                RULES({NAMES("getpid"), .action = SECCOMP_ACTION_NOTIFY}),
        };
        struct {
                size_t n_rules;
                bool has_flags;
                size_t n_flags;
                uint32_t flags, optional_flags;
        } rows[] = {
                {0, false, 0, SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_SPEC_ALLOW},
                {0, true, 0, 0, 0},
                {0, true, 2, SECCOMP_FILTER_FLAG_LOG, 0},
                {0, true, 4, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0},
                {1, false, 0, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_SPEC_ALLOW},
                {1, true, 0, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0},
                {1, true, 4,
                 SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW |
                         SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 0},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;

                profile.flags = flags;
                profile.has_flags = rows[i].has_flags;
                profile.n_flags = rows[i].n_flags;
                profile.n_rules = rows[i].n_rules;
                CHECK_EQUAL(make(&profile, &filter), 0);
                CHECK_EQUAL(filter.flags, rows[i].flags);
                CHECK_EQUAL(filter.optional_flags, rows[i].optional_flags);
                CHECK_EQUAL(filter.has_listener, rows[i].n_rules > 0);
        }
}

static void test_empty_profile(void) {
        struct seccomp_profile profile = {};
        struct seccomp_filter filter = {.present = true};

        CHECK_EQUAL(make(&profile, &filter), 0);
        CHECK(!filter.present);
        profile.default_action = SECCOMP_ACTION_ALLOW;
        CHECK_EQUAL(make(&profile, &filter), 0);
        CHECK(filter.present);
        CHECK_EQUAL(filter.program.len, 7); /* two loads, three jumps, two returns */
        seccomp_filter_done(&filter);
}

static const struct test_case cases[] = {
        {"every operator, on 64 and 32 bits", test_operators},
        {"both halves of an argument", test_both_halves},
        {"several arguments: all must match", test_several_arguments},
        {"the same argument twice: one must match", test_same_argument_twice},
        {"order of rules", test_order_of_rules},
        {"actions and their numbers", test_actions},
        {"architectures", test_architectures},
        {"unknown names are skipped", test_unknown_names},
        {"socketcall and ipc", test_socketcall},
        {"calls newer than the profile", test_newer_calls},
        {"random profiles decide as the model", test_random_profiles},
        {"jumps over many rules", test_long_jumps},
        {"a program too long is refused", test_too_long},
        {"an engine's profile decides as libseccomp's program", test_engine_profile},
        {"flags", test_flags},
        {"empty profiles", test_empty_profile},
};

TEST_MAIN(cases)
