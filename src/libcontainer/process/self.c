/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What init and the process of exec have in common: how such a process begins and fails, the steps that both take, and the
 * order of those that make it the container's process. Runs in those processes.
 */
#include "libcontainer/process/self.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "libcontainer/isolation/credentials.h"
#include "libcontainer/isolation/kernel-settings.h"
#include "libcontainer/isolation/lsm.h"
#include "libcontainer/isolation/terminal.h"
#include "libcontainer/isolation/tuning.h"
#include "libcontainer/process/channel.h"
#include "libcontainer/process/exec-file.h"
#include "libcontainer/process/home.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/interrupt.h"
#include "util/log.h"
#include "util/path.h"
#include "util/proc.h"
#include "util/text.h"
#include "util/title.h"

void launch_done(struct launch *launch) {
        fd_close(&launch->channel);
        fd_close(&launch->exec_fifo_fd);
        fd_close(&launch->result_fifo_fd);
        fd_close(&launch->resctrl_fds[0]);
        fd_close(&launch->resctrl_fds[1]);
        cgroup_entrance_done(&launch->entrance);
}

/* --- its beginning and its failure --- */

static int close_foreign(const struct launch *launch) {
        const struct plan *plan = launch->plan;
        const int own[] = {launch->channel,      launch->exec_fifo_fd, launch->result_fifo_fd, plan->console_socket,
                           plan->bundle_fd, plan->target_fd,      plan->target_root_fd,  plan->procfs_fd,
                           plan->hook_output_fds[0], plan->hook_output_fds[1], launch->resctrl_fds[0], launch->resctrl_fds[1],
                           launch->entrance.hold_fd};
        autofree int *keep = alloc_zero(plan->n_kept_fds + plan->n_joins + plan->n_mount_maps + launch->entrance.n + ELEMENTSOF(own),
                                        sizeof(int));
        size_t n = 0;

        for (unsigned i = 0; i < plan->n_kept_fds; i++)
                keep[n++] = 3 + (int)i;
        for (size_t i = 0; i < plan->n_joins; i++)
                keep[n++] = plan->joins[i].fd;
        for (size_t i = 0; i < plan->n_mount_maps; i++)
                keep[n++] = plan->mount_maps[i].fd;
        for (size_t i = 0; i < launch->entrance.n; i++)
                if (launch->entrance.fds[i] >= 0)
                        keep[n++] = launch->entrance.fds[i];
        for (size_t i = 0; i < ELEMENTSOF(own); i++)
                if (own[i] >= 0)
                        keep[n++] = own[i];
        return fd_close_all_except(keep, n);
}

int self_enter_groups(const struct launch *launch) {
        int r = cgroup_entrance_pass(&launch->entrance);

        return r < 0 ? r : resctrl_enter(launch->resctrl_fds);
}

void self_abort(const struct launch *launch) {
        /* If nobody is there to read it any more, nobody misses it. */
        (void)channel_send_text(launch->channel, MESSAGE_FAILED, fail_text());
        _exit(EXIT_FAILURE);
}

void self_begin(const struct launch *launch, const char *name, bool keep_environment) {
        title_set(name, keep_environment);
        /* If the runtime ends before the process is recorded nobody could find it; a later end shows on the channel. */
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        interrupt_forget();
        log_forget();
        proc_reset_signals();
        umask(0);
        if (close_foreign(launch) < 0)
                self_abort(launch);
}

int self_run(struct self *self, const struct step *steps, size_t n) {
        for (size_t i = 0; i < n; i++) {
                int r = steps[i].run(self);

                if (r < 0)
                        return r;
        }
        return 0;
}

int self_say_ready(struct self *self, enum message_type *ret_answer) {
        const struct launch *launch = self->launch;
        int r;

        /*
         * Once the process is recorded it outlives the runtime, which may end the moment that it has said so. Until then
         * the end of the channel tells of the runtime's end.
         */
        if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
                return fail(errno, "outlive the runtime");
        r = channel_write(launch->channel, MESSAGE_READY, 0);
        if (r < 0)
                return r;
        r = channel_read(launch->channel, ret_answer);
        if (r < 0)
                return r;
        /* The runtime has it by now. As long as we had it too, the agent's end would not end our calls that wait for it. */
        fd_close(&self->listener_fd);
        return *ret_answer == MESSAGE_END ? reject("the runtime ended") : 0;
}

/* --- steps of both, each at its own place --- */

/* The stage, if there was one, has done it for both. */
int self_enter_cgroup(struct self *self) {
        return self->plan->needs_stage ? 0 : self_enter_groups(self->launch);
}

int self_wait_for_go(struct self *self) {
        struct message message;

        return self->launch->waits_for_go ? channel_expect(self->launch->channel, MESSAGE_GO, &message) : 0;
}

int self_become_undumpable(struct self *self) {
        return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? fail(errno, "become undumpable") : 0;
}

int self_join_keyring(struct self *self) {
        return settings_join_keyring(self->plan);
}

int self_become_session_leader(struct self *self) {
        return setsid() < 0 ? fail(errno, "become session leader") : 0;
}

