/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void __attribute__((noreturn)) out_of_memory(void) {
        static const char text[] = "out of memory\n";

        if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
                _exit(EXIT_FAILURE);
        _exit(EXIT_FAILURE);
}

void *alloc_zero(size_t n, size_t size) {
        void *p = calloc(n ? n : 1, size ? size : 1);

        if (!p)
                out_of_memory();
        return p;
}

void *alloc_resize(void *p, size_t n, size_t size) {
        void *q = reallocarray(p, n ? n : 1, size ? size : 1);

        if (!q)
                out_of_memory();
        return q;
}

void *alloc_grow(void *array, size_t count, size_t size) {
        /* The capacity is not stored: it is the power of two at or above count, and full exactly at each of them. */
        if ((count & (count - 1)) == 0) {
                if (count > SIZE_MAX / 4)
                        out_of_memory();
                array = alloc_resize(array, count ? count * 2 : 1, size);
        }
        memset((char *)array + count * size, 0, size);
        return array;
}

void *memory_copy(const void *bytes, size_t size) {
        void *p = alloc_zero(1, size);

        if (size > 0)
                memcpy(p, bytes, size);
        return p;
}

char *text_copy_n(const char *text, size_t length) {
        char *copy = alloc_zero(length + 1, 1);

        if (length > 0)
                memcpy(copy, text, length);
        return copy;
}

char *text_copy(const char *text) {
        return text ? text_copy_n(text, strlen(text)) : NULL;
}

char *text_format(const char *format, ...) {
        va_list arguments;
        char *text = NULL;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                out_of_memory();
        va_end(arguments);
        return text;
}
