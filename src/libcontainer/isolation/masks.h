/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * maskedPaths and readonlyPaths. In init, before the pivot (their sources are the host's) and after everything that
 * still has to write there. A path that does not exist is no failure; any other error is.
 */
#pragma once

#include "libcontainer/isolation/sources.h"
#include "libcontainer/plan/plan.h"

int masks_apply(const struct plan *plan, const struct sources *sources);
