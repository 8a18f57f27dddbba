/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mount options: what each word does, and which of two contradicting ones wins. */
#include "libcontainer/config/mount-options.h"
#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"

#define WORDS_MAX 16

/* Parses up to WORDS_MAX words of a mount of that type. */
static int parse(const char *type, const char *const words[], struct mount_options *ret) {
        char *copies[WORDS_MAX], *type_copy = text_copy(type);
        struct mount_config mount = {.type = type_copy, .options = {.items = copies}};
        int r;

        while (mount.options.count < WORDS_MAX && words[mount.options.count]) {
                copies[mount.options.count] = text_copy(words[mount.options.count]);
                mount.options.count++;
        }
        r = mount_options_parse(&mount, "mounts[3]", ret);
        for (size_t i = 0; i < mount.options.count; i++)
                free(copies[i]);
        free(type_copy);
        return r;
}

/* Each row: what the words ask for, all in one. */
static const struct {
        const char *words[WORDS_MAX];
        unsigned long flags, cleared;
        uint64_t recursive_set, recursive_clear;
        unsigned long propagation[3];
        const char *data;
} rows[] = {
        {{NULL}},
        {{""}},
        {{"defaults"}},
        {{"async"}, .cleared = MS_SYNCHRONOUS},
        {{"sync"}, .flags = MS_SYNCHRONOUS},
        {{"atime"}, .cleared = MS_NOATIME},
        {{"noatime"}, .flags = MS_NOATIME},
        {{"bind"}, .flags = MS_BIND},
        {{"rbind"}, .flags = MS_BIND | MS_REC},
        {{"rbind", "bind"}, .flags = MS_BIND | MS_REC},
        {{"dev"}, .cleared = MS_NODEV},
        {{"nodev"}, .flags = MS_NODEV},
        {{"exec"}, .cleared = MS_NOEXEC},
        {{"noexec"}, .flags = MS_NOEXEC},
        {{"suid"}, .cleared = MS_NOSUID},
        {{"nosuid"}, .flags = MS_NOSUID},
        {{"diratime"}, .cleared = MS_NODIRATIME},
        {{"nodiratime"}, .flags = MS_NODIRATIME},
        {{"dirsync"}, .flags = MS_DIRSYNC},
        {{"iversion"}, .flags = MS_I_VERSION},
        {{"noiversion"}, .cleared = MS_I_VERSION},
        {{"lazytime"}, .flags = MS_LAZYTIME},
        {{"nolazytime"}, .cleared = MS_LAZYTIME},
        {{"silent"}, .flags = MS_SILENT},
        {{"loud"}, .cleared = MS_SILENT},
        {{"mand"}, .flags = MS_MANDLOCK},
        {{"nomand"}, .cleared = MS_MANDLOCK},
        {{"relatime"}, .flags = MS_RELATIME},
        {{"norelatime"}, .cleared = MS_RELATIME},
        {{"strictatime"}, .flags = MS_STRICTATIME},
        {{"nostrictatime"}, .cleared = MS_STRICTATIME},
        {{"remount"}, .flags = MS_REMOUNT},
        {{"ro"}, .flags = MS_RDONLY},
        {{"rw"}, .cleared = MS_RDONLY},
        {{"nosymfollow"}, .flags = MS_NOSYMFOLLOW},
        {{"symfollow"}, .cleared = MS_NOSYMFOLLOW},

        /* The later one wins. */
        {{"ro", "rw"}, .cleared = MS_RDONLY},
        {{"rw", "ro"}, .flags = MS_RDONLY},
        {{"nosuid", "nodev", "suid"}, .flags = MS_NODEV, .cleared = MS_NOSUID},

        /* Of the access times only one is set; by name only the opposite is cleared. */
        {{"noatime", "relatime"}, .flags = MS_RELATIME},
        {{"relatime", "strictatime"}, .flags = MS_STRICTATIME},
        {{"strictatime", "noatime"}, .flags = MS_NOATIME},
        {{"noatime", "atime"}, .cleared = MS_NOATIME},
        {{"atime", "noatime"}, .flags = MS_NOATIME},
        {{"strictatime", "atime"}, .flags = MS_STRICTATIME, .cleared = MS_NOATIME},
        {{"noatime", "nodiratime"}, .flags = MS_NOATIME | MS_NODIRATIME},

        {{"rro"}, .recursive_set = MOUNT_ATTR_RDONLY},
        {{"rrw"}, .recursive_clear = MOUNT_ATTR_RDONLY},
        {{"rro", "rrw"}, .recursive_clear = MOUNT_ATTR_RDONLY},
        {{"rrw", "rro"}, .recursive_set = MOUNT_ATTR_RDONLY},
        {{"rnosuid"}, .recursive_set = MOUNT_ATTR_NOSUID},
        {{"rsuid"}, .recursive_clear = MOUNT_ATTR_NOSUID},
        {{"rnodev"}, .recursive_set = MOUNT_ATTR_NODEV},
        {{"rdev"}, .recursive_clear = MOUNT_ATTR_NODEV},
        {{"rnoexec"}, .recursive_set = MOUNT_ATTR_NOEXEC},
        {{"rexec"}, .recursive_clear = MOUNT_ATTR_NOEXEC},
        {{"rnodiratime"}, .recursive_set = MOUNT_ATTR_NODIRATIME},
        {{"rdiratime"}, .recursive_clear = MOUNT_ATTR_NODIRATIME},
        {{"rnosymfollow"}, .recursive_set = MOUNT_ATTR_NOSYMFOLLOW},
        {{"rsymfollow"}, .recursive_clear = MOUNT_ATTR_NOSYMFOLLOW},

        /* mount_setattr(2): an access time is accepted only together with clearing the whole field. */
        {{"rnoatime"}, .recursive_set = MOUNT_ATTR_NOATIME, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"rstrictatime"}, .recursive_set = MOUNT_ATTR_STRICTATIME, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"rrelatime"}, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"ratime"}, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"rnorelatime"}, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"rnostrictatime"}, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"rnoatime", "ratime"}, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"rnoatime", "rrelatime"}, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"rnoatime", "rstrictatime"}, .recursive_set = MOUNT_ATTR_STRICTATIME, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"rstrictatime", "rnoatime"}, .recursive_set = MOUNT_ATTR_NOATIME, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"rstrictatime", "rnostrictatime"}, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"rstrictatime", "ratime"}, .recursive_set = MOUNT_ATTR_STRICTATIME, .recursive_clear = MOUNT_ATTR__ATIME},
        {{"rnoatime", "rro", "rnodev"},
         .recursive_set = MOUNT_ATTR_NOATIME | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV,
         .recursive_clear = MOUNT_ATTR__ATIME},

        {{"private"}, .propagation = {MS_PRIVATE}},
        {{"rprivate"}, .propagation = {MS_PRIVATE | MS_REC}},
        {{"shared"}, .propagation = {MS_SHARED}},
        {{"rshared"}, .propagation = {MS_SHARED | MS_REC}},
        {{"slave"}, .propagation = {MS_SLAVE}},
        {{"rslave"}, .propagation = {MS_SLAVE | MS_REC}},
        {{"unbindable"}, .propagation = {MS_UNBINDABLE}},
        {{"runbindable"}, .propagation = {MS_UNBINDABLE | MS_REC}},
        {{"rslave", "shared"}, .propagation = {MS_SLAVE | MS_REC, MS_SHARED}},

        /* Unknown words, crun's rsync and its like among them. */
        {{"mode=755", "nosuid", "size=64k"}, .flags = MS_NOSUID, .data = "mode=755,size=64k"},
        {{"rsync", "rasync", "rdirsync", "rmand", "rnomand"}, .data = "rsync,rasync,rdirsync,rmand,rnomand"},
        {{"RO", "ro ", "roo"}, .data = "RO,ro ,roo"},
};

