/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each case of lookup runs twice: by openat2(2) and by the walk. Its playground is TOP/root, the root that nothing may
 * leave, beside TOP/outside, which nothing may touch; links in the root point at TOP/outside by its true path.
 */
#include "util/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/file.h"

#include "test.h"

#define ROUNDS 2000

/* RENAME_EXCHANGE, which not every C library declares. */
#define EXCHANGE 2

/* In memory if possible: the races are many renames. */
static char top[32] = "/dev/shm/test-path-XXXXXX";
static int top_fd = -1, root_fd = -1;

static void put(int fd, const char *path, const char *text) {
        autoclose int file = openat(fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

        CHECK(file >= 0);
        CHECK_EQUAL(fd_write_full(file, text, strlen(text)), 0);
}

static void make_dir(const char *path) {
        CHECK_EQUAL(mkdirat(root_fd, path, 0755), 0);
}

static void make_link(const char *target, const char *path) {
        CHECK_EQUAL(symlinkat(target, root_fd, path), 0);
}

static void make_link_outside(const char *below, const char *path) {
        autofree char *target = text_format("%s/outside%s", top, below);

        make_link(target, path);
}

static int count_entries(int fd, const char *path) {
        autoclose int dir_fd = openat(fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fdopendir(dir_fd);
        int count = 0;

        if (!dir)
                return -1;
        (void)take_fd(&dir_fd);
        for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
                count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        closedir(dir);
        return count;
}

static void check_outside_untouched(void) {
        struct stat status;

        CHECK_EQUAL(count_entries(top_fd, "outside"), 2);
        CHECK_EQUAL(count_entries(top_fd, "outside/dir"), 1);
        CHECK(fstatat(top_fd, "outside/secret", &status, 0) == 0 && status.st_size == 7);
        CHECK_EQUAL(count_entries(top_fd, "."), 3);
}

static void set_up(void) {
        top_fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK_EQUAL(mkdirat(top_fd, "root", 0755), 0);
        CHECK_EQUAL(mkdirat(top_fd, "outside", 0755), 0);
        CHECK_EQUAL(mkdirat(top_fd, "outside/dir", 0755), 0);
        put(top_fd, "outside/secret", "outside");
        put(top_fd, "outside/dir/secret", "outside");
        put(top_fd, "secret", "outside");
        root_fd = openat(top_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int count_open(void) {
        int count = 0;

        for (int fd = 0; fd < 1024; fd++)
                count += fcntl(fd, F_GETFD) >= 0;
        return count;
}

static void in_mode(bool refuse, void (*run)(void)) {
        int before = count_open();

        path_refuse_openat2(refuse);
        set_up();
        run();
        check_outside_untouched();
        fd_close(&root_fd);
        CHECK_EQUAL(file_remove_tree(top_fd, "root"), 0);
        CHECK_EQUAL(file_remove_tree(top_fd, "outside"), 0);
        CHECK_EQUAL(file_remove_tree(top_fd, "secret"), 0);
        fd_close(&top_fd);
        CHECK_EQUAL(count_open(), before);
}

#define IN_BOTH_MODES(function)                                                                          \
        static void function##_by_kernel(void) {                                                         \
                in_mode(false, function);                                                                \
        }                                                                                                \
        static void function##_by_walk(void) {                                                           \
                in_mode(true, function);                                                                 \
        }

#define CASES(name, function)                                                                            \
        {name " (openat2)", function##_by_kernel}, {                                                     \
                name " (walk)", function##_by_walk                                                       \
        }

/* What the path leads to when opened: the file's text, or "-ERRNO". The answer lasts until the next call. */
static const char *text_at(const char *path) {
        static char text[64];
        autoclose int fd = path_open_in_root(root_fd, path, O_RDONLY);
        ssize_t n = fd < 0 ? 0 : fd_read_full(fd, text, sizeof(text) - 1);

        if (fd < 0 || n < 0)
                snprintf(text, sizeof(text), "-%s", fd == -ENOENT ? "ENOENT" : fd == -ELOOP ? "ELOOP" : strerror(fd < 0 ? -fd : (int)-n));
        else
                text[n] = '\0';
        return text;
}

static int try_open(const char *path, int flags) {
        autoclose int fd = path_open_in_root(root_fd, path, flags);

        return fd < 0 ? fd : 0;
}

static int try_no_symlinks(const char *path, int flags) {
        autoclose int fd = path_open_no_symlinks(root_fd, path, flags);

        return fd < 0 ? fd : 0;
}

static int try_make_dir(const char *path) {
        autoclose int fd = path_make_dir(root_fd, path, 0755);

        if (fd >= 0)
                CHECK_EQUAL(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
        return fd < 0 ? fd : 0;
}

static int try_make_file(const char *path) {
        autoclose int fd = path_make_file(root_fd, path, 0666);

        if (fd >= 0)
                CHECK_EQUAL(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
        return fd < 0 ? fd : 0;
}

/* The mode and type of what lies at a path that has no links in it, or 0. */
static unsigned mode_at(const char *path) {
        struct stat status;

        return fstatat(root_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_mode : 0;
}

/* --- opening --- */

static void open_plainly(void) {
        char name[300];

        make_dir("a");
        make_dir("a/b");
        put(root_fd, "a/b/file", "inside");
        CHECK_TEXT(text_at("/a/b/file"), "inside");
        CHECK_TEXT(text_at("a/b/file"), "inside");
        CHECK_TEXT(text_at("//a///./b/.//file"), "inside");
        CHECK_TEXT(text_at("a/b/nothing"), "-ENOENT");
        CHECK_TEXT(text_at("a/nothing/file"), "-ENOENT");
        CHECK_EQUAL(try_open("", O_RDONLY), -ENOENT);
        CHECK_EQUAL(try_open("/", O_RDONLY | O_DIRECTORY), 0);
        CHECK_EQUAL(try_open(".", O_PATH), 0);
        CHECK_EQUAL(try_open("a/b", O_WRONLY), -EISDIR);
        CHECK_EQUAL(try_open("a/b/", O_PATH | O_DIRECTORY), 0);
        CHECK_EQUAL(try_open("a/b/file", O_RDONLY | O_DIRECTORY), -ENOTDIR);
        CHECK_EQUAL(try_open("a/b/file", O_PATH | O_DIRECTORY), -ENOTDIR);
        CHECK_EQUAL(try_open("a/b/file/", O_RDONLY), -ENOTDIR);
        CHECK_EQUAL(try_open("a/b/file/.", O_RDONLY), -ENOTDIR);
        CHECK_EQUAL(try_open("a/b/file/..", O_RDONLY), -ENOTDIR);
        CHECK_EQUAL(try_open("a/b/file/x", O_RDONLY), -ENOTDIR);
        CHECK_EQUAL(try_open("a/b/new", O_RDWR | O_CREAT), -EINVAL);
        CHECK_EQUAL(try_open("a/b", O_RDWR | O_TMPFILE), -EINVAL);
        CHECK_EQUAL(try_open("a/b/file", O_RDONLY | O_TRUNC), 0);
        /* Flags that openat2 does not take together with O_PATH. */
        CHECK_EQUAL(try_open("a/b/file", O_PATH | O_RDWR | O_NONBLOCK | O_NOCTTY), 0);
        memset(name, 'n', sizeof(name));
        name[256] = '\0';
        CHECK_EQUAL(try_open(name, O_PATH), -ENAMETOOLONG);
        name[255] = '\0';
        CHECK_EQUAL(try_open(name, O_PATH), -ENOENT);
}
IN_BOTH_MODES(open_plainly)

static void open_gives_flags(void) {
        autoclose int fd = -1, write_fd = -1, path_fd = -1;

        put(root_fd, "file", "inside");
        fd = path_open_in_root(root_fd, "file", O_RDONLY);
        CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
        path_fd = path_open_in_root(root_fd, "file", O_PATH);
        CHECK_EQUAL(fcntl(path_fd, F_GETFD), FD_CLOEXEC);
        CHECK_EQUAL(fcntl(path_fd, F_GETFL) & O_PATH, O_PATH);
        write_fd = path_open_in_root(root_fd, "file", O_WRONLY | O_APPEND);
        CHECK_EQUAL(fcntl(write_fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_WRONLY | O_APPEND);
}
IN_BOTH_MODES(open_gives_flags)

static void dots_stay_inside(void) {
        make_dir("a");
        make_dir("a/b");
        put(root_fd, "secret", "inside");
        CHECK_TEXT(text_at("../secret"), "inside");
        CHECK_TEXT(text_at("/../../../secret"), "inside");
        CHECK_TEXT(text_at("a/../../secret"), "inside");
        CHECK_TEXT(text_at("a/b/../../../../secret"), "inside");
        CHECK_TEXT(text_at("a/b/.."), "-Is a directory");
        CHECK_EQUAL(try_open("../outside", O_PATH), -ENOENT);
        CHECK_EQUAL(try_open("nothing/..", O_PATH), -ENOENT);
}
IN_BOTH_MODES(dots_stay_inside)

static void links_stay_inside(void) {
        autofree char *inside = text_format("%s/outside", top), *secret = NULL;

        make_dir("a");
        make_dir("a/b");
        put(root_fd, "secret", "inside");
        put(root_fd, "a/b/file", "below");
        make_link("/secret", "a/absolute");
        make_link("../secret", "a/relative");
        make_link("../../../../../../secret", "a/b/above");
        make_link("a/b", "dir");
        make_link("/a/b/", "dir-slash");
        make_link("/..", "a/top");
        make_link("dir", "chain1");
        make_link("./chain1/.", "chain2");
        CHECK_TEXT(text_at("a/absolute"), "inside");
        CHECK_TEXT(text_at("a/relative"), "inside");
        CHECK_TEXT(text_at("a/b/above"), "inside");
        CHECK_TEXT(text_at("dir/file"), "below");
        CHECK_TEXT(text_at("dir-slash/file"), "below");
        CHECK_TEXT(text_at("chain2/file"), "below");
        CHECK_TEXT(text_at("a/top/secret"), "inside");
        /* ".." counts from where the link led. */
        CHECK_TEXT(text_at("dir/../relative"), "inside");
        make_link_outside("/secret", "out-file");
        make_link_outside("", "out-dir");
        CHECK_TEXT(text_at("out-file"), "-ENOENT");
        CHECK_TEXT(text_at("out-dir/secret"), "-ENOENT");
        /* The same path inside is what they mean. */
        CHECK_EQUAL(try_make_dir(inside), 0);
        secret = text_format("%s/secret", inside + 1);
        put(root_fd, secret, "meant");
        CHECK_TEXT(text_at("out-file"), "meant");
        CHECK_TEXT(text_at("out-dir/secret"), "meant");
}
IN_BOTH_MODES(links_stay_inside)

static void final_links(void) {
        autoclose int fd = -1;
        struct stat status;

        make_dir("a");
        put(root_fd, "file", "inside");
        make_link("file", "link");
        make_link("a", "dir");
        CHECK_EQUAL(try_open("link", O_RDONLY | O_NOFOLLOW), -ELOOP);
        fd = path_open_in_root(root_fd, "link", O_PATH | O_NOFOLLOW);
        CHECK(fstat(fd, &status) == 0 && S_ISLNK(status.st_mode));
        fd_close(&fd);
        fd = path_open_in_root(root_fd, "dir/", O_PATH | O_NOFOLLOW);
        CHECK(fstat(fd, &status) == 0 && S_ISDIR(status.st_mode));
        CHECK_EQUAL(try_open("dir/../file", O_RDONLY | O_NOFOLLOW), 0);
        CHECK_EQUAL(try_open("dir", O_PATH | O_NOFOLLOW | O_DIRECTORY), -ENOTDIR);
        CHECK_EQUAL(try_open("link/", O_PATH), -ENOTDIR);
}
IN_BOTH_MODES(final_links)

static void loops_end(void) {
        char name[16], next[16];

        make_link("loop", "loop");
        make_link("ping", "pong");
        make_link("pong", "ping");
        make_link("x/../self/y", "self");
        make_dir("x");
        CHECK_TEXT(text_at("loop"), "-ELOOP");
        CHECK_TEXT(text_at("ping/file"), "-ELOOP");
        CHECK_TEXT(text_at("self"), "-ELOOP");
        /* 40 links are followed, as by the kernel; 41 are too many. */
        put(root_fd, "0", "inside");
        for (int i = 1; i <= 41; i++) {
                snprintf(name, sizeof(name), "%d", i);
                snprintf(next, sizeof(next), "%d", i - 1);
                make_link(next, name);
        }
        CHECK_TEXT(text_at("40"), "inside");
        CHECK_TEXT(text_at("41"), "-ELOOP");
        CHECK_EQUAL(try_make_dir("loop/x"), -ELOOP);
        CHECK_EQUAL(try_make_file("ping"), -ELOOP);
}
IN_BOTH_MODES(loops_end)

static void no_symlinks(void) {
        make_dir("a");
        put(root_fd, "a/file", "inside");
        make_link("a", "dir");
        make_link("file", "a/link");
        CHECK_EQUAL(try_no_symlinks("a/file", O_RDONLY), 0);
        CHECK_EQUAL(try_no_symlinks("/a/../../a/file", O_RDONLY), 0);
        CHECK_EQUAL(try_no_symlinks("a", O_PATH | O_DIRECTORY), 0);
        CHECK_EQUAL(try_no_symlinks("dir/file", O_RDONLY), -ELOOP);
        CHECK_EQUAL(try_no_symlinks("a/link", O_RDONLY), -ELOOP);
        CHECK_EQUAL(try_no_symlinks("dir", O_PATH), -ELOOP);
        CHECK_EQUAL(try_no_symlinks("dir", O_PATH | O_DIRECTORY), -ELOOP);
        CHECK_EQUAL(try_no_symlinks("dir/", O_PATH), -ELOOP);
        CHECK_EQUAL(try_no_symlinks("nothing", O_PATH), -ENOENT);
        CHECK_EQUAL(try_no_symlinks("a/file", O_PATH | O_DIRECTORY), -ENOTDIR);
}
IN_BOTH_MODES(no_symlinks)

/* A procfs as the root, and one below the root: its ordinary links are followed, its magic ones are not. */
static void magic_links(void) {
        autoclose int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        static const char *const refused[] = {
                "self/root", "self/cwd", "self/exe", "self/fd/0", "self/ns/mnt", "self/root/tmp", "self/cwd/.", "thread-self/exe",
        };
        int pipe_fds[2];
        char name[32];

        for (size_t i = 0; i < ELEMENTSOF(refused); i++)
                CHECK_EQUAL(path_open_in_root(proc_fd, refused[i], O_PATH), -ELOOP);
        CHECK_EQUAL(pipe(pipe_fds), 0);
        snprintf(name, sizeof(name), "self/fd/%d", pipe_fds[0]);
        CHECK_EQUAL(path_open_in_root(proc_fd, name, O_RDONLY), -ELOOP);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        {
                autoclose int fd = path_open_in_root(proc_fd, "self/status", O_RDONLY);
                autoclose int mounts_fd = path_open_in_root(proc_fd, "mounts", O_RDONLY);
                autoclose int net_fd = path_open_in_root(proc_fd, "net", O_PATH | O_DIRECTORY);
                autoclose int link_fd = path_open_in_root(proc_fd, "self/exe", O_PATH | O_NOFOLLOW);

                CHECK(fd >= 0);
                CHECK(mounts_fd >= 0);
                CHECK(net_fd >= 0);
                CHECK(link_fd >= 0);
        }
}
IN_BOTH_MODES(magic_links)

/* A socket and a FIFO can be referred to without being opened. */
static void special_files(void) {
        autofree char *path = text_format("/proc/self/fd/%d/socket", root_fd);
        autoclose int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        strcpy(address.sun_path, path);
        CHECK_EQUAL(bind(socket_fd, (struct sockaddr *)&address, sizeof(address)), 0);
        CHECK_EQUAL(mkfifoat(root_fd, "fifo", 0600), 0);
        CHECK_EQUAL(try_open("fifo", O_PATH), 0);
        CHECK_EQUAL(try_open("fifo", O_RDONLY | O_NONBLOCK), 0);
        CHECK_EQUAL(try_open("socket", O_PATH), 0);
        CHECK_EQUAL(try_open("socket", O_RDONLY), -ENXIO);
        CHECK_EQUAL(try_make_file("fifo"), 0);
        CHECK_EQUAL(try_make_dir("fifo"), -ENOTDIR);
}
IN_BOTH_MODES(special_files)

/* --- making --- */

static void make_directories(void) {
        mode_t old = umask(077);
        autoclose int fd = path_make_dir(root_fd, "/new/one/two/", 0773);
        struct stat a, b;

        CHECK_EQUAL(umask(old), 077);
        CHECK(fd >= 0);
        CHECK_EQUAL(mode_at("new"), S_IFDIR | 0773);
        CHECK_EQUAL(mode_at("new/one"), S_IFDIR | 0773);
        CHECK_EQUAL(mode_at("new/one/two"), S_IFDIR | 0773);
        CHECK(fstat(fd, &a) == 0 && fstatat(root_fd, "new/one/two", &b, 0) == 0 && a.st_ino == b.st_ino);
        CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
        /* What exists keeps its mode. */
        CHECK_EQUAL(try_make_dir("new/one/two"), 0);
        CHECK_EQUAL(try_make_dir("new/one/three"), 0);
        CHECK_EQUAL(mode_at("new/one"), S_IFDIR | 0773);
        CHECK_EQUAL(mode_at("new/one/three"), S_IFDIR | 0755);
        CHECK_EQUAL(try_make_dir("/"), 0);
        CHECK_EQUAL(try_make_dir("../../above"), 0);
        CHECK_EQUAL(mode_at("above"), S_IFDIR | 0755);
        CHECK_EQUAL(try_make_dir("via/../beside"), 0);
        CHECK_EQUAL(mode_at("beside"), S_IFDIR | 0755);
        put(root_fd, "file", "x");
        CHECK_EQUAL(try_make_dir("file"), -ENOTDIR);
        CHECK_EQUAL(try_make_dir("file/sub"), -ENOTDIR);
        CHECK_EQUAL(try_make_dir(""), -ENOENT);
}
IN_BOTH_MODES(make_directories)

static void make_through_links(void) {
        autofree char *outside = text_format("%s/outside", top);
        autofree char *deep = text_format("%s/outside/dir/new", top), *made = text_format("%s/outside/made", top);

        make_dir("a");
        make_link("../to/be/made", "a/dangling");
        CHECK_EQUAL(try_make_dir("a/dangling"), 0);
        CHECK_EQUAL(mode_at("to/be/made"), S_IFDIR | 0755);
        make_link("../other", "a/parent");
        CHECK_EQUAL(try_make_dir("a/parent/sub"), 0);
        CHECK_EQUAL(mode_at("other/sub"), S_IFDIR | 0755);
        CHECK_EQUAL(mode_at("a/parent"), S_IFLNK | 0777);
        /* The link leads outside (CVE-2019-18837): the same path is made inside. */
        make_link(outside, "out");
        CHECK_EQUAL(try_make_dir("out/dir/new"), 0);
        CHECK_EQUAL(mode_at(deep + 1), S_IFDIR | 0755);
        CHECK_EQUAL(try_make_file("out/made"), 0);
        CHECK_EQUAL(mode_at(made + 1), S_IFREG | 0666);
        make_link_outside("/made-file", "out-file");
        CHECK_EQUAL(try_make_file("out-file"), 0);
        make_link("../../../../../climbed/file", "a/climbing");
        CHECK_EQUAL(try_make_file("a/climbing"), 0);
        CHECK_EQUAL(mode_at("climbed/file"), S_IFREG | 0666);
}
IN_BOTH_MODES(make_through_links)

static void make_files(void) {
        mode_t old = umask(077);

        CHECK_EQUAL(try_make_file("new/dir/file"), 0);
        CHECK_EQUAL(umask(old), 077);
        CHECK_EQUAL(mode_at("new"), S_IFDIR | 0755);
        CHECK_EQUAL(mode_at("new/dir/file"), S_IFREG | 0666);
        put(root_fd, "full", "inside");
        CHECK_EQUAL(try_make_file("full"), 0);
        CHECK_TEXT(text_at("full"), "inside");
        CHECK_EQUAL(try_make_file("new/dir"), -EISDIR);
        CHECK_EQUAL(try_make_file("new/other/.."), -EISDIR);
        CHECK_EQUAL(try_make_file("/"), -EISDIR);
        CHECK_EQUAL(try_make_file("full/below"), -ENOTDIR);
        CHECK_EQUAL(try_make_file("trailing//"), 0);
        CHECK_EQUAL(mode_at("trailing"), S_IFREG | 0666);
        make_link("no-file/", "to-dir");
        CHECK_EQUAL(try_make_file("to-dir"), -EISDIR);
        CHECK_EQUAL(mode_at("no-file"), 0);
        make_link("dangling-target", "dangling");
        CHECK_EQUAL(try_make_file("dangling"), 0);
        CHECK_EQUAL(mode_at("dangling-target"), S_IFREG | 0666);
}
IN_BOTH_MODES(make_files)

static void make_parents(void) {
        autofree char *name = NULL;
        autoclose int fd = path_make_parent(root_fd, "/dev/sub/null//", 0711, &name);
        struct stat a, b;
        static const char *const wrong[] = {"/", "//", "", ".", "..", "/a/..", "/a/.", "/.."};

        CHECK_TEXT(name, "null");
        CHECK_EQUAL(mode_at("dev/sub"), S_IFDIR | 0711);
        CHECK(fstat(fd, &a) == 0 && fstatat(root_fd, "dev/sub", &b, 0) == 0 && a.st_ino == b.st_ino);
        CHECK_EQUAL(mode_at("dev/sub/null"), 0);
        fd_close(&fd);
        alloc_free_pointer(&name);
        name = NULL;
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                CHECK_EQUAL(path_make_parent(root_fd, wrong[i], 0755, &name), -EINVAL);
        CHECK(!name);
        fd = path_make_parent(root_fd, "x", 0755, &name);
        CHECK(fstat(fd, &a) == 0 && fstat(root_fd, &b) == 0 && a.st_ino == b.st_ino);
        CHECK_TEXT(name, "x");
        alloc_free_pointer(&name);
        name = NULL;
        fd_close(&fd);
        /* The last component is not looked at, be it a link. */
        make_link_outside("/new", "link");
        fd = path_make_parent(root_fd, "/link", 0755, &name);
        CHECK_TEXT(name, "link");
        CHECK_EQUAL(count_entries(fd, "."), 2);
}
IN_BOTH_MODES(make_parents)

/* AT_FDCWD: the host's root; relative paths count from the working directory. */
static void on_the_host(void) {
        autofree char *path = text_format("%s/root/host/dir", top);
        autoclose int back = open(".", O_PATH | O_CLOEXEC);
        autoclose int fd = path_make_dir(AT_FDCWD, path, 0700), relative = -1, file = -1;

        CHECK(fd >= 0);
        CHECK_EQUAL(mode_at("host/dir"), S_IFDIR | 0700);
        make_link(path, "host/link");
        CHECK_EQUAL(fchdir(root_fd), 0);
        relative = path_make_dir(AT_FDCWD, "host/../host/link/below", 0755);
        file = path_open_in_root(AT_FDCWD, "../secret", O_RDONLY);
        CHECK_EQUAL(fchdir(back), 0);
        CHECK(relative >= 0);
        CHECK(file >= 0);
        CHECK_EQUAL(mode_at("host/dir/below"), S_IFDIR | 0755);
}
IN_BOTH_MODES(on_the_host)

/* --- races --- */

/* Runs the attack in a process of its own, over and over until it is killed. */
static pid_t start_attack(void (*attack)(void)) {
        pid_t pid = fork();

        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (int i = 0;; i++) {
                        attack();
                        /* Or it would keep the directories locked all the time, and the others waiting. */
                        if (i % 4 == 0)
                                usleep(1);
                }
        }
        return pid;
}

static void end_attack(pid_t pid) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}

static void check_opened_inside(const char *path) {
        CHECK(strcmp(text_at(path), "outside") != 0);
}

/* A directory and a link to the outside change places. */
static void swap_directory(void) {
        syscall(SYS_renameat2, root_fd, "vol/dir", root_fd, "vol/link", EXCHANGE);
}

static void make_and_open(int number) {
        autofree char *dir = text_format("/vol/dir/d%d/sub", number), *file = text_format("/vol/dir/f%d", number);

        CHECK_EQUAL(try_make_dir(dir), 0);
        CHECK_EQUAL(try_make_file(file), 0);
        check_opened_inside("/vol/dir/secret");
        check_opened_inside("/vol/dir/dir/secret");
}

/*
 * Whichever it is at the moment, nothing may be opened or made outside. Both the directory and what the link means
 * inside must have been reached, or it has not been a race: so it goes on until they were, but not for ever.
 */
static void race_with_links(void) {
        autofree char *meant = text_format("%s/outside", top);
        autoclose int meant_fd = -1, dir_fd = -1;
        pid_t attack;

        make_dir("vol");
        make_dir("vol/dir");
        make_link_outside("", "vol/link");
        meant_fd = path_make_dir(root_fd, meant, 0755);
        dir_fd = openat(root_fd, "vol/dir", O_PATH | O_DIRECTORY | O_CLOEXEC);
        attack = start_attack(swap_directory);
        for (int i = 0; i < 10 * ROUNDS; i++) {
                if (i >= ROUNDS && i % 100 == 0 && count_entries(dir_fd, ".") > 0 && count_entries(meant_fd, ".") > 0)
                        break;
                make_and_open(i);
        }
        end_attack(attack);
        CHECK(count_entries(dir_fd, ".") > 0);
        CHECK(count_entries(meant_fd, ".") > 0);
}
IN_BOTH_MODES(race_with_links)

/* A directory leaves the root and comes back: what was ".." of it is above the root meanwhile. */
static void move_directory(void) {
        renameat(root_fd, "vol/dir", top_fd, "outside/moved");
        renameat(top_fd, "outside/moved", root_fd, "vol/dir");
}

static void race_with_dots(void) {
        int found = 0, missed = 0;
        pid_t attack;

        make_dir("vol");
        make_dir("vol/dir");
        put(root_fd, "secret", "inside");
        put(root_fd, "vol/secret", "inside");
        attack = start_attack(move_directory);
        for (int i = 0; i < ROUNDS || ((!found || !missed) && i < 50 * ROUNDS); i++) {
                autofree char *file = text_format("vol/dir/../../f%d", i), *dir = text_format("vol/dir/../d%d", i);
                const char *text = text_at("vol/dir/../../secret");

                found += strcmp(text, "inside") == 0;
                missed += strcmp(text, "-ENOENT") == 0;
                CHECK(strcmp(text, "outside") != 0);
                check_opened_inside("vol/dir/../secret");
                if (i < ROUNDS) {
                        CHECK_EQUAL(try_make_file(file), 0);
                        CHECK_EQUAL(try_make_dir(dir), 0);
                }
        }
        end_attack(attack);
        renameat(top_fd, "outside/moved", root_fd, "vol/dir");
        CHECK(found && missed);
}
IN_BOTH_MODES(race_with_dots)

/* A file and a link to one outside change places. */
static void swap_file(void) {
        syscall(SYS_renameat2, root_fd, "file", root_fd, "link", EXCHANGE);
}

static void race_with_a_file(void) {
        int opened = 0, followed = 0;
        pid_t attack;

        put(root_fd, "file", "inside");
        make_link_outside("/secret", "link");
        attack = start_attack(swap_file);
        for (int i = 0; i < 5 * ROUNDS || ((!opened || !followed) && i < 50 * ROUNDS); i++) {
                const char *text = text_at("file");

                opened += strcmp(text, "inside") == 0;
                followed += strcmp(text, "-ENOENT") == 0;
                CHECK(strcmp(text, "outside") != 0);
                CHECK(path_open_no_symlinks(root_fd, "file", O_PATH | O_DIRECTORY) < 0);
        }
        end_attack(attack);
        CHECK(opened && followed);
}
IN_BOTH_MODES(race_with_a_file)

/* A link to the outside appears and goes where something is about to be made. */
static void plant_for_a_file(void) {
        autofree char *target = text_format("%s/outside/new", top);

        (void)!symlinkat(target, root_fd, "file");
        unlinkat(root_fd, "file", 0);
}

static void plant_for_a_directory(void) {
        autofree char *target = text_format("%s/outside/dir", top);

        (void)!symlinkat(target, root_fd, "dir");
        unlinkat(root_fd, "dir", 0);
        (void)!mkdirat(root_fd, "dir", 0755);
        unlinkat(root_fd, "dir", AT_REMOVEDIR);
}

/* The attacker may make it fail, nothing else. */
static void race_with_plants(void) {
        pid_t attack = start_attack(plant_for_a_file);

        for (int i = 0; i < 10 * ROUNDS; i++) {
                (void)try_make_file("file");
                unlinkat(root_fd, "file", 0);
        }
        end_attack(attack);
        attack = start_attack(plant_for_a_directory);
        for (int i = 0; i < ROUNDS; i++) {
                (void)try_make_dir("dir/sub");
                unlinkat(root_fd, "dir/sub", AT_REMOVEDIR);
                unlinkat(root_fd, "dir", AT_REMOVEDIR);
        }
        end_attack(attack);
}
IN_BOTH_MODES(race_with_plants)

static int make_both(int number) {
        autofree char *dir = text_format("%d/a/b/c", number), *file = text_format("%d/f", number);
        int r = try_make_dir(dir);

        return r < 0 ? r : try_make_file(file);
}

/* Two that make the same do not disturb each other. */
static void race_of_friends(void) {
        int pair[2], r, other = 0;
        pid_t pid;

        CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        pid = fork();
        if (pid == 0) {
                close(pair[0]);
                for (int number; read(pair[1], &number, sizeof(number)) == sizeof(number);) {
                        r = make_both(number);
                        (void)!write(pair[1], &r, sizeof(r));
                }
                _exit(0);
        }
        close(pair[1]);
        for (int i = 0; i < ROUNDS; i++) {
                CHECK(write(pair[0], &i, sizeof(i)) == sizeof(i));
                CHECK_EQUAL(make_both(i), 0);
                CHECK(read(pair[0], &other, sizeof(other)) == sizeof(other));
                CHECK_EQUAL(other, 0);
        }
        close(pair[0]);
        waitpid(pid, NULL, 0);
}
IN_BOTH_MODES(race_of_friends)

/* --- text --- */

static void clean(void) {
        static const struct {
                const char *path, *clean;
        } rows[] = {
                {"/", "/"},
                {"//", "/"},
                {"/a", "/a"},
                {"/a/", "/a"},
                {"//a///b//", "/a/b"},
                {"/a/./b/.", "/a/b"},
                {"/./", "/"},
                {"/a/..", "/"},
                {"/a/../..", "/"},
                {"/..", "/"},
                {"/../a", "/a"},
                {"/a/b/../c", "/a/c"},
                {"/a/bc/../../d", "/d"},
                {"/a/...", "/a/..."},
                {"/.a/..b", "/.a/..b"},
                {"", "."},
                {".", "."},
                {"./", "."},
                {"a", "a"},
                {"a//b/", "a/b"},
                {"a/..", "."},
                {"a/../b", "b"},
                {"../a", "a"},
                {"../..", "."},
                {"a/../../b", "b"},
                {"ab/cd/../ef", "ab/ef"},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                autofree char *found = path_clean(rows[i].path), *again = path_clean(found);

                CHECK_TEXT(found, rows[i].clean);
                CHECK_TEXT(again, found);
        }
}

static void join(void) {
        static const struct {
                const char *base, *path, *joined;
        } rows[] = {
                {"/a", "b", "/a/b"}, {"/a/", "b", "/a/b"}, {"/", "b", "/b"}, {"/a", "/b", "/b"}, {"a", "b/c", "a/b/c"},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                autofree char *found = path_join(rows[i].base, rows[i].path);

                CHECK_TEXT(found, rows[i].joined);
        }
}

static void below(void) {
        CHECK(path_is_below("/a", "/a"));
        CHECK(path_is_below("/a/b", "/a"));
        CHECK(!path_is_below("/ab", "/a"));
        CHECK(!path_is_below("/", "/a"));
        CHECK(!path_is_below("/a", "/a/b"));
        CHECK(path_is_below("/", "/"));
        CHECK(path_is_below("/a", "/"));
        CHECK(!path_is_below("a", "/"));
}

static const struct test_case cases[] = {
        CASES("open", open_plainly),
        CASES("open: flags", open_gives_flags),
        CASES("\"..\" stays inside", dots_stay_inside),
        CASES("links stay inside", links_stay_inside),
        CASES("final links", final_links),
        CASES("loops of links end", loops_end),
        CASES("path_open_no_symlinks", no_symlinks),
        CASES("magic links", magic_links),
        CASES("special files", special_files),
        CASES("path_make_dir", make_directories),
        CASES("making through links", make_through_links),
        CASES("path_make_file", make_files),
        CASES("path_make_parent", make_parents),
        CASES("on the host", on_the_host),
        CASES("race: a directory and a link are exchanged", race_with_links),
        CASES("race: a directory leaves the root", race_with_dots),
        CASES("race: a file and a link are exchanged", race_with_a_file),
        CASES("race: links are planted", race_with_plants),
        CASES("race: two make the same", race_of_friends),
        {"path_clean", clean},
        {"path_join", join},
        {"path_is_below", below},
};

int main(void) {
        int status;

        if (!mkdtemp(top) && !mkdtemp(strcpy(top, "/tmp/test-path-XXXXXX")))
                return EXIT_FAILURE;
        status = test_run(cases, ELEMENTSOF(cases));
        return rmdir(top) == 0 ? status : EXIT_FAILURE;
}
