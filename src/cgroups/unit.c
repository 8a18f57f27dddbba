/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From linux.cgroupsPath to a unit of systemd and the path of its cgroup (systemd.unit(5), systemd.slice(5)): known in advance,
 * so that the state file names it before the unit exists. Pure. Runs in the runtime's process.
 */
#include "cgroups/unit.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cgroups/parse.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

#define SLICE ".slice"
#define SCOPE ".scope"
/* Of systemd, and no more fits into a file name. */
#define UNIT_MAX 255

void unit_name_done(struct unit_name *name) {
        free(name->slice);
        free(name->unit);
        free(name->path);
        *name = (struct unit_name){};
}

static bool ends_with(const char *text, const char *end) {
        size_t length = strlen(text), end_length = strlen(end);

        return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static int check_unit(const char *unit, const char *cgroups_path) {
        size_t length = strlen(unit);

        if (length > UNIT_MAX)
                return reject("linux.cgroupsPath: \"%s\": a unit's name of %zu characters, expected at most %d",
                              cgroups_path, length, UNIT_MAX);
        for (size_t i = 0; i < length; i++)
                if (!isascii(unit[i]) || (!isalnum((unsigned char)unit[i]) && !strchr(":-_.\\", unit[i])))
                        return reject("linux.cgroupsPath: \"%s\": `%s` is no name of a unit: expected letters, digits and "
                                      "`:-_.\\`", cgroups_path, unit);
        return 0;
}

/* systemd puts a "_" before names of units that could be files of the kernel in the cgroup. */
static void add_component(struct text *path, const char *name, size_t length) {
        static const char *const prefixes[] = {"cgroup.", "cpu.",    "cpuacct.", "cpuset.", "io.",
                                               "blkio.",  "memory.", "devices.", "pids."};
        bool is_escaped = name[0] == '_' || name[0] == '.';
        /* Only where nothing else stands before the unit's type. */
        const char *dot = memrchr(name, '.', length);

        for (size_t i = 0; i < ELEMENTSOF(prefixes) && dot; i++)
                is_escaped |= text_starts_with(name, prefixes[i]) && dot == name + strlen(prefixes[i]) - 1;
        text_add_format(path, "/%s%.*s", is_escaped ? "_" : "", (int)length, name);
}

/* "a-b.slice" is in "a.slice", and "-.slice" is the top of all. */
static int add_slice(struct text *path, const char *slice, const char *cgroups_path) {
        size_t length = strlen(slice) - strlen(SLICE);
        int r;

        if (!ends_with(slice, SLICE) || length == 0 || strchr(slice, '/'))
                return reject("linux.cgroupsPath: \"%s\": invalid slice name: %s", cgroups_path, slice);
        if (strcmp(slice, "-" SLICE) == 0)
                return 0;
        r = check_unit(slice, cgroups_path);
        for (size_t end = 0; r >= 0 && end < length; end++) {
                size_t part = strcspn(slice + end, "-");
                autofree char *component = NULL;

                part = part < length - end ? part : length - end;
                if (part == 0 || end + part + 1 == length)
                        return reject("linux.cgroupsPath: \"%s\": invalid slice name: %s", cgroups_path, slice);
                end += part;
                component = text_format("%.*s" SLICE, (int)end, slice);
                add_component(path, component, strlen(component));
        }
        return r;
}

static char *unit_of(const char *prefix, const char *name) {
        if (ends_with(name, SLICE))
                return text_copy(name);
        return text_is_empty(prefix) ? text_format("%s" SCOPE, name) : text_format("%s-%s" SCOPE, prefix, name);
}

/* Three, or false. `rest` is cut in place. */
static bool split(char *rest, char *ret_parts[3]) {
        size_t n = 0;
        char *part;

        while ((part = strsep(&rest, ":")))
                if (n++ < 3)
                        ret_parts[n - 1] = part;
        return n == 3;
}

int unit_name_parse(const char *cgroups_path, const char *default_slice, const char *id, struct unit_name *ret) {
        autofree char *text = text_is_empty(cgroups_path) ? text_format(":tare:%s", id) : text_copy(cgroups_path);
        autofree char *copy = text_copy(text);
        autodone(unit_name) struct unit_name name = {};
        autodone(text) struct text path = TEXT_INIT;
        char *parts[3];
        bool is_slice;
        int r;

        if (!split(copy, parts))
                return reject("expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"%s\" instead",
                              text);
        if (!*parts[2])
                return reject("linux.cgroupsPath: \"%s\" names no unit", text);
        name.unit = unit_of(parts[1], parts[2]);
        name.slice = text_copy(*parts[0] ? parts[0] : default_slice);
        is_slice = ends_with(name.unit, SLICE);
        r = check_unit(name.unit, text);
        if (r >= 0 && is_slice && strcmp(name.unit, "-" SLICE) == 0)
                r = reject("linux.cgroupsPath: \"%s\" is the top of the hierarchy, not a container's own cgroup", text);
        /* Where a slice is follows from its own name. */
        if (r >= 0)
                r = add_slice(&path, is_slice ? name.unit : name.slice, text);
        if (r < 0)
                return r;
        if (!is_slice)
                add_component(&path, name.unit, strlen(name.unit));
        name.path = text_take(&path);
        *ret = take_struct(&name, (struct unit_name){});
        return 0;
}

/* --- the manager --- */

#define INIT_SCOPE "/init.scope"

char *unit_manager_path(const char *memberships) {
        autofree char *copy = text_copy(memberships);
        char *rest = copy, *line, *controllers, *path;

        while ((line = parse_part(&rest, '\n'))) {
                if (!parse_membership(line, &controllers, &path) || (*controllers && !text_equal(controllers, "name=systemd")))
                        continue;
                if (*path == '/' && ends_with(path, INIT_SCOPE) && !parse_has_dotdot(path))
                        return text_copy_n(path, strlen(path) - strlen(INIT_SCOPE));
        }
        return text_copy("");
}
