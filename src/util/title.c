/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process's title. Runs in every process that tare makes. */
#include "util/title.h"

#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "util/alloc.h"

/* The strings of arguments and environment lie behind each other (kernel: create_elf_tables()). */
static char *begin, *arguments_end, *end;

static void extend(char *const *strings) {
        for (size_t i = 0; strings[i] && strings[i] == end; i++)
                end = strings[i] + strlen(strings[i]) + 1;
}

void title_remember(char **argv) {
        begin = end = argv[0];
        extend(argv);
        arguments_end = end;
        extend(environ);
}

static char **copy_environment(void) {
        char **copy = NULL;
        size_t n = 0;

        for (size_t i = 0; environ[i]; i++)
                *array_append(copy, n) = text_copy(environ[i]);
        *array_append(copy, n) = NULL;
        return copy;
}

void title_set(const char *title, bool keep_environment) {
        static char *empty[] = {NULL};
        size_t size = (size_t)(end - begin), length = strlen(title);

        prctl(PR_SET_NAME, title, 0, 0, 0);
        environ = keep_environment ? copy_environment() : empty;
        if (size == 0)
                return;
        memset(begin, 0, size);
        /* Arguments that do not end with a NUL are a title up to the first one (kernel: get_mm_cmdline()). */
        arguments_end[-1] = '-';
        memcpy(begin, title, length < size ? length + 1 : size - 1);
}
