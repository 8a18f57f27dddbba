/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the units of cgroup v1, in which the specification is written, to those of v2. Pure: no files, no state.
 */
#include "cgroups/cgroup.h"

#include <errno.h>

#include "util/fail.h"

/*
 * log2() and exp2() of libm to about 1e-15, by their series: this is all the floating point in the program, and a
 * shared library more would make every start slower.
 */
static double log2_of(uint64_t value) {
        static const double ln2 = 0.693147180559945309417;
        int exponent = 63 - __builtin_clzll(value);
        double m = (double)value / (double)(1ULL << exponent), z = (m - 1) / (m + 1);
        double power = z, sum = 0;

        for (int k = 1; k < 40; k += 2) {
                sum += power / k;
                power *= z * z;
        }
        return exponent + 2 * sum / ln2;
}

static double exp2_of(double x) {
        static const double ln2 = 0.693147180559945309417;
        int whole = (int)x;
        double y = (x - whole) * ln2, term = 1, sum = 1;

        for (int k = 1; k < 25; k++) {
                term *= y / k;
                sum += term;
        }
        return (double)(1ULL << whole) * sum;
}

/*
 * A curve, not a line, through minimum, default and maximum of both scales: 2 -> 1, 1024 -> 100, 262144 -> 10000.
 * With l = log2(shares): weight = 10 ^ ((l^2 + 125 l) / 612 - 7 / 34), rounded up.
 */
uint64_t cgroup_weight_from_shares(uint64_t shares) {
        static const double log2_of_10 = 3.32192809488736234787;
        double l, weight;

        if (shares == 0)
                return 0;
        if (shares <= 2)
                return 1;
        if (shares >= 262144)
                return 10000;
        l = log2_of(shares);
        weight = exp2_of(((l * l + 125 * l) / 612 - 7.0 / 34) * log2_of_10);
        /* Where the curve meets a whole number (1024 -> 100), an error in the last digits must not round it up. */
        return (uint64_t)(weight - 1e-9) + 1;
}

uint64_t cgroup_io_weight_from_blkio(uint64_t weight) {
        if (weight == 0)
                return 0;
        if (weight <= 10)
                return 1;
        return 1 + (weight - 10) * 9999 / 990;
}

int cgroup_swap_max(int64_t limit, int64_t memory_and_swap, int64_t *ret) {
        /* Without a limit for memory there is none for the sum either, unless it is asked for. */
        if (memory_and_swap == 0 && limit != -1)
                return 1;
        if (memory_and_swap == -1 || memory_and_swap == 0) {
                *ret = -1;
                return 0;
        }
        if (limit == -1) {
                *ret = memory_and_swap;
                return 0;
        }
        if (limit == 0)
                return reject("%lld: unable to set swap limit without memory limit", (long long)memory_and_swap);
        if (memory_and_swap < limit)
                return reject("%lld: memory+swap limit should be >= memory limit (%lld)", (long long)memory_and_swap,
                              (long long)limit);
        *ret = memory_and_swap - limit;
        return 0;
}
