/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.resources as a whole: checked before anything is made, written at `update`, freed.
 * Runs in the runtime's process.
 */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroups/apply.h"
#include "cgroups/controllers.h"
#include "cgroups/device-rules.h"
#include "cgroups/parse.h"
#include "cgroups/place.h"
#include "cgroups/settings.h"
#include "cgroups/systemd.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/file.h"
#include "util/log.h"
#include "util/text.h"

/* --- check --- */

static int check_devices(const struct cgroup_host *host, const struct cgroup_resources *resources,
                         const struct controllers *controllers, const char *path) {
        autodone(device_rules) struct device_rules rules = {};
        struct device_exceptions exceptions;
        int r;

        r = device_rules_check(resources, path);
        if (r < 0 || resources->n_devices == 0 || host->unprivileged)
                return r;
        if (controllers->version[CONTROLLER_DEVICES] == CONTROLLER_MISSING)
                return reject("%s.devices: the cgroup controller \"devices\" is not available", path);
        if (controllers->version[CONTROLLER_DEVICES] == CONTROLLER_V2)
                return 0;
        device_rules_complete(resources, &rules);
        r = device_rules_to_exceptions(&rules, &exceptions);
        if (r < 0)
                return reject("%s.devices: cgroup v1 has no exceptions from exceptions: a rule is about some of the "
                              "devices of an earlier rule that says the opposite", path);
        device_rules_done(&exceptions.rules);
        return 0;
}

/* The kernel lists its huge pages in kB: "2MB" is hugepages-2048kB. */
static int check_page_size(const struct cgroup_hugepage_limit *limit, const char *path, size_t i) {
        char *unit;
        unsigned long long size = strtoull(limit->page_size, &unit, 10);
        autofree char *directory = NULL;

        size <<= *unit == 'M' ? 10 : *unit == 'G' ? 20 : 0;
        directory = text_format("/sys/kernel/mm/hugepages/hugepages-%llukB", size);
        if (access(directory, F_OK) == 0)
                return 0;
        return reject("%s.hugepageLimits[%zu].pageSize: this machine has no huge pages of \"%s\"", path, i,
                      limit->page_size);
}

int cgroup_check_resources(const struct cgroup_host *host, const struct cgroup_resources *resources, const char *path) {
        autodone(controllers) struct controllers controllers = {};
        autodone(settings) struct settings settings = {};
        const struct settings_request request = {
                .resources = resources,
                .controllers = &controllers,
                .path = path,
                .fresh = true,
        };
        int r;

        r = controllers_of_host(host, &controllers);
        if (r >= 0)
                r = settings_make(&request, &settings);
        if (r >= 0)
                r = check_devices(host, resources, &controllers, path);
        for (size_t i = 0; r >= 0 && i < resources->n_hugepage_limits; i++)
                r = check_page_size(&resources->hugepage_limits[i], path, i);
        return r;
}

/* --- update --- */

/* The memory in use on v2; false if that cannot be told. */
static bool read_usage(const struct cgroup *cgroup, uint64_t *ret) {
        const struct cgroup_place *place = place_of_v1(cgroup, CONTROLLER_MEMORY) ? NULL : place_of_v2(cgroup);

        if (!place)
                return false;

        autofree char *path = text_format("%s/memory.current", place->directory);
        autofree char *text = NULL;

        if (file_read(AT_FDCWD, path, 64, &text, NULL) < 0)
                return false;
        *strchrnul(text, '\n') = '\0';
        return text_to_u64(text, ret) == 0;
}

/* What the kernel does not take, and no limit, is more than any usage. */
static uint64_t parse_limit(const char *text) {
        uint64_t limit;

        return parse_size(text, &limit) ? limit : UINT64_MAX;
}

