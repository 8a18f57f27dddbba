/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line as callers write it (features.md 1.0). */
#include <stdint.h>

#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/options.h"

struct values {
        const char *bundle;
        bool detach;
        unsigned count;
        struct option_list env;
        struct {
                bool set;
                int64_t value;
        } quota, memory;
        struct {
                bool set;
                uint64_t value;
        } period;
};

static const struct option_row table[] = {
        OPTION(OPTION_TEXT, struct values, bundle, "bundle", 'b', "DIR", "a text"),
        OPTION(OPTION_FLAG, struct values, detach, "detach", 'd', NULL, "a flag"),
        OPTION(OPTION_COUNT, struct values, count, "preserve-fds", 0, "N", "a number"),
        OPTION(OPTION_LIST, struct values, env, "env", 'e', "K=V", "a list"),
        OPTION_OPTIONAL(OPTION_I64, struct values, quota, "cpu-quota", "USEC", "a number"),
        OPTION_OPTIONAL(OPTION_U64, struct values, period, "cpu-period", "USEC", "a number"),
        OPTION_OPTIONAL(OPTION_SIZE, struct values, memory, "memory", "SIZE", "a size"),
        {.name = "criu", .kind = OPTION_IGNORED, .argument = "PATH", .help = "nothing"},
        {.name = "no-subreaper", .kind = OPTION_IGNORED_FLAG, .help = "nothing"},
        {},
};

#define PARSE(values, stop, ...)                                                                         \
        ({                                                                                               \
                static char *line[] = {__VA_ARGS__};                                                     \
                argv = line;                                                                             \
                memset((values), 0, sizeof(*(values)));                                                  \
                options_parse(table, (values), (int)ELEMENTSOF(line), line, (stop));                     \
        })

/* String literals are the caller's argv here. */
#pragma GCC diagnostic ignored "-Wdiscarded-qualifiers"
#pragma GCC diagnostic ignored "-Wwrite-strings"

static char **argv;

static void test_forms(void) {
        struct values values;

        CHECK_EQUAL(PARSE(&values, false, "--bundle", "/a", "id"), 1);
        CHECK_TEXT(values.bundle, "/a");
        CHECK_TEXT(argv[0], "id");
        CHECK_EQUAL(PARSE(&values, false, "--bundle=/a=b"), 0);
        CHECK_TEXT(values.bundle, "/a=b");
        CHECK_EQUAL(PARSE(&values, false, "-b", "/c", "-d"), 0);
        CHECK_TEXT(values.bundle, "/c");
        CHECK(values.detach);
        CHECK_EQUAL(PARSE(&values, false, "-bundle", "/d", "-no-subreaper"), 0);
        CHECK_TEXT(values.bundle, "/d");
        CHECK_EQUAL(PARSE(&values, false, "--bundle="), 0);
        CHECK_TEXT(values.bundle, "");
        CHECK_EQUAL(PARSE(&values, false, "--criu", "/x", "id"), 1);
        CHECK_TEXT(argv[0], "id");
}

static void test_flags(void) {
        struct values values;

        CHECK_EQUAL(PARSE(&values, false, "--detach=false"), 0);
        CHECK(!values.detach);
        CHECK_EQUAL(PARSE(&values, false, "--detach=true"), 0);
        CHECK(values.detach);
        CHECK(PARSE(&values, false, "--detach=maybe") < 0);
        CHECK_CONTAINS(fail_text(), "\"maybe\"");
}

static void test_numbers(void) {
        struct values values;

        CHECK_EQUAL(PARSE(&values, false, "--preserve-fds", "3"), 0);
        CHECK_EQUAL(values.count, 3);
        CHECK(PARSE(&values, false, "--preserve-fds", "3x") < 0);
        CHECK(PARSE(&values, false, "--preserve-fds", "-1") < 0);
        CHECK(PARSE(&values, false, "--preserve-fds=4294967296") < 0);
}

