/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of a cgroup, read from files as the kernels of both versions write them. */
#include "cgroups/stats.h"
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroups/parse.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/text.h"

/* --- the frame --- */

struct sample {
        const char *path, *text; /* below the folder */
};

/* Every hierarchy is a folder of its own here; "" in `controllers` is v2. */
struct fixture {
        char folder[32];
        struct cgroup cgroup;
};

static void fixture_init(struct fixture *fixture, const char *const *controllers) {
        *fixture = (struct fixture){.folder = "/tmp/tare-stats.XXXXXX", .cgroup = CGROUP_INIT};
        if (!mkdtemp(fixture->folder)) {
                perror("mkdtemp");
                exit(EXIT_FAILURE);
        }
        for (; *controllers; controllers++) {
                bool v2 = !**controllers;
                struct cgroup_place *place = array_append(fixture->cgroup.places, fixture->cgroup.n_places);

                place->controllers = text_copy(*controllers);
                place->directory = text_format("%s/%s", fixture->folder, v2 ? "unified" : *controllers);
                place->path = text_copy("/");
                place->v2 = v2;
                CHECK_EQUAL(mkdir(place->directory, 0700), 0);
        }
}

static void fixture_done(struct fixture *fixture) {
        cgroup_done(&fixture->cgroup);
        CHECK_EQUAL(file_remove_tree(AT_FDCWD, fixture->folder), 0);
}

static void write_sample(const struct fixture *fixture, const char *path, const char *content) {
        autofree char *whole = text_format("%s/%s", fixture->folder, path);

        CHECK_EQUAL(file_replace(AT_FDCWD, whole, content, strlen(content), 0600), 0);
}

static void write_samples(const struct fixture *fixture, const struct sample *samples) {
        for (; samples->path; samples++)
                write_sample(fixture, samples->path, samples->text);
}

#define CHECK_U64(found, expected)                                                                       \
        do {                                                                                             \
                uint64_t found_ = (found), expected_ = (expected);                                       \
                if (found_ != expected_) {                                                               \
                        printf("# %s:%d: %s is %llu, expected %llu\n", __FILE__, __LINE__, #found,       \
                               (unsigned long long)found_, (unsigned long long)expected_);               \
                        test_failed = true;                                                              \
                }                                                                                        \
        } while (0)

/* "1 2 3" */
static void check_numbers(const struct cgroup_numbers *numbers, const char *expected) {
        autodone(text) struct text text = TEXT_INIT;

        text_add(&text, "");
        for (size_t i = 0; i < numbers->count; i++)
                text_add_format(&text, "%s%llu", i ? " " : "", (unsigned long long)numbers->items[i]);
        CHECK_TEXT(text.bytes, expected);
}

/* "8:0 Read=1; 8:16=2" */
static void check_entries(const struct cgroup_io_entries *entries, const char *expected) {
        autodone(text) struct text text = TEXT_INIT;

        text_add(&text, "");
        for (size_t i = 0; i < entries->count; i++) {
                const struct cgroup_io_entry *entry = &entries->items[i];

                text_add_format(&text, "%s%llu:%llu%s%s=%llu", i ? "; " : "", (unsigned long long)entry->major,
                                (unsigned long long)entry->minor, entry->operation ? " " : "",
                                entry->operation ? entry->operation : "", (unsigned long long)entry->value);
        }
        CHECK_TEXT(text.bytes, expected);
}

static void check_usage(const struct cgroup_memory_usage *usage, const uint64_t expected[4]) {
        CHECK_U64(usage->limit, expected[0]);
        CHECK_U64(usage->usage, expected[1]);
        CHECK_U64(usage->max, expected[2]);
        CHECK_U64(usage->failcnt, expected[3]);
}
#define CHECK_USAGE(usage, ...) check_usage(&(usage), (const uint64_t[4]){__VA_ARGS__})

static const struct cgroup_hugetlb_stats *hugetlb_of(const struct cgroup_stats *stats, const char *page_size) {
        static const struct cgroup_hugetlb_stats none = {.usage = 987654321};

        for (size_t i = 0; i < stats->n_hugetlb; i++)
                if (text_equal(stats->hugetlb[i].page_size, page_size))
                        return &stats->hugetlb[i];
        CHECK(!"page size is there");
        return &none;
}

