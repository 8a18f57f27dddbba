/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Real cgroups, real processes. Needs root. On a hybrid machine every case that may differ runs twice, with the v2
 * hierarchy and without it, as on a v1 machine.
 */
#include "cgroups/cgroup.h"
#include "cgroups/controllers.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/text.h"

#define DEADLINE_MS 5000
#define I64(n) {.set = true, .value = (n)}

static bool without_v2;
static const struct cgroup_resources no_resources = {};

/* --- the frame --- */

struct fixture {
        struct cgroup_host host;
        struct cgroup cgroup;
        char *parent, *path; /* "/tare-test-PID", "/tare-test-PID/c" */
};

static void hide_v2(struct cgroup_host *host) {
        for (size_t i = 0; i < host->n_hierarchies; i++)
                if (host->hierarchies[i].v2) {
                        free(host->hierarchies[i].mount_point);
                        free(host->hierarchies[i].own_path);
                        free(host->hierarchies[i].name);
                        host->hierarchies[i] = host->hierarchies[--host->n_hierarchies];
                        host->mode = CGROUP_MODE_V1;
                }
}

/* False, with the case skipped, when it cannot run here. */
static bool fixture_init(struct fixture *fixture) {
        *fixture = (struct fixture){.cgroup = CGROUP_INIT};
        if (geteuid() != 0) {
                test_skip("needs root");
                return false;
        }
        CHECK_EQUAL(cgroup_host_probe(&fixture->host), 0);
        if (without_v2 && fixture->host.mode != CGROUP_MODE_HYBRID) {
                test_skip("this machine is not hybrid");
                return false;
        }
        if (without_v2)
                hide_v2(&fixture->host);
        if (fixture->host.mode == CGROUP_MODE_NONE) {
                test_skip("no cgroup file system");
                return false;
        }
        fixture->parent = text_format("/tare-test-%d", getpid());
        fixture->path = text_format("%s/c", fixture->parent);
        CHECK_EQUAL(cgroup_decide(&fixture->host, CGROUP_MANAGER_CGROUPFS, fixture->path, "c", &fixture->cgroup), 0);
        return fixture->cgroup.n_places > 0;
}

static void fixture_done(struct fixture *fixture) {
        if (cgroup_destroy(&fixture->cgroup, DEADLINE_MS) < 0)
                printf("# %s\n", fail_text());
        for (size_t i = 0; i < fixture->host.n_hierarchies && fixture->parent; i++) {
                const char *mount_point = fixture->host.hierarchies[i].mount_point;
                autofree char *directory = text_format("%s%s", mount_point, fixture->parent);

                CHECK(rmdir(directory) == 0 || errno == ENOENT);
        }
        cgroup_done(&fixture->cgroup);
        cgroup_host_done(&fixture->host);
        free(fixture->parent);
        free(fixture->path);
}

static void check_ok(int r, int line) {
        if (r < 0)
                printf("# line %d: %s\n", line, fail_text());
        CHECK(r >= 0);
}
#define CHECK_OK(r) check_ok((r), __LINE__)

static const struct cgroup_place *v2_place(const struct fixture *fixture) {
        for (size_t i = 0; i < fixture->cgroup.n_places; i++)
                if (fixture->cgroup.places[i].v2)
                        return &fixture->cgroup.places[i];
        return NULL;
}

/* The path of a file in the place that has the v1 controller, or else in the v2 one; NULL when neither is there. */
static char *file_of(const struct fixture *fixture, const char *controller, const char *v1_file, const char *v2_file) {
        const struct cgroup_place *v2 = v2_place(fixture);

        for (size_t i = 0; i < fixture->cgroup.n_places; i++)
                if (controllers_list_has(fixture->cgroup.places[i].controllers, ',', controller, strlen(controller)))
                        return text_format("%s/%s", fixture->cgroup.places[i].directory, v1_file);
        return v2 ? text_format("%s/%s", v2->directory, v2_file) : NULL;
}

static char *read_text(const char *path) {
        char *text = NULL;

        if (!path || file_read(AT_FDCWD, path, 65536, &text, NULL) < 0)
                return text_copy("(none)");
        *strchrnul(text, '\n') = '\0';
        return text;
}

static bool exists(const char *path) {
        return access(path, F_OK) == 0;
}

static bool any_exists(const struct fixture *fixture) {
        for (size_t i = 0; i < fixture->cgroup.n_places; i++)
                if (exists(fixture->cgroup.places[i].directory))
                        return true;
        return false;
}

/*
 * A child that waits inside the cgroup, then runs f and exits with its result. Returns its pid; *ret_start starts it.
 */
static pid_t spawn(const struct cgroup *cgroup, int (*f)(void), int *ret_start) {
        int start[2];
        pid_t pid;

        CHECK(pipe2(start, O_CLOEXEC) == 0);
        pid = fork();
        if (pid == 0) {
                char byte;

                close(start[1]);
                if (read(start[0], &byte, 1) != 1)
                        _exit(99);
                _exit(f());
        }
        close(start[0]);
        CHECK_OK(cgroup_attach(cgroup, pid, false));
        *ret_start = start[1];
        return pid;
}

static pid_t start(const struct cgroup *cgroup, int (*f)(void)) {
        autoclose int fd = -1;
        pid_t pid = spawn(cgroup, f, &fd);

        CHECK(write(fd, "x", 1) == 1);
        return pid;
}

static int wait_status(pid_t pid) {
        int status = -1;

        CHECK(waitpid(pid, &status, 0) == pid);
        return status;
}

