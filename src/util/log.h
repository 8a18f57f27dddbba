/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The log of one command: warnings on the way and the one error at the end, as text or JSON lines in a file or on
 * standard error, or as entries of the systemd journal or of syslog. Engines parse the lines (features.md 1.4 and part 4):
 * one of JSON has level, msg and time (RFC 3339) and the last one with the level "error" is the message; podman takes a
 * log of exactly one JSON object. So in JSON the default level is "error"; in text it is "warning".
 *
 * Written by the runtime's process only: what a container's processes have to say reaches it through the channel.
 */
#pragma once

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL_UNSET };

struct log_options {
        /* "[file:]PATH", "journald:ID", "syslog:ID" (what the sender is called; "tare" if empty); NULL or "": stderr */
        const char *target;
        bool journal; /* to the journal as well; without a target to nowhere else */
        const char *format; /* "text" or "json"; NULL: text */
        const char *level; /* NULL: see above */
        bool debug;
};

/* Opens the log (a file: append, 0644). Records its failure; then what was to be logged goes to standard error. */
int log_open(const struct log_options *options);

/* Writes one line if the level is wanted. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* In a child that has closed the log with all else: its number may soon be another file's. Nothing is written from here on. */
void log_forget(void);

/*
 * The error that ends the command: to the log, and when that is elsewhere to standard error too. There it is the bare
 * message, for engines put it into a sentence of their own (containerd does, of what `update`, `ps` and `kill` say).
 */
void log_fatal(const char *message);

/* True if debug lines are wanted: lets a caller spare the work of making them. */
bool log_is_debug(void);
