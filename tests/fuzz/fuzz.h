/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the fuzz targets share. A target that finds something ends by abort(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void demand(bool condition) {
        if (!condition)
                abort();
}
