/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits and device rules in the words of systemd (systemd.resource-control(5), org.freedesktop.systemd1(5)). */
#include "cgroups/properties.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bus/message.h"
#include "cgroups/parse.h"
#include "util/alloc.h"

/* --- the list --- */

static void property_done(struct property *property) {
        free(property->name);
        string_list_done(&property->strings);
        text_done(&property->bytes);
}

void properties_done(struct properties *properties) {
        for (size_t i = 0; i < properties->n; i++)
                property_done(&properties->list[i]);
        free(properties->list);
        *properties = PROPERTIES_INIT;
}

static size_t index_of(const struct properties *properties, const char *name) {
        size_t i = 0;

        while (i < properties->n && !text_equal(properties->list[i].name, name))
                i++;
        return i;
}

const struct property *properties_find(const struct properties *properties, const char *name) {
        size_t i = index_of(properties, name);

        return i < properties->n ? &properties->list[i] : NULL;
}

void properties_remove(struct properties *properties, const char *name) {
        size_t i = index_of(properties, name);

        if (i == properties->n)
                return;
        property_done(&properties->list[i]);
        properties->n--;
        memmove(&properties->list[i], &properties->list[i + 1], (properties->n - i) * sizeof(properties->list[0]));
}

static struct property *set(struct properties *properties, const char *name, char type, bool is_optional) {
        struct property *property;

        properties_remove(properties, name);
        property = array_append(properties->list, properties->n);
        *property = (struct property){.name = text_copy(name), .type = type, .is_optional = is_optional};
        return property;
}

void properties_set_number(struct properties *properties, const char *name, char type, uint64_t number, bool is_optional) {
        set(properties, name, type, is_optional)->number = number;
}

static void add_string(struct property *property, const char *text) {
        *array_append(property->strings.items, property->strings.count) = text_copy(text);
}

void properties_set_text(struct properties *properties, const char *name, char type, const char *text, bool is_optional) {
        add_string(set(properties, name, type, is_optional), text);
}

void properties_add_copy(struct properties *properties, const struct property *of) {
        struct property *property = set(properties, of->name, of->type, of->is_optional);

        property->number = of->number;
        for (size_t i = 0; i < of->strings.count; i++)
                add_string(property, of->strings.items[i]);
        text_add_n(&property->bytes, of->bytes.bytes, of->bytes.length);
}

/* --- for the bus --- */

static void write_rates(const struct property *property, struct text *body) {
        struct bus_array array = bus_array_begin(body, 8);

        for (size_t i = 0; i + 2 <= property->strings.count; i += 2) {
                bus_write_struct(body);
                bus_write_string(body, property->strings.items[i]);
                bus_write_u64(body, parse_number(property->strings.items[i + 1]));
        }
        bus_array_end(body, array);
}

static void write_strings(const struct property *property, struct text *body) {
        size_t step = property->type == 'd' ? 2 : 1;
        struct bus_array array = bus_array_begin(body, property->type == 'd' ? 8 : 4);

        for (size_t i = 0; i + step <= property->strings.count; i += step) {
                if (property->type == 'd')
                        bus_write_struct(body);
                for (size_t k = 0; k < step; k++)
                        bus_write_string(body, property->strings.items[i + k]);
        }
        bus_array_end(body, array);
}

static void write_value(const struct property *property, struct text *body) {
        struct bus_array array;

        switch (property->type) {
        case 'b':
        case 'i':
                bus_write_u32(body, (uint32_t)property->number);
                break;
        case 't':
                bus_write_u64(body, property->number);
                break;
        case 's':
                bus_write_string(body, property->strings.items[0]);
                break;
        case 'u':
                array = bus_array_begin(body, 4);
                bus_write_u32(body, (uint32_t)property->number);
                bus_array_end(body, array);
                break;
        case 'w':
                write_rates(property, body);
                break;
        case 'y':
                array = bus_array_begin(body, 1);
                text_add_n(body, property->bytes.bytes, property->bytes.length);
                bus_array_end(body, array);
                break;
        default:
                write_strings(property, body);
        }
}

