/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* util/json.c and util/json-writer.c: what is stored, what is refused and in which words, what is written. */
#include "util/json.h"

#include <errno.h>
#include <inttypes.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

#include "../fuzz/json-sample.h"
#include "test.h"

static int decode_n(const char *text, size_t size, struct sample *ret) {
        fail_forget();
        *ret = (struct sample){};
        return json_decode(text, size, "config.json", &sample_type, ret);
}

static int decode(const char *text, struct sample *ret) {
        return decode_n(text, strlen(text), ret);
}

/* Must be refused in exactly these words. */
static void refuse_n(const char *text, size_t size, const char *message) {
        autodone(sample) struct sample sample = {};

        CHECK_EQUAL(decode_n(text, size, &sample), -EINVAL);
        CHECK_TEXT(fail_text(), message);
}

static void refuse(const char *text, const char *message) {
        refuse_n(text, strlen(text), message);
}

struct refusal {
        const char *text, *message;
};

static void refuse_all(const struct refusal *rows, size_t n) {
        for (size_t i = 0; i < n; i++)
                refuse(rows[i].text, rows[i].message);
}

static const char full[] =
        "{ \"yes\": true, \"i8\": -128, \"u8\": 200, \"u16\": 65535, \"i32\": -2147483648, \"u32\": 4294967295,\n"
        "  \"i64\": -9223372036854775808, \"between\": -1000, \"u64\": 18446744073709551615,\n"
        "  \"text\": \"t\\t\\\"\\u20ac\\ud83d\\ude00\\/\", \"colour\": \"green\", \"shape\": \"s1\",\n"
        "  \"flags\": [\"low\", \"high\"], \"inner\": {\"text\": \"inside\"}, \"words\": [\"a\", \"\", \"c\"],\n"
        "  \"parts\": [{\"name\": \"p\", \"numbers\": [1, 2, 3], \"parts\": [{\"name\": \"q\"},\n"
        "      {\"numbers\": [], \"name\": \"r\"}]}, {\"name\": \"s\"}],\n"
        "  \"rows\": [[\"x\"], [], [\"y\", \"z\"]], \"map\": {\"k\": \"v\", \"\": \"empty\"},\n"
        "  \"limits\": {\"a\": {\"value\": 7, \"hard\": true}, \"b\": {\"hard\": false}},\n"
        "  \"lists\": {\"l\": [\"m\", \"n\"]} }\n";

static void stores_single_values(void) {
        autodone(sample) struct sample sample = {};

        CHECK_EQUAL(decode(full, &sample), 0);
        CHECK_TEXT(fail_text(), "");
        CHECK(sample.yes && sample.has_yes);
        CHECK_EQUAL(sample.i8, INT8_MIN);
        CHECK_EQUAL(sample.u8, 200);
        CHECK_EQUAL(sample.u16, UINT16_MAX);
        CHECK_EQUAL(sample.i32, INT32_MIN);
        CHECK_EQUAL(sample.u32, UINT32_MAX);
        CHECK_EQUAL(sample.i64, INT64_MIN);
        CHECK_EQUAL(sample.between, -1000);
        CHECK(sample.u64 == UINT64_MAX && sample.has_u64);
        CHECK_TEXT(sample.text, "t\t\"\xe2\x82\xac\xf0\x9f\x98\x80/");
        CHECK_EQUAL(sample.colour, GREEN);
        CHECK_EQUAL(sample.shape, -1);
        CHECK_EQUAL(sample.flags, 1 | 1L << 40);
        CHECK(sample.inner.present);
        CHECK_TEXT(sample.inner.text, "inside");
}

