/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters in the kernel: a child loads one and meets it. */
#include "seccomp/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"

#define NO_CACHE (-1)
#define UNKNOWN_FLAG (1u << 20)

static struct seccomp_argument second_is_5[] = {{.index = 1, .op = SECCOMP_OPERATOR_EQ, .value = 5}};

/* Allows everything but getppid, personality(?, 5) and one more call with an action of the case's. */
static void filter_make(const char *name, enum seccomp_action action, struct seccomp_filter *ret) {
        const char *getppid_name[] = {"getppid"}, *personality_name[] = {"personality"}, *names[] = {name};
        struct seccomp_rule rules[] = {
                {
                        .names = (char **)getppid_name,
                        .n_names = 1,
                        .action = SECCOMP_ACTION_ERRNO,
                        .has_errno_ret = true,
                        .errno_ret = EDOM,
                },
                {
                        .names = (char **)personality_name,
                        .n_names = 1,
                        .action = SECCOMP_ACTION_ERRNO,
                        .args = second_is_5,
                        .n_args = 1,
                },
                {.names = (char **)names, .n_names = 1, .action = action},
        };
        struct seccomp_profile profile = {
                .default_action = SECCOMP_ACTION_ALLOW,
                .rules = rules,
                .n_rules = ELEMENTSOF(rules),
        };

        CHECK_EQUAL(seccomp_compile(&profile, NO_CACHE, ret), 0);
}

/* The wait status of a child that runs the function and ends with what it returns. */
static int in_child(int (*run)(const struct seccomp_filter *), const struct seccomp_filter *filter) {
        int status = -1;
        pid_t pid = fork();

        if (pid == 0) {
                prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
                _exit(run(filter));
        }
        CHECK_EQUAL(waitpid(pid, &status, 0), pid);
        return status;
}

#define EXITED(code) ((code) << 8)

/* In the child: the number of the first line that is not as it should be, as exit status. */
#define EXPECT(condition) \
        do { \
                if (!(condition)) \
                        return __LINE__ % 256 ? __LINE__ % 256 : 1; \
        } while (0)

static int call_forbidden(const struct seccomp_filter *filter) {
        EXPECT(syscall(SYS_getppid) > 0);
        EXPECT(seccomp_filter_load(filter, NULL) == 0);
        EXPECT(syscall(SYS_getppid) == -1 && errno == EDOM);
        EXPECT(syscall(SYS_personality, UINT32_MAX, 5) == -1 && errno == EPERM);
        EXPECT(syscall(SYS_personality, UINT32_MAX, 6) >= 0);
        EXPECT(syscall(SYS_personality, UINT32_MAX, 5 | 1ull << 32) >= 0);
        EXPECT(getpid() > 0);
        return 0;
}

static void test_errno(void) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;

        filter_make("chdir", SECCOMP_ACTION_ERRNO, &filter);
        CHECK_EQUAL(in_child(call_forbidden, &filter), EXITED(0));
}

static int call_deadly(const struct seccomp_filter *filter) {
        EXPECT(seccomp_filter_load(filter, NULL) == 0);
        EXPECT(chdir("/") == 0);
        return 0;
}

static void test_kill(void) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;
        int status;

        filter_make("chdir", SECCOMP_ACTION_KILL_PROCESS, &filter);
        status = in_child(call_deadly, &filter);
        CHECK(WIFSIGNALED(status));
        CHECK_EQUAL(WTERMSIG(status), SIGSYS);
}

/* A default of EPERM, with all that the child and a sanitizer in it call until the end allowed. */
static void strict_filter_make(struct seccomp_filter *ret) {
        const char *names[] = {"exit_group", "munmap", "sigaltstack"};
        struct seccomp_rule rule = {
                .names = (char **)names,
                .n_names = ELEMENTSOF(names),
                .action = SECCOMP_ACTION_ALLOW,
        };
        struct seccomp_profile profile = {.default_action = SECCOMP_ACTION_ERRNO, .rules = &rule, .n_rules = 1};

        CHECK_EQUAL(seccomp_compile(&profile, NO_CACHE, ret), 0);
}

static int call_newer(const struct seccomp_filter *filter) {
        EXPECT(seccomp_filter_load(filter, NULL) == 0);
        EXPECT(syscall(SYS_getppid) == -1 && errno == EPERM);
        EXPECT(syscall(SYS_exit_group + 1) == -1 && errno == ENOSYS);
        EXPECT(syscall(1000) == -1 && errno == ENOSYS);
        EXPECT(syscall(-1) == -1 && errno == EPERM);
        return 0;
}

static void test_newer(void) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;

        strict_filter_make(&filter);
        CHECK_EQUAL(in_child(call_newer, &filter), EXITED(0));
}

static int call_absent(const struct seccomp_filter *filter) {
        EXPECT(seccomp_filter_load(filter, NULL) == 0);
        EXPECT(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0);
        return 0;
}

static void test_absent(void) {
        CHECK_EQUAL(in_child(call_absent, &SECCOMP_FILTER_INIT), EXITED(0));
}

static int load_with_optional_flag(const struct seccomp_filter *filter) {
        struct seccomp_filter copy = *filter;

        copy.flags = copy.optional_flags = UNKNOWN_FLAG;
        EXPECT(seccomp_filter_load(&copy, NULL) == 0);
        EXPECT(syscall(SYS_getppid) == -1 && errno == EDOM);
        return 0;
}

static int load_with_required_flag(const struct seccomp_filter *filter) {
        struct seccomp_filter copy = *filter;

        copy.flags = UNKNOWN_FLAG | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
        copy.optional_flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
        EXPECT(seccomp_filter_load(&copy, NULL) == -EINVAL);
        EXPECT(strncmp(fail_text(), "load seccomp filter of ", 23) == 0);
        EXPECT(syscall(SYS_getppid) > 0);
        return 0;
}

