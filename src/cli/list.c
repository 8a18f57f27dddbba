/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare list */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "libcontainer/container.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/names.h"
#include "util/text.h"

struct list_values {
        const char *format;
        bool quiet;
};

static const struct option_row options[] = {
        OPTION(OPTION_TEXT, struct list_values, format, "format", 'f', "FORMAT", "table (default) or json"),
        OPTION(OPTION_FLAG, struct list_values, quiet, "quiet", 'q', NULL, "print the ids only"),
        {},
};

enum { COLUMN_ID, COLUMN_PID, COLUMN_STATUS, COLUMN_BUNDLE, COLUMN_CREATED, COLUMN_OWNER, COLUMNS };
static const char *const titles[COLUMNS] = {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"};

/* Columns are as wide as their widest text and 3 more, at least 12. */
#define COLUMN_MIN 12
#define COLUMN_GAP 3

struct row {
        char *cells[COLUMNS];
};

struct listing {
        struct row *rows;
        size_t n_rows;
        struct json_writer *writer;
};

static int add_row(const struct state *state, enum status status, void *data) {
        struct listing *listing = data;
        struct row *row = array_append(listing->rows, listing->n_rows);
        bool has_process = status != STATUS_STOPPED && status != STATUS_BROKEN;

        row->cells[COLUMN_ID] = text_copy(state->id);
        row->cells[COLUMN_PID] = text_format("%lld", has_process ? (long long)state->init.pid : 0);
        row->cells[COLUMN_STATUS] = text_copy(name_of(statuses, status));
        row->cells[COLUMN_BUNDLE] = text_copy(state->bundle ? state->bundle : "");
        row->cells[COLUMN_CREATED] = text_copy(state->created ? state->created : "");
        row->cells[COLUMN_OWNER] = status == STATUS_BROKEN ? text_copy("") : state_owner_name(state->owner);
        return 0;
}

static int add_json(const struct state *state, enum status status, void *data) {
        struct listing *listing = data;
        autofree char *owner = status == STATUS_BROKEN ? text_copy("") : state_owner_name(state->owner);

        state_print(state, status, owner, listing->writer);
        listing->n_rows++;
        return 0;
}

static void print_cells(const char *const *cells, const int *widths) {
        for (int i = 0; i < COLUMNS - 1; i++)
                printf("%-*s", widths[i], cells[i]);
        printf("%s\n", cells[COLUMNS - 1]);
}

static void print_table(const struct listing *listing) {
        int widths[COLUMNS];

        for (int i = 0; i < COLUMNS; i++) {
                size_t widest = strlen(titles[i]);

                for (size_t j = 0; j < listing->n_rows; j++) {
                        size_t length = strlen(listing->rows[j].cells[i]);

                        widest = length > widest ? length : widest;
                }
                widths[i] = (int)(widest + COLUMN_GAP > COLUMN_MIN ? widest + COLUMN_GAP : COLUMN_MIN);
        }
        print_cells(titles, widths);
        for (size_t j = 0; j < listing->n_rows; j++)
                print_cells((const char *const *)listing->rows[j].cells, widths);
}

static void free_rows(struct listing *listing) {
        for (size_t i = 0; i < listing->n_rows; i++)
                for (int j = 0; j < COLUMNS; j++)
                        free(listing->rows[i].cells[j]);
        free(listing->rows);
}

static int list_table(const struct global_options *global, bool quiet) {
        struct listing listing = {0};
        int r = container_list(global->root, !global->root_is_default, add_row, &listing);

        if (r >= 0 && !quiet)
                print_table(&listing);
        for (size_t i = 0; r >= 0 && quiet && i < listing.n_rows; i++)
                puts(listing.rows[i].cells[COLUMN_ID]);
        free_rows(&listing);
        return r;
}

/* No container at all is `null`, as runc prints it. */
static int list_json(const struct global_options *global) {
        autodone(text) struct text text = TEXT_INIT;
        struct json_writer writer = {.text = &text};
        struct listing listing = {.writer = &writer};
        int r;

        json_array_begin(&writer, NULL);
        r = container_list(global->root, !global->root_is_default, add_json, &listing);
        json_array_end(&writer);
        if (r < 0)
                return r;
        puts(listing.n_rows ? text.bytes : "null");
        return 0;
}

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        const struct list_values *list = values;
        bool json = text_equal(list->format, "json");

        if (list->format && !json && !text_equal(list->format, "table"))
                return reject("invalid format option");
        return json && !list->quiet ? list_json(global) : list_table(global, list->quiet);
}

const struct command command_list = {
        .name = "list",
        .synopsis = "[OPTIONS]",
        .summary = "list the containers",
        .options = options,
        .run = run,
        .values_size = sizeof(struct list_values),
};
