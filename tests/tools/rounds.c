/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rounds [-e DIRECTORY]... [-s SECONDS] COUNT COMMAND [ARGUMENT...]
 *
 * Runs the command so many times, one after the other, which costs little more than the command itself; but begins no round
 * when so many seconds have passed. 0 and 1 are the answers that it may give: it did its work, or it refused. With any other
 * the rounds end, and fail. The last line of output is `N worked, N refused`, with how many rounds there were.
 *
 * -e: what is in the directory is removed before each round. The directory is opened once, as it is found when it is one and
 * not a link, and no link is followed below it: others may be exchanging it for something else meanwhile.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DIRECTORIES_MAX 4

/* How often a link may be found where the directory is to be. */
#define RETRIES_MAX 1000000

extern char **environ;

static int open_directory(int parent_fd, const char *name) {
        return openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void empty(int fd) {
        /* A descriptor of its own, for it is read from the beginning and closed with the stream. */
        DIR *directory = fdopendir(open_directory(fd, "."));

        for (struct dirent *entry; directory && (entry = readdir(directory));) {
                int below_fd;

                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                if (unlinkat(fd, entry->d_name, 0) == 0)
                        continue;
                below_fd = open_directory(fd, entry->d_name);
                if (below_fd >= 0) {
                        empty(below_fd);
                        close(below_fd);
                }
                unlinkat(fd, entry->d_name, AT_REMOVEDIR);
        }
        if (directory)
                closedir(directory);
}

/* The exit status; of one that was killed, that of a shell. */
static int run(char **command) {
        int status;
        pid_t pid;

        errno = posix_spawnp(&pid, command[0], NULL, NULL, command, environ);
        if (errno != 0 || waitpid(pid, &status, 0) < 0) {
                fprintf(stderr, "rounds: run `%s`: %s\n", command[0], strerror(errno));
                exit(EXIT_FAILURE);
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static time_t now(void) {
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return time.tv_sec;
}

struct rounds {
        int count;
        time_t deadline;
        int directories[DIRECTORIES_MAX], n_directories;
};

static int run_all(const struct rounds *rounds, char **command) {
        int answers[2] = {0};

        for (int round = 1; round <= rounds->count && now() < rounds->deadline; round++) {
                int status;

                for (int i = 0; i < rounds->n_directories; i++)
                        empty(rounds->directories[i]);
                status = run(command);
                if (status > 1) {
                        printf("round %d: exit status %d\n", round, status);
                        return EXIT_FAILURE;
                }
                answers[status]++;
        }
        printf("%d worked, %d refused\n", answers[0], answers[1]);
        return EXIT_SUCCESS;
}

/* Somebody may be exchanging it for a link already. */
static int open_to_empty(const char *path) {
        int fd = -1;

        for (int i = 0; fd < 0 && i < RETRIES_MAX; i++)
                fd = open_directory(AT_FDCWD, path);
        if (fd < 0) {
                fprintf(stderr, "rounds: open `%s`: %s\n", path, strerror(errno));
                exit(EXIT_FAILURE);
        }
        return fd;
}

int main(int argc, char **argv) {
        struct rounds rounds = {.deadline = now() + 3600};
        int option;

        while ((option = getopt(argc, argv, "+e:s:")) != -1) {
                if (option == 's')
                        rounds.deadline = now() + atoi(optarg);
                else if (option == 'e' && rounds.n_directories < DIRECTORIES_MAX)
                        rounds.directories[rounds.n_directories++] = open_to_empty(optarg);
                else
                        return EXIT_FAILURE;
        }
        if (argc - optind < 2) {
                fprintf(stderr, "usage: rounds [-e DIRECTORY]... [-s SECONDS] COUNT COMMAND [ARGUMENT...]\n");
                return EXIT_FAILURE;
        }
        rounds.count = atoi(argv[optind]);
        return run_all(&rounds, argv + optind + 1);
}
