/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System call filters: the profile of the specification (config-linux.md, "Seccomp"), its compilation to a BPF program,
 * for which libseccomp knows the numbers of the calls, a cache of compiled programs, and loading.
 *
 * Compilation and the cache run in the runtime's process before the container exists; only seccomp_filter_load() runs
 * inside.
 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/names.h"

enum seccomp_action {
        SECCOMP_ACTION_NONE, /* not given */
        SECCOMP_ACTION_KILL_THREAD,
        SECCOMP_ACTION_KILL_PROCESS,
        SECCOMP_ACTION_TRAP,
        SECCOMP_ACTION_ERRNO,
        SECCOMP_ACTION_TRACE,
        SECCOMP_ACTION_ALLOW,
        SECCOMP_ACTION_LOG,
        SECCOMP_ACTION_NOTIFY,
};

enum seccomp_operator {
        SECCOMP_OPERATOR_NONE,
        SECCOMP_OPERATOR_NE,
        SECCOMP_OPERATOR_LT,
        SECCOMP_OPERATOR_LE,
        SECCOMP_OPERATOR_EQ,
        SECCOMP_OPERATOR_GE,
        SECCOMP_OPERATOR_GT,
        SECCOMP_OPERATOR_MASKED_EQ,
};

struct seccomp_argument {
        uint32_t index; /* 0..5 */
        uint64_t value; /* MASKED_EQ: the mask */
        uint64_t value_two; /* MASKED_EQ: the datum */
        enum seccomp_operator op;
};

struct seccomp_rule {
        char **names;
        size_t n_names;
        enum seccomp_action action;
        bool has_errno_ret;
        uint32_t errno_ret;
        struct seccomp_argument *args;
        size_t n_args;
};

struct seccomp_profile {
        enum seccomp_action default_action;
        bool has_default_errno_ret;
        uint32_t default_errno_ret;
        uint32_t *architectures; /* values of seccomp_architectures */
        size_t n_architectures;
        bool has_flags; /* absent: SPEC_ALLOW, as runc does; an empty array: none */
        uint32_t *flags; /* SECCOMP_FILTER_FLAG_* bits of <linux/seccomp.h>, one per element */
        size_t n_flags;
        char *listener_path;
        char *listener_metadata;
        struct seccomp_rule *rules;
        size_t n_rules;
};

/* The words of the specification; these tables decode config.json and feed `tare features`. */
extern const struct name seccomp_actions[]; /* SCMP_ACT_* -> enum seccomp_action */
extern const struct name seccomp_operators[]; /* SCMP_CMP_* -> enum seccomp_operator */
extern const struct name seccomp_architectures[]; /* SCMP_ARCH_* -> libseccomp's token, 0 = native */
extern const struct name seccomp_flags[]; /* SECCOMP_FILTER_FLAG_* -> kernel bit */

/* What was compiled: a BPF program and the flags to load it with. `program.filter` is owned. */
struct seccomp_filter {
        struct sock_fprog program;
        uint32_t flags;
        uint32_t optional_flags; /* those of them that the profile did not ask for */
        bool has_listener; /* a call can be decided by whoever holds the descriptor that loading gives */
        bool present; /* false: nothing to load */
};
#define SECCOMP_FILTER_INIT ((struct seccomp_filter){})

void seccomp_profile_done(struct seccomp_profile *profile);
void seccomp_filter_done(struct seccomp_filter *filter);

/*
 * Checks what the specification demands of a profile; `path` is its JSON path for the messages ("linux.seccomp").
 * Records and returns -EINVAL on the first violation. Runs without side effects.
 */
int seccomp_check(const struct seccomp_profile *profile, const char *path);

/* True if a rule says SCMP_ACT_NOTIFY, be it for calls that this machine does not have. */
bool seccomp_notifies(const struct seccomp_profile *profile);

/* Rejects a name that libseccomp does not know for any architecture; usually such names are passed over. Records. */
int seccomp_check_names(const struct seccomp_profile *profile, const char *path);

/*
 * Makes the filter for a profile: from the cache below `cache_dirfd` (-1: no cache) when the same profile was compiled
 * before by the same build for the same libseccomp and machine, else it is compiled and then stored there. The cache
 * compares the whole profile, not only a hash of it: nobody can plant a filter by a collision. A damaged entry is
 * compiled again; failing to store is no failure. Records its failure.
 */
int seccomp_compile(const struct seccomp_profile *profile, int cache_dirfd, struct seccomp_filter *ret);

/*
 * A filter of a program that comes ready made, base64 of struct sock_filter in the machine's own layout. It has a listener if
 * one of its instructions returns SECCOMP_RET_USER_NOTIF. Records; `path` is where the text stands.
 */
int seccomp_decode(const char *base64, const char *path, const struct seccomp_profile *flags, struct seccomp_filter *ret);

/* What the profile says of flags, for a filter of which it is known whether it has a listener. */
void seccomp_filter_set_flags(struct seccomp_filter *filter, const struct seccomp_profile *profile);

/* A call that will be made, as far as it is known. */
struct seccomp_call {
        int number; /* of this machine's own architecture */
        bool has_argument;
        unsigned argument_index;
        uint64_t argument;
};

/*
 * True if the system call is allowed whatever its other arguments are. For calls that the new process makes under the filter.
 * Never true in a build without libseccomp.
 */
bool seccomp_filter_lets_pass(const struct seccomp_filter *filter, const struct seccomp_call *call);

/* Rejects a flag that the profile asks for and the kernel does not know. Loads nothing; in the runtime's process. Records. */
int seccomp_check_flags(const struct seccomp_filter *filter, const char *path);

/*
 * Loads the filter for the calling thread; one that is not present is nothing to do. In the container's init, as its
 * last privileged step: needs no_new_privs or CAP_SYS_ADMIN. Retries without a flag that the kernel does not know only
 * for SPEC_ALLOW that we added ourselves. *ret_listener_fd gets the listener of a filter that has one, owned by the caller
 * and close-on-exec, and is left alone otherwise. Records its failure. (libseccomp has a seccomp_load() of its own.)
 */
int seccomp_filter_load(const struct seccomp_filter *filter, int *ret_listener_fd);

/* libseccomp's version "2.5.4", or NULL when tare was built without it. */
const char *seccomp_library_version(void);

/* True if the kernel knows the SECCOMP_FILTER_FLAG_* bit; for `tare features`. */
bool seccomp_kernel_knows_flag(uint32_t flag);
