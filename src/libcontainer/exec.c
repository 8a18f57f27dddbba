/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exec. The order: find every mistake, then act. It takes no lock: execs run side by side, and a process that is born while
 * the container is being paused stands still with it. Runs in the runtime's process.
 */
#include "libcontainer/exec.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcontainer/common.h"
#include "libcontainer/isolation/lsm.h"
#include "libcontainer/isolation/tuning.h"
#include "libcontainer/process/foreground.h"
#include "libcontainer/process/parent.h"
#include "libcontainer/process/pidfd-socket.h"
#include "libcontainer/state/handle.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/interrupt.h"
#include "util/proc.h"
#include "util/text.h"

/* One exec, from the command to the running process. */
struct execution {
        const struct exec_options *options;
        struct handle handle;
        struct config config; /* the container's, with the process to run */
        struct host host;
        struct plan plan;
        struct child child;
        bool wrote_pid_file;
};
#define EXECUTION_INIT                                                                            \
        ((struct execution){.handle = HANDLE_INIT, .config = CONFIG_INIT, .plan = PLAN_INIT, .child = CHILD_INIT})

static void execution_done(struct execution *execution) {
        child_done(&execution->child);
        plan_done(&execution->plan);
        host_done(&execution->host);
        config_done(&execution->config);
        handle_done(&execution->handle);
}

/* --- find every mistake --- */

static int check_status(const struct execution *execution) {
        switch (execution->handle.status) {
        case STATUS_CREATED:
        case STATUS_RUNNING:
                return 0;
        case STATUS_PAUSED:
                return execution->options->ignore_paused ? 0 : reject("cannot exec in a paused container (use --ignore-paused to override)");
        case STATUS_STOPPED:
                return reject("cannot exec in a stopped container");
        default:
                return reject("cannot exec in a container that is %s", name_of(statuses, execution->handle.status));
        }
}

/* "PATH", or on v1 "CONTROLLER[,CONTROLLER]:PATH". */
static int select_cgroup(struct cgroup *cgroup, const char *text) {
        autofree char *copy = text_copy(text);
        char *path = strchr(copy, ':');
        int r = 0;

        if (!path)
                return cgroup_select_sub(cgroup, NULL, copy);
        *path++ = '\0';
        for (char *rest = copy, *controller; r >= 0 && (controller = strsep(&rest, ","));)
                r = cgroup_select_sub(cgroup, controller, path);
        return r;
}

static int decide_cgroup(struct execution *execution) {
        const struct option_list *list = &execution->options->cgroups;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < list->count; i++)
                r = select_cgroup(&execution->plan.cgroup, list->items[i]);
        if (r < 0 || list->count > 0)
                return r;
        return cgroup_open(&execution->plan.cgroup);
}

static int decide(struct execution *execution, const char *root) {
        const struct handle *handle = &execution->handle;
        int r = handle_open(root, execution->options->id, false, &execution->handle);

        if (r < 0)
                return r;
        r = check_status(execution);
        if (r < 0)
                return r;
        r = config_load(handle->directory.fd, STATE_CONFIG, &execution->config, NULL, NULL);
        if (r < 0)
                return r;
        r = exec_process(execution->options, &execution->config);
        if (r < 0)
                return r;
        r = lsm_check(&execution->config);
        if (r < 0)
                return r;
        r = host_probe_caller(&execution->host);
        if (r < 0)
                return r;
        r = plan_exec(&execution->config,
                      &(struct exec_target){.id = handle->state.id,
                                            .pid = (pid_t)handle->state.init.pid,
                                            .pidfd = handle->pidfd,
                                            .cgroup = &handle->state.cgroup,
                                            .new_keyring = handle->state.new_keyring},
                      &execution->options->process, &execution->host, &execution->plan);
        if (r < 0)
                return r;
        r = decide_cgroup(execution);
        if (r < 0)
                return r;
        common_warn_of_capabilities(&execution->plan);
        r = common_prepare_filter(&execution->options->process, handle->root_fd, &execution->plan);
        if (r >= 0)
                plan_unseen(&execution->plan);
        return r;
}

/* --- act --- */

/*
 * A v2 cgroup that has divided itself takes no processes (EBUSY), a threaded one none from outside (EOPNOTSUPP): then the
 * new one belongs where the container's own init has gone.
 */
static bool is_refused_birth(const struct execution *execution, int r) {
        return !execution->child.was_launched && execution->options->cgroups.count == 0 && (r == -EBUSY || r == -EOPNOTSUPP);
}

static int launch(struct execution *execution) {
        int r = parent_launch(&execution->plan, &execution->handle.state, NULL, &execution->child);

        if (!is_refused_birth(execution, r))
                return r;
        fail_forget();
        child_done(&execution->child);
        r = cgroup_follow(&execution->plan.cgroup, (pid_t)execution->handle.state.init.pid);
        /* Else it was another's cgroup. */
        if (r >= 0 && !proc_is_alive(execution->handle.pidfd))
                return fail(ESRCH, "follow the container's init");
        return r < 0 ? r : parent_launch(&execution->plan, &execution->handle.state, NULL, &execution->child);
}

static int act(struct execution *execution) {
        const struct process_options *options = &execution->options->process;
        int r = interrupt_catch();

        if (r < 0)
                return fail(-r, "catch signals");
        r = tuning_set_initial_affinity(&execution->config.process);
        if (r < 0)
                return r;
        r = launch(execution);
        if (r < 0)
                return r;
        fd_close(&execution->plan.listener_socket);
        r = pidfd_socket_send(&execution->plan.pidfd_socket, PIDFD_SOCKET_EXEC, execution->child.pidfd);
        if (r < 0)
                return r;
        r = common_write_pid_file(options->pid_file, execution->child.pid, &execution->wrote_pid_file);
        return r < 0 ? r : parent_release(&execution->plan, NULL, &execution->child);
}

/* What went wrong because the container ended meanwhile is told so. */
static int undo(struct execution *execution, int r) {
        const struct handle *handle = &execution->handle;
        bool has_ended = handle->pidfd >= 0 && (!proc_is_alive(handle->pidfd) || proc_is_ending((pid_t)handle->state.init.pid));

        parent_kill(&execution->child);
        if (execution->wrote_pid_file)
                (void)unlink(execution->options->process.pid_file);
        return has_ended ? within(r, "cannot exec in a stopped container") : r;
}

int container_exec(const char *root, const struct exec_options *options, int *ret_exit) {
        autodone(foreground) struct foreground foreground = FOREGROUND_INIT;
        autodone(execution) struct execution execution = EXECUTION_INIT;
        int r = 0;

        execution.options = options;
        *ret_exit = 0;
        if (!options->process.detach)
                r = foreground_prepare(&foreground, false);
        if (r >= 0)
                r = decide(&execution, root);
        if (r >= 0)
                r = act(&execution);
        if (r >= 0 && !options->process.detach)
                r = foreground_serve(&foreground, &execution.child, ret_exit);
        return r < 0 ? undo(&execution, r) : 0;
}
