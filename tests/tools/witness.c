/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * witness CHECK ARGUMENT ARGUMENT [CHECK ARGUMENT ARGUMENT]...
 *
 * The process of a container that somebody outside disturbs while it is made: says whether it sees what was asked for. Ends
 * at once, with 0, or with 99 and a line about the first check that does not hold.
 *
 *     mounts WORD N        so many mounts have the word in their line of /proc/self/mountinfo
 *     readonly N -         so many mounts are read-only
 *     frozen A B           one of the two is on a mount that is read-only, the other is not
 *     hidden A B           one of the two is empty, the other is not
 *     holds PATH TEXT      that file has this text, without its newline
 *     lacks PATH -         there is no such file
 *     number PATH N:N      that file is the character device of this number
 *     domainname TEXT -    by the system call, for no file tells it that could not be another's
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LINE 8192

static int count_mounts(bool counts(const char *line, const char *text), const char *text) {
        FILE *file = fopen("/proc/self/mountinfo", "re");
        char line[LINE];
        int count = 0;

        while (file && fgets(line, sizeof(line), file))
                count += counts(line, text);
        if (file)
                fclose(file);
        return count;
}

static bool has_word(const char *line, const char *word) {
        return strstr(line, word);
}

/* The sixth word is the options of the mount. */
static bool has_options(const char *line, const char *options) {
        char found[LINE];

        return sscanf(line, "%*s %*s %*s %*s %*s %s", found) == 1 && strncmp(found, options, strlen(options)) == 0;
}

static bool mounts(const char *word, const char *number) {
        return count_mounts(has_word, word) == atoi(number);
}

static bool readonly(const char *number, const char *nothing) {
        (void)nothing;
        return count_mounts(has_options, "ro,") == atoi(number);
}

static bool is_readonly(const char *path) {
        struct statvfs status;

        return statvfs(path, &status) == 0 && status.f_flag & ST_RDONLY;
}

static bool frozen(const char *one, const char *other) {
        return is_readonly(one) != is_readonly(other);
}

static bool is_empty(const char *path) {
        int fd = open(path, O_RDONLY | O_CLOEXEC), count = 0;
        DIR *directory;
        char byte;

        if (fd < 0)
                return false;
        directory = fdopendir(fd);
        if (!directory) {
                count = (int)read(fd, &byte, 1);
                close(fd);
                return count == 0;
        }
        while (readdir(directory))
                count++;
        closedir(directory);
        return count == 2;
}

static bool hidden(const char *one, const char *other) {
        return is_empty(one) != is_empty(other);
}

static bool holds(const char *path, const char *text) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        char found[LINE];
        ssize_t length = fd < 0 ? -1 : read(fd, found, sizeof(found) - 1);

        if (fd >= 0)
                close(fd);
        if (length < 0)
                return false;
        found[length] = '\0';
        found[strcspn(found, "\n")] = '\0';
        return strcmp(found, text) == 0;
}

static bool lacks(const char *path, const char *nothing) {
        (void)nothing;
        return access(path, F_OK) < 0;
}

static bool has_number(const char *path, const char *number) {
        struct stat status;
        char found[32];

        if (stat(path, &status) < 0 || !S_ISCHR(status.st_mode))
                return false;
        snprintf(found, sizeof(found), "%u:%u", major(status.st_rdev), minor(status.st_rdev));
        return strcmp(found, number) == 0;
}

static bool domainname(const char *text, const char *nothing) {
        struct utsname names;

        (void)nothing;
        return uname(&names) == 0 && strcmp(names.domainname, text) == 0;
}

static const struct {
        const char *name;
        bool (*holds)(const char *first, const char *second);
} checks[] = {
        {"mounts", mounts}, {"readonly", readonly}, {"frozen", frozen},     {"hidden", hidden},
        {"holds", holds},   {"lacks", lacks},       {"number", has_number}, {"domainname", domainname},
};

static bool check(const char *name, const char *first, const char *second) {
        for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
                if (strcmp(checks[i].name, name) == 0)
                        return checks[i].holds(first, second);
        return false;
}

/* What it saw, for the reader of the failed test. */
static void show_mounts(void) {
        FILE *file = fopen("/proc/self/mountinfo", "re");
        char line[LINE];

        while (file && fgets(line, sizeof(line), file))
                printf("  %s", line);
        if (file)
                fclose(file);
}

int main(int argc, char **argv) {
        for (int i = 1; i + 2 < argc; i += 3) {
                if (check(argv[i], argv[i + 1], argv[i + 2]))
                        continue;
                printf("witness: not so: %s %s %s\n", argv[i], argv[i + 1], argv[i + 2]);
                show_mounts();
                return 99;
        }
        return EXIT_SUCCESS;
}
