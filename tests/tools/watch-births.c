/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In a container: prints a line for each process that appears with a capability that this one has not, or without a filter of
 * system calls where this one has one, until it is killed.
 *
 *   watch-births READY    creates the file when it begins
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AHEAD 32

struct look {
        unsigned long long capabilities; /* 0: no such process */
        unsigned long filter; /* the mode */
};

static unsigned long long value_of(const char *text, const char *name, int base) {
        const char *line = strstr(text, name);

        return line ? strtoull(line + strlen(name), NULL, base) : 0;
}

static struct look look_at(const char *process) {
        char path[64], text[4096];
        ssize_t size;
        int fd;

        snprintf(path, sizeof(path), "/proc/%s/status", process);
        fd = open(path, O_RDONLY);
        if (fd < 0)
                return (struct look){0};
        size = read(fd, text, sizeof(text) - 1);
        close(fd);
        text[size < 0 ? 0 : size] = '\0';
        return (struct look){value_of(text, "CapPrm:", 16), value_of(text, "\nSeccomp:", 10)};
}

int main(int argc, char **argv) {
        struct look own = look_at("self");
        long oldest = getpid();

        if (argc < 2 || own.capabilities == 0)
                return 1;
        close(creat(argv[1], 0644));
        /* Pids come one after another, and the older ones end. */
        for (;;)
                for (long pid = oldest; pid < oldest + AHEAD; pid++) {
                        char name[32];
                        struct look found;

                        snprintf(name, sizeof(name), "%ld", pid);
                        found = look_at(name);
                        if (found.capabilities && pid > oldest + AHEAD / 2)
                                oldest = pid - 1;
                        if (found.capabilities & ~own.capabilities || (found.capabilities && found.filter < own.filter)) {
                                printf("%ld: capabilities %llx, filter %lu\n", pid, found.capabilities, found.filter);
                                fflush(stdout);
                        }
                }
}
