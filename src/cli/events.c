/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare events */
#include <errno.h>
#include <unistd.h>

#include "cli/command.h"
#include "libcontainer/events.h"
#include "util/fail.h"
#include "util/text.h"

struct events_values {
        const char *interval;
        bool stats;
};

static const struct option_row options[] = {
        OPTION(OPTION_TEXT, struct events_values, interval, "interval", 0, "DURATION", "time between two lines of stats (default: 5s)"),
        OPTION(OPTION_FLAG, struct events_values, stats, "stats", 0, NULL, "print the stats once, and exit"),
        {},
};

static int parse_interval(const char *text, uint64_t *ret) {
        int64_t nanoseconds;
        int r = text_to_duration(text, &nanoseconds);

        if (r == -ERANGE)
                return reject("invalid value \"%s\" for flag -interval: too long", text);
        if (r < 0)
                return reject("invalid value \"%s\" for flag -interval: expected a duration such as 5s or 1m30s", text);
        if (nanoseconds <= 0)
                return reject("duration interval must be greater than 0");
        *ret = (uint64_t)nanoseconds;
        return 0;
}

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        const struct events_values *events_values = values;
        struct events_options events = {.only_stats = events_values->stats, .output_fd = STDOUT_FILENO};
        int r = parse_interval(events_values->interval ? events_values->interval : "5s", &events.interval);

        return r < 0 ? r : container_events(global->root, argv[0], &events);
}

const struct command command_events = {
        .name = "events",
        .synopsis = "[OPTIONS] ID",
        .summary = "tell what a container uses, and when it runs out of memory",
        .options = options,
        .min_positional = 1,
        .max_positional = 1,
        .run = run,
        .values_size = sizeof(struct events_values),
};
