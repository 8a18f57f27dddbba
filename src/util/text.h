/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text: a growing string, lists of strings, strict number parsing, comparison. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing string. TEXT_INIT is empty; text_done() frees. `bytes` is NUL-terminated once anything was added. */
struct text {
        char *bytes;
        size_t length, capacity;
};
#define TEXT_INIT ((struct text){})

void text_done(struct text *text);
void text_add(struct text *text, const char *more);
void text_add_n(struct text *text, const char *more, size_t length);
void text_add_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Hands the finished string over to the caller; "" when nothing was added. */
char *text_take(struct text *text);

/*
 * Adds a JSON string literal, quotes and escapes included. A byte that is not UTF-8 becomes U+FFFD, since the document
 * could not be read back with it.
 */
void text_add_json(struct text *text, const char *value);
void text_add_json_n(struct text *text, const char *value, size_t length);

/* The length of the UTF-8 character that the bytes begin with; 0 if they begin with none. */
size_t text_character_length(const char *bytes, size_t size);

struct string_list {
        char **items;
        size_t count;
};
void string_list_done(struct string_list *list);

static inline bool text_is_empty(const char *text) {
        return !text || !text[0];
}
bool text_equal(const char *a, const char *b); /* NULL equals only NULL */
bool text_starts_with(const char *text, const char *prefix);

/* The rest behind the prefix, or NULL. */
const char *text_after(const char *text, const char *prefix);

/*
 * Whole-string decimal numbers: digits only (a leading '-' for the signed one); no blanks, no sign '+', no hex, no
 * overflow. Returns 0 or -EINVAL / -ERANGE.
 */
int text_to_u64(const char *text, uint64_t *ret);
int text_to_i64(const char *text, int64_t *ret);

/*
 * A time span as Go writes it: "5s", "1m30s", "1h2m3.5s", "100ms", with a sign before it or not; a number alone is
 * seconds, as youki takes it. Returns 0 or -EINVAL / -ERANGE.
 */
int text_to_duration(const char *text, int64_t *ret_nanoseconds);

/*
 * A number of bytes as people write it: digits, perhaps a point and more of them, perhaps a unit of 1024, k m g t p in
 * either case with or without "b" or "ib" behind it, or "b" alone. "512M", "1.5g", "64KiB". Parts of a byte are cut off.
 * Returns as the others do; what exceeds int64_t is -ERANGE.
 */
int text_to_size(const char *text, int64_t *ret);
