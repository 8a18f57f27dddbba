/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The messages between the runtime and the processes that it makes. All of them, in the order of one create:
 *
 *     runtime (parent.c)                          init (init.c)
 *     clone3  ----------------------------------> born in its namespaces (behind a stage when it joins a user namespace)
 *     stage only:       <------------ PID ------- stage.c made init, which is our child
 *     maps, cgroup, limits, network devices
 *     GO  --------------------------------------> (waited for only behind a stage and if the plan says so)
 *     SOURCE ... -------------------------------> the host's paths; from the helper, only with a user namespace
 *                                                 mounts, devices, terminal
 *                       <------- TERMINAL -------- the master; only if the runtime serves the terminal itself
 *                       <------- RUN_HOOKS ------- only if there are such hooks
 *     prestart, createRuntime
 *     HOOKS_DONE  ------------------------------> createContainer, pivot, ids, capabilities
 *                       <------- LISTENER -------- the filter is loaded; only if it has a listener, which goes to its agent
 *                       <------- READY -----------
 *     record the container
 *     START or WAIT  ---------------------------> execute now, or wait for `tare start` behind exec.fifo
 *                       <--- end of the stream --- execve closed it: the process runs, or init waits on its own
 *
 * Of one exec: clone3 into the cgroup, GO if the plan says so, TERMINAL as above; then PID, from the first process, of the
 * second one, and from that, which is silent until then, LISTENER, READY, START and the end of the stream.
 *
 * At any time: FAILED (its text becomes the runtime's record; then init ends).
 * A stream that ends without FAILED means that init died; a runtime that died makes init's next read or write fail.
 */
#pragma once

#include <stddef.h>

enum message_type {
        MESSAGE_NONE,
        MESSAGE_PID,
        MESSAGE_GO,
        MESSAGE_SOURCE,
        MESSAGE_TERMINAL,
        MESSAGE_RUN_HOOKS,
        MESSAGE_HOOKS_DONE,
        MESSAGE_LISTENER,
        MESSAGE_READY,
        MESSAGE_START,
        MESSAGE_WAIT,
        MESSAGE_FAILED,
        MESSAGE_END, /* of the stream; never sent */
};

#define MESSAGE_TEXT_MAX 8192

struct message {
        enum message_type type;
        int number; /* PID: the pid; SOURCE: the index; LISTENER: its descriptor there */
        int fd; /* received with it, owned by the receiver; -1: none */
        char text[MESSAGE_TEXT_MAX]; /* FAILED */
};

/* A connected pair; [0] is the runtime's end. */
int channel_open(int ret_ends[2]);

int channel_send(int channel, enum message_type type);
int channel_send_number(int channel, enum message_type type, int number);
int channel_send_fd(int channel, enum message_type type, int number, int fd);
int channel_send_text(int channel, enum message_type type, const char *text);

/*
 * By write(2) and read(2) alone, for a process that may be under the container's filter already: what passes that is up to the
 * config. No descriptor comes along. SIGPIPE ends a process whose runtime has ended.
 */
int channel_write(int channel, enum message_type type, int number);
int channel_read(int channel, enum message_type *ret_type);

/* Receives the next message; MESSAGE_END (and 0) at the end of the stream. */
int channel_receive(int channel, struct message *ret);

/* Receives one that must be of this type; anything else, the end too, is a recorded failure. */
int channel_expect(int channel, enum message_type type, struct message *ret);
