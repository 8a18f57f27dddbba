/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The config.json that `tare spec` writes: a small, sensible container to start from. Pure. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "util/text.h"

struct spec_options {
        bool rootless; /* for a caller without privilege: a user namespace with just their id in it, no limits */
        uid_t uid; /* the caller's, for that namespace */
        gid_t gid;
        bool cgroup_namespace; /* the machine has cgroup v2 */
};

void spec_print(const struct spec_options *options, struct text *text);
