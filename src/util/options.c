/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Table-driven command lines. Runs in the runtime's process before anything else happens. */
#include "util/options.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

static bool takes_value(const struct option_row *row) {
        return row->kind != OPTION_FLAG && row->kind != OPTION_IGNORED_FLAG;
}

/* `name` has no dashes any more and ends at `length`; one letter may be the short form. */
static const struct option_row *find_row(const struct option_row *table, const char *name, size_t length) {
        for (const struct option_row *row = table; row->name; row++) {
                if (length == strlen(row->name) && strncmp(name, row->name, length) == 0)
                        return row;
                if (length == 1 && row->letter && name[0] == row->letter)
                        return row;
        }
        return NULL;
}

static int store_flag(const struct option_row *row, void *values, const char *value) {
        bool *flag = (bool *)((char *)values + row->offset);
        bool set = !value || strcmp(value, "true") == 0;

        if (value && !set && strcmp(value, "false") != 0)
                return reject("invalid boolean value \"%s\" for -%s: expected true or false", value, row->name);
        if (row->kind == OPTION_FLAG)
                *flag = set;
        return 0;
}

static int store_count(const struct option_row *row, unsigned *target, const char *value) {
        uint64_t number;

        if (text_to_u64(value, &number) < 0 || number > INT32_MAX)
                return reject("invalid value \"%s\" for flag -%s: expected a number", value, row->name);
        *target = (unsigned)number;
        return 0;
}

static int store_number(const struct option_row *row, void *values, const char *value) {
        static const char *const expected[] = {
                [OPTION_I64] = "a number",
                [OPTION_U64] = "a number that is not negative",
                [OPTION_SIZE] = "a size such as 512M, or -1",
        };
        void *target = (char *)values + row->offset;
        int r;

        if (text_is_empty(value))
                return 0;
        if (row->kind == OPTION_U64)
                r = text_to_u64(value, target);
        else if (row->kind == OPTION_I64 || strcmp(value, "-1") == 0)
                r = text_to_i64(value, target);
        else
                r = text_to_size(value, target);
        if (r < 0)
                return reject("invalid value \"%s\" for flag -%s: expected %s%s", value, row->name, expected[row->kind],
                              r == -ERANGE ? "; this one is too large" : "");
        if (row->present_offset)
                *((bool *)values + row->present_offset - 1) = true;
        return 0;
}

static int store_value(const struct option_row *row, void *values, const char *value) {
        void *target = (char *)values + row->offset;

        switch (row->kind) {
        case OPTION_TEXT:
                *(const char **)target = value;
                return 0;
        case OPTION_LIST: {
                struct option_list *list = target;

                *array_append(list->items, list->count) = value;
                return 0;
        }
        case OPTION_COUNT:
                return store_count(row, target, value);
        case OPTION_I64:
        case OPTION_U64:
        case OPTION_SIZE:
                return store_number(row, values, value);
        default:
                return 0;
        }
}

static bool is_positional(const char *argument) {
        return argument[0] != '-' || argument[1] == '\0';
}

/* Handles the option at argv[0]; returns how many arguments it took. */
static int parse_one(const struct option_row *table, void *values, int argc, char **argv) {
        const char *name = argv[0] + (argv[0][1] == '-' ? 2 : 1);
        const char *equals = strchr(name, '=');
        size_t length = equals ? (size_t)(equals - name) : strlen(name);
        const struct option_row *row = find_row(table, name, length);
        int r;

        if (!row)
                return reject("flag provided but not defined: -%.*s", (int)length, name);
        if (!takes_value(row)) {
                r = store_flag(row, values, equals ? equals + 1 : NULL);
                return r < 0 ? r : 1;
        }
        if (equals) {
                r = store_value(row, values, equals + 1);
                return r < 0 ? r : 1;
        }
        if (argc < 2)
                return reject("flag needs an argument: -%s", row->name);
        r = store_value(row, values, argv[1]);
        return r < 0 ? r : 2;
}

int options_parse(const struct option_row *table, void *values, int argc, char **argv, bool stop_at_positional) {
        int n_positional = 0;

        for (int i = 0; i < argc;) {
                int taken;

                if (strcmp(argv[i], "--") == 0) {
                        i++;
                        while (i < argc)
                                argv[n_positional++] = argv[i++];
                        break;
                }
                if (is_positional(argv[i])) {
                        argv[n_positional++] = argv[i++];
                        while (stop_at_positional && i < argc)
                                argv[n_positional++] = argv[i++];
                        continue;
                }
                taken = parse_one(table, values, argc - i, argv + i);
                if (taken < 0)
                        return taken;
                i += taken;
        }
        return n_positional;
}

/* True if the next argument is this one's value. */
static bool wants_next(const struct option_row *table, const char *argument) {
        const char *name = argument + (argument[1] == '-' ? 2 : 1);
        const struct option_row *row = find_row(table, name, strlen(name));

        return row && takes_value(row);
}

bool options_want_help(const struct option_row *table, int argc, char **argv, bool stop_at_positional) {
        for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
                if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "-help") == 0)
                        return true;
                if (is_positional(argv[i]) && stop_at_positional)
                        return false;
                if (!is_positional(argv[i]) && wants_next(table, argv[i]))
                        i++;
        }
        return false;
}

void options_print(const struct option_row *table) {
        for (const struct option_row *row = table; row->name; row++) {
                char left[64];

                snprintf(left, sizeof(left), "%s%c%s--%s%s%s", row->letter ? "-" : " ", row->letter ? row->letter : ' ',
                         row->letter ? ", " : "  ", row->name, row->argument ? " " : "",
                         row->argument ? row->argument : "");
                printf("  %-28s  %s\n", left, row->help);
        }
        printf("  %-28s  %s\n", "-h, --help", "show this help");
}
