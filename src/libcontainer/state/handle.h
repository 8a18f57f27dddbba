/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A container that a command works on: found below the root, read, and its status derived. Runs in the runtime's process.
 * Functions record their failures.
 */
#pragma once

#include "libcontainer/state/state.h"

struct handle {
        int root_fd;
        struct state_directory directory;
        struct state state;
        enum status status;
        int pidfd; /* of init while it lives; -1 */
};
#define HANDLE_INIT ((struct handle){.root_fd = -1, .directory = STATE_DIRECTORY_INIT, .state = STATE_INIT, .pidfd = -1})
void handle_done(struct handle *handle);

/*
 * Opens the container. `locked`: for commands that change it, one at a time; others must not wait behind a slow hook. One
 * that its creator still works on is not locked, and its status says so: the command has to refuse it. -ENOENT when there is
 * none, -EUCLEAN when its record cannot be read.
 */
int handle_open(const char *root, const char *id, bool locked, struct handle *ret);

/* The two halves of it, for `delete`: the directory of a broken container can be opened and removed. */
int handle_open_directory(const char *root, const char *id, bool locked, struct handle *ret);
int handle_read(struct handle *handle);
