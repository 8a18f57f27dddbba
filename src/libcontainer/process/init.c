/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's first process. Born by clone3(2) in parent.c (or stage.c) inside its new namespaces, it makes the
 * container around itself and becomes the container's process. The order is the table at the end, and those in self.c
 * that it shares with the process of exec.
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

/* --- setup steps --- */

/* The stage has joined them already. */
static int join_namespaces(struct self *self) {
        return self->plan->needs_stage ? 0 : namespaces_join(self->plan);
}

static int become_root(struct self *self) {
        return self->plan->in_user_namespace ? credentials_become_root(self->config->extensions.keep_original_groups) : 0;
}

/* With a stage init was born in it. */
static int make_time_namespace(struct self *self) {
        autoclose int offsets_fd = -1;
        int r = self->plan->needs_stage ? 0 : namespaces_open_time_offsets(self->plan, &offsets_fd);

        if (r < 0 || self->plan->needs_stage)
                return r;
        r = namespaces_unshare_time(self->plan, offsets_fd);
        return r < 0 ? r : namespaces_enter_time(self->plan);
}

static int make_cgroup_namespace(struct self *self) {
        return namespaces_unshare_cgroup(self->plan);
}

static int raise_loopback(struct self *self) {
        return settings_raise_loopback(self->plan);
}

static int receive_sources(struct self *self) {
        for (;;) {
                struct message message;
                int r = channel_expect(self->launch->channel, MESSAGE_SOURCE, &message);

                if (r < 0)
                        return r;
                if (message.number < 0)
                        return 0;
                *sources_at(self->plan, &self->sources, (size_t)message.number) = message.fd;
        }
}

static int open_sources(struct self *self) {
        sources_init(self->plan, &self->sources);
        return self->plan->needs_source_helper ? receive_sources(self) : sources_open(self->plan, &self->sources);
}

static int apply_mounts(struct self *self) {
        return mounts_apply(self->plan, &self->sources);
}

static int make_devices(struct self *self) {
        int r = devices_make(self->plan, &self->sources);

        return r < 0 ? r : devices_link(self->plan, self->sources.rootfs_fd);
}

static int let_runtime_run_hooks(struct self *self) {
        const struct hook_list *hooks = self->config->hooks;
        struct message message;
        int r;

        if (!hooks[HOOK_PRESTART].count && !hooks[HOOK_CREATE_RUNTIME].count)
                return 0;
        r = channel_send(self->launch->channel, MESSAGE_RUN_HOOKS);
        return r < 0 ? r : channel_expect(self->launch->channel, MESSAGE_HOOKS_DONE, &message);
}

static int run_hooks(struct self *self, enum hook_kind kind, enum status status, char *const *environment, int directory_fd) {
        struct text state = TEXT_INIT;
        struct hook_call call = {
                .hooks = &self->config->hooks[kind],
                .kind = kind,
                .environment = environment,
                .directory_fd = directory_fd,
                .output_fds = self->plan->hook_output_fds,
        };
        int r;

        if (call.hooks->count == 0)
                return 0;
        state_print_for_hook(self->launch->state, status, getpid(), &state);
        call.state = state.bytes;
        /* A hook need not read what we write to it. */
        signal(SIGPIPE, SIG_IGN);
        r = hooks_run(&call, false);
        signal(SIGPIPE, SIG_DFL);
        text_done(&state);
        return r;
}

/*
 * The bundle as the container's mount namespace has it: what the runtime opened is in its own one, where a hook has no working
 * directory that a path leads to and may mount nothing. -1 where that is another folder, or may not be entered.
 */
