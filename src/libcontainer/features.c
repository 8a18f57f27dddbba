/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `tare features`. */
#include "libcontainer/features.h"

#include <ctype.h>
#include <string.h>
#include <sys/capability.h>

#include "build-config.h"
#include "libcontainer/config/config.h"
#include "libcontainer/config/mount-options.h"
#include "libcontainer/config/version.h"
#include "libcontainer/isolation/lsm.h"
#include "seccomp/seccomp.h"
#include "util/alloc.h"
#include "util/json.h"

/* Annotations that reach beyond the container: managers must not pass on what their users write there. */
static const char *const unsafe_annotations[] = {"bundle", "org.systemd.property.", "org.criu.config", "run.oci.", NULL};

static void write_names(struct json_writer *writer, const char *key, const struct name *names) {
        json_array_begin(writer, key);
        for (; names->name; names++)
                json_write_string(writer, NULL, names->name);
        json_array_end(writer);
}

static void write_mount_options(struct json_writer *writer) {
        const char *name;

        json_array_begin(writer, "mountOptions");
        for (size_t i = 0; (name = mount_option_name(i)); i++)
                json_write_string(writer, NULL, name);
        json_array_end(writer);
}

char *features_capability_name(int number) {
        char *known = cap_to_name(number), *name = NULL;

        if (known && strncmp(known, "cap_", 4) == 0)
                name = text_copy(known);
        cap_free(known);
        for (char *p = name; p && *p; p++)
                *p = (char)toupper((unsigned char)*p);
        return name;
}

static void write_capabilities(struct json_writer *writer) {
        json_array_begin(writer, "capabilities");
        for (int i = 0; i < cap_max_bits(); i++) {
                autofree char *name = features_capability_name(i);

                if (name)
                        json_write_string(writer, NULL, name);
        }
        json_array_end(writer);
}

static void write_enabled(struct json_writer *writer, const char *key, bool enabled) {
        json_object_begin(writer, key);
        json_write_bool(writer, "enabled", enabled);
        json_object_end(writer);
}

static void write_cgroup(struct json_writer *writer) {
        json_object_begin(writer, "cgroup");
        json_write_bool(writer, "v1", true);
        json_write_bool(writer, "v2", true);
        json_write_bool(writer, "systemd", true);
        json_write_bool(writer, "systemdUser", true);
        json_write_bool(writer, "rdma", true);
        json_object_end(writer);
}

static void write_seccomp(struct json_writer *writer) {
        bool enabled = seccomp_library_version() != NULL;

        json_object_begin(writer, "seccomp");
        json_write_bool(writer, "enabled", enabled);
        if (enabled) {
                write_names(writer, "actions", seccomp_actions);
                write_names(writer, "operators", seccomp_operators);
                write_names(writer, "archs", seccomp_architectures);
                write_names(writer, "knownFlags", seccomp_flags);
                json_array_begin(writer, "supportedFlags");
                for (const struct name *flag = seccomp_flags; flag->name; flag++)
                        if (seccomp_kernel_knows_flag((uint32_t)flag->value))
                                json_write_string(writer, NULL, flag->name);
                json_array_end(writer);
        }
        json_object_end(writer);
}

static void write_linux(struct json_writer *writer) {
        json_object_begin(writer, "linux");
        write_names(writer, "namespaces", namespace_kinds);
        write_capabilities(writer);
        write_cgroup(writer);
        write_seccomp(writer);
        write_enabled(writer, "apparmor", lsm_apparmor_is_enabled());
        write_enabled(writer, "selinux", lsm_selinux_is_enabled());
        json_object_begin(writer, "intelRdt");
        json_write_bool(writer, "enabled", true);
        json_write_bool(writer, "schemata", true);
        json_write_bool(writer, "monitoring", true);
        json_object_end(writer);
        json_object_begin(writer, "memoryPolicy");
        write_names(writer, "modes", memory_policy_modes);
        write_names(writer, "flags", memory_policy_flags);
        json_object_end(writer);
        json_object_begin(writer, "mountExtensions");
        write_enabled(writer, "idmap", true);
        json_object_end(writer);
        write_enabled(writer, "netDevices", true);
        json_object_end(writer);
}

static void write_annotations(struct json_writer *writer) {
        json_object_begin(writer, "annotations");
        json_write_string(writer, "io.github.tare.version", TARE_VERSION);
        json_write_string(writer, "io.github.tare.commit", TARE_COMMIT);
        if (seccomp_library_version())
                json_write_string(writer, "io.github.seccomp.libseccomp.version", seccomp_library_version());
        json_object_end(writer);
}

void features_print(struct text *text) {
        struct json_writer writer = {.text = text, .indent = true};

        json_object_begin(&writer, NULL);
        json_write_string(&writer, "ociVersionMin", TARE_SPEC_VERSION_MIN);
        json_write_string(&writer, "ociVersionMax", TARE_SPEC_VERSION);
        write_names(&writer, "hooks", hook_kinds);
        write_mount_options(&writer);
        write_linux(&writer);
        write_annotations(&writer);
        json_array_begin(&writer, "potentiallyUnsafeConfigAnnotations");
        for (size_t i = 0; unsafe_annotations[i]; i++)
                json_write_string(&writer, NULL, unsafe_annotations[i]);
        json_array_end(&writer);
        json_object_end(&writer);
        text_add(text, "\n");
}
