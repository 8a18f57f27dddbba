/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of mount_options_parse(): each line is an option, the first one the type.
 *
 * Whatever the words are: a refusal leaves a message, no flag is both set and cleared, and data are words of the input. Joining
 * the words again to the same mount changes nothing.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "libcontainer/config/mount-options.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"
#include "util/text.h"

static void check(const struct mount_options *options, const char *text) {
        demand((options->flags & options->cleared) == 0);
        /* Of the access times one is set and the whole group cleared: mount_setattr(2). */
        demand((options->recursive_set & options->recursive_clear & ~(uint64_t)MOUNT_ATTR__ATIME) == 0);
        demand(options->n_propagation <= MOUNT_PROPAGATIONS_MAX);
        demand(!options->data || options->data[0]);
        demand(!(options->data && options->flags & MS_BIND));
        /* The first of them stands in the text as it is. */
        if (options->data) {
                autofree char *first = text_copy(options->data);

                first[strcspn(first, ",")] = '\0';
                demand(strstr(text, first));
        }
}

static int parse(const struct mount_config *mount, const char *text) {
        struct mount_options options = {};
        int r;

        fail_forget();
        r = mount_options_parse(mount, "mounts[0]", &options);
        demand(r == 0 || r == -EINVAL);
        demand((r == 0) == text_is_empty(fail_text()));
        if (r == 0)
                check(&options, text);
        mount_options_done(&options);
        return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        autofree char *text = alloc_zero(size + 1, 1), *copy = alloc_zero(size + 1, 1);
        struct mount_config mount = {};
        char *rest = copy;

        memcpy(text, data, size);
        memcpy(copy, data, size);
        mount.type = strsep(&rest, "\n");
        while (rest)
                *array_append(mount.options.items, mount.options.count) = strsep(&rest, "\n");
        demand(parse(&mount, text) == parse(&mount, text));
        free(mount.options.items);
        return 0;
}
