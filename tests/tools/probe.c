/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process in a container sees, as one JSON object on stdout: the other half of check-bundle.jq, which
 * compares it with the config. Runs as the container's process, linked statically, and needs nothing from the
 * rootfs but /proc.
 *
 *     probe [--hold] [PATH...]
 *
 * Each PATH is described in "paths". With --hold it then prints an "end" line and waits for a line on stdin, so
 * that the container can be looked at from outside while it runs.
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))

/* --- JSON: a comma goes before every value but the first of its array or object --- */

static bool first = true;

static void separate(void) {
        if (!first)
                putchar(',');
        first = false;
}

static void print_text(const char *text, size_t length) {
        putchar('"');
        for (size_t i = 0; i < length; i++) {
                unsigned char c = (unsigned char)text[i];
                if (c < ' ' || c == '"' || c == '\\' || c > '~')
                        printf("\\u%04x", c);
                else
                        putchar(c);
        }
        putchar('"');
}

static void key(const char *name) {
        separate();
        print_text(name, strlen(name));
        putchar(':');
        first = true;
}

static void put_text(const char *text) {
        separate();
        print_text(text, strlen(text));
}

static void put_number(long long number) {
        separate();
        printf("%lld", number);
}

static void put_bool(bool value) {
        separate();
        fputs(value ? "true" : "false", stdout);
}

static void open_group(char bracket) {
        separate();
        putchar(bracket);
        first = true;
}

static void close_group(char bracket) {
        putchar(bracket);
        first = false;
}

/* --- what the kernel tells in files --- */

/* Calls take() for each line of a file, without its newline. */
static void each_line(const char *path, void (*take)(char *line)) {
        FILE *file = fopen(path, "re");
        if (!file)
                return;
        char *line = NULL;
        size_t size = 0;
        while (getline(&line, &size, file) >= 0) {
                line[strcspn(line, "\n")] = '\0';
                take(line);
        }
        free(line);
        fclose(file);
}

/* A capability mask as the list of its bits. */
static void put_bits(const char *name, const char *hex) {
        unsigned long long mask = strtoull(hex, NULL, 16);
        key(name);
        open_group('[');
        for (int bit = 0; bit < 64; bit++) {
                if (mask >> bit & 1)
                        put_number(bit);
        }
        close_group(']');
}

static void take_status(char *line) {
        static const struct {
                const char *field, *name;
        } masks[] = {
                { "CapInh:", "inheritable" }, { "CapPrm:", "permitted" }, { "CapEff:", "effective" },
                { "CapBnd:", "bounding" },    { "CapAmb:", "ambient" },
        };
        static const char *const numbers[] = { "NoNewPrivs:", "Seccomp:", "Seccomp_filters:" };

        for (size_t i = 0; i < ELEMENTSOF(masks); i++) {
                if (strncmp(line, masks[i].field, strlen(masks[i].field)) == 0)
                        put_bits(masks[i].name, line + strlen(masks[i].field));
        }
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                if (strncmp(line, numbers[i], strlen(numbers[i])) == 0) {
                        line[strlen(numbers[i]) - 1] = '\0';
                        key(line);
                        put_number(atoll(line + strlen(numbers[i])));
                }
        }
}

static void take_line(char *line) {
        put_text(line);
}

static void put_words(const char *name, char *text, const char *separators) {
        key(name);
        open_group('[');
        for (char *word = strtok(text, separators); word; word = strtok(NULL, separators))
                put_text(word);
        close_group(']');
}

/* A line of mountinfo: ID PARENT MAJ:MIN ROOT TARGET OPTIONS [PROPAGATION...] - TYPE SOURCE SUPER */
static void take_mount(char *line) {
        char *rest = strstr(line, " - ");
        char *fields[6];
        char *save = NULL;
        *rest = '\0';
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                fields[i] = strtok_r(i == 0 ? line : NULL, " ", &save);

        open_group('{');
        key("root");
        put_text(fields[3]);
        key("target");
        put_text(fields[4]);
        char *propagation = strtok_r(NULL, "", &save);
        put_words("options", fields[5], ",");
        put_words("propagation", propagation ? propagation : (char[]){ "" }, " ");
        key("type");
        put_text(strtok_r(rest + 3, " ", &save));
        key("source");
        put_text(strtok_r(NULL, " ", &save));
        put_words("super", strtok_r(NULL, " ", &save), ",");
        close_group('}');
}

