/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare state */
#include <stdio.h>

#include "cli/command.h"
#include "libcontainer/container.h"
#include "util/alloc.h"
#include "util/text.h"

static const struct option_row options[] = {{}};

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        autodone(state) struct state state = STATE_INIT;
        autodone(text) struct text text = TEXT_INIT;
        struct json_writer writer = {.text = &text, .indent = true};
        enum status status;
        int r = container_read(global->root, argv[0], &state, &status);

        if (r < 0)
                return r;
        state_print(&state, status, "", &writer);
        puts(text.bytes);
        return 0;
}

const struct command command_state = {
        .name = "state",
        .synopsis = "ID",
        .summary = "print a container's state as JSON",
        .options = options,
        .min_positional = 1,
        .max_positional = 1,
        .run = run,
};
