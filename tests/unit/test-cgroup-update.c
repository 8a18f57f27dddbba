/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an update leaves in force, and the texts that take it back. Pure; test-cgroup-live.c does both in the kernel. */
#include "cgroups/undo.h"
#include "test.h"

#include <errno.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

#define I64(n) {.set = true, .value = (n)}

/* --- the way back --- */

static void test_undo_line(void) {
        static const struct {
                const char *file, *held, *value, *line;
        } rows[] = {
                {"memory.limit_in_bytes", "67108864\n", "134217728", "67108864"},
                {"memory.limit_in_bytes", "9223372036854771712\n", "134217728", "9223372036854771712"},
                {"memory.max", "max\n", "134217728", "max"},
                {"cpu.cfs_quota_us", "-1\n", "20000", "-1"},
                {"cpu.max", "max 100000\n", "50000", "max 100000"},
                {"cpu.max", "50000 100000\n", "max 20000", "50000 100000"},
                {"cpuset.cpus", "0-3,7\n", "0", "0-3,7"},
                {"cpuset.cpus", "\n", "0", "\n"},
                {"cpuset.cpus", "", "0", "\n"},
                {"hugetlb.2MB.max", "max\n", "4194304", "max"},
                /* A line for each device, none for one without a limit. */
                {"blkio.throttle.read_bps_device", "8:0 1000\n8:16 2000\n", "8:16 5", "8:16 2000"},
                {"blkio.throttle.read_bps_device", "8:0 1000\n8:16 2000\n", "8:1 5", "8:1 0"},
                {"blkio.throttle.write_iops_device", "", "8:1 5", "8:1 0"},
                {"blkio.bfq.weight_device", "default 100\n8:0 300\n", "8:0 400", "8:0 300"},
                {"blkio.bfq.weight_device", "default 100\n8:0 300\n", "8:16 400", "8:16 default"},
                {"io.weight", "default 100\n8:0 300\n", "500", "default 100"},
                {"io.weight", "default 100\n8:0 300\n", "default 500", "default 100"},
                {"io.weight", "default 100\n", "8:0 5", "8:0 default"},
                {"io.bfq.weight", "100\n", "500", "100"},
                {"io.max", "8:0 rbps=1000 wbps=max riops=max wiops=5\n8:16 rbps=max wbps=1 riops=max wiops=max\n",
                 "8:0 wbps=7", "8:0 rbps=1000 wbps=max riops=max wiops=5"},
                {"io.max", "8:0 rbps=1000 wbps=max riops=max wiops=5\n", "8:1 wbps=7",
                 "8:1 rbps=max wbps=max riops=max wiops=max"},
                {"io.max", "", "8:0 wbps=7", "8:0 rbps=max wbps=max riops=max wiops=max"},
                {"io.latency", "", "8:0 target=500", "8:0 target=0"},
                {"rdma.max", "mlx4_0 hca_handle=2 hca_object=max\nocrdma1 hca_handle=max hca_object=max\n",
                 "ocrdma1 hca_handle=7", "ocrdma1 hca_handle=max hca_object=max"},
                {"net_prio.ifpriomap", "lo 0\neth0 5\n", "eth0 7", "eth0 5"},
                {"misc.max", "res_a max\nres_b 4\n", "res_b 5", "res_b 4"},
                /* Shown in another way than taken. */
                {"memory.oom_control", "oom_kill_disable 1\nunder_oom 0\noom_kill 3\n", "0", "1"},
                {"cpuset.cpus.partition", "root invalid (Cpu list in cpuset.cpus not exclusive)\n", "member", "root"},
                {"cgroup.subtree_control", "cpu memory\n", "+io -cpu +memory -pids", "-io +cpu"},
                {"cgroup.subtree_control", "\n", "+cpu", "-cpu"},
                {"memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
                 "some 150000 1000000", ""},
                /* Nothing gives these back. */
                {"cgroup.procs", "17\n", "17", NULL},
                {"cgroup.kill", "", "1", NULL},
                {"unknown.limits", "a 1\nb 2\n", "c 3", NULL},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                autofree char *line = undo_line(rows[i].file, rows[i].held, rows[i].value);

                CHECK_TEXT(line, rows[i].line);
        }
}

