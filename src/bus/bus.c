/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection to systemd. First by the socket that systemd itself listens on, past the daemon of the bus: one less to wait for
 * and to be slowed down by, and there before that daemon is. Runs in the runtime's process.
 */
#include "bus/bus.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/address.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/interrupt.h"

#define SYSTEM_PRIVATE "/run/systemd/private"
#define SYSTEM_BUS "/run/dbus/system_bus_socket"

/* More than any systemd does at a time; a peer that floods us is none. */
#define SIGNALS_MAX 4096
/* From the making of a socket to its listening. */
#define LISTEN_MILLISECONDS 100
#define LINE_MAX_LENGTH 1024

void bus_answer_done(struct bus_answer *answer) {
        free(answer->bytes);
        *answer = BUS_ANSWER_INIT;
}

void bus_done(struct bus *bus) {
        for (size_t i = 0; i < bus->n_signals; i++)
                bus_answer_done(&bus->signals[i]);
        free(bus->signals);
        free(bus->address);
        free(bus->peer);
        text_done(&bus->input);
        fd_close(&bus->fd);
        *bus = BUS_INIT;
}

/* --- bytes --- */

static int fail_timeout(const char *what) {
        reject("systemd: no answer in time: %s", what);
        return -ETIMEDOUT;
}

static int fail_broken(const struct bus *bus, const char *what) {
        fail(ECONNRESET, "systemd: `%s`: %s", bus->address, what);
        return -ECONNRESET;
}

static bool is_broken(int error) {
        return error == ECONNRESET || error == EPIPE || error == ENOTCONN;
}

/* Until something happens to the descriptor, 1, or until the deadline, 0. */
static int await_event(const struct bus *bus, int fd, short events, int64_t deadline, const char *what) {
        struct pollfd fds[] = {{.fd = fd, .events = events},
                               {.fd = bus->heeds_interrupts ? interrupt_fd() : -1, .events = POLLIN}};
        int n, signal;

        do {
                n = poll(fds, ELEMENTSOF(fds), clock_ms_until(deadline));
        } while (n < 0 && errno == EINTR);
        if (n < 0)
                return fail(errno, "systemd: %s", what);
        signal = fds[1].revents ? interrupt_take() : 0;
        return signal ? reject("interrupted by signal %d: %s", signal, what) : n > 0;
}

static int wait_for(const struct bus *bus, short events, int64_t deadline, const char *what) {
        int r = await_event(bus, bus->fd, events, deadline, what);

        return r == 0 ? fail_timeout(what) : r < 0 ? r : 0;
}

