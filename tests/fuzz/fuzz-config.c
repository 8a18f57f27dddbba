/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of config_parse() and config_check().
 *
 * Whatever the bytes are: it ends, a refusal leaves a message, nothing is left behind, and the same text gives the same
 * answer twice.
 */
#include "fuzz.h"

#include <errno.h>

#include "libcontainer/config/config.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

/* The answer: the message, "" when the config passes. Owned by the caller. */
static char *answer(const uint8_t *data, size_t size) {
        autodone(config) struct config config = CONFIG_INIT;
        int r;

        fail_forget();
        r = config_parse((const char *)data, size, "config.json", &config);
        if (r == 0)
                r = config_check(&config);
        demand(r == 0 || r == -EINVAL);
        demand((r == 0) == text_is_empty(fail_text()));
        return text_copy(fail_text());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        autofree char *first = answer(data, size);
        autofree char *second = answer(data, size);

        demand(text_equal(first, second));
        return 0;
}
