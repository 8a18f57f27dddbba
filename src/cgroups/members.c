/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks over cgroup directories: who is inside, signals for them, and removal of what a container made below its own.
 *
 * A container that may write its cgroups can nest them deeper than a runtime has descriptors and than a path may be
 * long, so the walk holds one directory at a time and goes up by "..". Cgroup file systems have no symbolic links.
 * Runs in the runtime's process, while what it walks over may change or vanish at any moment.
 */
#include "cgroups/members.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/proc.h"

/* 4 million pids of 8 bytes: no list of processes is longer. */
#define PROCS_LIMIT (32 << 20)

/* How many processes are held by a pidfd at a time; a runtime may be limited to 1024 descriptors. */
#define BATCH 256

void members_done(struct members *members) {
        free(members->pids);
        *members = (struct members){};
}

static int compare_pids(const void *a, const void *b) {
        pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

        return (x > y) - (x < y);
}

bool members_has(const struct members *members, pid_t pid) {
        return members->n > 0 && bsearch(&pid, members->pids, members->n, sizeof(pid), compare_pids);
}

/* A cgroup that was removed answers ENOENT to open and ENODEV to read. */
static bool is_gone(int error) {
        return error == -ENOENT || error == -ENODEV;
}

struct listing {
        struct members found;
        bool below; /* the top directory has been read */
        bool threaded; /* and was a threaded cgroup */
};

/*
 * A threaded cgroup lists no processes. Below a domain that does not matter, the domain lists them all; if the top one
 * itself is threaded, its threads must do: among them are those that stand for their process.
 */
static int read_members(int dirfd, void *data) {
        struct listing *listing = data;
        struct members *members = &listing->found;
        autofree char *text = NULL;
        int r = file_read(dirfd, "cgroup.procs", PROCS_LIMIT, &text, NULL);

        listing->threaded |= r == -EOPNOTSUPP && !listing->below;
        listing->below = true;
        if (r == -EOPNOTSUPP && !listing->threaded)
                return 0;
        if (r == -EOPNOTSUPP)
                r = file_read(dirfd, "cgroup.threads", PROCS_LIMIT, &text, NULL);
        if (r < 0)
                return is_gone(r) ? 0 : r;
        for (char *at = text, *end; *at; at = *end ? end + 1 : end) {
                long pid = strtol(at, &end, 10);

                /* 0: a process that this pid namespace does not see. */
                if (end > at && pid > 0)
                        *array_append(members->pids, members->n) = (pid_t)pid;
        }
        return 0;
}

/* --- the walk --- */

struct level {
        char **names; /* sub-cgroups */
        size_t n, next;
};

struct walk {
        int fd; /* the directory where the walk is */
        struct level *levels;
        size_t depth;
};

static void walk_done(struct walk *walk) {
        fd_close(&walk->fd);
        for (size_t i = 0; i < walk->depth; i++) {
                for (size_t k = 0; k < walk->levels[i].n; k++)
                        free(walk->levels[i].names[k]);
                free(walk->levels[i].names);
        }
        free(walk->levels);
}

static void close_dir(DIR **dir) {
        if (*dir)
                closedir(*dir);
}

