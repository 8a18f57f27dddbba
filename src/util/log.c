/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text and JSON log lines, and entries for a daemon. Runs in the runtime's process; each line is one write(2), so lines
 * never interleave.
 */
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/log-socket.h"
#include "util/names.h"
#include "util/text.h"

static const struct name levels[] = {
        {"error", LOG_LEVEL_ERROR},
        {"warning", LOG_LEVEL_WARNING},
        {"info", LOG_LEVEL_INFO},
        {"debug", LOG_LEVEL_DEBUG},
        /* Words of the other runtimes for levels that tare has no use for. */
        {"panic", LOG_LEVEL_ERROR},
        {"fatal", LOG_LEVEL_ERROR},
        {"off", LOG_LEVEL_ERROR},
        {"warn", LOG_LEVEL_WARNING},
        {"trace", LOG_LEVEL_DEBUG},
        {},
};

/* What syslog(3) calls them. */
static const int priorities[] = {
        [LOG_LEVEL_ERROR] = 3, [LOG_LEVEL_WARNING] = 4, [LOG_LEVEL_INFO] = 6, [LOG_LEVEL_DEBUG] = 7};

#define DEFAULT_IDENTIFIER "tare"

static struct {
        int fd; /* a file or standard error; -1 */
        bool json;
        enum log_level level;
        int socket_fd; /* the socket of a daemon; -1 */
        enum log_socket_kind socket_kind;
        const char *identifier; /* for the daemon */
} sink = {.fd = STDERR_FILENO, .level = LOG_LEVEL_WARNING, .socket_fd = -1};

/* --- opening --- */

static int choose_level(const struct log_options *options) {
        long level = LOG_LEVEL_UNSET;

        if (!text_is_empty(options->format) && strcmp(options->format, "text") != 0) {
                if (strcmp(options->format, "json") != 0)
                        return reject("invalid log-format: %s", options->format);
                sink.json = true;
        }
        if (!text_is_empty(options->level) && !name_find(levels, options->level, &level))
                return reject("invalid log-level: %s", options->level);
        if (options->debug)
                level = LOG_LEVEL_DEBUG;
        else if (level == LOG_LEVEL_UNSET)
                level = sink.json ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;
        sink.level = (enum log_level)level;
        return 0;
}

static int open_file(const char *path) {
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);

        if (fd < 0)
                return fail(errno, "open log `%s`", path);
        sink.fd = fd;
        return 0;
}

static int open_daemon(enum log_socket_kind kind, const char *identifier) {
        int fd = log_socket_open(kind);

        if (fd < 0)
                return fd;
        sink.socket_fd = fd;
        sink.socket_kind = kind;
        sink.identifier = text_is_empty(identifier) ? DEFAULT_IDENTIFIER : identifier;
        return 0;
}

/* A file, unless it begins with the name of another kind of log. */
static int open_target(const char *target) {
        const char *rest;

        if ((rest = text_after(target, "journald:")) || (rest = text_after(target, "syslog:"))) {
                sink.fd = -1;
                return open_daemon(text_starts_with(target, "journald:") ? LOG_SOCKET_JOURNAL : LOG_SOCKET_SYSLOG, rest);
        }
        rest = text_after(target, "file:");
        return open_file(rest ? rest : target);
}

int log_open(const struct log_options *options) {
        int r = choose_level(options);

        if (r >= 0 && !text_is_empty(options->target))
                r = open_target(options->target);
        else if (r >= 0 && options->journal)
                sink.fd = -1;
        if (r < 0 || !options->journal)
                return r;
        if (sink.socket_fd < 0)
                return open_daemon(LOG_SOCKET_JOURNAL, NULL);
        return sink.socket_kind == LOG_SOCKET_JOURNAL ? 0 : reject("--systemd-log does not go with --log %s", options->target);
}

void log_forget(void) {
        sink.fd = sink.socket_fd = -1;
}

/* --- writing --- */

static void add_line(struct text *line, bool json, enum log_level level, const char *message) {
        char now[40];
        struct tm utc;
        time_t seconds = time(NULL);

        gmtime_r(&seconds, &utc);
        strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &utc);
        text_add_format(line, json ? "{\"level\":\"%s\",\"msg\":" : "time=\"%2$s\" level=%1$s msg=", name_of(levels, level), now);
        text_add_json(line, message);
        if (json)
                text_add_format(line, ",\"time\":\"%s\"}", now);
        text_add(line, "\n");
}

static void write_line(int fd, bool json, enum log_level level, const char *message) {
        struct text line = TEXT_INIT;

        add_line(&line, json, level, message);
        /* There is nobody left to tell when the log itself cannot be written. */
        (void)fd_write_full(fd, line.bytes, line.length);
        text_done(&line);
}

static void send_entry(enum log_level level, const char *message) {
        autodone(text) struct text entry = TEXT_INIT;

        log_socket_format(sink.socket_kind, priorities[level], sink.identifier, message, &entry);
        (void)send(sink.socket_fd, entry.bytes, entry.length, MSG_NOSIGNAL);
}

static void deliver(enum log_level level, const char *message) {
        if (sink.fd >= 0)
                write_line(sink.fd, sink.json, level, message);
        if (sink.socket_fd >= 0)
                send_entry(level, message);
}

void log_write(enum log_level level, const char *format, ...) {
        autofree char *message = NULL;
        va_list arguments;

        if (level > sink.level)
                return;
        va_start(arguments, format);
        if (vasprintf(&message, format, arguments) < 0)
                message = NULL;
        va_end(arguments);
        if (message)
                deliver(level, message);
}

void log_fatal(const char *message) {
        autodone(text) struct text plain = TEXT_INIT;

        deliver(LOG_LEVEL_ERROR, message);
        if (sink.fd == STDERR_FILENO)
                return;
        text_add_format(&plain, "%s\n", message);
        (void)fd_write_full(STDERR_FILENO, plain.bytes, plain.length);
}

bool log_is_debug(void) {
        return sink.level >= LOG_LEVEL_DEBUG;
}