/* --- what is in force --- */

static const struct cgroup no_cgroup = {.v2_fd = -1};
static struct cgroup_place v2_places[] = {{.controllers = (char *)"", .directory = (char *)"/x", .path = (char *)"/x", .v2 = true}};
static const struct cgroup v2_cgroup = {.mode = CGROUP_MODE_V2, .places = v2_places, .n_places = 1, .v2_fd = -1};

static void test_merge_numbers(void) {
        struct cgroup_resources first = {
                .memory = {.limit = I64(100), .swap = I64(200), .check_before_update = {.set = true, .value = true}},
                .cpu = {.shares = I64(512), .quota = I64(-1), .cpus = (char *)"0-3", .mems = (char *)"0"},
                .pids_limit = I64(5),
        };
        struct cgroup_resources second = {
                .memory = {.limit = I64(-1)},
                .cpu = {.burst = I64(0), .cpus = (char *)"1", .mems = (char *)""},
                .block_io = {.weight = I64(77)},
        };
        autodone(cgroup_resources) struct cgroup_resources merged = {};

        CHECK_EQUAL(cgroup_resources_merge(&no_cgroup, &merged, &first), 0);
        CHECK_EQUAL(cgroup_resources_merge(&no_cgroup, &merged, &second), 0);
        CHECK_EQUAL(merged.memory.limit.value, -1);
        CHECK_EQUAL(merged.memory.swap.value, 200);
        CHECK(merged.memory.check_before_update.value);
        CHECK_EQUAL(merged.cpu.shares.value, 512);
        CHECK_EQUAL(merged.cpu.quota.value, -1);
        CHECK(merged.cpu.burst.set && !merged.cpu.idle.set && !merged.memory.reservation.set);
        CHECK_TEXT(merged.cpu.cpus, "1");
        CHECK_TEXT(merged.cpu.mems, "0");
        CHECK_EQUAL(merged.pids_limit.value, 5);
        CHECK_EQUAL(merged.block_io.weight.value, 77);
}

static void test_merge_lists(void) {
        struct cgroup_weight_device weights[] = {{8, 0, I64(100), I64(50)}, {8, 16, I64(200), {}}}, new_weights[] = {{8, 0, I64(300), {}}, {9, 0, {}, I64(1)}};
        struct cgroup_throttle_device rates[] = {{8, 0, 1}, {8, 16, 2}}, new_rates[] = {{8, 16, 3}, {8, 32, 4}};
        struct cgroup_hugepage_limit pages[] = {{(char *)"2MB", 1}}, new_pages[] = {{(char *)"1GB", 2}, {(char *)"2MB", 0}};
        struct cgroup_priority priorities[] = {{(char *)"lo", 1}}, new_priorities[] = {{(char *)"lo", 2}, {(char *)"eth0", 3}};
        struct cgroup_rdma rdma[] = {{(char *)"mlx", I64(1), I64(2)}}, new_rdma[] = {{(char *)"mlx", {}, I64(3)}, {(char *)"rxe", I64(4), {}}};
        struct cgroup_device_rule rule[] = {{.allow = true}};
        struct cgroup_resources first = {
                .block_io = {.weight_devices = weights, .n_weight_devices = 2, .read_bps = rates, .n_read_bps = 2},
                .hugepage_limits = pages, .n_hugepage_limits = 1,
                .network = {.priorities = priorities, .n_priorities = 1},
                .rdma = rdma, .n_rdma = 1,
                .devices = rule, .n_devices = 1,
        };
        struct cgroup_resources second = {
                .block_io = {.weight_devices = new_weights, .n_weight_devices = 2, .read_bps = new_rates, .n_read_bps = 2,
                             .write_iops = new_rates, .n_write_iops = 1},
                .hugepage_limits = new_pages, .n_hugepage_limits = 2,
                .network = {.priorities = new_priorities, .n_priorities = 2},
                .rdma = new_rdma, .n_rdma = 2,
        };
        autodone(cgroup_resources) struct cgroup_resources merged = {};

        CHECK_EQUAL(cgroup_resources_merge(&no_cgroup, &merged, &first), 0);
        CHECK_EQUAL(cgroup_resources_merge(&no_cgroup, &merged, &second), 0);
        CHECK_EQUAL(merged.n_devices, 0);
        CHECK_EQUAL(merged.block_io.n_weight_devices, 3);
        CHECK_EQUAL(merged.block_io.weight_devices[0].weight.value, 300);
        CHECK_EQUAL(merged.block_io.weight_devices[0].leaf_weight.value, 50);
        CHECK_EQUAL(merged.block_io.weight_devices[1].weight.value, 200);
        CHECK_EQUAL(merged.block_io.weight_devices[2].major, 9);
        CHECK_EQUAL(merged.block_io.n_read_bps, 3);
        CHECK_EQUAL(merged.block_io.read_bps[0].rate, 1);
        CHECK_EQUAL(merged.block_io.read_bps[1].rate, 3);
        CHECK_EQUAL(merged.block_io.read_bps[2].minor, 32);
        CHECK_EQUAL(merged.block_io.n_write_iops, 1);
        CHECK_EQUAL(merged.n_hugepage_limits, 2);
        CHECK_EQUAL(merged.hugepage_limits[0].limit, 0);
        CHECK_TEXT(merged.hugepage_limits[1].page_size, "1GB");
        CHECK_EQUAL(merged.network.n_priorities, 2);
        CHECK_EQUAL(merged.network.priorities[0].priority, 2);
        CHECK_EQUAL(merged.n_rdma, 2);
        CHECK_EQUAL(merged.rdma[0].hca_handles.value, 1);
        CHECK_EQUAL(merged.rdma[0].hca_objects.value, 3);
}

