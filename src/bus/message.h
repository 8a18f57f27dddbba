/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The messages of D-Bus as bytes: what tare writes and what it believes of what it reads. Pure, and as strict as the D-Bus
 * Specification ("Message Protocol") says: whoever is at the other end, nothing outside of the message is looked at.
 * Functions that read return -EBADMSG, unrecorded, for what is no message.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/text.h"

/* --- writing: the values of a body, one behind the other, in the machine's byte order --- */

void bus_write_bool(struct text *body, bool value); /* b */
void bus_write_byte(struct text *body, uint8_t value); /* y */
void bus_write_u32(struct text *body, uint32_t value); /* u, i */
void bus_write_u64(struct text *body, uint64_t value); /* t, x */
void bus_write_string(struct text *body, const char *value); /* s, o */
void bus_write_signature(struct text *body, const char *value); /* g, and what begins a variant */
void bus_write_struct(struct text *body); /* what begins a struct */

/* Around the elements of an array; `alignment` is that of an element: 1 y g, 4 b i u s o a, 8 t x and structs. */
struct bus_array {
        size_t length_at, first_at;
};
struct bus_array bus_array_begin(struct text *body, size_t alignment);
void bus_array_end(struct text *body, struct bus_array array);

/* A method call; what is NULL is left out. Borrowed. */
struct bus_call {
        const char *destination, *path, *interface, *member;
        const char *signature;
        const struct text *body;
};
void bus_write_call(struct text *ret, const struct bus_call *call, uint32_t serial);

/* --- reading --- */

/* None that is meant for us comes near. */
#define BUS_MESSAGE_MAX (16u << 20)
#define BUS_HEADER_SIZE 16

enum bus_message_type { BUS_METHOD_CALL = 1, BUS_METHOD_RETURN, BUS_ERROR, BUS_SIGNAL };

/* Where in a body one is. */
struct bus_reader {
        const unsigned char *bytes; /* borrowed */
        size_t size, at;
        bool is_swapped; /* of the other byte order */
};

/* All texts are in the bytes that were parsed, or NULL. */
struct bus_message {
        enum bus_message_type type;
        uint32_t serial, reply_serial;
        const char *path, *interface, *member, *error, *sender;
        const char *signature; /* "" without a body */
        struct bus_reader body;
};

/* The size of a whole message, by its first BUS_HEADER_SIZE bytes. */
int bus_message_size(const void *header, size_t *ret);

/* Parses a whole message; the body has been checked against the signature. */
int bus_message_parse(const void *bytes, size_t size, struct bus_message *ret);

int bus_read_u32(struct bus_reader *reader, uint32_t *ret);
int bus_read_u64(struct bus_reader *reader, uint64_t *ret);
int bus_read_string(struct bus_reader *reader, const char **ret); /* s, o */
int bus_read_variant(struct bus_reader *reader, const char **ret_signature); /* its value follows */

/* Passes over the values that the signature names. */
int bus_skip(struct bus_reader *reader, const char *signature);
