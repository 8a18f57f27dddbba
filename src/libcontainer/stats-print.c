/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers about a container as JSON, in the form that consumers of `runc events` know (its types/events.go, and what
 * go-runc reads of it). Keys are not ours to choose: hence "ioQueueRecursive" beside "ioMergedRecursive", and the
 * capitals of the network interfaces. Pure; runs in the runtime's process, after cgroup_stats().
 */
#include "libcontainer/stats-print.h"

#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/text.h"

/* --- objects of numbers --- */

struct number_key {
        const char *key;
        size_t offset;
        bool leave_out; /* when it is zero */
};

static const struct number_key usage_keys[] = {
        {"total", offsetof(struct cgroup_cpu_stats, total), true},
        {"kernel", offsetof(struct cgroup_cpu_stats, kernel)},
        {"user", offsetof(struct cgroup_cpu_stats, user)},
        {},
};
static const struct number_key throttling_keys[] = {
        {"periods", offsetof(struct cgroup_cpu_stats, periods), true},
        {"throttledPeriods", offsetof(struct cgroup_cpu_stats, throttled_periods), true},
        {"throttledTime", offsetof(struct cgroup_cpu_stats, throttled_time), true},
        {},
};
static const struct number_key burst_keys[] = {
        {"periods", offsetof(struct cgroup_cpu_stats, burst_periods)},
        {"time", offsetof(struct cgroup_cpu_stats, burst_time)},
        {},
};
static const struct number_key cpuset_keys[] = {
        {"cpu_exclusive", offsetof(struct cgroup_cpuset_stats, cpu_exclusive)},
        {"mem_hardwall", offsetof(struct cgroup_cpuset_stats, mem_hardwall)},
        {"mem_exclusive", offsetof(struct cgroup_cpuset_stats, mem_exclusive)},
        {"memory_migrate", offsetof(struct cgroup_cpuset_stats, memory_migrate)},
        {"memory_spread_page", offsetof(struct cgroup_cpuset_stats, memory_spread_page)},
        {"memory_spread_slab", offsetof(struct cgroup_cpuset_stats, memory_spread_slab)},
        {"memory_pressure", offsetof(struct cgroup_cpuset_stats, memory_pressure)},
        {"sched_load_balance", offsetof(struct cgroup_cpuset_stats, sched_load_balance)},
        {},
};
static const struct number_key memory_usage_keys[] = {
        {"limit", offsetof(struct cgroup_memory_usage, limit)},
        {"usage", offsetof(struct cgroup_memory_usage, usage), true},
        {"max", offsetof(struct cgroup_memory_usage, max), true},
        {"failcnt", offsetof(struct cgroup_memory_usage, failcnt)},
        {},
};
static const struct number_key pids_keys[] = {
        {"current", offsetof(struct cgroup_pids_stats, current), true},
        {"limit", offsetof(struct cgroup_pids_stats, limit), true},
        {},
};
static const struct number_key io_entry_keys[] = {
        {"major", offsetof(struct cgroup_io_entry, major), true},
        {"minor", offsetof(struct cgroup_io_entry, minor), true},
        {"value", offsetof(struct cgroup_io_entry, value), true},
        {},
};
static const struct number_key hugetlb_keys[] = {
        {"usage", offsetof(struct cgroup_hugetlb_stats, usage), true},
        {"max", offsetof(struct cgroup_hugetlb_stats, max), true},
        {"failcnt", offsetof(struct cgroup_hugetlb_stats, failcnt)},
        {},
};
static const struct number_key rdma_keys[] = {
        {"hca_handles", offsetof(struct cgroup_rdma_numbers, hca_handles)},
        {"hca_objects", offsetof(struct cgroup_rdma_numbers, hca_objects)},
        {},
};
static const struct number_key misc_keys[] = {
        {"current", offsetof(struct cgroup_misc_stats, current)},
        {"limit", offsetof(struct cgroup_misc_stats, limit)},
        {"failcnt", offsetof(struct cgroup_misc_stats, failcnt)},
        {},
};
static const struct number_key l3_keys[] = {
        {"min_cbm_bits", offsetof(struct resctrl_stats, l3.min_cbm_bits), true},
        {"num_closids", offsetof(struct resctrl_stats, l3.num_closids), true},
        {},
};
static const struct number_key bandwidth_keys[] = {
        {"bandwidth_gran", offsetof(struct resctrl_stats, memory.bandwidth_gran), true},
        {"delay_linear", offsetof(struct resctrl_stats, memory.delay_linear), true},
        {"min_bandwidth", offsetof(struct resctrl_stats, memory.min_bandwidth), true},
        {"num_closids", offsetof(struct resctrl_stats, memory.num_closids), true},
        {},
};
static const struct number_key mbm_keys[] = {
        {"mbm_total_bytes", offsetof(struct resctrl_domain_stats, total_bytes)},
        {"mbm_local_bytes", offsetof(struct resctrl_domain_stats, local_bytes)},
        {},
};
static const struct number_key cmt_keys[] = {
        {"llc_occupancy", offsetof(struct resctrl_domain_stats, occupancy)},
        {},
};

