/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of home_from_passwd(): the image writes /etc/passwd. The first byte is the user looked for.
 *
 * Whatever the text is: there is one variable, whose value is an absolute path of one line, without the separator.
 */
#include "fuzz.h"

#include <string.h>

#include "libcontainer/process/home.h"
#include "util/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        autofree char *passwd = NULL, *variable = NULL;

        if (size == 0)
                return 0;
        passwd = alloc_zero(size, 1);
        memcpy(passwd, data + 1, size - 1);
        variable = home_from_passwd(passwd, data[0]);
        demand(strncmp(variable, "HOME=/", 6) == 0);
        demand(strcspn(variable, ":\n") == strlen(variable));
        /* It is the text's own, or the root. */
        demand(strcmp(variable, "HOME=/") == 0 || strstr(passwd, variable + strlen("HOME=")));
        return 0;
}
