/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From linux.resources to cgroup files, for v1 and v2: one table for the properties that are one number in one file,
 * and a function for each group that needs more. Pure. Runs in the runtime's process.
 *
 * What has no counterpart on v2 is an error if it asks for something; zero, false and "no limit" do not. (Engines
 * send those for what their user left out.)
 */
#include "cgroups/settings.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

static void setting_done(struct setting *setting) {
        free(setting->property);
        free(setting->file);
        free(setting->value);
        free(setting->other_file);
        free(setting->other_value);
}

void settings_done(struct settings *settings) {
        for (size_t i = 0; i < settings->n; i++)
                setting_done(&settings->list[i]);
        free(settings->list);
        *settings = (struct settings){};
}

/* Everything that the makers below share. */
struct maker {
        const struct settings_request *request;
        struct settings made;
};

static void maker_done(struct maker *maker) {
        settings_done(&maker->made);
}

static bool is_on_v2(const struct maker *maker, enum controller controller) {
        return maker->request->controllers->version[controller] == CONTROLLER_V2;
}

static bool is_on_v1(const struct maker *maker, enum controller controller) {
        return maker->request->controllers->version[controller] == CONTROLLER_V1;
}

/* Beside hierarchies of v1, a controller that is missing is one that nobody has mounted. */
static bool is_v2_at_most(const struct controllers *controllers, enum controller_version version) {
        if (version != CONTROLLER_MISSING)
                return version == CONTROLLER_V2;
        for (size_t i = 0; i < CONTROLLERS; i++)
                if (controllers->version[i] == CONTROLLER_V1)
                        return false;
        return controllers->have_v2;
}

/* Where a value goes; v2 NULL: there is no counterpart. */
struct files {
        enum controller controller;
        const char *v1, *v2;
};

/* Takes over property and value. *ret may be given more fields until the next one is added. */
static int add(struct maker *maker, const struct files *files, char *property, char *value, struct setting **ret) {
        const struct controllers *controllers = maker->request->controllers;
        struct setting setting = {.controller = files->controller, .property = property, .value = value};
        enum controller_version version = controllers->version[files->controller];
        const char *file = version == CONTROLLER_V1 ? files->v1 : files->v2;
        int r;

        if (!files->v2 && is_v2_at_most(controllers, version))
                r = reject("%s.%s: %s cannot be set with cgroup v2", maker->request->path, property, value);
        else if (version == CONTROLLER_MISSING || !file)
                r = reject("%s.%s: %s needs the cgroup controller \"%s\", which is not available", maker->request->path,
                           property, value, controller_v1_name(files->controller));
        else
                r = 0;
        if (r < 0) {
                setting_done(&setting);
                return r;
        }
        setting.file = text_copy(file);
        *array_append(maker->made.list, maker->made.n) = setting;
        *ret = &maker->made.list[maker->made.n - 1];
        return 0;
}

static void set_other(struct setting *setting, const char *file, char *value) {
        setting->other_file = text_copy(file);
        setting->other_value = value;
}

/* --- properties that are one value in one file --- */

enum kind {
        SIZE, /* int64; 0 is unset, -1 no limit */
        COUNT, /* int64; 0 is a limit, negative no limit */
        NUMBER, /* int64; 0 is unset */
        NATURAL, /* uint64; 0 is unset */
        CHOICE, /* int64; 0 is the default, which an update may ask for */
        AMOUNT, /* uint64; the same */
        LEVEL, /* uint64 from 0 to 100 */
        SWITCH, /* bool */
        LIST, /* text */
};

struct row {
        const char *property;
        enum kind kind;
        size_t offset;
        struct files files;
};
#define FIELD(member) offsetof(struct cgroup_resources, member)

static const struct row pids_rows[] = {
        /* 0 is "no further process", as the specification says; the first ones are moved in, which no limit forbids. */
        {"pids.limit", COUNT, FIELD(pids_limit), {CONTROLLER_PIDS, "pids.max", "pids.max"}},
};

