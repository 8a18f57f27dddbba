/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of `process` (config.md, "Process"), which decode config.json and the file of `exec --process` alike.
 * Runs in the runtime's process.
 */
#include "libcontainer/config/decode.h"
#include "util/kernel.h"

static const struct json_field console_size_fields[] = {
        JSON_FIELD(struct process_config, console_size.height, "height", &json_u32,
                   JSON_PRESENT(struct process_config, console_size.has_height)),
        JSON_FIELD(struct process_config, console_size.width, "width", &json_u32,
                   JSON_PRESENT(struct process_config, console_size.has_width)),
        {},
};
static const struct json_type console_size = {
        .kind = JSON_OBJECT, .size = sizeof(struct process_config), .fields = console_size_fields,
};

static const struct json_type ids = {.kind = JSON_ARRAY, .size = sizeof(uint32_t), .element = &json_u32};

static const struct json_field user_fields[] = {
        JSON_FIELD(struct process_config, user.uid, "uid", &json_u32, .required = true),
        JSON_FIELD(struct process_config, user.gid, "gid", &json_u32, .required = true),
        DECODE_OPTIONAL(struct process_config, user.umask, "umask", &json_u32),
        JSON_LIST(struct process_config, user.additional_gids, user.n_additional_gids, "additionalGids", &ids),
        {},
};
static const struct json_type user = {
        .kind = JSON_OBJECT, .size = sizeof(struct process_config), .fields = user_fields,
};

static const struct json_field capabilities_fields[] = {
        DECODE_STRINGS(struct capability_names, bounding, "bounding"),
        DECODE_STRINGS(struct capability_names, effective, "effective"),
        DECODE_STRINGS(struct capability_names, inheritable, "inheritable"),
        DECODE_STRINGS(struct capability_names, permitted, "permitted"),
        DECODE_STRINGS(struct capability_names, ambient, "ambient"),
        {},
};
static const struct json_type capabilities = {
        .kind = JSON_OBJECT, .size = sizeof(struct capability_names), .fields = capabilities_fields,
};

static const struct json_type rlimit_name = {
        .kind = JSON_NAME, .size = sizeof(int), .names = rlimit_types, .what = "rlimit",
};
static const struct json_field rlimit_fields[] = {
        JSON_FIELD(struct rlimit_config, type, "type", &rlimit_name, .required = true),
        JSON_FIELD(struct rlimit_config, soft, "soft", &json_u64, .required = true),
        JSON_FIELD(struct rlimit_config, hard, "hard", &json_u64, .required = true),
        {},
};
static const struct json_type rlimit = {
        .kind = JSON_OBJECT, .size = sizeof(struct rlimit_config), .fields = rlimit_fields,
};
static const struct json_type rlimits = {
        .kind = JSON_ARRAY, .size = sizeof(struct rlimit_config), .element = &rlimit,
};

static const struct name scheduler_flags[] = {
        {"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
        {"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
        {"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
        {"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
        {"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
        {"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
        {"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
        {},
};
static const struct json_type scheduler_policy = {
        .kind = JSON_NAME, .size = sizeof(long), .names = scheduler_policies, .what = "scheduling policy",
};
static const struct json_type scheduler_flag = {
        .kind = JSON_NAME, .size = sizeof(uint64_t), .names = scheduler_flags, .what = "scheduling flag",
};
static const struct json_type scheduler_flag_list = {
        .kind = JSON_ARRAY, .size = sizeof(uint64_t), .element = &scheduler_flag, .is_flags = true,
};
static const struct json_field scheduler_fields[] = {
        JSON_FIELD(struct scheduler_config, policy, "policy", &scheduler_policy, .required = true),
        JSON_FIELD(struct scheduler_config, nice, "nice", &json_i32),
        JSON_FIELD(struct scheduler_config, priority, "priority", &json_i32),
        JSON_FIELD(struct scheduler_config, flags, "flags", &scheduler_flag_list),
        JSON_FIELD(struct scheduler_config, runtime, "runtime", &json_u64),
        JSON_FIELD(struct scheduler_config, deadline, "deadline", &json_u64),
        JSON_FIELD(struct scheduler_config, period, "period", &json_u64),
        {},
};
static const struct json_type scheduler = {
        .kind = JSON_OBJECT, .size = sizeof(struct scheduler_config), .fields = scheduler_fields,
};

static const struct name io_priority_classes[] = {
        {"IOPRIO_CLASS_BE", IOPRIO_CLASS_BE},
        {"IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE},
        {"IOPRIO_CLASS_RT", IOPRIO_CLASS_RT},
        {},
};
static const struct json_type io_priority_class = {
        .kind = JSON_NAME, .size = sizeof(long), .names = io_priority_classes, .what = "I/O priority class",
};
static const struct json_field io_priority_fields[] = {
        JSON_FIELD(struct io_priority_config, class, "class", &io_priority_class, .required = true),
        JSON_FIELD(struct io_priority_config, priority, "priority", &json_i64, .required = true),
        {},
};
static const struct json_type io_priority = {
        .kind = JSON_OBJECT, .size = sizeof(struct io_priority_config), .fields = io_priority_fields,
};

static const struct json_field exec_cpu_affinity_fields[] = {
        JSON_FIELD(struct process_config, exec_cpu_affinity.initial, "initial", &json_string),
        JSON_FIELD(struct process_config, exec_cpu_affinity.final, "final", &json_string),
        {},
};
static const struct json_type exec_cpu_affinity = {
        .kind = JSON_OBJECT, .size = sizeof(struct process_config), .fields = exec_cpu_affinity_fields,
};

/* proc(5), /proc/PID/oom_score_adj */
static const struct json_type oom_score_adj = {
        .kind = JSON_INTEGER, .size = sizeof(int32_t), .is_signed = true, .min = -1000, .max = 1000,
};

static const struct json_field process_fields[] = {
        JSON_FIELD(struct process_config, terminal, "terminal", &json_bool),
        {.name = "consoleSize", .type = &console_size, JSON_PRESENT(struct process_config, console_size.present)},
        JSON_FIELD(struct process_config, cwd, "cwd", &json_string, .required = true),
        DECODE_STRINGS(struct process_config, env, "env"),
        DECODE_STRINGS(struct process_config, args, "args"),
        DECODE_INLINE("user", &user),
        JSON_FIELD(struct process_config, capabilities, "capabilities", &capabilities),
        JSON_FIELD(struct process_config, no_new_privileges, "noNewPrivileges", &json_bool),
        JSON_FIELD(struct process_config, apparmor_profile, "apparmorProfile", &json_string),
        JSON_FIELD(struct process_config, selinux_label, "selinuxLabel", &json_string),
        DECODE_OPTIONAL(struct process_config, oom_score_adj, "oomScoreAdj", &oom_score_adj),
        JSON_LIST(struct process_config, rlimits, n_rlimits, "rlimits", &rlimits),
        DECODE_OBJECT(struct process_config, scheduler, "scheduler", &scheduler),
        DECODE_OBJECT(struct process_config, io_priority, "ioPriority", &io_priority),
        {.name = "execCPUAffinity", .type = &exec_cpu_affinity,
         JSON_PRESENT(struct process_config, exec_cpu_affinity.present)},
        {},
};
const struct json_type decode_process = {
        .kind = JSON_OBJECT, .size = sizeof(struct process_config), .fields = process_fields,
};
