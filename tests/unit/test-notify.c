/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/isolation/notify.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "util/alloc.h"
#include "util/fd.h"

/* With the length of the text, or with NULs in it. */
#define READY(text) notify_says_ready(text, sizeof(text) - 1)

static void test_ready(void) {
        CHECK(READY("READY=1"));
        CHECK(READY("READY=1\n"));
        CHECK(READY("READY=1\0"));
        CHECK(READY("READY=1\n\0"));
        CHECK(READY("STATUS=up\nREADY=1"));
        CHECK(READY("READY=1\nSTATUS=up\n"));
        CHECK(READY("\n\nREADY=1\n\n"));
}

static void test_not_ready(void) {
        CHECK(!READY(""));
        CHECK(!READY("\0"));
        CHECK(!READY("\n"));
        CHECK(!READY("READY=0"));
        CHECK(!READY("READY="));
        CHECK(!READY("READY=1 "));
        CHECK(!READY(" READY=1"));
        CHECK(!READY("READY=12"));
        CHECK(!READY("XREADY=1"));
        CHECK(!READY("ready=1"));
        CHECK(!READY("STATUS=READY=1"));
        CHECK(!READY("STATUS=up READY=1\n"));
        CHECK(!READY("READY=1\r\n"));
}

static void test_no_text(void) {
        CHECK(!READY("READY=1\0\0"));
        CHECK(!READY("READY=1\0\n"));
        CHECK(!READY("\0READY=1"));
        CHECK(!READY("STATUS=\0\nREADY=1"));
}

/* What is behind the message in the buffer is not part of it. */
static void test_bounds(void) {
        CHECK(!notify_says_ready("READY=1", 6));
        CHECK(!notify_says_ready("READY=1", 0));
        CHECK(notify_says_ready("READY=12", 7));
        CHECK(!notify_says_ready("X\nREADY=1", 2));
}

static void test_directory(void) {
        char path[] = "/tmp/test-notify-XXXXXX";
        autoclose int state_fd = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        autodone(notify) struct notify notify = NOTIFY_INIT;
        struct stat status;
        mode_t before = umask(0077);

        CHECK(notify_make_directory(state_fd, NULL) == 0);
        CHECK(fstatat(state_fd, "notify", &status, 0) == 0 && (status.st_mode & 0777) == 0755);
        /* One that a start has left. */
        CHECK(mknodat(state_fd, "notify/notify.sock", S_IFREG | 0600, 0) == 0);
        CHECK(notify_listen(&notify, state_fd) == 0);
        CHECK(fstatat(state_fd, "notify/notify.sock", &status, 0) == 0 && status.st_mode == (S_IFSOCK | 0666));
        CHECK(umask(before) == 0077);
        CHECK(notify_poll_fd(&notify) >= 0);
        notify_done(&notify);
        CHECK(fstatat(state_fd, "notify/notify.sock", &status, 0) < 0);
        CHECK(notify_poll_fd(&notify) == -1);
        unlinkat(state_fd, "notify", AT_REMOVEDIR);
        rmdir(path);
}

static const struct test_case cases[] = {
        {"READY=1 is a line of a message", test_ready},
        {"what only looks like it", test_not_ready},
        {"a message with a NUL in it is none", test_no_text},
        {"nothing behind the message is read", test_bounds},
        {"the directory and the socket, whatever the umask is", test_directory},
};

int main(void) {
        return test_run(cases, ELEMENTSOF(cases));
}
