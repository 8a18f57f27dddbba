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
static const struct json_type console_size = OBJECT_TYPE(struct process_config, console_size_fields);

static const struct json_type ids = ARRAY_TYPE(uint32_t, &decode_id);

/* umask(2) would cut off all other bits. */
static const struct json_type umask_bits = {.kind = JSON_INTEGER, .size = sizeof(uint32_t), .max = 0777};

static const struct json_field user_fields[] = {
        JSON_FIELD(struct process_config, user.uid, "uid", &decode_id, .required = true),
        JSON_FIELD(struct process_config, user.gid, "gid", &decode_id, .required = true),
        DECODE_OPTIONAL(struct process_config, user.umask, "umask", &umask_bits),
        JSON_LIST(struct process_config, user.additional_gids, user.n_additional_gids, "additionalGids", &ids),
        {},
};
static const struct json_type user = OBJECT_TYPE(struct process_config, user_fields);

static const struct json_field capabilities_fields[] = {
        DECODE_STRINGS(struct capability_names, bounding, "bounding"),
        DECODE_STRINGS(struct capability_names, effective, "effective"),
        DECODE_STRINGS(struct capability_names, inheritable, "inheritable"),
        DECODE_STRINGS(struct capability_names, permitted, "permitted"),
        DECODE_STRINGS(struct capability_names, ambient, "ambient"),
        {},
};
static const struct json_type capabilities = OBJECT_TYPE(struct capability_names, capabilities_fields);

static const struct json_type rlimit_name = NAME_TYPE(int, rlimit_types, "rlimit");
static const struct json_field rlimit_fields[] = {
        JSON_FIELD(struct rlimit_config, type, "type", &rlimit_name, .required = true),
        JSON_FIELD(struct rlimit_config, soft, "soft", &json_u64, .required = true),
        JSON_FIELD(struct rlimit_config, hard, "hard", &json_u64, .required = true),
        {},
};
static const struct json_type rlimit = OBJECT_TYPE(struct rlimit_config, rlimit_fields);
static const struct json_type rlimits = ARRAY_TYPE(struct rlimit_config, &rlimit);

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
static const struct json_type scheduler_policy = NAME_TYPE(long, scheduler_policies, "scheduling policy");
static const struct json_type scheduler_flag = NAME_TYPE(uint64_t, scheduler_flags, "scheduling flag");
static const struct json_type scheduler_flag_list = FLAGS_TYPE(&scheduler_flag);
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
static const struct json_type scheduler = OBJECT_TYPE(struct scheduler_config, scheduler_fields);

static const struct name io_priority_classes[] = {
        {"IOPRIO_CLASS_BE", IOPRIO_CLASS_BE},
        {"IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE},
        {"IOPRIO_CLASS_RT", IOPRIO_CLASS_RT},
        {},
};
static const struct json_type io_priority_class = NAME_TYPE(long, io_priority_classes, "I/O priority class");
static const struct json_field io_priority_fields[] = {
        JSON_FIELD(struct io_priority_config, class, "class", &io_priority_class, .required = true),
        JSON_FIELD(struct io_priority_config, priority, "priority", &json_i64, .required = true),
        {},
};
static const struct json_type io_priority = OBJECT_TYPE(struct io_priority_config, io_priority_fields);

static const struct json_field exec_cpu_affinity_fields[] = {
        JSON_FIELD(struct process_config, exec_cpu_affinity.initial, "initial", &json_string),
        JSON_FIELD(struct process_config, exec_cpu_affinity.final, "final", &json_string),
        {},
};
static const struct json_type exec_cpu_affinity = OBJECT_TYPE(struct process_config, exec_cpu_affinity_fields);

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
        {.name = "user", .type = &user, JSON_PRESENT(struct process_config, user.present)},
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
const struct json_type decode_process = OBJECT_TYPE(struct process_config, process_fields);
