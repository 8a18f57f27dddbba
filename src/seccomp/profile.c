/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frees what profiles and compiled filters own, in any process; half-filled ones too, as a failed decoding leaves them.
 */
#include "seccomp/seccomp.h"

#include <stdlib.h>

static void rule_done(struct seccomp_rule *rule) {
        for (size_t i = 0; i < rule->n_names; i++)
                free(rule->names[i]);
        free(rule->names);
        free(rule->args);
}

void seccomp_profile_done(struct seccomp_profile *profile) {
        for (size_t i = 0; i < profile->n_rules; i++)
                rule_done(&profile->rules[i]);
        free(profile->rules);
        free(profile->architectures);
        free(profile->flags);
        free(profile->listener_path);
        free(profile->listener_metadata);
        *profile = (struct seccomp_profile){};
}

void seccomp_filter_done(struct seccomp_filter *filter) {
        free(filter->program.filter);
        *filter = SECCOMP_FILTER_INIT;
}
