/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* start, kill, delete, ps, state. Runs in the runtime's process; create and run are in create.c, list in list.c. */
#include "libcontainer/container.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcontainer/end.h"
#include "libcontainer/isolation/notify.h"
#include "libcontainer/process/channel.h"
#include "libcontainer/state/handle.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/names.h"
#include "util/proc.h"
#include "util/text.h"

/* How long an init may take to die of SIGKILL; one that is stuck in the kernel is reported, not waited for. */
#define DEATH_MILLISECONDS 10000

/* And then the others, which have nothing more to wait for. */
#define OTHERS_MILLISECONDS 1000

/* --- start --- */

static int check_startable(enum status status) {
        switch (status) {
        case STATUS_CREATED:
                return 0;
        case STATUS_STOPPED:
                return reject("cannot start a container that has stopped");
        case STATUS_RUNNING:
                return reject("cannot start an already running container");
        case STATUS_PAUSED:
                return reject("cannot start a container in the paused state");
        default:
                return reject("cannot start a container in the %s state", name_of(statuses, status));
        }
}

/* Killed before it could execute its program. */
static int explain_end(const struct handle *handle) {
        autofree char *oom = cgroup_tell_oom(&handle->state.cgroup);

        if (oom)
                return reject("container init was OOM-killed (memory limit too low?): %s", oom);
        return reject("container init was killed before it executed its program");
}

/* Until init has executed its program (the fifo's end) or says why not. Its death ends the fifo too. */
static int await_result(const struct handle *handle, int result_fd) {
        char text[MESSAGE_TEXT_MAX];
        ssize_t n = fd_read_full(result_fd, text, sizeof(text) - 1);

        if (n < 0)
                return fail((int)-n, "read the result of start");
        text[n] = '\0';
        if (n > 0)
                return fail_take_over(text);
        return proc_ended_unexecuted((pid_t)handle->state.init.pid, handle->pidfd) ? explain_end(handle) : 0;
}

