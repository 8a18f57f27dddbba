/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What systemd is told: names of units, limits and device rules in its words, properties from annotations. */
#include "cgroups/properties.h"
#include "cgroups/unit.h"
#include "test.h"

#include <errno.h>
#include <inttypes.h>

#include "bus/message.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

/* --- names --- */

static void check_unit(const char *cgroups_path, const char *slice, const char *unit, const char *path) {
        autodone(unit_name) struct unit_name name = {};

        CHECK_EQUAL(unit_name_parse(cgroups_path, "system.slice", "ID", &name), 0);
        CHECK_TEXT(name.slice, slice);
        CHECK_TEXT(name.unit, unit);
        CHECK_TEXT(name.path, path);
}

static void check_no_unit(const char *cgroups_path, const char *says) {
        autodone(unit_name) struct unit_name name = {};

        CHECK_EQUAL(unit_name_parse(cgroups_path, "system.slice", "ID", &name), -EINVAL);
        CHECK_CONTAINS(fail_text(), says);
        fail_forget();
}

static void test_units(void) {
        check_unit(NULL, "system.slice", "tare-ID.scope", "/system.slice/tare-ID.scope");
        check_unit("", "system.slice", "tare-ID.scope", "/system.slice/tare-ID.scope");
        check_unit("::x", "system.slice", "x.scope", "/system.slice/x.scope");
        check_unit("machine.slice:libpod:1", "machine.slice", "libpod-1.scope", "/machine.slice/libpod-1.scope");
        check_unit("a-b-c.slice:cri:1", "a-b-c.slice", "cri-1.scope", "/a.slice/a-b.slice/a-b-c.slice/cri-1.scope");
        check_unit("-.slice:cri:1", "-.slice", "cri-1.scope", "/cri-1.scope");
        check_unit("x.slice:cri:a-b.slice", "x.slice", "a-b.slice", "/a.slice/a-b.slice");
        check_unit("::cpu", "system.slice", "cpu.scope", "/system.slice/_cpu.scope");
        check_unit("memory.slice::_x", "memory.slice", "_x.scope", "/_memory.slice/__x.scope");
        check_unit("::memory.x", "system.slice", "memory.x.scope", "/system.slice/memory.x.scope");
}

static void test_wrong_units(void) {
        char path[400] = "::";

        check_no_unit("/docker/x",
                      "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"/docker/x\" "
                      "instead");
        check_no_unit("a:b", "got \"a:b\" instead");
        check_no_unit("a.slice:b:c:d", "got \"a.slice:b:c:d\" instead");
        check_no_unit("a.slice:b:", "names no unit");
        check_no_unit("a:b:c", "invalid slice name: a");
        check_no_unit("a/b.slice:b:c", "invalid slice name: a/b.slice");
        check_no_unit(".slice:b:c", "invalid slice name: .slice");
        check_no_unit("a--b.slice:b:c", "invalid slice name");
        check_no_unit("-a.slice:b:c", "invalid slice name");
        check_no_unit("a-.slice:b:c", "invalid slice name");
        check_no_unit("::a/../b", "no name of a unit");
        check_no_unit("::a b", "no name of a unit");
        check_no_unit("::-.slice", "top of the hierarchy");
        memset(path + 2, 'x', 300);
        check_no_unit(path, "at most 255");
}

static void check_manager(const char *memberships, const char *expected) {
        autofree char *path = unit_manager_path(memberships);

        CHECK_TEXT(path, expected);
}

static void test_manager(void) {
        check_manager("0::/init.scope\n", "");
        check_manager("0::/docker/abc/init.scope\n", "/docker/abc");
        check_manager("5:cpu:/x/init.scope\n1:name=systemd:/lxc/c/init.scope\n0::/y\n", "/lxc/c");
        check_manager("5:cpu,cpuacct:/\n1:name=systemd:/init.scope\n0::/init.scope\n", "");
        check_manager("0::/\n", "");
        check_manager("0::/../../init.scope\n", "");
        check_manager("0::init.scope\n", "");
        check_manager("nonsense", "");
        check_manager("", "");
}

/* --- limits --- */

