/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strings that grow, strict numbers, comparison. Pure: used in every process, at any time.
 *
 * The growing string is what builds file contents, mount data and JSON; it doubles its room, so that adding byte by
 * byte costs no more than adding at once. The number parsers exist because strtoull(3) takes blanks, signs and
 * negative numbers for granted.
 */
#include "util/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/alloc.h"

void text_done(struct text *text) {
        free(text->bytes);
        *text = TEXT_INIT;
}

/* Room for `more` bytes and the NUL behind them. */
static void make_room(struct text *text, size_t more) {
        size_t capacity = text->capacity ? text->capacity : 32;

        if (more < text->capacity - text->length)
                return;
        /* Past half of the address space no doubling can succeed: alloc_resize() then ends the process. */
        while (capacity - text->length <= more && capacity <= SIZE_MAX / 2)
                capacity *= 2;
        text->bytes = alloc_resize(text->bytes, capacity - text->length > more ? capacity : SIZE_MAX, 1);
        text->capacity = capacity;
}

void text_add_n(struct text *text, const char *more, size_t length) {
        make_room(text, length);
        if (length > 0)
                memcpy(text->bytes + text->length, more, length);
        text->length += length;
        text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *more) {
        text_add_n(text, more, strlen(more));
}

void text_add_format(struct text *text, const char *format, ...) {
        va_list arguments, again;
        int length;

        va_start(arguments, format);
        va_copy(again, arguments);
        length = vsnprintf(NULL, 0, format, arguments);
        va_end(arguments);
        if (length >= 0) {
                make_room(text, (size_t)length);
                vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
                text->length += (size_t)length;
        }
        va_end(again);
}

char *text_take(struct text *text) {
        char *bytes = text->bytes ? text->bytes : text_copy("");

        *text = TEXT_INIT;
        return bytes;
}

static bool is_continuation(unsigned char byte) {
        return (byte & 0xc0) == 0x80;
}

size_t text_character_length(const char *bytes, size_t size) {
        const unsigned char *b = (const unsigned char *)bytes;

        if (size == 0)
                return 0;
        if (b[0] < 0x80)
                return 1;
        if (size < 2 || !is_continuation(b[1]))
                return 0;
        /* The second byte's bounds refuse what has a shorter form, the surrogates, and all above U+10FFFF. */
        if (b[0] < 0xe0)
                return b[0] >= 0xc2 ? 2 : 0;
        if (size < 3 || !is_continuation(b[2]))
                return 0;
        if (b[0] < 0xf0)
                return (b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) ? 0 : 3;
        if (size < 4 || !is_continuation(b[3]))
                return 0;
        return b[0] > 0xf4 || (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f) ? 0 : 4;
}

/* Beside what JSON demands, the other control characters: nothing that we write should move a terminal's cursor. */
static bool is_escaped(const char *bytes, size_t character) {
        const unsigned char *b = (const unsigned char *)bytes;

        if (character == 1)
                return b[0] < 0x20 || b[0] == '"' || b[0] == '\\' || b[0] == 0x7f;
        return character == 2 && b[0] == 0xc2 && b[1] < 0xa0;
}

/* U+0080 to U+009F end in the byte that is their number. */
static void add_json_escape(struct text *text, unsigned char c) {
        static const char letters[] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
                                        ['"'] = '"', ['\\'] = '\\' };

        if (c < sizeof(letters) && letters[c])
                text_add_format(text, "\\%c", letters[c]);
        else
                text_add_format(text, "\\u%04x", c);
}

void text_add_json_n(struct text *text, const char *value, size_t length) {
        size_t plain = 0, i = 0;

        text_add_n(text, "\"", 1);
        while (i < length) {
                size_t character = text_character_length(value + i, length - i);

                if (character > 0 && !is_escaped(value + i, character)) {
                        i += character;
                        continue;
                }
                text_add_n(text, value + plain, i - plain);
                if (character > 0)
                        add_json_escape(text, (unsigned char)value[i + character - 1]);
                else
                        text_add(text, "\xef\xbf\xbd");
                i += character > 0 ? character : 1;
                plain = i;
        }
        text_add_n(text, value + plain, length - plain);
        text_add_n(text, "\"", 1);
}

void text_add_json(struct text *text, const char *value) {
        text_add_json_n(text, value, strlen(value));
}

void string_list_done(struct string_list *list) {
        for (size_t i = 0; i < list->count; i++)
                free(list->items[i]);
        free(list->items);
        *list = (struct string_list){};
}

bool text_equal(const char *a, const char *b) {
        return a == b || (a && b && strcmp(a, b) == 0);
}

const char *text_after(const char *text, const char *prefix) {
        size_t length = strlen(prefix);

        return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

bool text_starts_with(const char *text, const char *prefix) {
        return text_after(text, prefix) != NULL;
}

int text_to_u64(const char *text, uint64_t *ret) {
        uint64_t value = 0;
        bool overflow = false;

        if (text_is_empty(text))
                return -EINVAL;
        for (; *text; text++) {
                if (*text < '0' || *text > '9')
                        return -EINVAL;
                overflow |= __builtin_mul_overflow(value, (uint64_t)10, &value);
                overflow |= __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value);
        }
        if (overflow)
                return -ERANGE;
        *ret = value;
        return 0;
}

