/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Passes the listener of a filter on. Runs in the runtime's process, while the new one is on its way to READY and may be
 * waiting already for the agent's first answer.
 */
#include "libcontainer/process/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "libcontainer/config/version.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/kernel.h"
#include "util/text.h"

/* An agent that does not read holds us up no longer than twice this: once when a part is sent, once when no more is. */
#define SEND_SECONDS 5

/* --- from the process --- */

/* No ioctl(2): what it would do to a descriptor of somebody else's choice is not known. */
static bool is_listener(int fd) {
        static const char expected[] = "anon_inode:seccomp notify";
        const ssize_t length = sizeof(expected) - 1;
        char path[FD_PATH_MAX], target[sizeof(expected)];

        fd_path(path, fd);
        return readlink(path, target, sizeof(target)) == length && memcmp(target, expected, (size_t)length) == 0;
}

int listener_take(int pidfd, struct message *message, int *ret_fd) {
        autoclose int fd = take_fd(&message->fd);

        if (fd < 0)
                fd = kernel_pidfd_getfd(pidfd, message->number, 0);
        if (fd < 0)
                return fail(errno, "linux.seccomp: fetch the listener");
        if (!is_listener(fd))
                return reject("linux.seccomp: descriptor %d of the process is not a listener", message->number);
        *ret_fd = take_fd(&fd);
        return 0;
}

/* --- to the agent --- */

static void describe(const struct plan *plan, const struct state *state, pid_t pid, struct text *text) {
        struct json_writer writer = {.text = text};
        bool is_exec = plan->target_fd >= 0;

        json_object_begin(&writer, NULL);
        json_write_string(&writer, "ociVersion", TARE_SPEC_VERSION);
        json_array_begin(&writer, "fds");
        json_write_string(&writer, NULL, "seccompFd");
        json_array_end(&writer);
        json_write_i64(&writer, "pid", pid);
        if (plan->config->linux.seccomp.listener_metadata)
                json_write_string(&writer, "metadata", plan->config->linux.seccomp.listener_metadata);
        state_write_for_hook(state, is_exec ? STATUS_RUNNING : STATUS_CREATING, is_exec ? (pid_t)state->init.pid : pid, "state",
                             &writer);
        json_object_end(&writer);
}

int listener_send(const struct plan *plan, const struct state *state, pid_t pid, int listener_fd) {
        autodone(text) struct text text = TEXT_INIT;
        struct timeval patience = {.tv_sec = SEND_SECONDS};
        int r;

        describe(plan, state, pid, &text);
        (void)setsockopt(plan->listener_socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        r = fd_send(plan->listener_socket, text.bytes, text.length, listener_fd);
        /* Not when the plan is done with: the process may wait for an agent that reads to the end before it answers. */
        (void)shutdown(plan->listener_socket, SHUT_RDWR);
        if (r >= 0)
                return 0;
        (void)fail(r == -EAGAIN ? ETIMEDOUT : -r, "linux.seccomp: send the listener to the agent");
        return -EIO;
}
