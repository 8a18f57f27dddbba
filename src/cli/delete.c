/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare delete */
#include "cli/command.h"
#include "libcontainer/container.h"

struct delete_values {
        bool force, regex;
};

static const struct option_row options[] = {
        OPTION(OPTION_FLAG, struct delete_values, force, "force", 'f', NULL, "kill a running container first; no error if there is none"),
        OPTION(OPTION_FLAG, struct delete_values, regex, "regex", 'r', NULL, "ID is a regular expression: all containers that it matches"),
        {},
};

struct wish {
        const char *root;
        bool force;
};

static int delete_match(const char *id, void *data) {
        const struct wish *wish = data;

        return container_delete(wish->root, id, wish->force);
}

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        const struct delete_values *delete_values = values;

        if (!delete_values->regex)
                return container_delete(global->root, argv[0], delete_values->force);
        return container_each_match(global->root, !global->root_is_default, argv[0], delete_match,
                                    &(struct wish){.root = global->root, .force = delete_values->force});
}

const struct command command_delete = {
        .name = "delete",
        .synopsis = "[OPTIONS] ID",
        .summary = "remove all that is left of a container",
        .options = options,
        .min_positional = 1,
        .max_positional = 1,
        .run = run,
        .values_size = sizeof(struct delete_values),
};