static int run_in(const struct cgroup *cgroup, int (*f)(void)) {
        int status = wait_status(start(cgroup, f));

        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int sleep_long(void) {
        while (pause() < 0)
                continue;
        return 0;
}

static void check_killed(pid_t pid) {
        int status = wait_status(pid);

        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* --- life and end --- */

static void test_life(void) {
        autodone(fixture) struct fixture fixture;
        pid_t pid, *pids;
        size_t n;

        if (!fixture_init(&fixture))
                return;
        CHECK(!any_exists(&fixture));
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        for (size_t i = 0; i < fixture.cgroup.n_places; i++)
                CHECK(exists(fixture.cgroup.places[i].directory));
        CHECK_EQUAL(cgroup_birth_fd(&fixture.cgroup) >= 0, v2_place(&fixture) != NULL);
        pid = start(&fixture.cgroup, sleep_long);
        CHECK_OK(cgroup_pids(&fixture.cgroup, &pids, &n));
        CHECK_EQUAL(n, 1);
        CHECK_EQUAL(n ? pids[0] : 0, pid);
        free(pids);
        CHECK_OK(cgroup_signal(&fixture.cgroup, SIGTERM));
        CHECK_EQUAL(WTERMSIG(wait_status(pid)), SIGTERM);
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        CHECK(!any_exists(&fixture));
        /* What other containers may use stays. */
        for (size_t i = 0; i < fixture.cgroup.n_places; i++)
                *strrchr(fixture.cgroup.places[i].directory, '/') = '\0';
        CHECK(any_exists(&fixture));
        for (size_t i = 0; i < fixture.cgroup.n_places; i++)
                strcat(fixture.cgroup.places[i].directory, "/c");
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
}

static void test_birth(void) {
        autodone(fixture) struct fixture fixture;
        struct clone_args arguments = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
        autofree char *own = NULL;
        pid_t pid;

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        if (cgroup_birth_fd(&fixture.cgroup) < 0) {
                test_skip("no v2 hierarchy");
                return;
        }
        arguments.cgroup = (uint64_t)cgroup_birth_fd(&fixture.cgroup);
        pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
        if (pid == 0)
                _exit(sleep_long());
        CHECK(pid > 0);
        CHECK_OK(cgroup_attach(&fixture.cgroup, pid, true));
        own = text_format("/proc/%d/cgroup", pid);
        if (fixture.host.mode == CGROUP_MODE_V2 || fixture.host.mode == CGROUP_MODE_HYBRID) {
                autofree char *text = NULL;

                CHECK_EQUAL(file_read(AT_FDCWD, own, 65536, &text, NULL), 0);
                CHECK_CONTAINS(text, "0::");
                CHECK_CONTAINS(strstr(text, "0::"), fixture.path);
        }
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        check_killed(pid);
}

/* In how many places the process is. */
static size_t count_places_of(const struct fixture *fixture, pid_t pid) {
        autofree char *text = NULL, *path = text_format("/proc/%d/cgroup", pid);
        size_t n = 0;

        CHECK_EQUAL(file_read(AT_FDCWD, path, 65536, &text, NULL), 0);
        for (size_t i = 0; i < fixture->cgroup.n_places; i++) {
                const struct cgroup_place *place = &fixture->cgroup.places[i];
                autofree char *line = text_format(":%s:%s\n", place->controllers, place->path);

                n += strstr(text, line) != NULL;
        }
        return n;
}

static void test_entrance(void) {
        autodone(fixture) struct fixture fixture;
        autodone(cgroup_entrance) struct cgroup_entrance entrance = CGROUP_ENTRANCE_INIT;
        int inside[2];
        char byte;
        pid_t pid;

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        CHECK_OK(cgroup_entrance_open(&fixture.cgroup, &entrance));
        CHECK(pipe2(inside, O_CLOEXEC) == 0);
        pid = fork();
        if (pid == 0) {
                if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || cgroup_entrance_pass(&entrance) < 0)
                        _exit(1);
                _exit(write(inside[1], "x", 1) == 1 ? sleep_long() : 2);
        }
        close(inside[1]);
        CHECK(read(inside[0], &byte, 1) == 1);
        close(inside[0]);
        CHECK_EQUAL(count_places_of(&fixture, pid), fixture.cgroup.n_places - (v2_place(&fixture) != NULL));
        CHECK_OK(cgroup_attach(&fixture.cgroup, pid, false));
        CHECK_EQUAL(count_places_of(&fixture, pid), fixture.cgroup.n_places);
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        check_killed(pid);
}

/* Children, grandchildren and new ones all the time. */
static int fork_without_end(void) {
        for (;;) {
                pid_t pid = fork();

                if (pid == 0 && fork() == 0)
                        usleep(1000);
                if (pid == 0)
                        continue;
                if (pid > 0 && random() % 4 == 0)
                        _exit(0);
                usleep(500);
        }
}

static void test_fork_bomb(void) {
        static const struct cgroup_resources some_pids = {.pids_limit = I64(200)};
        autodone(fixture) struct fixture fixture;
        struct timespec a_moment = {.tv_nsec = 50000000};
        pid_t pid;

        if (!fixture_init(&fixture))
                return;
        if (cgroup_check_resources(&fixture.host, &some_pids, "linux.resources") < 0) {
                test_skip("no pids controller");
                return;
        }
        CHECK_OK(cgroup_create(&fixture.cgroup, &some_pids));
        pid = start(&fixture.cgroup, fork_without_end);
        nanosleep(&a_moment, NULL);
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        CHECK(!any_exists(&fixture));
        wait_status(pid);
}

/* Few processes at a time, always other ones: whoever reads its pid and then kills it comes too late. */
static int run_away(void) {
        for (;;)
                if (fork() > 0)
                        _exit(0);
}

static void test_run_away(void) {
        autodone(fixture) struct fixture fixture;
        struct timespec a_moment = {.tv_nsec = 5000000};
        pid_t *pids;
        size_t n;

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        for (int i = 0; i < 8; i++)
                wait_status(start(&fixture.cgroup, run_away));
        nanosleep(&a_moment, NULL);
        CHECK_OK(cgroup_signal(&fixture.cgroup, SIGKILL));
        for (int tries = 0; tries == 0 || (n > 0 && tries < 1000); tries++) {
                nanosleep(&a_moment, NULL);
                CHECK_OK(cgroup_pids(&fixture.cgroup, &pids, &n));
                free(pids);
        }
        CHECK_EQUAL(n, 0);
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        CHECK(!any_exists(&fixture));
}

/* --- sub-cgroups --- */

static void make_below(const struct fixture *fixture, const char *name) {
        for (size_t i = 0; i < fixture->cgroup.n_places; i++) {
                autofree char *path = text_format("%s/%s", fixture->cgroup.places[i].directory, name);

                CHECK(mkdir(path, 0755) == 0);
        }
}

static void move_below(const struct fixture *fixture, const char *name, pid_t pid) {
        autofree char *text = text_format("%d", pid);

        for (size_t i = 0; i < fixture->cgroup.n_places; i++) {
                autofree char *path = text_format("%s/%s/cgroup.procs", fixture->cgroup.places[i].directory, name);

                /* A v1 cpuset without CPUs takes nobody: that one stays where it is. */
                if (!strstr(fixture->cgroup.places[i].controllers, "cpuset"))
                        CHECK_EQUAL(file_write(AT_FDCWD, path, text), 0);
        }
}

static void test_sub_cgroups(void) {
        autodone(fixture) struct fixture fixture;
        pid_t pid, *pids;
        size_t n;

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        make_below(&fixture, "a");
        make_below(&fixture, "a/b");
        make_below(&fixture, "d");
        pid = start(&fixture.cgroup, sleep_long);
        move_below(&fixture, "a/b", pid);
        CHECK_OK(cgroup_pids(&fixture.cgroup, &pids, &n));
        CHECK_EQUAL(n, 1);
        free(pids);
        CHECK_OK(cgroup_signal(&fixture.cgroup, SIGKILL));
        check_killed(pid);
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        CHECK(!any_exists(&fixture));
}

static void test_follow(void) {
        autodone(fixture) struct fixture fixture;
        struct cgroup *cgroup = &fixture.cgroup;
        autofree char *below = NULL;
        pid_t pid;

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(cgroup, &no_resources));
        make_below(&fixture, "a");
        pid = start(cgroup, sleep_long);
        CHECK_OK(cgroup_follow(cgroup, pid));
        CHECK_TEXT(cgroup->places[0].path, fixture.path);
        move_below(&fixture, "a", pid);
        CHECK_OK(cgroup_follow(cgroup, pid));
        below = text_format("%s/a", fixture.path);
        for (size_t i = 0; i < cgroup->n_places; i++) {
                bool stayed = strstr(cgroup->places[i].controllers, "cpuset");

                CHECK_TEXT(cgroup->places[i].path, stayed ? fixture.path : below);
        }
        CHECK_EQUAL(count_places_of(&fixture, pid), cgroup->n_places);
        cgroup_done(cgroup);
        kill(pid, SIGKILL);
        check_killed(pid);
        CHECK_OK(cgroup_decide(&fixture.host, CGROUP_MANAGER_CGROUPFS, fixture.path, "c", cgroup));
}

