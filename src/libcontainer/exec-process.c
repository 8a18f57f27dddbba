/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What exec runs: the process of a file, or the container's own with other arguments and the changes that the options ask
 * for. Runs in the runtime's process, before anything is made.
 */
#include "libcontainer/exec.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/file.h"
#include "util/text.h"

static void replace(char **value, const char *other) {
        if (!other)
                return;
        free(*value);
        *value = text_copy(other);
}

static void append(struct string_list *list, const char *value) {
        *array_append(list->items, list->count) = text_copy(value);
}

/* --- by a file --- */

/*
 * What the file leaves open is as it is for the container's own process, never as it is for the runtime: without a label a
 * process would be confined by none, without a user it would be root.
 */
static void inherit(struct process_config *process, struct process_config *container) {
        if (!process->apparmor_profile)
                process->apparmor_profile = take_ptr(&container->apparmor_profile);
        if (!process->selinux_label)
                process->selinux_label = take_ptr(&container->selinux_label);
        if (!process->oom_score_adj.set)
                process->oom_score_adj = container->oom_score_adj;
        if (process->user.present)
                return;
        process->user = container->user;
        process->user.additional_gids = take_ptr(&container->user.additional_gids);
}

static int read_process(const char *path, struct config *config) {
        autofree char *text = NULL;
        struct process_config process;
        size_t size;
        int r = file_read(AT_FDCWD, path, CONFIG_SIZE_MAX, &text, &size);

        if (r < 0)
                return fail(-r, "read process file `%s`", path);
        r = config_parse_process(text, size, path, &process);
        if (r < 0)
                return r;
        inherit(&process, &config->process);
        process_config_done(&config->process);
        config->process = process;
        return 0;
}

static int check_alone(const struct exec_options *options) {
        const struct {
                const char *name;
                bool is_given;
        } others[] = {
                {"arguments", options->args.count > 0},
                {"--cwd", options->cwd},
                {"--user", options->user},
                {"--env", options->env.count > 0},
                {"--cap", options->capabilities.count > 0},
                {"--additional-gids", options->additional_gids.count > 0},
                {"--apparmor", options->apparmor_profile},
                {"--process-label", options->selinux_label},
                {"--no-new-privs", options->no_new_privileges},
        };

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (others[i].is_given)
                        return reject("cannot specify both exec file and options: found --process and %s", others[i].name);
        return 0;
}

/* --- by options --- */

static int parse_id(const char *text, const char *what, uint32_t *ret) {
        uint64_t number;

        /* The highest is no id: setresuid(2) takes it for "unchanged". */
        if (text_to_u64(text, &number) < 0 || number >= UINT32_MAX)
                return reject("bad %s: found `%s`, expected a number up to %" PRIu32, what, text, UINT32_MAX - 1);
        *ret = (uint32_t)number;
        return 0;
}

static int set_user(const char *text, struct process_config *process) {
        autofree char *uid = text_copy(text);
        char *gid = strchr(uid, ':');
        int r;

        if (gid)
                *gid++ = '\0';
        r = parse_id(uid, "uid", &process->user.uid);
        return r < 0 || !gid ? r : parse_id(gid, "gid", &process->user.gid);
}

static int add_gids(const struct option_list *list, struct process_config *process) {
        for (size_t i = 0; i < list->count; i++) {
                uint32_t gid = 0;
                int r = parse_id(list->items[i], "additional gid", &gid);

                if (r < 0)
                        return r;
                *array_append(process->user.additional_gids, process->user.n_additional_gids) = gid;
        }
        return 0;
}

/* "CAP_SYS_ADMIN", and as people type it: "sys_admin". */
static char *capability_name(const char *text) {
        char *name = text_format("%s%s", strncasecmp(text, "CAP_", 4) == 0 ? "" : "CAP_", text);

        for (char *p = name; *p; p++)
                *p = (char)toupper((unsigned char)*p);
        return name;
}

static int add_capabilities(const struct option_list *list, struct process_config *process) {
        struct capability_names *sets = &process->capabilities;
        /* runc's rule: where the container hands capabilities on at all, the ambient ones are what survives execve(2). */
        bool ambient = sets->inheritable.count > 0;

        for (size_t i = 0; i < list->count; i++) {
                autofree char *name = capability_name(list->items[i]);
                cap_value_t value;

                if (cap_from_name(name, &value) < 0)
                        return reject("--cap: unknown capability `%s`", list->items[i]);
                append(&sets->bounding, name);
                append(&sets->effective, name);
                append(&sets->permitted, name);
                if (!ambient)
                        continue;
                append(&sets->inheritable, name);
                append(&sets->ambient, name);
        }
        return 0;
}

static void set_args(const struct option_list *args, struct process_config *process) {
        for (size_t i = 0; i < process->args.count; i++)
                free(process->args.items[i]);
        process->args.count = 0;
        free(take_ptr(&process->args.items));
        for (size_t i = 0; i < args->count; i++)
                append(&process->args, args->items[i]);
}

static int change_process(const struct exec_options *options, struct process_config *process) {
        int r = 0;

        if (options->args.count == 0)
                return reject("exec args cannot be empty");
        set_args(&options->args, process);
        /* A terminal is asked for by each exec, whatever the container has. */
        process->terminal = false;
        replace(&process->cwd, options->cwd);
        replace(&process->apparmor_profile, options->apparmor_profile);
        replace(&process->selinux_label, options->selinux_label);
        process->no_new_privileges |= options->no_new_privileges;
        for (size_t i = 0; i < options->env.count; i++)
                append(&process->env, options->env.items[i]);
        if (options->user)
                r = set_user(options->user, process);
        if (r >= 0)
                r = add_gids(&options->additional_gids, process);
        return r < 0 ? r : add_capabilities(&options->capabilities, process);
}

int exec_process(const struct exec_options *options, struct config *config) {
        int r = options->process_file ? check_alone(options) : 0;

        if (r < 0)
                return r;
        /* A container can be created without a process (config.md); one that runs has had one. */
        r = options->process_file ? read_process(options->process_file, config) : change_process(options, &config->process);
        if (r < 0)
                return r;
        config->process.terminal |= options->terminal;
        return config_check_process(&config->process, config);
}
