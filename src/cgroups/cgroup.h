/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Control groups: v1 (each controller where it is mounted), hybrid and v2, made by tare itself or by systemd.
 *
 * Everything here runs in the runtime's process. A container's cgroup is made and its limits are written before its
 * process exists; on v2 the process is born inside (cgroup_birth_fd() for CLONE_INTO_CGROUP), on v1 it is moved before
 * it may run. config-linux.md, "Control groups"; kernel: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.
 * Functions from here up record their failures (util/fail.h).
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/names.h"

/* An integer that may be absent. */
struct cgroup_i64 {
        bool set;
        int64_t value;
};
struct cgroup_u64 {
        bool set;
        uint64_t value;
};
struct cgroup_bool {
        bool set, value;
};

enum cgroup_device_type { CGROUP_DEVICE_ALL, CGROUP_DEVICE_CHAR, CGROUP_DEVICE_BLOCK };

struct cgroup_device_rule {
        bool allow;
        enum cgroup_device_type type;
        struct cgroup_i64 major, minor; /* not set or -1: any */
        char *access; /* of "rwm"; NULL or "" means all three */
};

struct cgroup_weight_device {
        int64_t major, minor;
        struct cgroup_u64 weight, leaf_weight;
};
struct cgroup_throttle_device {
        int64_t major, minor;
        uint64_t rate;
};
struct cgroup_hugepage_limit {
        char *page_size; /* "2MB" */
        uint64_t limit; /* bytes */
};
struct cgroup_priority {
        char *name;
        uint32_t priority;
};
struct cgroup_unified {
        char *key, *value;
};
struct cgroup_rdma {
        char *device;
        struct cgroup_u64 hca_handles, hca_objects;
};

/* linux.resources; sizes in bytes, times in microseconds. */
struct cgroup_resources {
        struct cgroup_device_rule *devices;
        size_t n_devices;
        struct {
                struct cgroup_i64 limit, reservation, swap, kernel, kernel_tcp;
                struct cgroup_u64 swappiness;
                struct cgroup_bool disable_oom_killer, use_hierarchy, check_before_update;
        } memory;
        struct {
                struct cgroup_u64 shares, period, realtime_period, burst;
                struct cgroup_i64 quota, realtime_runtime, idle;
                char *cpus, *mems;
        } cpu;
        struct cgroup_i64 pids_limit;
        struct {
                struct cgroup_u64 weight, leaf_weight;
                struct cgroup_weight_device *weight_devices;
                size_t n_weight_devices;
                struct cgroup_throttle_device *read_bps, *write_bps, *read_iops, *write_iops;
                size_t n_read_bps, n_write_bps, n_read_iops, n_write_iops;
        } block_io;
        struct cgroup_hugepage_limit *hugepage_limits;
        size_t n_hugepage_limits;
        struct {
                struct cgroup_u64 class_id;
                struct cgroup_priority *priorities;
                size_t n_priorities;
        } network;
        struct cgroup_rdma *rdma;
        size_t n_rdma;
        struct cgroup_unified *unified;
        size_t n_unified;
};

void cgroup_resources_done(struct cgroup_resources *resources);

enum cgroup_mode {
        CGROUP_MODE_NONE, /* no cgroup file system at /sys/fs/cgroup */
        CGROUP_MODE_V1, /* controllers on v1 hierarchies only */
        CGROUP_MODE_HYBRID, /* the same, and a v2 hierarchy at /sys/fs/cgroup/unified */
        CGROUP_MODE_V2,
};

enum cgroup_manager { CGROUP_MANAGER_CGROUPFS, CGROUP_MANAGER_SYSTEMD, CGROUP_MANAGER_DISABLED };
extern const struct name cgroup_managers[]; /* "cgroupfs", "systemd", "disabled" */

/* Whether a container may stay in its caller's cgroup where the caller may make none: runc's --rootless. */
enum cgroup_rootless {
        CGROUP_ROOTLESS_AUTO, /* for callers who are not root of the machine */
        CGROUP_ROOTLESS_TRUE,
        CGROUP_ROOTLESS_FALSE,
};
extern const struct name cgroup_rootless_values[]; /* "auto", and what Go takes for a boolean */

/* One hierarchy that the machine mounts. */
struct cgroup_hierarchy {
        char *name; /* controllers as /proc/self/cgroup gives them ("cpu,cpuacct", "name=systemd"); "" for v2 */
        char *mount_point; /* "/sys/fs/cgroup/cpu,cpuacct" */
        char *own_path; /* the runtime's own cgroup in it, "/" at the top */
        bool v2;
};
void cgroup_hierarchy_done(struct cgroup_hierarchy *hierarchy);