static void test_select_sub(void) {
        autodone(fixture) struct fixture fixture;
        struct cgroup *cgroup = &fixture.cgroup;
        const char *controller;

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(cgroup, &no_resources));
        make_below(&fixture, "a");
        CHECK_EQUAL(cgroup_select_sub(cgroup, NULL, "../x"), -EINVAL);
        CHECK_TEXT(fail_text(), "bad sub cgroup path: ../x");
        CHECK_EQUAL(cgroup_select_sub(cgroup, "nonsense", "a"), -EINVAL);
        controller = cgroup->places[0].v2 ? NULL : cgroup->places[0].controllers;
        if (controller) {
                CHECK_OK(cgroup_select_sub(cgroup, controller, "a"));
                CHECK_CONTAINS(cgroup->places[0].directory, "/c/a");
                CHECK_TEXT(cgroup->places[1].path, fixture.path);
        }
        cgroup_done(cgroup);
        CHECK_OK(cgroup_decide(&fixture.host, CGROUP_MANAGER_CGROUPFS, fixture.path, "c", cgroup));
        CHECK_OK(cgroup_select_sub(cgroup, NULL, "/a"));
        for (size_t i = 0; i < cgroup->n_places; i++)
                CHECK_CONTAINS(cgroup->places[i].directory, "/c/a");
        CHECK_EQUAL(cgroup_select_sub(cgroup, NULL, "b"), -ENOENT);
        CHECK_CONTAINS(fail_text(), "bad sub cgroup path: b");
        cgroup_done(cgroup);
        CHECK_OK(cgroup_decide(&fixture.host, CGROUP_MANAGER_CGROUPFS, fixture.path, "c", cgroup));
}

/* Deeper than there are descriptors and than a path may be long. */
static void test_deep(void) {
        autodone(fixture) struct fixture fixture;
        const struct rlimit few = {32, 32};
        struct rlimit before;
        int fd, depth = 0;

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        fd = open(fixture.cgroup.places[0].directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        for (; depth < 100 && fd >= 0; depth++) {
                static const char name[] = "a-directory-with-a-rather-long-name-so-that-the-path-gets-long";
                int next;

                CHECK(mkdirat(fd, name, 0755) == 0);
                next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                close(fd);
                fd = next;
        }
        if (fd >= 0)
                close(fd);
        CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
        CHECK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){few.rlim_cur, before.rlim_max}) == 0);
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
        CHECK(!any_exists(&fixture));
}

/* --- refusals --- */

static void test_in_use(void) {
        autodone(fixture) struct fixture fixture;
        autodone(cgroup) struct cgroup second = CGROUP_INIT, third = CGROUP_INIT;
        pid_t pid;

        if (!fixture_init(&fixture))
                return;
        /* Decided while it was free, made by another meanwhile. */
        CHECK_OK(cgroup_decide(&fixture.host, CGROUP_MANAGER_CGROUPFS, fixture.path, "x", &second));
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        pid = start(&fixture.cgroup, sleep_long);
        CHECK_EQUAL(cgroup_create(&second, &no_resources), -EBUSY);
        CHECK_CONTAINS(fail_text(), "container's cgroup is not empty: 1 process(es) found");
        CHECK_OK(cgroup_destroy(&second, DEADLINE_MS));
        CHECK_EQUAL(waitpid(pid, NULL, WNOHANG), 0);
        CHECK(any_exists(&fixture));
        CHECK_EQUAL(cgroup_decide(&fixture.host, CGROUP_MANAGER_CGROUPFS, fixture.path, "x", &third), -EBUSY);
        CHECK_CONTAINS(fail_text(), "container's cgroup is not empty: 1 process(es) found");
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        check_killed(pid);
}

/* In use in one hierarchy only: what was made in the others before that showed is taken back. */
static void test_in_use_in_one(void) {
        autodone(fixture) struct fixture fixture;
        const struct cgroup_place *last;
        autofree char *file = NULL, *text = NULL;
        pid_t pid;

        if (!fixture_init(&fixture))
                return;
        last = &fixture.cgroup.places[fixture.cgroup.n_places - 1];
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        CHECK(mkdir(last->directory, 0755) == 0);
        pid = fork();
        if (pid == 0)
                _exit(sleep_long());
        file = text_format("%s/cgroup.procs", last->directory);
        text = text_format("%d", pid);
        CHECK_EQUAL(file_write(AT_FDCWD, file, text), 0);
        CHECK_EQUAL(cgroup_create(&fixture.cgroup, &no_resources), -EBUSY);
        for (size_t i = 0; i < fixture.cgroup.n_places; i++)
                CHECK_EQUAL(exists(fixture.cgroup.places[i].directory), &fixture.cgroup.places[i] == last);
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        CHECK_EQUAL(waitpid(pid, NULL, WNOHANG), 0);
        kill(pid, SIGKILL);
        check_killed(pid);
        fixture.cgroup.refused = false;
}

static void disable_controllers(const char *mount_point, const char *path) {
        autofree char *file = text_format("%s%s/cgroup.subtree_control", mount_point, path), *list = read_text(file);

        for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
                autofree char *text = text_format("-%s", name);

                CHECK_EQUAL(file_write(AT_FDCWD, file, text), 0);
        }
}

/* Beside a threaded cgroup only another one can be. */
static void test_threaded(void) {
        autodone(fixture) struct fixture fixture;
        const struct cgroup_place *place;
        autofree char *sibling = NULL, *type = NULL;
        pid_t pid;

        if (!fixture_init(&fixture))
                return;
        place = v2_place(&fixture);
        if (!place || fixture.host.mode != CGROUP_MODE_V2) {
                test_skip("not only v2 here");
                return;
        }
        sibling = text_format("%.*s/x", (int)(strlen(place->directory) - strlen("/c")), place->directory);
        type = text_format("%s/cgroup.type", sibling);
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        disable_controllers(fixture.host.hierarchies[0].mount_point, fixture.parent);
        CHECK(mkdir(sibling, 0755) == 0);
        CHECK_EQUAL(file_write(AT_FDCWD, type, "threaded"), 0);
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        pid = start(&fixture.cgroup, sleep_long);
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        check_killed(pid);
        CHECK(rmdir(sibling) == 0);
}

