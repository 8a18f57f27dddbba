/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads what a cgroup has used. Runs in the runtime's process, at any time of the container's life, its end included:
 * so no file has to be there.
 *
 * Each section is read where its controller is: on its v1 hierarchy if there is one, else on v2. Most numbers are rows
 * of the tables below; what the kernel writes as lists has a function. Meaning of the files: Linux,
 * Documentation/admin-guide/cgroup-v1/ and cgroup-v2.rst, Documentation/accounting/psi.rst.
 */
#include "cgroups/stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroups/parse.h"
#include "cgroups/place.h"
#include "util/alloc.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/text.h"

/* The longest are those with a line per device or cpu of a large machine. */
#define STATS_FILE_LIMIT (16 << 20)

/* Highest cpu or memory node that the kernel can be built for, and more. */
#define CPUSET_MAX 65535

#define NANOSECONDS_PER_SECOND UINT64_C(1000000000)

/* --- release --- */

static void free_numbers(struct cgroup_numbers *numbers) {
        free(numbers->items);
}

static void free_entries(struct cgroup_io_entries *entries) {
        for (size_t i = 0; i < entries->count; i++)
                free(entries->items[i].operation);
        free(entries->items);
}

static void free_named(struct cgroup_named_number *list, size_t n) {
        for (size_t i = 0; i < n; i++)
                free(list[i].name);
        free(list);
}

static void free_io(struct cgroup_io_stats *io) {
        struct cgroup_io_entries *all[] = {&io->service_bytes, &io->serviced, &io->queued, &io->service_time,
                                           &io->wait_time,     &io->merged,   &io->time,   &io->sectors};

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                free_entries(all[i]);
}

void cgroup_stats_done(struct cgroup_stats *stats) {
        free_numbers(&stats->cpu.percpu);
        free_numbers(&stats->cpu.percpu_kernel);
        free_numbers(&stats->cpu.percpu_user);
        free_numbers(&stats->cpuset.cpus);
        free_numbers(&stats->cpuset.mems);
        free_named(stats->memory.raw, stats->memory.n_raw);
        free_named(stats->memory.events, stats->memory.n_events);
        free_io(&stats->io);
        for (size_t i = 0; i < stats->n_hugetlb; i++)
                free(stats->hugetlb[i].page_size);
        free(stats->hugetlb);
        for (size_t i = 0; i < stats->n_rdma; i++)
                free(stats->rdma[i].device);
        free(stats->rdma);
        for (size_t i = 0; i < stats->n_misc; i++)
                free(stats->misc[i].name);
        free(stats->misc);
        *stats = CGROUP_STATS_INIT;
}

/* --- files and numbers --- */

/* NULL when the file cannot be read. */
static char *read_text(int dirfd, const char *file) {
        char *text = NULL;

        return file_read(dirfd, file, STATS_FILE_LIMIT, &text, NULL) < 0 ? NULL : text;
}

static uint64_t read_number(int dirfd, const char *file) {
        autofree char *text = read_text(dirfd, file);

        return text ? parse_number(text) : 0;
}

static void add_number(struct cgroup_numbers *numbers, uint64_t number) {
        *array_append(numbers->items, numbers->count) = number;
}

/* --- tables of numbers --- */

struct number_row {
        const char *file; /* rows of the same file stand together: it is read once */
        const char *key; /* of its line; NULL: the file is one number */
        size_t offset; /* in struct cgroup_stats */
        uint64_t factor; /* to the unit in which we count; 0: 1 */
};
#define NUMBER(file_name, line_key, member, ...)                                                         \
        { .file = (file_name), .key = (line_key), .offset = offsetof(struct cgroup_stats, member), __VA_ARGS__ }

