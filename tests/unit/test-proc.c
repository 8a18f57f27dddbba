/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/kernel.h"

#include "refuse.h"
#include "test.h"

static long now_ms(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void in_child(void (*run)(void)) {
        pid_t pid = fork();
        int status = -1;

        if (pid == 0) {
                run();
                fflush(stdout);
                _exit(test_failed);
        }
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK_EQUAL(status, 0);
}

/* A child that waits for a signal. */
static pid_t start_sleeper(void) {
        pid_t pid = fork();

        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;)
                        pause();
        }
        return pid;
}

static void hold_and_end(void) {
        pid_t pid = start_sleeper();
        autoclose int fd = proc_open(pid);
        long start = now_ms();
        char state = 0;
        int status;

        CHECK(fd >= 0);
        CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
        CHECK(proc_is_alive(fd));
        CHECK_EQUAL(proc_wait_end(fd, 0), -ETIMEDOUT);
        CHECK_EQUAL(proc_wait_end(fd, 30), -ETIMEDOUT);
        CHECK(now_ms() - start >= 29 && now_ms() - start < 2000);
        CHECK(!proc_is_ending(pid));
        CHECK_EQUAL(proc_reap_now(pid, &status), -EAGAIN);
        CHECK_EQUAL(proc_signal(fd, 0), 0);
        CHECK_EQUAL(proc_signal(fd, 9999), -EINVAL);
        CHECK_EQUAL(proc_signal(fd, SIGTERM), 0);
        CHECK_EQUAL(proc_wait_end(fd, -1), 0);
        /* A zombie now: it has ended, though nobody has reaped it yet. */
        CHECK(!proc_is_alive(fd));
        CHECK_EQUAL(proc_state(pid, &state), 0);
        CHECK_EQUAL(state, 'Z');
        CHECK(proc_is_ending(pid));
        CHECK_EQUAL(proc_reap_now(pid, &status), 0);
        CHECK_EQUAL(proc_exit_code(status), 128 + SIGTERM);
        CHECK(!proc_is_alive(fd));
        CHECK_EQUAL(proc_wait_end(fd, 0), 0);
        CHECK_EQUAL(proc_signal(fd, SIGTERM), -ESRCH);
        CHECK_EQUAL(proc_open(pid), -ESRCH);
        CHECK_EQUAL(proc_reap(pid, &status), -ECHILD);
        CHECK_EQUAL(proc_state(pid, &state), -ESRCH);
}

static void hold_without_pidfd_open(void) {
        struct stat status;
        autoclose int fd = -1;

        CHECK_EQUAL(refuse_syscalls(&(long){SYS_pidfd_open}, 1), 0);
        fd = proc_open(getpid());
        CHECK(fstat(fd, &status) == 0 && S_ISDIR(status.st_mode));
        hold_and_end();
}

static void hold_without_any_pidfd(void) {
        CHECK_EQUAL(refuse_syscalls((const long[]){SYS_pidfd_open, SYS_pidfd_send_signal}, 2), 0);
        hold_and_end();
}

static void fallbacks(void) {
        in_child(hold_without_pidfd_open);
        in_child(hold_without_any_pidfd);
}

/* Not a child, and the waiter must be woken by its end, not by the time. */
static void check_wait_for_a_stranger(void) {
        int fds[2];
        pid_t pid = 0;
        long start = now_ms();

        CHECK_EQUAL(pipe(fds), 0);
        if (fork() == 0) {
                if (fork() == 0) {
                        pid = getpid();
                        CHECK(write(fds[1], &pid, sizeof(pid)) == sizeof(pid));
                        usleep(50000);
                        _exit(0);
                }
                _exit(0);
        }
        CHECK(read(fds[0], &pid, sizeof(pid)) == sizeof(pid));
        {
                autoclose int fd = proc_open(pid);

                CHECK(fd >= 0);
                CHECK_EQUAL(proc_wait_end(fd, 20000), 0);
                CHECK(now_ms() - start < 10000);
        }
        wait(NULL);
}

static void check_wait_for_a_stranger_fallback(void) {
        CHECK_EQUAL(refuse_syscalls(&(long){SYS_pidfd_open}, 1), 0);
        check_wait_for_a_stranger();
}

