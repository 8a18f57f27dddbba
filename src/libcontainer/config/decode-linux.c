/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of `linux` (config-linux.md); those of its limits and of its system call filter are in decode-resources.c
 * and decode-seccomp.c. Runs in the runtime's process.
 */
#include <sys/personality.h>
#include <sys/stat.h>

#include "libcontainer/config/decode.h"
#include "util/kernel.h"

/* --- namespaces --- */

static const struct json_type namespace_name = NAME_TYPE(enum namespace_kind, namespace_kinds, "namespace type");
static const struct json_field namespace_fields[] = {
        JSON_FIELD(struct namespace_config, kind, "type", &namespace_name, .required = true),
        JSON_FIELD(struct namespace_config, path, "path", &json_string),
        {},
};
static const struct json_type namespace = OBJECT_TYPE(struct namespace_config, namespace_fields);
static const struct json_type namespaces = ARRAY_TYPE(struct namespace_config, &namespace);

static const struct json_field time_offset_fields[] = {
        JSON_FIELD(struct time_offset, secs, "secs", &json_i64),
        JSON_FIELD(struct time_offset, nanosecs, "nanosecs", &json_u32),
        {},
};
static const struct json_type time_offset = OBJECT_TYPE(struct time_offset, time_offset_fields);
static const struct json_field time_offsets_fields[] = {
        DECODE_OBJECT(struct linux_config, time_offsets.monotonic, "monotonic", &time_offset),
        DECODE_OBJECT(struct linux_config, time_offsets.boottime, "boottime", &time_offset),
        {},
};
static const struct json_type time_offsets = OBJECT_TYPE(struct linux_config, time_offsets_fields);

/* --- devices --- */

static const struct name device_kinds[] = {
        {"b", DEVICE_BLOCK},
        {"c", DEVICE_CHAR},
        {"p", DEVICE_FIFO},
        {"u", DEVICE_CHAR}, /* "unbuffered", a distinction of old systems: mknod(1) */
        {},
};

/* Engines give all of st_mode, with the type of the file, which is not used. */
static const struct json_type file_mode = {.kind = JSON_INTEGER, .size = sizeof(uint32_t), .max = S_IFMT | 07777};

static const struct json_type device_kind = NAME_TYPE(enum device_kind, device_kinds, "device type");
static const struct json_field device_fields[] = {
        JSON_FIELD(struct device_config, kind, "type", &device_kind, .required = true),
        JSON_FIELD(struct device_config, path, "path", &json_string, .required = true),
        JSON_FIELD(struct device_config, major, "major", &json_i64, JSON_PRESENT(struct device_config, has_major)),
        JSON_FIELD(struct device_config, minor, "minor", &json_i64, JSON_PRESENT(struct device_config, has_minor)),
        DECODE_OPTIONAL(struct device_config, file_mode, "fileMode", &file_mode),
        DECODE_OPTIONAL(struct device_config, uid, "uid", &decode_id),
        DECODE_OPTIONAL(struct device_config, gid, "gid", &decode_id),
        {},
};
static const struct json_type device = OBJECT_TYPE(struct device_config, device_fields);
static const struct json_type devices = ARRAY_TYPE(struct device_config, &device);

static const struct json_field net_device_fields[] = {
        JSON_FIELD(struct net_device_config, name, "name", &json_string),
        {},
};
static const struct json_type net_device = OBJECT_TYPE(struct net_device_config, net_device_fields);
static const struct json_type net_devices = MAP_TYPE(struct net_device_config, &net_device);

/* --- the rest --- */

/* The specification has the four plain words; the recursive ones are what runc and crun take too. */
static const struct name propagations[] = {
        {"private", MS_PRIVATE},
        {"rprivate", MS_PRIVATE | MS_REC},
        {"rshared", MS_SHARED | MS_REC},
        {"rslave", MS_SLAVE | MS_REC},
        {"runbindable", MS_UNBINDABLE | MS_REC},
        {"shared", MS_SHARED},
        {"slave", MS_SLAVE},
        {"unbindable", MS_UNBINDABLE},
        {},
};
static const struct json_type propagation = NAME_TYPE(unsigned long, propagations, "propagation");