static const struct number_row cpu_v1[] = {
        NUMBER("cpu.stat", "nr_periods", cpu.periods),
        NUMBER("cpu.stat", "nr_throttled", cpu.throttled_periods),
        NUMBER("cpu.stat", "throttled_time", cpu.throttled_time),
        NUMBER("cpu.stat", "nr_bursts", cpu.burst_periods),
        NUMBER("cpu.stat", "burst_time", cpu.burst_time),
        {},
};
static const struct number_row cpu_v2[] = {
        NUMBER("cpu.stat", "nr_periods", cpu.periods),
        NUMBER("cpu.stat", "nr_throttled", cpu.throttled_periods),
        NUMBER("cpu.stat", "throttled_usec", cpu.throttled_time, .factor = 1000),
        NUMBER("cpu.stat", "nr_bursts", cpu.burst_periods),
        NUMBER("cpu.stat", "burst_usec", cpu.burst_time, .factor = 1000),
        {},
};
static const struct number_row cpuacct_v1[] = {
        NUMBER("cpuacct.usage", NULL, cpu.total),
        NUMBER("cpuacct.stat", "user", cpu.user),
        NUMBER("cpuacct.stat", "system", cpu.kernel),
        {},
};
static const struct number_row cpuacct_v2[] = {
        NUMBER("cpu.stat", "usage_usec", cpu.total, .factor = 1000),
        NUMBER("cpu.stat", "user_usec", cpu.user, .factor = 1000),
        NUMBER("cpu.stat", "system_usec", cpu.kernel, .factor = 1000),
        {},
};
static const struct number_row cpuset_v1[] = {
        NUMBER("cpuset.cpu_exclusive", NULL, cpuset.cpu_exclusive),
        NUMBER("cpuset.mem_hardwall", NULL, cpuset.mem_hardwall),
        NUMBER("cpuset.mem_exclusive", NULL, cpuset.mem_exclusive),
        NUMBER("cpuset.memory_migrate", NULL, cpuset.memory_migrate),
        NUMBER("cpuset.memory_spread_page", NULL, cpuset.memory_spread_page),
        NUMBER("cpuset.memory_spread_slab", NULL, cpuset.memory_spread_slab),
        NUMBER("cpuset.memory_pressure", NULL, cpuset.memory_pressure),
        NUMBER("cpuset.sched_load_balance", NULL, cpuset.sched_load_balance),
        {},
};
static const struct number_row memory_v1[] = {
        NUMBER("memory.limit_in_bytes", NULL, memory.memory.limit),
        NUMBER("memory.usage_in_bytes", NULL, memory.memory.usage),
        NUMBER("memory.max_usage_in_bytes", NULL, memory.memory.max),
        NUMBER("memory.failcnt", NULL, memory.memory.failcnt),
        NUMBER("memory.memsw.limit_in_bytes", NULL, memory.memory_and_swap.limit),
        NUMBER("memory.memsw.usage_in_bytes", NULL, memory.memory_and_swap.usage),
        NUMBER("memory.memsw.max_usage_in_bytes", NULL, memory.memory_and_swap.max),
        NUMBER("memory.memsw.failcnt", NULL, memory.memory_and_swap.failcnt),
        NUMBER("memory.kmem.limit_in_bytes", NULL, memory.kernel.limit),
        NUMBER("memory.kmem.usage_in_bytes", NULL, memory.kernel.usage),
        NUMBER("memory.kmem.max_usage_in_bytes", NULL, memory.kernel.max),
        NUMBER("memory.kmem.failcnt", NULL, memory.kernel.failcnt),
        NUMBER("memory.kmem.tcp.limit_in_bytes", NULL, memory.kernel_tcp.limit),
        NUMBER("memory.kmem.tcp.usage_in_bytes", NULL, memory.kernel_tcp.usage),
        NUMBER("memory.kmem.tcp.max_usage_in_bytes", NULL, memory.kernel_tcp.max),
        NUMBER("memory.kmem.tcp.failcnt", NULL, memory.kernel_tcp.failcnt),
        {},
};
/* Here swap is counted alone; make_sum() makes v1's sum of it. The peaks are of Linux 5.19 and 6.5. */
static const struct number_row memory_v2[] = {
        NUMBER("memory.max", NULL, memory.memory.limit),
        NUMBER("memory.current", NULL, memory.memory.usage),
        NUMBER("memory.peak", NULL, memory.memory.max),
        NUMBER("memory.events", "max", memory.memory.failcnt),
        NUMBER("memory.swap.max", NULL, memory.swap.limit),
        NUMBER("memory.swap.current", NULL, memory.swap.usage),
        NUMBER("memory.swap.peak", NULL, memory.swap.max),
        NUMBER("memory.swap.events", "fail", memory.swap.failcnt),
        {},
};
static const struct number_row pids_both[] = {
        NUMBER("pids.current", NULL, pids.current),
        NUMBER("pids.max", NULL, pids.limit),
        {},
};

