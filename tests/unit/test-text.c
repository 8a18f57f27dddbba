/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* util/text.c: growing strings, JSON literals, numbers. */
#include "util/text.h"

#include <errno.h>
#include <inttypes.h>

#include "util/alloc.h"

#include "test.h"

static void grows(void) {
        autodone(text) struct text text = TEXT_INIT;

        text_add(&text, "");
        CHECK_TEXT(text.bytes, "");
        for (int i = 0; i < 1000; i++)
                text_add(&text, "abc");
        CHECK_EQUAL(text.length, 3000);
        CHECK_EQUAL(strlen(text.bytes), 3000);
        CHECK(text.capacity > text.length);
        CHECK(text_starts_with(text.bytes + 2997, "abc"));
        text_add_n(&text, "x\0y", 3);
        CHECK_EQUAL(text.length, 3003);
        CHECK(memcmp(text.bytes + 3000, "x\0y", 4) == 0);
        text_done(&text);
        CHECK(!text.bytes && text.length == 0 && text.capacity == 0);
}

/* Every length around the point where room runs out: the NUL must have its place (AddressSanitizer watches). */
static void keeps_room_for_the_end(void) {
        for (size_t n = 0; n < 140; n++) {
                autodone(text) struct text text = TEXT_INIT;

                for (size_t i = 0; i < n; i++)
                        text_add_n(&text, "x", 1);
                text_add_format(&text, "%s", "");
                CHECK_EQUAL(text.length, n);
                CHECK(text.bytes && text.bytes[n] == '\0' && text.capacity > n);
        }
}

static void formats(void) {
        autodone(text) struct text text = TEXT_INIT;
        char big[500];

        memset(big, 'b', sizeof(big) - 1);
        big[sizeof(big) - 1] = '\0';
        text_add_format(&text, "%d-%s", 42, "x");
        CHECK_TEXT(text.bytes, "42-x");
        text_add_format(&text, "%s", big);
        CHECK_EQUAL(text.length, 4 + strlen(big));
        CHECK_TEXT(text.bytes + 4, big);
}

static void hands_over(void) {
        struct text text = TEXT_INIT;
        autofree char *empty = text_take(&text);
        autofree char *full = NULL;

        CHECK_TEXT(empty, "");
        text_add(&text, "mine");
        full = text_take(&text);
        CHECK_TEXT(full, "mine");
        CHECK(!text.bytes && text.length == 0 && text.capacity == 0);
}

