/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare info */
#include "libcontainer/info.h"

#include <stdio.h>

#include "cli/command.h"
#include "util/alloc.h"
#include "util/fail.h"

struct info_values {
        const char *format;
};

static const struct option_row options[] = {
        OPTION(OPTION_TEXT, struct info_values, format, "format", 'f', "FORMAT", "text (default) or json"),
        {},
};

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        const struct info_values *info = values;
        autodone(text) struct text text = TEXT_INIT;
        bool json = text_equal(info->format, "json");
        int r;

        if (info->format && !json && !text_equal(info->format, "text"))
                return reject("invalid format option");
        r = info_print(json, &text);
        if (r >= 0)
                fputs(text.bytes, stdout);
        return r;
}

const struct command command_info = {
        .name = "info",
        .synopsis = "[OPTIONS]",
        .summary = "print what tare finds on this machine",
        .options = options,
        .run = run,
        .values_size = sizeof(struct info_values),
};
