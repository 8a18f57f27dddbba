/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands in for compile.c in a build without libseccomp: a container that asks for a filter is refused, for running it
 * without one would be less safe than its config says.
 */
#include "seccomp/seccomp.h"

#include <stddef.h>

#include "util/fail.h"

int seccomp_compile(const struct seccomp_profile *profile, int cache_dirfd, struct seccomp_filter *ret) {
        if (profile->default_action != SECCOMP_ACTION_NONE)
                return reject("linux.seccomp: this build of tare has no libseccomp");
        *ret = SECCOMP_FILTER_INIT;
        return 0;
}

/* There is nothing to ask, and compiling refuses the profile anyway. */
int seccomp_check_names(const struct seccomp_profile *profile, const char *path) {
        return 0;
}

/* A listener needs an answer, and there is nobody to ask for this machine's architecture. */
bool seccomp_filter_lets_pass(const struct seccomp_filter *filter, const struct seccomp_call *call) {
        return false;
}

const char *seccomp_library_version(void) {
        return NULL;
}
