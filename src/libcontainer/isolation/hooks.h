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
};

/*
 * Runs all, stops at the first that fails, or with `keep_going` warns and goes on. A hook that is over its timeout is
 * killed with its process group. Records hooks.KIND[N], the program, how it ended and what it wrote.
 */
int hooks_run(const struct hook_call *call, bool keep_going);
