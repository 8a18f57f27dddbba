/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limits in force after an update: those before it, with what the update names in their place. Asks the kernel no
 * more than which files a cgroup has. Runs in the runtime's process. Device rules are not limits: an update neither has
 * nor changes any.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroups/cgroup.h"
#include "cgroups/controllers.h"
#include "cgroups/place.h"
#include "cgroups/settings.h"
#include "util/alloc.h"
#include "util/text.h"

/* For all the kinds of number: they have the same members. */
#define MERGE(member)                                                                                    \
        do {                                                                                             \
                if (wanted->member.set)                                                                  \
                        base->member = wanted->member;                                                   \
        } while (0)

static void merge_text(char **base, const char *wanted) {
        if (text_is_empty(wanted))
                return;
        free(*base);
        *base = text_copy(wanted);
}

static void merge_numbers(struct cgroup_resources *base, const struct cgroup_resources *wanted) {
        MERGE(memory.limit);
        MERGE(memory.reservation);
        MERGE(memory.swap);
        MERGE(memory.kernel);
        MERGE(memory.kernel_tcp);
        MERGE(memory.swappiness);
        MERGE(memory.disable_oom_killer);
        MERGE(memory.use_hierarchy);
        MERGE(memory.check_before_update);
        MERGE(cpu.shares);
        MERGE(cpu.period);
        MERGE(cpu.realtime_period);
        MERGE(cpu.burst);
        MERGE(cpu.quota);
        MERGE(cpu.realtime_runtime);
        MERGE(cpu.idle);
        MERGE(pids_limit);
        MERGE(block_io.weight);
        MERGE(block_io.leaf_weight);
        MERGE(network.class_id);
}

/* --- lists: an entry takes the place of the one with the same key --- */

static void merge_weight_device(struct cgroup_resources *base, const struct cgroup_weight_device *device) {
        struct cgroup_weight_device *found = NULL;

        for (size_t i = 0; i < base->block_io.n_weight_devices; i++)
                if (base->block_io.weight_devices[i].major == device->major &&
                    base->block_io.weight_devices[i].minor == device->minor)
                        found = &base->block_io.weight_devices[i];
        if (!found) {
                *array_append(base->block_io.weight_devices, base->block_io.n_weight_devices) = *device;
                return;
        }
        if (device->weight.value > 0)
                found->weight = device->weight;
        if (device->leaf_weight.value > 0)
                found->leaf_weight = device->leaf_weight;
}

static void merge_throttle_devices(struct cgroup_throttle_device **base, size_t *n_base,
                                   const struct cgroup_throttle_device *wanted, size_t n_wanted) {
        for (size_t i = 0; i < n_wanted; i++) {
                struct cgroup_throttle_device *found = NULL;

                for (size_t k = 0; k < *n_base; k++)
                        if ((*base)[k].major == wanted[i].major && (*base)[k].minor == wanted[i].minor)
                                found = &(*base)[k];
                if (!found)
                        found = array_append(*base, *n_base);
                *found = wanted[i];
        }
}

static void merge_block_io(struct cgroup_resources *base, const struct cgroup_resources *wanted) {
        for (size_t i = 0; i < wanted->block_io.n_weight_devices; i++)
                merge_weight_device(base, &wanted->block_io.weight_devices[i]);
        merge_throttle_devices(&base->block_io.read_bps, &base->block_io.n_read_bps, wanted->block_io.read_bps,
                               wanted->block_io.n_read_bps);
        merge_throttle_devices(&base->block_io.write_bps, &base->block_io.n_write_bps, wanted->block_io.write_bps,
                               wanted->block_io.n_write_bps);
        merge_throttle_devices(&base->block_io.read_iops, &base->block_io.n_read_iops, wanted->block_io.read_iops,
                               wanted->block_io.n_read_iops);
        merge_throttle_devices(&base->block_io.write_iops, &base->block_io.n_write_iops, wanted->block_io.write_iops,
                               wanted->block_io.n_write_iops);
}