static void read_rows(int dirfd, const struct number_row *row, struct cgroup_stats *stats) {
        autofree char *text = NULL;

        for (const char *file = ""; row->file; row++) {
                uint64_t number;

                if (strcmp(row->file, file) != 0) {
                        free(text);
                        text = read_text(dirfd, row->file);
                        file = row->file;
                }
                if (!text)
                        continue;
                number = row->key ? parse_number_of(text, row->key) : parse_number(text);
                *(uint64_t *)((char *)stats + row->offset) = number * (row->factor ? row->factor : 1);
        }
}

/* --- cpu --- */

static void read_percpu(int dirfd, struct cgroup_numbers *ret) {
        autofree char *text = read_text(dirfd, "cpuacct.usage_percpu");
        char *rest = text, *word;

        while ((word = parse_part(&rest, ' ')))
                if (*word >= '0' && *word <= '9')
                        add_number(ret, parse_number(word));
}

/* "cpu user system", and then a line of these for each cpu; more columns may follow. Since Linux 4.7. */
static void read_percpu_modes(int dirfd, struct cgroup_cpu_stats *cpu) {
        autofree char *text = read_text(dirfd, "cpuacct.usage_all");
        char *rest = text, *line;

        parse_part(&rest, '\n');
        while ((line = parse_part(&rest, '\n'))) {
                const char *number = parse_part(&line, ' ');
                const char *user = parse_part(&line, ' '), *system = parse_part(&line, ' ');

                if (!number || !system)
                        continue;
                add_number(&cpu->percpu_user, parse_number(user));
                add_number(&cpu->percpu_kernel, parse_number(system));
        }
}

/* cpuacct.stat counts in the clock ticks that user space sees. */
static void read_cpuacct_v1(int dirfd, struct cgroup_stats *stats) {
        long ticks = sysconf(_SC_CLK_TCK);
        uint64_t tick = NANOSECONDS_PER_SECOND / (ticks > 0 ? (uint64_t)ticks : 100);

        stats->cpu.user *= tick;
        stats->cpu.kernel *= tick;
        read_percpu(dirfd, &stats->cpu.percpu);
        read_percpu_modes(dirfd, &stats->cpu);
}

/* --- cpuset --- */

/* "0-2,7" */
static void read_ranges(int dirfd, const char *file, struct cgroup_numbers *ret) {
        autofree char *text = read_text(dirfd, file);
        char *rest = text, *range;

        while ((range = parse_part(&rest, ','))) {
                char *end;
                unsigned long first = strtoul(range, &end, 10), last = *end == '-' ? strtoul(end + 1, NULL, 10) : first;

                for (unsigned long i = first; end > range && i <= last && i <= CPUSET_MAX; i++)
                        add_number(ret, i);
        }
}

static void read_cpuset_v1(int dirfd, struct cgroup_stats *stats) {
        autofree char *level = read_text(dirfd, "cpuset.sched_relax_domain_level");

        if (level)
                stats->cpuset.sched_relax_domain_level = strtoll(level, NULL, 10);
        read_ranges(dirfd, "cpuset.cpus", &stats->cpuset.cpus);
        read_ranges(dirfd, "cpuset.mems", &stats->cpuset.mems);
}

/* The files without "effective" say what was asked for, which is usually nothing. */
static void read_cpuset_v2(int dirfd, struct cgroup_stats *stats) {
        read_ranges(dirfd, "cpuset.cpus.effective", &stats->cpuset.cpus);
        read_ranges(dirfd, "cpuset.mems.effective", &stats->cpuset.mems);
}

/* --- memory --- */

struct named_numbers {
        struct cgroup_named_number *list;
        size_t n;
};

/* "NAME NUMBER" lines. */
static struct named_numbers read_named(int dirfd, const char *file) {
        autofree char *text = read_text(dirfd, file);
        struct named_numbers named = {};
        char *rest = text, *line;

        while ((line = parse_part(&rest, '\n'))) {
                const char *name = parse_part(&line, ' ');

                if (name && line && *line)
                        *array_append(named.list, named.n) = (struct cgroup_named_number){text_copy(name), parse_number(line)};
        }
        return named;
}