static int release_init(const struct handle *handle) {
        autoclose int result_fd = openat(handle->directory.fd, STATE_RESULT_FIFO, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
        autoclose int exec_fd = openat(handle->directory.fd, STATE_EXEC_FIFO, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
        int r;

        if (result_fd < 0)
                return fail(errno, "open `%s`", STATE_RESULT_FIFO);
        if (exec_fd < 0)
                return errno == ENXIO ? reject("cannot start a container that has stopped") : fail(errno, "open `%s`", STATE_EXEC_FIFO);
        /* It was opened without blocking because init may be gone; from here on its end is what we wait for. */
        r = fd_set_nonblock(result_fd, false);
        if (r >= 0)
                r = fd_write_full(exec_fd, "s", 1);
        if (r < 0)
                return fail(-r, "write `%s`", STATE_EXEC_FIFO);
        r = await_result(handle, result_fd);
        /* Whoever deletes the container next must find it stopped: init ends just now. */
        if (r < 0)
                (void)proc_wait_end(handle->pidfd, DEATH_MILLISECONDS);
        return r;
}

static int load_recorded_config(const struct handle *handle, struct config *ret) {
        return config_load(handle->directory.fd, STATE_CONFIG, ret, NULL, NULL);
}

static int fail_living(const struct handle *handle, int error) {
        autodone(text) struct text text = TEXT_INIT;

        proc_describe((pid_t)handle->state.init.pid, &text);
        return fail(error, "container init did not end after SIGKILL: %s", text.bytes);
}

static int kill_and_wait(struct handle *handle) {
        int r;

        if (handle->pidfd < 0)
                return 0;
        r = proc_signal(handle->pidfd, SIGKILL);
        if (r < 0 && r != -ESRCH)
                return fail(-r, "kill container init %d", (int)handle->state.init.pid);
        /* Behind the signal: nothing of a paused container runs once more. */
        r = cgroup_thaw_all(&handle->state.cgroup);
        if (r < 0)
                log_warning("%s", fail_text());
        r = proc_wait_end(handle->pidfd, DEATH_MILLISECONDS);
        return r < 0 ? fail_living(handle, -r) : 0;
}

static int run_poststart(struct handle *handle) {
        autodone(config) struct config config = CONFIG_INIT;
        int r;

        if (!handle->state.has_poststart)
                return 0;
        r = load_recorded_config(handle, &config);
        if (r < 0)
                return r;
        r = end_run_hooks(&config, HOOK_POSTSTART, &handle->state, STATUS_RUNNING);
        if (r < 0) {
                autofree char *cause = text_copy(fail_text());

                if (kill_and_wait(handle) < 0)
                        log_warning("%s", fail_text());
                fail_take_over(cause);
        }
        return r;
}

/* Both sockets, before the program can write to one. */
static int open_notify(const struct handle *handle, const char *address, struct notify *ret) {
        int r;

        if (!address)
                return 0;
        r = notify_connect(ret, address);
        if (r < 0)
                return r;
        ret->main_pid = (pid_t)handle->state.init.pid;
        return notify_listen(ret, handle->directory.fd);
}

int container_start(const char *root, const char *id, const char *notify_socket) {
        autodone(handle) struct handle handle = HANDLE_INIT;
        autodone(notify) struct notify notify = NOTIFY_INIT;
        int r = handle_open(root, id, true, &handle);

        if (r < 0)
                return r;
        r = check_startable(handle.status);
        if (r < 0)
                return r;
        r = open_notify(&handle, notify_socket, &notify);
        if (r < 0)
                return r;
        r = release_init(&handle);
        if (r < 0)
                return r;
        /* A hook may change the container it is told of, and others must be able to end one that never gets ready. */
        state_unlock(&handle.directory);
        r = run_poststart(&handle);
        if (r < 0)
                return r;
        return notify_wait(&notify, handle.pidfd);
}

/* --- kill --- */

static int kill_init(const struct handle *handle, int signal) {
        int r = proc_signal(handle->pidfd, signal);

        if (r == -ESRCH)
                return reject("container not running");
        if (r < 0)
                return fail(-r, "send signal %d to process %d", signal, (int)handle->state.init.pid);
        /* A frozen v1 process dies only once it is thawed; it may have been paused since its status was read. */
        return signal == SIGKILL ? cgroup_thaw_all(&handle->state.cgroup) : 0;
}

int container_kill(const char *root, const char *id, int signal, bool all) {
        autodone(handle) struct handle handle = HANDLE_INIT;
        /* Without the lock: a signal must not wait behind a slow hook. */
        int r = handle_open(root, id, false, &handle);

        if (r < 0)
                return r;
        /* Without a cgroup (--cgroup-manager=disabled) init is the only process that is known. */
        if (all && (handle.state.cgroup.n_places > 0 || handle.pidfd < 0))
                return cgroup_signal(&handle.state.cgroup, signal);
        if (handle.pidfd < 0)
                return reject("container not running");
        /* Without a pid namespace of its own init's end is not the end of the others. */
        if (signal == SIGKILL && !handle.state.private_pid_namespace && handle.state.cgroup.n_places > 0)
                return cgroup_signal(&handle.state.cgroup, signal);
        return kill_init(&handle, signal);
}

/* --- delete --- */

static int check_deletable(const struct handle *handle) {
        if (handle->status == STATUS_STOPPED || handle->status == STATUS_CREATED)
                return 0;
        return reject("cannot delete container %s that is not stopped: %s", handle->state.id, name_of(statuses, handle->status));
}

/* By force also one whose creator still works on it, in a slow hook perhaps: it holds the lock until it ends. */
static int end_creator(const char *root, const char *id) {
        autodone(handle) struct handle handle = HANDLE_INIT;
        autoclose int creator_fd = -1;
        int r = handle_open(root, id, false, &handle);

        /* What is wrong with it is found again, and told, by who called us. */
        if (r < 0 || handle.status != STATUS_CREATING)
                return 0;
        creator_fd = state_open_process(&handle.state, &handle.state.creator);
        if (creator_fd < 0 || proc_signal(creator_fd, SIGKILL) < 0)
                return 0;
        r = proc_wait_end(creator_fd, DEATH_MILLISECONDS);
        return r < 0 ? fail(-r, "process %d, which creates the container, does not end", (int)handle.state.creator.pid) : 0;
}

static int delete_recorded(struct handle *handle) {
        autodone(config) struct config config = CONFIG_INIT;
        bool has_config = false;
        int r = kill_and_wait(handle);

        /* It may wait for another one that does not end, and may have kept others alive: who is left then is to blame. */
        if (r == -ETIMEDOUT && handle->state.cgroup.n_places > 0)
                r = cgroup_destroy(&handle->state.cgroup, OTHERS_MILLISECONDS);
        if (r < 0)
                return r;
        if (handle->state.has_poststop) {
                has_config = load_recorded_config(handle, &config) >= 0;
                if (!has_config)
                        log_warning("poststop hooks cannot run: %s", fail_text());
        }
        return end_container(&handle->directory, &handle->state, has_config ? &config : NULL);
}

static int delete_by_force(const char *root, const char *id) {
        autodone(handle) struct handle handle = HANDLE_INIT;
        int r = end_creator(root, id);

        if (r < 0)
                return r;
        r = handle_open_directory(root, id, true, &handle);
        /* Engines delete again what is gone already. */
        if (r == -ENOENT) {
                fail_forget();
                return 0;
        }
        if (r < 0)
                return r;
        r = handle_read(&handle);
        /* Nothing is known of a broken one: before the record of the intent was written nothing else was made either. */
        if (r == -EUCLEAN) {
                fail_forget();
                return state_remove(&handle.directory, id);
        }
        return r < 0 ? r : delete_recorded(&handle);
}

int container_delete(const char *root, const char *id, bool force) {
        autodone(handle) struct handle handle = HANDLE_INIT;
        int r;

        if (force)
                return delete_by_force(root, id);
        r = handle_open(root, id, true, &handle);
        if (r < 0)
                return r;
        r = check_deletable(&handle);
        return r < 0 ? r : delete_recorded(&handle);
}

/* --- ps --- */

void pid_list_done(struct pid_list *list) {
        free(list->items);
        *list = (struct pid_list){};
}

int container_pids(const char *root, const char *id, struct pid_list *ret) {
        autodone(handle) struct handle handle = HANDLE_INIT;
        int r = handle_open(root, id, false, &handle);

        if (r < 0)
                return r;
        if (handle.state.cgroup.n_places == 0)
                return reject("the container is not using cgroups");
        return cgroup_pids(&handle.state.cgroup, &ret->items, &ret->n);
}

/* --- state --- */

int container_read(const char *root, const char *id, struct state *ret, enum status *ret_status) {
        autodone(handle) struct handle handle = HANDLE_INIT;
        int r = handle_open(root, id, false, &handle);

        if (r < 0)
                return r;
        *ret = handle.state;
        handle.state = STATE_INIT;
        *ret_status = handle.status;
        return 0;
}
