/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's terminal. In init, after the mounts and before the pivot: the pseudo-terminal is one of the
 * container's own devpts, opened below its root and verified, so that no image can pass a device of the host's
 * (CVE-2025-52565).
 */
#pragma once

#include "libcontainer/plan/plan.h"

/* Makes the pair, mounts its slave on /dev/console and gives both ends (owned by the caller). */
int terminal_make(const struct plan *plan, int rootfs_fd, int *ret_master_fd, int *ret_slave_fd);

/* Sends the master to whoever listens on the console socket: one descriptor, a payload that is not empty. */
int terminal_send(int socket, int master_fd);

/* In the runtime: gives the terminal the size of the window on our standard input, if that is a terminal. */
void terminal_copy_size(int terminal_fd);

/* Makes the slave the controlling terminal and standard input, output and error. */
int terminal_use(int slave_fd);
