/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a command is: a row that main.c lists, with its table of options and a short run(). No header exports a command's
 * own things, so nothing below can depend on the command line.
 */
#pragma once

#include <stdbool.h>

#include "cgroups/cgroup.h"
#include "util/options.h"

/* The options that stand before the command. */
struct global_options {
        const char *root; /* never NULL */
        bool root_is_default;
        const char *log, *log_format, *log_level;
        bool debug, systemd_cgroup, systemd_log;
        const char *cgroup_manager, *rootless;
        const char *notify_socket; /* NOTIFY_SOCKET of our environment, which has lost it; NULL: none */
        unsigned n_inherited; /* descriptors from 3 up without a gap that our caller left open */
};

struct command {
        const char *name;
        const char *synopsis; /* "[OPTIONS] ID" */
        const char *summary; /* one line */
        const struct option_row *options;
        bool makes_processes; /* a container's processes begin as tare: its file must be out of their reach */
        bool stop_at_positional; /* options end at the first positional argument */
        int min_positional, max_positional; /* -1: any number */
        int exit_on_failure; /* 0: 1, as for most */
        /*
         * argv[0..argc) are the positional arguments; `values` was filled by the options. Gives the exit code: 0, or after a
         * recorded failure negative, or the process's own.
         */
        int (*run)(const struct global_options *global, void *values, int argc, char **argv);
        size_t values_size;
};

extern const struct command command_completion, command_create, command_delete, command_events, command_exec,
        command_features, command_info, command_kill, command_list, command_mounts, command_pause, command_ps,
        command_resume, command_run, command_spec, command_start, command_state, command_update;

/* All of them, with a NULL at the end, and the options that stand before them: for `completion`. */
extern const struct command *const command_all[];
extern const struct option_row command_global_options[];

/* The cgroup manager that the global options ask for. Records. */
int command_cgroup_manager(const struct global_options *global, enum cgroup_manager *ret);

/* The value of --rootless. Records. */
int command_rootless(const struct global_options *global, enum cgroup_rootless *ret);
