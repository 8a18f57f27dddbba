/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The runtime's side of a launch. */
#include "libcontainer/process/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcontainer/isolation/hooks.h"
#include "libcontainer/isolation/id-maps.h"
#include "libcontainer/isolation/mount-api.h"
#include "libcontainer/isolation/namespaces.h"
#include "libcontainer/isolation/sources.h"
#include "libcontainer/isolation/terminal.h"
#include "libcontainer/isolation/tuning.h"
#include "libcontainer/process/channel.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/init.h"
#include "libcontainer/process/listener.h"
#include "libcontainer/process/setns.h"
#include "libcontainer/process/stage.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/interrupt.h"
#include "util/proc.h"
#include "util/text.h"

/* One that stands still in a frozen v1 cgroup dies when that is thawed, and is not waited for. */
#define DEATH_MILLISECONDS 2000

void child_done(struct child *child) {
        fd_close(&child->pidfd);
        fd_close(&child->channel);
        fd_close(&child->terminal_fd);
        net_devices_done(&child->net_devices);
}

void parent_kill(struct child *child) {
        int status;

        if (child->pid <= 0)
                return;
        if (child->pidfd >= 0)
                (void)proc_signal(child->pidfd, SIGKILL);
        if (child->pidfd >= 0)
                (void)proc_wait_end(child->pidfd, DEATH_MILLISECONDS);
        (void)proc_reap_now(child->pid, &status);
        child->pid = 0;
}

/* --- what went wrong --- */

static const char *process_word(const struct plan *plan) {
        return plan->target_fd >= 0 ? "the new process" : "container init";
}

/* `oom` is what the cgroup tells, NULL: nothing. */
static int fail_by_status(const struct plan *plan, int status, const char *oom) {
        const char *process = process_word(plan);

        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
                oom = NULL;
        /* In a container that has lived before, it may have been others. */
        if (oom && plan->target_fd >= 0)
                return reject("%s was killed; of its cgroup's memory: %s", process, oom);
        if (oom)
                return reject("%s was OOM-killed (memory limit too low?): %s", process, oom);
        if (WIFSIGNALED(status))
                return reject("%s was killed by signal %d", process, WTERMSIG(status));
        return reject("%s ended with status %d", process, WEXITSTATUS(status));
}

/*
 * The stream ended without a word: only the wait status can tell. A process that closed it and lives on, stopped by a tracer
 * in the container perhaps, is not waited for: whoever undoes kills it.
 */
static int explain_end(const struct plan *plan, struct child *child) {
        /* First of all: systemd removes the cgroup when its last process has ended. */
        autofree char *oom = cgroup_tell_oom(&plan->cgroup);
        int status = 0, r = proc_wait_end(child->pidfd, DEATH_MILLISECONDS);

        if (r >= 0)
                r = proc_reap_now(child->pid, &status);
        if (r == -ETIMEDOUT || r == -EAGAIN)
                return reject("%s broke off, and has not ended", process_word(plan));
        child->pid = 0;
        return r < 0 ? fail(-r, "wait for %s", process_word(plan)) : fail_by_status(plan, status, oom);
}

/* --- before init runs --- */

static int open_fifo(const struct state_directory *directory, const char *name) {
        int fd;

        if (mkfifoat(directory->fd, name, 0600) < 0)
                return fail(errno, "make `%s`", name);
        /* Both ways, so that neither opening nor reading it depends on who else has it open. */
        fd = openat(directory->fd, name, O_RDWR | O_CLOEXEC);
        return fd < 0 ? fail(errno, "open `%s`", name) : fd;
}

static int open_fifos(const struct state_directory *directory, struct launch *launch) {
        if (launch->plan->starts_at_once)
                return 0;
        launch->exec_fifo_fd = open_fifo(directory, STATE_EXEC_FIFO);
        if (launch->exec_fifo_fd < 0)
                return launch->exec_fifo_fd;
        launch->result_fifo_fd = open_fifo(directory, STATE_RESULT_FIFO);
        return launch->result_fifo_fd < 0 ? launch->result_fifo_fd : 0;
}

static bool needs_preparation(const struct plan *plan) {
        return plan->creates[NAMESPACE_USER] || plan->n_net_devices > 0 || tuning_is_needed_outside(&plan->config->process);
}

/* Not where the kernel has no birth into a cgroup (before Linux 5.7), nor with a limit of no processes. */
static bool must_be_moved(const struct plan *plan, const struct clone_result *result) {
        for (size_t i = 0; i < plan->cgroup.n_places; i++)
                if (plan->cgroup.places[i].v2)
                        return !result->in_cgroup;
        return false;
}

