/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/kernel.h"

#include "test.h"

#define LIMIT (1 << 20)

static char directory[] = "/tmp/test-file-XXXXXX";
static int dir_fd = -1;

/* Replaces the file; NULL removes it. */
static void put(const char *name, const void *bytes, size_t size) {
        unlinkat(dir_fd, name, 0);
        if (bytes) {
                autoclose int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

                CHECK(fd >= 0);
                CHECK_EQUAL(fd_write_full(fd, bytes, size), 0);
        }
}

static bool exists(int fd, const char *name) {
        struct stat status;

        return fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
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

/* In a child: mounts of its own, and the directory opened there. */
static void enter_own_mounts(void) {
        CHECK_EQUAL(unshare(CLONE_NEWNS), 0);
        CHECK_EQUAL(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
        CHECK_EQUAL(chdir(directory), 0);
        close(dir_fd);
        dir_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* --- reading --- */

static void read_sizes(void) {
        static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 8193, 300000};
        autofree char *bytes = alloc_zero(300000, 1);

        memset(bytes, 'a', 300000);
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                autofree char *text = NULL;
                size_t size = 77;

                put("file", bytes, sizes[i]);
                CHECK_EQUAL(file_read(dir_fd, "file", LIMIT, &text, &size), 0);
                CHECK_EQUAL(size, sizes[i]);
                CHECK(text && memcmp(text, bytes, size) == 0 && text[size] == '\0');
        }
        put("file", NULL, 0);
}

static void read_limit(void) {
        autofree char *text = NULL;
        size_t size = 77;

        put("file", "12345", 5);
        CHECK_EQUAL(file_read(dir_fd, "file", 4, &text, &size), -EFBIG);
        CHECK(!text);
        CHECK_EQUAL(size, 77);
        CHECK_EQUAL(file_read(dir_fd, "file", 5, &text, NULL), 0);
        CHECK_TEXT(text, "12345");
        alloc_free_pointer(&text);
        text = NULL;
        CHECK_EQUAL(file_read(dir_fd, "file", SIZE_MAX, &text, NULL), 0);
        CHECK_TEXT(text, "12345");
        put("file", NULL, 0);
}

/* Files of the kernel have the size 0 and may be longer than the first read. */
static void read_kernel_files(void) {
        autofree char *maps = NULL, *cgroup = NULL, *none = NULL;
        size_t size = 0;

        CHECK_EQUAL(file_read(AT_FDCWD, "/proc/self/cgroup", LIMIT, &cgroup, &size), 0);
        CHECK(size > 0 && cgroup[size - 1] == '\n');
        CHECK_EQUAL(file_read(AT_FDCWD, "/proc/self/smaps", LIMIT, &maps, &size), 0);
        CHECK(size > 4097 && strlen(maps) == size);
        /* The limit holds though the file says that it is empty. */
        CHECK_EQUAL(file_read(AT_FDCWD, "/proc/self/smaps", 4500, &none, NULL), -EFBIG);
        CHECK_EQUAL(file_read(AT_FDCWD, "/proc/self/stat", 10, &none, NULL), -EFBIG);
        CHECK(!none);
}

/* An alarm ends the test if one of these waits. */
static void read_only_regular_files(void) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        char *text = NULL;
        autoclose int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        alarm(10);
        CHECK_EQUAL(mkfifoat(dir_fd, "fifo", 0600), 0);
        CHECK_EQUAL(file_read(dir_fd, "fifo", LIMIT, &text, NULL), -EINVAL);
        unlinkat(dir_fd, "fifo", 0);
        snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/socket", dir_fd);
        CHECK_EQUAL(bind(socket_fd, (struct sockaddr *)&address, sizeof(address)), 0);
        CHECK_EQUAL(file_read(dir_fd, "socket", LIMIT, &text, NULL), -EINVAL);
        unlinkat(dir_fd, "socket", 0);
        CHECK_EQUAL(file_read(AT_FDCWD, "/dev/zero", LIMIT, &text, NULL), -EINVAL);
        CHECK_EQUAL(file_read(dir_fd, ".", LIMIT, &text, NULL), -EINVAL);
        CHECK_EQUAL(file_read(dir_fd, "nothing", LIMIT, &text, NULL), -ENOENT);
        CHECK(!text);
        alarm(0);
}