static void add(struct settings *settings, const char *file, const char *value, const char *other_file, const char *other) {
        *array_append(settings->list, settings->n) = (struct setting){
                .file = text_copy(file),
                .value = text_copy(value),
                .other_file = text_copy(other_file),
                .other_value = text_copy(other),
        };
}

/* "NAME=VALUE ..." */
static char *print(const struct properties *properties) {
        struct text text = TEXT_INIT;

        for (size_t i = 0; i < properties->n; i++) {
                const struct property *property = &properties->list[i];

                text_add_format(&text, "%s%s=", i ? " " : "", property->name);
                for (size_t k = 0; k < property->strings.count; k++)
                        text_add_format(&text, "%s%s", k ? "," : "", property->strings.items[k]);
                for (size_t k = 0; k < property->bytes.length; k++)
                        text_add_format(&text, "%02x", (unsigned char)property->bytes.bytes[k]);
                if (strchr("bitu", property->type))
                        text_add_format(&text, "%" PRIu64, property->number);
        }
        return text_take(&text);
}

static void check_with(bool has_bfq, const char *file, const char *value, const char *expected) {
        autodone(settings) struct settings settings = {};
        autodone(properties) struct properties properties = PROPERTIES_INIT;
        autofree char *printed = NULL;

        add(&settings, file, value, NULL, NULL);
        properties_of_settings(&settings, has_bfq, &properties);
        printed = print(&properties);
        CHECK_TEXT(printed, expected);
        for (size_t i = 0; i < properties.n; i++)
                CHECK(properties.list[i].is_optional);
}

static void check_setting(const char *file, const char *value, const char *expected) {
        check_with(false, file, value, expected);
}

/* systemd's way from its weight to that of BFQ. */
static uint64_t bfq_weight(uint64_t weight) {
        return weight <= 100 ? 100 - (100 - weight) * 99 / 99 : 100 + (weight - 100) * 900 / 9900;
}

static void test_bfq(void) {
        check_with(true, "io.bfq.weight", "500", "IOWeight=4500");
        check_with(true, "io.bfq.weight", "8:0 10", "IODeviceWeight=/dev/block/8:0,10");
        check_with(true, "io.weight", "4950", "");
        check_with(false, "io.bfq.weight", "500", "");
        check_with(true, "io.bfq.weight", "default", "");
        for (uint64_t weight = 1; weight <= 1000; weight++) {
                autofree char *value = text_format("%" PRIu64, weight);
                autodone(settings) struct settings settings = {};
                autodone(properties) struct properties properties = PROPERTIES_INIT;

                add(&settings, "io.bfq.weight", value, NULL, NULL);
                properties_of_settings(&settings, true, &properties);
                CHECK_EQUAL(bfq_weight(properties.list[0].number), weight);
        }
}

static void test_limits(void) {
        check_setting("memory.max", "1048576", "MemoryMax=1048576");
        check_setting("memory.max", "64M", "MemoryMax=67108864");
        check_setting("memory.max", "max", "MemoryMax=18446744073709551615");
        check_setting("memory.max", "nonsense", "");
        check_setting("memory.low", "5", "MemoryLow=5");
        check_setting("memory.min", "5", "MemoryMin=5");
        check_setting("memory.high", "5", "MemoryHigh=5");
        check_setting("memory.swap.max", "0", "MemorySwapMax=0");
        check_setting("memory.limit_in_bytes", "-1", "MemoryLimit=18446744073709551615");
        check_setting("memory.oom.group", "1", "OOMPolicy=kill");
        check_setting("memory.oom.group", "0", "OOMPolicy=continue");
        check_setting("pids.max", "7", "TasksMax=7");
        check_setting("pids.max", "0", "");
        check_setting("pids.max", "max", "TasksMax=18446744073709551615");
        check_setting("cpu.weight", "100", "CPUWeight=100");
        check_setting("cpu.shares", "1024", "CPUShares=1024");
        check_setting("cpu.idle", "1", "CPUWeight=0");
        check_setting("cpu.idle", "0", "");
        check_setting("blkio.weight", "500", "BlockIOWeight=500");
        check_setting("io.weight", "default 50", "IOWeight=50");
        check_setting("io.weight", "8:0 50", "IODeviceWeight=/dev/block/8:0,50");
        check_setting("io.weight", "8:0 default", "");
        check_setting("io.max", "8:0 rbps=1048576 wiops=max", "IOReadBandwidthMax=/dev/block/8:0,1048576 "
                                                                "IOWriteIOPSMax=/dev/block/8:0,max");
        check_setting("io.max", "8:0 wbps=5\n8:16 riops=6 wbps=7\n",
                      "IOWriteBandwidthMax=/dev/block/8:0,5,/dev/block/8:16,7 IOReadIOPSMax=/dev/block/8:16,6");
        check_setting("io.max", "8:0 rbps=nonsense", "");
        check_setting("io.max", "rbps=5", "");
        check_setting("io.max", "", "");
        check_setting("hugetlb.2MB.max", "5", "");
}

