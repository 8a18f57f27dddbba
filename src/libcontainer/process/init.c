/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's first process. Born by clone3(2) in parent.c (or stage.c) inside its new namespaces, it makes the
 * container around itself and becomes the container's process. The order is the two tables at the end.
 */
#include "libcontainer/process/init.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "libcontainer/isolation/credentials.h"
#include "libcontainer/isolation/devices.h"
#include "libcontainer/isolation/hooks.h"
#include "libcontainer/isolation/kernel-settings.h"
#include "libcontainer/isolation/lsm.h"
#include "libcontainer/isolation/masks.h"
#include "libcontainer/isolation/mounts.h"
#include "libcontainer/isolation/namespaces.h"
#include "libcontainer/isolation/rootfs.h"
#include "libcontainer/isolation/sources.h"
#include "libcontainer/isolation/terminal.h"
#include "libcontainer/isolation/tuning.h"
#include "libcontainer/process/channel.h"
#include "libcontainer/process/exec-file.h"
#include "libcontainer/process/home.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/text.h"

/* The live handles of this process. */
struct init {
        const struct launch *launch;
        const struct plan *plan;
        const struct config *config;
        struct sources sources;
        int procfs_fd; /* a private procfs, while something must be written to one */
        int slave_fd; /* of the terminal */
        bool in_directory; /* the working directory has been entered */
        char *executable;
        char **arguments;
};

struct step {
        const char *name;
        int (*run)(struct init *init);
};

/* --- setup steps --- */

/* The stage, if there was one, has done it for both. */
static int enter_cgroup(struct init *init) {
        return init->plan->needs_stage ? 0 : cgroup_entrance_pass(&init->launch->entrance);
}

static int wait_for_go(struct init *init) {
        struct message message;

        return init->launch->waits_for_go ? channel_expect(init->launch->channel, MESSAGE_GO, &message) : 0;
}

static int become_undumpable(struct init *init) {
        return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? fail(errno, "become undumpable") : 0;
}

/* The stage has joined them already. */
static int join_namespaces(struct init *init) {
        return init->plan->needs_stage ? 0 : namespaces_join(init->plan);
}

static int become_root(struct init *init) {
        return init->plan->in_user_namespace ? credentials_become_root() : 0;
}

/* With a stage init was born in it. */
static int make_time_namespace(struct init *init) {
        autoclose int offsets_fd = -1;
        int r = init->plan->needs_stage ? 0 : namespaces_open_time_offsets(init->plan, &offsets_fd);

        if (r < 0 || init->plan->needs_stage)
                return r;
        r = namespaces_unshare_time(init->plan, offsets_fd);
        return r < 0 ? r : namespaces_enter_time(init->plan);
}

static int make_cgroup_namespace(struct init *init) {
        return namespaces_unshare_cgroup(init->plan);
}

static int join_keyring(struct init *init) {
        return settings_join_keyring(init->plan);
}

static int raise_loopback(struct init *init) {
        return settings_raise_loopback(init->plan);
}

static int become_session_leader(struct init *init) {
        return setsid() < 0 ? fail(errno, "become session leader") : 0;
}

static int receive_sources(struct init *init) {
        for (;;) {
                struct message message;
                int r = channel_expect(init->launch->channel, MESSAGE_SOURCE, &message);

                if (r < 0)
                        return r;
                if (message.number < 0)
                        return 0;
                *sources_at(init->plan, &init->sources, (size_t)message.number) = message.fd;
        }
}

static int open_sources(struct init *init) {
        sources_init(init->plan, &init->sources);
        return init->plan->needs_source_helper ? receive_sources(init) : sources_open(init->plan, &init->sources);
}

static int apply_mounts(struct init *init) {
        return mounts_apply(init->plan, &init->sources);
}

static int make_devices(struct init *init) {
        int r = devices_make(init->plan, &init->sources);

        return r < 0 ? r : devices_link(init->plan, init->sources.rootfs_fd);
}

static int make_terminal(struct init *init) {
        autoclose int master_fd = -1;
        int r;

        if (!init->config->process.terminal)
                return 0;
        r = terminal_make(init->plan, init->sources.rootfs_fd, &master_fd, &init->slave_fd);
        if (r < 0)
                return r;
        if (init->plan->console_to_runtime)
                return channel_send_fd(init->launch->channel, MESSAGE_TERMINAL, 0, master_fd);
        return terminal_send(init->plan->console_socket, master_fd);
}

static int let_runtime_run_hooks(struct init *init) {
        const struct hook_list *hooks = init->config->hooks;
        struct message message;
        int r;

        if (!hooks[HOOK_PRESTART].count && !hooks[HOOK_CREATE_RUNTIME].count)
                return 0;
        r = channel_send(init->launch->channel, MESSAGE_RUN_HOOKS);
        return r < 0 ? r : channel_expect(init->launch->channel, MESSAGE_HOOKS_DONE, &message);
}