/* --- writing --- */

static void write_existing(void) {
        autofree char *text = NULL;

        CHECK_EQUAL(file_write(dir_fd, "file", "x"), -ENOENT);
        CHECK(!exists(dir_fd, "file"));
        put("file", "abc", 3);
        CHECK_EQUAL(file_write(dir_fd, "file", "xy"), 0);
        CHECK_EQUAL(file_write_bytes(dir_fd, "file", "", 0), 0);
        CHECK_EQUAL(file_read(dir_fd, "file", LIMIT, &text, NULL), 0);
        CHECK_TEXT(text, "xyc");
        put("file", NULL, 0);
        /* The kernel's own errors come through. */
        CHECK_EQUAL(file_write(AT_FDCWD, "/proc/self/oom_score_adj", "nonsense"), -EINVAL);
        CHECK_EQUAL(file_write(AT_FDCWD, "/dev/full", "x"), -ENOSPC);
}

static void replace(void) {
        autofree char *text = NULL;
        struct stat status;
        mode_t old = umask(027);

        CHECK_EQUAL(file_replace(dir_fd, "file", "one", 3, 0666), 0);
        umask(old);
        CHECK_EQUAL(fstatat(dir_fd, "file", &status, 0), 0);
        CHECK_EQUAL(status.st_mode, S_IFREG | 0640);
        /* A leftover, longer than what is to be written, and a link that a caller may not be led along. */
        put(".file.tmp", "left over", 9);
        CHECK_EQUAL(file_replace(dir_fd, "file", "two", 3, 0600), 0);
        put("outside", "untouched", 9);
        CHECK_EQUAL(symlinkat("outside", dir_fd, ".file.tmp"), 0);
        CHECK_EQUAL(file_replace(dir_fd, "file", "three", 5, 0600), 0);
        CHECK(!exists(dir_fd, ".file.tmp"));
        CHECK_EQUAL(file_read(dir_fd, "outside", LIMIT, &text, NULL), 0);
        CHECK_TEXT(text, "untouched");
        alloc_free_pointer(&text);
        CHECK_EQUAL(file_read(dir_fd, "file", LIMIT, &text, NULL), 0);
        CHECK_TEXT(text, "three");
        put("file", NULL, 0);
        put("outside", NULL, 0);
}

static void replace_in_subdirectory(void) {
        autofree char *text = NULL, *path = text_format("/proc/self/fd/%d/sub/file", dir_fd);

        CHECK_EQUAL(mkdirat(dir_fd, "sub", 0700), 0);
        CHECK_EQUAL(file_replace(dir_fd, "sub/file", "one", 3, 0600), 0);
        CHECK_EQUAL(file_replace(AT_FDCWD, path, "two", 3, 0600), 0);
        CHECK(!exists(dir_fd, "sub/.file.tmp"));
        CHECK_EQUAL(file_read(dir_fd, "sub/file", LIMIT, &text, NULL), 0);
        CHECK_TEXT(text, "two");
        CHECK_EQUAL(file_remove_tree(dir_fd, "sub"), 0);
}

static void replace_failing_leaves_nothing(void) {
        CHECK_EQUAL(mkdirat(dir_fd, "taken", 0700), 0);
        CHECK_EQUAL(file_replace(dir_fd, "taken", "x", 1, 0600), -EISDIR);
        CHECK(!exists(dir_fd, ".taken.tmp"));
        unlinkat(dir_fd, "taken", AT_REMOVEDIR);
        CHECK_EQUAL(file_replace(dir_fd, "nothing/file", "x", 1, 0600), -ENOENT);
}

