/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes. Runs in every process of the runtime; numbers are those of the pid namespace of /proc.
 *
 * A process is held by a pidfd (Linux 5.3). Where pidfd_open(2) is missing or forbidden its directory in /proc takes
 * that place: it too goes dead with the process and never means another one. Only waiting is poorer there, since such a
 * descriptor cannot be polled.
 */
#include "util/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/kernel.h"
#include "util/text.h"

#define STAT_MAX 4096

/* --- /proc/PID/stat --- */

struct stat_fields {
        pid_t pid;
        char state;
        unsigned long flags;
        uint64_t start_time;
};

/*
 * The second field is the command in parentheses and may hold anything, parentheses and newlines too: the last ')' ends
 * it. Behind it come the state, field 3, and 18 more numbers, the flags as field 9, before the start time, field 22.
 */
static int parse_stat(const char *text, struct stat_fields *ret) {
        const char *end = strrchr(text, ')');
        struct stat_fields fields = {.pid = (pid_t)strtol(text, NULL, 10)};
        int skipped = 0;

        if (!end || sscanf(end, ") %c %n", &fields.state, &skipped) != 1 || skipped == 0)
                return -EBADMSG;
        end += skipped;
        for (int i = 4; i < 22; i++) {
                end = strchr(end, ' ');
                if (!end)
                        return -EBADMSG;
                end++;
                if (i == 8)
                        fields.flags = strtoul(end, NULL, 10);
        }
        if (sscanf(end, "%" SCNu64, &fields.start_time) != 1)
                return -EBADMSG;
        *ret = fields;
        return 0;
}

static int read_stat(int dirfd, const char *path, struct stat_fields *ret) {
        autofree char *text = NULL;
        int r = file_read(dirfd, path, STAT_MAX, &text, NULL);

        if (r < 0)
                return r == -ENOENT ? -ESRCH : r;
        return parse_stat(text, ret);
}

static int read_stat_of(pid_t pid, struct stat_fields *ret) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        return read_stat(AT_FDCWD, path, ret);
}

int proc_start_time(pid_t pid, uint64_t *ret_ticks) {
        struct stat_fields fields;
        int r = read_stat_of(pid, &fields);

        if (r < 0)
                return r;
        *ret_ticks = fields.start_time;
        return 0;
}

int proc_state(pid_t pid, char *ret_state) {
        struct stat_fields fields;
        int r = read_stat_of(pid, &fields);

        if (r < 0)
                return r;
        *ret_state = fields.state;
        return 0;
}

void proc_describe(pid_t pid, struct text *text) {
        autofree char *path = text_format("/proc/%d/wchan", (int)pid), *wchan = NULL;
        char state = '?';

        (void)proc_state(pid, &state);
        text_add_format(text, "%d (state %c", (int)pid, state);
        if (file_read(AT_FDCWD, path, 4096, &wchan, NULL) >= 0 && !text_is_empty(wchan) && !text_equal(wchan, "0"))
                text_add_format(text, ", waiting in %s", wchan);
        text_add(text, ")");
}

/* PF_EXITING of the kernel's <linux/sched.h>. */
#define FLAG_EXITING 0x4

static bool is_ending(const struct stat_fields *fields) {
        return fields->flags & FLAG_EXITING || fields->state == 'Z' || fields->state == 'X';
}

bool proc_is_ending(pid_t pid) {
        struct stat_fields fields;

        return read_stat_of(pid, &fields) < 0 || is_ending(&fields);
}

/* PF_FORKNOEXEC: copied from its parent, and no program executed since; execve(2) clears it before it closes descriptors. */
#define FLAG_FORKED 0x40

bool proc_ended_unexecuted(pid_t pid, int pidfd) {
        struct stat_fields fields;

        if (read_stat_of(pid, &fields) < 0 || !(fields.flags & FLAG_FORKED) || !is_ending(&fields))
                return false;
        /* Nobody has reaped it by now, so the number was its own when it was read. */
        return proc_signal(pidfd, 0) == 0;
}

/* --- holding a process --- */

static int open_directory(pid_t pid) {
        char path[64];
        int fd;

        snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? -ESRCH : -errno;
        return fd;
}

int proc_open(pid_t pid) {
        int fd = kernel_pidfd_open(pid, 0);

        if (fd >= 0)
                return fd;
        /* EPERM is none of the call's own errors: a seccomp filter that does not know it. */
        return errno == ENOSYS || errno == EPERM ? open_directory(pid) : -errno;
}

static bool is_directory(int fd) {
        struct stat status;

        return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The number read from the directory is the process's as long as that can be read; a moment is left for a reuse. */
static int signal_by_number(int directory_fd, int signal) {
        struct stat_fields fields;
        int r = read_stat(directory_fd, "stat", &fields);

        if (r < 0)
                return r;
        return kill(fields.pid, signal) < 0 ? -errno : 0;
}

int proc_signal(int pidfd, int signal) {
        if (kernel_pidfd_send_signal(pidfd, signal, NULL, 0) == 0)
                return 0;
        if (errno == ENOSYS && is_directory(pidfd))
                return signal_by_number(pidfd, signal);
        return -errno;
}

static bool is_alive_by_stat(int directory_fd) {
        struct stat_fields fields;

        return read_stat(directory_fd, "stat", &fields) == 0 && fields.state != 'Z' && fields.state != 'X';
}

/* --- waiting --- */

/* Nothing tells of the end of somebody else's child here but looking again. */
static int wait_end_by_stat(int directory_fd, int milliseconds) {
        struct timespec pause = {.tv_nsec = 5000000};

        for (int waited = 0; is_alive_by_stat(directory_fd); waited += 5) {
                if (milliseconds >= 0 && waited >= milliseconds)
                        return -ETIMEDOUT;
                nanosleep(&pause, NULL);
        }
        return 0;
}

int proc_wait_end(int pidfd, int milliseconds) {
        return is_directory(pidfd) ? wait_end_by_stat(pidfd, milliseconds) : fd_wait_readable(pidfd, milliseconds);
}

int proc_poll_fd(int pidfd) {
        return is_directory(pidfd) ? -1 : pidfd;
}

bool proc_is_alive(int pidfd) {
        return proc_wait_end(pidfd, 0) == -ETIMEDOUT;
}

int proc_reap(pid_t pid, int *ret_status) {
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        *ret_status = status;
        return 0;
}

int proc_reap_now(pid_t pid, int *ret_status) {
        pid_t reaped = waitpid(pid, ret_status, WNOHANG);

        return reaped < 0 ? -errno : reaped == 0 ? -EAGAIN : 0;
}

int proc_exit_code(int status) {
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void proc_reset_signals(void) {
        sigset_t none;

        for (int number = 1; number < NSIG; number++)
                signal(number, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
}

/* --- this boot --- */

int proc_boot_id(char ret[BOOT_ID_MAX]) {
        autofree char *text = NULL;
        size_t size;
        int r = file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &text, &size);

        if (r < 0)
                return r;
        if (size != BOOT_ID_MAX || text[BOOT_ID_MAX - 1] != '\n')
                return -EBADMSG;
        memcpy(ret, text, BOOT_ID_MAX - 1);
        ret[BOOT_ID_MAX - 1] = '\0';
        return 0;
}
