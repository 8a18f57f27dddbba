/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of /proc/PID/mountinfo (proc_pid_mountinfo(5)). Reading it costs what the machine has of mounts: a last resort. */
#pragma once

#include <stdbool.h>

#define MOUNTINFO_MAX (256u << 20) /* bytes; some hundred thousand mounts */

/* All borrowed from the line; the paths are as they were before mountinfo escaped them. */
struct mountinfo {
        char *root; /* of the mount, in its file system */
        char *mount_point;
        char *type, *source, *super_options;
};

/* Cuts a line in place. False, and nothing in *ret, if it is none. */
bool mountinfo_parse(char *line, struct mountinfo *ret);