/* A full file system: the writing fails half way. */
static void check_replace_when_full(void) {
        static char bytes[1 << 20];
        autofree char *text = NULL;

        enter_own_mounts();
        CHECK_EQUAL(mount("tmpfs", "full", "tmpfs", 0, "size=64k"), 0);
        CHECK_EQUAL(file_replace(AT_FDCWD, "full/file", "old", 3, 0600), 0);
        CHECK_EQUAL(file_replace(AT_FDCWD, "full/file", bytes, sizeof(bytes), 0600), -ENOSPC);
        CHECK(!exists(AT_FDCWD, "full/.file.tmp"));
        CHECK_EQUAL(file_read(AT_FDCWD, "full/file", LIMIT, &text, NULL), 0);
        CHECK_TEXT(text, "old");
}

static void replace_when_full(void) {
        if (geteuid() != 0) {
                test_skip("needs root");
                return;
        }
        CHECK_EQUAL(mkdirat(dir_fd, "full", 0700), 0);
        in_child(check_replace_when_full);
        unlinkat(dir_fd, "full", AT_REMOVEDIR);
}

/* --- removing --- */

static void make_tree(void) {
        char name[32] = "tree";

        CHECK_EQUAL(mkdirat(dir_fd, "tree", 0700), 0);
        CHECK_EQUAL(mkdirat(dir_fd, "tree/sub", 0700), 0);
        CHECK_EQUAL(mkdirat(dir_fd, "tree/sub/empty", 0), 0);
        CHECK_EQUAL(mkfifoat(dir_fd, "tree/sub/fifo", 0600), 0);
        CHECK_EQUAL(symlinkat("../outside", dir_fd, "tree/link"), 0);
        CHECK_EQUAL(symlinkat("nowhere", dir_fd, "tree/sub/dangling"), 0);
        for (int i = 0; i < 500; i++) {
                snprintf(name, sizeof(name), "tree/sub/%d", i);
                put(name, "", 0);
        }
}

static void remove_tree(void) {
        CHECK_EQUAL(mkdirat(dir_fd, "outside", 0700), 0);
        put("outside/precious", "x", 1);
        make_tree();
        CHECK_EQUAL(file_remove_tree(dir_fd, "tree"), 0);
        CHECK(!exists(dir_fd, "tree"));
        CHECK_EQUAL(file_remove_tree(dir_fd, "tree"), 0);
        CHECK_EQUAL(symlinkat("outside", dir_fd, "link"), 0);
        CHECK_EQUAL(file_remove_tree(dir_fd, "link"), 0);
        CHECK(!exists(dir_fd, "link"));
        CHECK(exists(dir_fd, "outside/precious"));
        CHECK_EQUAL(file_remove_tree(dir_fd, "outside/precious"), 0);
        CHECK_EQUAL(file_remove_tree(dir_fd, "outside"), 0);
        CHECK(!exists(dir_fd, "outside"));
}

/* Which file system dirfd is of says nothing about a path that leads away from it. */
static void remove_by_path(void) {
        autoclose int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        autofree char *path = text_format("%s/tree", directory);
        autofree char *missing = text_format("%s/missing/tree", directory);

        CHECK(mkdirat(dir_fd, "tree", 0755) == 0 && mkdirat(dir_fd, "tree/sub", 0755) == 0);
        CHECK_EQUAL(file_remove_tree(proc_fd, path), 0);
        CHECK(!exists(dir_fd, "tree"));
        CHECK_EQUAL(file_remove_tree(proc_fd, missing), 0);
}

static void remove_deep_tree(void) {
        int fd = dup(dir_fd);

        for (int i = 0; i < 200; i++) {
                int next;

                CHECK_EQUAL(mkdirat(fd, "deep", 0700), 0);
                next = openat(fd, "deep", O_PATH | O_CLOEXEC);
                close(fd);
                fd = next;
        }
        close(fd);
        CHECK_EQUAL(file_remove_tree(dir_fd, "deep"), 0);
        CHECK(!exists(dir_fd, "deep"));
}

/* A mount below, of another file system or of the same one, is left alone with what it holds. */
static void check_mounts_stay(void) {
        enter_own_mounts();
        CHECK_EQUAL(mount("tmpfs", "tree/mounted", "tmpfs", 0, NULL), 0);
        put("tree/mounted/precious", "x", 1);
        CHECK_EQUAL(file_remove_tree(dir_fd, "tree"), -EBUSY);
        CHECK_EQUAL(file_remove_tree(dir_fd, "tree/mounted"), -EBUSY);
        CHECK(exists(dir_fd, "tree/mounted/precious"));
        CHECK_EQUAL(umount2("tree/mounted", 0), 0);
}

