/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process has got at its first instruction, a fact per line, in no order:
 *
 *     first-look FILE
 *
 * FILE is made when all is known, and closed when all is in it. Linked statically, and the descriptors are looked at before
 * anything here opens one; so nothing of what is told is of our own making. It needs no more of the rootfs than /proc.
 * first-instruction.bats holds the lines against an allow list: whatever a new line here tells has to be accounted for there.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))
#define N_FDS 4096
#define N_MOUNTS 8192

static FILE *out;

/* --- what the kernel tells in files --- */

/* Calls take() for each line of a file, without its newline. */
static void each_line(const char *path, void (*take)(char *line)) {
        FILE *file = fopen(path, "re");
        char *line = NULL;
        size_t size = 0;

        if (!file) {
                fprintf(out, "unreadable %s: %s\n", path, strerror(errno));
                return;
        }
        while (getline(&line, &size, file) >= 0) {
                line[strcspn(line, "\n")] = '\0';
                take(line);
        }
        free(line);
        fclose(file);
}

/* --- mounts --- */

static struct {
        int id;
        char *target;
} mounts[N_MOUNTS];
static size_t n_mounts;

/* "shared:12 master:3" without the numbers, which are the machine's. */
static void print_propagation(char *text) {
        char *save = NULL, *word = strtok_r(text, " ", &save);

        if (!word)
                fputs(" private", out);
        for (const char *separator = " "; word; word = strtok_r(NULL, " ", &save), separator = "+")
                fprintf(out, "%s%.*s", separator, (int)strcspn(word, ":"), word);
}

/* ID PARENT MAJOR:MINOR ROOT TARGET OPTIONS [PROPAGATION...] - TYPE SOURCE SUPER */
static void take_mount(char *line) {
        char *rest = strstr(line, " - "), *fields[6], *super[3], *save = NULL, *propagation;

        *rest = '\0';
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                fields[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
        propagation = strtok_r(NULL, "", &save);
        /* A source may be empty, so the words are not what is between any number of blanks. */
        rest += 3;
        for (size_t i = 0; i < ELEMENTSOF(super); i++)
                super[i] = strsep(&rest, " ");
        if (n_mounts < N_MOUNTS) {
                mounts[n_mounts].id = atoi(fields[0]);
                mounts[n_mounts++].target = strdup(fields[4]);
        }
        fprintf(out, "mount %s %s %s %s %s", fields[4], super[0], super[1], fields[3], fields[5]);
        print_propagation(propagation ? propagation : (char[]){""});
        fprintf(out, " %s\n", super[2]);
}

/* Where the mount is attached that a descriptor is on. Outside is what has none here: a file of the host's, a pipe, a socket. */
static const char *mount_of(const char *fdinfo) {
        const char *found = strstr(fdinfo, "mnt_id:");

        for (size_t i = 0; found && i < n_mounts; i++)
                if (mounts[i].id == atoi(found + strlen("mnt_id:")))
                        return mounts[i].target;
        return "outside";
}

/* --- descriptors --- */

static struct {
        bool open;
        int flags, status;
} fds[N_FDS];

static void look_at_fds(void) {
        for (int fd = 0; fd < N_FDS; fd++) {
                fds[fd].flags = fcntl(fd, F_GETFD);
                fds[fd].open = fds[fd].flags >= 0;
                fds[fd].status = fds[fd].open ? fcntl(fd, F_GETFL) : 0;
        }
}

static const char *type_of(mode_t mode) {
        return S_ISCHR(mode) ? "char" : S_ISBLK(mode) ? "block" : S_ISFIFO(mode) ? "fifo" : S_ISDIR(mode) ? "directory"
               : S_ISSOCK(mode) ? "socket" : S_ISREG(mode) ? "file" : "other";
}

static const char *access_of(int status) {
        static const char *const names[] = {"r", "w", "rw", "none"};

        return status & O_PATH ? "path" : names[status & O_ACCMODE];
}

static void print_fd(int fd) {
        char path[64], target[4096] = "?", info[4096] = "";
        struct stat status;
        int info_fd;
        ssize_t n;

        if (fstat(fd, &status) < 0)
                return;
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        n = readlink(path, target, sizeof(target) - 1);
        if (n >= 0)
                target[n] = '\0';
        snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
        info_fd = open(path, O_RDONLY | O_CLOEXEC);
        if (info_fd >= 0 && read(info_fd, info, sizeof(info) - 1) < 0)
                info[0] = '\0';
        close(info_fd);
        fprintf(out, "fd %d %s", fd, type_of(status.st_mode));
        if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
                fprintf(out, " %u:%u", major(status.st_rdev), minor(status.st_rdev));
        fprintf(out, " %s%s%s%s", access_of(fds[fd].status), fds[fd].status & O_APPEND ? "+append" : "",
                fds[fd].status & O_NONBLOCK ? "+nonblock" : "", fds[fd].flags & FD_CLOEXEC ? "+cloexec" : "");
        fprintf(out, " on %s: %s\n", mount_of(info), target);
}

/* --- the process --- */

/* Of /proc/self/status whatever is given to a process and is not its own doing. */
static void take_status(char *line) {
        static const char *const names[] = {
                "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "SigPnd", "ShdPnd", "SigBlk", "SigIgn",
                "SigCgt", "NoNewPrivs", "Seccomp", "Seccomp_filters", "Speculation_Store_Bypass", "SpeculationIndirectBranch",
                "Cpus_allowed_list", "Mems_allowed_list", "THP_enabled", "untag_mask",
        };
        char *value = strchr(line, ':');

        if (!value)
                return;
        *value++ = '\0';
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                char *save = NULL;

                if (strcmp(line, names[i]) != 0)
                        continue;
                fprintf(out, "status %s:", line);
                for (char *word = strtok_r(value, " \t", &save); word; word = strtok_r(NULL, " \t", &save))
                        fprintf(out, " %s", word);
                fputc('\n', out);
        }
}