static void test_found_frozen(void) {
        autodone(fixture) struct fixture fixture;
        autodone(cgroup) struct cgroup second = CGROUP_INIT;

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        CHECK_OK(cgroup_freeze(&fixture.cgroup));
        CHECK_EQUAL(cgroup_decide(&fixture.host, CGROUP_MANAGER_CGROUPFS, fixture.path, "c", &second), -EBUSY);
        CHECK_CONTAINS(fail_text(), "container's cgroup unexpectedly frozen");
        CHECK_OK(cgroup_thaw(&fixture.cgroup));
        CHECK_OK(cgroup_decide(&fixture.host, CGROUP_MANAGER_CGROUPFS, fixture.path, "c", &second));
        CHECK_OK(cgroup_create(&second, &no_resources));
}

/* --- freezing --- */

static int count_without_end(void) {
        for (volatile unsigned long n = 0;; n++)
                if (n % 1000000 == 0 && fork() == 0)
                        _exit(0);
}

static void test_freeze(void) {
        autodone(fixture) struct fixture fixture;
        bool frozen = true;
        pid_t pid;

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        CHECK_OK(cgroup_is_frozen(&fixture.cgroup, &frozen));
        CHECK(!frozen);
        pid = start(&fixture.cgroup, count_without_end);
        for (int i = 0; i < 20; i++) {
                CHECK_OK(cgroup_freeze(&fixture.cgroup));
                CHECK_OK(cgroup_is_frozen(&fixture.cgroup, &frozen));
                CHECK(frozen);
                CHECK_OK(cgroup_thaw(&fixture.cgroup));
                CHECK_OK(cgroup_is_frozen(&fixture.cgroup, &frozen));
                CHECK(!frozen);
        }
        CHECK_OK(cgroup_freeze(&fixture.cgroup));
        CHECK_OK(cgroup_signal(&fixture.cgroup, SIGKILL));
        check_killed(pid);
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
}

/* A sub-cgroup that the container froze itself. */
static void test_frozen_below(void) {
        autodone(fixture) struct fixture fixture;
        autofree char *file = NULL;
        pid_t pid;

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        make_below(&fixture, "a");
        pid = start(&fixture.cgroup, sleep_long);
        move_below(&fixture, "a", pid);
        file = file_of(&fixture, "freezer", "a/freezer.state", "a/cgroup.freeze");
        CHECK_EQUAL(file_write(AT_FDCWD, file, strstr(file, "freezer.state") ? "FROZEN" : "1"), 0);
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        check_killed(pid);
}

/* A process that no signal ends: the v1 freezer holds it from above. The error names it, and trying again works. */
static void test_survivor(void) {
        autodone(fixture) struct fixture fixture;
        autofree char *file = NULL, *expected = NULL;
        pid_t pid;

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        file = file_of(&fixture, "freezer", "../freezer.state", "");
        if (!strstr(file, "freezer.state")) {
                test_skip("no v1 freezer");
                return;
        }
        pid = start(&fixture.cgroup, sleep_long);
        CHECK_EQUAL(file_write(AT_FDCWD, file, "FROZEN"), 0);
        CHECK_EQUAL(cgroup_destroy(&fixture.cgroup, 100), -EBUSY);
        expected = text_format("1 process(es) did not end after SIGKILL: %d (state ", pid);
        CHECK_CONTAINS(fail_text(), expected);
        CHECK_EQUAL(file_write(AT_FDCWD, file, "THAWED"), 0);
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        check_killed(pid);
}

/* --- limits --- */

struct expected {
        const char *controller, *v1_file, *v2_file, *v1_value, *v2_value;
};

static void check_file(const struct fixture *fixture, const struct expected *expected) {
        autofree char *path = file_of(fixture, expected->controller, expected->v1_file, expected->v2_file);
        autofree char *text = read_text(path);
        const struct cgroup_place *v2 = v2_place(fixture);
        bool is_v2 = v2 && text_after(path, v2->directory);

        CHECK_TEXT(text, is_v2 ? expected->v2_value : expected->v1_value);
}
#define CHECK_FILE(fixture, ...) check_file((fixture), &(const struct expected){__VA_ARGS__})

/* False, with the case skipped, when the machine has not all the controllers. */
static bool create_with(struct fixture *fixture, const struct cgroup_resources *resources) {
        if (!fixture_init(fixture))
                return false;
        if (cgroup_check_resources(&fixture->host, resources, "linux.resources") < 0) {
                CHECK(strstr(fail_text(), "which is not available") || strstr(fail_text(), "has cgroup v1 only"));
                test_skip(fail_text());
                return false;
        }
        CHECK_OK(cgroup_create(&fixture->cgroup, resources));
        return true;
}

static void test_limits(void) {
        static const struct cgroup_resources resources = {
                .memory = {.limit = I64(64 << 20), .reservation = I64(32 << 20), .swap = I64(96 << 20)},
                .cpu = {.shares = I64(512), .quota = I64(20000), .period = I64(50000), .burst = I64(5000),
                        .cpus = (char *)"0", .mems = (char *)"0"},
                .pids_limit = I64(77),
        };
        autodone(fixture) struct fixture fixture;

        if (!create_with(&fixture, &resources))
                return;
        CHECK_FILE(&fixture, "memory", "memory.limit_in_bytes", "memory.max", "67108864", "67108864");
        CHECK_FILE(&fixture, "memory", "memory.soft_limit_in_bytes", "memory.low", "33554432", "33554432");
        CHECK_FILE(&fixture, "memory", "memory.memsw.limit_in_bytes", "memory.swap.max", "100663296", "33554432");
        CHECK_FILE(&fixture, "cpu", "cpu.shares", "cpu.weight", "512", "59");
        CHECK_FILE(&fixture, "cpu", "cpu.cfs_quota_us", "cpu.max", "20000", "20000 50000");
        CHECK_FILE(&fixture, "cpu", "cpu.cfs_burst_us", "cpu.max.burst", "5000", "5000");
        CHECK_FILE(&fixture, "cpuset", "cpuset.cpus", "cpuset.cpus", "0", "0");
        CHECK_FILE(&fixture, "pids", "pids.max", "pids.max", "77", "77");
}

/* Which file there is depends on the machine's I/O schedulers, and there may be none. */
static void test_io_weight(void) {
        static const struct cgroup_resources resources = {.block_io = {.weight = I64(500)}};
        autodone(fixture) struct fixture fixture;
        autofree char *bfq = NULL;

        if (!fixture_init(&fixture))
                return;
        if (cgroup_check_resources(&fixture.host, &resources, "linux.resources") < 0) {
                test_skip(fail_text());
                return;
        }
        if (cgroup_create(&fixture.cgroup, &resources) < 0) {
                CHECK_CONTAINS(fail_text(), "linux.resources.blockIO.weight: write `500` to `");
                CHECK_CONTAINS(fail_text(), "`: no such file or directory");
                return;
        }
        bfq = file_of(&fixture, "blkio", "blkio.bfq.weight", "io.bfq.weight");
        if (exists(bfq))
                CHECK_FILE(&fixture, "blkio", "blkio.bfq.weight", "io.bfq.weight", "500", "default 500");
        else
                CHECK_FILE(&fixture, "blkio", "blkio.weight", "io.weight", "500", "default 4950");
}

