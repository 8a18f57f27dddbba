/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.json as plain C values: what the bundle asks for (runtime-spec v1.3, config.md and config-linux.md).
 *
 * Filled once by config_load() and constant after config_check(). No JSON is left: names have become enums and flags,
 * absent objects have `present` or `set` false, absent strings are NULL, absent arrays have a count of 0. Field names
 * are the specification's. Runs in the runtime's process only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroups/cgroup.h"
#include "resctrl/resctrl.h"
#include "seccomp/seccomp.h"
#include "util/names.h"
#include "util/text.h"

/* The gnu dialects of C predefine the word as 1, and it is a property of the specification. */
#undef linux

struct optional_u32 {
        bool set;
        uint32_t value;
};
struct optional_i32 {
        bool set;
        int32_t value;
};

struct id_mapping {
        uint32_t container_id, host_id, size;
};
struct id_mappings {
        struct id_mapping *items;
        size_t count;
};

/* As the kernel takes and shows them: a line "INSIDE OUTSIDE SIZE" for each (user_namespaces(7)). */
void id_mappings_print(const struct id_mappings *mappings, struct text *text);

/* A JSON object of strings, in the order of the file. */
struct string_pair {
        char *key, *value;
};
struct string_map {
        struct string_pair *items;
        size_t count;
};

struct rlimit_config {
        int type; /* RLIMIT_* of <sys/resource.h> */
        uint64_t soft, hard; /* UINT64_MAX: unlimited */
};

struct capability_names { /* as written; resolved to bits by the plan, because unknown names only warn */
        struct string_list bounding, effective, inheritable, permitted, ambient;
};

struct scheduler_config {
        bool present;
        long policy; /* SCHED_* */
        int32_t nice, priority;
        uint64_t flags;
        uint64_t runtime, deadline, period; /* nanoseconds */
};

struct io_priority_config {
        bool present;
        long class; /* IOPRIO_CLASS_* */
        int64_t priority;
};

struct process_config {
        bool present;
        bool terminal;
        struct {
                bool present;
                bool has_height, has_width;
                uint32_t height, width;
        } console_size; /* ignored without a terminal */
        char *cwd;
        struct string_list env, args;
        struct {
                bool present;
                uint32_t uid, gid;
                struct optional_u32 umask;
                uint32_t *additional_gids;
                size_t n_additional_gids;
        } user;
        struct capability_names capabilities;
        bool no_new_privileges;
        char *apparmor_profile, *selinux_label;
        struct optional_i32 oom_score_adj;
        struct rlimit_config *rlimits;
        size_t n_rlimits;
        struct scheduler_config scheduler;
        struct io_priority_config io_priority;
        struct {
                bool present;
                char *initial, *final;
        } exec_cpu_affinity;
};

struct mount_config {
        char *destination, *type, *source;
        struct string_list options;
        struct id_mappings uid_mappings, gid_mappings;
};

struct hook_config {
        char *path;
        struct string_list args, env;
        bool has_env; /* an absent env inherits the runtime's, an empty one is empty */
        struct optional_i32 timeout; /* seconds, > 0 */
};
enum hook_kind {
        HOOK_PRESTART,
        HOOK_CREATE_RUNTIME,
        HOOK_CREATE_CONTAINER,
        HOOK_START_CONTAINER,
        HOOK_POSTSTART,
        HOOK_POSTSTOP,
        HOOK_KINDS,
};
struct hook_list {
        struct hook_config *items;
        size_t count;
};
extern const struct name hook_kinds[]; /* "prestart" -> HOOK_PRESTART ... */

/* More words of the specification, for the messages and for `tare features`. */
extern const struct name rlimit_types[]; /* "RLIMIT_NOFILE" -> RLIMIT_NOFILE ... */
extern const struct name scheduler_policies[]; /* "SCHED_OTHER" -> SCHED_OTHER ... */
extern const struct name memory_policy_modes[]; /* "MPOL_BIND" -> MPOL_BIND ... */
extern const struct name memory_policy_flags[]; /* "MPOL_F_STATIC_NODES" -> MPOL_F_STATIC_NODES ... */

/* Order of enum = the order in which namespaces are joined; the bit for clone(2) is namespace_flag(). */
enum namespace_kind {
        NAMESPACE_PID,
        NAMESPACE_NETWORK,
        NAMESPACE_MOUNT,
        NAMESPACE_IPC,
        NAMESPACE_UTS,
        NAMESPACE_USER,
        NAMESPACE_CGROUP,
        NAMESPACE_TIME,
        NAMESPACE_KINDS,
};
extern const struct name namespace_kinds[]; /* the specification's words: "network" -> NAMESPACE_NETWORK ... */
int namespace_flag(enum namespace_kind kind); /* CLONE_NEW* */
const char *namespace_file(enum namespace_kind kind); /* the name under /proc/PID/ns: "net", "mnt", ... */

struct namespace_config {
        enum namespace_kind kind;
        char *path; /* NULL or "": a new one */
};

enum device_kind { DEVICE_CHAR, DEVICE_BLOCK, DEVICE_FIFO };
struct device_config {
        enum device_kind kind;
        char *path;
        bool has_major, has_minor;
        int64_t major, minor;
        struct optional_u32 file_mode, uid, gid;
};

struct time_offset {
        bool present;
        int64_t secs;
        uint32_t nanosecs;
};

