/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Golden plans: each tests/plans/NAME.json must give the plan in NAME.plan, on a machine that is made up here, so that the
 * result is the same everywhere. `test-plan NAME.json` prints a plan, to be read and then kept.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/plan/plan.h"
#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/proc.h"
#include "util/text.h"

static char bundle[] = "/tmp/tare-test-plan.XXXXXX";

static char mount_point[] = "/sys/fs/cgroup", own_path[] = "/user/shell", no_name[] = "";
static struct cgroup_hierarchy hierarchy = {.name = no_name, .mount_point = mount_point, .own_path = own_path, .v2 = true};
static const struct host host = {
        .bounding_capabilities = UINT64_C(0x1ffffffffff) & ~(UINT64_C(1) << 24), /* all but CAP_SYS_RESOURCE */
        .cgroups = {.mode = CGROUP_MODE_V2, .hierarchies = &hierarchy, .n_hierarchies = 1},
};

/* A caller without privilege, for the configs of `rootless-NAME`. */
static const struct host rootless_host = {
        .euid = 1000,
        .egid = 1001,
        .bounding_capabilities = UINT64_C(0x1ffffffffff),
        .cgroups = {.mode = CGROUP_MODE_V2, .unprivileged = true},
};

/* The temporary bundle's name differs from run to run. */
static char *name_bundle(const char *plan) {
        struct text text = TEXT_INIT;
        const char *found;

        for (; (found = strstr(plan, bundle)); plan = found + strlen(bundle)) {
                text_add_n(&text, plan, (size_t)(found - plan));
                text_add(&text, "BUNDLE");
        }
        text_add(&text, plan);
        return text_take(&text);
}

/* The plan as text, or the message of the failure. Owned by the caller. */
static char *make_plan(const char *path) {
        static const struct create_options options = {.id = "golden", .bundle = bundle};
        autodone(config) struct config config = CONFIG_INIT;
        autodone(plan) struct plan plan = PLAN_INIT;
        autodone(text) struct text text = TEXT_INIT;
        autofree char *json = NULL;
        size_t size;

        if (file_read(AT_FDCWD, path, CONFIG_SIZE_MAX, &json, &size) < 0)
                return text_format("cannot read %s", path);
        if (config_parse(json, size, "config.json", &config) < 0 || config_check(&config) < 0 ||
            plan_make(&config, &options, strstr(path, "/rootless-") ? &rootless_host : &host, &plan) < 0)
                text_add_format(&text, "error: %s\n", fail_text());
        else
                plan_print(&plan, &text);
        return name_bundle(text.bytes);
}

/* Set by meson. */
static const char *plans_directory(void) {
        static char path[4096];
        const char *tests = getenv("TEST_DIRECTORY");

        snprintf(path, sizeof(path), "%s/plans", tests ? tests : "tests");
        return path;
}

/* Only the first difference: a plan has fifty lines. */
static void check_lines(const char *name, char *found, char *expected) {
        while (found || expected) {
                char *found_line = strsep(&found, "\n"), *expected_line = strsep(&expected, "\n");

                if (found_line && expected_line && strcmp(found_line, expected_line) == 0)
                        continue;
                printf("# %s\n", name);
                CHECK_TEXT(found_line, expected_line);
                return;
        }
}

static void check_plan(const char *name) {
        autofree char *json = text_format("%s/%s", plans_directory(), name);
        autofree char *golden = text_format("%.*s.plan", (int)(strlen(json) - strlen(".json")), json);
        autofree char *expected = NULL;
        autofree char *found = make_plan(json);

        if (file_read(AT_FDCWD, golden, 1 << 20, &expected, NULL) < 0)
                expected = text_copy("(no golden plan)");
        check_lines(name, found, expected);
}

static void test_golden_plans(void) {
        DIR *directory = opendir(plans_directory());
        const struct dirent *entry;
        int n = 0;

        CHECK(directory != NULL);
        while (directory && (entry = readdir(directory))) {
                size_t length = strlen(entry->d_name);

                if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0)
                        continue;
                check_plan(entry->d_name);
                n++;
        }
        if (directory)
                closedir(directory);
        CHECK(n >= 8);
}

/* What was looked at by pid is believed only if the process lives still: else the pid may be another's. */
static void test_exec_of_one_that_ended(void) {
        static const struct process_options options = {.detach = true};
        autodone(config) struct config config = CONFIG_INIT;
        autodone(plan) struct plan plan = PLAN_INIT;
        struct cgroup cgroup = CGROUP_INIT;
        pid_t child = fork();
        autoclose int pidfd = -1;
        int status;

        if (child == 0)
                _exit(EXIT_SUCCESS);
        pidfd = proc_open(child);
        CHECK_EQUAL(proc_reap(child, &status), 0);
        CHECK(plan_exec(&config,
                        &(struct exec_target){.id = "ended", .pid = getpid(), .pidfd = pidfd, .cgroup = &cgroup},
                        &options, &host, &plan) < 0);
        CHECK_TEXT(fail_text(), "cannot exec in a stopped container");
}

/* Devices that can be moved are not everywhere: what the plan of such ones is, net-devices.bats tests. */
static void test_network_devices_in_print(void) {
        struct net_device_plan devices[] = {
                {.host_name = "eth0", .index = 2, .name = "eth0"},
                {.host_name = "eth1", .index = 3, .name = "c%d"},
        };
        struct plan plan = PLAN_INIT;
        autodone(text) struct text text = TEXT_INIT;

        plan.net_devices = devices;
        plan.n_net_devices = ELEMENTSOF(devices);
        plan_print(&plan, &text);
        CHECK_CONTAINS(text.bytes, "net device eth0 as eth0\nnet device eth1 as c%d\n");
}

static const struct test_case cases[] = {
        {"every config of tests/plans gives its golden plan", test_golden_plans},
        {"exec into one that has ended meanwhile", test_exec_of_one_that_ended},
        {"network devices in the plan's print", test_network_devices_in_print},
};

/* What a plan finds in PATH must not depend on the machine. */
static const char *const writers[] = {"newuidmap", "newgidmap"};

static void make_id_map_writers(void) {
        setenv("PATH", bundle, true);
        for (size_t i = 0; i < ELEMENTSOF(writers); i++) {
                autofree char *path = text_format("%s/%s", bundle, writers[i]);
                autoclose int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

                CHECK(fd >= 0);
        }
}

static void remove_id_map_writers(void) {
        for (size_t i = 0; i < ELEMENTSOF(writers); i++) {
                autofree char *path = text_format("%s/%s", bundle, writers[i]);

                unlink(path);
        }
}

int main(int argc, char **argv) {
        autofree char *rootfs = NULL;
        int r = EXIT_SUCCESS;

        if (!mkdtemp(bundle))
                return EXIT_FAILURE;
        rootfs = text_format("%s/rootfs", bundle);
        mkdir(rootfs, 0755);
        make_id_map_writers();
        if (argc > 1) {
                autofree char *plan = make_plan(argv[1]);

                fputs(plan, stdout);
        } else {
                r = test_run(cases, ELEMENTSOF(cases));
        }
        remove_id_map_writers();
        rmdir(rootfs);
        rmdir(bundle);
        return r;
}
