/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare exec */
#include "libcontainer/exec.h"

#include <stdlib.h>

#include "cli/command.h"
#include "util/fail.h"

/* What scripts and engines know from runc: the process did not run at all. */
#define EXIT_NOT_STARTED 255

struct exec_values {
        const char *process, *cwd, *user, *apparmor, *process_label, *console_socket, *pidfd_socket, *pid_file;
        struct option_list env, additional_gids, capabilities, cgroups;
        bool tty, detach, no_new_privileges, ignore_paused;
        unsigned preserve_fds;
};

static const struct option_row options[] = {
        OPTION(OPTION_TEXT, struct exec_values, process, "process", 'p', "FILE", "read the process from FILE (the specification's `process`)"),
        OPTION(OPTION_FLAG, struct exec_values, tty, "tty", 't', NULL, "give the process a terminal"),
        OPTION(OPTION_FLAG, struct exec_values, detach, "detach", 'd', NULL, "return when the process runs"),
        OPTION(OPTION_TEXT, struct exec_values, cwd, "cwd", 0, "DIR", "working directory"),
        OPTION(OPTION_LIST, struct exec_values, env, "env", 'e', "NAME=VALUE", "one more environment variable"),
        OPTION(OPTION_TEXT, struct exec_values, user, "user", 'u', "UID[:GID]", "run as this user"),
        OPTION(OPTION_LIST, struct exec_values, additional_gids, "additional-gids", 'g', "GID", "one more group"),
        OPTION(OPTION_LIST, struct exec_values, capabilities, "cap", 'c', "CAP", "one more capability"),
        OPTION(OPTION_FLAG, struct exec_values, no_new_privileges, "no-new-privs", 0, NULL, "forbid gaining privileges"),
        OPTION(OPTION_TEXT, struct exec_values, apparmor, "apparmor", 0, "PROFILE", "AppArmor profile"),
        OPTION(OPTION_TEXT, struct exec_values, process_label, "process-label", 0, "LABEL", "SELinux label"),
        OPTION(OPTION_LIST, struct exec_values, cgroups, "cgroup", 0, "[CONTROLLER:]PATH", "run in this sub-cgroup of the container's"),
        OPTION(OPTION_FLAG, struct exec_values, ignore_paused, "ignore-paused", 0, NULL, "also in a paused container; the process waits there"),
        OPTION(OPTION_TEXT, struct exec_values, console_socket, "console-socket", 0, "PATH", "unix socket that receives the terminal"),
        OPTION(OPTION_TEXT, struct exec_values, pidfd_socket, "pidfd-socket", 0, "PATH", "unix socket that receives a pidfd of the process"),
        OPTION(OPTION_TEXT, struct exec_values, pid_file, "pid-file", 0, "FILE", "write the pid of the process to FILE"),
        OPTION(OPTION_COUNT, struct exec_values, preserve_fds, "preserve-fds", 0, "N", "pass N more descriptors, from 3 up"),
        {},
};

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        const struct exec_values *given = values;
        int exit_code = 0;
        int r = container_exec(global->root,
                               &(struct exec_options){
                                       .id = argv[0],
                                       .process_file = given->process,
                                       .args = {(const char **)argv + 1, (size_t)argc - 1},
                                       .cwd = given->cwd,
                                       .user = given->user,
                                       .apparmor_profile = given->apparmor,
                                       .selinux_label = given->process_label,
                                       .env = given->env,
                                       .capabilities = given->capabilities,
                                       .additional_gids = given->additional_gids,
                                       .no_new_privileges = given->no_new_privileges,
                                       .terminal = given->tty,
                                       .ignore_paused = given->ignore_paused,
                                       .cgroups = given->cgroups,
                                       .process = {
                                               .console_socket = given->console_socket,
                                               .seccomp_receiver = getenv("RUN_OCI_SECCOMP_RECEIVER"),
                                               .pidfd_socket = given->pidfd_socket,
                                               .pid_file = given->pid_file,
                                               .preserve_fds = given->preserve_fds,
                                               .inherited_fds = global->n_inherited,
                                               .detach = given->detach,
                                       },
                               },
                               &exit_code);

        return r < 0 ? within(r, "exec failed") : exit_code;
}

const struct command command_exec = {
        .name = "exec",
        .synopsis = "[OPTIONS] ID PROGRAM [ARGUMENT...]",
        .summary = "run one more process in a container",
        .options = options,
        .makes_processes = true,
        .stop_at_positional = true,
        .exit_on_failure = EXIT_NOT_STARTED,
        .min_positional = 1,
        .max_positional = -1,
        .run = run,
        .values_size = sizeof(struct exec_values),
};