static void test_bandwidth(void) {
        check_setting("cpu.max", "50000 100000", "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=500000");
        check_setting("cpu.max", "50500 100000", "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=510000");
        check_setting("cpu.max", "1000 1000000", "CPUQuotaPeriodUSec=1000000 CPUQuotaPerSecUSec=10000");
        check_setting("cpu.max", "20000", "CPUQuotaPerSecUSec=200000");
        check_setting("cpu.max", "max 50000", "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=18446744073709551615");
        check_setting("cpu.max", "18446744073709551614 50000",
                      "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=18446744073709551615");
        check_setting("cpu.cfs_quota_us", "-1", "CPUQuotaPerSecUSec=18446744073709551615");
        check_setting("cpu.cfs_quota_us", "25000", "CPUQuotaPerSecUSec=250000");
        check_setting("cpu.cfs_period_us", "50000", "CPUQuotaPeriodUSec=50000");
}

static void test_cpus(void) {
        check_setting("cpuset.cpus", "0", "AllowedCPUs=01");
        check_setting("cpuset.cpus", "0-3,5", "AllowedCPUs=2f");
        check_setting("cpuset.cpus", "8,1", "AllowedCPUs=0201");
        check_setting("cpuset.mems", "0-1", "AllowedMemoryNodes=03");
}

static void test_wrong_cpus(void) {
        static const char *const wrong[] = {"", "x", "3-1", "1-", "-1", "1,,2", "8192", "1 2", "1-2-3", "0-99999999999999999999"};

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                check_setting("cpuset.cpus", wrong[i], "");
}

/* The one with an own property of two, and the last word of unified. */
static void test_several(void) {
        autodone(settings) struct settings settings = {};
        autodone(properties) struct properties properties = PROPERTIES_INIT;
        autofree char *printed = NULL;

        add(&settings, "memory.max", "5", NULL, NULL);
        add(&settings, "io.bfq.weight", "500", "io.weight", "4950");
        add(&settings, "memory.max", "7", NULL, NULL);
        properties_of_settings(&settings, false, &properties);
        printed = print(&properties);
        CHECK_TEXT(printed, "IOWeight=4950 MemoryMax=7");
}

/* --- devices --- */

static const char devices[] = "Character devices:\n  1 mem\n  4 /dev/vc/0\n136 pts\n\nBlock devices:\n  8 sd\n136 other\n";

static void check_devices(const struct device_rule *list, size_t n, const char *expected) {
        struct device_rules rules = {.list = (struct device_rule *)list, .n = n};
        autodone(properties) struct properties properties = PROPERTIES_INIT;
        autofree char *printed = NULL;

        properties_of_devices(&rules, devices, &properties);
        printed = print(&properties);
        CHECK_TEXT(printed, expected);
}

