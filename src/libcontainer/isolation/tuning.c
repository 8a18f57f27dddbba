/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits, scheduling, memory policy. Runs in the runtime (tuning_from_outside) and in init. */
#include "libcontainer/isolation/tuning.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/file.h"
#include "util/kernel.h"
#include "util/text.h"

#include <fcntl.h>

/* --- from outside --- */

bool tuning_is_needed_outside(const struct process_config *process) {
        return process->oom_score_adj.set || process->n_rlimits > 0;
}

static int set_oom_score(const struct process_config *process, pid_t pid) {
        char path[64], value[16];
        int r;

        if (!process->oom_score_adj.set)
                return 0;
        snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
        snprintf(value, sizeof(value), "%d", process->oom_score_adj.value);
        r = file_write(AT_FDCWD, path, value);
        return r < 0 ? fail(-r, "process.oomScoreAdj: set %s", value) : 0;
}

/* In a user namespace the process may lower its limits but never raise them: the room for that is made here. */
static int raise_hard_limit(const struct rlimit_config *limit, size_t index, pid_t pid) {
        struct rlimit now;

        if (prlimit(pid, (enum __rlimit_resource)limit->type, NULL, &now) < 0)
                return fail(errno, "process.rlimits[%zu]: read limit", index);
        if (now.rlim_max >= limit->hard)
                return 0;
        now.rlim_max = limit->hard;
        if (prlimit(pid, (enum __rlimit_resource)limit->type, &now, NULL) < 0)
                return fail(errno, "process.rlimits[%zu].hard: raise the limit to %llu", index, (unsigned long long)limit->hard);
        return 0;
}

int tuning_from_outside(const struct process_config *process, pid_t pid) {
        for (size_t i = 0; i < process->n_rlimits; i++) {
                int r = raise_hard_limit(&process->rlimits[i], i, pid);

                if (r < 0)
                        return r;
        }
        return set_oom_score(process, pid);
}

/* --- from inside --- */

int tuning_set_limits(const struct process_config *process) {
        for (size_t i = 0; i < process->n_rlimits; i++) {
                const struct rlimit_config *limit = &process->rlimits[i];
                struct rlimit value = {.rlim_cur = limit->soft, .rlim_max = limit->hard};

                if (setrlimit((enum __rlimit_resource)limit->type, &value) < 0)
                        return fail(errno, "process.rlimits[%zu]: set limit", i);
        }
        return 0;
}

static int set_personality(const struct config *config) {
        if (!config->linux.personality.present)
                return 0;
        return personality((unsigned long)config->linux.personality.domain) < 0 ? fail(errno, "linux.personality: set") : 0;
}

static int set_scheduler(const struct scheduler_config *scheduler) {
        struct sched_attr attr = {
                .size = sizeof(attr),
                .sched_policy = (uint32_t)scheduler->policy,
                .sched_flags = scheduler->flags,
                .sched_nice = scheduler->nice,
                .sched_priority = (uint32_t)scheduler->priority,
                .sched_runtime = scheduler->runtime,
                .sched_deadline = scheduler->deadline,
                .sched_period = scheduler->period,
        };

        if (!scheduler->present)
                return 0;
        return kernel_sched_setattr(0, &attr, 0) < 0 ? fail(errno, "process.scheduler: set") : 0;
}

/* For the process group, as config.md says: init leads one of its own. */
static int set_io_priority(const struct io_priority_config *io) {
        if (!io->present)
                return 0;
        if (kernel_ioprio_set(IOPRIO_WHO_PGRP, 0, (int)IOPRIO_PRIO_VALUE((int)io->class, (int)io->priority)) < 0)
                return fail(errno, "process.ioPriority: set");
        return 0;
}

#define NODES_MAX 4096
#define NODE_BITS (8 * sizeof(unsigned long))

/* "0-3,7": syntax and order were checked with the config. */
static int parse_nodes(const char *list, unsigned long mask[NODES_MAX / NODE_BITS]) {
        while (list && *list) {
                unsigned first, last;
                int used = 0;

                if (sscanf(list, "%u-%u%n", &first, &last, &used) < 2) {
                        if (sscanf(list, "%u%n", &first, &used) < 1)
                                return reject("linux.memoryPolicy.nodes: unexpected \"%s\"", list);
                        last = first;
                }
                if (last >= NODES_MAX)
                        return reject("linux.memoryPolicy.nodes: node %u is too high, expected less than %d", last, NODES_MAX);
                for (unsigned node = first; node <= last; node++)
                        mask[node / NODE_BITS] |= 1UL << node % NODE_BITS;
                list += used;
                list += *list == ',';
        }
        return 0;
}

static int set_memory_policy(const struct config *config) {
        unsigned long mask[NODES_MAX / NODE_BITS] = {0};
        bool has_nodes = !text_is_empty(config->linux.memory_policy.nodes);
        int r;

        if (!config->linux.memory_policy.present)
                return 0;
        r = parse_nodes(config->linux.memory_policy.nodes, mask);
        if (r < 0)
                return r;
        if (kernel_set_mempolicy((int)(config->linux.memory_policy.mode | (long)config->linux.memory_policy.flags),
                                 has_nodes ? mask : NULL, has_nodes ? NODES_MAX : 0) < 0)
                return fail(errno, "linux.memoryPolicy: set");
        return 0;
}

/*
 * The caller may have been pinned to some processors, which is nothing to the container: all that its cpuset allows are
 * its. The kernel cuts the mask to that; sets larger than the kernel's are accepted.
 */
static int reset_affinity(void) {
        size_t size = CPU_ALLOC_SIZE(8192);
        autofree cpu_set_t *all = alloc_zero(1, size);

        for (int i = 0; i < 8192; i++)
                CPU_SET_S(i, size, all);
        if (sched_setaffinity(0, size, all) < 0 && errno != ENOSYS)
                return fail(errno, "reset processor affinity");
        return 0;
}

int tuning_apply(const struct plan *plan) {
        int r = set_personality(plan->config);

        if (r < 0)
                return r;
        r = reset_affinity();
        if (r < 0)
                return r;
        r = set_scheduler(&plan->config->process.scheduler);
        if (r < 0)
                return r;
        r = set_io_priority(&plan->config->process.io_priority);
        return r < 0 ? r : set_memory_policy(plan->config);
}
