/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `update`. Runs in the runtime's process: reads and checks what is wanted before the container is even locked, completes
 * it by what is in force, writes it into the cgroup, and records the result. No process of the container takes part.
 */
#include "libcontainer/update.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "libcontainer/config/config.h"
#include "libcontainer/state/handle.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/interrupt.h"
#include "util/names.h"
#include "util/text.h"

#define RESOURCES_PATH "linux.resources"

/* --- what is wanted --- */

static int read_file(const char *file, char **ret_text, size_t *ret_size) {
        autoclose int opened_fd = text_equal(file, "-") ? -1 : open(file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
        int r;

        if (opened_fd < 0 && !text_equal(file, "-"))
                return fail(errno, "open `%s`", file);
        r = file_read_stream(opened_fd < 0 ? STDIN_FILENO : opened_fd, CONFIG_SIZE_MAX, ret_text, ret_size);
        return r < 0 ? fail(-r, "read `%s`", file) : 0;
}

/* What a program writes that has nothing to say. */
static bool is_null(const char *text) {
        static const char blanks[] = " \t\r\n";
        const char *rest = text_after(text + strspn(text, blanks), "null");

        return rest && !rest[strspn(rest, blanks)];
}

/*
 * In structures that engines fill in, numbers without a value arrive as 0; for a container that runs, a limit of no
 * memory, time or weight would be of no use either. The rest (memory.swappiness, cpu.idle, cpu.burst) mean what they say.
 */
#define FORGET_ZERO(number) ((number).set = (number).set && (number).value != 0)

static void forget_zeros(struct cgroup_resources *resources) {
        FORGET_ZERO(resources->memory.limit);
        FORGET_ZERO(resources->memory.reservation);
        FORGET_ZERO(resources->memory.swap);
        FORGET_ZERO(resources->memory.kernel);
        FORGET_ZERO(resources->memory.kernel_tcp);
        FORGET_ZERO(resources->cpu.shares);
        FORGET_ZERO(resources->cpu.period);
        FORGET_ZERO(resources->cpu.quota);
        FORGET_ZERO(resources->cpu.realtime_period);
        FORGET_ZERO(resources->cpu.realtime_runtime);
        FORGET_ZERO(resources->block_io.weight);
        FORGET_ZERO(resources->block_io.leaf_weight);
        FORGET_ZERO(resources->network.class_id);
}

static int parse_wanted(const char *file, struct cgroup_resources *ret) {
        autofree char *text = NULL;
        size_t size = 0;
        int r = read_file(file, &text, &size);

        if (!text || is_null(text))
                return r;
        r = config_parse_resources(text, size, text_equal(file, "-") ? "standard input" : file, ret);
        /* Before the specification's version 1.3 this one had no way to be absent. */
        FORGET_ZERO(ret->pids_limit);
        return r;
}

/* Device rules are left out: no update changes them. */
static int read_wanted(const struct update_options *options, struct cgroup_resources *ret) {
        static const struct cgroup no_cgroup = CGROUP_INIT;
        autodone(cgroup_resources) struct cgroup_resources parsed = {};
        struct cgroup_resources borrowed = options->resources;
        bool has_file = !text_is_empty(options->resources_file);
        int r = has_file ? parse_wanted(options->resources_file, &parsed) : 0;

        if (r >= 0)
                r = cgroup_resources_merge(&no_cgroup, ret, has_file ? &parsed : &borrowed);
        if (r < 0)
                return r;
        forget_zeros(ret);
        return config_check_resources(ret, RESOURCES_PATH);
}

/* --- together with what is in force --- */

/* Who lifts the limit of memory means swap too. */
static void free_swap(struct cgroup_resources *wanted) {
        if (wanted->memory.limit.set && wanted->memory.limit.value < 0 && !wanted->memory.swap.set)
                wanted->memory.swap = wanted->memory.limit;
}

static int check_updatable(enum status status) {
        switch (status) {
        case STATUS_CREATED:
        case STATUS_RUNNING:
        case STATUS_PAUSED:
                return 0;
        case STATUS_STOPPED:
                return reject("container not running");
        default:
                return reject("cannot update a container in the %s state", name_of(statuses, status));
        }
}

static bool wants_shares(const struct update_options *options) {
        return !text_is_empty(options->l3_cache_schema) || !text_is_empty(options->mem_bw_schema);
}

static int check_schemas(const struct update_options *options) {
        int r = resctrl_check_line(options->l3_cache_schema, "L3", "--l3-cache-schema");

        return r < 0 ? r : resctrl_check_line(options->mem_bw_schema, "MB:", "--mem-bw-schema");
}

static int check_has_group(const struct update_options *options, const struct state *state) {
        if (!wants_shares(options) || state->resctrl.directory)
                return 0;
        return reject("updating a non-existent Intel RDT configuration is not supported");
}

/* --- all --- */

/* From the first limit to the record of them all: Ctrl-C comes too late for this, and must not end it half-way. */
static int act(const struct handle *handle, const struct update_options *options, const struct cgroup_resources *wanted,
               const struct cgroup_resources *merged) {
        autodone(cgroup_undo) struct cgroup_undo undo = CGROUP_UNDO_INIT;
        autofree char *old_shares = NULL;
        int r = interrupt_catch();

        if (r < 0)
                return fail(-r, "catch signals");
        r = cgroup_update(&handle->state.cgroup, wanted, &undo);
        if (r < 0)
                return r;
        r = resctrl_update(&handle->state.resctrl, options->l3_cache_schema, options->mem_bw_schema, &old_shares);
        if (r >= 0)
                r = state_save_resources(&handle->directory, merged);
        /* Limits that nobody knows of are as bad as half of them. */
        if (r < 0)
                cgroup_undo_apply(&undo);
        if (r < 0 && old_shares)
                resctrl_restore(&handle->state.resctrl, old_shares);
        return r;
}

static int update(const struct handle *handle, const struct update_options *options, struct cgroup_resources *wanted) {
        autodone(cgroup_resources) struct cgroup_resources merged = {};
        const struct cgroup *cgroup = &handle->state.cgroup;
        int r = state_load_resources(&handle->directory, &merged);

        if (r < 0)
                return r;
        cgroup_forget_kernel_memory(cgroup, wanted);
        free_swap(wanted);
        r = cgroup_resources_merge(cgroup, &merged, wanted);
        return r < 0 ? r : act(handle, options, wanted, &merged);
}

int container_update(const char *root, const char *id, const struct update_options *options) {
        autodone(cgroup_resources) struct cgroup_resources wanted = {};
        autodone(handle) struct handle handle = HANDLE_INIT;
        int r = check_schemas(options);

        if (r >= 0)
                r = read_wanted(options, &wanted);
        if (r < 0)
                return r;
        r = handle_open(root, id, true, &handle);
        if (r >= 0)
                r = check_updatable(handle.status);
        if (r >= 0)
                r = check_has_group(options, &handle.state);
        return r < 0 ? r : update(&handle, options, &wanted);
}
