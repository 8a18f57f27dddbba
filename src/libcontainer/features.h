/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this tare can do, as JSON (features.md and features-linux.md of the specification): printed from the very tables
 * that decode config.json, so the two cannot disagree. Pure but for questions to the kernel about seccomp flags.
 */
#pragma once

#include "util/text.h"

void features_print(struct text *text);

/* "CAP_CHOWN" of its number; NULL when the number has no name here. Owned by the caller. */
char *features_capability_name(int number);