static void test_devices(void) {
        static const struct device_rule all = {true, CGROUP_DEVICE_ALL, DEVICE_ANY, DEVICE_ANY, DEVICE_ACCESS_ALL};
        static const struct device_rule none = {false, CGROUP_DEVICE_ALL, DEVICE_ANY, DEVICE_ANY, DEVICE_ACCESS_ALL};
        const struct device_rule some[] = {
                none,
                {true, CGROUP_DEVICE_CHAR, 1, 3, DEVICE_ACCESS_ALL},
                {true, CGROUP_DEVICE_CHAR, 136, DEVICE_ANY, DEVICE_READ},
                {true, CGROUP_DEVICE_BLOCK, 136, DEVICE_ANY, DEVICE_READ | DEVICE_WRITE},
                {true, CGROUP_DEVICE_BLOCK, 240, DEVICE_ANY, DEVICE_MKNOD},
                {false, CGROUP_DEVICE_CHAR, 1, 3, DEVICE_WRITE},
                {true, CGROUP_DEVICE_ALL, DEVICE_ANY, 7, DEVICE_READ},
        };
        const struct device_rule privileged[] = {all, some[5]}, denied[] = {all, none};

        check_devices(some, ELEMENTSOF(some),
                      "DevicePolicy=strict DeviceAllow=/dev/char/1:3,rwm,char-pts,r,block-other,rw,block-240,m,char-*,r,"
                      "block-*,r");
        check_devices(privileged, ELEMENTSOF(privileged), "DevicePolicy=auto DeviceAllow=");
        check_devices(denied, ELEMENTSOF(denied), "DevicePolicy=strict DeviceAllow=");
}

/* --- annotations --- */

static void check_annotation(const char *name, const char *value, const char *expected) {
        autodone(properties) struct properties properties = PROPERTIES_INIT;
        autofree char *printed = NULL;

        CHECK_EQUAL(properties_parse(name, value, &properties), 0);
        printed = print(&properties);
        CHECK_TEXT(printed, expected);
        CHECK(properties.n == 1 && !properties.list[0].is_optional);
}

static void test_annotations(void) {
        check_annotation("TimeoutStopUSec", "uint64 10000000", "TimeoutStopUSec=10000000");
        check_annotation("TimeoutStopUSec", "5", "TimeoutStopUSec=5");
        check_annotation("TimeoutStopUSec", "0x10", "TimeoutStopUSec=16");
        check_annotation("TimeoutStopSec", "10", "TimeoutStopUSec=10000000");
        check_annotation("TimeoutStopSec", "1.5", "TimeoutStopUSec=1500000");
        check_annotation("TimeoutStopSec", "uint64 2", "TimeoutStopUSec=2000000");
        check_annotation("TimeoutStopSec", "0.12345678", "TimeoutStopUSec=123456");
        check_annotation("TimeoutStopSec", "1.", "TimeoutStopUSec=1000000");
        check_annotation("KillSignal", "37", "KillSignal=37");
        check_annotation("KillSignal", "int32 9", "KillSignal=9");
        check_annotation("DefaultDependencies", "true", "DefaultDependencies=1");
        check_annotation("DefaultDependencies", " false ", "DefaultDependencies=0");
        check_annotation("CollectMode", "'inactive-or-failed'", "CollectMode=inactive-or-failed");
        check_annotation("Description", "\"it's \\\"x\\\"\"", "Description=it's \"x\"");
        check_annotation("After", "['crio.service']", "After=crio.service");
        check_annotation("After", "[ 'a.service' , \"b.service\" ]", "After=a.service,b.service");
        check_annotation("Before", "@as []", "Before=");
}

static void test_wrong_annotations(void) {
        static const char *const wrong[][2] = {
                {"TimeoutStopUSec", "x"},       {"TimeoutStopUSec", "-1"},         {"TimeoutStopUSec", "'5'"},
                {"TimeoutStopUSec", "0x"},      {"TimeoutStopUSec", "0x-1"},       {"TimeoutStopUSec", ""},
                {"TimeoutStopUSec", "18446744073709551616"}, {"TimeoutStopSec", "99999999999999999999"},
                {"TimeoutStopSec", "-1"},       {"TimeoutStopSec", "1.2.3"},       {"TimeoutStopSec", "infinity"},
                {"KillSignal", "4294967296"},   {"KillSignal", "TERM"},            {"DefaultDependencies", "yes"},
                {"DefaultDependencies", "1"},   {"CollectMode", "inactive"},       {"CollectMode", "'inactive"},
                {"CollectMode", "'a' 'b'"},     {"CollectMode", "'\\n'"},          {"CollectMode", "'\\"},
                {"After", "'a'"},               {"After", "['a'"},                 {"After", "['a' 'b']"},
                {"After", "[a]"},               {"After", "['a'] x"},              {"After", "["},
        };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                autodone(properties) struct properties properties = PROPERTIES_INIT;

                if (properties_parse(wrong[i][0], wrong[i][1], &properties) != -EINVAL)
                        printf("# %s %s\n", wrong[i][0], wrong[i][1]);
                CHECK_EQUAL(properties_parse(wrong[i][0], wrong[i][1], &properties), -EINVAL);
                CHECK_CONTAINS(fail_text(), "expected");
                fail_forget();
        }
}

