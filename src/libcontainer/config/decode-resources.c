/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of linux.resources (config-linux.md, "Control groups"), which decode config.json and the file of
 * `update --resources` alike. Runs in the runtime's process.
 */
#include "libcontainer/config/decode.h"

static const struct json_type u16_in_u64 = {.kind = JSON_INTEGER, .size = sizeof(uint64_t), .max = UINT16_MAX};
static const struct json_type u32_in_u64 = {.kind = JSON_INTEGER, .size = sizeof(uint64_t), .max = UINT32_MAX};

/* --- devices --- */

static const struct name device_rule_types[] = {
        {"a", CGROUP_DEVICE_ALL},
        {"b", CGROUP_DEVICE_BLOCK},
        {"c", CGROUP_DEVICE_CHAR},
        {},
};
static const struct json_type device_rule_type = NAME_TYPE(enum cgroup_device_type, device_rule_types, "device type");
static const struct json_field device_rule_fields[] = {
        JSON_FIELD(struct cgroup_device_rule, allow, "allow", &json_bool, .required = true),
        JSON_FIELD(struct cgroup_device_rule, type, "type", &device_rule_type),
        DECODE_OPTIONAL(struct cgroup_device_rule, major, "major", &json_i64),
        DECODE_OPTIONAL(struct cgroup_device_rule, minor, "minor", &json_i64),
        JSON_FIELD(struct cgroup_device_rule, access, "access", &json_string),
        {},
};
static const struct json_type device_rule = OBJECT_TYPE(struct cgroup_device_rule, device_rule_fields);
static const struct json_type device_rules = ARRAY_TYPE(struct cgroup_device_rule, &device_rule);

/* --- memory, cpu, pids --- */

static const struct json_field memory_fields[] = {
        DECODE_OPTIONAL(struct cgroup_resources, memory.limit, "limit", &json_i64),
        DECODE_OPTIONAL(struct cgroup_resources, memory.reservation, "reservation", &json_i64),
        DECODE_OPTIONAL(struct cgroup_resources, memory.swap, "swap", &json_i64),
        DECODE_OPTIONAL(struct cgroup_resources, memory.kernel, "kernel", &json_i64),
        DECODE_OPTIONAL(struct cgroup_resources, memory.kernel_tcp, "kernelTCP", &json_i64),
        DECODE_OPTIONAL(struct cgroup_resources, memory.swappiness, "swappiness", &json_u64),
        DECODE_OPTIONAL(struct cgroup_resources, memory.disable_oom_killer, "disableOOMKiller", &json_bool),
        DECODE_OPTIONAL(struct cgroup_resources, memory.use_hierarchy, "useHierarchy", &json_bool),
        DECODE_OPTIONAL(struct cgroup_resources, memory.check_before_update, "checkBeforeUpdate", &json_bool),
        {},
};
static const struct json_type memory = OBJECT_TYPE(struct cgroup_resources, memory_fields);

static const struct json_field cpu_fields[] = {
        DECODE_OPTIONAL(struct cgroup_resources, cpu.shares, "shares", &json_u64),
        DECODE_OPTIONAL(struct cgroup_resources, cpu.quota, "quota", &json_i64),
        DECODE_OPTIONAL(struct cgroup_resources, cpu.burst, "burst", &json_u64),
        DECODE_OPTIONAL(struct cgroup_resources, cpu.period, "period", &json_u64),
        DECODE_OPTIONAL(struct cgroup_resources, cpu.realtime_runtime, "realtimeRuntime", &json_i64),
        DECODE_OPTIONAL(struct cgroup_resources, cpu.realtime_period, "realtimePeriod", &json_u64),
        JSON_FIELD(struct cgroup_resources, cpu.cpus, "cpus", &json_string),
        JSON_FIELD(struct cgroup_resources, cpu.mems, "mems", &json_string),
        DECODE_OPTIONAL(struct cgroup_resources, cpu.idle, "idle", &json_i64),
        {},
};
static const struct json_type cpu = OBJECT_TYPE(struct cgroup_resources, cpu_fields);

static const struct json_field pids_fields[] = {
        DECODE_OPTIONAL(struct cgroup_resources, pids_limit, "limit", &json_i64),
        {},
};
static const struct json_type pids = OBJECT_TYPE(struct cgroup_resources, pids_fields);

/* --- block I/O --- */

static const struct json_field weight_device_fields[] = {
        JSON_FIELD(struct cgroup_weight_device, major, "major", &json_i64, .required = true),
        JSON_FIELD(struct cgroup_weight_device, minor, "minor", &json_i64, .required = true),
        DECODE_OPTIONAL(struct cgroup_weight_device, weight, "weight", &u16_in_u64),
        DECODE_OPTIONAL(struct cgroup_weight_device, leaf_weight, "leafWeight", &u16_in_u64),
        {},
};
static const struct json_type weight_device = OBJECT_TYPE(struct cgroup_weight_device, weight_device_fields);
static const struct json_type weight_devices = ARRAY_TYPE(struct cgroup_weight_device, &weight_device);