static void read_raw(int dirfd, const char *cache_name, struct cgroup_memory_stats *memory) {
        struct named_numbers named = read_named(dirfd, "memory.stat");

        memory->raw = named.list;
        memory->n_raw = named.n;
        for (size_t i = 0; i < named.n; i++)
                if (text_equal(named.list[i].name, cache_name))
                        memory->cache = named.list[i].value;
}

/* Two of the three lines there are settings. */
static void read_memory_v1(int dirfd, struct cgroup_stats *stats) {
        autofree char *text = read_text(dirfd, "memory.oom_control");
        struct cgroup_memory_stats *memory = &stats->memory;

        read_raw(dirfd, "cache", memory);
        if (text && strstr(text, "oom_kill "))
                *array_append(memory->events, memory->n_events) =
                        (struct cgroup_named_number){text_copy("oom_kill"), parse_number_of(text, "oom_kill")};
}

/* No limit on one of the two is no limit on their sum. Their highest uses need not have been at the same time. */
static void make_sum(struct cgroup_memory_stats *memory) {
        memory->memory_and_swap.usage = memory->memory.usage + memory->swap.usage;
        if (__builtin_add_overflow(memory->memory.limit, memory->swap.limit, &memory->memory_and_swap.limit))
                memory->memory_and_swap.limit = UINT64_MAX;
}

static void read_memory_v2(int dirfd, struct cgroup_stats *stats) {
        struct named_numbers events = read_named(dirfd, "memory.events");

        stats->memory.events = events.list;
        stats->memory.n_events = events.n;
        stats->memory.has_swap = faccessat(dirfd, "memory.swap.current", F_OK, 0) == 0;
        read_raw(dirfd, "file", &stats->memory);
        make_sum(&stats->memory);
}

/* --- pids --- */

static void read_pids_v1(int dirfd, struct cgroup_stats *stats) {
        if (stats->pids.limit == UINT64_MAX)
                stats->pids.limit = 0;
}

/* Without the controller the processes can be counted, though not their threads. */
static void count_processes(int dirfd, struct cgroup_pids_stats *pids) {
        autofree char *text = read_text(dirfd, "cgroup.procs");

        for (const char *at = text; at && (at = strchr(at, '\n')); at++)
                pids->current++;
}

static void read_pids_v2(int dirfd, struct cgroup_stats *stats) {
        read_pids_v1(dirfd, stats);
        if (faccessat(dirfd, "pids.current", F_OK, 0) < 0)
                count_processes(dirfd, &stats->pids);
}

/* --- block devices --- */

static void add_entry(struct cgroup_io_entries *entries, const char *device, const char *operation, const char *value) {
        struct cgroup_io_entry *entry;
        char *colon;
        uint64_t major = strtoull(device, &colon, 10);

        if (colon == device || *colon != ':')
                return;
        entry = array_append(entries->items, entries->count);
        *entry = (struct cgroup_io_entry){
                .major = major,
                .minor = strtoull(colon + 1, NULL, 10),
                .operation = text_copy(operation),
                .value = parse_number(value),
        };
}

/* "8:0 Read 4096", "8:0 12", and at the end "Total 4096", which is no device. */
static void read_entries(int dirfd, const char *file, struct cgroup_io_entries *ret) {
        autofree char *text = read_text(dirfd, file);
        char *rest = text, *line;

        while ((line = parse_part(&rest, '\n'))) {
                const char *device = parse_part(&line, ' ');
                const char *second = parse_part(&line, ' '), *third = parse_part(&line, ' ');

                if (device && second)
                        add_entry(ret, device, third ? second : NULL, third ? third : second);
        }
}

struct io_file {
        const char *name;
        size_t offset; /* of the entries in struct cgroup_io_stats */
};
static const struct io_file io_files[] = {
        {"sectors", offsetof(struct cgroup_io_stats, sectors)},
        {"io_service_time", offsetof(struct cgroup_io_stats, service_time)},
        {"io_wait_time", offsetof(struct cgroup_io_stats, wait_time)},
        {"io_merged", offsetof(struct cgroup_io_stats, merged)},
        {"io_queued", offsetof(struct cgroup_io_stats, queued)},
        {"time", offsetof(struct cgroup_io_stats, time)},
        {"io_serviced", offsetof(struct cgroup_io_stats, serviced)},
        {"io_service_bytes", offsetof(struct cgroup_io_stats, service_bytes)},
};
#define IO_FILES_DEBUG 0
#define IO_FILES_USUAL 6