static const struct row memory_rows[] = {
        {"memory.limit", SIZE, FIELD(memory.limit), {CONTROLLER_MEMORY, "memory.limit_in_bytes", "memory.max"}},
        {"memory.reservation", SIZE, FIELD(memory.reservation),
         {CONTROLLER_MEMORY, "memory.soft_limit_in_bytes", "memory.low"}},
        {"memory.kernel", SIZE, FIELD(memory.kernel), {CONTROLLER_MEMORY, "memory.kmem.limit_in_bytes", NULL}},
        {"memory.kernelTCP", SIZE, FIELD(memory.kernel_tcp),
         {CONTROLLER_MEMORY, "memory.kmem.tcp.limit_in_bytes", NULL}},
        {"memory.swappiness", LEVEL, FIELD(memory.swappiness), {CONTROLLER_MEMORY, "memory.swappiness", NULL}},
        {"memory.disableOOMKiller", SWITCH, FIELD(memory.disable_oom_killer),
         {CONTROLLER_MEMORY, "memory.oom_control", NULL}},
};

static const struct row cpu_rows[] = {
        /* Before the weight, which an idle cgroup does not take. */
        {"cpu.idle", CHOICE, FIELD(cpu.idle), {CONTROLLER_CPU, "cpu.idle", "cpu.idle"}},
        {"cpu.realtimePeriod", NATURAL, FIELD(cpu.realtime_period), {CONTROLLER_CPU, "cpu.rt_period_us", NULL}},
        {"cpu.realtimeRuntime", NUMBER, FIELD(cpu.realtime_runtime), {CONTROLLER_CPU, "cpu.rt_runtime_us", NULL}},
        {"cpu.burst", AMOUNT, FIELD(cpu.burst), {CONTROLLER_CPU, "cpu.cfs_burst_us", "cpu.max.burst"}},
};

static const struct row cpuset_rows[] = {
        {"cpu.cpus", LIST, FIELD(cpu.cpus), {CONTROLLER_CPUSET, "cpuset.cpus", "cpuset.cpus"}},
        {"cpu.mems", LIST, FIELD(cpu.mems), {CONTROLLER_CPUSET, "cpuset.mems", "cpuset.mems"}},
};

static char *format_i64(int64_t value) {
        return text_format("%" PRId64, value);
}

static char *format_u64(uint64_t value) {
        return text_format("%" PRIu64, value);
}

/* The text to write; NULL when the property is unset or asks for nothing. `unlimited`: how the file spells no limit. */
static char *format_row(const struct row *row, const void *field, bool fresh, const char *unlimited) {
        const struct cgroup_i64 *i64 = field;
        const struct cgroup_u64 *u64 = field;
        const struct cgroup_bool *flag = field;

        switch (row->kind) {
        case SIZE:
                if (!i64->set || i64->value == 0 || (i64->value < 0 && fresh))
                        return NULL;
                return i64->value < 0 ? text_copy(unlimited) : format_i64(i64->value);
        case COUNT:
                if (!i64->set || (i64->value < 0 && fresh))
                        return NULL;
                return i64->value < 0 ? text_copy("max") : format_i64(i64->value);
        case NUMBER:
                return i64->set && i64->value != 0 ? format_i64(i64->value) : NULL;
        case NATURAL:
                return u64->set && u64->value != 0 ? format_u64(u64->value) : NULL;
        case CHOICE:
                return i64->set && (i64->value != 0 || !fresh) ? format_i64(i64->value) : NULL;
        case AMOUNT:
                return u64->set && (u64->value != 0 || !fresh) ? format_u64(u64->value) : NULL;
        case LEVEL:
                return u64->set ? format_u64(u64->value) : NULL;
        case SWITCH:
                return flag->set && (flag->value || !fresh) ? text_copy(flag->value ? "1" : "0") : NULL;
        case LIST:
                return text_copy(text_is_empty(*(char *const *)field) ? NULL : *(char *const *)field);
        }
        return NULL;
}

/* True if the value asks for nothing that v2 lacks. */
static bool is_nothing(const struct row *row, const char *value) {
        return text_equal(value, "0") || (row->kind == SIZE && value[0] == '-');
}

