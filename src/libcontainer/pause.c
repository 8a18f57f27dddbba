/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pause and resume. Runs in the runtime's process, under the container's lock, so that a freeze never crosses a thaw.
 * There is nothing to record: that a container is paused follows from its cgroup.
 */
#include "libcontainer/container.h"
#include "libcontainer/state/handle.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/log.h"

int container_pause(const char *root, const char *id) {
        autodone(handle) struct handle handle = HANDLE_INIT;
        int r = handle_open(root, id, true, &handle);

        if (r < 0)
                return r;
        if (handle.status != STATUS_CREATED && handle.status != STATUS_RUNNING)
                return reject("container not running");
        if (handle.state.cgroup.n_places == 0)
                return reject("the container is not using cgroups");
        return cgroup_freeze(&handle.state.cgroup);
}

int container_resume(const char *root, const char *id) {
        autodone(handle) struct handle handle = HANDLE_INIT;
        bool frozen;
        int r = handle_open(root, id, true, &handle);

        if (r < 0)
                return r;
        if (handle.status != STATUS_PAUSED)
                return reject("container not paused");
        r = cgroup_thaw(&handle.state.cgroup);
        if (r >= 0)
                r = cgroup_is_frozen(&handle.state.cgroup, &frozen);
        if (r < 0)
                return r;
        if (frozen)
                log_warning("container `%s` stays paused until the cgroup above its own goes on", id);
        return 0;
}
