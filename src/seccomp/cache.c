/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cache of compiled programs, in the runtime's process. The profile that engines give to every container names
 * hundreds of calls on three architectures; an entry takes four system calls.
 *
 * A program from here decides what a container may do, so an entry is used only if nobody else can have written it and
 * every byte is accounted for. Anything odd counts as absent: the profile is compiled and the entry replaced.
 */
#include "seccomp/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "build-config.h"
#include "util/alloc.h"
#include "util/fd.h"
#include "util/file.h"

/* An entry is this header, the key and the program. */
struct entry_header {
        char magic[16]; /* changes with the layout and with what compile.c makes of a profile */
        uint64_t key_size;
        uint64_t checksum; /* of the program: a half-written or rotten one must not be loaded */
};
#define MAGIC "tare seccomp 1\n"

#define FNV_OFFSET 14695981039346656037u
#define FNV_PRIME 1099511628211u

/* FNV-1a. It need not resist attack: keys are compared, and who can write the entry can write the checksum. */
static uint64_t hash(const void *bytes, size_t size) {
        uint64_t value = FNV_OFFSET;

        for (size_t i = 0; i < size; i++)
                value = (value ^ ((const unsigned char *)bytes)[i]) * FNV_PRIME;
        return value;
}

/* --- key: every field with its presence or length, so that no two profiles give the same bytes --- */

static void add_number(struct text *key, uint64_t number) {
        text_add_n(key, (const char *)&number, sizeof(number));
}

static void add_string(struct text *key, const char *string) {
        size_t length = strlen(string);

        add_number(key, length);
        text_add_n(key, string, length);
}

static void add_rule(struct text *key, const struct seccomp_rule *rule) {
        add_number(key, rule->action);
        add_number(key, rule->has_errno_ret);
        add_number(key, rule->errno_ret);
        add_number(key, rule->n_names);
        for (size_t i = 0; i < rule->n_names; i++)
                add_string(key, rule->names[i]);
        add_number(key, rule->n_args);
        for (size_t i = 0; i < rule->n_args; i++) {
                add_number(key, rule->args[i].index);
                add_number(key, rule->args[i].op);
                add_number(key, rule->args[i].value);
                add_number(key, rule->args[i].value_two);
        }
}

static void add_profile(struct text *key, const struct seccomp_profile *profile) {
        add_number(key, profile->default_action);
        add_number(key, profile->has_default_errno_ret);
        add_number(key, profile->default_errno_ret);
        add_number(key, profile->n_architectures);
        for (size_t i = 0; i < profile->n_architectures; i++)
                add_number(key, profile->architectures[i]);
        add_number(key, profile->has_flags);
        add_number(key, profile->n_flags);
        for (size_t i = 0; i < profile->n_flags; i++)
                add_number(key, profile->flags[i]);
        add_number(key, profile->n_rules);
        for (size_t i = 0; i < profile->n_rules; i++)
                add_rule(key, &profile->rules[i]);
}

void seccomp_cache_key(const struct seccomp_profile *profile, struct text *ret) {
        struct utsname machine = {};

        uname(&machine); /* fails only for a bad pointer */
        add_string(ret, TARE_VERSION " " TARE_COMMIT);
        add_string(ret, seccomp_library_version());
        /* The directory may outlive the kernel, and be shared with a program of another architecture. */
        add_string(ret, machine.release);
        add_string(ret, machine.machine);
        add_profile(ret, profile);
}

/* --- entries --- */

#define ENTRY_NAME_MAX 32

static void entry_name(char ret[ENTRY_NAME_MAX], const struct text *key) {
        snprintf(ret, ENTRY_NAME_MAX, "%016" PRIx64 ".bpf", hash(key->bytes, key->length));
}

static bool is_trustworthy(const struct stat *status, size_t size_before_program) {
        size_t size = (size_t)status->st_size, program_size = size - size_before_program;

        return S_ISREG(status->st_mode) && status->st_uid == geteuid() && !(status->st_mode & (S_IWGRP | S_IWOTH)) &&
                size > size_before_program && program_size % sizeof(struct sock_filter) == 0 &&
                program_size / sizeof(struct sock_filter) <= BPF_MAXINSNS;
}

/* Opened without following links and without waiting for the other end of a FIFO. */
static int entry_open(int dirfd, const struct text *key) {
        char name[ENTRY_NAME_MAX];

        entry_name(name, key);
        return openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int seccomp_cache_find(int dirfd, const struct text *key, struct sock_fprog *ret) {
        size_t before_program = sizeof(struct entry_header) + key->length, program_size;
        struct entry_header header;
        autofree char *entry = NULL;
        struct stat status;
        autoclose int fd = entry_open(dirfd, key);

        if (fd < 0 || fstat(fd, &status) < 0 || !is_trustworthy(&status, before_program))
                return 0;
        entry = alloc_zero(1, (size_t)status.st_size);
        if (fd_read_full(fd, entry, (size_t)status.st_size) != status.st_size)
                return 0;
        program_size = (size_t)status.st_size - before_program;
        memcpy(&header, entry, sizeof(header));
        if (memcmp(header.magic, MAGIC, sizeof(header.magic)) != 0 || header.key_size != key->length ||
            memcmp(entry + sizeof(header), key->bytes, key->length) != 0 ||
            header.checksum != hash(entry + before_program, program_size))
                return 0;
        ret->filter = memory_copy(entry + before_program, program_size);
        ret->len = (unsigned short)(program_size / sizeof(struct sock_filter));
        return 1;
}

int seccomp_cache_store(int dirfd, const struct text *key, const struct sock_fprog *program) {
        size_t program_size = program->len * sizeof(struct sock_filter);
        struct entry_header header = {
                .magic = MAGIC,
                .key_size = key->length,
                .checksum = hash(program->filter, program_size),
        };
        autodone(text) struct text entry = TEXT_INIT;
        char name[ENTRY_NAME_MAX];

        entry_name(name, key);
        text_add_n(&entry, (const char *)&header, sizeof(header));
        text_add_n(&entry, key->bytes, key->length);
        text_add_n(&entry, (const char *)program->filter, program_size);
        return file_replace(dirfd, name, entry.bytes, entry.length, 0600);
}