/*
 * What is counted depends on the I/O scheduler of the device and on the kernel: BFQ with and without debugging, CFQ up
 * to Linux 4.20, and below all of them the throttling layer. The first family whose first file knows a device counts.
 */
static const struct io_family {
        const char *prefix, *suffix;
        size_t first; /* of io_files */
} io_families[] = {
        {"blkio.bfq.", "_recursive", IO_FILES_DEBUG},
        {"blkio.bfq.", "_recursive", IO_FILES_USUAL},
        {"blkio.", "_recursive", IO_FILES_DEBUG},
        {"blkio.throttle.", "_recursive", IO_FILES_USUAL},
        {"blkio.throttle.", "", IO_FILES_USUAL},
};

static bool read_family(int dirfd, const struct io_family *family, struct cgroup_io_stats *io) {
        for (size_t i = family->first; i < ELEMENTSOF(io_files); i++) {
                struct cgroup_io_entries *entries = (struct cgroup_io_entries *)((char *)io + io_files[i].offset);
                autofree char *file = text_format("%s%s%s", family->prefix, io_files[i].name, family->suffix);

                read_entries(dirfd, file, entries);
                if (i == family->first && entries->count == 0)
                        return false;
        }
        return true;
}

static void read_io_v1(int dirfd, struct cgroup_stats *stats) {
        for (size_t i = 0; i < ELEMENTSOF(io_families); i++)
                if (read_family(dirfd, &io_families[i], &stats->io))
                        return;
}

static const struct {
        const char *key, *operation;
        size_t offset;
} io_keys[] = {
        {"rbytes=", "Read", offsetof(struct cgroup_io_stats, service_bytes)},
        {"wbytes=", "Write", offsetof(struct cgroup_io_stats, service_bytes)},
        {"rios=", "Read", offsetof(struct cgroup_io_stats, serviced)},
        {"wios=", "Write", offsetof(struct cgroup_io_stats, serviced)},
};

static void add_io_value(struct cgroup_io_stats *io, const char *device, const char *word) {
        for (size_t i = 0; i < ELEMENTSOF(io_keys); i++) {
                struct cgroup_io_entries *entries = (struct cgroup_io_entries *)((char *)io + io_keys[i].offset);
                const char *value = text_after(word, io_keys[i].key);

                if (value)
                        add_entry(entries, device, io_keys[i].operation, value);
        }
}

/*
 * "8:0 rbytes=1 wbytes=2 ..."; some kernels do not end the line of a device that has nothing to tell, so the numbers
 * are those of the device named last.
 */
static void read_io_v2(int dirfd, struct cgroup_stats *stats) {
        autofree char *text = read_text(dirfd, "io.stat");
        char *rest = text, *line;

        while ((line = parse_part(&rest, '\n'))) {
                const char *device = "", *word;

                while ((word = parse_part(&line, ' '))) {
                        if (strchr(word, '='))
                                add_io_value(&stats->io, device, word);
                        else
                                device = word;
                }
        }
}

/* --- huge pages --- */

/* Reserved pages count from the mapping on (Linux 5.7), the others from the first touch on; limits are about the former. */
static uint64_t read_huge_number(int dirfd, const char *page_size, const char *name) {
        autofree char *reserved = text_format("hugetlb.%s.rsvd.%s", page_size, name);
        autofree char *touched = text_format("hugetlb.%s.%s", page_size, name);

        return read_number(dirfd, faccessat(dirfd, reserved, F_OK, 0) == 0 ? reserved : touched);
}

static void read_page_size_v1(int dirfd, struct cgroup_hugetlb_stats *hugetlb) {
        hugetlb->usage = read_huge_number(dirfd, hugetlb->page_size, "usage_in_bytes");
        hugetlb->max = read_huge_number(dirfd, hugetlb->page_size, "max_usage_in_bytes");
        hugetlb->failcnt = read_huge_number(dirfd, hugetlb->page_size, "failcnt");
}

static void read_page_size_v2(int dirfd, struct cgroup_hugetlb_stats *hugetlb) {
        autofree char *file = text_format("hugetlb.%s.events", hugetlb->page_size), *events = read_text(dirfd, file);

        hugetlb->usage = read_huge_number(dirfd, hugetlb->page_size, "current");
        hugetlb->failcnt = events ? parse_number_of(events, "max") : 0;
}

