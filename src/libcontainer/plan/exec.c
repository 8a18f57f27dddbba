/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan of exec: from what init is to how a process gets there. Runs in the runtime's process, before the first side
 * effect.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/plan/plan.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/proc.h"
#include "util/text.h"

/*
 * What init is in, not what the config says: a caller of exec may sit in other namespaces than the creator did, and nobody
 * may join his own user namespace (setns(2)).
 */
static int find_namespaces(struct plan *plan) {
        for (int kind = 0; kind < NAMESPACE_KINDS; kind++) {
                const char *file = namespace_file((enum namespace_kind)kind);
                struct stat ours, theirs;
                char path[64];

                snprintf(path, sizeof(path), "/proc/self/ns/%s", file);
                if (stat(path, &ours) < 0) {
                        /* One that this kernel does not have. */
                        if (errno == ENOENT)
                                continue;
                        return fail(errno, "look at `%s`", path);
                }
                snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)plan->target_pid, file);
                if (stat(path, &theirs) < 0)
                        return fail(errno, "look at `%s`", path);
                if (ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev)
                        plan->target_namespaces |= namespace_flag((enum namespace_kind)kind);
        }
        return 0;
}

/* Without a mount namespace of its own init has only changed its root directory. */
static int open_root(struct plan *plan) {
        char path[64];

        if (plan->target_namespaces & CLONE_NEWNS)
                return 0;
        snprintf(path, sizeof(path), "/proc/%d/root", (int)plan->target_pid);
        plan->target_root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return plan->target_root_fd < 0 ? fail(errno, "open `%s`", path) : 0;
}

/*
 * Labels are written through the runtime's own procfs, opened before anything of the container is in reach: its /proc could
 * be anything (CVE-2019-16884).
 */
static int open_procfs(struct plan *plan) {
        const struct process_config *process = &plan->config->process;

        if (text_is_empty(process->apparmor_profile) && text_is_empty(process->selinux_label))
                return 0;
        plan->procfs_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        return plan->procfs_fd < 0 ? fail(errno, "open `/proc`") : 0;
}

int plan_exec(const struct config *config, const struct exec_target *target, const struct process_options *options,
              const struct host *host, struct plan *ret) {
        int r;

        ret->config = config;
        ret->id = text_copy(target->id);
        ret->new_keyring = target->new_keyring;
        ret->starts_at_once = true;
        ret->target_fd = target->pidfd;
        ret->target_pid = target->pid;
        r = find_namespaces(ret);
        if (r < 0)
                return r;
        ret->in_user_namespace = ret->target_namespaces & CLONE_NEWUSER;
        r = open_root(ret);
        if (r < 0)
                return r;
        r = open_procfs(ret);
        if (r < 0)
                return r;
        /* If it lives now, its pid meant it, and not whoever has it next, in all that was looked at. */
        if (!proc_is_alive(target->pidfd))
                return reject("cannot exec in a stopped container");
        cgroup_copy(target->cgroup, &ret->cgroup);
        return plan_process(config, options, host, ret);
}
