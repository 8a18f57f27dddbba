/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening what a command works on. Runs in the runtime's process. */
#include "libcontainer/state/handle.h"

#include <errno.h>

#include "util/fail.h"
#include "util/fd.h"

void handle_done(struct handle *handle) {
        fd_close(&handle->pidfd);
        state_done(&handle->state);
        state_directory_done(&handle->directory);
        fd_close(&handle->root_fd);
}

int handle_open_directory(const char *root, const char *id, bool locked, struct handle *ret) {
        int r = state_check_id(id);

        if (r < 0)
                return r;
        ret->root_fd = state_root_open(root, false);
        if (ret->root_fd < 0 && ret->root_fd != -ENOENT)
                return ret->root_fd;
        return locked ? state_open(ret->root_fd, id, &ret->directory) : state_open_unlocked(ret->root_fd, id, &ret->directory);
}

int handle_read(struct handle *handle) {
        int r = state_load(&handle->directory, &handle->state);

        return r < 0 ? r : state_status(&handle->directory, &handle->state, &handle->status, &handle->pidfd);
}

static void forget(struct handle *handle) {
        fail_forget();
        fd_close(&handle->pidfd);
        state_done(&handle->state);
        handle->state = STATE_INIT;
}

/*
 * No command works on a container that is being created, so none waits for its creator: that may be waiting itself, for a
 * hook that gave the command.
 */
static bool is_being_created(struct handle *handle) {
        if (state_lock_at_once(&handle->directory))
                return false;
        if (handle_read(handle) >= 0 && handle->status == STATUS_CREATING)
                return true;
        forget(handle);
        return false;
}

int handle_open(const char *root, const char *id, bool locked, struct handle *ret) {
        int r = handle_open_directory(root, id, false, ret);

        if (r < 0 || (locked && is_being_created(ret)))
                return r;
        if (locked)
                r = state_lock(&ret->directory, id);
        return r < 0 ? r : handle_read(ret);
}
