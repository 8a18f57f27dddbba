/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ways into a cgroup: by birth (v2), by being moved, by moving oneself (v1), and for `exec` into the very cgroup
 * where the container's processes are now. Runs in the runtime's process; cgroup_entrance_pass() in the child.
 */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroups/controllers.h"
#include "cgroups/keeper.h"
#include "cgroups/parse.h"
#include "cgroups/place.h"
#include "cgroups/systemd.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/path.h"
#include "util/text.h"

/* --- by birth --- */

int cgroup_open(struct cgroup *cgroup) {
        const struct cgroup_place *place = place_of_v2(cgroup);
        autofree char *directory = place ? cgroup_processes_directory(cgroup, place) : NULL;

        return place ? place_open(cgroup, directory) : 0;
}

int cgroup_birth_fd(const struct cgroup *cgroup) {
        return cgroup->no_birth ? -1 : cgroup->v2_fd;
}

/* --- the keeper --- */

#define RELEASE_MILLISECONDS 30000

int cgroup_release(const struct cgroup *cgroup) {
        return cgroup->keeper ? keeper_release(cgroup->keeper, RELEASE_MILLISECONDS) : 0;
}

/* --- by being moved --- */

int cgroup_attach(const struct cgroup *cgroup, pid_t pid, bool born) {
        char text[16];

        snprintf(text, sizeof(text), "%d", pid);
        for (size_t i = 0; i < cgroup->n_places; i++) {
                const struct cgroup_place *place = &cgroup->places[i];
                autofree char *directory = cgroup_processes_directory(cgroup, place), *file = NULL;
                int r;

                if (place->v2 && born)
                        continue;
                file = text_format("%s/cgroup.procs", directory);
                r = file_write(AT_FDCWD, file, text);
                /* From a session of the user's into what is delegated to the user's systemd: only systemd may. */
                if ((r == -EACCES || r == -EPERM) && place->v2 && cgroup->user_unit)
                        return systemd_attach(cgroup, pid);
                if (r < 0)
                        return fail(-r, "move process %d into cgroup `%s`", pid, directory);
        }
        return 0;
}

/* --- by moving oneself --- */

/*
 * "0" in the v1 file `tasks` is the calling thread: it cannot exit or exec while it is moved, so the kernel need not
 * take the lock of all forks and exits, which waits for an RCU grace period. In `cgroup.procs` it would. (kernel:
 * cgroup_procs_write_start().)
 */
int cgroup_entrance_open(const struct cgroup *cgroup, struct cgroup_entrance *ret) {
        autodone(cgroup_entrance) struct cgroup_entrance entrance = CGROUP_ENTRANCE_INIT;

        entrance.hold_fd = cgroup->keeper ? cgroup->keeper->hold_fd : -1;
        entrance.fds = alloc_zero(cgroup->n_places, sizeof(int));
        for (; entrance.n < cgroup->n_places; entrance.n++) {
                const struct cgroup_place *place = &cgroup->places[entrance.n];
                autofree char *file = NULL;

                entrance.fds[entrance.n] = -1;
                if (place->v2)
                        continue;
                file = text_format("%s/tasks", place->directory);
                entrance.fds[entrance.n] = open(file, O_WRONLY | O_CLOEXEC);
                if (entrance.fds[entrance.n] < 0)
                        return fail(errno, "open `%s`", file);
        }
        *ret = take_struct(&entrance, CGROUP_ENTRANCE_INIT);
        return 0;
}

int cgroup_entrance_pass(const struct cgroup_entrance *entrance) {
        for (size_t i = 0; i < entrance->n; i++)
                if (entrance->fds[i] >= 0 && write(entrance->fds[i], "0", 1) < 0)
                        return fail(errno, "enter the container's cgroup");
        if (entrance->hold_fd >= 0)
                close(entrance->hold_fd);
        return 0;
}

void cgroup_entrance_done(struct cgroup_entrance *entrance) {
        for (size_t i = 0; i < entrance->n; i++)
                fd_close(&entrance->fds[i]);
        free(entrance->fds);
        *entrance = CGROUP_ENTRANCE_INIT;
}

/* --- into another cgroup than the recorded one --- */

static void set_path(struct cgroup_place *place, const char *path) {
        char *directory = text_format("%.*s%s", (int)cgroup_mount_point_length(place), place->directory, path);

        free(place->directory);
        free(place->path);
        place->directory = directory;
        place->path = text_copy(path);
}

/* Once the v2 place is where the processes are. */
static void forget_sub(struct cgroup *cgroup) {
        free(cgroup->sub);
        cgroup->sub = NULL;
}

int cgroup_follow(struct cgroup *cgroup, pid_t pid) {
        autofree char *file = text_format("/proc/%d/cgroup", pid), *text = NULL;
        char *rest, *line, *controllers, *path;
        int r;

        r = file_read(AT_FDCWD, file, 1 << 20, &text, NULL);
        if (r < 0)
                return fail(-r, "read `%s`", file);
        rest = text;
        while ((line = parse_part(&rest, '\n'))) {
                if (!parse_membership(line, &controllers, &path) || parse_has_dotdot(path))
                        continue;
                for (size_t i = 0; i < cgroup->n_places; i++)
                        if (text_equal(cgroup->places[i].controllers, controllers))
                                set_path(&cgroup->places[i], path);
        }
        forget_sub(cgroup);
        return cgroup_open(cgroup);
}

/* A controller of its own is a thing of v1. */
static bool is_selected(const struct cgroup_place *place, const char *controller) {
        if (!controller)
                return true;
        return !place->v2 && controllers_list_has(place->controllers, ',', controller, strlen(controller));
}

int cgroup_select_sub(struct cgroup *cgroup, const char *controller, const char *path) {
        bool found = false;

        if (parse_has_dotdot(path))
                return reject("bad sub cgroup path: %s", path);
        for (size_t i = 0; i < cgroup->n_places; i++) {
                struct cgroup_place *place = &cgroup->places[i];
                const char *sub = place->v2 && cgroup->sub ? cgroup->sub : "";
                autofree char *joined = text_format("%s/%s/%s", place->path, sub, path), *clean = path_clean(joined);

                if (!is_selected(place, controller))
                        continue;
                found = true;
                set_path(place, clean);
                if (place->v2)
                        forget_sub(cgroup);
                if (access(place->directory, F_OK) < 0)
                        return fail(errno, "bad sub cgroup path: %s: open `%s`", path, place->directory);
        }
        if (controller && !found)
                return reject("unknown controller %s in sub cgroup path %s", controller, path);
        return cgroup_open(cgroup);
}