static void stores_arrays_and_maps(void) {
        autodone(sample) struct sample sample = {};

        CHECK_EQUAL(decode(full, &sample), 0);
        if (sample.words.count != 3 || sample.parts.count != 2 || sample.parts.items[0].parts.count != 2 ||
            sample.n_rows != 3 || sample.n_map != 2 || sample.n_limits != 2 || sample.n_lists != 1) {
                CHECK(!"the counts");
                return;
        }
        CHECK_TEXT(sample.words.items[1], "");
        CHECK_TEXT(sample.words.items[2], "c");
        CHECK_EQUAL(sample.parts.items[0].n_numbers, 3);
        CHECK_EQUAL(sample.parts.items[0].numbers[2], 3);
        CHECK_TEXT(sample.parts.items[0].parts.items[1].name, "r");
        CHECK_TEXT(sample.parts.items[1].name, "s");
        CHECK_EQUAL(sample.rows[0].count, 1);
        CHECK_EQUAL(sample.rows[1].count, 0);
        CHECK_TEXT(sample.rows[2].items[1], "z");
        CHECK_TEXT(sample.map[0].key, "k");
        CHECK_TEXT(sample.map[1].key, "");
        CHECK_TEXT(sample.map[1].value, "empty");
        CHECK(sample.limits[0].limit.value == 7 && sample.limits[0].limit.has_value && sample.limits[0].limit.is_hard);
        CHECK(!sample.limits[1].limit.has_value && !sample.limits[1].limit.is_hard);
        CHECK_EQUAL(sample.limits[0].between, 0);
        CHECK_EQUAL(sample.lists[0].row.count, 2);
        CHECK_TEXT(sample.lists[0].row.items[1], "n");
}

/* Arrays move while they grow: each level must still be where its owner says. */
static void grows_arrays_in_arrays(void) {
        autodone(text) struct text text = TEXT_INIT;
        autodone(sample) struct sample sample = {};

        text_add(&text, "{\"parts\":[");
        for (int i = 0; i < 100; i++) {
                text_add_format(&text, "%s{\"parts\":[", i > 0 ? "," : "");
                for (int k = 0; k < 50; k++)
                        text_add_format(&text, "%s{\"numbers\":[%d,%d],\"name\":\"%d.%d\"}", k > 0 ? "," : "", i, k, i, k);
                text_add_format(&text, "],\"name\":\"%d\"}", i);
        }
        text_add(&text, "]}");
        CHECK_EQUAL(decode(text.bytes, &sample), 0);
        CHECK_EQUAL(sample.parts.count, 100);
        for (int i = 0; i < (int)sample.parts.count; i++) {
                const struct sample_part *part = &sample.parts.items[i];

                CHECK_EQUAL(part->parts.count, 50);
                CHECK_EQUAL(atoi(part->name), i);
                for (int k = 0; k < (int)part->parts.count; k++) {
                        CHECK_EQUAL(part->parts.items[k].numbers[0], i);
                        CHECK_EQUAL(part->parts.items[k].numbers[1], k);
                }
        }
}

static void skips_unknown_properties(void) {
        autodone(sample) struct sample sample = {};

        CHECK_EQUAL(decode("{\"a\": {\"u32\": \"x\", \"b\": [1.5e3, {\"c\": null}, [[]], -0.1], \"yes\": 1}, \"b\": [true],"
                           " \"u32\": 7, \"c\": \"\\u0000\", \"d\": null, \"Yes\": 3, \"ye\": 4, \"yess\": 5, \"\": 6,"
                           " \"yes\\u0000\": 8, \"d\": 1, \"inner\": {\"more\": {\"text\": 1}, \"text\": \"x\"}}",
                           &sample),
                    0);
        CHECK_TEXT(fail_text(), "");
        CHECK_EQUAL(sample.u32, 7);
        CHECK(!sample.has_yes);
        CHECK_TEXT(sample.inner.text, "x");
}

static void takes_null_as_absent(void) {
        autodone(sample) struct sample sample = {};

        CHECK_EQUAL(decode("{\"yes\": null, \"u64\": null, \"text\": null, \"colour\": null, \"flags\": null,"
                           " \"inner\": null, \"words\": null, \"parts\": [{\"numbers\": null, \"name\": \"a\"}],"
                           " \"map\": {\"a\": null, \"b\": \"2\", \"c\": null, \"d\": \"4\"},"
                           " \"limits\": {\"x\": null}, \"lists\": {\"y\": []}}",
                           &sample),
                    0);
        CHECK_TEXT(fail_text(), "");
        CHECK(!sample.has_yes && !sample.has_u64 && !sample.has_colour && !sample.has_flags && !sample.has_words);
        CHECK(!sample.text && !sample.inner.present && sample.words.count == 0);
        CHECK_EQUAL(sample.parts.items[0].n_numbers, 0);
        CHECK_EQUAL(sample.n_map, 2);
        CHECK_TEXT(sample.map[0].key, "b");
        CHECK_TEXT(sample.map[1].key, "d");
        CHECK_TEXT(sample.map[1].value, "4");
        CHECK_EQUAL(sample.n_limits, 0);
        CHECK_EQUAL(sample.n_lists, 1);
        CHECK_EQUAL(sample.lists[0].row.count, 0);
}

