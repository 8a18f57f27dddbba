/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What device rules mean, said in the plainest way, and random ones to try it on. For unit tests. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroups/device-rules.h"
#include "util/alloc.h"

/* Is this access to this device allowed? */
struct question {
        enum cgroup_device_type type; /* char or block */
        uint32_t major, minor;
        unsigned access;
};

static inline bool matches(const struct device_rule *rule, const struct question *question) {
        return (rule->type == CGROUP_DEVICE_ALL || rule->type == question->type) &&
               (rule->major == DEVICE_ANY || rule->major == question->major) &&
               (rule->minor == DEVICE_ANY || rule->minor == question->minor);
}

static inline bool model_answer(const struct device_rules *rules, const struct question *question) {
        for (unsigned bit = 1; bit <= DEVICE_WRITE; bit <<= 1) {
                bool allowed = false;

                if (!(question->access & bit))
                        continue;
                for (size_t i = 0; i < rules->n; i++)
                        if ((rules->list[i].access & bit) && matches(&rules->list[i], question))
                                allowed = rules->list[i].allow;
                if (!allowed)
                        return false;
        }
        return true;
}

static uint64_t random_state = 1;

static inline unsigned random_below(unsigned limit) {
        random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
        return (unsigned)(random_state >> 33) % limit;
}

static inline struct device_rule random_rule(void) {
        return (struct device_rule){
                .allow = random_below(2),
                .type = random_below(3),
                .major = random_below(3) ? random_below(3) : DEVICE_ANY,
                .minor = random_below(3) ? random_below(3) : DEVICE_ANY,
                .access = random_below(2) ? DEVICE_ACCESS_ALL : 1 + random_below(7),
        };
}

static inline struct device_rules random_rules(void) {
        struct device_rules rules = {};
        unsigned n = random_below(8);

        for (unsigned i = 0; i < n; i++)
                *array_append(rules.list, rules.n) = random_rule();
        return rules;
}
