/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the runtime's rights to the process's: the one place where privilege is dropped, in one order. In init (and for
 * exec in its process). Between the two halves stands what still needs rights but must see the new ids: entering the
 * working directory, finding the executable, loading a system call filter without no_new_privs.
 */
#pragma once

#include "libcontainer/plan/plan.h"

/*
 * Bounding set, groups, gid, uid. Afterwards the process has the config's ids, and the permitted and effective sets of
 * the plan; until credentials_drop() with CAP_SYS_ADMIN for a filter without no_new_privs, and CAP_SYS_NICE for process.scheduler.
 */
int credentials_change_ids(const struct plan *plan);

/* The final capability sets, the ambient ones last. */
int credentials_drop(const struct plan *plan);

/*
 * In a user namespace that was just entered: become its root, to own what is made next. `keep_groups`: with the groups of
 * whoever called the runtime.
 */
int credentials_become_root(bool keep_groups);