/* "high=1 max=2" */
static void check_named(const struct cgroup_named_number *list, size_t n, const char *expected) {
        autodone(text) struct text text = TEXT_INIT;

        text_add(&text, "");
        for (size_t i = 0; i < n; i++)
                text_add_format(&text, "%s%s=%llu", i ? " " : "", list[i].name, (unsigned long long)list[i].value);
        CHECK_TEXT(text.bytes, expected);
}

static void check_rdma(const struct cgroup_rdma_stats *rdma, const char *device, const uint64_t expected[4]) {
        CHECK_TEXT(rdma->device, device);
        CHECK_U64(rdma->current.hca_handles, expected[0]);
        CHECK_U64(rdma->current.hca_objects, expected[1]);
        CHECK_U64(rdma->limit.hca_handles, expected[2]);
        CHECK_U64(rdma->limit.hca_objects, expected[3]);
}
#define CHECK_RDMA(rdma, device, ...) check_rdma(&(rdma), (device), (const uint64_t[4]){__VA_ARGS__})

static void check_misc(const struct cgroup_misc_stats *misc, const char *name, const uint64_t expected[3]) {
        CHECK_TEXT(misc->name, name);
        CHECK_U64(misc->current, expected[0]);
        CHECK_U64(misc->limit, expected[1]);
        CHECK_U64(misc->failcnt, expected[2]);
}
#define CHECK_MISC(misc, name, ...) check_misc(&(misc), (name), (const uint64_t[3]){__VA_ARGS__})

/* --- v1 --- */

static const char *const v1[] = {"cpu,cpuacct", "cpuset", "memory", "pids", "blkio", "hugetlb", "rdma", "misc", NULL};

static const struct sample v1_samples[] = {
        {"cpu,cpuacct/cpu.stat", "nr_periods 35\nnr_throttled 12\nthrottled_time 987654321\nnr_bursts 1\nburst_time 2\n"},
        {"cpu,cpuacct/cpuacct.usage", "31731603\n"},
        {"cpu,cpuacct/cpuacct.stat", "user 17\nsystem 4\n"},
        {"cpu,cpuacct/cpuacct.usage_percpu", "831139 30900464 \n"},
        {"cpu,cpuacct/cpuacct.usage_all", "cpu user system\n0 600000 231139\n1 24000000 6900464 extra\n"},
        {"cpuset/cpuset.cpus", "0-2,7\n"},
        {"cpuset/cpuset.mems", "1\n"},
        {"cpuset/cpuset.cpu_exclusive", "1\n"},
        {"cpuset/cpuset.mem_hardwall", "2\n"},
        {"cpuset/cpuset.mem_exclusive", "3\n"},
        {"cpuset/cpuset.memory_migrate", "4\n"},
        {"cpuset/cpuset.memory_spread_page", "5\n"},
        {"cpuset/cpuset.memory_spread_slab", "6\n"},
        {"cpuset/cpuset.memory_pressure", "7\n"},
        {"cpuset/cpuset.sched_load_balance", "8\n"},
        {"cpuset/cpuset.sched_relax_domain_level", "-1\n"},
        {"memory/memory.limit_in_bytes", "9223372036854771712\n"},
        {"memory/memory.usage_in_bytes", "102\n"},
        {"memory/memory.max_usage_in_bytes", "103\n"},
        {"memory/memory.failcnt", "104\n"},
        {"memory/memory.memsw.limit_in_bytes", "201\n"},
        {"memory/memory.memsw.usage_in_bytes", "202\n"},
        {"memory/memory.memsw.max_usage_in_bytes", "203\n"},
        {"memory/memory.memsw.failcnt", "204\n"},
        {"memory/memory.kmem.limit_in_bytes", "301\n"},
        {"memory/memory.kmem.usage_in_bytes", "302\n"},
        {"memory/memory.kmem.max_usage_in_bytes", "303\n"},
        {"memory/memory.kmem.failcnt", "304\n"},
        {"memory/memory.kmem.tcp.limit_in_bytes", "401\n"},
        {"memory/memory.kmem.tcp.usage_in_bytes", "402\n"},
        {"memory/memory.kmem.tcp.max_usage_in_bytes", "403\n"},
        {"memory/memory.kmem.tcp.failcnt", "404\n"},
        {"memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n"},
        {"memory/memory.stat", "cache 532480\nrss 53248\nrss_huge -4096\ntotal_cache 532481\n"},
        {"pids/pids.current", "5\n"},
        {"pids/pids.max", "100\n"},
        {"hugetlb/hugetlb.2MB.usage_in_bytes", "1\n"},
        {"hugetlb/hugetlb.2MB.rsvd.usage_in_bytes", "2097152\n"},
        {"hugetlb/hugetlb.2MB.rsvd.max_usage_in_bytes", "4194304\n"},
        {"hugetlb/hugetlb.2MB.rsvd.failcnt", "3\n"},
        {"hugetlb/hugetlb.2MB.limit_in_bytes", "9223372036854771712\n"},
        {"hugetlb/hugetlb.1GB.usage_in_bytes", "1073741824\n"},
        {"hugetlb/hugetlb.1GB.max_usage_in_bytes", "2147483648\n"},
        {"hugetlb/hugetlb.1GB.failcnt", "9\n"},
        {"rdma/rdma.current", "mlx5_0 hca_handle=1 hca_object=20\n"},
        {"rdma/rdma.max", "mlx5_0 hca_handle=2 hca_object=max\n"},
        {"misc/misc.current", "sev 3\n"},
        {"misc/misc.max", "sev 4\n"},
        {},
};

