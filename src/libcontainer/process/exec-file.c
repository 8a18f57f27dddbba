/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking for the program and explaining a failed execve(2). Runs in init. */
#include "libcontainer/process/exec-file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/text.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* How many scripts may be each other's interpreters before the kernel gives up (BINPRM_MAX_DEPTH is 5). */
#define INTERPRETERS_MAX 6

/* 0, or the negative errno that a shell would report. Checked with the effective ids and capabilities. */
static int check_executable(const char *path) {
        struct stat status;

        if (stat(path, &status) < 0)
                return -errno;
        if (S_ISDIR(status.st_mode))
                return -EISDIR;
        if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
                return -errno;
        /* access(2) grants everything to root, execve(2) wants at least one x bit and a regular file. */
        return S_ISREG(status.st_mode) && status.st_mode & 0111 ? 0 : -EACCES;
}

/* The interpreter that a file names in its #! line, cut out of `line`; NULL if it is no script. */
static char *find_interpreter(const char *path, char *line, size_t size) {
        autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        ssize_t n = fd < 0 ? -1 : pread(fd, line, size - 1, 0);
        char *interpreter;

        if (n < 3 || line[0] != '#' || line[1] != '!')
                return NULL;
        line[n] = '\0';
        line[strcspn(line, "\n")] = '\0';
        interpreter = line + 2 + strspn(line + 2, " \t");
        interpreter[strcspn(interpreter, " \t")] = '\0';
        return interpreter;
}

int exec_refuse_own_binary(const char *name, const char *path, const struct stat *forbidden) {
        char lines[2][PATH_MAX];

        for (int i = 0; path && i < INTERPRETERS_MAX; i++) {
                struct stat status;

                if (stat(path, &status) == 0 && status.st_dev == forbidden->st_dev && status.st_ino == forbidden->st_ino)
                        return fail(EACCES, "exec: \"%s\": it leads to the container runtime itself", name);
                path = find_interpreter(path, lines[i % 2], sizeof(lines[0]));
        }
        return 0;
}

/* Asked before execve(2) and after it: both fail by a mount's noexec with the same EACCES as by a missing x bit. */
static bool is_on_noexec(const char *path) {
        struct statvfs filesystem;

        return statvfs(path, &filesystem) == 0 && filesystem.f_flag & ST_NOEXEC;
}

static int check_path(const char *path, char **ret) {
        int r = check_executable(path);

        if (r == -ENOENT)
                return fail(ENOENT, "exec: \"%s\": stat %s", path, path);
        /* With the words of EACCES behind it, for engines that know only those as "cannot be invoked" (exit code 126). */
        if (r == -EISDIR)
                return fail(EACCES, "exec: \"%s\": is a directory", path);
        if (r == -EACCES && is_on_noexec(path))
                return fail(EACCES, "exec: \"%s\": it lies on a file system that is mounted noexec", path);
        if (r < 0)
                return fail(-r, "exec: \"%s\"", path);
        *ret = text_copy(path);
        return 0;
}

static int search_path(const char *name, const char *path, char **ret) {
        autofree char *directories = text_copy(path ? path : DEFAULT_PATH);

        for (char *rest = directories, *directory; *name && (directory = strsep(&rest, ":"));) {
                autofree char *candidate = NULL;

                /* A relative entry would mean the working directory, which is the image's choice. */
                if (directory[0] != '/')
                        continue;
                candidate = text_format("%s/%s", directory, name);
                if (check_executable(candidate) < 0)
                        continue;
                *ret = take_ptr(&candidate);
                return 0;
        }
        reject("exec: \"%s\": executable file not found in $PATH", name);
        return -ENOENT;
}

int exec_find(const char *name, const char *path, const struct stat *forbidden, char **ret) {
        autofree char *found = NULL;
        int r = strchr(name, '/') ? check_path(name, &found) : search_path(name, path, &found);

        if (r >= 0)
                r = exec_refuse_own_binary(name, found, forbidden);
        if (r >= 0)
                *ret = take_ptr(&found);
        return r;
}

