/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* D-Bus messages as bytes: what is written, and what is believed of what comes. */
#include "bus/message.h"
#include "test.h"

#include <errno.h>

#include "bus/address.h"
#include "util/alloc.h"
#include "util/text.h"

/* --- written --- */

static void test_call(void) {
        static const char expected[] = "l\1\0\1\xc\0\0\0\7\0\0\0H\0\0\0"
                                       "\1\1o\0\5\0\0\0/a/bc\0\0\0"
                                       "\2\1s\0\3\0\0\0x.y\0\0\0\0\0"
                                       "\3\1s\0\4\0\0\0Stop\0\0\0\0"
                                       "\6\1s\0\3\0\0\0x.z\0\0\0\0\0"
                                       "\x8\1g\0\2su\0"
                                       "\1\0\0\0A\0\0\0\5\0\0\0";
        autodone(text) struct text body = TEXT_INIT, call = TEXT_INIT;
        const struct bus_call values = {"x.z", "/a/bc", "x.y", "Stop", "su", &body};

        bus_write_string(&body, "A");
        bus_write_u32(&body, 5);
        bus_write_call(&call, &values, 7);
        CHECK_EQUAL(call.length, sizeof(expected) - 1);
        CHECK(call.length == sizeof(expected) - 1 && memcmp(call.bytes, expected, call.length) == 0);
}

static void test_round(void) {
        autodone(text) struct text body = TEXT_INIT, call = TEXT_INIT;
        const struct bus_call values = {"d", "/p", "i.i", "M", "ba(sv)ataus", &body};
        struct bus_message message;
        struct bus_array list, empty;

        bus_write_bool(&body, true);
        list = bus_array_begin(&body, 8);
        bus_write_struct(&body);
        bus_write_string(&body, "MemoryMax");
        bus_write_signature(&body, "t");
        bus_write_u64(&body, UINT64_MAX);
        bus_write_struct(&body);
        bus_write_string(&body, "AllowedCPUs");
        bus_write_signature(&body, "ay");
        empty = bus_array_begin(&body, 1);
        bus_write_byte(&body, 3);
        bus_array_end(&body, empty);
        bus_array_end(&body, list);
        empty = bus_array_begin(&body, 8);
        bus_array_end(&body, empty);
        empty = bus_array_begin(&body, 4);
        bus_write_u32(&body, 1);
        bus_write_u32(&body, 2);
        bus_array_end(&body, empty);
        bus_write_string(&body, "end");
        bus_write_call(&call, &values, 1);
        CHECK_EQUAL(bus_message_parse(call.bytes, call.length, &message), 0);
        CHECK_EQUAL(message.type, BUS_METHOD_CALL);
        CHECK_EQUAL(message.serial, 1);
        CHECK_TEXT(message.path, "/p");
        CHECK_TEXT(message.interface, "i.i");
        CHECK_TEXT(message.member, "M");
        CHECK_TEXT(message.signature, "ba(sv)ataus");
        /* One byte less is another message, and no byte too many is behind it. */
        for (size_t size = 0; size < call.length; size++)
                CHECK_EQUAL(bus_message_parse(call.bytes, size, &message), -EBADMSG);
        text_add_n(&call, "", 1);
        CHECK_EQUAL(bus_message_parse(call.bytes, call.length, &message), -EBADMSG);
}

/* --- read --- */

struct maker {
        struct text bytes;
        bool is_swapped;
};

static void add_u32(struct maker *maker, uint32_t value) {
        while (maker->bytes.length % 4)
                text_add_n(&maker->bytes, "", 1);
        value = maker->is_swapped ? __builtin_bswap32(value) : value;
        text_add_n(&maker->bytes, (const char *)&value, sizeof(value));
}

static void add_string(struct maker *maker, const char *text) {
        add_u32(maker, (uint32_t)strlen(text));
        text_add_n(&maker->bytes, text, strlen(text) + 1);
}

static void add_zeros(struct maker *maker) {
        while (maker->bytes.length % 8)
                text_add_n(&maker->bytes, "", 1);
}

