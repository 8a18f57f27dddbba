/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A struct with a member of every kind that util/json.c stores, its tables, and the same written back. */
#pragma once

#include <stdlib.h>

#include "util/json.h"
#include "util/text.h"

enum sample_colour { RED = 3, GREEN = 5 };

struct sample_part {
        char *name;
        uint32_t *numbers;
        size_t n_numbers;
        struct sample_part_list {
                struct sample_part *items;
                size_t count;
        } parts;
};

struct sample_row {
        char **items;
        size_t count;
};

struct sample_word {
        char *key, *value;
};
struct sample_limit {
        uint64_t value; /* before the pair, to see that offsets are obeyed */
        bool is_hard, has_value;
};
struct sample_entry {
        char *key;
        uint64_t between;
        struct sample_limit limit;
};
struct sample_lists_entry {
        char *key;
        struct sample_row row;
};

struct sample {
        bool yes, has_yes;
        int8_t i8;
        uint8_t u8;
        uint16_t u16;
        int32_t i32;
        uint32_t u32;
        int64_t i64, between;
        uint64_t u64;
        bool has_u64;
        char *text;
        enum sample_colour colour;
        bool has_colour;
        long shape;
        uint64_t flags;
        bool has_flags;
        struct {
                bool present;
                char *text;
        } inner;
        struct sample_row words;
        bool has_words;
        struct sample_part_list parts;
        struct sample_row *rows;
        size_t n_rows;
        struct sample_word *map;
        size_t n_map;
        struct sample_entry *limits;
        size_t n_limits;
        struct sample_lists_entry *lists;
        size_t n_lists;
};

static const struct name sample_colours[] = { { "red", RED }, { "green", GREEN }, {} };
static const struct name sample_shapes[] = {
        { "s1", -1 }, { "s2", 2 }, { "s3", 3 }, { "s4", 4 },   { "s5", 5 },   { "s6", 6 },   { "s7", 7 },
        { "s8", 8 },  { "s9", 9 }, { "s10", 10 }, { "s11", 11 }, { "s12", 12 }, { "s13", 13 }, {},
};
static const struct name sample_flags[] = { { "low", 1 }, { "middle", 1L << 20 }, { "high", 1L << 40 }, {} };

static const struct json_type sample_colour = {
        .kind = JSON_NAME, .size = sizeof(enum sample_colour), .names = sample_colours, .what = "colour",
};
static const struct json_type sample_shape = {
        .kind = JSON_NAME, .size = sizeof(long), .names = sample_shapes, .what = "shape",
};
static const struct json_type sample_flag = {
        .kind = JSON_NAME, .size = sizeof(uint64_t), .names = sample_flags, .what = "flag",
};
static const struct json_type sample_flag_list = {
        .kind = JSON_ARRAY, .size = sizeof(uint64_t), .element = &sample_flag, .is_flags = true,
};

static const struct json_type sample_i8 = { .kind = JSON_INTEGER, .size = 1, .is_signed = true };
static const struct json_type sample_u8 = { .kind = JSON_INTEGER, .size = 1, .min = 10, .max = 200 };
static const struct json_type sample_u16 = { .kind = JSON_INTEGER, .size = 2 };
static const struct json_type sample_between = {
        .kind = JSON_INTEGER, .size = sizeof(int64_t), .is_signed = true, .min = -1000, .max = 1000,
};

static const struct json_type sample_parts;
static const struct json_type sample_numbers = { .kind = JSON_ARRAY, .size = sizeof(uint32_t), .element = &json_u32 };
static const struct json_field sample_part_fields[] = {
        JSON_FIELD(struct sample_part, name, "name", &json_string, .required = true),
        JSON_LIST(struct sample_part, numbers, n_numbers, "numbers", &sample_numbers),
        JSON_LIST(struct sample_part, parts.items, parts.count, "parts", &sample_parts),
        {},
};
static const struct json_type sample_part = {
        .kind = JSON_OBJECT, .size = sizeof(struct sample_part), .fields = sample_part_fields,
};
static const struct json_type sample_parts = {
        .kind = JSON_ARRAY, .size = sizeof(struct sample_part), .element = &sample_part,
};

static const struct json_field sample_inner_fields[] = {
        JSON_FIELD(struct sample, inner.text, "text", &json_string, .required = true),
        {},
};
static const struct json_type sample_inner = {
        .kind = JSON_OBJECT, .size = sizeof(struct sample), .fields = sample_inner_fields,
};

