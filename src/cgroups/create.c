/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making a container's cgroup: directories, controllers, limits, owner. Runs in the runtime's process, after
 * cgroup_decide() and cgroup_check_resources() and before the container's first process.
 */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroups/apply.h"
#include "cgroups/controllers.h"
#include "cgroups/keeper.h"
#include "cgroups/parse.h"
#include "cgroups/place.h"
#include "cgroups/settings.h"
#include "cgroups/systemd.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/text.h"

/* --- directories --- */

/* mkdir -p, not above the first `top` bytes. Returns 1 when the last one was there already. */
static int make_path(char *path, size_t top) {
        char *slash;
        int r;

        if (mkdir(path, 0755) == 0)
                return 0;
        if (errno == EEXIST)
                return 1;
        slash = strrchr(path, '/');
        if (errno != ENOENT || !slash || (size_t)(slash - path) <= top)
                return -errno;
        *slash = '\0';
        r = make_path(path, top);
        *slash = '/';
        if (r < 0)
                return r;
        return mkdir(path, 0755) == 0 ? 0 : errno == EEXIST ? 1 : -errno;
}

static int make_place(const struct cgroup_place *place) {
        autofree char *path = text_copy(place->directory);
        int r = make_path(path, cgroup_mount_point_length(place));

        return r < 0 ? fail(-r, "create cgroup `%s`", place->directory) : r;
}

/* Somebody else's cgroup: takes back what was made around it and leaves it to them. */
static int refuse(struct cgroup *cgroup, const bool *made, int r) {
        for (size_t i = 0; i < cgroup->n_places; i++)
                if (made[i])
                        rmdir(cgroup->places[i].directory);
        cgroup->refused = true;
        return r;
}

