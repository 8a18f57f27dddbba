/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits and device rules, from values into the kernel. Runs in the runtime's process, after the directories were made
 * and before a process is inside (or, for `update`, at any time later).
 */
#include "cgroups/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroups/device-program.h"
#include "cgroups/device-rules.h"
#include "cgroups/place.h"
#include "cgroups/undo.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/log.h"
#include "util/text.h"

/* What the kernel returns from some files instead of EOPNOTSUPP; it has no name and no text outside of the kernel. */
#define ENOTSUPP 524

/* The directories that were written to so far, opened once each. */
struct writer {
        const struct cgroup *cgroup;
        const char *path; /* JSON path */
        int *fds; /* by place, -1: not open */
        struct cgroup_undo *undo; /* borrowed; NULL: the cgroup is new */
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
        r = write_value(dirfd, setting);
        if (setting->obsolete && (r == -ENOENT || r == -EOPNOTSUPP)) {
                log_warning("%s.%s is ignored: this kernel has no such limit", writer->path, setting->property);
                return 0;
        }
        return r < 0 && r != -EINVAL ? fail_setting(writer, setting, dirfd, r) : r;
}

/* --- all of them --- */

/* Writes those that are pending. Returns how many of them were taken; *ret_stuck is the first that is found wrong. */
static int apply_pending(struct writer *writer, const struct settings *settings, bool *pending,
                         const struct setting **ret_stuck) {
        int taken = 0;

        *ret_stuck = NULL;
        for (size_t i = 0; i < settings->n; i++) {
                const struct setting *setting = &settings->list[i];
                int r;

                if (!pending[i])
                        continue;
                if (writer->undo)
                        undo_touch(writer->undo, i);
                r = apply_setting(writer, setting);
                if (r < 0 && r != -EINVAL)
                        return r;
                pending[i] = r == -EINVAL;
                taken += !pending[i];
                if (pending[i] && !*ret_stuck)
                        *ret_stuck = setting;
        }
        return taken;
}

/*
 * Some values must fit together in every moment: memory <= memory+swap, burst <= quota, quota / period <= the
 * parent's. Which one to write first depends on whether they rise or fall, so what the kernel finds wrong (EINVAL) is
 * written once more when its neighbours are in place, until that changes nothing.
 */
static int apply_all(struct writer *writer, const struct settings *settings) {
        autofree bool *pending = alloc_zero(settings->n, sizeof(bool));
        const struct setting *stuck = NULL;
        int r;

        for (size_t i = 0; i < settings->n; i++)
                pending[i] = true;
        do {
                r = apply_pending(writer, settings, pending, &stuck);
                if (r < 0)
                        return r;
        } while (stuck && r > 0);
        return stuck ? fail_setting(writer, stuck, -1, -EINVAL) : 0;
}

static void writer_init(struct writer *writer, const struct cgroup *cgroup, const char *path) {
        *writer = (struct writer){
                .cgroup = cgroup,
                .path = path,
                .fds = alloc_zero(cgroup->n_places, sizeof(int)),
        };
        memset(writer->fds, -1, cgroup->n_places * sizeof(int));
}

int apply_settings(const struct cgroup *cgroup, const struct settings *settings, const char *path) {
        autodone(writer) struct writer writer;

        writer_init(&writer, cgroup, path);
        return apply_all(&writer, settings);
}

/* A file that is not there is found here, while nothing has been written. */
static int note_held(struct writer *writer, const struct settings *settings) {
        for (size_t i = 0; i < settings->n; i++) {
                const struct setting *setting = &settings->list[i];
                const struct cgroup_place *place = place_of(writer, setting);
                int dirfd;

                if (!place)
                        return fail(ENOENT, "%s.%s: find a cgroup hierarchy", writer->path, setting->property);
                dirfd = open_place(writer, place);
                if (dirfd < 0)
                        return dirfd;
                if (undo_note(writer->undo, i, setting, place) < 0 && !setting->optional && !setting->obsolete)
                        return fail_setting(writer, setting, dirfd, -ENOENT);
        }
        return 0;
}

int apply_settings_or_none(const struct cgroup *cgroup, const struct settings *settings, const char *path,
                           struct cgroup_undo *ret_undo) {
        autodone(writer) struct writer writer;
        autodone(cgroup_undo) struct cgroup_undo undo = CGROUP_UNDO_INIT;
        int r;

        writer_init(&writer, cgroup, path);
        writer.undo = &undo;
        r = note_held(&writer, settings);
        if (r >= 0)
                r = apply_all(&writer, settings);
        if (r < 0) {
                cgroup_undo_apply(&undo);
                return r;
        }
        *ret_undo = take_struct(&undo, CGROUP_UNDO_INIT);
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

        if (resources->n_devices == 0 || cgroup->unprivileged)
                return 0;
        device_rules_complete(resources, &rules);
        return place ? apply_v1_devices(place, &rules) : apply_v2_devices(cgroup, &rules, fresh);
}
