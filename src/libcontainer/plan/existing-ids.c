/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The config's mappings, held against the ids that exist: those of the runtime's own user namespace for a new one, and for one
 * that is joined by its path just those that it has. Part of plan_make(), in the runtime's process, after plan_namespaces().
 * A user namespace shows its maps only by a process inside, so one of ours goes into a joined one for a moment.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcontainer/plan/plan.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/proc.h"

/* Whoever is in there may have stopped it. */
#define VISIT_MILLISECONDS 2000

/* --- maps --- */

static int compare(const void *a, const void *b) {
        const struct id_mapping *x = a, *y = b;

        return x->container_id < y->container_id ? -1 : x->container_id > y->container_id;
}

/* The same map always looks the same: in order, and what goes on without a gap is one range. */
static void normalize(struct id_mappings *mappings) {
        size_t kept = 0;

        if (mappings->count == 0)
                return;
        qsort(mappings->items, mappings->count, sizeof(struct id_mapping), compare);
        for (size_t i = 1; i < mappings->count; i++) {
                struct id_mapping *last = &mappings->items[kept], *next = &mappings->items[i];

                if (next->container_id == last->container_id + last->size && next->host_id == last->host_id + last->size)
                        last->size += next->size;
                else
                        mappings->items[++kept] = *next;
        }
        mappings->count = kept + 1;
}

/* The lines of /proc/PID/uid_map: inside, outside, size. */
static void parse(const char *text, struct id_mappings *ret) {
        struct id_mapping mapping;
        int length;

        for (; sscanf(text, "%u %u %u%n", &mapping.container_id, &mapping.host_id, &mapping.size, &length) == 3; text += length)
                *array_append(ret->items, ret->count) = mapping;
}

static bool is_same(const struct id_mappings *config, const char *text) {
        struct id_mappings asked = {}, found = {};
        bool same;

        for (size_t i = 0; i < config->count; i++)
                *array_append(asked.items, asked.count) = config->items[i];
        parse(text, &found);
        normalize(&asked);
        normalize(&found);
        same = asked.count == found.count &&
                (asked.count == 0 || memcmp(asked.items, found.items, asked.count * sizeof(struct id_mapping)) == 0);
        free(asked.items);
        free(found.items);
        return same;
}

/* --- a new one --- */

/* user_namespaces(7): all ids of a range must be there outside, and the kernel looks for them in one range. */
static bool fits(const struct id_mapping *mapping, const struct id_mappings *outside) {
        for (size_t i = 0; i < outside->count; i++) {
                const struct id_mapping *range = &outside->items[i];

                if (mapping->host_id >= range->container_id &&
                    mapping->host_id + (uint64_t)mapping->size <= range->container_id + (uint64_t)range->size)
                        return true;
        }
        return false;
}

static int check_outside(const struct id_mappings *mappings, const char *key, const char *file) {
        struct id_mappings outside = {};
        autofree char *map = NULL;
        size_t n = 0;
        int r = file_read(AT_FDCWD, file, 65536, &map, NULL);

        if (r < 0)
                return fail(-r, "read `%s`", file);
        parse(map, &outside);
        while (n < mappings->count && fits(&mappings->items[n], &outside))
                n++;
        free(outside.items);
        return n == mappings->count ? 0
                                    : reject("linux.%s[%zu].hostID: found %u with the size %u, expected ids of one line of `%s`", key, n,
                                             mappings->items[n].host_id, mappings->items[n].size, file);
}

static int check_new(const struct linux_config *config) {
        int r = check_outside(&config->uid_mappings, "uidMappings", "/proc/self/uid_map");

        return r < 0 ? r : check_outside(&config->gid_mappings, "gidMappings", "/proc/self/gid_map");
}

/* --- one that is joined --- */

/* In the child; undumpable, for others in there may have CAP_SYS_PTRACE (CVE-2016-9962). Stays until it is killed. */
static void __attribute__((noreturn)) visit(int user_fd, int result_fd) {
        int error = 0;

        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setns(user_fd, CLONE_NEWUSER) < 0)
                error = errno;
        (void)fd_write_full(result_fd, &error, sizeof(error));
        for (;;)
                pause();
}

static int read_map(pid_t pid, const char *file, char **ret) {
        char path[64];
        int r;

        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
        r = file_read(AT_FDCWD, path, 65536, ret, NULL);
        return r < 0 ? fail(-r, "read `%s`", path) : 0;
}

static int read_maps(const struct namespace_join *join, pid_t pid, int result_fd, char *ret[2]) {
        int error, r = fd_wait_readable(result_fd, VISIT_MILLISECONDS);

        if (r < 0)
                return fail(-r, "look into user namespace `%s`", join->path);
        if (fd_read_full(result_fd, &error, sizeof(error)) != sizeof(error))
                return fail(EPIPE, "look into user namespace `%s`", join->path);
        if (error)
                return fail(error, "join user namespace `%s`", join->path);
        r = read_map(pid, "uid_map", &ret[0]);
        return r < 0 ? r : read_map(pid, "gid_map", &ret[1]);
}

static int look_inside(const struct namespace_join *join, char *ret[2]) {
        autoclose int read_fd = -1, write_fd = -1;
        int ends[2], status, r;
        pid_t pid;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return fail(errno, "make pipe");
        read_fd = ends[0];
        write_fd = ends[1];
        pid = fork();
        if (pid < 0)
                return fail(errno, "fork");
        if (pid == 0)
                visit(join->fd, write_fd);
        fd_close(&write_fd);
        r = read_maps(join, pid, read_fd, ret);
        kill(pid, SIGKILL);
        (void)proc_reap(pid, &status);
        return r;
}

static int check(const struct id_mappings *mappings, const char *map, const char *key, const struct namespace_join *join) {
        return mappings->count == 0 || is_same(mappings, map)
                ? 0
                : reject("linux.%s: found other mappings than those of the user namespace `%s`, expected the same or none", key,
                         join->path);
}

static int check_joined(const struct linux_config *config, const struct namespace_join *join) {
        char *maps[2] = {NULL, NULL};
        int r = look_inside(join, maps);

        if (r >= 0)
                r = check(&config->uid_mappings, maps[0], "uidMappings", join);
        if (r >= 0)
                r = check(&config->gid_mappings, maps[1], "gidMappings", join);
        free(maps[0]);
        free(maps[1]);
        return r;
}

int plan_existing_ids(const struct config *config, const struct host *host, const struct plan *plan) {
        bool has_mappings = config->linux.uid_mappings.count > 0 || config->linux.gid_mappings.count > 0;

        /* The user namespace is the first to be joined. */
        if (has_mappings && plan->n_joins > 0 && plan->joins[0].kind == NAMESPACE_USER)
                return check_joined(&config->linux, &plan->joins[0]);
        return plan->creates[NAMESPACE_USER] && host->in_user_namespace ? check_new(&config->linux) : 0;
}
