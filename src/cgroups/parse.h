/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text that the kernel writes about cgroups. */
#pragma once

#include <stdbool.h>

/* Yields the next part of *text up to the separator, which is overwritten; NULL at the end. */
char *parse_part(char **text, char separator);

/*
 * A line of /proc/PID/cgroup, "NUMBER:CONTROLLERS:PATH", cut in place; controllers are "" for v2. False if it is
 * none.
 */
bool parse_membership(char *line, char **ret_controllers, char **ret_path);

/* True if a path has a component "..". */
bool parse_has_dotdot(const char *path);
