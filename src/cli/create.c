/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare create, tare run */
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "libcontainer/container.h"
#include "util/fail.h"
#include "util/text.h"

struct create_values {
        const char *bundle, *config, *console_socket, *pidfd_socket, *pid_file;
        bool detach, keep, no_pivot, no_new_keyring, no_subreaper;
        unsigned preserve_fds;
};

/* What create and run have in common. */
#define CREATE_OPTIONS                                                                                                     \
        OPTION(OPTION_TEXT, struct create_values, bundle, "bundle", 'b', "DIR", "the bundle (default: the working directory)"), \
        OPTION(OPTION_TEXT, struct create_values, config, "config", 'f', "FILE", "the config file in the bundle (default: config.json)"), \
        OPTION(OPTION_TEXT, struct create_values, console_socket, "console-socket", 0, "PATH", "unix socket that receives the terminal"), \
        OPTION(OPTION_TEXT, struct create_values, pidfd_socket, "pidfd-socket", 0, "PATH", "unix socket that receives a pidfd of the container's process"), \
        OPTION(OPTION_TEXT, struct create_values, pid_file, "pid-file", 0, "FILE", "write the pid of the container's process to FILE"), \
        OPTION(OPTION_FLAG, struct create_values, no_pivot, "no-pivot", 0, NULL, "move the root and chroot instead of pivot_root"), \
        OPTION(OPTION_FLAG, struct create_values, no_new_keyring, "no-new-keyring", 0, NULL, "keep the caller's session keyring"), \
        OPTION(OPTION_COUNT, struct create_values, preserve_fds, "preserve-fds", 0, "N", "pass N more descriptors, from 3 up"), \
        OPTION(OPTION_FLAG, struct create_values, no_subreaper, "no-subreaper", 0, NULL, "do not become the reaper of orphans")

static const struct option_row create_options[] = {CREATE_OPTIONS, {}};

static const struct option_row run_options[] = {
        CREATE_OPTIONS,
        OPTION(OPTION_FLAG, struct create_values, detach, "detach", 'd', NULL, "return when the process runs"),
        OPTION(OPTION_FLAG, struct create_values, keep, "keep", 0, NULL, "do not delete the container when its process ends"),
        {},
};

/*
 * LISTEN_FDS=N of our environment: N descriptors from 3 up were passed to us for the container, if LISTEN_PID says that we
 * are meant (sd_listen_fds(3)).
 */
static unsigned listen_fds(void) {
        const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
        uint64_t number, own;

        if (!count || !pid || text_to_u64(pid, &own) < 0 || own != (uint64_t)getpid())
                return 0;
        return text_to_u64(count, &number) == 0 && number < 1024 ? (unsigned)number : 0;
}

static int translate(const struct global_options *global, const struct create_values *values, const char *id,
                     struct create_options *ret) {
        int r;

        *ret = (struct create_options){
                .id = id,
                .bundle = values->bundle,
                .config_name = values->config,
                .process = {
                        .console_socket = values->console_socket,
                        .seccomp_receiver = getenv("RUN_OCI_SECCOMP_RECEIVER"),
                        .pidfd_socket = values->pidfd_socket,
                        .notify_socket = global->notify_socket,
                        .pid_file = values->pid_file,
                        .preserve_fds = values->preserve_fds,
                        .listen_fds = listen_fds(),
                        .inherited_fds = global->n_inherited,
                        .detach = values->detach,
                },
                .keep = values->keep,
                .no_pivot = values->no_pivot,
                .no_new_keyring = values->no_new_keyring,
                .no_subreaper = values->no_subreaper,
        };
        r = command_rootless(global, &ret->rootless);
        return r < 0 ? r : command_cgroup_manager(global, &ret->cgroup_manager);
}

static int create(const struct global_options *global, void *values, int argc, char **argv) {
        struct create_options options;
        int r = translate(global, values, argv[0], &options);

        if (r < 0)
                return r;
        options.process.detach = options.waits_for_start = true;
        r = container_create(global->root, &options);
        return r < 0 ? within(r, "tare create failed") : 0;
}

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        struct create_options options;
        int exit_code = 0, r = translate(global, values, argv[0], &options);

        if (r < 0)
                return r;
        r = container_run(global->root, &options, &exit_code);
        return r < 0 ? within(r, "tare run failed") : exit_code;
}

const struct command command_create = {
        .name = "create",
        .synopsis = "[OPTIONS] ID",
        .summary = "create a container; its process waits for `start`",
        .options = create_options,
        .makes_processes = true,
        .min_positional = 1,
        .max_positional = 1,
        .run = create,
        .values_size = sizeof(struct create_values),
};

const struct command command_run = {
        .name = "run",
        .synopsis = "[OPTIONS] ID",
        .summary = "create and start a container",
        .options = run_options,
        .makes_processes = true,
        .min_positional = 1,
        .max_positional = 1,
        .run = run,
        .values_size = sizeof(struct create_values),
};