static void test_rows(void) {
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                autodone(mount_options) struct mount_options options = {};
                size_t n = 0;
                bool failed_before = test_failed;

                CHECK_EQUAL(parse("tmpfs", rows[i].words, &options), 0);
                CHECK_EQUAL(options.flags, rows[i].flags);
                CHECK_EQUAL(options.cleared, rows[i].cleared);
                CHECK_EQUAL(options.recursive_set, rows[i].recursive_set);
                CHECK_EQUAL(options.recursive_clear, rows[i].recursive_clear);
                for (; n < ELEMENTSOF(rows[i].propagation) && rows[i].propagation[n]; n++)
                        CHECK_EQUAL(options.propagation[n], rows[i].propagation[n]);
                CHECK_EQUAL(options.n_propagation, n);
                CHECK_TEXT(options.data, rows[i].data);
                CHECK(!options.tmpcopyup);
                if (test_failed && !failed_before)
                        printf("# in row %zu: %s\n", i, rows[i].words[0]);
        }
}

static void check_refused(const char *type, const char *const words[], const char *expected) {
        autodone(mount_options) struct mount_options options = {};

        CHECK(parse(type, words, &options) < 0);
        CHECK_TEXT(fail_text(), expected);
}

static void test_refused(void) {
        check_refused("bind", (const char *const[]){"foo=bar", "bind", NULL},
                      "mounts[3].options: `foo=bar`: bind mounts cannot have any filesystem-specific options applied");
        check_refused("none", (const char *const[]){"rbind", "rsync", NULL},
                      "mounts[3].options: `rsync`: bind mounts cannot have any filesystem-specific options applied");
        check_refused("proc", (const char *const[]){"tmpcopyup", NULL},
                      "mounts[3].options: found `tmpcopyup` with the type `proc`, expected it with `tmpfs` only");
        check_refused("tmpfs", (const char *const[]){"copy-symlink", NULL},
                      "mounts[3].options: found `copy-symlink`, expected it with `bind` or `rbind` only");
        check_refused("none", (const char *const[]){"bind", "dest-nofollow", "copy-symlink", NULL},
                      "mounts[3].options: found `copy-symlink` beside `dest-nofollow`, expected one of them");
}