static void tells_empty_from_absent(void) {
        autodone(sample) struct sample sample = {};

        CHECK_EQUAL(decode("{\"words\": [], \"flags\": [], \"text\": \"\", \"map\": {}, \"colour\": \"\"}", &sample), 0);
        CHECK(sample.has_words && sample.words.count == 0);
        CHECK(sample.has_flags && sample.flags == 0);
        CHECK_TEXT(sample.text, "");
        CHECK_EQUAL(sample.n_map, 0);
        CHECK(!sample.has_colour); /* a name that was never set */
}

static void refuses_wrong_types(void) {
        static const struct refusal rows[] = {
                { "{\"u32\": \"1\"}", "u32: found a string, expected an integer" },
                { "{\"u32\": true}", "u32: found true, expected an integer" },
                { "{\"u32\": []}", "u32: found an array, expected an integer" },
                { "{\"u32\": {}}", "u32: found an object, expected an integer" },
                { "{\"yes\": 1}", "yes: found a number, expected true or false" },
                { "{\"text\": false}", "text: found false, expected a string" },
                { "{\"colour\": 3}", "colour: found a number, expected one of red, green" },
                { "{\"shape\": 3}", "shape: found a number, expected a string" },
                { "{\"inner\": []}", "inner: found an array, expected an object" },
                { "{\"words\": {}}", "words: found an object, expected an array" },
                { "{\"map\": []}", "map: found an array, expected an object" },
                { "{\"words\": [\"a\", 1]}", "words[1]: found a number, expected a string" },
                { "{\"words\": [\"a\", \"b\", null]}", "words[2]: found null, expected a string" },
                { "{\"parts\": [null]}", "parts[0]: found null, expected an object" },
                { "{\"flags\": [\"low\", null]}", "flags[1]: found null, expected one of low, middle, high" },
                { "{\"flags\": [\"low\", \"\"]}", "flags[1]: found \"\", expected one of low, middle, high" },
                { "{\"rows\": [[], [\"a\", []]]}", "rows[1][1]: found an array, expected a string" },
                { "{\"map\": {\"a\": \"1\", \"b.c\": 2}}", "map[\"b.c\"]: found a number, expected a string" },
                { "{\"limits\": {\"a\": {\"value\": \"x\"}}}", "limits[\"a\"].value: found a string, expected an integer" },
                { "{\"lists\": {\"a\": [\"\", 0]}}", "lists[\"a\"][1]: found a number, expected a string" },
                { "{\"parts\": [{\"name\": \"a\"}, {\"parts\": [{\"numbers\": [1, \"2\"]}]}]}",
                  "parts[1].parts[0].numbers[1]: found a string, expected an integer" },
        };

        refuse_all(rows, ELEMENTSOF(rows));
}

