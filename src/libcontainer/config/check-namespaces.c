/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of namespaces, id mappings and time offsets. Part of config_check(), in the runtime's process. */
#include <stdio.h>
#include <unistd.h>

#include "libcontainer/config/check.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

/* --- namespaces --- */

/* config-linux.md, "Namespaces": duplicated namespaces with the same type are an error. */
static int check_duplicates(const struct config *config) {
        bool seen[NAMESPACE_KINDS] = {};

        for (size_t i = 0; i < config->linux.n_namespaces; i++) {
                enum namespace_kind kind = config->linux.namespaces[i].kind;

                if (seen[kind])
                        return reject("linux.namespaces[%zu].type: found `%s` again, expected each type once", i,
                                      name_of(namespace_kinds, kind));
                seen[kind] = true;
        }
        return 0;
}

/* config-linux.md, "Namespaces": path MUST be absolute. An empty one counts as absent, as in runc. */
static int check_paths(const struct config *config) {
        for (size_t i = 0; i < config->linux.n_namespaces; i++) {
                const char *value = config->linux.namespaces[i].path;

                if (!text_is_empty(value) && value[0] != '/')
                        return reject("linux.namespaces[%zu].path: found `%s`, expected an absolute path", i, value);
        }
        return 0;
}

/* --- id mappings --- */

/* user_namespaces(7): how many lines a map may have since Linux 4.15. */
#define MAP_LINES_MAX 340

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size) {
        return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

/* user_namespaces(7): at least one id; no id is (uid_t)-1, which means "unchanged" to many system calls. */
static int check_range(const struct id_mapping *mapping, const char *path, size_t index) {
        if (mapping->size == 0)
                return reject("%s[%zu].size: found 0, expected at least 1", path, index);
        if ((uint64_t)mapping->container_id + mapping->size > UINT32_MAX)
                return reject("%s[%zu].containerID: found %u with the size %u, expected no id above 4294967294", path, index,
                              mapping->container_id, mapping->size);
        if ((uint64_t)mapping->host_id + mapping->size > UINT32_MAX)
                return reject("%s[%zu].hostID: found %u with the size %u, expected no id above 4294967294", path, index,
                              mapping->host_id, mapping->size);
        return 0;
}

/* user_namespaces(7): the ranges of two lines must not overlap, neither inside nor outside. */
static int check_overlap(const struct id_mappings *mappings, const char *path, size_t index) {
        const struct id_mapping *new = &mappings->items[index];

        for (size_t i = 0; i < index; i++) {
                const struct id_mapping *old = &mappings->items[i];

                if (overlap(new->container_id, new->size, old->container_id, old->size))
                        return reject("%s[%zu].containerID: found %u with the size %u, expected no overlap with %s[%zu]",
                                      path, index, new->container_id, new->size, path, i);
                if (overlap(new->host_id, new->size, old->host_id, old->size))
                        return reject("%s[%zu].hostID: found %u with the size %u, expected no overlap with %s[%zu]", path,
                                      index, new->host_id, new->size, path, i);
        }
        return 0;
}

/* user_namespaces(7): the whole map goes to the kernel in one write of less than a page. */
static int check_map_size(const struct id_mappings *mappings, const char *path) {
        size_t size = 0, limit = (size_t)sysconf(_SC_PAGESIZE);

        if (mappings->count > MAP_LINES_MAX)
                return reject("%s: found %zu mappings, expected at most %d", path, mappings->count, MAP_LINES_MAX);
        for (size_t i = 0; i < mappings->count; i++) {
                const struct id_mapping *mapping = &mappings->items[i];

                size += (size_t)snprintf(NULL, 0, "%u %u %u\n", mapping->container_id, mapping->host_id, mapping->size);
        }
        if (size >= limit)
                return reject("%s: found mappings of %zu bytes as text, expected less than %zu", path, size, limit);
        return 0;
}

int check_mappings(const struct id_mappings *mappings, const char *path) {
        int r = check_map_size(mappings, path);

        for (size_t i = 0; r == 0 && i < mappings->count; i++) {
                r = check_range(&mappings->items[i], path, i);
                if (r == 0)
                        r = check_overlap(mappings, path, i);
        }
        return r;
}

/* Also without a user namespace, where runc and crun ignore them: a wrong value stays wrong. */
static int check_id_mappings(const struct config *config) {
        int r = check_mappings(&config->linux.uid_mappings, "linux.uidMappings");

        return r < 0 ? r : check_mappings(&config->linux.gid_mappings, "linux.gidMappings");
}

bool check_is_mapped(const struct config *config, const struct id_mappings *mappings, uint64_t id) {
        if (!config_namespace(config, NAMESPACE_USER) || mappings->count == 0)
                return true;
        for (size_t i = 0; i < mappings->count; i++)
                if (id >= mappings->items[i].container_id && id - mappings->items[i].container_id < mappings->items[i].size)
                        return true;
        return false;
}

/* user_namespaces(7): in a namespace without mappings no process could have the ids that it needs to start. */
static int check_new_user_namespace(const struct config *config) {
        if (!config_has_new_namespace(config, NAMESPACE_USER))
                return 0;
        if (config->linux.uid_mappings.count == 0)
                return reject("linux.uidMappings: found none, expected at least one for a new user namespace");
        if (config->linux.gid_mappings.count == 0)
                return reject("linux.gidMappings: found none, expected at least one for a new user namespace");
        return 0;
}

/* --- time offsets --- */

static int check_time_offset(const struct time_offset *offset, const char *clock) {
        if (offset->present && offset->nanosecs >= 1000000000)
                return reject("linux.timeOffsets.%s.nanosecs: found %u, expected less than 1000000000", clock,
                              offset->nanosecs);
        return 0;
}

/* time_namespaces(7): the offsets are those of a new namespace, and can be written only before the first process. */
static int check_time_offsets(const struct config *config) {
        const struct time_offset *monotonic = &config->linux.time_offsets.monotonic;
        const struct time_offset *boottime = &config->linux.time_offsets.boottime;
        const struct namespace_config *namespace = config_namespace(config, NAMESPACE_TIME);
        int r;

        if (!monotonic->present && !boottime->present)
                return 0;
        if (!namespace)
                return reject("linux.timeOffsets: found offsets, expected none without a time namespace");
        if (!text_is_empty(namespace->path))
                return reject("linux.timeOffsets: found offsets, expected none for the time namespace `%s` that is joined",
                              namespace->path);
        r = check_time_offset(monotonic, "monotonic");
        return r < 0 ? r : check_time_offset(boottime, "boottime");
}

static int (*const rules[])(const struct config *config) = {
        check_duplicates,
        check_paths,
        check_id_mappings,
        check_new_user_namespace,
        check_time_offsets,
};

int check_namespaces(const struct config *config) {
        for (size_t i = 0; i < ELEMENTSOF(rules); i++) {
                int r = rules[i](config);

                if (r < 0)
                        return r;
        }
        return 0;
}
