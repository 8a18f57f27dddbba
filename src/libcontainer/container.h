/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life cycle of a container (runtime.md): what the commands need, and all that they need. Runs in the runtime's
 * process. `root` is the state directory. Functions record their failures.
 */
#pragma once

#include <stdbool.h>

#include "libcontainer/plan/plan.h"
#include "libcontainer/state/state.h"

/* `create`: everything but the process's execve(2); init waits for `start`. */
int container_create(const char *root, const struct create_options *options);

/*
 * `run`: create and start. Detached it returns 0 when the process runs; in the foreground it serves the terminal and the
 * signals, deletes the container at the end unless options->keep, and gives the process's exit code in *ret_exit.
 */
int container_run(const char *root, const struct create_options *options, int *ret_exit);

/*
 * `start`. `notify_socket` (NULL: none) is the service manager's: then it returns only when the container says that it is
 * ready, or has ended.
 */
int container_start(const char *root, const char *id, const char *notify_socket);

/* `all`: every process of the container, and no failure when there is none. */
int container_kill(const char *root, const char *id, int signal, bool all);

/*
 * Freezes a created or running container, and sets a paused one going again. The status has changed when they return;
 * only a container that is below another frozen cgroup stays paused, with a warning.
 */
int container_pause(const char *root, const char *id);
int container_resume(const char *root, const char *id);

int container_delete(const char *root, const char *id, bool force);

/* One container as its record and the processes tell. */
int container_read(const char *root, const char *id, struct state *ret, enum status *ret_status);

/* Pids as the host counts them, ascending. */
struct pid_list {
        pid_t *items;
        size_t n;
};
void pid_list_done(struct pid_list *list);

/*
 * Every process of the container, those in cgroups that it made below its own included; also what a stopped one has left
 * behind. Without a cgroup it is refused.
 */
int container_pids(const char *root, const char *id, struct pid_list *ret);

/*
 * Calls `act` for every container below root whose id the POSIX extended regular expression matches, anywhere unless it
 * says ^ and $, in the order of their ids. One that fails does not keep the others from their turn; at the end their
 * failures are recorded together. No match is success, and so is a missing root unless `must_exist`.
 */
int container_each_match(const char *root, bool must_exist, const char *pattern, int (*act)(const char *id, void *data),
                         void *data);

/* Calls `see` for every container below root in the order of their ids; a missing root has none unless `must_exist`. */
int container_list(const char *root, bool must_exist, int (*see)(const struct state *state, enum status status, void *data),
                   void *data);
