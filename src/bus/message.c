/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wire format of D-Bus. Runs in the runtime's process. */
#include "bus/message.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"

/* Containers within containers; the D-Bus Specification allows 32 arrays and 32 structs. */
#define DEPTH_MAX 64
#define ARRAY_MAX (64u << 20)

enum {
        FIELD_PATH = 1,
        FIELD_INTERFACE,
        FIELD_MEMBER,
        FIELD_ERROR,
        FIELD_REPLY_SERIAL,
        FIELD_DESTINATION,
        FIELD_SENDER,
        FIELD_SIGNATURE,
};

static bool is_big_endian(void) {
        return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
}

/* --- writing --- */

static void align(struct text *text, size_t alignment) {
        static const char zeros[8];

        text_add_n(text, zeros, -text->length & (alignment - 1));
}

void bus_write_byte(struct text *body, uint8_t value) {
        text_add_n(body, (const char *)&value, sizeof(value));
}

void bus_write_u32(struct text *body, uint32_t value) {
        align(body, sizeof(value));
        text_add_n(body, (const char *)&value, sizeof(value));
}

void bus_write_u64(struct text *body, uint64_t value) {
        align(body, sizeof(value));
        text_add_n(body, (const char *)&value, sizeof(value));
}

void bus_write_bool(struct text *body, bool value) {
        bus_write_u32(body, value);
}

void bus_write_string(struct text *body, const char *value) {
        bus_write_u32(body, (uint32_t)strlen(value));
        text_add_n(body, value, strlen(value) + 1);
}

void bus_write_signature(struct text *body, const char *value) {
        bus_write_byte(body, (uint8_t)strlen(value));
        text_add_n(body, value, strlen(value) + 1);
}

void bus_write_struct(struct text *body) {
        align(body, 8);
}

/* The padding before the first element does not count as part of the array, and is there without any element, too. */
struct bus_array bus_array_begin(struct text *body, size_t alignment) {
        struct bus_array array;

        bus_write_u32(body, 0);
        array.length_at = body->length - sizeof(uint32_t);
        align(body, alignment);
        array.first_at = body->length;
        return array;
}

void bus_array_end(struct text *body, struct bus_array array) {
        uint32_t length = (uint32_t)(body->length - array.first_at);

        memcpy(body->bytes + array.length_at, &length, sizeof(length));
}

static void write_field(struct text *text, uint8_t code, const char *signature, const char *value) {
        if (!value)
                return;
        bus_write_struct(text);
        bus_write_byte(text, code);
        bus_write_signature(text, signature);
        if (signature[0] == 'g')
                bus_write_signature(text, value);
        else
                bus_write_string(text, value);
}

void bus_write_call(struct text *ret, const struct bus_call *call, uint32_t serial) {
        struct bus_array fields;

        bus_write_byte(ret, is_big_endian() ? 'B' : 'l');
        bus_write_byte(ret, BUS_METHOD_CALL);
        bus_write_byte(ret, 0);
        bus_write_byte(ret, 1);
        bus_write_u32(ret, call->body ? (uint32_t)call->body->length : 0);
        bus_write_u32(ret, serial);
        fields = bus_array_begin(ret, 8);
        write_field(ret, FIELD_PATH, "o", call->path);
        write_field(ret, FIELD_INTERFACE, "s", call->interface);
        write_field(ret, FIELD_MEMBER, "s", call->member);
        write_field(ret, FIELD_DESTINATION, "s", call->destination);
        write_field(ret, FIELD_SIGNATURE, "g", call->signature);
        bus_array_end(ret, fields);
        align(ret, 8);
        if (call->body)
                text_add_n(ret, call->body->bytes, call->body->length);
}

/* --- reading: single values --- */

static int read_align(struct bus_reader *reader, size_t alignment) {
        size_t padding = -reader->at & (alignment - 1);

        if (padding > reader->size - reader->at)
                return -EBADMSG;
        for (size_t i = 0; i < padding; i++)
                if (reader->bytes[reader->at + i] != 0)
                        return -EBADMSG;
        reader->at += padding;
        return 0;
}

/* `size` bytes that are aligned to their size; NULL if there are not so many. */
static const unsigned char *take(struct bus_reader *reader, size_t size, size_t alignment) {
        const unsigned char *taken;

        if (read_align(reader, alignment) < 0 || size > reader->size - reader->at)
                return NULL;
        taken = reader->bytes + reader->at;
        reader->at += size;
        return taken;
}

int bus_read_u32(struct bus_reader *reader, uint32_t *ret) {
        const unsigned char *bytes = take(reader, sizeof(*ret), sizeof(*ret));

        if (!bytes)
                return -EBADMSG;
        memcpy(ret, bytes, sizeof(*ret));
        if (reader->is_swapped)
                *ret = __builtin_bswap32(*ret);
        return 0;
}

