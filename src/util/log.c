/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text and JSON log lines. Runs in the runtime's process; each line is one write(2), so lines never interleave. */
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
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

static struct {
        int fd;
        bool json;
        enum log_level level;
} sink = {.fd = STDERR_FILENO, .level = LOG_LEVEL_WARNING};

int log_open(const struct log_options *options) {
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
        if (!text_is_empty(options->path)) {
                int fd = open(options->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);

                if (fd < 0)
                        return fail(errno, "open log `%s`", options->path);
                sink.fd = fd;
        }
        return 0;
}

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
                write_line(sink.fd, sink.json, level, message);
}

void log_fatal(const char *message) {
        write_line(sink.fd, sink.json, LOG_LEVEL_ERROR, message);
        if (sink.fd != STDERR_FILENO)
                write_line(STDERR_FILENO, false, LOG_LEVEL_ERROR, message);
}

bool log_is_debug(void) {
        return sink.level >= LOG_LEVEL_DEBUG;
}
