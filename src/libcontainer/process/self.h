/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process of the container while it still is tare: init (init.c), or those of exec (setns.c). Each gets into its
 * namespaces by steps of its own; from there on both go the same way by the same tables, so that a process of exec can
 * have no right that init had to give up. Runs in those processes. Steps record their failures.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "libcontainer/isolation/sources.h"
#include "libcontainer/plan/plan.h"
#include "libcontainer/process/channel.h"
#include "libcontainer/state/state.h"

/* What the processes of one launch have in common; all of it stands before the clone and is inherited by it. */
struct launch {
        const struct plan *plan;
        const struct state *state; /* for the hooks */
        int channel; /* the process's end */
        struct cgroup_entrance entrance; /* the v1 places, which a process enters itself */
        int resctrl_fds[2]; /* the same of resctrl's groups; -1: none */
        int exec_fifo_fd, result_fifo_fd; /* O_RDWR; -1 when the process starts at once */
        bool waits_for_go; /* the runtime prepares something from outside first */
        __attribute__((noreturn)) void (*main)(const struct launch *launch); /* init_main() or setns_main() */
};
#define LAUNCH_INIT ((struct launch){.channel = -1, .resctrl_fds = {-1, -1}, .exec_fifo_fd = -1, .result_fifo_fd = -1, \
                                        .entrance = CGROUP_ENTRANCE_INIT})
void launch_done(struct launch *launch);

/* The live handles of the process. */
struct self {
        const struct launch *launch;
        const struct plan *plan;
        const struct config *config;
        struct sources sources; /* of exec's process only the root, its own one */
        int procfs_fd; /* of a procfs that the container cannot have exchanged; -1 when there is no need */
        int slave_fd; /* of the terminal */
        int listener_fd; /* of the filter, until the runtime has it */
        bool is_confined; /* the filter is loaded, and the capabilities are those that it keeps */
        bool in_directory; /* the working directory has been entered */
        char *executable;
        char **arguments;
};
#define SELF_INIT(the_launch)                                                                                      \
        ((struct self){.launch = (the_launch), .plan = (the_launch)->plan, .config = (the_launch)->plan->config,   \
                       .sources = {.rootfs_fd = -1, .null_fd = -1}, .procfs_fd = -1, .slave_fd = -1,                \
                       .listener_fd = -1})

struct step {
        const char *name;
        int (*run)(struct self *self);
};

/* First of all: its title (util/title.h), signals as a new process has them, no descriptor that it was not meant to have. */
void self_begin(const struct launch *launch, const char *name, bool keep_environment);

/* Into the cgroups and resctrl groups that a process is not born in; for the stage too. */
int self_enter_groups(const struct launch *launch);

/* Sends the record of a failure to the runtime and ends the process. For the stage too. */
void self_abort(const struct launch *launch) __attribute__((noreturn));

/* Runs the steps in their order, up to the first failure. */
int self_run(struct self *self, const struct step *steps, size_t n);

/* Everything is made: from here on the runtime may end. Gives what it answers, START or WAIT. */
int self_say_ready(struct self *self, enum message_type *ret_answer);

/* Steps that each process takes at a place of its own. */
int self_enter_cgroup(struct self *self);
int self_wait_for_go(struct self *self);
/* The filter and the capabilities that the process keeps before their place in the tables: for exec, while it is unseen. */
int self_confine(struct self *self);
int self_become_undumpable(struct self *self);
int self_join_keyring(struct self *self);
int self_become_session_leader(struct self *self);
int self_make_terminal(struct self *self);
int self_close_host(struct self *self);

/* Inside the container's root: from the runtime's rights to the process's, ids and all. */
extern const struct step self_become_steps[];
extern const size_t self_n_become_steps;

/* What is left of it for the very process that will execute: terminal, limits, filter, capabilities. */
extern const struct step self_settle_steps[];
extern const size_t self_n_settle_steps;

/* After the word to go: up to execve(2). */
extern const struct step self_execute_steps[];
extern const size_t self_n_execute_steps;
