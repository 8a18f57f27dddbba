/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables of name <-> value, the one place where each word of the specification is spelled. The same table decodes,
 * prints, feeds `tare features` and completes error messages ("expected one of ...").
 * A table ends with a NULL name.
 */
#pragma once

#include <stdbool.h>

struct name {
        const char *name;
        long value;
};

/* Finds by name; returns false when the table has none. */
bool name_find(const struct name *table, const char *name, long *ret_value);

/* The first name with that value, or NULL. */
const char *name_of(const struct name *table, long value);

/*
 * Finds a signal by number ("15"), name ("TERM", "SIGTERM", any case) or real-time name ("RTMIN+3"); 0 is one, too. -EINVAL if
 * unknown.
 */
int signal_from_text(const char *text);
