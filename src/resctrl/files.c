/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resctrl/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/file.h"

#define FILE_MAX (1 << 20)

char *resctrl_read(const char *directory, const char *name) {
        autofree char *path = text_format("%s/%s", directory, name);
        char *text = NULL;
        size_t size;

        if (file_read(AT_FDCWD, path, FILE_MAX, &text, &size) < 0)
                return NULL;
        if (size > 0 && text[size - 1] == '\n')
                text[size - 1] = '\0';
        return text;
}

uint64_t resctrl_read_number(const char *directory, const char *name, int base) {
        autofree char *text = resctrl_read(directory, name);

        return text ? strtoull(text, NULL, base) : 0;
}

bool resctrl_has_info(const char *mount_point, const char *name) {
        autofree char *path = text_format("%s/info/%s", mount_point, name);

        return access(path, F_OK) == 0;
}
