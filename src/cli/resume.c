/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare resume */
#include "cli/command.h"
#include "libcontainer/container.h"

static const struct option_row options[] = {{}};

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        return container_resume(global->root, argv[0]);
}

const struct command command_resume = {
        .name = "resume",
        .synopsis = "ID",
        .summary = "let the processes of a paused container go on",
        .options = options,
        .min_positional = 1,
        .max_positional = 1,
        .run = run,
};
