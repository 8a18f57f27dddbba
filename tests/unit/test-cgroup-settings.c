/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The numbers of v2, and the files and values that resources become on each kind of hierarchy. */
#include "cgroups/settings.h"
#include "test.h"

#include <errno.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

#define I64(n) {.set = true, .value = (n)}
#define YES {.set = true, .value = true}
#define NO {.set = true, .value = false}

static const struct controllers v1 = {
        .version = {
                [CONTROLLER_CPU] = CONTROLLER_V1,
                [CONTROLLER_CPUSET] = CONTROLLER_V1,
                [CONTROLLER_HUGETLB] = CONTROLLER_V1,
                [CONTROLLER_IO] = CONTROLLER_V1,
                [CONTROLLER_MEMORY] = CONTROLLER_V1,
                [CONTROLLER_NET_CLS] = CONTROLLER_V1,
                [CONTROLLER_NET_PRIO] = CONTROLLER_V1,
                [CONTROLLER_PIDS] = CONTROLLER_V1,
                [CONTROLLER_RDMA] = CONTROLLER_V1,
        },
};
static const struct controllers v2 = {
        .version = {
                [CONTROLLER_CPU] = CONTROLLER_V2,
                [CONTROLLER_CPUSET] = CONTROLLER_V2,
                [CONTROLLER_HUGETLB] = CONTROLLER_V2,
                [CONTROLLER_IO] = CONTROLLER_V2,
                [CONTROLLER_MEMORY] = CONTROLLER_V2,
                [CONTROLLER_PIDS] = CONTROLLER_V2,
                [CONTROLLER_RDMA] = CONTROLLER_V2,
        },
        .have_v2 = true,
        .on_v2 = (char *)"cpuset cpu io memory hugetlb pids rdma",
};

/* "FILE=VALUE" of each setting with blanks between, or the message of the refusal. */
static char *describe(const struct cgroup_resources *resources, const struct controllers *controllers, bool fresh) {
        const struct settings_request request = {
                .resources = resources,
                .controllers = controllers,
                .path = "linux.resources",
                .fresh = fresh,
        };
        autodone(settings) struct settings settings = {};
        struct text text = TEXT_INIT;

        if (settings_make(&request, &settings) < 0)
                return text_copy(fail_text());
        for (size_t i = 0; i < settings.n; i++) {
                const struct setting *setting = &settings.list[i];

                text_add_format(&text, "%s%s=%s%s", i ? "; " : "", setting->file, setting->keep_first_word ? "~" : "",
                                setting->value);
                if (setting->other_file)
                        text_add_format(&text, " else %s=%s", setting->other_file, setting->other_value);
                if (setting->optional)
                        text_add(&text, "?");
        }
        return text_take(&text);
}

#define CHECK_SETTINGS(resources, controllers, fresh, expected)                                          \
        do {                                                                                             \
                autofree char *made_ = describe((resources), (controllers), (fresh));                    \
                CHECK_TEXT(made_, (expected));                                                           \
        } while (0)

/* --- conversions --- */

static void test_weight_from_shares(void) {
        static const uint64_t pairs[][2] = {
                {0, 0},       {1, 1},       {2, 1},         {3, 2},          {10, 4},         {100, 17},
                {512, 59},    {1024, 100},  {1025, 101},    {2048, 174},     {4096, 303},     {22000, 1204},
                {100000, 4340}, {262143, 10000}, {262144, 10000}, {1000000, 10000},
        };

        for (size_t i = 0; i < ELEMENTSOF(pairs); i++)
                CHECK_EQUAL(cgroup_weight_from_shares(pairs[i][0]), pairs[i][1]);
        for (uint64_t shares = 1; shares < 262144; shares++)
                CHECK(cgroup_weight_from_shares(shares) <= cgroup_weight_from_shares(shares + 1));
}

static void test_io_weight(void) {
        CHECK_EQUAL(cgroup_io_weight_from_blkio(0), 0);
        CHECK_EQUAL(cgroup_io_weight_from_blkio(10), 1);
        CHECK_EQUAL(cgroup_io_weight_from_blkio(500), 4950);
        CHECK_EQUAL(cgroup_io_weight_from_blkio(1000), 10000);
}

