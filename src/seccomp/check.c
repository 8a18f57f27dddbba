/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks a decoded profile against the rules of the specification and of the kernel, in the runtime's process, before
 * anything is made. The decoder has already refused words that the tables of names.c lack.
 */
#include "seccomp/seccomp.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

#define ARGUMENT_INDEX_MAX 5

/* The largest number that an action carries to the process or its tracer; -1: it carries none. */
static const int action_data_max[] = {
        [SECCOMP_ACTION_NONE] = -1,
        [SECCOMP_ACTION_KILL_THREAD] = -1,
        [SECCOMP_ACTION_KILL_PROCESS] = -1,
        [SECCOMP_ACTION_TRAP] = -1,
        [SECCOMP_ACTION_ERRNO] = 4095, /* the kernel's MAX_ERRNO; it would silently cut a larger one */
        [SECCOMP_ACTION_TRACE] = UINT16_MAX, /* SECCOMP_RET_DATA */
        [SECCOMP_ACTION_ALLOW] = -1,
        [SECCOMP_ACTION_LOG] = -1,
        [SECCOMP_ACTION_NOTIFY] = -1,
};

static int check_errno_ret(enum seccomp_action action, bool given, uint32_t errno_ret, const char *path) {
        int max = action_data_max[action];

        if (!given)
                return 0;
        if (max < 0)
                return reject("%s: not possible with %s", path, name_of(seccomp_actions, action));
        if (errno_ret > (uint32_t)max)
                return reject("%s: %u, expected at most %d", path, errno_ret, max);
        return 0;
}

static int check_default(const struct seccomp_profile *profile, const char *path) {
        autofree char *errno_path = text_format("%s.defaultErrnoRet", path);

        if (profile->default_action == SECCOMP_ACTION_NONE && profile->n_rules > 0)
                return reject("%s.defaultAction: missing", path);
        /* Every call would wait for the listener, those by which it is handed over as well. The words are runc's. */
        if (profile->default_action == SECCOMP_ACTION_NOTIFY)
                return reject("%s.defaultAction: SCMP_ACT_NOTIFY cannot be used as default action", path);
        if (profile->default_action == SECCOMP_ACTION_NONE)
                return 0;
        return check_errno_ret(profile->default_action, profile->has_default_errno_ret, profile->default_errno_ret,
                               errno_path);
}

static int check_argument(const struct seccomp_argument *argument, const char *path) {
        if (argument->index > ARGUMENT_INDEX_MAX)
                return reject("%s.index: %u, expected at most %d", path, argument->index, ARGUMENT_INDEX_MAX);
        if (argument->op == SECCOMP_OPERATOR_NONE)
                return reject("%s.op: missing", path);
        /* valueTwo means nothing to the other operators, but engines write it with all of them. */
        return 0;
}

static int check_notify(const struct seccomp_rule *rule, const char *path) {
        /* By write(2) the new process tells the runtime of the listener: it would wait for whoever is to get that. */
        for (size_t i = 0; i < rule->n_names; i++)
                if (strcmp(rule->names[i], "write") == 0)
                        return reject("%s.action: SCMP_ACT_NOTIFY cannot be used for the write syscall", path);
        return 0;
}

static int check_rule(const struct seccomp_rule *rule, const char *path) {
        autofree char *errno_path = text_format("%s.errnoRet", path);
        int r;

        if (rule->n_names == 0)
                return reject("%s.names: empty, expected at least one name", path);
        if (rule->action == SECCOMP_ACTION_NONE)
                return reject("%s.action: missing", path);
        r = check_errno_ret(rule->action, rule->has_errno_ret, rule->errno_ret, errno_path);
        if (r < 0)
                return r;
        for (size_t i = 0; i < rule->n_args; i++) {
                autofree char *argument_path = text_format("%s.args[%zu]", path, i);

                r = check_argument(&rule->args[i], argument_path);
                if (r < 0)
                        return r;
        }
        return rule->action == SECCOMP_ACTION_NOTIFY ? check_notify(rule, path) : 0;
}

static int check_rules(const struct seccomp_profile *profile, const char *path) {
        for (size_t i = 0; i < profile->n_rules; i++) {
                autofree char *rule_path = text_format("%s.syscalls[%zu]", path, i);
                int r = check_rule(&profile->rules[i], rule_path);

                if (r < 0)
                        return r;
        }
        return 0;
}

bool seccomp_notifies(const struct seccomp_profile *profile) {
        for (size_t i = 0; i < profile->n_rules; i++)
                if (profile->rules[i].action == SECCOMP_ACTION_NOTIFY)
                        return true;
        return false;
}

/* Whether somebody listens is not for the profile alone to say. */
static int check_listener(const struct seccomp_profile *profile, const char *path) {
        if (profile->listener_metadata && !profile->listener_path)
                return reject("%s.listenerMetadata: needs listenerPath", path);
        return 0;
}

int seccomp_check(const struct seccomp_profile *profile, const char *path) {
        static int (*const checks[])(const struct seccomp_profile *, const char *) = {
                check_default,
                check_rules,
                check_listener,
        };

        for (size_t i = 0; i < ELEMENTSOF(checks); i++) {
                int r = checks[i](profile, path);

                if (r < 0)
                        return r;
        }
        return 0;
}
