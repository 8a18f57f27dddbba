/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * time-runs CASE ROUNDS WARMUP ROOT RUNTIME...: in each round every runtime does the case once, in turn and each round
 * another one first, so that whatever the machine does meanwhile meets all alike. The cases:
 *
 *     run      the bundle of the working directory
 *     exec     /bin/payload in the container bench-N, which runs; N is the runtime's number, from 0 up
 *     state    of that container
 *
 * Prints a line per runtime: median and 95th percentile in milliseconds, the smallest time, the ratio of the first runtime's
 * median to this one's, and the median of the ratios of each single round, in which both met the same machine.
 * Timed is from posix_spawn(3) to the end of the process; its standard streams are /dev/null.
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

struct bench {
        const char *name; /* of the case */
        int rounds, warmup;
        char *root;
        char **runtimes;
        int n;
        double *times; /* of runtime i in round r: times[i * rounds + r] */
};

static double now(void) {
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Milliseconds of one run; ends the program when a run fails, because its time would mean nothing. */
static double run(char *const command[]) {
        posix_spawn_file_actions_t actions;
        double begin;
        int status;
        pid_t pid;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        begin = now();
        errno = posix_spawn(&pid, command[0], &actions, NULL, command, environ);
        if (errno) {
                perror(command[0]);
                exit(EXIT_FAILURE);
        }
        if (waitpid(pid, &status, 0) < 0 || status != 0) {
                fprintf(stderr, "%s: %s failed (status %#x)\n", command[0], command[3], (unsigned)status);
                exit(EXIT_FAILURE);
        }
        posix_spawn_file_actions_destroy(&actions);
        return now() - begin;
}

/* `number` is of this run among all: containers of `run` have no name twice. */
static double time_case(const struct bench *bench, int runtime, int number) {
        char id[32], payload[] = "/bin/payload", name[16];
        char *command[] = {bench->runtimes[runtime], "--root", bench->root, name, id, NULL, NULL};

        snprintf(name, sizeof(name), "%s", bench->name);
        snprintf(id, sizeof(id), "bench-%d", strcmp(name, "run") == 0 ? number : runtime);
        if (strcmp(name, "exec") == 0)
                command[5] = payload;
        return run(command);
}

static void time_all(const struct bench *bench) {
        for (int round = -bench->warmup; round < bench->rounds; round++)
                for (int turn = 0; turn < bench->n; turn++) {
                        int i = (turn + round + bench->warmup) % bench->n;
                        double time = time_case(bench, i, (round + bench->warmup) * bench->n + i);

                        if (round >= 0)
                                bench->times[i * bench->rounds + round] = time;
                }
}

static int compare(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

static double *sort(double *times, int n) {
        qsort(times, (size_t)n, sizeof(double), compare);
        return times;
}

/* While the times still stand by their rounds. */
static double paired_ratio(const struct bench *bench, int runtime) {
        double *ratios = calloc((size_t)bench->rounds, sizeof(double)), ratio;

        for (int round = 0; round < bench->rounds; round++)
                ratios[round] = bench->times[round] / bench->times[runtime * bench->rounds + round];
        ratio = sort(ratios, bench->rounds)[bench->rounds / 2];
        free(ratios);
        return ratio;
}

static void print(const struct bench *bench) {
        int rounds = bench->rounds;
        double *paired = calloc((size_t)bench->n, sizeof(double)), first = 0;

        for (int i = 0; i < bench->n; i++)
                paired[i] = paired_ratio(bench, i);
        printf("%-44s %9s %9s %9s %9s %9s\n", bench->name, "median ms", "p95 ms", "min ms", "tare/this", "paired");
        for (int i = 0; i < bench->n; i++) {
                double *own = sort(bench->times + i * rounds, rounds), median = own[rounds / 2];

                if (i == 0)
                        first = median;
                printf("%-44s %9.2f %9.2f %9.2f %9.2f %9.2f\n", bench->runtimes[i], median, own[rounds * 95 / 100], own[0],
                       first / median, paired[i]);
        }
        free(paired);
}

int main(int argc, char **argv) {
        struct bench bench = {.n = argc - 5};

        if (argc > 5)
                bench = (struct bench){
                        .name = argv[1],
                        .rounds = atoi(argv[2]),
                        .warmup = atoi(argv[3]),
                        .root = argv[4],
                        .runtimes = argv + 5,
                        .n = argc - 5,
                };
        if (bench.rounds < 1 || bench.warmup < 0) {
                fprintf(stderr, "usage: time-runs CASE ROUNDS WARMUP ROOT RUNTIME...\n");
                return 2;
        }
        bench.times = calloc((size_t)bench.n * (size_t)bench.rounds, sizeof(double));
        time_all(&bench);
        print(&bench);
        free(bench.times);
        return EXIT_SUCCESS;
}
