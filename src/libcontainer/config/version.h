/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The version of the specification that tare implements. */
#pragma once

#define TARE_SPEC_VERSION "1.3.0"
#define TARE_SPEC_VERSION_MIN "1.0.0"
