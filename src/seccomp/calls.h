/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which system call numbers of an architecture the rules of a profile name. */
#pragma once

#include "seccomp/seccomp.h"

/* A rule's say about one number. */
struct call {
        uint32_t number;
        const struct seccomp_rule *rule;
        size_t order; /* of rules about the same number: as in the profile */
        bool is_multiplexed; /* the number is socketcall's or ipc's, whose first argument says what to do: */
        uint32_t selector;
};

struct call_list {
        struct call *items; /* sorted by number and order */
        size_t count;
};

/* `token` is libseccomp's for an architecture. Names that it does not have are left out. */
void call_list_make(const struct seccomp_profile *profile, uint32_t token, struct call_list *ret);
void call_list_done(struct call_list *list);
