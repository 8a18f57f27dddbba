/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* resctrl/: schemas against what a machine has, the rules of the settings, and the files of a tree that looks like resctrl. */
#include "resctrl/resctrl.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resctrl/schema.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/text.h"

#include "test.h"

static const char root_schemata[] = "    MB:0=100;1=100\n    L3:0=7ff;1=7ff\nL3CODE:0=f\n";

/* --- schemas --- */

static void test_schemas_of_a_machine(void) {
        static const struct {
                const char *schema;
                const char *expected; /* NULL: fits */
        } rows[] = {
                {"L3:0=7f0;1=1f"},
                {"L3:1=0x1f;"},
                {" L3: 0 = f ; 1 = ff"},
                {"MB:0=10;1=70"},
                {"L3CODE:0=3"},
                {"L3", "x: found `L3`, expected RESOURCE:ID=SHARE;..."},
                {"L3:", "expected RESOURCE:ID=SHARE;..."},
                {"L3:0", "expected RESOURCE:ID=SHARE;..."},
                {"L3:0=", "expected RESOURCE:ID=SHARE;..."},
                {"L3:=f", "expected RESOURCE:ID=SHARE;..."},
                {"L3:0=f;;1=f", "expected RESOURCE:ID=SHARE;..."},
                {"L3:0=-1", "expected RESOURCE:ID=SHARE;..."},
                {"L3:0=fffffffffffffffff", "expected RESOURCE:ID=SHARE;..."},
                {"L3:a=f", "expected RESOURCE:ID=SHARE;..."},
                {"MB:0=a", "expected RESOURCE:ID=SHARE;..."},
                {"MB:0=0x20", "expected RESOURCE:ID=SHARE;..."},
                {"L2:0=f", "x: found `L2:0=f`, expected a resource of this machine"},
                {"L:0=f", "expected a resource of this machine"},
                {"L3:2=f", "expected numbers of this machine's: `L3:0=7ff;1=7ff`"},
                {"L3:0=fff", "expected masks within 7ff: 0 has fff"},
                {"L3:0=7ff;1=1", "expected masks of at least 2 bits: 1 has 1"},
                {"L3:0=0", "expected masks of at least 2 bits: 0 has 0"},
                {"L3:0=5", "expected masks without a gap: 0 has 5"},
                {"MB:0=100;1=5", "expected at least 10: 1 has 5"},
        };
        const struct resource_limits limits = {
                .cbm_mask = 0x7ff, .min_cbm_bits = 2, .is_contiguous = true, .min_bandwidth = 10, .bandwidth_gran = 10};

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                int r = schema_check(rows[i].schema, root_schemata, &limits, "x");

                CHECK_EQUAL(r < 0, rows[i].expected != NULL);
                if (rows[i].expected)
                        CHECK_CONTAINS(fail_text(), rows[i].expected);
                else
                        CHECK_TEXT(fail_text(), "");
                fail_forget();
        }
}

static void test_limits_that_are_not_told(void) {
        const struct resource_limits limits = {};

        CHECK_EQUAL(schema_check("L3:0=ffff5", root_schemata, &limits, "x"), 0);
        CHECK_EQUAL(schema_check("MB:0=1", root_schemata, &limits, "x"), 0);
}

static void test_shares_that_are_the_same(void) {
        static const struct {
                const char *schema;
                bool matches;
        } rows[] = {
                {"L3:0=7f0;1=1f", true}, {"L3:1=01F", true},      {"L3:0=7f", false},     {"L3:2=f", false},
                {"L2:0=f", false},       {"MB:0=20;1=30", true},  {"MB:1=21", true},      {"MB:1=31", false},
                {"MB:1=20", false},      {"L3:0=7f0;1=1e", false}, {"L3:0=7f0;1=", false}, {"L3", false},
        };
        const struct resource_limits limits = {.bandwidth_gran = 10};

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                if (schema_matches(rows[i].schema, "  MB:0=20;1=30\n  L3:0=7f0;1=1f", &limits) != rows[i].matches)
                        printf("# %s\n", rows[i].schema);
                CHECK_EQUAL(schema_matches(rows[i].schema, "  MB:0=20;1=30\n  L3:0=7f0;1=1f", &limits), rows[i].matches);
        }
        /* A machine that counts in megabytes rounds nothing. */
        CHECK(!schema_matches("MB:0=15", "MB:0=20", &(struct resource_limits){}));
}

/* --- settings --- */