static void check_cpu_v1(const struct cgroup_cpu_stats *cpu) {
        uint64_t tick = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);

        CHECK_U64(cpu->total, 31731603);
        CHECK_U64(cpu->user, 17 * tick);
        CHECK_U64(cpu->kernel, 4 * tick);
        check_numbers(&cpu->percpu, "831139 30900464");
        check_numbers(&cpu->percpu_user, "600000 24000000");
        check_numbers(&cpu->percpu_kernel, "231139 6900464");
        CHECK_U64(cpu->periods, 35);
        CHECK_U64(cpu->throttled_periods, 12);
        CHECK_U64(cpu->throttled_time, 987654321);
        CHECK_U64(cpu->burst_periods, 1);
        CHECK_U64(cpu->burst_time, 2);
        CHECK(!cpu->pressure.known);
}

static void check_cpuset_v1(const struct cgroup_cpuset_stats *cpuset) {
        check_numbers(&cpuset->cpus, "0 1 2 7");
        check_numbers(&cpuset->mems, "1");
        CHECK_U64(cpuset->cpu_exclusive, 1);
        CHECK_U64(cpuset->mem_hardwall, 2);
        CHECK_U64(cpuset->mem_exclusive, 3);
        CHECK_U64(cpuset->memory_migrate, 4);
        CHECK_U64(cpuset->memory_spread_page, 5);
        CHECK_U64(cpuset->memory_spread_slab, 6);
        CHECK_U64(cpuset->memory_pressure, 7);
        CHECK_U64(cpuset->sched_load_balance, 8);
        CHECK_EQUAL(cpuset->sched_relax_domain_level, -1);
}

static void check_memory_v1(const struct cgroup_memory_stats *memory) {
        CHECK_U64(memory->cache, 532480);
        CHECK_USAGE(memory->memory, UINT64_C(9223372036854771712), 102, 103, 104);
        CHECK_USAGE(memory->memory_and_swap, 201, 202, 203, 204);
        CHECK_USAGE(memory->kernel, 301, 302, 303, 304);
        CHECK_USAGE(memory->kernel_tcp, 401, 402, 403, 404);
        CHECK(!memory->has_swap);
        check_named(memory->events, memory->n_events, "oom_kill=7");
        CHECK_EQUAL(memory->n_raw, 4);
        if (memory->n_raw != 4)
                return;
        CHECK_TEXT(memory->raw[1].name, "rss");
        CHECK_U64(memory->raw[1].value, 53248);
        CHECK_TEXT(memory->raw[2].name, "rss_huge");
        CHECK_U64(memory->raw[2].value, 0);
        CHECK_TEXT(memory->raw[3].name, "total_cache");
        CHECK_U64(memory->raw[3].value, 532481);
}

