/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Linux security modules: checked in the runtime's process, applied in init. */
#include "libcontainer/isolation/lsm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "build-config.h"
#include "libcontainer/isolation/lsm-module.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"

const struct lsm_module lsm_apparmor = {
        .is_built = HAVE_APPARMOR, .name = "AppArmor", .library = "libapparmor.so.1", .function = "aa_is_enabled",
        .file = "/sys/module/apparmor/parameters/enabled"};
const struct lsm_module lsm_selinux = {
        .is_built = HAVE_SELINUX, .name = "SELinux", .library = "libselinux.so.1", .function = "is_selinux_enabled",
        .file = "/sys/fs/selinux/enforce"};

static int require(const struct lsm_module *module, const char *path, const char *label) {
        bool enabled;
        int r;

        if (text_is_empty(label))
                return 0;
        if (!module->is_built)
                return reject("%s: `%s`: this tare was built without %s", path, label, module->name);
        r = lsm_ask(module, &enabled);
        if (r < 0)
                return within(r, "%s: `%s`", path, label);
        return enabled ? 0 : reject("%s: `%s` is specified in config, but %s is disabled or not supported", path, label, module->name);
}

bool lsm_apparmor_is_enabled(void) {
        return HAVE_APPARMOR;
}

bool lsm_selinux_is_enabled(void) {
        return HAVE_SELINUX;
}

int lsm_check(const struct config *config) {
        int r = require(&lsm_apparmor, "process.apparmorProfile", config->process.apparmor_profile);

        if (r < 0)
                return r;
        r = require(&lsm_selinux, "process.selinuxLabel", config->process.selinux_label);
        if (r < 0)
                return r;
        return require(&lsm_selinux, "linux.mountLabel", config->linux.mount_label);
}

/* --- mounts --- */

/* Their labels come from the policy, or from an extended attribute; the kernel refuses the option. */
static const char *const without_context[] = {"proc", "sysfs", "cgroup", "cgroup2", "mqueue"};

void lsm_add_mount_label(const struct config *config, const char *type, struct text *data) {
        const char *label = config->linux.mount_label, *option = config->extensions.mount_context_type;

        if (text_is_empty(label) || !type)
                return;
        for (size_t i = 0; i < ELEMENTSOF(without_context); i++)
                if (strcmp(type, without_context[i]) == 0)
                        return;
        text_add_format(data, "%s%s=\"%s\"", data->length ? "," : "", option ? option : "context", label);
}

int lsm_label_file(const char *label, int fd) {
        char path[FD_PATH_MAX];

        if (text_is_empty(label))
                return 0;
        fd_path(path, fd);
        return setxattr(path, "security.selinux", label, strlen(label) + 1, 0) < 0 ? fail(errno, "set label `%s`", label) : 0;
}

int lsm_label_mount(const char *label, const char *type, int mount_fd) {
        int r = text_equal(type, "mqueue") ? lsm_label_file(label, mount_fd) : 0;

        return r < 0 ? within(r, "label mqueue") : 0;
}

/* --- the process --- */

/* `attribute` is below the process's own directory of the private procfs. */
static int write_label(int procfs_fd, const char *attribute, const char *value) {
        autofree char *path = text_format("thread-self/attr/%s", attribute);
        int r = file_write(procfs_fd, path, value);

        return r < 0 ? r : 0;
}

/* What the kernel will use at execve(2), without the newline and the mode that AppArmor appends: "name (enforce)". */
static int read_back(int procfs_fd, const char *attribute, const char *expected) {
        autofree char *path = text_format("thread-self/attr/%s", attribute);
        autofree char *found = NULL;
        size_t length = strlen(expected);
        int r = file_read(procfs_fd, path, 4096, &found, NULL);

        if (r < 0)
                return fail(-r, "read `%s`", path);
        if (strncmp(found, expected, length) != 0 || !strchr("\n (", found[length]))
                return reject("label `%s` did not take effect: the kernel says `%s`", expected, found);
        return 0;
}

static int set_apparmor(const char *profile, int procfs_fd) {
        autofree char *request = text_format("exec %s", profile);
        const char *attribute = "apparmor/exec";
        int r = write_label(procfs_fd, attribute, request);

        /* The directory of its own is there since Linux 5.1; before, the file is shared by all modules. */
        if (r == -ENOENT) {
                attribute = "exec";
                r = write_label(procfs_fd, attribute, request);
        }
        if (r < 0)
                return fail(-r, "apply AppArmor profile `%s`", profile);
        return read_back(procfs_fd, attribute, profile);
}

static int set_selinux(const char *label, int procfs_fd) {
        int r = write_label(procfs_fd, "exec", label);

        if (r < 0)
                return fail(-r, "apply SELinux label `%s`", label);
        return read_back(procfs_fd, "exec", label);
}

int lsm_set_exec_labels(const struct process_config *process, int procfs_fd) {
        if (!text_is_empty(process->apparmor_profile)) {
                int r = set_apparmor(process->apparmor_profile, procfs_fd);

                if (r < 0)
                        return r;
        }
        if (!text_is_empty(process->selinux_label))
                return set_selinux(process->selinux_label, procfs_fd);
        return 0;
}