static void take_cgroup(char *line) {
        /* Without the number of the hierarchy, which is the machine's. */
        fprintf(out, "cgroup %s\n", strchr(line, ':') + 1);
}

static const char *line_prefix;

static void take_value(char *line) {
        fprintf(out, "%s %s\n", line_prefix, line);
}

static void print_value(const char *name) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/self/%s", name);
        line_prefix = name;
        each_line(path, take_value);
}

static const char *number_or(char *text, long number, long own, const char *name) {
        if (number == own)
                return name;
        sprintf(text, "%ld", number);
        return text;
}

static void print_relatives(void) {
        char group[32], session[32];
        int terminal = 0, foreground = 0;
        FILE *file = fopen("/proc/self/stat", "re");

        if (!file || fscanf(file, "%*d %*s %*c %*d %*d %*d %d %d", &terminal, &foreground) != 2)
                fputs("unreadable /proc/self/stat\n", out);
        if (file)
                fclose(file);
        fprintf(out, "pid %s\n", getpid() == 1 ? "1" : "other");
        fprintf(out, "parent %d\n", getppid());
        fprintf(out, "process group %s\n", number_or(group, getpgrp(), getpid(), "own"));
        fprintf(out, "session %s\n", number_or(session, getsid(0), getpid(), "own"));
        if (terminal == 0)
                fputs("controlling terminal none\n", out);
        else
                fprintf(out, "controlling terminal %u:%u %s\n", major((dev_t)terminal), minor((dev_t)terminal),
                        foreground == getpgrp() ? "foreground" : "background");
}

static void print_prctl(const char *name, int option) {
        int value = 0;
        /* Some answer by an argument, the others by the result. */
        bool by_argument = option == PR_GET_PDEATHSIG || option == PR_GET_CHILD_SUBREAPER || option == PR_GET_TSC;
        int r = prctl(option, by_argument ? (unsigned long)&value : 0, 0, 0, 0);

        if (r < 0)
                fprintf(out, "%s: %s\n", name, strerror(errno));
        else
                fprintf(out, "%s %d\n", name, by_argument ? value : r);
}

static void print_attributes(void) {
        static const struct {
                const char *name;
                int option;
        } rows[] = {
                {"dumpable", PR_GET_DUMPABLE}, {"securebits", PR_GET_SECUREBITS}, {"keepcaps", PR_GET_KEEPCAPS},
                {"pdeathsig", PR_GET_PDEATHSIG}, {"subreaper", PR_GET_CHILD_SUBREAPER}, {"timerslack", PR_GET_TIMERSLACK},
                {"mce kill", PR_MCE_KILL_GET}, {"thp disable", PR_GET_THP_DISABLE}, {"tsc", PR_GET_TSC},
        };
        struct sched_param parameter = {0};
        char directory[4096];
        mode_t mask = umask(0);

        umask(mask);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                print_prctl(rows[i].name, rows[i].option);
        sched_getparam(0, &parameter);
        fprintf(out, "umask %04o\n", (unsigned)mask);
        fprintf(out, "directory %s\n", syscall(SYS_getcwd, directory, sizeof(directory)) < 0 ? "none" : directory);
        fprintf(out, "personality %08x\n", (unsigned)personality(0xffffffff));
        fprintf(out, "scheduler %d priority %d nice %d\n", sched_getscheduler(0), parameter.sched_priority,
                getpriority(PRIO_PROCESS, 0));
        fprintf(out, "io priority %ld\n", syscall(SYS_ioprio_get, 1, 0));
}

