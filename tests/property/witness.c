/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's process of the property test: prints what it sees of itself as one line of JSON, then lives until its
 * standard input ends, so that the judge can look at it from outside as well. Linked statically, because the rootfs has
 * nothing else. `/probe` in the rootfs says what to try, a line each:
 *
 *   path P                       what is at P, and whether it can be opened
 *   read P                       what the file P says
 *   tree P                       all that is below P
 *   make P                       whether a new file P can be made (-errno)
 *   call NUMBER A B C D E F      what the system call returns (-errno)
 *
 * With `--brief` it tries nothing and does not wait. Called by the name `hook` it is a hook: writes what it was given and
 * where it is to the file that is its first argument.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))

/* --- JSON --- */

static char out_buffer[1 << 20];
static size_t out_used;

static void __attribute__((format(printf, 1, 2))) out(const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        out_used += (size_t)vsnprintf(out_buffer + out_used, sizeof(out_buffer) - out_used, format, arguments);
        va_end(arguments);
        if (out_used >= sizeof(out_buffer))
                abort();
}

static void out_string(const char *string) {
        out("\"");
        for (const unsigned char *p = (const unsigned char *)string; *p; p++) {
                if (*p < 0x20 || *p == '"' || *p == '\\')
                        out("\\u%04x", *p);
                else
                        out("%c", *p);
        }
        out("\"");
}

static void out_strings(const char *name, char **strings) {
        out("\"%s\":[", name);
        for (char **p = strings; *p; p++) {
                out("%s", p == strings ? "" : ",");
                out_string(*p);
        }
        out("],");
}

static void out_named(const char *name, const char *value) {
        out("\"%s\":", name);
        out_string(value);
        out(",");
}

static void out_number(const char *name, long long value) {
        out("\"%s\":%lld,", name, value);
}

/* --- the process --- */

static void tell_ids(void) {
        uid_t uid[3];
        gid_t gid[3], groups[65536];
        int n;

        getresuid(&uid[0], &uid[1], &uid[2]);
        getresgid(&gid[0], &gid[1], &gid[2]);
        out("\"uid\":[%u,%u,%u],\"gid\":[%u,%u,%u],\"groups\":[", uid[0], uid[1], uid[2], gid[0], gid[1], gid[2]);
        n = getgroups(ELEMENTSOF(groups), groups);
        for (int i = 0; i < n; i++)
                out("%s%u", i ? "," : "", groups[i]);
        out("],");
}

static void tell_capabilities(void) {
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {};
        unsigned long long bounding = 0, ambient = 0;

        syscall(SYS_capget, &header, data);
        for (int i = 0; i < 64; i++) {
                bounding |= (unsigned long long)(prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) << i;
                ambient |= (unsigned long long)(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1) << i;
        }
        out("\"capabilities\":{\"bounding\":%llu,\"ambient\":%llu,\"effective\":%llu,\"permitted\":%llu,\"inheritable\":%llu},",
            bounding, ambient, (unsigned long long)data[1].effective << 32 | data[0].effective,
            (unsigned long long)data[1].permitted << 32 | data[0].permitted,
            (unsigned long long)data[1].inheritable << 32 | data[0].inheritable);
}