static int update(const struct fixture *fixture, const struct cgroup_resources *resources) {
        autodone(cgroup_undo) struct cgroup_undo undo = CGROUP_UNDO_INIT;

        return cgroup_update(&fixture->cgroup, resources, &undo);
}

static void test_update(void) {
        static const struct cgroup_resources before = {
                .memory = {.limit = I64(64 << 20), .swap = I64(64 << 20)},
                .cpu = {.quota = I64(20000), .period = I64(50000)},
                .pids_limit = I64(77),
        };
        static const struct cgroup_resources more = {
                .memory = {.limit = I64(128 << 20), .swap = I64(128 << 20)},
                .cpu = {.quota = I64(200000), .burst = I64(100000)},
        };
        static const struct cgroup_resources less = {
                .memory = {.limit = I64(32 << 20), .swap = I64(32 << 20)},
                .cpu = {.period = I64(100000)},
                .pids_limit = I64(-1),
        };
        autodone(fixture) struct fixture fixture;

        if (!create_with(&fixture, &before))
                return;
        CHECK_OK(update(&fixture, &more));
        CHECK_FILE(&fixture, "memory", "memory.limit_in_bytes", "memory.max", "134217728", "134217728");
        CHECK_FILE(&fixture, "memory", "memory.memsw.limit_in_bytes", "memory.swap.max", "134217728", "0");
        CHECK_FILE(&fixture, "cpu", "cpu.cfs_burst_us", "cpu.max.burst", "100000", "100000");
        CHECK_FILE(&fixture, "cpu", "cpu.cfs_quota_us", "cpu.max", "200000", "200000 50000");
        CHECK_FILE(&fixture, "pids", "pids.max", "pids.max", "77", "77");
        CHECK_OK(update(&fixture, &less));
        CHECK_FILE(&fixture, "memory", "memory.limit_in_bytes", "memory.max", "33554432", "33554432");
        CHECK_FILE(&fixture, "memory", "memory.memsw.limit_in_bytes", "memory.swap.max", "33554432", "0");
        CHECK_FILE(&fixture, "cpu", "cpu.cfs_period_us", "cpu.max", "100000", "200000 100000");
        CHECK_FILE(&fixture, "pids", "pids.max", "pids.max", "max", "max");
}

/* The last value is refused: what was written before has its old value again. */
static void test_update_undone(void) {
        static const struct cgroup_resources before = {
                .memory = {.limit = I64(64 << 20), .swap = I64(96 << 20)},
                .cpu = {.quota = I64(20000), .period = I64(50000), .shares = I64(300)},
                .pids_limit = I64(77),
        };
        static const struct cgroup_resources more = {
                .memory = {.limit = I64(128 << 20), .swap = I64(160 << 20)},
                .cpu = {.idle = I64(1), .quota = I64(1), .period = I64(1)},
                .pids_limit = I64(88),
        };
        static const struct cgroup_resources right = {
                .memory = {.limit = I64(32 << 20), .swap = I64(32 << 20)},
                .cpu = {.idle = I64(1)},
                .pids_limit = I64(-1),
        };
        autodone(cgroup_undo) struct cgroup_undo undo = CGROUP_UNDO_INIT;
        autodone(fixture) struct fixture fixture;

        if (!create_with(&fixture, &before))
                return;
        for (int round = 0; round < 2; round++) {
                if (round == 0) {
                        CHECK_EQUAL(update(&fixture, &more), -EINVAL);
                        CHECK_CONTAINS(fail_text(), "linux.resources.cpu.");
                } else {
                        /* And the other way, when it is the caller who fails. */
                        CHECK_OK(cgroup_update(&fixture.cgroup, &right, &undo));
                        CHECK_FILE(&fixture, "memory", "memory.limit_in_bytes", "memory.max", "33554432", "33554432");
                        cgroup_undo_apply(&undo);
                }
                CHECK_FILE(&fixture, "memory", "memory.limit_in_bytes", "memory.max", "67108864", "67108864");
                CHECK_FILE(&fixture, "memory", "memory.memsw.limit_in_bytes", "memory.swap.max", "100663296", "33554432");
                CHECK_FILE(&fixture, "cpu", "cpu.cfs_quota_us", "cpu.max", "20000", "20000 50000");
                CHECK_FILE(&fixture, "cpu", "cpu.cfs_period_us", "cpu.max", "50000", "20000 50000");
                CHECK_FILE(&fixture, "cpu", "cpu.idle", "cpu.idle", "0", "0");
                CHECK_FILE(&fixture, "cpu", "cpu.shares", "cpu.weight", "300", "39");
                CHECK_FILE(&fixture, "pids", "pids.max", "pids.max", "77", "77");
        }
}

/* --- a cgroup of v2 that a folder with a few files plays, for what this machine's kernel has no cgroup for --- */

struct folder {
        char directory[sizeof("/tmp/tare-test-XXXXXX")];
        struct cgroup_place place;
        struct cgroup cgroup;
};

static void folder_init(struct folder *folder) {
        *folder = (struct folder){.directory = "/tmp/tare-test-XXXXXX"};
        CHECK(mkdtemp(folder->directory) != NULL);
        folder->place = (struct cgroup_place){
                .controllers = (char *)"", .directory = folder->directory, .path = folder->directory, .v2 = true};
        folder->cgroup = (struct cgroup){.mode = CGROUP_MODE_V2, .places = &folder->place, .n_places = 1, .v2_fd = -1};
}

static void folder_done(struct folder *folder) {
        CHECK_EQUAL(file_remove_tree(AT_FDCWD, folder->directory), 0);
}

static void folder_file(const struct folder *folder, const char *name, const char *content) {
        autofree char *path = text_format("%s/%s", folder->directory, name);

        CHECK_OK(file_replace(AT_FDCWD, path, content, strlen(content), 0600));
}

static void check_folder(const struct folder *folder, const char *name, const char *expected) {
        autofree char *path = text_format("%s/%s", folder->directory, name), *held = read_text(path);

        CHECK_TEXT(held, expected);
}

/* --- updates with checkBeforeUpdate --- */

/* `text`: NULL when the limit is taken. */
static void check_against_usage(const struct cgroup_resources *resources, const char *text) {
        autodone(cgroup_undo) struct cgroup_undo undo = CGROUP_UNDO_INIT;
        autodone(folder) struct folder folder;

        folder_init(&folder);
        folder_file(&folder, "memory.current", "33554432\n");
        folder_file(&folder, "memory.max", "max\n");
        folder_file(&folder, "memory.high", "max\n");
        CHECK_EQUAL(cgroup_update(&folder.cgroup, resources, &undo), text ? -EBUSY : 0);
        if (!text)
                return;
        CHECK_TEXT(fail_text(), text);
        check_folder(&folder, "memory.max", "max");
}

