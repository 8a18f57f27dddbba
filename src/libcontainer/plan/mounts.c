/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of mounts with their final flags. Part of plan_make(), in the runtime's process; looks but does not touch. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/plan/plan.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/log.h"
#include "util/path.h"
#include "util/text.h"

static enum mount_action action_of(const struct mount_config *mount, unsigned long flags) {
        if (flags & MS_REMOUNT)
                return MOUNT_ACTION_REMOUNT;
        if (flags & MS_BIND)
                return MOUNT_ACTION_BIND;
        if (text_equal(mount->type, "cgroup") || text_equal(mount->type, "cgroup2"))
                return MOUNT_ACTION_CGROUP;
        return MOUNT_ACTION_NEW;
}

/* A missing source is the most common mistake: found here, before anything exists. It is opened when it is mounted. */
static int check_bind_source(const char *source, const char *path, const struct mount_options *options) {
        struct stat status;

        if (fstatat(AT_FDCWD, source, &status, options->src_nofollow ? AT_SYMLINK_NOFOLLOW : 0) < 0)
                return fail(errno, "%s.source: open `%s`", path, source);
        return 0;
}

/*
 * copy-symlink. The link is read here once: whatever takes its place on the host later, this text is what the container gets.
 * What is no link now is bound, and is not followed either, should it have become one.
 */
static int plan_link(const char *path, struct mount_plan *mount) {
        char text[PATH_MAX];
        ssize_t length = readlink(mount->source, text, sizeof(text));

        if (length < 0 && errno == EINVAL) {
                mount->options.src_nofollow = true;
                return check_bind_source(mount->source, path, &mount->options);
        }
        if (length < 0)
                return fail(errno, "%s.source: read link `%s`", path, mount->source);
        if ((size_t)length == sizeof(text))
                return fail(ENAMETOOLONG, "%s.source: read link `%s`", path, mount->source);
        mount->link_text = text_copy_n(text, (size_t)length);
        mount->action = MOUNT_ACTION_LINK;
        return 0;
}

static int plan_mount(const struct mount_config *mount, const char *path, struct plan *plan, struct mount_plan *ret) {
        autofree char *absolute = path_join("/", mount->destination);
        int r = mount_options_parse(mount, path, &ret->options);

        if (r < 0)
                return r;
        if (mount->destination[0] != '/')
                log_warning("%s.destination: `%s` is relative, which is deprecated: taken as `%s`", path, mount->destination,
                            absolute);
        ret->destination = path_clean(absolute);
        ret->type = mount->type;
        ret->action = action_of(mount, ret->options.flags);
        if (strcmp(ret->destination, "/") == 0 && ret->action != MOUNT_ACTION_REMOUNT)
                return reject("%s.destination: `%s` is the container's root, expected a path below it", path, mount->destination);
        if (ret->action == MOUNT_ACTION_BIND) {
                if (text_is_empty(mount->source))
                        return reject("%s.source: missing, expected the path to bind", path);
                ret->source = path_join(plan->bundle, mount->source);
                return ret->options.copy_symlink ? plan_link(path, ret) : check_bind_source(ret->source, path, &ret->options);
        }
        if (ret->action == MOUNT_ACTION_NEW && text_is_empty(mount->type))
                return reject("%s.type: missing, expected a file system type, or the option `bind`", path);
        ret->source = text_copy(mount->source);
        return 0;
}

/*
 * Without a mount namespace they would appear on the host and stay there. So they go onto a copy of the rootfs that is
 * attached nowhere, and vanish with the last process that has it as its root.
 */
static int decide_root(const struct config *config, struct plan *plan) {
        if (config->n_mounts == 0 || config_namespace(config, NAMESPACE_MOUNT))
                return 0;
        /* The host's mount namespace is not the user namespace's, which hence may mount nothing there. */
        if (plan->in_user_namespace)
                return reject("mounts: found %zu, expected none with a user namespace and without a mount namespace", config->n_mounts);
        plan->detached_root = true;
        return 0;
}

