/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * spy look SECRET|keep|push: a hostile process of a container, for tests/bats/security-process.bats.
 *
 *     look    looks into every process that still is tare in all ways that the kernel may allow: its memory, environment,
 *             descriptors, links, and as a debugger. For each way that led in it prints `in WAY`; of what it found there
 *             `fd NUMBER TARGET`, `secret WHERE`, `outside` for a root that lacks /inside, and `caps MASK`.
 *     keep    keeps descriptors of the program files of such processes, prints `kept`, and tries for ever to write to them;
 *             that it could open or write one it prints as `opened` and `written`.
 *     push    types a letter into its standard input's terminal (TIOCSTI), plainly and with a bit that the kernel ignores,
 *             then tries to make that terminal its own and types again; the results in words.
 *
 * For each process that was looked at a line `seen`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT_MAX 16

/* The file of a process, in one of a few buffers. */
static const char *of(int pid, const char *format, ...) {
        static char paths[4][64];
        static unsigned next;
        char *path = paths[next++ % 4];
        va_list arguments;
        int n = snprintf(path, sizeof(paths[0]), "/proc/%d/", pid);

        va_start(arguments, format);
        vsnprintf(path + n, sizeof(paths[0]) - (size_t)n, format, arguments);
        va_end(arguments);
        return path;
}

static ssize_t read_file(const char *path, char *bytes, size_t size) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        ssize_t n = fd < 0 ? -1 : read(fd, bytes, size - 1);

        bytes[n < 0 ? 0 : n] = '\0';
        if (fd >= 0)
                close(fd);
        return n;
}

static int follow(const char *path, char target[256]) {
        ssize_t n = readlink(path, target, 255);

        target[n < 0 ? 0 : n] = '\0';
        return n >= 0;
}

/* By its name, which anybody may read. execve(2) opens the new program to us a moment before it changes the name. */
static int is_tare(int pid) {
        char text[256];

        if (read_file(of(pid, "comm"), text, sizeof(text)) < 0 || strncmp(text, "tare:", 5) != 0)
                return 0;
        return !follow(of(pid, "exe"), text) || strncmp(text, "/bin/", 5) != 0;
}

/* --- look --- */

static const char *secret;

/* Each way once per process: a process is looked at again and again until it is another program. */
enum way { MEMORY, ENVIRONMENT, MAPS, AUXV, LINK, DESCRIPTOR, DEBUGGER, WAYS };
static const char *const way_names[WAYS] = {"mem", "environ", "maps", "auxv", "link", "fd", "ptrace"};
static int found[WAYS];

static void count(int pid, enum way way, int success) {
        if (!success || found[way] || !is_tare(pid))
                return;
        found[way] = 1;
        printf("in %s\n", way_names[way]);
}

static void search(const char *bytes, ssize_t n, const char *where) {
        if (n > 0 && memmem(bytes, (size_t)n, secret, strlen(secret)))
                printf("secret %s\n", where);
}

static void search_region(int memory_fd, unsigned long begin, unsigned long end, const char *name) {
        static char bytes[1 << 16];
        size_t overlap = strlen(secret);

        for (unsigned long at = begin; at < end; at += sizeof(bytes) - overlap) {
                ssize_t n = pread(memory_fd, bytes, end - at < sizeof(bytes) ? end - at : sizeof(bytes), (off_t)at);

                search(bytes, n, name);
        }
}

/* All that it has; it has to stand still. */
static void search_memory(int pid) {
        int memory_fd = open(of(pid, "mem"), O_RDONLY | O_CLOEXEC);
        FILE *maps = fopen(of(pid, "maps"), "re");
        unsigned long begin, end;
        char line[512], mode[5];

        while (memory_fd >= 0 && maps && fgets(line, sizeof(line), maps))
                if (sscanf(line, "%lx-%lx %4s", &begin, &end, mode) == 3 && mode[0] == 'r' && !strstr(line, "[v"))
                        search_region(memory_fd, begin, end, "mem");
        if (maps)
                fclose(maps);
        if (memory_fd >= 0)
                close(memory_fd);
}