static void reads_v1(void) {
        autodone(cgroup_stats) struct cgroup_stats stats = CGROUP_STATS_INIT;
        struct fixture fixture;

        fixture_init(&fixture, v1);
        write_samples(&fixture, v1_samples);
        cgroup_stats(&fixture.cgroup, &stats);
        check_cpu_v1(&stats.cpu);
        check_cpuset_v1(&stats.cpuset);
        check_memory_v1(&stats.memory);
        CHECK_U64(stats.pids.current, 5);
        CHECK_U64(stats.pids.limit, 100);
        CHECK_EQUAL(stats.n_hugetlb, 2);
        CHECK_U64(hugetlb_of(&stats, "2MB")->usage, 2097152);
        CHECK_U64(hugetlb_of(&stats, "2MB")->max, 4194304);
        CHECK_U64(hugetlb_of(&stats, "2MB")->failcnt, 3);
        CHECK_U64(hugetlb_of(&stats, "1GB")->usage, 1073741824);
        CHECK_U64(hugetlb_of(&stats, "1GB")->max, 2147483648);
        CHECK_U64(hugetlb_of(&stats, "1GB")->failcnt, 9);
        CHECK_EQUAL(stats.n_rdma, 1);
        CHECK_RDMA(stats.rdma[0], "mlx5_0", 1, 20, 2, UINT64_MAX);
        CHECK_EQUAL(stats.n_misc, 1);
        CHECK_MISC(stats.misc[0], "sev", 3, 4, 0);
        fixture_done(&fixture);
}

static void reads_no_limit_of_v1(void) {
        autodone(cgroup_stats) struct cgroup_stats stats = CGROUP_STATS_INIT;
        struct fixture fixture;

        fixture_init(&fixture, v1);
        write_sample(&fixture, "pids/pids.current", "1\n");
        write_sample(&fixture, "pids/pids.max", "max\n");
        /* Nobody has set it, and the kernel gives an empty line. */
        write_sample(&fixture, "cpuset/cpuset.cpus", "\n");
        cgroup_stats(&fixture.cgroup, &stats);
        CHECK_U64(stats.pids.current, 1);
        CHECK_U64(stats.pids.limit, 0);
        check_numbers(&stats.cpuset.cpus, "");
        fixture_done(&fixture);
}

static void separate_hierarchies(void) {
        static const char *const separate[] = {"cpu", "cpuacct", NULL};
        autodone(cgroup_stats) struct cgroup_stats stats = CGROUP_STATS_INIT;
        struct fixture fixture;

        fixture_init(&fixture, separate);
        write_sample(&fixture, "cpu/cpu.stat", "nr_periods 3\n");
        write_sample(&fixture, "cpuacct/cpuacct.usage", "77\n");
        cgroup_stats(&fixture.cgroup, &stats);
        CHECK_U64(stats.cpu.periods, 3);
        CHECK_U64(stats.cpu.total, 77);
        fixture_done(&fixture);
}

/* --- v1: which files tell of block devices --- */

/* Two devices in each, but for those that only count, or do not know a device. */
static const struct sample throttle[] = {
        {"blkio/blkio.throttle.io_service_bytes", "8:0 Read 1\n8:0 Total 1\nTotal 1\n"},
        {"blkio/blkio.throttle.io_serviced", "8:0 Read 2\n8:0 Total 2\nTotal 2\n"},
        {},
};
static const struct sample throttle_recursive[] = {
        {"blkio/blkio.throttle.io_service_bytes_recursive", "8:0 Read 11\n8:16 Write 12\nTotal 23\n"},
        {"blkio/blkio.throttle.io_serviced_recursive", "8:0 Read 13\n8:16 Write 14\nTotal 27\n"},
        {},
};
static const struct sample cfq[] = {
        {"blkio/blkio.sectors_recursive", "8:0 6792\n8:16 8\n"},
        {"blkio/blkio.io_service_time_recursive", "8:0 Read 21\nTotal 21\n"},
        {"blkio/blkio.io_wait_time_recursive", "8:0 Read 22\nTotal 22\n"},
        {"blkio/blkio.io_merged_recursive", "8:0 Sync 23\nTotal 23\n"},
        {"blkio/blkio.io_queued_recursive", "8:0 Async 24\nTotal 24\n"},
        {"blkio/blkio.time_recursive", "8:0 25\n"},
        {"blkio/blkio.io_serviced_recursive", "8:0 Read 26\nTotal 26\n"},
        {"blkio/blkio.io_service_bytes_recursive", "8:0 Read 27\nTotal 27\n"},
        {},
};
static const struct sample bfq[] = {
        {"blkio/blkio.bfq.io_service_bytes_recursive", "253:1 Write 31\nTotal 31\n"},
        {"blkio/blkio.bfq.io_serviced_recursive", "253:1 Write 32\nTotal 32\n"},
        {},
};
static const struct sample bfq_unused[] = {
        {"blkio/blkio.bfq.io_service_bytes_recursive", "Total 0\n"},
        {"blkio/blkio.bfq.io_serviced_recursive", "Total 0\n"},
        {},
};
static const struct sample bfq_debug[] = {
        {"blkio/blkio.bfq.sectors_recursive", "8:0 41\nTotal 41\n"},
        {"blkio/blkio.bfq.io_service_time_recursive", "8:0 Read 42\n"},
        {"blkio/blkio.bfq.io_wait_time_recursive", "8:0 Read 43\n"},
        {"blkio/blkio.bfq.io_merged_recursive", "8:0 Read 44\n"},
        {"blkio/blkio.bfq.io_queued_recursive", "8:0 Read 45\n"},
        {"blkio/blkio.bfq.time_recursive", "8:0 46\n"},
        {"blkio/blkio.bfq.io_serviced_recursive", "8:0 Read 47\n"},
        {"blkio/blkio.bfq.io_service_bytes_recursive", "8:0 Read 48\n"},
        {},
};