/* Before systemd makes the unit: a directory that is there now was not made for us. */
static int check_unused(struct cgroup *cgroup) {
        for (size_t i = 0; i < cgroup->n_places; i++) {
                int r = place_check_unused(cgroup, &cgroup->places[i]);

                cgroup->refused = r == -EBUSY;
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Those that systemd does not make: of v1 controllers that it does not know. */
static int make_missing_places(const struct cgroup *cgroup) {
        for (size_t i = 0; i < cgroup->n_places; i++) {
                int r = make_place(&cgroup->places[i]);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int make_places(struct cgroup *cgroup, bool *ret_fresh) {
        autofree bool *made = alloc_zero(cgroup->n_places, sizeof(bool));
        bool fresh = true;

        for (size_t i = 0; i < cgroup->n_places; i++) {
                int r = make_place(&cgroup->places[i]);

                made[i] = r == 0;
                if (r == 0)
                        continue;
                if (r == 1)
                        r = place_check_unused(cgroup, &cgroup->places[i]);
                if (r == -EBUSY)
                        return refuse(cgroup, made, r);
                if (r < 0)
                        return r;
                fresh = false;
        }
        *ret_fresh = fresh;
        return 0;
}

/* --- v2: controllers --- */

/* Reads a file of one line below the first `length` bytes of a path. */
static int read_line(const char *directory, size_t length, const char *file, char **ret) {
        autofree char *path = text_format("%.*s/%s", (int)length, directory, file);
        int r = file_read(AT_FDCWD, path, 65536, ret, NULL);

        if (r < 0)
                return fail(-r, "read `%s`", path);
        *strchrnul(*ret, '\n') = '\0';
        return 0;
}

/* Calls f for each name of a list divided by blanks that the other list lacks; stops when it returns non-zero. */
static int each_missing(const char *list, const char *other, int (*f)(const char *name, int length, void *data),
                        void *data) {
        for (const char *at = list; *at;) {
                size_t length = strcspn(at, " ");
                int r = length > 0 && !controllers_list_has(other, ' ', at, length) ? f(at, (int)length, data) : 0;

                if (r != 0)
                        return r;
                at += length + (at[length] == ' ');
        }
        return 0;
}

static int say_missing(const char *name, int length, void *data) {
        (void)name, (void)length, (void)data;
        return 1;
}

/*
 * One at a time: one that cannot be enabled (it is still bound to a v1 hierarchy; real-time processes forbid cpu; a
 * cgroup above has processes) must not keep back the others. A limit that needs it will say so.
 */
static int enable_one(const char *name, int length, void *data) {
        autofree char *text = text_format("+%.*s", length, name);

        (void)file_write(AT_FDCWD, data, text);
        return 0;
}

static int enable_below(const char *directory, size_t length, const char *wanted) {
        autofree char *file = text_format("%.*s/cgroup.subtree_control", (int)length, directory);
        autofree char *enabled = NULL;
        int r = read_line(directory, length, "cgroup.subtree_control", &enabled);

        return r < 0 ? r : each_missing(wanted, enabled, enable_one, file);
}

/*
 * Beside threaded cgroups a new one is "domain invalid" and takes no process until it is threaded too, without the
 * controllers that threads cannot have, such as memory; limits that need those then say so.
 */
static int join_thread_domain(const struct cgroup_place *place) {
        autofree char *type = NULL, *file = text_format("%s/cgroup.type", place->directory);
        int r;

        r = read_line(place->directory, strlen(place->directory), "cgroup.type", &type);
        if (r < 0 || !text_equal(type, "domain invalid"))
                return r;
        r = file_write(AT_FDCWD, file, "threaded");
        return r < 0 ? fail(-r, "write `threaded` to `%s`", file) : 0;
}

/* Every controller that the top offers, in every cgroup on the way: with them come the statistics too. */
static int enable_controllers(const struct cgroup_place *place) {
        autofree char *wanted = NULL, *found = NULL;
        int r;

        r = read_line(place->directory, cgroup_mount_point_length(place), "cgroup.controllers", &wanted);
        if (r < 0 || !*wanted)
                return r;
        r = read_line(place->directory, strlen(place->directory), "cgroup.controllers", &found);
        if (r < 0 || each_missing(wanted, found, say_missing, NULL) == 0)
                return r;
        for (const char *at = place->directory + cgroup_mount_point_length(place); at; at = strchr(at + 1, '/')) {
                r = enable_below(place->directory, (size_t)(at - place->directory), wanted);
                if (r < 0)
                        return r;
        }
        return join_thread_domain(place);
}

/*
 * Beside v1 the v2 hierarchy is there for killing and waiting; its controllers are left alone unless a limit needs
 * one.
 */
static bool needs_v2_controllers(const struct cgroup *cgroup, const struct settings *settings) {
        if (cgroup->mode == CGROUP_MODE_V2)
                return true;
        for (size_t i = 0; i < settings->n; i++)
                if (settings->list[i].unified || !place_of_v1(cgroup, settings->list[i].controller))
                        return true;
        return false;
}

/* --- v2: below the place --- */

/* The keeper of a unit would be in the way of controllers, which a cgroup with processes cannot give. */
static int move_keeper(const struct cgroup *cgroup, const char *directory) {
        autofree char *file = text_format("%s/cgroup.procs", directory), *pid = NULL;
        int r;

        if (!cgroup->keeper)
                return 0;
        pid = text_format("%d", (int)cgroup->keeper->pid);
        r = file_write(AT_FDCWD, file, pid);
        return r < 0 ? fail(-r, "move process %s into cgroup `%s`", pid, directory) : 0;
}

/* Its controllers and those on the way there: all that the place has. */
static int make_sub(struct cgroup *cgroup, const struct cgroup_place *place) {
        autofree char *directory = cgroup_processes_directory(cgroup, place), *path = text_copy(directory), *wanted = NULL;
        size_t top = strlen(place->directory);
        int r;

        if (!cgroup->sub)
                return 0;
        r = make_path(path, top);
        if (r < 0)
                return fail(-r, "create cgroup `%s`", directory);
        r = move_keeper(cgroup, directory);
        if (r >= 0)
                r = read_line(place->directory, top, "cgroup.controllers", &wanted);
        for (const char *at = directory + top; r >= 0 && at; at = strchr(at + 1, '/'))
                r = enable_below(directory, (size_t)(at - directory), wanted);
        return r < 0 ? r : cgroup_open(cgroup);
}

/* --- v1: cpuset --- */

static const char *const cpuset_files[] = {"cpuset.cpus", "cpuset.mems"};

struct cpuset {
        char *values[ELEMENTSOF(cpuset_files)];
};

static void cpuset_done(struct cpuset *cpuset) {
        for (size_t i = 0; i < ELEMENTSOF(cpuset_files); i++)
                free(cpuset->values[i]);
}

static int read_cpuset(const char *path, struct cpuset *cpuset) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(cpuset_files); i++)
                r = read_line(path, strlen(path), cpuset_files[i], &cpuset->values[i]);
        return r;
}

/* Writes what is empty, with the values of the one above. */
static int inherit_cpuset(const char *path, struct cpuset *cpuset, struct cpuset *above) {
        for (size_t i = 0; i < ELEMENTSOF(cpuset_files); i++) {
                autofree char *file = text_format("%s/%s", path, cpuset_files[i]);
                int r;

                if (*cpuset->values[i])
                        continue;
                r = file_write(AT_FDCWD, file, above->values[i]);
                if (r < 0)
                        return fail(-r, "write `%s` to `%s`", above->values[i], file);
                free(cpuset->values[i]);
                cpuset->values[i] = take_ptr(&above->values[i]);
        }
        return 0;
}

/*
 * A new v1 cpuset is empty, and takes no process until it has CPUs and memory nodes. Fills the one at `path` where it
 * is empty, those above it first, and gives its values; those that the caller knows already are not read.
 */
static int fill_cpuset(char *path, size_t top, struct cpuset *cpuset) {
        autodone(cpuset) struct cpuset above = {};
        char *slash = strrchr(path, '/');
        int r = cpuset->values[0] ? 0 : read_cpuset(path, cpuset);

        if (r < 0 || (*cpuset->values[0] && *cpuset->values[1]) || (size_t)(slash - path) < top)
                return r;
        *slash = '\0';
        r = fill_cpuset(path, top, &above);
        *slash = '/';
        return r < 0 ? r : inherit_cpuset(path, cpuset, &above);
}

static int fill_v1_cpuset(const struct cgroup *cgroup, bool fresh) {
        const struct cgroup_place *place = place_of_v1(cgroup, CONTROLLER_CPUSET);
        autodone(cpuset) struct cpuset cpuset = {};
        autofree char *path = NULL;

        if (!place)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(cpuset_files) && fresh; i++)
                cpuset.values[i] = text_copy("");
        path = text_copy(place->directory);
        return fill_cpuset(path, cgroup_mount_point_length(place), &cpuset);
}

/* --- all --- */

static int make_settings(const struct cgroup *cgroup, const struct cgroup_resources *resources, bool fresh,
                         struct settings *ret) {
        struct controllers controllers;
        const struct settings_request request = {
                .resources = resources,
                .controllers = &controllers,
                .path = "linux.resources",
                .fresh = fresh,
        };

        controllers_of_cgroup(cgroup, &controllers);
        return settings_make(&request, ret);
}

static int make_unit(struct cgroup *cgroup, const struct settings *settings, const struct cgroup_resources *resources) {
        int r = check_unused(cgroup);

        if (r >= 0)
                r = systemd_start(cgroup, settings, resources);
        if (r >= 0)
                r = systemd_correct(cgroup, settings);
        return r < 0 ? r : make_missing_places(cgroup);
}

/* For the device program, before there is anything below. */
/* The kernel counts a birth against pids.max, a move never; and the keeper is one already. */
static bool forbids_birth(const struct cgroup *cgroup, const struct settings *settings) {
        uint64_t limit = UINT64_MAX;

        for (size_t i = 0; i < settings->n; i++)
                if (text_equal(settings->list[i].file, "pids.max"))
                        limit = parse_number(settings->list[i].value);
        return limit <= (cgroup->keeper ? 1 : 0) && !place_of_v1(cgroup, CONTROLLER_PIDS);
}

int cgroup_create(struct cgroup *cgroup, const struct cgroup_resources *wanted) {
        static const struct cgroup_resources none = {};
        const struct cgroup_resources *resources = wanted ? wanted : &none;
        autodone(settings) struct settings settings = {};
        const struct cgroup_place *v2 = place_of_v2(cgroup);
        bool fresh = !cgroup->unit; /* systemd has limits of its own for a unit without any */
        int r;

        if (cgroup->n_places == 0)
                return 0;
        r = fresh ? make_places(cgroup, &fresh) : 0;
        if (r >= 0)
                r = make_settings(cgroup, resources, fresh, &settings);
        if (r >= 0 && cgroup->unit)
                r = make_unit(cgroup, &settings, resources);
        if (r >= 0)
                r = place_mark(cgroup);
        if (r >= 0 && v2)
                r = place_open(cgroup, v2->directory);
        if (r >= 0 && v2 && needs_v2_controllers(cgroup, &settings))
                r = enable_controllers(v2);
        if (r >= 0)
                r = fill_v1_cpuset(cgroup, fresh);
        if (r >= 0)
                r = apply_devices(cgroup, resources, fresh);
        if (r >= 0)
                r = apply_settings(cgroup, &settings, "linux.resources");
        if (r >= 0 && v2)
                r = make_sub(cgroup, v2);
        cgroup->no_birth = forbids_birth(cgroup, &settings);
        return r;
}

/* --- delegation --- */

static int give_away(const struct cgroup *cgroup, const char *file, uid_t uid, gid_t gid) {
        autofree char *directory = cgroup_processes_directory(cgroup, place_of_v2(cgroup));
        autofree char *path = text_format("%s%s%s", directory, *file ? "/" : "", file);

        /* Not every cgroup has every file that the kernel's list names. */
        if (chown(path, uid, gid) < 0 && errno != ENOENT)
                return fail(errno, "change the owner of `%s`", path);
        return 0;
}

int cgroup_delegate(const struct cgroup *cgroup, uid_t uid, gid_t gid) {
        autofree char *list = NULL;
        int r;

        if (cgroup->mode != CGROUP_MODE_V2 || !place_of_v2(cgroup))
                return 0;
        r = file_read(AT_FDCWD, "/sys/kernel/cgroup/delegate", 65536, &list, NULL);
        if (r < 0 && r != -ENOENT)
                return fail(-r, "read `/sys/kernel/cgroup/delegate`");
        if (r < 0)
                list = text_copy("cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n");
        r = give_away(cgroup, "", uid, gid);
        for (char *at = list; *at && r >= 0;) {
                char *end = strchrnul(at, '\n'), *next = *end ? end + 1 : end;

                *end = '\0';
                r = *at ? give_away(cgroup, at, uid, gid) : 0;
                at = next;
        }
        return r;
}
