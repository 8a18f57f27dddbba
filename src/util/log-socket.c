/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL) and syslog's lines. In the runtime's process; opened
 * before the command begins.
 */
#include "util/log-socket.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"

/* The socket takes 200 KiB at least; what a record of failure may be is far below. */
#define JOURNAL_MESSAGE_MAX 32768
/* More is cut or refused by the usual daemons (rsyslog: 8 KiB with the header). */
#define SYSLOG_MESSAGE_MAX 7168
#define IDENTIFIER_MAX 255

/* user-level messages, in the bits above the priority */
#define FACILITY_USER (1 << 3)

static const struct {
        const char *path, *name;
} daemons[] = {
        [LOG_SOCKET_JOURNAL] = {"/run/systemd/journal/socket", "journal"},
        [LOG_SOCKET_SYSLOG] = {"/dev/log", "syslog"},
};

int log_socket_open(enum log_socket_kind kind) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        /* A daemon that does not read must not hold a container up. */
        const struct timeval patience = {.tv_sec = 2};
        autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", daemons[kind].path);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
                return fail(errno, "make a socket for the log");
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return fail(errno, "open log: connect to %s at `%s`", daemons[kind].name, address.sun_path);
        return take_fd(&fd);
}

/* The message up to `max` bytes, and no half character at its end. */
static size_t bounded(const char *message, size_t max) {
        size_t length = strlen(message), last = max;

        if (length <= max)
                return length;
        while (last > 0 && last > max - 4 && ((unsigned char)message[last] & 0xc0) == 0x80)
                last--;
        return last;
}

/* --- the journal --- */

static void add_field(struct text *entry, const char *name, const char *value, size_t length) {
        uint64_t size = htole64(length);

        text_add(entry, name);
        if (!memchr(value, '\n', length)) {
                text_add(entry, "=");
        } else {
                /* A value of several lines comes with its length. */
                text_add(entry, "\n");
                text_add_n(entry, (const char *)&size, sizeof(size));
        }
        text_add_n(entry, value, length);
        text_add(entry, "\n");
}

static void format_journal(int priority, const char *identifier, const char *message, struct text *ret) {
        const char digit = (char)('0' + priority);

        add_field(ret, "PRIORITY", &digit, 1);
        add_field(ret, "SYSLOG_IDENTIFIER", identifier, strnlen(identifier, IDENTIFIER_MAX));
        add_field(ret, "MESSAGE", message, bounded(message, JOURNAL_MESSAGE_MAX));
}

/* --- syslog --- */

/* The name ends where a space, a colon or a bracket would end it for the daemon. */
static void add_tag(struct text *line, const char *identifier) {
        size_t length = 0;

        while (length < IDENTIFIER_MAX && isgraph((unsigned char)identifier[length]) && !strchr(":[", identifier[length]))
                length++;
        text_add_n(line, identifier, length);
        text_add_format(line, "[%d]: ", (int)getpid());
}

static void format_syslog(int priority, const char *identifier, const char *message, struct text *ret) {
        size_t length = bounded(message, SYSLOG_MESSAGE_MAX);
        time_t seconds = time(NULL);
        char now[32];
        struct tm local;

        localtime_r(&seconds, &local);
        strftime(now, sizeof(now), "%b %e %H:%M:%S", &local);
        text_add_format(ret, "<%d>%s ", FACILITY_USER | priority, now);
        add_tag(ret, identifier);
        for (size_t i = 0; i < length; i++)
                text_add_n(ret, iscntrl((unsigned char)message[i]) ? " " : &message[i], 1);
}

void log_socket_format(enum log_socket_kind kind, int priority, const char *identifier, const char *message, struct text *ret) {
        if (kind == LOG_SOCKET_JOURNAL)
                format_journal(priority, identifier, message, ret);
        else
                format_syslog(priority, identifier, message, ret);
}