int self_make_terminal(struct self *self) {
        autoclose int master_fd = -1;
        int r;

        if (!self->config->process.terminal)
                return 0;
        r = terminal_make(self->plan, self->sources.rootfs_fd, &master_fd, &self->slave_fd);
        if (r < 0)
                return r;
        if (self->plan->console_to_runtime)
                return channel_send_fd(self->launch->channel, MESSAGE_TERMINAL, 0, master_fd);
        return terminal_send(self->plan->console_socket, master_fd);
}

static void close_list(int *fds, size_t n) {
        for (size_t i = 0; i < n; i++)
                fd_close(&fds[i]);
}

/* From here on nothing of the host is open but what the process keeps, the channel and the fifos (CVE-2024-21626). */
int self_close_host(struct self *self) {
        const struct plan *plan = self->plan;
        int rest[] = {plan->bundle_fd, plan->console_socket, plan->target_fd, plan->target_root_fd};

        fd_close(&self->sources.rootfs_fd);
        fd_close(&self->sources.null_fd);
        close_list(self->sources.mounts, plan->n_mounts);
        close_list(self->sources.devices, plan->n_devices);
        close_list(rest, ELEMENTSOF(rest));
        /* Numbers in memory that we share with nobody: the runtime's are its own. */
        for (size_t i = 0; i < plan->n_joins; i++)
                close(plan->joins[i].fd);
        for (size_t i = 0; i < plan->n_mount_maps; i++)
                close(plan->mount_maps[i].fd);
        for (size_t i = 0; i < self->launch->entrance.n; i++)
                if (self->launch->entrance.fds[i] >= 0)
                        close(self->launch->entrance.fds[i]);
        for (size_t i = 0; i < ELEMENTSOF(self->launch->resctrl_fds); i++)
                if (self->launch->resctrl_fds[i] >= 0)
                        close(self->launch->resctrl_fds[i]);
        return 0;
}

/* --- from here on the order is the same --- */

static int use_terminal(struct self *self) {
        int r = self->slave_fd < 0 ? 0 : terminal_use(self->slave_fd);

        fd_close(&self->slave_fd);
        return r;
}

/* The host's /dev/null must not be the container's: a chown or a mode change would be of the host's inode. */
static int replace_null(int fd) {
        autoclose int null_fd = open("/dev/null", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
        struct stat status;

        /* An image without one keeps what it was given. */
        if (null_fd < 0 || fstat(null_fd, &status) < 0 || !S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3))
                return 0;
        return dup2(null_fd, fd) < 0 ? fail(errno, "replace `/dev/null`") : 0;
}

/*
 * The user may open again what was handed to him, as /dev/stdout. But a file that is only read and a device of the host stay
 * whose they are: they were lent, and with them the host's owner would be changed for good.
 */
