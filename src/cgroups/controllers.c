/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which controller is where. Each is used on the hierarchy that has it: a v1 one where that is mounted, else the v2
 * one, so that a machine in transition (some controllers here, some there) needs no rules of its own.
 * Runs in the runtime's process.
 */
#include "cgroups/controllers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/file.h"
#include "util/text.h"

static const struct {
        const char *v1, *v2;
} names[CONTROLLERS] = {
        [CONTROLLER_CPU] = {"cpu", "cpu"},
        [CONTROLLER_CPUACCT] = {"cpuacct", NULL},
        [CONTROLLER_CPUSET] = {"cpuset", "cpuset"},
        [CONTROLLER_DEVICES] = {"devices", NULL},
        [CONTROLLER_FREEZER] = {"freezer", NULL},
        [CONTROLLER_HUGETLB] = {"hugetlb", "hugetlb"},
        [CONTROLLER_IO] = {"blkio", "io"},
        [CONTROLLER_MEMORY] = {"memory", "memory"},
        [CONTROLLER_MISC] = {"misc", "misc"},
        [CONTROLLER_NET_CLS] = {"net_cls", NULL},
        [CONTROLLER_NET_PRIO] = {"net_prio", NULL},
        [CONTROLLER_PIDS] = {"pids", "pids"},
        [CONTROLLER_RDMA] = {"rdma", "rdma"},
};

void controllers_done(struct controllers *controllers) {
        free(controllers->on_v2);
        *controllers = (struct controllers){};
}

const char *controller_v1_name(enum controller controller) {
        return names[controller].v1;
}

const char *controller_v2_name(enum controller controller) {
        return names[controller].v2;
}

static bool is_of(const char *name, const char *owner) {
        const char *rest = owner ? text_after(name, owner) : NULL;

        return rest && *rest == '.';
}

bool controllers_claim(const char *name) {
        bool claimed = is_of(name, "cgroup");

        for (size_t i = 0; i < CONTROLLERS; i++)
                claimed = claimed || is_of(name, names[i].v2);
        return claimed;
}

bool controllers_list_has(const char *list, char separator, const char *name, size_t length) {
        for (const char *at = list; *at; ) {
                const char *end = strchrnul(at, separator);

                if ((size_t)(end - at) == length && memcmp(at, name, length) == 0)
                        return true;
                at = *end ? end + 1 : end;
        }
        return false;
}

bool controllers_v1_has(const char *list, enum controller controller) {
        return controllers_list_has(list, ',', names[controller].v1, strlen(names[controller].v1));
}

static bool is_on_v2(const struct controllers *controllers, enum controller controller) {
        if (!controllers->have_v2)
                return false;
        if (controller == CONTROLLER_DEVICES || controller == CONTROLLER_FREEZER || !controllers->on_v2)
                return true;
        return names[controller].v2 &&
               controllers_list_has(controllers->on_v2, ' ', names[controller].v2, strlen(names[controller].v2));
}

static void note_hierarchy(struct controllers *controllers, const char *list, bool v2) {
        controllers->have_v2 |= v2;
        for (enum controller c = 0; c < CONTROLLERS && !v2; c++)
                if (controllers_v1_has(list, c))
                        controllers->version[c] = CONTROLLER_V1;
}

static void fill_from_v2(struct controllers *controllers) {
        for (enum controller c = 0; c < CONTROLLERS; c++)
                if (controllers->version[c] == CONTROLLER_MISSING && is_on_v2(controllers, c))
                        controllers->version[c] = CONTROLLER_V2;
}

int controllers_of_host(const struct cgroup_host *host, struct controllers *ret) {
        autodone(controllers) struct controllers found = {};

        for (size_t i = 0; i < host->n_hierarchies; i++) {
                const struct cgroup_hierarchy *hierarchy = &host->hierarchies[i];
                autofree char *path = NULL;
                int r;

                note_hierarchy(&found, hierarchy->name, hierarchy->v2);
                if (!hierarchy->v2)
                        continue;
                path = text_format("%s/cgroup.controllers", hierarchy->mount_point);
                r = file_read(AT_FDCWD, path, 65536, &found.on_v2, NULL);
                if (r < 0)
                        return fail(-r, "read `%s`", path);
                *strchrnul(found.on_v2, '\n') = '\0';
        }
        fill_from_v2(&found);
        *ret = take_struct(&found, (struct controllers){});
        return 0;
}

void controllers_of_cgroup(const struct cgroup *cgroup, struct controllers *ret) {
        *ret = (struct controllers){};
        for (size_t i = 0; i < cgroup->n_places; i++)
                note_hierarchy(ret, cgroup->places[i].controllers, cgroup->places[i].v2);
        fill_from_v2(ret);
}
