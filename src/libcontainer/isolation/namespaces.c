/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making and joining namespaces. Each function's header says in which process it runs. */
#include "libcontainer/isolation/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/kernel.h"
#include "util/names.h"
#include "util/proc.h"
#include "util/text.h"

uint64_t namespaces_clone_flags(const struct plan *plan) {
        uint64_t flags = 0;

        /* Not cgroup: its root is the cgroup in which it is made, and init gets into its own only after the clone. */
        /* Not time: its offsets must be written before the first process is inside. */
        for (int kind = 0; kind < NAMESPACE_KINDS; kind++)
                if (plan->creates[kind] && kind != NAMESPACE_CGROUP && kind != NAMESPACE_TIME)
                        flags |= (uint64_t)namespace_flag((enum namespace_kind)kind);
        return flags;
}

static const struct namespace_join *find_join(const struct plan *plan, enum namespace_kind kind) {
        for (size_t i = 0; i < plan->n_joins; i++)
                if (plan->joins[i].kind == kind)
                        return &plan->joins[i];
        return NULL;
}

static int join(const struct namespace_join *namespace) {
        if (setns(namespace->fd, namespace_flag(namespace->kind)) < 0)
                return fail(errno, "join %s namespace `%s`", name_of(namespace_kinds, namespace->kind), namespace->path);
        return 0;
}

int namespaces_set_child_pid(const struct plan *plan) {
        const struct namespace_join *pid = find_join(plan, NAMESPACE_PID);

        if (!pid)
                return 0;
        /* From birth the child is in sight of others there, who may have CAP_SYS_PTRACE; it inherits this (CVE-2016-9962). */
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
                return fail(errno, "become undumpable");
        return join(pid);
}

int namespaces_reset_child_pid(const struct plan *plan) {
        autoclose int own_fd = -1;

        if (!find_join(plan, NAMESPACE_PID))
                return 0;
        own_fd = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
        if (own_fd < 0)
                return fail(errno, "open `/proc/self/ns/pid`");
        return setns(own_fd, CLONE_NEWPID) < 0 ? fail(errno, "return to the runtime's pid namespace") : 0;
}

