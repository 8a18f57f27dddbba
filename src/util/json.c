/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The JSON decoder: yajl's events, stored where tables say. Runs in the runtime's process, on text that a caller has
 * read whole; the text is somebody else's and is believed in nothing.
 *
 * One frame per open object or array that is known to the tables; what is open inside an unknown property is only
 * counted. An array grows only when a new element begins, and then no frame is inside of it: so frames may point into
 * the memory that they fill.
 */
#include "util/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

/* The bytes of a found value that a message shows, and the names that it lists. */
#define SHOWN_MAX 64
#define LISTED_MAX 12

const struct json_type json_bool = { .kind = JSON_BOOL, .size = sizeof(bool) };
const struct json_type json_string = { .kind = JSON_STRING, .size = sizeof(char *) };
const struct json_type json_i32 = { .kind = JSON_INTEGER, .size = sizeof(int32_t), .is_signed = true };
const struct json_type json_u32 = { .kind = JSON_INTEGER, .size = sizeof(uint32_t) };
const struct json_type json_i64 = { .kind = JSON_INTEGER, .size = sizeof(int64_t), .is_signed = true };
const struct json_type json_u64 = { .kind = JSON_INTEGER, .size = sizeof(uint64_t) };
const struct json_type json_strings = { .kind = JSON_ARRAY, .size = sizeof(char *), .element = &json_string };

/* The place of one value: what belongs there and where it is stored. */
struct slot {
        const struct json_type *type; /* NULL: the value of an unknown property, which is skipped */
        char *target;
        size_t *count; /* of an ARRAY or a MAP */
};

/* An object or array that is open. */
struct frame {
        struct slot slot;
        const struct json_field *field; /* OBJECT: whose value comes next; NULL: an unknown property's */
        uint64_t named, present; /* OBJECT: the fields that have been met, and those of them that are not null */
        size_t index; /* ARRAY: how many elements have begun */
        const char *key; /* MAP: whose value comes next; the element owns it */
        bool has_absent; /* MAP: some values count as absent */
};

struct decoder {
        const char *name;
        const char *what; /* the name of an array that is the document; else NULL */
        struct slot root;
        struct frame frames[JSON_DEPTH_MAX];
        size_t depth;
        size_t skipped; /* objects and arrays open in the value of an unknown property */
};

/* The innermost open object or array; only the document's own value has none (depth 0). */
static struct frame *top_of(struct decoder *decoder) {
        return &decoder->frames[decoder->depth > 0 ? decoder->depth - 1 : 0];
}

/* --- messages --- */

static void add_quoted(struct text *text, const char *value, size_t length) {
        size_t shown = length;

        if (length > SHOWN_MAX) {
                shown = SHOWN_MAX;
                while (shown > 0 && ((unsigned char)value[shown] & 0xc0) == 0x80)
                        shown--;
        }
        text_add_json_n(text, value, shown);
        if (shown < length)
                text_add(text, "...");
}

static void add_path(struct text *path, const struct decoder *decoder) {
        if (decoder->what && decoder->depth > 0)
                text_add(path, decoder->what);
        for (size_t i = 0; i < decoder->depth; i++) {
                const struct frame *frame = &decoder->frames[i];

                if (frame->field)
                        text_add_format(path, "%s%s", path->length > 0 ? "." : "", frame->field->name);
                if (frame->index > 0)
                        text_add_format(path, "[%zu]", frame->index - 1);
                if (frame->key) {
                        text_add(path, "[");
                        add_quoted(path, frame->key, strlen(frame->key));
                        text_add(path, "]");
                }
        }
        if (text_is_empty(path->bytes))
                text_add(path, decoder->name);
}

static size_t count_names(const struct name *names) {
        size_t n = 0;

        while (names[n].name)
                n++;
        return n;
}

static void add_expected(struct text *text, const struct json_type *type) {
        static const char *const words[] = {
                [JSON_BOOL] = "true or false", [JSON_INTEGER] = "an integer", [JSON_STRING] = "a string",
                [JSON_NAME] = "a string",      [JSON_OBJECT] = "an object",   [JSON_ARRAY] = "an array",
                [JSON_MAP] = "an object",
        };
        size_t n = type->kind == JSON_NAME ? count_names(type->names) : 0;

        if (n == 0 || n > LISTED_MAX) {
                text_add(text, words[type->kind]);
                return;
        }
        text_add(text, n > 1 ? "one of " : "");
        for (size_t i = 0; i < n; i++)
                text_add_format(text, "%s%s", i > 0 ? ", " : "", type->names[i].name);
}

