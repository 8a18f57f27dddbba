/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes JSON documents (state, features, events) into a growing text. Used in the runtime's process.
 *
 * The caller gives the structure by its calls, and answers for it: an end for each begin, a key for each value of an
 * object. Commas, blanks and escapes are ours.
 */
#include "util/json.h"

#include <inttypes.h>
#include <string.h>

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

/* --- by tables --- */

static void write_value(struct json_writer *writer, const char *key, const struct json_type *type, const char *value);

/* A machine with the least significant byte first, and one with the last, hold a small integer differently. */
static int64_t read_integer(const struct json_type *type, const char *value) {
        union {
                int8_t i8;
                uint8_t u8;
                int16_t i16;
                uint16_t u16;
                int32_t i32;
                uint32_t u32;
                int64_t i64;
        } number = {};

        memcpy(&number, value, type->size);
        switch (type->size) {
        case 1:
                return type->is_signed ? number.i8 : number.u8;
        case 2:
                return type->is_signed ? number.i16 : number.u16;
        case 4:
                return type->is_signed ? number.i32 : (int64_t)number.u32;
        default:
                return number.i64;
        }
}

static void write_flags(struct json_writer *writer, const char *key, const struct json_type *type, const char *value) {
        uint64_t flags;

        memcpy(&flags, value, sizeof(flags));
        json_array_begin(writer, key);
        for (const struct name *flag = type->element->names; flag->name; flag++)
                if (flags & (uint64_t)flag->value)
                        json_write_string(writer, NULL, flag->name);
        json_array_end(writer);
}

static void write_list(struct json_writer *writer, const char *key, const struct json_type *type, const char *elements,
                       size_t count) {
        bool map = type->kind == JSON_MAP;

        (map ? json_object_begin : json_array_begin)(writer, key);
        for (size_t i = 0; i < count; i++) {
                const char *element = elements + i * type->size;
                const char *name = map ? *(const char *const *)(const void *)element : NULL;

                write_value(writer, name, type->element, element + (map ? type->value_offset : 0));
        }
        (map ? json_object_end : json_array_end)(writer);
}

static void write_field(struct json_writer *writer, const struct json_field *field, const char *object) {
        const char *value = object + field->offset;
        enum json_kind kind = field->type->kind;
        size_t count;

        if (field->present_offset && !*(const bool *)(object + field->present_offset - 1))
                return;
        if (kind == JSON_STRING && !*(const char *const *)(const void *)value)
                return;
        if ((kind != JSON_ARRAY && kind != JSON_MAP) || field->type->is_flags) {
                write_value(writer, field->name, field->type, value);
                return;
        }
        memcpy(&count, object + field->count_offset, sizeof(count));
        if (count > 0)
                write_list(writer, field->name, field->type, *(const char *const *)(const void *)value, count);
}

static void write_value(struct json_writer *writer, const char *key, const struct json_type *type, const char *value) {
        size_t count;

        switch (type->kind) {
        case JSON_BOOL:
                json_write_bool(writer, key, *(const bool *)value);
                break;
        case JSON_INTEGER:
                if (type->is_signed)
                        json_write_i64(writer, key, read_integer(type, value));
                else
                        json_write_u64(writer, key, (uint64_t)read_integer(type, value));
                break;
        case JSON_STRING:
                json_write_string(writer, key, *(const char *const *)(const void *)value);
                break;
        case JSON_NAME:
                json_write_string(writer, key, name_of(type->names, (long)read_integer(type, value)));
                break;
        case JSON_OBJECT:
                json_write_object(writer, key, type, value);
                break;
        case JSON_ARRAY:
        case JSON_MAP:
                if (type->is_flags) {
                        write_flags(writer, key, type, value);
                        break;
                }
                memcpy(&count, value + sizeof(char *), sizeof(count));
                write_list(writer, key, type, *(const char *const *)(const void *)value, count);
                break;
        }
}

void json_write_object(struct json_writer *writer, const char *key, const struct json_type *type, const void *object) {
        json_object_begin(writer, key);
        for (const struct json_field *field = type->fields; field->name; field++)
                write_field(writer, field, object);
        json_object_end(writer);
}
