/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The id maps of a new user namespace. Runs in the runtime, beside the waiting init. What the kernel does not let the caller
 * write, two setuid programs of the system write for him, who look into /etc/subuid and /etc/subgid themselves.
 */
#include "libcontainer/isolation/id-maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/interrupt.h"
#include "util/proc.h"
#include "util/text.h"

/* It may have to ask a directory service for the caller's name. */
#define WRITER_MILLISECONDS 20000

/* One of the two maps, by the words of the config and of the kernel. */
struct id_map {
        const char *key, *file;
        const struct id_mappings *mappings;
        const char *writer; /* NULL: we write it ourselves */
        pid_t pid;
};

/* --- by ourselves --- */

static int write_file(const struct id_map *map) {
        autodone(text) struct text text = TEXT_INIT;
        char path[64];
        int r;

        id_mappings_print(map->mappings, &text);
        snprintf(path, sizeof(path), "/proc/%d/%s", (int)map->pid, map->file);
        /* One write(2): the kernel takes a map only whole. */
        r = file_write_bytes(AT_FDCWD, path, text.bytes, text.length);
        return r < 0 ? fail(-r, "linux.%s: write map of %zu lines", map->key, map->mappings->count) : 0;
}

/* Without CAP_SETGID over the host's ids the kernel takes a gid map only once setgroups(2) is given up. */
static int deny_setgroups(pid_t pid) {
        char path[64];
        int r;

        snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
        r = file_write(AT_FDCWD, path, "deny");
        return r < 0 ? fail(-r, "give up setgroups in the user namespace") : 0;
}

/* --- by newuidmap and newgidmap --- */

/* "PROGRAM PID INSIDE OUTSIDE COUNT..."; in a process that will not live to free it. */
static char **arguments_of(const struct id_map *map) {
        char **arguments = alloc_zero(3 * map->mappings->count + 3, sizeof(char *));
        size_t n = 0;

        arguments[n++] = text_copy(map->writer);
        arguments[n++] = text_format("%d", (int)map->pid);
        for (size_t i = 0; i < map->mappings->count; i++) {
                const struct id_mapping *mapping = &map->mappings->items[i];

                arguments[n++] = text_format("%" PRIu32, mapping->container_id);
                arguments[n++] = text_format("%" PRIu32, mapping->host_id);
                arguments[n++] = text_format("%" PRIu32, mapping->size);
        }
        return arguments;
}

/* In the child. */
static void __attribute__((noreturn)) execute(const struct id_map *map, int output_fd) {
        char *no_environment[] = {NULL};
        int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        sigset_t none;

        signal(SIGPIPE, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(output_fd, 1) < 0 || dup2(output_fd, 2) < 0)
                _exit(126);
        execve(map->writer, arguments_of(map), no_environment);
        dprintf(2, "%s", errno_text(errno));
        _exit(127);
}

/* Until the program has ended; 0, -ETIMEDOUT, or -EINTR when we are told to end. */
static int await(int pidfd) {
        int64_t deadline = clock_ms() + WRITER_MILLISECONDS;

        for (;;) {
                struct pollfd fds[] = {{.fd = proc_poll_fd(pidfd), .events = POLLIN}, {.fd = interrupt_fd(), .events = POLLIN}};
                int n = fds[0].fd < 0 ? 0 : poll(fds, ELEMENTSOF(fds), clock_ms_until(deadline));

                if (fds[0].fd < 0)
                        return proc_wait_end(pidfd, WRITER_MILLISECONDS);
                if (n == 0)
                        return -ETIMEDOUT;
                if (n > 0 && fds[0].revents)
                        return 0;
                if (n > 0 && interrupt_take())
                        return -EINTR;
        }
}

/* In one line; more than a pipe holds is not waited for by anybody, and no such program writes it. */
static void read_output(int fd, char *ret, size_t size) {
        ssize_t n;

        fd_set_nonblock(fd, true);
        n = read(fd, ret, size - 1);
        for (n = n < 0 ? 0 : n; n > 0 && ret[n - 1] == '\n'; n--)
                ;
        ret[n] = '\0';
        for (char *at = ret; *at; at++)
                if (*at == '\n')
                        *at = ' ';
}

static int judge(const struct id_map *map, pid_t pid, int waited, int output_fd) {
        char output[512];
        int status = 0, r = proc_reap(pid, &status);

        if (r < 0)
                return fail(-r, "linux.%s: wait for `%s`", map->key, map->writer);
        if (waited == -EINTR)
                return reject("linux.%s: run `%s`: interrupted", map->key, map->writer);
        if (waited < 0)
                return fail(-waited, "linux.%s: run `%s`", map->key, map->writer);
        read_output(output_fd, output, sizeof(output));
        if (WIFSIGNALED(status))
                return reject("linux.%s: run `%s`: killed by signal %d", map->key, map->writer, WTERMSIG(status));
        if (WEXITSTATUS(status) != 0)
                return reject("linux.%s: run `%s`: exit status %d, output: %s", map->key, map->writer, WEXITSTATUS(status),
                              *output ? output : "(no output)");
        return 0;
}

static int run_writer(const struct id_map *map) {
        autoclose int read_fd = -1, write_fd = -1, pidfd = -1;
        int ends[2], r;
        pid_t pid;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return fail(errno, "make pipe");
        read_fd = ends[0];
        write_fd = ends[1];
        pid = fork();
        if (pid < 0)
                return fail(errno, "fork");
        if (pid == 0)
                execute(map, write_fd);
        fd_close(&write_fd);
        pidfd = proc_open(pid);
        r = pidfd < 0 ? pidfd : await(pidfd);
        if (r < 0)
                kill(pid, SIGKILL);
        return judge(map, pid, r, read_fd);
}

/* --- both --- */

static int write_map(const struct id_map *map) {
        return map->writer ? run_writer(map) : write_file(map);
}

int id_maps_write(const struct plan *plan, pid_t pid) {
        const struct linux_config *config = &plan->config->linux;
        int r;

        if (!plan->creates[NAMESPACE_USER])
                return 0;
        r = write_map(&(struct id_map){"uidMappings", "uid_map", &config->uid_mappings, plan->uid_map_writer, pid});
        if (r >= 0 && plan->denies_setgroups)
                r = deny_setgroups(pid);
        return r < 0 ? r : write_map(&(struct id_map){"gidMappings", "gid_map", &config->gid_mappings, plan->gid_map_writer, pid});
}