struct net_device_config {
        char *host_name; /* the key */
        char *name; /* NULL, or empty: unchanged */
};

struct linux_config {
        bool present;
        struct namespace_config *namespaces;
        size_t n_namespaces;
        struct id_mappings uid_mappings, gid_mappings;
        struct {
                bool present;
                struct time_offset monotonic, boottime;
        } time_offsets;
        struct device_config *devices;
        size_t n_devices;
        struct net_device_config *net_devices;
        size_t n_net_devices;
        char *cgroups_path;
        bool has_resources;
        struct cgroup_resources resources;
        unsigned long rootfs_propagation; /* MS_SHARED, ..., with MS_REC for "rshared", ...; 0: not given */
        bool has_seccomp;
        struct seccomp_profile seccomp;
        struct string_map sysctl;
        struct string_list masked_paths, readonly_paths;
        char *mount_label;
        struct {
                bool present;
                long domain; /* PER_* */
                struct string_list flags;
        } personality;
        struct resctrl_settings intel_rdt;
        struct {
                bool present;
                long mode; /* MPOL_* */
                char *nodes;
                uint64_t flags;
        } memory_policy;
};

/* The annotations that tare acts upon (extensions.c); text is borrowed from `annotations`, NULL when there is none. */
struct extensions {
        const char *hooks_stdout, *hooks_stderr; /* files to which the output of hooks is appended */
        const char *delegate_cgroup; /* a cgroup below the container's, for its processes; v2 */
        const char *systemd_subgroup; /* the same below its unit, where systemd makes it */
        bool keep_original_groups; /* the process's supplementary groups are those of our caller */
        const char *mount_context_type; /* the SELinux option of new mounts; NULL: context */
        bool fail_unknown_syscall; /* a system call that libseccomp does not know is an error */
        const char *seccomp_bpf_data; /* the filter, ready made, in the place of that of linux.seccomp */
        const char *seccomp_plugins; /* shared objects for the listener, which are not loaded: plan/listener.c */
        const char *seccomp_receiver; /* socket that gets the filter's listener; linux.seccomp.listenerPath comes before it */
        const char *pidfd_receiver; /* socket that gets a pidfd of the container's process */
};

struct config {
        char *oci_version;
        struct {
                bool present;
                char *path;
                bool readonly;
        } root;
        char *hostname, *domainname;
        struct mount_config *mounts;
        size_t n_mounts;
        struct process_config process;
        struct hook_list hooks[HOOK_KINDS];
        struct string_map annotations;
        struct extensions extensions;
        struct linux_config linux;
};
#define CONFIG_INIT ((struct config){})
void config_done(struct config *config);

/* The namespace entry of that kind, or NULL when the container shares the runtime's. */
const struct namespace_config *config_namespace(const struct config *config, enum namespace_kind kind);

/* True if the container gets a new namespace of that kind (an entry without a path). */
bool config_has_new_namespace(const struct config *config, enum namespace_kind kind);

/* The name, or template of one, that the device gets in the container. Borrowed. */
const char *config_net_device_name(const struct net_device_config *device);

/* Largest config.json that is read: a real one with 400 id mappings and every seccomp name has 60 kB. */
#define CONFIG_SIZE_MAX (8u << 20)

/*
 * Reads and decodes a config file (decode.c). `name` is what messages call it ("config.json"). On success *ret_text is
 * the very text that was decoded (for the copy in the state directory), owned by the caller; it may be NULL.
 * Records the failure: "config.json:LINE:COL: ..." for syntax, the JSON path for meaning.
 */
int config_load(int dirfd, const char *name, struct config *ret, char **ret_text, size_t *ret_size);

/* The same from memory, for tests, the fuzzer and the copy in the state directory. */
int config_parse(const char *text, size_t size, const char *name, struct config *ret);

/* Decodes one process object alone (exec --process), same tables. */
int config_parse_process(const char *text, size_t size, const char *name, struct process_config *ret);
void process_config_done(struct process_config *process);

/* Decodes one linux.resources object alone (update --resources), same tables. */
int config_parse_resources(const char *text, size_t size, const char *name, struct cgroup_resources *ret);

/* Writes one as a document that config_parse_resources() reads, for the record of an update. */
struct text;
void config_print_resources(const struct cgroup_resources *resources, struct text *text);

/*
 * Decodes an array of mounts alone (`mounts add`), same tables, into a config that holds nothing else. `path` "-" is
 * standard input.
 */
int config_parse_mounts(const char *text, size_t size, const char *name, struct config *ret);
int config_load_mounts(const char *path, struct config *ret);

/*
 * Checks everything that the specification and the kernel demand of a config by itself (check.c): a list of small
 * checks, one function per rule, none with a side effect. Records the first violation with its JSON path, the value
 * found and what was expected. What is decoded but cannot be applied by this version is refused here, by name.
 */
int config_check(const struct config *config);

/* The part for a process, also one that is not the config's own (exec --process): `config` is its container's. */
int config_check_process(const struct process_config *process, const struct config *config);

/* The part for limits, also of `update`. `path` is their JSON path for messages ("linux.resources"). */
int config_check_resources(const struct cgroup_resources *resources, const char *path);

/* The part for `mounts`, also those of `mounts add`: looks at nothing else of the config. */
int config_check_mounts(const struct config *config);