/* What is in a tree that is attached nowhere cannot be changed any more. */
static int check_detached(const struct mount_plan *mount, const char *path) {
        if (mount->action == MOUNT_ACTION_REMOUNT)
                return reject("%s.options: found `remount`, expected a new mount without a mount namespace", path);
        if (mount->late_readonly)
                return reject("%s.options: found `ro` for `/dev`, expected `rw` without a mount namespace", path);
        return 0;
}

/* A /dev that is bound from the host is left alone; any other gets the nodes, and is sealed only then. */
static void plan_dev(struct plan *plan, struct mount_plan *mount) {
        plan->makes_dev = mount->action != MOUNT_ACTION_BIND;
        if (mount->action == MOUNT_ACTION_NEW && mount->options.flags & MS_RDONLY) {
                mount->options.flags &= ~MS_RDONLY;
                mount->late_readonly = true;
        }
}

int plan_mounts(const struct config *config, struct plan *plan) {
        int r = decide_root(config, plan);

        if (r < 0)
                return r;
        plan->makes_dev = config_namespace(config, NAMESPACE_MOUNT) != NULL;
        for (size_t i = 0; i < config->n_mounts; i++) {
                autofree char *path = text_format("mounts[%zu]", i);
                struct mount_plan *mount = array_append(plan->mounts, plan->n_mounts);

                r = plan_mount(&config->mounts[i], path, plan, mount);
                if (r >= 0)
                        r = plan_mount_map(config, &config->mounts[i], path, plan, mount);
                if (r < 0)
                        return r;
                if (strcmp(mount->destination, "/dev") == 0)
                        plan_dev(plan, mount);
                r = plan->detached_root ? check_detached(mount, path) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

int plan_notify(const char *directory, struct plan *plan) {
        if (!config_namespace(plan->config, NAMESPACE_MOUNT))
                return reject("NOTIFY_SOCKET: it is set, and a container without a mount namespace cannot be given a socket");
        *array_append(plan->mounts, plan->n_mounts) = (struct mount_plan){
                .action = MOUNT_ACTION_BIND,
                .destination = text_copy(NOTIFY_MOUNT),
                .source = text_copy(directory),
                .options.flags = MS_BIND | MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY,
        };
        return 0;
}

/* --- for a container that is there --- */

/* What the runtime itself fills or relies on: covered, they would not be what the container's later processes expect. */
static const char *const own_directories[] = {"/dev", "/proc", "/sys"};

static int check_added(const struct mount_plan *mount, const char *path) {
        for (size_t i = 0; i < ELEMENTSOF(own_directories); i++)
                if (strcmp(mount->destination, own_directories[i]) == 0)
                        return reject("%s.destination: found `%s`, expected another place in a container that is there", path,
                                      mount->destination);
        if (mount->action == MOUNT_ACTION_REMOUNT)
                return reject("%s.options: found `remount`, expected a new mount: those of a container that is there are not changed",
                              path);
        if (mount->action == MOUNT_ACTION_LINK)
                return reject("%s.source: found the symbolic link `%s` with `copy-symlink`, expected what can be mounted", path,
                              mount->source);
        if (mount->action == MOUNT_ACTION_NEW && mount->has_id_map)
                return reject("%s: found an id mapping for a new file system, expected it for a bind mount in a container that is there",
                              path);
        /* Both show what whoever mounts them may see, and that is not a process of the container here. */
        if (mount->action == MOUNT_ACTION_CGROUP || (mount->action == MOUNT_ACTION_NEW && text_equal(mount->type, "proc")))
                return reject("%s.type: found `%s`, expected a file system that can be mounted from outside the container", path,
                              mount->type);
        return 0;
}

int plan_mounts_added(const struct config *config, struct plan *plan) {
        int r = plan_mounts(config, plan);

        for (size_t i = 0; r >= 0 && i < plan->n_mounts; i++) {
                autofree char *path = text_format("mounts[%zu]", i);

                r = check_added(&plan->mounts[i], path);
        }
        return r;
}
