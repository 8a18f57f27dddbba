/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare features */
#include <stdio.h>

#include "cli/command.h"
#include "libcontainer/features.h"
#include "util/alloc.h"

static const struct option_row options[] = {{}};

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        autodone(text) struct text text = TEXT_INIT;

        features_print(&text);
        fputs(text.bytes, stdout);
        return 0;
}

const struct command command_features = {
        .name = "features",
        .synopsis = "",
        .summary = "print what this tare can do as JSON",
        .options = options,
        .run = run,
};