static void add_field(struct maker *maker, char code, const char *signature, const char *text) {
        char head[] = {code, (char)strlen(signature)};

        add_zeros(maker);
        text_add_n(&maker->bytes, head, sizeof(head));
        text_add_n(&maker->bytes, signature, strlen(signature) + 1);
        if (signature[0] == 'g') {
                head[0] = (char)strlen(text);
                text_add_n(&maker->bytes, head, 1);
                text_add_n(&maker->bytes, text, strlen(text) + 1);
        } else if (signature[0] == 'u')
                add_u32(maker, (uint32_t)strtoul(text, NULL, 10));
        else
                add_string(maker, text);
}

static void set_u32(struct maker *maker, size_t at, uint32_t value) {
        value = maker->is_swapped ? __builtin_bswap32(value) : value;
        memcpy(maker->bytes.bytes + at, &value, sizeof(value));
}

/* A signal with such a body; the reader tells what becomes of it. */
static int parse_body(const char *signature, const char *body, size_t size, struct bus_message *ret, struct maker *maker) {
        const char first[] = {maker->is_swapped ? 'B' : 'l', BUS_SIGNAL, 0, 1};

        text_add_n(&maker->bytes, first, sizeof(first));
        add_u32(maker, (uint32_t)size);
        add_u32(maker, 9);
        add_u32(maker, 0);
        add_field(maker, 1, "o", "/p");
        add_field(maker, 2, "s", "i.i");
        add_field(maker, 3, "s", "JobRemoved");
        add_field(maker, 42, "s", "of a later version");
        if (*signature)
                add_field(maker, 8, "g", signature);
        set_u32(maker, 12, (uint32_t)maker->bytes.length - 16);
        add_zeros(maker);
        text_add_n(&maker->bytes, body, size);
        return bus_message_parse(maker->bytes.bytes, maker->bytes.length, ret);
}

static int read_body(const char *signature, const char *body, size_t size) {
        struct maker maker = {.bytes = TEXT_INIT};
        struct bus_message message;
        int r = parse_body(signature, body, size, &message, &maker);

        text_done(&maker.bytes);
        return r;
}

#define CHECK_BODY(signature, body, expected) CHECK_EQUAL(read_body(signature, body, sizeof(body) - 1), expected)

static void test_values(void) {
        CHECK_BODY("", "", 0);
        CHECK_BODY("y", "\1", 0);
        CHECK_BODY("yu", "\1\0\0\0\2\0\0\0", 0);
        CHECK_BODY("yu", "\1\0\1\0\2\0\0\0", -EBADMSG); /* what fills up is zero */
        CHECK_BODY("yu", "\1\0\0\0\2\0\0", -EBADMSG);
        CHECK_BODY("y", "\1\2", -EBADMSG);
        CHECK_BODY("b", "\1\0\0\0", 0);
        CHECK_BODY("b", "\2\0\0\0", -EBADMSG);
        CHECK_BODY("s", "\2\0\0\0ab\0", 0);
        CHECK_BODY("s", "\2\0\0\0abc", -EBADMSG); /* no end */
        CHECK_BODY("s", "\2\0\0\0a\0\0", -EBADMSG); /* an early one */
        CHECK_BODY("s", "\xff\xff\xff\xff" "ab\0", -EBADMSG);
        CHECK_BODY("s", "\xff\xff\xff\x7f" "ab\0", -EBADMSG);
        CHECK_BODY("g", "\2ab", -EBADMSG);
        CHECK_BODY("qnixtd", "\1\0\2\0\3\0\0\0" "12345678" "12345678" "12345678", 0);
}

static void test_containers(void) {
        CHECK_BODY("as", "\0\0\0\0", 0);
        CHECK_BODY("at", "\0\0\0\0\0\0\0\0", 0);
        CHECK_BODY("at", "\0\0\0\0", -EBADMSG); /* what fills up is there without an element, too */
        CHECK_BODY("ay", "\3\0\0\0abc", 0);
        CHECK_BODY("ay", "\4\0\0\0abc", -EBADMSG);
        CHECK_BODY("au", "\5\0\0\0\1\0\0\0\1", -EBADMSG);
        CHECK_BODY("as", "\4\0\0\0\1\0\0\0a\0", -EBADMSG); /* the last element goes beyond the array */
        CHECK_BODY("ay", "\xff\xff\xff\xff", -EBADMSG);
        CHECK_BODY("v", "\1y\0\5", 0);
        CHECK_BODY("v", "\2yy\0\5\5", -EBADMSG);
        CHECK_BODY("v", "\0\0", -EBADMSG);
        CHECK_BODY("v", "\1(\0", -EBADMSG);
        CHECK_BODY("(yu)", "\1\0\0\0\2\0\0\0", 0);
}

