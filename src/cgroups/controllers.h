/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The controllers that a limit may need, and on which kind of hierarchy this machine has each. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cgroups/cgroup.h"

enum controller {
        CONTROLLER_CPU,
        CONTROLLER_CPUACCT, /* on v2 what every cgroup counts */
        CONTROLLER_CPUSET,
        CONTROLLER_DEVICES, /* on v2 no controller but a program: wherever there is a v2 hierarchy */
        CONTROLLER_FREEZER, /* on v2 part of the core, the same */
        CONTROLLER_HUGETLB,
        CONTROLLER_IO, /* "blkio" on v1 */
        CONTROLLER_MEMORY,
        CONTROLLER_MISC, /* counted, never limited but by `unified` */
        CONTROLLER_NET_CLS,
        CONTROLLER_NET_PRIO,
        CONTROLLER_PIDS,
        CONTROLLER_RDMA,
        CONTROLLERS, /* how many */
};

enum controller_version { CONTROLLER_MISSING, CONTROLLER_V1, CONTROLLER_V2 };

struct controllers {
        enum controller_version version[CONTROLLERS];
        bool have_v2; /* a v2 hierarchy is there at all */
        char *on_v2; /* its cgroup.controllers; NULL when not read: then each that v1 lacks counts as there */
};
void controllers_done(struct controllers *controllers);

/* The name in /proc/self/cgroup, and in cgroup.controllers. */
const char *controller_v1_name(enum controller controller);
const char *controller_v2_name(enum controller controller);

/*
 * True if the name is the kernel's to give to a file in a v2 cgroup, "cgroup.kill" or "memory.x": a directory cannot be called
 * so, or not for ever. cgroup-v2.rst, "Avoid Name Collisions".
 */
bool controllers_claim(const char *name);

/* True if `list`, names divided by `separator`, holds the name of `length` bytes. */
bool controllers_list_has(const char *list, char separator, const char *name, size_t length);

/* True if a v1 hierarchy of this name ("cpu,cpuacct") has the controller. */
bool controllers_v1_has(const char *list, enum controller controller);

/* What the machine has, the available v2 controllers read from the top of the v2 hierarchy. */
int controllers_of_host(const struct cgroup_host *host, struct controllers *ret);

/* What the places of a container cover. Reads nothing. */
void controllers_of_cgroup(const struct cgroup *cgroup, struct controllers *ret);
