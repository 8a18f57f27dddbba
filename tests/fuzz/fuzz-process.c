/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of the file of `exec --process`: config_parse_process() and config_check_process().
 *
 * Whatever the bytes are: it ends, a refusal leaves a message, nothing is left behind, and the same text gives the same
 * answer twice.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "libcontainer/config/config.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

/* The answer: the message, "" when the process passes. Owned by the caller. */
static char *answer(const uint8_t *data, size_t size) {
        autodone(config) struct config config = CONFIG_INIT;
        struct process_config process;
        int r;

        fail_forget();
        r = config_parse_process((const char *)data, size, "process.json", &process);
        if (r == 0) {
                r = config_check_process(&process, &config);
                process_config_done(&process);
        }
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
