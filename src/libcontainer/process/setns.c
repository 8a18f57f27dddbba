/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exec's way into a container. The first process was born by clone3(2) in parent.c. The order is the table here, and those of
 * self.c that init runs as well.
 */
#include "libcontainer/process/setns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "libcontainer/isolation/credentials.h"
#include "libcontainer/isolation/namespaces.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/exec-file.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"

static int join_namespaces(struct self *self) {
        return namespaces_join_target(self->plan);
}

static int become_root(struct self *self) {
        return self->plan->in_user_namespace ? credentials_become_root(self->config->extensions.keep_original_groups) : 0;
}

/* It comes with the mount namespace; where the container has none of its own, init has only changed its root. */
static int enter_root(struct self *self) {
        int target_fd = self->plan->target_root_fd;

        if (target_fd >= 0 && (fchdir(target_fd) < 0 || chroot(".") < 0))
                return fail(errno, "enter the container's root");
        self->sources.rootfs_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        return self->sources.rootfs_fd < 0 ? fail(errno, "open `/`") : 0;
}

static int take_procfs(struct self *self) {
        self->procfs_fd = self->plan->procfs_fd;
        return 0;
}

/*
 * The second process goes on here; the first one has done its work. Both speak on one channel, so the second one is silent
 * until the first one has told of it, or has ended: that is, until the other end of a channel between them is closed.
 */
static int be_born_inside(struct self *self) {
        autoclose int told_fd = -1, tell_fd = -1;
        struct clone_result result;
        struct message message;
        int ends[2], r;

        if (!(self->plan->target_namespaces & CLONE_NEWPID))
                return 0;
        r = channel_open(ends);
        if (r < 0)
                return r;
        told_fd = ends[0];
        tell_fd = ends[1];
        r = self->plan->is_confined_unseen ? self_confine(self) : 0;
        if (r >= 0)
                r = clone_plain(CLONE_PARENT, &result);
        if (r < 0)
                return r;
        if (result.pid > 0) {
                r = channel_send_number(self->launch->channel, MESSAGE_PID, result.pid);
                if (r < 0)
                        return r;
                fd_close(&tell_fd);
                _exit(EXIT_SUCCESS);
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        fd_close(&tell_fd);
        r = channel_receive(told_fd, &message);
        return r < 0 ? r : self_become_session_leader(self);
}

/*
 * Asked once more: /proc/self of the container's procfs leads nowhere for who is not in its pid namespace, and to us for who
 * is, so that a script with `#!/proc/self/exe` would start tare (CVE-2019-5736).
 */
static int refuse_own_binary(struct self *self) {
        if (!(self->plan->target_namespaces & CLONE_NEWPID))
                return 0;
        return exec_refuse_own_binary(self->arguments[0], self->executable, &self->plan->own_binary);
}

static const struct step join_steps[] = {
        {"cgroup", self_enter_cgroup}, /* before anything that it should account for and limit */
        {"wait for the runtime", self_wait_for_go}, /* raised limits come from outside */
        {"dumpable", self_become_undumpable}, /* before namespaces in which others could trace us (CVE-2016-9962) */
        {"namespaces", join_namespaces},
        {"root of the user namespace", become_root}, /* owns the terminal until that is the user's */
        {"root", enter_root},
        {"session keyring", self_join_keyring}, /* the container's, which is known by its name in the user namespace */
        {"session", self_become_session_leader}, /* a process group of our own: the I/O priority is set for a whole one */
        {"terminal", self_make_terminal}, /* of the container's devpts */
        {"procfs", take_procfs}, /* the host's, until the labels are written */
        {"host descriptors", self_close_host}, /* nothing below may still lead out */
};

void setns_main(const struct launch *launch) {
        struct self self = SELF_INIT(launch);
        enum message_type answer;

        self_begin(launch, "tare:[exec]", false);
        if (self_run(&self, join_steps, ELEMENTSOF(join_steps)) < 0 ||
            self_run(&self, self_become_steps, self_n_become_steps) < 0 || be_born_inside(&self) < 0 ||
            refuse_own_binary(&self) < 0 || self_run(&self, self_settle_steps, self_n_settle_steps) < 0 ||
            self_say_ready(&self, &answer) < 0 || self_run(&self, self_execute_steps, self_n_execute_steps) < 0)
                self_abort(launch);
        _exit(EXIT_FAILURE);
}
