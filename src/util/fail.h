/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process's one error record: a failure is recorded once, where its facts are, and printed once, in main().
 *
 * Every fallible function returns an int: negative errno = failed, 0 or positive = the outcomes that its header names.
 * The ground floor (util/) stays silent and only returns -errno. From libcontainer, cgroups and seccomp up, the function
 * that sees a silent call fail records it with fail() or reject(); everyone above says `return r;`, adding within()
 * only where it knows a fact that the record lacks.
 *
 * A child process sends its record to its parent, which takes it over with fail_take_over().
 * Messages are verb and object, the object in backquotes, without "failed to" and without a capital:
 *     return fail(errno, "open working directory `%s`", path);
 */
#pragma once

/* A call failed: records "WHAT: errno text" and returns -error. */
int fail(int error, const char *what, ...) __attribute__((format(printf, 2, 3)));

/* The input or the request is wrong: records WHAT and returns -EINVAL. */
int reject(const char *what, ...) __attribute__((format(printf, 1, 2)));

/* Prefixes the record with "WHERE: " and returns r unchanged. */
int within(int r, const char *where, ...) __attribute__((format(printf, 2, 3)));

/* Replaces the record with a text that another process recorded; returns -EIO. */
int fail_take_over(const char *text);

/* The record; "" when nothing has failed. */
const char *fail_text(void);

/* Forgets the record, for the few callers that handle a failure and go on. */
void fail_forget(void);

/*
 * The kernel's errno text as engines expect it: like strerror(3) but beginning in lower case ("no such file or
 * directory"); docker and podman choose exit codes by these words.
 */
const char *errno_text(int error);
