/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* util/mountinfo.c: lines of /proc/PID/mountinfo. */
#include "util/mountinfo.h"

#include "util/alloc.h"

#include "test.h"

static void test_cuts_a_line(void) {
        char line[] = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue";
        struct mountinfo mount;

        CHECK(mountinfo_parse(line, &mount));
        CHECK_TEXT(mount.root, "/mnt1");
        CHECK_TEXT(mount.mount_point, "/mnt2");
        CHECK_TEXT(mount.type, "ext3");
        CHECK_TEXT(mount.source, "/dev/root");
        CHECK_TEXT(mount.super_options, "rw,errors=continue");
}

static void test_unescapes_paths(void) {
        char line[] = "36 35 98:0 /a\\040b /c\\134040\\011d\\012\\043\\9 rw - tmpfs  rw";
        struct mountinfo mount;

        CHECK(mountinfo_parse(line, &mount));
        CHECK_TEXT(mount.root, "/a b");
        CHECK_TEXT(mount.mount_point, "/c\\040\td\n#\\9");
        CHECK_TEXT(mount.type, "tmpfs");
        CHECK_TEXT(mount.source, "");
}

static void test_refuses_what_is_none(void) {
        static const char *const lines[] = {
                "",
                "36 35 98:0 /mnt1 /mnt2 rw ext3 /dev/root rw",
                " - ext3 /dev/root rw",
                "36 35 98:0 /mnt1 - ext3 /dev/root rw",
                "36 35 98:0 /mnt1 /mnt2 rw - ",
                "36 35 98:0 /mnt1 /mnt2 rw - ext3",
                "36 35 98:0 /mnt1 /mnt2 rw - ext3 /dev/root",
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                autofree char *line = text_copy(lines[i]);
                struct mountinfo mount;

                CHECK(!mountinfo_parse(line, &mount));
        }
}

static const struct test_case cases[] = {
        {"cuts a line", test_cuts_a_line},
        {"unescapes paths", test_unescapes_paths},
        {"refuses what is none", test_refuses_what_is_none},
};

TEST_MAIN(cases)
