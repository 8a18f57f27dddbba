/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cutting the kernel's lines about cgroups into their parts. Pure. Runs in the runtime's process.
 */
#include "cgroups/parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

/* Yields the next part of *text up to the separator, which is overwritten; NULL at the end. */
char *parse_part(char **text, char separator) {
        char *start = *text, *end;

        if (!start || !*start)
                return NULL;
        end = strchrnul(start, separator);
        *text = *end ? end + 1 : end;
        *end = '\0';
        return start;
}

bool parse_membership(char *line, char **ret_controllers, char **ret_path) {
        char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;

        if (!path)
                return false;
        *path = '\0';
        *ret_controllers = controllers + 1;
        *ret_path = path + 1;
        return true;
}

uint64_t parse_number(const char *text) {
        if (text_starts_with(text, "max"))
                return UINT64_MAX;
        return text[0] == '-' ? 0 : strtoull(text, NULL, 10);
}

bool parse_size(const char *text, uint64_t *ret) {
        static const char units[] = "kmgtpe";
        char *end;
        uint64_t size = strtoull(text, &end, 0);
        const char *unit = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;

        if (end == text || text[0] == '-' ||
            (unit && __builtin_mul_overflow(size, 1ULL << (10 * (unit - units + 1)), &size)))
                return false;
        *ret = size;
        return true;
}

uint64_t parse_number_of(const char *text, const char *key) {
        for (const char *line = text; *line;) {
                const char *rest = text_after(line, key), *end = strchrnul(line, '\n');

                if (rest && *rest == ' ')
                        return parse_number(rest + 1);
                line = *end ? end + 1 : end;
        }
        return 0;
}

bool parse_has_dotdot(const char *path) {
        for (const char *at = path; *at;) {
                const char *end = strchrnul(at, '/');

                if (end - at == 2 && at[0] == '.' && at[1] == '.')
                        return true;
                at = *end ? end + 1 : end;
        }
        return false;
}