static void test_dictionaries(void) {
        /* "a" -> y 5: 4 + 2 bytes of the key, 3 of the signature, 1 of the value. */
        CHECK_BODY("a{sv}", "\x0a\0\0\0\0\0\0\0\1\0\0\0a\0\1y\0\5", 0);
        CHECK_BODY("a{sv}as", "\0\0\0\0\0\0\0\0\0\0\0\0", 0);
        CHECK_BODY("a{vs}", "\0\0\0\0\0\0\0\0", -EBADMSG);
        CHECK_BODY("{sv}", "\0\0\0\0\0\0\0\0", -EBADMSG);
}

static void test_signatures(void) {
        static const char zeros[4] = "";
        autodone(text) struct text deep = TEXT_INIT;

        CHECK_EQUAL(read_body("a", zeros, 4), -EBADMSG);
        CHECK_EQUAL(read_body("z", zeros, 4), -EBADMSG);
        CHECK_EQUAL(read_body("()", "", 0), -EBADMSG);
        CHECK_EQUAL(read_body("(y", "\1", 1), -EBADMSG);
        CHECK_EQUAL(read_body("y)", "\1", 1), -EBADMSG);
        for (int i = 0; i < 100; i++)
                text_add(&deep, "a");
        text_add(&deep, "y");
        CHECK_EQUAL(read_body(deep.bytes, zeros, 4), -EBADMSG);
        CHECK_EQUAL(read_body("aaaay", zeros, 4), 0);
}

/* A variant in a variant and so on: of three bytes each. */
static void test_depth(void) {
        autodone(text) struct text deep = TEXT_INIT, flat = TEXT_INIT;

        for (int i = 0; i < 1000; i++)
                text_add_n(&deep, "\1v", 3);
        text_add_n(&deep, "\1y\0\5", 4);
        CHECK_EQUAL(read_body("v", deep.bytes, deep.length), -EBADMSG);
        for (int i = 0; i < 10; i++)
                text_add_n(&flat, "\1v", 3);
        text_add_n(&flat, "\1y\0\5", 4);
        CHECK_EQUAL(read_body("v", flat.bytes, flat.length), 0);
}

static void test_byte_order(void) {
        struct maker maker = {.bytes = TEXT_INIT, .is_swapped = true};
        struct bus_message message = {};
        uint32_t number = 0;
        uint64_t large = 0;
        const char *text = NULL;

        CHECK_EQUAL(parse_body("ust", "\0\0\0\7\0\0\0\2ab\0\0\0\0\0\0" "\0\0\0\0\0\0\1\0" "12345678", 32, &message, &maker),
                    -EBADMSG);
        maker.bytes.length = 0;
        CHECK_EQUAL(parse_body("ust", "\0\0\0\7\0\0\0\2ab\0\0\0\0\0\0" "\0\0\0\0\0\0\1\0", 24, &message, &maker), 0);
        CHECK_TEXT(message.member, "JobRemoved");
        CHECK_EQUAL(message.serial, 9);
        CHECK_EQUAL(bus_read_u32(&message.body, &number), 0);
        CHECK_EQUAL(number, 7);
        CHECK_EQUAL(bus_read_string(&message.body, &text), 0);
        CHECK_TEXT(text, "ab");
        CHECK_EQUAL(bus_read_u64(&message.body, &large), 0);
        CHECK_EQUAL(large, 256);
        CHECK_EQUAL(bus_read_u32(&message.body, &number), -EBADMSG);
        text_done(&maker.bytes);
}

