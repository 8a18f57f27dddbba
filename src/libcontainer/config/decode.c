/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads config.json into struct config (config.md): the file, and the tables of the properties at the top; those of
 * `process` and `linux` are in decode-process.c and decode-linux.c. Runs in the runtime's process, before anything has
 * been made. What a value means beside its type is left to check.c.
 */
#include "libcontainer/config/decode.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"

/* --- what several objects use --- */

/* The highest number is no id: to setresuid(2), chown(2) and others it means that the old one stays, which is root. */
const struct json_type decode_id = {.kind = JSON_INTEGER, .size = sizeof(uint32_t), .max = UINT32_MAX - 1};

static const struct json_field id_mapping_fields[] = {
        JSON_FIELD(struct id_mapping, container_id, "containerID", &json_u32, .required = true),
        JSON_FIELD(struct id_mapping, host_id, "hostID", &json_u32, .required = true),
        JSON_FIELD(struct id_mapping, size, "size", &json_u32, .required = true),
        {},
};
static const struct json_type id_mapping = OBJECT_TYPE(struct id_mapping, id_mapping_fields);
const struct json_type decode_id_mappings = ARRAY_TYPE(struct id_mapping, &id_mapping);

const struct json_type decode_string_map = STRING_MAP_TYPE(struct string_pair);

/* --- mounts --- */

static const struct json_field mount_fields[] = {
        JSON_FIELD(struct mount_config, destination, "destination", &json_string, .required = true),
        JSON_FIELD(struct mount_config, type, "type", &json_string),
        JSON_FIELD(struct mount_config, source, "source", &json_string),
        DECODE_STRINGS(struct mount_config, options, "options"),
        DECODE_LIST(struct mount_config, uid_mappings, "uidMappings", &decode_id_mappings),
        DECODE_LIST(struct mount_config, gid_mappings, "gidMappings", &decode_id_mappings),
        {},
};
static const struct json_type mount_type = OBJECT_TYPE(struct mount_config, mount_fields);
static const struct json_type mounts_type = ARRAY_TYPE(struct mount_config, &mount_type);

/* --- hooks --- */

static const struct json_field hook_fields[] = {
        JSON_FIELD(struct hook_config, path, "path", &json_string, .required = true),
        DECODE_STRINGS(struct hook_config, args, "args"),
        DECODE_STRINGS(struct hook_config, env, "env", JSON_PRESENT(struct hook_config, has_env)),
        DECODE_OPTIONAL(struct hook_config, timeout, "timeout", &json_i32),
        {},
};
static const struct json_type hook_type = OBJECT_TYPE(struct hook_config, hook_fields);
static const struct json_type hook_list = ARRAY_TYPE(struct hook_config, &hook_type);

static const struct json_field hooks_fields[] = {
        DECODE_LIST(struct config, hooks[HOOK_PRESTART], "prestart", &hook_list),
        DECODE_LIST(struct config, hooks[HOOK_CREATE_RUNTIME], "createRuntime", &hook_list),
        DECODE_LIST(struct config, hooks[HOOK_CREATE_CONTAINER], "createContainer", &hook_list),
        DECODE_LIST(struct config, hooks[HOOK_START_CONTAINER], "startContainer", &hook_list),
        DECODE_LIST(struct config, hooks[HOOK_POSTSTART], "poststart", &hook_list),
        DECODE_LIST(struct config, hooks[HOOK_POSTSTOP], "poststop", &hook_list),
        {},
};
static const struct json_type hooks_type = OBJECT_TYPE(struct config, hooks_fields);

/* --- the top --- */

static const struct json_field root_fields[] = {
        JSON_FIELD(struct config, root.path, "path", &json_string, .required = true),
        JSON_FIELD(struct config, root.readonly, "readonly", &json_bool),
        {},
};
static const struct json_type root_type = OBJECT_TYPE(struct config, root_fields);

