/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a container's cgroup is, on machines that are described here and on the one that runs this. */
#include "cgroups/cgroup.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/text.h"

static struct cgroup_hierarchy hybrid[] = {
        {(char *)"cpu,cpuacct", (char *)"/nowhere/cpu,cpuacct", (char *)"/", false},
        {(char *)"devices", (char *)"/nowhere/devices", (char *)"/own/scope", false},
        {(char *)"name=systemd", (char *)"/nowhere/systemd", (char *)"/own", false},
        {(char *)"", (char *)"/nowhere/unified", (char *)"/own/scope", true},
};
static struct cgroup_hierarchy unified[] = {
        {(char *)"", (char *)"/nowhere", (char *)"/own", true},
};
static const struct cgroup_host hybrid_host = {CGROUP_MODE_HYBRID, hybrid, ELEMENTSOF(hybrid)};
static const struct cgroup_host unified_host = {CGROUP_MODE_V2, unified, ELEMENTSOF(unified)};

/* The directories with blanks between, or the message of the refusal. */
static char *decide(const struct cgroup_host *host, const char *cgroups_path) {
        autodone(cgroup) struct cgroup cgroup = CGROUP_INIT;
        struct text text = TEXT_INIT;

        if (cgroup_decide(host, CGROUP_MANAGER_CGROUPFS, cgroups_path, "ID", &cgroup) < 0)
                return text_copy(fail_text());
        CHECK_EQUAL(cgroup.mode, host->mode);
        CHECK_EQUAL(cgroup.v2_fd, -1);
        for (size_t i = 0; i < cgroup.n_places; i++) {
                CHECK_TEXT(cgroup.places[i].controllers, host->hierarchies[i].name);
                CHECK_EQUAL(cgroup.places[i].v2, host->hierarchies[i].v2);
                CHECK_CONTAINS(cgroup.places[i].directory, cgroup.places[i].path);
                text_add_format(&text, "%s%s", i ? " " : "", cgroup.places[i].directory);
        }
        return text_take(&text);
}

#define CHECK_PLACES(host, cgroups_path, expected)                                                       \
        do {                                                                                             \
                autofree char *decided_ = decide((host), (cgroups_path));                                \
                CHECK_TEXT(decided_, (expected));                                                        \
        } while (0)

static void test_absent(void) {
        CHECK_PLACES(&hybrid_host, NULL,
                     "/nowhere/cpu,cpuacct/ID /nowhere/devices/own/scope/ID /nowhere/systemd/own/ID "
                     "/nowhere/unified/own/ID");
        CHECK_PLACES(&unified_host, NULL, "/nowhere/ID");
        CHECK_PLACES(&unified_host, "", "/nowhere/ID");
}

/* How many hierarchies are left of one with a directory of this mode and, in it, a cgroup.procs of that mode. */
static size_t count_kept(enum cgroup_rootless rootless, bool v2, mode_t mode, mode_t members_mode) {
        char mount_point[] = "/tmp/test-cgroup-places-XXXXXX";
        struct cgroup_host host = {.mode = v2 ? CGROUP_MODE_V2 : CGROUP_MODE_V1};
        autofree char *members = NULL;
        size_t kept;
        int fd;

        CHECK(mkdtemp(mount_point));
        members = text_format("%s/cgroup.procs", mount_point);
        fd = open(members, O_WRONLY | O_CREAT | O_CLOEXEC, members_mode);
        CHECK(fd >= 0);
        fd_close(&fd);
        CHECK_EQUAL(chown(mount_point, 65534, 65534), 0);
        CHECK_EQUAL(chown(members, 65534, 65534), 0);
        CHECK_EQUAL(chmod(mount_point, mode), 0);
        *array_append(host.hierarchies, host.n_hierarchies) = (struct cgroup_hierarchy){
                text_copy(v2 ? "" : "memory"), text_copy(mount_point), text_copy(v2 ? "/own" : "/"), v2};
        CHECK_EQUAL(seteuid(65534), 0);
        cgroup_host_drop_foreign(&host, rootless);
        CHECK_EQUAL(seteuid(0), 0);
        kept = host.n_hierarchies;
        cgroup_host_done(&host);
        unlink(members);
        rmdir(mount_point);
        return kept;
}

static void test_foreign(void) {
        if (geteuid() != 0) {
                test_skip("needs root");
                return;
        }
        CHECK_EQUAL(count_kept(CGROUP_ROOTLESS_TRUE, false, 0755, 0644), 1u);
        CHECK_EQUAL(count_kept(CGROUP_ROOTLESS_TRUE, false, 0555, 0644), 0u);
        CHECK_EQUAL(count_kept(CGROUP_ROOTLESS_TRUE, false, 0755, 0444), 1u);
        CHECK_EQUAL(count_kept(CGROUP_ROOTLESS_TRUE, true, 0755, 0644), 1u);
        CHECK_EQUAL(count_kept(CGROUP_ROOTLESS_TRUE, true, 0555, 0644), 0u);
        CHECK_EQUAL(count_kept(CGROUP_ROOTLESS_TRUE, true, 0755, 0444), 0u);
        CHECK_EQUAL(count_kept(CGROUP_ROOTLESS_FALSE, true, 0555, 0444), 1u);
        CHECK_EQUAL(count_kept(CGROUP_ROOTLESS_AUTO, true, 0555, 0444), 1u);
}

