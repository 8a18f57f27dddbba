/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config_check(): what a config must fulfil by itself. Runs in the runtime's process after decoding and before anything
 * is made; looks at nothing but the config.
 *
 * A rule is a function of its own with its source above it; a file's rules stand in a table at its end, in the order
 * in which they run. Here are those of the properties at the top of config.json.
 */
#include "libcontainer/config/check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"
#include "util/text.h"

/* --- what several files use --- */

int check_absolute(const char *value, const char *path) {
        if (value && value[0] == '/')
                return 0;
        return reject("%s: found `%s`, expected an absolute path", path, value ? value : "");
}

static const char *skip_blanks(const char *p) {
        return p + strspn(p, " ");
}

/* One number with the blanks around it; NULL when there is none, or one that no machine reaches. */
static const char *scan_number(const char *p, unsigned long *ret) {
        char *end;

        p = skip_blanks(p);
        if (!isdigit((unsigned char)*p))
                return NULL;
        *ret = strtoul(p, &end, 10);
        return *ret <= UINT16_MAX ? skip_blanks(end) : NULL;
}

/* "3" or "0-3". */
static const char *scan_range(const char *p) {
        unsigned long first, last;

        p = scan_number(p, &first);
        if (!p || *p != '-')
                return p;
        p = scan_number(p + 1, &last);
        return p && first <= last ? p : NULL;
}

int check_number_list(const char *list, const char *path) {
        const char *p = list;

        if (text_is_empty(list))
                return 0;
        for (p = scan_range(p); p && *p == ','; p = scan_range(p + 1))
                ;
        if (p && !*p)
                return 0;
        return reject("%s: found `%s`, expected a list like `0-3,7`", path, list);
}

/* --- ociVersion --- */

/* A number without leading zeros. */
static const char *scan_version_number(const char *p) {
        size_t n = strspn(p, "0123456789");

        return n == 0 || (n > 1 && *p == '0') ? NULL : p + n;
}

/* Identifiers divided by dots, of a pre-release or a build. */
static const char *scan_identifiers(const char *p) {
        for (;;) {
                size_t n = strspn(p, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");

                if (n == 0)
                        return NULL;
                p += n;
                if (*p != '.')
                        return p;
                p++;
        }
}

/* semver.org, version 2.0.0: MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD] */
static bool is_semantic_version(const char *p) {
        p = scan_version_number(p);
        for (int i = 0; i < 2; i++)
                p = p && *p == '.' ? scan_version_number(p + 1) : NULL;
        if (p && *p == '-')
                p = scan_identifiers(p + 1);
        if (p && *p == '+')
                p = scan_identifiers(p + 1);
        return p && !*p;
}

/* config.md, "Specification version": SemVer; all versions 1.x are compatible with each other. */
static int check_oci_version(const struct config *config) {
        if (!is_semantic_version(config->oci_version))
                return reject("ociVersion: found `%s`, expected a version like `1.3.0`", config->oci_version);
        if (!text_starts_with(config->oci_version, "1."))
                return reject("ociVersion: found `%s`, expected a version 1.x of the specification", config->oci_version);
        return 0;
}

/* --- root, host name, annotations --- */

/* config.md, "Root": the path is required; an empty one would be the bundle itself. */
static int check_root(const struct config *config) {
        return config->root.path[0] ? 0 : reject("root.path: found ``, expected the path of a directory");
}

/* Without a mount namespace of its own, the container's root could only be made read-only for the host as well. */
static int check_root_readonly(const struct config *config) {
        if (!config->root.readonly || config_namespace(config, NAMESPACE_MOUNT))
                return 0;
        return reject("root.readonly: found true, expected false without a mount namespace");
}

static int check_uts_name(const struct config *config, const char *value, const char *path) {
        size_t length = value ? strlen(value) : 0;

        if (length == 0)
                return 0;
        if (!config_namespace(config, NAMESPACE_UTS))
                return reject("%s: found `%s`, expected none without a uts namespace: it would be the host's", path, value);
        /* sethostname(2), setdomainname(2): __NEW_UTS_LEN */
        if (length > 64)
                return reject("%s: found a name of %zu bytes, expected at most 64", path, length);
        return 0;
}

/* config.md, "Hostname" and "Domainname". */
static int check_names(const struct config *config) {
        int r = check_uts_name(config, config->hostname, "hostname");

        return r < 0 ? r : check_uts_name(config, config->domainname, "domainname");
}

/* config.md, "Annotations": keys MUST NOT be an empty string. */
static int check_annotations(const struct config *config) {
        for (size_t i = 0; i < config->annotations.count; i++)
                if (!config->annotations.items[i].key[0])
                        return reject("annotations: found an empty key with the value `%s`, expected a name",
                                      config->annotations.items[i].value);
        return 0;
}

/* --- hooks --- */

/* config.md, "POSIX-platform Hooks": path MUST be absolute; if set, timeout MUST be greater than zero. */
static int check_hook(const struct hook_config *hook, const char *where, size_t index) {
        autofree char *path = text_format("hooks.%s[%zu].path", where, index);
        int r = check_absolute(hook->path, path);

        if (r < 0)
                return r;
        if (hook->timeout.set && hook->timeout.value <= 0)
                return reject("hooks.%s[%zu].timeout: found %d, expected more than 0 seconds", where, index,
                              hook->timeout.value);
        return 0;
}

/* sched(7), "SCHED_DEADLINE": fork(2) fails; and who has it by then has no right left to give it up and take it again. */
static int check_start_hooks(const struct config *config) {
        const struct scheduler_config *scheduler = &config->process.scheduler;

        if (config->hooks[HOOK_START_CONTAINER].count == 0 || !scheduler->present || scheduler->policy != SCHED_DEADLINE ||
            scheduler->flags & SCHED_FLAG_RESET_ON_FORK)
                return 0;
        return reject("hooks.startContainer: found hooks and the policy `SCHED_DEADLINE`, which can make no process, expected "
                      "`SCHED_FLAG_RESET_ON_FORK` in process.scheduler.flags");
}

static int check_hooks(const struct config *config) {
        for (int kind = 0; kind < HOOK_KINDS; kind++) {
                const struct hook_list *hooks = &config->hooks[kind];

                for (size_t i = 0; i < hooks->count; i++) {
                        int r = check_hook(&hooks->items[i], name_of(hook_kinds, kind), i);

                        if (r < 0)
                                return r;
                }
        }
        return check_start_hooks(config);
}

/* --- all --- */

/* config.md, "Process": required when `start` is called; like runc and crun, tare has no container without one. */
static int check_process(const struct config *config) {
        if (!config->process.present)
                return reject("process: missing, expected the process to run");
        return config_check_process(&config->process, config);
}

static int check_resources(const struct config *config) {
        return config->linux.has_resources ? config_check_resources(&config->linux.resources, "linux.resources") : 0;
}

static int check_seccomp(const struct config *config) {
        return config->linux.has_seccomp ? seccomp_check(&config->linux.seccomp, "linux.seccomp") : 0;
}

static int (*const rules[])(const struct config *config) = {
        check_oci_version,
        check_namespaces, /* early: the others rely on what the namespaces say */
        check_root,
        check_root_readonly,
        check_names,
        check_annotations,
        check_extensions,
        check_hooks,
        check_process,
        config_check_mounts,
        check_linux,
        check_net_devices,
        check_sysctl,
        check_resources,
        check_seccomp,
};

int config_check(const struct config *config) {
        for (size_t i = 0; i < ELEMENTSOF(rules); i++) {
                int r = rules[i](config);

                if (r < 0)
                        return r;
        }
        return 0;
}
