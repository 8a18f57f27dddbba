/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties of systemd's units: limits in systemd's words, so that `systemctl show` tells them and systemd, when it writes a
 * cgroup's files again, writes what is there already; and those that a config's annotations set. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroups/device-rules.h"
#include "cgroups/settings.h"
#include "util/text.h"

struct property {
        char *name;
        char type; /* of D-Bus: b i t s; 'a' list of strings; 'y' bytes; 'd' pairs of strings; 'w' strings, each
                      with a number behind it as text; 'u' list of one number */
        uint64_t number;
        struct string_list strings;
        struct text bytes;
        bool is_optional; /* tare applies it in another way, too: an older systemd that does not know it may go without */
};
struct properties {
        struct property *list;
        size_t n;
};
#define PROPERTIES_INIT ((struct properties){})
void properties_done(struct properties *properties);

/* Adds one, or gives it another value. The texts are copied. */
void properties_set_number(struct properties *properties, const char *name, char type, uint64_t number, bool is_optional);
void properties_set_text(struct properties *properties, const char *name, char type, const char *text, bool is_optional);

void properties_add_copy(struct properties *properties, const struct property *of);

/* NULL if there is none of that name. */
const struct property *properties_find(const struct properties *properties, const char *name);
void properties_remove(struct properties *properties, const char *name);

/* As the values of an array a(sv). */
void properties_write(const struct properties *properties, struct text *body);

/*
 * The limits: those of the settings that systemd has words for. The last of several for one file counts. `has_bfq`: the weights
 * of block devices are those of the BFQ scheduler, which systemd derives from its own.
 */
void properties_of_settings(const struct settings *settings, bool has_bfq, struct properties *ret);

/*
 * What systemd is to let through at least: it knows no exceptions from exceptions, and tare's own rules apply beside it.
 * `devices` is the content of /proc/devices.
 */
void properties_of_devices(const struct device_rules *rules, const char *devices, struct properties *ret);

/*
 * The property of an annotation org.systemd.property.NAME, whose value is in the text form of GVariant: "uint64 5", "'text'",
 * "true", "['a', 'b']". NAMESec, in seconds, is NAMEUSec. Records what is not allowed: a unit's properties can run programs as
 * root and turn the machine off (CVE-2024-3154).
 */
int properties_parse(const char *name, const char *value, struct properties *ret);
