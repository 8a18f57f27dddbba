/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The numbers of a container in the words of `runc events`. */
#include "libcontainer/stats-print.h"
#include "test.h"

#include "util/alloc.h"
#include "util/text.h"

static char *print(const struct cgroup_stats *stats, const char *net_dev) {
        struct text text = TEXT_INIT;
        struct json_writer writer = {.text = &text};
        const struct resctrl_stats no_shares = RESCTRL_STATS_INIT;

        json_object_begin(&writer, NULL);
        stats_print(stats, &no_shares, net_dev, &writer);
        json_object_end(&writer);
        return text_take(&text);
}

static void nothing(void) {
        const struct cgroup_stats stats = CGROUP_STATS_INIT;
        autofree char *printed = print(&stats, NULL);

        CHECK_TEXT(printed,
                   "{\"data\":{"
                   "\"cpu\":{\"usage\":{\"kernel\":0,\"user\":0},\"throttling\":{}},"
                   "\"cpuset\":{\"cpu_exclusive\":0,\"mem_hardwall\":0,\"mem_exclusive\":0,\"memory_migrate\":0,"
                   "\"memory_spread_page\":0,\"memory_spread_slab\":0,\"memory_pressure\":0,\"sched_load_balance\":0,"
                   "\"sched_relax_domain_level\":0},"
                   "\"memory\":{\"usage\":{\"limit\":0,\"failcnt\":0},\"swap\":{\"limit\":0,\"failcnt\":0},"
                   "\"kernel\":{\"limit\":0,\"failcnt\":0},\"kernelTCP\":{\"limit\":0,\"failcnt\":0}},"
                   "\"pids\":{},\"blkio\":{},\"hugetlb\":{},\"intel_rdt\":{},\"network_interfaces\":null}}");
}

static struct cgroup_io_entry read_entry = {8, 1, (char *)"Read", 512};
static struct cgroup_io_entry plain_entry = {8, 0, NULL, 7};
static uint64_t two_numbers[] = {1, 2};
static struct cgroup_named_number raw[] = {{(char *)"anon", UINT64_MAX}, {(char *)"file", 0}};
static struct cgroup_named_number events[] = {{(char *)"oom_kill", 3}};
static struct cgroup_rdma_stats rdma[] = {{(char *)"mlx5_0", {1, 2}, {3, UINT64_MAX}}};
static struct cgroup_misc_stats misc[] = {{(char *)"sev", 1, 2, 3}};
static struct cgroup_hugetlb_stats hugetlb[] = {{(char *)"2MB", 1, 2, 3}, {(char *)"1GB", 0, 0, 0}};

#define PRESSURE(first)                                                                                  \
        { .known = true, .some = {first, 205, 10000, first + 1}, .full = {0, 0, 0, first + 2} }
#define PRINTED_PRESSURE(first, second, third)                                                           \
        "\"psi\":{\"some\":{\"avg10\":0.0" first ",\"avg60\":2.05,\"avg300\":100.00,\"total\":" second "},"  \
        "\"full\":{\"avg10\":0.00,\"avg60\":0.00,\"avg300\":0.00,\"total\":" third "}}"
#define READ_ENTRY {&read_entry, 1}
#define PRINTED_READ_ENTRY "[{\"op\":\"Read\",\"major\":8,\"minor\":1,\"value\":512}]"

static const struct cgroup_stats everything = {
        .cpu = {.total = 3, .kernel = 1, .user = 2, .percpu = {two_numbers, 2}, .percpu_kernel = {two_numbers, 1},
                .percpu_user = {two_numbers + 1, 1}, .periods = 4, .throttled_periods = 5, .throttled_time = 6, .burst_periods = 7, .burst_time = 8,
                .pressure = PRESSURE(1)},
        .cpuset = {.cpus = {two_numbers, 2}, .mems = {two_numbers, 1}, .cpu_exclusive = 1, .mem_hardwall = 2, .mem_exclusive = 3,
                   .memory_migrate = 4, .memory_spread_page = 5, .memory_spread_slab = 6, .memory_pressure = 7,
                   .sched_load_balance = 8, .sched_relax_domain_level = -1},
        .memory = {.cache = 9, .memory = {11, 12, 13, 14}, .memory_and_swap = {21, 22, 23, 24}, .kernel = {31, 32, 33, 34},
                   .kernel_tcp = {41, 42, 43, 44}, .swap = {45, 46, 47, 48}, .has_swap = true, .raw = raw, .n_raw = 2,
                   .events = events, .n_events = 1, .pressure = PRESSURE(4)},
        .pids = {51, 52},
        .io = {.service_bytes = READ_ENTRY, .serviced = READ_ENTRY, .queued = READ_ENTRY, .service_time = READ_ENTRY,
               .wait_time = READ_ENTRY, .merged = READ_ENTRY, .time = {&plain_entry, 1}, .sectors = {&plain_entry, 1},
               .pressure = PRESSURE(7)},
        .hugetlb = hugetlb,
        .n_hugetlb = 2,
        .rdma = rdma,
        .n_rdma = 1,
        .misc = misc,
        .n_misc = 1,
};

