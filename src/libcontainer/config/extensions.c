/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The annotations that tare acts upon. They are crun's, and managers write them: the names are kept. Read once, behind the
 * decoder, so that nobody else looks an annotation up; checked with the other rules. Runs in the runtime's process.
 */
#include <stddef.h>
#include <string.h>

#include "libcontainer/config/check.h"
#include "libcontainer/config/decode.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

enum extension_kind {
        EXTENSION_PATH, /* absolute: the working directory of each command is another one */
};

static const struct extension {
        const char *key;
        enum extension_kind kind;
        size_t offset; /* of its value in struct extensions */
} extensions[] = {
        {"run.oci.hooks.stderr", EXTENSION_PATH, offsetof(struct extensions, hooks_stderr)},
        {"run.oci.hooks.stdout", EXTENSION_PATH, offsetof(struct extensions, hooks_stdout)},
        {"run.oci.pidfd_receiver", EXTENSION_PATH, offsetof(struct extensions, pidfd_receiver)},
};

static const struct extension *find_extension(const char *key) {
        for (size_t i = 0; i < ELEMENTSOF(extensions); i++)
                if (strcmp(key, extensions[i].key) == 0)
                        return &extensions[i];
        return NULL;
}

void decode_extensions(struct config *config) {
        for (size_t i = 0; i < config->annotations.count; i++) {
                const struct string_pair *annotation = &config->annotations.items[i];
                const struct extension *extension = find_extension(annotation->key);

                if (extension)
                        *(const char **)((char *)&config->extensions + extension->offset) = annotation->value;
        }
}

static int (*const checks[])(const char *value, const char *path) = {
        [EXTENSION_PATH] = check_absolute,
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
