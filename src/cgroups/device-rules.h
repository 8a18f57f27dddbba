/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device rules: what a container may do with which device node. For each kind of access that is asked for, the last
 * rule that matches decides; with no rule that matches, no. All that is asked for must be allowed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroups/cgroup.h"

/* Kinds of access; the values are those of BPF_DEVCG_ACC_*. */
enum { DEVICE_MKNOD = 1, DEVICE_READ = 2, DEVICE_WRITE = 4, DEVICE_ACCESS_ALL = 7 };

#define DEVICE_ANY UINT32_MAX

struct device_rule {
        bool allow;
        enum cgroup_device_type type; /* CGROUP_DEVICE_ALL: char and block */
        uint32_t major, minor; /* DEVICE_ANY: each */
        unsigned access;
};
struct device_rules {
        struct device_rule *list;
        size_t n;
};
void device_rules_done(struct device_rules *rules);

/* Checks the rules of a config; `path` is the JSON path of linux.resources. */
int device_rules_check(const struct cgroup_resources *resources, const char *path);

/*
 * The config's rules (checked) and behind them those that every container gets. Empty when the config has none: then
 * nothing is restricted.
 */
void device_rules_complete(const struct cgroup_resources *resources, struct device_rules *ret);

/* Drops, without changing any answer, the rules that later ones make pointless. */
void device_rules_reduce(struct device_rules *rules);

/* True if the rules, reduced, allow everything. */
bool device_rules_allow_all(const struct device_rules *rules);

/*
 * The v1 form: one default for all devices and exceptions from it, in any order. Not every list of rules has one; then
 * -EINVAL, silent.
 */
struct device_exceptions {
        bool allow; /* the default; each exception says the opposite */
        struct device_rules rules;
};
int device_rules_to_exceptions(const struct device_rules *rules, struct device_exceptions *ret);

/* A rule as the v1 files take it: "c 1:3 rwm". */
#define DEVICE_LINE_MAX 40
void device_rule_line(const struct device_rule *rule, char ret[DEVICE_LINE_MAX]);
