/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare mounts */
#include <stddef.h>

#include "cli/command.h"
#include "libcontainer/mounts-live.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

static const struct {
        const char *name;
        int (*run)(const char *root, const char *id, const char *path);
} actions[] = {
        {"add", container_add_mounts},
        {"remove", container_remove_mounts},
};

static const struct option_row options[] = {{}};

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        for (size_t i = 0; i < ELEMENTSOF(actions); i++)
                if (text_equal(argv[0], actions[i].name))
                        return actions[i].run(global->root, argv[1], argv[2]);
        return reject("unknown action `%s`, expected `add` or `remove`", argv[0]);
}

const struct command command_mounts = {
        .name = "mounts",
        .synopsis = "add|remove ID FILE",
        .summary = "mount or unmount in a container that is there",
        .options = options,
        .min_positional = 3,
        .max_positional = 3,
        .run = run,
};
