/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the decode-*.c files share: the types of the large objects, and the rows that their tables repeat.
 * Nobody outside of this folder includes it.
 */
#pragma once

#include "libcontainer/config/config.h"
#include "util/json.h"

/* A struct with the members `items` and `count`. */
#define DECODE_LIST(structure, member, json_name, json_type, ...)                                         \
        JSON_LIST(structure, member.items, member.count, json_name, json_type, __VA_ARGS__)
#define DECODE_STRINGS(structure, member, json_name, ...)                                                 \
        DECODE_LIST(structure, member, json_name, &json_strings, __VA_ARGS__)

/* A struct with the members `set` and `value`. */
#define DECODE_OPTIONAL(structure, member, json_name, json_type)                                          \
        JSON_FIELD(structure, member.value, json_name, json_type, JSON_PRESENT(structure, member.set))

/* An object whose presence matters: a struct with the member `present`. */
#define DECODE_OBJECT(structure, member, json_name, json_type, ...)                                       \
        JSON_FIELD(structure, member, json_name, json_type, JSON_PRESENT(structure, member.present), __VA_ARGS__)

/* An object that is no struct of its own: its fields count their offsets from the start of the surrounding one. */
#define DECODE_INLINE(json_name, json_type) { .name = (json_name), .type = (json_type) }

extern const struct json_type decode_process; /* struct process_config */
extern const struct json_type decode_linux; /* struct linux_config */
extern const struct json_type decode_resources; /* struct cgroup_resources */
extern const struct json_type decode_seccomp; /* struct seccomp_profile */
extern const struct json_type decode_id_mappings; /* struct id_mappings */
extern const struct json_type decode_string_map; /* struct string_map */
