/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of linux.resources that hold on every machine, for a config and for `update`; whether this machine can do
 * it is cgroup_check_resources()'s question. Part of config_check(), in the runtime's process.
 */
#include <string.h>

#include "libcontainer/config/check.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

/* config-linux.md, "Allowed Device list": a composition of r, w and m. */
static int check_device_access(const struct cgroup_resources *resources, const char *path) {
        for (size_t i = 0; i < resources->n_devices; i++) {
                const char *access = resources->devices[i].access;

                if (access && access[strspn(access, "rwm")])
                        return reject("%s.devices[%zu].access: found `%s`, expected letters of `rwm`", path, i, access);
        }
        return 0;
}

/* config-linux.md, "Allowed Device list": numbers of devices; -1 is the other way to write "all". */
static int check_device_numbers(const struct cgroup_resources *resources, const char *path) {
        for (size_t i = 0; i < resources->n_devices; i++) {
                const struct cgroup_device_rule *rule = &resources->devices[i];

                if (rule->major.value < -1 || rule->major.value > UINT32_MAX)
                        return reject("%s.devices[%zu].major: found %lld, expected a device number", path, i,
                                      (long long)rule->major.value);
                if (rule->minor.value < -1 || rule->minor.value > UINT32_MAX)
                        return reject("%s.devices[%zu].minor: found %lld, expected a device number", path, i,
                                      (long long)rule->minor.value);
        }
        return 0;
}

/* config-linux.md, "Memory": bytes, or -1 for unlimited. */
static int check_memory_limits(const struct cgroup_resources *resources, const char *path) {
        const struct {
                const char *name;
                const struct cgroup_i64 *limit;
        } limits[] = {
                {"limit", &resources->memory.limit},
                {"reservation", &resources->memory.reservation},
                {"swap", &resources->memory.swap},
                {"kernel", &resources->memory.kernel},
                {"kernelTCP", &resources->memory.kernel_tcp},
        };

        for (size_t i = 0; i < ELEMENTSOF(limits); i++)
                if (limits[i].limit->set && limits[i].limit->value < -1)
                        return reject("%s.memory.%s: found %lld, expected a number of bytes or -1", path, limits[i].name,
                                      (long long)limits[i].limit->value);
        return 0;
}

/* config-linux.md, "Memory": from 0 to 100. */
static int check_swappiness(const struct cgroup_resources *resources, const char *path) {
        if (resources->memory.swappiness.set && resources->memory.swappiness.value > 100)
                return reject("%s.memory.swappiness: found %llu, expected 0 to 100", path,
                              (unsigned long long)resources->memory.swappiness.value);
        return 0;
}

/* config-linux.md, "CPU": the burst MUST be no larger than any positive quota. */
static int check_cpu_burst(const struct cgroup_resources *resources, const char *path) {
        int64_t quota = resources->cpu.quota.value;

        if (quota > 0 && resources->cpu.burst.value > (uint64_t)quota)
                return reject("%s.cpu.burst: found %llu, expected at most the quota of %lld", path,
                              (unsigned long long)resources->cpu.burst.value, (long long)quota);
        return 0;
}

/* config-linux.md, "CPU": 0 or 1. */
static int check_cpu_idle(const struct cgroup_resources *resources, const char *path) {
        int64_t idle = resources->cpu.idle.value;

        return idle == 0 || idle == 1 ? 0 : reject("%s.cpu.idle: found %lld, expected 0 or 1", path, (long long)idle);
}

/* config-linux.md, "CPU": lists of numbers. */
static int check_cpu_lists(const struct cgroup_resources *resources, const char *path) {
        autofree char *cpus = text_format("%s.cpu.cpus", path);
        autofree char *mems = text_format("%s.cpu.mems", path);
        int r = check_number_list(resources->cpu.cpus, cpus);

        return r < 0 ? r : check_number_list(resources->cpu.mems, mems);
}