static void check_file_against_usage(const char *file, const char *value, const char *text) {
        struct cgroup_unified list[] = {{(char *)file, (char *)value}};
        struct cgroup_resources resources = {
                .memory = {.check_before_update = {.set = true, .value = true}}, .unified = list, .n_unified = 1};

        check_against_usage(&resources, text);
        resources.memory.check_before_update.value = false;
        check_against_usage(&resources, NULL);
}

static void test_against_usage(void) {
        static const struct cgroup_resources at = {
                .memory = {.limit = I64(32 << 20), .check_before_update = {.set = true, .value = true}}};
        static const struct cgroup_resources above = {
                .memory = {.limit = I64((32 << 20) + 1), .check_before_update = {.set = true, .value = true}}};

        check_against_usage(&at, "linux.resources.memory.limit: rejecting memory limit 33554432 <= usage 33554432");
        check_against_usage(&above, NULL);
        check_file_against_usage("memory.max", "33554432", "linux.resources.unified.memory.max: rejecting memory limit "
                                                           "33554432 <= usage 33554432");
        check_file_against_usage("memory.max", "33554433", NULL);
        check_file_against_usage("memory.max", "max", NULL);
        /* All that the kernel can read. */
        check_file_against_usage("memory.max", "16M\n", "linux.resources.unified.memory.max: rejecting memory limit "
                                                        "16777216 <= usage 33554432");
        check_file_against_usage("memory.max", "0x1000k", "linux.resources.unified.memory.max: rejecting memory limit "
                                                          "4194304 <= usage 33554432");
        check_file_against_usage("memory.max", "1t", NULL);
        check_file_against_usage("memory.max", "16E", NULL);
        /* This one slows down and kills nobody. */
        check_file_against_usage("memory.high", "1", NULL);
}

static int hold_memory(void) {
        char *bytes = mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);

        if (bytes == MAP_FAILED)
                return 1;
        memset(bytes, 1, 32 << 20);
        return kill(getppid(), SIGUSR1) < 0 ? 2 : sleep_long();
}

static void test_below_usage(void) {
        static const struct cgroup_resources before = {.memory = {.limit = I64(64 << 20)}};
        static const struct cgroup_resources less = {
                .memory = {.limit = I64(16 << 20), .check_before_update = {.set = true, .value = true}},
        };
        autodone(fixture) struct fixture fixture;
        sigset_t usr1;
        int signal;
        pid_t pid;

        if (!create_with(&fixture, &before))
                return;
        sigemptyset(&usr1);
        sigaddset(&usr1, SIGUSR1);
        sigprocmask(SIG_BLOCK, &usr1, NULL);
        pid = start(&fixture.cgroup, hold_memory);
        CHECK(sigwait(&usr1, &signal) == 0);
        CHECK_EQUAL(update(&fixture, &less), -EBUSY);
        CHECK_CONTAINS(fail_text(), "linux.resources.memory.limit: ");
        CHECK_EQUAL(waitpid(pid, NULL, WNOHANG), 0);
        CHECK_FILE(&fixture, "memory", "memory.limit_in_bytes", "memory.max", "67108864", "67108864");
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        check_killed(pid);
}

static void test_no_pids(void) {
        static const struct cgroup_resources resources = {.pids_limit = I64(0)};
        autodone(fixture) struct fixture fixture;
        int status;

        if (!create_with(&fixture, &resources))
                return;
        CHECK_FILE(&fixture, "pids", "pids.max", "pids.max", "0", "0");
        CHECK_EQUAL(cgroup_birth_fd(&fixture.cgroup) >= 0, fixture.host.mode == CGROUP_MODE_HYBRID);
        status = run_in(&fixture.cgroup, (int (*)(void))fork);
        CHECK_EQUAL(status, 255);
}

static void test_kernel_refuses(void) {
        static const struct cgroup_resources resources = {.cpu = {.cpus = (char *)"4000"}};
        autodone(fixture) struct fixture fixture;

        if (!fixture_init(&fixture))
                return;
        if (cgroup_check_resources(&fixture.host, &resources, "linux.resources") < 0) {
                test_skip(fail_text());
                return;
        }
        CHECK(cgroup_create(&fixture.cgroup, &resources) < 0);
        CHECK_CONTAINS(fail_text(), "linux.resources.cpu.cpus: write `4000` to `cpuset.cpus`: ");
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        CHECK(!any_exists(&fixture));
}

static int eat_memory(void) {
        for (;;) {
                char *bytes = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

                if (bytes == MAP_FAILED)
                        return 1;
                memset(bytes, 1, 1 << 20);
        }
}

/* v2 has it since Linux 5.19. */
static bool has_peak(const struct fixture *fixture) {
        autofree char *file = file_of(fixture, "memory", "memory.max_usage_in_bytes", "memory.peak");

        return file && exists(file);
}

static void test_oom(void) {
        static const struct cgroup_resources resources = {.memory = {.limit = I64(8 << 20), .swap = I64(8 << 20)}};
        autodone(fixture) struct fixture fixture;
        autofree char *told = NULL;

        if (!create_with(&fixture, &resources))
                return;
        CHECK(!cgroup_tell_oom(&fixture.cgroup));
        CHECK_EQUAL(run_in(&fixture.cgroup, eat_memory), -SIGKILL);
        told = cgroup_tell_oom(&fixture.cgroup);
        CHECK_TEXT(told, has_peak(&fixture) ? "limit 8388608 bytes, peak 8388608 bytes, oom_kill 1" : "limit 8388608 bytes, oom_kill 1");
}

/* Whether there is something to ask for, and that of this kind. */
static bool wakes(const struct cgroup_watch *watch, size_t which, int milliseconds) {
        struct pollfd fds[CGROUP_WATCH_FDS];

        cgroup_watch_poll(watch, fds);
        return poll(fds, CGROUP_WATCH_FDS, milliseconds) > 0 && fds[which].revents != 0;
}

static void test_watch_oom(void) {
        static const struct cgroup_resources resources = {.memory = {.limit = I64(8 << 20), .swap = I64(8 << 20)}};
        autodone(cgroup_watch) struct cgroup_watch watch = CGROUP_WATCH_INIT;
        autodone(fixture) struct fixture fixture;

        if (!create_with(&fixture, &resources))
                return;
        /* What was before is not told. */
        CHECK_EQUAL(run_in(&fixture.cgroup, eat_memory), -SIGKILL);
        CHECK_OK(cgroup_watch_open(&fixture.cgroup, &watch));
        CHECK(!wakes(&watch, 0, 0));
        CHECK(!cgroup_watch_oom(&watch));
        CHECK_EQUAL(run_in(&fixture.cgroup, eat_memory), -SIGKILL);
        CHECK(wakes(&watch, 0, DEADLINE_MS));
        CHECK(cgroup_watch_oom(&watch));
        CHECK(!wakes(&watch, 0, 0));
        CHECK(!cgroup_watch_oom(&watch));
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        /* The cgroup's end wakes as well, once, and is no lack of memory. */
        CHECK(wakes(&watch, 0, DEADLINE_MS));
        CHECK(!cgroup_watch_oom(&watch));
        CHECK(!wakes(&watch, 0, 0));
}

