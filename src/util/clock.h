/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deadlines: milliseconds of CLOCK_MONOTONIC. */
#pragma once

#include <stdint.h>

int64_t clock_ms(void);

/* What is left until a deadline, for poll(2): 0 when it is over. */
int clock_ms_until(int64_t deadline);