static void test_optional_numbers(void) {
        struct values values;

        CHECK_EQUAL(PARSE(&values, false, "id"), 1);
        CHECK(!values.quota.set && !values.period.set && !values.memory.set);
        CHECK_EQUAL(PARSE(&values, false, "--cpu-quota", "-1", "id", "--memory=-1", "--cpu-period", "0"), 1);
        CHECK(values.quota.set && values.period.set && values.memory.set);
        CHECK_EQUAL(values.quota.value, -1);
        CHECK_EQUAL(values.memory.value, -1);
        CHECK_EQUAL(values.period.value, 0);
        CHECK_EQUAL(PARSE(&values, false, "--memory", "512M", "--cpu-period=18446744073709551615", "--cpu-quota=-9223372036854775808"), 0);
        CHECK_EQUAL(values.memory.value, 536870912);
        CHECK(values.period.value == UINT64_MAX);
        CHECK(values.quota.value == INT64_MIN);
        CHECK_EQUAL(PARSE(&values, false, "--memory=", "--cpu-quota=", "--cpu-period="), 0);
        CHECK(!values.quota.set && !values.period.set && !values.memory.set);
}

static void test_wrong_optional_numbers(void) {
        struct values values;

        CHECK(PARSE(&values, false, "--cpu-quota", "1.5") < 0);
        CHECK_TEXT(fail_text(), "invalid value \"1.5\" for flag -cpu-quota: expected a number");
        CHECK(PARSE(&values, false, "--cpu-quota", "9223372036854775808") < 0);
        CHECK_TEXT(fail_text(), "invalid value \"9223372036854775808\" for flag -cpu-quota: expected a number; this one is too large");
        CHECK(PARSE(&values, false, "--cpu-period", "-1") < 0);
        CHECK_TEXT(fail_text(), "invalid value \"-1\" for flag -cpu-period: expected a number that is not negative");
        CHECK(PARSE(&values, false, "--memory", "-2") < 0);
        CHECK_TEXT(fail_text(), "invalid value \"-2\" for flag -memory: expected a size such as 512M, or -1");
        CHECK(PARSE(&values, false, "--memory") < 0);
        CHECK(!values.quota.set && !values.period.set && !values.memory.set);
}

static void test_lists(void) {
        struct values values;

        CHECK_EQUAL(PARSE(&values, false, "-e", "A=b,c", "id", "--env=D=e"), 1);
        CHECK_EQUAL(values.env.count, 2);
        CHECK_TEXT(values.env.items[0], "A=b,c");
        CHECK_TEXT(values.env.items[1], "D=e");
        free(values.env.items);
}

static void test_positional(void) {
        struct values values;

        CHECK_EQUAL(PARSE(&values, false, "id", "-d", "TERM"), 2);
        CHECK(values.detach);
        CHECK_TEXT(argv[1], "TERM");
        CHECK_EQUAL(PARSE(&values, true, "id", "-d", "TERM"), 3);
        CHECK(!values.detach);
        CHECK_TEXT(argv[1], "-d");
        CHECK_EQUAL(PARSE(&values, false, "--", "-d", "--bundle"), 2);
        CHECK_TEXT(argv[0], "-d");
        CHECK_EQUAL(PARSE(&values, false, "-"), 1);
}

static void test_errors(void) {
        struct values values;

        CHECK(PARSE(&values, false, "--bundle") < 0);
        CHECK_CONTAINS(fail_text(), "flag needs an argument");
        CHECK(PARSE(&values, false, "--bund", "x") < 0);
        CHECK_CONTAINS(fail_text(), "flag provided but not defined: -bund");
        CHECK(PARSE(&values, false, "-x") < 0);
        CHECK(PARSE(&values, false, "-db") < 0);
}

static void test_help(void) {
        char *with[] = {"id", "--help"}, *behind[] = {"--", "--help"}, *value[] = {"--bundle", "-h", "id"};
        char *after_value[] = {"--bundle=-h", "-h"};

        CHECK(options_want_help(table, 2, with, false));
        CHECK(!options_want_help(table, 2, with, true));
        CHECK(!options_want_help(table, 2, behind, false));
        CHECK(!options_want_help(table, 3, value, false));
        CHECK(options_want_help(table, 2, after_value, true));
}

static const struct test_case cases[] = {
        {"every way to write an option", test_forms},
        {"flags take true and false", test_flags},
        {"numbers are whole and fit", test_numbers},
        {"numbers that may be absent", test_optional_numbers},
        {"and those that are wrong", test_wrong_optional_numbers},
        {"lists keep their order and their commas", test_lists},
        {"positional arguments come to the front, or end the options", test_positional},
        {"what is wrong is said in runc's words", test_errors},
        {"--help counts only among the options", test_help},
};

TEST_MAIN(cases)