static const struct json_type sample_rows = {
        .kind = JSON_ARRAY, .size = sizeof(struct sample_row), .element = &json_strings,
};

static const struct json_type sample_map = {
        .kind = JSON_MAP, .size = sizeof(struct sample_word), .element = &json_string,
        .value_offset = offsetof(struct sample_word, value),
};
static const struct json_field sample_limit_fields[] = {
        JSON_FIELD(struct sample_limit, value, "value", &json_u64, JSON_PRESENT(struct sample_limit, has_value)),
        JSON_FIELD(struct sample_limit, is_hard, "hard", &json_bool, .required = true),
        {},
};
static const struct json_type sample_limit = {
        .kind = JSON_OBJECT, .size = sizeof(struct sample_limit), .fields = sample_limit_fields,
};
static const struct json_type sample_limits = {
        .kind = JSON_MAP, .size = sizeof(struct sample_entry), .element = &sample_limit,
        .value_offset = offsetof(struct sample_entry, limit),
};
static const struct json_type sample_lists = {
        .kind = JSON_MAP, .size = sizeof(struct sample_lists_entry), .element = &json_strings,
        .value_offset = offsetof(struct sample_lists_entry, row),
};

static const struct json_field sample_fields[] = {
        JSON_FIELD(struct sample, yes, "yes", &json_bool, JSON_PRESENT(struct sample, has_yes)),
        JSON_FIELD(struct sample, i8, "i8", &sample_i8),
        JSON_FIELD(struct sample, u8, "u8", &sample_u8),
        JSON_FIELD(struct sample, u16, "u16", &sample_u16),
        JSON_FIELD(struct sample, i32, "i32", &json_i32),
        JSON_FIELD(struct sample, u32, "u32", &json_u32),
        JSON_FIELD(struct sample, i64, "i64", &json_i64),
        JSON_FIELD(struct sample, between, "between", &sample_between),
        JSON_FIELD(struct sample, u64, "u64", &json_u64, JSON_PRESENT(struct sample, has_u64)),
        JSON_FIELD(struct sample, text, "text", &json_string),
        JSON_FIELD(struct sample, colour, "colour", &sample_colour, JSON_PRESENT(struct sample, has_colour)),
        JSON_FIELD(struct sample, shape, "shape", &sample_shape),
        JSON_FIELD(struct sample, flags, "flags", &sample_flag_list, JSON_PRESENT(struct sample, has_flags)),
        { .name = "inner", .type = &sample_inner, JSON_PRESENT(struct sample, inner.present) },
        JSON_LIST(struct sample, words.items, words.count, "words", &json_strings,
                  JSON_PRESENT(struct sample, has_words)),
        JSON_LIST(struct sample, parts.items, parts.count, "parts", &sample_parts),
        JSON_LIST(struct sample, rows, n_rows, "rows", &sample_rows),
        JSON_LIST(struct sample, map, n_map, "map", &sample_map),
        JSON_LIST(struct sample, limits, n_limits, "limits", &sample_limits),
        JSON_LIST(struct sample, lists, n_lists, "lists", &sample_lists),
        {},
};
static const struct json_type sample_type = {
        .kind = JSON_OBJECT, .size = sizeof(struct sample), .fields = sample_fields,
};

/* --- freeing --- */

static inline void sample_row_done(struct sample_row *row) {
        for (size_t i = 0; i < row->count; i++)
                free(row->items[i]);
        free(row->items);
}

static inline void sample_parts_done(struct sample_part_list *parts) {
        for (size_t i = 0; i < parts->count; i++) {
                free(parts->items[i].name);
                free(parts->items[i].numbers);
                sample_parts_done(&parts->items[i].parts);
        }
        free(parts->items);
}

static inline void sample_done(struct sample *sample) {
        free(sample->text);
        free(sample->inner.text);
        sample_row_done(&sample->words);
        sample_parts_done(&sample->parts);
        for (size_t i = 0; i < sample->n_rows; i++)
                sample_row_done(&sample->rows[i]);
        free(sample->rows);
        for (size_t i = 0; i < sample->n_map; i++) {
                free(sample->map[i].key);
                free(sample->map[i].value);
        }
        free(sample->map);
        for (size_t i = 0; i < sample->n_limits; i++)
                free(sample->limits[i].key);
        free(sample->limits);
        for (size_t i = 0; i < sample->n_lists; i++) {
                free(sample->lists[i].key);
                sample_row_done(&sample->lists[i].row);
        }
        free(sample->lists);
        *sample = (struct sample){};
}