static void take_id_range(char *line) {
        long long inside = 0, outside = 0, count = 0;
        sscanf(line, "%lld %lld %lld", &inside, &outside, &count);
        open_group('{');
        key("containerID");
        put_number(inside);
        key("hostID");
        put_number(outside);
        key("size");
        put_number(count);
        close_group('}');
}

static void put_lines(const char *name, const char *path, void (*take)(char *line)) {
        key(name);
        open_group('[');
        each_line(path, take);
        close_group(']');
}

/* --- the process --- */

static void put_ids(void) {
        key("uid");
        put_number(geteuid());
        key("gid");
        put_number(getegid());

        gid_t groups[1024];
        int count = getgroups((int)ELEMENTSOF(groups), groups);
        key("groups");
        open_group('[');
        for (int i = 0; i < count; i++)
                put_number(groups[i]);
        close_group(']');
        put_lines("uid_map", "/proc/self/uid_map", take_id_range);
        put_lines("gid_map", "/proc/self/gid_map", take_id_range);
}

static void put_process(char **environment) {
        mode_t mask = umask(0);
        umask(mask);
        char cwd[4096];
        struct utsname names;
        uname(&names);

        key("pid");
        put_number(getpid());
        put_ids();
        key("umask");
        put_number(mask);
        key("cwd");
        put_text(getcwd(cwd, sizeof(cwd)) ? cwd : "");
        key("env");
        open_group('[');
        for (char **entry = environment; *entry; entry++)
                put_text(*entry);
        close_group(']');
        key("hostname");
        put_text(names.nodename);
        key("status");
        open_group('{');
        each_line("/proc/self/status", take_status);
        close_group('}');
        put_lines("oom_score_adj", "/proc/self/oom_score_adj", take_line);
        put_lines("cgroup", "/proc/self/cgroup", take_line);
        put_lines("mounts", "/proc/self/mountinfo", take_mount);
}

static void put_limit(rlim_t value) {
        /* As the specification writes it: RLIM_INFINITY is the largest unsigned number, which jq cannot hold. */
        if (value == RLIM_INFINITY)
                put_text("unlimited");
        else
                put_number((long long)value);
}

