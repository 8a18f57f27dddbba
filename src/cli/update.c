/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare update */
#include "cli/command.h"
#include "libcontainer/update.h"
#include "util/alloc.h"

struct update_values {
        const char *resources_file, *cpus, *mems, *l3_cache_schema, *mem_bw_schema;
        struct cgroup_resources resources;
};

#define LIMIT(kind, member, name, argument, help)                                                                          \
        OPTION_OPTIONAL(kind, struct update_values, resources.member, name, argument, help)
#define TEXT(member, name, letter, argument, help)                                                                         \
        OPTION(OPTION_TEXT, struct update_values, member, name, letter, argument, help)

static const struct option_row options[] = {
        TEXT(resources_file, "resources", 'r', "FILE", "take the limits from FILE, - for standard input, not from the options below"),
        LIMIT(OPTION_U64, block_io.weight, "blkio-weight", "N", "share of block I/O, 10 to 1000"),
        LIMIT(OPTION_U64, cpu.period, "cpu-period", "USEC", "length of the period of the quota"),
        LIMIT(OPTION_I64, cpu.quota, "cpu-quota", "USEC", "CPU time in each period; -1 for no limit"),
        LIMIT(OPTION_U64, cpu.burst, "cpu-burst", "USEC", "unused quota that may be saved up for later; 0 for none"),
        LIMIT(OPTION_U64, cpu.shares, "cpu-share", "N", "share of the CPUs, compared with other containers"),
        LIMIT(OPTION_U64, cpu.realtime_period, "cpu-rt-period", "USEC", "length of the period of the real-time limit"),
        LIMIT(OPTION_I64, cpu.realtime_runtime, "cpu-rt-runtime", "USEC", "real-time CPU time in each period"),
        LIMIT(OPTION_I64, cpu.idle, "cpu-idle", "N", "1: run only when nothing else does; 0: as usual"),
        TEXT(cpus, "cpuset-cpus", 0, "LIST", "CPUs to run on"),
        TEXT(mems, "cpuset-mems", 0, "LIST", "memory nodes to use"),
        LIMIT(OPTION_SIZE, memory.limit, "memory", "SIZE", "limit of memory; -1 for none"),
        LIMIT(OPTION_SIZE, memory.reservation, "memory-reservation", "SIZE", "memory to keep when memory gets scarce"),
        LIMIT(OPTION_SIZE, memory.swap, "memory-swap", "SIZE", "limit of memory and swap together; -1 for none"),
        LIMIT(OPTION_SIZE, memory.kernel, "kernel-memory", "SIZE", "limit of the kernel's memory, on kernels that have it"),
        LIMIT(OPTION_SIZE, memory.kernel_tcp, "kernel-memory-tcp", "SIZE", "limit of TCP buffers, on kernels that have it"),
        LIMIT(OPTION_I64, pids_limit, "pids-limit", "N", "limit of processes; -1 for none"),
        TEXT(l3_cache_schema, "l3-cache-schema", 0, "TEXT", "share of the L3 cache, for a container with linux.intelRdt"),
        TEXT(mem_bw_schema, "mem-bw-schema", 0, "TEXT", "share of the memory bandwidth, likewise"),
        {},
};

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        const struct update_values *update_values = values;
        autofree char *cpus = text_copy(update_values->cpus), *mems = text_copy(update_values->mems);
        struct update_options update_options = {
                .resources_file = update_values->resources_file,
                .resources = update_values->resources,
                .l3_cache_schema = update_values->l3_cache_schema,
                .mem_bw_schema = update_values->mem_bw_schema,
        };

        update_options.resources.cpu.cpus = cpus;
        update_options.resources.cpu.mems = mems;
        return container_update(global->root, argv[0], &update_options);
}

const struct command command_update = {
        .name = "update",
        .synopsis = "[OPTIONS] ID",
        .summary = "change the limits of a container",
        .options = options,
        .min_positional = 1,
        .max_positional = 1,
        .run = run,
        .values_size = sizeof(struct update_values),
};
