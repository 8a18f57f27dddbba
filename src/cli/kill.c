/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare kill */
#include <signal.h>

#include "cli/command.h"
#include "libcontainer/container.h"
#include "util/fail.h"
#include "util/names.h"

struct kill_values {
        bool all;
};

static const struct option_row options[] = {
        OPTION(OPTION_FLAG, struct kill_values, all, "all", 'a', NULL, "signal every process of the container"),
        {},
};

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        const struct kill_values *kill_values = values;
        int signal = argc > 1 ? signal_from_text(argv[1]) : SIGTERM;

        if (signal <= 0)
                return reject("unknown signal \"%s\"", argv[1]);
        return container_kill(global->root, argv[0], signal, kill_values->all);
}

const struct command command_kill = {
        .name = "kill",
        .synopsis = "[OPTIONS] ID [SIGNAL]",
        .summary = "send a signal (default: TERM) to the container's process",
        .options = options,
        .stop_at_positional = true,
        .min_positional = 1,
        .max_positional = 2,
        .run = run,
        .values_size = sizeof(struct kill_values),
};