static void test_swap_max(void) {
        int64_t max = 77;

        CHECK_EQUAL(cgroup_swap_max(0, 0, &max), 1);
        CHECK_EQUAL(cgroup_swap_max(1000, 0, &max), 1);
        CHECK_EQUAL(max, 77);
        CHECK_EQUAL(cgroup_swap_max(-1, 0, &max), 0);
        CHECK_EQUAL(max, -1);
        CHECK_EQUAL(cgroup_swap_max(1000, -1, &max), 0);
        CHECK_EQUAL(max, -1);
        CHECK_EQUAL(cgroup_swap_max(1000, 1500, &max), 0);
        CHECK_EQUAL(max, 500);
        CHECK_EQUAL(cgroup_swap_max(1000, 1000, &max), 0);
        CHECK_EQUAL(max, 0);
        CHECK_EQUAL(cgroup_swap_max(-1, 1000, &max), 0);
        CHECK_EQUAL(max, 1000);
        CHECK_EQUAL(cgroup_swap_max(0, 1000, &max), -EINVAL);
        CHECK_CONTAINS(fail_text(), "unable to set swap limit without memory limit");
        CHECK_EQUAL(cgroup_swap_max(1000, 999, &max), -EINVAL);
        CHECK_CONTAINS(fail_text(), "memory+swap limit should be >= memory limit");
}

/* --- files --- */

static void test_nothing(void) {
        const struct cgroup_resources none = {};
        const struct cgroup_resources zeros = {
                .memory = {.limit = I64(0), .swap = I64(0), .kernel = I64(0), .kernel_tcp = I64(-1), .swappiness = I64(0),
                           .disable_oom_killer = NO, .use_hierarchy = NO},
                .cpu = {.shares = I64(0), .quota = I64(0), .period = I64(0), .realtime_runtime = I64(0),
                        .realtime_period = I64(0), .idle = I64(0), .cpus = (char *)""},
                .pids_limit = I64(-1),
                .block_io = {.weight = I64(0), .leaf_weight = I64(0)},
                .network = {.class_id = I64(0)},
        };

        CHECK_SETTINGS(&none, &v1, true, "");
        CHECK_SETTINGS(&none, &v2, true, "");
        CHECK_SETTINGS(&zeros, &v2, true, "");
        CHECK_SETTINGS(&zeros, &v1, true, "memory.swappiness=0");
}

static void test_memory(void) {
        const struct cgroup_resources resources = {
                .memory = {.limit = I64(1000), .reservation = I64(500), .swap = I64(1500)},
        };
        const struct cgroup_resources unlimited = {.memory = {.limit = I64(-1)}};
        const struct cgroup_resources no_swap = {.memory = {.limit = I64(1000), .swap = I64(1000)}};
        const struct cgroup_resources swap_only = {.memory = {.swap = I64(1000)}};
        const struct cgroup_resources old = {
                .memory = {.kernel = I64(10), .kernel_tcp = I64(11), .swappiness = I64(60), .disable_oom_killer = YES,
                           .use_hierarchy = YES},
        };

        CHECK_SETTINGS(&resources, &v1, true,
                       "memory.limit_in_bytes=1000; memory.soft_limit_in_bytes=500; memory.memsw.limit_in_bytes=1500");
        CHECK_SETTINGS(&resources, &v2, true, "memory.max=1000; memory.low=500; memory.swap.max=500");
        CHECK_SETTINGS(&unlimited, &v1, true, "");
        CHECK_SETTINGS(&unlimited, &v1, false, "memory.limit_in_bytes=-1; memory.memsw.limit_in_bytes=-1?");
        CHECK_SETTINGS(&unlimited, &v2, false, "memory.max=max; memory.swap.max=max?");
        CHECK_SETTINGS(&no_swap, &v2, true, "memory.max=1000; memory.swap.max=0?");
        CHECK_SETTINGS(&swap_only, &v1, false, "memory.memsw.limit_in_bytes=1000");
        CHECK_SETTINGS(&swap_only, &v2, false,
                       "linux.resources.memory.swap: 1000: unable to set swap limit without memory limit");
        CHECK_SETTINGS(&old, &v1, true,
                       "memory.use_hierarchy=1; memory.kmem.limit_in_bytes=10; memory.kmem.tcp.limit_in_bytes=11; "
                       "memory.swappiness=60; memory.oom_control=1");
}

