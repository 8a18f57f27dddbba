/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * time-runs ROUNDS WARMUP ROOT RUNTIME...: in each round every runtime runs the bundle of the working directory once,
 * in turn, so that whatever the machine does meanwhile meets all alike. Prints a line per runtime: median and 95th
 * percentile in milliseconds, the smallest time, and the ratio of the first runtime's median to this one's.
 * A run is timed from posix_spawn(3) to the end of the process; its standard streams are /dev/null.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void) {
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Milliseconds of one run; ends the program when a run fails, because its time would mean nothing. */
static double run(char *runtime, char *root, int number) {
        char id[32];
        char *command[] = {runtime, "--root", root, "run", id, NULL};
        posix_spawn_file_actions_t actions;
        double begin;
        int status;
        pid_t pid;

        snprintf(id, sizeof(id), "bench-%d", number);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        begin = now();
        errno = posix_spawn(&pid, runtime, &actions, NULL, command, environ);
        if (errno) {
                perror(runtime);
                exit(EXIT_FAILURE);
        }
        if (waitpid(pid, &status, 0) < 0 || status != 0) {
                fprintf(stderr, "%s: run failed (status %#x)\n", runtime, (unsigned)status);
                exit(EXIT_FAILURE);
        }
        posix_spawn_file_actions_destroy(&actions);
        return now() - begin;
}

static int compare(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

int main(int argc, char **argv) {
        int rounds = argc > 4 ? atoi(argv[1]) : 0, warmup = argc > 4 ? atoi(argv[2]) : 0, n = argc - 4;
        double *times, first = 0;

        if (rounds < 1 || warmup < 0) {
                fprintf(stderr, "usage: time-runs ROUNDS WARMUP ROOT RUNTIME...\n");
                return 2;
        }
        times = calloc((size_t)n * (size_t)rounds, sizeof(double));
        for (int round = -warmup; round < rounds; round++)
                for (int i = 0; i < n; i++) {
                        double time = run(argv[4 + i], argv[3], (round + warmup) * n + i);

                        if (round >= 0)
                                times[i * rounds + round] = time;
                }
        printf("%-44s %9s %9s %9s %9s\n", "runtime", "median ms", "p95 ms", "min ms", "tare/this");
        for (int i = 0; i < n; i++) {
                double *own = times + i * rounds, median;

                qsort(own, (size_t)rounds, sizeof(double), compare);
                median = own[rounds / 2];
                if (i == 0)
                        first = median;
                printf("%-44s %9.2f %9.2f %9.2f %9.2f\n", argv[4 + i], median, own[rounds * 95 / 100], own[0], first / median);
        }
        free(times);
        return EXIT_SUCCESS;
}
