/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `tare info`. Its sections are a table, and each says what it has by the same few functions whatever the form is. Runs
 * in the runtime's process.
 */
#include "libcontainer/info.h"

#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "build-config.h"
#include "libcontainer/config/config.h"
#include "libcontainer/config/version.h"
#include "libcontainer/features.h"
#include "libcontainer/plan/host.h"
#include "seccomp/seccomp.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/json.h"
#include "util/names.h"

#define SMALL_FILE_MAX 65536

/* --- both forms --- */

struct printer {
        struct text *text;
        struct json_writer *json; /* NULL: for the eye */
        bool has_items; /* of the list that is being printed */
};

static void begin_section(struct printer *printer, const char *name) {
        if (printer->json)
                json_object_begin(printer->json, name);
        else
                text_add_format(printer->text, "%s%s\n", printer->text->length ? "\n" : "", name);
}

static void end_section(struct printer *printer) {
        if (printer->json)
                json_object_end(printer->json);
}

static void say(struct printer *printer, const char *name, const char *value) {
        if (printer->json)
                json_write_string(printer->json, name, value);
        else
                text_add_format(printer->text, "  %-20s  %s\n", name, value);
}

static void say_bool(struct printer *printer, const char *name, bool value) {
        if (printer->json)
                json_write_bool(printer->json, name, value);
        else
                say(printer, name, value ? "yes" : "no");
}

static void say_number(struct printer *printer, const char *name, long long value) {
        autofree char *digits = text_format("%lld", value);

        if (printer->json)
                json_write_i64(printer->json, name, value);
        else
                say(printer, name, digits);
}

static void begin_list(struct printer *printer, const char *name) {
        printer->has_items = false;
        if (printer->json)
                json_array_begin(printer->json, name);
        else
                text_add_format(printer->text, "  %-20s ", name);
}

static void add_item(struct printer *printer, const char *item, size_t length) {
        autofree char *copy = text_copy_n(item, length);

        printer->has_items = true;
        if (printer->json)
                json_write_string(printer->json, NULL, copy);
        else
                text_add_format(printer->text, " %s", copy);
}

static void end_list(struct printer *printer) {
        if (printer->json)
                json_array_end(printer->json);
        else
                text_add(printer->text, printer->has_items ? "\n" : " -\n");
}

/* The words of a kernel's file, whatever stands between them; none if there is no such file. */
static void say_words_of(struct printer *printer, const char *name, const char *path, const char *separators) {
        autofree char *text = NULL;

        begin_list(printer, name);
        if (file_read(AT_FDCWD, path, SMALL_FILE_MAX, &text, NULL) >= 0)
                for (const char *at = text; *(at += strspn(at, separators)); at += strcspn(at, separators))
                        add_item(printer, at, strcspn(at, separators));
        end_list(printer);
}

/* --- the sections --- */

static void print_tare(struct printer *printer, const struct host *host) {
        say(printer, "version", TARE_VERSION);
        say(printer, "commit", TARE_COMMIT);
        say(printer, "spec", TARE_SPEC_VERSION);
        say(printer, "libseccomp", seccomp_library_version() ? seccomp_library_version() : "-");
}

/* PRETTY_NAME="Debian GNU/Linux 12 (bookworm)" of os-release(5). */
static char *read_os_name(void) {
        autofree char *text = NULL;
        const char *line, *name;

        if (file_read(AT_FDCWD, "/etc/os-release", SMALL_FILE_MAX, &text, NULL) < 0)
                return NULL;
        line = strstr(text, "PRETTY_NAME=");
        if (!line)
                return NULL;
        name = line + strlen("PRETTY_NAME=");
        name += strspn(name, "\"'");
        return text_copy_n(name, strcspn(name, "\"'\n"));
}

static void print_machine(struct printer *printer, const struct host *host) {
        autofree char *os = read_os_name();
        struct utsname names;

        uname(&names);
        say(printer, "os", os ? os : "-");
        say(printer, "kernel", names.release);
        say(printer, "build", names.version);
        say(printer, "architecture", names.machine);
        say_number(printer, "processors", sysconf(_SC_NPROCESSORS_ONLN));
        say_number(printer, "memoryMiB", (sysconf(_SC_PHYS_PAGES) / 1024) * (sysconf(_SC_PAGESIZE) / 1024));
}

