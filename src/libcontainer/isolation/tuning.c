/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits, scheduling, memory policy. Runs in the runtime (tuning_from_outside) and in init. */
#include "libcontainer/isolation/tuning.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
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

/*
 * What weakens a program against attacks: memory at known addresses, and executable where it need not be. These are the flags
 * that the kernel itself takes from who executes a set-user-ID program.
 */
#define UNSAFE_PERSONALITY (ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO | READ_IMPLIES_EXEC)

/* Without one in the config the domain stays the caller's, but not what makes the process easier to attack. */
static int set_personality(const struct config *config) {
        int now;

        if (config->linux.personality.present)
                return personality((unsigned long)config->linux.personality.domain) < 0 ? fail(errno, "linux.personality: set") : 0;
        now = personality(0xffffffff);
        if (now < 0 || !(now & UNSAFE_PERSONALITY))
                return 0;
        if (personality((unsigned long)(now & ~UNSAFE_PERSONALITY)) < 0)
                return fail(errno, "leave the caller's personality");
        return 0;
}

int tuning_set_scheduler(const struct process_config *process) {
        const struct scheduler_config *scheduler = &process->scheduler;
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

/* --- sets of nodes and processors --- */

#define SET_MAX 8192
#define WORD_BITS (8 * sizeof(unsigned long))

struct number_set {
        unsigned long words[SET_MAX / WORD_BITS];
};

/* "0-3,7": syntax and order were checked with the config; `path` is where it stands. */
static int parse_set(const char *list, const char *path, struct number_set *ret) {
        while (list && *list) {
                unsigned first, last;
                int used = 0;

                if (sscanf(list, "%u-%u%n", &first, &last, &used) < 2) {
                        if (sscanf(list, "%u%n", &first, &used) < 1)
                                return reject("%s: unexpected \"%s\"", path, list);
                        last = first;
                }
                if (last >= SET_MAX)
                        return reject("%s: %u is too high, expected less than %d", path, last, SET_MAX);
                for (unsigned number = first; number <= last; number++)
                        ret->words[number / WORD_BITS] |= 1UL << number % WORD_BITS;
                list += used;
                list += strspn(list, " ,");
        }
        return 0;
}

static int set_memory_policy(const struct config *config) {
        struct number_set nodes = {{0}};
        bool has_nodes = !text_is_empty(config->linux.memory_policy.nodes);
        int r;

        if (!config->linux.memory_policy.present)
                return 0;
        r = parse_set(config->linux.memory_policy.nodes, "linux.memoryPolicy.nodes", &nodes);
        if (r < 0)
                return r;
        if (kernel_set_mempolicy((int)(config->linux.memory_policy.mode | (long)config->linux.memory_policy.flags),
                                 has_nodes ? nodes.words : NULL, has_nodes ? SET_MAX : 0) < 0)
                return fail(errno, "linux.memoryPolicy: set");
        return 0;
}

static int set_affinity(const char *list, const char *path) {
        struct number_set processors = {{0}};
        int r = parse_set(list, path, &processors);

        if (r < 0)
                return r;
        if (sched_setaffinity(0, sizeof(processors), (const cpu_set_t *)&processors) < 0)
                return fail(errno, "%s: run on processors `%s`", path, list);
        return 0;
}

int tuning_set_initial_affinity(const struct process_config *process) {
        const char *list = process->exec_cpu_affinity.initial;

        return text_is_empty(list) ? 0 : set_affinity(list, "process.execCPUAffinity.initial");
}

/*
 * The caller may have been pinned to some processors, which is nothing to the container: all that its cpuset allows are
 * its. The kernel cuts the mask to that; sets larger than the kernel's are accepted.
 */
static int reset_affinity(void) {
        struct number_set all;

        memset(&all, 0xff, sizeof(all));
        if (sched_setaffinity(0, sizeof(all), (const cpu_set_t *)&all) < 0 && errno != ENOSYS)
                return fail(errno, "reset processor affinity");
        return 0;
}

/* config.md, "execCPUAffinity": with it and without a final list the kernel decides, and the runtime keeps its hands off. */
static int apply_affinity(const struct plan *plan) {
        const struct process_config *process = &plan->config->process;

        if (plan->target_fd < 0 || !process->exec_cpu_affinity.present)
                return reset_affinity();
        if (text_is_empty(process->exec_cpu_affinity.final))
                return 0;
        return set_affinity(process->exec_cpu_affinity.final, "process.execCPUAffinity.final");
}

int tuning_apply(const struct plan *plan) {
        int r = set_personality(plan->config);

        if (r < 0)
                return r;
        r = apply_affinity(plan);
        if (r < 0)
                return r;
        r = set_io_priority(&plan->config->process.io_priority);
        return r < 0 ? r : set_memory_policy(plan->config);
}