static const struct name personality_domains[] = {
        {"LINUX", PER_LINUX},
        {"LINUX32", PER_LINUX32},
        {},
};
static const struct json_type personality_domain = NAME_TYPE(long, personality_domains, "personality domain");
static const struct json_field personality_fields[] = {
        JSON_FIELD(struct linux_config, personality.domain, "domain", &personality_domain, .required = true),
        DECODE_STRINGS(struct linux_config, personality.flags, "flags"),
        {},
};
static const struct json_type personality_type = OBJECT_TYPE(struct linux_config, personality_fields);

static const struct json_field intel_rdt_fields[] = {
        JSON_FIELD(struct linux_config, intel_rdt.clos_id, "closID", &json_string),
        JSON_FIELD(struct linux_config, intel_rdt.l3_cache_schema, "l3CacheSchema", &json_string),
        JSON_FIELD(struct linux_config, intel_rdt.mem_bw_schema, "memBwSchema", &json_string),
        DECODE_STRINGS(struct linux_config, intel_rdt.schemata, "schemata"),
        JSON_FIELD(struct linux_config, intel_rdt.enable_monitoring, "enableMonitoring", &json_bool),
        {},
};
static const struct json_type intel_rdt = OBJECT_TYPE(struct linux_config, intel_rdt_fields);

static const struct json_type memory_policy_mode = NAME_TYPE(long, memory_policy_modes, "memory policy mode");
static const struct json_type memory_policy_flag = NAME_TYPE(uint64_t, memory_policy_flags, "memory policy flag");
static const struct json_type memory_policy_flag_list = FLAGS_TYPE(&memory_policy_flag);
static const struct json_field memory_policy_fields[] = {
        JSON_FIELD(struct linux_config, memory_policy.mode, "mode", &memory_policy_mode, .required = true),
        JSON_FIELD(struct linux_config, memory_policy.nodes, "nodes", &json_string),
        JSON_FIELD(struct linux_config, memory_policy.flags, "flags", &memory_policy_flag_list),
        {},
};
static const struct json_type memory_policy = OBJECT_TYPE(struct linux_config, memory_policy_fields);

static const struct json_field linux_fields[] = {
        JSON_LIST(struct linux_config, namespaces, n_namespaces, "namespaces", &namespaces),
        DECODE_LIST(struct linux_config, uid_mappings, "uidMappings", &decode_id_mappings),
        DECODE_LIST(struct linux_config, gid_mappings, "gidMappings", &decode_id_mappings),
        {.name = "timeOffsets", .type = &time_offsets, JSON_PRESENT(struct linux_config, time_offsets.present)},
        JSON_LIST(struct linux_config, devices, n_devices, "devices", &devices),
        JSON_LIST(struct linux_config, net_devices, n_net_devices, "netDevices", &net_devices),
        JSON_FIELD(struct linux_config, cgroups_path, "cgroupsPath", &json_string),
        JSON_FIELD(struct linux_config, resources, "resources", &decode_resources,
                   JSON_PRESENT(struct linux_config, has_resources)),
        JSON_FIELD(struct linux_config, rootfs_propagation, "rootfsPropagation", &propagation),
        JSON_FIELD(struct linux_config, seccomp, "seccomp", &decode_seccomp,
                   JSON_PRESENT(struct linux_config, has_seccomp)),
        DECODE_LIST(struct linux_config, sysctl, "sysctl", &decode_string_map),
        DECODE_STRINGS(struct linux_config, masked_paths, "maskedPaths"),
        DECODE_STRINGS(struct linux_config, readonly_paths, "readonlyPaths"),
        JSON_FIELD(struct linux_config, mount_label, "mountLabel", &json_string),
        {.name = "personality", .type = &personality_type, JSON_PRESENT(struct linux_config, personality.present)},
        {.name = "intelRdt", .type = &intel_rdt, JSON_PRESENT(struct linux_config, intel_rdt.present)},
        {.name = "memoryPolicy", .type = &memory_policy, JSON_PRESENT(struct linux_config, memory_policy.present)},
        {},
};
const struct json_type decode_linux = OBJECT_TYPE(struct linux_config, linux_fields);
