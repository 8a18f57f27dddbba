/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the decode-*.c files share: the types of the large objects, and the rows that their tables repeat.
 * Nobody outside of this folder includes it, but the test that walks the tables.
 */
#pragma once

#include "libcontainer/config/config.h"
#include "util/json.h"

/* --- types --- */

#define OBJECT_TYPE(structure, field_table)                                                               \
        { .kind = JSON_OBJECT, .size = sizeof(structure), .fields = (field_table) }
#define ARRAY_TYPE(structure, element_type)                                                               \
        { .kind = JSON_ARRAY, .size = sizeof(structure), .element = (element_type) }

/* Words into one number; `word` is what messages call them. */
#define NAME_TYPE(number, name_table, word)                                                               \
        { .kind = JSON_NAME, .size = sizeof(number), .names = (name_table), .what = (word) }

/* An array of words, OR-ed into one uint64_t. */
#define FLAGS_TYPE(element_type)                                                                          \
        { .kind = JSON_ARRAY, .size = sizeof(uint64_t), .element = (element_type), .is_flags = true }

/* Elements whose first member is the key: with the fields of `element_type`, or with a string `value`. */
#define MAP_TYPE(structure, element_type)                                                                 \
        { .kind = JSON_MAP, .size = sizeof(structure), .element = (element_type) }
#define STRING_MAP_TYPE(structure)                                                                        \
        { .kind = JSON_MAP, .size = sizeof(structure), .element = &json_string,                           \
          .value_offset = offsetof(structure, value) }

/* --- fields --- */

/* A struct with the members `items` and `count`. */
#define DECODE_LIST(structure, member, json_name, json_type, ...)                                         \
        JSON_LIST(structure, member.items, member.count, json_name, json_type, __VA_ARGS__)
#define DECODE_STRINGS(structure, member, json_name, ...)                                                 \
        DECODE_LIST(structure, member, json_name, &json_strings, __VA_ARGS__)

/* A struct with the members `set` and `value`. */
#define DECODE_OPTIONAL(structure, member, json_name, json_type)                                          \
        /* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a member takes none */                 \
        JSON_FIELD(structure, member.value, json_name, json_type, JSON_PRESENT(structure, member.set))

/* An object whose presence matters: a struct with the member `present`. */
#define DECODE_OBJECT(structure, member, json_name, json_type, ...)                                       \
        JSON_FIELD(structure, member, json_name, json_type, JSON_PRESENT(structure, member.present), __VA_ARGS__)

/* An object that is no struct of its own: its fields count their offsets from the start of the surrounding one. */
#define DECODE_INLINE(json_name, json_type) { .name = (json_name), .type = (json_type) }

/* --- the large objects --- */

extern const struct json_type decode_config; /* struct config: the root of all tables; a test walks them from here */
extern const struct json_type decode_process; /* struct process_config */
extern const struct json_type decode_linux; /* struct linux_config */
extern const struct json_type decode_resources; /* struct cgroup_resources */
extern const struct json_type decode_seccomp; /* struct seccomp_profile */
extern const struct json_type decode_id_mappings; /* struct id_mappings */
extern const struct json_type decode_string_map; /* struct string_map */
extern const struct json_type decode_id; /* uint32_t: a uid or gid */

/* --- behind the tables --- */

/* Reads the annotations that mean something to tare. */
void decode_extensions(struct config *config);
