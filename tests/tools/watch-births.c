/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In a container: prints a line for each process that appears with a capability that this one has not, until it is killed.
 *
 *   watch-births READY    creates the file when it begins
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AHEAD 32

static unsigned long long permitted(const char *process) {
        char path[64], text[4096];
        const char *line;
        ssize_t size;
        int fd;

        snprintf(path, sizeof(path), "/proc/%s/status", process);
        fd = open(path, O_RDONLY);
        if (fd < 0)
                return 0;
        size = read(fd, text, sizeof(text) - 1);
        close(fd);
        text[size < 0 ? 0 : size] = '\0';
        line = strstr(text, "CapPrm:");
        return line ? strtoull(line + 7, NULL, 16) : 0;
}

int main(int argc, char **argv) {
        unsigned long long own = permitted("self");
        long oldest = getpid();

        if (argc < 2 || own == 0)
                return 1;
        close(creat(argv[1], 0644));
        /* Pids come one after another, and the older ones end. */
        for (;;)
                for (long pid = oldest; pid < oldest + AHEAD; pid++) {
                        char name[32];
                        unsigned long long found, more;

                        snprintf(name, sizeof(name), "%ld", pid);
                        found = permitted(name);
                        more = found & ~own;
                        if (found && pid > oldest + AHEAD / 2)
                                oldest = pid - 1;
                        if (more) {
                                printf("%ld %llx\n", pid, more);
                                fflush(stdout);
                        }
                }
}