static void print_timers(void) {
        static const char *const names[] = {"real", "virtual", "profiling"};

        for (int i = 0; i < (int)ELEMENTSOF(names); i++) {
                struct itimerval value = {0};

                getitimer((enum __itimer_which)i, &value);
                fprintf(out, "timer %s %s\n", names[i],
                        value.it_value.tv_sec || value.it_value.tv_usec || value.it_interval.tv_sec ? "pending" : "none");
        }
}

static void print_limits(void) {
        static const char *const names[] = {
                "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING",
                "MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
        };

        for (int i = 0; i < (int)ELEMENTSOF(names); i++) {
                struct rlimit limit = {0};

                getrlimit((enum __rlimit_resource)i, &limit);
                fprintf(out, "limit RLIMIT_%s %lld %lld\n", names[i], (long long)limit.rlim_cur, (long long)limit.rlim_max);
        }
}

static void print_namespaces(void) {
        static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                char path[64], target[64] = "";

                snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
                if (readlink(path, target, sizeof(target) - 1) > 0)
                        fprintf(out, "namespace %s\n", target);
        }
}

/* Mappings with a name that are not our own file's: libraries, and what the kernel puts there. */
static void take_map(char *line) {
        static char own[4096];
        char *name = strpbrk(line, "/[");

        if (!own[0] && readlink("/proc/self/exe", own, sizeof(own) - 1) < 0)
                strcpy(own, "?");
        if (name && strcmp(name, own) != 0)
                fprintf(out, "map %s\n", name);
}

/* --- keyrings --- */

static void print_key(const char *name, const char *relation, int32_t id) {
        char description[1024];
        long n = syscall(SYS_keyctl, KEYCTL_DESCRIBE, id, description, sizeof(description));

        fprintf(out, "key %s%s %s\n", name, relation, n < 0 ? strerror(errno) : description);
}

static void print_keyring(const char *name, int32_t special) {
        int32_t links[256];
        long id = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, special, 0), n;

        if (id < 0) {
                fprintf(out, "key %s: %s\n", name, strerror(errno));
                return;
        }
        print_key(name, "", (int32_t)id);
        n = syscall(SYS_keyctl, KEYCTL_READ, id, links, sizeof(links));
        for (long i = 0; i < n / (long)sizeof(links[0]) && i < (long)ELEMENTSOF(links); i++)
                print_key(name, " has", links[i]);
}

static void print_keyrings(void) {
        print_keyring("thread", KEY_SPEC_THREAD_KEYRING);
        print_keyring("process", KEY_SPEC_PROCESS_KEYRING);
        print_keyring("session", KEY_SPEC_SESSION_KEYRING);
        print_keyring("user", KEY_SPEC_USER_KEYRING);
        print_keyring("user session", KEY_SPEC_USER_SESSION_KEYRING);
}

int main(int argc, char **argv, char **environment) {
        static char text[4 << 20];
        int fd;

        look_at_fds();
        if (argc != 2)
                return 2;
        out = fmemopen(text, sizeof(text), "w");
        each_line("/proc/self/mountinfo", take_mount);
        for (int i = 0; i < N_FDS; i++)
                if (fds[i].open)
                        print_fd(i);
        for (char **variable = environment; *variable; variable++)
                fprintf(out, "environment %s\n", *variable);
        each_line("/proc/self/status", take_status);
        each_line("/proc/self/cgroup", take_cgroup);
        each_line("/proc/self/maps", take_map);
        print_value("oom_score_adj");
        print_value("coredump_filter");
        print_relatives();
        print_attributes();
        print_timers();
        print_limits();
        print_namespaces();
        print_keyrings();
        fclose(out);
        /* Hooks write where only root may, processes where anybody may; the umask need not be ours. */
        fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        return fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text);
}
