/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wrong values for every property of config.json, taken from the tables that decode it: so a new property is tested by
 * being there. Each gets what is of another type, what is out of its range or no word of its table, a null in an array,
 * itself twice, and, where it is required, nothing; all around it is right. What is expected is a message that begins
 * with the property's path.
 *
 * Without arguments this is a unit test of the decoder. With --print it writes some cases of each path, each as a line
 * with the path, a tab and the config, which wrong-values.bats gives to the program; with --properties the paths of all
 * properties, each with the words that it takes, which tests/specification holds against the schema.
 */
#include <inttypes.h>

#include "libcontainer/config/decode.h"
#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

/* Where in a config we are: the text before and behind the value, and how messages call the place. */
struct place {
        const char *path, *before, *behind;
};

/* What is done with a config: `path` is NULL if it is right. */
typedef void use_config(const char *path, const char *config);

static use_config *use;
static void (*tell_property)(const char *path, const struct json_type *type); /* NULL: nobody wants to know */

static void use_value(const struct place *place, const char *path, const char *value) {
        autofree char *config = text_format("%s%s%s", place->before, value, place->behind);

        use(path, config);
}

static void wrong(const struct place *place, const char *value) {
        use_value(place, place->path, value);
}

/* --- right values --- */

/* What the bounds of a type are if it names none. */
static uint64_t highest(const struct json_type *type) {
        unsigned bits = 8 * (unsigned)type->size - type->is_signed;

        if (type->min != 0 || type->max != 0)
                return type->max;
        return bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static void add_right(struct text *text, const struct json_type *type);

/* The required fields of an object but `except`, each with a comma behind it. */
static void add_required(struct text *text, const struct json_type *type, const struct json_field *except) {
        for (const struct json_field *field = type->fields; field->name; field++) {
                if (!field->required || field == except)
                        continue;
                text_add_json(text, field->name);
                text_add(text, ":");
                add_right(text, field->type);
                text_add(text, ",");
        }
}

static void add_right(struct text *text, const struct json_type *type) {
        switch (type->kind) {
        case JSON_BOOL:
                text_add(text, "true");
                return;
        case JSON_INTEGER:
                text_add_format(text, "%" PRIu64, highest(type));
                return;
        case JSON_STRING:
                text_add(text, "\"x\"");
                return;
        case JSON_NAME:
                text_add_json(text, type->names[0].name);
                return;
        case JSON_OBJECT:
                text_add(text, "{");
                add_required(text, type, NULL);
                text_add(text, "\"unknown\":[]}");
                return;
        case JSON_ARRAY:
                text_add(text, "[");
                add_right(text, type->element);
                text_add(text, "]");
                return;
        case JSON_MAP:
                text_add(text, "{\"key\":");
                add_right(text, type->element);
                text_add(text, "}");
        }
}

/* --- wrong values --- */

static void wrong_integers(const struct place *place, const struct json_type *type) {
        uint64_t max = highest(type);
        autofree char *above = max == UINT64_MAX ? text_copy("18446744073709551616") : text_format("%" PRIu64, max + 1);
        int64_t min = type->min != 0 || !type->is_signed ? type->min : -(int64_t)max - 1;
        autofree char *below = min == INT64_MIN ? text_copy("-9223372036854775809") : text_format("%" PRId64, min - 1);

        wrong(place, above);
        wrong(place, "\"1\"");
        wrong(place, below);
        wrong(place, "1.5");
        wrong(place, "1e400");
        wrong(place, "true");
}

static void wrong_values(const struct place *place, const struct json_type *type);

static void wrong_elements(const struct place *place, const struct json_type *type, const char *open, const char *close) {
        bool is_map = type->kind == JSON_MAP;
        autofree char *path = text_format(is_map ? "%s[\"key\"]" : "%s[0]", place->path);
        autofree char *before = text_format("%s%s", place->before, open), *behind = text_format("%s%s", close, place->behind);
        struct place element = {path, before, behind};

        wrong_values(&element, type->element);
        if (!is_map)
                wrong(&element, "null");
}

static void wrong_field(const struct place *place, const struct json_type *type, const struct json_field *field) {
        autofree char *path = text_format("%s%s%s", place->path, place->path[0] ? "." : "", field->name);
        autodone(text) struct text before = TEXT_INIT, right = TEXT_INIT, twice = TEXT_INIT;
        autofree char *behind = text_format("}%s", place->behind);

        if (tell_property)
                tell_property(path, field->type);
        text_add_format(&before, "%s{", place->before);
        add_required(&before, type, field);
        if (field->required) {
                autofree char *without = text_format("%s\"unknown\":0}%s", before.bytes, place->behind);

                use(path, without);
        }
        text_add_format(&before, "\"%s\":", field->name);
        add_right(&right, field->type);
        text_add_format(&twice, "%s,\"%s\":%s", right.bytes, field->name, right.bytes);
        wrong_values(&(struct place){path, before.bytes, behind}, field->type);
        wrong(&(struct place){path, before.bytes, behind}, twice.bytes);
        use_value(&(struct place){path, before.bytes, behind}, NULL, right.bytes);
}

static void wrong_values(const struct place *place, const struct json_type *type) {
        switch (type->kind) {
        case JSON_BOOL:
                wrong(place, "\"true\"");
                wrong(place, "1");
                return;
        case JSON_INTEGER:
                wrong_integers(place, type);
                return;
        case JSON_STRING:
                wrong(place, "1");
                wrong(place, "\"x\\u0000\"");
                wrong(place, "[\"x\"]");
                return;
        case JSON_NAME:
                wrong(place, "\"no such word\"");
                wrong(place, "1");
                return;
        case JSON_OBJECT:
                wrong(place, "[]");
                wrong(place, "\"x\"");
                for (const struct json_field *field = type->fields; field->name; field++)
                        wrong_field(place, type, field);
                return;
        case JSON_ARRAY:
                wrong(place, "{}");
                wrong(place, "\"x\"");
                wrong_elements(place, type, "[", "]");
                return;
        case JSON_MAP:
                wrong(place, "[]");
                wrong(place, "\"x\"");
                wrong_elements(place, type, "{\"key\":", "}");
        }
}

static void all(use_config *how) {
        use = how;
        for (const struct json_field *field = decode_config.fields; field->name; field++)
                wrong_field(&(struct place){"", "", ""}, &decode_config, field);
}

/* --- the decoder alone --- */

static size_t n_wrong, n_right;

static void decode(const char *path, const char *text) {
        autodone(config) struct config config = CONFIG_INIT;
        autofree char *beginning = path ? text_format("%s: ", path) : NULL;
        bool failed_before = test_failed;
        int r;

        fail_forget();
        r = config_parse(text, strlen(text), "config.json", &config);
        *(path ? &n_wrong : &n_right) += 1;
        CHECK_EQUAL(r < 0, path != NULL);
        if (path) {
                CHECK(text_starts_with(fail_text(), beginning));
        } else {
                CHECK_TEXT(fail_text(), "");
        }
        if (test_failed && !failed_before)
                printf("# %s\n# message: %s\n# config: %s\n", path ? path : "right", fail_text(), text);
}

static void test_decoder(void) {
        all(decode);
        printf("# %zu properties, %zu wrong values\n", n_right, n_wrong);
        CHECK(n_right > 150 && n_wrong > 3 * n_right);
}

/* --- for others --- */

/* Two in a row of one path suffice: the rest would only start the program more often for the same answer. */
static void print(const char *path, const char *config) {
        static char *last;
        static unsigned n;

        if (!path)
                return;
        n = text_equal(path, last) ? n + 1 : 1;
        free(last);
        last = text_copy(path);
        if (n <= 2)
                printf("%s\t%s\n", path, config);
}

static void print_property(const char *path, const struct json_type *type) {
        const struct json_type *value = type->kind == JSON_ARRAY ? type->element : type;

        printf("%s", path);
        for (const struct name *name = value->kind == JSON_NAME ? value->names : NULL; name && name->name; name++)
                printf(" %s", name->name);
        printf("\n");
}

static void forget(const char *path, const char *config) {
}

static const struct test_case cases[] = {
        {"each property refuses wrong values with its path, and takes a right one", test_decoder},
};

int main(int argc, char **argv) {
        if (argc == 1)
                return test_run(cases, ELEMENTSOF(cases));
        if (argc == 2 && text_equal(argv[1], "--print")) {
                all(print);
                return EXIT_SUCCESS;
        }
        if (argc == 2 && text_equal(argv[1], "--properties")) {
                tell_property = print_property;
                all(forget);
                return EXIT_SUCCESS;
        }
        fprintf(stderr, "usage: test-wrong-values [--print | --properties]\n");
        return EXIT_FAILURE;
}
