/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device rules as values: the config's made complete, reduced, and turned into the exceptions that v1 knows. The v2
 * form is device-program.c. Pure. Runs in the runtime's process.
 */
#include "cgroups/device-rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

/* What every container gets, whatever its own rules: the nodes of its /dev, terminals, tun, and making nodes at all. */
static const struct device_rule standard_rules[] = {
        {true, CGROUP_DEVICE_CHAR, DEVICE_ANY, DEVICE_ANY, DEVICE_MKNOD},
        {true, CGROUP_DEVICE_BLOCK, DEVICE_ANY, DEVICE_ANY, DEVICE_MKNOD},
        {true, CGROUP_DEVICE_CHAR, 1, 3, DEVICE_ACCESS_ALL}, /* null */
        {true, CGROUP_DEVICE_CHAR, 1, 5, DEVICE_ACCESS_ALL}, /* zero */
        {true, CGROUP_DEVICE_CHAR, 1, 7, DEVICE_ACCESS_ALL}, /* full */
        {true, CGROUP_DEVICE_CHAR, 1, 8, DEVICE_ACCESS_ALL}, /* random */
        {true, CGROUP_DEVICE_CHAR, 1, 9, DEVICE_ACCESS_ALL}, /* urandom */
        {true, CGROUP_DEVICE_CHAR, 5, 0, DEVICE_ACCESS_ALL}, /* tty */
        {true, CGROUP_DEVICE_CHAR, 5, 1, DEVICE_ACCESS_ALL}, /* console */
        {true, CGROUP_DEVICE_CHAR, 5, 2, DEVICE_ACCESS_ALL}, /* ptmx */
        {true, CGROUP_DEVICE_CHAR, 10, 200, DEVICE_ACCESS_ALL}, /* net/tun */
        {true, CGROUP_DEVICE_CHAR, 136, DEVICE_ANY, DEVICE_ACCESS_ALL}, /* pts/N */
};

/* A rule is up to six instructions, and a jump reaches 32767 of them. */
#define MAX_RULES 4096

static const struct {
        char letter;
        unsigned access;
} letters[] = {{'r', DEVICE_READ}, {'w', DEVICE_WRITE}, {'m', DEVICE_MKNOD}};

void device_rules_done(struct device_rules *rules) {
        free(rules->list);
        *rules = (struct device_rules){};
}

/* --- the config's rules --- */

static int check_number(const struct cgroup_i64 *number, const char *path, size_t i, const char *name) {
        if (!number->set || (number->value >= -1 && number->value < UINT32_MAX))
                return 0;
        return reject("%s.devices[%zu].%s: %lld is not a device number", path, i, name, (long long)number->value);
}

int device_rules_check(const struct cgroup_resources *resources, const char *path) {
        if (resources->n_devices > MAX_RULES)
                return reject("%s.devices: %zu rules are more than %d", path, resources->n_devices, MAX_RULES);
        for (size_t i = 0; i < resources->n_devices; i++) {
                const struct cgroup_device_rule *rule = &resources->devices[i];
                int r;

                r = check_number(&rule->major, path, i, "major");
                if (r >= 0)
                        r = check_number(&rule->minor, path, i, "minor");
                if (r < 0)
                        return r;
                if (rule->access && rule->access[strspn(rule->access, "rwm")])
                        return reject("%s.devices[%zu].access: \"%s\" is not made of \"r\", \"w\" and \"m\"", path, i,
                                      rule->access);
        }
        return 0;
}

static uint32_t number_of(const struct cgroup_i64 *number) {
        return number->set && number->value >= 0 ? (uint32_t)number->value : DEVICE_ANY;
}

static unsigned access_of(const char *text) {
        unsigned access = 0;

        if (text_is_empty(text))
                return DEVICE_ACCESS_ALL;
        for (size_t i = 0; i < ELEMENTSOF(letters); i++)
                if (strchr(text, letters[i].letter))
                        access |= letters[i].access;
        return access;
}

void device_rules_complete(const struct cgroup_resources *resources, struct device_rules *ret) {
        *ret = (struct device_rules){};
        for (size_t i = 0; i < resources->n_devices; i++) {
                const struct cgroup_device_rule *rule = &resources->devices[i];

                *array_append(ret->list, ret->n) = (struct device_rule){
                        .allow = rule->allow,
                        .type = rule->type,
                        .major = number_of(&rule->major),
                        .minor = number_of(&rule->minor),
                        .access = access_of(rule->access),
                };
        }
        for (size_t i = 0; i < ELEMENTSOF(standard_rules) && resources->n_devices > 0; i++)
                *array_append(ret->list, ret->n) = standard_rules[i];
}

