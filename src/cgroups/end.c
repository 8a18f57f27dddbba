/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of a container's processes and of its cgroup. Runs in the runtime's process (`kill`, `delete`, and the undo
 * of a failed `create`), also when an earlier runtime was killed half-way: everything may be there, or nothing.
 *
 * In a hybrid layout the v2 directory, which holds every process of the container from its birth, does the killing
 * and the waiting for all hierarchies; a process that was moved elsewhere in one v1 hierarchy is found when that
 * one's directory cannot be removed.
 */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroups/freezer.h"
#include "cgroups/members.h"
#include "cgroups/place.h"
#include "cgroups/systemd.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/proc.h"
#include "util/text.h"

int cgroup_pids(const struct cgroup *cgroup, pid_t **ret, size_t *ret_n) {
        const struct cgroup_place *place = place_main(cgroup);
        struct members members = {};
        int r = place ? members_list(place->directory, &members) : 0;

        if (r < 0)
                return fail(-r, "list the processes of cgroup `%s`", place->directory);
        *ret = members.pids;
        *ret_n = members.n;
        return 0;
}

/* --- signals --- */

/*
 * cgroup.kill (5.14) ends a whole tree at once, and nothing that forks meanwhile escapes. But it sends its signal to first
 * threads: a process whose first thread has ended, while others run on, does not get it.
 */
static int write_kill(const struct cgroup *cgroup) {
        const struct cgroup_place *place = place_of_v2(cgroup);
        autofree char *path = NULL;

        if (!place)
                return -ENOENT;
        path = text_format("%s/cgroup.kill", place->directory);
        return file_write(AT_FDCWD, path, "1");
}

int cgroup_thaw_all(const struct cgroup *cgroup) {
        const struct cgroup_place *place = place_of_v1(cgroup, CONTROLLER_FREEZER);
        int r;

        if (!place)
                return cgroup_thaw(cgroup);
        r = members_write(place->directory, "freezer.state", "THAWED");
        if (r < 0)
                return fail(-r, "thaw cgroup `%s`", place->directory);
        return 0;
}

static int kill_listed(const struct cgroup_place *place) {
        int r = members_signal(place->directory, SIGKILL);

        return r < 0 ? fail(-r, "kill the processes of cgroup `%s`", place->directory) : 0;
}

/*
 * Standing still, no process can fork away from the list of those to kill. A freezer that fails only makes it less
 * neat, and is not waited for as long as at `pause`: one that waits for a dead server never stands still.
 */
#define STANDSTILL_MILLISECONDS 1000

static void stand_still(const struct cgroup *cgroup) {
        if (freezer_freeze(cgroup, STANDSTILL_MILLISECONDS) < 0)
                fail_forget();
}

static int kill_all(const struct cgroup *cgroup, const struct cgroup_place *place) {
        int r, thawed;

        if (write_kill(cgroup) < 0)
                stand_still(cgroup);
        r = kill_listed(place);
        thawed = cgroup_thaw_all(cgroup);
        return r < 0 ? r : thawed;
}

int cgroup_signal(const struct cgroup *cgroup, int signal) {
        const struct cgroup_place *place = place_main(cgroup);
        int r;

        if (!place)
                return 0;
        if (signal == SIGKILL)
                return kill_all(cgroup, place);
        r = members_signal(place->directory, signal);
        if (r < 0)
                return fail(-r, "send signal %d to the processes of cgroup `%s`", signal, place->directory);
        return 0;
}

/* --- removal --- */

/* Most that an error names: who reads it wants a few names, not a thousand. */
#define MAX_NAMED 8

/* SIGKILL waits for the thaw, which is the business of whoever has frozen it. */
static bool is_held_above(const struct cgroup *cgroup) {
        const struct cgroup_place *place = place_of_v1(cgroup, CONTROLLER_FREEZER);

        if (!place)
                return false;

        autofree char *path = text_format("%s/freezer.parent_freezing", place->directory);
        autofree char *text = NULL;

        return file_read(AT_FDCWD, path, 16, &text, NULL) >= 0 && text[0] == '1';
}

