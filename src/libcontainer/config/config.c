/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The config as data: the words of the specification that are enums or the kernel's numbers here, questions about
 * namespaces, and freeing. Runs wherever there is a config: in the runtime's process and its clones.
 */
#include "libcontainer/config/config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "util/kernel.h"
#include "util/text.h"

/* --- words --- */

const struct name hook_kinds[] = {
        {"prestart", HOOK_PRESTART},
        {"createRuntime", HOOK_CREATE_RUNTIME},
        {"createContainer", HOOK_CREATE_CONTAINER},
        {"startContainer", HOOK_START_CONTAINER},
        {"poststart", HOOK_POSTSTART},
        {"poststop", HOOK_POSTSTOP},
        {},
};

const struct name namespace_kinds[] = {
        {"cgroup", NAMESPACE_CGROUP},
        {"ipc", NAMESPACE_IPC},
        {"mount", NAMESPACE_MOUNT},
        {"network", NAMESPACE_NETWORK},
        {"pid", NAMESPACE_PID},
        {"time", NAMESPACE_TIME},
        {"user", NAMESPACE_USER},
        {"uts", NAMESPACE_UTS},
        {},
};

const struct name rlimit_types[] = {
        {"RLIMIT_AS", RLIMIT_AS},
        {"RLIMIT_CORE", RLIMIT_CORE},
        {"RLIMIT_CPU", RLIMIT_CPU},
        {"RLIMIT_DATA", RLIMIT_DATA},
        {"RLIMIT_FSIZE", RLIMIT_FSIZE},
        {"RLIMIT_LOCKS", RLIMIT_LOCKS},
        {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
        {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
        {"RLIMIT_NICE", RLIMIT_NICE},
        {"RLIMIT_NOFILE", RLIMIT_NOFILE},
        {"RLIMIT_NPROC", RLIMIT_NPROC},
        {"RLIMIT_RSS", RLIMIT_RSS},
        {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
        {"RLIMIT_RTTIME", RLIMIT_RTTIME},
        {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
        {"RLIMIT_STACK", RLIMIT_STACK},
        {},
};

const struct name scheduler_policies[] = {
        {"SCHED_BATCH", SCHED_BATCH},
        {"SCHED_DEADLINE", SCHED_DEADLINE},
        {"SCHED_FIFO", SCHED_FIFO},
        {"SCHED_IDLE", SCHED_IDLE},
        {"SCHED_ISO", SCHED_ISO},
        {"SCHED_OTHER", SCHED_OTHER},
        {"SCHED_RR", SCHED_RR},
        {},
};

const struct name memory_policy_modes[] = {
        {"MPOL_BIND", MPOL_BIND},
        {"MPOL_DEFAULT", MPOL_DEFAULT},
        {"MPOL_INTERLEAVE", MPOL_INTERLEAVE},
        {"MPOL_LOCAL", MPOL_LOCAL},
        {"MPOL_PREFERRED", MPOL_PREFERRED},
        {"MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY},
        {"MPOL_WEIGHTED_INTERLEAVE", MPOL_WEIGHTED_INTERLEAVE},
        {},
};

const struct name memory_policy_flags[] = {
        {"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
        {"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
        {"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
        {},
};

/* --- namespaces --- */

static const struct {
        int flag;
        const char *file;
} namespaces[NAMESPACE_KINDS] = {
        [NAMESPACE_PID] = {CLONE_NEWPID, "pid"},
        [NAMESPACE_NETWORK] = {CLONE_NEWNET, "net"},
        [NAMESPACE_MOUNT] = {CLONE_NEWNS, "mnt"},
        [NAMESPACE_IPC] = {CLONE_NEWIPC, "ipc"},
        [NAMESPACE_UTS] = {CLONE_NEWUTS, "uts"},
        [NAMESPACE_USER] = {CLONE_NEWUSER, "user"},
        [NAMESPACE_CGROUP] = {CLONE_NEWCGROUP, "cgroup"},
        [NAMESPACE_TIME] = {CLONE_NEWTIME, "time"},
};

int namespace_flag(enum namespace_kind kind) {
        return namespaces[kind].flag;
}

const char *namespace_file(enum namespace_kind kind) {
        return namespaces[kind].file;
}

const struct namespace_config *config_namespace(const struct config *config, enum namespace_kind kind) {
        for (size_t i = 0; i < config->linux.n_namespaces; i++)
                if (config->linux.namespaces[i].kind == kind)
                        return &config->linux.namespaces[i];
        return NULL;
}

bool config_has_new_namespace(const struct config *config, enum namespace_kind kind) {
        const struct namespace_config *namespace = config_namespace(config, kind);

        return namespace && text_is_empty(namespace->path);
}

const char *config_net_device_name(const struct net_device_config *device) {
        return text_is_empty(device->name) ? device->host_name : device->name;
}

/* --- ids --- */

void id_mappings_print(const struct id_mappings *mappings, struct text *text) {
        for (size_t i = 0; i < mappings->count; i++) {
                const struct id_mapping *mapping = &mappings->items[i];

                text_add_format(text, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", mapping->container_id, mapping->host_id, mapping->size);
        }
}

/* --- freeing --- */

static void string_map_done(struct string_map *map) {
        for (size_t i = 0; i < map->count; i++) {
                free(map->items[i].key);
                free(map->items[i].value);
        }
        free(map->items);
}

static void mount_config_done(struct mount_config *mount) {
        free(mount->destination);
        free(mount->type);
        free(mount->source);
        string_list_done(&mount->options);
        free(mount->uid_mappings.items);
        free(mount->gid_mappings.items);
}

static void hook_list_done(struct hook_list *hooks) {
        for (size_t i = 0; i < hooks->count; i++) {
                free(hooks->items[i].path);
                string_list_done(&hooks->items[i].args);
                string_list_done(&hooks->items[i].env);
        }
        free(hooks->items);
}

void process_config_done(struct process_config *process) {
        free(process->cwd);
        string_list_done(&process->env);
        string_list_done(&process->args);
        free(process->user.additional_gids);
        string_list_done(&process->capabilities.bounding);
        string_list_done(&process->capabilities.effective);
        string_list_done(&process->capabilities.inheritable);
        string_list_done(&process->capabilities.permitted);
        string_list_done(&process->capabilities.ambient);
        free(process->apparmor_profile);
        free(process->selinux_label);
        free(process->rlimits);
        free(process->exec_cpu_affinity.initial);
        free(process->exec_cpu_affinity.final);
        *process = (struct process_config){};
}

static void linux_config_done(struct linux_config *config) {
        for (size_t i = 0; i < config->n_namespaces; i++)
                free(config->namespaces[i].path);
        free(config->namespaces);
        free(config->uid_mappings.items);
        free(config->gid_mappings.items);
        for (size_t i = 0; i < config->n_devices; i++)
                free(config->devices[i].path);
        free(config->devices);
        for (size_t i = 0; i < config->n_net_devices; i++) {
                free(config->net_devices[i].host_name);
                free(config->net_devices[i].name);
        }
        free(config->net_devices);
        free(config->cgroups_path);
        cgroup_resources_done(&config->resources);
        seccomp_profile_done(&config->seccomp);
        string_map_done(&config->sysctl);
        string_list_done(&config->masked_paths);
        string_list_done(&config->readonly_paths);
        free(config->mount_label);
        string_list_done(&config->personality.flags);
        resctrl_settings_done(&config->intel_rdt);
        free(config->memory_policy.nodes);
}

void config_done(struct config *config) {
        free(config->oci_version);
        free(config->root.path);
        free(config->hostname);
        free(config->domainname);
        for (size_t i = 0; i < config->n_mounts; i++)
                mount_config_done(&config->mounts[i]);
        free(config->mounts);
        process_config_done(&config->process);
        for (int i = 0; i < HOOK_KINDS; i++)
                hook_list_done(&config->hooks[i]);
        string_map_done(&config->annotations);
        linux_config_done(&config->linux);
        *config = CONFIG_INIT;
}
