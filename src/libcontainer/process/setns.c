/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process of exec. Born by clone3(2) in parent.c (or stage.c), already in the container's cgroup and pid namespace and
 * undumpable there. Its order is the table at the end, and those in self.c that init runs as well.
 */
#include "libcontainer/process/setns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "libcontainer/isolation/credentials.h"
#include "libcontainer/isolation/namespaces.h"
#include "util/alloc.h"
#include "util/fail.h"

/* The stage has joined them already. */
static int join_namespaces(struct self *self) {
        return self->plan->needs_stage ? 0 : namespaces_join_target(self->plan, false);
}

static int become_root(struct self *self) {
        return self->plan->in_user_namespace && !self->plan->needs_stage ? credentials_become_root() : 0;
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

static const struct step join_steps[] = {
        {"cgroup", self_enter_cgroup}, /* before anything that it should account for and limit */
        {"wait for the runtime", self_wait_for_go}, /* raised limits come from outside */
        {"dumpable", self_become_undumpable}, /* before namespaces in which others could trace us (CVE-2016-9962) */
        {"namespaces", join_namespaces},
        {"root of the user namespace", become_root}, /* owns the terminal until that is the user's */
        {"root", enter_root},
        {"session keyring", self_join_keyring}, /* the container's, which is known by its name in the user namespace */
        {"session", self_become_session_leader}, /* before a terminal can become its controlling one (TIOCSTI) */
        {"terminal", self_make_terminal}, /* of the container's devpts */
        {"procfs", take_procfs}, /* the host's, until the labels are written */
        {"host descriptors", self_close_host}, /* nothing below may still lead out */
};

/* And then self_final_steps, which init runs as well. */

int setns_prepare_stage(const struct launch *launch) {
        int r = cgroup_entrance_pass(&launch->entrance);

        if (r < 0)
                return r;
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
                return fail(errno, "become undumpable");
        r = namespaces_join_target(launch->plan, true);
        return r < 0 ? r : credentials_become_root();
}

void setns_main(const struct launch *launch) {
        struct self self = SELF_INIT(launch);
        enum message_type answer;

        self_begin(launch, "tare:[exec]");
        if (self_run(&self, join_steps, ELEMENTSOF(join_steps)) < 0 ||
            self_run(&self, self_final_steps, self_n_final_steps) < 0 || self_say_ready(launch, &answer) < 0 ||
            self_run(&self, self_execute_steps, self_n_execute_steps) < 0)
                self_abort(launch);
        _exit(EXIT_FAILURE);
}
