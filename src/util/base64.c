/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64, in the runtime's process. Strict: what has two spellings is taken in one. */
#include "util/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "util/alloc.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Four characters, of which the last `padding` ones are known to be that, to three bytes. */
static int decode_group(const char *group, size_t padding, unsigned char ret[3]) {
        uint32_t bits = 0;

        for (size_t i = 0; i < 4; i++) {
                const char *digit = i < 4 - padding ? strchr(digits, group[i]) : digits;

                if (!digit)
                        return -EINVAL;
                bits = bits << 6 | (uint32_t)(digit - digits);
        }
        ret[0] = (unsigned char)(bits >> 16);
        ret[1] = (unsigned char)(bits >> 8);
        ret[2] = (unsigned char)bits;
        /* Bits that no byte gets must not be set. */
        return bits & ((1u << 8 * padding) - 1) ? -EINVAL : 0;
}

int base64_decode(const char *text, unsigned char **ret, size_t *ret_size) {
        size_t length = strlen(text), n_groups = length / 4, padding = 0;
        autofree unsigned char *bytes = alloc_zero(n_groups + 1, 3);

        if (length % 4 != 0)
                return -EINVAL;
        while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
                padding++;
        for (size_t i = 0; i < n_groups; i++) {
                int r = decode_group(text + 4 * i, i + 1 == n_groups ? padding : 0, bytes + 3 * i);

                if (r < 0)
                        return r;
        }
        *ret_size = 3 * n_groups - padding;
        *ret = take_ptr(&bytes);
        return 0;
}