static void close_dir(DIR **dir) {
        if (*dir)
                closedir(*dir);
}

/* Which page sizes there are, the directory itself tells: each has a file "hugetlb.SIZE" with this suffix. */
static void list_page_sizes(int dirfd, const char *suffix, struct cgroup_stats *stats) {
        int list_fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        __attribute__((cleanup(close_dir))) DIR *dir = list_fd < 0 ? NULL : fdopendir(list_fd);
        const struct dirent *entry;

        while (dir && (entry = readdir(dir))) {
                const char *page_size = text_after(entry->d_name, "hugetlb.");
                const char *rest = page_size ? strchr(page_size, '.') : NULL;
                struct cgroup_hugetlb_stats *hugetlb;

                if (!rest || !text_equal(rest, suffix))
                        continue;
                hugetlb = array_append(stats->hugetlb, stats->n_hugetlb);
                hugetlb->page_size = text_copy_n(page_size, (size_t)(rest - page_size));
        }
}

static void read_hugetlb_v1(int dirfd, struct cgroup_stats *stats) {
        list_page_sizes(dirfd, ".usage_in_bytes", stats);
        for (size_t i = 0; i < stats->n_hugetlb; i++)
                read_page_size_v1(dirfd, &stats->hugetlb[i]);
}

static void read_hugetlb_v2(int dirfd, struct cgroup_stats *stats) {
        list_page_sizes(dirfd, ".current", stats);
        for (size_t i = 0; i < stats->n_hugetlb; i++)
                read_page_size_v2(dirfd, &stats->hugetlb[i]);
}

/* --- rdma, misc --- */

/* Of the list, which grows by one if it has none of that name. Lists of a few. */
static struct cgroup_rdma_stats *rdma_of(struct cgroup_stats *stats, const char *device) {
        struct cgroup_rdma_stats *added;

        for (size_t i = 0; i < stats->n_rdma; i++)
                if (text_equal(stats->rdma[i].device, device))
                        return &stats->rdma[i];
        added = array_append(stats->rdma, stats->n_rdma);
        *added = (struct cgroup_rdma_stats){.device = text_copy(device)};
        return added;
}

/* "mlx5_0 hca_handle=1 hca_object=max" */
static void read_rdma_file(int dirfd, const char *file, size_t offset, struct cgroup_stats *stats) {
        autofree char *text = read_text(dirfd, file);
        char *rest = text, *line;

        while ((line = parse_part(&rest, '\n'))) {
                const char *device = parse_part(&line, ' '), *word, *value;
                struct cgroup_rdma_numbers *numbers;

                if (!device || !*device || !line)
                        continue;
                numbers = (struct cgroup_rdma_numbers *)((char *)rdma_of(stats, device) + offset);
                while ((word = parse_part(&line, ' '))) {
                        if ((value = text_after(word, "hca_handle=")))
                                numbers->hca_handles = parse_number(value);
                        if ((value = text_after(word, "hca_object=")))
                                numbers->hca_objects = parse_number(value);
                }
        }
}

static void read_rdma(int dirfd, struct cgroup_stats *stats) {
        read_rdma_file(dirfd, "rdma.current", offsetof(struct cgroup_rdma_stats, current), stats);
        read_rdma_file(dirfd, "rdma.max", offsetof(struct cgroup_rdma_stats, limit), stats);
}

/* What there is, misc.current tells. */
static void read_misc(int dirfd, struct cgroup_stats *stats) {
        autofree char *limits = read_text(dirfd, "misc.max"), *events = read_text(dirfd, "misc.events");
        struct named_numbers current = read_named(dirfd, "misc.current");

        for (size_t i = 0; i < current.n; i++) {
                autofree char *event = text_format("%s.max", current.list[i].name);

                *array_append(stats->misc, stats->n_misc) = (struct cgroup_misc_stats){
                        .name = text_copy(current.list[i].name),
                        .current = current.list[i].value,
                        .limit = limits ? parse_number_of(limits, current.list[i].name) : 0,
                        .failcnt = events ? parse_number_of(events, event) : 0,
                };
        }
        free_named(current.list, current.n);
}

/* --- pressure --- */

