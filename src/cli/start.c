/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare start */
#include "cli/command.h"
#include "libcontainer/container.h"

static const struct option_row options[] = {{}};

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        return container_start(global->root, argv[0], global->notify_socket);
}

const struct command command_start = {
        .name = "start",
        .synopsis = "ID",
        .summary = "run the process of a created container",
        .options = options,
        .min_positional = 1,
        .max_positional = 1,
        .run = run,
};
