/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hostile-caller COMMAND [ARGUMENT...]
 *
 * Executes the command with everything around it that a process inherits, or can be given by execve(2), in a state that
 * nobody would choose: descriptors 3 to 100 open, foreign variables, all signals blocked and the usual ones ignored, and so
 * on. first-instruction.bats looks what of it arrives at a container's process or at a hook.
 */

#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))
#define FIRST 3
#define LAST 100

static void need(int fine, const char *what) {
        if (!fine) {
                perror(what);
                exit(99);
        }
}

/* Folders and files of the host to read and to write, memory, sockets, pipes: in turn, up to the last. */
static void leak_descriptors(void) {
        int sockets[2], ends[2];
        int kinds[7];

        kinds[0] = open("/", O_RDONLY | O_DIRECTORY);
        kinds[1] = open("/", O_PATH);
        kinds[2] = open("/etc/passwd", O_RDWR);
        kinds[3] = (int)syscall(SYS_memfd_create, "leak", 0);
        need(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0 && pipe(ends) == 0, "leak");
        kinds[4] = sockets[0];
        kinds[5] = ends[1];
        kinds[6] = open("/proc/self/ns/mnt", O_RDONLY);
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                kinds[i] = fcntl(kinds[i], F_DUPFD, LAST + 1);
                need(kinds[i] > LAST, "leak");
        }
        for (int fd = FIRST; fd <= LAST; fd++)
                need(dup2(kinds[(size_t)fd % ELEMENTSOF(kinds)], fd) == fd, "leak");
        /* Those that were only for the making. */
        for (int fd = LAST + 1; fd < LAST + 20; fd++)
                close(fd);
}

static void leak_variables(void) {
        static const char *const variables[][2] = {
                {"LD_PRELOAD", "/tmp/hostile.so"}, {"LD_LIBRARY_PATH", "/tmp/hostile"}, {"LD_AUDIT", "/tmp/hostile.so"},
                {"GLIBC_TUNABLES", "glibc.malloc.check=3"}, {"SECRET", "of the caller"}, {"HOME", "/hostile"},
                {"PATH", "/hostile"}, {"TERM", "hostile"}, {"BASH_ENV", "/tmp/hostile"}, {"ENV", "/tmp/hostile"},
                {"TMPDIR", "/hostile"}, {"LISTEN_FDS", "2"}, {"LISTEN_PID", "1"}, {"LISTEN_FDNAMES", "a:b"},
                {"_OCI_SYNCPIPE", "3"}, {"_OCI_STARTPIPE", "4"}, {"_OCI_ATTACHPIPE", "5"}, {"_LIBCONTAINER_INITPIPE", "6"},
                {"_LIBCONTAINER_FIFOFD", "7"}, {"_LIBCONTAINER_LOGPIPE", "8"}, {"_LIBCONTAINER_CLONED_BINARY", "1"},
                {"_LIBCONTAINER_STATEDIR", "/"}, {"WATCHDOG_USEC", "1000000"}, {"XDG_RUNTIME_DIR", "/hostile"},
                {"TTRPC_ADDRESS", "hostile"}, {"GOMAXPROCS", "4"}, {"container", "hostile"},
        };

        for (size_t i = 0; i < ELEMENTSOF(variables); i++)
                setenv(variables[i][0], variables[i][1], 1);
}

static void spoil_signals(void) {
        static const int ignored[] = {SIGPIPE, SIGINT, SIGHUP, SIGTERM, SIGQUIT, SIGCHLD, SIGUSR1, SIGXFSZ, SIGTTOU, SIGTSTP};
        struct itimerval late = {.it_value.tv_sec = 100000, .it_interval.tv_sec = 100000};
        sigset_t all;

        for (size_t i = 0; i < ELEMENTSOF(ignored); i++)
                signal(ignored[i], SIG_IGN);
        for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
                signal(number, SIG_IGN);
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        /* Blocked, so it stays pending for the process that we become. One that tare does not pass on, as it should others. */
        raise(SIGURG);
        need(setitimer(ITIMER_REAL, &late, NULL) == 0, "timer");
        need(setitimer(ITIMER_PROF, &late, NULL) == 0, "timer");
        need(setitimer(ITIMER_VIRTUAL, &late, NULL) == 0, "timer");
}

/* Kernels may be without keys, and filters of outer containers forbid them. */
static void join_keyring(void) {
        long id = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "hostile");

        if (id >= 0)
                need(syscall(SYS_add_key, "user", "hostile:secret", "secret", 6, KEY_SPEC_SESSION_KEYRING) >= 0, "key");
}

/* All that we have may be inherited, and one is ambient. */
static void raise_capabilities(void) {
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2];

        need(syscall(SYS_capget, &header, data) == 0, "capabilities");
        for (size_t i = 0; i < ELEMENTSOF(data); i++)
                data[i].inheritable = data[i].permitted;
        need(syscall(SYS_capset, &header, data) == 0, "capabilities");
        need(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_CHROOT, 0, 0) == 0, "ambient capability");
}

static void spoil_attributes(void) {
        cpu_set_t first;
        gid_t groups[] = {54321, 54322};

        CPU_ZERO(&first);
        CPU_SET(0, &first);
        need(sched_setaffinity(0, sizeof(first), &first) == 0, "affinity");
        need(setgroups(ELEMENTSOF(groups), groups) == 0, "groups");
        need(setpriority(PRIO_PROCESS, 0, 7) == 0, "nice");
        need(prctl(PR_SET_TIMERSLACK, 1234567, 0, 0, 0) == 0, "timerslack");
        need(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "subreaper");
        need(prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0) == 0, "pdeathsig");
        need(personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO) >= 0, "personality");
        /* The leader of a session has one already. */
        need(setpgid(0, 0) == 0 || getpgrp() == getpid(), "process group");
        umask(0777);
}

int main(int argc, char **argv) {
        char command[4096];

        if (argc < 2)
                return 2;
        /* The command's name is looked up by the PATH of before. */
        need(realpath(argv[1], command) != NULL, argv[1]);
        leak_variables();
        join_keyring();
        raise_capabilities();
        spoil_attributes();
        spoil_signals();
        leak_descriptors();
        execv(command, argv + 1);
        need(0, argv[1]);
}
