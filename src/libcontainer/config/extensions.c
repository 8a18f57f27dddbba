/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The annotations that tare acts upon. They are crun's, and managers write them: the names are kept. Read once, behind the
 * decoder, so that nobody else looks an annotation up; checked with the other rules. Runs in the runtime's process.
 */
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "cgroups/controllers.h"
#include "libcontainer/config/check.h"
#include "libcontainer/config/decode.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

enum extension_kind {
        EXTENSION_PATH, /* absolute: the working directory of each command is another one */
        EXTENSION_FLAG,
        EXTENSION_CONTEXT, /* a mount option of SELinux, mount(8) */
        EXTENSION_PROGRAM, /* a compiled filter, in base64 */
        EXTENSION_SUB_CGROUP, /* "a/b", or nothing for none */
        EXTENSION_TEXT,
};

static const struct extension {
        const char *key;
        enum extension_kind kind;
        size_t offset; /* of its value in struct extensions */
} extensions[] = {
        {"run.oci.delegate-cgroup", EXTENSION_SUB_CGROUP, offsetof(struct extensions, delegate_cgroup)},
        {"run.oci.hooks.stderr", EXTENSION_PATH, offsetof(struct extensions, hooks_stderr)},
        {"run.oci.hooks.stdout", EXTENSION_PATH, offsetof(struct extensions, hooks_stdout)},
        {"run.oci.keep_original_groups", EXTENSION_FLAG, offsetof(struct extensions, keep_original_groups)},
        {"run.oci.mount_context_type", EXTENSION_CONTEXT, offsetof(struct extensions, mount_context_type)},
        {"run.oci.pidfd_receiver", EXTENSION_PATH, offsetof(struct extensions, pidfd_receiver)},
        {"run.oci.seccomp.plugins", EXTENSION_TEXT, offsetof(struct extensions, seccomp_plugins)},
        {"run.oci.seccomp.receiver", EXTENSION_PATH, offsetof(struct extensions, seccomp_receiver)},
        {"run.oci.seccomp_bpf_data", EXTENSION_PROGRAM, offsetof(struct extensions, seccomp_bpf_data)},
        {"run.oci.seccomp_fail_unknown_syscall", EXTENSION_FLAG, offsetof(struct extensions, fail_unknown_syscall)},
        {"run.oci.systemd.subgroup", EXTENSION_SUB_CGROUP, offsetof(struct extensions, systemd_subgroup)},
};

static const struct extension *find_extension(const char *key) {
        for (size_t i = 0; i < ELEMENTSOF(extensions); i++)
                if (strcmp(key, extensions[i].key) == 0)
                        return &extensions[i];
        return NULL;
}

static bool is_true(const char *value) {
        return strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
}

void decode_extensions(struct config *config) {
        for (size_t i = 0; i < config->annotations.count; i++) {
                const struct string_pair *annotation = &config->annotations.items[i];
                const struct extension *extension = find_extension(annotation->key);
                char *target = extension ? (char *)&config->extensions + extension->offset : NULL;

                if (!extension)
                        continue;
                if (extension->kind == EXTENSION_FLAG)
                        *(bool *)target = is_true(annotation->value);
                else
                        *(const char **)target = annotation->value;
        }
}

/* --- checks --- */

/* crun takes every value but "0" for true, "false" too; whoever writes that does not mean it. */
static int check_flag(const char *value, const char *path) {
        if (is_true(value) || strcmp(value, "0") == 0 || strcmp(value, "false") == 0)
                return 0;
        return reject("%s: found `%s`, expected `1` or `0`", path, value);
}

static int check_context(const char *value, const char *path) {
        static const char *const types[] = {"context", "fscontext", "defcontext", "rootcontext"};

        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (strcmp(value, types[i]) == 0)
                        return 0;
        return reject("%s: found `%s`, expected one of `context`, `fscontext`, `defcontext`, `rootcontext`", path, value);
}

static int check_program(const char *value, const char *path) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;

        return seccomp_decode(value, path, &(struct seccomp_profile){}, &filter);
}

/* Nothing that climbs or that is a file there, and one spelling for one cgroup. */
static int check_sub_cgroup(const char *value, const char *path) {
        for (const char *at = value; *at;) {
                size_t length = strcspn(at, "/");

                if (length == 0 || length > NAME_MAX || at[0] == '.' || memchr(at, '\n', length) || (at[length] && !at[length + 1]))
                        return reject("%s: found `%s`, expected the path of a cgroup below the container's, such as `a/b`", path, value);
                if (controllers_claim(at))
                        return reject("%s: found `%s`, expected no name of the kernel's own files in a cgroup", path, value);
                at += length + (at[length] == '/');
        }
        return 0;
}

static int check_text(const char *value, const char *path) {
        (void)value, (void)path;
        return 0;
}

static int (*const checks[])(const char *value, const char *path) = {
        [EXTENSION_PATH] = check_absolute,
        [EXTENSION_FLAG] = check_flag,
        [EXTENSION_CONTEXT] = check_context,
        [EXTENSION_PROGRAM] = check_program,
        [EXTENSION_SUB_CGROUP] = check_sub_cgroup,
        [EXTENSION_TEXT] = check_text,
};

int check_extensions(const struct config *config) {
        for (size_t i = 0; i < config->annotations.count; i++) {
                const struct string_pair *annotation = &config->annotations.items[i];
                const struct extension *extension = find_extension(annotation->key);
                autofree char *path = text_format("annotations.%s", annotation->key);
                int r = extension ? checks[extension->kind](annotation->value, path) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}
