/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers about a container as JSON. Runs in the runtime's process. */
#pragma once

#include "cgroups/stats.h"
#include "resctrl/resctrl.h"
#include "util/json.h"

/*
 * Writes the object "data" of a line of `events`, with the keys of `runc events`; what is zero or empty is left out
 * where runc leaves it out. `net_dev` is the text of the container's /proc/PID/net/dev, or NULL when it uses the host's
 * network, whose numbers are not the container's. Pure.
 */
void stats_print(const struct cgroup_stats *stats, const struct resctrl_stats *shares, const char *net_dev,
                 struct json_writer *writer);