static void test_cpu(void) {
        const struct cgroup_resources all = {
                .cpu = {.shares = I64(1024), .quota = I64(50000), .period = I64(100000), .burst = I64(10000),
                        .cpus = (char *)"0-1", .mems = (char *)"0"},
        };
        const struct cgroup_resources quota = {.cpu = {.quota = I64(50000)}};
        const struct cgroup_resources no_quota = {.cpu = {.quota = I64(-1)}};
        const struct cgroup_resources period = {.cpu = {.period = I64(20000)}};
        const struct cgroup_resources idle = {.cpu = {.idle = I64(1), .shares = I64(500)}};

        CHECK_SETTINGS(&all, &v1, true,
                       "cpuset.cpus=0-1; cpuset.mems=0; cpu.cfs_burst_us=10000; cpu.shares=1024; "
                       "cpu.cfs_period_us=100000; cpu.cfs_quota_us=50000");
        CHECK_SETTINGS(&all, &v2, true,
                       "cpuset.cpus=0-1; cpuset.mems=0; cpu.max.burst=10000; cpu.weight=100; cpu.max=50000 100000");
        CHECK_SETTINGS(&quota, &v2, true, "cpu.max=50000");
        CHECK_SETTINGS(&no_quota, &v2, false, "cpu.max=max");
        CHECK_SETTINGS(&no_quota, &v1, false, "cpu.cfs_quota_us=-1");
        CHECK_SETTINGS(&no_quota, &v1, true, "");
        CHECK_SETTINGS(&period, &v2, true, "cpu.max=max 20000");
        CHECK_SETTINGS(&period, &v2, false, "cpu.max=~20000");
        CHECK_SETTINGS(&idle, &v2, true, "cpu.idle=1");
        CHECK_SETTINGS(&idle, &v1, true, "cpu.idle=1");
}

/* What an update writes for zeros: those that engines send for nothing are nothing. */
static void test_zeros_later(void) {
        const struct cgroup_resources zeros = {
                .memory = {.limit = I64(0), .swap = I64(0), .disable_oom_killer = NO, .use_hierarchy = NO},
                .cpu = {.shares = I64(0), .quota = I64(0), .period = I64(0), .realtime_runtime = I64(0),
                        .realtime_period = I64(0), .burst = I64(0), .idle = I64(0)},
        };

        CHECK_SETTINGS(&zeros, &v1, false, "memory.oom_control=0; cpu.idle=0?; cpu.cfs_burst_us=0?");
        CHECK_SETTINGS(&zeros, &v2, false, "cpu.idle=0?; cpu.max.burst=0?");
}

static void test_pids(void) {
        struct cgroup_resources resources = {.pids_limit = I64(100)};

        CHECK_SETTINGS(&resources, &v1, true, "pids.max=100");
        resources.pids_limit.value = 0;
        CHECK_SETTINGS(&resources, &v2, true, "pids.max=0");
        resources.pids_limit.value = -1;
        CHECK_SETTINGS(&resources, &v2, false, "pids.max=max");
}

static void test_block_io(void) {
        struct cgroup_weight_device weights[] = {{.major = 8, .minor = 0, .weight = I64(500)}};
        struct cgroup_throttle_device rates[] = {{8, 0, 1000}, {8, 16, 0}};
        const struct cgroup_resources resources = {
                .block_io = {.weight = I64(10), .weight_devices = weights, .n_weight_devices = 1, .read_bps = rates,
                             .n_read_bps = 2, .write_iops = rates, .n_write_iops = 1},
        };

        CHECK_SETTINGS(&resources, &v1, true,
                       "blkio.weight=10 else blkio.bfq.weight=10; "
                       "blkio.weight_device=8:0 500 else blkio.bfq.weight_device=8:0 500; "
                       "blkio.throttle.read_bps_device=8:0 1000; blkio.throttle.read_bps_device=8:16 0; "
                       "blkio.throttle.write_iops_device=8:0 1000");
        CHECK_SETTINGS(&resources, &v2, true,
                       "io.bfq.weight=10 else io.weight=1; io.bfq.weight=8:0 500 else io.weight=8:0 4950; "
                       "io.max=8:0 rbps=1000; io.max=8:16 rbps=max; io.max=8:0 wiops=1000");
}