/* Each with one byte of a good message changed to what cannot be. */
static void test_header(void) {
        static const struct {
                size_t at;
                unsigned char value;
        } wrong[] = {
                {0, 'x'}, /* byte order */
                {1, 0}, /* type */
                {1, BUS_METHOD_RETURN}, /* which answers nothing */
                {1, BUS_ERROR},
                {3, 2}, /* version */
                {4, 5}, /* length of the body */
                {7, 0x7f},
                {8, 0}, /* serial */
                {12, 0}, /* length of the fields */
                {15, 0x7f},
                {16, 0}, /* a field of no kind */
                {18, 's'}, /* a path that is a string */
                {20, 255},
        };
        size_t size;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                struct maker maker = {.bytes = TEXT_INIT};
                struct bus_message message;

                CHECK_EQUAL(parse_body("s", "\1\0\0\0a\0", 6, &message, &maker), 0);
                maker.bytes.bytes[wrong[i].at] = (char)wrong[i].value;
                if (bus_message_parse(maker.bytes.bytes, maker.bytes.length, &message) != -EBADMSG)
                        printf("# byte %zu: %u\n", wrong[i].at, wrong[i].value);
                CHECK_EQUAL(bus_message_parse(maker.bytes.bytes, maker.bytes.length, &message), -EBADMSG);
                text_done(&maker.bytes);
        }
        CHECK_EQUAL(bus_message_size("l\2\0\1\xff\xff\xff\xff\1\0\0\0\xff\xff\xff\xff", &size), -EBADMSG);
        CHECK_EQUAL(bus_message_size("l\2\0\1\1\0\0\0\1\0\0\0\1\0\0\0", &size), 0);
        CHECK_EQUAL(size, 25);
}

/* --- addresses --- */

static void check_address(const char *list, const char *path) {
        struct sockaddr_un address = {};
        socklen_t size = 0;
        int r = bus_address_next(&list, &address, &size);

        CHECK_EQUAL(r, path ? 0 : -ENOENT);
        if (r < 0 || !path)
                return;
        CHECK_TEXT(address.sun_path[0] ? address.sun_path : address.sun_path + 1, path);
        CHECK_EQUAL(size, sizeof(sa_family_t) + 1 + strlen(path));
}

static void test_addresses(void) {
        char longest[200] = "unix:path=/";
        const char *list = "unix:path=/a;unix:path=/b", *none = NULL;
        struct sockaddr_un address;
        socklen_t size;

        check_address("unix:path=/run/user/1000/bus", "/run/user/1000/bus");
        check_address("unix:path=/run/user/1000/bus,guid=0a0b", "/run/user/1000/bus");
        check_address("unix:guid=0a,path=/x", "/x");
        check_address("unix:abstract=/tmp/dbus-x,guid=1", "/tmp/dbus-x");
        check_address("tcp:host=127.0.0.1,port=1;unix:path=/x", "/x");
        check_address("unix:path=/a%20b%2Fc", "/a b/c");
        check_address("unix:path=/a%2", NULL);
        check_address("unix:path=/a%zz", NULL);
        check_address("unix:path=/a%00", NULL);
        check_address("unix:tmpdir=/tmp", NULL);
        check_address("autolaunch:", NULL);
        check_address("", NULL);
        memset(longest + 11, 'x', 150);
        check_address(longest, NULL);
        CHECK_EQUAL(bus_address_next(&list, &address, &size), 0);
        CHECK_EQUAL(bus_address_next(&list, &address, &size), 0);
        CHECK_TEXT(address.sun_path, "/b");
        CHECK_EQUAL(bus_address_next(&list, &address, &size), -ENOENT);
        CHECK_EQUAL(bus_address_next(&none, &address, &size), -ENOENT);
}

static const struct test_case cases[] = {
        {"a call", test_call},
        {"what is written can be read", test_round},
        {"values", test_values},
        {"arrays, variants and structs", test_containers},
        {"dictionaries", test_dictionaries},
        {"signatures", test_signatures},
        {"depth", test_depth},
        {"the other byte order", test_byte_order},
        {"headers", test_header},
        {"addresses", test_addresses},
};

int main(void) {
        return test_run(cases, ELEMENTSOF(cases));
}