/* What one entry of unified says after another one, or after limits by their own name. */
static void check_unified(const char *key, const char *before, struct cgroup_resources *wanted, const char *after) {
        struct cgroup_unified list[] = {{(char *)key, (char *)before}};
        struct cgroup_resources first = {.unified = list, .n_unified = 1};
        autodone(cgroup_resources) struct cgroup_resources merged = {};

        CHECK_EQUAL(cgroup_resources_merge(&v2_cgroup, &merged, &first), 0);
        CHECK_EQUAL(cgroup_resources_merge(&v2_cgroup, &merged, wanted), 0);
        CHECK_TEXT(merged.unified[0].key, key);
        CHECK_TEXT(merged.unified[0].value, after);
}

static void check_unified_text(const char *key, const char *before, const char *wanted, const char *after) {
        struct cgroup_unified list[] = {{(char *)key, (char *)wanted}};

        check_unified(key, before, &(struct cgroup_resources){.unified = list, .n_unified = 1}, after);
}

static void test_merge_unified(void) {
        check_unified_text("memory.high", "5", "max", "max");
        check_unified_text("memory.high", "", "3", "3");
        /* Files that keep what a line does not name. */
        check_unified_text("io.max", "8:0 rbps=1\n8:16 wiops=2", "8:0 wbps=3", "8:0 rbps=1\n8:16 wiops=2\n8:0 wbps=3");
        check_unified_text("io.max", "8:0 rbps=1 wbps=2\n8:16 wiops=2\n", "8:0 wbps=3\n\n8:16 wiops=max riops=4",
                           "8:0 rbps=1\n8:0 wbps=3\n8:16 wiops=max\n8:16 riops=4");
        check_unified_text("io.weight", "default 100\n8:0 50", "8:0 60\n8:1 default", "default 100\n8:0 60\n8:1 default");
        check_unified_text("io.weight", "100", "8:0 60", "100\n8:0 60");
        check_unified_text("misc.max", "a 1\nb 2", "b 3", "a 1\nb 3");
        /* This one does not. */
        check_unified_text("cpu.max", "max 5000", "max 6000", "max 6000");
}