/* What the machine offers; read from /proc/self/cgroup and statfs, never from mountinfo on a standard layout. */
struct cgroup_host {
        enum cgroup_mode mode;
        struct cgroup_hierarchy *hierarchies;
        size_t n_hierarchies;
        bool unprivileged; /* the caller is not root of the machine; set by whoever knows, false by the probe */
};
#define CGROUP_HOST_INIT ((struct cgroup_host){})

int cgroup_host_probe(struct cgroup_host *ret);
void cgroup_host_done(struct cgroup_host *host);

/*
 * Drops the hierarchies in which the caller may not make a cgroup where a container's would be without linux.cgroupsPath:
 * there the container stays in the caller's own, and a limit that needs one of them is an error of
 * cgroup_check_resources(). The mode stays what it is on the machine. Nothing for a caller who is not rootless.
 */
void cgroup_host_drop_foreign(struct cgroup_host *host, enum cgroup_rootless rootless);

/*
 * A container's cgroup: what to make and where, all decided before the first side effect, and enough to find it again
 * from the state file. One directory per hierarchy.
 */
struct cgroup_place {
        char *controllers; /* hierarchy name, as in struct cgroup_hierarchy */
        char *directory; /* absolute: mount point + path */
        char *path; /* below the mount point, "/docker/ID" */
        bool v2;
};
/* How many bytes of `directory` are the mount point's. */
size_t cgroup_mount_point_length(const struct cgroup_place *place);

struct properties; /* cgroups/properties.h */
struct keeper; /* cgroups/keeper.h */
struct cgroup {
        enum cgroup_mode mode;
        enum cgroup_manager manager;
        struct cgroup_place *places;
        size_t n_places;
        char *sub; /* below the v2 place, "a/b": where the processes are, away from the limits; NULL: in the place itself */
        char *id; /* the container's, for the mark on the directory; NULL: read from a state file */
        int v2_fd; /* the v2 directory where processes go, once made or opened; -1 */
        bool refused; /* cgroup_create() found it in use by others: cgroup_destroy() leaves it alone */
        bool unprivileged; /* no device rules: they are not the caller's to set, nor are device nodes to make */
        bool no_birth; /* pids.limit is 0: nothing can be born inside, only moved there */
        char *unit; /* of systemd, whose cgroup it is, "tare-ID.scope"; NULL: of nobody but tare */
        char *slice; /* that the unit is to be in; not in the state file */
        bool user_unit; /* of the user's systemd, not of the machine's */
        struct properties *properties; /* of the unit, by annotations; NULL: none */
        struct keeper *keeper; /* from cgroup_create() until cgroup_release(); NULL: none */
};
#define CGROUP_INIT ((struct cgroup){.v2_fd = -1})
void cgroup_done(struct cgroup *cgroup);

/* A copy of what a state file has of it: where it is, and nothing open. Owned by the caller. */
void cgroup_copy(const struct cgroup *from, struct cgroup *ret);

/*
 * Decides the places for a container: cgroups_path is linux.cgroupsPath or NULL (then "/ID" below the runtime's
 * parent cgroup as runc does; an absolute path is below the mount point, a relative one below the runtime's own
 * cgroup's parent). ".." and the top itself are refused, and a systemd "slice:prefix:name" with the cgroupfs manager
 * is taken as a plain name; the systemd manager takes nothing else (cgroups/unit.h). A cgroup that is there already and
 * has processes or is frozen is refused here too, so that no state that names it is ever written. Reads only.
 */
int cgroup_decide(const struct cgroup_host *host, enum cgroup_manager manager, const char *cgroups_path, const char *id,
                  struct cgroup *ret);

/*
 * On v2 the container's processes go into a cgroup below its own (below that, when called again), which cgroup_create() makes and
 * gives every controller: so that those who own it can divide it and still not change the container's limits. `path` is
 * "payload" or "a/b".
 */
void cgroup_add_sub(struct cgroup *cgroup, const char *path);

/* The directory where the processes of the container are, on the hierarchy of this place. The caller frees it. */
char *cgroup_processes_directory(const struct cgroup *cgroup, const struct cgroup_place *place);

/* What the name begins with of an annotation for cgroup_add_property(). */
#define CGROUP_PROPERTY_PREFIX "org.systemd.property."

/*
 * Adds a property to the unit, by name and by value in the text form of GVariant; see properties_parse() for what is refused.
 * Without a unit there is nothing to do.
 */
