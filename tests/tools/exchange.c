/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exchange A B [A B]...: exchanges the two paths of each pair, in turn and without a pause, until its parent has ended. Prints
 * a line when each pair was exchanged once. A name that somebody else has just taken away does not matter.
 *
 * exchange --mount SOURCE TARGET: in the background and for a second at most, mounts SOURCE on TARGET and takes it away
 * again, as long as there is a TARGET. As a hook it disturbs who makes the container: it is in the same mount namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* RENAME_EXCHANGE, which not every C library declares. */
#define EXCHANGE 2

static void exchange(const char *one, const char *other) {
        if (syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, EXCHANGE) == 0 || errno == ENOENT)
                return;
        fprintf(stderr, "exchange: `%s` and `%s`: %s\n", one, other, strerror(errno));
        exit(EXIT_FAILURE);
}

static void exchange_all(char **paths) {
        for (; paths[0] && paths[1]; paths += 2)
                exchange(paths[0], paths[1]);
}

static long now(void) {
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return time.tv_sec;
}

/* Who waits for the hook waits for the one that called this, and for the end of what it would print. */
static void go_into_background(void) {
        int null_fd = open("/dev/null", O_RDWR);

        if (fork() != 0)
                _exit(EXIT_SUCCESS);
        for (int fd = 0; fd < 3; fd++)
                dup2(null_fd, fd);
}

static void cover(const char *source, const char *target) {
        long deadline = now() + 1;

        go_into_background();
        /* The path ends with the pivot. */
        while (now() <= deadline && mount(source, target, NULL, MS_BIND, NULL) == 0)
                umount2(target, MNT_DETACH);
}

int main(int argc, char **argv) {
        pid_t parent = getppid();

        if (argc == 4 && strcmp(argv[1], "--mount") == 0) {
                cover(argv[2], argv[3]);
                return EXIT_SUCCESS;
        }
        if (argc < 3 || argc % 2 == 0) {
                fprintf(stderr, "usage: exchange A B [A B]... | --mount SOURCE TARGET\n");
                return EXIT_FAILURE;
        }
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
                return EXIT_FAILURE;
        exchange_all(argv + 1);
        puts("exchanging");
        fflush(stdout);
        for (;;)
                exchange_all(argv + 1);
}