static void test_merge_over_unified(void) {
        struct cgroup_throttle_device rates[] = {{8, 0, 5}};
        struct cgroup_unified late[] = {{(char *)"memory.max", (char *)"7"}};

        check_unified("memory.max", "1000", &(struct cgroup_resources){.memory = {.limit = I64(2000)}}, "2000");
        check_unified("memory.max", "1000", &(struct cgroup_resources){.memory = {.limit = I64(-1)}}, "max");
        check_unified("memory.high", "1000", &(struct cgroup_resources){.memory = {.limit = I64(2000)}}, "1000");
        check_unified("cpu.max", "5000 10000", &(struct cgroup_resources){.cpu = {.period = I64(20000)}}, "5000 20000");
        check_unified("io.max", "8:0 wbps=1\n8:0 rbps=2", &(struct cgroup_resources){.block_io = {.read_bps = rates, .n_read_bps = 1}},
                      "8:0 wbps=1\n8:0 rbps=5");
        check_unified("io.weight", "100", &(struct cgroup_resources){.block_io = {.weight = I64(1000)}}, "10000");
        /* unified has the last word, in the request as in the files. */
        check_unified("memory.max", "1000",
                      &(struct cgroup_resources){.memory = {.limit = I64(2000)}, .unified = late, .n_unified = 1}, "7");
}

/* Numbers that mean nothing without another one, which is in force. */
static void test_complete(void) {
        struct cgroup_unified list[] = {{(char *)"memory.swap.max", (char *)"7"}};
        struct cgroup_resources first = {
                .memory = {.limit = I64(1000), .swap = I64(1500), .check_before_update = {.set = true, .value = true}},
                .cpu = {.shares = I64(512), .idle = I64(1)},
                .unified = list, .n_unified = 1,
        };
        struct cgroup_resources swap = {.memory = {.swap = I64(3000)}}, limit = {.memory = {.limit = I64(2000)}};
        struct cgroup_resources busy = {.cpu = {.idle = I64(0)}}, pids = {.pids_limit = I64(5)};
        autodone(cgroup_resources) struct cgroup_resources merged = {};

        CHECK_EQUAL(cgroup_resources_merge(&v2_cgroup, &merged, &first), 0);
        CHECK_EQUAL(cgroup_resources_merge(&v2_cgroup, &merged, &swap), 0);
        CHECK_EQUAL(swap.memory.limit.value, 1000);
        CHECK(swap.memory.check_before_update.value && !swap.cpu.shares.set);
        CHECK_TEXT(merged.unified[0].value, "2000");
        CHECK_EQUAL(cgroup_resources_merge(&v2_cgroup, &merged, &limit), 0);
        CHECK_EQUAL(limit.memory.swap.value, 3000);
        CHECK_TEXT(merged.unified[0].value, "1000");
        CHECK_EQUAL(cgroup_resources_merge(&v2_cgroup, &merged, &busy), 0);
        CHECK_EQUAL(busy.cpu.shares.value, 512);
        CHECK_EQUAL(cgroup_resources_merge(&v2_cgroup, &merged, &pids), 0);
        CHECK(!pids.memory.limit.set && !pids.memory.swap.set && !pids.cpu.shares.set);
}

static void test_merge_refused(void) {
        struct cgroup_unified list[] = {{(char *)"memory.max", (char *)"7"}};
        struct cgroup_resources first = {.unified = list, .n_unified = 1};
        autodone(cgroup_resources) struct cgroup_resources merged = {};

        CHECK_EQUAL(cgroup_resources_merge(&v2_cgroup, &merged, &first), 0);
        CHECK_EQUAL(cgroup_resources_merge(&v2_cgroup, &merged, &(struct cgroup_resources){.cpu = {.realtime_runtime = I64(5)}}), -EINVAL);
        CHECK_CONTAINS(fail_text(), "linux.resources.cpu.realtimeRuntime: 5 cannot be set with cgroup v2");
}

static const struct test_case cases[] = {
        {"what gives a file its old state back", test_undo_line},
        {"numbers and texts in force", test_merge_numbers},
        {"lists by their keys, no device rules", test_merge_lists},
        {"unified by files, and by devices where the kernel does", test_merge_unified},
        {"a limit that unified named before", test_merge_over_unified},
        {"what belongs together", test_complete},
        {"what cannot be expressed", test_merge_refused},
};

TEST_MAIN(cases)