/* --- reduction --- */

/* True if each device that `b` matches is matched by `a`. */
static bool covers(const struct device_rule *a, const struct device_rule *b) {
        return (a->type == CGROUP_DEVICE_ALL || a->type == b->type) &&
               (a->major == DEVICE_ANY || a->major == b->major) && (a->minor == DEVICE_ANY || a->minor == b->minor);
}

/* True if some device is matched by both. */
static bool overlaps(const struct device_rule *a, const struct device_rule *b) {
        return (a->type == CGROUP_DEVICE_ALL || b->type == CGROUP_DEVICE_ALL || a->type == b->type) &&
               (a->major == DEVICE_ANY || b->major == DEVICE_ANY || a->major == b->major) &&
               (a->minor == DEVICE_ANY || b->minor == DEVICE_ANY || a->minor == b->minor);
}

void device_rules_reduce(struct device_rules *rules) {
        bool allows = false;
        size_t kept = 0;

        /* From the last to the first: what a later rule decides, an earlier one cannot. */
        for (size_t i = rules->n; i-- > 0;)
                for (size_t k = i + 1; k < rules->n; k++)
                        if (covers(&rules->list[k], &rules->list[i]))
                                rules->list[i].access &= ~rules->list[k].access;
        for (size_t i = 0; i < rules->n; i++) {
                /* A denial before the first permission says what is so anyway. */
                if (!rules->list[i].access || (!rules->list[i].allow && !allows))
                        continue;
                allows |= rules->list[i].allow;
                rules->list[kept++] = rules->list[i];
        }
        rules->n = kept;
}

bool device_rules_allow_all(const struct device_rules *rules) {
        bool allowed = true;

        for (enum cgroup_device_type type = CGROUP_DEVICE_CHAR; type <= CGROUP_DEVICE_BLOCK; type++) {
                struct device_rule each = {.type = type, .major = DEVICE_ANY, .minor = DEVICE_ANY};
                unsigned access = 0;

                for (size_t i = 0; i < rules->n; i++)
                        if (covers(&rules->list[i], &each))
                                access |= rules->list[i].access;
                allowed &= access == DEVICE_ACCESS_ALL;
        }
        for (size_t i = 0; i < rules->n; i++)
                allowed &= rules->list[i].allow;
        return allowed;
}

/* --- v1 --- */

/* One type of device and one kind of access: a default, and rules of no access that say the opposite. */
struct cell {
        bool allow;
        struct device_rules exceptions;
};

struct cells {
        struct cell of[2][3]; /* by type and by bit of access */
};

static void cells_done(struct cells *cells) {
        for (size_t t = 0; t < 2; t++)
                for (size_t bit = 0; bit < 3; bit++)
                        device_rules_done(&cells->of[t][bit].exceptions);
}

/* Removes the exceptions that the rule covers; -EINVAL when it covers one in part, which would leave a hole in it. */
static int drop_covered(struct cell *cell, const struct device_rule *rule, bool holes) {
        size_t kept = 0;

        for (size_t i = 0; i < cell->exceptions.n; i++) {
                const struct device_rule *exception = &cell->exceptions.list[i];

                if (covers(rule, exception))
                        continue;
                if (!holes && overlaps(rule, exception))
                        return -EINVAL;
                cell->exceptions.list[kept++] = *exception;
        }
        cell->exceptions.n = kept;
        return 0;
}

static int apply_rule(struct cell *cell, const struct device_rule *rule) {
        if (rule->major == DEVICE_ANY && rule->minor == DEVICE_ANY) {
                cell->allow = rule->allow;
                cell->exceptions.n = 0;
                return 0;
        }
        if (rule->allow == cell->allow)
                return drop_covered(cell, rule, false);
        for (size_t i = 0; i < cell->exceptions.n; i++)
                if (covers(&cell->exceptions.list[i], rule))
                        return 0;
        drop_covered(cell, rule, true);
        *array_append(cell->exceptions.list, cell->exceptions.n) = *rule;
        return 0;
}