static bool is_handed_over(int fd, const struct stat *status) {
        if (S_ISREG(status->st_mode))
                return (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
        return S_ISCHR(status->st_mode) ? isatty(fd) : S_ISFIFO(status->st_mode) || S_ISSOCK(status->st_mode);
}

/* Those of a terminal are new, and the user's already. */
static int own_stdio(struct self *self) {
        for (int fd = 0; fd <= 2 && self->slave_fd < 0; fd++) {
                struct stat status;
                int r = 0;

                if (fstat(fd, &status) < 0)
                        continue;
                if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3))
                        r = replace_null(fd);
                else if (status.st_uid != self->config->process.user.uid && is_handed_over(fd, &status) &&
                         fchown(fd, self->config->process.user.uid, (gid_t)-1) < 0 &&
                         errno != EPERM && errno != EINVAL && errno != EROFS)
                        r = fail(errno, "change owner of descriptor %d", fd);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int tune(struct self *self) {
        return tuning_apply(self->plan);
}

static int set_scheduler(struct self *self) {
        return tuning_set_scheduler(&self->config->process);
}

static int find_home(struct self *self) {
        /* Only the inside knows /etc/passwd; the array has room for it (plan/process.c). */
        if (!self->plan->has_home)
                self->plan->environment[self->plan->n_environment] = home_variable(self->config->process.user.uid);
        return 0;
}

static int label_exec(struct self *self) {
        int r = lsm_set_exec_labels(&self->config->process, self->procfs_fd);

        fd_close(&self->procfs_fd);
        return r;
}

/* Magic links are refused, so /proc/self/fd/N leads nowhere; and the result must be inside the root, or getcwd(2) fails. */
static int change_directory(const char *path) {
        autoclose int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        autoclose int fd = root_fd < 0 ? -errno : path_open_in_root(root_fd, path, O_PATH | O_DIRECTORY);
        char inside[PATH_MAX];

        if (fd < 0)
                return fd;
        if (fchdir(fd) < 0)
                return -errno;
        return getcwd(inside, sizeof(inside)) && inside[0] == '/' ? 0 : -ENOENT;
}

static int enter_directory(struct self *self) {
        const char *path = self->config->process.cwd;
        int r;

        if (self->in_directory)
                return 0;
        r = change_directory(path);
        self->in_directory = r == 0;
        /* Root without CAP_DAC_OVERRIDE may not enter what the user may: tried again with the user's ids. */
        if (r == -EACCES || r == -EPERM)
                return 0;
        return r < 0 ? fail(-r, "process.cwd: enter `%s`", path) : 0;
}

static int enter_directory_as_user(struct self *self) {
        int r = self->in_directory ? 0 : change_directory(self->config->process.cwd);

        return r < 0 ? fail(-r, "process.cwd: enter `%s`", self->config->process.cwd) : 0;
}

/* config.md leaves it to the runtime when it is absent; 0022 is what runc and crun set. */
static int set_umask(struct self *self) {
        umask(self->config->process.user.umask.set ? self->config->process.user.umask.value : 0022);
        return 0;
}

static int set_limits(struct self *self) {
        return tuning_set_limits(&self->config->process);
}

static int change_ids(struct self *self) {
        return credentials_change_ids(self->plan);
}

static int find_executable(struct self *self) {
        const struct string_list *args = &self->config->process.args;

        self->arguments = alloc_zero(args->count + 1, sizeof(char *));
        for (size_t i = 0; i < args->count; i++)
                self->arguments[i] = args->items[i];
        return exec_find(args->items[0], self->plan->path_variable, &self->plan->own_binary, &self->executable);
}

/* Between the two no call is made: any might be one that only the agent lets go on. */
static int filter(struct self *self) {
        int channel = self->launch->channel, r = seccomp_filter_load(&self->plan->seccomp, &self->listener_fd);

        if (r < 0 || !self->plan->seccomp.has_listener)
                return r;
        if (self->plan->listener_is_sent)
                return channel_send_fd(channel, MESSAGE_LISTENER, self->listener_fd, self->listener_fd);
        return channel_write(channel, MESSAGE_LISTENER, self->listener_fd);
}

/* Without no_new_privs it takes CAP_SYS_ADMIN, which the next step gives up. */
static int filter_privileged(struct self *self) {
        return self->config->process.no_new_privileges || self->is_confined ? 0 : filter(self);
}

static int drop_capabilities(struct self *self) {
        return self->is_confined ? 0 : credentials_drop(self->plan);
}

static int set_no_new_privileges(struct self *self) {
        if (!self->config->process.no_new_privileges)
                return 0;
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail(errno, "set no_new_privs") : 0;
}

int self_confine(struct self *self) {
        int r = set_no_new_privileges(self);

        if (r >= 0)
                r = filter(self);
        if (r >= 0)
                r = drop_capabilities(self);
        self->is_confined = r >= 0;
        return r;
}

/* The kept descriptors lose close-on-exec only here, so that no hook has got them. */
static int release_kept(struct self *self) {
        for (unsigned i = 0; i < self->plan->n_kept_fds; i++) {
                int r = fd_set_cloexec(3 + (int)i, false);

                if (r < 0)
                        return fail(-r, "keep descriptor %u", 3 + i);
        }
        return 0;
}

static int filter_with_listener(struct self *self) {
        return self->config->process.no_new_privileges && self->plan->seccomp.has_listener ? filter(self) : 0;
}

static int filter_last(struct self *self) {
        if (!self->config->process.no_new_privileges || self->plan->seccomp.has_listener || self->is_confined)
                return 0;
        return filter(self);
}

static int execute(struct self *self) {
        execve(self->executable, self->arguments, self->plan->environment);
        return exec_explain(errno, self->executable);
}

/* --- the order --- */

const struct step self_become_steps[] = {
        {"owner of standard streams", own_stdio},
        {"processors and memory policy", tune}, /* while there are capabilities for it */
        {"HOME", find_home}, /* while root may read /etc/passwd */
        {"security labels", label_exec}, /* before no_new_privs, which forbids some transitions */
        {"working directory", enter_directory}, /* root may enter where the user may not */
        {"umask", set_umask},
        {"user and groups", change_ids},
        {"dumpable", self_become_undumpable}, /* the change of ids can have made us dumpable (proc(5), suid_dumpable) */
        {"working directory", enter_directory_as_user}, /* and the other way round, on network file systems */
        {"executable", find_executable}, /* with the user's rights; `create` must fail if it is not there */
};
const size_t self_n_become_steps = ELEMENTSOF(self_become_steps);

const struct step self_settle_steps[] = {
        {"scheduler", set_scheduler}, /* in the last process: no child need inherit it, and SCHED_DEADLINE allows none */
        {"standard streams", use_terminal},
        {"limits", set_limits}, /* they bind us too, descriptors and memory: after everything that opens files */
        {"seccomp", filter_privileged},
        {"capabilities", drop_capabilities},
        {"no_new_privs", set_no_new_privileges}, /* a filter without it came before; with it comes last */
        {"seccomp with a listener", filter_with_listener}, /* while there is a runtime to hand it over */
};
const size_t self_n_settle_steps = ELEMENTSOF(self_settle_steps);

const struct step self_execute_steps[] = {
        {"kept descriptors", release_kept},
        {"seccomp", filter_last}, /* after it only execve(2) is called, so the profile need not allow us more */
        {"execute", execute},
};
const size_t self_n_execute_steps = ELEMENTSOF(self_execute_steps);