static uint64_t number_at(const void *structure, size_t offset) {
        return *(const uint64_t *)((const char *)structure + offset);
}

static void write_numbers(struct json_writer *writer, const struct number_key *keys, const void *structure) {
        for (; keys->key; keys++) {
                uint64_t number = number_at(structure, keys->offset);

                if (number != 0 || !keys->leave_out)
                        json_write_u64(writer, keys->key, number);
        }
}

static void write_object(struct json_writer *writer, const char *key, const struct number_key *keys, const void *structure) {
        json_object_begin(writer, key);
        write_numbers(writer, keys, structure);
        json_object_end(writer);
}

/* Nothing at all if it is empty. */
static void write_list(struct json_writer *writer, const char *key, const struct cgroup_numbers *numbers) {
        if (numbers->count == 0)
                return;
        json_array_begin(writer, key);
        for (size_t i = 0; i < numbers->count; i++)
                json_write_u64(writer, NULL, numbers->items[i]);
        json_array_end(writer);
}

/* --- sections --- */

static void write_share(struct json_writer *writer, const char *key, const struct cgroup_pressure_share *share) {
        json_object_begin(writer, key);
        json_write_hundredths(writer, "avg10", share->avg10);
        json_write_hundredths(writer, "avg60", share->avg60);
        json_write_hundredths(writer, "avg300", share->avg300);
        json_write_u64(writer, "total", share->total);
        json_object_end(writer);
}

static void write_pressure(struct json_writer *writer, const struct cgroup_pressure *pressure) {
        if (!pressure->known)
                return;
        json_object_begin(writer, "psi");
        write_share(writer, "some", &pressure->some);
        write_share(writer, "full", &pressure->full);
        json_object_end(writer);
}

static void write_cpu(struct json_writer *writer, const struct cgroup_cpu_stats *cpu) {
        json_object_begin(writer, "cpu");
        json_object_begin(writer, "usage");
        write_numbers(writer, usage_keys, cpu);
        write_list(writer, "percpu", &cpu->percpu);
        write_list(writer, "percpu_kernel", &cpu->percpu_kernel);
        write_list(writer, "percpu_user", &cpu->percpu_user);
        json_object_end(writer);
        write_object(writer, "throttling", throttling_keys, cpu);
        if (cpu->burst_periods > 0)
                write_object(writer, "burst", burst_keys, cpu);
        write_pressure(writer, &cpu->pressure);
        json_object_end(writer);
}

static void write_cpuset(struct json_writer *writer, const struct cgroup_cpuset_stats *cpuset) {
        json_object_begin(writer, "cpuset");
        write_list(writer, "cpus", &cpuset->cpus);
        write_list(writer, "mems", &cpuset->mems);
        write_numbers(writer, cpuset_keys, cpuset);
        json_write_i64(writer, "sched_relax_domain_level", cpuset->sched_relax_domain_level);
        json_object_end(writer);
}

static void write_named(struct json_writer *writer, const char *key, const struct cgroup_named_number *list, size_t n) {
        if (n == 0)
                return;
        json_object_begin(writer, key);
        for (size_t i = 0; i < n; i++)
                json_write_u64(writer, list[i].name, list[i].value);
        json_object_end(writer);
}