/* It is our child, so its pid is its own until we reap it. */
static int hold(struct child *child, pid_t pid, int pidfd) {
        child->pid = pid;
        child->was_launched = true;
        child->pidfd = pidfd >= 0 ? pidfd : proc_open(pid);
        return child->pidfd < 0 ? fail(-child->pidfd, "open process %d", (int)pid) : 0;
}

/* cgroup v2, "Delegation Containment": who moves a process must be the owner of what is above both cgroups. */
static int explain_birth(const struct plan *plan, int r) {
        for (size_t i = 0; r == -EACCES && i < plan->cgroup.n_places; i++)
                if (plan->cgroup.places[i].v2)
                        return within(r, "from a cgroup outside of what is delegated, into `%s`", plan->cgroup.places[i].directory);
        return r;
}

static int clone_init(struct launch *launch, bool *ret_moved, struct child *ret) {
        const struct plan *plan = launch->plan;
        uint64_t flags = plan->needs_stage ? 0 : namespaces_clone_flags(plan);
        struct clone_result result;
        int r = plan->needs_stage ? 0 : namespaces_set_child_pid(plan);

        if (r < 0)
                return r;
        r = clone_process(flags, cgroup_birth_fd(&plan->cgroup), &result);
        /* What the user may not do, the user's systemd may: move it. */
        if (r == -EACCES && plan->cgroup.user_unit) {
                fail_forget();
                r = clone_process(flags, -1, &result);
        }
        if (r < 0)
                return explain_birth(plan, r);
        /* Both sides come to the same answer. */
        *ret_moved = must_be_moved(plan, &result);
        /* Behind a stage, because its word of init must come before any of init's own. */
        launch->waits_for_go = needs_preparation(plan) || *ret_moved || plan->needs_stage || plan->cgroup.keeper;
        if (result.pid == 0 && plan->needs_stage)
                stage_main(launch);
        if (result.pid == 0)
                launch->main(launch);
        r = hold(ret, result.pid, result.pidfd);
        if (r < 0)
                return r;
        /* Hooks are children too, and belong in our own pid namespace. */
        return plan->needs_stage ? 0 : namespaces_reset_child_pid(plan);
}

/* --- beside init --- */

/* The kernel's word, not the message's. */
static bool is_child(pid_t pid) {
        siginfo_t info;

        return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/*
 * The process that we made has made another of our children, the one that counts, and ends. If it stands still, in a container
 * that is being paused, it is left to whoever reaps orphans. The message may come from elsewhere (is_expected()): then its
 * number is no child of ours, or by chance the right one.
 */
static int take_over(struct child *child, const struct message *message) {
        pid_t pid = (pid_t)message->number;
        int status;

        (void)proc_wait_end(child->pidfd, DEATH_MILLISECONDS);
        (void)proc_reap_now(child->pid, &status);
        if (pid == child->pid || !is_child(pid))
                return reject("unexpected process %d", message->number);
        child->is_second = true;
        fd_close(&child->pidfd);
        return hold(child, pid, -1);
}

/* Until there is something to read, or we are told to end. */
static int await(int fd) {
        struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = interrupt_fd(), .events = POLLIN}};
        int signal;

        while (poll(fds, ELEMENTSOF(fds), -1) < 0)
                if (errno != EINTR)
                        return fail(errno, "wait for the container's process");
        signal = interrupt_take();
        return signal ? reject("interrupted by signal %d", signal) : 0;
}

/* From the stage that was cloned to the init that it made. */
static int take_init_from_stage(const struct plan *plan, struct child *child) {
        struct message message;
        int r = await(child->channel);

        if (r >= 0)
                r = channel_receive(child->channel, &message);
        if (r < 0)
                return r;
        if (message.type == MESSAGE_PID)
                return take_over(child, &message);
        if (message.type == MESSAGE_FAILED)
                return fail_take_over(message.text);
        return explain_end(plan, child);
}

/*
 * While init waits, and is still dumpable: later it takes CAP_SYS_PTRACE to look at it, which a runtime that is itself in a
 * container need not have. -1 where that comes too late, as behind a stage.
 */
static int open_mount_namespace(const struct child *child) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)child->pid);
        return open(path, O_RDONLY | O_CLOEXEC);
}