/* CVE-2024-3154 */
static void test_forbidden(void) {
        static const char *const forbidden[] = {
                "ExecStopPost", "SuccessAction", "FailureAction", "OnFailure", "Wants", "Conflicts",       "Slice",
                "Delegate",     "PIDs",          "User",          "BPFProgram", "MemoryMax", "timeoutstopusec", "Description ",
                "USec",         "Sec",           "",
        };

        for (size_t i = 0; i < ELEMENTSOF(forbidden); i++) {
                autodone(properties) struct properties properties = PROPERTIES_INIT;

                CHECK_EQUAL(properties_parse(forbidden[i], "'x'", &properties), -EINVAL);
                CHECK_CONTAINS(fail_text(), "not a property that a container may set");
                CHECK_EQUAL(properties.n, 0);
                fail_forget();
        }
}

/* --- for the bus --- */

/* All forms, and they are what they say. */
static void test_written(void) {
        autodone(properties) struct properties properties = PROPERTIES_INIT;
        autodone(text) struct text body = TEXT_INIT;
        const struct device_rule rule = {true, CGROUP_DEVICE_CHAR, 1, 3, DEVICE_ACCESS_ALL};
        struct device_rules rules = {.list = (struct device_rule *)&rule, .n = 1};
        autodone(settings) struct settings settings = {};
        struct bus_reader reader;

        properties_set_number(&properties, "Delegate", 'b', true, false);
        properties_set_number(&properties, "PIDs", 'u', 77, false);
        properties_set_text(&properties, "Slice", 's', "a.slice", false);
        properties_set_text(&properties, "Slice", 's', "b.slice", false);
        CHECK_EQUAL(properties_parse("After", "['a', 'b']", &properties), 0);
        CHECK_EQUAL(properties_parse("KillSignal", "9", &properties), 0);
        add(&settings, "cpuset.cpus", "0-9", NULL, NULL);
        add(&settings, "memory.max", "9", NULL, NULL);
        add(&settings, "io.max", "8:0 rbps=5\n8:16 rbps=6", NULL, NULL);
        properties_of_settings(&settings, false, &properties);
        properties_of_devices(&rules, "", &properties);
        CHECK_EQUAL(properties.n, 10);
        CHECK_TEXT(properties_find(&properties, "Slice")->strings.items[0], "b.slice");
        properties_write(&properties, &body);
        reader = (struct bus_reader){.bytes = (const unsigned char *)body.bytes, .size = body.length};
        CHECK_EQUAL(bus_skip(&reader, "a(sv)"), 0);
        CHECK_EQUAL(reader.at, body.length);
        properties_remove(&properties, "Slice");
        CHECK(!properties_find(&properties, "Slice"));
}

static const struct test_case cases[] = {
        {"names of units", test_units},
        {"what names no unit", test_wrong_units},
        {"where systemd is", test_manager},
        {"limits", test_limits},
        {"weights of BFQ", test_bfq},
        {"the quota", test_bandwidth},
        {"CPUs", test_cpus},
        {"what is no list of CPUs", test_wrong_cpus},
        {"several limits", test_several},
        {"devices", test_devices},
        {"annotations", test_annotations},
        {"wrong values of annotations", test_wrong_annotations},
        {"annotations that are not allowed", test_forbidden},
        {"properties for the bus", test_written},
};

int main(void) {
        return test_run(cases, ELEMENTSOF(cases));
}