int namespaces_join(const struct plan *plan) {
        for (size_t i = 0; i < plan->n_joins; i++) {
                int r = plan->joins[i].kind == NAMESPACE_PID ? 0 : join(&plan->joins[i]);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* With the rights from before the user namespace. One that belongs to that namespace may refuse: `joined` tells. */
static int join_with_old_rights(const struct plan *plan, bool *joined) {
        for (size_t i = 0; i < plan->n_joins; i++) {
                int r = plan->joins[i].kind == NAMESPACE_USER ? -EPERM : join(&plan->joins[i]);

                if (r < 0 && r != -EPERM)
                        return r;
                joined[i] = r >= 0;
        }
        fail_forget();
        return 0;
}

/* plan->joins begins with the user namespace if there is one to join. */
int namespaces_join_around_user(const struct plan *plan) {
        bool joined[NAMESPACE_KINDS];
        int r = join_with_old_rights(plan, joined);

        for (size_t i = 0; r >= 0 && i < plan->n_joins; i++)
                r = joined[i] ? 0 : join(&plan->joins[i]);
        return r;
}

int namespaces_open_time_offsets(const struct plan *plan, int *ret_fd) {
        *ret_fd = -1;
        if (!plan->creates[NAMESPACE_TIME] || !plan->config->linux.time_offsets.present)
                return 0;
        *ret_fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
        return *ret_fd < 0 ? fail(errno, "linux.timeOffsets: open `/proc/self/timens_offsets`") : 0;
}

static void add_offset(struct text *text, const char *clock, const struct time_offset *offset) {
        if (offset->present)
                text_add_format(text, "%s %" PRId64 " %" PRIu32 "\n", clock, offset->secs, offset->nanosecs);
}

int namespaces_unshare_time(const struct plan *plan, int offsets_fd) {
        autodone(text) struct text text = TEXT_INIT;

        if (!plan->creates[NAMESPACE_TIME])
                return 0;
        if (unshare(CLONE_NEWTIME) < 0)
                return fail(errno, "make time namespace");
        if (offsets_fd < 0)
                return 0;
        add_offset(&text, "monotonic", &plan->config->linux.time_offsets.monotonic);
        add_offset(&text, "boottime", &plan->config->linux.time_offsets.boottime);
        if (text.length > 0 && write(offsets_fd, text.bytes, text.length) < 0)
                return fail(errno, "linux.timeOffsets: write");
        return 0;
}

/* unshare(2) prepares it for children only; a single-threaded process may enter it itself (time_namespaces(7)). */
int namespaces_enter_time(const struct plan *plan) {
        autoclose int children_fd = -1;

        if (!plan->creates[NAMESPACE_TIME])
                return 0;
        children_fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
        if (children_fd < 0)
                return fail(errno, "open time namespace");
        return setns(children_fd, CLONE_NEWTIME) < 0 ? fail(errno, "enter time namespace") : 0;
}

int namespaces_unshare_cgroup(const struct plan *plan) {
        if (plan->creates[NAMESPACE_CGROUP] && unshare(CLONE_NEWCGROUP) < 0)
                return fail(errno, "make cgroup namespace");
        return 0;
}

/* --- those of a running container --- */

/* Opened before the first is joined: a user namespace takes the right to look at the others, a mount namespace /proc. */
static int open_target(const struct plan *plan, int fds[NAMESPACE_KINDS]) {
        for (int kind = 0; kind < NAMESPACE_KINDS; kind++) {
                char path[64];

                if (!(plan->target_namespaces & namespace_flag((enum namespace_kind)kind)))
                        continue;
                snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)plan->target_pid, namespace_file((enum namespace_kind)kind));
                fds[kind] = open(path, O_RDONLY | O_CLOEXEC);
                if (fds[kind] < 0)
                        return fail(errno, "open `%s`", path);
        }
        /* As long as it lives its pid is its own, and so were these paths. */
        return proc_is_alive(plan->target_fd) ? 0 : fail(ESRCH, "join the container's namespaces");
}

/* As namespaces_join_around_user(): what the old rights are for, the user namespace, and what that one is for. */
static int join_target_one_by_one(int fds[NAMESPACE_KINDS]) {
        static const enum namespace_kind order[] = {
                NAMESPACE_PID,  NAMESPACE_NETWORK, NAMESPACE_IPC, NAMESPACE_UTS,     NAMESPACE_CGROUP, NAMESPACE_TIME, NAMESPACE_MOUNT,
                NAMESPACE_USER, NAMESPACE_PID,     NAMESPACE_NETWORK, NAMESPACE_IPC, NAMESPACE_UTS,    NAMESPACE_CGROUP, NAMESPACE_TIME,
                NAMESPACE_MOUNT,
        };

        for (size_t i = 0; i < ELEMENTSOF(order); i++) {
                enum namespace_kind kind = order[i];

                if (fds[kind] < 0)
                        continue;
                if (setns(fds[kind], namespace_flag(kind)) == 0)
                        fd_close(&fds[kind]);
                else if (errno != EPERM || fds[NAMESPACE_USER] < 0 || kind == NAMESPACE_USER)
                        return fail(errno, "join the container's %s namespace", name_of(namespace_kinds, kind));
        }
        return 0;
}

int namespaces_join_target(const struct plan *plan) {
        int fds[NAMESPACE_KINDS] = {-1, -1, -1, -1, -1, -1, -1, -1}, flags = plan->target_namespaces, r;

        if (flags == 0 || setns(plan->target_fd, flags) == 0)
                return 0;
        /* Before Linux 5.8 a pidfd is no descriptor of namespaces, before 5.3 ours is no pidfd. */
        if (errno != EINVAL)
                return fail(errno, "join the container's namespaces");
        r = open_target(plan, fds);
        if (r >= 0)
                r = join_target_one_by_one(fds);
        for (int kind = 0; kind < NAMESPACE_KINDS; kind++)
                fd_close(&fds[kind]);
        return r;
}
