/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Schemas: "L3:0=7f0;1=1f" gives each instance (domain) of a resource its share: a mask of cache ways in hexadecimal for
 * caches, a decimal number for memory bandwidth. What is asked for is held against what a `schemata` file says. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What the machine says of one resource, from its directory in `info`; 0 and NULL where it says nothing. */
struct resource_limits {
        uint64_t cbm_mask, min_cbm_bits;
        bool is_contiguous; /* masks with a gap are refused */
        uint64_t min_bandwidth, bandwidth_gran;
};

/* The resource's name, what stands before the colon; NULL if there is no colon. Owned by the caller. */
char *schema_resource(const char *schema);

/* The line of that resource in `schemata`, without blanks around it; NULL if there is none. Owned by the caller. */
char *schema_find(const char *schemata, const char *resource);

/*
 * True if the line asks for what the machine has: a resource and domains that the root's schemata know, shares within the
 * limits. Otherwise records, with `path`.
 */
int schema_check(const char *schema, const char *root_schemata, const struct resource_limits *limits, const char *path);

/* True if every share that the schema names is the one in `schemata`; bandwidths count as the machine rounds them. */
bool schema_matches(const char *schema, const char *schemata, const struct resource_limits *limits);