/* In the order of the struct. */
static void check_io(const struct fixture *fixture, const char *const expected[8]) {
        autodone(cgroup_stats) struct cgroup_stats stats = CGROUP_STATS_INIT;

        cgroup_stats(&fixture->cgroup, &stats);
        check_entries(&stats.io.service_bytes, expected[0]);
        check_entries(&stats.io.serviced, expected[1]);
        check_entries(&stats.io.queued, expected[2]);
        check_entries(&stats.io.service_time, expected[3]);
        check_entries(&stats.io.wait_time, expected[4]);
        check_entries(&stats.io.merged, expected[5]);
        check_entries(&stats.io.time, expected[6]);
        check_entries(&stats.io.sectors, expected[7]);
}
#define CHECK_IO(fixture, ...) check_io((fixture), (const char *const[8]){__VA_ARGS__})

/* Each addition is preferred to all before. */
static void reads_block_devices_of_v1(void) {
        struct fixture fixture;

        fixture_init(&fixture, v1);
        CHECK_IO(&fixture, "", "", "", "", "", "", "", "");
        write_samples(&fixture, throttle);
        CHECK_IO(&fixture, "8:0 Read=1; 8:0 Total=1", "8:0 Read=2; 8:0 Total=2", "", "", "", "", "", "");
        write_samples(&fixture, throttle_recursive);
        CHECK_IO(&fixture, "8:0 Read=11; 8:16 Write=12", "8:0 Read=13; 8:16 Write=14", "", "", "", "", "", "");
        write_samples(&fixture, bfq_unused);
        CHECK_IO(&fixture, "8:0 Read=11; 8:16 Write=12", "8:0 Read=13; 8:16 Write=14", "", "", "", "", "", "");
        write_samples(&fixture, cfq);
        CHECK_IO(&fixture, "8:0 Read=27", "8:0 Read=26", "8:0 Async=24", "8:0 Read=21", "8:0 Read=22", "8:0 Sync=23",
                 "8:0=25", "8:0=6792; 8:16=8");
        write_samples(&fixture, bfq);
        CHECK_IO(&fixture, "253:1 Write=31", "253:1 Write=32", "", "", "", "", "", "");
        write_samples(&fixture, bfq_debug);
        CHECK_IO(&fixture, "8:0 Read=48", "8:0 Read=47", "8:0 Read=45", "8:0 Read=42", "8:0 Read=43", "8:0 Read=44", "8:0=46",
                 "8:0=41");
        fixture_done(&fixture);
}

/* --- v2 --- */

static const char *const v2[] = {"", NULL};