/* Records "PATH: WHAT" about the value or key that is current; returns 0, which makes yajl stop. */
static int __attribute__((format(printf, 2, 3))) refuse(const struct decoder *decoder, const char *what, ...) {
        autodone(text) struct text path = TEXT_INIT;
        autofree char *message = NULL;
        va_list arguments;

        va_start(arguments, what);
        if (vasprintf(&message, what, arguments) < 0)
                message = NULL;
        va_end(arguments);
        add_path(&path, decoder);
        reject("%s: %s", path.bytes, message ? message : what);
        return 0;
}

static int refuse_found(const struct decoder *decoder, const char *found, const struct json_type *type) {
        autodone(text) struct text expected = TEXT_INIT;

        add_expected(&expected, type);
        return refuse(decoder, "%s, expected %s", found, expected.bytes);
}

/* --- where the next value goes --- */

/* Pointers of any type are read and written as bytes: an access through `void **` would not be allowed to meet them. */
static void *load_pointer(const char *target) {
        void *p;

        memcpy(&p, target, sizeof(p));
        return p;
}

static void store_pointer(char *target, void *p) {
        memcpy(target, &p, sizeof(p));
}

static char *append_element(const struct slot *array) {
        size_t size = array->type->size;
        char *items = alloc_grow(load_pointer(array->target), *array->count, size);

        store_pointer(array->target, items);
        return items + size * (*array->count)++;
}

static char *last_element(const struct slot *array) {
        return (char *)load_pointer(array->target) + array->type->size * (*array->count - 1);
}

/* An array in an array, or in a map, keeps its count behind its pointer. */
static struct slot slot_in_element(const struct json_type *type, char *target) {
        struct slot slot = { .type = type, .target = target };

        if (type->kind == JSON_ARRAY || type->kind == JSON_MAP)
                slot.count = (size_t *)(void *)(target + sizeof(void *));
        return slot;
}

/* Once for each value, null or not: what belongs at its place; NULL: nothing, the value is skipped. */
static const struct json_type *begin_value(struct decoder *decoder) {
        struct frame *top = top_of(decoder);

        if (decoder->skipped > 0)
                return NULL;
        if (decoder->depth == 0)
                return decoder->root.type;
        switch (top->slot.type->kind) {
        case JSON_OBJECT:
                return top->field ? top->field->type : NULL;
        case JSON_ARRAY:
                top->index++;
                return top->slot.type->element;
        default:
                return top->slot.type->element;
        }
}

static struct slot slot_of_field(struct frame *object) {
        const struct json_field *field = object->field;
        char *target = object->slot.target;

        object->present |= UINT64_C(1) << (field - object->slot.type->fields);
        if (field->present_offset > 0)
                *(bool *)(target + field->present_offset - 1) = true;
        return (struct slot){
                .type = field->type,
                .target = target + field->offset,
                .count = (size_t *)(void *)(target + field->count_offset),
        };
}

static struct slot next_slot(struct decoder *decoder) {
        struct frame *top = top_of(decoder);
        const struct json_type *type = top->slot.type;

        if (decoder->depth == 0)
                return decoder->root;
        if (type->kind == JSON_OBJECT)
                return slot_of_field(top);
        if (type->kind == JSON_MAP)
                return slot_in_element(type->element, last_element(&top->slot) + type->value_offset);
        if (type->is_flags)
                return (struct slot){ .type = type->element, .target = top->slot.target };
        return slot_in_element(type->element, append_element(&top->slot));
}

/*
 * Finds the place of the value that has begun, which is of one of these kinds (bits of 1 << JSON_*). Returns 1 when
 * there is one, 0 when the value is to be skipped, -EINVAL, recorded, when `type` wants something else.
 */
