/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts about the machine. Runs in the runtime's process, before the plan is made. */
#include "libcontainer/plan/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/file.h"
#include "util/text.h"

/* The initial user namespace maps every id to itself: one line, "0 0 4294967295". */
static int probe_user_namespace(bool *ret) {
        autofree char *map = NULL;
        unsigned long inside, outside, size;
        int r = file_read(AT_FDCWD, "/proc/self/uid_map", 65536, &map, NULL);

        if (r < 0)
                return fail(-r, "read `/proc/self/uid_map`");
        *ret = sscanf(map, "%lu %lu %lu", &inside, &outside, &size) != 3 || inside || outside || size != UINT32_MAX;
        return 0;
}

/* The first number that the kernel does not know is the end of its list. */
static uint64_t probe_bounding_set(void) {
        uint64_t bits = 0;

        for (int i = 0; i < 64; i++) {
                int held = prctl(PR_CAPBSET_READ, i, 0, 0, 0);

                if (held < 0)
                        break;
                if (held > 0)
                        bits |= UINT64_C(1) << i;
        }
        return bits;
}

static uint64_t probe_effective_set(void) {
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {};

        return capget(&header, data) == 0 ? (uint64_t)data[1].effective << 32 | data[0].effective : 0;
}

int host_probe_caller(struct host *ret) {
        ret->euid = geteuid();
        ret->egid = getegid();
        ret->bounding_capabilities = probe_bounding_set();
        ret->effective_capabilities = probe_effective_set();
        return probe_user_namespace(&ret->in_user_namespace);
}

int host_probe(struct host *ret) {
        int r = host_probe_caller(ret);

        if (r >= 0)
                r = cgroup_host_probe(&ret->cgroups);
        ret->cgroups.unprivileged = ret->euid != 0 || ret->in_user_namespace;
        return r;
}

void host_done(struct host *host) {
        cgroup_host_done(&host->cgroups);
}

int host_runtime_dir(const char **ret) {
        const char *directory = getenv("XDG_RUNTIME_DIR"), *user = getenv("USER");
        bool is_not_root = geteuid() != 0;
        int r = 0;

        *ret = NULL;
        if (text_is_empty(directory))
                return 0;
        if (!is_not_root && !text_equal(user, "root"))
                r = probe_user_namespace(&is_not_root);
        if (is_not_root)
                *ret = directory;
        return r;
}
