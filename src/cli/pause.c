/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare pause */
#include "cli/command.h"
#include "libcontainer/container.h"

static const struct option_row options[] = {{}};

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        return container_pause(global->root, argv[0]);
}

const struct command command_pause = {
        .name = "pause",
        .synopsis = "ID",
        .summary = "stop all processes of a container until `resume`",
        .options = options,
        .min_positional = 1,
        .max_positional = 1,
        .run = run,
};
