/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare kill */
#include <signal.h>

#include "cli/command.h"
#include "libcontainer/container.h"
#include "util/fail.h"
#include "util/names.h"

struct kill_values {
        bool all, regex;
};

static const struct option_row options[] = {
        OPTION(OPTION_FLAG, struct kill_values, all, "all", 'a', NULL, "signal every process of the container"),
        OPTION(OPTION_FLAG, struct kill_values, regex, "regex", 'r', NULL, "ID is a regular expression: all containers that it matches"),
        {},
};

struct wish {
        const char *root;
        int signal;
        bool all;
};

static int kill_match(const char *id, void *data) {
        const struct wish *wish = data;

        return container_kill(wish->root, id, wish->signal, wish->all);
}

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        const struct kill_values *kill_values = values;
        int signal = argc > 1 ? signal_from_text(argv[1]) : SIGTERM;

        if (signal < 0)
                return reject("unknown signal \"%s\"", argv[1]);
        if (!kill_values->regex)
                return container_kill(global->root, argv[0], signal, kill_values->all);
        return container_each_match(global->root, !global->root_is_default, argv[0], kill_match,
                                    &(struct wish){.root = global->root, .signal = signal, .all = kill_values->all});
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