static int place_value(struct decoder *decoder, const struct json_type *type, unsigned kinds, const char *found,
                       struct slot *ret) {
        if (!type)
                return 0;
        if (!(kinds & (1u << type->kind))) {
                refuse_found(decoder, found, type);
                return -EINVAL;
        }
        *ret = next_slot(decoder);
        return 1;
}

/* --- values --- */

/* A value that counts as absent. */
static int leave_out(struct decoder *decoder, const struct json_type *type, const char *found) {
        struct frame *top = top_of(decoder);
        char *key;

        if (decoder->depth == 0 || top->slot.type->kind == JSON_ARRAY)
                return refuse_found(decoder, found, type);
        if (top->slot.type->kind == JSON_MAP) {
                /* Dropped at the map's end only: until then it takes part in the search for keys given twice. */
                key = load_pointer(last_element(&top->slot));
                key[strlen(key) + 1] = true;
                top->has_absent = true;
        }
        return 1;
}

static int on_null(void *context) {
        const struct json_type *type = begin_value(context);

        return type ? leave_out(context, type, "found null") : 1;
}

static int on_bool(void *context, int value) {
        struct slot slot;
        const char *found = value ? "found true" : "found false";
        int r = place_value(context, begin_value(context), 1u << JSON_BOOL, found, &slot);

        if (r > 0)
                *(bool *)slot.target = value;
        return r >= 0;
}

static void store_integer(const struct slot *slot, bool is_flag, uint64_t value) {
        uint8_t u8 = (uint8_t)value;
        uint16_t u16 = (uint16_t)value;
        uint32_t u32 = (uint32_t)value;

        if (is_flag) {
                uint64_t flags;

                memcpy(&flags, slot->target, sizeof(flags));
                value |= flags;
                memcpy(slot->target, &value, sizeof(value));
                return;
        }
        /* By bytes, as above: the member may be an enum, an int or a long. */
        switch (slot->type->size) {
        case 1:
                memcpy(slot->target, &u8, sizeof(u8));
                break;
        case 2:
                memcpy(slot->target, &u16, sizeof(u16));
                break;
        case 4:
                memcpy(slot->target, &u32, sizeof(u32));
                break;
        default:
                memcpy(slot->target, &value, sizeof(value));
        }
}

struct bounds {
        int64_t min;
        uint64_t max;
};

static struct bounds bounds_of(const struct json_type *type) {
        int unused = 64 - 8 * (int)type->size;
        uint64_t max = UINT64_MAX >> (unused + type->is_signed);

        if (type->min != 0 || type->max != 0)
                return (struct bounds){ type->min, type->max };
        return (struct bounds){ type->is_signed ? -(int64_t)max - 1 : 0, max };
}

static bool is_within(const struct bounds *bounds, bool is_negative, uint64_t magnitude) {
        if (is_negative && magnitude > 0)
                return bounds->min < 0 && magnitude <= -(uint64_t)bounds->min;
        return magnitude <= bounds->max && (bounds->min <= 0 || magnitude >= (uint64_t)bounds->min);
}

static int refuse_number(const struct decoder *decoder, const char *digits, size_t length, const char *expected) {
        int shown = length > SHOWN_MAX ? SHOWN_MAX : (int)length;

        return refuse(decoder, "found %.*s%s, expected %s", shown, digits, length > SHOWN_MAX ? "..." : "", expected);
}

/* Digits alone: 1.0 and 1e3 are whole numbers too, but no engine writes them, and Go's decoder refuses them as well. */
static int on_number(void *context, const char *digits, size_t length) {
        struct slot slot;
        int r = place_value(context, begin_value(context), 1u << JSON_INTEGER, "found a number", &slot);
        bool is_negative = digits[0] == '-', overflows = false;
        uint64_t magnitude = 0;
        struct bounds bounds;
        char expected[80];

        if (r <= 0)
                return r == 0;
        for (size_t i = is_negative; i < length; i++) {
                if (digits[i] < '0' || digits[i] > '9')
                        return refuse_number(context, digits, length, "an integer in plain digits");
                overflows |= __builtin_mul_overflow(magnitude, (uint64_t)10, &magnitude);
                overflows |= __builtin_add_overflow(magnitude, (uint64_t)(digits[i] - '0'), &magnitude);
        }
        bounds = bounds_of(slot.type);
        if (overflows || !is_within(&bounds, is_negative, magnitude)) {
                snprintf(expected, sizeof(expected), "an integer from %lld to %llu", (long long)bounds.min,
                         (unsigned long long)bounds.max);
                return refuse_number(context, digits, length, expected);
        }
        store_integer(&slot, false, is_negative ? -magnitude : magnitude);
        return 1;
}

