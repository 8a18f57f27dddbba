/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The runtime as the parent of a process that runs in the foreground: passes signals on, serves the terminal, reaps
 * whatever is re-parented to it, and gives the exit code. One poll(2) loop on descriptors; no handler, no timer.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "libcontainer/isolation/notify.h"
#include "libcontainer/process/parent.h"

struct foreground {
        int signal_fd;
        bool is_raw; /* standard input is a terminal in raw mode */
        struct termios before;
        int slave_fd; /* the terminal's other side: as long as it is open here, no end of another's ends the terminal */
        struct notify *notify; /* served as long as it asks for it; borrowed, NULL: none */
};
#define FOREGROUND_INIT ((struct foreground){.signal_fd = -1, .slave_fd = -1})

/* Before the clone: signals are collected from here on. With `subreaper` orphans of the container come to us. */
int foreground_prepare(struct foreground *ret, bool subreaper);

/* Until the process has ended; *ret_exit is its exit code, 128 + N when signal N killed it. */
int foreground_serve(struct foreground *foreground, struct child *child, int *ret_exit);

/* Restores the terminal, however it ended. */
void foreground_done(struct foreground *foreground);
