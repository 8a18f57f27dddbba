/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Freezing and thawing: by the v1 freezer controller where it is mounted, else by cgroup.freeze of v2 (5.2). Runs in
 * the runtime's process. The caller holds the container's lock: a freeze that crosses a thaw leaves a container that
 * stands still for ever.
 */
#include "cgroups/freezer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroups/members.h"
#include "cgroups/place.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/text.h"

#define FREEZE_DEADLINE_MS 10000
#define THAW_DEADLINE_MS 10000

static bool has_line(const char *text, const char *line) {
        return controllers_list_has(text, '\n', line, strlen(line));
}

int freezer_wait_event(int dirfd, const char *line, int64_t deadline) {
        autoclose int fd = openat(dirfd, "cgroup.events", O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return errno == ENOENT || errno == ENODEV ? 0 : -errno;
        for (;;) {
                struct pollfd event = {.fd = fd, .events = POLLPRI};
                char text[256];
                ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
                int r;

                /* Reading arms the notification: a change between this read and poll() ends the poll at once. */
                if (n < 0)
                        return errno == ENODEV ? 0 : -errno;
                text[n] = '\0';
                if (has_line(text, line))
                        return 0;
                r = poll(&event, 1, clock_ms_until(deadline));
                if (r == 0)
                        return -ETIMEDOUT;
                if (r < 0 && errno != EINTR)
                        return -errno;
        }
}

/* Opens the directory whose freezer counts; -ENOENT when the cgroup is not there. */
static int open_freezer(const struct cgroup *cgroup, bool *ret_v2) {
        const struct cgroup_place *place = place_of_v1(cgroup, CONTROLLER_FREEZER);
        int fd;

        if (!place)
                place = place_of_v2(cgroup);
        if (!place)
                return -ENOENT;
        fd = open(place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno != ENOENT)
                return fail(errno, "open cgroup `%s`", place->directory);
        *ret_v2 = place->v2;
        return fd < 0 ? -ENOENT : fd;
}

static int read_frozen(int dirfd, bool v2, bool *ret) {
        const char *file = v2 ? "cgroup.events" : "freezer.state";
        autofree char *text = NULL;
        int r = file_read(dirfd, file, 4096, &text, NULL);

        if (r == -ENOENT || r == -ENODEV) {
                *ret = false;
                return 0;
        }
        if (r < 0)
                return fail(-r, "read `%s`", file);
        /* FREEZING counts: some processes stand still already. */
        *ret = v2 ? has_line(text, "frozen 1") : !has_line(text, "THAWED");
        return 0;
}

int cgroup_is_frozen(const struct cgroup *cgroup, bool *ret) {
        bool v2 = false;
        autoclose int fd = open_freezer(cgroup, &v2);

        if (fd == -ENOENT)
                *ret = false;
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        return read_frozen(fd, v2, ret);
}

static int write_state(int dirfd, bool v2, bool frozen) {
        if (v2)
                return file_write(dirfd, "cgroup.freeze", frozen ? "1" : "0");
        return file_write(dirfd, "freezer.state", frozen ? "FROZEN" : "THAWED");
}

/*
 * The v1 freezer announces nothing, and a process that forks at the wrong moment leaves it at FREEZING for ever; only
 * thawing and freezing anew gets it out of there. So this one place looks again every millisecond.
 */
static int wait_v1_frozen(int dirfd, int64_t deadline) {
        static const struct timespec pause = {.tv_nsec = 1000000};

        for (int tries = 1; clock_ms_until(deadline) > 0; tries++) {
                autofree char *text = NULL;
                int r = file_read(dirfd, "freezer.state", 64, &text, NULL);

                if (r < 0)
                        return r;
                if (has_line(text, "FROZEN"))
                        return 0;
                if (tries % 32 == 0 && (r = write_state(dirfd, false, false)) < 0)
                        return r;
                r = write_state(dirfd, false, true);
                if (r < 0)
                        return r;
                clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        }
        return -ETIMEDOUT;
}

int freezer_freeze(const struct cgroup *cgroup, int milliseconds) {
        int64_t deadline = clock_ms() + milliseconds;
        bool v2 = false;
        autoclose int fd = open_freezer(cgroup, &v2);
        int r;

        if (fd == -ENOENT && cgroup->n_places == 0)
                return 0;
        if (fd < 0)
                return fd == -ENOENT ? fail(ENOENT, "freeze the container's cgroup") : fd;
        r = write_state(fd, v2, true);
        if (r >= 0)
                r = v2 ? freezer_wait_event(fd, "frozen 1", deadline) : wait_v1_frozen(fd, deadline);
        if (r >= 0)
                return 0;
        write_state(fd, v2, false);
        if (r == -ETIMEDOUT)
                return fail(EBUSY, "freeze `%s`: not all processes stand still after %d ms", place_main(cgroup)->path,
                            milliseconds);
        return fail(-r, "freeze `%s`", place_main(cgroup)->path);
}

int cgroup_freeze(const struct cgroup *cgroup) {
        return freezer_freeze(cgroup, FREEZE_DEADLINE_MS);
}

/* The top of the hierarchy has no cgroup.freeze, and what is above the mount point has none either. */
static bool is_frozen_above(int dirfd) {
        autoclose int fd = openat(dirfd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

        while (fd >= 0) {
                autofree char *text = NULL;
                int parent_fd;

                if (file_read(fd, "cgroup.freeze", 16, &text, NULL) < 0)
                        return false;
                if (has_line(text, "1"))
                        return true;
                parent_fd = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
                fd_close(&fd);
                fd = parent_fd;
        }
        return false;
}

/* No document says that the standstill has ended with the write, and who asks for the state next must find it ended. */
static int wait_v2_thawed(int dirfd) {
        if (is_frozen_above(dirfd))
                return 0;
        return freezer_wait_event(dirfd, "frozen 0", clock_ms() + THAW_DEADLINE_MS);
}

int cgroup_thaw(const struct cgroup *cgroup) {
        bool v2 = false;
        autoclose int fd = open_freezer(cgroup, &v2);
        int r;

        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        r = write_state(fd, v2, false);
        /* No such file: a kernel without cgroup.freeze, where nothing can be frozen. */
        if (r == -ENOENT || r == -ENODEV)
                return 0;
        if (r >= 0 && v2)
                r = wait_v2_thawed(fd);
        return r < 0 ? fail(-r, "thaw `%s`", place_main(cgroup)->path) : 0;
}
