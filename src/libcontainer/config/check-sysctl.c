/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of linux.sysctl: only what belongs to a namespace of the container may be set, all else is the host's.
 * Part of config_check(), in the runtime's process.
 */
#include <string.h>

#include "libcontainer/config/check.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

/* Which kernel parameters are whose; namespaces(7), ipc_namespaces(7), user_namespaces(7), network_namespaces(7). */
static const struct {
        const char *path; /* below /proc/sys; with a '/' at the end: all below it */
        enum namespace_kind kind;
} parameters[] = {
        {"fs/mqueue/", NAMESPACE_IPC},
        {"kernel/domainname", NAMESPACE_UTS},
        {"kernel/hostname", NAMESPACE_UTS},
        {"kernel/msgmax", NAMESPACE_IPC},
        {"kernel/msgmnb", NAMESPACE_IPC},
        {"kernel/msgmni", NAMESPACE_IPC},
        {"kernel/sem", NAMESPACE_IPC},
        {"kernel/shm_rmid_forced", NAMESPACE_IPC},
        {"kernel/shmall", NAMESPACE_IPC},
        {"kernel/shmmax", NAMESPACE_IPC},
        {"kernel/shmmni", NAMESPACE_IPC},
        {"net/", NAMESPACE_NETWORK},
        {"user/", NAMESPACE_USER},
};

/* The key as a path: whichever separator comes first is the separator, and the other one a character (sysctl.d(5)). */
static char *key_to_path(const char *key) {
        char *path = text_copy(key);
        const char *first = strpbrk(key, "./");

        for (char *p = path; first && *first == '.' && *p; p++) {
                if (*p == '.')
                        *p = '/';
                else if (*p == '/')
                        *p = '.';
        }
        return path;
}

/* Only names that lead where they say: "..", a newline or a "+" has smuggled a second parameter in (CVE-2022-0811). */
static bool is_plain_path(const char *path) {
        if (path[strspn(path, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.:@/")])
                return false;
        for (const char *p = path;; p++) {
                size_t length = strcspn(p, "/");

                if (length == 0 || (length == 1 && p[0] == '.') || (length == 2 && p[0] == '.' && p[1] == '.'))
                        return false;
                p += length;
                if (!*p)
                        return true;
        }
}

/* The kind of namespace that has the parameter, or NAMESPACE_KINDS when it is the whole machine's. */
static enum namespace_kind owner(const char *path) {
        for (size_t i = 0; i < ELEMENTSOF(parameters); i++) {
                size_t length = strlen(parameters[i].path);
                bool is_folder = parameters[i].path[length - 1] == '/';

                if (is_folder ? text_starts_with(path, parameters[i].path) : text_equal(path, parameters[i].path))
                        return parameters[i].kind;
        }
        return NAMESPACE_KINDS;
}

/* Two properties for one value: which one wins would depend on the order of writing. */
static int check_conflict(const struct config *config, const char *key, const char *path) {
        if (text_equal(path, "kernel/hostname"))
                return reject("linux.sysctl[\"%s\"]: conflicts with the property `hostname`, expected that instead", key);
        if (text_equal(path, "kernel/domainname") && !text_is_empty(config->domainname))
                return reject("linux.sysctl[\"%s\"]: conflicts with the property `domainname`", key);
        return 0;
}

static int check_parameter(const struct config *config, const char *key) {
        autofree char *path = key_to_path(key);
        enum namespace_kind kind;

        if (!is_plain_path(path))
                return reject("linux.sysctl: found the key `%s`, expected a name like `net.ipv4.ip_forward`", key);
        kind = owner(path);
        if (kind == NAMESPACE_KINDS)
                return reject("linux.sysctl[\"%s\"]: is a setting of the whole machine, expected one of a namespace", key);
        if (!config_namespace(config, kind))
                return reject("linux.sysctl[\"%s\"]: needs a namespace of type %s, without it the setting is the host's", key,
                              name_of(namespace_kinds, kind));
        return check_conflict(config, key, path);
}

int check_sysctl(const struct config *config) {
        for (size_t i = 0; i < config->linux.sysctl.count; i++) {
                int r = check_parameter(config, config->linux.sysctl.items[i].key);

                if (r < 0)
                        return r;
        }
        return 0;
}