static int check_row(const struct maker *maker, const struct row *row, const void *field) {
        const struct cgroup_i64 *size = field;
        const struct cgroup_u64 *level = field;

        if (row->kind == SIZE && size->set && size->value < -1)
                return reject("%s.%s: %" PRId64 " is neither a size nor -1 (no limit)", maker->request->path,
                              row->property, size->value);
        if (row->kind == LEVEL && level->set && level->value > 100)
                return reject("%s.%s: %" PRIu64 " is not from 0 to 100", maker->request->path, row->property,
                              level->value);
        return 0;
}

static int add_row(struct maker *maker, const struct row *row) {
        const void *field = (const char *)maker->request->resources + row->offset;
        bool v2 = is_on_v2(maker, row->files.controller);
        autofree char *value = NULL;
        struct setting *setting;
        bool is_default;
        int r;

        r = check_row(maker, row, field);
        if (r < 0)
                return r;
        value = format_row(row, field, maker->request->fresh, v2 ? "max" : "-1");
        if (!value || (v2 && !row->files.v2 && is_nothing(row, value)))
                return 0;
        is_default = (row->kind == CHOICE || row->kind == AMOUNT) && text_equal(value, "0");
        r = add(maker, &row->files, text_copy(row->property), take_ptr(&value), &setting);
        if (r >= 0)
                setting->optional = is_default; /* a kernel without the file has nothing else */
        return r;
}

