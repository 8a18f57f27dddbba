/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HOME. The file belongs to the image: read once, bounded, without following it out of the root or into a device. */
#include "libcontainer/process/home.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "util/alloc.h"
#include "util/file.h"
#include "util/text.h"

#define PASSWD_MAX (4u << 20)

char *home_from_passwd(const char *passwd, uid_t uid) {
        autofree char *copy = text_copy(passwd);

        for (char *rest = copy, *line; (line = strsep(&rest, "\n"));) {
                /* name:password:uid:gid:comment:home:shell */
                char *fields[7] = {NULL};
                uint64_t number;

                for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                        fields[i] = strsep(&line, ":");
                if (!fields[5] || text_to_u64(fields[2], &number) < 0 || number != uid)
                        continue;
                return text_format("HOME=%s", fields[5][0] == '/' ? fields[5] : "/");
        }
        return text_copy("HOME=/");
}

char *home_variable(uid_t uid) {
        autofree char *passwd = NULL;

        if (file_read(AT_FDCWD, "/etc/passwd", PASSWD_MAX, &passwd, NULL) < 0)
                return text_copy("HOME=/");
        return home_from_passwd(passwd, uid);
}
