/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding a program, and what is said when it is not there or does not start. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/process/exec-file.h"
#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"

static char top[] = "/tmp/tare-test-exec.XXXXXX";
static const struct stat nothing;

static char *make(const char *name, const void *bytes, size_t size, mode_t mode) {
        char *path = text_format("%s/%s", top, name);
        autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        fd_write_full(fd, bytes, size);
        fchmod(fd, mode);
        return path;
}

static char *make_text(const char *name, const char *text, mode_t mode) {
        return make(name, text, strlen(text), mode);
}

static void test_search(void) {
        autofree char *program = make_text("program", "x", 0755), *plain = make_text("plain", "x", 0644);
        autofree char *path = text_format("relative:/nowhere:%s:/bin", top);
        autofree char *found = NULL;

        CHECK_EQUAL(exec_find("program", path, &nothing, &found), 0);
        CHECK_TEXT(found, program);
        CHECK_EQUAL(exec_find("plain", path, &nothing, &found), -ENOENT);
        CHECK_TEXT(fail_text(), "exec: \"plain\": executable file not found in $PATH");
        CHECK_EQUAL(exec_find("", path, &nothing, &found), -ENOENT);
        CHECK_EQUAL(exec_find("program", "", &nothing, &found), -ENOENT);
        unlink(program);
        unlink(plain);
}

static void test_paths(void) {
        autofree char *plain = make_text("plain", "x", 0644), *text = NULL, *found = NULL;

        CHECK_EQUAL(exec_find("/no/such", NULL, &nothing, &found), -ENOENT);
        CHECK_TEXT(fail_text(), "exec: \"/no/such\": stat /no/such: no such file or directory");
        CHECK_EQUAL(exec_find(plain, NULL, &nothing, &found), -EACCES);
        text = text_format("exec: \"%s\": permission denied", plain);
        CHECK_TEXT(fail_text(), text);
        CHECK_EQUAL(exec_find("/tmp", NULL, &nothing, &found), -EACCES);
        CHECK_TEXT(fail_text(), "exec: \"/tmp\": is a directory: permission denied");
        unlink(plain);
}

/* By a link, and as the interpreter of a script of a script. */
static void test_own_binary(void) {
        autofree char *self = make_text("self", "x", 0755), *line = text_format("#! %s arg\n", self);
        autofree char *script = make_text("script", line, 0755), *outer_line = text_format("#!%s\n", script);
        autofree char *outer = make_text("outer", outer_line, 0755), *link = text_format("%s/link", top), *found = NULL;
        struct stat own;

        stat(self, &own);
        CHECK_EQUAL(symlink(self, link), 0);
        CHECK_EQUAL(exec_find(self, NULL, &own, &found), -EACCES);
        CHECK_EQUAL(exec_find(link, NULL, &own, &found), -EACCES);
        CHECK_EQUAL(exec_find(script, NULL, &own, &found), -EACCES);
        CHECK_EQUAL(exec_find(outer, NULL, &own, &found), -EACCES);
        CHECK_CONTAINS(fail_text(), "the container runtime itself");
        CHECK_EQUAL(exec_find("/bin/sh", NULL, &own, &found), 0);
        unlink(self);
        unlink(script);
        unlink(outer);
        unlink(link);
}

static void check_script(const char *line, int error, const char *words) {
        autofree char *script = make_text("script", line, 0755);

        CHECK_EQUAL(exec_explain(error, script), -error);
        CHECK_CONTAINS(fail_text(), words);
        unlink(script);
}

static void test_scripts(void) {
        check_script("#!/no/interpreter -x\n", ENOENT, "the interpreter `/no/interpreter` of its #! line is missing: no such file or directory");
        check_script("#!/bin/sh\r\n", ENOENT, "carriage return");
        check_script("#!\n", ENOEXEC, "names no interpreter");
        check_script("#!/etc/passwd\n", EACCES, "cannot be executed: permission denied");
        check_script("echo no first line\n", ENOEXEC, "neither a program nor a script");
}

static void test_programs(void) {
        struct {
                Elf64_Ehdr header;
                Elf64_Phdr segment;
                char loader[32];
        } image = {
                .header = {.e_ident = ELFMAG, .e_machine = EM_X86_64, .e_phoff = sizeof(Elf64_Ehdr), .e_phnum = 1},
                .segment = {.p_type = PT_INTERP, .p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr), .p_filesz = 16},
                .loader = "/no/such/loader",
        };
        autofree char *program = NULL;

        image.header.e_ident[EI_CLASS] = ELFCLASS64;
        program = make("elf", &image, sizeof(image), 0755);
        CHECK_EQUAL(exec_explain(ENOENT, program), -ENOENT);
        CHECK_CONTAINS(fail_text(), "its dynamic loader `/no/such/loader` is missing: no such file or directory");
        image.header.e_machine = EM_S390;
        free(program);
        program = make("elf", &image, sizeof(image), 0755);
        CHECK_EQUAL(exec_explain(ENOEXEC, program), -ENOEXEC);
        CHECK_CONTAINS(fail_text(), "the program is for s390x, wrong architecture");
        free(program);
        program = make("elf", &image, 20, 0755);
        CHECK_EQUAL(exec_explain(ENOEXEC, program), -ENOEXEC);
        CHECK_CONTAINS(fail_text(), "cut off");
        unlink(program);
}

static const struct test_case cases[] = {
        {"a name is looked up in PATH, in absolute directories only", test_search},
        {"a path says what is wrong with it", test_paths},
        {"tare itself is never executed", test_own_binary},
        {"scripts: a missing interpreter, a carriage return", test_scripts},
        {"programs: a missing loader, another machine, cut off", test_programs},
};

int main(void) {
        int r;

        if (!mkdtemp(top))
                return EXIT_FAILURE;
        chmod(top, 0755);
        r = test_run(cases, ELEMENTSOF(cases));
        rmdir(top);
        return r;
}
