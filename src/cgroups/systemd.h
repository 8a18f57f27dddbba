/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The systemd manager: a container's cgroup is that of a scope (or slice), a unit of the machine's systemd or of the user's.
 *
 * systemd makes the cgroup and knows the limits; tare writes the files itself as well, for all that systemd has no words for.
 * One message makes a unit, and nothing polls. Runs in the runtime's process. Functions record their failures.
 */
#pragma once

#include <sys/types.h>

#include "cgroups/cgroup.h"
#include "cgroups/settings.h"

/* Decides unit and places: see cgroup_decide(). The user's systemd has to be asked where it is itself. */
int systemd_decide(const struct cgroup_host *host, const char *cgroups_path, const char *id, struct cgroup *cgroup);

/*
 * Starts the unit, with a keeper in it (cgroups/keeper.h) if it is a scope, and waits until it runs. A unit of that name that
 * lives makes the cgroup `refused`. After a failure there is no keeper any more, and the unit may be there or not.
 */
int systemd_start(struct cgroup *cgroup, const struct settings *settings, const struct cgroup_resources *resources);

/*
 * Once the unit's cgroup is there: tells what depends on the files that this kernel has in it, for a unit that systemd_start() made
 * of the same settings. A message only if there is such a limit.
 */
int systemd_correct(const struct cgroup *cgroup, const struct settings *settings);

/* Tells of limits that have changed, and returns when systemd has written them. */
int systemd_update(const struct cgroup *cgroup, const struct settings *settings);

/* Stops the unit and waits for its end; none there is success, and so is no systemd. */
int systemd_stop(const struct cgroup *cgroup);

/* Moves a process into the cgroup, which systemd may do where the caller may not. */
int systemd_attach(const struct cgroup *cgroup, pid_t pid);
