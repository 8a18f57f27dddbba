/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does this machine enforce a security module? Asked in the runtime's process, before anything of a container exists, of the
 * module's own library (lsm-library.c), or of the kernel where tare is linked statically and cannot load one
 * (lsm-kernel.c); meson picks the file.
 */
#pragma once

#include <stdbool.h>

struct lsm_module {
        bool is_built; /* tare was built with it */
        const char *name;
        const char *library, *function; /* int function(void): positive when it is enabled */
        const char *file; /* of the kernel's: readable, and not "N", when it is enabled */
};
extern const struct lsm_module lsm_apparmor, lsm_selinux;

int lsm_ask(const struct lsm_module *module, bool *ret_enabled);