static int send_all(struct bus *bus, const char *bytes, size_t size, int64_t deadline, const char *what) {
        while (size > 0) {
                ssize_t n = send(bus->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
                int r;

                if (n < 0 && is_broken(errno))
                        return fail_broken(bus, what);
                if (n < 0 && errno != EAGAIN && errno != EINTR)
                        return fail(errno, "systemd: `%s`: %s", bus->address, what);
                if (n > 0) {
                        bytes += n;
                        size -= (size_t)n;
                        continue;
                }
                r = wait_for(bus, POLLOUT, deadline, what);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Some more bytes into the input. */
static int receive(struct bus *bus, int64_t deadline, const char *what) {
        char bytes[8192];
        ssize_t n;
        int r;

        do {
                r = wait_for(bus, POLLIN, deadline, what);
                if (r < 0)
                        return r;
                n = recv(bus->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        } while (n < 0 && (errno == EAGAIN || errno == EINTR));
        if (n == 0 || (n < 0 && is_broken(errno)))
                return fail_broken(bus, what);
        if (n < 0)
                return fail(errno, "systemd: `%s`: %s", bus->address, what);
        text_add_n(&bus->input, bytes, (size_t)n);
        return 0;
}

static void drop_input(struct bus *bus, size_t size) {
        bus->input.length -= size;
        memmove(bus->input.bytes, bus->input.bytes + size, bus->input.length);
}

/* --- messages --- */

static int fail_message(const struct bus *bus) {
        return fail(EBADMSG, "systemd: `%s`: read message", bus->address);
}

/* The whole message that the input begins with, if there is one: 1. */
static int take_message(struct bus *bus, struct bus_answer *ret) {
        autodone(bus_answer) struct bus_answer answer = BUS_ANSWER_INIT;
        size_t size;

        if (bus->input.length < BUS_HEADER_SIZE)
                return 0;
        if (bus_message_size(bus->input.bytes, &size) < 0)
                return fail_message(bus);
        if (bus->input.length < size)
                return 0;
        answer.bytes = memory_copy(bus->input.bytes, size);
        drop_input(bus, size);
        if (bus_message_parse(answer.bytes, size, &answer.message) < 0)
                return fail_message(bus);
        *ret = take_struct(&answer, BUS_ANSWER_INIT);
        return 1;
}

static int next_message(struct bus *bus, int64_t deadline, const char *what, struct bus_answer *ret) {
        for (;;) {
                int r = take_message(bus, ret);

                if (r != 0)
                        return r < 0 ? r : 0;
                r = receive(bus, deadline, what);
                if (r < 0)
                        return r;
        }
}

/* On a shared bus anybody may send a signal to us alone. */
static bool is_job_removed(const struct bus *bus, const struct bus_message *message) {
        if (bus->is_shared && !text_equal(bus->peer, message->sender))
                return false;
        return message->type == BUS_SIGNAL && text_equal(message->member, "JobRemoved") &&
               text_equal(message->interface, "org.freedesktop.systemd1.Manager") && text_equal(message->signature, "uoss");
}

/* Takes the message over if it is a signal that somebody may wait for. */
static int keep_signal(struct bus *bus, struct bus_answer *answer) {
        if (!is_job_removed(bus, &answer->message))
                return 0;
        if (bus->n_signals >= SIGNALS_MAX)
                return fail(EMSGSIZE, "systemd: `%s`: keep signals", bus->address);
        *array_append(bus->signals, bus->n_signals) = *answer;
        *answer = BUS_ANSWER_INIT;
        return 0;
}

/* What the daemon of a bus answers in the place of one that has left it before its answer. */
static bool has_left(const struct bus *bus, const struct bus_answer *answer) {
        return bus->is_shared && answer->message.type == BUS_ERROR &&
               (text_equal(answer->message.error, "org.freedesktop.DBus.Error.NoReply") ||
                text_equal(answer->message.error, "org.freedesktop.DBus.Error.Disconnected"));
}

int bus_call(struct bus *bus, const struct bus_call *call, int64_t deadline, struct bus_answer *ret) {
        autodone(text) struct text bytes = TEXT_INIT;
        uint32_t serial = ++bus->serial;
        int r;

        bus_write_call(&bytes, call, serial);
        r = send_all(bus, bytes.bytes, bytes.length, deadline, call->member);
        while (r >= 0) {
                autodone(bus_answer) struct bus_answer answer = BUS_ANSWER_INIT;
                bool is_answer;

                r = next_message(bus, deadline, call->member, &answer);
                if (r < 0)
                        break;
                is_answer = answer.message.type == BUS_METHOD_RETURN || answer.message.type == BUS_ERROR;
                if (is_answer && answer.message.reply_serial == serial) {
                        if (has_left(bus, &answer))
                                return fail_broken(bus, call->member);
                        *ret = take_struct(&answer, BUS_ANSWER_INIT);
                        return ret->message.type == BUS_ERROR ? BUS_REFUSED : 0;
                }
                r = keep_signal(bus, &answer);
        }
        return r;
}

const char *bus_error_text(const struct bus_answer *answer) {
        struct bus_reader reader = answer->message.body;
        const char *text = "";

        if (answer->message.signature[0] == 's')
                (void)bus_read_string(&reader, &text);
        return text;
}

int bus_next_job_removed(struct bus *bus, int64_t deadline, struct bus_answer *ret) {
        while (bus->n_signals == 0) {
                autodone(bus_answer) struct bus_answer answer = BUS_ANSWER_INIT;
                int r = next_message(bus, deadline, "JobRemoved", &answer);

                if (r >= 0)
                        r = keep_signal(bus, &answer);
                if (r < 0)
                        return r;
        }
        *ret = bus->signals[0];
        bus->n_signals--;
        memmove(bus->signals, bus->signals + 1, bus->n_signals * sizeof(bus->signals[0]));
        return 0;
}

/* --- connecting --- */

/* One line of the handshake, without its end. */
static int read_line(struct bus *bus, int64_t deadline, char **ret) {
        for (;;) {
                char *end = bus->input.length ? memmem(bus->input.bytes, bus->input.length, "\r\n", 2) : NULL;
                int r;

                if (end) {
                        *ret = text_copy_n(bus->input.bytes, (size_t)(end - bus->input.bytes));
                        drop_input(bus, (size_t)(end - bus->input.bytes) + 2);
                        return 0;
                }
                if (bus->input.length > LINE_MAX_LENGTH)
                        return fail_message(bus);
                r = receive(bus, deadline, "authenticate");
                if (r < 0)
                        return r;
        }
}

/*
 * The kernel tells the other side who we are. Our own number is not said: in a user namespace it is another one there, and
 * would be refused.
 */
static int authenticate(struct bus *bus, int64_t deadline) {
        static const char hello[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
        static const char *const expected[] = {"DATA", "OK "};
        int r = send_all(bus, hello, sizeof(hello) - 1, deadline, "authenticate");

        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                autofree char *line = NULL;

                if (r >= 0)
                        r = read_line(bus, deadline, &line);
                if (r < 0)
                        return r;
                if (!text_starts_with(line, expected[i]))
                        return fail(EACCES, "systemd: `%s`: authenticate: found \"%s\"", bus->address, line);
        }
        return 0;
}

/* What the daemon of a bus wants to hear first. */
static int introduce(struct bus *bus, int64_t deadline) {
        static const char rule[] = "type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1',"
                                   "interface='org.freedesktop.systemd1.Manager',member='JobRemoved'";
        autodone(text) struct text body = TEXT_INIT;
        struct bus_call calls[] = {
                {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", NULL, NULL},
                {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "s", &body},
                {"org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "Subscribe", NULL,
                 NULL},
        };

        bus_write_string(&body, rule);
        for (size_t i = 0; i < ELEMENTSOF(calls); i++) {
                autodone(bus_answer) struct bus_answer answer = BUS_ANSWER_INIT;
                int r = bus_call(bus, &calls[i], deadline, &answer);

                if (r == BUS_REFUSED)
                        return fail(EACCES, "systemd: `%s`: %s: %s: %s", bus->address, calls[i].member, answer.message.error,
                                    bus_error_text(&answer));
                if (r < 0)
                        return r;
                free(bus->peer);
                bus->peer = text_copy(answer.message.sender);
        }
        return 0;
}

/* A server with too many callers lets us wait in connect(2). */
static int open_socket(const struct sockaddr_un *address, socklen_t size, int64_t deadline) {
        autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int milliseconds = clock_ms_until(deadline);
        const struct timeval patience = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 + 1};

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *)address, size) < 0)
                return errno == EAGAIN ? -ETIMEDOUT : -errno;
        return take_fd(&fd);
}

static int connect_to(const struct sockaddr_un *address, socklen_t size, int64_t deadline, struct bus *bus) {
        bool is_abstract = address->sun_path[0] == '\0';

        bus->address = text_format("%s%.*s", is_abstract ? "@" : "", (int)(sizeof(address->sun_path) - is_abstract),
                                   address->sun_path + is_abstract);
        bus->fd = open_socket(address, size, deadline);
        if (bus->fd < 0)
                return fail(-bus->fd, "systemd: connect to `%s`", bus->address);
        return authenticate(bus, deadline);
}

struct attempt {
        struct sockaddr_un address;
        socklen_t size;
        bool is_shared;
};

#define ATTEMPTS_MAX 8

static void add_path(struct attempt *attempts, size_t *n, const char *path, bool is_shared) {
        if (*n < ATTEMPTS_MAX && bus_address_of_path(path, &attempts[*n].address, &attempts[*n].size) >= 0)
                attempts[(*n)++].is_shared = is_shared;
}

static size_t list_attempts(enum bus_kind kind, struct attempt attempts[ATTEMPTS_MAX]) {
        const char *directory = getenv("XDG_RUNTIME_DIR"), *list = getenv("DBUS_SESSION_BUS_ADDRESS");
        autofree char *direct = NULL, *shared = NULL;
        size_t n = 0;

        if (kind == BUS_SYSTEM) {
                add_path(attempts, &n, SYSTEM_PRIVATE, false);
                add_path(attempts, &n, SYSTEM_BUS, true);
                return n;
        }
        if (!text_is_empty(directory)) {
                direct = text_format("%s/systemd/private", directory);
                shared = text_format("%s/bus", directory);
                add_path(attempts, &n, direct, false);
        }
        while (n < ATTEMPTS_MAX && bus_address_next(&list, &attempts[n].address, &attempts[n].size) >= 0)
                attempts[n++].is_shared = true;
        if (shared)
                add_path(attempts, &n, shared, true);
        return n;
}

bool bus_is_there(enum bus_kind kind) {
        struct attempt attempts[ATTEMPTS_MAX];
        size_t n = list_attempts(kind, attempts);

        for (size_t i = 0; i < n; i++)
                if (attempts[i].address.sun_path[0] == '\0' || access(attempts[i].address.sun_path, F_OK) == 0)
                        return true;
        return false;
}

int bus_watch(enum bus_kind kind) {
        struct attempt attempts[ATTEMPTS_MAX];
        size_t n = list_attempts(kind, attempts);
        int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

        for (size_t i = 0; fd >= 0 && i < n; i++) {
                autofree char *directory = text_copy(attempts[i].address.sun_path);
                char *slash = strrchr(directory, '/');

                if (!slash)
                        continue;
                *slash = '\0';
                (void)inotify_add_watch(fd, directory, IN_CREATE | IN_MOVED_TO);
        }
        return fd < 0 ? -errno : fd;
}

int bus_await(const struct bus *bus, int watch_fd, int64_t deadline) {
        int64_t soon = clock_ms() + LISTEN_MILLISECONDS;
        int r = await_event(bus, watch_fd, POLLIN, deadline < soon ? deadline : soon, "wait until it is back");

        return r < 0 ? r : 0;
}

/* The first that answers. Once one was there and gave no answer in time, the others get none either. */
int bus_open(enum bus_kind kind, int64_t deadline, struct bus *ret) {
        struct attempt attempts[ATTEMPTS_MAX];
        size_t n = list_attempts(kind, attempts);
        autofree char *cause = NULL;
        int r = 0, first = 0;

        for (size_t i = 0; i < n; i++) {
                autodone(bus) struct bus bus = BUS_INIT;

                bus.heeds_interrupts = ret->heeds_interrupts;
                bus.is_shared = attempts[i].is_shared;
                r = connect_to(&attempts[i].address, attempts[i].size, deadline, &bus);
                if (r >= 0 && bus.is_shared)
                        r = introduce(&bus, deadline);
                if (r >= 0) {
                        *ret = take_struct(&bus, BUS_INIT);
                        return 0;
                }
                if (r == -ETIMEDOUT || r == -EINVAL)
                        return r;
                if (r != -ENOENT && !cause) {
                        cause = text_copy(fail_text());
                        first = r;
                }
        }
        /* One that is there and refuses says more than one that is not there. */
        if (r == -ENOENT && cause) {
                fail_take_over(cause);
                return first;
        }
        return r < 0 ? r : reject("systemd: find its socket: neither $XDG_RUNTIME_DIR nor $DBUS_SESSION_BUS_ADDRESS says where");
}
