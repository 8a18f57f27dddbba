/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of `process`, of a config and of `exec --process`. Part of config_check(), in the runtime's process.
 * Unknown capabilities are no violation: config.md wants a warning, which the plan gives.
 */
#include <string.h>
#include <sys/resource.h>

#include "libcontainer/config/check.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"
#include "util/text.h"

static int check_console_side(bool has, uint32_t value, const char *name) {
        if (!has)
                return reject("process.consoleSize.%s: missing, expected 0 to 65535", name);
        return value <= UINT16_MAX ? 0 : reject("process.consoleSize.%s: found %u, expected 0 to 65535", name, value);
}

/* config.md, "Process": ignored without a terminal; both are required. ioctl_tty(2): struct winsize has 16 bits. */
static int check_console_size(const struct process_config *process, const struct config *config) {
        int r;

        if (!process->terminal || !process->console_size.present)
                return 0;
        r = check_console_side(process->console_size.has_height, process->console_size.height, "height");
        return r < 0 ? r : check_console_side(process->console_size.has_width, process->console_size.width, "width");
}

/* config.md, "Process": cwd MUST be an absolute path. */
static int check_cwd(const struct process_config *process, const struct config *config) {
        return check_absolute(process->cwd, "process.cwd");
}

/* config.md, "Process": at least one entry is required. */
static int check_args(const struct process_config *process, const struct config *config) {
        return process->args.count > 0 ? 0 : reject("process.args: found none, expected at least the program");
}

/* config.md, "Process": the semantics of environ, where each string is name=value. A name may come twice. */
static int check_env(const struct process_config *process, const struct config *config) {
        for (size_t i = 0; i < process->env.count; i++) {
                const char *entry = process->env.items[i];

                if (entry[0] == '=' || !strchr(entry, '='))
                        return reject("process.env[%zu]: found `%s`, expected NAME=VALUE", i, entry);
        }
        return 0;
}

/* --- user --- */

static int check_user(const struct process_config *process, const struct config *config) {
        uint32_t uid = process->user.uid, gid = process->user.gid;

        if (!check_is_mapped(config, &config->linux.uid_mappings, uid))
                return reject("process.user.uid: cannot setuid to unmapped uid %u in user namespace", uid);
        if (!check_is_mapped(config, &config->linux.gid_mappings, gid))
                return reject("process.user.gid: cannot setgid to unmapped gid %u in user namespace", gid);
        return 0;
}

/* setgroups(2) refuses an id that the user namespace does not map. */
static int check_additional_gids(const struct process_config *process, const struct config *config) {
        for (size_t i = 0; i < process->user.n_additional_gids; i++) {
                uint32_t gid = process->user.additional_gids[i];

                if (!check_is_mapped(config, &config->linux.gid_mappings, gid))
                        return reject("process.user.additionalGids[%zu]: cannot setgid to unmapped gid %u in user namespace",
                                      i, gid);
        }
        return 0;
}

/* --- rlimits --- */

/* config.md, "POSIX process": duplicated entries with the same type are an error. */
static int check_rlimit_duplicates(const struct process_config *process, const struct config *config) {
        bool seen[RLIM_NLIMITS] = {};

        for (size_t i = 0; i < process->n_rlimits; i++) {
                int type = process->rlimits[i].type;

                if (seen[type])
                        return reject("process.rlimits[%zu].type: found `%s` again, expected each type once", i,
                                      name_of(rlimit_types, type));
                seen[type] = true;
        }
        return 0;
}

/* setrlimit(2), EINVAL */
static int check_rlimit_values(const struct process_config *process, const struct config *config) {
        for (size_t i = 0; i < process->n_rlimits; i++) {
                const struct rlimit_config *limit = &process->rlimits[i];

                if (limit->soft > limit->hard)
                        return reject("process.rlimits[%zu].soft: found %llu, expected at most the hard limit of %llu", i,
                                      (unsigned long long)limit->soft, (unsigned long long)limit->hard);
        }
        return 0;
}

/* --- scheduler --- */

static bool is_fair(long policy) {
        return policy == SCHED_OTHER || policy == SCHED_BATCH;
}

