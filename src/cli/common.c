/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several commands need of the global options. */
#include "cli/command.h"
#include "util/fail.h"
#include "util/text.h"

int command_cgroup_manager(const struct global_options *global, enum cgroup_manager *ret) {
        long manager = global->systemd_cgroup ? CGROUP_MANAGER_SYSTEMD : CGROUP_MANAGER_CGROUPFS;

        if (!text_is_empty(global->cgroup_manager) && !name_find(cgroup_managers, global->cgroup_manager, &manager))
                return reject("unknown cgroup manager specified: `%s`", global->cgroup_manager);
        *ret = (enum cgroup_manager)manager;
        return 0;
}

int command_rootless(const struct global_options *global, enum cgroup_rootless *ret) {
        long value = CGROUP_ROOTLESS_AUTO;

        if (!text_is_empty(global->rootless) && !name_find(cgroup_rootless_values, global->rootless, &value))
                return reject("--rootless: found `%s`, expected true, false or auto", global->rootless);
        *ret = (enum cgroup_rootless)value;
        return 0;
}