static int list_level(struct walk *walk) {
        __attribute__((cleanup(close_dir))) DIR *dir = NULL;
        struct level *level = array_append(walk->levels, walk->depth);
        autoclose int fd = openat(walk->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct dirent *entry;

        if (fd < 0)
                return is_gone(-errno) ? 0 : -errno;
        dir = fdopendir(fd);
        if (!dir)
                return -errno;
        take_fd(&fd);
        while ((entry = readdir(dir)))
                if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        *array_append(level->names, level->n) = text_copy(entry->d_name);
        return 0;
}

/* Goes down into the next sub-cgroup. Returns 0 when the current directory has no more. */
static int walk_down(struct walk *walk) {
        struct level *level = &walk->levels[walk->depth - 1];

        while (level->next < level->n) {
                int r, fd = openat(walk->fd, level->names[level->next++], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

                if (fd < 0 && errno == ENOENT)
                        continue;
                if (fd < 0)
                        return -errno;
                fd_close(&walk->fd);
                walk->fd = fd;
                r = list_level(walk);
                return r < 0 ? r : 1;
        }
        return 0;
}

/* Goes up. *ret_name is the name of the directory left, owned by the walk. */
static int walk_up(struct walk *walk, const char **ret_name) {
        struct level *level = &walk->levels[walk->depth - 1];
        int fd = openat(walk->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        fd_close(&walk->fd);
        walk->fd = fd;
        for (size_t i = 0; i < level->n; i++)
                free(level->names[i]);
        free(level->names);
        walk->depth--;
        level = &walk->levels[walk->depth - 1];
        *ret_name = level->names[level->next - 1];
        return 0;
}

static int walk_open(struct walk *walk, const char *directory) {
        walk->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (walk->fd < 0)
                return -errno;
        return list_level(walk);
}

/* Calls visit() in the directory and in all below it, each before those below it. */
static int walk_all(const char *directory, int (*visit)(int dirfd, void *data), void *data) {
        autodone(walk) struct walk walk = {.fd = -1};
        const char *name;
        int r;

        r = walk_open(&walk, directory);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        r = visit(walk.fd, data);
        while (r >= 0) {
                r = walk_down(&walk);
                if (r > 0)
                        r = visit(walk.fd, data);
                else if (r == 0 && walk.depth == 1)
                        return 0;
                else if (r == 0)
                        r = walk_up(&walk, &name);
        }
        return r;
}

int members_list(const char *directory, struct members *ret) {
        struct listing listing = {};
        int r;

        r = walk_all(directory, read_members, &listing);
        if (r < 0) {
                members_done(&listing.found);
                return r;
        }
        if (listing.found.n > 0)
                qsort(listing.found.pids, listing.found.n, sizeof(pid_t), compare_pids);
        *ret = listing.found;
        return 0;
}

struct value {
        const char *file, *text;
};

static int write_value(int dirfd, void *data) {
        const struct value *value = data;
        int r = file_write(dirfd, value->file, value->text);

        return is_gone(r) ? 0 : r;
}

int members_write(const char *directory, const char *file, const char *text) {
        struct value value = {.file = file, .text = text};

        return walk_all(directory, write_value, &value);
}

int members_remove_below(const char *directory) {
        autodone(walk) struct walk walk = {.fd = -1};
        const char *name;
        int r, removed = 0;

        r = walk_open(&walk, directory);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        for (;;) {
                r = walk_down(&walk);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;
                if (walk.depth == 1)
                        return removed;
                r = walk_up(&walk, &name);
                if (r < 0)
                        return r;
                if (unlinkat(walk.fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
                        return -errno;
                removed++;
        }
}

/* --- signals --- */

struct batch {
        int fds[BATCH];
        size_t n;
};

static void batch_done(struct batch *batch) {
        for (size_t i = 0; i < batch->n; i++)
                fd_close(&batch->fds[i]);
        batch->n = 0;
}

/*
 * Holds up to BATCH of the given processes by pidfd and keeps those that are still listed afterwards: each of these
 * pidfds refers to a member, or to a process that has ended.
 */
static int batch_open(struct batch *batch, const char *directory, const pid_t *pids, size_t n) {
        autodone(members) struct members still = {};
        pid_t opened[BATCH];
        size_t kept = 0;
        int r;

        for (size_t i = 0; i < n && i < BATCH; i++) {
                int fd = proc_open(pids[i]);

                /* Ended meanwhile, or (EINVAL, ENOENT) a thread beside the first of its process. */
                if (fd == -ESRCH || fd == -EINVAL || fd == -ENOENT)
                        continue;
                if (fd < 0)
                        return fd;
                opened[batch->n] = pids[i];
                batch->fds[batch->n++] = fd;
        }
        r = members_list(directory, &still);
        if (r < 0)
                return r;
        for (size_t i = 0, n_opened = batch->n; i < n_opened; i++) {
                if (members_has(&still, opened[i]))
                        batch->fds[kept++] = batch->fds[i];
                else
                        fd_close(&batch->fds[i]);
        }
        batch->n = kept;
        return 0;
}

static int batch_signal(const struct batch *batch, int signal) {
        for (size_t i = 0; i < batch->n; i++) {
                int r = proc_signal(batch->fds[i], signal);

                if (r < 0 && r != -ESRCH)
                        return r;
        }
        return 0;
}

int members_signal(const char *directory, int signal) {
        autodone(members) struct members members = {};
        int r;

        r = members_list(directory, &members);
        for (size_t i = 0; r >= 0 && i < members.n; i += BATCH) {
                autodone(batch) struct batch batch = {};

                r = batch_open(&batch, directory, members.pids + i, members.n - i);
                if (r >= 0)
                        r = batch_signal(&batch, signal);
        }
        return r;
}

int members_end(const char *directory, int64_t deadline) {
        autodone(members) struct members members = {};
        int r, ended = 0;

        for (;;) {
                autodone(batch) struct batch batch = {};

                members_done(&members);
                r = members_list(directory, &members);
                if (r < 0 || members.n == 0)
                        return r < 0 ? r : ended;
                r = batch_open(&batch, directory, members.pids, members.n);
                if (r >= 0)
                        r = batch_signal(&batch, SIGKILL);
                for (size_t i = 0; r >= 0 && i < batch.n; i++, ended++)
                        r = proc_wait_end(batch.fds[i], clock_ms_until(deadline));
                if (r >= 0 && clock_ms_until(deadline) == 0)
                        r = -ETIMEDOUT;
                if (r < 0)
                        return r;
        }
}