/* v1 refuses a limit below the usage itself; v2 would take it and kill. (config-linux.md, checkBeforeUpdate.) */
static int check_usage(const struct cgroup *cgroup, const struct cgroup_resources *resources,
                       const struct settings *settings, const char *path) {
        const struct cgroup_i64 *swap = &resources->memory.swap;
        uint64_t usage;

        if (!resources->memory.check_before_update.value || !read_usage(cgroup, &usage))
                return 0;
        if (swap->set && swap->value > 0 && (uint64_t)swap->value <= usage) {
                reject("%s.memory.swap: rejecting memory+swap limit %" PRId64 " <= usage %" PRIu64, path, swap->value,
                       usage);
                return -EBUSY;
        }
        for (size_t i = 0; i < settings->n; i++) {
                const struct setting *setting = &settings->list[i];
                uint64_t limit = text_equal(setting->file, "memory.max") ? parse_limit(setting->value) : UINT64_MAX;

                if (limit > usage)
                        continue;
                reject("%s.%s: rejecting memory limit %" PRIu64 " <= usage %" PRIu64, path, setting->property, limit,
                       usage);
                return -EBUSY;
        }
        return 0;
}

/*
 * The files first: the kernel is the one that refuses. systemd then writes some of them with its own, coarser numbers, and ours
 * have the last word.
 */
static int tell_systemd(const struct cgroup *cgroup, const struct settings *settings, const char *path,
                        struct cgroup_undo *undo) {
        int r;

        undo->told = cgroup;
        r = systemd_update(cgroup, settings);
        if (r >= 0)
                r = apply_settings(cgroup, settings, path);
        if (r < 0) {
                cgroup_undo_apply(undo);
                cgroup_undo_done(undo);
        }
        return r;
}

int cgroup_update(const struct cgroup *cgroup, const struct cgroup_resources *resources, struct cgroup_undo *ret_undo) {
        struct controllers controllers;
        autodone(settings) struct settings settings = {};
        const struct settings_request request = {
                .resources = resources,
                .controllers = &controllers,
                .path = "linux.resources",
                .update = true,
        };
        int r;

        controllers_of_cgroup(cgroup, &controllers);
        r = settings_make(&request, &settings);
        if (r >= 0)
                r = check_usage(cgroup, resources, &settings, request.path);
        if (r >= 0)
                r = apply_settings_or_none(cgroup, &settings, request.path, ret_undo);
        return r < 0 || !cgroup->unit ? r : tell_systemd(cgroup, &settings, request.path, ret_undo);
}

void cgroup_forget_kernel_memory(const struct cgroup *cgroup, struct cgroup_resources *resources) {
        struct cgroup_i64 *const limits[] = {&resources->memory.kernel, &resources->memory.kernel_tcp};

        if (place_of_v1(cgroup, CONTROLLER_MEMORY))
                return;
        for (size_t i = 0; i < ELEMENTSOF(limits); i++) {
                if (limits[i]->set && limits[i]->value > 0)
                        log_warning("linux.resources.memory.%s is ignored: there is no such limit with cgroup v2",
                                    i ? "kernelTCP" : "kernel");
                *limits[i] = (struct cgroup_i64){};
        }
}

/* --- done --- */

static void free_lists(struct cgroup_resources *resources) {
        for (size_t i = 0; i < resources->n_devices; i++)
                free(resources->devices[i].access);
        for (size_t i = 0; i < resources->n_hugepage_limits; i++)
                free(resources->hugepage_limits[i].page_size);
        for (size_t i = 0; i < resources->network.n_priorities; i++)
                free(resources->network.priorities[i].name);
        for (size_t i = 0; i < resources->n_rdma; i++)
                free(resources->rdma[i].device);
        for (size_t i = 0; i < resources->n_unified; i++) {
                free(resources->unified[i].key);
                free(resources->unified[i].value);
        }
}

void cgroup_resources_done(struct cgroup_resources *resources) {
        free_lists(resources);
        free(resources->devices);
        free(resources->cpu.cpus);
        free(resources->cpu.mems);
        free(resources->block_io.weight_devices);
        free(resources->block_io.read_bps);
        free(resources->block_io.write_bps);
        free(resources->block_io.read_iops);
        free(resources->block_io.write_iops);
        free(resources->hugepage_limits);
        free(resources->network.priorities);
        free(resources->rdma);
        free(resources->unified);
        *resources = (struct cgroup_resources){};
}