/* config-linux.md, "Block IO": at least one of weight and leafWeight. */
static int check_weight_devices(const struct cgroup_resources *resources, const char *path) {
        for (size_t i = 0; i < resources->block_io.n_weight_devices; i++) {
                const struct cgroup_weight_device *device = &resources->block_io.weight_devices[i];

                if (!device->weight.set && !device->leaf_weight.set)
                        return reject("%s.blockIO.weightDevice[%zu]: found neither `weight` nor `leafWeight`, expected one",
                                      path, i);
        }
        return 0;
}

static bool is_page_size(const char *size) {
        size_t digits = strspn(size, "0123456789");

        return digits > 0 && size[0] != '0' && size[digits] && strchr("KMG", size[digits]) &&
               text_equal(size + digits + 1, "B");
}

/* The kernel counts in the largest unit that fits: its files say 2MB, and 2048KB would name one that does not exist. */
static bool is_in_largest_unit(const char *size) {
        uint64_t number;
        autofree char *digits = text_copy_n(size, strspn(size, "0123456789"));

        return text_to_u64(digits, &number) == 0 && number < 1024;
}

/* config-linux.md, "Huge page limits": a size and a unit. It becomes part of a file name, so nothing else passes. */
static int check_hugepage_sizes(const struct cgroup_resources *resources, const char *path) {
        for (size_t i = 0; i < resources->n_hugepage_limits; i++) {
                const char *size = resources->hugepage_limits[i].page_size;

                if (!is_page_size(size))
                        return reject("%s.hugepageLimits[%zu].pageSize: found `%s`, expected a size like `2MB`", path, i, size);
                if (!is_in_largest_unit(size))
                        return reject("%s.hugepageLimits[%zu].pageSize: found `%s`, expected less than 1024 of its unit", path,
                                      i, size);
        }
        return 0;
}

/* config-linux.md, "RDMA": at least one of hcaHandles and hcaObjects. */
static int check_rdma(const struct cgroup_resources *resources, const char *path) {
        for (size_t i = 0; i < resources->n_rdma; i++)
                if (!resources->rdma[i].hca_handles.set && !resources->rdma[i].hca_objects.set)
                        return reject("%s.rdma[\"%s\"]: found neither `hcaHandles` nor `hcaObjects`, expected one", path,
                                      resources->rdma[i].device);
        return 0;
}

/* The kernel reads a line of words: a blank in a name would make another limit of its rest. */
static bool is_word(const char *name) {
        return name[0] && !name[strcspn(name, " \t\n\v\f\r")];
}

/* config-linux.md, "RDMA" and "Network": names of devices, which begin a line of rdma.max and of net_prio.ifpriomap. */
static int check_device_names(const struct cgroup_resources *resources, const char *path) {
        for (size_t i = 0; i < resources->n_rdma; i++)
                if (!is_word(resources->rdma[i].device))
                        return reject("%s.rdma: found the key `%s`, expected the name of a device", path,
                                      resources->rdma[i].device);
        for (size_t i = 0; i < resources->network.n_priorities; i++)
                if (!is_word(resources->network.priorities[i].name))
                        return reject("%s.network.priorities[%zu].name: found `%s`, expected the name of a device", path, i,
                                      resources->network.priorities[i].name);
        return 0;
}

/* config-linux.md, "Unified": a key is a file in the cgroup, never one somewhere else. */
static int check_unified(const struct cgroup_resources *resources, const char *path) {
        for (size_t i = 0; i < resources->n_unified; i++) {
                const char *key = resources->unified[i].key;

                if (!key[0] || strchr(key, '/') || text_equal(key, ".") || text_equal(key, ".."))
                        return reject("%s.unified: found the key `%s`, expected the name of a file", path, key);
        }
        return 0;
}

static int (*const rules[])(const struct cgroup_resources *resources, const char *path) = {
        check_device_access,
        check_device_numbers,
        check_memory_limits,
        check_swappiness,
        check_cpu_burst,
        check_cpu_idle,
        check_cpu_lists,
        check_weight_devices,
        check_hugepage_sizes,
        check_rdma,
        check_device_names,
        check_unified,
};

int config_check_resources(const struct cgroup_resources *resources, const char *path) {
        for (size_t i = 0; i < ELEMENTSOF(rules); i++) {
                int r = rules[i](resources, path);

                if (r < 0)
                        return r;
        }
        return 0;
}