static void test_watch_end(void) {
        autodone(cgroup_watch) struct cgroup_watch watch = CGROUP_WATCH_INIT;
        autodone(fixture) struct fixture fixture;
        pid_t pid;

        if (!fixture_init(&fixture))
                return;
        if (!v2_place(&fixture)) {
                test_skip("no v2 hierarchy");
                return;
        }
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        fixture.cgroup.mode = CGROUP_MODE_V2;
        pid = start(&fixture.cgroup, sleep_long);
        CHECK_OK(cgroup_watch_open(&fixture.cgroup, &watch));
        CHECK(!wakes(&watch, 1, 0));
        CHECK(!cgroup_watch_is_empty(&watch));
        CHECK(kill(pid, SIGKILL) == 0);
        check_killed(pid);
        CHECK(wakes(&watch, 1, DEADLINE_MS));
        CHECK(cgroup_watch_is_empty(&watch));
        CHECK_OK(cgroup_destroy(&fixture.cgroup, DEADLINE_MS));
        CHECK(cgroup_watch_is_empty(&watch));
}

static void test_watch_nothing(void) {
        autodone(cgroup_watch) struct cgroup_watch watch = CGROUP_WATCH_INIT;
        const struct cgroup none = CGROUP_INIT;

        CHECK_OK(cgroup_watch_open(&none, &watch));
        CHECK(!wakes(&watch, 0, 0));
        CHECK(!cgroup_watch_oom(&watch));
        CHECK(!cgroup_watch_is_empty(&watch));
}

static void test_hugepages(void) {
        static struct cgroup_hugepage_limit limits[] = {{(char *)"2MB", 4194304}}, wrong[] = {{(char *)"3MB", 3}};
        static struct cgroup_hugepage_limit higher[] = {{(char *)"2MB", 6291456}};
        static const struct cgroup_resources resources = {.hugepage_limits = limits, .n_hugepage_limits = 1};
        static const struct cgroup_resources more = {.hugepage_limits = higher, .n_hugepage_limits = 1};
        static const struct cgroup_resources no_such_size = {.hugepage_limits = wrong, .n_hugepage_limits = 1};
        autodone(cgroup_undo) struct cgroup_undo undo = CGROUP_UNDO_INIT;
        autodone(fixture) struct fixture fixture;
        autofree char *path = NULL, *faults = NULL;

        if (!create_with(&fixture, &resources))
                return;
        CHECK_FILE(&fixture, "hugetlb", "hugetlb.2MB.rsvd.limit_in_bytes", "hugetlb.2MB.rsvd.max", "4194304",
                   "4194304");
        path = file_of(&fixture, "hugetlb", "hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.max");
        faults = read_text(path);
        CHECK(!text_equal(faults, "4194304"));
        CHECK_OK(cgroup_update(&fixture.cgroup, &more, &undo));
        CHECK_FILE(&fixture, "hugetlb", "hugetlb.2MB.rsvd.limit_in_bytes", "hugetlb.2MB.rsvd.max", "6291456",
                   "6291456");
        cgroup_undo_apply(&undo);
        CHECK_FILE(&fixture, "hugetlb", "hugetlb.2MB.rsvd.limit_in_bytes", "hugetlb.2MB.rsvd.max", "4194304",
                   "4194304");
        CHECK_FILE(&fixture, "hugetlb", "hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.max", faults, faults);
        CHECK_EQUAL(cgroup_check_resources(&fixture.host, &no_such_size, "linux.resources"), -EINVAL);
        CHECK_CONTAINS(fail_text(), "linux.resources.hugepageLimits[0].pageSize: this machine has no huge pages of");
}

/* A kernel before 5.7. */
static void test_hugepages_without_reservations(void) {
        static struct cgroup_hugepage_limit limits[] = {{(char *)"2MB", 4194304}};
        static const struct cgroup_resources resources = {.hugepage_limits = limits, .n_hugepage_limits = 1};
        autodone(cgroup_undo) struct cgroup_undo undo = CGROUP_UNDO_INIT;
        autodone(folder) struct folder folder;

        folder_init(&folder);
        folder_file(&folder, "hugetlb.2MB.max", "6291456\n");
        CHECK_OK(cgroup_update(&folder.cgroup, &resources, &undo));
        check_folder(&folder, "hugetlb.2MB.max", "4194304");
        cgroup_undo_apply(&undo);
        check_folder(&folder, "hugetlb.2MB.max", "6291456");
}

/* In the record an update changes what `unified` said of the file that it writes, and of no other. */
static void test_hugepages_over_unified(void) {
        static struct cgroup_hugepage_limit limits[] = {{(char *)"2MB", 4194304}};
        static struct cgroup_unified list[] = {{(char *)"hugetlb.2MB.max", (char *)"6291456"},
                                               {(char *)"hugetlb.2MB.rsvd.max", (char *)"8388608"}};
        static const struct cgroup_resources before = {.unified = list, .n_unified = 2};
        struct cgroup_resources first = before, wanted = {.hugepage_limits = limits, .n_hugepage_limits = 1};
        autodone(cgroup_resources) struct cgroup_resources merged = {};
        autodone(fixture) struct fixture fixture;

        if (!create_with(&fixture, &before))
                return;
        CHECK_EQUAL(cgroup_resources_merge(&fixture.cgroup, &merged, &first), 0);
        CHECK_EQUAL(cgroup_resources_merge(&fixture.cgroup, &merged, &wanted), 0);
        CHECK_TEXT(merged.unified[0].value, "6291456");
        CHECK_TEXT(merged.unified[1].value, "4194304");
}

static void test_unified(void) {
        static struct cgroup_unified list[] = {{(char *)"cgroup.max.depth", (char *)"3"}};
        static struct cgroup_unified wrong[] = {{(char *)"cgroup.nonsense", (char *)"3"}};
        static const struct cgroup_resources resources = {.unified = list, .n_unified = 1};
        static const struct cgroup_resources nonsense = {.unified = wrong, .n_unified = 1};
        autodone(fixture) struct fixture fixture;

        if (!create_with(&fixture, &resources))
                return;
        CHECK_FILE(&fixture, "-", "", "cgroup.max.depth", "", "3");
        CHECK_EQUAL(update(&fixture, &nonsense), -ENOENT);
        CHECK_TEXT(fail_text(),
                   "linux.resources.unified.cgroup.nonsense: write `3` to `cgroup.nonsense`: "
                   "no such file or directory");
}

/* --- devices --- */

static int try_devices(void) {
        int fd = open("/dev/null", O_RDWR);

        if (fd < 0 || close(fd) < 0)
                return 1;
        if (open("/dev/kmsg", O_WRONLY) >= 0 || errno != EPERM)
                return 2;
        if (open("/dev/kmsg", O_RDONLY) < 0)
                return 3;
        if (access("/dev/kmsg", F_OK) < 0)
                return 4;
        return 0;
}

