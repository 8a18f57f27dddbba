/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Telling what a container uses and when it runs out of memory. Runs in the runtime's process, after the container was
 * created by another one; it holds init by a pidfd and its cgroup by nothing, and only reads.
 *
 * A signal ends it, by its default action: there is nothing to undo.
 */
#include "libcontainer/events.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "libcontainer/state/handle.h"
#include "libcontainer/stats-print.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/proc.h"
#include "util/text.h"

/* A line per interface; there may be thousands of them. */
#define NET_DEV_LIMIT (16 << 20)

#define NANOSECONDS_PER_SECOND 1000000000

/* What writing a line can come to besides failure. */
enum { GOES_ON, ENDED };

/* --- lines --- */

/* The caller of an engine may have made our output non-blocking; a reader that has gone is no failure. */
static int write_output(int fd, const char *bytes, size_t size) {
        while (size > 0) {
                struct pollfd output = {.fd = fd, .events = POLLOUT};
                ssize_t n = write(fd, bytes, size);

                if (n >= 0) {
                        bytes += n;
                        size -= (size_t)n;
                } else if (errno == EPIPE) {
                        return ENDED;
                } else if (errno == EAGAIN) {
                        (void)poll(&output, 1, -1);
                } else if (errno != EINTR) {
                        return fail(errno, "write events");
                }
        }
        return GOES_ON;
}

static void begin_line(struct json_writer *writer, const char *type, const struct handle *handle) {
        json_object_begin(writer, NULL);
        json_write_string(writer, "type", type);
        json_write_string(writer, "id", handle->state.id);
}

static int end_line(struct json_writer *writer, int fd) {
        json_object_end(writer);
        text_add(writer->text, "\n");
        return write_output(fd, writer->text->bytes, writer->text->length);
}

static int tell_oom(const struct handle *handle, int fd) {
        autodone(text) struct text text = TEXT_INIT;
        struct json_writer writer = {.text = &text};

        begin_line(&writer, "oom", handle);
        return end_line(&writer, fd);
}

/* NULL when it is the network in which we are too: then its numbers say nothing about the container. */
static char *read_network(pid_t pid) {
        autofree char *namespace = text_format("/proc/%d/ns/net", (int)pid);
        autofree char *path = text_format("/proc/%d/net/dev", (int)pid);
        struct stat ours, theirs;
        char *text = NULL;

        if (stat("/proc/self/ns/net", &ours) < 0 || stat(namespace, &theirs) < 0)
                return NULL;
        if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
                return NULL;
        return file_read(AT_FDCWD, path, NET_DEV_LIMIT, &text, NULL) < 0 ? NULL : text;
}

/* The numbers of a container that ends meanwhile may be nobody's, or another's: they are not told. */
static int tell_stats(const struct handle *handle, int fd) {
        autodone(cgroup_stats) struct cgroup_stats stats = CGROUP_STATS_INIT;
        autodone(resctrl_stats) struct resctrl_stats shares = RESCTRL_STATS_INIT;
        autofree char *net_dev = read_network((pid_t)handle->state.init.pid);
        autodone(text) struct text text = TEXT_INIT;
        struct json_writer writer = {.text = &text};

        cgroup_stats(&handle->state.cgroup, &stats);
        resctrl_stats(&handle->state.resctrl, &shares);
        if (!proc_is_alive(handle->pidfd))
                return ENDED;
        begin_line(&writer, "stats", handle);
        stats_print(&stats, &shares, net_dev, &writer);
        return end_line(&writer, fd);
}

/* --- the stream --- */

/* Only where the end of the process cannot be waited for (util/proc.h). */
#define LOOK_MILLISECONDS 100

enum { FD_INIT, FD_TIMER, FD_OUTPUT, FD_WATCH, FDS = FD_WATCH + CGROUP_WATCH_FDS };

static int open_timer(uint64_t interval) {
        struct timespec span = {.tv_sec = (time_t)(interval / NANOSECONDS_PER_SECOND),
                                .tv_nsec = (long)(interval % NANOSECONDS_PER_SECOND)};
        int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

        if (fd < 0 || timerfd_settime(fd, 0, &(struct itimerspec){.it_interval = span, .it_value = span}, NULL) < 0) {
                int r = fail(errno, "start timer");

                fd_close(&fd);
                return r;
        }
        return fd;
}

/*
 * Memory first: its end is often the container's end, and must be told before. The timer is read before the stats are,
 * so that a slow reader gets the next line in its time and not two at once.
 */
static int serve(const struct handle *handle, struct cgroup_watch *watch, const struct pollfd fds[FDS]) {
        int output_fd = fds[FD_OUTPUT].fd;
        uint64_t ticks;
        int r = GOES_ON;

        if (cgroup_watch_oom(watch))
                r = tell_oom(handle, output_fd);
        if (r != GOES_ON)
                return r;
        if (fds[FD_OUTPUT].revents || cgroup_watch_is_empty(watch) || !proc_is_alive(handle->pidfd))
                return ENDED;
        if (fds[FD_TIMER].revents && read(fds[FD_TIMER].fd, &ticks, sizeof(ticks)) == sizeof(ticks))
                return tell_stats(handle, output_fd);
        return GOES_ON;
}

/* Of the output only the end is waited for: poll(2) tells it without being asked. */
static int stream(const struct handle *handle, const struct events_options *options) {
        autodone(cgroup_watch) struct cgroup_watch watch = CGROUP_WATCH_INIT;
        autoclose int timer_fd = -1;
        int r = cgroup_watch_open(&handle->state.cgroup, &watch);

        if (r < 0)
                return r;
        timer_fd = open_timer(options->interval);
        if (timer_fd < 0)
                return timer_fd;
        do {
                struct pollfd fds[FDS] = {
                        [FD_INIT] = {.fd = proc_poll_fd(handle->pidfd), .events = POLLIN},
                        [FD_TIMER] = {.fd = timer_fd, .events = POLLIN},
                        [FD_OUTPUT] = {.fd = options->output_fd},
                };

                cgroup_watch_poll(&watch, fds + FD_WATCH);
                if (poll(fds, FDS, fds[FD_INIT].fd < 0 ? LOOK_MILLISECONDS : -1) < 0 && errno != EINTR)
                        return fail(errno, "wait for events");
                r = serve(handle, &watch, fds);
        } while (r == GOES_ON);
        return r < 0 ? r : 0;
}

int container_events(const char *root, const char *id, const struct events_options *options) {
        autodone(handle) struct handle handle = HANDLE_INIT;
        int r = handle_open(root, id, false, &handle);

        if (r < 0)
                return r;
        if (handle.pidfd >= 0 && !options->only_stats)
                return stream(&handle, options);
        if (handle.pidfd >= 0)
                r = tell_stats(&handle, options->output_fd);
        if (r < 0 || (handle.pidfd >= 0 && proc_is_alive(handle.pidfd)))
                return r < 0 ? r : 0;
        return reject("container with id %s is not running", id);
}
