/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a cgroup has to tell about the past. Runs in the runtime's process, while the cgroup still exists.
 */
#include "cgroups/cgroup.h"

#include <fcntl.h>
#include <inttypes.h>

#include "cgroups/parse.h"
#include "cgroups/place.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/text.h"

/* Where the numbers are: v1, and v2 (memory.peak since Linux 5.19). */
static const struct oom_files {
        const char *events, *limit, *peak;
} files_v1 = {"memory.oom_control", "memory.limit_in_bytes", "memory.max_usage_in_bytes"},
  files_v2 = {"memory.events", "memory.max", "memory.peak"};

static char *read_of(const struct cgroup_place *place, const char *file) {
        autofree char *path = text_format("%s/%s", place->directory, file);
        char *text = NULL;

        return file_read(AT_FDCWD, path, 65536, &text, NULL) < 0 ? NULL : text;
}

/* v1's word for no limit: the largest number of whole pages. */
#define UNLIMITED_V1 (INT64_MAX / 65536 * 65536)

static void add_size(struct text *text, const char *name, const char *value) {
        uint64_t size = value ? parse_number(value) : 0;

        if (!value)
                return;
        if (size >= UNLIMITED_V1)
                text_add_format(text, "%s none, ", name);
        else
                text_add_format(text, "%s %" PRIu64 " bytes, ", name, size);
}

char *cgroup_tell_oom(const struct cgroup *cgroup) {
        const struct cgroup_place *v1 = place_of_v1(cgroup, CONTROLLER_MEMORY), *place = v1 ? v1 : place_of_v2(cgroup);
        const struct oom_files *files = v1 ? &files_v1 : &files_v2;
        autofree char *events = place ? read_of(place, files->events) : NULL, *limit = NULL, *peak = NULL;
        uint64_t kills = events ? parse_number_of(events, "oom_kill") : 0;
        struct text text = TEXT_INIT;

        if (kills == 0)
                return NULL;
        limit = read_of(place, files->limit);
        peak = read_of(place, files->peak);
        add_size(&text, "limit", limit);
        add_size(&text, "peak", peak);
        text_add_format(&text, "oom_kill %" PRIu64, kills);
        return text_take(&text);
}
