/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the runtime and init. */
#include "libcontainer/process/stage.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "libcontainer/isolation/namespaces.h"
#include "libcontainer/process/channel.h"
#include "libcontainer/process/clone.h"
#include "util/fail.h"
#include "util/fd.h"

static int make_init(const struct launch *launch) {
        struct clone_result init;
        int r = clone_process(namespaces_clone_flags(launch->plan) | CLONE_PARENT, -1, &init);

        if (r < 0)
                return r;
        if (init.pid == 0)
                launch->main(launch);
        return channel_send_number(launch->channel, MESSAGE_PID, init.pid);
}

/* Everything that init is to be born in. */
static int prepare(const struct launch *launch) {
        autoclose int offsets_fd = -1;
        int r = self_enter_groups(launch);

        if (r < 0)
                return r;
        r = namespaces_open_time_offsets(launch->plan, &offsets_fd);
        if (r < 0)
                return r;
        /* Before we enter namespaces in which others could trace us (CVE-2016-9962). */
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
                return fail(errno, "become undumpable");
        r = namespaces_join_around_user(launch->plan);
        return r < 0 ? r : namespaces_unshare_time(launch->plan, offsets_fd);
}

void stage_main(const struct launch *launch) {
        prctl(PR_SET_NAME, "tare:[stage]", 0, 0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (prepare(launch) < 0 || make_init(launch) < 0)
                self_abort(launch);
        _exit(EXIT_SUCCESS);
}
