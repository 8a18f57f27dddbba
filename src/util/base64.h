/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64 (RFC 4648, section 4). */
#pragma once

#include <stddef.h>

/*
 * Gives the bytes that the text stands for, owned by the caller. -EINVAL unless all of it is base64: no white space, and padded
 * to a multiple of four characters.
 */
int base64_decode(const char *text, unsigned char **ret, size_t *ret_size);
