/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What will be done: everything that can be derived from the config, the call's options and the machine, before the
 * first side effect. Made once by plan_make() and constant from then on; the container's processes inherit it by
 * clone(2) and decide nothing themselves but what only the inside can know.
 *
 * It borrows from the config, which must live as long; whatever the plan had to open (namespaces to join, the console
 * socket) is open in it and belongs to it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "cgroups/cgroup.h"
#include "libcontainer/config/config.h"
#include "libcontainer/config/mount-options.h"
#include "libcontainer/plan/host.h"
#include "seccomp/seccomp.h"

/* Where the container finds the directory of its notify socket. */
#define NOTIFY_MOUNT "/run/notify"

/* What a call asks for the process that it makes, be it init or one of exec. All strings are borrowed. */
struct process_options {
        const char *console_socket; /* NULL: none */
        const char *pidfd_socket; /* NULL: none */
        const char *pid_file; /* NULL: none */
        const char *seccomp_receiver; /* socket for a listener that the config sends nowhere; NULL: none */
        const char *notify_socket; /* the service manager's, NOTIFY_SOCKET; NULL: none, and with exec */
        unsigned preserve_fds; /* descriptors from 3 up that the process keeps */
        unsigned listen_fds; /* before those, the ones that LISTEN_FDS announces */
        unsigned inherited_fds; /* how many from 3 up, without a gap, are the caller's own */
        bool detach; /* nobody waits for the process in the foreground */
};

/* What `create` or `run` asks for beside the config. All strings are borrowed. */
struct create_options {
        const char *id;
        const char *bundle; /* NULL: the working directory */
        const char *config_name; /* NULL: config.json */
        struct process_options process;
        bool waits_for_start; /* `create`: the process is executed by a later `start` */
        bool no_pivot, no_new_keyring, no_subreaper, keep;
        enum cgroup_manager cgroup_manager;
        enum cgroup_rootless rootless;
};

struct namespace_join {
        enum namespace_kind kind;
        const char *path;
        int fd;
};

enum mount_action {
        MOUNT_ACTION_NEW, /* a new instance of a file system */
        MOUNT_ACTION_BIND,
        MOUNT_ACTION_CGROUP, /* the container's view of the cgroup hierarchies */
        MOUNT_ACTION_LINK, /* no mount: a symbolic link (copy-symlink) */
        MOUNT_ACTION_REMOUNT, /* new flags for what is mounted there */
};

struct mount_plan {
        enum mount_action action;
        char *destination; /* absolute and clean; resolved below the rootfs */
        char *source; /* BIND: an absolute path of the host; NEW: a word for /proc/mounts */
        char *link_text; /* LINK: what the link says */
        const char *type;
        struct mount_options options;
        bool has_id_map; /* it shows other ids than its file system has */
        int id_map_fd; /* then the user namespace that says which; borrowed from the plan */
        bool late_readonly; /* /dev: read-only only after its nodes have been made */
};

/* A user namespace that nobody is in: it only carries a mapping for mounts. One for each mapping that is asked for. */
struct mount_map {
        struct id_mappings uids, gids;
        int fd;
};

struct device_plan {
        const char *path; /* absolute, in the container */
        mode_t mode; /* type and permissions */
        dev_t number;
        uid_t uid;
        gid_t gid;
};

/* A network device that is moved into the container. All strings are borrowed. */
struct net_device_plan {
        const char *host_name;
        int index; /* of the device that had this name when the plan was made */
        const char *name; /* in the container; or a template, of which the kernel makes a name */
};

/* Bit n stands for capability n of <linux/capability.h>. */
struct capability_sets {
        uint64_t bounding, effective, inheritable, permitted, ambient;
};

struct plan {
        const struct config *config;
        char *id;
        char *bundle; /* absolute, real */
        char *rootfs; /* absolute, real */
        int bundle_fd;

        bool creates[NAMESPACE_KINDS]; /* new namespaces */
        struct namespace_join joins[NAMESPACE_KINDS]; /* in the order of joining */
        size_t n_joins;
        bool needs_stage; /* joins around a user namespace: one more fork, between them and what belongs to it */
        bool in_user_namespace; /* the container's user namespace is not the runtime's */
        char *uid_map_writer, *gid_map_writer; /* paths of newuidmap and newgidmap, for maps that the caller may not write; NULL */
        bool denies_setgroups; /* a gid map without privilege: setgroups(2) is given up before */
        bool needs_source_helper; /* init cannot walk the host's directories with the ids that it gets there */
        bool has_mapped_root; /* so is that, or the runtime itself is in one: the container's root is not the machine's */
        bool mounts_device_nodes; /* device nodes cannot be made there: the host's are mounted */

        unsigned long initial_propagation; /* of the host's tree in the new mount namespace; MS_* with MS_REC */
        unsigned long final_propagation; /* of the container's root, after the pivot; 0: as it is */
        struct mount_plan *mounts;
        size_t n_mounts;
        struct mount_map *mount_maps;
        size_t n_mount_maps;
        struct device_plan *devices;
        size_t n_devices;
        struct net_device_plan *net_devices; /* those with templates last: they get what the others leave */
        size_t n_net_devices;
        bool detached_root; /* mounts without a mount namespace: the root is a copy of the rootfs that is attached nowhere */
        bool makes_dev; /* /dev is the container's own: links are made there */

