/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules that a profile must keep, and what the user reads when it does not. */
#include "seccomp/seccomp.h"

#include <errno.h>

#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"

/* One rule with one name and one argument, valid unless the case spoils it. */
struct sample {
        char *names[1];
        struct seccomp_argument argument;
        struct seccomp_rule rule;
        struct seccomp_profile profile;
};

static void sample_make(struct sample *sample) {
        static char name[] = "getpid";

        sample->names[0] = name;
        sample->argument = (struct seccomp_argument){.index = 5, .op = SECCOMP_OPERATOR_EQ};
        sample->rule = (struct seccomp_rule){
                .names = sample->names,
                .n_names = 1,
                .action = SECCOMP_ACTION_ALLOW,
                .args = &sample->argument,
                .n_args = 1,
        };
        sample->profile = (struct seccomp_profile){
                .default_action = SECCOMP_ACTION_ERRNO,
                .rules = &sample->rule,
                .n_rules = 1,
        };
}

static void expect_valid(const struct sample *sample) {
        fail_forget();
        CHECK_EQUAL(seccomp_check(&sample->profile, "linux.seccomp"), 0);
        CHECK_TEXT(fail_text(), "");
}

static void expect_refused(const struct sample *sample, const char *text) {
        fail_forget();
        CHECK_EQUAL(seccomp_check(&sample->profile, "linux.seccomp"), -EINVAL);
        CHECK_TEXT(fail_text(), text);
}

static void test_valid(void) {
        struct sample sample;

        sample_make(&sample);
        expect_valid(&sample);
        /* Engines write valueTwo with every operator. */
        sample.argument.value_two = 5;
        expect_valid(&sample);
        sample.profile = (struct seccomp_profile){};
        expect_valid(&sample);
}

static void test_default(void) {
        struct sample sample;

        sample_make(&sample);
        sample.profile.default_action = SECCOMP_ACTION_NONE;
        expect_refused(&sample, "linux.seccomp.defaultAction: missing");
        sample.profile.default_action = SECCOMP_ACTION_NOTIFY;
        expect_refused(&sample, "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be used as default action");
        sample.profile.default_action = SECCOMP_ACTION_KILL_PROCESS;
        expect_valid(&sample);
        sample.profile.has_default_errno_ret = true;
        expect_refused(&sample, "linux.seccomp.defaultErrnoRet: not possible with SCMP_ACT_KILL_PROCESS");
        sample.profile.default_action = SECCOMP_ACTION_ERRNO;
        expect_valid(&sample);
        sample.profile.default_errno_ret = 4096;
        expect_refused(&sample, "linux.seccomp.defaultErrnoRet: 4096, expected at most 4095");
}

static void test_rule(void) {
        struct sample sample;

        sample_make(&sample);
        sample.rule.action = SECCOMP_ACTION_NONE;
        expect_refused(&sample, "linux.seccomp.syscalls[0].action: missing");
        sample_make(&sample);
        sample.rule.n_names = 0;
        expect_refused(&sample, "linux.seccomp.syscalls[0].names: empty, expected at least one name");
}

static void test_errno_ret(void) {
        static const struct {
                enum seccomp_action action;
                uint32_t errno_ret;
                const char *text; /* NULL: valid */
        } rows[] = {
                {SECCOMP_ACTION_ERRNO, 0, NULL},
                {SECCOMP_ACTION_ERRNO, 4095, NULL},
                {SECCOMP_ACTION_ERRNO, 4096, "linux.seccomp.syscalls[0].errnoRet: 4096, expected at most 4095"},
                {SECCOMP_ACTION_ERRNO, UINT32_MAX, "linux.seccomp.syscalls[0].errnoRet: 4294967295, expected at most 4095"},
                {SECCOMP_ACTION_TRACE, 65535, NULL},
                {SECCOMP_ACTION_TRACE, 65536, "linux.seccomp.syscalls[0].errnoRet: 65536, expected at most 65535"},
                {SECCOMP_ACTION_ALLOW, 1, "linux.seccomp.syscalls[0].errnoRet: not possible with SCMP_ACT_ALLOW"},
                {SECCOMP_ACTION_KILL_THREAD, 1, "linux.seccomp.syscalls[0].errnoRet: not possible with SCMP_ACT_KILL"},
                {SECCOMP_ACTION_TRAP, 1, "linux.seccomp.syscalls[0].errnoRet: not possible with SCMP_ACT_TRAP"},
                {SECCOMP_ACTION_LOG, 1, "linux.seccomp.syscalls[0].errnoRet: not possible with SCMP_ACT_LOG"},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                struct sample sample;

                sample_make(&sample);
                sample.rule.action = rows[i].action;
                sample.rule.has_errno_ret = true;
                sample.rule.errno_ret = rows[i].errno_ret;
                if (rows[i].text)
                        expect_refused(&sample, rows[i].text);
                else
                        expect_valid(&sample);
        }
}

static void test_argument(void) {
        struct sample sample;

        sample_make(&sample);
        sample.argument.index = 6;
        expect_refused(&sample, "linux.seccomp.syscalls[0].args[0].index: 6, expected at most 5");
        sample_make(&sample);
        sample.argument.op = SECCOMP_OPERATOR_NONE;
        expect_refused(&sample, "linux.seccomp.syscalls[0].args[0].op: missing");
}

static void test_listener(void) {
        static char text[] = "/run/agent.sock", write_name[] = "write";
        struct sample sample;

        sample_make(&sample);
        sample.profile.listener_metadata = text;
        expect_refused(&sample, "linux.seccomp.listenerMetadata: needs listenerPath");
        /* Without SCMP_ACT_NOTIFY the path is to be ignored. */
        sample.profile.listener_path = text;
        expect_valid(&sample);

        sample_make(&sample);
        CHECK(!seccomp_notifies(&sample.profile));
        sample.rule.action = SECCOMP_ACTION_NOTIFY;
        CHECK(seccomp_notifies(&sample.profile));
        expect_valid(&sample);
        sample.names[0] = write_name;
        expect_refused(&sample, "linux.seccomp.syscalls[0].action: SCMP_ACT_NOTIFY cannot be used for the write syscall");
}

/* The words themselves: each of the specification is there, with its value, once. */
static void test_words(void) {
        static const struct {
                const struct name *table;
                size_t n;
                const char *name;
                long value;
        } rows[] = {
                {seccomp_actions, 9, "SCMP_ACT_KILL", SECCOMP_ACTION_KILL_THREAD},
                {seccomp_operators, 7, "SCMP_CMP_MASKED_EQ", SECCOMP_OPERATOR_MASKED_EQ},
                {seccomp_architectures, 24, "SCMP_ARCH_X32", 0x4000003e},
                {seccomp_flags, 4, "SECCOMP_FILTER_FLAG_SPEC_ALLOW", 4},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                size_t n = 0;
                long value;

                for (; rows[i].table[n].name; n++)
                        CHECK(n == 0 || strcmp(rows[i].table[n - 1].name, rows[i].table[n].name) < 0);
                CHECK_EQUAL(n, rows[i].n);
                CHECK(name_find(rows[i].table, rows[i].name, &value));
                CHECK_EQUAL(value, rows[i].value);
        }
}

static const struct test_case cases[] = {
        {"valid profiles", test_valid},
        {"default action", test_default},
        {"rules", test_rule},
        {"errnoRet by action", test_errno_ret},
        {"arguments", test_argument},
        {"listener", test_listener},
        {"tables of words", test_words},
};

TEST_MAIN(cases)