static int refuse_name(const struct decoder *decoder, const struct json_type *type, const char *value, size_t length) {
        autodone(text) struct text text = TEXT_INIT;

        text_add_format(&text, "unknown %s ", type->what ? type->what : "value");
        add_quoted(&text, value, length);
        if (count_names(type->names) <= LISTED_MAX) {
                text_add(&text, ", expected ");
                add_expected(&text, type);
        }
        return refuse(decoder, "%s", text.bytes);
}

static bool find_name(const struct name *names, const char *value, size_t length, long *ret) {
        char name[128];

        if (length >= sizeof(name) || memchr(value, '\0', length))
                return false;
        memcpy(name, value, length);
        name[length] = '\0';
        return name_find(names, name, ret);
}

static int on_name(struct decoder *decoder, const struct json_type *type, const char *value, size_t length) {
        struct slot slot;
        long number;

        if (!find_name(type->names, value, length, &number))
                return length > 0 ? refuse_name(decoder, type, value, length) : leave_out(decoder, type, "found \"\"");
        slot = next_slot(decoder);
        store_integer(&slot, top_of(decoder)->slot.type->is_flags, (uint64_t)number);
        return 1;
}

static int on_string(void *context, const unsigned char *bytes, size_t length) {
        const struct json_type *type = begin_value(context);
        const char *value = (const char *)bytes;
        struct slot slot;
        int r;

        if (type && type->kind == JSON_NAME)
                return on_name(context, type, value, length);
        r = place_value(context, type, 1u << JSON_STRING, "found a string", &slot);
        if (r <= 0)
                return r == 0;
        if (memchr(value, '\0', length))
                return refuse(context, "found a NUL character in the string, expected none");
        *(char **)(void *)slot.target = text_copy_n(value, length);
        return 1;
}

/* --- objects and arrays --- */

static int open_frame(struct decoder *decoder, unsigned kinds, const char *found) {
        struct slot slot;
        int r = place_value(decoder, begin_value(decoder), kinds, found, &slot);

        if (r < 0)
                return 0;
        if (decoder->depth + decoder->skipped >= JSON_DEPTH_MAX)
                return refuse(decoder, "nested too deeply, expected at most %d levels", JSON_DEPTH_MAX);
        if (r == 0)
                decoder->skipped++;
        else
                decoder->frames[decoder->depth++] = (struct frame){ .slot = slot };
        return 1;
}

static int on_object(void *context) {
        return open_frame(context, 1u << JSON_OBJECT | 1u << JSON_MAP, "found an object");
}

static int on_array(void *context) {
        return open_frame(context, 1u << JSON_ARRAY, "found an array");
}

static int on_array_end(void *context) {
        struct decoder *decoder = context;

        if (decoder->skipped > 0)
                decoder->skipped--;
        else
                decoder->depth--;
        return 1;
}

static const struct json_field *find_field(const struct json_field *fields, const char *name, size_t length) {
        for (size_t i = 0; i < JSON_FIELDS_MAX && fields[i].name; i++)
                if (strncmp(fields[i].name, name, length) == 0 && strlen(fields[i].name) == length)
                        return &fields[i];
        return NULL;
}

static int begin_property(struct decoder *decoder, const char *name, size_t length) {
        struct frame *object = top_of(decoder);
        uint64_t bit;

        object->field = find_field(object->slot.type->fields, name, length);
        if (!object->field)
                return 1;
        bit = UINT64_C(1) << (object->field - object->slot.type->fields);
        if (object->named & bit)
                return refuse(decoder, "given twice, expected it once");
        object->named |= bit;
        return 1;
}

static int begin_entry(struct decoder *decoder, const char *name, size_t length) {
        struct frame *map = top_of(decoder);
        char *key;

        if (memchr(name, '\0', length)) {
                map->key = NULL;
                return refuse(decoder, "found a NUL character in a key, expected none");
        }
        /* One byte more than the text and its end: leave_out() marks entries there. */
        key = alloc_zero(length + 2, 1);
        memcpy(key, name, length);
        store_pointer(append_element(&map->slot), key);
        map->key = key;
        return 1;
}

