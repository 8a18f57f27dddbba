/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clone3(2) with a pidfd, optionally into a cgroup, falling back to clone(2) where the kernel has no clone3. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct clone_result {
        pid_t pid; /* 0 in the child */
        int pidfd; /* owned by the caller; -1 in the child, and where there is no clone3: then proc_open() gives what can be signalled */
        bool in_cgroup; /* born in the cgroup that was asked for */
};

/* A copy of this process (as by fork(2)) in new namespaces; cgroup_fd -1: in our own cgroup. Records. */
int clone_process(uint64_t flags, int cgroup_fd, struct clone_result *ret);

/* The same by clone(2), which every filter knows and can look into. No pidfd. Records. */
int clone_plain(uint64_t flags, struct clone_result *ret);
