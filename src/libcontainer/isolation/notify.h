/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NOTIFY_SOCKET: how a service tells its manager that it is ready (sd_notify(3)). The container gets a socket of ours; when
 * it says READY=1 there, we say so to the manager, and which process to watch. Nothing else of what it says goes further:
 * the words are the container's, and MAINPID= or FDSTORE=1 of a stranger are not the manager's business.
 *
 * Runs in the runtime's process, in `start` and `run`; who only creates makes the directory. That is below the state
 * directory, so that it goes with the container, and is mounted in the container at NOTIFY_MOUNT (plan.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct notify {
        int host_fd; /* connected to the manager's socket; -1: nobody wants to know */
        int directory_fd; /* with the socket that the container sees */
        int container_fd; /* that socket; -1 once it has done its service */
        int barrier_fd; /* its end tells that the manager has taken note; -1 before and after */
        pid_t main_pid; /* what the manager is to watch */
};
#define NOTIFY_INIT ((struct notify){.host_fd = -1, .directory_fd = -1, .container_fd = -1, .barrier_fd = -1})

/* Takes away the container's socket too. */
void notify_done(struct notify *notify);

/* Makes the directory, with `label` for SELinux unless that is empty. After the intent was recorded. Records. */
int notify_make_directory(int state_fd, const char *label);

/* Connects to the manager's socket, before anything is made: a path, or `@NAME` in the abstract namespace. Records. */
int notify_connect(struct notify *notify, const char *address);

/* Makes the container's socket, before its program can run. 0 if the container was created without the directory. */
int notify_listen(struct notify *notify, int state_fd);

/*
 * Until the container is ready and the manager has taken note of it, or the process has ended; a manager that does not
 * answer is given half a minute. What goes wrong is a warning: the container runs. Only a signal that came before
 * (util/interrupt.h) is a failure, -EINTR, recorded.
 */
int notify_wait(struct notify *notify, int pidfd);

/* The same for a caller who has other things to wait for too: what to poll(2) for reading (-1: no more), and what then. */
int notify_poll_fd(const struct notify *notify);
void notify_serve(struct notify *notify);

/* True if one line of the message is READY=1. */
bool notify_says_ready(const char *message, size_t size);
