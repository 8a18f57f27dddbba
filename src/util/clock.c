/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock of all waiting. Runs in every process. */
#include "util/clock.h"

#include <limits.h>
#include <time.h>

int64_t clock_ms(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int clock_ms_until(int64_t deadline) {
        int64_t left = deadline - clock_ms();

        return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}
