/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of what the kernel, or a file system that a container made in its place, says in cgroup files. The input is
 * files, each "NAME\n" and its content, with a NUL between them; they are put into one directory that stands for a v1
 * hierarchy with all controllers and for v2.
 *
 * Whatever is in them: the numbers are read, nothing is left behind, and the same files give the same numbers.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroups/cgroup.h"
#include "cgroups/stats.h"
#include "libcontainer/stats-print.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/text.h"

static char folder[] = "/tmp/tare-fuzz-cgroup.XXXXXX";

static void remove_folder(void) {
        (void)file_remove_tree(AT_FDCWD, folder);
}

static bool is_name(const char *name, size_t length) {
        return length > 0 && length < 64 && memchr(name, '/', length) == NULL && name[0] != '.';
}

static void write_files(const char *text, size_t size) {
        for (size_t at = 0; at < size;) {
                size_t length = strnlen(text + at, size - at);
                const char *end = memchr(text + at, '\n', length);

                if (end && is_name(text + at, (size_t)(end - text) - at)) {
                        autofree char *path = text_format("%s/%.*s", folder, (int)((size_t)(end - text) - at), text + at);

                        (void)file_replace(AT_FDCWD, path, end + 1, length - (size_t)(end + 1 - text) + at, 0600);
                }
                at += length + 1;
        }
}

/* The first of the files stands for /proc/PID/net/dev, too. */
static char *numbers(bool v2, const char *net_dev) {
        struct cgroup cgroup = CGROUP_INIT;
        struct cgroup_stats stats = CGROUP_STATS_INIT;
        struct cgroup_place *place = array_append(cgroup.places, cgroup.n_places);
        autodone(text) struct text text = TEXT_INIT;
        struct json_writer writer = {.text = &text};
        const struct resctrl_stats no_shares = RESCTRL_STATS_INIT;

        place->controllers = text_copy(v2 ? "" : "cpu,cpuacct,cpuset,memory,pids,blkio,hugetlb,rdma,misc");
        place->directory = text_copy(folder);
        place->path = text_copy("/");
        place->v2 = v2;
        cgroup_stats(&cgroup, &stats);
        json_object_begin(&writer, NULL);
        stats_print(&stats, &no_shares, net_dev, &writer);
        json_object_end(&writer);
        free(cgroup_tell_oom(&cgroup));
        cgroup_stats_done(&stats);
        cgroup_done(&cgroup);
        return text_take(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        autofree char *net_dev = alloc_zero(size + 1, 1);
        static bool is_made;

        if (!is_made) {
                demand(mkdtemp(folder) != NULL);
                atexit(remove_folder);
        } else {
                demand(mkdir(folder, 0700) == 0);
        }
        is_made = true;
        write_files((const char *)data, size);
        memcpy(net_dev, data, size);
        for (int v2 = 0; v2 < 2; v2++) {
                autofree char *first = numbers(v2, net_dev), *second = numbers(v2, net_dev);

                demand(text_equal(first, second));
        }
        demand(file_remove_tree(AT_FDCWD, folder) == 0);
        return 0;
}
