/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings of the container's namespaces: host name, domain name, sysctl, the loopback device; and the session keyring.
 * In init, in the new namespaces, still with rights in them.
 */
#pragma once

#include "libcontainer/plan/plan.h"

/* A session keyring of the container's own, so that the caller's keys are out of reach; a kernel without keys is fine. */
int settings_join_keyring(const struct plan *plan);

/* Sets the loopback device of a new network namespace up. */
int settings_raise_loopback(const struct plan *plan);

int settings_set_names(const struct plan *plan);

/*
 * A procfs that no path leads to, or -1 (success) when nothing has to be written to one. Owned by the caller.
 */
int settings_open_procfs(const struct plan *plan, int *ret_fd);

/* linux.sysctl, below that procfs. */
int settings_write_sysctl(const struct plan *plan, int procfs_fd);
