/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who gets the listener of a filter with SCMP_ACT_NOTIFY, and how it comes to the runtime. Runs in the runtime's process, after
 * the filter has been compiled and before the first side effect.
 *
 * The new process has the listener and is under the filter already, so that any of its calls may wait for the very agent
 * that is still without the listener. The runtime therefore fetches it by pidfd_getfd(2), when told by a single write(2) (the
 * one call that no profile may notify on), as runc does. That also takes a descriptor out of that process, while one that
 * comes in a message could be any, sent by somebody in the container. Where it is not possible (before Linux 5.6, and for a
 * runtime without privilege: the process is undumpable) the process sends it, if the filter lets sendmsg(2) pass.
 */
#include "libcontainer/plan/plan.h"

#include <errno.h>
#include <sys/capability.h>
#include <sys/syscall.h>

#include "libcontainer/config/check.h"
#include "util/fail.h"
#include "util/kernel.h"
#include "util/text.h"

/* The specification's word first, as crun has it. */
static const char *find_receiver(const struct config *config, const struct process_options *options, const char **ret_what) {
        const char *listener_path = config->linux.has_seccomp ? config->linux.seccomp.listener_path : NULL;

        *ret_what = "linux.seccomp.listenerPath";
        if (!text_is_empty(listener_path))
                return listener_path;
        *ret_what = "annotations.run.oci.seccomp.receiver";
        if (config->extensions.seccomp_receiver)
                return config->extensions.seccomp_receiver;
        *ret_what = "RUN_OCI_SECCOMP_RECEIVER";
        return options->seccomp_receiver;
}

static bool can_be_fetched(void) {
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

        if (capget(&header, data) < 0 || !(data[0].effective & 1u << CAP_SYS_PTRACE))
                return false;
        return kernel_pidfd_getfd(-1, -1, 0) >= 0 || errno != ENOSYS;
}

/* The call that hands the listener over: waiting for the agent, which is still without, it would wait for ever. */
static int check_passes(const struct seccomp_filter *filter, int number, const char *name) {
        if (seccomp_filter_lets_pass(filter, &(struct seccomp_call){.number = number}))
                return 0;
        return reject("linux.seccomp: found a filter that can stop %s(2), expected one that always allows it", name);
}

int plan_listener(const struct config *config, const struct process_options *options, struct plan *plan) {
        const char *what, *path = find_receiver(config, options, &what);
        int r;

        if (!plan->seccomp.has_listener)
                return 0;
        /* A shared object of the config's choice would run with all that the runtime may, on the host. */
        if (config->extensions.seccomp_plugins)
                return reject("annotations.run.oci.seccomp.plugins: found `%s`, expected none: tare loads no plugins, an "
                              "agent at linux.seccomp.listenerPath gets the listener", config->extensions.seccomp_plugins);
        if (text_is_empty(path))
                return reject("linux.seccomp.listenerPath: missing, SCMP_ACT_NOTIFY needs it");
        r = check_absolute(path, what);
        if (r < 0)
                return r;
        plan->listener_is_sent = !can_be_fetched();
        if (plan->listener_is_sent)
                r = check_passes(&plan->seccomp, SYS_sendmsg, "sendmsg");
        else
                r = check_passes(&plan->seccomp, SYS_write, "write");
        if (r < 0)
                return r;
        return plan_connect(path, what, &plan->listener_socket);
}
