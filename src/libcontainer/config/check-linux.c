/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of `linux` that have no file of their own.
 * Part of config_check(), in the runtime's process.
 */
#include <stdlib.h>
#include <string.h>

#include "libcontainer/config/check.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"
#include "util/path.h"
#include "util/text.h"

/* --- devices --- */

/* config-linux.md, "Devices": the full path inside the container. */
static int check_device_paths(const struct config *config) {
        for (size_t i = 0; i < config->linux.n_devices; i++) {
                const char *value = config->linux.devices[i].path;

                if (value[0] != '/')
                        return reject("linux.devices[%zu].path: found `%s`, expected an absolute path", i, value);
        }
        return 0;
}

static int check_device_number(bool has, int64_t value, int64_t highest, size_t index, const char *name) {
        if (!has)
                return reject("linux.devices[%zu].%s: missing, expected for every device but a fifo", index, name);
        if (value < 0 || value > highest)
                return reject("linux.devices[%zu].%s: found %lld, expected 0 to %lld", index, name, (long long)value,
                              (long long)highest);
        return 0;
}

/* config-linux.md, "Devices": required unless the type is p. Linux has 12 bits for a major and 20 for a minor number. */
static int check_device_numbers(const struct config *config) {
        for (size_t i = 0; i < config->linux.n_devices; i++) {
                const struct device_config *device = &config->linux.devices[i];
                int r;

                if (device->kind == DEVICE_FIFO)
                        continue;
                r = check_device_number(device->has_major, device->major, 0xfff, i, "major");
                if (r == 0)
                        r = check_device_number(device->has_minor, device->minor, 0xfffff, i, "minor");
                if (r < 0)
                        return r;
        }
        return 0;
}

static int compare_paths(const void *a, const void *b) {
        return strcmp((*(const struct device_config *const *)a)->path, (*(const struct device_config *const *)b)->path);
}

static bool is_same_device(const struct device_config *a, const struct device_config *b) {
        return a->kind == b->kind && (a->kind == DEVICE_FIFO || (a->major == b->major && a->minor == b->minor));
}

/*
 * config-linux.md, "Devices": a file at the path that is not the device is an error, so of two different devices at one
 * path the second could never be made. Sorted, because a privileged container lists every device of the machine.
 */
static int check_device_duplicates(const struct config *config) {
        size_t n = config->linux.n_devices;
        autofree const struct device_config **sorted = alloc_zero(n, sizeof(const struct device_config *));

        for (size_t i = 0; i < n; i++)
                sorted[i] = &config->linux.devices[i];
        qsort(sorted, n, sizeof(const struct device_config *), compare_paths);
        for (size_t i = 1; i < n; i++)
                if (strcmp(sorted[i - 1]->path, sorted[i]->path) == 0 && !is_same_device(sorted[i - 1], sorted[i]))
                        return reject("linux.devices: found two different devices for `%s`, expected one", sorted[i]->path);
        return 0;
}

/* --- paths, propagation, personality --- */

/* What is mounted over the root itself does not cover it: the process has it from before, and nothing would be hidden. */
static int check_covered_path(const char *value, const char *name, size_t index) {
        autofree char *clean = path_clean(value);

        if (value[0] != '/')
                return reject("linux.%s[%zu]: found `%s`, expected an absolute path", name, index, value);
        if (text_equal(clean, "/"))
                return reject("linux.%s[%zu]: found `%s`, expected a path below the root", name, index, value);
        return 0;
}

static int check_covered_list(const struct string_list *paths, const char *name) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < paths->count; i++)
                r = check_covered_path(paths->items[i], name, i);
        return r;
}

/* config-linux.md, "Masked Paths" and "Readonly Paths": the values MUST be absolute paths. */
static int check_covered_paths(const struct config *config) {
        int r = check_covered_list(&config->linux.masked_paths, "maskedPaths");

        return r < 0 ? r : check_covered_list(&config->linux.readonly_paths, "readonlyPaths");
}