int cgroup_add_property(struct cgroup *cgroup, const char *name, const char *value);

/*
 * Checks that every limit can be expressed on this machine (features.md 5.2: not convertible is an error, zero and
 * false are "unset") and that the controllers it needs are there. `path` is "linux.resources". Reads only.
 */
int cgroup_check_resources(const struct cgroup_host *host, const struct cgroup_resources *resources, const char *path);

/*
 * Makes the directories (with missing ancestors, enabling controllers on v2, filling cpuset ancestors on v1) and
 * writes the limits, the device rules included; resources may be NULL. An existing cgroup that has processes or is
 * frozen is refused. After a failure the caller calls cgroup_destroy(); directories that other containers use are
 * never removed. With a unit systemd makes the cgroup, and cgroup_release() is to follow.
 */
int cgroup_create(struct cgroup *cgroup, const struct cgroup_resources *resources);

/* What an update has changed, with the old values. */
struct cgroup_undo {
        struct cgroup_undo_entry *entries;
        size_t n;
        const struct cgroup *told; /* systemd was told of the new values; borrowed; NULL: not */
};
#define CGROUP_UNDO_INIT ((struct cgroup_undo){})
void cgroup_undo_done(struct cgroup_undo *undo);

/*
 * Writes the limits that `resources` names into an existing cgroup; what it does not name keeps its value, and device
 * rules are never touched. Zero is "not named" as at creation, but for the CPU burst and `idle`, which it switches off.
 * When the kernel refuses one, those written before get their old values back: all or nothing. *ret_undo is for a caller
 * that fails afterwards.
 */
int cgroup_update(const struct cgroup *cgroup, const struct cgroup_resources *resources, struct cgroup_undo *ret_undo);

/* v2 has no limits for the kernel's memory: an update goes on without them, and a warning says so. */
void cgroup_forget_kernel_memory(const struct cgroup *cgroup, struct cgroup_resources *resources);

/* Puts the old values back, warns about what cannot be, and leaves the record of the failure alone. */
void cgroup_undo_apply(struct cgroup_undo *undo);

/*
 * Puts what `wanted` names in the place of what `base` says: entries of lists by their key, a limit that `base` has by
 * the name of a file in `unified` there as well. Device rules stay as they are. `wanted` gets from `base` the numbers
 * without which its own have no meaning. Records what cannot be expressed.
 */
int cgroup_resources_merge(const struct cgroup *cgroup, struct cgroup_resources *base, struct cgroup_resources *wanted);

/*
 * On a pure v2 machine, gives the directory and those of its files that the kernel declares delegatable to the root
 * of a user namespace. A no-op elsewhere: v1 is not safe to delegate.
 */
int cgroup_delegate(const struct cgroup *cgroup, uid_t uid, gid_t gid);

/* The v2 directory to give to clone3(CLONE_INTO_CGROUP), or -1 when there is none. Borrowed. */
int cgroup_birth_fd(const struct cgroup *cgroup);

/* Opens the v2 directory of a cgroup from a state file, for cgroup_birth_fd(). */
int cgroup_open(struct cgroup *cgroup);

/*
 * Once the container's process is inside, or on its way by an entrance: lets the process end that kept the place until then, and
 * waits for that end. Nothing to do without one.
 */
int cgroup_release(const struct cgroup *cgroup);

/* Moves a process into every place where it is not born (all v1 ones; v2 too if `born` is false). */
int cgroup_attach(const struct cgroup *cgroup, pid_t pid, bool born);

/*
 * The fast way into the v1 places. Moving another process makes the kernel stop all forks and exits of the machine
 * for up to tens of milliseconds; a process with one thread that moves itself does not. So the runtime opens the
 * entrance before it clones, and the child passes it first of all, in whatever namespaces it is. Then cgroup_attach()
 * is only for a child that was not born in the v2 place.
 */
struct cgroup_entrance {
        int *fds; /* by place; -1: not to be entered this way */
        size_t n;
        int hold_fd; /* whose end tells cgroup_release() that it was passed; borrowed; -1: nobody waits */
};
#define CGROUP_ENTRANCE_INIT ((struct cgroup_entrance){.hold_fd = -1})

int cgroup_entrance_open(const struct cgroup *cgroup, struct cgroup_entrance *ret);
int cgroup_entrance_pass(const struct cgroup_entrance *entrance);
void cgroup_entrance_done(struct cgroup_entrance *entrance);

