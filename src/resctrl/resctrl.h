/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shares of caches and of memory bandwidth (Intel RDT, AMD QoS), by the resctrl file system (kernel:
 * Documentation/filesystems/resctrl.rst; config-linux.md, "IntelRdt").
 *
 * A control group is a directory below the mount point, or that itself: its `schemata` say what share its tasks have. A
 * monitoring group is a directory in a control group's `mon_groups`, whose tasks are counted for themselves. A container is
 * in one control group, which may be another's too, and in at most one monitoring group, which is its own.
 *
 * Everything but resctrl_enter() runs in the runtime's process. Functions record their failures.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/text.h"

/* `linux.intelRdt`, as the config has it. */
struct resctrl_settings {
        bool present;
        char *clos_id; /* name of the control group, "/" for the root one; NULL or "": the container's id */
        char *l3_cache_schema, *mem_bw_schema; /* NULL or "": none */
        struct string_list schemata;
        bool enable_monitoring;
};
void resctrl_settings_done(struct resctrl_settings *settings);

/* Where a container is, and what is removed with it; recorded on disk before any of it is made. */
struct resctrl {
        char *mount_point;
        char *directory; /* the control group, absolute; NULL: the container has nothing to do with resctrl */
        char *monitor; /* the monitoring group, absolute; NULL: none */
        bool is_missing; /* the control group has yet to be made; not recorded */
        bool is_planned; /* nothing has been made yet, so nothing is to be removed; not recorded, for it may have been by then */
        bool is_owned; /* the control group was made for this container alone */
};
#define RESCTRL_INIT ((struct resctrl){})
void resctrl_done(struct resctrl *resctrl);
void resctrl_copy(const struct resctrl *from, struct resctrl *to);

/*
 * The rules that need no machine: a name that stays below the mount point, schemas of one line each. `path` is that of the
 * settings, for the message.
 */
int resctrl_check(const struct resctrl_settings *settings, const char *path);

/* The same for one schema, that of the property or option `path`; `prefix` is what it has to begin with. NULL and "" pass. */
int resctrl_check_line(const char *schema, const char *prefix, const char *path);

/*
 * Finds the mount and decides where the container goes. Fails, with the property's path, where the machine has not what is
 * asked for: no resctrl at all, a cache or a share of it that is not there, no group of the name, or one with other
 * shares. Changes nothing; for settings that are absent it does not even look. *ret is the caller's to free.
 */
int resctrl_decide(const struct resctrl_settings *settings, const char *path, const char *id, struct resctrl *ret);

/*
 * Makes the groups and writes the shares. What is there already, since somebody else made it meanwhile, stops being the
 * container's: resctrl_remove() will leave it. `path` is for the message, as in resctrl_decide().
 */
int resctrl_create(struct resctrl *resctrl, const struct resctrl_settings *settings, const char *path);

/* A process enters by itself, through what resctrl_open_entrance() opened. Runs in that process. */
int resctrl_enter(const int fds[2]);

/*
 * Opens the files into which a process writes "0" to enter, the control group's first; -1 for those that are not there.
 * With `may_be_gone` a group that was removed since is none: its tasks have fallen to the root group.
 */
int resctrl_open_entrance(const struct resctrl *resctrl, bool may_be_gone, int ret_fds[2]);

/* Removes what is the container's own; what is gone already is no failure. Its processes have ended. */
int resctrl_remove(const struct resctrl *resctrl);

/*
 * New shares for the container's control group, all or none; NULL and "" leave theirs. *ret_old is what was in force, for
 * resctrl_restore(), and the caller's to free; NULL if nothing was asked for.
 */
int resctrl_update(const struct resctrl *resctrl, const char *l3_cache_schema, const char *mem_bw_schema, char **ret_old);

/* Writes back what resctrl_update() found; a failure is only logged, since another one is being told. */
void resctrl_restore(const struct resctrl *resctrl, const char *old);

/* Numbers of the groups; what the machine does not have is empty, a counter that it cannot tell is 0. */
struct resctrl_domain_stats {
        uint64_t total_bytes, local_bytes, occupancy;
};
struct resctrl_stats {
        struct {
                bool present;
                char *cbm_mask;
                uint64_t min_cbm_bits, num_closids;
                char *root_schema, *schema; /* lines of the root group and of the container's */
        } l3;
        struct {
                bool present;
                uint64_t bandwidth_gran, delay_linear, min_bandwidth, num_closids;
                char *root_schema, *schema;
        } memory;
        struct string_list schemata; /* all lines of the container's group */
        bool has_bandwidth, has_occupancy; /* what is counted */
        struct resctrl_domain_stats *domains; /* one for each cache, in the order of their numbers */
        size_t n_domains;
};
#define RESCTRL_STATS_INIT ((struct resctrl_stats){})
void resctrl_stats_done(struct resctrl_stats *stats);

/* Never fails: a container that ends meanwhile has no numbers. */
void resctrl_stats(const struct resctrl *resctrl, struct resctrl_stats *ret);
