/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the machine and the caller can do: probed once, in the runtime's process, before anything is decided. Reads only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroups/cgroup.h"

struct host {
        uid_t euid;
        gid_t egid;
        uint64_t bounding_capabilities; /* what the runtime may hand on; bit n is capability n */
        uint64_t effective_capabilities; /* what it may do itself */
        bool in_user_namespace; /* the runtime itself runs in a user namespace: no device nodes, no raising of limits */
        struct cgroup_host cgroups;
};
#define HOST_INIT ((struct host){})

int host_probe(struct host *ret);

/* The caller's part of it alone, without the cgroups, which stay empty. */
int host_probe_caller(struct host *ret);
void host_done(struct host *host);

/*
 * The caller's own runtime directory, $XDG_RUNTIME_DIR; NULL for root, and when it is unset or empty (podman calls with it
 * set and empty). Root of a user namespace has one too, for podman's user is root only there; unless $USER says root, as
 * in a system container, whose /run is root's own and outlives the sessions of root. Borrowed.
 */
int host_runtime_dir(const char **ret);