static void refuses_wrong_numbers(void) {
        static const struct refusal rows[] = {
                { "{\"u32\": 4294967296}", "u32: found 4294967296, expected an integer from 0 to 4294967295" },
                { "{\"u32\": -1}", "u32: found -1, expected an integer from 0 to 4294967295" },
                { "{\"i8\": 128}", "i8: found 128, expected an integer from -128 to 127" },
                { "{\"i8\": -129}", "i8: found -129, expected an integer from -128 to 127" },
                { "{\"u8\": 9}", "u8: found 9, expected an integer from 10 to 200" },
                { "{\"u8\": -10}", "u8: found -10, expected an integer from 10 to 200" },
                { "{\"u8\": 201}", "u8: found 201, expected an integer from 10 to 200" },
                { "{\"between\": 1001}", "between: found 1001, expected an integer from -1000 to 1000" },
                { "{\"between\": -1001}", "between: found -1001, expected an integer from -1000 to 1000" },
                { "{\"i64\": 9223372036854775808}",
                  "i64: found 9223372036854775808, expected an integer from -9223372036854775808 to 9223372036854775807" },
                { "{\"u64\": 18446744073709551616}",
                  "u64: found 18446744073709551616, expected an integer from 0 to 18446744073709551615" },
                { "{\"u64\": 20000000000000000000}", /* would wrap around at the last multiplication */
                  "u64: found 20000000000000000000, expected an integer from 0 to 18446744073709551615" },
                { "{\"u64\": 36893488147419103232}", /* at the last addition */
                  "u64: found 36893488147419103232, expected an integer from 0 to 18446744073709551615" },
                { "{\"u64\": -18446744073709551615}",
                  "u64: found -18446744073709551615, expected an integer from 0 to 18446744073709551615" },
                { "{\"u32\": 1.0}", "u32: found 1.0, expected an integer in plain digits" },
                { "{\"u32\": 1e3}", "u32: found 1e3, expected an integer in plain digits" },
                { "{\"u32\": 0.5}", "u32: found 0.5, expected an integer in plain digits" },
                { "{\"u32\": 1111111111222222222233333333334444444444555555555566666666667777777777}",
                  "u32: found 1111111111222222222233333333334444444444555555555566666666667777..., "
                  "expected an integer from 0 to 4294967295" },
        };
        autodone(sample) struct sample sample = {};

        refuse_all(rows, ELEMENTSOF(rows));
        CHECK_EQUAL(decode("{\"u8\": 10, \"u32\": -0, \"i8\": 127, \"between\": 1000, \"i64\": 9223372036854775807}", &sample),
                    0);
        CHECK(sample.u8 == 10 && sample.u32 == 0 && sample.i8 == 127 && sample.between == 1000 && sample.i64 == INT64_MAX);
}

static void refuses_missing_values(void) {
        static const struct refusal rows[] = {
                { "{\"inner\": {}}", "inner.text: missing, expected a string" },
                { "{\"inner\": {\"text\": null}}", "inner.text: missing, expected a string" },
                { "{\"parts\": [{\"name\": \"a\"}, {}]}", "parts[1].name: missing, expected a string" },
                { "{\"limits\": {\"a\": {\"value\": 1}}}", "limits[\"a\"].hard: missing, expected true or false" },
        };

        refuse_all(rows, ELEMENTSOF(rows));
}

static void refuses_what_is_required_at_the_top(void) {
        static const struct json_field fields[] = {
                { .name = "colour", .type = &sample_colour, .required = true },
                {},
        };
        static const struct json_type type = { .kind = JSON_OBJECT, .size = sizeof(enum sample_colour), .fields = fields };
        enum sample_colour colour = 0;

        CHECK_EQUAL(json_decode("{}", 2, "x", &type, &colour), -EINVAL);
        CHECK_TEXT(fail_text(), "colour: missing, expected one of red, green");
        CHECK_EQUAL(json_decode("{\"colour\":\"\"}", 13, "x", &type, &colour), -EINVAL);
        CHECK_TEXT(fail_text(), "colour: missing, expected one of red, green");
}

static void refuses_unknown_names(void) {
        static const struct refusal rows[] = {
                { "{\"colour\": \"blue\"}", "colour: unknown colour \"blue\", expected one of red, green" },
                { "{\"colour\": \"Red\"}", "colour: unknown colour \"Red\", expected one of red, green" },
                { "{\"colour\": \"red\\u0000\"}", "colour: unknown colour \"red\\u0000\", expected one of red, green" },
                { "{\"shape\": \"s0\"}", "shape: unknown shape \"s0\"" },
                { "{\"flags\": [\"low\", \"x\\n\\u001b[1m\\u009b\"]}",
                  "flags[1]: unknown flag \"x\\n\\u001b[1m\\u009b\", expected one of low, middle, high" },
                { "{\"shape\": \"1111111111222222222233333333334444444444555555555566666666667777777777\"}",
                  "shape: unknown shape \"1111111111222222222233333333334444444444555555555566666666667777\"..." },
                { "{\"shape\": \"11111111112222222222333333333344444444445555555555666666666677\xe2\x82\xac\xe2\x82\xac\"}",
                  "shape: unknown shape \"11111111112222222222333333333344444444445555555555666666666677\"..." },
        };

        refuse_all(rows, ELEMENTSOF(rows));
}