static const char *signature_of(const struct property *property) {
        static const char *const signatures[] = {
                ['b'] = "b", ['i'] = "i", ['t'] = "t", ['s'] = "s", ['u'] = "au", ['y'] = "ay", ['a'] = "as", ['d'] = "a(ss)",
                ['w'] = "a(st)",
        };

        return signatures[(unsigned char)property->type];
}

void properties_write(const struct properties *properties, struct text *body) {
        struct bus_array array = bus_array_begin(body, 8);

        for (size_t i = 0; i < properties->n; i++) {
                bus_write_struct(body);
                bus_write_string(body, properties->list[i].name);
                bus_write_signature(body, signature_of(&properties->list[i]));
                write_value(&properties->list[i], body);
        }
        bus_array_end(body, array);
}

/* --- limits --- */

/* Bytes or a count; "max" and v1's "-1" are no limit, which systemd spells as the largest number. */
static void set_limit(struct properties *properties, const char *name, const char *value) {
        uint64_t limit;

        if (text_equal(value, "max") || value[0] == '-')
                limit = UINT64_MAX;
        else if (!parse_size(value, &limit))
                return;
        properties_set_number(properties, name, 't', limit, true);
}

/* systemd takes no 0, which forbids each further process: the kernel does it alone. */
static void set_tasks(struct properties *properties, const char *name, const char *value) {
        if (!text_equal(value, "0"))
                set_limit(properties, name, value);
}

/* Adds to the list; systemd takes several for one device, and the last counts. What is no number sets nothing. */
static void add_rate(struct properties *properties, const char *name, const char *device, const char *rate) {
        size_t i = index_of(properties, name);
        autofree char *node = text_format("/dev/block/%s", device);
        struct property *list;
        uint64_t number;

        if (!text_equal(rate, "max") && text_to_u64(rate, &number) < 0)
                return;
        list = i < properties->n ? &properties->list[i] : set(properties, name, 'w', true);
        add_string(list, node);
        add_string(list, rate);
}

static bool is_device(const char *word) {
        return word[strspn(word, "0123456789")] == ':' && isdigit((unsigned char)word[0]);
}

/* Lines of "8:0 rbps=1048576 wbps=max". */
static void set_rates(struct properties *properties, const char *name, const char *value) {
        static const struct {
                const char *key, *property;
        } keys[] = {
                {"rbps=", "IOReadBandwidthMax"},
                {"wbps=", "IOWriteBandwidthMax"},
                {"riops=", "IOReadIOPSMax"},
                {"wiops=", "IOWriteIOPSMax"},
        };
        autofree char *copy = text_copy(value);
        char *rest = copy, *line;

        (void)name;
        while ((line = parse_part(&rest, '\n'))) {
                const char *device = parse_part(&line, ' '), *word, *rate;

                while (device && is_device(device) && (word = parse_part(&line, ' ')))
                        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                                if ((rate = text_after(word, keys[i].key)))
                                        add_rate(properties, keys[i].property, device, rate);
        }
}

/* "100" or "default 100"; with a device before it, it is that one's. */
static void set_weight(struct properties *properties, const char *name, const char *value) {
        const char *number = text_after(value, "default ");
        uint64_t weight;

        if (text_to_u64(number ? number : value, &weight) >= 0)
                properties_set_number(properties, name, 't', weight, true);
}

static void set_io_weight(struct properties *properties, const char *name, const char *value) {
        autofree char *copy = text_copy(value);
        char *weight = copy;
        const char *device = parse_part(&weight, ' ');

        if (device && weight && is_device(device))
                add_rate(properties, "IODeviceWeight", device, weight);
        else
                set_weight(properties, name, value);
}

/* systemd makes one of 1 to 1000 from its own of 1 to 10000, with 100 for both: what it must be told for this one. */
static void set_bfq_weight(struct properties *properties, const char *name, const char *value) {
        const char *number = strrchr(value, ' ');
        autofree char *own = NULL;
        uint64_t weight;

        number = number ? number + 1 : value;
        if (text_to_u64(number, &weight) < 0)
                return;
        own = text_format("%.*s%" PRIu64, (int)(number - value), value, weight <= 100 ? weight : 100 + (weight - 100) * 11);
        set_io_weight(properties, name, own);
}

