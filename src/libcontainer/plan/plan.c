/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what is asked and what there is to what will be done. Runs in the runtime's process, after config_check() and
 * before the first side effect.
 */
#include "libcontainer/plan/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/kernel.h"
#include "util/path.h"
#include "util/text.h"

/* Every Linux container has them (config-linux.md, "Default Devices"). */
static const struct {
        const char *path;
        unsigned major, minor;
} default_devices[] = {
        {"/dev/null", 1, 3}, {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
        {"/dev/tty", 5, 0},  {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9},
};

static const mode_t device_types[] = {
        [DEVICE_CHAR] = S_IFCHR,
        [DEVICE_BLOCK] = S_IFBLK,
        [DEVICE_FIFO] = S_IFIFO,
};

static int plan_bundle(const char *bundle, struct plan *plan) {
        plan->bundle = realpath(text_is_empty(bundle) ? "." : bundle, NULL);
        if (!plan->bundle)
                return fail(errno, "open bundle `%s`", bundle ? bundle : ".");
        plan->bundle_fd = open(plan->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (plan->bundle_fd < 0)
                return fail(errno, "open bundle `%s`", plan->bundle);
        return 0;
}

/* The rootfs is resolved here once; what is attached later is checked to be this very directory. */
static int plan_rootfs(const struct config *config, struct plan *plan) {
        autofree char *path = path_join(plan->bundle, config->root.path);

        plan->rootfs = realpath(path, NULL);
        if (!plan->rootfs)
                return fail(errno, "root.path: open rootfs `%s`", path);
        if (stat(plan->rootfs, &plan->rootfs_status) < 0)
                return fail(errno, "root.path: open rootfs `%s`", plan->rootfs);
        if (!S_ISDIR(plan->rootfs_status.st_mode))
                return reject("root.path: `%s` is not a directory", plan->rootfs);
        if (strcmp(plan->rootfs, "/") == 0 && plan->creates[NAMESPACE_MOUNT])
                return reject("root.path: `%s` is the root of the host, expected a directory of the container's own", path);
        return 0;
}

static void add_device(struct plan *plan, const struct device_plan *device) {
        for (size_t i = 0; i < plan->n_devices; i++)
                if (strcmp(plan->devices[i].path, device->path) == 0) {
                        plan->devices[i] = *device;
                        return;
                }
        *array_append(plan->devices, plan->n_devices) = *device;
}

static void plan_devices(const struct config *config, struct plan *plan) {
        for (size_t i = 0; plan->makes_dev && i < ELEMENTSOF(default_devices); i++)
                add_device(plan, &(struct device_plan){
                                         .path = default_devices[i].path,
                                         .mode = S_IFCHR | 0666,
                                         .number = makedev(default_devices[i].major, default_devices[i].minor),
                                 });
        for (size_t i = 0; i < config->linux.n_devices; i++) {
                const struct device_config *device = &config->linux.devices[i];
                mode_t permissions = device->file_mode.set ? device->file_mode.value & 07777 : 0666;

                /* /dev/ptmx is a link into the container's own devpts, whatever a manager lists. */
                if (strcmp(device->path, "/dev/ptmx") == 0)
                        continue;
                add_device(plan, &(struct device_plan){
                                         .path = device->path,
                                         .mode = device_types[device->kind] | permissions,
                                         .number = makedev((unsigned)device->major, (unsigned)device->minor),
                                         .uid = device->uid.set ? device->uid.value : 0,
                                         .gid = device->gid.set ? device->gid.value : 0,
                                 });
        }
}

static void plan_propagation(const struct config *config, struct plan *plan) {
        unsigned long asked = config->linux.rootfs_propagation;

        /* Slave by default: what the host mounts later is seen inside, what is mounted inside never reaches the host. */
        plan->initial_propagation = MS_SLAVE | MS_REC;
        if (asked & (MS_PRIVATE | MS_SHARED))
                plan->initial_propagation = (asked & (MS_PRIVATE | MS_SHARED)) | MS_REC;
        /* An unbindable root could not be attached, and pivot_root(2) refuses a shared one: so both come after it. */
        if (asked & (MS_SHARED | MS_UNBINDABLE))
                plan->final_propagation = asked;
}

/*
 * Read-only alone is for the topmost mount. Of the cgroup hierarchies below /sys it would leave those writable that are
 * delegated to the user whose ids the container has (CVE-2023-25809).
 */
static void protect_cgroups(struct plan *plan) {
        for (size_t i = 0; i < plan->n_mounts; i++) {
                struct mount_plan *mount = &plan->mounts[i];

                if (mount->action == MOUNT_ACTION_BIND && mount->options.flags & MS_REC && mount->options.flags & MS_RDONLY &&
                    path_is_below(mount->source, "/sys") && path_is_below("/sys/fs/cgroup", mount->source))
                        mount->options.recursive_set |= MOUNT_ATTR_RDONLY;
        }
}

/* Here, since they are of no use without a unit, and cannot be wrong then. */
static int add_unit_properties(const struct config *config, struct cgroup *cgroup) {
        for (size_t i = 0; i < config->annotations.count; i++) {
                const struct string_pair *annotation = &config->annotations.items[i];
                const char *name = text_after(annotation->key, CGROUP_PROPERTY_PREFIX);
                int r = name ? cgroup_add_property(cgroup, name, annotation->value) : 0;

                if (r < 0)
                        return within(r, "annotations.%s", annotation->key);
        }
        return 0;
}

/* systemd's first, the container's own below it. */
static int add_sub_cgroups(const struct extensions *extensions, struct cgroup *cgroup) {
        bool is_v2 = cgroup->mode == CGROUP_MODE_V2 && cgroup->n_places > 0;

        if (is_v2 && cgroup->unit && !text_is_empty(extensions->systemd_subgroup))
                cgroup_add_sub(cgroup, extensions->systemd_subgroup);
        if (text_is_empty(extensions->delegate_cgroup))
                return 0;
        if (!is_v2)
                return reject("annotations.run.oci.delegate-cgroup: found `%s`, expected none without a cgroup of nothing but v2",
                              extensions->delegate_cgroup);
        cgroup_add_sub(cgroup, extensions->delegate_cgroup);
        return 0;
}

int plan_make(const struct config *config, const struct create_options *options, const struct host *host,
              struct plan *ret) {
        int r;

        ret->config = config;
        ret->id = text_copy(options->id);
        ret->no_pivot = options->no_pivot;
        ret->new_keyring = !options->no_new_keyring;
        ret->starts_at_once = !options->waits_for_start;
        r = plan_bundle(options->bundle, ret);
        if (r < 0)
                return r;
        r = plan_namespaces(config, ret);
        if (r >= 0)
                r = plan_existing_ids(config, host, ret);
        if (r >= 0)
                r = plan_id_maps(config, host, ret);
        if (r >= 0)
                r = plan_net_devices(config, ret);
        if (r < 0)
                return r;
        ret->has_mapped_root = ret->in_user_namespace || host->in_user_namespace;
        ret->mounts_device_nodes = ret->has_mapped_root;
        /* Without privilege init walks them itself, as its caller, before it takes an id of the container. */
        ret->needs_source_helper = ret->in_user_namespace && host->euid == 0;
        r = plan_rootfs(config, ret);
        if (r < 0)
                return r;
        plan_propagation(config, ret);
        r = plan_mounts(config, ret);
        if (r < 0)
                return r;
        if (ret->has_mapped_root)
                protect_cgroups(ret);
        plan_devices(config, ret);
        if (ret->mounts_device_nodes && ret->n_devices > 0 && !ret->detached_root && !config_namespace(config, NAMESPACE_MOUNT))
                return reject("linux.devices: found %zu, expected none without a mount namespace: here they can only be mounted",
                              ret->n_devices);
        /* Without a cgroup there are no limits: what --cgroup-manager=disabled asks for. */
        if (config->linux.has_resources && options->cgroup_manager != CGROUP_MANAGER_DISABLED) {
                r = cgroup_check_resources(&host->cgroups, &config->linux.resources, "linux.resources");
                if (r < 0)
                        return r;
        }
        r = cgroup_decide(&host->cgroups, options->cgroup_manager, config->linux.cgroups_path, options->id, &ret->cgroup);
        if (r < 0)
                return r;
        r = add_unit_properties(config, &ret->cgroup);
        if (r >= 0)
                r = add_sub_cgroups(&config->extensions, &ret->cgroup);
        if (r < 0)
                return r;
        r = resctrl_decide(&config->linux.intel_rdt, "linux.intelRdt", options->id, &ret->resctrl);
        if (r < 0)
                return r;
        /* Last, for it connects the sockets. */
        r = plan_process(config, &options->process, host, ret);
        return r < 0 ? r : plan_connect(config->extensions.pidfd_receiver, "annotations.run.oci.pidfd_receiver", &ret->pidfd_receiver);
}

int plan_live_mounts(const struct config *config, const char *bundle, struct plan *ret) {
        ret->config = config;
        ret->bundle = text_copy(bundle);
        plan_propagation(config, ret);
        return plan_mounts_added(config, ret);
}

static void mount_plan_done(struct mount_plan *mount) {
        free(mount->destination);
        free(mount->source);
        free(mount->link_text);
        mount_options_done(&mount->options);
}

void plan_done(struct plan *plan) {
        free(plan->id);
        fd_close(&plan->target_root_fd);
        fd_close(&plan->procfs_fd);
        for (size_t i = 0; i < plan->n_joins; i++)
                fd_close(&plan->joins[i].fd);
        for (size_t i = 0; i < plan->n_mounts; i++)
                mount_plan_done(&plan->mounts[i]);
        free(plan->mounts);
        plan_mount_maps_done(plan);
        free(plan->devices);
        free(plan->net_devices);
        free(plan->ignored_capabilities.items);
        free(plan->environment);
        seccomp_filter_done(&plan->seccomp);
        cgroup_done(&plan->cgroup);
        resctrl_done(&plan->resctrl);
        fd_close(&plan->console_socket);
        fd_close(&plan->pidfd_socket);
        fd_close(&plan->pidfd_receiver);
        fd_close(&plan->listener_socket);
        fd_close(&plan->hook_output_fds[0]);
        fd_close(&plan->hook_output_fds[1]);
        fd_close(&plan->bundle_fd);
        free(plan->bundle);
        free(plan->rootfs);
        free(plan->uid_map_writer);
        free(plan->gid_map_writer);
        *plan = PLAN_INIT;
}
