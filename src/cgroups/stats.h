/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a cgroup has used so far, in one form for v1 and v2: v1's, which the consumers of `runc events` know. Times are
 * nanoseconds, sizes bytes; UINT64_MAX is "no limit" except for pids, where 0 is. A controller that is not there, or a
 * file that this kernel lacks, leaves its numbers zero and its lists empty.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroups/cgroup.h"

struct cgroup_numbers {
        uint64_t *items;
        size_t count;
};

/* Part of the time, in hundredths of a percent, in which some or all tasks waited; the sum is microseconds. */
struct cgroup_pressure_share {
        uint64_t avg10, avg60, avg300, total;
};
struct cgroup_pressure {
        bool known;
        struct cgroup_pressure_share some, full;
};

struct cgroup_cpu_stats {
        uint64_t total, kernel, user;
        struct cgroup_numbers percpu, percpu_kernel, percpu_user;
        uint64_t periods, throttled_periods, throttled_time;
        uint64_t burst_periods, burst_time; /* beyond the quota, from what had been saved up (Linux 5.14) */
        struct cgroup_pressure pressure;
};

struct cgroup_cpuset_stats {
        struct cgroup_numbers cpus, mems; /* ascending, as far as the kernel's list is */
        uint64_t cpu_exclusive, mem_hardwall, mem_exclusive, memory_migrate, memory_spread_page, memory_spread_slab;
        uint64_t memory_pressure, sched_load_balance;
        int64_t sched_relax_domain_level;
};

struct cgroup_memory_usage {
        uint64_t limit, usage, max, failcnt;
};
struct cgroup_named_number {
        char *name;
        uint64_t value;
};
struct cgroup_memory_stats {
        uint64_t cache;
        struct cgroup_memory_usage memory, memory_and_swap, kernel, kernel_tcp;
        struct cgroup_memory_usage swap; /* alone; v2 */
        bool has_swap;
        struct cgroup_named_number *raw; /* memory.stat */
        size_t n_raw;
        struct cgroup_named_number *events; /* memory.events, and of v1 the oom_kill of memory.oom_control */
        size_t n_events;
        struct cgroup_pressure pressure;
};

struct cgroup_pids_stats {
        uint64_t current, limit;
};

struct cgroup_io_entry {
        uint64_t major, minor;
        char *operation; /* "Read"; NULL where the number is not of one */
        uint64_t value;
};
struct cgroup_io_entries {
        struct cgroup_io_entry *items;
        size_t count;
};
struct cgroup_io_stats {
        struct cgroup_io_entries service_bytes, serviced, queued, service_time, wait_time, merged, time, sectors;
        struct cgroup_pressure pressure;
};

struct cgroup_hugetlb_stats {
        char *page_size; /* "2MB" */
        uint64_t usage, max, failcnt;
};

/* What a device for remote memory access has lent. */
struct cgroup_rdma_numbers {
        uint64_t hca_handles, hca_objects;
};
struct cgroup_rdma_stats {
        char *device; /* "mlx5_0" */
        struct cgroup_rdma_numbers current, limit;
};

/* A resource of which a machine has a number, such as keys for encrypted guests. */
struct cgroup_misc_stats {
        char *name; /* "sev" */
        uint64_t current, limit, failcnt;
};

struct cgroup_stats {
        struct cgroup_cpu_stats cpu;
        struct cgroup_cpuset_stats cpuset;
        struct cgroup_memory_stats memory;
        struct cgroup_pids_stats pids;
        struct cgroup_io_stats io;
        struct cgroup_hugetlb_stats *hugetlb;
        size_t n_hugetlb;
        struct cgroup_rdma_stats *rdma;
        size_t n_rdma;
        struct cgroup_misc_stats *misc;
        size_t n_misc;
};
#define CGROUP_STATS_INIT ((struct cgroup_stats){})
void cgroup_stats_done(struct cgroup_stats *stats);
