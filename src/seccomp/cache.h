/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compiled programs on disk. An entry is found by a hash of its key and taken only if the whole key is the same; the
 * key holds everything that the program was made from. Functions return -errno and stay silent.
 */
#pragma once

#include "seccomp/seccomp.h"
#include "util/text.h"

/* The key of a profile: its content, the build of tare, the library and the machine that compile it. */
void seccomp_cache_key(const struct seccomp_profile *profile, struct text *ret);

/* Gives the program stored under the key, owned by the caller. Returns 1; 0 when it is absent or not trustworthy. */
int seccomp_cache_find(int dirfd, const struct text *key, struct sock_fprog *ret);

int seccomp_cache_store(int dirfd, const struct text *key, const struct sock_fprog *program);
