/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers on disk: ids, records good and broken, and the status that follows from the processes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcontainer/state/state.h"
#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/proc.h"
#include "util/text.h"

static char root[] = "/tmp/tare-test-state.XXXXXX";
static int root_fd = -1;

static void test_ids(void) {
        static const char *const good[] = {"a", "A-b_c+d.e", "0", "x--y"};
        static const char *const bad[] = {"", ".", "..", "../x", "a/b", "-x", ".x", "a b", "a\nb", "%n/", "\xc3\xa4", "a:b"};
        char length[300];

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                CHECK_EQUAL(state_check_id(good[i]), 0);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                CHECK(state_check_id(bad[i]) < 0);
        memset(length, 'a', sizeof(length));
        length[255] = '\0';
        CHECK_EQUAL(state_check_id(length), 0);
        length[255] = 'a';
        length[256] = '\0';
        CHECK(state_check_id(length) < 0);
}

static struct state make_state(const char *id) {
        char boot_id[BOOT_ID_MAX] = "";

        proc_boot_id(boot_id);
        return (struct state){
                .id = text_copy(id),
                .bundle = text_copy("/bundle \"with\" quotes\n"),
                .rootfs = text_copy("/rootfs"),
                .created = text_copy("2026-01-02T03:04:05.000000006Z"),
                .boot_id = text_copy(boot_id),
                .cgroup = CGROUP_INIT,
        };
}

static void test_round_trip(void) {
        autodone(state_directory) struct state_directory directory = STATE_DIRECTORY_INIT;
        autodone(state) struct state state = make_state("trip"), loaded = STATE_INIT;

        state.owner = 4294967294u;
        state.init = (struct process_identity){123, UINT64_MAX};
        state.private_pid_namespace = state.has_poststop = true;
        *array_append(state.annotations.items, state.annotations.count) = (struct string_pair){text_copy("k"), text_copy("v")};
        state.cgroup.mode = CGROUP_MODE_HYBRID;
        *array_append(state.cgroup.places, state.cgroup.n_places) =
                (struct cgroup_place){text_copy("cpu,cpuacct"), text_copy("/sys/fs/cgroup/cpu/x"), text_copy("/x"), false};
        state.resctrl = (struct resctrl){.mount_point = text_copy("/sys/fs/resctrl"), .directory = text_copy("/sys/fs/resctrl/trip"),
                                         .monitor = text_copy("/sys/fs/resctrl/trip/mon_groups/trip"), .is_owned = true};
        CHECK_EQUAL(state_reserve(root_fd, "trip", &directory), 0);
        CHECK_EQUAL(state_save(&directory, &state), 0);
        CHECK_EQUAL(state_load(&directory, &loaded), 0);
        CHECK_TEXT(loaded.bundle, state.bundle);
        CHECK_EQUAL(loaded.owner, state.owner);
        CHECK(loaded.init.start_time == UINT64_MAX);
        CHECK(loaded.private_pid_namespace && loaded.has_poststop && !loaded.has_poststart);
        CHECK_TEXT(loaded.annotations.items[0].value, "v");
        CHECK_EQUAL(loaded.cgroup.mode, CGROUP_MODE_HYBRID);
        CHECK_TEXT(loaded.cgroup.places[0].controllers, "cpu,cpuacct");
        CHECK_EQUAL(loaded.cgroup.v2_fd, -1);
        CHECK_TEXT(loaded.resctrl.mount_point, state.resctrl.mount_point);
        CHECK_TEXT(loaded.resctrl.directory, state.resctrl.directory);
        CHECK_TEXT(loaded.resctrl.monitor, state.resctrl.monitor);
        CHECK(loaded.resctrl.is_owned);
        CHECK_EQUAL(state_remove(&directory, "trip"), 0);
}

static void test_resources(void) {
        static const char config[] = "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},"
                                     "\"linux\":{\"resources\":{\"pids\":{\"limit\":5}}}}";
        autodone(state_directory) struct state_directory directory = STATE_DIRECTORY_INIT;
        autodone(cgroup_resources) struct cgroup_resources configured = {}, updated = {}, broken = {};

        CHECK_EQUAL(state_reserve(root_fd, "limits", &directory), 0);
        CHECK_EQUAL(file_replace(directory.fd, STATE_CONFIG, config, strlen(config), 0600), 0);
        CHECK_EQUAL(state_load_resources(&directory, &configured), 0);
        CHECK(configured.pids_limit.set && configured.pids_limit.value == 5);
        configured.pids_limit.value = -1;
        CHECK_EQUAL(state_save_resources(&directory, &configured), 0);
        CHECK_EQUAL(state_load_resources(&directory, &updated), 0);
        CHECK(updated.pids_limit.set && updated.pids_limit.value == -1);
        CHECK_EQUAL(file_replace(directory.fd, STATE_RESOURCES, "{", 1, 0600), 0);
        CHECK(state_load_resources(&directory, &broken) < 0);
        CHECK_CONTAINS(fail_text(), "resources.json:1:");
        CHECK_EQUAL(state_remove(&directory, "limits"), 0);
}