static void wait_for_a_stranger(void) {
        in_child(check_wait_for_a_stranger);
        in_child(check_wait_for_a_stranger_fallback);
}

static pid_t start_true(void) {
        pid_t pid = fork();

        if (pid == 0) {
                execl("/bin/true", "true", NULL);
                _exit(1);
        }
        return pid;
}

/* What a released init is before its execve(2). */
static void ended_unexecuted(void) {
        pid_t pid = start_sleeper(), reaped = start_sleeper(), executed = start_true();
        autoclose int pidfd = proc_open(pid), executed_fd = proc_open(executed), reaped_fd = proc_open(reaped);
        int status;

        CHECK(!proc_ended_unexecuted(pid, pidfd));
        CHECK_EQUAL(proc_signal(pidfd, SIGKILL), 0);
        CHECK_EQUAL(proc_wait_end(pidfd, -1), 0);
        CHECK_EQUAL(proc_wait_end(executed_fd, -1), 0);
        CHECK(proc_ended_unexecuted(pid, pidfd));
        CHECK(!proc_ended_unexecuted(executed, executed_fd));
        /* As if the number were another one's by now. */
        CHECK_EQUAL(proc_signal(reaped_fd, SIGKILL), 0);
        CHECK_EQUAL(proc_reap(reaped, &status), 0);
        CHECK(!proc_ended_unexecuted(pid, reaped_fd));
        CHECK_EQUAL(proc_reap(pid, &status), 0);
        CHECK_EQUAL(proc_reap(executed, &status), 0);
        CHECK(!proc_ended_unexecuted(pid, pidfd));
}

static void exit_codes(void) {
        static const int codes[] = {0, 1, 42, 255};
        int status = -1;

        for (size_t i = 0; i < sizeof(codes) / sizeof(int); i++) {
                pid_t pid = fork();

                if (pid == 0)
                        _exit(codes[i]);
                CHECK_EQUAL(proc_reap(pid, &status), 0);
                CHECK_EQUAL(proc_exit_code(status), codes[i]);
        }
        CHECK_EQUAL(proc_exit_code(SIGKILL | 0x80), 137);
}

/* The command may look like the rest of the line. */
static void start_time(void) {
        uint64_t ticks = 0, again = 0, before = 0;
        struct timespec now;
        char name[16], state = 0;
        long hertz = sysconf(_SC_CLK_TCK);

        CHECK_EQUAL(proc_start_time(getpid(), &before), 0);
        prctl(PR_GET_NAME, name);
        prctl(PR_SET_NAME, ") Z 1 2 3)\n( R");
        CHECK_EQUAL(proc_start_time(getpid(), &ticks), 0);
        CHECK_EQUAL(proc_state(getpid(), &state), 0);
        prctl(PR_SET_NAME, name);
        CHECK_EQUAL(state, 'R');
        CHECK_EQUAL(ticks, before);
        clock_gettime(CLOCK_BOOTTIME, &now);
        CHECK((long)ticks / hertz <= now.tv_sec && (long)ticks / hertz > now.tv_sec - 600);
        CHECK_EQUAL(proc_start_time(1, &again), 0);
        CHECK(again < ticks);
        CHECK_EQUAL(proc_start_time(0x7fffffff, &again), -ESRCH);
}

static void boot_id(void) {
        char a[BOOT_ID_MAX], b[BOOT_ID_MAX];

        memset(a, 'x', sizeof(a));
        CHECK_EQUAL(proc_boot_id(a), 0);
        CHECK_EQUAL(proc_boot_id(b), 0);
        CHECK_EQUAL(strlen(a), 36);
        CHECK_TEXT(a, b);
        CHECK(a[8] == '-' && a[23] == '-' && strspn(a, "0123456789abcdef-") == 36);
}

static const struct test_case cases[] = {
        {"a process is held, ended and reaped", hold_and_end},
        {"the same without pidfd_open and pidfd_send_signal", fallbacks},
        {"the end of a process that is no child", wait_for_a_stranger},
        {"proc_ended_unexecuted", ended_unexecuted},
        {"proc_exit_code", exit_codes},
        {"proc_start_time and proc_state", start_time},
        {"proc_boot_id", boot_id},
};

TEST_MAIN(cases)
