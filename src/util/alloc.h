/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory: allocation that cannot fail, and ownership by scope.
 *
 * A runtime lives for one command; when memory is out there is nothing left to do but to say so and end. So these
 * functions end the process instead of returning NULL, and nobody else checks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* Zeroed memory for n elements of the given size; ends the process when there is none or n * size overflows. */
void *alloc_zero(size_t n, size_t size);

/* realloc(3) to n elements of the given size, not zeroed. */
void *alloc_resize(void *p, size_t n, size_t size);

/* Copies; the caller owns the result. text_copy(NULL) is NULL. */
char *text_copy(const char *text);
char *text_copy_n(const char *text, size_t length);
void *memory_copy(const void *bytes, size_t size);

/* printf into new memory, which the caller owns. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define alloc_new(type) ((type *)alloc_zero(1, sizeof(type)))

/* Makes room for one more element in a counted array and returns a pointer to that zeroed element. */
#define array_append(array, count)                                                                       \
        ({                                                                                               \
                (array) = alloc_grow((array), (count), sizeof(*(array)));                                \
                &(array)[(count)++];                                                                     \
        })

/* Grows an array of `count` elements, whose capacity is the next power of two, by one zeroed element. */
void *alloc_grow(void *array, size_t count, size_t size);

static inline void alloc_free_pointer(void *p) {
        free(*(void **)p);
}

/* A local of pointer type that is freed when it goes out of scope. */
#define autofree __attribute__((cleanup(alloc_free_pointer)))

/* Hands a pointer over: yields its value and leaves NULL behind. */
#define take_ptr(p)                                                                                      \
        ({                                                                                               \
                __typeof__(*(p)) taken_ptr_ = *(p);                                                      \
                *(p) = NULL;                                                                             \
                taken_ptr_;                                                                              \
        })

/* The same of a struct: leaves the given one behind, which owns nothing. */
#define take_struct(p, empty)                                                                            \
        ({                                                                                               \
                __typeof__(*(p)) taken_struct_ = *(p);                                                   \
                *(p) = (empty);                                                                          \
                taken_struct_;                                                                           \
        })

/* A local struct that `name_done(&it)` empties when it goes out of scope: autodone(plan) struct plan plan = PLAN_INIT; */
#define autodone(name) __attribute__((cleanup(name##_done)))

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))