/* --- why it failed --- */

static int explain_script(int error, const char *path, char *line) {
        char *interpreter, *end;

        line[strcspn(line, "\n")] = '\0';
        interpreter = line + 2 + strspn(line + 2, " \t");
        end = interpreter + strcspn(interpreter, " \t");
        if (strchr(line, '\r'))
                return fail(error, "exec: \"%s\": its #! line ends with a carriage return (was it written on Windows?)", path);
        *end = '\0';
        if (!*interpreter)
                return fail(error, "exec: \"%s\": its #! line names no interpreter", path);
        if (access(interpreter, F_OK) < 0)
                return fail(error, "exec: \"%s\": the interpreter `%s` of its #! line is missing", path, interpreter);
        return fail(error, "exec: \"%s\": the interpreter `%s` of its #! line cannot be executed", path, interpreter);
}

/* The dynamic loader that a 64-bit ELF file names; false when it names none. */
static bool find_loader(int fd, const Elf64_Ehdr *header, char loader[PATH_MAX]) {
        for (unsigned i = 0; i < header->e_phnum && i < 64; i++) {
                Elf64_Phdr segment;
                ssize_t n = pread(fd, &segment, sizeof(segment), (off_t)(header->e_phoff + i * sizeof(segment)));

                if (n != sizeof(segment))
                        return false;
                if (segment.p_type != PT_INTERP || segment.p_filesz == 0 || segment.p_filesz >= PATH_MAX)
                        continue;
                n = pread(fd, loader, segment.p_filesz, (off_t)segment.p_offset);
                if (n <= 0)
                        return false;
                loader[n] = '\0';
                return true;
        }
        return false;
}

/* The machine that this tare was built for is the one that it runs on. */
static unsigned own_machine(void) {
        Elf64_Ehdr header = {0};
        autoclose int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

        return fd >= 0 && pread(fd, &header, sizeof(header), 0) == sizeof(header) ? header.e_machine : EM_NONE;
}

static const struct {
        unsigned machine;
        const char *name;
} machines[] = {
        {EM_386, "x86 (32 bit)"}, {EM_X86_64, "x86_64"}, {EM_ARM, "arm"},     {EM_AARCH64, "aarch64"},
        {EM_RISCV, "riscv"},      {EM_PPC64, "ppc64"},   {EM_S390, "s390x"}, {EM_MIPS, "mips"},
};

static const char *machine_name(unsigned machine) {
        for (size_t i = 0; i < ELEMENTSOF(machines); i++)
                if (machines[i].machine == machine)
                        return machines[i].name;
        return "another machine";
}

static int explain_elf(int error, const char *path, int fd) {
        char loader[PATH_MAX];
        Elf64_Ehdr header;

        if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
                return fail(error, "exec: \"%s\": the program is cut off", path);
        if (error == ENOEXEC && header.e_machine != own_machine())
                return fail(error, "exec: \"%s\": the program is for %s, wrong architecture", path, machine_name(header.e_machine));
        if (header.e_ident[EI_CLASS] == ELFCLASS64 && find_loader(fd, &header, loader) && access(loader, F_OK) < 0)
                return fail(error, "exec: \"%s\": its dynamic loader `%s` is missing", path, loader);
        return fail(error, "exec: \"%s\"", path);
}

int exec_explain(int error, const char *path) {
        autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        char begin[PATH_MAX] = "";

        if (error == EACCES && is_on_noexec(path))
                return fail(error, "exec: \"%s\": it lies on a file system that is mounted noexec", path);
        if (fd < 0 || pread(fd, begin, sizeof(begin) - 1, 0) < 2)
                return fail(error, "exec: \"%s\"", path);
        if (begin[0] == '#' && begin[1] == '!')
                return explain_script(error, path, begin);
        if (memcmp(begin, ELFMAG, SELFMAG) == 0)
                return explain_elf(error, path, fd);
        if (error == ENOEXEC)
                return fail(error, "exec: \"%s\": neither a program nor a script with a #! line", path);
        return fail(error, "exec: \"%s\"", path);
}
