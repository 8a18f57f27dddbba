/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hearing from a cgroup while it lives. Runs in the runtime's process.
 *
 * On v1 the kernel adds to an eventfd that was registered by cgroup.event_control whenever the cgroup, or one above it,
 * is out of memory; it does so once more when the cgroup is removed. On v2 it marks memory.events and cgroup.events as
 * changed, which poll(2) tells of: no inotify instance, of which a user has 128, is spent on that.
 */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cgroups/parse.h"
#include "cgroups/place.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/text.h"

/* More than the few lines of each file. */
#define EVENTS_MAX 1024

void cgroup_watch_done(struct cgroup_watch *watch) {
        fd_close(&watch->oom_fd);
        fd_close(&watch->oom_control_fd);
        fd_close(&watch->members_fd);
}

/*
 * Reading a file of events arms it: a change between this and poll(2) ends the poll at once. False when the cgroup is
 * gone.
 */
static bool read_events(int fd, char text[EVENTS_MAX]) {
        ssize_t n = pread(fd, text, EVENTS_MAX - 1, 0);

        text[n > 0 ? n : 0] = '\0';
        return n >= 0;
}

/* A kernel or a hierarchy without the file has nothing to tell. */
static int open_events(const struct cgroup_place *place, const char *file, int *ret_fd) {
        autofree char *path = text_format("%s/%s", place->directory, file);

        *ret_fd = open(path, O_RDONLY | O_CLOEXEC);
        return *ret_fd < 0 && errno != ENOENT ? fail(errno, "open `%s`", path) : 0;
}

static int watch_oom_v1(const struct cgroup_place *place, struct cgroup_watch *watch) {
        autofree char *path = text_format("%s/cgroup.event_control", place->directory), *request = NULL;
        int r = open_events(place, "memory.oom_control", &watch->oom_control_fd);

        if (r < 0 || watch->oom_control_fd < 0)
                return r;
        watch->oom_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (watch->oom_fd < 0)
                return fail(errno, "open eventfd");
        request = text_format("%d %d", watch->oom_fd, watch->oom_control_fd);
        r = file_write(AT_FDCWD, path, request);
        /* A kernel for real-time use has no such file. */
        return r < 0 && r != -ENOENT ? fail(-r, "write `%s`", path) : 0;
}

static int watch_oom_v2(const struct cgroup_place *place, struct cgroup_watch *watch) {
        char text[EVENTS_MAX];
        int r = open_events(place, "memory.events", &watch->oom_fd);

        if (r >= 0 && watch->oom_fd >= 0 && read_events(watch->oom_fd, text))
                watch->oom_kills = parse_number_of(text, "oom_kill");
        return r;
}

int cgroup_watch_open(const struct cgroup *cgroup, struct cgroup_watch *ret) {
        const struct cgroup_place *memory_v1 = place_of_v1(cgroup, CONTROLLER_MEMORY), *v2 = place_of_v2(cgroup);
        char text[EVENTS_MAX];
        int r = 0;

        if (memory_v1)
                r = watch_oom_v1(memory_v1, ret);
        else if (v2)
                r = watch_oom_v2(v2, ret);
        /* Beside v1 a manager may move processes on one kind of hierarchy only; then v2 does not speak for all. */
        if (r < 0 || !v2 || cgroup->mode != CGROUP_MODE_V2)
                return r;
        r = open_events(v2, "cgroup.events", &ret->members_fd);
        if (r >= 0 && ret->members_fd >= 0)
                (void)read_events(ret->members_fd, text);
        return r;
}

void cgroup_watch_poll(const struct cgroup_watch *watch, struct pollfd fds[CGROUP_WATCH_FDS]) {
        fds[0] = (struct pollfd){.fd = watch->oom_fd, .events = watch->oom_control_fd >= 0 ? POLLIN : POLLPRI};
        fds[1] = (struct pollfd){.fd = watch->members_fd, .events = POLLPRI};
}

static bool has_oom_v1(const struct cgroup_watch *watch, bool *ret_gone) {
        char text[EVENTS_MAX];
        eventfd_t count;

        if (eventfd_read(watch->oom_fd, &count) < 0)
                return false;
        *ret_gone = !read_events(watch->oom_control_fd, text);
        return !*ret_gone;
}

/* The other counters of the file change more often than this one. */
static bool has_oom_v2(struct cgroup_watch *watch, bool *ret_gone) {
        char text[EVENTS_MAX];
        uint64_t told = watch->oom_kills;

        *ret_gone = !read_events(watch->oom_fd, text);
        if (!*ret_gone)
                watch->oom_kills = parse_number_of(text, "oom_kill");
        return watch->oom_kills > told;
}

bool cgroup_watch_oom(struct cgroup_watch *watch) {
        bool gone = false, has_oom;

        if (watch->oom_fd < 0)
                return false;
        has_oom = watch->oom_control_fd >= 0 ? has_oom_v1(watch, &gone) : has_oom_v2(watch, &gone);
        /* What is gone would end every poll(2) at once. */
        if (gone)
                fd_close(&watch->oom_fd);
        return has_oom;
}

bool cgroup_watch_is_empty(const struct cgroup_watch *watch) {
        char text[EVENTS_MAX];

        return watch->members_fd >= 0 && (!read_events(watch->members_fd, text) || parse_number_of(text, "populated") == 0);
}