/* --- writing --- */

static inline void sample_write_row(struct json_writer *writer, const char *key, const struct sample_row *row) {
        json_array_begin(writer, key);
        for (size_t i = 0; i < row->count; i++)
                json_write_string(writer, NULL, row->items[i]);
        json_array_end(writer);
}

static inline void sample_write_parts(struct json_writer *writer, const struct sample_part_list *parts) {
        json_array_begin(writer, "parts");
        for (size_t i = 0; i < parts->count; i++) {
                const struct sample_part *part = &parts->items[i];

                json_object_begin(writer, NULL);
                json_write_string(writer, "name", part->name);
                json_array_begin(writer, "numbers");
                for (size_t k = 0; k < part->n_numbers; k++)
                        json_write_u64(writer, NULL, part->numbers[k]);
                json_array_end(writer);
                if (part->parts.count > 0)
                        sample_write_parts(writer, &part->parts);
                json_object_end(writer);
        }
        json_array_end(writer);
}

static inline void sample_write_numbers(struct json_writer *writer, const struct sample *sample) {
        json_write_i64(writer, "i8", sample->i8);
        if (sample->u8 > 0)
                json_write_u64(writer, "u8", sample->u8);
        json_write_u64(writer, "u16", sample->u16);
        json_write_i64(writer, "i32", sample->i32);
        json_write_u64(writer, "u32", sample->u32);
        json_write_i64(writer, "i64", sample->i64);
        json_write_i64(writer, "between", sample->between);
        if (sample->has_u64)
                json_write_u64(writer, "u64", sample->u64);
}

static inline void sample_write_names(struct json_writer *writer, const struct sample *sample) {
        if (sample->has_colour)
                json_write_string(writer, "colour", name_of(sample_colours, (long)sample->colour));
        json_write_string(writer, "shape", name_of(sample_shapes, sample->shape));
        json_array_begin(writer, "flags");
        for (const struct name *flag = sample_flags; flag->name; flag++)
                if (sample->flags & (uint64_t)flag->value)
                        json_write_string(writer, NULL, flag->name);
        json_array_end(writer);
}

static inline void sample_write_maps(struct json_writer *writer, const struct sample *sample) {
        json_object_begin(writer, "map");
        for (size_t i = 0; i < sample->n_map; i++)
                json_write_string(writer, sample->map[i].key, sample->map[i].value);
        json_object_end(writer);
        json_object_begin(writer, "limits");
        for (size_t i = 0; i < sample->n_limits; i++) {
                json_object_begin(writer, sample->limits[i].key);
                if (sample->limits[i].limit.has_value)
                        json_write_u64(writer, "value", sample->limits[i].limit.value);
                json_write_bool(writer, "hard", sample->limits[i].limit.is_hard);
                json_object_end(writer);
        }
        json_object_end(writer);
        json_object_begin(writer, "lists");
        for (size_t i = 0; i < sample->n_lists; i++)
                sample_write_row(writer, sample->lists[i].key, &sample->lists[i].row);
        json_object_end(writer);
}

static inline void sample_write(struct text *text, bool indent, const struct sample *sample) {
        struct json_writer writer = { .text = text, .indent = indent };

        json_object_begin(&writer, NULL);
        if (sample->has_yes)
                json_write_bool(&writer, "yes", sample->yes);
        sample_write_numbers(&writer, sample);
        json_write_string(&writer, "text", sample->text);
        sample_write_names(&writer, sample);
        if (sample->inner.present) {
                json_object_begin(&writer, "inner");
                json_write_string(&writer, "text", sample->inner.text);
                json_object_end(&writer);
        }
        sample_write_row(&writer, "words", &sample->words);
        sample_write_parts(&writer, &sample->parts);
        json_array_begin(&writer, "rows");
        for (size_t i = 0; i < sample->n_rows; i++)
                sample_write_row(&writer, NULL, &sample->rows[i]);
        json_array_end(&writer);
        sample_write_maps(&writer, sample);
        json_object_end(&writer);
}
