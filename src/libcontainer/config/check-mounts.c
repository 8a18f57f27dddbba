/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of `mounts`. Part of config_check(), in the runtime's process. */
#include <string.h>

#include "libcontainer/config/check.h"
#include "libcontainer/config/mount-idmap.h"
#include "libcontainer/config/mount-options.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"
#include "util/path.h"
#include "util/text.h"

/*
 * What may be mounted over below /proc: files that show the machine's resources, which lxcfs and others replace. All
 * else decides on security: a false /proc/self/attr would swallow a label (CVE-2019-16884).
 */
static const char *const proc_targets[] = {
        "/proc/cpuinfo",
        "/proc/diskstats",
        "/proc/loadavg",
        "/proc/meminfo",
        "/proc/slabinfo",
        "/proc/stat",
        "/proc/swaps",
        "/proc/sys/crypto/fips_enabled",
        "/proc/sys/kernel/ns_last_pid",
        "/proc/uptime",
};

/* config.md, "Mounts": the destination is required. A relative one is below "/", deprecated, and no violation. */
static int check_destination(const struct mount_config *mount, const char *path, unsigned long flags) {
        return mount->destination[0] ? 0 : reject("%s.destination: found ``, expected a path in the container", path);
}

/* /proc itself is for a procfs: a new one, or a bind mount, whose source is looked at when it is mounted. */
static int check_proc(const struct mount_config *mount, const char *path, unsigned long flags) {
        autofree char *absolute = path_join("/", mount->destination);
        autofree char *clean = path_clean(absolute);

        if (!path_is_below(clean, "/proc"))
                return 0;
        if (strcmp(clean, "/proc") == 0) {
                if (flags & (MS_BIND | MS_REMOUNT) || text_equal(mount->type, "proc"))
                        return 0;
                return reject("%s.type: found `%s` on `/proc`, expected `proc`", path, mount->type ? mount->type : "");
        }
        for (size_t i = 0; i < ELEMENTSOF(proc_targets); i++)
                if (strcmp(clean, proc_targets[i]) == 0)
                        return 0;
        return reject("%s.destination: found `%s`, expected nothing below `/proc` but files like `%s`", path,
                      mount->destination, proc_targets[0]);
}

/* config.md, "POSIX-platform Mounts": each MUST be specified along with the other. */
static int check_both_mappings(const struct mount_config *mount, const char *path, unsigned long flags) {
        bool has_uids = mount->uid_mappings.count > 0, has_gids = mount->gid_mappings.count > 0;

        if (has_uids == has_gids)
                return 0;
        return reject("%s.%s: found none, expected them along with %s", path, has_uids ? "gidMappings" : "uidMappings",
                      has_uids ? "uidMappings" : "gidMappings");
}

static int (*const rules[])(const struct mount_config *mount, const char *path, unsigned long flags) = {
        check_destination,
        check_proc,
        check_both_mappings,
};

static int check_mount(const struct config *config, const struct mount_config *mount, const char *path) {
        autodone(mount_options) struct mount_options options = {};
        autodone(mount_idmap) struct mount_idmap idmap = {};
        int r = mount_options_parse(mount, path, &options);

        for (size_t i = 0; r == 0 && i < ELEMENTSOF(rules); i++)
                r = rules[i](mount, path, options.flags);
        return r < 0 ? r : mount_idmap_decide(config, mount, path, &options, &idmap);
}

/* Of tmpfs, devpts and others: the kernel says only EINVAL to an id that the user namespace does not map. */
static int check_ids(const struct config *config, const struct mount_config *mount, const char *path) {
        for (size_t i = 0; i < mount->options.count; i++) {
                const char *option = mount->options.items[i], *uid = text_after(option, "uid="), *gid = text_after(option, "gid=");
                uint64_t id;

                if ((!uid && !gid) || text_to_u64(uid ? uid : gid, &id) < 0)
                        continue;
                if (!check_is_mapped(config, uid ? &config->linux.uid_mappings : &config->linux.gid_mappings, id))
                        return reject("%s.options[%zu]: found `%s`, expected an id that linux.%s has", path, i, option,
                                      uid ? "uidMappings" : "gidMappings");
        }
        return 0;
}

int config_check_mounts(const struct config *config) {
        for (size_t i = 0; i < config->n_mounts; i++) {
                autofree char *path = text_format("mounts[%zu]", i);
                int r = check_mount(config, &config->mounts[i], path);

                if (r == 0)
                        r = check_ids(config, &config->mounts[i], path);
                if (r < 0)
                        return r;
        }
        return 0;
}
