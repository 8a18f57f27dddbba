/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `exec`: one more process in a container. Runs in the runtime's process. Functions record their failures. */
#pragma once

#include "libcontainer/plan/plan.h"
#include "util/options.h"

/* What the call asks for. All strings are borrowed. */
struct exec_options {
        const char *id;
        const char *process_file; /* a process of its own, of the specification's form; NULL: the container's, changed by: */
        struct option_list args; /* the program and its arguments */
        const char *cwd, *user, *apparmor_profile, *selinux_label; /* NULL: the container's */
        struct option_list env, capabilities, additional_gids; /* more of them */
        bool no_new_privileges;
        bool terminal; /* also with a file that has none */
        bool ignore_paused; /* the process stands still until the container is resumed */
        struct option_list cgroups; /* [CONTROLLER:]PATH, below the container's */
        struct process_options process;
};

/*
 * Detached it returns 0 when the process runs; in the foreground it serves the terminal and the signals and gives the
 * process's exit code in *ret_exit.
 */
int container_exec(const char *root, const struct exec_options *options, int *ret_exit);

/* Makes the process of a container's config the one to run (exec-process.c). Reads the file, if there is one. */
int exec_process(const struct exec_options *options, struct config *config);