static void merge_hugepage_limit(struct cgroup_resources *base, const struct cgroup_hugepage_limit *limit) {
        for (size_t i = 0; i < base->n_hugepage_limits; i++)
                if (text_equal(base->hugepage_limits[i].page_size, limit->page_size)) {
                        base->hugepage_limits[i].limit = limit->limit;
                        return;
                }
        *array_append(base->hugepage_limits, base->n_hugepage_limits) =
                (struct cgroup_hugepage_limit){text_copy(limit->page_size), limit->limit};
}

static void merge_priority(struct cgroup_resources *base, const struct cgroup_priority *priority) {
        for (size_t i = 0; i < base->network.n_priorities; i++)
                if (text_equal(base->network.priorities[i].name, priority->name)) {
                        base->network.priorities[i].priority = priority->priority;
                        return;
                }
        *array_append(base->network.priorities, base->network.n_priorities) =
                (struct cgroup_priority){text_copy(priority->name), priority->priority};
}

static void merge_rdma(struct cgroup_resources *base, const struct cgroup_rdma *rdma) {
        struct cgroup_rdma *found = NULL;

        for (size_t i = 0; i < base->n_rdma; i++)
                if (text_equal(base->rdma[i].device, rdma->device))
                        found = &base->rdma[i];
        if (!found) {
                found = array_append(base->rdma, base->n_rdma);
                found->device = text_copy(rdma->device);
        }
        if (rdma->hca_handles.set)
                found->hca_handles = rdma->hca_handles;
        if (rdma->hca_objects.set)
                found->hca_objects = rdma->hca_objects;
}

/* --- unified --- */

/* Files that keep what a write does not name: "8:0 rbps=1" changes one number of one device. */
static const char *const line_files[] = {
        "dmem.max", "io.bfq.weight", "io.latency", "io.max", "io.weight", "misc.max", "rdma.max",
};

static bool has_lines(const char *file) {
        for (size_t i = 0; i < ELEMENTSOF(line_files); i++)
                if (text_equal(line_files[i], file))
                        return true;
        return false;
}

/* Numbers with what they are for: "8:0 rbps=1", "8:0 300", "default 100", "100". */
struct lines {
        char **items;
        size_t n;
};

static void lines_done(struct lines *lines) {
        for (size_t i = 0; i < lines->n; i++)
                free(lines->items[i]);
        free(lines->items);
}

/* How much of a line says what its number is for. */
static size_t name_length(const char *line) {
        size_t word = strcspn(line, " "), equals = strcspn(line, "=");

        return line[equals] ? equals : line[word] ? word : 0;
}

static void set_line(struct lines *lines, char *line) {
        size_t length = name_length(line);

        for (size_t i = 0; i < lines->n; i++)
                if (name_length(lines->items[i]) == length && strncmp(lines->items[i], line, length) == 0) {
                        free(lines->items[i]);
                        lines->items[i] = line;
                        return;
                }
        *array_append(lines->items, lines->n) = line;
}

/* "8:0 rbps=1 wbps=2" are two. */
static void set_numbers(struct lines *lines, const char *line, size_t length) {
        size_t word = strcspn(line, " \n");

        if (length == 0)
                return;
        if (word == length)
                set_line(lines, text_copy_n(line, length));
        for (size_t at = word + 1; at < length; at += strcspn(line + at, " \n") + 1) {
                size_t more = strcspn(line + at, " \n");

                if (more > 0)
                        set_line(lines, text_format("%.*s %.*s", (int)word, line, (int)more, line + at));
        }
}

static void set_lines(struct lines *lines, const char *text) {
        for (const char *at = text ? text : ""; *at;) {
                size_t length = strcspn(at, "\n");

                set_numbers(lines, at, length);
                at += length + (at[length] == '\n');
        }
}

static char *merge_lines(const char *base, const char *wanted) {
        autodone(lines) struct lines lines = {};
        autodone(text) struct text text = TEXT_INIT;

        set_lines(&lines, base);
        set_lines(&lines, wanted);
        for (size_t i = 0; i < lines.n; i++)
                text_add_format(&text, "%s%s", i ? "\n" : "", lines.items[i]);
        return text_take(&text);
}

static struct cgroup_unified *find_unified(struct cgroup_resources *resources, const char *key) {
        for (size_t i = 0; i < resources->n_unified; i++)
                if (text_equal(resources->unified[i].key, key))
                        return &resources->unified[i];
        return NULL;
}

