/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HOME from a passwd file that the image wrote. */
#include "libcontainer/process/home.h"
#include "test.h"
#include "util/alloc.h"

static const struct {
        const char *passwd;
        uid_t uid;
        const char *home;
} rows[] = {
        {"root:x:0:0:root:/root:/bin/sh\n", 0, "HOME=/root"},
        {"a:x:1:1::/a:\nb:x:2:2::/b:\n", 2, "HOME=/b"},
        {"a:x:1:1::/a:", 1, "HOME=/a"},
        {"a:x:1:1::/first:\nb:x:1:1::/second:\n", 1, "HOME=/first"},
        {"", 0, "HOME=/"},
        {"root:x:0:0:root:/root:/bin/sh\n", 1000, "HOME=/"},
        {"root:x:0:0\n", 0, "HOME=/"},
        {"root:x:0:0:::\n", 0, "HOME=/"},
        {"root:x:0:0::relative:\n", 0, "HOME=/"},
        {"x:x: 5:0::/blank:\nx:x:5x:0::/junk:\nx:x:+5:0::/sign:\n", 5, "HOME=/"},
        {"x:x:4294967296:0::/wrap:\n", 0, "HOME=/"},
        /* CVE-2016-3697: a user whose name is a number is not that number. */
        {"1000:x:0:0::/evil:\n", 1000, "HOME=/"},
};

static void test_rows(void) {
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                autofree char *home = home_from_passwd(rows[i].passwd, rows[i].uid);

                CHECK_TEXT(home, rows[i].home);
        }
}

static const struct test_case cases[] = {
        {"the directory of the user with that number, else /", test_rows},
};

TEST_MAIN(cases)
