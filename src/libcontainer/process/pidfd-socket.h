/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --pidfd-socket: the caller gets a pidfd of the container's process, and so holds that very process without ever looking
 * a pid up. Runs in the runtime's process.
 */
#pragma once

/* What the message says beside the descriptor, in runc's words: which kind of process it is. */
#define PIDFD_SOCKET_INIT "standard" /* the container's first */
#define PIDFD_SOCKET_EXEC "setns" /* one that `exec` put into it */

/*
 * Sends one message with the pidfd over the connected socket (fd_connect_unix()), closes the socket, so that a receiver
 * that reads on finds its end, and leaves -1 behind. Nothing to do where it is -1 already. Records.
 */
int pidfd_socket_send(int *socket_fd, const char *payload, int pidfd);