static void test_taken(void) {
        autodone(state_directory) struct state_directory first = STATE_DIRECTORY_INIT, second = STATE_DIRECTORY_INIT;

        CHECK_EQUAL(state_check_free(root_fd, "taken"), 0);
        CHECK_EQUAL(state_reserve(root_fd, "taken", &first), 0);
        CHECK(state_check_free(root_fd, "taken") < 0);
        CHECK(state_reserve(root_fd, "taken", &second) < 0);
        CHECK_CONTAINS(fail_text(), "container with given ID already exists");
        CHECK_EQUAL(state_remove(&first, "taken"), 0);
        CHECK_EQUAL(state_open_unlocked(root_fd, "taken", &second), -ENOENT);
        CHECK_CONTAINS(fail_text(), "container does not exist");
}

static void test_broken(void) {
        static const char *const texts[] = {"", "{", "{}", "null", "[]", "{\"id\":5}", "garbage"};
        autodone(state_directory) struct state_directory directory = STATE_DIRECTORY_INIT;

        CHECK_EQUAL(state_reserve(root_fd, "broken", &directory), 0);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                autodone(state) struct state state = STATE_INIT;

                CHECK_EQUAL(file_replace(directory.fd, "state.json", texts[i], strlen(texts[i]), 0600), 0);
                CHECK_EQUAL(state_load(&directory, &state), -EUCLEAN);
                CHECK_CONTAINS(fail_text(), "broken");
        }
        CHECK_EQUAL(state_remove(&directory, "broken"), 0);
}

static pid_t start_sleeper(void) {
        pid_t pid = fork();

        if (pid == 0) {
                pause();
                _exit(0);
        }
        return pid;
}

static void end_sleeper(pid_t pid) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}

static enum status status_of(const struct state_directory *directory, const struct state *state) {
        enum status status = STATUS_BROKEN;
        autoclose int pidfd = -1;

        CHECK_EQUAL(state_status(directory, state, &status, &pidfd), 0);
        CHECK_EQUAL(pidfd >= 0, status == STATUS_CREATED || status == STATUS_RUNNING);
        return status;
}

static void test_status(void) {
        autodone(state_directory) struct state_directory directory = STATE_DIRECTORY_INIT;
        autodone(state) struct state state = make_state("status");
        autoclose int fifo = -1;
        pid_t pid = start_sleeper();

        CHECK_EQUAL(state_reserve(root_fd, "status", &directory), 0);
        CHECK_EQUAL(status_of(&directory, &state), STATUS_STOPPED);
        CHECK_EQUAL(state_identify(getpid(), &state.creator), 0);
        CHECK_EQUAL(status_of(&directory, &state), STATUS_CREATING);
        CHECK_EQUAL(state_identify(pid, &state.init), 0);
        CHECK_EQUAL(status_of(&directory, &state), STATUS_RUNNING);
        mkfifoat(directory.fd, STATE_EXEC_FIFO, 0600);
        CHECK_EQUAL(status_of(&directory, &state), STATUS_RUNNING);
        fifo = openat(directory.fd, STATE_EXEC_FIFO, O_RDWR | O_CLOEXEC);
        CHECK_EQUAL(status_of(&directory, &state), STATUS_CREATED);
        end_sleeper(pid);
        CHECK_EQUAL(status_of(&directory, &state), STATUS_STOPPED);
        CHECK_EQUAL(state_remove(&directory, "status"), 0);
}

/* The pid is somebody else's by now: another start time, or the same after a reboot. */
static void test_other_process(void) {
        autodone(state) struct state state = make_state("other");
        struct process_identity self;

        CHECK_EQUAL(state_identify(getpid(), &self), 0);
        autoclose int pidfd = state_open_process(&state, &self);
        CHECK(pidfd >= 0);
        self.start_time++;
        CHECK_EQUAL(state_open_process(&state, &self), -ESRCH);
        self.start_time--;
        state.boot_id[0] ^= 1;
        CHECK_EQUAL(state_open_process(&state, &self), -ESRCH);
}

static void test_zombie(void) {
        autodone(state) struct state state = make_state("zombie");
        struct process_identity identity;
        siginfo_t info;
        pid_t pid = start_sleeper();

        CHECK_EQUAL(state_identify(pid, &identity), 0);
        kill(pid, SIGKILL);
        waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
        CHECK_EQUAL(state_open_process(&state, &identity), -ESRCH);
        waitpid(pid, NULL, 0);
}

static const struct test_case cases[] = {
        {"ids are plain names", test_ids},
        {"a record comes back as it was", test_round_trip},
        {"the limits in force", test_resources},
        {"an id is taken once", test_taken},
        {"a torn, empty or foreign record is broken", test_broken},
        {"the status follows from the processes", test_status},
        {"a pid that is used again is another process", test_other_process},
        {"a zombie has ended", test_zombie},
};

int main(void) {
        int r;

        if (!mkdtemp(root))
                return EXIT_FAILURE;
        root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        r = test_run(cases, ELEMENTSOF(cases));
        rmdir(root);
        return r;
}
