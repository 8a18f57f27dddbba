/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Around a launch. Runs in the runtime's process. */
#include "libcontainer/common.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/log.h"
#include "util/text.h"

/* Compiled filters, shared by all containers below the root. A name that no container can have. */
#define CACHE_DIRECTORY ".seccomp"

static int compile_filter(const struct config *config, int root_fd, struct seccomp_filter *ret) {
        autoclose int cache_fd = -1;
        int r;

        if (config->extensions.seccomp_bpf_data)
                return seccomp_decode(config->extensions.seccomp_bpf_data, "annotations.run.oci.seccomp_bpf_data",
                                      &config->linux.seccomp, ret);
        if (!config->linux.has_seccomp)
                return 0;
        r = config->extensions.fail_unknown_syscall ? seccomp_check_names(&config->linux.seccomp, "linux.seccomp") : 0;
        if (r < 0)
                return r;
        /* A cache that cannot be made or opened only costs time. */
        (void)mkdirat(root_fd, CACHE_DIRECTORY, 0700);
        cache_fd = openat(root_fd, CACHE_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return seccomp_compile(&config->linux.seccomp, cache_fd, ret);
}

int common_prepare_filter(const struct process_options *options, int root_fd, struct plan *plan) {
        int r = compile_filter(plan->config, root_fd, &plan->seccomp);

        if (r >= 0)
                r = seccomp_check_flags(&plan->seccomp, "linux.seccomp");
        return r < 0 ? r : plan_listener(plan->config, options, plan);
}

void common_warn_of_capabilities(const struct plan *plan) {
        struct text names = TEXT_INIT;

        if (plan->ignored_capabilities.count == 0)
                return;
        for (size_t i = 0; i < plan->ignored_capabilities.count; i++) {
                const char *name = plan->ignored_capabilities.items[i];

                if (!names.bytes || !strstr(names.bytes, name))
                        text_add_format(&names, "%s%s", names.length ? " " : "", name);
        }
        log_warning("ignoring unknown or unavailable capabilities: [%s]", names.bytes);
        text_done(&names);
}

int common_write_pid_file(const char *path, pid_t pid, bool *ret_written) {
        autofree char *text = NULL;
        int r;

        if (text_is_empty(path))
                return 0;
        text = text_format("%d", (int)pid);
        r = file_replace(AT_FDCWD, path, text, strlen(text), 0644);
        if (r < 0)
                return fail(-r, "write pid file `%s`", path);
        *ret_written = true;
        return 0;
}