/* The weight of an idle group is systemd's 0. */
static void set_idle(struct properties *properties, const char *name, const char *value) {
        if (text_equal(value, "1"))
                properties_set_number(properties, name, 't', 0, true);
}

#define CPU_MAX 8192

/* "0-3,5": a bit for each, in the order of the bytes. What is no such list sets nothing. */
static void set_cpus(struct properties *properties, const char *name, const char *value) {
        unsigned char bits[CPU_MAX / 8] = {};
        unsigned long last = 0;
        struct property *property;

        for (const char *at = value; *at;) {
                char *end;
                unsigned long first = strtoul(at, &end, 10), until = first;

                if (!isdigit((unsigned char)*at))
                        return;
                if (*end == '-') {
                        at = end + 1;
                        until = strtoul(at, &end, 10);
                }
                if (!isdigit((unsigned char)*at) || until < first || until >= CPU_MAX || (*end && *end != ','))
                        return;
                for (unsigned long cpu = first; cpu <= until; cpu++)
                        bits[cpu / 8] |= (unsigned char)(1 << cpu % 8);
                last = until > last ? until : last;
                at = *end ? end + 1 : end;
        }
        if (!*value)
                return;
        property = set(properties, name, 'y', true);
        text_add_n(&property->bytes, (const char *)bits, last / 8 + 1);
}

static void set_oom_policy(struct properties *properties, const char *name, const char *value) {
        properties_set_text(properties, name, 's', text_equal(value, "1") ? "kill" : "continue", true);
}

/* The files of v2 and of v1, and the property that systemd makes the same file of. */
static const struct row {
        const char *file, *property;
        void (*set)(struct properties *properties, const char *name, const char *value);
        enum { ALWAYS, WITH_BFQ, WITHOUT_BFQ } when;
} rows[] = {
        {"blkio.weight", "BlockIOWeight", set_weight},
        {"cpu.idle", "CPUWeight", set_idle},
        {"cpu.shares", "CPUShares", set_weight},
        {"cpu.weight", "CPUWeight", set_weight},
        {"cpuset.cpus", "AllowedCPUs", set_cpus},
        {"cpuset.mems", "AllowedMemoryNodes", set_cpus},
        {"io.bfq.weight", "IOWeight", set_bfq_weight, WITH_BFQ},
        {"io.max", NULL, set_rates},
        {"io.weight", "IOWeight", set_io_weight, WITHOUT_BFQ},
        {"memory.high", "MemoryHigh", set_limit},
        {"memory.limit_in_bytes", "MemoryLimit", set_limit},
        {"memory.low", "MemoryLow", set_limit},
        {"memory.max", "MemoryMax", set_limit},
        {"memory.min", "MemoryMin", set_limit},
        {"memory.oom.group", "OOMPolicy", set_oom_policy},
        {"memory.swap.max", "MemorySwapMax", set_limit},
        {"memory.zswap.max", "MemoryZSwapMax", set_limit},
        {"pids.max", "TasksMax", set_tasks},
};

static void set_of_file(struct properties *properties, bool has_bfq, const char *file, const char *value) {
        for (size_t i = 0; i < ELEMENTSOF(rows) && file; i++)
                if (text_equal(rows[i].file, file) && rows[i].when != (has_bfq ? WITHOUT_BFQ : WITH_BFQ))
                        rows[i].set(properties, rows[i].property, value);
}

/* The quota is two numbers in the kernel and, in systemd, microseconds of each second, and the period. */
struct bandwidth {
        bool has_quota;
        uint64_t quota, period; /* UINT64_MAX: no limit; 0: not known */
};

static void note_bandwidth(struct bandwidth *bandwidth, const struct setting *setting) {
        const char *value = setting->value, *period = strchr(value, ' ');

        if (text_equal(setting->file, "cpu.cfs_period_us"))
                bandwidth->period = parse_number(value);
        if (!text_equal(setting->file, "cpu.cfs_quota_us") && !text_equal(setting->file, "cpu.max"))
                return;
        /* The period alone: the quota is what it was. */
        if (setting->keep_first_word)
                return;
        bandwidth->has_quota = true;
        bandwidth->quota = value[0] == '-' ? UINT64_MAX : parse_number(value);
        if (period)
                bandwidth->period = parse_number(period + 1);
}