static bool is_real_time(long policy) {
        return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* sched(7): the kernel reserves the number of SCHED_ISO and has never implemented it. */
static int check_scheduler_policy(const struct process_config *process, const struct config *config) {
        if (process->scheduler.present && process->scheduler.policy == SCHED_ISO)
                return reject("process.scheduler.policy: found `SCHED_ISO`, expected a policy that Linux implements");
        return 0;
}

/* sched(7): a nice value belongs to SCHED_OTHER and SCHED_BATCH, anywhere else it would have no effect. */
static int check_scheduler_nice(const struct process_config *process, const struct config *config) {
        const struct scheduler_config *scheduler = &process->scheduler;

        if (!scheduler->present || scheduler->nice == 0)
                return 0;
        if (!is_fair(scheduler->policy))
                return reject("process.scheduler.nice: found %d, expected none with `%s`", scheduler->nice,
                              name_of(scheduler_policies, scheduler->policy));
        if (scheduler->nice < -20 || scheduler->nice > 19)
                return reject("process.scheduler.nice: found %d, expected -20 to 19", scheduler->nice);
        return 0;
}

/* sched(7): 1 to 99 for the real-time policies, which config.md's default of 0 does not satisfy; 0 for all others. */
static int check_scheduler_priority(const struct process_config *process, const struct config *config) {
        const struct scheduler_config *scheduler = &process->scheduler;
        bool real_time = is_real_time(scheduler->policy);

        if (!scheduler->present)
                return 0;
        if (real_time && (scheduler->priority < 1 || scheduler->priority > 99))
                return reject("process.scheduler.priority: found %d, expected 1 to 99 with `%s`", scheduler->priority,
                              name_of(scheduler_policies, scheduler->policy));
        if (!real_time && scheduler->priority != 0)
                return reject("process.scheduler.priority: found %d, expected none with `%s`", scheduler->priority,
                              name_of(scheduler_policies, scheduler->policy));
        return 0;
}

/*
 * sched(7), "SCHED_DEADLINE": runtime <= deadline <= period, all below 2^63, a runtime of at least 1024 ns; a period of 0
 * is that of the deadline. sched_setattr(2) would say no more than EINVAL.
 */
static int check_scheduler_deadline(const struct process_config *process, const struct config *config) {
        const struct scheduler_config *scheduler = &process->scheduler;
        uint64_t period = scheduler->period ? scheduler->period : scheduler->deadline;

        if (!scheduler->present)
                return 0;
        if (scheduler->policy != SCHED_DEADLINE) {
                if (scheduler->runtime || scheduler->deadline || scheduler->period)
                        return reject("process.scheduler: found runtime, deadline or period with `%s`, expected them with "
                                      "`SCHED_DEADLINE` only",
                                      name_of(scheduler_policies, scheduler->policy));
                return 0;
        }
        if (scheduler->runtime < 1024 || scheduler->runtime > scheduler->deadline || scheduler->deadline > period ||
            period > INT64_MAX)
                return reject("process.scheduler: found runtime %llu, deadline %llu and period %llu, expected "
                              "1024 <= runtime <= deadline <= period",
                              (unsigned long long)scheduler->runtime, (unsigned long long)scheduler->deadline,
                              (unsigned long long)scheduler->period);
        return 0;
}

/* --- the rest --- */

/* config.md, "ioPriority": from 0 (highest) to 7 (lowest). */
static int check_io_priority(const struct process_config *process, const struct config *config) {
        long long priority = process->io_priority.priority;

        if (process->io_priority.present && (priority < 0 || priority > 7))
                return reject("process.ioPriority.priority: found %lld, expected 0 to 7", priority);
        return 0;
}

/* config.md, "execCPUAffinity": a list of CPUs. It concerns `exec` alone, but a wrong one is refused at once. */
static int check_exec_cpu_affinity(const struct process_config *process, const struct config *config) {
        int r = check_number_list(process->exec_cpu_affinity.initial, "process.execCPUAffinity.initial");

        return r < 0 ? r : check_number_list(process->exec_cpu_affinity.final, "process.execCPUAffinity.final");
}

static int (*const rules[])(const struct process_config *process, const struct config *config) = {
        check_console_size,
        check_cwd,
        check_args,
        check_env,
        check_user,
        check_additional_gids,
        check_rlimit_duplicates,
        check_rlimit_values,
        check_scheduler_policy,
        check_scheduler_nice,
        check_scheduler_priority,
        check_scheduler_deadline,
        check_io_priority,
        check_exec_cpu_affinity,
};

int config_check_process(const struct process_config *process, const struct config *config) {
        for (size_t i = 0; i < ELEMENTSOF(rules); i++) {
                int r = rules[i](process, config);

                if (r < 0)
                        return r;
        }
        return 0;
}
