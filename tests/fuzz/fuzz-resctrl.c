/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of resctrl's schemas: the first line is what is asked for, the rest what the machine and a group have. The same
 * text is read as mountinfo, too.
 *
 * Whatever is in them: what the machine is found to have is the same as itself, and a message tells of what it has not.
 */
#include "fuzz.h"

#include <string.h>

#include "resctrl/resctrl.h"
#include "resctrl/schema.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/mountinfo.h"
#include "util/text.h"

static void try_schema(const char *schema, const char *schemata) {
        static const struct resource_limits machines[] = {
                {}, {.cbm_mask = 0x7ff, .min_cbm_bits = 1, .is_contiguous = true, .min_bandwidth = 10, .bandwidth_gran = 10}};

        for (size_t i = 0; i < ELEMENTSOF(machines); i++) {
                autofree char *resource = schema_resource(schema);
                autofree char *line = resource ? schema_find(schemata, resource) : NULL;
                int r = schema_check(schema, schemata, &machines[i], "schema");

                demand((r < 0) == !text_is_empty(fail_text()));
                fail_forget();
                /* The first of two lines of one resource counts, and of two shares of one number. */
                if (r == 0 && schema_check(line, schemata, &machines[i], "line") == 0)
                        demand(schema_matches(schema, schema, &machines[i]) || strchr(schema, ';'));
                fail_forget();
                (void)schema_matches(schema, schemata, &machines[i]);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        autofree char *text = text_copy_n((const char *)data, size);
        char *rest = text, *schema = strsep(&rest, "\n");
        struct mountinfo mount;

        if (rest)
                try_schema(schema, rest);
        while (rest) {
                char *line = strsep(&rest, "\n");
                size_t length = strlen(line);

                if (mountinfo_parse(line, &mount))
                        demand(strlen(mount.root) + strlen(mount.mount_point) + strlen(mount.type) + strlen(mount.source) +
                                       strlen(mount.super_options) <
                               length);
        }
        return 0;
}
