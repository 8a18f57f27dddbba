/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which namespaces are made and which are joined. Part of plan_make(), in the runtime's process. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "libcontainer/plan/plan.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/kernel.h"
#include "util/text.h"

/*
 * The user namespace first: it owns what is joined or made after it and gives the capabilities for them. The mount
 * namespace last but for the one of time, because the paths of the others were opened before and nothing may be looked
 * up after it.
 */
static const enum namespace_kind join_order[] = {
        NAMESPACE_USER,    NAMESPACE_PID, NAMESPACE_NETWORK, NAMESPACE_IPC,
        NAMESPACE_UTS,     NAMESPACE_CGROUP, NAMESPACE_TIME,  NAMESPACE_MOUNT,
};

/* Opens once; the descriptor is what is joined, so a path that changes meanwhile changes nothing. */
static int open_namespace(const struct namespace_config *namespace, size_t index, struct namespace_join *ret) {
        int type;

        ret->kind = namespace->kind;
        ret->path = namespace->path;
        /* O_NONBLOCK: the path might be a FIFO. */
        ret->fd = open(namespace->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (ret->fd < 0)
                return fail(errno, "linux.namespaces[%zu].path: open `%s`", index, namespace->path);
        type = ioctl(ret->fd, NS_GET_NSTYPE);
        if (type < 0)
                return reject("linux.namespaces[%zu].path: `%s` is not a namespace", index, namespace->path);
        if (type != namespace_flag(namespace->kind))
                return reject("linux.namespaces[%zu].path: `%s` is not a %s namespace", index, namespace->path,
                              name_of(namespace_kinds, namespace->kind));
        return 0;
}

/* True if the descriptor is the namespace that this process is in already. */
static bool is_own_namespace(const struct namespace_join *join) {
        autofree char *own = text_format("/proc/self/ns/%s", namespace_file(join->kind));
        struct stat theirs, ours;

        return fstat(join->fd, &theirs) == 0 && stat(own, &ours) == 0 && theirs.st_dev == ours.st_dev &&
               theirs.st_ino == ours.st_ino;
}

/* Which namespace a sysctl belongs to; the check of the config has left only keys that belong to one. */
static enum namespace_kind sysctl_kind(const char *key) {
        if (text_starts_with(key, "net"))
                return NAMESPACE_NETWORK;
        if (text_starts_with(key, "user"))
                return NAMESPACE_USER;
        if (strcmp(key + strcspn(key, "./"), ".domainname") == 0 || strcmp(key + strcspn(key, "./"), "/domainname") == 0)
                return NAMESPACE_UTS;
        return NAMESPACE_IPC;
}

/* To join the runtime's own namespace is to share the host's: whatever would be set in it would be set for the host. */
static int check_shared(const struct config *config, enum namespace_kind kind, size_t index) {
        const struct string_map *sysctl = &config->linux.sysctl;

        if (kind == NAMESPACE_MOUNT)
                return reject("linux.namespaces[%zu].path: it is the runtime's own mount namespace", index);
        if (kind == NAMESPACE_UTS && !text_is_empty(config->hostname))
                return reject("hostname: unable to set hostname without a private UTS namespace");
        if (kind == NAMESPACE_UTS && !text_is_empty(config->domainname))
                return reject("domainname: unable to set domainname without a private UTS namespace");
        if (kind == NAMESPACE_NETWORK && config->linux.n_net_devices > 0)
                return reject("linux.netDevices: unable to move network devices without a NET namespace");
        for (size_t i = 0; i < sysctl->count; i++)
                if (sysctl_kind(sysctl->items[i].key) == kind)
                        return reject("linux.sysctl: sysctl \"%s\" is not in a separate kernel namespace", sysctl->items[i].key);
        return 0;
}

static int plan_join(const struct config *config, const struct namespace_config *namespace, struct plan *plan) {
        struct namespace_join *join = &plan->joins[plan->n_joins];
        size_t index = (size_t)(namespace - config->linux.namespaces);
        int r = open_namespace(namespace, index, join);

        if (r < 0) {
                fd_close(&join->fd);
                return r;
        }
        /* setns(2) into one's own user namespace is refused by the kernel, and no join is needed. */
        if (is_own_namespace(join)) {
                fd_close(&join->fd);
                return check_shared(config, namespace->kind, index);
        }
        plan->n_joins++;
        if (join->kind == NAMESPACE_USER)
                plan->in_user_namespace = true;
        return 0;
}

int plan_namespaces(const struct config *config, struct plan *plan) {
        for (size_t i = 0; i < ELEMENTSOF(join_order); i++) {
                const struct namespace_config *namespace = config_namespace(config, join_order[i]);
                int r;

                if (!namespace)
                        continue;
                if (text_is_empty(namespace->path)) {
                        plan->creates[namespace->kind] = true;
                        continue;
                }
                r = plan_join(config, namespace, plan);
                if (r < 0)
                        return r;
        }
        if (plan->creates[NAMESPACE_USER])
                plan->in_user_namespace = true;
        /* What belongs to the host is joined with the runtime's rights, before the user namespace takes them away. */
        plan->needs_stage = plan->in_user_namespace && plan->n_joins > 0;
        return 0;
}