int bus_read_u64(struct bus_reader *reader, uint64_t *ret) {
        const unsigned char *bytes = take(reader, sizeof(*ret), sizeof(*ret));

        if (!bytes)
                return -EBADMSG;
        memcpy(ret, bytes, sizeof(*ret));
        if (reader->is_swapped)
                *ret = __builtin_bswap64(*ret);
        return 0;
}

static int read_text(struct bus_reader *reader, size_t length, const char **ret) {
        const unsigned char *bytes = length < reader->size ? take(reader, length + 1, 1) : NULL;

        if (!bytes || memchr(bytes, '\0', length + 1) != bytes + length)
                return -EBADMSG;
        *ret = (const char *)bytes;
        return 0;
}

int bus_read_string(struct bus_reader *reader, const char **ret) {
        uint32_t length;
        int r = bus_read_u32(reader, &length);

        return r < 0 ? r : read_text(reader, length, ret);
}

static int read_signature(struct bus_reader *reader, const char **ret) {
        const unsigned char *length = take(reader, 1, 1);

        return length ? read_text(reader, *length, ret) : -EBADMSG;
}

/* --- reading: values of any type --- */

static size_t alignment_of(char type) {
        switch (type) {
        case 'n':
        case 'q':
                return 2;
        case 'b':
        case 'i':
        case 'u':
        case 'h':
        case 's':
        case 'o':
        case 'a':
                return 4;
        case 'x':
        case 't':
        case 'd':
        case '(':
        case '{':
                return 8;
        default:
                return 1;
        }
}

static bool is_basic(char type) {
        return type && strchr("ybnqiuxtdhsog", type);
}

/* The end of the first complete type of a signature; NULL if it has none. */
static const char *type_end(const char *type, unsigned depth) {
        if (depth > DEPTH_MAX)
                return NULL;
        if (is_basic(*type) || *type == 'v')
                return type + 1;
        if (*type == 'a' && type[1] == '{') {
                type = is_basic(type[2]) ? type_end(type + 3, depth + 1) : NULL;
                return type && *type == '}' ? type + 1 : NULL;
        }
        if (*type == 'a')
                return type_end(type + 1, depth + 1);
        if (*type != '(' || type[1] == ')')
                return NULL;
        for (type++; type && *type != ')';)
                type = type_end(type, depth + 1);
        return type ? type + 1 : NULL;
}

static int skip_one(struct bus_reader *reader, const char **type, unsigned depth);

/* Up to the closing bracket. */
static int skip_struct(struct bus_reader *reader, const char **type, unsigned depth) {
        int r = read_align(reader, 8);

        for ((*type)++; r >= 0 && **type != ')' && **type != '}';)
                r = skip_one(reader, type, depth + 1);
        (*type)++;
        return r;
}

static int skip_array(struct bus_reader *reader, const char **type, unsigned depth) {
        const char *element = *type + 1;
        uint32_t length;
        size_t end;
        int r = bus_read_u32(reader, &length);

        if (r >= 0)
                r = read_align(reader, alignment_of(*element));
        if (r < 0 || length > ARRAY_MAX || length > reader->size - reader->at)
                return -EBADMSG;
        *type = type_end(*type, depth);
        for (end = reader->at + length; r >= 0 && reader->at < end;) {
                const char *again = element;

                /* An entry of a dictionary is no type of its own. */
                r = skip_one(reader, &again, depth + 1);
        }
        return r < 0 || reader->at != end ? -EBADMSG : 0;
}

int bus_read_variant(struct bus_reader *reader, const char **ret_signature) {
        const char *signature, *end;
        int r = read_signature(reader, &signature);

        if (r < 0)
                return r;
        end = type_end(signature, 0);
        if (!end || *end)
                return -EBADMSG;
        *ret_signature = signature;
        return 0;
}

static int skip_variant(struct bus_reader *reader, unsigned depth) {
        const char *signature;
        int r = bus_read_variant(reader, &signature);

        return r < 0 ? r : skip_one(reader, &signature, depth + 1);
}

static int skip_bool(struct bus_reader *reader) {
        uint32_t value;
        int r = bus_read_u32(reader, &value);

        return r < 0 || value > 1 ? -EBADMSG : 0;
}

/* One value of the type that `*type` begins with, which is known to be a complete one; moves behind it. */
static int skip_one(struct bus_reader *reader, const char **type, unsigned depth) {
        const char *ignored;

        if (depth > DEPTH_MAX)
                return -EBADMSG;
        switch (**type) {
        case '(':
        case '{':
                return skip_struct(reader, type, depth);
        case 'a':
                return skip_array(reader, type, depth);
        }
        switch (*(*type)++) {
        case 'v':
                return skip_variant(reader, depth);
        case 'b':
                return skip_bool(reader);
        case 's':
        case 'o':
                return bus_read_string(reader, &ignored);
        case 'g':
                return read_signature(reader, &ignored);
        default: {
                size_t size = alignment_of((*type)[-1]);

                return take(reader, size, size) ? 0 : -EBADMSG;
        }
        }
}