static void write_memory(struct json_writer *writer, const struct cgroup_memory_stats *memory) {
        json_object_begin(writer, "memory");
        if (memory->cache != 0)
                json_write_u64(writer, "cache", memory->cache);
        write_object(writer, "usage", memory_usage_keys, &memory->memory);
        write_object(writer, "swap", memory_usage_keys, &memory->memory_and_swap);
        write_object(writer, "kernel", memory_usage_keys, &memory->kernel);
        write_object(writer, "kernelTCP", memory_usage_keys, &memory->kernel_tcp);
        if (memory->has_swap)
                write_object(writer, "swapOnly", memory_usage_keys, &memory->swap);
        write_named(writer, "raw", memory->raw, memory->n_raw);
        write_named(writer, "events", memory->events, memory->n_events);
        write_pressure(writer, &memory->pressure);
        json_object_end(writer);
}

static const struct {
        const char *key;
        size_t offset;
} io_keys[] = {
        {"ioServiceBytesRecursive", offsetof(struct cgroup_io_stats, service_bytes)},
        {"ioServicedRecursive", offsetof(struct cgroup_io_stats, serviced)},
        {"ioQueueRecursive", offsetof(struct cgroup_io_stats, queued)},
        {"ioServiceTimeRecursive", offsetof(struct cgroup_io_stats, service_time)},
        {"ioWaitTimeRecursive", offsetof(struct cgroup_io_stats, wait_time)},
        {"ioMergedRecursive", offsetof(struct cgroup_io_stats, merged)},
        {"ioTimeRecursive", offsetof(struct cgroup_io_stats, time)},
        {"sectorsRecursive", offsetof(struct cgroup_io_stats, sectors)},
};

static void write_entries(struct json_writer *writer, const char *key, const struct cgroup_io_entries *entries) {
        if (entries->count == 0)
                return;
        json_array_begin(writer, key);
        for (size_t i = 0; i < entries->count; i++) {
                json_object_begin(writer, NULL);
                if (entries->items[i].operation)
                        json_write_string(writer, "op", entries->items[i].operation);
                write_numbers(writer, io_entry_keys, &entries->items[i]);
                json_object_end(writer);
        }
        json_array_end(writer);
}

static void write_io(struct json_writer *writer, const struct cgroup_io_stats *io) {
        json_object_begin(writer, "blkio");
        for (size_t i = 0; i < ELEMENTSOF(io_keys); i++) {
                const void *entries = (const char *)io + io_keys[i].offset;

                write_entries(writer, io_keys[i].key, entries);
        }
        write_pressure(writer, &io->pressure);
        json_object_end(writer);
}

static void write_hugetlb(struct json_writer *writer, const struct cgroup_stats *stats) {
        json_object_begin(writer, "hugetlb");
        for (size_t i = 0; i < stats->n_hugetlb; i++)
                write_object(writer, stats->hugetlb[i].page_size, hugetlb_keys, &stats->hugetlb[i]);
        json_object_end(writer);
}

/* runc tells nothing of these two; without a device they are not there. */
static void write_rdma(struct json_writer *writer, const struct cgroup_stats *stats) {
        if (stats->n_rdma == 0)
                return;
        json_object_begin(writer, "rdma");
        for (size_t i = 0; i < stats->n_rdma; i++) {
                json_object_begin(writer, stats->rdma[i].device);
                write_object(writer, "current", rdma_keys, &stats->rdma[i].current);
                write_object(writer, "limit", rdma_keys, &stats->rdma[i].limit);
                json_object_end(writer);
        }
        json_object_end(writer);
}

static void write_misc(struct json_writer *writer, const struct cgroup_stats *stats) {
        if (stats->n_misc == 0)
                return;
        json_object_begin(writer, "misc");
        for (size_t i = 0; i < stats->n_misc; i++)
                write_object(writer, stats->misc[i].name, misc_keys, &stats->misc[i]);
        json_object_end(writer);
}

/* --- network interfaces --- */

/* The columns of /proc/PID/net/dev behind the name; the others (compressed, multicast...) are not told. */
enum { NET_COLUMNS = 16 };
static const struct {
        const char *key;
        size_t column;
} net_keys[] = {
        {"RxBytes", 0},
        {"RxPackets", 1},
        {"RxErrors", 2},
        {"RxDropped", 3},
        {"TxBytes", 8},
        {"TxPackets", 9},
        {"TxErrors", 10},
        {"TxDropped", 11},
};