static int add_rows(struct maker *maker, const struct row *rows, size_t n) {
        for (size_t i = 0; i < n; i++) {
                int r = add_row(maker, &rows[i]);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- memory --- */

static int make_swap(struct maker *maker) {
        static const struct files files = {CONTROLLER_MEMORY, "memory.memsw.limit_in_bytes", "memory.swap.max"};
        const struct cgroup_i64 *limit = &maker->request->resources->memory.limit;
        const struct cgroup_i64 *swap = &maker->request->resources->memory.swap;
        int64_t wanted = swap->set ? swap->value : 0, max = wanted;
        bool v2 = is_on_v2(maker, CONTROLLER_MEMORY), has_limit = limit->set && limit->value != 0;
        struct setting *setting;
        int r = 0;

        if (wanted < -1)
                return reject("%s.memory.swap: %" PRId64 " is neither a size nor -1 (no limit)", maker->request->path,
                              wanted);
        /* The sum is what v1 limits, so there it may change alone. */
        if (v2 || has_limit || wanted <= 0)
                r = cgroup_swap_max(has_limit ? limit->value : 0, wanted, &max);
        if (r < 0)
                return within(r, "%s.memory.swap", maker->request->path);
        if (r == 1 || (max < 0 && maker->request->fresh))
                return 0;
        r = add(maker, &files, text_copy("memory.swap"),
                v2 ? (max < 0 ? text_copy("max") : format_i64(max)) : format_i64(max < 0 ? -1 : wanted), &setting);
        if (r < 0)
                return r;
        /*
         * A kernel that does not account swap has no such file, and limits none. Not even the container may have any.
         */
        setting->optional = max < 0 || (v2 && max == 0);
        return 0;
}

/*
 * Linux 5.16 has taken away the limit for the kernel's own memory. At creation that is an error; an update, which the
 * other runtimes let pass, goes on without it.
 */
static int make_memory(struct maker *maker) {
        size_t first = maker->made.n;
        int r = add_rows(maker, memory_rows, ELEMENTSOF(memory_rows));

        for (size_t i = first; i < maker->made.n; i++)
                maker->made.list[i].obsolete =
                        maker->request->update && text_starts_with(maker->made.list[i].property, "memory.kernel");
        return r < 0 ? r : make_swap(maker);
}

/* Accounting is hierarchical on v2 without being told, and on v1 nothing that an update can take back. */
static int make_use_hierarchy(struct maker *maker) {
        static const struct row row = {"memory.useHierarchy", SWITCH, FIELD(memory.use_hierarchy),
                                       {CONTROLLER_MEMORY, "memory.use_hierarchy", "memory.use_hierarchy"}};
        const struct cgroup_bool *wanted = &maker->request->resources->memory.use_hierarchy;

        return is_on_v2(maker, CONTROLLER_MEMORY) || !wanted->value ? 0 : add_row(maker, &row);
}

static int make_pids(struct maker *maker) {
        return add_rows(maker, pids_rows, ELEMENTSOF(pids_rows));
}

/* --- block io --- */

static const struct files weight_files = {CONTROLLER_IO, "blkio.weight", "io.bfq.weight"};
static const struct files weight_device_files = {CONTROLLER_IO, "blkio.weight_device", "io.bfq.weight"};
static const struct files leaf_weight_files = {CONTROLLER_IO, "blkio.leaf_weight", NULL};
static const struct files leaf_weight_device_files = {CONTROLLER_IO, "blkio.leaf_weight_device", NULL};

static int check_weight(const struct maker *maker, const struct cgroup_u64 *weight, const char *property) {
        if (!weight->set || weight->value == 0 || (weight->value >= 10 && weight->value <= 1000))
                return 0;
        return reject("%s.%s: %" PRIu64 " is not from 10 to 1000", maker->request->path, property, weight->value);
}

/* `device` is "8:0 " or "". The files of the BFQ scheduler have the unit of the specification, io.weight another. */
static int add_weight(struct maker *maker, const struct cgroup_u64 *weight, const char *property, const char *device) {
        bool v2 = is_on_v2(maker, CONTROLLER_IO);
        struct setting *setting;
        int r;

        r = check_weight(maker, weight, property);
        if (r < 0 || !weight->set || weight->value == 0)
                return r;
        r = add(maker, *device ? &weight_device_files : &weight_files, text_copy(property),
                text_format("%s%" PRIu64, device, weight->value), &setting);
        if (r < 0)
                return r;
        if (v2)
                set_other(setting, "io.weight",
                          text_format("%s%" PRIu64, device, cgroup_io_weight_from_blkio(weight->value)));
        else
                set_other(setting, *device ? "blkio.bfq.weight_device" : "blkio.bfq.weight", text_copy(setting->value));
        return 0;
}

static int add_leaf_weight(struct maker *maker, const struct cgroup_u64 *weight, const char *property,
                           const char *device) {
        struct setting *setting;
        int r;

        r = check_weight(maker, weight, property);
        if (r < 0 || !weight->set || weight->value == 0)
                return r;
        return add(maker, *device ? &leaf_weight_device_files : &leaf_weight_files, text_copy(property),
                   text_format("%s%" PRIu64, device, weight->value), &setting);
}

static int add_weight_device(struct maker *maker, const struct cgroup_weight_device *entry, size_t i) {
        autofree char *device = text_format("%" PRId64 ":%" PRId64 " ", entry->major, entry->minor);
        autofree char *weight = text_format("blockIO.weightDevice[%zu].weight", i);
        autofree char *leaf_weight = text_format("blockIO.weightDevice[%zu].leafWeight", i);
        int r;

        r = add_weight(maker, &entry->weight, weight, device);
        return r < 0 ? r : add_leaf_weight(maker, &entry->leaf_weight, leaf_weight, device);
}

static const struct throttle {
        const char *property;
        size_t list, n; /* offsets */
        struct files files;
        const char *v2_key;
} throttles[] = {
        {"throttleReadBpsDevice", FIELD(block_io.read_bps), FIELD(block_io.n_read_bps),
         {CONTROLLER_IO, "blkio.throttle.read_bps_device", "io.max"}, "rbps"},
        {"throttleWriteBpsDevice", FIELD(block_io.write_bps), FIELD(block_io.n_write_bps),
         {CONTROLLER_IO, "blkio.throttle.write_bps_device", "io.max"}, "wbps"},
        {"throttleReadIOPSDevice", FIELD(block_io.read_iops), FIELD(block_io.n_read_iops),
         {CONTROLLER_IO, "blkio.throttle.read_iops_device", "io.max"}, "riops"},
        {"throttleWriteIOPSDevice", FIELD(block_io.write_iops), FIELD(block_io.n_write_iops),
         {CONTROLLER_IO, "blkio.throttle.write_iops_device", "io.max"}, "wiops"},
};

static char *format_throttle(const struct throttle *throttle, const struct cgroup_throttle_device *device, bool v2) {
        autofree char *rate = v2 && device->rate == 0 ? text_copy("max") : format_u64(device->rate);

        return text_format("%" PRId64 ":%" PRId64 " %s%s%s", device->major, device->minor, v2 ? throttle->v2_key : "",
                           v2 ? "=" : "", rate);
}

static int make_throttle(struct maker *maker, const struct throttle *throttle) {
        const char *resources = (const char *)maker->request->resources;
        const struct cgroup_throttle_device *list =
                *(struct cgroup_throttle_device *const *)(const void *)(resources + throttle->list);
        size_t n = *(const size_t *)(const void *)(resources + throttle->n);

        for (size_t i = 0; i < n; i++) {
                struct setting *setting;
                int r = add(maker, &throttle->files, text_format("blockIO.%s[%zu].rate", throttle->property, i),
                            format_throttle(throttle, &list[i], is_on_v2(maker, CONTROLLER_IO)), &setting);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int make_block_io(struct maker *maker) {
        const struct cgroup_resources *resources = maker->request->resources;
        int r;

        r = add_weight(maker, &resources->block_io.weight, "blockIO.weight", "");
        if (r >= 0)
                r = add_leaf_weight(maker, &resources->block_io.leaf_weight, "blockIO.leafWeight", "");
        for (size_t i = 0; r >= 0 && i < resources->block_io.n_weight_devices; i++)
                r = add_weight_device(maker, &resources->block_io.weight_devices[i], i);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(throttles); i++)
                r = make_throttle(maker, &throttles[i]);
        return r;
}

/* --- cpu --- */

static int make_shares(struct maker *maker) {
        static const struct files files = {CONTROLLER_CPU, "cpu.shares", "cpu.weight"};
        const struct cgroup_u64 *shares = &maker->request->resources->cpu.shares;
        const struct cgroup_i64 *idle = &maker->request->resources->cpu.idle;
        bool v2 = is_on_v2(maker, CONTROLLER_CPU);
        struct setting *setting;

        /* An idle cgroup has the least weight there is and takes no other. */
        if (!shares->set || shares->value == 0 || (idle->set && idle->value == 1))
                return 0;
        /* v1 would take another value in silence. */
        if (!v2 && shares->value < 2)
                return reject("%s.cpu.shares: %" PRIu64 ": the minimum allowed cpu-shares is 2", maker->request->path,
                              shares->value);
        if (!v2 && shares->value > 262144)
                return reject("%s.cpu.shares: %" PRIu64 ": the maximum allowed cpu-shares is 262144",
                              maker->request->path, shares->value);
        return add(maker, &files, text_copy("cpu.shares"),
                   format_u64(v2 ? cgroup_weight_from_shares(shares->value) : shares->value), &setting);
}

static int make_quota_v1(struct maker *maker) {
        static const struct row period = {"cpu.period", NATURAL, FIELD(cpu.period),
                                          {CONTROLLER_CPU, "cpu.cfs_period_us", "cpu.max"}};
        static const struct files quota_files = {CONTROLLER_CPU, "cpu.cfs_quota_us", "cpu.max"};
        const struct cgroup_i64 *quota = &maker->request->resources->cpu.quota;
        struct setting *setting;
        int r;

        r = add_row(maker, &period);
        if (r < 0 || !quota->set || quota->value == 0 || (quota->value < 0 && maker->request->fresh))
                return r;
        return add(maker, &quota_files, text_copy("cpu.quota"), format_i64(quota->value < 0 ? -1 : quota->value),
                   &setting);
}

/* "QUOTA PERIOD" in one file; QUOTA alone keeps the period. */
static int make_quota_v2(struct maker *maker) {
        static const struct files files = {CONTROLLER_CPU, NULL, "cpu.max"};
        const struct cgroup_i64 *quota = &maker->request->resources->cpu.quota;
        const struct cgroup_u64 *period = &maker->request->resources->cpu.period;
        bool has_quota = quota->set && quota->value != 0, has_period = period->set && period->value != 0;
        autofree char *text = NULL;
        struct setting *setting;
        int r;

        if (!has_quota && !has_period)
                return 0;
        if (has_quota || maker->request->fresh)
                text = has_quota && quota->value > 0 ? format_i64(quota->value) : text_copy("max");
        if (has_period) {
                autofree char *first = take_ptr(&text);

                text = text_format("%s%s%" PRIu64, first ? first : "", first ? " " : "", period->value);
        }
        r = add(maker, &files, text_copy(has_quota ? "cpu.quota" : "cpu.period"), take_ptr(&text), &setting);
        if (r >= 0)
                setting->keep_first_word = !has_quota && !maker->request->fresh;
        return r;
}

static int make_cpu(struct maker *maker) {
        int r;

        r = add_rows(maker, cpu_rows, ELEMENTSOF(cpu_rows));
        if (r >= 0)
                r = make_shares(maker);
        if (r >= 0)
                r = is_on_v2(maker, CONTROLLER_CPU) ? make_quota_v2(maker) : make_quota_v1(maker);
        return r;
}

static int make_cpuset(struct maker *maker) {
        return add_rows(maker, cpuset_rows, ELEMENTSOF(cpuset_rows));
}

/* --- huge pages, network, rdma --- */

/* "2MB", "1GB": what config-linux.md gives as the format. */
static bool is_page_size(const char *text) {
        size_t digits = text ? strspn(text, "0123456789") : 0;

        return digits > 0 && text[0] != '0' && text[digits] && strchr("KMG", text[digits]) &&
               text_equal(text + digits + 1, "B");
}

/*
 * Of reservations, and of the page faults that nothing was reserved for: to refuse one is an error that a program can
 * handle, while a fault that fails is SIGBUS. A kernel before 5.7 counts all faults and nothing else. (config-linux.md,
 * Huge page limits.)
 */
static int add_hugepage_limit(struct maker *maker, const struct cgroup_hugepage_limit *limit, size_t i) {
        autofree char *v1 = text_format("hugetlb.%s.rsvd.limit_in_bytes", limit->page_size);
        autofree char *v2 = text_format("hugetlb.%s.rsvd.max", limit->page_size);
        const char *other = is_on_v2(maker, CONTROLLER_HUGETLB) ? "max" : "limit_in_bytes";
        struct files files = {CONTROLLER_HUGETLB, v1, v2};
        autofree char *other_file = text_format("hugetlb.%s.%s", limit->page_size, other);
        struct setting *setting;
        int r;

        if (!is_page_size(limit->page_size))
                return reject("%s.hugepageLimits[%zu].pageSize: \"%s\" is not a size such as \"2MB\"",
                              maker->request->path, i, limit->page_size ? limit->page_size : "");
        r = add(maker, &files, text_format("hugepageLimits[%zu].limit", i), format_u64(limit->limit), &setting);
        if (r >= 0)
                set_other(setting, other_file, format_u64(limit->limit));
        return r;
}

static int make_hugepage_limits(struct maker *maker) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < maker->request->resources->n_hugepage_limits; i++)
                r = add_hugepage_limit(maker, &maker->request->resources->hugepage_limits[i], i);
        return r;
}

static int make_network(struct maker *maker) {
        static const struct row class_id = {"network.classID", NATURAL, FIELD(network.class_id),
                                            {CONTROLLER_NET_CLS, "net_cls.classid", NULL}};
        static const struct files files = {CONTROLLER_NET_PRIO, "net_prio.ifpriomap", NULL};
        const struct cgroup_resources *resources = maker->request->resources;
        int r;

        r = add_row(maker, &class_id);
        for (size_t i = 0; r >= 0 && i < resources->network.n_priorities; i++) {
                const struct cgroup_priority *priority = &resources->network.priorities[i];
                struct setting *setting;

                /* What all traffic has; but in v1 another one may be inherited. */
                if (priority->priority == 0 && !is_on_v1(maker, CONTROLLER_NET_PRIO))
                        continue;
                r = add(maker, &files, text_format("network.priorities[%zu].priority", i),
                        text_format("%s %" PRIu32, priority->name, priority->priority), &setting);
        }
        return r;
}

static int make_rdma(struct maker *maker) {
        static const struct files files = {CONTROLLER_RDMA, "rdma.max", "rdma.max"};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < maker->request->resources->n_rdma; i++) {
                const struct cgroup_rdma *rdma = &maker->request->resources->rdma[i];
                autodone(text) struct text line = TEXT_INIT;
                struct setting *setting;

                text_add(&line, rdma->device);
                if (rdma->hca_handles.set)
                        text_add_format(&line, " hca_handle=%" PRIu64, rdma->hca_handles.value);
                if (rdma->hca_objects.set)
                        text_add_format(&line, " hca_object=%" PRIu64, rdma->hca_objects.value);
                if (!rdma->hca_handles.set && !rdma->hca_objects.set)
                        return reject("%s.rdma[\"%s\"]: neither hcaHandles nor hcaObjects is given", maker->request->path,
                                      rdma->device);
                r = add(maker, &files, text_format("rdma[\"%s\"]", rdma->device), text_take(&line), &setting);
        }
        return r;
}