int text_to_i64(const char *text, int64_t *ret) {
        bool negative = text && text[0] == '-';
        uint64_t magnitude;
        int r = text_to_u64(negative ? text + 1 : text, &magnitude);

        if (r < 0)
                return r;
        if (magnitude > (uint64_t)INT64_MAX + negative)
                return -ERANGE;
        /* Negated while unsigned: -INT64_MIN has no signed value. */
        *ret = (int64_t)(negative ? -magnitude : magnitude);
        return 0;
}

/* --- time spans --- */

static const struct {
        const char *name;
        uint64_t nanoseconds;
} duration_units[] = {
        {"ns", 1},
        {"us", 1000},
        {"\xc2\xb5s", 1000}, /* the micro sign */
        {"\xce\xbcs", 1000}, /* the Greek letter, which looks the same */
        {"ms", 1000000},
        {"s", 1000000000},
        {"m", 60000000000},
        {"h", 3600000000000},
};

static uint64_t unit_of(const char *name, size_t length) {
        for (size_t i = 0; i < ELEMENTSOF(duration_units); i++)
                if (strlen(duration_units[i].name) == length && strncmp(duration_units[i].name, name, length) == 0)
                        return duration_units[i].nanoseconds;
        return 0;
}

/* The digits and the point of a number as so many units. What is less than a nanosecond is left out. */
static int scale_number(const char *number, size_t length, uint64_t unit, uint64_t *ret) {
        const char *point = memchr(number, '.', length);
        size_t n_whole = point ? (size_t)(point - number) : length;
        uint64_t sum = 0, weight = unit;
        bool overflow = false;

        if (length == 0 || (point && (length == 1 || memchr(point + 1, '.', length - n_whole - 1))))
                return -EINVAL;
        for (size_t i = 0; i < n_whole; i++) {
                overflow |= __builtin_mul_overflow(sum, (uint64_t)10, &sum);
                overflow |= __builtin_add_overflow(sum, (uint64_t)(number[i] - '0') * unit, &sum);
        }
        for (size_t i = n_whole + 1; i < length; i++) {
                weight /= 10;
                overflow |= __builtin_add_overflow(sum, (uint64_t)(number[i] - '0') * weight, &sum);
        }
        *ret = sum;
        return overflow ? -ERANGE : 0;
}

static int add_duration_parts(const char *at, uint64_t *sum) {
        static const char number_characters[] = "0123456789.";

        while (*at) {
                size_t n_number = strspn(at, number_characters), n_unit = strcspn(at + n_number, number_characters);
                uint64_t unit = unit_of(at + n_number, n_unit), part;
                int r = unit ? scale_number(at, n_number, unit, &part) : -EINVAL;

                if (r < 0)
                        return r;
                if (__builtin_add_overflow(*sum, part, sum))
                        return -ERANGE;
                at += n_number + n_unit;
        }
        return 0;
}

int text_to_duration(const char *text, int64_t *ret_nanoseconds) {
        bool negative = text && text[0] == '-';
        const char *at = text && (text[0] == '-' || text[0] == '+') ? text + 1 : text;
        uint64_t sum = 0;
        int r = text_to_u64(at, &sum);

        if (r == 0)
                r = __builtin_mul_overflow(sum, (uint64_t)1000000000, &sum) ? -ERANGE : 0;
        else if (r == -EINVAL && !text_is_empty(at))
                r = add_duration_parts(at, &sum);
        if (r < 0)
                return r;
        if (sum > INT64_MAX)
                return -ERANGE;
        *ret_nanoseconds = negative ? -(int64_t)sum : (int64_t)sum;
        return 0;
}

/* --- sizes --- */

/* What the unit at the end of a size multiplies by; 0 if it is none. */
static uint64_t size_unit(const char *text) {
        static const char letters[] = "kmgtp";
        char letter = (char)tolower((unsigned char)text[0]);
        const char *at = letter ? strchr(letters, letter) : NULL;

        if (!letter || (letter == 'b' && !text[1]))
                return 1;
        if (!at || (text[1] && strcasecmp(text + 1, "b") != 0 && strcasecmp(text + 1, "ib") != 0))
                return 0;
        return UINT64_C(1) << (10 * (at - letters + 1));
}

/* More digits would not change a byte of any size that fits. */
#define FRACTION_DIGITS 18

/* The part behind the point, of 10 ^ FRACTION_DIGITS. */
static uint64_t read_fraction(const char *digits, size_t length) {
        uint64_t value = 0;

        for (size_t i = 0; i < FRACTION_DIGITS; i++)
                value = value * 10 + (i < length ? (uint64_t)(digits[i] - '0') : 0);
        return value;
}

int text_to_size(const char *text, int64_t *ret) {
        static const char digits[] = "0123456789";
        size_t whole = text ? strspn(text, digits) : 0, fraction = 0;
        unsigned __int128 value = 0;
        const char *unit;
        uint64_t factor;

        if (whole == 0)
                return -EINVAL;
        unit = text + whole;
        if (*unit == '.') {
                fraction = strspn(unit + 1, digits);
                unit += 1 + fraction;
        }
        factor = size_unit(unit);
        if (factor == 0 || (text[whole] == '.' && fraction == 0))
                return -EINVAL;
        for (size_t i = 0; i < whole && value <= INT64_MAX; i++)
                value = value * 10 + (unsigned)(text[i] - '0');
        value *= factor;
        value += (unsigned __int128)read_fraction(text + whole + 1, fraction) * factor / UINT64_C(1000000000000000000);
        if (value > INT64_MAX)
                return -ERANGE;
        *ret = (int64_t)value;
        return 0;
}