static void test_unknown_flags(void) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;

        filter_make("chdir", SECCOMP_ACTION_ERRNO, &filter);
        CHECK_EQUAL(in_child(load_with_optional_flag, &filter), EXITED(0));
        CHECK_EQUAL(in_child(load_with_required_flag, &filter), EXITED(0));
}

/* As before Linux 3.17: seccomp(2) is ENOSYS from here on. */
static int load_without_seccomp_call(const struct seccomp_filter *filter) {
        struct sock_filter instructions[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct seccomp_filter outer = {
                .program = {.len = ELEMENTSOF(instructions), .filter = instructions},
                .present = true,
        };
        struct seccomp_filter with_flag = *filter;

        EXPECT(seccomp_filter_load(&outer, NULL) == 0);
        with_flag.flags |= SECCOMP_FILTER_FLAG_LOG;
        EXPECT(seccomp_filter_load(&with_flag, NULL) == -ENOSYS);
        EXPECT(syscall(SYS_getppid) > 0);
        EXPECT(seccomp_filter_load(filter, NULL) == 0);
        EXPECT(syscall(SYS_getppid) == -1 && errno == EDOM);
        return 0;
}

static void test_prctl(void) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;

        filter_make("chdir", SECCOMP_ACTION_ERRNO, &filter);
        CHECK_EQUAL(in_child(load_without_seccomp_call, &filter), EXITED(0));
}

/* The call waits for an answer; with the listener it gets ENOSYS, for nobody else has it. */
static int load_with_listener(const struct seccomp_filter *filter) {
        int listener_fd = -1;

        EXPECT(seccomp_filter_load(filter, &listener_fd) == 0);
        EXPECT(listener_fd > STDERR_FILENO);
        EXPECT(fcntl(listener_fd, F_GETFD) == FD_CLOEXEC);
        close(listener_fd);
        EXPECT(syscall(SYS_chdir, "/") == -1 && errno == ENOSYS);
        EXPECT(syscall(SYS_getppid) == -1 && errno == EDOM);
        return 0;
}

static void test_listener(void) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;

        filter_make("chdir", SECCOMP_ACTION_NOTIFY, &filter);
        CHECK_EQUAL(in_child(load_with_listener, &filter), EXITED(0));
}

/* Without one nothing is given, whatever seccomp(2) returns. */
static int load_without_listener(const struct seccomp_filter *filter) {
        int listener_fd = -1;

        EXPECT(seccomp_filter_load(filter, &listener_fd) == 0);
        EXPECT(listener_fd == -1);
        return 0;
}

static void test_no_listener(void) {
        autodone(seccomp_filter) struct seccomp_filter filter = SECCOMP_FILTER_INIT;

        filter_make("chdir", SECCOMP_ACTION_ERRNO, &filter);
        CHECK_EQUAL(in_child(load_without_listener, &filter), EXITED(0));
}

static int ask_for_flags(const struct seccomp_filter *filter) {
        EXPECT(seccomp_kernel_knows_flag(SECCOMP_FILTER_FLAG_TSYNC));
        EXPECT(!seccomp_kernel_knows_flag(UNKNOWN_FLAG));
        EXPECT(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0);
        return 0;
}

static void test_kernel_flags(void) {
        CHECK_EQUAL(in_child(ask_for_flags, NULL), EXITED(0));
}

/* As before Linux 5.19, which brought WAIT_KILLABLE_RECV. */
static int check_flags_on_old_kernel(const struct seccomp_filter *filter) {
        const char *names[] = {"seccomp"};
        struct seccomp_argument has_flag = {.index = 1, .op = SECCOMP_OPERATOR_MASKED_EQ};
        struct seccomp_rule rule = {
                .names = (char **)names, .n_names = 1, .action = SECCOMP_ACTION_ERRNO, .has_errno_ret = true, .errno_ret = EINVAL,
                .args = &has_flag, .n_args = 1};
        struct seccomp_profile profile = {.default_action = SECCOMP_ACTION_ALLOW, .rules = &rule, .n_rules = 1};
        struct seccomp_filter outer = SECCOMP_FILTER_INIT, copy = *filter;

        has_flag.value = has_flag.value_two = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
        EXPECT(seccomp_compile(&profile, NO_CACHE, &outer) == 0);
        EXPECT(seccomp_filter_load(&outer, NULL) == 0);
        seccomp_filter_done(&outer);
        copy.flags = SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_NEW_LISTENER;
        EXPECT(seccomp_check_flags(&copy, "here") == 0);
        copy.flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
        EXPECT(seccomp_check_flags(&copy, "here") == -EINVAL);
        EXPECT(strcmp(fail_text(), "here.flags: found `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV`, which this kernel does not know") == 0);
        copy.optional_flags = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
        EXPECT(seccomp_check_flags(&copy, "here") == 0);
        return 0;
}

static void test_check_flags(void) {
        CHECK_EQUAL(in_child(check_flags_on_old_kernel, &SECCOMP_FILTER_INIT), EXITED(0));
}

static const struct test_case cases[] = {
        {"forbidden calls fail with the errno", test_errno},
        {"a deadly call kills", test_kill},
        {"calls newer than the profile end in ENOSYS", test_newer},
        {"an absent filter is not loaded", test_absent},
        {"only optional flags are dropped", test_unknown_flags},
        {"prctl where seccomp(2) is missing", test_prctl},
        {"a listener, where an action notifies", test_listener},
        {"no listener, where none does", test_no_listener},
        {"asking for flags loads nothing", test_kernel_flags},
        {"a flag that the kernel does not know", test_check_flags},
};

TEST_MAIN(cases)
