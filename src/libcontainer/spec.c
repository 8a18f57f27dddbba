/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The default config. Pure. */
#include "libcontainer/spec.h"

#include <stddef.h>

#include "libcontainer/config/version.h"
#include "util/alloc.h"
#include "util/json.h"

static const char *const args[] = {"sh", NULL};
static const char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", NULL};
static const char *const capabilities[] = {"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE", NULL};
static const char *const capability_sets[] = {"bounding", "effective", "permitted", NULL};

static const char *const masked_paths[] = {
        "/proc/acpi",        "/proc/asound",      "/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
        "/proc/timer_list",  "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
        NULL,
};
static const char *const readonly_paths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL};

/* NULL ends the options. */
static const struct spec_mount {
        const char *destination, *type, *source;
        const char *options[8];
} mounts[] = {
        {"/proc", "proc", "proc", {NULL}},
        {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k", NULL}},
        {"/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5", NULL}},
        {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k", NULL}},
        {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev", NULL}},
        {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro", NULL}},
        {"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro", NULL}},
};

/* A sysfs belongs to a network namespace of one's own; the caller without privilege keeps the host's. */
static const struct spec_mount rootless_sys = {"/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro", NULL}};

static void write_strings(struct json_writer *writer, const char *key, const char *const *strings) {
        json_array_begin(writer, key);
        for (; *strings; strings++)
                json_write_string(writer, NULL, *strings);
        json_array_end(writer);
}

static void write_process(struct json_writer *writer) {
        json_object_begin(writer, "process");
        json_write_bool(writer, "terminal", true);
        json_object_begin(writer, "user");
        json_write_u64(writer, "uid", 0);
        json_write_u64(writer, "gid", 0);
        json_object_end(writer);
        write_strings(writer, "args", args);
        write_strings(writer, "env", environment);
        json_write_string(writer, "cwd", "/");
        json_object_begin(writer, "capabilities");
        for (size_t i = 0; capability_sets[i]; i++)
                write_strings(writer, capability_sets[i], capabilities);
        json_object_end(writer);
        json_array_begin(writer, "rlimits");
        json_object_begin(writer, NULL);
        json_write_string(writer, "type", "RLIMIT_NOFILE");
        json_write_u64(writer, "hard", 1024);
        json_write_u64(writer, "soft", 1024);
        json_object_end(writer);
        json_array_end(writer);
        json_write_bool(writer, "noNewPrivileges", true);
        json_object_end(writer);
}

static void write_mounts(struct json_writer *writer, bool rootless) {
        json_array_begin(writer, "mounts");
        for (size_t i = 0; i < ELEMENTSOF(mounts); i++) {
                const struct spec_mount *mount = &mounts[i];

                if (rootless && text_equal(mount->destination, "/sys"))
                        mount = &rootless_sys;
                if (rootless && text_equal(mount->destination, "/sys/fs/cgroup"))
                        continue;
                json_object_begin(writer, NULL);
                json_write_string(writer, "destination", mount->destination);
                json_write_string(writer, "type", mount->type);
                json_write_string(writer, "source", mount->source);
                if (mount->options[0]) {
                        json_array_begin(writer, "options");
                        for (size_t j = 0; mount->options[j]; j++)
                                if (!rootless || !text_starts_with(mount->options[j], "gid="))
                                        json_write_string(writer, NULL, mount->options[j]);
                        json_array_end(writer);
                }
                json_object_end(writer);
        }
        json_array_end(writer);
}

static void write_mapping(struct json_writer *writer, const char *key, unsigned host_id) {
        json_array_begin(writer, key);
        json_object_begin(writer, NULL);
        json_write_u64(writer, "containerID", 0);
        json_write_u64(writer, "hostID", host_id);
        json_write_u64(writer, "size", 1);
        json_object_end(writer);
        json_array_end(writer);
}

static void write_namespaces(struct json_writer *writer, const struct spec_options *options) {
        const struct {
                const char *type;
                bool wanted;
        } namespaces[] = {
                {"pid", true},   {"network", !options->rootless}, {"ipc", true}, {"uts", true},
                {"mount", true}, {"user", options->rootless},     {"cgroup", options->cgroup_namespace},
        };

        json_array_begin(writer, "namespaces");
        for (size_t i = 0; i < ELEMENTSOF(namespaces); i++) {
                if (!namespaces[i].wanted)
                        continue;
                json_object_begin(writer, NULL);
                json_write_string(writer, "type", namespaces[i].type);
                json_object_end(writer);
        }
        json_array_end(writer);
}

static void write_device_rule(struct json_writer *writer) {
        json_object_begin(writer, "resources");
        json_array_begin(writer, "devices");
        json_object_begin(writer, NULL);
        json_write_bool(writer, "allow", false);
        json_write_string(writer, "access", "rwm");
        json_object_end(writer);
        json_array_end(writer);
        json_object_end(writer);
}

static void write_linux(struct json_writer *writer, const struct spec_options *options) {
        json_object_begin(writer, "linux");
        if (options->rootless) {
                write_mapping(writer, "uidMappings", options->uid);
                write_mapping(writer, "gidMappings", options->gid);
        } else {
                write_device_rule(writer);
        }
        write_namespaces(writer, options);
        write_strings(writer, "maskedPaths", masked_paths);
        write_strings(writer, "readonlyPaths", readonly_paths);
        json_object_end(writer);
}

void spec_print(const struct spec_options *options, struct text *text) {
        struct json_writer writer = {.text = text, .indent = true};

        json_object_begin(&writer, NULL);
        json_write_string(&writer, "ociVersion", TARE_SPEC_VERSION);
        write_process(&writer);
        json_object_begin(&writer, "root");
        json_write_string(&writer, "path", "rootfs");
        json_write_bool(&writer, "readonly", true);
        json_object_end(&writer);
        json_write_string(&writer, "hostname", "tare");
        write_mounts(&writer, options->rootless);
        write_linux(&writer, options);
        json_object_end(&writer);
        text_add(text, "\n");
}