        struct capability_sets capabilities;
        bool may_deny_groups; /* ids belong to a user namespace that is not the machine's: it can deny setgroups(2) for good */
        struct string_list ignored_capabilities; /* unknown, or not to be had here: one warning */
        char **environment; /* NULL-terminated, duplicates removed; borrowed strings */
        size_t n_environment;
        const char *path_variable; /* PATH of that environment, or NULL */
        bool has_home;
        struct stat rootfs_status; /* what is attached must still be this very directory */
        struct stat own_binary; /* tare's own file, which the container must not execute */

        struct seccomp_filter seccomp;
        struct cgroup cgroup;
        struct resctrl resctrl;
        unsigned n_kept_fds;
        unsigned n_listen_fds;
        int console_socket; /* connected; -1: none */
        int pidfd_socket, pidfd_receiver; /* the same; they want a pidfd of init (option and annotation) */
        int listener_socket; /* the same; the agent that gets the filter's listener */
        bool is_confined_unseen; /* exec's second process is born with no more than it keeps (plan/unseen.c) */
        bool listener_is_sent; /* by the new process, which the runtime cannot take it from (plan/listener.c) */
        int hook_output_fds[2]; /* files of hooks.h for standard output and error; -1: none */
        bool console_to_runtime; /* the runtime itself serves the terminal */
        bool no_pivot, new_keyring;
        bool starts_at_once; /* `run`: the process goes on as soon as the runtime has recorded it */

        /* Of exec alone: the container that is joined. */
        int target_fd; /* pidfd of its init; borrowed; -1: the plan is for a container of its own */
        pid_t target_pid;
        int target_namespaces; /* CLONE_NEW*: those of its init that are not the runtime's */
        int target_root_fd; /* its root, where that does not come with a mount namespace; -1 */
        int procfs_fd; /* the runtime's /proc, where labels are to be written; -1 */
};
#define PLAN_INIT                                                                                        \
        ((struct plan){.console_socket = -1, .pidfd_socket = -1, .pidfd_receiver = -1, .listener_socket = -1,  \
                       .hook_output_fds = {-1, -1}, .bundle_fd = -1, .cgroup = CGROUP_INIT, .target_fd = -1, .target_root_fd = -1, .procfs_fd = -1})

/*
 * Decides. Reads the machine (does the rootfs exist, what is a bind source, what lies behind a namespace path),
 * connects the sockets, but changes nothing. Records; every failure is the caller's input or the machine's lack.
 */
int plan_make(const struct config *config, const struct create_options *options, const struct host *host,
              struct plan *ret);
void plan_done(struct plan *plan);

/*
 * The same for `mounts add`: the config is the container's own but for its `mounts`, which are the new ones, and a bind
 * mount's relative source is below `bundle`. Refuses what only the making of a container can do. Fills the mounts, and what
 * sources and propagation need; the rest stays empty.
 */
int plan_live_mounts(const struct config *config, const char *bundle, struct plan *ret);

/* The parts of plan_make(), each in a file of its own. */
int plan_namespaces(const struct config *config, struct plan *plan);
int plan_existing_ids(const struct config *config, const struct host *host, const struct plan *plan);
int plan_id_maps(const struct config *config, const struct host *host, struct plan *plan);
int plan_net_devices(const struct config *config, struct plan *plan);
int plan_mounts(const struct config *config, struct plan *plan);
int plan_mount_map(const struct config *config, const struct mount_config *mount, const char *path, struct plan *plan,
                   struct mount_plan *ret);
void plan_mount_maps_done(struct plan *plan);
int plan_mounts_added(const struct config *config, struct plan *plan);
int plan_process(const struct config *config, const struct process_options *options, const struct host *host,
                 struct plan *plan);

/* The container that a process of exec joins. All strings and descriptors are borrowed. */
struct exec_target {
        const char *id;
        pid_t pid; /* of its init */
        int pidfd;
        const struct cgroup *cgroup; /* as recorded */
        bool new_keyring; /* it has a session keyring of its own */
};

/*
 * The same for exec: `config` is the container's, its process replaced by the one to run. Much of the plan stays empty: what
 * it says of mounts, devices and names has long been made. Looks at the target's namespaces, connects the sockets, but
 * changes nothing. Records.
 */
int plan_exec(const struct config *config, const struct exec_target *target, const struct process_options *options,
              const struct host *host, struct plan *ret);

/*
 * Decides about the listener of the filter, which has been compiled into the plan, and connects to who gets it; nothing to do
 * for one without. Records.
 */
int plan_listener(const struct config *config, const struct process_options *options, struct plan *plan);

/* For exec: decides whether its process is confined before the container sees it (plan/unseen.c). The filter has been compiled. */
void plan_unseen(struct plan *plan);

/* Connects to a socket that the caller listens on; nothing to do for NULL and "". `what` is its name for the message. */
int plan_connect(const char *path, const char *what, int *ret_fd);

/*
 * Adds the mount by which the container reaches its notify socket. `directory` is the one that will be in the state
 * directory; absolute, and copied. Records.
 */
int plan_notify(const char *directory, struct plan *plan);

/* Prints the plan as lines of text, the same for the same input: for the golden tests and `--debug`. */
struct text;
void plan_print(const struct plan *plan, struct text *text);