static void test_settings_are_checked(void) {
        static const struct {
                const char *clos_id, *l3, *memory, *line;
                const char *expected; /* NULL: good */
        } rows[] = {
                {.clos_id = "a"},
                {.clos_id = "/"},
                {.clos_id = ""},
                {.clos_id = "..a"},
                {.l3 = "L3:0=f", .memory = "MB:0=20", .line = "L2:0=f"},
                {.l3 = "L3CODE:0=f"},
                {.clos_id = ".", .expected = "p.closID: found `.`, expected the name of one directory, or `/`"},
                {.clos_id = "..", .expected = "p.closID: found `..`"},
                {.clos_id = "a/b", .expected = "p.closID: found `a/b`"},
                {.clos_id = "/a", .expected = "p.closID: found `/a`"},
                {.clos_id = "a\n", .expected = "p.closID"},
                {.l3 = "L2:0=f", .expected = "p.l3CacheSchema: found `L2:0=f`, expected it to begin with `L3`"},
                {.l3 = "L3:0=f\nMB:0=20", .expected = "p.l3CacheSchema: found `L3:0=f\nMB:0=20`, expected no newline"},
                {.memory = "mb:0=20", .expected = "p.memBwSchema: found `mb:0=20`, expected it to begin with `MB:`"},
                {.memory = "MB:0=20\n", .expected = "p.memBwSchema"},
                {.line = "L2:0=f\n", .expected = "p.schemata[1]: found `L2:0=f\n`, expected no newline"},
                {.line = "", .expected = "p.schemata[1]: found ``"},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                struct resctrl_settings settings = {.clos_id = text_copy(rows[i].clos_id),
                                                    .l3_cache_schema = text_copy(rows[i].l3),
                                                    .mem_bw_schema = text_copy(rows[i].memory)};

                *array_append(settings.schemata.items, settings.schemata.count) = text_copy("L3:0=f");
                if (rows[i].line)
                        *array_append(settings.schemata.items, settings.schemata.count) = text_copy(rows[i].line);
                CHECK_EQUAL(resctrl_check(&settings, "p") < 0, rows[i].expected != NULL);
                if (rows[i].expected)
                        CHECK_CONTAINS(fail_text(), rows[i].expected);
                fail_forget();
                resctrl_settings_done(&settings);
        }
}

static void test_a_schema_of_more_than_a_page(void) {
        autofree char *schema = alloc_zero(5000, 1);

        memset(schema, '1', 4999);
        memcpy(schema, "L3:0=", 5);
        CHECK(resctrl_check_line(schema, "L3", "p") < 0);
        CHECK_TEXT(fail_text(), "p: found 4999 bytes, expected at most 4094");
        fail_forget();
}

/* Not even looked for when nothing is asked for. */
static void test_nothing_is_asked_for(void) {
        const struct resctrl_settings settings = {};
        autodone(resctrl) struct resctrl resctrl = RESCTRL_INIT;

        CHECK_EQUAL(resctrl_decide(&settings, "p", "id", &resctrl), 0);
        CHECK(!resctrl.mount_point && !resctrl.directory);
        CHECK_EQUAL(resctrl_create(&resctrl, &settings, "p"), 0);
        CHECK_EQUAL(resctrl_remove(&resctrl), 0);
}

/* --- files --- */

static char folder[] = "/tmp/tare-test-resctrl.XXXXXX";

static void put(const char *path, const char *text) {
        autofree char *full = text_format("%s/%s", folder, path), *parent = text_copy(full);

        for (char *slash = parent + strlen(folder); (slash = strchr(slash + 1, '/'));) {
                *slash = '\0';
                (void)mkdir(parent, 0755);
                *slash = '/';
        }
        CHECK_EQUAL(file_replace(AT_FDCWD, full, text, strlen(text), 0600), 0);
}

static void test_numbers_of_a_group(void) {
        autofree char *directory = text_format("%s/a", folder), *monitor = text_format("%s/a/mon_groups/id", folder);
        const struct resctrl resctrl = {.mount_point = folder, .directory = directory, .monitor = monitor};
        autodone(resctrl_stats) struct resctrl_stats stats = RESCTRL_STATS_INIT;

        put("schemata", "    MB:0=100\n    L3:0=7ff\n");
        put("info/L3/cbm_mask", "7ff\n");
        put("info/L3/min_cbm_bits", "1\n");
        put("info/L3/num_closids", "16\n");
        put("info/L3_MON/mon_features", "llc_occupancy\nmbm_total_bytes\n");
        put("a/schemata", "    MB:0=50\n    L3:0=f\n");
        put("a/mon_groups/id/mon_data/mon_L3_00/llc_occupancy", "4096\n");
        put("a/mon_groups/id/mon_data/mon_L3_00/mbm_total_bytes", "Unavailable\n");
        put("a/mon_groups/id/mon_data/mon_L3_01/mbm_total_bytes", "77\n");
        resctrl_stats(&resctrl, &stats);
        CHECK(stats.l3.present && !stats.memory.present);
        CHECK_TEXT(stats.l3.cbm_mask, "7ff");
        CHECK_EQUAL(stats.l3.min_cbm_bits, 1);
        CHECK_EQUAL(stats.l3.num_closids, 16);
        CHECK_TEXT(stats.l3.root_schema, "L3:0=7ff");
        CHECK_TEXT(stats.l3.schema, "L3:0=f");
        CHECK_EQUAL(stats.schemata.count, 2);
        CHECK_TEXT(stats.schemata.items[1], "    L3:0=f");
        CHECK(stats.has_bandwidth && stats.has_occupancy);
        CHECK_EQUAL(stats.n_domains, 2);
        CHECK_EQUAL(stats.domains[0].occupancy, 4096);
        CHECK_EQUAL(stats.domains[0].total_bytes, 0);
        CHECK_EQUAL(stats.domains[1].total_bytes, 77);
}

