/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The user namespaces that carry the id mappings of mounts. Part of plan_make(), in the runtime's process: it has the rights over
 * the ids, and what the kernel does not take of a mapping is known before anything exists. Init and the helper that opens
 * the host's paths inherit the descriptors; the processes by which the namespaces were made are dead before this returns.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "libcontainer/config/mount-idmap.h"
#include "libcontainer/plan/plan.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/kernel.h"
#include "util/proc.h"
#include "util/text.h"

static bool is_same(const struct id_mappings *a, const struct id_mappings *b) {
        return a->count == b->count && memcmp(a->items, b->items, a->count * sizeof(struct id_mapping)) == 0;
}

static int write_map(pid_t pid, const char *file, const struct id_mappings *mappings) {
        autodone(text) struct text text = TEXT_INIT;
        char path[64];
        int r;

        id_mappings_print(mappings, &text);
        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
        r = file_write_bytes(AT_FDCWD, path, text.bytes, text.length);
        return r < 0 ? fail(-r, "write `%s` of the mount's user namespace", file) : 0;
}

/* While the process is ours and unreaped, its number is its own. */
static int fill(pid_t pid, const struct mount_idmap *idmap) {
        char path[64];
        int fd, r = write_map(pid, "uid_map", &idmap->uids);

        if (r >= 0)
                r = write_map(pid, "gid_map", &idmap->gids);
        if (r < 0)
                return r;
        snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? fail(errno, "open the mount's user namespace") : fd;
}

/* In the child, which has all capabilities in there and nobody beside it. */
static void __attribute__((noreturn)) stay(pid_t parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        while (getppid() == parent)
                pause();
        _exit(EXIT_SUCCESS);
}

static int make(const struct mount_idmap *idmap) {
        pid_t self = getpid(), pid = (pid_t)kernel_clone(CLONE_NEWUSER | SIGCHLD, NULL);
        int fd, status;

        if (pid < 0)
                return fail(errno, "make a user namespace for a mount");
        if (pid == 0)
                stay(self);
        fd = fill(pid, idmap);
        kill(pid, SIGKILL);
        (void)proc_reap(pid, &status);
        return fd;
}

static int find_or_make(struct mount_idmap *idmap, struct plan *plan) {
        struct mount_map *map;
        int fd;

        for (size_t i = 0; i < plan->n_mount_maps; i++)
                if (is_same(&plan->mount_maps[i].uids, &idmap->uids) && is_same(&plan->mount_maps[i].gids, &idmap->gids))
                        return plan->mount_maps[i].fd;
        fd = make(idmap);
        if (fd < 0)
                return fd;
        map = array_append(plan->mount_maps, plan->n_mount_maps);
        *map = (struct mount_map){.uids = idmap->uids, .gids = idmap->gids, .fd = fd};
        idmap->uids = idmap->gids = (struct id_mappings){};
        return fd;
}

/* One that is joined carries the mapping itself; it is the first to be joined. */
static int find_joined(const struct plan *plan) {
        return plan->n_joins > 0 && plan->joins[0].kind == NAMESPACE_USER ? plan->joins[0].fd : -1;
}

int plan_mount_map(const struct config *config, const struct mount_config *mount, const char *path, struct plan *plan,
                   struct mount_plan *ret) {
        autodone(mount_idmap) struct mount_idmap idmap = {};
        int r = mount_idmap_decide(config, mount, path, &ret->options, &idmap);

        if (r < 0 || !idmap.asked)
                return r;
        if (ret->action == MOUNT_ACTION_LINK)
                return reject("%s: found an id mapping for the symbolic link `%s`, expected what can be mounted", path, ret->source);
        ret->has_id_map = true;
        ret->id_map_fd = idmap.is_containers ? find_joined(plan) : -1;
        if (ret->id_map_fd >= 0)
                return 0;
        /* `mounts add` joins nothing by its path, which may mean another namespace by now. */
        if (idmap.uids.count == 0)
                return reject("%s.uidMappings: found none, expected them: the container's user namespace was joined", path);
        ret->id_map_fd = find_or_make(&idmap, plan);
        return ret->id_map_fd < 0 ? within(ret->id_map_fd, "%s", path) : 0;
}

void plan_mount_maps_done(struct plan *plan) {
        for (size_t i = 0; i < plan->n_mount_maps; i++) {
                free(plan->mount_maps[i].uids.items);
                free(plan->mount_maps[i].gids.items);
                fd_close(&plan->mount_maps[i].fd);
        }
        free(plan->mount_maps);
}