static void refuses_long_names(void) {
        autodone(text) struct text text = TEXT_INIT;

        text_add(&text, "{\"colour\": \"");
        for (int i = 0; i < 1000; i++)
                text_add(&text, "red ");
        text_add(&text, "\"}");
        refuse(text.bytes, "colour: unknown colour \"red red red red red red red red red red red red red red red red \"..., "
                           "expected one of red, green");
}

static void refuses_keys_given_twice(void) {
        static const struct refusal rows[] = {
                { "{\"u32\": 1, \"text\": \"\", \"u32\": 1}", "u32: given twice, expected it once" },
                { "{\"u32\": null, \"u32\": 1}", "u32: given twice, expected it once" },
                { "{\"u\\u00332\": 1, \"u32\": 1}", "u32: given twice, expected it once" },
                { "{\"parts\": [{\"name\": \"a\"}, {\"name\": \"b\", \"name\": \"c\"}]}",
                  "parts[1].name: given twice, expected it once" },
                { "{\"map\": {\"a\": \"1\", \"b\": \"2\", \"a\": \"3\"}}", "map[\"a\"]: given twice, expected it once" },
                { "{\"map\": {\"a\": null, \"b\": \"2\", \"a\": \"3\"}}", "map[\"a\"]: given twice, expected it once" },
                { "{\"map\": {\"a\": \"1\", \"a\": null}}", "map[\"a\"]: given twice, expected it once" },
                { "{\"map\": {\"a\\n\\\"\": \"1\", \"a\\n\\\"\": \"3\"}}",
                  "map[\"a\\n\\\"\"]: given twice, expected it once" },
        };
        autodone(sample) struct sample sample = {};

        refuse_all(rows, ELEMENTSOF(rows));
        /* The same name in two objects is fine. */
        CHECK_EQUAL(decode("{\"parts\": [{\"name\": \"a\"}, {\"name\": \"a\"}], \"map\": {\"a\": \"\", \"aa\": \"\"}}", &sample), 0);
}

static void refuses_bad_strings(void) {
        static const struct refusal rows[] = {
                { "{\"text\": \"a\\u0000b\"}", "text: found a NUL character in the string, expected none" },
                { "{\"map\": {\"x\": \"\", \"a\\u0000b\": \"\"}}", "map: found a NUL character in a key, expected none" },
                { "{\"text\": \"\xff\"}", "config.json:1:11: invalid UTF-8" },
                { "{\n\"other\": \"\xc0\x80\"}", "config.json:2:11: invalid UTF-8" },
                { "{\"text\": \"\xed\xa0\x80\"}", "config.json:1:11: invalid UTF-8" },
                { "{\"text\": \"\\\xff\"}", "config.json:1:12: invalid UTF-8" },
                { "{\"text\": \"a\\ud800\"}", "config.json:1:12: half of a surrogate pair" },
                { "{\"text\": \"\\uDBFF\\u0041\"}", "config.json:1:11: half of a surrogate pair" },
                { "{\"text\": \"\\ud83d\\ud83d\"}", "config.json:1:11: half of a surrogate pair" },
                { "{\"text\": \"\\udc00\"}", "config.json:1:11: half of a surrogate pair" },
        };
        autodone(sample) struct sample sample = {};

        refuse_all(rows, ELEMENTSOF(rows));
        /* A backslash of its own before what only looks like half a pair. */
        CHECK_EQUAL(decode("{\"text\": \"\\\\ud800\"}", &sample), 0);
        CHECK_TEXT(sample.text, "\\ud800");
}