static void all(void) {
        autofree char *printed = print(&everything, "");

        CHECK_TEXT(printed,
                   "{\"data\":{"
                   "\"cpu\":{\"usage\":{\"total\":3,\"kernel\":1,\"user\":2,\"percpu\":[1,2],\"percpu_kernel\":[1],"
                   "\"percpu_user\":[2]},\"throttling\":{\"periods\":4,\"throttledPeriods\":5,\"throttledTime\":6},\"burst\":{\"periods\":7,\"time\":8},"
                   PRINTED_PRESSURE("1", "2", "3") "},"
                   "\"cpuset\":{\"cpus\":[1,2],\"mems\":[1],\"cpu_exclusive\":1,\"mem_hardwall\":2,\"mem_exclusive\":3,"
                   "\"memory_migrate\":4,\"memory_spread_page\":5,\"memory_spread_slab\":6,\"memory_pressure\":7,"
                   "\"sched_load_balance\":8,\"sched_relax_domain_level\":-1},"
                   "\"memory\":{\"cache\":9,\"usage\":{\"limit\":11,\"usage\":12,\"max\":13,\"failcnt\":14},"
                   "\"swap\":{\"limit\":21,\"usage\":22,\"max\":23,\"failcnt\":24},"
                   "\"kernel\":{\"limit\":31,\"usage\":32,\"max\":33,\"failcnt\":34},"
                   "\"kernelTCP\":{\"limit\":41,\"usage\":42,\"max\":43,\"failcnt\":44},"
                   "\"swapOnly\":{\"limit\":45,\"usage\":46,\"max\":47,\"failcnt\":48},"
                   "\"raw\":{\"anon\":18446744073709551615,\"file\":0},\"events\":{\"oom_kill\":3}," PRINTED_PRESSURE("4", "5", "6") "},"
                   "\"pids\":{\"current\":51,\"limit\":52},"
                   "\"blkio\":{\"ioServiceBytesRecursive\":" PRINTED_READ_ENTRY ",\"ioServicedRecursive\":" PRINTED_READ_ENTRY
                   ",\"ioQueueRecursive\":" PRINTED_READ_ENTRY ",\"ioServiceTimeRecursive\":" PRINTED_READ_ENTRY
                   ",\"ioWaitTimeRecursive\":" PRINTED_READ_ENTRY ",\"ioMergedRecursive\":" PRINTED_READ_ENTRY
                   ",\"ioTimeRecursive\":[{\"major\":8,\"value\":7}],\"sectorsRecursive\":[{\"major\":8,\"value\":7}],"
                   PRINTED_PRESSURE("7", "8", "9") "},"
                   "\"hugetlb\":{\"2MB\":{\"usage\":1,\"max\":2,\"failcnt\":3},\"1GB\":{\"failcnt\":0}},"
                   "\"rdma\":{\"mlx5_0\":{\"current\":{\"hca_handles\":1,\"hca_objects\":2},"
                   "\"limit\":{\"hca_handles\":3,\"hca_objects\":18446744073709551615}}},"
                   "\"misc\":{\"sev\":{\"current\":1,\"limit\":2,\"failcnt\":3}},"
                   "\"intel_rdt\":{},\"network_interfaces\":[]}}");
}

static void network(void) {
        static const char net_dev[] =
                "Inter-|   Receive                                                |  Transmit\n"
                " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
                "    lo:       1       2    3    4    5     6          7         8        9       10    11    12    13       14     15       16\n"
                "eth0:18446744073709551615 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0\n"
                "half: 1 2 3\n";
        const struct cgroup_stats stats = CGROUP_STATS_INIT;
        autofree char *printed = print(&stats, net_dev);

        CHECK_CONTAINS(printed,
                       "\"network_interfaces\":["
                       "{\"Name\":\"lo\",\"RxBytes\":1,\"RxPackets\":2,\"RxErrors\":3,\"RxDropped\":4,"
                       "\"TxBytes\":9,\"TxPackets\":10,\"TxErrors\":11,\"TxDropped\":12},"
                       "{\"Name\":\"eth0\",\"RxBytes\":18446744073709551615,\"RxPackets\":0,\"RxErrors\":0,\"RxDropped\":0,"
                       "\"TxBytes\":17,\"TxPackets\":0,\"TxErrors\":0,\"TxDropped\":0}]");
}

static const struct test_case cases[] = {
        {"nothing is counted", nothing},
        {"everything is counted", all},
        {"network interfaces", network},
};
TEST_MAIN(cases)