static int fill_cells(const struct device_rules *rules, struct cells *cells) {
        for (size_t i = 0; i < rules->n; i++)
                for (size_t k = 0; k < 6; k++) {
                        struct device_rule rule = rules->list[i];
                        enum cgroup_device_type type = k / 3 ? CGROUP_DEVICE_BLOCK : CGROUP_DEVICE_CHAR;
                        int r;

                        if ((rule.type != CGROUP_DEVICE_ALL && rule.type != type) || !(rule.access & (1U << k % 3)))
                                continue;
                        rule.type = type;
                        r = apply_rule(&cells->of[k / 3][k % 3], &rule);
                        if (r < 0)
                                return r;
                }
        return 0;
}

/* The kernel has one default for all cells: a cell with exceptions must have it, others can be one great exception. */
static int common_default(const struct cells *cells, bool *ret) {
        bool needed[2] = {};

        for (size_t k = 0; k < 6; k++) {
                const struct cell *cell = &cells->of[k / 3][k % 3];

                if (cell->exceptions.n > 0)
                        needed[cell->allow] = true;
        }
        if (needed[true] && needed[false])
                return -EINVAL;
        *ret = needed[true];
        return 0;
}

static void add_exception(struct device_rules *rules, const struct device_rule *rule, unsigned access) {
        for (size_t i = 0; i < rules->n; i++)
                if (covers(&rules->list[i], rule) && covers(rule, &rules->list[i])) {
                        rules->list[i].access |= access;
                        return;
                }
        *array_append(rules->list, rules->n) = *rule;
        rules->list[rules->n - 1].access = access;
}

/* True if nothing is forbidden: then the default may be "allow", without exceptions. */
static bool all_cells_allow(const struct cells *cells) {
        for (size_t k = 0; k < 6; k++)
                if (!cells->of[k / 3][k % 3].allow || cells->of[k / 3][k % 3].exceptions.n > 0)
                        return false;
        return true;
}

/*
 * The kernel wants all that is asked for in one exception: "c *:* r" and "c 1:3 w" do not make 1:3 readable and
 * writable.
 */
static void complete_access(struct device_rules *exceptions) {
        for (size_t i = 0; i < exceptions->n; i++)
                for (size_t k = 0; k < exceptions->n; k++)
                        if (covers(&exceptions->list[k], &exceptions->list[i]))
                                exceptions->list[i].access |= exceptions->list[k].access;
}

int device_rules_to_exceptions(const struct device_rules *rules, struct device_exceptions *ret) {
        autodone(cells) struct cells cells = {};
        struct device_exceptions made = {};
        int r;

        r = fill_cells(rules, &cells);
        if (r >= 0)
                r = common_default(&cells, &made.allow);
        if (r < 0)
                return r;
        made.allow |= all_cells_allow(&cells);
        for (size_t k = 0; k < 6; k++) {
                const struct cell *cell = &cells.of[k / 3][k % 3];
                struct device_rule each = {
                        .allow = !made.allow,
                        .type = k / 3 ? CGROUP_DEVICE_BLOCK : CGROUP_DEVICE_CHAR,
                        .major = DEVICE_ANY,
                        .minor = DEVICE_ANY,
                };

                if (cell->allow != made.allow)
                        add_exception(&made.rules, &each, 1U << k % 3);
                for (size_t i = 0; i < cell->exceptions.n && cell->allow == made.allow; i++)
                        add_exception(&made.rules, &cell->exceptions.list[i], 1U << k % 3);
        }
        if (!made.allow)
                complete_access(&made.rules);
        *ret = made;
        return 0;
}

static void format_number(uint32_t number, char ret[11]) {
        if (number == DEVICE_ANY)
                memcpy(ret, "*", sizeof("*"));
        else
                snprintf(ret, 11, "%u", number);
}

void device_rule_line(const struct device_rule *rule, char ret[DEVICE_LINE_MAX]) {
        static const char type[] = {[CGROUP_DEVICE_ALL] = 'a', [CGROUP_DEVICE_CHAR] = 'c', [CGROUP_DEVICE_BLOCK] = 'b'};
        char major[11], minor[11], access[ELEMENTSOF(letters) + 1] = "";
        size_t n = 0;

        format_number(rule->major, major);
        format_number(rule->minor, minor);
        for (size_t i = 0; i < ELEMENTSOF(letters); i++)
                if (rule->access & letters[i].access)
                        access[n++] = letters[i].letter;
        snprintf(ret, DEVICE_LINE_MAX, "%c %s:%s %s", type[rule->type], major, minor, access);
}