#define USEC_PER_SEC 1000000u
/* systemd divides the time by a hundredth part, and more finely not at all. */
#define QUOTA_STEP 10000u

static void set_bandwidth(struct properties *properties, const struct bandwidth *bandwidth) {
        uint64_t period = bandwidth->period ? bandwidth->period : 100000, usec;

        if (bandwidth->period)
                properties_set_number(properties, "CPUQuotaPeriodUSec", 't', bandwidth->period, true);
        if (!bandwidth->has_quota)
                return;
        if (bandwidth->quota == UINT64_MAX || __builtin_mul_overflow(bandwidth->quota, USEC_PER_SEC, &usec))
                usec = UINT64_MAX;
        else
                usec = (usec / period + QUOTA_STEP - 1) / QUOTA_STEP * QUOTA_STEP;
        properties_set_number(properties, "CPUQuotaPerSecUSec", 't', usec, true);
}

void properties_of_settings(const struct settings *settings, bool has_bfq, struct properties *ret) {
        struct bandwidth bandwidth = {};

        for (size_t i = 0; i < settings->n; i++) {
                const struct setting *setting = &settings->list[i];

                note_bandwidth(&bandwidth, setting);
                set_of_file(ret, has_bfq, setting->file, setting->value);
                set_of_file(ret, has_bfq, setting->other_file, setting->other_value);
        }
        set_bandwidth(ret, &bandwidth);
}

/* --- devices --- */

/* The name of a major number in /proc/devices, whose block devices come behind the others; else the number, since systemd 240. */
static char *group_name(const char *devices, bool is_block, uint32_t major) {
        const char *start = strstr(devices, "Block devices:"), *end = devices + strlen(devices);
        const char *at = is_block ? (start ? start : end) : devices, *until = is_block || !start ? end : start;

        for (; at < until; at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n')) {
                char *name;
                unsigned long number = strtoul(at, &name, 10);

                if (name > at && number == major && *name == ' ')
                        return text_copy_n(name + 1, strcspn(name + 1, "\n"));
        }
        return text_format("%" PRIu32, major);
}

static void add_device(struct property *allow, const struct device_rule *rule, bool is_block, const char *devices) {
        const char *kind = is_block ? "block" : "char";
        autofree char *node = NULL, *group = NULL;
        char access[4];
        size_t n = 0;

        if (rule->major == DEVICE_ANY)
                node = text_format("%s-*", kind);
        else if (rule->minor != DEVICE_ANY)
                node = text_format("/dev/%s/%" PRIu32 ":%" PRIu32, kind, rule->major, rule->minor);
        else {
                group = group_name(devices, is_block, rule->major);
                node = text_format("%s-%s", kind, group);
        }
        if (rule->access & DEVICE_READ)
                access[n++] = 'r';
        if (rule->access & DEVICE_WRITE)
                access[n++] = 'w';
        if (rule->access & DEVICE_MKNOD)
                access[n++] = 'm';
        access[n] = '\0';
        add_string(allow, node);
        add_string(allow, access);
}

static bool is_about_all(const struct device_rule *rule) {
        return rule->type == CGROUP_DEVICE_ALL && rule->major == DEVICE_ANY && rule->minor == DEVICE_ANY &&
               rule->access == DEVICE_ACCESS_ALL;
}

void properties_of_devices(const struct device_rules *rules, const char *devices, struct properties *ret) {
        bool allows_all = false;
        struct property *allow;
        size_t first = 0;

        /* One about everything makes those before it pointless. */
        for (size_t i = 0; i < rules->n; i++)
                if (is_about_all(&rules->list[i])) {
                        allows_all = rules->list[i].allow;
                        first = i + 1;
                }
        properties_set_text(ret, "DevicePolicy", 's', allows_all ? "auto" : "strict", true);
        allow = set(ret, "DeviceAllow", 'd', true);
        for (size_t i = first; i < rules->n && !allows_all; i++) {
                const struct device_rule *rule = &rules->list[i];

                if (rule->allow && rule->type != CGROUP_DEVICE_BLOCK)
                        add_device(allow, rule, false, devices);
                if (rule->allow && rule->type != CGROUP_DEVICE_CHAR)
                        add_device(allow, rule, true, devices);
        }
}