static int open_bundle_inside(const struct plan *plan) {
        autoclose int fd = open(plan->bundle, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat ours, inside;

        if (fd < 0 || fstat(fd, &inside) < 0 || fstat(plan->bundle_fd, &ours) < 0)
                return -1;
        return inside.st_dev == ours.st_dev && inside.st_ino == ours.st_ino ? take_fd(&fd) : -1;
}

/* Not in the rootfs: what a hook loads or calls must not be the image's choice (CVE-2025-23266). */
static int run_create_container_hooks(struct self *self) {
        autoclose int inside_fd = -1;

        if (self->config->hooks[HOOK_CREATE_CONTAINER].count == 0)
                return 0;
        inside_fd = open_bundle_inside(self->plan);
        return run_hooks(self, HOOK_CREATE_CONTAINER, STATUS_CREATING, environ, inside_fd >= 0 ? inside_fd : self->plan->bundle_fd);
}

/* runc and crun make a missing one; if it cannot be made, entering it tells why. */
static int make_directory(struct self *self) {
        int fd = path_make_dir(self->sources.rootfs_fd, self->config->process.cwd, 0755);

        fd_close(&fd);
        return 0;
}

static int open_procfs(struct self *self) {
        return settings_open_procfs(self->plan, &self->procfs_fd);
}

static int set_names(struct self *self) {
        return settings_set_names(self->plan);
}

static int write_sysctl(struct self *self) {
        return settings_write_sysctl(self->plan, self->procfs_fd);
}

static int mask_paths(struct self *self) {
        return masks_apply(self->plan, &self->sources);
}

static int seal_mounts(struct self *self) {
        return mounts_seal(self->plan, self->sources.rootfs_fd);
}

static int enter_rootfs(struct self *self) {
        return rootfs_enter(self->plan, self->sources.rootfs_fd);
}

static int propagate_rootfs(struct self *self) {
        return rootfs_propagate(self->plan);
}

/* --- at `start` --- */

static int run_start_container_hooks(struct self *self) {
        autoclose int directory_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

        return run_hooks(self, HOOK_START_CONTAINER, STATUS_CREATED, self->plan->environment, directory_fd);
}

/* --- the order --- */

static const struct step setup_steps[] = {
        {"cgroup", self_enter_cgroup}, /* before anything that it should account for and limit */
        {"wait for the runtime", self_wait_for_go}, /* id maps and raised limits come from outside */
        {"time namespace", make_time_namespace}, /* its file is ours only as long as we are dumpable */
        {"dumpable", self_become_undumpable}, /* before a namespace is joined in which others could trace us (CVE-2016-9962) */
        {"namespaces", join_namespaces},
        {"host paths", open_sources}, /* with the caller's own ids: where only others are mapped, they are of no use inside */
        {"root of the user namespace", become_root}, /* owns what is made from here on */
        {"session keyring", self_join_keyring}, /* the caller's keys must not be in reach of anything below */
        {"cgroup namespace", make_cgroup_namespace}, /* in the final cgroup, which becomes its root */
        {"loopback device", raise_loopback},
        {"session", self_become_session_leader}, /* before a terminal can become its controlling one (TIOCSTI) */
        {"mounts", apply_mounts}, /* before the pivot: their sources are the host's */
        {"devices", make_devices}, /* after the mounts: one of them is /dev */
        {"terminal", self_make_terminal}, /* after the mounts: it is one of the container's devpts */
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
        {"host descriptors", self_close_host}, /* nothing below may still lead out */
};

/* And then self_become_steps and self_settle_steps, which `exec` shares. */

/* --- the process --- */

/* `start` reads the text; the end of the fifo without one tells it that execve(2) has happened. */
static void __attribute__((noreturn)) abort_start(const struct launch *launch) {
        if (launch->result_fifo_fd < 0)
                self_abort(launch);
        (void)fd_write_full(launch->result_fifo_fd, fail_text(), strlen(fail_text()));
        _exit(EXIT_FAILURE);
}

/* Returns when the process may be executed. */
static int wait_for_start(struct self *self) {
        const struct launch *launch = self->launch;
        enum message_type answer;
        char byte;
        int r = self_say_ready(self, &answer);

        if (r < 0 || answer == MESSAGE_START)
                return r;
        close(launch->channel);
        /* It stays open: as long as it has a reader, the container is `created`. */
        return fd_read_full(launch->exec_fifo_fd, &byte, 1) == 1 ? 0 : fail(EIO, "read exec fifo");
}

/*
 * From here on the container is no longer `created`. Not left to execve(2), which closes the other fifo first: whoever learns
 * by that one's end that the program runs must not find the container created still.
 */
static void leave_fifo(const struct launch *launch) {
        if (launch->exec_fifo_fd >= 0)
                close(launch->exec_fifo_fd);
}

void init_main(const struct launch *launch) {
        struct self self = SELF_INIT(launch);

        /* Hooks have the runtime's environment (config.md, "POSIX-platform Hooks", leaves it open). */
        self_begin(launch, "tare:[init]", launch->plan->config->hooks[HOOK_CREATE_CONTAINER].count > 0);
        if (self_run(&self, setup_steps, ELEMENTSOF(setup_steps)) < 0 ||
            self_run(&self, self_become_steps, self_n_become_steps) < 0 ||
            self_run(&self, self_settle_steps, self_n_settle_steps) < 0 || wait_for_start(&self) < 0)
                self_abort(launch);
        if (run_start_container_hooks(&self) < 0)
                abort_start(launch);
        leave_fifo(launch);
        if (self_run(&self, self_execute_steps, self_n_execute_steps) < 0)
                abort_start(launch);
        _exit(EXIT_FAILURE);
}
