/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of util/json.c.
 *
 * Whatever the bytes are: a refusal leaves a message of one printable line, and what is accepted can be written,
 * decoded again and written again to the same text.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/json.h"
#include "util/text.h"

#include "json-sample.h"

static void demand_printable(const char *message) {
        size_t left = strlen(message);

        demand(left > 0);
        while (left > 0) {
                size_t length = text_character_length(message, left);

                /* The record cuts what is too long, be it inside a character. */
                if (length == 0 && left < 4)
                        return;
                demand(length > 0 && (unsigned char)message[0] >= 0x20 && message[0] != 0x7f);
                message += length;
                left -= length;
        }
}

static void write_and_decode_again(const struct sample *sample, bool indent) {
        autodone(text) struct text first = TEXT_INIT, second = TEXT_INIT;
        autodone(sample) struct sample again = {};

        sample_write(&first, indent, sample);
        demand(json_decode(first.bytes, first.length, "again", &sample_type, &again) == 0);
        sample_write(&second, indent, &again);
        demand(text_equal(first.bytes, second.bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        autodone(sample) struct sample sample = {};
        int r;

        fail_forget();
        r = json_decode((const char *)data, size, "sample.json", &sample_type, &sample);
        demand(r == 0 || r == -EINVAL);
        if (r < 0) {
                demand_printable(fail_text());
                return 0;
        }
        write_and_decode_again(&sample, false);
        write_and_decode_again(&sample, true);
        return 0;
}
