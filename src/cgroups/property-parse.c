/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Annotations org.systemd.property.NAME. Who writes them is often less trusted than who runs the container (a pod's author), and
 * a unit's properties reach far beyond the container: so there is a list of those that cannot. Pure.
 */
#include "cgroups/properties.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

/*
 * What only says when, how and how long this one unit ends or is described. Not here is what starts or stops others (Wants,
 * OnFailure, Conflicts), runs programs (ExecStopPost), acts on the machine (SuccessAction), what tare sets itself (Slice,
 * Delegate, PIDs) or the config has words for (all limits).
 */
static const struct allowed {
        const char *name;
        char type;
} allowed[] = {
        {"After", 'a'},          {"Before", 'a'},        {"CollectMode", 's'}, {"DefaultDependencies", 'b'},
        {"Description", 's'},    {"Documentation", 'a'}, {"KillMode", 's'},    {"KillSignal", 'i'},
        {"OOMPolicy", 's'},      {"PartOf", 'a'},        {"RuntimeMaxUSec", 't'}, {"SendSIGHUP", 'b'},
        {"SendSIGKILL", 'b'},    {"TimeoutStopUSec", 't'},
};

static const struct allowed *find_allowed(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(allowed); i++)
                if (text_equal(allowed[i].name, name))
                        return &allowed[i];
        return NULL;
}

static const char *skip_blanks(const char *text) {
        return text + strspn(text, " \t\n");
}

/* "uint64 5" -> "5": the type that we expect is known. */
static const char *skip_type(const char *text) {
        static const char *const types[] = {"boolean ", "byte ",   "int16 ", "uint16 ", "int32 ", "uint32 ",
                                            "int64 ",   "uint64 ", "double ", "string ", "@as ",   "@s "};

        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (text_starts_with(text, types[i]))
                        return skip_blanks(text + strlen(types[i]));
        return text;
}

/* A string in quotes of either kind, with \ before what stands for itself. Moves behind it. NULL: none. Owned by the caller. */
static char *parse_string(const char **at) {
        const char *from = *at;
        char quote = *from;
        autodone(text) struct text text = TEXT_INIT;

        if (quote != '\'' && quote != '"')
                return NULL;
        for (from++; *from && *from != quote; from++) {
                if (*from == '\\' && (!from[1] || isalnum((unsigned char)from[1])))
                        return NULL;
                from += *from == '\\';
                text_add_n(&text, from, 1);
        }
        if (!*from)
                return NULL;
        *at = skip_blanks(from + 1);
        return text_take(&text);
}

static bool parse_strings(const char *text, struct string_list *ret) {
        if (*text != '[')
                return false;
        for (text = skip_blanks(text + 1); *text != ']'; text = skip_blanks(text)) {
                char *item = parse_string(&text);

                if (!item)
                        return false;
                *array_append(ret->items, ret->count) = item;
                if (*text != ',' && *text != ']')
                        return false;
                text += *text == ',';
        }
        return !*skip_blanks(text + 1);
}

/* "1.5": a number of seconds as microseconds; digits beyond those are cut off. */
static bool parse_seconds(const char *text, uint64_t *ret) {
        size_t whole = strspn(text, "0123456789"), part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
        autofree char *digits = text_format("%.*s%.*s%.*s", (int)whole, text, (int)(part < 6 ? part : 6), text + whole + 1,
                                            part < 6 ? (int)(6 - part) : 0, "000000");

        return whole > 0 && !text[whole + (text[whole] == '.' ? 1 + part : 0)] && text_to_u64(digits, ret) >= 0;
}

static bool parse_bool(const char *text, uint64_t *ret) {
        *ret = text_equal(text, "true");
        return *ret || text_equal(text, "false");
}

/* Hexadecimal as well, which is a form of GVariant. */
static bool parse_whole(const char *text, uint64_t max, uint64_t *ret) {
        const char *hex = text_after(text, "0x");
        char *end;

        if (!hex)
                return text_to_u64(text, ret) >= 0 && *ret <= max;
        if (!*hex || strlen(hex) > 16 || !isxdigit((unsigned char)*hex))
                return false;
        *ret = strtoull(hex, &end, 16);
        return !*end && *ret <= max;
}

static bool parse_value(char type, const char *text, struct property *ret) {
        char *single;

        switch (type) {
        case 'b':
                return parse_bool(text, &ret->number);
        case 'i':
                return parse_whole(text, INT32_MAX, &ret->number);
        case 't':
                return parse_whole(text, UINT64_MAX, &ret->number);
        case 's':
                single = parse_string(&text);
                if (single)
                        *array_append(ret->strings.items, ret->strings.count) = single;
                return single && !*text;
        default:
                return parse_strings(text, &ret->strings);
        }
}

static const char *expectation(char type, bool is_seconds) {
        switch (type) {
        case 'b':
                return "`true` or `false`";
        case 's':
                return "a string in quotes";
        case 'a':
                return "a list of strings, `['a', 'b']`";
        default:
                return is_seconds ? "a number of seconds" : "a number";
        }
}

/* "TimeoutStopSec" -> "TimeoutStopUSec"; NULL if it is no such name. Owned by the caller. */
static char *name_in_microseconds(const char *name) {
        size_t length = strlen(name);

        if (length <= 4 || strcmp(name + length - 3, "Sec") != 0 || name[length - 4] == 'U')
                return NULL;
        return text_format("%.*sUSec", (int)length - 3, name);
}

int properties_parse(const char *name, const char *value, struct properties *ret) {
        autofree char *in_microseconds = name_in_microseconds(name), *trimmed = NULL;
        const struct allowed *rule = find_allowed(in_microseconds ? in_microseconds : name);
        const char *text = skip_type(skip_blanks(value));
        size_t length = strlen(text);
        struct property *property;
        bool is_valid;

        if (!rule)
                return reject("`%s` is not a property that a container may set for its systemd unit", name);
        while (length > 0 && isspace((unsigned char)text[length - 1]))
                length--;
        trimmed = text_copy_n(text, length);
        properties_remove(ret, rule->name);
        property = array_append(ret->list, ret->n);
        *property = (struct property){.name = text_copy(rule->name), .type = rule->type};
        if (in_microseconds)
                is_valid = parse_seconds(trimmed, &property->number);
        else
                is_valid = parse_value(rule->type, trimmed, property);
        if (is_valid)
                return 0;
        return reject("found `%s`, expected %s", value, expectation(rule->type, in_microseconds != NULL));
}