/* In the helper: inside init's mount namespace, outside its user namespace. */
static int send_sources(const struct plan *plan, const struct child *child, int mount_namespace_fd) {
        struct sources sources;
        int r;

        if (setns(mount_namespace_fd >= 0 ? mount_namespace_fd : child->pidfd, CLONE_NEWNS) < 0)
                return fail(errno, "join the container's mount namespace");
        sources_init(plan, &sources);
        r = sources_open(plan, &sources);
        if (r < 0)
                return r;
        for (size_t i = 0; i < sources_count(plan); i++) {
                int fd = *sources_at(plan, &sources, i);

                r = fd < 0 ? 0 : channel_send_fd(child->channel, MESSAGE_SOURCE, (int)i, fd);
                if (r < 0)
                        return r;
        }
        return channel_send_fd(child->channel, MESSAGE_SOURCE, -1, -1);
}

/* What the helper records comes back by a pipe; an empty one is success. */
static int run_source_helper(const struct plan *plan, const struct child *child, int mount_namespace_fd) {
        char record[MESSAGE_TEXT_MAX];
        autoclose int read_fd = -1;
        int ends[2], status, r;
        ssize_t n;
        pid_t pid;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return fail(errno, "make pipe");
        read_fd = ends[0];
        pid = fork();
        if (pid == 0) {
                if (send_sources(plan, child, mount_namespace_fd) < 0)
                        (void)fd_write_full(ends[1], fail_text(), strlen(fail_text()));
                _exit(EXIT_SUCCESS);
        }
        close(ends[1]);
        if (pid < 0)
                return fail(errno, "fork");
        /* It looks at the host's file systems, and one of them may not answer. */
        r = await(read_fd);
        if (r < 0)
                kill(pid, SIGKILL);
        n = r < 0 ? 0 : fd_read_full(read_fd, record, sizeof(record) - 1);
        (void)proc_reap(pid, &status);
        if (r < 0)
                return r;
        if (n < 0)
                return fail((int)-n, "read from helper");
        record[n] = '\0';
        return n > 0 ? fail_take_over(record) : 0;
}

static int prepare(const struct launch *launch, bool moved, struct child *child) {
        const struct plan *plan = launch->plan;
        autoclose int mount_namespace_fd = plan->needs_source_helper ? open_mount_namespace(child) : -1;
        int r = id_maps_write(plan, child->pid);

        if (r < 0)
                return r;
        /* Into v1 cgroups it goes itself; into that of v2 it is born where it can be. */
        if (moved) {
                r = cgroup_attach(&plan->cgroup, child->pid, false);
                if (r < 0)
                        return r;
        }
        /* Before the container's process goes on: from here on it is the only one that counts against its limits. */
        r = cgroup_release(&plan->cgroup);
        if (r >= 0)
                r = tuning_from_outside(&plan->config->process, child->pid);
        if (r < 0)
                return r;
        r = net_devices_move(plan, child->pid, &child->net_devices);
        if (r < 0)
                return r;
        if (launch->waits_for_go) {
                r = channel_send(child->channel, MESSAGE_GO);
                if (r < 0)
                        return r;
        }
        return plan->needs_source_helper ? run_source_helper(plan, child, mount_namespace_fd) : 0;
}

/* --- init's messages --- */

static int run_runtime_hooks(const struct plan *plan, const struct state *state, const struct child *child) {
        static const enum hook_kind kinds[] = {HOOK_PRESTART, HOOK_CREATE_RUNTIME};
        struct text text = TEXT_INIT;
        int r = 0;

        state_print_for_hook(state, STATUS_CREATING, child->pid, &text);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(kinds); i++)
                r = hooks_run(&(struct hook_call){.hooks = &plan->config->hooks[kinds[i]],
                                                  .kind = kinds[i],
                                                  .state = text.bytes,
                                                  .environment = environ,
                                                  .directory_fd = plan->bundle_fd,
                                                  .output_fds = plan->hook_output_fds},
                              false);
        text_done(&text);
        return r < 0 ? r : channel_send(child->channel, MESSAGE_HOOKS_DONE);
}

static int pass_listener_on(const struct plan *plan, const struct state *state, struct child *child, struct message *message) {
        autoclose int listener_fd = -1;
        int r = listener_take(child->pidfd, message, &listener_fd);

        child->had_listener = true;
        return r < 0 ? r : listener_send(plan, state, child->pid, listener_fd);
}

static bool awaits_second(const struct plan *plan, const struct child *child) {
        return plan->target_namespaces & CLONE_NEWPID && !child->is_second;
}

/*
 * The other end of the channel can be in reach of the container (exec's second process, an init that joined a pid namespace),
 * so nothing is believed but what the plan has left to come.
 */