/* --- unified --- */

/* The files of the core need no controller: cgroup.max.depth, irq.pressure. */
static bool has_unified_controller(const struct controllers *controllers, const char *key, size_t length) {
        if (text_starts_with(key, "cgroup.") || text_equal(key + length, ".pressure"))
                return true;
        return !controllers->on_v2 || controllers_list_has(controllers->on_v2, ' ', key, length);
}

static int check_unified(const struct maker *maker, const struct cgroup_unified *unified) {
        const struct controllers *controllers = maker->request->controllers;
        const char *path = maker->request->path;
        size_t length = strcspn(unified->key, ".");

        if (!controllers->have_v2)
                return reject("%s.unified.%s: this machine has cgroup v1 only", path, unified->key);
        if (strchr(unified->key, '/') || !unified->key[length])
                return reject("%s.unified: \"%s\" is not the name of a cgroup file", path, unified->key);
        if (!has_unified_controller(controllers, unified->key, length))
                return reject("%s.unified.%s: the cgroup v2 controller \"%.*s\" is not available", path, unified->key,
                              (int)length, unified->key);
        return 0;
}

/* The kernel takes one line at a time. */
static void add_unified_line(struct maker *maker, const struct cgroup_unified *unified, const char *line,
                             size_t length) {
        *array_append(maker->made.list, maker->made.n) = (struct setting){
                .property = text_format("unified.%s", unified->key),
                .file = text_copy(unified->key),
                .value = text_copy_n(line, length),
                .unified = true,
        };
}

static int make_unified(struct maker *maker) {
        for (size_t i = 0; i < maker->request->resources->n_unified; i++) {
                const struct cgroup_unified *unified = &maker->request->resources->unified[i];
                const char *at = unified->value ? unified->value : "";
                int r = check_unified(maker, unified);

                if (r < 0)
                        return r;
                do {
                        size_t length = strcspn(at, "\n");

                        add_unified_line(maker, unified, at, length);
                        at += length + (at[length] == '\n');
                } while (*at);
        }
        return 0;
}

/* --- all --- */

/*
 * The cpu comes late: from its first moment a small quota slows down this runtime's own child. unified has the last
 * word.
 */
static int (*const makers[])(struct maker *maker) = {
        make_pids,   make_use_hierarchy,   make_memory,  make_block_io, make_cpuset,
        make_hugepage_limits, make_network, make_rdma,   make_cpu,      make_unified,
};

int settings_make(const struct settings_request *request, struct settings *ret) {
        autodone(maker) struct maker maker = {.request = request};

        for (size_t i = 0; i < ELEMENTSOF(makers); i++) {
                int r = makers[i](&maker);

                if (r < 0)
                        return r;
        }
        *ret = maker.made;
        maker.made = (struct settings){};
        return 0;
}
