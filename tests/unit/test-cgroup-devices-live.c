/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The device program of v2 in the kernel, against the model: random lists of rules, and for each whether a process in the cgroup
 * may make, read and write device nodes. Needs root and a v2 hierarchy. What a node leads to is never opened: access(2) asks the
 * program as open(2) does.
 */
#include "cgroups/cgroup.h"
#include "cgroups/device-program.h"
#include "device-model.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/text.h"

#define LISTS 10000
/* Of the numbers from here on, which are for local use. */
#define FIRST_MAJOR 60
#define NUMBERS 4

struct fixture {
        char *cgroup, *folder;
        int cgroup_fd, folder_fd;
};

static const char *make_cgroup(struct fixture *fixture) {
        autodone(cgroup_host) struct cgroup_host host = CGROUP_HOST_INIT;

        if (cgroup_host_probe(&host) < 0)
                return fail_text();
        for (size_t i = 0; i < host.n_hierarchies; i++)
                if (host.hierarchies[i].v2)
                        fixture->cgroup = text_format("%s/tare-test-devices-%d", host.hierarchies[i].mount_point, (int)getpid());
        if (!fixture->cgroup)
                return "no v2 hierarchy";
        if (mkdir(fixture->cgroup, 0755) < 0)
                return "no cgroup can be made";
        fixture->cgroup_fd = open(fixture->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return NULL;
}

static const char *fixture_init(struct fixture *fixture) {
        *fixture = (struct fixture){.cgroup_fd = -1, .folder_fd = -1};
        if (geteuid() != 0)
                return "needs root";
        fixture->folder = text_copy(access("/dev/shm", W_OK) == 0 ? "/dev/shm/tare-test.XXXXXX" : "/tmp/tare-test.XXXXXX");
        if (!mkdtemp(fixture->folder))
                return "no folder can be made";
        fixture->folder_fd = open(fixture->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return make_cgroup(fixture);
}

static void fixture_done(struct fixture *fixture) {
        fd_close(&fixture->cgroup_fd);
        fd_close(&fixture->folder_fd);
        if (fixture->cgroup)
                CHECK(rmdir(fixture->cgroup) == 0 || errno == ENOENT);
        (void)file_remove_tree(AT_FDCWD, fixture->folder);
        free(fixture->cgroup);
        free(fixture->folder);
}

/* --- in the cgroup --- */

static void name_of_node(const struct question *question, char ret[32]) {
        snprintf(ret, 32, "%c-%u-%u", question->type == CGROUP_DEVICE_CHAR ? 'c' : 'b', question->major, question->minor);
}

static int make_node(int folder_fd, const char *name, const struct question *question) {
        mode_t type = question->type == CGROUP_DEVICE_CHAR ? S_IFCHR : S_IFBLK;

        return mknodat(folder_fd, name, type | 0600, makedev(question->major, question->minor));
}

/* True if the kernel lets us; another error than EPERM is none of its answers. */
static bool ask_kernel(int folder_fd, const struct question *question) {
        int r, mode = (question->access & DEVICE_READ ? R_OK : 0) | (question->access & DEVICE_WRITE ? W_OK : 0);
        char name[32];

        name_of_node(question, name);
        r = question->access == DEVICE_MKNOD ? make_node(folder_fd, "new", question) : faccessat(folder_fd, name, mode, 0);
        if (r == 0 && question->access == DEVICE_MKNOD)
                CHECK(unlinkat(folder_fd, "new", 0) == 0);
        CHECK(r == 0 || errno == EPERM);
        return r == 0;
}

/* Each device that differs for the rules, with what one system call can ask for. */
static struct question nth_question(unsigned n) {
        static const unsigned accesses[] = {DEVICE_MKNOD, DEVICE_READ, DEVICE_WRITE, DEVICE_READ | DEVICE_WRITE};

        return (struct question){
                .type = n % 2 ? CGROUP_DEVICE_CHAR : CGROUP_DEVICE_BLOCK,
                .major = FIRST_MAJOR + n / 2 % NUMBERS,
                .minor = n / 2 / NUMBERS % NUMBERS,
                .access = accesses[n / 2 / NUMBERS / NUMBERS],
        };
}
#define QUESTIONS (2 * NUMBERS * NUMBERS * 4)

static void move_to_local_numbers(struct device_rules *rules) {
        for (size_t i = 0; i < rules->n; i++)
                if (rules->list[i].major != DEVICE_ANY)
                        rules->list[i].major += FIRST_MAJOR;
}

static void attach(int cgroup_fd, const struct device_rules *rules) {
        size_t n;
        autofree struct bpf_insn *instructions = device_program_make(rules, &n);
        autoclose int program_fd = device_program_load(instructions, n);

        CHECK(program_fd >= 0);
        CHECK_EQUAL(device_program_detach_own(cgroup_fd), 0);
        CHECK_EQUAL(device_program_attach(cgroup_fd, program_fd), 0);
}

/* Returns how many of the answers were yes. */
static int compare(const struct fixture *fixture, const struct device_rules *rules) {
        int allowed = 0;

        for (unsigned n = 0; n < QUESTIONS; n++) {
                struct question question = nth_question(n);
                bool answer = ask_kernel(fixture->folder_fd, &question);

                CHECK_EQUAL(answer, model_answer(rules, &question));
                allowed += answer;
        }
        return allowed;
}

enum { ALL_RIGHT, WRONG, RESTRICTED };

static int try_lists(const struct fixture *fixture) {
        const struct device_rules all = {.list = &(struct device_rule){true, CGROUP_DEVICE_ALL, DEVICE_ANY, DEVICE_ANY, DEVICE_ACCESS_ALL},
                                         .n = 1};
        long asked = 0, allowed = 0;

        for (unsigned n = 0; n < QUESTIONS; n++) {
                struct question question = nth_question(n);
                char name[32];

                name_of_node(&question, name);
                if (question.access != DEVICE_MKNOD)
                        break;
                if (make_node(fixture->folder_fd, name, &question) < 0)
                        return RESTRICTED;
        }
        if (compare(fixture, &all) != QUESTIONS)
                return RESTRICTED;
        for (int i = 0; i < LISTS && !test_failed; i++) {
                autodone(device_rules) struct device_rules rules = random_rules();

                move_to_local_numbers(&rules);
                attach(fixture->cgroup_fd, &rules);
                allowed += compare(fixture, &rules);
                asked += QUESTIONS;
        }
        printf("# %d lists, %ld questions, %ld times yes\n", LISTS, asked, allowed);
        CHECK(allowed > asked / 10 && allowed < asked * 9 / 10);
        return test_failed ? WRONG : ALL_RIGHT;
}

static void test_random_lists(void) {
        struct fixture fixture;
        const char *missing = fixture_init(&fixture);
        int status = 0;
        pid_t pid = missing ? -1 : fork();

        if (pid == 0) {
                autofree char *members = text_format("%s/cgroup.procs", fixture.cgroup);

                CHECK_EQUAL(file_write(AT_FDCWD, members, "0"), 0);
                _exit(try_lists(&fixture));
        }
        CHECK(missing || waitpid(pid, &status, 0) == pid);
        if (WEXITSTATUS(status) == RESTRICTED)
                missing = "devices are restricted here already";
        else
                CHECK_EQUAL(status, 0);
        fixture_done(&fixture);
        if (missing)
                test_skip(missing);
}

static const struct test_case cases[] = {
        {"random lists of rules, in the kernel", test_random_lists},
};
TEST_MAIN(cases)