static void test_an_entrance(void) {
        autofree char *directory = text_format("%s/b", folder), *gone = text_format("%s/c", folder);
        const struct resctrl whole = {.directory = directory}, half = {.directory = directory, .monitor = gone};
        int fds[2] = {-1, -1};

        put("b/tasks", "");
        CHECK_EQUAL(resctrl_open_entrance(&whole, false, fds), 0);
        CHECK(fds[0] >= 0 && fds[1] == -1);
        CHECK_EQUAL(resctrl_enter(fds), 0);
        fd_close(&fds[0]);
        CHECK(resctrl_open_entrance(&half, false, fds) < 0);
        CHECK_CONTAINS(fail_text(), "open `");
        fail_forget();
        fd_close(&fds[0]);
        CHECK_EQUAL(resctrl_open_entrance(&half, true, fds), 0);
        CHECK(fds[0] >= 0 && fds[1] == -1);
        fd_close(&fds[0]);
}

static void test_what_is_removed(void) {
        autofree char *directory = text_format("%s/d", folder), *monitor = text_format("%s/m", folder);
        struct resctrl resctrl = {.directory = directory, .monitor = monitor, .is_owned = true, .is_planned = true};

        CHECK_EQUAL(mkdir(directory, 0755), 0);
        CHECK_EQUAL(mkdir(monitor, 0755), 0);
        /* Before any of it was made: then these are somebody else's. */
        CHECK_EQUAL(resctrl_remove(&resctrl), 0);
        CHECK(access(monitor, F_OK) == 0 && access(directory, F_OK) == 0);
        resctrl.is_planned = resctrl.is_owned = false;
        CHECK_EQUAL(resctrl_remove(&resctrl), 0);
        CHECK(access(monitor, F_OK) < 0 && access(directory, F_OK) == 0);
        resctrl.is_owned = true;
        CHECK_EQUAL(resctrl_remove(&resctrl), 0);
        CHECK(access(directory, F_OK) < 0);
        CHECK_EQUAL(resctrl_remove(&resctrl), 0);
}

/* Made by somebody else in between: never removed with the container. */
static void test_what_is_there_already(void) {
        const struct resctrl_settings settings = {.present = true};
        struct resctrl resctrl = {.mount_point = text_copy(folder),
                                  .directory = text_format("%s/e", folder),
                                  .monitor = text_format("%s/f", folder),
                                  .is_missing = true,
                                  .is_owned = true};

        CHECK_EQUAL(mkdir(resctrl.directory, 0755), 0);
        CHECK_EQUAL(mkdir(resctrl.monitor, 0755), 0);
        CHECK(resctrl_create(&resctrl, &settings, "p") < 0);
        CHECK_CONTAINS(fail_text(), "file exists");
        fail_forget();
        CHECK(!resctrl.is_owned && !resctrl.monitor);
        resctrl_done(&resctrl);
}

static const struct test_case cases[] = {
        {"schemas of a machine", test_schemas_of_a_machine},
        {"limits that are not told", test_limits_that_are_not_told},
        {"shares that are the same", test_shares_that_are_the_same},
        {"settings are checked", test_settings_are_checked},
        {"a schema of more than a page", test_a_schema_of_more_than_a_page},
        {"nothing is asked for", test_nothing_is_asked_for},
        {"numbers of a group", test_numbers_of_a_group},
        {"an entrance", test_an_entrance},
        {"what is removed", test_what_is_removed},
        {"what is there already", test_what_is_there_already},
};

int main(void) {
        int failed;

        if (!mkdtemp(folder))
                return EXIT_FAILURE;
        failed = test_run(cases, ELEMENTSOF(cases));
        (void)file_remove_tree(AT_FDCWD, folder);
        return failed;
}
