/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the kernel runs the process: limits, scheduling, memory. What needs the machine's own rights is done by the
 * runtime on the new process from outside (tuning_from_outside), the rest by init on itself.
 */
#pragma once

#include "libcontainer/plan/plan.h"

/* True if tuning_from_outside() has something to do, so that init has to wait for it. */
bool tuning_is_needed_outside(const struct process_config *process);

/* In the runtime: oom_score_adj, and hard limits that the process could not raise itself. */
int tuning_from_outside(const struct process_config *process, pid_t pid);

/* In the runtime of exec, before it clones: its child takes these processors into the container's cgroup. */
int tuning_set_initial_affinity(const struct process_config *process);

/* In init: personality, CPU affinity, I/O priority, memory policy. Needs CAP_SYS_NICE for some values. */
int tuning_apply(const struct plan *plan);

/*
 * In init, after tuning_apply(), and in the process of exec that will execute the program: a policy need not be inherited by
 * children (SCHED_FLAG_RESET_ON_FORK), and SCHED_DEADLINE allows none. Needs CAP_SYS_NICE for some values.
 */
int tuning_set_scheduler(const struct process_config *process);

/* In init, late, no rights needed: RLIMIT_NOFILE, RLIMIT_AS and the like bind init itself from then on. */
int tuning_set_limits(const struct process_config *process);