static void test_devices(void) {
        static struct cgroup_device_rule rules[] = {
                {.access = (char *)"rwm"},
                {.allow = true, .type = CGROUP_DEVICE_CHAR, .major = I64(1), .minor = I64(11), .access = (char *)"r"},
        };
        static const struct cgroup_resources resources = {.devices = rules, .n_devices = ELEMENTSOF(rules)};
        autodone(fixture) struct fixture fixture;

        if (!create_with(&fixture, &resources))
                return;
        CHECK_EQUAL(run_in(&fixture.cgroup, try_devices), 0);
}

static int open_kmsg(void) {
        return open("/dev/kmsg", O_RDWR) < 0;
}

static void test_all_devices(void) {
        static struct cgroup_device_rule rules[] = {{.access = (char *)"rwm"}, {.allow = true}};
        static const struct cgroup_resources resources = {.devices = rules, .n_devices = ELEMENTSOF(rules)};
        static const struct cgroup_resources deny_all = {.devices = rules, .n_devices = 1};
        autodone(fixture) struct fixture fixture;

        if (!create_with(&fixture, &resources))
                return;
        CHECK_EQUAL(run_in(&fixture.cgroup, open_kmsg), 0);
        /* The same cgroup again, left behind empty: the rules of the one before do not add up with the new ones. */
        CHECK_OK(cgroup_create(&fixture.cgroup, &deny_all));
        CHECK_EQUAL(run_in(&fixture.cgroup, open_kmsg), 1);
        CHECK_OK(cgroup_create(&fixture.cgroup, &resources));
        CHECK_EQUAL(run_in(&fixture.cgroup, open_kmsg), 0);
}

static void test_devices_hole(void) {
        static struct cgroup_device_rule rules[] = {
                {.allow = true, .type = CGROUP_DEVICE_CHAR, .major = I64(1)},
                {.type = CGROUP_DEVICE_CHAR, .major = I64(1), .minor = I64(11)},
        };
        static const struct cgroup_resources resources = {.devices = rules, .n_devices = ELEMENTSOF(rules)};
        autodone(fixture) struct fixture fixture;

        if (!fixture_init(&fixture))
                return;
        if (fixture.host.mode != CGROUP_MODE_V2) {
                CHECK_EQUAL(cgroup_check_resources(&fixture.host, &resources, "linux.resources"), -EINVAL);
                CHECK_CONTAINS(fail_text(), "linux.resources.devices: cgroup v1 has no");
                return;
        }
        CHECK_OK(cgroup_create(&fixture.cgroup, &resources));
        CHECK_EQUAL(run_in(&fixture.cgroup, open_kmsg), 1);
}

/* --- delegation --- */

static void test_delegate(void) {
        autodone(fixture) struct fixture fixture;
        static const char *const given[] = {"", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads"};
        static const char *const kept[] = {"/cgroup.freeze", "/cgroup.max.depth"};

        if (!fixture_init(&fixture))
                return;
        CHECK_OK(cgroup_create(&fixture.cgroup, &no_resources));
        CHECK_OK(cgroup_delegate(&fixture.cgroup, 1234, 5678));
        for (size_t i = 0; i < ELEMENTSOF(given) + ELEMENTSOF(kept); i++) {
                bool is_given = i < ELEMENTSOF(given) && fixture.host.mode == CGROUP_MODE_V2;
                const char *file = i < ELEMENTSOF(given) ? given[i] : kept[i - ELEMENTSOF(given)];
                const struct cgroup_place *place = &fixture.cgroup.places[fixture.cgroup.n_places - 1];
                autofree char *path = text_format("%s%s", place->directory, file);
                struct stat stat_of;

                if (stat(path, &stat_of) < 0)
                        continue;
                CHECK_EQUAL(stat_of.st_uid, is_given ? 1234 : 0);
                CHECK_EQUAL(stat_of.st_gid, is_given ? 5678 : 0);
        }
}

/* --- each with and without v2 --- */

#define TWICE(f)                                                                                         \
        static void f##_without_v2(void) {                                                               \
                without_v2 = true;                                                                       \
                f();                                                                                     \
                without_v2 = false;                                                                      \
        }

TWICE(test_life)
TWICE(test_fork_bomb)
TWICE(test_run_away)
TWICE(test_sub_cgroups)
TWICE(test_in_use)
TWICE(test_found_frozen)
TWICE(test_freeze)
TWICE(test_frozen_below)
TWICE(test_survivor)

static const struct test_case cases[] = {
        {"create, attach, list, signal, destroy", test_life},
        {"create, attach, list, signal, destroy, v1", test_life_without_v2},
        {"birth in the v2 directory", test_birth},
        {"a child moves itself in", test_entrance},
        {"the end of a fork bomb", test_fork_bomb},
        {"the end of a fork bomb, v1", test_fork_bomb_without_v2},
        {"the end of a process that runs away", test_run_away},
        {"the end of a process that runs away, v1", test_run_away_without_v2},
        {"sub-cgroups end with their container", test_sub_cgroups},
        {"sub-cgroups end with their container, v1", test_sub_cgroups_without_v2},
        {"following processes into sub-cgroups", test_follow},
        {"selecting sub-cgroups", test_select_sub},
        {"very deep sub-cgroups", test_deep},
        {"a cgroup in use is refused and left alone", test_in_use},
        {"a cgroup in use is refused and left alone, v1", test_in_use_without_v2},
        {"a cgroup in use in one hierarchy", test_in_use_in_one},
        {"a frozen cgroup is refused", test_found_frozen},
        {"a frozen cgroup is refused, v1", test_found_frozen_without_v2},
        {"beside a threaded cgroup", test_threaded},
        {"freeze and thaw", test_freeze},
        {"freeze and thaw, v1", test_freeze_without_v2},
        {"a frozen sub-cgroup does not survive", test_frozen_below},
        {"a frozen sub-cgroup does not survive, v1", test_frozen_below_without_v2},
        {"what survives is named, and the end can be tried again", test_survivor},
        {"what survives is named, and the end can be tried again, v1", test_survivor_without_v2},
        {"limits", test_limits},
        {"blockIO.weight", test_io_weight},
        {"update", test_update},
        {"an update that fails is undone", test_update_undone},
        {"checkBeforeUpdate", test_against_usage},
        {"a memory limit below what is used, with checkBeforeUpdate", test_below_usage},
        {"pids.limit 0", test_no_pids},
        {"what the kernel refuses is named", test_kernel_refuses},
        {"OOM kills are counted", test_oom},
        {"a lack of memory is told once", test_watch_oom},
        {"the end of the last process is told", test_watch_end},
        {"without a cgroup there is nothing to tell", test_watch_nothing},
        {"hugepageLimits", test_hugepages},
        {"hugepageLimits: a kernel without a limit of reservations", test_hugepages_without_reservations},
        {"hugepageLimits: a file that unified named before", test_hugepages_over_unified},
        {"unified", test_unified},
        {"device rules", test_devices},
        {"device rules do not add up", test_all_devices},
        {"a device forbidden amid allowed ones", test_devices_hole},
        {"delegation", test_delegate},
};

TEST_MAIN(cases)
