/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Security modules, asked of the kernel by the files that the modules' libraries look at. Runs in the runtime's process. */
#include "libcontainer/isolation/lsm-module.h"

#include <errno.h>
#include <fcntl.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/file.h"

/* sysfs says of each file that it has a page, and file_read() refuses what says it is larger than its limit. */
enum { SYSFS_FILE_SIZE = 4096 };

int lsm_ask(const struct lsm_module *module, bool *ret_enabled) {
        autofree char *answer = NULL;
        int r = file_read(AT_FDCWD, module->file, SYSFS_FILE_SIZE, &answer, NULL);

        if (r < 0 && r != -ENOENT)
                return fail(-r, "read `%s`", module->file);
        /* For SELinux 0 is permissive, which is enabled. */
        *ret_enabled = r >= 0 && answer[0] != 'N';
        return 0;
}