static int run_hooks(struct init *init, enum hook_kind kind, enum status status, char *const *environment, int directory_fd) {
        struct text state = TEXT_INIT;
        struct hook_call call = {
                .hooks = &init->config->hooks[kind],
                .kind = kind,
                .environment = environment,
                .directory_fd = directory_fd,
        };
        mode_t before;
        int r;

        if (call.hooks->count == 0)
                return 0;
        state_print_for_hook(init->launch->state, status, getpid(), &state);
        call.state = state.bytes;
        /* Ours is 0 while we make files with exact modes; and a hook need not read what we write to it. */
        before = umask(0022);
        signal(SIGPIPE, SIG_IGN);
        r = hooks_run(&call, false);
        signal(SIGPIPE, SIG_DFL);
        umask(before);
        text_done(&state);
        return r;
}

/* Not in the rootfs: what a hook loads or calls must not be the image's choice (CVE-2025-23266). */
static int run_create_container_hooks(struct init *init) {
        return run_hooks(init, HOOK_CREATE_CONTAINER, STATUS_CREATING, environ, init->plan->bundle_fd);
}

/* runc and crun make a missing one; if it cannot be made, entering it tells why. */
static int make_directory(struct init *init) {
        int fd = path_make_dir(init->sources.rootfs_fd, init->config->process.cwd, 0755);

        fd_close(&fd);
        return 0;
}

static int open_procfs(struct init *init) {
        return settings_open_procfs(init->plan, &init->procfs_fd);
}

static int set_names(struct init *init) {
        return settings_set_names(init->plan);
}

static int write_sysctl(struct init *init) {
        return settings_write_sysctl(init->plan, init->procfs_fd);
}

static int mask_paths(struct init *init) {
        return masks_apply(init->plan, &init->sources);
}

static int seal_mounts(struct init *init) {
        return mounts_seal(init->plan, init->sources.rootfs_fd);
}

static int enter_rootfs(struct init *init) {
        return rootfs_enter(init->plan, init->sources.rootfs_fd);
}

static int propagate_rootfs(struct init *init) {
        return rootfs_propagate(init->plan);
}

/* From here on nothing of the host is open but what the process keeps, the channel and the fifos (CVE-2024-21626). */
static int close_host(struct init *init) {
        fd_close(&init->sources.rootfs_fd);
        fd_close(&init->sources.null_fd);
        for (size_t i = 0; i < init->plan->n_mounts; i++)
                fd_close(&init->sources.mounts[i]);
        for (size_t i = 0; i < init->plan->n_devices; i++)
                fd_close(&init->sources.devices[i]);
        close(init->plan->bundle_fd);
        for (size_t i = 0; i < init->plan->n_joins; i++)
                close(init->plan->joins[i].fd);
        for (size_t i = 0; i < init->launch->entrance.n; i++)
                if (init->launch->entrance.fds[i] >= 0)
                        close(init->launch->entrance.fds[i]);
        if (init->plan->console_socket >= 0)
                close(init->plan->console_socket);
        return 0;
}