/* What covers a path is a mount, and without a mount namespace it would cover the host's. runc says it in these words. */
static int check_covering_needs_namespace(const struct config *config) {
        const struct string_list *masked = &config->linux.masked_paths, *readonly = &config->linux.readonly_paths;

        if (config_namespace(config, NAMESPACE_MOUNT) || masked->count + readonly->count == 0)
                return 0;
        return reject("linux.%s: unable to restrict sys entries without a private MNT namespace",
                      masked->count > 0 ? "maskedPaths" : "readonlyPaths");
}

/* Without a mount namespace the propagation would be that of the host's mounts. */
static int check_propagation_needs_namespace(const struct config *config) {
        if (config->linux.rootfs_propagation == 0 || config_namespace(config, NAMESPACE_MOUNT))
                return 0;
        return reject("linux.rootfsPropagation: found a value, expected none without a mount namespace");
}

/* config-linux.md, "Personality": currently no flag values are supported. */
static int check_personality_flags(const struct config *config) {
        if (config->linux.personality.flags.count == 0)
                return 0;
        return reject("linux.personality.flags[0]: found `%s`, expected no flags", config->linux.personality.flags.items[0]);
}

/* --- memory policy: set_mempolicy(2) --- */

/* MPOL_DEFAULT and MPOL_LOCAL take no nodes, MPOL_PREFERRED may do without, the others need one. */
static int check_memory_policy_nodes(const struct config *config) {
        long mode = config->linux.memory_policy.mode;
        const char *nodes = config->linux.memory_policy.nodes;
        const char *name = name_of(memory_policy_modes, mode);

        if (!config->linux.memory_policy.present)
                return 0;
        if (mode == MPOL_DEFAULT || mode == MPOL_LOCAL) {
                if (!text_is_empty(nodes))
                        return reject("linux.memoryPolicy.nodes: found `%s`, expected none with `%s`", nodes, name);
                return 0;
        }
        if (text_is_empty(nodes) && mode != MPOL_PREFERRED)
                return reject("linux.memoryPolicy.nodes: found none, expected at least one with `%s`", name);
        return check_number_list(nodes, "linux.memoryPolicy.nodes");
}

/* How the nodes are meant can be said in one way, and only if there are any. */
static int check_memory_policy_node_flags(const struct config *config) {
        uint64_t meaning = config->linux.memory_policy.flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES);

        if (meaning == (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES))
                return reject("linux.memoryPolicy.flags: found `MPOL_F_STATIC_NODES` and `MPOL_F_RELATIVE_NODES`, "
                              "expected one of them");
        if (meaning && text_is_empty(config->linux.memory_policy.nodes))
                return reject("linux.memoryPolicy.flags: found `%s`, expected it with nodes only",
                              name_of(memory_policy_flags, (long)meaning));
        return 0;
}

/* MPOL_F_NUMA_BALANCING: for MPOL_BIND, and since Linux 6.10 for MPOL_PREFERRED_MANY. */
static int check_memory_policy_balancing(const struct config *config) {
        long mode = config->linux.memory_policy.mode;

        if (!(config->linux.memory_policy.flags & MPOL_F_NUMA_BALANCING) || mode == MPOL_BIND || mode == MPOL_PREFERRED_MANY)
                return 0;
        return reject("linux.memoryPolicy.flags: found `MPOL_F_NUMA_BALANCING` with `%s`, expected `MPOL_BIND` or "
                      "`MPOL_PREFERRED_MANY`",
                      name_of(memory_policy_modes, mode));
}

/* --- shares of caches and of memory bandwidth --- */

static int check_intel_rdt(const struct config *config) {
        return config->linux.intel_rdt.present ? resctrl_check(&config->linux.intel_rdt, "linux.intelRdt") : 0;
}

static int (*const rules[])(const struct config *config) = {
        check_device_paths,
        check_device_numbers,
        check_device_duplicates,
        check_covered_paths,
        check_covering_needs_namespace,
        check_propagation_needs_namespace,
        check_personality_flags,
        check_memory_policy_nodes,
        check_memory_policy_node_flags,
        check_memory_policy_balancing,
        check_intel_rdt,
};

int check_linux(const struct config *config) {
        for (size_t i = 0; i < ELEMENTSOF(rules); i++) {
                int r = rules[i](config);

                if (r < 0)
                        return r;
        }
        return 0;
}
