/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits and device rules, from values into the kernel. Runs in the runtime's process, after the directories were made
 * and before a process is inside (or, for `update`, at any time later).
 */
#include "cgroups/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroups/device-program.h"
#include "cgroups/device-rules.h"
#include "cgroups/place.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/text.h"

/* What the kernel returns from some files instead of EOPNOTSUPP; it has no name and no text outside of the kernel. */
#define ENOTSUPP 524

/* The directories that were written to so far, opened once each. */
struct writer {
        const struct cgroup *cgroup;
        const char *path; /* JSON path */
        int *fds; /* by place, -1: not open */
};

static void writer_done(struct writer *writer) {
        for (size_t i = 0; i < writer->cgroup->n_places; i++)
                fd_close(&writer->fds[i]);
        free(writer->fds);
}

static const struct cgroup_place *place_of(const struct writer *writer, const struct setting *setting) {
        const struct cgroup_place *place = NULL;

        if (!setting->unified)
                place = place_of_v1(writer->cgroup, setting->controller);
        return place ? place : place_of_v2(writer->cgroup);
}

static int open_place(struct writer *writer, const struct cgroup_place *place) {
        int *fd = &writer->fds[place - writer->cgroup->places];

        if (*fd < 0)
                *fd = open(place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (*fd < 0)
                return fail(errno, "open cgroup `%s`", place->directory);
        return *fd;
}

/* --- one setting --- */

/* The value with what the file holds up to the first blank in front. */
static int keep_first_word(int dirfd, const struct setting *setting, char **ret) {
        autofree char *text = NULL;
        int r = file_read(dirfd, setting->file, 4096, &text, NULL);

        if (r < 0)
                return r;
        *ret = text_format("%.*s %s", (int)strcspn(text, " \n"), text, setting->value);
        return 0;
}

static int write_value(int dirfd, const struct setting *setting) {
        autofree char *value = NULL;
        int r = 0;

        if (setting->keep_first_word)
                r = keep_first_word(dirfd, setting, &value);
        if (r >= 0)
                r = file_write(dirfd, setting->file, value ? value : setting->value);
        if (r == -ENOENT && setting->other_file)
                r = file_write(dirfd, setting->other_file, setting->other_value);
        if (r == -ENOENT && setting->optional)
                return 0;
        return r == -ENOTSUPP ? -EOPNOTSUPP : r;
}

/* v1 refuses such a limit itself; v2 would take it and kill. */
static int check_usage(const struct writer *writer, const struct setting *setting, int dirfd) {
        autofree char *text = NULL;
        uint64_t usage, limit;

        if (file_read(dirfd, "memory.current", 64, &text, NULL) < 0)
                return 0;
        *strchrnul(text, '\n') = '\0';
        if (text_to_u64(text, &usage) < 0 || text_to_u64(setting->value, &limit) < 0 || limit > usage)
                return 0;
        reject("%s.%s: rejecting memory limit %" PRIu64 " <= usage %" PRIu64, writer->path, setting->property, limit,
               usage);
        return -EBUSY;
}

/* A file that is missing on v2 is one whose controller is not enabled, more often than one that the kernel lacks. */
static bool lacks_controller(const struct cgroup_place *place, const struct setting *setting, int dirfd) {
        const char *name = controller_v2_name(setting->controller);
        autofree char *list = NULL;

        if (!place->v2 || setting->unified || !name || file_read(dirfd, "cgroup.controllers", 4096, &list, NULL) < 0)
                return false;
        *strchrnul(list, '\n') = '\0';
        return !controllers_list_has(list, ' ', name, strlen(name));
}

static int fail_setting(const struct writer *writer, const struct setting *setting, int dirfd, int r) {
        const struct cgroup_place *place = place_of(writer, setting);

        if (r == -ENOENT && lacks_controller(place, setting, dirfd))
                return fail(ENOENT, "%s.%s: controller `%s` could not be enabled for cgroup `%s`", writer->path,
                            setting->property, controller_v2_name(setting->controller), place->path);
        return fail(-r, "%s.%s: write `%s` to `%s`", writer->path, setting->property, setting->value, setting->file);
}

/* Returns -EINVAL, not yet recorded, when the kernel finds the value wrong. */
static int apply_setting(struct writer *writer, const struct setting *setting) {
        const struct cgroup_place *place = place_of(writer, setting);
        int dirfd, r;

        if (!place)
                return fail(ENOENT, "%s.%s: find a cgroup hierarchy", writer->path, setting->property);
        dirfd = open_place(writer, place);
        if (dirfd < 0)
                return dirfd;
        if (setting->below_usage_refused && place->v2) {
                r = check_usage(writer, setting, dirfd);
                if (r < 0)
                        return r;
        }
        r = write_value(dirfd, setting);
        return r < 0 && r != -EINVAL ? fail_setting(writer, setting, dirfd, r) : r;
}

/* --- all of them --- */

/*
 * Some values must fit together in every moment: memory <= memory+swap, burst <= quota, quota / period <= the
 * parent's. Which one to write first depends on whether they rise or fall, so what the kernel finds wrong (EINVAL) is
 * written once more when its neighbours are in place.
 */
int apply_settings(const struct cgroup *cgroup, const struct settings *settings, const char *path) {
        autodone(writer) struct writer writer = {
                .cgroup = cgroup,
                .path = path,
                .fds = alloc_zero(cgroup->n_places, sizeof(int)),
        };
        autofree bool *again = alloc_zero(settings->n, sizeof(bool));

        memset(writer.fds, -1, cgroup->n_places * sizeof(int));
        for (int round = 0; round < 2; round++)
                for (size_t i = 0; i < settings->n; i++) {
                        const struct setting *setting = &settings->list[i];
                        int r;

                        if (round == 1 && !again[i])
                                continue;
                        r = apply_setting(&writer, setting);
                        again[i] = r == -EINVAL;
                        if (r == -EINVAL && round == 1)
                                return fail_setting(&writer, setting, -1, r);
                        if (r < 0 && r != -EINVAL)
                                return r;
                }
        return 0;
}

/* --- devices --- */

static int write_line(const struct cgroup_place *place, int fd, const char *file, const char *line) {
        if (write(fd, line, strlen(line)) < 0)
                return fail(errno, "linux.resources.devices: write `%s` to `%s/%s`", line, place->directory, file);
        return 0;
}

static int open_in(const struct cgroup_place *place, const char *file) {
        autofree char *path = text_format("%s/%s", place->directory, file);
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        return fd < 0 ? fail(errno, "open `%s`", path) : fd;
}

/* First the default, which also forgets all that was before; then what differs, one line per write. */
static int write_exceptions(const struct cgroup_place *place, const struct device_exceptions *exceptions) {
        static const char *const files[] = {[false] = "devices.deny", [true] = "devices.allow"};
        autoclose int fd = open_in(place, files[exceptions->allow]);
        int r = fd < 0 ? fd : write_line(place, fd, files[exceptions->allow], "a *:* rwm");

        if (r < 0 || exceptions->rules.n == 0)
                return r;
        fd_close(&fd);
        fd = open_in(place, files[!exceptions->allow]);
        if (fd < 0)
                return fd;
        for (size_t i = 0; i < exceptions->rules.n && r >= 0; i++) {
                char line[DEVICE_LINE_MAX];

                device_rule_line(&exceptions->rules.list[i], line);
                r = write_line(place, fd, files[!exceptions->allow], line);
        }
        return r;
}

static int apply_v1_devices(const struct cgroup_place *place, const struct device_rules *rules) {
        struct device_exceptions exceptions;
        int r;

        r = device_rules_to_exceptions(rules, &exceptions);
        if (r < 0)
                return fail(-r, "linux.resources.devices: express the rules in cgroup v1");
        r = write_exceptions(place, &exceptions);
        device_rules_done(&exceptions.rules);
        return r;
}

static int attach_program(const struct cgroup_place *place, int cgroup_fd, const struct device_rules *rules) {
        size_t n;
        autofree struct bpf_insn *instructions = device_program_make(rules, &n);
        autoclose int fd = device_program_load(instructions, n);
        int r;

        if (fd < 0)
                return fail(-fd, "linux.resources.devices: load the device program");
        r = device_program_attach(cgroup_fd, fd);
        if (r < 0)
                return fail(-r, "linux.resources.devices: attach the device program to cgroup `%s`", place->directory);
        return 0;
}

static int apply_v2_devices(const struct cgroup *cgroup, struct device_rules *rules, bool fresh) {
        const struct cgroup_place *place = place_of_v2(cgroup);

        if (!place)
                return fail(ENOENT, "linux.resources.devices: find a cgroup hierarchy");
        if (!fresh) {
                int r = device_program_detach_own(cgroup->v2_fd);

                if (r < 0)
                        return fail(-r, "remove the old device program of cgroup `%s`", place->directory);
        }
        device_rules_reduce(rules);
        return device_rules_allow_all(rules) ? 0 : attach_program(place, cgroup->v2_fd, rules);
}

int apply_devices(const struct cgroup *cgroup, const struct cgroup_resources *resources, bool fresh) {
        const struct cgroup_place *place = place_of_v1(cgroup, CONTROLLER_DEVICES);
        autodone(device_rules) struct device_rules rules = {};

        if (resources->n_devices == 0)
                return 0;
        device_rules_complete(resources, &rules);
        return place ? apply_v1_devices(place, &rules) : apply_v2_devices(cgroup, &rules, fresh);
}
