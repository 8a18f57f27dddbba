/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of D-Bus servers. Pure. */
#include "bus/address.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/text.h"

static void init(struct sockaddr_un *address) {
        *address = (struct sockaddr_un){.sun_family = AF_UNIX};
}

int bus_address_of_path(const char *path, struct sockaddr_un *ret, socklen_t *ret_size) {
        size_t length = strlen(path);

        if (length >= sizeof(ret->sun_path))
                return -ENAMETOOLONG;
        init(ret);
        memcpy(ret->sun_path, path, length + 1);
        *ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
        return 0;
}

/* Without the NUL at its end, and with one before it. */
static int abstract(const char *name, struct sockaddr_un *ret, socklen_t *ret_size) {
        size_t length = strlen(name);

        if (length + 1 > sizeof(ret->sun_path))
                return -ENAMETOOLONG;
        init(ret);
        memcpy(ret->sun_path + 1, name, length);
        *ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
        return 0;
}

static int digit(char c) {
        return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* What two digits say; -1 when they are none. */
static int byte_of(const char digits[2]) {
        int high = digit(digits[0]), low = digit(digits[1]);

        return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Undoes "%2f". NULL for what is no such text, an escaped NUL included. Owned by the caller. */
static char *unescape(const char *text, size_t length) {
        autofree char *plain = alloc_zero(length + 1, 1);

        for (size_t i = 0, n = 0; i < length; n++) {
                bool is_escape = text[i] == '%';
                int byte = !is_escape ? (unsigned char)text[i] : i + 2 < length ? byte_of(text + i + 1) : -1;

                if (byte <= 0)
                        return NULL;
                plain[n] = (char)byte;
                i += is_escape ? 3 : 1;
        }
        return take_ptr(&plain);
}

/* "path=/run/bus,guid=0a" up to `end`: one key says where. */
static int parse_keys(const char *keys, const char *end, struct sockaddr_un *ret, socklen_t *ret_size) {
        while (keys < end) {
                size_t length = strcspn(keys, ",;");
                const char *path = text_after(keys, "path="), *name = text_after(keys, "abstract=");
                const char *value = path ? path : name;
                autofree char *plain = value ? unescape(value, (size_t)(keys + length - value)) : NULL;

                if (plain)
                        return path ? bus_address_of_path(plain, ret, ret_size) : abstract(plain, ret, ret_size);
                keys += length + 1;
        }
        return -ENOENT;
}

int bus_address_next(const char **list, struct sockaddr_un *ret, socklen_t *ret_size) {
        while (*list) {
                const char *at = *list, *end = strchrnul(at, ';'), *keys = text_after(at, "unix:");

                *list = *end ? end + 1 : NULL;
                if (keys && parse_keys(keys, end, ret, ret_size) >= 0)
                        return 0;
        }
        return -ENOENT;
}