/* Not the three that its program has as well. */
static void look_at_descriptors(int pid) {
        int is_new = !found[DESCRIPTOR];

        for (int number = 3; number < 64; number++) {
                char target[256];
                int fd;

                if (!follow(of(pid, "fd/%d", number), target) || !is_tare(pid))
                        continue;
                count(pid, DESCRIPTOR, 1);
                if (is_new)
                        printf("fd %d %s\n", number, target);
                fd = open(of(pid, "fd/%d", number), O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (fd >= 0)
                        puts("outside by a descriptor");
                if (fd >= 0)
                        close(fd);
        }
}

static void look_at_root(int pid) {
        char target[256];
        int fd = open(of(pid, "root"), O_PATH | O_CLOEXEC);

        count(pid, LINK, fd >= 0);
        if (fd >= 0 && faccessat(fd, "inside", F_OK, 0) < 0 && is_tare(pid))
                puts("outside");
        if (fd >= 0)
                close(fd);
        count(pid, LINK, follow(of(pid, "cwd"), target));
        count(pid, LINK, follow(of(pid, "exe"), target));
}

static void look_at_files(int pid) {
        static const struct {
                const char *name;
                enum way way;
        } files[] = {{"environ", ENVIRONMENT}, {"maps", MAPS}, {"auxv", AUXV}, {"cmdline", WAYS}};
        char bytes[1 << 16];
        int fd = open(of(pid, "mem"), O_RDWR | O_CLOEXEC);

        count(pid, MEMORY, fd >= 0);
        if (fd >= 0)
                close(fd);
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                ssize_t n = read_file(of(pid, "%s", files[i].name), bytes, sizeof(bytes));

                if (files[i].way != WAYS)
                        count(pid, files[i].way, n >= 0);
                search(bytes, n, files[i].name);
        }
}

static void look_at_capabilities(int pid) {
        char text[4096], mask[32];
        const char *line;

        if (read_file(of(pid, "status"), text, sizeof(text)) < 0 || !(line = strstr(text, "CapPrm:")))
                return;
        if (sscanf(line, "CapPrm: %31s", mask) == 1 && is_tare(pid))
                printf("caps %s\n", mask);
}

/* As a debugger it can hold it, and look at leisure. */
static void debug(int pid) {
        int status;

        if (found[DEBUGGER] || ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
                return;
        if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
                count(pid, DEBUGGER, 1);
                if (is_tare(pid)) {
                        look_at_descriptors(pid);
                        look_at_root(pid);
                        look_at_files(pid);
                        look_at_capabilities(pid);
                        search_memory(pid);
                }
        }
        ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

static void look(int pid) {
        memset(found, 0, sizeof(found));
        while (is_tare(pid)) {
                look_at_files(pid);
                look_at_descriptors(pid);
                look_at_root(pid);
                debug(pid);
        }
}

/* --- keep --- */

static int kept[KEPT_MAX], n_kept;

static void keep(int pid) {
        int fd = n_kept == KEPT_MAX ? -1 : open(of(pid, "exe"), O_PATH | O_CLOEXEC);

        if (fd < 0)
                return;
        /* Looked at afterwards: by then it can be another program, and that one is the image's own. */
        if (!is_tare(pid)) {
                close(fd);
                return;
        }
        kept[n_kept++] = fd;
        puts("kept");
}

static void try_to_write(int kept_fd) {
        char path[64];
        int fd;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", kept_fd);
        fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
                return;
        /* A copy in memory may be opened by anybody: its seal forbids the rest. */
        if (fcntl(fd, F_GET_SEALS) < 0 || !(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE))
                puts("opened");
        if (pwrite(fd, "written by the container", 24, 0) > 0)
                puts("written");
        close(fd);
}

/* --- every process that comes by --- */

/* The last pid that was given out in this pid namespace. */
static int last_pid(void) {
        static int fd = -1;
        char text[128];
        const char *space;
        ssize_t n;

        if (fd < 0)
                fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
        n = pread(fd, text, sizeof(text) - 1, 0);
        text[n < 0 ? 0 : n] = '\0';
        space = strrchr(text, ' ');
        return space ? atoi(space) : 0;
}

static void watch(void (*visit)(int pid)) {
        int seen = getpid();

        for (;;) {
                int last = last_pid();

                for (int i = 0; i < n_kept; i++)
                        try_to_write(kept[i]);
                if (last < seen)
                        seen = 0;
                while (seen < last)
                        if (is_tare(++seen)) {
                                puts("seen");
                                visit(seen);
                        }
        }
}

/* --- push --- */

static void push(const char *name, unsigned long request) {
        /* Not by the C library's ioctl(3), which may cut the request to its lower half itself. */
        long r = syscall(SYS_ioctl, 0, request, "x");

        printf("%s: %s\n", name, r < 0 ? strerror(errno) : "pushed");
}

static int push_all(void) {
        push("plain", TIOCSTI);
        push("high", TIOCSTI | 1ul << 32);
        printf("take: %s\n", ioctl(0, TIOCSCTTY, 1) < 0 ? strerror(errno) : "taken");
        push("again", TIOCSTI);
        printf("tty: %s\n", open("/dev/tty", O_RDWR | O_CLOEXEC) < 0 ? strerror(errno) : "opened");
        return 0;
}

int main(int argc, char **argv) {
        setvbuf(stdout, NULL, _IOLBF, 0);
        if (argc == 2 && strcmp(argv[1], "push") == 0)
                return push_all();
        puts("watching");
        if (argc == 3 && strcmp(argv[1], "look") == 0) {
                secret = argv[2];
                watch(look);
        }
        if (argc == 2 && strcmp(argv[1], "keep") == 0)
                watch(keep);
        return 2;
}