static void change_unified(struct cgroup_unified *unified, const char *value) {
        char *merged = has_lines(unified->key) ? merge_lines(unified->value, value) : text_copy(value);

        free(unified->value);
        unified->value = merged;
}

static void merge_unified(struct cgroup_resources *base, const struct cgroup_unified *unified) {
        struct cgroup_unified *found = find_unified(base, unified->key);

        if (found)
                change_unified(found, unified->value);
        else
                *array_append(base->unified, base->n_unified) =
                        (struct cgroup_unified){text_copy(unified->key), text_copy(unified->value)};
}

/* True if the file that goes first is missing, so that the other one is written. */
static bool is_other(const struct cgroup *cgroup, const struct setting *setting) {
        autofree char *path = NULL;

        if (!setting->other_file)
                return false;
        path = text_format("%s/%s", place_of_v2(cgroup)->directory, setting->file);
        return access(path, F_OK) < 0;
}

/* A file that `unified` named before, and that the update writes by another name: unified must not contradict. */
static void merge_setting(const struct cgroup *cgroup, struct cgroup_resources *base, const struct setting *setting) {
        bool other = is_other(cgroup, setting);
        struct cgroup_unified *found = find_unified(base, other ? setting->other_file : setting->file);

        if (found && setting->keep_first_word) {
                const char *value = found->value ? found->value : "";
                autofree char *whole = text_format("%.*s %s", (int)strcspn(value, " \n"), value, setting->value);

                change_unified(found, whole);
        } else if (found)
                change_unified(found, other ? setting->other_value : setting->value);
}

static int merge_settings(const struct cgroup *cgroup, struct cgroup_resources *base,
                          const struct cgroup_resources *wanted) {
        struct controllers controllers;
        autodone(settings) struct settings settings = {};
        const struct settings_request request = {
                .resources = wanted,
                .controllers = &controllers,
                .path = "linux.resources",
        };
        int r;

        controllers_of_cgroup(cgroup, &controllers);
        r = settings_make(&request, &settings);
        for (size_t i = 0; r >= 0 && i < settings.n; i++)
                if (!settings.list[i].unified && controllers.version[settings.list[i].controller] == CONTROLLER_V2)
                        merge_setting(cgroup, base, &settings.list[i]);
        return r;
}

/* --- all --- */

/*
 * v2 limits swap alone, which is the difference of two numbers; a cgroup that was idle has forgotten its weight; and the
 * check may be the config's wish.
 */
static void complete(struct cgroup_resources *wanted, const struct cgroup_resources *merged) {
        if (wanted->memory.limit.set || wanted->memory.swap.set) {
                wanted->memory.limit = merged->memory.limit;
                wanted->memory.swap = merged->memory.swap;
        }
        if (wanted->cpu.idle.set && wanted->cpu.idle.value == 0)
                wanted->cpu.shares = merged->cpu.shares;
        wanted->memory.check_before_update = merged->memory.check_before_update;
}

int cgroup_resources_merge(const struct cgroup *cgroup, struct cgroup_resources *base, struct cgroup_resources *wanted) {
        int r;

        merge_numbers(base, wanted);
        complete(wanted, base);
        r = base->n_unified > 0 ? merge_settings(cgroup, base, wanted) : 0;
        if (r < 0)
                return r;
        merge_text(&base->cpu.cpus, wanted->cpu.cpus);
        merge_text(&base->cpu.mems, wanted->cpu.mems);
        merge_block_io(base, wanted);
        for (size_t i = 0; i < wanted->n_hugepage_limits; i++)
                merge_hugepage_limit(base, &wanted->hugepage_limits[i]);
        for (size_t i = 0; i < wanted->network.n_priorities; i++)
                merge_priority(base, &wanted->network.priorities[i]);
        for (size_t i = 0; i < wanted->n_rdma; i++)
                merge_rdma(base, &wanted->rdma[i]);
        for (size_t i = 0; i < wanted->n_unified; i++)
                merge_unified(base, &wanted->unified[i]);
        return 0;
}