static bool is_expected(const struct plan *plan, const struct child *child, const struct message *message) {
        switch (message->type) {
        case MESSAGE_TERMINAL:
                return plan->console_to_runtime && child->terminal_fd < 0 && message->fd >= 0;
        case MESSAGE_PID:
                return awaits_second(plan, child) && message->fd < 0;
        case MESSAGE_RUN_HOOKS:
                return plan->target_fd < 0 && !child->had_hooks && message->fd < 0;
        case MESSAGE_LISTENER:
                return plan->seccomp.has_listener && !child->had_listener && !awaits_second(plan, child) &&
                        (message->fd >= 0) == plan->listener_is_sent;
        default:
                return false;
        }
}

static int answer(const struct plan *plan, const struct state *state, struct child *child, struct message *message) {
        if (!is_expected(plan, child, message)) {
                fd_close(&message->fd);
                return reject("unexpected message %d from %s", message->type, process_word(plan));
        }
        if (message->type == MESSAGE_PID)
                return take_over(child, message);
        if (message->type == MESSAGE_RUN_HOOKS) {
                child->had_hooks = true;
                return run_runtime_hooks(plan, state, child);
        }
        if (message->type == MESSAGE_LISTENER)
                return pass_listener_on(plan, state, child, message);
        child->terminal_fd = message->fd;
        /* Before the process is executed: it may ask at once. */
        terminal_copy_size(child->terminal_fd);
        return 0;
}

/* Until `last` or the end of the stream, whichever is awaited. */
static int serve(const struct plan *plan, const struct state *state, struct child *child, enum message_type last) {
        for (;;) {
                struct message message;
                int r = await(child->channel);

                if (r >= 0)
                        r = channel_receive(child->channel, &message);
                if (r < 0)
                        return r;
                /* The second process speaks, though the first one never told of it: then that one was killed. */
                if (message.type == last)
                        return awaits_second(plan, child) ? explain_end(plan, child) : 0;
                if (message.type == MESSAGE_FAILED)
                        return fail_take_over(message.text);
                if (message.type != MESSAGE_END)
                        r = answer(plan, state, child, &message);
                /* It ended while we were busy for it: how is in its wait status. */
                if (message.type == MESSAGE_END || r == -EPIPE || r == -ECONNRESET)
                        return explain_end(plan, child);
                if (r < 0)
                        return r;
        }
}

int parent_launch(const struct plan *plan, const struct state *state, const struct state_directory *directory,
                  struct child *ret) {
        autodone(launch) struct launch launch = LAUNCH_INIT;
        bool moved = false;
        int ends[2], r = channel_open(ends);

        if (r < 0)
                return r;
        launch.main = plan->target_fd >= 0 ? setns_main : init_main;
        launch.plan = plan;
        launch.state = state;
        ret->channel = ends[0];
        launch.channel = ends[1];
        r = open_fifos(directory, &launch);
        if (r < 0)
                return r;
        r = cgroup_entrance_open(&plan->cgroup, &launch.entrance);
        if (r < 0)
                return r;
        r = resctrl_open_entrance(&state->resctrl, plan->target_fd >= 0, launch.resctrl_fds);
        if (r < 0)
                return r;
        r = clone_init(&launch, &moved, ret);
        if (r < 0)
                return r;
        /* Our copy of init's end must go, else the end of the stream would never show. */
        fd_close(&launch.channel);
        if (plan->needs_stage) {
                r = take_init_from_stage(plan, ret);
                if (r < 0)
                        return r;
        }
        r = prepare(&launch, moved, ret);
        /* If init failed meanwhile, what it says is nearer to the cause than our broken pipe. */
        if (r == -EPIPE || r == -ECONNRESET || r == -ESRCH)
                fail_forget();
        else if (r < 0)
                return r;
        r = serve(plan, state, ret, MESSAGE_READY);
        if (r < 0)
                return r;
        /* Else its calls would fail with nobody to decide about them. */
        return plan->seccomp.has_listener && !ret->had_listener ? reject("%s handed over no listener", process_word(plan)) : 0;
}

int parent_release(const struct plan *plan, const struct state *state, struct child *child) {
        int r = channel_send(child->channel, plan->starts_at_once ? MESSAGE_START : MESSAGE_WAIT);

        /* It was ready, and has been killed since. */
        if (r == -EPIPE || r == -ECONNRESET)
                return explain_end(plan, child);
        if (r < 0)
                return r;
        if (!plan->starts_at_once)
                return 0;
        r = serve(plan, state, child, MESSAGE_END);
        /* The stream ends with execve(2), and with a process that is killed just before. */
        return r >= 0 && proc_ended_unexecuted(child->pid, child->pidfd) ? explain_end(plan, child) : r;
}