/* Nothing is left, but the machine has cgroups all the same: that is no error. */
static void test_none_left(void) {
        static const struct cgroup_host host = {CGROUP_MODE_V2, NULL, 0, true};

        CHECK_PLACES(&host, NULL, "");
}

static void test_absolute(void) {
        CHECK_PLACES(&hybrid_host, "/docker/X",
                     "/nowhere/cpu,cpuacct/docker/X /nowhere/devices/docker/X /nowhere/systemd/docker/X "
                     "/nowhere/unified/docker/X");
        CHECK_PLACES(&unified_host, "//a/./b//c/", "/nowhere/a/b/c");
}

static void test_relative(void) {
        CHECK_PLACES(&hybrid_host, "a/b",
                     "/nowhere/cpu,cpuacct/a/b /nowhere/devices/own/scope/a/b /nowhere/systemd/own/a/b "
                     "/nowhere/unified/own/a/b");
        CHECK_PLACES(&unified_host, "a/b", "/nowhere/a/b");
        CHECK_PLACES(&unified_host, "system.slice:runc:ID", "/nowhere/system.slice:runc:ID");
}

static void test_refused(void) {
        static const char *const outside[] = {"../../x", "/a/../b", "..", "/..", "a/.."};

        for (size_t i = 0; i < ELEMENTSOF(outside); i++) {
                autofree char *decided = decide(&unified_host, outside[i]);

                CHECK_CONTAINS(decided, "has a component \"..\"");
        }
        CHECK_PLACES(&unified_host, "/a/..b", "/nowhere/a/..b");
        CHECK_PLACES(&hybrid_host, "/",
                     "linux.cgroupsPath: \"/\" is the top of the hierarchy, not a container's own cgroup");
        CHECK_PLACES(&hybrid_host, "/./",
                     "linux.cgroupsPath: \"/./\" is the top of the hierarchy, not a container's own cgroup");
}

static void test_managers(void) {
        const struct cgroup_host none = {};
        autodone(cgroup) struct cgroup cgroup = CGROUP_INIT;
        struct cgroup_undo undo;
        pid_t *pids;
        size_t n;
        bool frozen = true;

        CHECK_EQUAL(cgroup_decide(&unified_host, CGROUP_MANAGER_SYSTEMD, "/x", "ID", &cgroup), -EINVAL);
        CHECK_CONTAINS(fail_text(), "systemd");
        CHECK_EQUAL(cgroup_decide(&none, CGROUP_MANAGER_CGROUPFS, NULL, "ID", &cgroup), -EINVAL);
        CHECK_EQUAL(cgroup_decide(&none, CGROUP_MANAGER_DISABLED, "/a/../b", "ID", &cgroup), 0);
        CHECK_EQUAL(cgroup.n_places, 0);
        CHECK_EQUAL(cgroup_create(&cgroup, &(struct cgroup_resources){}), 0);
        CHECK_EQUAL(cgroup_update(&cgroup, &(struct cgroup_resources){}, &undo), 0);
        CHECK_EQUAL(cgroup_delegate(&cgroup, 1, 1), 0);
        CHECK_EQUAL(cgroup_birth_fd(&cgroup), -1);
        CHECK_EQUAL(cgroup_attach(&cgroup, 1, false), 0);
        CHECK_EQUAL(cgroup_freeze(&cgroup), 0);
        CHECK_EQUAL(cgroup_is_frozen(&cgroup, &frozen), 0);
        CHECK(!frozen);
        CHECK_EQUAL(cgroup_thaw(&cgroup), 0);
        CHECK_EQUAL(cgroup_signal(&cgroup, 9), 0);
        CHECK_EQUAL(cgroup_pids(&cgroup, &pids, &n), 0);
        CHECK_EQUAL(n, 0);
        free(pids);
        CHECK(!cgroup_tell_oom(&cgroup));
        CHECK_EQUAL(cgroup_destroy(&cgroup, 0), 0);
}

static void test_probe(void) {
        autodone(cgroup_host) struct cgroup_host host = CGROUP_HOST_INIT;
        bool v1 = false, v2 = false;

        CHECK_EQUAL(cgroup_host_probe(&host), 0);
        for (size_t i = 0; i < host.n_hierarchies; i++) {
                const struct cgroup_hierarchy *hierarchy = &host.hierarchies[i];

                v1 |= !hierarchy->v2;
                v2 |= hierarchy->v2;
                CHECK_EQUAL(hierarchy->mount_point[0], '/');
                CHECK_EQUAL(hierarchy->own_path[0], '/');
                CHECK_EQUAL(hierarchy->v2, hierarchy->name[0] == '\0');
        }
        CHECK_EQUAL(host.mode, v1 && v2 ? CGROUP_MODE_HYBRID
                               : v1     ? CGROUP_MODE_V1
                               : v2     ? CGROUP_MODE_V2
                                        : CGROUP_MODE_NONE);
}

static const struct test_case cases[] = {
        {"no cgroupsPath: the id, beside or below the runtime", test_absent},
        {"hierarchies where the caller may not make a cgroup", test_foreign},
        {"no hierarchy left", test_none_left},
        {"an absolute cgroupsPath", test_absolute},
        {"a relative cgroupsPath", test_relative},
        {"\"..\" and the top are refused", test_refused},
        {"other managers", test_managers},
        {"the probe finds this machine's hierarchies", test_probe},
};

TEST_MAIN(cases)
