/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resctrl/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

static const char blanks[] = " \t";

/* One "DOMAIN=SHARE". */
struct share {
        uint64_t domain, value;
};

char *schema_resource(const char *schema) {
        const char *name = schema + strspn(schema, blanks), *colon = strchr(name, ':');

        return colon ? text_copy_n(name, (size_t)(colon - name)) : NULL;
}

char *schema_find(const char *schemata, const char *resource) {
        for (const char *line = schemata; *line;) {
                const char *name = line + strspn(line, blanks), *end = strchrnul(line, '\n');
                const char *rest = text_after(name, resource);

                if (rest && *rest == ':')
                        return text_copy_n(name, (size_t)(end - name));
                line = *end ? end + 1 : end;
        }
        return NULL;
}

/* Caches have masks, everything else has decimal numbers (kernel: parse_cbm() and parse_bw()). */
static bool is_cache(const char *resource) {
        return resource[0] == 'L';
}

static bool parse_number(const char *text, int base, uint64_t *ret) {
        char *end;

        if (base == 16 && (text_starts_with(text, "0x") || text_starts_with(text, "0X")))
                text += 2;
        /* No sign and no blank, which strtoull(3) would take. */
        if (!*text || text[strspn(text, "0123456789abcdefABCDEF")])
                return false;
        errno = 0;
        *ret = strtoull(text, &end, base);
        return errno == 0 && !*end;
}

/* Cuts the next "DOMAIN=SHARE" off *rest, which is NULL behind the last one; false if it is none. */
static bool next_share(char **rest, bool cache, struct share *ret) {
        char *value = strsep(rest, ";"), *domain = strsep(&value, "=");

        /* As for the kernel, a semicolon at the end begins nothing. */
        if (*rest && !**rest)
                *rest = NULL;
        domain += strspn(domain, blanks);
        domain[strcspn(domain, blanks)] = '\0';
        if (!value)
                return false;
        value += strspn(value, blanks);
        value[strcspn(value, blanks)] = '\0';
        return parse_number(domain, 10, &ret->domain) && parse_number(value, cache ? 16 : 10, &ret->value);
}

/* The domain's share in a line; false if the line has none. */
static bool find_share(const char *line, bool cache, uint64_t domain, uint64_t *ret) {
        autofree char *copy = text_copy(strchr(line, ':') + 1);
        struct share share;

        for (char *rest = copy; rest;)
                if (next_share(&rest, cache, &share) && share.domain == domain) {
                        *ret = share.value;
                        return true;
                }
        return false;
}

static bool has_gap(uint64_t mask) {
        uint64_t shifted = mask ? mask >> __builtin_ctzll(mask) : 0;

        return shifted & (shifted + 1);
}

static int check_mask(const struct share *share, const struct resource_limits *limits, const char *schema,
                      const char *path) {
        unsigned long long value = share->value, domain = share->domain;

        if (limits->cbm_mask && share->value & ~limits->cbm_mask)
                return reject("%s: found `%s`, expected masks within %llx: %llu has %llx", path, schema,
                              (unsigned long long)limits->cbm_mask, domain, value);
        if ((uint64_t)__builtin_popcountll(share->value) < limits->min_cbm_bits)
                return reject("%s: found `%s`, expected masks of at least %llu bits: %llu has %llx", path, schema,
                              (unsigned long long)limits->min_cbm_bits, domain, value);
        if (limits->is_contiguous && has_gap(share->value))
                return reject("%s: found `%s`, expected masks without a gap: %llu has %llx", path, schema, domain, value);
        return 0;
}

static int check_bandwidth(const struct share *share, const struct resource_limits *limits, const char *schema,
                           const char *path) {
        if (share->value >= limits->min_bandwidth)
                return 0;
        return reject("%s: found `%s`, expected at least %llu: %llu has %llu", path, schema,
                      (unsigned long long)limits->min_bandwidth, (unsigned long long)share->domain,
                      (unsigned long long)share->value);
}

int schema_check(const char *schema, const char *root_schemata, const struct resource_limits *limits, const char *path) {
        autofree char *resource = schema_resource(schema);
        autofree char *root_line = resource ? schema_find(root_schemata, resource) : NULL;
        autofree char *copy = resource ? text_copy(strchr(schema, ':') + 1) : NULL;
        int r = 0;

        if (!resource)
                return reject("%s: found `%s`, expected RESOURCE:ID=SHARE;...", path, schema);
        if (!root_line)
                return reject("%s: found `%s`, expected a resource of this machine", path, schema);
        for (char *rest = copy; r == 0 && rest;) {
                struct share share;
                uint64_t full;

                if (!next_share(&rest, is_cache(resource), &share))
                        return reject("%s: found `%s`, expected RESOURCE:ID=SHARE;...", path, schema);
                if (!find_share(root_line, is_cache(resource), share.domain, &full))
                        return reject("%s: found `%s`, expected numbers of this machine's: `%s`", path, schema, root_line);
                r = (is_cache(resource) ? check_mask : check_bandwidth)(&share, limits, schema, path);
        }
        return r;
}

static uint64_t rounded(uint64_t value, uint64_t step) {
        return step ? (value + step - 1) / step * step : value;
}

bool schema_matches(const char *schema, const char *schemata, const struct resource_limits *limits) {
        autofree char *resource = schema_resource(schema);
        autofree char *line = resource ? schema_find(schemata, resource) : NULL;
        autofree char *copy = resource ? text_copy(strchr(schema, ':') + 1) : NULL;

        if (!line)
                return false;
        for (char *rest = copy; rest;) {
                struct share share;
                uint64_t value;

                if (!next_share(&rest, is_cache(resource), &share) || !find_share(line, is_cache(resource), share.domain, &value))
                        return false;
                if (value != share.value && (is_cache(resource) || value != rounded(share.value, limits->bandwidth_gran)))
                        return false;
        }
        return true;
}