static void put_rlimits(void) {
        static const struct {
                const char *name;
                int resource;
        } limits[] = {
                { "RLIMIT_AS", RLIMIT_AS },
                { "RLIMIT_CORE", RLIMIT_CORE },
                { "RLIMIT_CPU", RLIMIT_CPU },
                { "RLIMIT_DATA", RLIMIT_DATA },
                { "RLIMIT_FSIZE", RLIMIT_FSIZE },
                { "RLIMIT_LOCKS", RLIMIT_LOCKS },
                { "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
                { "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
                { "RLIMIT_NICE", RLIMIT_NICE },
                { "RLIMIT_NOFILE", RLIMIT_NOFILE },
                { "RLIMIT_NPROC", RLIMIT_NPROC },
                { "RLIMIT_RSS", RLIMIT_RSS },
                { "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
                { "RLIMIT_RTTIME", RLIMIT_RTTIME },
                { "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
                { "RLIMIT_STACK", RLIMIT_STACK },
        };

        key("rlimits");
        open_group('{');
        for (size_t i = 0; i < ELEMENTSOF(limits); i++) {
                struct rlimit limit;
                if (getrlimit(limits[i].resource, &limit) < 0)
                        continue;
                key(limits[i].name);
                open_group('[');
                put_limit(limit.rlim_cur);
                put_limit(limit.rlim_max);
                close_group(']');
        }
        close_group('}');
}

static void put_namespaces(void) {
        static const struct {
                const char *type, *file;
        } namespaces[] = {
                { "cgroup", "cgroup" }, { "ipc", "ipc" }, { "mount", "mnt" },   { "network", "net" },
                { "pid", "pid" },       { "time", "time" }, { "user", "user" }, { "uts", "uts" },
        };

        key("namespaces");
        open_group('{');
        for (size_t i = 0; i < ELEMENTSOF(namespaces); i++) {
                char path[64], target[64] = "";
                snprintf(path, sizeof(path), "/proc/self/ns/%s", namespaces[i].file);
                if (readlink(path, target, sizeof(target) - 1) < 0)
                        continue;
                key(namespaces[i].type);
                put_text(target);
        }
        close_group('}');
}

static void put_fds(void) {
        key("fds");
        open_group('[');
        for (int fd = 0; fd < 1024; fd++) {
                if (fcntl(fd, F_GETFD) >= 0)
                        put_number(fd);
        }
        close_group(']');
        key("terminal");
        put_bool(isatty(0) && isatty(1) && isatty(2));
}

static void put_loopback(void) {
        struct ifreq request = { .ifr_name = "lo" };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int r = fd < 0 ? -1 : ioctl(fd, SIOCGIFFLAGS, &request);
        key("loopback_up");
        put_bool(r == 0 && request.ifr_flags & IFF_UP);
        if (fd >= 0)
                close(fd);
}

/* Whether mounts of a user namespace are possible at all: asked of the host. */
static void put_kernel(void) {
        key("mount_setattr");
        put_bool(syscall(SYS_mount_setattr, -1, "", 0, NULL, 0) == 0 || errno != ENOSYS);
}

/* --- files --- */

static char type_of(mode_t mode) {
        return S_ISCHR(mode) ? 'c' : S_ISBLK(mode) ? 'b' : S_ISFIFO(mode) ? 'p' : S_ISDIR(mode) ? 'd'
               : S_ISLNK(mode) ? 'l' : S_ISREG(mode) ? 'f' : '?';
}

static void put_stat(const char *path, const struct stat *st) {
        key("path");
        put_text(path);
        key("type");
        put_text((char[]){ type_of(st->st_mode), '\0' });
        key("mode");
        put_number(st->st_mode & 07777);
        key("uid");
        put_number(st->st_uid);
        key("gid");
        put_number(st->st_gid);
        key("major");
        put_number(major(st->st_rdev));
        key("minor");
        put_number(minor(st->st_rdev));
}

/* The nodes and links of /dev itself, not of what is mounted below. */
static void put_devices(const char *directory, dev_t filesystem) {
        DIR *dir = opendir(directory);
        if (!dir)
                return;
        for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
                char path[4096], target[256] = "";
                struct stat st;
                snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
                if (entry->d_name[0] == '.' || lstat(path, &st) < 0)
                        continue;
                if (S_ISDIR(st.st_mode) && st.st_dev == filesystem)
                        put_devices(path, filesystem);
                if (S_ISDIR(st.st_mode))
                        continue;
                open_group('{');
                put_stat(path, &st);
                key("target");
                put_text(S_ISLNK(st.st_mode) && readlink(path, target, sizeof(target) - 1) > 0 ? target : "");
                close_group('}');
        }
        closedir(dir);
}

static void put_content(const char *path) {
        char buffer[4096];
        int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        ssize_t count = fd < 0 ? 0 : read(fd, buffer, sizeof(buffer));
        key("content");
        separate();
        print_text(buffer, count > 0 ? (size_t)count : 0);
        if (fd >= 0)
                close(fd);
}

static void put_entries(const char *path) {
        DIR *dir = opendir(path);
        key("entries");
        open_group('[');
        for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        put_text(entry->d_name);
        }
        close_group(']');
        if (dir)
                closedir(dir);
}

static void put_path(const char *path) {
        struct stat st;
        struct statvfs fs;
        if (stat(path, &st) < 0 || statvfs(path, &fs) < 0)
                return;
        key(path);
        open_group('{');
        put_stat(path, &st);
        key("readonly");
        put_bool(fs.f_flag & ST_RDONLY);
        if (S_ISDIR(st.st_mode))
                put_entries(path);
        else if (S_ISREG(st.st_mode) || st.st_rdev == makedev(1, 3))
                put_content(path);
        close_group('}');
}

int main(int argc, char **argv, char **environment) {
        bool hold = argc > 1 && strcmp(argv[1], "--hold") == 0;

        open_group('{');
        put_fds(); /* before anything here opens one */
        put_process(environment);
        put_rlimits();
        put_namespaces();
        put_loopback();
        put_kernel();
        key("devices");
        open_group('[');
        struct stat dev;
        if (stat("/dev", &dev) == 0)
                put_devices("/dev", dev.st_dev);
        close_group(']');
        key("paths");
        open_group('{');
        for (int i = hold ? 2 : 1; i < argc; i++)
                put_path(argv[i]);
        close_group('}');
        close_group('}');
        putchar('\n');

        if (hold) {
                puts("end");
                fflush(stdout);
                while (getchar() != '\n' && !feof(stdin))
                        ;
        }
        return 0;
}