static void check_binds_stay(void) {
        enter_own_mounts();
        CHECK_EQUAL(mount("outside", "tree/mounted", NULL, MS_BIND, NULL), 0);
        CHECK_EQUAL(file_remove_tree(dir_fd, "tree"), -EBUSY);
        CHECK(exists(dir_fd, "outside/precious"));
        CHECK_EQUAL(umount2("tree/mounted", 0), 0);
        put("tree/file", "", 0);
        CHECK_EQUAL(mount("outside/precious", "tree/file", NULL, MS_BIND, NULL), 0);
        CHECK_EQUAL(unlinkat(dir_fd, "tree/mounted", AT_REMOVEDIR), 0);
        CHECK_EQUAL(file_remove_tree(dir_fd, "tree"), -EBUSY);
        CHECK(exists(dir_fd, "outside/precious"));
}

static void mounts_stay(void) {
        if (geteuid() != 0) {
                test_skip("needs root");
                return;
        }
        CHECK_EQUAL(mkdirat(dir_fd, "outside", 0700), 0);
        put("outside/precious", "x", 1);
        CHECK_EQUAL(mkdirat(dir_fd, "tree", 0700), 0);
        CHECK_EQUAL(mkdirat(dir_fd, "tree/mounted", 0700), 0);
        in_child(check_mounts_stay);
        in_child(check_binds_stay);
        CHECK_EQUAL(file_remove_tree(dir_fd, "tree"), 0);
        CHECK_EQUAL(file_remove_tree(dir_fd, "outside"), 0);
}

/* More than a pipe holds at once, from a writer that takes its time. */
static void read_stream(void) {
        enum { SIZE = 200000 };
        autofree char *bytes = alloc_zero(SIZE, 1), *text = NULL;
        size_t size = 0;
        int ends[2];
        pid_t pid;

        memset(bytes, 'x', SIZE);
        CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0)
                _exit(fd_write_full(ends[1], bytes, SIZE) < 0);
        close(ends[1]);
        CHECK_EQUAL(file_read_stream(ends[0], SIZE, &text, &size), 0);
        CHECK_EQUAL(size, SIZE);
        CHECK(text && memcmp(text, bytes, SIZE) == 0 && text[SIZE] == '\0');
        close(ends[0]);
        CHECK(waitpid(pid, NULL, 0) == pid);
}

static void read_endless_stream(void) {
        autoclose int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC), directory_fd = open(directory, O_RDONLY | O_CLOEXEC);
        char *text = NULL;

        CHECK_EQUAL(file_read_stream(fd, LIMIT, &text, NULL), -EFBIG);
        CHECK_EQUAL(file_read_stream(directory_fd, LIMIT, &text, NULL), -EISDIR);
        CHECK(!text);
}

static const struct test_case cases[] = {
        {"file_read: sizes", read_sizes},
        {"file_read: limit", read_limit},
        {"file_read: files of the kernel", read_kernel_files},
        {"file_read: nothing but regular files", read_only_regular_files},
        {"file_read_stream: a pipe, to its end", read_stream},
        {"file_read_stream: no end, and no stream", read_endless_stream},
        {"file_write", write_existing},
        {"file_replace", replace},
        {"file_replace in a subdirectory", replace_in_subdirectory},
        {"file_replace failing leaves nothing", replace_failing_leaves_nothing},
        {"file_replace on a full file system", replace_when_full},
        {"file_remove_tree", remove_tree},
        {"file_remove_tree: by a path", remove_by_path},
        {"file_remove_tree: deep", remove_deep_tree},
        {"file_remove_tree: mounts stay", mounts_stay},
};

int main(void) {
        int status;

        if (!mkdtemp(directory))
                return EXIT_FAILURE;
        dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        status = test_run(cases, ELEMENTSOF(cases));
        close(dir_fd);
        return rmdir(directory) == 0 ? status : EXIT_FAILURE;
}
