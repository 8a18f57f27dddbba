/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both sides of a visit: the runtime's below, the visitor's above. The container runs meanwhile and may do to its files
 * whatever it wants to: each path is resolved once, below the root that the visitor finds in the container's mount namespace,
 * and what is done is done to the descriptor (CVE-2021-30465).
 */
#include "libcontainer/process/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/isolation/credentials.h"
#include "libcontainer/isolation/mount-api.h"
#include "libcontainer/isolation/mounts.h"
#include "libcontainer/isolation/sources.h"
#include "libcontainer/process/channel.h"
#include "libcontainer/process/clone.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/kernel.h"
#include "util/log.h"
#include "util/path.h"
#include "util/proc.h"

#define VISIT_MILLISECONDS 30000
/* For SIGKILL to take effect. */
#define DEATH_MILLISECONDS 5000

/* One visit. What is not needed for it stays empty. */
struct task {
        const struct visit *visit;
        int (*work)(const struct task *task);
        int channel; /* the visitor's end */
        int view_fd; /* a mount namespace like the host's, to open sources in; -1 */
        const struct plan *plan;
        const struct added_mount *added;
        int *mounts; /* n: those of the plan; of `undo`, those to be detached */
        size_t n;
};

/* --- in the visitor --- */

/* Nothing of the host but what the work needs comes into the container's namespaces (CVE-2024-21626). */
static int close_foreign(const struct task *task) {
        size_t n_maps = task->plan ? task->plan->n_mount_maps : 0;
        autofree int *keep = alloc_zero(task->n + n_maps + 3, sizeof(int));
        const int own[] = {task->channel, task->view_fd, task->visit->init_fd};
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(own); i++)
                if (own[i] >= 0)
                        keep[n++] = own[i];
        for (size_t i = 0; i < n_maps; i++)
                keep[n++] = task->plan->mount_maps[i].fd;
        for (size_t i = 0; task->mounts && i < task->n; i++)
                if (task->mounts[i] >= 0)
                        keep[n++] = task->mounts[i];
        return fd_close_all_except(keep, n);
}

/*
 * Init may have gone elsewhere since: into a mount namespace of a user namespace of its own making, say, where it could clear
 * each flag of what we mount. So the one that we are in must belong to whom the container's belongs.
 */
static int check_owner(const struct visit *visit, int own_namespaces_fd) {
        autoclose int mount_fd = openat(own_namespaces_fd, "mnt", O_RDONLY | O_CLOEXEC);
        autoclose int owner_fd = mount_fd < 0 ? -1 : ioctl(mount_fd, NS_GET_USERNS);
        struct stat owner;

        if (owner_fd < 0 || fstat(owner_fd, &owner) < 0)
                return fail(errno, "find the owner of the container's mount namespace");
        if (owner.st_ino != visit->user_namespace)
                return reject("the container's process has left the container's mount namespace");
        return 0;
}

/*
 * Before we enter namespaces in which others could trace us (CVE-2016-9962), and again behind a change of ids, which can undo
 * both (proc(5), suid_dumpable).
 */
static int become_invisible(void) {
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
                return fail(errno, "become undumpable");
        return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ? fail(errno, "end with the runtime") : 0;
}