static const struct json_field config_fields[] = {
        JSON_FIELD(struct config, oci_version, "ociVersion", &json_string, .required = true),
        {.name = "root", .type = &root_type, JSON_PRESENT(struct config, root.present), .required = true},
        JSON_FIELD(struct config, hostname, "hostname", &json_string),
        JSON_FIELD(struct config, domainname, "domainname", &json_string),
        JSON_LIST(struct config, mounts, n_mounts, "mounts", &mounts_type),
        DECODE_OBJECT(struct config, process, "process", &decode_process),
        DECODE_INLINE("hooks", &hooks_type),
        DECODE_LIST(struct config, annotations, "annotations", &decode_string_map),
        DECODE_OBJECT(struct config, linux, "linux", &decode_linux),
        {},
};
const struct json_type decode_config = OBJECT_TYPE(struct config, config_fields);

/* --- reading --- */

int config_parse(const char *text, size_t size, const char *name, struct config *ret) {
        int r;

        *ret = CONFIG_INIT;
        r = json_decode(text, size, name, &decode_config, ret);
        if (r < 0)
                config_done(ret);
        else
                decode_extensions(ret);
        return r;
}

int config_parse_process(const char *text, size_t size, const char *name, struct process_config *ret) {
        int r;

        *ret = (struct process_config){.present = true};
        r = json_decode(text, size, name, &decode_process, ret);
        if (r < 0)
                process_config_done(ret);
        return r;
}

int config_parse_resources(const char *text, size_t size, const char *name, struct cgroup_resources *ret) {
        int r;

        *ret = (struct cgroup_resources){};
        r = json_decode(text, size, name, &decode_resources, ret);
        if (r < 0)
                cgroup_resources_done(ret);
        return r;
}

int config_parse_mounts(const char *text, size_t size, const char *name, struct config *ret) {
        size_t blanks = 0;
        int r;

        *ret = CONFIG_INIT;
        while (blanks < size && isspace((unsigned char)text[blanks]))
                blanks++;
        if (blanks < size && text[blanks] != '[')
                return reject("%s: mounts must be an array", name);
        r = json_decode_array(text, size, name,
                              &(struct json_document_array){
                                      .what = "mounts", .type = &mounts_type, .items = &ret->mounts, .count = &ret->n_mounts});
        if (r < 0)
                config_done(ret);
        return r;
}

void config_print_resources(const struct cgroup_resources *resources, struct text *text) {
        struct json_writer writer = {.text = text};

        json_write_object(&writer, NULL, &decode_resources, resources);
}

/* Why a file could not be read, in words that the users of other runtimes know where there are any. */
static int explain(int error, const char *name) {
        switch (error) {
        case ENOENT:
                return reject("JSON specification file %s not found", name);
        case EINVAL:
                return reject("open `%s`: found something else than a file, expected a regular file", name);
        case EFBIG:
                return reject("read `%s`: it is too large, expected at most %u bytes", name, CONFIG_SIZE_MAX);
        default:
                return fail(error, "read `%s`", name);
        }
}

int config_load(int dirfd, const char *name, struct config *ret, char **ret_text, size_t *ret_size) {
        autofree char *text = NULL;
        size_t size = 0;
        int r = file_read(dirfd, name, CONFIG_SIZE_MAX, &text, &size);

        if (r < 0)
                return explain(-r, name);
        r = config_parse(text, size, name, ret);
        if (r < 0)
                return r;
        if (ret_text) {
                *ret_text = take_ptr(&text);
                *ret_size = size;
        }
        return 0;
}

/* One byte more than allowed shows what is too large. */
static int read_standard_input(char **ret_text, size_t *ret_size) {
        autofree char *text = alloc_zero(CONFIG_SIZE_MAX + 2, 1);
        ssize_t n = fd_read_full(STDIN_FILENO, text, CONFIG_SIZE_MAX + 1);

        if (n < 0)
                return (int)n;
        if ((size_t)n > CONFIG_SIZE_MAX)
                return -EFBIG;
        *ret_text = take_ptr(&text);
        *ret_size = (size_t)n;
        return 0;
}

int config_load_mounts(const char *path, struct config *ret) {
        bool is_standard_input = strcmp(path, "-") == 0;
        const char *name = is_standard_input ? "standard input" : path;
        autofree char *text = NULL;
        size_t size = 0;
        int r = is_standard_input ? read_standard_input(&text, &size) : file_read(AT_FDCWD, path, CONFIG_SIZE_MAX, &text, &size);

        return r < 0 ? explain(-r, name) : config_parse_mounts(text, size, name, ret);
}
