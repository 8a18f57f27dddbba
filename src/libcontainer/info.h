/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What tare finds on this machine, for people who wonder why a container does not start: itself, the kernel, the caller,
 * cgroups, namespaces and security modules. Runs in the runtime's process and reads only.
 */
#pragma once

#include <stdbool.h>

#include "util/text.h"

/* As a list for the eye, or as one JSON object. Records its failure. */
int info_print(bool json, struct text *text);