static const struct json_field throttle_device_fields[] = {
        JSON_FIELD(struct cgroup_throttle_device, major, "major", &json_i64, .required = true),
        JSON_FIELD(struct cgroup_throttle_device, minor, "minor", &json_i64, .required = true),
        JSON_FIELD(struct cgroup_throttle_device, rate, "rate", &json_u64, .required = true),
        {},
};
static const struct json_type throttle_device = OBJECT_TYPE(struct cgroup_throttle_device, throttle_device_fields);
static const struct json_type throttle_devices = ARRAY_TYPE(struct cgroup_throttle_device, &throttle_device);

static const struct json_field block_io_fields[] = {
        DECODE_OPTIONAL(struct cgroup_resources, block_io.weight, "weight", &u16_in_u64),
        DECODE_OPTIONAL(struct cgroup_resources, block_io.leaf_weight, "leafWeight", &u16_in_u64),
        JSON_LIST(struct cgroup_resources, block_io.weight_devices, block_io.n_weight_devices, "weightDevice",
                  &weight_devices),
        JSON_LIST(struct cgroup_resources, block_io.read_bps, block_io.n_read_bps, "throttleReadBpsDevice",
                  &throttle_devices),
        JSON_LIST(struct cgroup_resources, block_io.write_bps, block_io.n_write_bps, "throttleWriteBpsDevice",
                  &throttle_devices),
        JSON_LIST(struct cgroup_resources, block_io.read_iops, block_io.n_read_iops, "throttleReadIOPSDevice",
                  &throttle_devices),
        JSON_LIST(struct cgroup_resources, block_io.write_iops, block_io.n_write_iops, "throttleWriteIOPSDevice",
                  &throttle_devices),
        {},
};
static const struct json_type block_io = OBJECT_TYPE(struct cgroup_resources, block_io_fields);

/* --- hugepageLimits, network, rdma, unified --- */

static const struct json_field hugepage_limit_fields[] = {
        JSON_FIELD(struct cgroup_hugepage_limit, page_size, "pageSize", &json_string, .required = true),
        JSON_FIELD(struct cgroup_hugepage_limit, limit, "limit", &json_u64, .required = true),
        {},
};
static const struct json_type hugepage_limit = OBJECT_TYPE(struct cgroup_hugepage_limit, hugepage_limit_fields);
static const struct json_type hugepage_limits = ARRAY_TYPE(struct cgroup_hugepage_limit, &hugepage_limit);

static const struct json_field priority_fields[] = {
        JSON_FIELD(struct cgroup_priority, name, "name", &json_string, .required = true),
        JSON_FIELD(struct cgroup_priority, priority, "priority", &json_u32, .required = true),
        {},
};
static const struct json_type priority = OBJECT_TYPE(struct cgroup_priority, priority_fields);
static const struct json_type priorities = ARRAY_TYPE(struct cgroup_priority, &priority);
static const struct json_field network_fields[] = {
        DECODE_OPTIONAL(struct cgroup_resources, network.class_id, "classID", &u32_in_u64),
        JSON_LIST(struct cgroup_resources, network.priorities, network.n_priorities, "priorities", &priorities),
        {},
};
static const struct json_type network = OBJECT_TYPE(struct cgroup_resources, network_fields);

static const struct json_field rdma_device_fields[] = {
        DECODE_OPTIONAL(struct cgroup_rdma, hca_handles, "hcaHandles", &u32_in_u64),
        DECODE_OPTIONAL(struct cgroup_rdma, hca_objects, "hcaObjects", &u32_in_u64),
        {},
};
static const struct json_type rdma_device = OBJECT_TYPE(struct cgroup_rdma, rdma_device_fields);
static const struct json_type rdma = MAP_TYPE(struct cgroup_rdma, &rdma_device);

static const struct json_type unified = STRING_MAP_TYPE(struct cgroup_unified);

static const struct json_field resources_fields[] = {
        JSON_LIST(struct cgroup_resources, devices, n_devices, "devices", &device_rules),
        DECODE_INLINE("memory", &memory),
        DECODE_INLINE("cpu", &cpu),
        DECODE_INLINE("pids", &pids),
        DECODE_INLINE("blockIO", &block_io),
        JSON_LIST(struct cgroup_resources, hugepage_limits, n_hugepage_limits, "hugepageLimits", &hugepage_limits),
        DECODE_INLINE("network", &network),
        JSON_LIST(struct cgroup_resources, rdma, n_rdma, "rdma", &rdma),
        JSON_LIST(struct cgroup_resources, unified, n_unified, "unified", &unified),
        {},
};
const struct json_type decode_resources = OBJECT_TYPE(struct cgroup_resources, resources_fields);
