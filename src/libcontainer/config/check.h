/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the check-*.c files share. Each holds a table of rules; a rule is a function that looks at the config and records
 * the first violation that it finds. Nobody outside of this folder includes it.
 */
#pragma once

#include "libcontainer/config/config.h"

/* The parts of config_check() beside those that config.h exports. */
int check_namespaces(const struct config *config);
int check_linux(const struct config *config);
int check_net_devices(const struct config *config);
int check_sysctl(const struct config *config);
int check_extensions(const struct config *config);

/* `value` must begin with '/'; `path` is where it stands. */
int check_absolute(const char *value, const char *path);

/*
 * An id of the container, by the map of its user namespace. Every id is one where there is none, and may be one where it is
 * joined and the config does not have its map.
 */
bool check_is_mapped(const struct config *config, const struct id_mappings *mappings, uint64_t id);

/* The rules of user_namespaces(7) for one map, or none; `path` is where it stands. */
int check_mappings(const struct id_mappings *mappings, const char *path);

/* A list of numbers and ranges, "0-3,7" (cpuset(7), "List format"), blanks around the numbers allowed; NULL is empty. */
int check_number_list(const char *list, const char *path);
