/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64: the vectors of RFC 4648, and what is none. */
#include "util/base64.h"

#include <errno.h>

#include "test.h"
#include "util/alloc.h"

static void test_valid(void) {
        static const struct {
                const char *text, *bytes;
        } rows[] = {
                {"", ""},
                {"Zg==", "f"},
                {"Zm8=", "fo"},
                {"Zm9v", "foo"},
                {"Zm9vYg==", "foob"},
                {"Zm9vYmE=", "fooba"},
                {"Zm9vYmFy", "foobar"},
                {"+/+/", "\xfb\xff\xbf"},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                autofree unsigned char *bytes = NULL;
                size_t size = 99;

                CHECK_EQUAL(base64_decode(rows[i].text, &bytes, &size), 0);
                CHECK_EQUAL(size, strlen(rows[i].bytes));
                CHECK(bytes && memcmp(bytes, rows[i].bytes, size) == 0);
        }
}

static void test_zero_bytes(void) {
        autofree unsigned char *bytes = NULL;
        size_t size = 0;

        CHECK_EQUAL(base64_decode("AAAAAA==", &bytes, &size), 0);
        CHECK_EQUAL(size, 4);
}

static void test_invalid(void) {
        static const char *const texts[] = {
                "Z",        "Zg",       "Zg=",      "Zm9vYg",      /* cut */
                "Zm9v\n",   "Zm9 v===", "Zm-_",     "Zm9v Zm9v",   /* other characters */
                "Zh==",     "Zm9=",     "=m9v",     "Z===",        /* bits left over, padding that is none */
                "====",     "Zg==Zg==", "Zm8=Zm8=", "\xc3\xa4\xc3\xa4",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                unsigned char *bytes = NULL;
                size_t size;

                CHECK_EQUAL(base64_decode(texts[i], &bytes, &size), -EINVAL);
                CHECK(!bytes);
        }
}

static const struct test_case cases[] = {
        {"what is base64", test_valid},
        {"zero bytes", test_zero_bytes},
        {"what is not", test_invalid},
};

TEST_MAIN(cases)
