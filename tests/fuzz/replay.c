/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a fuzz target over files instead of under a fuzzer: replay FILE..., or a directory of files. A target that finds
 * something ends the process, and the last line names the input.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path) {
        autofree char *text = NULL, *exact = NULL;
        size_t size;
        int r = file_read(AT_FDCWD, path, 64u << 20, &text, &size);

        if (r < 0) {
                fprintf(stderr, "%s: %s\n", path, strerror(-r));
                return r;
        }
        printf("# %s\n", path);
        fflush(stdout);
        /* Not a byte more than the input, so that AddressSanitizer sees a read behind it. */
        exact = memory_copy(text, size);
        LLVMFuzzerTestOneInput((const uint8_t *)exact, size);
        return 1;
}

static int replay(const char *path) {
        DIR *directory = opendir(path);
        struct dirent *entry;
        int n = 0, r = 0;

        if (!directory)
                return errno == ENOTDIR ? replay_file(path) : -errno;
        while (r >= 0 && (entry = readdir(directory))) {
                autofree char *file = text_format("%s/%s", path, entry->d_name);

                if (entry->d_name[0] == '.')
                        continue;
                r = replay_file(file);
                n++;
        }
        closedir(directory);
        return r < 0 ? r : n;
}

int main(int argc, char **argv) {
        int total = 0;

        for (int i = 1; i < argc; i++) {
                int n = replay(argv[i]);

                if (n < 0) {
                        fprintf(stderr, "%s: %s\n", argv[i], strerror(-n));
                        return EXIT_FAILURE;
                }
                total += n;
        }
        if (total == 0) {
                fprintf(stderr, "no input found\n");
                return EXIT_FAILURE;
        }
        printf("1..1\nok 1 - %d inputs\n", total);
        return EXIT_SUCCESS;
}