int bus_skip(struct bus_reader *reader, const char *signature) {
        while (*signature) {
                int r = type_end(signature, 0) ? skip_one(reader, &signature, 0) : -EBADMSG;

                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- reading: the header --- */

/* What is in the first 16 bytes. */
struct lengths {
        bool is_swapped;
        uint32_t body, serial, fields;
};

static int read_lengths(const unsigned char *header, struct lengths *ret) {
        struct bus_reader reader = {.bytes = header, .size = BUS_HEADER_SIZE, .at = 4};

        if ((header[0] != 'l' && header[0] != 'B') || header[3] != 1)
                return -EBADMSG;
        reader.is_swapped = (header[0] == 'B') != is_big_endian();
        ret->is_swapped = reader.is_swapped;
        if (bus_read_u32(&reader, &ret->body) < 0 || bus_read_u32(&reader, &ret->serial) < 0 ||
            bus_read_u32(&reader, &ret->fields) < 0)
                return -EBADMSG;
        return ret->serial == 0 || ret->body > BUS_MESSAGE_MAX || ret->fields > BUS_MESSAGE_MAX ? -EBADMSG : 0;
}

int bus_message_size(const void *header, size_t *ret) {
        struct lengths lengths;
        size_t size;
        int r = read_lengths(header, &lengths);

        if (r < 0)
                return r;
        size = BUS_HEADER_SIZE + (((size_t)lengths.fields + 7) & ~(size_t)7) + lengths.body;
        if (size > BUS_MESSAGE_MAX)
                return -EBADMSG;
        *ret = size;
        return 0;
}

/* The fields that mean something to us, with the type that each must have. */
static const char *field_signature(unsigned char code) {
        static const char *const signatures[] = {
                [FIELD_PATH] = "o",         [FIELD_INTERFACE] = "s",   [FIELD_MEMBER] = "s", [FIELD_ERROR] = "s",
                [FIELD_REPLY_SERIAL] = "u", [FIELD_DESTINATION] = "s", [FIELD_SENDER] = "s", [FIELD_SIGNATURE] = "g",
        };

        return code < ELEMENTSOF(signatures) ? signatures[code] : NULL;
}

static int read_field(struct bus_reader *reader, struct bus_message *message) {
        const char **const texts[] = {
                [FIELD_PATH] = &message->path,   [FIELD_INTERFACE] = &message->interface,
                [FIELD_MEMBER] = &message->member, [FIELD_ERROR] = &message->error,
                [FIELD_SENDER] = &message->sender, [FIELD_SIGNATURE] = &message->signature,
        };
        const char *signature, *expected, *ignored;
        const unsigned char *code = take(reader, 1, 8);

        if (!code || *code == 0 || bus_read_variant(reader, &signature) < 0)
                return -EBADMSG;
        expected = field_signature(*code);
        if (!expected)
                return bus_skip(reader, signature);
        if (strcmp(signature, expected) != 0)
                return -EBADMSG;
        if (*code == FIELD_REPLY_SERIAL)
                return bus_read_u32(reader, &message->reply_serial);
        if (*code == FIELD_SIGNATURE)
                return read_signature(reader, &message->signature);
        return bus_read_string(reader, *code < ELEMENTSOF(texts) && texts[*code] ? texts[*code] : &ignored);
}

static bool is_complete(const struct bus_message *message) {
        switch (message->type) {
        case BUS_METHOD_CALL:
                return message->path && message->member;
        case BUS_METHOD_RETURN:
                return message->reply_serial != 0;
        case BUS_ERROR:
                return message->reply_serial != 0 && message->error;
        case BUS_SIGNAL:
                return message->path && message->interface && message->member;
        }
        /* Of a type that came later: to be ignored. */
        return message->type != 0;
}

int bus_message_parse(const void *bytes, size_t size, struct bus_message *ret) {
        struct bus_reader reader = {.bytes = bytes, .at = BUS_HEADER_SIZE};
        struct bus_message message = {.signature = ""};
        struct lengths lengths;
        size_t whole;
        int r = size < BUS_HEADER_SIZE ? -EBADMSG : bus_message_size(bytes, &whole);

        if (r < 0 || whole != size || read_lengths(bytes, &lengths) < 0)
                return -EBADMSG;
        message.type = (enum bus_message_type)reader.bytes[1];
        message.serial = lengths.serial;
        reader.is_swapped = lengths.is_swapped;
        reader.size = BUS_HEADER_SIZE + lengths.fields;
        while (r >= 0 && reader.at < reader.size)
                r = read_field(&reader, &message);
        reader.size = size - lengths.body;
        if (r < 0 || read_align(&reader, 8) < 0 || reader.at != reader.size || !is_complete(&message))
                return -EBADMSG;
        message.body = (struct bus_reader){.bytes = reader.bytes + reader.size, .size = lengths.body,
                                           .is_swapped = lengths.is_swapped};
        reader = message.body;
        if (bus_skip(&reader, message.signature) < 0 || reader.at != reader.size)
                return -EBADMSG;
        *ret = message;
        return 0;
}
