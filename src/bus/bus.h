/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection to systemd by D-Bus: calls, their answers, and signals. The static program can load no library, and what tare
 * needs of the protocol is small. Runs in the runtime's process. Functions record their failures.
 *
 * Nothing waits without a deadline (util/clock.h): -ETIMEDOUT. A connection that the other side ends (systemd executes itself
 * anew, or the bus restarts) is -ECONNRESET: whether to begin again is the caller's to say.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/message.h"

/* Whose systemd. */
enum bus_kind {
        BUS_NONE,
        BUS_SYSTEM, /* the machine's: /run/systemd/private, else by the system bus */
        BUS_USER, /* the user's: $XDG_RUNTIME_DIR/systemd/private, else $DBUS_SESSION_BUS_ADDRESS, else $XDG_RUNTIME_DIR/bus */
};

/* A message with the bytes that it is made of. */
struct bus_answer {
        char *bytes;
        struct bus_message message;
};
#define BUS_ANSWER_INIT ((struct bus_answer){})
void bus_answer_done(struct bus_answer *answer);

struct bus {
        int fd;
        bool is_shared; /* a bus with many on it, not systemd alone */
        char *peer; /* there: systemd's name as the daemon of the bus gives it, which nobody can take */
        bool heeds_interrupts; /* set by the caller: a wait ends when the user wants the program to (util/interrupt.h) */
        uint32_t serial;
        char *address; /* for messages */
        struct text input; /* received, and not yet a whole message */
        struct bus_answer *signals; /* that came while something else was waited for */
        size_t n_signals;
};
#define BUS_INIT ((struct bus){.fd = -1})
void bus_done(struct bus *bus);

/* True if a server may be there: a look at the file system only. */
bool bus_is_there(enum bus_kind kind);

/*
 * Waits for a server that has gone and will be back: bus_watch() opens what tells of sockets that are made (inotify(7)), before
 * one tries to connect, and bus_await() waits for that. Not for long: between the making of a socket and its first listening lies
 * a moment that nothing tells of. -errno of inotify, unrecorded, is as good as none: then only the time passes.
 */
int bus_watch(enum bus_kind kind);
int bus_await(const struct bus *bus, int watch_fd, int64_t deadline);

/* Connects and makes itself known; on a shared bus asks for the signals of systemd's jobs. */
int bus_open(enum bus_kind kind, int64_t deadline, struct bus *ret);

/*
 * Calls a method of systemd and waits for the answer. 0, or BUS_REFUSED if the answer is an error: its name and text are in
 * *ret, and nothing is recorded.
 */
#define BUS_REFUSED 1
int bus_call(struct bus *bus, const struct bus_call *call, int64_t deadline, struct bus_answer *ret);

/* The text of an error; "" if it has none. Borrowed. */
const char *bus_error_text(const struct bus_answer *answer);

/* The next signal JobRemoved, of whatever job. */
int bus_next_job_removed(struct bus *bus, int64_t deadline, struct bus_answer *ret);
