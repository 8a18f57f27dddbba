/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cache of compiled filters. Whether a program came from it is seen by planting: an entry that was altered in a way
 * that the cache cannot notice (program and checksum) gives the altered program.
 */
#include "seccomp/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/kernel.h"

static char directory[64];
static int directory_fd = -1;

static void directory_make(void) {
        snprintf(directory, sizeof(directory), "/tmp/test-seccomp-cache.XXXXXX");
        if (!mkdtemp(directory))
                abort();
        directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void directory_remove(void) {
        close(directory_fd);
        CHECK_EQUAL(file_remove_tree(AT_FDCWD, directory), 0);
}

/* The one entry; aborts the test program when there is not exactly one. */
static const char *entry_name(void) {
        static char name[256];
        DIR *listing = opendir(directory);
        int n = 0;

        for (const struct dirent *entry; (entry = readdir(listing));) {
                if (entry->d_name[0] == '.')
                        continue;
                snprintf(name, sizeof(name), "%s", entry->d_name);
                n++;
        }
        closedir(listing);
        CHECK_EQUAL(n, 1);
        return name;
}

/* A profile with one of everything, so that its key can differ in each field. */
struct sample {
        char *names[2];
        uint32_t architectures[1], flags[1];
        struct seccomp_argument args[1];
        struct seccomp_rule rules[1];
        struct seccomp_profile profile;
};

static void sample_make(struct sample *sample) {
        static char name[] = "personality", other[] = "getpid";

        *sample = (struct sample){
                .names = {name, other},
                .architectures = {0},
                .flags = {SECCOMP_FILTER_FLAG_LOG},
                .args = {{.index = 1, .value = 2, .value_two = 3, .op = SECCOMP_OPERATOR_EQ}},
                .rules = {{.n_names = 2, .action = SECCOMP_ACTION_ERRNO, .errno_ret = 4, .n_args = 1}},
                .profile = {
                        .default_action = SECCOMP_ACTION_ALLOW,
                        .n_architectures = 1,
                        .has_flags = true,
                        .n_flags = 1,
                        .n_rules = 1,
                },
        };
        sample->rules[0].names = sample->names;
        sample->rules[0].args = sample->args;
        sample->profile.rules = sample->rules;
        sample->profile.architectures = sample->architectures;
        sample->profile.flags = sample->flags;
}

static void compile(const struct sample *sample, struct seccomp_filter *ret) {
        CHECK_EQUAL(seccomp_compile(&sample->profile, directory_fd, ret), 0);
}

static bool programs_equal(const struct seccomp_filter *a, const struct seccomp_filter *b) {
        return a->program.len == b->program.len &&
                memcmp(a->program.filter, b->program.filter, a->program.len * sizeof(*a->program.filter)) == 0;
}

/* Stores, under the sample's key, a program that the compiler never makes. */
static void plant(const struct sample *sample) {
        struct sock_filter instructions[] = {BPF_STMT(BPF_RET | BPF_K, 12345)};
        struct sock_fprog program = {.len = 1, .filter = instructions};
        autodone(text) struct text key = TEXT_INIT;

        seccomp_cache_key(&sample->profile, &key);
        CHECK_EQUAL(seccomp_cache_store(directory_fd, &key, &program), 0);
}

/* True if compiling gives the planted program. */
static bool finds_planted(const struct sample *sample) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;

        compile(sample, &filter);
        return filter.program.len == 1 && filter.program.filter[0].k == 12345;
}

static void test_hit(void) {
        autodone(seccomp_filter) struct seccomp_filter first = SECCOMP_FILTER_INIT, second = SECCOMP_FILTER_INIT;
        struct sample sample;
        struct stat status;

        directory_make();
        sample_make(&sample);
        compile(&sample, &first);
        CHECK_EQUAL(fstatat(directory_fd, entry_name(), &status, 0), 0);
        CHECK_EQUAL(status.st_mode & 0777, 0600);
        compile(&sample, &second);
        CHECK(programs_equal(&first, &second));
        CHECK_EQUAL(second.flags, SECCOMP_FILTER_FLAG_LOG);
        plant(&sample);
        CHECK(finds_planted(&sample));
        directory_remove();
}

static void test_damage(void) {
        autofree char *entry = NULL;
        struct sample sample;
        size_t size;

        directory_make();
        sample_make(&sample);
        plant(&sample);
        CHECK_EQUAL(file_read(directory_fd, entry_name(), 1 << 20, &entry, &size), 0);
        /* Each byte of header, key and program counts; so does the length. */
        for (size_t i = 0; i < size && !test_failed; i++) {
                entry[i] ^= 1;
                CHECK_EQUAL(file_replace(directory_fd, entry_name(), entry, size, 0600), 0);
                CHECK(!finds_planted(&sample));
                if (test_failed)
                        printf("# byte %zu of %zu\n", i, size);
                entry[i] ^= 1;
        }
        for (size_t shorter = 0; shorter < size && !test_failed; shorter++) {
                CHECK_EQUAL(file_replace(directory_fd, entry_name(), entry, shorter, 0600), 0);
                CHECK(!finds_planted(&sample));
        }
        CHECK_EQUAL(file_replace(directory_fd, entry_name(), entry, size, 0600), 0);
        CHECK(finds_planted(&sample));
        directory_remove();
}