static int fail_survivors(const struct cgroup *cgroup, const struct cgroup_place *place) {
        autodone(members) struct members members = {};
        autodone(text) struct text text = TEXT_INIT;

        members_list(place->directory, &members);
        if (members.n == 0)
                return fail(EBUSY, "remove cgroup `%s`", place->directory);
        for (size_t i = 0; i < members.n && i < MAX_NAMED; i++) {
                text_add(&text, i > 0 ? ", " : "");
                proc_describe(members.pids[i], &text);
        }
        if (members.n > MAX_NAMED)
                text_add(&text, ", ...");
        if (is_held_above(cgroup))
                text_add(&text, "; a cgroup above it is frozen");
        return fail(EBUSY, "remove cgroup `%s`: %zu process(es) did not end after SIGKILL: %s", place->directory,
                    members.n, text.bytes);
}

static int wait_v2_empty(const struct cgroup_place *place, int64_t deadline) {
        autoclose int fd = open(place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        return freezer_wait_event(fd, "populated 0", deadline);
}

/* Ends the members of one directory. Returns how many it had to wait for, 0 when there was nobody. */
static int end_members(const struct cgroup *cgroup, const struct cgroup_place *place, int64_t deadline) {
        bool killed = place->v2 && write_kill(cgroup) >= 0;
        int ended = members_end(place->directory, deadline), r;

        if (ended < 0 || !killed)
                return ended;
        r = wait_v2_empty(place, deadline);
        return r < 0 ? r : ended;
}

/* One round towards an empty directory. Where somebody moves in meanwhile, another one is needed. */
static int empty_place(const struct cgroup *cgroup, const struct cgroup_place *place, int64_t deadline) {
        static const struct timespec pause = {.tv_nsec = 1000000};
        int ended, removed;

        ended = end_members(cgroup, place, deadline);
        if (ended < 0)
                return ended;
        removed = members_remove_below(place->directory);
        if (removed < 0 && removed != -EBUSY)
                return removed;
        /*
         * The kernel may take a dead process off its v1 cgroup a moment after it has told those who wait for the end,
         * and that moment is announced nowhere: with nobody in sight all there is to do is to come back soon.
         */
        if (ended == 0 && removed <= 0)
                clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        return 0;
}

static int remove_place(const struct cgroup *cgroup, const struct cgroup_place *place, int64_t deadline) {
        while (rmdir(place->directory) < 0 && errno != ENOENT) {
                int r;

                if (errno != EBUSY)
                        return fail(errno, "remove cgroup `%s`", place->directory);
                r = empty_place(cgroup, place, deadline);
                if (r == -ETIMEDOUT || clock_ms_until(deadline) == 0)
                        return fail_survivors(cgroup, place);
                if (r < 0)
                        return fail(-r, "empty cgroup `%s`", place->directory);
        }
        return 0;
}

/* Removes what is empty, the usual case at `delete`. Returns how many directories are not. */
static int remove_empty(const struct cgroup *cgroup) {
        int busy = 0;

        for (size_t i = 0; i < cgroup->n_places; i++) {
                if (rmdir(cgroup->places[i].directory) == 0 || errno == ENOENT)
                        continue;
                if (errno != EBUSY)
                        return fail(errno, "remove cgroup `%s`", cgroup->places[i].directory);
                busy++;
        }
        return busy;
}

static int destroy_places(const struct cgroup *cgroup, int64_t deadline) {
        int r = remove_empty(cgroup);

        if (r <= 0)
                return r;
        r = kill_all(cgroup, place_main(cgroup));
        if (r < 0)
                return r;
        for (size_t i = 0; i < cgroup->n_places; i++) {
                r = remove_place(cgroup, &cgroup->places[i], deadline);
                if (r < 0)
                        return r;
        }
        return 0;
}

int cgroup_destroy(const struct cgroup *cgroup, int milliseconds) {
        int r;

        if (cgroup->refused)
                return 0;
        r = destroy_places(cgroup, clock_ms() + milliseconds);
        /* Last: what systemd still found inside it would ask to end, and wait for that. */
        return r < 0 || !cgroup->unit ? r : systemd_stop(cgroup);
}