static void test_links(void) {
        autodone(mount_options) struct mount_options copied = {}, followed = {};

        CHECK_EQUAL(parse("none", (const char *const[]){"bind", "copy-symlink", NULL}, &copied), 0);
        CHECK(copied.copy_symlink && !copied.src_nofollow && !copied.dest_nofollow);
        CHECK_EQUAL(parse("none", (const char *const[]){"src-nofollow", "rbind", "dest-nofollow", NULL}, &followed), 0);
        CHECK(!followed.copy_symlink && followed.src_nofollow && followed.dest_nofollow);
        CHECK_TEXT(followed.data, NULL);
}

static void check_idmap(const char *const words[], enum mount_idmap_scope scope, const char *text) {
        autodone(mount_options) struct mount_options options = {};

        CHECK_EQUAL(parse("none", words, &options), 0);
        CHECK_EQUAL(options.idmap, scope);
        CHECK_TEXT(options.idmap_text, text);
        CHECK_TEXT(options.data, NULL);
}

/* The later one wins, and brings its own mapping or none. */
static void test_idmap(void) {
        check_idmap((const char *const[]){"bind", NULL}, MOUNT_IDMAP_NONE, NULL);
        check_idmap((const char *const[]){"bind", "idmap", NULL}, MOUNT_IDMAP_ONE, NULL);
        check_idmap((const char *const[]){"idmap", "ridmap", NULL}, MOUNT_IDMAP_TREE, NULL);
        check_idmap((const char *const[]){"ridmap", "idmap=uids=0-1-2;gids=0-1-2", NULL}, MOUNT_IDMAP_ONE, "uids=0-1-2;gids=0-1-2");
        check_idmap((const char *const[]){"idmap=uids=0-1-2", "ridmap=gids=1-2-3", NULL}, MOUNT_IDMAP_TREE, "gids=1-2-3");
        check_idmap((const char *const[]){"idmap=x", "idmap", NULL}, MOUNT_IDMAP_ONE, NULL);
}

/* What only resembles a word is the file system's. */
static void test_not_refused(void) {
        autodone(mount_options) struct mount_options options = {};

        CHECK_EQUAL(parse("tmpfs", (const char *const[]){"id", "idmaps", "", NULL}, &options), 0);
        CHECK_TEXT(options.data, "id,idmaps");
}

static void test_copy_up(void) {
        autodone(mount_options) struct mount_options options = {};

        CHECK_EQUAL(parse("tmpfs", (const char *const[]){"tmpcopyup", "nosuid", NULL}, &options), 0);
        CHECK(options.tmpcopyup);
        CHECK_EQUAL(options.flags, MS_NOSUID);
        CHECK_TEXT(options.data, NULL);
}

static void test_many_propagations(void) {
        const char *words[MOUNT_PROPAGATIONS_MAX + 2] = {};
        autodone(mount_options) struct mount_options options = {};

        for (size_t i = 0; i < MOUNT_PROPAGATIONS_MAX; i++)
                words[i] = "shared";
        CHECK_EQUAL(parse("tmpfs", words, &options), 0);
        CHECK_EQUAL(options.n_propagation, MOUNT_PROPAGATIONS_MAX);
        words[MOUNT_PROPAGATIONS_MAX] = "slave";
        CHECK(parse("tmpfs", words, &options) < 0);
        CHECK_CONTAINS(fail_text(), "mounts[3].options: found more than 8");
}

/* bsearch(3) relies on the order, and so does who prints it. */
static void test_names(void) {
        size_t n = 0;

        for (; mount_option_name(n); n++) {
                const char *name = mount_option_name(n);
                bool copies_up = strcmp(name, "tmpcopyup") == 0;
                autodone(mount_options) struct mount_options options = {};

                if (n > 0)
                        CHECK(strcmp(mount_option_name(n - 1), name) < 0);
                CHECK_EQUAL(parse("tmpfs", (const char *const[]){name, copies_up ? NULL : "bind", NULL}, &options), 0);
                CHECK_TEXT(options.data, NULL);
        }
        CHECK_EQUAL(n, 65);
        CHECK(mount_option_name(n + 1) == NULL);
}

static const struct test_case cases[] = {
        {"words", test_rows},
        {"refused words", test_refused},
        {"symbolic links", test_links},
        {"id mappings", test_idmap},
        {"words that resemble others", test_not_refused},
        {"tmpcopyup", test_copy_up},
        {"many words of propagation", test_many_propagations},
        {"the table is sorted and complete", test_names},
};

TEST_MAIN(cases)
