/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The runtime's side of a launch: makes init, prepares from outside what init cannot, and answers its messages until
 * the container is ready (the protocol is drawn in channel.h).
 */
#pragma once

#include <stdbool.h>

#include "libcontainer/isolation/net-devices.h"
#include "libcontainer/plan/plan.h"
#include "libcontainer/state/state.h"

/* A launched container's init, as the runtime holds it. */
struct child {
        pid_t pid;
        bool was_launched; /* also when it has ended since */
        bool is_second; /* the one that the first made */
        bool had_hooks; /* those of the runtime have run */
        bool had_listener; /* that of the filter has gone to the agent */
        int pidfd;
        int channel;
        int terminal_fd; /* the master, if the runtime serves the terminal itself */
        struct net_devices net_devices; /* what was moved into its network namespace and can be given back */
};
#define CHILD_INIT ((struct child){.pidfd = -1, .channel = -1, .terminal_fd = -1, .net_devices = NET_DEVICES_INIT})
void child_done(struct child *child);

/*
 * Launches init, or the process of exec by a plan that names a target, and returns when it is ready: everything is made but
 * the execve(2). Needs the cgroup to exist and for init the state directory to be reserved (for exec `state` is the container's,
 * and `directory` NULL). After a failure *ret holds whatever exists already, and the caller undoes it.
 */
int parent_launch(const struct plan *plan, const struct state *state, const struct state_directory *directory,
                  struct child *ret);

/* Lets init go on: to execve(2) (then returns when that has happened, or with its failure), or to wait for `start`. */
int parent_release(const struct plan *plan, const struct state *state, struct child *child);

/* Kills the process, if there is one, and waits for its end, but not for ever. */
void parent_kill(struct child *child);