static const struct sample v2_samples[] = {
        {"unified/cpu.stat", "usage_usec 31731\nuser_usec 23798\nsystem_usec 7932\nnice_usec 1\ncore_sched.force_idle_usec 0\n"
                             "nr_periods 8\nnr_throttled 3\nthrottled_usec 4567\nnr_bursts 1\nburst_usec 2\n"},
        {"unified/cpuset.cpus", "\n"},
        {"unified/cpuset.cpus.effective", "0-1\n"},
        {"unified/cpuset.mems.effective", "0\n"},
        {"unified/memory.max", "1000000\n"},
        {"unified/memory.current", "600000\n"},
        {"unified/memory.peak", "700000\n"},
        {"unified/memory.swap.max", "50000\n"},
        {"unified/memory.swap.current", "20000\n"},
        {"unified/memory.swap.peak", "30000\n"},
        {"unified/memory.swap.events", "high 0\nmax 5\nfail 6\n"},
        {"unified/memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n"},
        {"unified/rdma.current", "mlx5_0 hca_handle=1 hca_object=20\nocrdma1 hca_handle=0 hca_object=0\n"},
        {"unified/rdma.max", "ocrdma1 hca_handle=2 hca_object=3\nmlx4_0 hca_handle=2 hca_object=max\n"},
        {"unified/misc.current", "res_a 3\nres_b 0\n"},
        {"unified/misc.max", "res_a max\nres_b 4\n"},
        {"unified/misc.events", "res_a.max 0\nres_b.max 7\n"},
        {"unified/memory.stat", "anon 4096\nfile 8192\nkernel 16384\nfile_mapped 1\n"},
        {"unified/pids.current", "5\n"},
        {"unified/pids.max", "100\n"},
        {"unified/cgroup.procs", "1\n2\n3\n"},
        {"unified/io.stat", "8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n"
                            "7:1 7:0 253:0 rbytes=11 wbytes=12 rios=13 wios=14 dbytes=0 dios=0\n"},
        {"unified/hugetlb.2MB.current", "1\n"},
        {"unified/hugetlb.2MB.rsvd.current", "2097152\n"},
        {"unified/hugetlb.2MB.events", "max 3\n"},
        {"unified/hugetlb.2MB.max", "max\n"},
        {"unified/hugetlb.1GB.current", "1073741824\n"},
        {"unified/hugetlb.1GB.events", "max 0\n"},
        {"unified/cpu.pressure", "some avg10=1.02 avg60=12.34 avg300=0.05 total=13253\nfull avg10=0.00 avg60=0.10 avg300=99.99 total=11847\n"},
        {"unified/memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=2\n"},
        {"unified/io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=3\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=4\n"},
        {},
};

static void check_pressure(const struct cgroup_stats *stats) {
        CHECK(stats->cpu.pressure.known);
        CHECK_U64(stats->cpu.pressure.some.avg10, 102);
        CHECK_U64(stats->cpu.pressure.some.avg60, 1234);
        CHECK_U64(stats->cpu.pressure.some.avg300, 5);
        CHECK_U64(stats->cpu.pressure.some.total, 13253);
        CHECK_U64(stats->cpu.pressure.full.avg10, 0);
        CHECK_U64(stats->cpu.pressure.full.avg60, 10);
        CHECK_U64(stats->cpu.pressure.full.avg300, 9999);
        CHECK_U64(stats->cpu.pressure.full.total, 11847);
        CHECK(stats->memory.pressure.known);
        CHECK_U64(stats->memory.pressure.some.total, 1);
        CHECK_U64(stats->memory.pressure.full.total, 2);
        CHECK(stats->io.pressure.known);
        CHECK_U64(stats->io.pressure.some.total, 3);
        CHECK_U64(stats->io.pressure.full.total, 4);
}

static void check_rest_of_v2(const struct cgroup_stats *stats) {
        check_numbers(&stats->cpuset.cpus, "0 1");
        check_numbers(&stats->cpuset.mems, "0");
        CHECK_U64(stats->pids.current, 5);
        CHECK_U64(stats->pids.limit, 100);
        check_entries(&stats->io.service_bytes, "8:16 Read=1; 8:16 Write=2; 253:0 Read=11; 253:0 Write=12");
        check_entries(&stats->io.serviced, "8:16 Read=3; 8:16 Write=4; 253:0 Read=13; 253:0 Write=14");
        check_entries(&stats->io.queued, "");
        CHECK_EQUAL(stats->n_hugetlb, 2);
        CHECK_U64(hugetlb_of(stats, "2MB")->usage, 2097152);
        CHECK_U64(hugetlb_of(stats, "2MB")->max, 0);
        CHECK_U64(hugetlb_of(stats, "2MB")->failcnt, 3);
        CHECK_U64(hugetlb_of(stats, "1GB")->usage, 1073741824);
        CHECK_U64(hugetlb_of(stats, "1GB")->failcnt, 0);
        CHECK_EQUAL(stats->n_rdma, 3);
        CHECK_RDMA(stats->rdma[0], "mlx5_0", 1, 20, 0, 0);
        CHECK_RDMA(stats->rdma[1], "ocrdma1", 0, 0, 2, 3);
        CHECK_RDMA(stats->rdma[2], "mlx4_0", 0, 0, 2, UINT64_MAX);
        CHECK_EQUAL(stats->n_misc, 2);
        CHECK_MISC(stats->misc[0], "res_a", 3, UINT64_MAX, 0);
        CHECK_MISC(stats->misc[1], "res_b", 0, 4, 7);
}

