/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/mountinfo.h"

#include <stddef.h>
#include <string.h>

static bool is_octal(char c) {
        return c >= '0' && c <= '7';
}

/* Blank, tab, newline, backslash and the number sign are written as \ooo. */
static void unescape(char *text) {
        char *to = text;

        for (const char *from = text; *from; to++) {
                if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3])) {
                        *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
                        from += 4;
                } else {
                        *to = *from++;
                }
        }
        *to = '\0';
}

/* "ID PARENT MAJOR:MINOR ROOT MOUNT_POINT OPTIONS TAG... - TYPE SOURCE SUPER_OPTIONS" */
bool mountinfo_parse(char *line, struct mountinfo *ret) {
        char *tail = strstr(line, " - ");
        struct mountinfo found;

        if (!tail)
                return false;
        *tail = '\0';
        tail += strlen(" - ");
        for (int i = 0; i < 3; i++)
                strsep(&line, " ");
        found.root = strsep(&line, " ");
        found.mount_point = strsep(&line, " ");
        found.type = strsep(&tail, " ");
        found.source = strsep(&tail, " ");
        found.super_options = tail;
        if (!found.root || !found.mount_point || !found.source || !found.super_options)
                return false;
        unescape(found.root);
        unescape(found.mount_point);
        *ret = found;
        return true;
}