static void test_others(void) {
        struct cgroup_hugepage_limit limits[] = {{(char *)"2MB", 4194304}};
        struct cgroup_priority priorities[] = {{(char *)"eth0", 5}};
        struct cgroup_rdma rdma[] = {{(char *)"mlx5_1", I64(3), I64(10000)}, {(char *)"rxe3", {}, I64(7)}};
        const struct cgroup_resources hugepages = {.hugepage_limits = limits, .n_hugepage_limits = 1};
        const struct cgroup_resources network = {
                .network = {.class_id = I64(1048577), .priorities = priorities, .n_priorities = 1},
        };
        const struct cgroup_resources devices = {.rdma = rdma, .n_rdma = 2};

        CHECK_SETTINGS(&hugepages, &v1, true,
                       "hugetlb.2MB.rsvd.limit_in_bytes=4194304 else hugetlb.2MB.limit_in_bytes=4194304");
        CHECK_SETTINGS(&hugepages, &v2, true, "hugetlb.2MB.rsvd.max=4194304 else hugetlb.2MB.max=4194304");
        CHECK_SETTINGS(&network, &v1, true, "net_cls.classid=1048577; net_prio.ifpriomap=eth0 5");
        CHECK_SETTINGS(&devices, &v2, true,
                       "rdma.max=mlx5_1 hca_handle=3 hca_object=10000; rdma.max=rxe3 hca_object=7");
}

static void test_unified(void) {
        struct cgroup_unified list[] = {{(char *)"io.max", (char *)"8:0 rbps=1\n8:16 wiops=2"}};
        struct cgroup_resources resources = {.unified = list, .n_unified = 1, .pids_limit = I64(5)};

        CHECK_SETTINGS(&resources, &v2, true, "pids.max=5; io.max=8:0 rbps=1; io.max=8:16 wiops=2");
        CHECK_SETTINGS(&resources, &v1, true, "linux.resources.unified.io.max: this machine has cgroup v1 only");
        list[0].key = (char *)"misc.max";
        CHECK_SETTINGS(&resources, &v2, true,
                       "linux.resources.unified.misc.max: the cgroup v2 controller \"misc\" is not available");
        list[0].key = (char *)"../x/memory.max";
        CHECK_SETTINGS(&resources, &v2, true,
                       "linux.resources.unified: \"../x/memory.max\" is not the name of a cgroup file");
        list[0] = (struct cgroup_unified){(char *)"cgroup.max.depth", (char *)"3"};
        CHECK_SETTINGS(&resources, &v2, true, "pids.max=5; cgroup.max.depth=3");
        list[0] = (struct cgroup_unified){(char *)"irq.pressure", (char *)"full 150000 1000000"};
        CHECK_SETTINGS(&resources, &v2, true, "pids.max=5; irq.pressure=full 150000 1000000");
        list[0].key = (char *)"misc.pressure.max";
        CHECK_SETTINGS(&resources, &v2, true,
                       "linux.resources.unified.misc.pressure.max: the cgroup v2 controller \"misc\" is not available");
}

static void test_not_on_v2(void) {
        static struct cgroup_priority priorities[] = {{(char *)"lo", 0}, {(char *)"eth0", 5}};
        static const struct {
                struct cgroup_resources resources;
                const char *message;
        } rows[] = {
                {{.memory = {.kernel = I64(5)}}, "memory.kernel: 5"},
                {{.memory = {.kernel_tcp = I64(5)}}, "memory.kernelTCP: 5"},
                {{.memory = {.swappiness = I64(5)}}, "memory.swappiness: 5"},
                {{.memory = {.disable_oom_killer = YES}}, "memory.disableOOMKiller: 1"},
                {{.cpu = {.realtime_runtime = I64(5)}}, "cpu.realtimeRuntime: 5"},
                {{.cpu = {.realtime_period = I64(5)}}, "cpu.realtimePeriod: 5"},
                {{.block_io = {.leaf_weight = I64(50)}}, "blockIO.leafWeight: 50"},
                {{.network = {.class_id = I64(5)}}, "network.classID: 5"},
                {{.network = {.priorities = priorities, .n_priorities = 2}}, "network.priorities[1].priority: eth0 5"},
        };
        const struct cgroup_resources nothing = {.network = {.class_id = I64(0), .priorities = priorities, .n_priorities = 1}};

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                autofree char *expected = text_format("linux.resources.%s cannot be set with cgroup v2", rows[i].message);

                CHECK_SETTINGS(&rows[i].resources, &v2, true, expected);
        }
        CHECK_SETTINGS(&nothing, &v2, true, "");
        /* Of the parent, a cgroup of v1 inherits priorities. */
        CHECK_SETTINGS(&nothing, &v1, true, "net_prio.ifpriomap=lo 0");
}