static const struct {
        const char *key;
        size_t offset;
        bool is_fraction; /* two digits behind the point: read as hundredths */
} pressure_keys[] = {
        {"avg10=", offsetof(struct cgroup_pressure_share, avg10), true},
        {"avg60=", offsetof(struct cgroup_pressure_share, avg60), true},
        {"avg300=", offsetof(struct cgroup_pressure_share, avg300), true},
        {"total=", offsetof(struct cgroup_pressure_share, total), false},
};

static uint64_t hundredths_from(const char *text) {
        char *point;
        uint64_t whole = strtoull(text, &point, 10);

        return whole * 100 + (*point == '.' ? strtoull(point + 1, NULL, 10) : 0);
}

static void set_pressure_value(struct cgroup_pressure_share *share, const char *word) {
        for (size_t i = 0; i < ELEMENTSOF(pressure_keys); i++) {
                const char *value = text_after(word, pressure_keys[i].key);
                uint64_t *target = (uint64_t *)((char *)share + pressure_keys[i].offset);

                if (value)
                        *target = pressure_keys[i].is_fraction ? hundredths_from(value) : parse_number(value);
        }
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0". The file is there, and cannot be read, where PSI is switched off. */
static void read_pressure(int dirfd, const char *file, struct cgroup_pressure *ret) {
        autofree char *text = read_text(dirfd, file);
        char *rest = text, *line;

        ret->known = text != NULL;
        while ((line = parse_part(&rest, '\n'))) {
                const char *kind = parse_part(&line, ' '), *word;
                struct cgroup_pressure_share *share = text_equal(kind, "some") ? &ret->some : &ret->full;

                while ((word = parse_part(&line, ' ')))
                        set_pressure_value(share, word);
        }
}

/* --- all of it --- */

static const struct section {
        enum controller controller;
        const struct number_row *rows_v1, *rows_v2;
        void (*read_v1)(int dirfd, struct cgroup_stats *stats);
        void (*read_v2)(int dirfd, struct cgroup_stats *stats);
} sections[] = {
        {CONTROLLER_CPU, cpu_v1, cpu_v2, NULL, NULL},
        {CONTROLLER_CPUACCT, cpuacct_v1, cpuacct_v2, read_cpuacct_v1, NULL},
        {CONTROLLER_CPUSET, cpuset_v1, NULL, read_cpuset_v1, read_cpuset_v2},
        {CONTROLLER_MEMORY, memory_v1, memory_v2, read_memory_v1, read_memory_v2},
        {CONTROLLER_PIDS, pids_both, pids_both, read_pids_v1, read_pids_v2},
        {CONTROLLER_IO, NULL, NULL, read_io_v1, read_io_v2},
        {CONTROLLER_HUGETLB, NULL, NULL, read_hugetlb_v1, read_hugetlb_v2},
        {CONTROLLER_RDMA, NULL, NULL, read_rdma, read_rdma},
        {CONTROLLER_MISC, NULL, NULL, read_misc, read_misc},
};

static int open_place(const struct cgroup_place *place) {
        return place ? open(place->directory, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

static void read_section(const struct cgroup *cgroup, const struct section *section, struct cgroup_stats *stats) {
        const struct cgroup_place *v1 = place_of_v1(cgroup, section->controller);
        autoclose int dirfd = open_place(v1 ? v1 : place_of_v2(cgroup));
        const struct number_row *rows = v1 ? section->rows_v1 : section->rows_v2;
        void (*read_rest)(int, struct cgroup_stats *) = v1 ? section->read_v1 : section->read_v2;

        if (dirfd < 0)
                return;
        if (rows)
                read_rows(dirfd, rows, stats);
        if (read_rest)
                read_rest(dirfd, stats);
}

void cgroup_stats(const struct cgroup *cgroup, struct cgroup_stats *ret) {
        autoclose int v2_fd = open_place(place_of_v2(cgroup));

        *ret = CGROUP_STATS_INIT;
        for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                read_section(cgroup, &sections[i], ret);
        if (v2_fd < 0)
                return;
        /* Only v2 tells of pressure, also of what is accounted on v1 beside it. */
        read_pressure(v2_fd, "cpu.pressure", &ret->cpu.pressure);
        read_pressure(v2_fd, "memory.pressure", &ret->memory.pressure);
        read_pressure(v2_fd, "io.pressure", &ret->io.pressure);
}
