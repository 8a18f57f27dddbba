/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes JSON documents (state, features, events) into a growing text. Used in the runtime's process.
 *
 * The caller gives the structure by its calls, and answers for it: an end for each begin, a key for each value of an
 * object. Commas, blanks and escapes are ours.
 */
#include "util/json.h"

#include <inttypes.h>

#include "util/text.h"

static void new_line(struct json_writer *writer) {
        if (!writer->indent)
                return;
        text_add(writer->text, "\n");
        for (int i = 0; i < writer->depth; i++)
                text_add(writer->text, "  ");
}

/* All that stands before a value. */
static void begin_value(struct json_writer *writer, const char *key) {
        if (writer->needs_comma)
                text_add(writer->text, ",");
        if (writer->depth > 0)
                new_line(writer);
        if (key) {
                text_add_json(writer->text, key);
                text_add(writer->text, writer->indent ? ": " : ":");
        }
        writer->needs_comma = true;
}

static void begin(struct json_writer *writer, const char *key, const char *bracket) {
        begin_value(writer, key);
        text_add(writer->text, bracket);
        writer->depth++;
        writer->needs_comma = false;
}

static void end(struct json_writer *writer, const char *bracket) {
        writer->depth--;
        /* Without a comma due, nothing is inside: "{}" stays on its line. */
        if (writer->needs_comma)
                new_line(writer);
        text_add(writer->text, bracket);
        writer->needs_comma = true;
}

void json_object_begin(struct json_writer *writer, const char *key) {
        begin(writer, key, "{");
}

void json_object_end(struct json_writer *writer) {
        end(writer, "}");
}

void json_array_begin(struct json_writer *writer, const char *key) {
        begin(writer, key, "[");
}

void json_array_end(struct json_writer *writer) {
        end(writer, "]");
}

void json_write_string(struct json_writer *writer, const char *key, const char *value) {
        begin_value(writer, key);
        if (value)
                text_add_json(writer->text, value);
        else
                text_add(writer->text, "null");
}

void json_write_i64(struct json_writer *writer, const char *key, int64_t value) {
        begin_value(writer, key);
        text_add_format(writer->text, "%" PRId64, value);
}

void json_write_u64(struct json_writer *writer, const char *key, uint64_t value) {
        begin_value(writer, key);
        text_add_format(writer->text, "%" PRIu64, value);
}

void json_write_hundredths(struct json_writer *writer, const char *key, uint64_t value) {
        begin_value(writer, key);
        text_add_format(writer->text, "%" PRIu64 ".%02" PRIu64, value / 100, value % 100);
}

void json_write_bool(struct json_writer *writer, const char *key, bool value) {
        begin_value(writer, key);
        text_add(writer->text, value ? "true" : "false");
}