static int on_key(void *context, const unsigned char *name, size_t length) {
        struct decoder *decoder = context;

        if (decoder->skipped > 0)
                return 1;
        if (top_of(decoder)->slot.type->kind == JSON_MAP)
                return begin_entry(decoder, (const char *)name, length);
        return begin_property(decoder, (const char *)name, length);
}

static int compare_keys(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted once at the end, because a search at each key would take the square of the time. */
static const char *find_key_given_twice(const struct slot *map) {
        const char *items = load_pointer(map->target);
        autofree const char **keys = alloc_zero(*map->count, sizeof(*keys));

        for (size_t i = 0; i < *map->count; i++)
                keys[i] = load_pointer(items + map->type->size * i);
        qsort(keys, *map->count, sizeof(*keys), compare_keys);
        for (size_t i = 1; i < *map->count; i++)
                if (strcmp(keys[i - 1], keys[i]) == 0)
                        return keys[i];
        return NULL;
}

static void drop_absent_entries(const struct slot *map) {
        char *items = load_pointer(map->target);
        size_t size = map->type->size, kept = 0;

        for (size_t i = 0; i < *map->count; i++) {
                char *key = load_pointer(items + size * i);

                if (key[strlen(key) + 1])
                        free(key);
                else
                        memmove(items + size * kept++, items + size * i, size);
        }
        *map->count = kept;
}

static int end_map(struct decoder *decoder) {
        struct frame *map = top_of(decoder);

        map->key = *map->slot.count > 1 ? find_key_given_twice(&map->slot) : NULL;
        if (map->key)
                return refuse(decoder, "given twice, expected it once");
        if (map->has_absent)
                drop_absent_entries(&map->slot);
        return 1;
}

static int end_object(struct decoder *decoder) {
        struct frame *object = top_of(decoder);
        const struct json_field *fields = object->slot.type->fields;

        for (size_t i = 0; i < JSON_FIELDS_MAX && fields[i].name; i++)
                if (fields[i].required && !(object->present & (UINT64_C(1) << i))) {
                        object->field = &fields[i];
                        return refuse_found(decoder, "missing", fields[i].type);
                }
        return 1;
}

static int on_object_end(void *context) {
        struct decoder *decoder = context;

        if (decoder->skipped > 0) {
                decoder->skipped--;
                return 1;
        }
        if (!(top_of(decoder)->slot.type->kind == JSON_MAP ? end_map(decoder) : end_object(decoder)))
                return 0;
        decoder->depth--;
        return 1;
}

/* --- the text --- */

/* Records "NAME:LINE:COL: REASON"; lines and columns, in bytes, count from 1. */
static int refuse_text(const struct decoder *decoder, const char *text, size_t offset, const char *reason) {
        size_t line = 1, column = 1;

        for (size_t i = 0; i < offset; i++) {
                column++;
                if (text[i] == '\n') {
                        line++;
                        column = 1;
                }
        }
        return reject("%s:%zu:%zu: %s", decoder->name, line, column, reason);
}

static bool is_surrogate(const char *text, size_t left, const char *second_digits) {
        return left >= 6 && text[0] == '\\' && text[1] == 'u' && (text[2] | 0x20) == 'd' && text[3] != '\0' &&
               strchr(second_digits, text[3]);
}

/*
 * The length of what begins here: a character or an escape (a pair of \u escapes where two halves make one character);
 * 0 if it is neither UTF-8 nor could become it. yajl would take overlong forms, and turn half a pair into "?" or worse.
 */
static size_t check_character(const char *text, size_t left) {
        if (text[0] != '\\' || left < 2)
                return text_character_length(text, left);
        if (is_surrogate(text, left, "89abAB"))
                return is_surrogate(text + 6, left - 6, "cdefCDEF") ? 12 : 0;
        if (is_surrogate(text, left, "cdefCDEF"))
                return 0;
        return (signed char)text[1] < 0 ? 1 : 2;
}

/* True if eight bytes are ASCII without a backslash, as nearly all are: a byte that is one ends as 0 - 1 below. */
static bool is_plain(const char *eight) {
        const uint64_t each = UINT64_MAX / 0xff;
        uint64_t word;

        memcpy(&word, eight, sizeof(word));
        return ((word | ((word ^ each * '\\') - each)) & each * 0x80) == 0;
}

static int check_encoding(const struct decoder *decoder, const char *text, size_t size) {
        size_t i = 0;

        while (i < size) {
                size_t length;

                if (size - i >= 8 && is_plain(text + i)) {
                        i += 8;
                        continue;
                }
                length = check_character(text + i, size - i);
                if (length == 0)
                        return refuse_text(decoder, text, i,
                                           text[i] == '\\' ? "half of a surrogate pair" : "invalid UTF-8");
                i += length;
        }
        return 0;
}

static bool is_blank(const char *text, size_t size) {
        for (size_t i = 0; i < size; i++)
                if (!strchr(" \t\r\n", text[i]) || text[i] == '\0')
                        return false;
        return true;
}

/* yajl says "parse error: REASON\n" or "lexical error: REASON.\n". */
static int refuse_syntax(const struct decoder *decoder, yajl_handle parser, const char *text, size_t consumed) {
        unsigned char *error = yajl_get_error(parser, 0, (const unsigned char *)text, consumed);
        char *reason = strstr((char *)error, ": ");
        int r;

        reason = reason ? reason + 2 : (char *)error;
        reason[strcspn(reason, "\n")] = '\0';
        if (reason[0] && reason[strlen(reason) - 1] == '.')
                reason[strlen(reason) - 1] = '\0';
        /* What yajl objects to is the last byte that it has taken. */
        r = refuse_text(decoder, text, consumed > 0 ? consumed - 1 : 0, reason);
        yajl_free_error(parser, error);
        return r;
}

static void *allocate(void *context, size_t size) {
        return alloc_resize(NULL, size, 1);
}

static void *reallocate(void *context, void *p, size_t size) {
        return alloc_resize(p, size, 1);
}

static void release(void *context, void *p) {
        free(p);
}

static int parse(struct decoder *decoder, const char *text, size_t size) {
        static const yajl_callbacks callbacks = {
                .yajl_null = on_null,
                .yajl_boolean = on_bool,
                .yajl_number = on_number,
                .yajl_string = on_string,
                .yajl_start_map = on_object,
                .yajl_map_key = on_key,
                .yajl_end_map = on_object_end,
                .yajl_start_array = on_array,
                .yajl_end_array = on_array_end,
        };
        yajl_alloc_funcs memory = { .malloc = allocate, .realloc = reallocate, .free = release };
        yajl_handle parser = yajl_alloc(&callbacks, &memory, decoder);
        size_t consumed = size;
        yajl_status status;
        int r = 0;

        /* check_encoding() has done it already, and more strictly. */
        yajl_config(parser, yajl_dont_validate_strings, 1);
        status = yajl_parse(parser, (const unsigned char *)text, size);
        if (status == yajl_status_ok)
                status = yajl_complete_parse(parser);
        else
                consumed = yajl_get_bytes_consumed(parser);
        if (status == yajl_status_error)
                r = refuse_syntax(decoder, parser, text, consumed);
        else if (status != yajl_status_ok)
                r = -EINVAL;
        yajl_free(parser);
        return r;
}

static int decode(struct decoder *decoder, const char *text, size_t size) {
        int r;

        if (is_blank(text, size))
                return reject("%s: empty, expected a JSON %s", decoder->name, decoder->what ? "array" : "object");
        r = check_encoding(decoder, text, size);
        return r < 0 ? r : parse(decoder, text, size);
}

int json_decode(const char *text, size_t size, const char *name, const struct json_type *type, void *target) {
        struct decoder decoder = { .name = name, .root = { .type = type, .target = target } };

        return decode(&decoder, text, size);
}

int json_decode_array(const char *text, size_t size, const char *name, const struct json_document_array *array) {
        struct decoder decoder = {
                .name = name,
                .what = array->what,
                .root = { .type = array->type, .target = array->items, .count = array->count },
        };

        return decode(&decoder, text, size);
}
