/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * create and run. The order: find every mistake, record the intent, then act; what was done before a failure is undone
 * in the reverse order. Runs in the runtime's process.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libcontainer/common.h"
#include "libcontainer/container.h"
#include "libcontainer/end.h"
#include "libcontainer/isolation/hooks.h"
#include "libcontainer/isolation/lsm.h"
#include "libcontainer/isolation/mount-api.h"
#include "libcontainer/isolation/notify.h"
#include "libcontainer/process/foreground.h"
#include "libcontainer/process/parent.h"
#include "libcontainer/process/pidfd-socket.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/interrupt.h"
#include "util/log.h"
#include "util/path.h"
#include "util/proc.h"
#include "util/text.h"

/* One creation, from the command to the running init. */
struct creation {
        const struct create_options *options;
        struct config config;
        char *config_text;
        size_t config_size;
        struct host host;
        struct plan plan;
        int root_fd;
        struct state state;
        struct state_directory directory;
        char *staging; /* the state directory as a path, for the mount fallback */
        struct notify notify;
        struct child child;
        bool wrote_pid_file;
};
#define CREATION_INIT                                                                                    \
        ((struct creation){.config = CONFIG_INIT, .plan = PLAN_INIT, .root_fd = -1, .state = STATE_INIT, \
                           .directory = STATE_DIRECTORY_INIT, .notify = NOTIFY_INIT, .child = CHILD_INIT})

static void creation_done(struct creation *creation) {
        child_done(&creation->child);
        notify_done(&creation->notify);
        state_directory_done(&creation->directory);
        state_done(&creation->state);
        plan_done(&creation->plan);
        host_done(&creation->host);
        config_done(&creation->config);
        fd_close(&creation->root_fd);
        free(creation->config_text);
        free(creation->staging);
}

/* --- find every mistake --- */