static void tell_limits(void) {
        out("\"rlimits\":[");
        for (int i = 0; i < RLIM_NLIMITS; i++) {
                struct rlimit limit = {};

                getrlimit((enum __rlimit_resource)i, &limit);
                out("%s[%llu,%llu]", i ? "," : "", (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
        }
        out("],");
}

static void tell_scheduling(void) {
        struct {
                uint32_t size, policy;
                uint64_t flags;
                int32_t nice;
                uint32_t priority;
                uint64_t runtime, deadline, period;
                uint32_t util_min, util_max;
        } attr = {};
        unsigned long nodes[128] = {}, processors[128] = {};
        int mode = -1;

        syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0);
        out("\"scheduler\":{\"policy\":%u,\"flags\":%llu,\"nice\":%d,\"priority\":%u,\"runtime\":%llu,\"deadline\":%llu,"
            "\"period\":%llu},",
            attr.policy, (unsigned long long)attr.flags, attr.nice, attr.priority, (unsigned long long)attr.runtime,
            (unsigned long long)attr.deadline, (unsigned long long)attr.period);
        out_number("ioprio", syscall(SYS_ioprio_get, 1, 0));
        out_number("personality", personality(0xffffffff));
        syscall(SYS_get_mempolicy, &mode, nodes, 8192ul, 0, 0);
        out_number("mempolicy", mode);
        out_number("mempolicy_nodes", (long long)nodes[0]);
        syscall(SYS_sched_getaffinity, 0, sizeof(processors), processors);
        out_number("affinity", (long long)processors[0]);
}

static void tell_signals(void) {
        unsigned long long blocked = 0, changed = 0;
        sigset_t set;
        int death = -1;

        sigprocmask(SIG_BLOCK, NULL, &set);
        for (int i = 1; i < NSIG; i++) {
                struct sigaction action = {};

                blocked |= (unsigned long long)(sigismember(&set, i) == 1) << (i - 1);
                if (sigaction(i, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
                        changed |= 1ull << (i - 1);
        }
        out_number("signals_blocked", (long long)blocked);
        out_number("signals_changed", (long long)changed);
        prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
        out_number("death_signal", death);
        out_number("dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
}

/* The one clock that no namespace changes: what came before what. */
static void tell_time(void) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        out_number("time", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
}

static void tell_clocks(void) {
        struct timespec monotonic, boottime;

        clock_gettime(CLOCK_MONOTONIC, &monotonic);
        clock_gettime(CLOCK_BOOTTIME, &boottime);
        out("\"monotonic\":%lld.%09ld,\"boottime\":%lld.%09ld,", (long long)monotonic.tv_sec, monotonic.tv_nsec,
            (long long)boottime.tv_sec, boottime.tv_nsec);
}

static void tell_rest(void) {
        char cwd[4096] = "", keyring[512] = "";
        struct utsname names = {};
        mode_t mask = umask(0);
        int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

        umask(mask);
        out_number("umask", mask);
        out_named("cwd", getcwd(cwd, sizeof(cwd)) ? cwd : "");
        uname(&names);
        out_named("hostname", names.nodename);
        out_named("domainname", names.domainname);
        out_number("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
        out_number("securebits", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
        out_number("keepcaps", prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
        out_number("seccomp", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
        out_number("pid", getpid());
        out_number("sid", getsid(0));
        out_number("pgrp", getpgrp());
        out_number("tty", tty >= 0 ? 1 : 0);
        if (tty >= 0)
                close(tty);
        syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, keyring, sizeof(keyring));
        out_named("keyring", keyring);
}

/* None without a procfs of our pid namespace. */
static void tell_namespaces(void) {
        static const char *const names[] = {"pid", "net", "mnt", "ipc", "uts", "user", "cgroup", "time"};

        out("\"namespaces\":{");
        for (size_t i = 0, n = 0; i < ELEMENTSOF(names); i++) {
                struct stat status;
                char path[64];

                snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
                if (stat(path, &status) == 0)
                        out("%s\"%s\":%llu", n++ ? "," : "", names[i], (unsigned long long)status.st_ino);
        }
        out("},");
}

static void tell_descriptors(void) {
        out("\"fds\":[");
        for (int fd = 0, n = 0; fd < 256; fd++)
                if (fcntl(fd, F_GETFD) >= 0)
                        out("%s%d", n++ ? "," : "", fd);
        out("],");
}

static void tell_terminal(void) {
        struct winsize size = {};
        struct stat status[3] = {};

        for (int fd = 0; fd < 3; fd++)
                fstat(fd, &status[fd]);
        ioctl(0, TIOCGWINSZ, &size);
        out("\"terminal\":{\"is\":[%d,%d,%d],\"size\":[%u,%u],\"rdev\":[%u,%u],\"is_one\":%d,\"owner\":%u,\"session\":%d,"
            "\"foreground\":%d},",
            isatty(0), isatty(1), isatty(2), size.ws_row, size.ws_col, major(status[0].st_rdev), minor(status[0].st_rdev),
            status[0].st_rdev == status[1].st_rdev && status[0].st_rdev == status[2].st_rdev, status[0].st_uid, tcgetsid(0),
            tcgetpgrp(0));
}

/* --- the probes --- */

static int try_open(const char *path, int flags) {
        int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        close(fd);
        return 0;
}

static void probe_path(const char *path) {
        struct statx status = {};
        char target[4096] = "", byte;
        int fd, got = 0;

        if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_MNT_ID, &status) < 0) {
                out("{\"error\":%d}", -errno);
                return;
        }
        if (S_ISLNK(status.stx_mode) && readlink(path, target, sizeof(target) - 1) < 0)
                target[0] = '\0';
        out("{\"mode\":%u,\"uid\":%u,\"gid\":%u,\"rdev\":[%u,%u],\"mount\":%llu,\"link\":", status.stx_mode, status.stx_uid,
            status.stx_gid, status.stx_rdev_major, status.stx_rdev_minor,
            status.stx_mask & STATX_MNT_ID ? (unsigned long long)status.stx_mnt_id : 0);
        out_string(target);
        if (S_ISCHR(status.stx_mode) || S_ISREG(status.stx_mode)) {
                out(",\"open_read\":%d,\"open_write\":%d", try_open(path, O_RDONLY), try_open(path, O_WRONLY));
                fd = S_ISREG(status.stx_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
                got = fd >= 0 && read(fd, &byte, 1) == 1;
                if (fd >= 0)
                        close(fd);
                out(",\"has_content\":%d", got);
        }
        out("}");
}

static void probe_read(const char *path) {
        char text[4096];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

        if (fd >= 0)
                close(fd);
        if (n < 0) {
                out("null");
                return;
        }
        text[n] = '\0';
        out_string(text);
}

static void tell_content(const char *path, const struct stat *status) {
        char text[4096];
        int fd = S_ISREG(status->st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        ssize_t n = S_ISLNK(status->st_mode) ? readlink(path, text, sizeof(text) - 1)
                                            : fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

        if (fd >= 0)
                close(fd);
        if (n < 0) {
                out("null");
                return;
        }
        text[n] = '\0';
        out_string(text);
}

/* The names of the entries begin behind the first `skip` bytes of their paths. */
static void tell_below(const char *path, size_t skip) {
        DIR *directory = opendir(path);
        const struct dirent *entry;

        while (directory && (entry = readdir(directory))) {
                struct stat status;
                char below[4096];

                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
                if (lstat(below, &status) < 0)
                        continue;
                out("%s[", out_buffer[out_used - 1] == '[' ? "" : ",");
                out_string(below + skip + 1);
                out(",%u,%u,%u,", status.st_mode, status.st_uid, status.st_gid);
                tell_content(below, &status);
                out("]");
                if (S_ISDIR(status.st_mode))
                        tell_below(below, skip);
        }
        if (directory)
                closedir(directory);
}

static void probe_tree(const char *path) {
        out("[");
        tell_below(path, strlen(path));
        out("]");
}

static void probe_make(const char *path) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        out("%d", fd < 0 ? -errno : 0);
        if (fd >= 0)
                close(fd);
}

static void probe_call(const char *words) {
        unsigned long long a[7] = {};
        char *end = (char *)words;
        long r;

        for (size_t i = 0; i < ELEMENTSOF(a); i++)
                a[i] = strtoull(end, &end, 0);
        r = syscall((long)a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
        out("%ld", r < 0 ? -(long)errno : r);
}

static void probe(const char *line) {
        if (strncmp(line, "path ", 5) == 0)
                probe_path(line + 5);
        else if (strncmp(line, "read ", 5) == 0)
                probe_read(line + 5);
        else if (strncmp(line, "tree ", 5) == 0)
                probe_tree(line + 5);
        else if (strncmp(line, "make ", 5) == 0)
                probe_make(line + 5);
        else if (strncmp(line, "call ", 5) == 0)
                probe_call(line + 5);
        else
                out("null");
}

static void tell_probes(void) {
        static char text[1 << 18];
        int fd = open("/probe", O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
        char *rest = text, *line;
        int count = 0;

        if (fd >= 0)
                close(fd);
        text[n < 0 ? 0 : n] = '\0';
        out("\"probes\":[");
        while ((line = strsep(&rest, "\n"))) {
                if (!*line)
                        continue;
                out("%s", count++ ? "," : "");
                probe(line);
        }
        out("],");
}

static int write_all(int fd) {
        for (size_t done = 0; done < out_used;) {
                ssize_t n = write(fd, out_buffer + done, out_used - done);

                if (n <= 0)
                        return -1;
                done += (size_t)n;
        }
        return 0;
}

/* --- as a hook --- */

/* Whether the container's process, by the first "pid" of the state, is this program by now. */
static void tell_program(const char *state) {
        const char *pid = strstr(state, "\"pid\":");
        struct stat theirs, ours;
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/exe", pid ? atoi(pid + strlen("\"pid\":")) : 0);
        out_number("is_executed", stat(path, &theirs) == 0 && stat("/proc/self/exe", &ours) == 0 &&
                                          theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev);
}

static int hook(char **argv, char **envp) {
        static char state[1 << 18];
        size_t length = 0;
        ssize_t n;
        int fd;

        out("{");
        tell_descriptors();
        tell_time();
        while (length < sizeof(state) - 1 && (n = read(0, state + length, sizeof(state) - 1 - length)) > 0)
                length += (size_t)n;
        out_named("state", state);
        out_strings("args", argv);
        out_strings("env", envp);
        tell_namespaces();
        tell_program(state);
        out("\"pid\":%d}\n", getpid());
        fd = open(argv[1] ? argv[1] : "", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        return fd >= 0 && write_all(fd) == 0 ? 0 : 1;
}

int main(int argc, char **argv, char **envp) {
        bool brief = argc > 1 && strcmp(argv[1], "--brief") == 0;
        char byte;

        if (strcmp(argv[0], "hook") == 0)
                return hook(argv, envp);
        out("{");
        tell_descriptors(); /* first: nothing of ours is open yet */
        tell_time();
        tell_rest();
        out_strings("args", argv);
        out_strings("env", envp);
        tell_ids();
        tell_capabilities();
        tell_limits();
        tell_scheduling();
        tell_signals();
        tell_clocks();
        tell_terminal();
        tell_namespaces();
        if (!brief)
                tell_probes();
        out("\"end\":true}\n");
        if (write_all(1) < 0)
                return 1;
        return brief || read(0, &byte, 1) == 0 ? 0 : 1;
}