static bool parse_columns(const char *text, uint64_t columns[NET_COLUMNS]) {
        for (size_t i = 0; i < NET_COLUMNS; i++) {
                char *end;

                columns[i] = strtoull(text, &end, 10);
                if (end == text)
                        return false;
                text = end;
        }
        return true;
}

/* "  eth0: 1 2 3 ..."; the two lines of titles have no number behind a colon. */
static void write_interface(struct json_writer *writer, const char *line) {
        const char *name = line + strspn(line, " "), *colon = strchrnul(name, ':');
        uint64_t columns[NET_COLUMNS];
        autofree char *copy = NULL;

        if (!*colon || !parse_columns(colon + 1, columns))
                return;
        copy = text_copy_n(name, (size_t)(colon - name));
        json_object_begin(writer, NULL);
        json_write_string(writer, "Name", copy);
        for (size_t i = 0; i < ELEMENTSOF(net_keys); i++)
                json_write_u64(writer, net_keys[i].key, columns[net_keys[i].column]);
        json_object_end(writer);
}

static void write_network(struct json_writer *writer, const char *net_dev) {
        if (!net_dev) {
                json_write_string(writer, "network_interfaces", NULL);
                return;
        }
        json_array_begin(writer, "network_interfaces");
        for (const char *line = net_dev; *line;) {
                const char *end = strchrnul(line, '\n');
                autofree char *copy = text_copy_n(line, (size_t)(end - line));

                write_interface(writer, copy);
                line = *end ? end + 1 : end;
        }
        json_array_end(writer);
}

static void write_text(struct json_writer *writer, const char *key, const char *text) {
        if (!text_is_empty(text))
                json_write_string(writer, key, text);
}

static void write_l3(struct json_writer *writer, const struct resctrl_stats *shares) {
        if (!shares->l3.present)
                return;
        json_object_begin(writer, "l3_cache_info");
        write_text(writer, "cbm_mask", shares->l3.cbm_mask);
        write_numbers(writer, l3_keys, shares);
        json_object_end(writer);
        write_text(writer, "l3_cache_schema_root", shares->l3.root_schema);
        write_text(writer, "l3_cache_schema", shares->l3.schema);
}

static void write_bandwidth(struct json_writer *writer, const struct resctrl_stats *shares) {
        if (!shares->memory.present)
                return;
        write_object(writer, "mem_bw_info", bandwidth_keys, shares);
        write_text(writer, "mem_bw_schema_root", shares->memory.root_schema);
        write_text(writer, "mem_bw_schema", shares->memory.schema);
}

static void write_domains(struct json_writer *writer, const char *key, const struct number_key *keys,
                          const struct resctrl_stats *shares) {
        json_array_begin(writer, key);
        for (size_t i = 0; i < shares->n_domains; i++)
                write_object(writer, NULL, keys, &shares->domains[i]);
        json_array_end(writer);
}

static void write_shares(struct json_writer *writer, const struct resctrl_stats *shares) {
        json_object_begin(writer, "intel_rdt");
        write_l3(writer, shares);
        write_bandwidth(writer, shares);
        if (shares->schemata.count > 0)
                json_array_begin(writer, "schemata");
        for (size_t i = 0; i < shares->schemata.count; i++)
                json_write_string(writer, NULL, shares->schemata.items[i]);
        if (shares->schemata.count > 0)
                json_array_end(writer);
        if (shares->has_bandwidth)
                write_domains(writer, "mbm_stats", mbm_keys, shares);
        if (shares->has_occupancy)
                write_domains(writer, "cmt_stats", cmt_keys, shares);
        json_object_end(writer);
}

void stats_print(const struct cgroup_stats *stats, const struct resctrl_stats *shares, const char *net_dev,
                 struct json_writer *writer) {
        json_object_begin(writer, "data");
        write_cpu(writer, &stats->cpu);
        write_cpuset(writer, &stats->cpuset);
        write_memory(writer, &stats->memory);
        write_object(writer, "pids", pids_keys, &stats->pids);
        write_io(writer, &stats->io);
        write_hugetlb(writer, stats);
        write_rdma(writer, stats);
        write_misc(writer, stats);
        write_shares(writer, shares);
        write_network(writer, net_dev);
        json_object_end(writer);
}
