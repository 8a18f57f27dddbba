/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Command lines by tables: one row an option; the table parses, prints --help and is compared with the manual page.
 *
 * Accepted is what callers of the other runtimes write (features.md 1.0): "--name VALUE", "--name=VALUE",
 * "-name VALUE" with a single dash, "-n VALUE", "-n=VALUE", bundled nothing, "--" ends the options. A boolean takes
 * "--name", "--name=true" and "--name=false". Options may stand after the first positional argument unless the
 * command says otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
        OPTION_FLAG, /* bool */
        OPTION_TEXT, /* const char *, borrowed from argv; the last one wins */
        OPTION_LIST, /* struct option_list: every value, in order */
        OPTION_COUNT, /* unsigned: a decimal number */
        OPTION_I64, /* int64_t: a decimal number, with a '-' perhaps; "" is the same as not given, as for the next two */
        OPTION_U64, /* uint64_t: a decimal number */
        OPTION_SIZE, /* int64_t: what text_to_size() understands, or -1 for no limit */
        OPTION_IGNORED, /* accepted with a value, without effect */
        OPTION_IGNORED_FLAG, /* accepted without a value, without effect */
};

struct option_list {
        const char **items;
        size_t count;
};

/* A table ends with an empty row. */
struct option_row {
        const char *name; /* without dashes */
        char letter; /* 0: none */
        enum option_kind kind;
        size_t offset; /* of the value in the command's struct */
        const char *argument; /* "DIR", for help; NULL for flags */
        const char *help;
        size_t present_offset; /* offset + 1 of a bool that is set when the value is given; 0: none */
};

#define OPTION(option_kind, structure, member, option_name, option_letter, option_argument, option_help)  \
        { .name = (option_name), .letter = (option_letter), .kind = (option_kind),                       \
          .offset = offsetof(structure, member), .argument = (option_argument), .help = (option_help) }

/* A number that may be absent: a struct with the members `set` and `value`. */
#define OPTION_OPTIONAL(option_kind, structure, member, option_name, option_argument, option_help)       \
        { .name = (option_name), .kind = (option_kind),                                                  \
          /* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a member takes none */              \
          .offset = offsetof(structure, member.value), .present_offset = offsetof(structure, member.set) + 1, \
          .argument = (option_argument), .help = (option_help) }

/*
 * Parses argv[0..argc) into `values` and moves the positional arguments to the front of argv, in order. With
 * `stop_at_positional` everything from the first positional argument on is positional. Returns the number of
 * positional arguments; -EINVAL after recording what is wrong.
 */
int options_parse(const struct option_row *table, void *values, int argc, char **argv, bool stop_at_positional);

/*
 * True if --help or -h stands among the options: not behind a "--", not as the value of another option, and not among
 * the positional arguments that options_parse() would stop at. argv is as it was before options_parse().
 */
bool options_want_help(const struct option_row *table, int argc, char **argv, bool stop_at_positional);

/* Prints the rows as aligned help to standard output. */
void options_print(const struct option_row *table);
