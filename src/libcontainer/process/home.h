/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HOME for a process that brings none: from the container's /etc/passwd. In init, inside the root. */
#pragma once

#include <sys/types.h>

/* "HOME=DIR" of the user with this number, "HOME=/" if there is none or the file is no plain file. Owned by the caller. */
char *home_variable(uid_t uid);

/* The same from the text of such a file, for tests. */
char *home_from_passwd(const char *passwd, uid_t uid);