static void reads_v2(void) {
        autodone(cgroup_stats) struct cgroup_stats stats = CGROUP_STATS_INIT;
        struct fixture fixture;

        fixture_init(&fixture, v2);
        write_samples(&fixture, v2_samples);
        cgroup_stats(&fixture.cgroup, &stats);
        CHECK_U64(stats.cpu.total, 31731000);
        CHECK_U64(stats.cpu.user, 23798000);
        CHECK_U64(stats.cpu.kernel, 7932000);
        check_numbers(&stats.cpu.percpu, "");
        CHECK_U64(stats.cpu.periods, 8);
        CHECK_U64(stats.cpu.throttled_periods, 3);
        CHECK_U64(stats.cpu.throttled_time, 4567000);
        CHECK_U64(stats.memory.cache, 8192);
        CHECK_U64(stats.cpu.burst_periods, 1);
        CHECK_U64(stats.cpu.burst_time, 2000);
        CHECK_USAGE(stats.memory.memory, 1000000, 600000, 700000, 2);
        CHECK_USAGE(stats.memory.memory_and_swap, 1050000, 620000, 0, 0);
        CHECK(stats.memory.has_swap);
        CHECK_USAGE(stats.memory.swap, 50000, 20000, 30000, 6);
        check_named(stats.memory.events, stats.memory.n_events, "low=0 high=1 max=2 oom=3 oom_kill=4");
        CHECK_USAGE(stats.memory.kernel, 0, 0, 0, 0);
        CHECK_USAGE(stats.memory.kernel_tcp, 0, 0, 0, 0);
        CHECK_EQUAL(stats.memory.n_raw, 4);
        check_rest_of_v2(&stats);
        check_pressure(&stats);
        fixture_done(&fixture);
}

/* Limits of memory and of swap, and that of their sum. */
static void sums_memory_and_swap(void) {
        static const struct {
                const char *memory, *swap;
                uint64_t sum;
        } cases[] = {
                {"max\n", "max\n", UINT64_MAX},
                {"1000\n", "max\n", UINT64_MAX},
                {"max\n", "1000\n", UINT64_MAX},
                {"1000\n", "0\n", 1000},
                {"1000\n", "24\n", 1024},
        };
        struct fixture fixture;

        fixture_init(&fixture, v2);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                autodone(cgroup_stats) struct cgroup_stats stats = CGROUP_STATS_INIT;

                write_sample(&fixture, "unified/memory.max", cases[i].memory);
                write_sample(&fixture, "unified/memory.swap.max", cases[i].swap);
                cgroup_stats(&fixture.cgroup, &stats);
                CHECK_U64(stats.memory.memory_and_swap.limit, cases[i].sum);
        }
        fixture_done(&fixture);
}

/* As in a cgroup that was given no controllers: the kernel still counts cpu time. */
static void reads_v2_without_controllers(void) {
        autodone(cgroup_stats) struct cgroup_stats stats = CGROUP_STATS_INIT;
        struct fixture fixture;

        fixture_init(&fixture, v2);
        write_sample(&fixture, "unified/cpu.stat", "usage_usec 5\n");
        write_sample(&fixture, "unified/cgroup.procs", "11\n12\n13\n");
        cgroup_stats(&fixture.cgroup, &stats);
        CHECK_U64(stats.cpu.total, 5000);
        CHECK_U64(stats.pids.current, 3);
        CHECK_U64(stats.pids.limit, 0);
        CHECK_USAGE(stats.memory.memory, 0, 0, 0, 0);
        CHECK_USAGE(stats.memory.memory_and_swap, 0, 0, 0, 0);
        CHECK_EQUAL(stats.memory.n_raw, 0);
        CHECK_EQUAL(stats.n_hugetlb, 0);
        CHECK(!stats.cpu.pressure.known && !stats.memory.pressure.known && !stats.io.pressure.known);
        fixture_done(&fixture);
}

/* --- both, and neither --- */

