/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of the resctrl file system. Silent. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The whole of DIRECTORY/NAME, without the last newline; NULL if it cannot be read. Owned by the caller. */
char *resctrl_read(const char *directory, const char *name);

/* The number that the file begins with; 0 if it cannot be read or has words ("Unavailable"). */
uint64_t resctrl_read_number(const char *directory, const char *name, int base);

/* True if the machine has the resource or what it counts: MOUNT_POINT/info/NAME. */
bool resctrl_has_info(const char *mount_point, const char *name);
