/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The listener of a filter with SCMP_ACT_NOTIFY, from the new process to the agent that answers for it (config-linux.md, "The
 * Container Process State"). Runs in the runtime's process. Functions record their failures.
 */
#pragma once

#include "libcontainer/plan/plan.h"
#include "libcontainer/process/channel.h"
#include "libcontainer/state/state.h"

/*
 * Gives the listener that the message of the process behind `pidfd` is about: what came with it, or else the descriptor that it
 * names there. Anything but a listener is refused. Owned by the caller.
 */
int listener_take(int pidfd, struct message *message, int *ret_fd);

/*
 * Sends it to the agent with what the agent is told of the process `pid`, and ends the connection, which the plan still holds.
 * A failure is never -EPIPE or -ECONNRESET, which mean the end of the process to our caller.
 */
int listener_send(const struct plan *plan, const struct state *state, pid_t pid, int listener_fd);