/* All of them in one call, which the kernel allows or refuses with the rights from before it. */
static int join(const struct visit *visit, int namespaces) {
        autoclose int own_namespaces_fd = open("/proc/self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC);
        int r;

        if (own_namespaces_fd < 0)
                return fail(errno, "open `/proc/self/ns`");
        if (setns(visit->init_fd, namespaces) < 0)
                return errno == ESRCH ? reject("container not running") : fail(errno, "join the container's namespaces");
        r = check_owner(visit, own_namespaces_fd);
        if (r < 0)
                return r;
        if (!(visit->namespaces & CLONE_NEWUSER))
                return 0;
        /* To make directories there, which belong to its ids. */
        r = credentials_become_root(false);
        return r < 0 ? r : become_invisible();
}

/* The root of the mount namespace, wherever init's own root is by now. */
static int open_root(void) {
        int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 ? fail(errno, "open the container's root") : fd;
}

/* --- what the visitors do --- */

/*
 * A copy of the host's mounts that belongs to the container's user namespace: with what is cloned in it come the host's
 * flags locked, as in a mount namespace that is made with the container.
 */
static int make_view(const struct task *task) {
        autoclose int view_fd = -1;

        if (setns(task->visit->init_fd, CLONE_NEWUSER) < 0)
                return errno == ESRCH ? reject("container not running") : fail(errno, "join the container's user namespace");
        if (unshare(CLONE_NEWNS) < 0)
                return fail(errno, "copy the host's mount namespace");
        view_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        if (view_fd < 0)
                return fail(errno, "open `/proc/self/ns/mnt`");
        return channel_send_fd(task->channel, MESSAGE_SOURCE, 0, view_fd);
}

/*
 * With the runtime's rights and the host's view. Without privilege there is no helper to be had, nor need of one: the ids
 * inside are the caller's own (see needs_source_helper).
 */
static int enter_view(const struct task *task, int *namespaces) {
        if (!(*namespaces & CLONE_NEWUSER))
                return 0;
        if (task->view_fd >= 0) {
                if (setns(task->view_fd, CLONE_NEWNS) < 0)
                        return fail(errno, "enter the view of the host");
                /* A number in memory that we share with nobody. */
                close(task->view_fd);
                return 0;
        }
        if (setns(task->visit->init_fd, CLONE_NEWUSER) < 0)
                return fail(errno, "join the container's user namespace");
        *namespaces &= ~CLONE_NEWUSER;
        return unshare(CLONE_NEWNS) < 0 ? fail(errno, "copy the host's mount namespace") : 0;
}

/* A clone is of one peer group with the host's mount. It leaves that as the container's first mounts did. */
static int open_sources(const struct task *task) {
        unsigned long propagation = task->plan->initial_propagation;
        int r = sources_open_binds(task->plan, task->mounts);

        for (size_t i = 0; r >= 0 && i < task->n && !(propagation & MS_SHARED); i++)
                if (task->mounts[i] >= 0)
                        r = mounts_within(mount_propagate(task->mounts[i], propagation), task->plan, i);
        /* They have done their work, and are the host's. Numbers in memory that we share with nobody. */
        for (size_t i = 0; i < task->plan->n_mount_maps; i++)
                close(task->plan->mount_maps[i].fd);
        return r;
}

static int add_one(const struct task *task, int root_fd, size_t i) {
        const struct mount_plan *mount = &task->plan->mounts[i];
        autoclose int target_fd = -1;
        int r = mounts_prepare(task->plan, mount, root_fd, &task->mounts[i], &target_fd);

        if (r < 0)
                return r;
        r = channel_send_fd(task->channel, MESSAGE_SOURCE, (int)i, task->mounts[i]);
        return r < 0 ? r : mounts_attach(task->plan, mount, task->mounts[i], target_fd);
}

static int add(const struct task *task) {
        autoclose int root_fd = -1;
        int namespaces = task->visit->namespaces, r = enter_view(task, &namespaces);

        if (r < 0)
                return r;
        r = open_sources(task);
        if (r < 0)
                return r;
        r = join(task->visit, namespaces);
        if (r < 0)
                return r;
        root_fd = open_root();
        if (root_fd < 0)
                return root_fd;
        for (size_t i = 0; i < task->n; i++) {
                r = add_one(task, root_fd, i);
                if (r < 0)
                        return mounts_within(r, task->plan, i);
        }
        return 0;
}

static int detach_all(int own_fds_fd, const int *mounts, size_t n) {
        int result = 0;

        for (size_t i = n; i-- > 0;) {
                int r = mounts[i] < 0 ? 0 : mount_detach(own_fds_fd, mounts[i]);

                if (r < 0)
                        result = within(r, "mounts[%zu]", i);
        }
        return result;
}

static int undo(const struct task *task) {
        autoclose int own_fds_fd = mount_open_own_fds();
        int r = own_fds_fd < 0 ? own_fds_fd : join(task->visit, task->visit->namespaces);

        return r < 0 ? r : detach_all(own_fds_fd, task->mounts, task->n);
}

/*
 * A link may lead to it, as it did when it was mounted, but only what bears its number is taken away: neither a mask nor a
 * mount of config.json, to which the container might have led us.
 */
static int open_added(int root_fd, const struct added_mount *added, int *ret_fd) {
        uint64_t id;
        int r;

        *ret_fd = path_open_in_root(root_fd, added->destination, O_PATH);
        if (*ret_fd < 0)
                return fail(-*ret_fd, "open `%s`", added->destination);
        r = mount_identify(*ret_fd, &id);
        if (r < 0)
                return r;
        return id == added->id ? 0 : reject("`%s`: the mount that was added there is not there, or another one is on top of it", added->destination);
}

static int remove_added(const struct task *task) {
        autofree int *fds = alloc_zero(task->n, sizeof(int));
        autoclose int own_fds_fd = mount_open_own_fds();
        autoclose int root_fd = -1;
        int r = own_fds_fd < 0 ? own_fds_fd : join(task->visit, task->visit->namespaces);

        if (r < 0)
                return r;
        root_fd = open_root();
        if (root_fd < 0)
                return root_fd;
        for (size_t i = 0; i < task->n; i++) {
                r = open_added(root_fd, &task->added[i], &fds[i]);
                if (r < 0)
                        return within(r, "mounts[%zu]", i);
        }
        /* Their descriptors go with the process. */
        return detach_all(own_fds_fd, fds, task->n);
}

static int begin(const struct task *task) {
        int r;

        prctl(PR_SET_NAME, "tare:[visit]", 0, 0, 0);
        umask(0);
        r = close_foreign(task);
        return r < 0 ? fail(-r, "close foreign descriptors") : become_invisible();
}

static void __attribute__((noreturn)) visitor_main(const struct task *task) {
        int r = begin(task);

        if (r >= 0)
                r = task->work(task);
        /* If nobody is there to read it any more, nobody misses it. */
        if (r < 0)
                (void)channel_send_text(task->channel, MESSAGE_FAILED, fail_text());
        else
                (void)channel_send(task->channel, MESSAGE_READY);
        _exit(EXIT_SUCCESS);
}

/* --- in the runtime --- */

static int wait_for_message(int channel, int64_t deadline) {
        int r = fd_wait_readable(channel, clock_ms_until(deadline));

        if (r == -ETIMEDOUT)
                return reject("the visit to the container takes longer than %d seconds", VISIT_MILLISECONDS / 1000);
        return r < 0 ? fail(-r, "wait for the visitor") : 0;
}

/* Until READY. What the visitor sends before that goes to fds[number]. */
static int serve(int channel, int *fds, size_t n) {
        int64_t deadline = clock_ms() + VISIT_MILLISECONDS;

        for (;;) {
                struct message message;
                int r = wait_for_message(channel, deadline);

                if (r >= 0)
                        r = channel_receive(channel, &message);
                if (r < 0)
                        return r;
                if (message.type == MESSAGE_READY)
                        return 0;
                if (message.type == MESSAGE_FAILED)
                        return fail_take_over(message.text);
                if (message.type != MESSAGE_SOURCE || message.number < 0 || (size_t)message.number >= n) {
                        fd_close(&message.fd);
                        return reject("the visitor was killed");
                }
                fds[message.number] = message.fd;
        }
}

/* It is our child, so its pid is its own until we reap it. */
static void end_visitor(const struct clone_result *visitor, bool kill) {
        autoclose int pidfd = visitor->pidfd >= 0 ? visitor->pidfd : proc_open(visitor->pid);
        int status;

        if (kill)
                (void)proc_signal(pidfd, SIGKILL);
        /* One that the kernel does not let go, in a file server's hands, is left to whoever reaps orphans. */
        if (proc_wait_end(pidfd, DEATH_MILLISECONDS) < 0)
                log_warning("process %d does not end", (int)visitor->pid);
        else
                (void)proc_reap(visitor->pid, &status);
}

static int run_visitor(struct task *task, int *fds, size_t n) {
        struct clone_result visitor;
        autoclose int channel = -1;
        int ends[2], r = channel_open(ends);

        if (r < 0)
                return r;
        channel = ends[0];
        task->channel = ends[1];
        r = clone_process(0, -1, &visitor);
        if (r >= 0 && visitor.pid == 0)
                visitor_main(task);
        /* Our copy of its end must go, else the end of the stream would never show. */
        close(ends[1]);
        if (r < 0)
                return r;
        r = serve(channel, fds, n);
        end_visitor(&visitor, r < 0);
        return r;
}

/* Neither we nor the visitor are interrupted between the first mount and the last one, or its undoing. */
static int run(struct task *task, int *fds, size_t n) {
        static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        sigset_t blocked, before;
        int r;

        sigemptyset(&blocked);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                sigaddset(&blocked, signals[i]);
        sigprocmask(SIG_BLOCK, &blocked, &before);
        r = run_visitor(task, fds, n);
        sigprocmask(SIG_SETMASK, &before, NULL);
        return r;
}

static bool has_binds(const struct plan *plan) {
        for (size_t i = 0; i < plan->n_mounts; i++)
                if (plan->mounts[i].action == MOUNT_ACTION_BIND)
                        return true;
        return false;
}

int visit_add(const struct visit *visit, const struct plan *plan, int *mounts) {
        autofree int *own = alloc_zero(plan->n_mounts, sizeof(int));
        autoclose int view_fd = -1;

        for (size_t i = 0; i < plan->n_mounts; i++)
                own[i] = mounts[i] = -1;
        if (visit->namespaces & CLONE_NEWUSER && geteuid() == 0 && has_binds(plan)) {
                int r = run(&(struct task){.visit = visit, .work = make_view, .view_fd = -1}, &view_fd, 1);

                if (r < 0)
                        return r;
        }
        return run(&(struct task){.visit = visit, .work = add, .view_fd = view_fd, .plan = plan, .mounts = own, .n = plan->n_mounts},
                   mounts, plan->n_mounts);
}

int visit_undo(const struct visit *visit, const int *mounts, size_t n) {
        autofree int *copy = memory_copy(mounts, n * sizeof(int));

        return run(&(struct task){.visit = visit, .work = undo, .view_fd = -1, .mounts = copy, .n = n}, NULL, 0);
}

int visit_remove(const struct visit *visit, const struct added_mount *mounts, size_t n) {
        return run(&(struct task){.visit = visit, .work = remove_added, .view_fd = -1, .added = mounts, .n = n}, NULL, 0);
}