static void refuses_deep_nesting(void) {
        for (int levels = JSON_DEPTH_MAX - 1; levels <= JSON_DEPTH_MAX + 1; levels++) {
                autodone(text) struct text known = TEXT_INIT, unknown = TEXT_INIT;
                autodone(sample) struct sample sample = {}, other = {};
                int expected = levels <= JSON_DEPTH_MAX ? 0 : -EINVAL;

                /* The document is a level itself; a part is two, its array and its object. */
                text_add(&unknown, "{\"other\":");
                for (int i = 1; i < levels; i++)
                        text_add(&unknown, "[");
                for (int i = 1; i < levels; i++)
                        text_add(&unknown, "]");
                text_add(&unknown, "}");
                CHECK_EQUAL(decode(unknown.bytes, &sample), expected);
                CHECK_TEXT(fail_text(), expected ? "config.json: nested too deeply, expected at most 64 levels" : "");

                text_add(&known, "{");
                for (int i = 2; i < levels; i += 2)
                        text_add_format(&known, "%s\"parts\":[{\"name\":\"\"", i > 2 ? "," : "");
                text_add(&known, levels % 2 ? "" : ",\"parts\":[]");
                for (int i = 2; i < levels; i += 2)
                        text_add(&known, "}]");
                text_add(&known, "}");
                CHECK_EQUAL(decode(known.bytes, &other), expected);
                CHECK((strstr(fail_text(), ".parts[0]: nested too deeply, expected at most 64 levels") != NULL) ==
                      (expected < 0));
        }
}

static void refuses_bad_syntax(void) {
        static const struct refusal rows[] = {
                { "", "config.json: empty, expected a JSON object" },
                { " \n\t\r\n", "config.json: empty, expected a JSON object" },
                { "[]", "config.json: found an array, expected an object" },
                { "null", "config.json: found null, expected an object" },
                { " 12 ", "config.json: found a number, expected an object" },
                { "\"x\"", "config.json: found a string, expected an object" },
                { "true", "config.json: found true, expected an object" },
                { "{} x", "config.json:1:4: trailing garbage" },
                { "{}\n{}", "config.json:2:1: trailing garbage" },
                { "{}}", "config.json:1:3: trailing garbage" },
                { "{\"u32\": 1,}", "config.json:1:11: invalid object key (must be a string)" },
                { "{\n  \"u32\" 1}", "config.json:2:9: object key and value must be separated by a colon (':')" },
                { "{\"u32\": 01}", "config.json:1:9: after key and value, inside map, I expect ',' or '}'" },
                { "{\"u32\": nul}", "config.json:1:11: invalid string in json text" },
                { "{\"words\": [\"a\" \"b\"]}", "config.json:1:18: after array element, I expect ',' or ']'" },
                { "{/**/}", "config.json:1:1: probable comment found in input text, comments are not enabled" },
                { "{\"u32\": 1", "config.json:1:9: premature EOF" },
                { "{\"u32\": 1\n", "config.json:1:10: premature EOF" },
                { "{\"text\": \"abc", "config.json:1:13: premature EOF" },
                { "{\"text\": \"a\nb\"}", "config.json:1:11: invalid character inside string" },
                { "\xef\xbb\xbf{}", "config.json:1:1: invalid char in json text" },
        };

        refuse_all(rows, ELEMENTSOF(rows));
        refuse_n("{}\0", 3, "config.json:1:3: trailing garbage");
        refuse_n("\0", 1, "config.json:1:1: invalid char in json text");
}

/* What is refused in the middle leaves nothing that the done function could trip over (AddressSanitizer watches). */
static void leaves_freeable_memory(void) {
        for (size_t size = 0; size < sizeof(full) - 3; size++) {
                autodone(sample) struct sample sample = {};

                CHECK_EQUAL(decode_n(full, size, &sample), -EINVAL);
                CHECK(fail_text()[0] != '\0');
        }
}

static void writes_what_it_reads(void) {
        autodone(text) struct text first = TEXT_INIT, second = TEXT_INIT;
        autodone(sample) struct sample sample = {}, again = {};

        CHECK_EQUAL(decode(full, &sample), 0);
        sample_write(&first, true, &sample);
        CHECK_EQUAL(decode(first.bytes, &again), 0);
        sample_write(&second, true, &again);
        CHECK_TEXT(second.bytes, first.bytes);
        CHECK_CONTAINS(first.bytes, "\n  \"u64\": 18446744073709551615,\n  \"text\": \"t\\t\\\"");
}