static void print_caller(struct printer *printer, const struct host *host) {
        say_number(printer, "uid", host->euid);
        say_number(printer, "gid", host->egid);
        say_bool(printer, "inUserNamespace", host->in_user_namespace);
        begin_list(printer, "capabilities");
        for (int i = 0; i < 64; i++) {
                autofree char *name = host->bounding_capabilities >> i & 1 ? features_capability_name(i) : NULL;

                if (name)
                        add_item(printer, name, strlen(name));
        }
        end_list(printer);
}

static const char *const layouts[] = {
        [CGROUP_MODE_NONE] = "none", [CGROUP_MODE_V1] = "v1", [CGROUP_MODE_HYBRID] = "hybrid", [CGROUP_MODE_V2] = "v2"};

static void print_cgroups(struct printer *printer, const struct host *host) {
        const char *v2_mount_point = NULL;
        autofree char *controllers = NULL;

        say(printer, "layout", layouts[host->cgroups.mode]);
        begin_list(printer, "mountPoints");
        for (size_t i = 0; i < host->cgroups.n_hierarchies; i++) {
                const struct cgroup_hierarchy *hierarchy = &host->cgroups.hierarchies[i];

                if (hierarchy->v2)
                        v2_mount_point = hierarchy->mount_point;
                add_item(printer, hierarchy->mount_point, strlen(hierarchy->mount_point));
        }
        end_list(printer);
        if (!v2_mount_point)
                return;
        controllers = text_format("%s/cgroup.controllers", v2_mount_point);
        say_words_of(printer, "v2Controllers", controllers, " \n");
}

static void print_namespaces(struct printer *printer, const struct host *host) {
        autofree char *limit = NULL;

        begin_list(printer, "kinds");
        for (const struct name *kind = namespace_kinds; kind->name; kind++) {
                autofree char *path = text_format("/proc/self/ns/%s", namespace_file((enum namespace_kind)kind->value));

                if (access(path, F_OK) == 0)
                        add_item(printer, kind->name, strlen(kind->name));
        }
        end_list(printer);
        if (file_read(AT_FDCWD, "/proc/sys/user/max_user_namespaces", 64, &limit, NULL) >= 0) {
                limit[strcspn(limit, "\n")] = '\0';
                say(printer, "maxUserNamespaces", limit);
        }
}

static bool file_begins(const char *path, char first) {
        autofree char *text = NULL;

        return file_read(AT_FDCWD, path, SMALL_FILE_MAX, &text, NULL) >= 0 && text[0] == first;
}

static void print_security(struct printer *printer, const struct host *host) {
        say_words_of(printer, "modules", "/sys/kernel/security/lsm", ",\n");
        say_bool(printer, "apparmor", file_begins("/sys/module/apparmor/parameters/enabled", 'Y'));
        say_bool(printer, "selinux", access("/sys/fs/selinux/enforce", F_OK) == 0);
        say_words_of(printer, "seccompActions", "/proc/sys/kernel/seccomp/actions_avail", " \n");
        begin_list(printer, "seccompFlags");
        for (const struct name *flag = seccomp_flags; flag->name; flag++)
                if (seccomp_kernel_knows_flag((uint32_t)flag->value))
                        add_item(printer, flag->name, strlen(flag->name));
        end_list(printer);
}

static const struct {
        const char *name;
        void (*print)(struct printer *printer, const struct host *host);
} sections[] = {
        {"tare", print_tare},       {"machine", print_machine},       {"caller", print_caller},
        {"cgroups", print_cgroups}, {"namespaces", print_namespaces}, {"security", print_security},
};

int info_print(bool json, struct text *text) {
        autodone(host) struct host host = HOST_INIT;
        struct json_writer writer = {.text = text, .indent = true};
        struct printer printer = {.text = text, .json = json ? &writer : NULL};
        int r = host_probe(&host);

        if (r < 0)
                return r;
        if (json)
                json_object_begin(&writer, NULL);
        for (size_t i = 0; i < ELEMENTSOF(sections); i++) {
                begin_section(&printer, sections[i].name);
                sections[i].print(&printer, &host);
                end_section(&printer);
        }
        if (json) {
                json_object_end(&writer);
                text_add(text, "\n");
        }
        return 0;
}