static int use_terminal(struct init *init) {
        int r = init->slave_fd < 0 ? 0 : terminal_use(init->slave_fd);

        fd_close(&init->slave_fd);
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

static int own_stdio(struct init *init) {
        for (int fd = 0; fd <= 2; fd++) {
                struct stat status;
                int r = 0;

                if (fstat(fd, &status) < 0)
                        continue;
                if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3))
                        r = replace_null(fd);
                else if (status.st_uid != init->config->process.user.uid &&
                         fchown(fd, init->config->process.user.uid, (gid_t)-1) < 0 &&
                         errno != EPERM && errno != EINVAL && errno != EROFS)
                        r = fail(errno, "change owner of descriptor %d", fd);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int tune(struct init *init) {
        return tuning_apply(init->plan);
}

static int find_home(struct init *init) {
        /* Only the inside knows /etc/passwd; the array has room for it (plan-process.c). */
        if (!init->plan->has_home)
                init->plan->environment[init->plan->n_environment] = home_variable(init->config->process.user.uid);
        return 0;
}

static int label_exec(struct init *init) {
        int r = lsm_set_exec_labels(&init->config->process, init->procfs_fd);

        fd_close(&init->procfs_fd);
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

static int enter_directory(struct init *init) {
        const char *path = init->config->process.cwd;
        int r;

        if (init->in_directory)
                return 0;
        r = change_directory(path);
        init->in_directory = r == 0;
        /* Root without CAP_DAC_OVERRIDE may not enter what the user may: tried again with the user's ids. */
        if (r == -EACCES || r == -EPERM)
                return 0;
        return r < 0 ? fail(-r, "process.cwd: enter `%s`", path) : 0;
}

static int enter_directory_as_user(struct init *init) {
        int r = init->in_directory ? 0 : change_directory(init->config->process.cwd);

        return r < 0 ? fail(-r, "process.cwd: enter `%s`", init->config->process.cwd) : 0;
}

/* config.md leaves it to the runtime when it is absent; 0022 is what runc and crun set. */
static int set_umask(struct init *init) {
        umask(init->config->process.user.umask.set ? init->config->process.user.umask.value : 0022);
        return 0;
}

static int set_limits(struct init *init) {
        return tuning_set_limits(&init->config->process);
}

static int change_ids(struct init *init) {
        return credentials_change_ids(init->plan);
}

static int find_executable(struct init *init) {
        const struct string_list *args = &init->config->process.args;

        init->arguments = alloc_zero(args->count + 1, sizeof(char *));
        for (size_t i = 0; i < args->count; i++)
                init->arguments[i] = args->items[i];
        return exec_find(args->items[0], init->plan->path_variable, &init->plan->own_binary, &init->executable);
}

/* Without no_new_privs it takes CAP_SYS_ADMIN, which the next step gives up. */
static int filter_privileged(struct init *init) {
        return init->config->process.no_new_privileges ? 0 : seccomp_filter_load(&init->plan->seccomp);
}

static int drop_capabilities(struct init *init) {
        return credentials_drop(init->plan);
}

static int set_no_new_privileges(struct init *init) {
        if (!init->config->process.no_new_privileges)
                return 0;
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail(errno, "set no_new_privs") : 0;
}

/* --- start steps --- */

static int run_start_container_hooks(struct init *init) {
        autoclose int directory_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

        return run_hooks(init, HOOK_START_CONTAINER, STATUS_CREATED, init->plan->environment, directory_fd);
}

static int filter_last(struct init *init) {
        return init->config->process.no_new_privileges ? seccomp_filter_load(&init->plan->seccomp) : 0;
}

static int execute(struct init *init) {
        execve(init->executable, init->arguments, init->plan->environment);
        return exec_explain(errno, init->executable);
}

/* --- the order --- */

static const struct step setup_steps[] = {
        {"cgroup", enter_cgroup}, /* before anything that it should account for and limit */
        {"wait for the runtime", wait_for_go}, /* id maps and raised limits come from outside */
        {"time namespace", make_time_namespace}, /* its file is ours only as long as we are dumpable */
        {"dumpable", become_undumpable}, /* before a namespace is joined in which others could trace us (CVE-2016-9962) */
        {"namespaces", join_namespaces},
        {"root of the user namespace", become_root}, /* owns what is made from here on */
        {"session keyring", join_keyring}, /* the caller's keys must not be in reach of anything below */
        {"cgroup namespace", make_cgroup_namespace}, /* in the final cgroup, which becomes its root */
        {"loopback device", raise_loopback},
        {"session", become_session_leader}, /* before a terminal can become its controlling one (TIOCSTI) */
        {"host paths", open_sources},
        {"mounts", apply_mounts}, /* before the pivot: their sources are the host's */
        {"devices", make_devices}, /* after the mounts: one of them is /dev */
        {"terminal", make_terminal}, /* after the mounts: it is one of the container's devpts */
        {"runtime hooks", let_runtime_run_hooks}, /* the container's tree is complete and still open to them */
        {"createContainer hooks", run_create_container_hooks},
        {"make working directory", make_directory}, /* before the root may become read-only */
        {"host name", set_names},
        {"private procfs", open_procfs}, /* no path leads to it, so nobody can have exchanged it */
        {"sysctl", write_sysctl}, /* after the names: kernel.domainname may be among them */
        {"masked paths", mask_paths}, /* after everybody who writes to /proc or /sys; needs the host's /dev/null */
        {"read-only root", seal_mounts},
        {"root", enter_rootfs},
        {"root propagation", propagate_rootfs}, /* pivot_root(2) refuses a shared root, so it comes after */
        {"host descriptors", close_host}, /* nothing below may still lead out */
        {"standard streams", use_terminal},
        {"owner of standard streams", own_stdio},
        {"scheduling and memory policy", tune}, /* while there are capabilities for it */
        {"HOME", find_home}, /* while root may read /etc/passwd */
        {"security labels", label_exec}, /* before no_new_privs, which forbids some transitions */
        {"working directory", enter_directory}, /* root may enter where the user may not */
        {"umask", set_umask},
        {"user and groups", change_ids},
        {"working directory", enter_directory_as_user}, /* and the other way round, on network file systems */
        {"executable", find_executable}, /* with the user's rights; `create` must fail if it is not there */
        {"limits", set_limits}, /* they bind us too, descriptors and memory: after everything that opens files */
        {"seccomp", filter_privileged},
        {"capabilities", drop_capabilities},
        {"no_new_privs", set_no_new_privileges}, /* a filter without it came before; with it comes last */
};

static const struct step start_steps[] = {
        {"startContainer hooks", run_start_container_hooks},
        {"seccomp", filter_last}, /* after it only execve(2) is called, so the profile need not allow us more */
        {"execute", execute},
};

static int run_steps(struct init *init, const struct step *steps, size_t n) {
        for (size_t i = 0; i < n; i++) {
                int r = steps[i].run(init);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- the process --- */

static void reset_signals(void) {
        sigset_t none;

        /* Ignored ones would stay so over execve(2): Go programs that call us ignore SIGPIPE. */
        for (int number = 1; number < NSIG; number++)
                signal(number, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
}

static int compare_fds(const void *a, const void *b) {
        return *(const int *)a - *(const int *)b;
}

int init_close_foreign(const struct launch *launch) {
        const struct plan *plan = launch->plan;
        size_t n = 0;
        autofree int *keep = alloc_zero(plan->n_kept_fds + plan->n_joins + launch->entrance.n + 6, sizeof(int));
        int own[] = {launch->channel, launch->exec_fifo_fd, launch->result_fifo_fd, plan->console_socket, plan->bundle_fd};

        for (unsigned i = 0; i < plan->n_kept_fds; i++)
                keep[n++] = 3 + (int)i;
        for (size_t i = 0; i < plan->n_joins; i++)
                keep[n++] = plan->joins[i].fd;
        for (size_t i = 0; i < launch->entrance.n; i++)
                if (launch->entrance.fds[i] >= 0)
                        keep[n++] = launch->entrance.fds[i];
        for (size_t i = 0; i < ELEMENTSOF(own); i++)
                if (own[i] >= 0)
                        keep[n++] = own[i];
        qsort(keep, n, sizeof(int), compare_fds);
        return fd_close_all_except(keep, n);
}

void init_abort(const struct launch *launch) {
        /* If nobody is there to read it any more, nobody misses it. */
        (void)channel_send_text(launch->channel, MESSAGE_FAILED, fail_text());
        _exit(EXIT_FAILURE);
}

/* `start` reads the text; the end of the fifo without one tells it that execve(2) has happened. */
static void __attribute__((noreturn)) abort_start(const struct launch *launch) {
        if (launch->result_fifo_fd < 0)
                init_abort(launch);
        (void)fd_write_full(launch->result_fifo_fd, fail_text(), strlen(fail_text()));
        _exit(EXIT_FAILURE);
}

/* Returns when the process may be executed. */
static int wait_for_start(const struct launch *launch) {
        struct message message;
        char byte;
        int r;

        /*
         * Once the container is recorded it outlives the runtime, which may end the moment that it has said so. Until then
         * the end of the channel tells of the runtime's end.
         */
        if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
                return fail(errno, "outlive the runtime");
        r = channel_send(launch->channel, MESSAGE_READY);
        if (r < 0)
                return r;
        r = channel_receive(launch->channel, &message);
        if (r < 0)
                return r;
        if (message.type == MESSAGE_START)
                return 0;
        if (message.type != MESSAGE_WAIT)
                return reject("the runtime ended");
        close(launch->channel);
        /* It stays open until execve(2): as long as it has a reader, the container is `created`. */
        return fd_read_full(launch->exec_fifo_fd, &byte, 1) == 1 ? 0 : fail(EIO, "read exec fifo");
}

/* The kept descriptors lose close-on-exec only here, so that no hook has got them. */
static int release_kept(const struct plan *plan) {
        for (unsigned i = 0; i < plan->n_kept_fds; i++) {
                int r = fd_set_cloexec(3 + (int)i, false);

                if (r < 0)
                        return fail(-r, "keep descriptor %u", 3 + i);
        }
        return 0;
}

void init_main(const struct launch *launch) {
        struct init init = {
                .launch = launch, .plan = launch->plan, .config = launch->plan->config, .procfs_fd = -1, .slave_fd = -1};

        prctl(PR_SET_NAME, "tare:[init]", 0, 0, 0);
        /* If the runtime ends before the container is recorded nobody could find us; a later end shows on the channel. */
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        reset_signals();
        umask(0);
        if (init_close_foreign(launch) < 0)
                init_abort(launch);
        if (run_steps(&init, setup_steps, ELEMENTSOF(setup_steps)) < 0)
                init_abort(launch);
        if (wait_for_start(launch) < 0)
                init_abort(launch);
        if (release_kept(launch->plan) < 0 || run_steps(&init, start_steps, ELEMENTSOF(start_steps)) < 0)
                abort_start(launch);
        _exit(EXIT_FAILURE);
}