/* The tables write what sample_write() writes by hand, but for what is absent or empty. */
static void writes_by_tables(void) {
        autodone(text) struct text written = TEXT_INIT, first = TEXT_INIT, second = TEXT_INIT, empty = TEXT_INIT;
        struct json_writer writer = { .text = &written, .indent = true }, small = { .text = &empty };
        autodone(sample) struct sample sample = {}, again = {};
        static const struct sample_word none = {};
        static const struct json_field fields[] = {
                JSON_FIELD(struct sample_word, key, "key", &json_string), JSON_FIELD(struct sample_word, value, "value", &json_string), {},
        };
        static const struct json_type type = { .kind = JSON_OBJECT, .size = sizeof(none), .fields = fields };

        CHECK_EQUAL(decode(full, &sample), 0);
        json_write_object(&writer, NULL, &sample_type, &sample);
        CHECK_EQUAL(decode(written.bytes, &again), 0);
        sample_write(&first, true, &sample);
        sample_write(&second, true, &again);
        CHECK_TEXT(second.bytes, first.bytes);
        CHECK_CONTAINS(written.bytes, "\n  \"u64\": 18446744073709551615,\n  \"text\": \"t\\t\\\"");
        json_write_object(&small, NULL, &type, &none);
        CHECK_TEXT(empty.bytes, "{}");
}

static void write_document(struct text *text, bool indent) {
        struct json_writer writer = { .text = text, .indent = indent };

        json_object_begin(&writer, NULL);
        json_write_string(&writer, "a\"", "b\n");
        json_write_string(&writer, "none", NULL);
        json_object_begin(&writer, "empty");
        json_object_end(&writer);
        json_array_begin(&writer, "list");
        json_write_i64(&writer, NULL, INT64_MIN);
        json_write_u64(&writer, NULL, UINT64_MAX);
        json_array_begin(&writer, NULL);
        json_array_end(&writer);
        json_object_begin(&writer, NULL);
        json_write_bool(&writer, "yes", true);
        json_object_end(&writer);
        json_array_end(&writer);
        json_write_bool(&writer, "no", false);
        json_object_end(&writer);
}

static void writes_documents(void) {
        autodone(text) struct text compact = TEXT_INIT, indented = TEXT_INIT;

        write_document(&compact, false);
        CHECK_TEXT(compact.bytes, "{\"a\\\"\":\"b\\n\",\"none\":null,\"empty\":{},\"list\":[-9223372036854775808,"
                                  "18446744073709551615,[],{\"yes\":true}],\"no\":false}");
        write_document(&indented, true);
        CHECK_TEXT(indented.bytes, "{\n"
                                   "  \"a\\\"\": \"b\\n\",\n"
                                   "  \"none\": null,\n"
                                   "  \"empty\": {},\n"
                                   "  \"list\": [\n"
                                   "    -9223372036854775808,\n"
                                   "    18446744073709551615,\n"
                                   "    [],\n"
                                   "    {\n"
                                   "      \"yes\": true\n"
                                   "    }\n"
                                   "  ],\n"
                                   "  \"no\": false\n"
                                   "}");
}

static const struct test_case cases[] = {
        { "single values are stored", stores_single_values },
        { "arrays and maps are stored", stores_arrays_and_maps },
        { "arrays in arrays grow", grows_arrays_in_arrays },
        { "unknown properties are skipped", skips_unknown_properties },
        { "null counts as absent", takes_null_as_absent },
        { "empty is told from absent", tells_empty_from_absent },
        { "wrong types are refused", refuses_wrong_types },
        { "wrong numbers are refused", refuses_wrong_numbers },
        { "missing values are refused", refuses_missing_values },
        { "missing values at the top are refused", refuses_what_is_required_at_the_top },
        { "unknown names are refused", refuses_unknown_names },
        { "long names are refused", refuses_long_names },
        { "keys given twice are refused", refuses_keys_given_twice },
        { "NUL and what is not UTF-8 are refused", refuses_bad_strings },
        { "deep nesting is refused", refuses_deep_nesting },
        { "bad syntax is refused with its place", refuses_bad_syntax },
        { "a failure leaves memory that can be freed", leaves_freeable_memory },
        { "what was written is read again", writes_what_it_reads },
        { "tables write what they decode", writes_by_tables },
        { "documents are written compact and indented", writes_documents },
};
TEST_MAIN(cases)
