/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Security modules, asked of their libraries, which are loaded only here. Runs in the runtime's process. */
#include "libcontainer/isolation/lsm-module.h"

#include <dlfcn.h>
#include <stddef.h>

#include "util/fail.h"

/* The library stays loaded: a process that lives for one command has no use for unloading. */
int lsm_ask(const struct lsm_module *module, bool *ret_enabled) {
        void *library = dlopen(module->library, RTLD_NOW | RTLD_LOCAL);
        int (*is_enabled)(void) = NULL;

        if (!library)
                return reject("load `%s`: %s", module->library, dlerror());
        *(void **)&is_enabled = dlsym(library, module->function);
        if (!is_enabled)
                return reject("load `%s`: no function `%s`", module->library, module->function);
        *ret_enabled = is_enabled() > 0;
        return 0;
}