static void test_damage_is_replaced(void) {
        autodone(seccomp_filter) struct seccomp_filter expected = SECCOMP_FILTER_INIT, filter = SECCOMP_FILTER_INIT;
        autofree char *before = NULL, *after = NULL;
        size_t size_before, size_after;
        struct sample sample;

        directory_make();
        sample_make(&sample);
        compile(&sample, &expected);
        CHECK_EQUAL(file_read(directory_fd, entry_name(), 1 << 20, &before, &size_before), 0);
        CHECK_EQUAL(file_replace(directory_fd, entry_name(), "damaged", 7, 0600), 0);
        compile(&sample, &filter);
        CHECK(programs_equal(&expected, &filter));
        CHECK_EQUAL(file_read(directory_fd, entry_name(), 1 << 20, &after, &size_after), 0);
        CHECK_EQUAL(size_after, size_before);
        CHECK(memcmp(before, after, size_before) == 0);
        directory_remove();
}

/* Who else could have written it, or something that is no file. */
static void test_distrust(void) {
        struct sample sample;
        const char *name;

        directory_make();
        sample_make(&sample);
        plant(&sample);
        name = entry_name();
        CHECK_EQUAL(fchmodat(directory_fd, name, 0620, 0), 0);
        CHECK(!finds_planted(&sample));
        plant(&sample);
        CHECK_EQUAL(fchmodat(directory_fd, name, 0602, 0), 0);
        CHECK(!finds_planted(&sample));

        plant(&sample);
        CHECK_EQUAL(renameat(directory_fd, name, directory_fd, ".aside"), 0);
        CHECK_EQUAL(symlinkat(".aside", directory_fd, name), 0);
        CHECK(!finds_planted(&sample));

        CHECK_EQUAL(unlinkat(directory_fd, name, 0), 0);
        CHECK_EQUAL(mkfifoat(directory_fd, name, 0600), 0);
        CHECK(!finds_planted(&sample)); /* and does not wait for a writer */
        directory_remove();
}

static void test_other_owner(void) {
        struct sample sample;

        if (geteuid() != 0) {
                test_skip("needs root to give a file away");
                return;
        }
        directory_make();
        sample_make(&sample);
        plant(&sample);
        CHECK(finds_planted(&sample));
        CHECK_EQUAL(fchownat(directory_fd, entry_name(), 12345, 0, 0), 0);
        CHECK(!finds_planted(&sample));
        directory_remove();
}

/* Storing fails; compiling does not. */
static void test_no_directory(void) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;
        struct sample sample;
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        sample_make(&sample);
        CHECK_EQUAL(seccomp_compile(&sample.profile, fd, &filter), 0);
        CHECK(filter.present);
        close(fd);
}

static bool keys_equal(const struct text *a, const struct text *b) {
        return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* Every field of a profile is in the key. */
static void test_key(void) {
        static char changed_name[] = "personalitx";
        autodone(text) struct text original = TEXT_INIT;
        struct sample sample;

        sample_make(&sample);
        seccomp_cache_key(&sample.profile, &original);
#define CHANGED(statement) \
        do { \
                autodone(text) struct text key = TEXT_INIT; \
                sample_make(&sample); \
                statement; \
                seccomp_cache_key(&sample.profile, &key); \
                CHECK(!keys_equal(&key, &original) && #statement[0]); \
        } while (0)
        CHANGED(sample.profile.default_action++);
        CHANGED(sample.profile.has_default_errno_ret = true);
        CHANGED(sample.profile.default_errno_ret++);
        CHANGED(sample.profile.n_architectures = 0);
        CHANGED(sample.architectures[0]++);
        CHANGED(sample.profile.has_flags = false);
        CHANGED(sample.profile.n_flags = 0);
        CHANGED(sample.flags[0]++);
        CHANGED(sample.profile.n_rules = 0);
        CHANGED(sample.rules[0].action++);
        CHANGED(sample.rules[0].has_errno_ret = true);
        CHANGED(sample.rules[0].errno_ret++);
        CHANGED(sample.rules[0].n_names--);
        CHANGED(sample.names[0] = changed_name);
        CHANGED(sample.rules[0].n_args--);
        CHANGED(sample.args[0].index++);
        CHANGED(sample.args[0].op++);
        CHANGED(sample.args[0].value += 1ull << 32);
        CHANGED(sample.args[0].value_two += 1ull << 32);
#undef CHANGED
}

static const struct test_case cases[] = {
        {"the second time the program comes from the cache", test_hit},
        {"no damage goes unnoticed", test_damage},
        {"a damaged entry is replaced", test_damage_is_replaced},
        {"an entry that others can write is not used", test_distrust},
        {"an entry of another owner is not used", test_other_owner},
        {"a cache that cannot be written is no failure", test_no_directory},
        {"every field is part of the key", test_key},
};

TEST_MAIN(cases)