static int load_config(struct creation *creation) {
        const struct create_options *options = creation->options;
        const char *bundle = text_is_empty(options->bundle) ? "." : options->bundle;
        autoclose int bundle_fd = open(bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int r;

        if (bundle_fd < 0)
                return fail(errno, "open bundle `%s`", bundle);
        r = config_load(bundle_fd, text_is_empty(options->config_name) ? "config.json" : options->config_name,
                        &creation->config, &creation->config_text, &creation->config_size);
        return r < 0 ? r : config_check(&creation->config);
}

static void tell_plan(const struct plan *plan) {
        struct text text = TEXT_INIT;

        if (!log_is_debug())
                return;
        plan_print(plan, &text);
        for (char *rest = text.bytes, *line; rest && (line = strsep(&rest, "\n"));)
                if (*line)
                        log_debug("plan: %s", line);
        text_done(&text);
}

/* `run` needs the manager from now on, `create` leaves it to `start`. */
static int decide_notify(struct creation *creation) {
        autofree char *directory = text_format("%s/%s", creation->staging, STATE_NOTIFY);
        const char *address = creation->options->process.notify_socket;
        int r;

        if (!address)
                return 0;
        r = plan_notify(directory, &creation->plan);
        if (r < 0 || creation->options->waits_for_start)
                return r;
        return notify_connect(&creation->notify, address);
}

/* Once for all hooks of the launch; poststart and poststop, which may be much later, open them anew. */
static int open_hook_output(struct creation *creation) {
        for (int kind = HOOK_PRESTART; kind <= HOOK_START_CONTAINER; kind++)
                if (creation->config.hooks[kind].count > 0)
                        return hooks_open_output(&creation->config.extensions, creation->plan.hook_output_fds);
        return 0;
}

static int decide(struct creation *creation, const char *root) {
        const struct create_options *options = creation->options;
        int r = state_check_id(options->id);

        if (r < 0)
                return r;
        creation->root_fd = state_root_open(root, true);
        if (creation->root_fd < 0)
                return creation->root_fd;
        r = state_check_free(creation->root_fd, options->id);
        if (r < 0)
                return r;
        r = load_config(creation);
        if (r < 0)
                return r;
        r = lsm_check(&creation->config);
        if (r < 0)
                return r;
        r = host_probe(&creation->host);
        if (r < 0)
                return r;
        /* A cgroup that is asked for by name and cannot be made is an error instead. */
        if (text_is_empty(creation->config.linux.cgroups_path) && options->cgroup_manager != CGROUP_MANAGER_SYSTEMD)
                cgroup_host_drop_foreign(&creation->host.cgroups, options->rootless);
        r = plan_make(&creation->config, options, &creation->host, &creation->plan);
        if (r < 0)
                return r;
        /* The fallback stages on a directory of the host's that the root of a user namespace cannot reach. */
        if (creation->plan.in_user_namespace && !mount_api_is_new())
                return reject("linux.namespaces: a user namespace needs the mount calls of Linux 5.12, which this kernel lacks");
        if (creation->plan.detached_root && !mount_api_knows_detached_targets())
                return reject("mounts: found %zu, expected none without a mount namespace: before Linux 6.15 they would be the host's",
                              creation->config.n_mounts);
        creation->staging = text_format("%s/%s", root, options->id);
        r = decide_notify(creation);
        if (r < 0)
                return r;
        common_warn_of_capabilities(&creation->plan);
        tell_plan(&creation->plan);
        r = common_prepare_filter(&options->process, creation->root_fd, &creation->plan);
        /* Last, since it may make files. */
        return r < 0 ? r : open_hook_output(creation);
}

/* --- record the intent --- */

static char *timestamp(void) {
        struct timespec now;
        struct tm utc;
        char seconds[32];

        clock_gettime(CLOCK_REALTIME, &now);
        gmtime_r(&now.tv_sec, &utc);
        strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
        return text_format("%s.%09ldZ", seconds, now.tv_nsec);
}

static int describe(struct creation *creation) {
        struct state *state = &creation->state;
        const struct plan *plan = &creation->plan;
        const struct string_map *annotations = &creation->config.annotations;
        char boot_id[BOOT_ID_MAX];
        int r = proc_boot_id(boot_id);

        if (r < 0)
                return fail(-r, "read the boot id");
        state->id = text_copy(creation->options->id);
        state->bundle = text_copy(plan->bundle);
        state->rootfs = text_copy(plan->rootfs);
        state->created = timestamp();
        state->boot_id = text_copy(boot_id);
        state->owner = getuid();
        state->private_pid_namespace = plan->creates[NAMESPACE_PID];
        state->new_keyring = plan->new_keyring;
        state->has_poststart = creation->config.hooks[HOOK_POSTSTART].count > 0;
        state->has_poststop = creation->config.hooks[HOOK_POSTSTOP].count > 0;
        for (size_t i = 0; i < annotations->count; i++)
                *array_append(state->annotations.items, state->annotations.count) = (struct string_pair){
                        text_copy(annotations->items[i].key), text_copy(annotations->items[i].value)};
        cgroup_copy(&plan->cgroup, &state->cgroup);
        resctrl_copy(&plan->resctrl, &state->resctrl);
        return state_identify(getpid(), &state->creator);
}

/* From here on `delete --force` finds everything that we may leave behind. */
static int record_intent(struct creation *creation) {
        int r = describe(creation);

        if (r < 0)
                return r;
        r = state_reserve(creation->root_fd, creation->options->id, &creation->directory);
        if (r < 0)
                return r;
        r = state_save(&creation->directory, &creation->state);
        if (r < 0)
                return r;
        r = file_replace(creation->directory.fd, STATE_CONFIG, creation->config_text, creation->config_size, 0600);
        return r < 0 ? fail(-r, "write the copy of config.json") : 0;
}

/* --- act --- */

static int delegate_cgroup(struct creation *creation) {
        const struct plan *plan = &creation->plan;
        const struct linux_config *config = &creation->config.linux;

        /* The root of the container's user namespace may divide its own cgroup: only where it sees just that. */
        if (!plan->creates[NAMESPACE_USER] || !plan->creates[NAMESPACE_CGROUP] || config->uid_mappings.count == 0)
                return 0;
        for (size_t i = 0; i < config->uid_mappings.count; i++)
                for (size_t j = 0; j < config->gid_mappings.count; j++)
                        if (config->uid_mappings.items[i].container_id == 0 && config->gid_mappings.items[j].container_id == 0)
                                return cgroup_delegate(&creation->plan.cgroup, config->uid_mappings.items[i].host_id,
                                                       config->gid_mappings.items[j].host_id);
        return 0;
}

/* Once the process is recorded: who gets it can rely on the container. */
static int send_pidfd(struct creation *creation) {
        struct plan *plan = &creation->plan;
        int r = pidfd_socket_send(&plan->pidfd_socket, PIDFD_SOCKET_INIT, creation->child.pidfd);

        return r < 0 ? r : pidfd_socket_send(&plan->pidfd_receiver, PIDFD_SOCKET_INIT, creation->child.pidfd);
}

/* Before the mount that leads to it; the socket itself only when somebody listens. */
static int prepare_notify(struct creation *creation) {
        int r;

        if (!creation->options->process.notify_socket)
                return 0;
        r = notify_make_directory(creation->directory.fd, creation->config.linux.mount_label);
        if (r < 0 || creation->options->waits_for_start)
                return r;
        return notify_listen(&creation->notify, creation->directory.fd);
}

static int act(struct creation *creation) {
        int r = cgroup_create(&creation->plan.cgroup, creation->config.linux.has_resources ? &creation->config.linux.resources : NULL);

        if (r < 0)
                return r;
        r = delegate_cgroup(creation);
        if (r < 0)
                return r;
        r = resctrl_create(&creation->state.resctrl, &creation->config.linux.intel_rdt, "linux.intelRdt");
        if (r < 0)
                return r;
        r = prepare_notify(creation);
        if (r < 0)
                return r;
        mount_api_set_staging(creation->staging);
        r = parent_launch(&creation->plan, &creation->state, &creation->directory, &creation->child);
        if (r < 0)
                return r;
        fd_close(&creation->plan.listener_socket);
        r = state_identify(creation->child.pid, &creation->state.init);
        if (r < 0)
                return r;
        r = state_save(&creation->directory, &creation->state);
        if (r < 0)
                return r;
        r = common_write_pid_file(creation->options->process.pid_file, creation->child.pid, &creation->wrote_pid_file);
        if (r < 0)
                return r;
        r = send_pidfd(creation);
        if (r < 0)
                return r;
        r = parent_release(&creation->plan, &creation->state, &creation->child);
        if (r < 0)
                return r;
        /* From here on they are the container's. */
        net_devices_done(&creation->child.net_devices);
        return 0;
}

/* The reverse of record_intent() and act(). The first failure is what the user must see, so these ones only warn. */
static void undo(struct creation *creation) {
        autofree char *cause = text_copy(fail_text());

        parent_kill(&creation->child);
        /* Once nobody inside uses them any more; their network namespace lives on as long as we have it open. */
        net_devices_give_back(&creation->child.net_devices);
        if (creation->wrote_pid_file)
                (void)unlink(creation->options->process.pid_file);
        /* One that turned out to be in use by others is not ours to end. */
        creation->state.cgroup.refused = creation->plan.cgroup.refused;
        if (end_container(&creation->directory, &creation->state, creation->child.was_launched ? &creation->config : NULL) < 0)
                log_warning("undo: %s", fail_text());
        fail_take_over(cause);
}

static int create(const char *root, struct creation *creation) {
        int r = decide(creation, root);

        if (r < 0)
                return r;
        r = interrupt_catch();
        if (r < 0)
                return fail(-r, "catch signals");
        r = record_intent(creation);
        if (r >= 0)
                r = act(creation);
        if (r < 0 && creation->directory.fd >= 0)
                undo(creation);
        return r;
}

int container_create(const char *root, const struct create_options *options) {
        autodone(creation) struct creation creation = CREATION_INIT;

        creation.options = options;
        return create(root, &creation);
}

/* --- run --- */

/* Once the lock was given up. */
static void lock_and_undo(struct creation *creation) {
        autofree char *cause = text_copy(fail_text());

        /* Somebody else may have deleted it meanwhile. */
        if (state_lock(&creation->directory, creation->options->id) >= 0)
                undo(creation);
        fail_take_over(cause);
}

static int run_poststart(struct creation *creation) {
        int r;

        if (!creation->state.has_poststart)
                return 0;
        r = end_run_hooks(&creation->config, HOOK_POSTSTART, &creation->state, STATUS_RUNNING);
        if (r < 0)
                lock_and_undo(creation);
        return r;
}

/* Its exit code says no more than that somebody killed it. */
static void tell_oom(const struct creation *creation, int exit_code) {
        autofree char *oom = exit_code == 128 + SIGKILL ? cgroup_tell_oom(&creation->plan.cgroup) : NULL;

        if (oom)
                log_warning("the container's process was killed, and its cgroup ran out of memory: %s", oom);
}

static int stay_in_foreground(struct creation *creation, struct foreground *foreground, int *ret_exit) {
        int r;

        /* It is us whom the manager knows and waits for: we give the exit code. */
        creation->notify.main_pid = getpid();
        foreground->notify = &creation->notify;
        r = foreground_serve(foreground, &creation->child, ret_exit);
        if (r >= 0)
                tell_oom(creation, *ret_exit);
        /* A container that nobody serves any more would stay where its user believes it to be gone. */
        if (r < 0)
                undo(creation);
        if (r < 0 || creation->options->keep)
                return r;
        /* Somebody else may have deleted it meanwhile. */
        if (state_lock(&creation->directory, creation->options->id) < 0) {
                fail_forget();
                return 0;
        }
        if (end_container(&creation->directory, &creation->state, &creation->config) < 0)
                log_warning("delete container: %s", fail_text());
        return 0;
}

static int wait_until_ready(struct creation *creation) {
        int r;

        creation->notify.main_pid = creation->child.pid;
        r = notify_wait(&creation->notify, creation->child.pidfd);
        if (r < 0)
                lock_and_undo(creation);
        return r;
}

int container_run(const char *root, const struct create_options *options, int *ret_exit) {
        autodone(creation) struct creation creation = CREATION_INIT;
        autodone(foreground) struct foreground foreground = FOREGROUND_INIT;
        int r;

        creation.options = options;
        if (!options->process.detach) {
                r = foreground_prepare(&foreground, !options->no_subreaper);
                if (r < 0)
                        return r;
        }
        r = create(root, &creation);
        if (r < 0)
                return r;
        /* Hooks and others must be able to change, kill and delete it while we only wait. */
        state_unlock(&creation.directory);
        r = run_poststart(&creation);
        if (r < 0)
                return r;
        *ret_exit = 0;
        if (!options->process.detach)
                return stay_in_foreground(&creation, &foreground, ret_exit);
        return wait_until_ready(&creation);
}
