/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON into C structs by tables, straight from yajl's events: no tree is ever built.
 *
 * A `struct json_type` says how one kind of value is stored: its size in memory, what JSON it takes, and, for objects,
 * the table of its fields. The decoder keeps a stack of (type, memory) and stores each event where the top says.
 *
 *     static const struct json_field user_fields[] = {
 *             JSON_FIELD(struct user, uid, "uid", &json_u32, .required = true),
 *             JSON_FIELD(struct user, gid, "gid", &json_u32),
 *             {}
 *     };
 *
 * Rules: unknown properties are skipped whatever they hold; null counts as absent, be it a property or a map's entry,
 * but is an error as an element of an array, where it would leave a hole. A known property or a map's key given twice,
 * an integer that does not fit or is not written in digits alone (1.0, 1e3), a NUL in a stored string, nesting deeper
 * than JSON_DEPTH_MAX, invalid UTF-8 and half a surrogate pair (even in what is skipped) are errors.
 *
 * Errors of meaning carry the JSON path, the value found and what was expected; errors of syntax carry NAME:LINE:COL.
 * Exactly one object (or array, where that is asked for) must fill the text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/names.h"

#define JSON_DEPTH_MAX 64
#define JSON_FIELDS_MAX 64 /* of one object's table; rows behind them are not found */

enum json_kind {
        JSON_BOOL, /* bool */
        JSON_INTEGER, /* an integer of `size` bytes, is_signed, within min..max */
        JSON_STRING, /* char *, owned */
        /*
         * A string out of `names`, stored as an integer of `size` bytes (or OR-ed in: is_flags). An empty string counts
         * as absent, like null: it is what Go writes for a word that was never set (seccomp.defaultAction, say).
         */
        JSON_NAME,
        JSON_OBJECT, /* a struct with `fields` */
        JSON_ARRAY, /* elements of `element`, as a pointer and a size_t (count_offset; in an element: behind the pointer) */
        JSON_MAP, /* an object whose keys are data: elements that begin with `char *key`, then filled by `element` */
};

struct json_field;

struct json_type {
        enum json_kind kind;
        size_t size; /* of the value in memory; for ARRAY and MAP of one element */
        bool is_signed;
        int64_t min;
        uint64_t max; /* INTEGER: bounds, both 0 = what size holds */
        const struct name *names; /* NAME */
        const char *what; /* NAME: how messages call it: "rlimit" gives: unknown rlimit "RLIMIT_FOO" */
        bool is_flags; /* ARRAY of NAME: OR the values into one uint64_t instead of making an array */
        const struct json_field *fields; /* OBJECT */
        const struct json_type *element; /* ARRAY, MAP: how one value is stored */
        size_t value_offset; /* MAP: where in an element the value is stored; the key is stored at offset 0 */
};

/* One property of an object. A table ends with an empty row. */
struct json_field {
        const char *name;
        size_t offset; /* of the value in the struct */
        const struct json_type *type;
        size_t count_offset; /* ARRAY, MAP: offset of the size_t count */
        size_t present_offset; /* offset + 1 of a bool that is set when the value is there (not null); 0: none */
        bool required;
};

#define JSON_FIELD(structure, member, json_name, json_type, ...)                                          \
        { .name = (json_name), .offset = offsetof(structure, member), .type = (json_type), __VA_ARGS__ }
#define JSON_LIST(structure, items_member, count_member, json_name, json_type, ...)                       \
        { .name = (json_name), .offset = offsetof(structure, items_member), .type = (json_type),          \
          .count_offset = offsetof(structure, count_member), __VA_ARGS__ }
#define JSON_PRESENT(structure, member) .present_offset = (offsetof(structure, member) + 1)

extern const struct json_type json_bool, json_string, json_i32, json_u32, json_i64, json_u64, json_strings;

/*
 * Decodes one JSON object into `target` (zeroed by the caller) with an OBJECT type. `name` is the file for messages.
 * After a failure `target` is half filled: the caller's done function frees it. Records; returns -EINVAL.
 */
int json_decode(const char *text, size_t size, const char *name, const struct json_type *type, void *target);

/* An array that is the whole document; it bears a name, with which the paths of messages begin, and takes its elements' type. */
struct json_document_array {
        const char *what; /* "mounts" gives: mounts[0].type: ... */
        const struct json_type *type; /* ARRAY */
        void *items; /* address of the pointer to the elements, NULL before */
        size_t *count;
};

/* The same for an array. After a failure it is half filled too. */
int json_decode_array(const char *text, size_t size, const char *name, const struct json_document_array *array);

/* Writing: an indented or compact document into a text; the caller says where objects and arrays begin and end. */
struct text;
struct json_writer {
        struct text *text;
        int depth;
        bool indent; /* two spaces a level, a space after colons; else no blank at all */
        bool needs_comma;
};
void json_object_begin(struct json_writer *writer, const char *key); /* key NULL: in an array, or the document */
void json_object_end(struct json_writer *writer);
void json_array_begin(struct json_writer *writer, const char *key);
void json_array_end(struct json_writer *writer);
void json_write_string(struct json_writer *writer, const char *key, const char *value); /* NULL writes null */
void json_write_i64(struct json_writer *writer, const char *key, int64_t value);
void json_write_u64(struct json_writer *writer, const char *key, uint64_t value);
void json_write_hundredths(struct json_writer *writer, const char *key, uint64_t value); /* 123 is 1.23 */
void json_write_bool(struct json_writer *writer, const char *key, bool value);

/*
 * Writes a struct by the tables that decode it, so that json_decode() gives the same again. What is absent (a `present`
 * flag that is not set, a NULL string, an empty list) is left out.
 */
void json_write_object(struct json_writer *writer, const char *key, const struct json_type *type, const void *object);
