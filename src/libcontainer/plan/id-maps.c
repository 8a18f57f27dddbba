/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who writes the id maps of a new user namespace, and what a caller without privilege has to give up for it. Part of
 * plan_make(), in the runtime's process, after plan_namespaces().
 */
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/plan/plan.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

static bool has(const struct host *host, int capability) {
        return host->euid == 0 || host->effective_capabilities >> capability & 1;
}

/* user_namespaces(7): the one map that needs no privilege has one line, for one id, which is the writer's own. */
static bool is_own_id(const struct id_mappings *mappings, uint32_t own) {
        return mappings->count == 1 && mappings->items[0].size == 1 && mappings->items[0].host_id == own;
}

/* The program's absolute path; NULL when PATH has none. */
static char *find_program(const char *name) {
        const char *variable = getenv("PATH");
        autofree char *path = text_copy(text_is_empty(variable) ? "/usr/local/bin:/usr/bin:/bin" : variable);

        for (char *rest = path, *directory; (directory = strsep(&rest, ":"));) {
                autofree char *program = text_format("%s/%s", directory, name);
                struct stat status;

                /* A relative one would be the bundle's choice. */
                if (directory[0] == '/' && stat(program, &status) == 0 && S_ISREG(status.st_mode) && access(program, X_OK) == 0)
                        return take_ptr(&program);
        }
        return NULL;
}

/* /etc/subuid and /etc/subgid are the program's to read: it may ask other sources instead. */
static int find_writer(const char *name, const char *key, char **ret) {
        *ret = find_program(name);
        return *ret ? 0
                    : reject("linux.%s: found more than the caller's own id, expected `%s` in PATH to map it (package uidmap)", key, name);
}

static int plan_gid_map(const struct config *config, const struct host *host, struct plan *plan) {
        size_t n_groups = config->process.user.n_additional_gids;

        if (has(host, CAP_SETGID))
                return 0;
        if (!is_own_id(&config->linux.gid_mappings, host->egid))
                return find_writer("newgidmap", "gidMappings", &plan->gid_map_writer);
        plan->denies_setgroups = true;
        if (n_groups > 0 && !config->extensions.keep_original_groups)
                return reject("process.user.additionalGids: found %zu, expected none: cannot set any additional groups in a rootless "
                              "container whose only group is the caller's",
                              n_groups);
        return 0;
}

int plan_id_maps(const struct config *config, const struct host *host, struct plan *plan) {
        int r = 0;

        /* Nothing is made up here: which ids a user namespace has is the config's word. */
        if (!plan->in_user_namespace && !has(host, CAP_SYS_ADMIN))
                return reject("linux.namespaces: found no user namespace, expected one for a caller without privilege "
                              "(`tare spec --rootless` writes such a config)");
        if (!plan->creates[NAMESPACE_USER])
                return 0;
        if (!has(host, CAP_SETUID) && !is_own_id(&config->linux.uid_mappings, host->euid))
                r = find_writer("newuidmap", "uidMappings", &plan->uid_map_writer);
        return r < 0 ? r : plan_gid_map(config, host, plan);
}
