/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* util/names.c: look-up in tables, signals. */
#include "util/names.h"

#include <errno.h>
#include <signal.h>

#include "util/alloc.h"

#include "test.h"

static const struct name colours[] = {
        { "red", 1 },
        { "green", 2 },
        { "rouge", 1 },
        {},
};

static void finds_names(void) {
        long value = 9;

        CHECK(name_find(colours, "green", &value) && value == 2);
        CHECK(name_find(colours, "rouge", &value) && value == 1);
        value = 9;
        CHECK(!name_find(colours, "Red", &value));
        CHECK(!name_find(colours, "", &value));
        CHECK(!name_find(colours, "reds", &value));
        CHECK_EQUAL(value, 9);
}

static void finds_values(void) {
        CHECK_TEXT(name_of(colours, 2), "green");
        CHECK_TEXT(name_of(colours, 1), "red"); /* the first of two */
        CHECK_TEXT(name_of(colours, 0), NULL);
}

static void knows_signals(void) {
        static const struct {
                const char *text;
                int signal;
        } rows[] = {
                { "0", 0 },
                { "15", 15 },
                { "1", 1 },
                { "64", 64 },
                { "32", 32 },
                { "TERM", SIGTERM },
                { "SIGTERM", SIGTERM },
                { "sigterm", SIGTERM },
                { "Term", SIGTERM },
                { "sIgKiLl", SIGKILL },
                { "IOT", SIGABRT },
                { "POLL", SIGIO },
                { "CLD", SIGCHLD },
                { "STKFLT", 16 },
                { "RTMIN", 34 },
                { "SIGRTMIN", 34 },
                { "RTMIN+0", 34 },
                { "rtmin+1", 35 },
                { "SIGRTMIN+3", 37 },
                { "RTMIN+30", 64 },
                { "RTMAX", 64 },
                { "SIGRTMAX", 64 },
                { "RTMAX-14", 50 },
                { "SIGRTMAX-30", 34 },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                CHECK_EQUAL(signal_from_text(rows[i].text), rows[i].signal);
}

static void refuses_other_words(void) {
        static const char *const rows[] = {
                "", "65", "4294967311", "18446744073709551631", "99999999999999999999", "-9", "+9", " 9", "9 ", "FOO",
                "SIG", "SIG9", "SIGSIGTERM", "TERM ", "RTMIN+31", "RTMIN+", "RTMIN-1", "RTMIN+-1", "RTMIN+4294967297",
                "RTMAX+1", "RTMAX-31", "RTMIN+1x", "RTMINUS", "SIGRTMIN3", "EXIT",
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                CHECK_EQUAL(signal_from_text(rows[i]), -EINVAL);
                if (test_failed)
                        printf("# word: '%s'\n", rows[i]);
        }
}

/* Each of the 31 classic numbers has a name that glibc knows, too; both must mean the same. */
static void agrees_with_libc(void) {
        for (int signal = 1; signal <= 31; signal++) {
                CHECK(sigabbrev_np(signal) != NULL);
                CHECK_EQUAL(signal_from_text(sigabbrev_np(signal)), signal);
        }
}

static const struct test_case cases[] = {
        { "names are found exactly", finds_names },
        { "values are found, the first name wins", finds_values },
        { "signals by number, name and real-time name", knows_signals },
        { "other words are no signals", refuses_other_words },
        { "the 31 classic signals agree with libc", agrees_with_libc },
};
TEST_MAIN(cases)
