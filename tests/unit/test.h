/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The frame of a unit test: a table of cases, each a function; CHECK() notes what is wrong and goes on.
 * Prints TAP (testanything.org), which `meson test` and scripts/test count. A case that cannot run here calls
 * test_skip("reason") and returns.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
        const char *name;
        void (*run)(void);
};

static bool test_failed;
static const char *test_skip_reason;

static inline void test_skip(const char *reason) {
        test_skip_reason = reason;
}

#define CHECK(condition)                                                                                 \
        do {                                                                                             \
                if (!(condition)) {                                                                      \
                        printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);                         \
                        test_failed = true;                                                              \
                }                                                                                        \
        } while (0)

/* Two integers that must be equal; prints both when they are not. */
#define CHECK_EQUAL(found, expected)                                                                     \
        do {                                                                                             \
                long long found_ = (long long)(found), expected_ = (long long)(expected);                \
                if (found_ != expected_) {                                                               \
                        printf("# %s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__, #found,       \
                               found_, expected_);                                                       \
                        test_failed = true;                                                              \
                }                                                                                        \
        } while (0)

/* Two strings that must be equal; NULL equals only NULL. */
#define CHECK_TEXT(found, expected)                                                                      \
        do {                                                                                             \
                const char *found_ = (found), *expected_ = (expected);                                   \
                if (found_ == expected_ || (found_ && expected_ && strcmp(found_, expected_) == 0))      \
                        break;                                                                           \
                printf("# %s:%d: %s is\n#   %s\n# expected\n#   %s\n", __FILE__, __LINE__, #found,       \
                       found_ ? found_ : "NULL", expected_ ? expected_ : "NULL");                        \
                test_failed = true;                                                                      \
        } while (0)

/* The string must hold the part. */
#define CHECK_CONTAINS(found, part)                                                                      \
        do {                                                                                             \
                const char *found_ = (found), *part_ = (part);                                           \
                if (found_ && strstr(found_, part_))                                                     \
                        break;                                                                           \
                printf("# %s:%d: %s is\n#   %s\n# and lacks\n#   %s\n", __FILE__, __LINE__, #found,      \
                       found_ ? found_ : "NULL", part_);                                                 \
                test_failed = true;                                                                      \
        } while (0)

static inline int test_run(const struct test_case *cases, size_t n) {
        int failures = 0;

        setvbuf(stdout, NULL, _IOLBF, 0);
        printf("1..%zu\n", n);
        for (size_t i = 0; i < n; i++) {
                test_failed = false;
                test_skip_reason = NULL;
                cases[i].run();
                if (test_skip_reason && !test_failed)
                        printf("ok %zu - %s # SKIP %s\n", i + 1, cases[i].name, test_skip_reason);
                else
                        printf("%s %zu - %s\n", test_failed ? "not ok" : "ok", i + 1, cases[i].name);
                failures += test_failed;
        }
        return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* int main(void) over an array of cases. */
#define TEST_MAIN(cases)                                                                                 \
        int main(void) {                                                                                 \
                return test_run(cases, sizeof(cases) / sizeof((cases)[0]));                              \
        }
