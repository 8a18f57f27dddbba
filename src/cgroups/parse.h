/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text that the kernel writes about cgroups. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Yields the next part of *text up to the separator, which is overwritten; NULL at the end. */
char *parse_part(char **text, char separator);

/*
 * A line of /proc/PID/cgroup, "NUMBER:CONTROLLERS:PATH", cut in place; controllers are "" for v2. False if it is
 * none.
 */
bool parse_membership(char *line, char **ret_controllers, char **ret_path);

/* The number that the text begins with: "max" is no limit, UINT64_MAX. A counter below zero, a kernel's mistake, is 0. */
uint64_t parse_number(const char *text);

/* A size as the kernel takes it, with a unit of 1024 perhaps: "64M", "0x1000". False for what it does not take, and for "max". */
bool parse_size(const char *text, uint64_t *ret);

/* The number of the line "KEY NUMBER", or 0. */
uint64_t parse_number_of(const char *text, const char *key);

/* True if a path has a component "..". */
bool parse_has_dotdot(const char *path);
