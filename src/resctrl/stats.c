/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "resctrl/files.h"
#include "resctrl/resctrl.h"
#include "resctrl/schema.h"
#include "util/alloc.h"

void resctrl_stats_done(struct resctrl_stats *stats) {
        free(stats->l3.cbm_mask);
        free(stats->l3.root_schema);
        free(stats->l3.schema);
        free(stats->memory.root_schema);
        free(stats->memory.schema);
        string_list_done(&stats->schemata);
        free(stats->domains);
        *stats = RESCTRL_STATS_INIT;
}

static void read_cache(const struct resctrl *resctrl, const char *root_schemata, const char *schemata,
                       struct resctrl_stats *ret) {
        autofree char *info = text_format("%s/info/L3", resctrl->mount_point);

        ret->l3.present = resctrl_has_info(resctrl->mount_point, "L3");
        if (!ret->l3.present)
                return;
        ret->l3.cbm_mask = resctrl_read(info, "cbm_mask");
        ret->l3.min_cbm_bits = resctrl_read_number(info, "min_cbm_bits", 10);
        ret->l3.num_closids = resctrl_read_number(info, "num_closids", 10);
        ret->l3.root_schema = schema_find(root_schemata, "L3");
        ret->l3.schema = schema_find(schemata, "L3");
}

static void read_memory(const struct resctrl *resctrl, const char *root_schemata, const char *schemata,
                        struct resctrl_stats *ret) {
        autofree char *info = text_format("%s/info/MB", resctrl->mount_point);

        ret->memory.present = resctrl_has_info(resctrl->mount_point, "MB");
        if (!ret->memory.present)
                return;
        ret->memory.bandwidth_gran = resctrl_read_number(info, "bandwidth_gran", 10);
        ret->memory.delay_linear = resctrl_read_number(info, "delay_linear", 10);
        ret->memory.min_bandwidth = resctrl_read_number(info, "min_bandwidth", 10);
        ret->memory.num_closids = resctrl_read_number(info, "num_closids", 10);
        ret->memory.root_schema = schema_find(root_schemata, "MB");
        ret->memory.schema = schema_find(schemata, "MB");
}

static void read_lines(const char *schemata, struct string_list *ret) {
        for (const char *line = schemata; *line;) {
                const char *end = strchrnul(line, '\n');

                *array_append(ret->items, ret->count) = text_copy_n(line, (size_t)(end - line));
                line = *end ? end + 1 : end;
        }
}

static int is_domain(const struct dirent *entry) {
        return text_starts_with(entry->d_name, "mon_L3_");
}

static void read_counters(const struct resctrl *resctrl, struct resctrl_stats *ret) {
        autofree char *info = text_format("%s/info/L3_MON", resctrl->mount_point);
        autofree char *features = resctrl_read(info, "mon_features");
        autofree char *data = text_format("%s/mon_data", resctrl->monitor ? resctrl->monitor : resctrl->directory);
        struct dirent **entries = NULL;
        int n = features ? scandir(data, &entries, is_domain, alphasort) : 0;

        ret->has_bandwidth = features && (strstr(features, "mbm_total_bytes") || strstr(features, "mbm_local_bytes"));
        ret->has_occupancy = features && strstr(features, "llc_occupancy");
        for (int i = 0; i < n; i++) {
                autofree char *domain = text_format("%s/%s", data, entries[i]->d_name);

                *array_append(ret->domains, ret->n_domains) = (struct resctrl_domain_stats){
                        .total_bytes = resctrl_read_number(domain, "mbm_total_bytes", 10),
                        .local_bytes = resctrl_read_number(domain, "mbm_local_bytes", 10),
                        .occupancy = resctrl_read_number(domain, "llc_occupancy", 10),
                };
                free(entries[i]);
        }
        free(entries);
}

void resctrl_stats(const struct resctrl *resctrl, struct resctrl_stats *ret) {
        autofree char *root_schemata = NULL, *schemata = NULL;

        if (!resctrl->directory)
                return;
        root_schemata = resctrl_read(resctrl->mount_point, "schemata");
        schemata = resctrl_read(resctrl->directory, "schemata");
        if (!root_schemata || !schemata)
                return;
        read_cache(resctrl, root_schemata, schemata, ret);
        read_memory(resctrl, root_schemata, schemata, ret);
        read_lines(schemata, &ret->schemata);
        read_counters(resctrl, ret);
}
