/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals that end an undertaking. Runs in the runtime's process. */
#include "util/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int caught_fd = -1;

int interrupt_catch(void) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGHUP);
        sigaddset(&set, SIGQUIT);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        caught_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        return caught_fd < 0 ? -errno : 0;
}

void interrupt_forget(void) {
        caught_fd = -1;
}

int interrupt_fd(void) {
        return caught_fd;
}

int interrupt_take(void) {
        struct signalfd_siginfo info;

        if (caught_fd < 0 || read(caught_fd, &info, sizeof(info)) != sizeof(info))
                return 0;
        return (int)info.ssi_signo;
}
