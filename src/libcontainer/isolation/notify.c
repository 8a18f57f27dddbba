/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Readiness, passed on from the container to the service manager that called us. Runs in the runtime's process: `run` and
 * `start` open both sockets before the program is executed, and serve them while it runs.
 */
#include "libcontainer/isolation/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "libcontainer/isolation/lsm.h"
#include "libcontainer/state/state.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/interrupt.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/text.h"

/* What systemd takes (PIPE_BUF); a longer message is none. */
#define MESSAGE_MAX 4096
/* How many are read before somebody else's turn comes, however many the container sends. */
#define MESSAGES_AT_ONCE 64
/* For the manager to take a message and to take note of it; sd_notify_barrier(3) is used so. */
#define MANAGER_SECONDS 30
/* Only where the end of the process cannot be waited for (util/proc.h). */
#define LOOK_MILLISECONDS 100

static void stop_listening(struct notify *notify) {
        if (notify->container_fd >= 0)
                (void)unlinkat(notify->directory_fd, STATE_NOTIFY_SOCKET, 0);
        fd_close(&notify->container_fd);
        fd_close(&notify->directory_fd);
}

void notify_done(struct notify *notify) {
        stop_listening(notify);
        fd_close(&notify->host_fd);
        fd_close(&notify->barrier_fd);
}

/* --- the two sockets --- */

