/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a cgroup has to tell about the past. Runs in the runtime's process, while the cgroup still exists.
 */
#include "cgroups/cgroup.h"

#include <fcntl.h>

#include "cgroups/parse.h"
#include "cgroups/place.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/text.h"

uint64_t cgroup_oom_kills(const struct cgroup *cgroup) {
        const struct cgroup_place *v1 = place_of_v1(cgroup, CONTROLLER_MEMORY), *place = v1 ? v1 : place_of_v2(cgroup);
        autofree char *path = NULL, *text = NULL;

        if (!place)
                return 0;
        path = text_format("%s/%s", place->directory, v1 ? "memory.oom_control" : "memory.events");
        if (file_read(AT_FDCWD, path, 65536, &text, NULL) < 0)
                return 0;
        return parse_number_of(text, "oom_kill");
}
