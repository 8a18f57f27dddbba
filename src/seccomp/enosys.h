/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls newer than the profile: they end in ENOSYS, as on a kernel of the profile's time. */
#pragma once

#include <seccomp.h>

#include "seccomp/seccomp.h"

/*
 * Puts the test for newer calls before the program that libseccomp generated from the context, if the profile's default
 * would forbid them otherwise than by ENOSYS. Returns -E2BIG, and stays silent, when the program gets too long.
 */
int seccomp_enosys_prepend(const struct seccomp_profile *profile, const scmp_filter_ctx context,
                           struct sock_fprog *program);
