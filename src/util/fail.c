/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/fail.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Long enough for a path of PATH_MAX and the words around it; a longer text is cut. */
static char record[8192];

const char *errno_text(int error) {
        static char text[128];
        const char *original = strerror(error);

        snprintf(text, sizeof(text), "%s", original);
        /* "RFS specific error" keeps its capital, "Permission denied" does not. */
        if (!isupper((unsigned char)text[1]))
                text[0] = (char)tolower((unsigned char)text[0]);
        return text;
}

static void record_format(const char *what, va_list arguments) {
        vsnprintf(record, sizeof(record), what, arguments);
}

/* What does not fit is cut. */
static void record_add(const char *more) {
        size_t length = strlen(record);

        snprintf(record + length, sizeof(record) - length, ": %s", more);
}

int fail(int error, const char *what, ...) {
        va_list arguments;

        va_start(arguments, what);
        record_format(what, arguments);
        va_end(arguments);
        record_add(errno_text(error));
        return -error;
}

int reject(const char *what, ...) {
        va_list arguments;

        va_start(arguments, what);
        record_format(what, arguments);
        va_end(arguments);
        return -EINVAL;
}

int within(int r, const char *where, ...) {
        char old[sizeof(record)];
        va_list arguments;

        memcpy(old, record, sizeof(old));
        va_start(arguments, where);
        record_format(where, arguments);
        va_end(arguments);
        record_add(old);
        return r;
}

int fail_take_over(const char *text) {
        snprintf(record, sizeof(record), "%s", text);
        return -EIO;
}

const char *fail_text(void) {
        return record;
}

void fail_forget(void) {
        record[0] = '\0';
}
