/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flags of a filter, in the runtime's process; and frees what profiles and filters own, in any process; half-filled ones too,
 * as a failed decoding leaves them.
 */
#include "seccomp/seccomp.h"

#include <linux/seccomp.h>
#include <stdlib.h>

#include "util/kernel.h"

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

/*
 * TSYNC is about the other threads of a process that has some, and not to be had with a listener. WAIT_KILLABLE_RECV is about
 * a listener, and the kernel refuses it for a filter without.
 */
void seccomp_filter_set_flags(struct seccomp_filter *filter, const struct seccomp_profile *profile) {
        uint32_t ignored = SECCOMP_FILTER_FLAG_TSYNC | (filter->has_listener ? 0 : SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);

        filter->flags = filter->has_listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
        filter->optional_flags = 0;
        for (size_t i = 0; i < profile->n_flags; i++)
                filter->flags |= profile->flags[i] & ~ignored;
        if (profile->has_flags)
                return;
        /* Without it the kernel slows down every program in the container by its defence against CPU bugs. */
        filter->optional_flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
        filter->flags |= filter->optional_flags;
}

void seccomp_filter_done(struct seccomp_filter *filter) {
        free(filter->program.filter);
        *filter = SECCOMP_FILTER_INIT;
}