/*
 * Changes the places to those where the process really is: for `exec`, when the container has moved its processes into
 * sub-cgroups and the kernel says EBUSY to a birth in the recorded one. Opens the v2 directory anew.
 */
int cgroup_follow(struct cgroup *cgroup, pid_t pid);

/*
 * Changes the places to an existing sub-cgroup of theirs (`exec --cgroup`): of the v1 hierarchy that has the
 * controller, or of all if it is NULL. Opens the v2 directory anew.
 */
int cgroup_select_sub(struct cgroup *cgroup, const char *controller, const char *path);

/*
 * Signals every process of the cgroup, its descendants included. SIGKILL uses cgroup.kill where the kernel has it, and thaws.
 */
int cgroup_signal(const struct cgroup *cgroup, int signal);

/*
 * Thaws the cgroup and what the container has frozen below it: a process that the v1 freezer holds dies only when thawed, so
 * this comes behind SIGKILL.
 */
int cgroup_thaw_all(const struct cgroup *cgroup);

/*
 * Ends what is still inside (SIGKILL, thawed if frozen), waits until it is empty by cgroup.events or by pidfds, never
 * by polling, at most `milliseconds`; then removes the directories, sub-cgroups first, and the unit. Nothing there is success.
 */
int cgroup_destroy(const struct cgroup *cgroup, int milliseconds);

/* The pids in the cgroup and below; the caller frees *ret. */
int cgroup_pids(const struct cgroup *cgroup, pid_t **ret, size_t *ret_n);

/* True if the cgroup is frozen (`paused`). */
int cgroup_is_frozen(const struct cgroup *cgroup, bool *ret);

/* Stops every process of the cgroup and waits until all stand still; thaws again when that takes too long. */
int cgroup_freeze(const struct cgroup *cgroup);

/*
 * Thaws a frozen cgroup (a SIGKILL on v1 needs it) and waits until that has come true; not for one that stands still
 * because a cgroup above it is frozen. Nothing there is success.
 */
int cgroup_thaw(const struct cgroup *cgroup);

/*
 * To say why a process died: "limit 1048576 bytes, peak 1048576 bytes, oom_kill 1" if the kernel has killed one in the cgroup
 * for want of memory, else (and where nothing is known) NULL. "limit none": the limit was that of a cgroup above, or the
 * machine's. The caller frees it. Silent.
 */
char *cgroup_tell_oom(const struct cgroup *cgroup);

/*
 * What the cgroup has used so far (cgroups/stats.h). Nothing of it has to be there: what cannot be read is zero. The
 * caller calls cgroup_stats_done().
 */
struct cgroup_stats;
void cgroup_stats(const struct cgroup *cgroup, struct cgroup_stats *ret);

/*
 * Waiting for what a cgroup announces: that memory has run out and, on a machine with nothing but v2, that its last
 * process has ended. Without a memory controller there is nothing to be told of memory, which is no failure.
 */
#define CGROUP_WATCH_FDS 2
struct cgroup_watch {
        int oom_fd; /* v1: an eventfd; v2: memory.events */
        int oom_control_fd; /* v1: memory.oom_control; -1 on v2 */
        int members_fd; /* cgroup.events */
        uint64_t oom_kills; /* v2: those that have been told */
};
#define CGROUP_WATCH_INIT ((struct cgroup_watch){.oom_fd = -1, .oom_control_fd = -1, .members_fd = -1})
int cgroup_watch_open(const struct cgroup *cgroup, struct cgroup_watch *ret);
void cgroup_watch_done(struct cgroup_watch *watch);

/* What to wait for by poll(2); after each wake-up the two questions are to be asked. */
void cgroup_watch_poll(const struct cgroup_watch *watch, struct pollfd fds[CGROUP_WATCH_FDS]);

/* True if memory has run out since the last question. */
bool cgroup_watch_oom(struct cgroup_watch *watch);

/* True if the cgroup is known to have no process any more. */
bool cgroup_watch_is_empty(const struct cgroup_watch *watch);

/* cpu.shares -> cpu.weight, and the other conversions of features.md 5.2; pure, for their unit tests. */
uint64_t cgroup_weight_from_shares(uint64_t shares);
uint64_t cgroup_io_weight_from_blkio(uint64_t weight);

/*
 * The value for memory.swap.max (-1: "max") from memory.limit and memory.swap. Returns 1, with *ret untouched, when
 * there is nothing to set, and records why the two do not go together.
 */
int cgroup_swap_max(int64_t limit, int64_t memory_and_swap, int64_t *ret);