static void writes_json_literals(void) {
        static const struct {
                const char *value, *literal;
        } rows[] = {
                { "", "\"\"" },
                { "plain", "\"plain\"" },
                { "a\"b\\c/d", "\"a\\\"b\\\\c/d\"" },
                { "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
                { "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
                { "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\"" },
                { "\xc2\x80\xc2\x9f\xc2\xa0", "\"\\u0080\\u009f\xc2\xa0\"" },
                { "a\xff" "b", "\"a\xef\xbf\xbd" "b\"" },
                { "cut\xe2\x82", "\"cut\xef\xbf\xbd\xef\xbf\xbd\"" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                autodone(text) struct text text = TEXT_INIT;

                text_add_json(&text, rows[i].value);
                CHECK_TEXT(text.bytes, rows[i].literal);
        }
}

static void knows_utf8(void) {
        static const struct {
                const char *bytes;
                size_t length;
        } rows[] = {
                { "a", 1 },
                { "\xc3\xa4", 2 },
                { "\xe2\x82\xac", 3 },
                { "\xed\x9f\xbf", 3 },
                { "\xee\x80\x80", 3 },
                { "\xf0\x90\x80\x80", 4 },
                { "\xf4\x8f\xbf\xbf", 4 },
                { "\x80", 0 }, /* begins with a continuation */
                { "\xc3", 0 },
                { "\xc3z", 0 },
                { "\xe2\x82z", 0 },
                { "\xc0\x80", 0 }, /* longer than needed */
                { "\xc1\xbf", 0 },
                { "\xe0\x9f\xbf", 0 },
                { "\xf0\x8f\xbf\xbf", 0 },
                { "\xed\xa0\x80", 0 }, /* surrogates */
                { "\xed\xbf\xbf", 0 },
                { "\xf4\x90\x80\x80", 0 }, /* above U+10FFFF */
                { "\xf5\x80\x80\x80", 0 },
                { "\xff", 0 },
        };

        CHECK_EQUAL(text_character_length("a", 0), 0);
        CHECK_EQUAL(text_character_length("\xe2\x82\xac", 2), 0);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                CHECK_EQUAL(text_character_length(rows[i].bytes, strlen(rows[i].bytes)), rows[i].length);
}

static void compares(void) {
        CHECK(text_equal(NULL, NULL) && text_equal("a", "a"));
        CHECK(!text_equal("a", NULL) && !text_equal(NULL, "a") && !text_equal("a", "b") && !text_equal("a", "ab"));
        CHECK(text_starts_with("abc", "ab") && text_starts_with("abc", ""));
        CHECK(!text_starts_with("ab", "abc"));
        CHECK_TEXT(text_after("name=systemd", "name="), "systemd");
        CHECK_TEXT(text_after("name=", "name="), "");
        CHECK_TEXT(text_after("nam", "name="), NULL);
        CHECK(text_is_empty(NULL) && text_is_empty("") && !text_is_empty(" "));
}

static void reads_unsigned_numbers(void) {
        static const char *const wrong[] = { "", " 1", "1 ", "+1", "-1", "-0", "0x10", "1a", "1.0", "1e3", "\n" };
        uint64_t value = 7;

        CHECK(text_to_u64("0", &value) == 0 && value == 0);
        CHECK(text_to_u64("007", &value) == 0 && value == 7);
        CHECK(text_to_u64("18446744073709551615", &value) == 0 && value == UINT64_MAX);
        value = 7;
        CHECK_EQUAL(text_to_u64("18446744073709551616", &value), -ERANGE);
        CHECK_EQUAL(text_to_u64("20000000000000000000", &value), -ERANGE);
        CHECK_EQUAL(text_to_u64("99999999999999999999999999", &value), -ERANGE);
        CHECK_EQUAL(text_to_u64("99999999999999999999999999x", &value), -EINVAL);
        CHECK_EQUAL(text_to_u64(NULL, &value), -EINVAL);
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                CHECK_EQUAL(text_to_u64(wrong[i], &value), -EINVAL);
        CHECK_EQUAL(value, 7); /* untouched by failures */
}

static void reads_signed_numbers(void) {
        static const char *const wrong[] = { "", "-", "--1", "- 1", "+1", "1-", "-0x1" };
        int64_t value = 7;

        CHECK(text_to_i64("-0", &value) == 0 && value == 0);
        CHECK(text_to_i64("-1000", &value) == 0 && value == -1000);
        CHECK(text_to_i64("9223372036854775807", &value) == 0 && value == INT64_MAX);
        CHECK(text_to_i64("-9223372036854775808", &value) == 0 && value == INT64_MIN);
        value = 7;
        CHECK_EQUAL(text_to_i64("9223372036854775808", &value), -ERANGE);
        CHECK_EQUAL(text_to_i64("-9223372036854775809", &value), -ERANGE);
        CHECK_EQUAL(text_to_i64(NULL, &value), -EINVAL);
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                CHECK_EQUAL(text_to_i64(wrong[i], &value), -EINVAL);
        CHECK_EQUAL(value, 7);
}

static void reads_durations(void) {
        static const struct {
                const char *text;
                int64_t nanoseconds;
        } good[] = {
                {"0", 0},
                {"0s", 0},
                {"5s", INT64_C(5000000000)},
                {"1m", INT64_C(60000000000)},
                {"1h2m3.5s", INT64_C(3723500000000)},
                {"1m30s", INT64_C(90000000000)},
                {"1s1m1s", INT64_C(62000000000)},
                {"+250ms", 250000000},
                {"-1.5h", INT64_C(-5400000000000)},
                {"1us", 1000},
                {"1\xc2\xb5s", 1000},
                {"1\xce\xbcs", 1000},
                {"7ns", 7},
                {".5s", 500000000},
                {"5.s", INT64_C(5000000000)},
                {"0.000000001s", 1},
                {"0.9ns", 0},
                {"1.0000000019s", 1000000001},
                {"0.000000000000000000000000000000001h", 0},
                {"007s", INT64_C(7000000000)},
                {"5", INT64_C(5000000000)},
                {"-5", INT64_C(-5000000000)},
                {"9223372036854775807ns", INT64_MAX},
                {"2562047h47m16.854775807s", INT64_MAX},
        };
        static const char *const wrong[] = {"", "s", "-", "+", ".", ".s", "-.s", "5 s", " 5s", "5s ", "5S", "5d", "1.2.3s", "1s5", "1.5",
                                            "--5s", "1s-1s", "5\xc2s", "0x5s", "1e3s", "five", "5ss"};
        static const char *const too_long[] = {"9223372036854775808ns", "2562047h47m16.854775808s", "3000000h", "18446744073709551616s",
                                               "9223372037", "99999999999999999999", "99999999999999999999999999999h"};
        int64_t nanoseconds;

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                nanoseconds = 12345;
                CHECK_EQUAL(text_to_duration(good[i].text, &nanoseconds), 0);
                CHECK_EQUAL(nanoseconds, good[i].nanoseconds);
        }
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                CHECK_EQUAL(text_to_duration(wrong[i], &nanoseconds), -EINVAL);
        CHECK_EQUAL(text_to_duration(NULL, &nanoseconds), -EINVAL);
        for (size_t i = 0; i < ELEMENTSOF(too_long); i++)
                CHECK_EQUAL(text_to_duration(too_long[i], &nanoseconds), -ERANGE);
}

static void reads_sizes(void) {
        static const struct {
                const char *text;
                int64_t size;
        } right[] = {
                { "0", 0 }, { "17", 17 }, { "17b", 17 }, { "1k", 1024 }, { "1KB", 1024 }, { "2kib", 2048 },
                { "512M", 536870912 }, { "512mIB", 536870912 }, { "1g", 1073741824 }, { "1.5G", 1610612736 },
                { "0.5k", 512 }, { "0.0001k", 0 }, { "1.9", 1 }, { "2T", INT64_C(2199023255552) },
                { "1p", INT64_C(1125899906842624) }, { "007m", 7340032 },
                { "0.33333333333333333333333333g", 357913941 }, { "9223372036854775807", INT64_MAX },
                { "8191.9999999999p", INT64_C(9223372036854663218) },
        };
        static const char *const wrong[] = {
                "", "k", ".5k", "1.k", "1.", "-1", "+1", "1 k", " 1k", "1k ", "1kk", "1bb", "1ki", "1x", "1.5.5k", "0x10", "1e3",
        };
        static const char *const large[] = {
                "9223372036854775808", "8192p", "99999999999999999999999999999999999999999999", "18446744073709551617k",
        };
        int64_t size = 7;

        for (size_t i = 0; i < ELEMENTSOF(right); i++) {
                CHECK_EQUAL(text_to_size(right[i].text, &size), 0);
                CHECK_EQUAL(size, right[i].size);
        }
        size = 7;
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                CHECK_EQUAL(text_to_size(wrong[i], &size), -EINVAL);
        for (size_t i = 0; i < ELEMENTSOF(large); i++)
                CHECK_EQUAL(text_to_size(large[i], &size), -ERANGE);
        CHECK_EQUAL(text_to_size(NULL, &size), -EINVAL);
        CHECK_EQUAL(size, 7);
}

static const struct test_case cases[] = {
        { "a text grows and is emptied", grows },
        { "a text keeps room for its end", keeps_room_for_the_end },
        { "formatted text is added whole", formats },
        { "a text is handed over", hands_over },
        { "JSON literals are escaped", writes_json_literals },
        { "UTF-8 is told from what only looks like it", knows_utf8 },
        { "comparison and prefixes", compares },
        { "unsigned numbers are strict", reads_unsigned_numbers },
        { "signed numbers are strict", reads_signed_numbers },
        { "durations are read as Go reads them", reads_durations },
        { "sizes with units", reads_sizes },
};
TEST_MAIN(cases)
