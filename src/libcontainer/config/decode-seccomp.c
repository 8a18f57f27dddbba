/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of linux.seccomp (config-linux.md, "Seccomp"). Runs in the runtime's process. */
#include "libcontainer/config/decode.h"

static const struct json_type action = NAME_TYPE(enum seccomp_action, seccomp_actions, "seccomp action");
static const struct json_type operator = NAME_TYPE(enum seccomp_operator, seccomp_operators, "seccomp operator");
static const struct json_type architecture = NAME_TYPE(uint32_t, seccomp_architectures, "seccomp architecture");
static const struct json_type flag = NAME_TYPE(uint32_t, seccomp_flags, "seccomp flag");
static const struct json_type architectures = ARRAY_TYPE(uint32_t, &architecture);
static const struct json_type flags = ARRAY_TYPE(uint32_t, &flag);

static const struct json_field argument_fields[] = {
        JSON_FIELD(struct seccomp_argument, index, "index", &json_u32, .required = true),
        JSON_FIELD(struct seccomp_argument, value, "value", &json_u64, .required = true),
        JSON_FIELD(struct seccomp_argument, value_two, "valueTwo", &json_u64),
        JSON_FIELD(struct seccomp_argument, op, "op", &operator, .required = true),
        {},
};
static const struct json_type argument = OBJECT_TYPE(struct seccomp_argument, argument_fields);
static const struct json_type arguments = ARRAY_TYPE(struct seccomp_argument, &argument);

static const struct json_field rule_fields[] = {
        JSON_LIST(struct seccomp_rule, names, n_names, "names", &json_strings, .required = true),
        JSON_FIELD(struct seccomp_rule, action, "action", &action, .required = true),
        JSON_FIELD(struct seccomp_rule, errno_ret, "errnoRet", &json_u32,
                   JSON_PRESENT(struct seccomp_rule, has_errno_ret)),
        JSON_LIST(struct seccomp_rule, args, n_args, "args", &arguments),
        {},
};
static const struct json_type rule = OBJECT_TYPE(struct seccomp_rule, rule_fields);
static const struct json_type rules = ARRAY_TYPE(struct seccomp_rule, &rule);

/* defaultAction is required, but runc takes a profile without anything as none: seccomp_check() decides. */
static const struct json_field profile_fields[] = {
        JSON_FIELD(struct seccomp_profile, default_action, "defaultAction", &action),
        JSON_FIELD(struct seccomp_profile, default_errno_ret, "defaultErrnoRet", &json_u32,
                   JSON_PRESENT(struct seccomp_profile, has_default_errno_ret)),
        JSON_LIST(struct seccomp_profile, architectures, n_architectures, "architectures", &architectures),
        JSON_LIST(struct seccomp_profile, flags, n_flags, "flags", &flags,
                  JSON_PRESENT(struct seccomp_profile, has_flags)),
        JSON_FIELD(struct seccomp_profile, listener_path, "listenerPath", &json_string),
        JSON_FIELD(struct seccomp_profile, listener_metadata, "listenerMetadata", &json_string),
        JSON_LIST(struct seccomp_profile, rules, n_rules, "syscalls", &rules),
        {},
};
const struct json_type decode_seccomp = OBJECT_TYPE(struct seccomp_profile, profile_fields);