/* Each section where its controller is; pressure from v2. */
static void reads_hybrid(void) {
        static const char *const hybrid[] = {"memory", "pids", "", NULL};
        autodone(cgroup_stats) struct cgroup_stats stats = CGROUP_STATS_INIT;
        struct fixture fixture;

        fixture_init(&fixture, hybrid);
        write_samples(&fixture, v2_samples);
        write_sample(&fixture, "memory/memory.usage_in_bytes", "102\n");
        write_sample(&fixture, "memory/memory.stat", "cache 7\nfile 8\n");
        write_sample(&fixture, "pids/pids.current", "9\n");
        cgroup_stats(&fixture.cgroup, &stats);
        CHECK_U64(stats.cpu.total, 31731000);
        CHECK_USAGE(stats.memory.memory, 0, 102, 0, 0);
        CHECK_USAGE(stats.memory.memory_and_swap, 0, 0, 0, 0);
        CHECK_U64(stats.memory.cache, 7);
        CHECK_U64(stats.pids.current, 9);
        CHECK_EQUAL(stats.n_hugetlb, 2);
        check_pressure(&stats);
        fixture_done(&fixture);
}

static void check_nothing(const struct cgroup_stats *stats) {
        static const struct cgroup_stats nothing = {};

        CHECK(memcmp(stats, &nothing, sizeof(nothing)) == 0);
}

static void reads_nothing(void) {
        static const char *const *const layouts[] = {v1, v2};
        const struct cgroup none = CGROUP_INIT;
        struct cgroup_stats stats;

        for (size_t i = 0; i < ELEMENTSOF(layouts); i++) {
                struct fixture fixture;

                fixture_init(&fixture, layouts[i]);
                cgroup_stats(&fixture.cgroup, &stats);
                check_nothing(&stats);
                /* Nor after the container's end, when the directories are gone as well. */
                CHECK_EQUAL(file_remove_tree(AT_FDCWD, fixture.folder), 0);
                cgroup_stats(&fixture.cgroup, &stats);
                check_nothing(&stats);
                fixture_done(&fixture);
        }
        cgroup_stats(&none, &stats);
        check_nothing(&stats);
}

/* Text that no kernel writes: nothing is read out of bounds (AddressSanitizer watches), no list is without end. */
static void reads_nonsense(void) {
        static const char *const texts[] = {"", "\n", " ", "x", "8:", ":", "=", "8:0", "8:0 ", "some", "max", "-", "0-", "5-3",
                                            "0-99999999999999999999", "1 2 3 4 5 6", "\n\n\n", "some avg10 =1"};
        static const struct sample *const lists[] = {v1_samples, throttle, v2_samples};
        static const char *const hybrid[] = {"cpu,cpuacct", "cpuset", "memory", "pids", "blkio", "hugetlb", "rdma", "misc", "", NULL};
        struct fixture fixture;

        fixture_init(&fixture, hybrid);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                autodone(cgroup_stats) struct cgroup_stats stats = CGROUP_STATS_INIT;

                for (size_t k = 0; k < ELEMENTSOF(lists); k++)
                        for (const struct sample *sample = lists[k]; sample->path; sample++)
                                write_sample(&fixture, sample->path, texts[i]);
                cgroup_stats(&fixture.cgroup, &stats);
                CHECK(stats.cpuset.cpus.count <= 65536);
        }
        fixture_done(&fixture);
}

static void parses_numbers(void) {
        CHECK_U64(parse_number("0\n"), 0);
        CHECK_U64(parse_number("18446744073709551615\n"), UINT64_MAX);
        CHECK_U64(parse_number("max\n"), UINT64_MAX);
        CHECK_U64(parse_number("-1\n"), 0);
        CHECK_U64(parse_number(""), 0);
        CHECK_U64(parse_number_of("oom 1\noom_kill 2\noom_group_kill 3\n", "oom_kill"), 2);
        CHECK_U64(parse_number_of("oom 1\noom_kill 2\n", "oom"), 1);
        CHECK_U64(parse_number_of("oom_kill 2", "kill"), 0);
        CHECK_U64(parse_number_of("", "oom"), 0);
}

static const struct test_case cases[] = {
        {"v1", reads_v1},
        {"v1: no limits", reads_no_limit_of_v1},
        {"v1: cpu and cpuacct apart", separate_hierarchies},
        {"v1: block devices by whoever counts them", reads_block_devices_of_v1},
        {"v2", reads_v2},
        {"v2: the sum of memory and swap", sums_memory_and_swap},
        {"v2 without controllers", reads_v2_without_controllers},
        {"hybrid", reads_hybrid},
        {"nothing is there", reads_nothing},
        {"nonsense", reads_nonsense},
        {"numbers", parses_numbers},
};
TEST_MAIN(cases)
