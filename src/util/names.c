/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Look-up in tables of names, and the table of signals. Pure: used in every process, at any time.
 *
 * Tables are short and searched from the start: what they hold is decoded once per start.
 */
#include "util/names.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "util/text.h"

bool name_find(const struct name *table, const char *name, long *ret_value) {
        for (; table->name; table++)
                if (strcmp(table->name, name) == 0) {
                        *ret_value = table->value;
                        return true;
                }
        return false;
}

const char *name_of(const struct name *table, long value) {
        for (; table->name; table++)
                if (table->value == value)
                        return table->name;
        return NULL;
}

/*
 * The real-time signals that a container's programs and the engines mean: glibc keeps 32 and 33 for itself, so its
 * SIGRTMIN is 34. Not the macro, because a runtime linked with another libc must send the same signals.
 */
#define REAL_TIME_MIN 34
#define REAL_TIME_MAX 64

static const struct name signals[] = {
        { "ABRT", SIGABRT }, { "ALRM", SIGALRM },   { "BUS", SIGBUS },       { "CHLD", SIGCHLD }, { "CONT", SIGCONT },
        { "FPE", SIGFPE },   { "HUP", SIGHUP },     { "ILL", SIGILL },       { "INT", SIGINT },   { "IO", SIGIO },
        { "KILL", SIGKILL }, { "PIPE", SIGPIPE },   { "PROF", SIGPROF },     { "PWR", SIGPWR },   { "QUIT", SIGQUIT },
        { "SEGV", SIGSEGV }, { "STKFLT", SIGSTKFLT }, { "STOP", SIGSTOP },   { "SYS", SIGSYS },   { "TERM", SIGTERM },
        { "TRAP", SIGTRAP }, { "TSTP", SIGTSTP },   { "TTIN", SIGTTIN },     { "TTOU", SIGTTOU }, { "URG", SIGURG },
        { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 },   { "VTALRM", SIGVTALRM }, { "WINCH", SIGWINCH },
        { "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ },
        /* Second names that <signal.h> has for some of them. */
        { "CLD", SIGCHLD },  { "IOT", SIGABRT },    { "POLL", SIGIO },
        { "RTMIN", REAL_TIME_MIN }, { "RTMAX", REAL_TIME_MAX },
        {},
};

/* "RTMIN+3", "RTMAX-2": the name has been found to begin with `base`; the rest may lead to a real-time signal. */
static int real_time_signal(const char *rest, int base) {
        char direction = base == REAL_TIME_MIN ? '+' : '-';
        uint64_t n;

        if (rest[0] != direction || text_to_u64(rest + 1, &n) < 0 || n > REAL_TIME_MAX - REAL_TIME_MIN)
                return -EINVAL;
        return direction == '+' ? base + (int)n : base - (int)n;
}

int signal_from_text(const char *text) {
        uint64_t number;

        if (text_to_u64(text, &number) == 0)
                return number <= REAL_TIME_MAX ? (int)number : -EINVAL;
        if (strncasecmp(text, "SIG", 3) == 0)
                text += 3;
        for (const struct name *signal = signals; signal->name; signal++)
                if (strcasecmp(signal->name, text) == 0)
                        return (int)signal->value;
        if (strncasecmp(text, "RTMIN", 5) == 0)
                return real_time_signal(text + 5, REAL_TIME_MIN);
        if (strncasecmp(text, "RTMAX", 5) == 0)
                return real_time_signal(text + 5, REAL_TIME_MAX);
        return -EINVAL;
}