static void test_wrong_values(void) {
        struct cgroup_hugepage_limit limits[] = {{(char *)"2mb", 1}};
        const struct cgroup_resources size = {.memory = {.limit = I64(-2)}};
        const struct cgroup_resources swappiness = {.memory = {.swappiness = I64(101)}};
        const struct cgroup_resources weight = {.block_io = {.weight = I64(1001)}};
        const struct cgroup_resources few = {.cpu = {.shares = I64(1)}}, many = {.cpu = {.shares = I64(262145)}};
        const struct cgroup_resources page = {.hugepage_limits = limits, .n_hugepage_limits = 1};

        CHECK_SETTINGS(&size, &v1, true, "linux.resources.memory.limit: -2 is neither a size nor -1 (no limit)");
        CHECK_SETTINGS(&swappiness, &v1, true, "linux.resources.memory.swappiness: 101 is not from 0 to 100");
        CHECK_SETTINGS(&weight, &v2, true, "linux.resources.blockIO.weight: 1001 is not from 10 to 1000");
        CHECK_SETTINGS(&few, &v1, true, "linux.resources.cpu.shares: 1: the minimum allowed cpu-shares is 2");
        CHECK_SETTINGS(&many, &v1, true, "linux.resources.cpu.shares: 262145: the maximum allowed cpu-shares is 262144");
        CHECK_SETTINGS(&many, &v2, true, "cpu.weight=10000");
        CHECK_SETTINGS(&page, &v1, true,
                       "linux.resources.hugepageLimits[0].pageSize: \"2mb\" is not a size such as \"2MB\"");
}

static void test_missing_controller(void) {
        struct cgroup_priority priorities[] = {{(char *)"lo", 0}};
        const struct cgroup_resources no_priority = {.network = {.priorities = priorities, .n_priorities = 1}};
        const struct controllers none = {}, only_v2 = {.have_v2 = true, .on_v2 = (char *)""};
        const struct controllers hybrid = {.version = {[CONTROLLER_MEMORY] = CONTROLLER_V1}, .have_v2 = true, .on_v2 = (char *)""};
        const struct cgroup_resources resources = {.memory = {.limit = I64(4096)}}, network = {.network = {.class_id = I64(5)}};

        CHECK_SETTINGS(&no_priority, &hybrid, true, "");
        CHECK_SETTINGS(&network, &hybrid, true,
                       "linux.resources.network.classID: 5 needs the cgroup controller \"net_cls\", which is not available");
        CHECK_SETTINGS(&resources, &none, true,
                       "linux.resources.memory.limit: 4096 needs the cgroup controller \"memory\", which is not available");
        CHECK_SETTINGS(&resources, &only_v2, true,
                       "linux.resources.memory.limit: 4096 needs the cgroup controller \"memory\", which is not available");
}

static const struct test_case cases[] = {
        {"cpu.shares to cpu.weight", test_weight_from_shares},
        {"blockIO.weight to io.weight", test_io_weight},
        {"memory.swap to memory.swap.max", test_swap_max},
        {"what is unset, zero or unlimited writes nothing", test_nothing},
        {"memory", test_memory},
        {"cpu and cpuset", test_cpu},
        {"zeros of an update", test_zeros_later},
        {"pids", test_pids},
        {"blockIO", test_block_io},
        {"hugepageLimits, network, rdma", test_others},
        {"unified", test_unified},
        {"what v2 does not have", test_not_on_v2},
        {"wrong values", test_wrong_values},
        {"missing controllers", test_missing_controller},
};

TEST_MAIN(cases)
