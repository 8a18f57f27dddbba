/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a cgroup has to tell about the past. Runs in the runtime's process, while the cgroup still exists.
 */
#include "cgroups/cgroup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cgroups/place.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/text.h"

uint64_t cgroup_oom_kills(const struct cgroup *cgroup) {
        static const char key[] = "oom_kill ";
        const struct cgroup_place *v1 = place_of_v1(cgroup, CONTROLLER_MEMORY), *place = v1 ? v1 : place_of_v2(cgroup);
        autofree char *path = NULL, *text = NULL;

        if (!place)
                return 0;
        path = text_format("%s/%s", place->directory, v1 ? "memory.oom_control" : "memory.events");
        if (file_read(AT_FDCWD, path, 65536, &text, NULL) < 0)
                return 0;
        for (const char *line = text; *line; line = *line ? line + 1 : line) {
                const char *value = text_after(line, key);

                if (value)
                        return strtoull(value, NULL, 10);
                line = strchrnul(line, '\n');
        }
        return 0;
}