int notify_make_directory(int state_fd, const char *label) {
        autoclose int fd = -1;
        mode_t before = umask(0022);
        int r = mkdirat(state_fd, STATE_NOTIFY, 0755) < 0 ? -errno : 0;

        umask(before);
        if (r < 0)
                return fail(-r, "make `%s` in the state directory", STATE_NOTIFY);
        fd = openat(state_fd, STATE_NOTIFY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? fail(errno, "open `%s` in the state directory", STATE_NOTIFY) : lsm_label_file(label, fd);
}

int notify_connect(struct notify *notify, const char *address) {
        struct timeval patience = {.tv_sec = MANAGER_SECONDS};

        notify->host_fd = fd_connect_datagram(address);
        if (notify->host_fd < 0)
                return fail(-notify->host_fd, "connect to NOTIFY_SOCKET `%s`", address);
        /* A manager that reads no more must not hold us. */
        if (setsockopt(notify->host_fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
                return fail(errno, "prepare NOTIFY_SOCKET");
        return 0;
}

/* By a descriptor of the directory: the path of the state directory may be longer than an address. */
static int bind_in(int directory_fd, int socket_fd) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        mode_t before;
        int r;

        snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory_fd, STATE_NOTIFY_SOCKET);
        /* Every user of the container may write, none else gets there. Born so: a chmod(2) would follow a link. */
        if (fchmod(socket_fd, 0666) < 0)
                return -errno;
        before = umask(0);
        r = bind(socket_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
        umask(before);
        return r;
}

int notify_listen(struct notify *notify, int state_fd) {
        autoclose int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        int r;

        if (socket_fd < 0)
                return fail(errno, "make the container's notify socket");
        notify->directory_fd = openat(state_fd, STATE_NOTIFY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (notify->directory_fd < 0 && errno == ENOENT) {
                log_warning("the container was created without NOTIFY_SOCKET and cannot tell when it is ready");
                return 0;
        }
        if (notify->directory_fd < 0)
                return fail(errno, "open `%s` in the state directory", STATE_NOTIFY);
        /* Left by a start that did not come to its end. */
        (void)unlinkat(notify->directory_fd, STATE_NOTIFY_SOCKET, 0);
        r = bind_in(notify->directory_fd, socket_fd);
        if (r < 0)
                return fail(-r, "make the container's notify socket");
        notify->container_fd = take_fd(&socket_fd);
        return 0;
}

/* --- from the container --- */

bool notify_says_ready(const char *message, size_t size) {
        static const char ready[] = "READY=1";
        const char *rest = message, *end = message + size;

        /* Some senders count the NUL behind the last line. One that stands elsewhere belongs to no text. */
        if (size > 0 && end[-1] == '\0')
                end--;
        if (memchr(message, '\0', (size_t)(end - message)))
                return false;
        while (rest < end) {
                const char *newline = memchr(rest, '\n', (size_t)(end - rest));
                size_t length = (size_t)((newline ? newline : end) - rest);

                if (length == strlen(ready) && memcmp(rest, ready, length) == 0)
                        return true;
                rest += length + 1;
        }
        return false;
}

/* Without room for descriptors: the kernel closes those that come with a message. */
static bool receive_ready(int socket_fd) {
        char message[MESSAGE_MAX];

        for (int i = 0; i < MESSAGES_AT_ONCE; i++) {
                /* MSG_TRUNC: the length that it had, also of what did not fit. */
                ssize_t n = recv(socket_fd, message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);

                if (n < 0)
                        return false;
                if ((size_t)n <= sizeof(message) && notify_says_ready(message, (size_t)n))
                        return true;
        }
        return false;
}

/* --- to the manager --- */

static int tell(const struct notify *notify, const char *message, int fd) {
        int r = fd_send(notify->host_fd, message, strlen(message), fd);

        return r < 0 ? fail(-r, "send `%s` to NOTIFY_SOCKET", message) : 0;
}

/* The manager closes what came with BARRIER=1 when it has worked off everything before it. */
static int raise_barrier(struct notify *notify) {
        autoclose int write_fd = -1;
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
                return fail(errno, "make pipe");
        notify->barrier_fd = ends[0];
        write_fd = ends[1];
        return tell(notify, "BARRIER=1", write_fd);
}

static int tell_all(struct notify *notify) {
        autofree char *main_pid = text_format("MAINPID=%d", (int)notify->main_pid);
        int r = tell(notify, "READY=1", -1);

        if (r < 0)
                return r;
        r = tell(notify, main_pid, -1);
        return r < 0 ? r : raise_barrier(notify);
}

static void pass_on(struct notify *notify) {
        stop_listening(notify);
        if (tell_all(notify) < 0) {
                log_warning("%s", fail_text());
                fail_forget();
                fd_close(&notify->barrier_fd);
        }
}

/* --- when --- */

enum outcome { READY, ENDED, INTERRUPTED };

static enum outcome await_ready(const struct notify *notify, int pidfd) {
        struct pollfd fds[] = {
                {.fd = notify->container_fd, .events = POLLIN},
                {.fd = interrupt_fd(), .events = POLLIN},
                {.fd = proc_poll_fd(pidfd), .events = POLLIN},
        };

        for (;;) {
                bool has_ended;

                if (poll(fds, ELEMENTSOF(fds), fds[2].fd < 0 ? LOOK_MILLISECONDS : -1) < 0 && errno != EINTR)
                        return INTERRUPTED;
                /* Asked first: what it has said before its end is in the socket by then. */
                has_ended = !proc_is_alive(pidfd);
                if (receive_ready(notify->container_fd))
                        return READY;
                if (has_ended)
                        return ENDED;
                if (fds[1].revents && interrupt_take())
                        return INTERRUPTED;
        }
}

/* Who is interrupted here need not wait: all has been said. */
static void await_barrier(const struct notify *notify) {
        struct pollfd fds[] = {{.fd = notify->barrier_fd, .events = POLLIN}, {.fd = interrupt_fd(), .events = POLLIN}};

        if (notify->barrier_fd >= 0 && poll(fds, ELEMENTSOF(fds), MANAGER_SECONDS * 1000) == 0)
                log_warning("NOTIFY_SOCKET: no answer to BARRIER=1 in %d seconds", MANAGER_SECONDS);
}

int notify_wait(struct notify *notify, int pidfd) {
        if (notify->container_fd < 0)
                return 0;
        switch (await_ready(notify, pidfd)) {
        case READY:
                pass_on(notify);
                await_barrier(notify);
                return 0;
        case ENDED:
                log_warning("the container ended before it was ready");
                return 0;
        default:
                reject("interrupted before the container was ready");
                return -EINTR;
        }
}

int notify_poll_fd(const struct notify *notify) {
        return notify->container_fd >= 0 ? notify->container_fd : notify->barrier_fd;
}

void notify_serve(struct notify *notify) {
        if (notify->container_fd < 0)
                fd_close(&notify->barrier_fd);
        else if (receive_ready(notify->container_fd))
                pass_on(notify);
}
