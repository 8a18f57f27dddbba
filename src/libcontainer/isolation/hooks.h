/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hooks (config.md, "POSIX-platform Hooks"): programs run in order at fixed points of the life cycle, with the
 * container's state on standard input. Runs in whatever process calls it: the runtime for prestart, createRuntime,
 * poststart and poststop, init for createContainer and startContainer.
 */
#pragma once

#include "libcontainer/config/config.h"

struct hook_call {
        const struct hook_list *hooks;
        enum hook_kind kind;
        const char *state; /* JSON */
        char *const *environment; /* for hooks without an env of their own */
        int directory_fd; /* working directory; where it is -1 or may not be entered, `/` */
        const int *output_fds; /* two files for what is written to standard output and error; -1 or NULL: none */
};

/*
 * Opens the files of run.oci.hooks.stdout and run.oci.hooks.stderr for appending; *ret_fds stay as they are where there is
 * no such annotation. In the runtime's process, whose files they are: init only writes to them, and hooks have none.
 */
int hooks_open_output(const struct extensions *extensions, int ret_fds[2]);

/*
 * Runs all, stops at the first that fails, or with `keep_going` warns and goes on. A hook that is over its timeout is
 * killed with its process group. Records hooks.KIND[N], the program, how it ended and what it wrote. What cannot be
 * written to the output files is lost.
 */
int hooks_run(const struct hook_call *call, bool keep_going);
