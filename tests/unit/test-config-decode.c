/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decoding of config.json: each property of the specification arrives where it belongs, what is absent stays absent,
 * and what cannot be decoded is refused with its path. TEST_DIRECTORY is the folder tests/ of the source.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/config/config.h"
#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"
#include "util/text.h"

static int open_directory(const char *name) {
        const char *top = getenv("TEST_DIRECTORY");
        autofree char *path = text_format("%s/%s", top ? top : "tests", name);

        return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int load_test_file(const char *directory, const char *name, struct config *ret) {
        int fd = open_directory(directory);
        int r = config_load(fd, name, ret, NULL, NULL);

        close(fd);
        return r;
}

static int parse(const char *text, struct config *ret) {
        return config_parse(text, strlen(text), "config.json", ret);
}

/* --- the golden config --- */

static void check_mapping(const struct id_mappings *mappings, size_t count, uint32_t container, uint32_t host, uint32_t size) {
        CHECK_EQUAL(mappings->count, count);
        if (mappings->count == 0)
                return;
        CHECK_EQUAL(mappings->items[0].container_id, container);
        CHECK_EQUAL(mappings->items[0].host_id, host);
        CHECK_EQUAL(mappings->items[0].size, size);
}

static void check_strings(const struct string_list *list, size_t count, const char *first, const char *last) {
        CHECK_EQUAL(list->count, count);
        if (list->count == 0 || list->count != count)
                return;
        CHECK_TEXT(list->items[0], first);
        CHECK_TEXT(list->items[count - 1], last);
}

static void check_top(const struct config *config) {
        CHECK_TEXT(config->oci_version, "1.3.0");
        CHECK(config->root.present);
        CHECK_TEXT(config->root.path, "rootfs");
        CHECK(config->root.readonly);
        CHECK_TEXT(config->hostname, "tare");
        CHECK_TEXT(config->domainname, "example.org");
        CHECK_EQUAL(config->annotations.count, 2);
        CHECK_TEXT(config->annotations.items[0].key, "com.example.key");
        CHECK_TEXT(config->annotations.items[0].value, "value");
        CHECK_TEXT(config->annotations.items[1].key, "second");
        CHECK_TEXT(config->annotations.items[1].value, "");
}

static void check_mounts(const struct config *config) {
        const struct mount_config *mount = config->mounts;

        CHECK_EQUAL(config->n_mounts, 2);
        CHECK_TEXT(mount->destination, "/data");
        CHECK_TEXT(mount->type, "none");
        CHECK_TEXT(mount->source, "data");
        check_strings(&mount->options, 2, "rbind", "ro");
        check_mapping(&mount->uid_mappings, 1, 0, 7, 8);
        check_mapping(&mount->gid_mappings, 1, 1, 9, 10);
        mount = &config->mounts[1];
        CHECK_TEXT(mount->destination, "proc");
        CHECK_TEXT(mount->type, NULL);
        CHECK_TEXT(mount->source, NULL);
        check_strings(&mount->options, 0, NULL, NULL);
        check_mapping(&mount->uid_mappings, 0, 0, 0, 0);
}

static void check_process(const struct process_config *process) {
        CHECK(process->present);
        CHECK(process->terminal);
        CHECK(process->console_size.present && process->console_size.has_height && process->console_size.has_width);
        CHECK_EQUAL(process->console_size.height, 25);
        CHECK_EQUAL(process->console_size.width, 80);
        CHECK_TEXT(process->cwd, "/work");
        check_strings(&process->env, 2, "PATH=/bin", "TERM=xterm");
        check_strings(&process->args, 3, "sh", "true");
        CHECK_EQUAL(process->user.uid, 1000);
        CHECK_EQUAL(process->user.gid, 1001);
        CHECK(process->user.umask.set);
        CHECK_EQUAL(process->user.umask.value, 63);
        CHECK_EQUAL(process->user.n_additional_gids, 2);
        CHECK_EQUAL(process->user.additional_gids[0], 5);
        CHECK_EQUAL(process->user.additional_gids[1], 6);
        check_strings(&process->capabilities.bounding, 2, "CAP_KILL", "CAP_CHOWN");
        check_strings(&process->capabilities.effective, 1, "CAP_KILL", "CAP_KILL");
        check_strings(&process->capabilities.inheritable, 1, "CAP_SETUID", "CAP_SETUID");
        check_strings(&process->capabilities.permitted, 1, "CAP_CHOWN", "CAP_CHOWN");
        check_strings(&process->capabilities.ambient, 1, "CAP_SETGID", "CAP_SETGID");
        CHECK(process->no_new_privileges);
        CHECK_TEXT(process->apparmor_profile, "profile");
        CHECK_TEXT(process->selinux_label, "a:b:c:s0");
        CHECK(process->oom_score_adj.set);
        CHECK_EQUAL(process->oom_score_adj.value, -500);
        CHECK(process->exec_cpu_affinity.present);
        CHECK_TEXT(process->exec_cpu_affinity.initial, "7");
        CHECK_TEXT(process->exec_cpu_affinity.final, "0-3,7");
}

static void check_process_limits(const struct process_config *process) {
        CHECK_EQUAL(process->n_rlimits, 2);
        CHECK_EQUAL(process->rlimits[0].type, RLIMIT_NOFILE);
        CHECK_EQUAL(process->rlimits[0].soft, 512);
        CHECK_EQUAL(process->rlimits[0].hard, 1024);
        CHECK_EQUAL(process->rlimits[1].type, RLIMIT_CORE);
        CHECK_EQUAL(process->rlimits[1].soft, 0);
        CHECK(process->rlimits[1].hard == UINT64_MAX);
        CHECK(process->scheduler.present);
        CHECK_EQUAL(process->scheduler.policy, SCHED_DEADLINE);
        CHECK_EQUAL(process->scheduler.nice, -5);
        CHECK_EQUAL(process->scheduler.priority, 3);
        CHECK_EQUAL(process->scheduler.flags, SCHED_FLAG_RECLAIM | SCHED_FLAG_RESET_ON_FORK);
        CHECK_EQUAL(process->scheduler.runtime, 1000000);
        CHECK_EQUAL(process->scheduler.deadline, 2000000);
        CHECK_EQUAL(process->scheduler.period, 3000000);
        CHECK(process->io_priority.present);
        CHECK_EQUAL(process->io_priority.class, IOPRIO_CLASS_IDLE);
        CHECK_EQUAL(process->io_priority.priority, 4);
}

static void check_hooks(const struct config *config) {
        static const char *const paths[HOOK_KINDS] = {
                [HOOK_PRESTART] = "/bin/prestart",
                [HOOK_CREATE_RUNTIME] = "/bin/create-runtime",
                [HOOK_CREATE_CONTAINER] = "/bin/create-container",
                [HOOK_START_CONTAINER] = "/bin/start-container",
                [HOOK_POSTSTART] = "/bin/poststart",
                [HOOK_POSTSTOP] = "/bin/poststop",
        };
        const struct hook_config *hook = config->hooks[HOOK_PRESTART].items;

        for (int i = 0; i < HOOK_KINDS; i++) {
                CHECK_EQUAL(config->hooks[i].count, i == HOOK_PRESTART ? 2 : 1);
                CHECK_TEXT(config->hooks[i].items[0].path, paths[i]);
        }
        check_strings(&hook->args, 2, "prestart", "x");
        check_strings(&hook->env, 1, "A=b", "A=b");
        CHECK(hook->has_env);
        CHECK(hook->timeout.set);
        CHECK_EQUAL(hook->timeout.value, 5);
        CHECK(!hook[1].has_env && !hook[1].timeout.set);
        CHECK(config->hooks[HOOK_CREATE_RUNTIME].items[0].has_env);
        CHECK_EQUAL(config->hooks[HOOK_CREATE_RUNTIME].items[0].env.count, 0);
}

static void check_namespaces(const struct linux_config *config) {
        static const enum namespace_kind kinds[] = {
                NAMESPACE_PID, NAMESPACE_NETWORK, NAMESPACE_MOUNT,  NAMESPACE_IPC,
                NAMESPACE_UTS, NAMESPACE_USER,    NAMESPACE_CGROUP, NAMESPACE_TIME,
        };

        CHECK_EQUAL(config->n_namespaces, ELEMENTSOF(kinds));
        for (size_t i = 0; i < config->n_namespaces; i++)
                CHECK_EQUAL(config->namespaces[i].kind, kinds[i]);
        CHECK_TEXT(config->namespaces[0].path, "/proc/1234/ns/pid");
        CHECK_TEXT(config->namespaces[1].path, NULL);
        check_mapping(&config->uid_mappings, 1, 0, 1000, 32000);
        check_mapping(&config->gid_mappings, 2, 0, 2000, 16000);
        CHECK_EQUAL(config->gid_mappings.items[1].host_id, 65536);
        CHECK(config->time_offsets.present && config->time_offsets.monotonic.present && config->time_offsets.boottime.present);
        CHECK_EQUAL(config->time_offsets.monotonic.secs, -5);
        CHECK_EQUAL(config->time_offsets.monotonic.nanosecs, 7);
        CHECK_EQUAL(config->time_offsets.boottime.secs, 172800);
        CHECK_EQUAL(config->time_offsets.boottime.nanosecs, 0);
}

static void check_devices(const struct linux_config *config) {
        static const enum device_kind kinds[] = {DEVICE_CHAR, DEVICE_BLOCK, DEVICE_FIFO, DEVICE_CHAR};
        const struct device_config *fuse = config->devices;

        CHECK_EQUAL(config->n_devices, ELEMENTSOF(kinds));
        for (size_t i = 0; i < config->n_devices; i++)
                CHECK_EQUAL(config->devices[i].kind, kinds[i]);
        CHECK_TEXT(fuse->path, "/dev/fuse");
        CHECK(fuse->has_major && fuse->has_minor);
        CHECK_EQUAL(fuse->major, 10);
        CHECK_EQUAL(fuse->minor, 229);
        CHECK(fuse->file_mode.set && fuse->uid.set && fuse->gid.set);
        CHECK_EQUAL(fuse->file_mode.value, 0666);
        CHECK_EQUAL(fuse->uid.value, 1);
        CHECK_EQUAL(fuse->gid.value, 2);
        CHECK(!config->devices[2].has_major && !config->devices[2].has_minor && !config->devices[2].file_mode.set);
        CHECK_EQUAL(config->n_net_devices, 2);
        CHECK_TEXT(config->net_devices[0].host_name, "eth0");
        CHECK_TEXT(config->net_devices[0].name, "container0");
        CHECK_TEXT(config->net_devices[1].host_name, "eth1");
        CHECK_TEXT(config->net_devices[1].name, NULL);
}

static void check_resources(const struct cgroup_resources *resources) {
        const struct cgroup_device_rule *rule = &resources->devices[1];

        CHECK_EQUAL(resources->n_devices, 2);
        CHECK(!resources->devices[0].allow && !resources->devices[0].major.set);
        CHECK_EQUAL(resources->devices[0].type, CGROUP_DEVICE_ALL);
        CHECK(rule->allow && rule->major.set && rule->minor.set);
        CHECK_EQUAL(rule->type, CGROUP_DEVICE_CHAR);
        CHECK_EQUAL(rule->major.value, 10);
        CHECK_EQUAL(rule->minor.value, 229);
        CHECK_TEXT(rule->access, "rw");
        CHECK(resources->memory.limit.set);
        CHECK_EQUAL(resources->memory.limit.value, 536870912);
        CHECK_EQUAL(resources->memory.reservation.value, 268435456);
        CHECK_EQUAL(resources->memory.swap.value, -1);
        CHECK_EQUAL(resources->memory.kernel.value, 1);
        CHECK_EQUAL(resources->memory.kernel_tcp.value, 2);
        CHECK_EQUAL(resources->memory.swappiness.value, 60);
        CHECK(resources->memory.disable_oom_killer.set && !resources->memory.disable_oom_killer.value);
        CHECK(resources->memory.use_hierarchy.set && resources->memory.use_hierarchy.value);
        CHECK(resources->memory.check_before_update.set && resources->memory.check_before_update.value);
        CHECK_EQUAL(resources->cpu.shares.value, 1024);
        CHECK_EQUAL(resources->cpu.quota.value, 1000000);
        CHECK_EQUAL(resources->cpu.burst.value, 500000);
        CHECK_EQUAL(resources->cpu.period.value, 500001);
        CHECK_EQUAL(resources->cpu.realtime_runtime.value, 950000);
        CHECK_EQUAL(resources->cpu.realtime_period.value, 1000001);
        CHECK_TEXT(resources->cpu.cpus, "2-3");
        CHECK_TEXT(resources->cpu.mems, "0-7");
        CHECK(resources->cpu.idle.set);
        CHECK_EQUAL(resources->cpu.idle.value, 1);
        CHECK(resources->pids_limit.set);
        CHECK_EQUAL(resources->pids_limit.value, 32771);
}

static void check_throttle(const struct cgroup_throttle_device *devices, size_t n, int64_t minor, uint64_t rate) {
        CHECK_EQUAL(n, 1);
        CHECK_EQUAL(devices[0].major, 8);
        CHECK_EQUAL(devices[0].minor, minor);
        CHECK_EQUAL(devices[0].rate, rate);
}

static void check_more_resources(const struct cgroup_resources *resources) {
        CHECK_EQUAL(resources->block_io.weight.value, 10);
        CHECK_EQUAL(resources->block_io.leaf_weight.value, 11);
        CHECK_EQUAL(resources->block_io.n_weight_devices, 2);
        CHECK_EQUAL(resources->block_io.weight_devices[0].major, 8);
        CHECK_EQUAL(resources->block_io.weight_devices[0].minor, 1);
        CHECK_EQUAL(resources->block_io.weight_devices[0].weight.value, 500);
        CHECK_EQUAL(resources->block_io.weight_devices[0].leaf_weight.value, 300);
        CHECK(!resources->block_io.weight_devices[1].leaf_weight.set);
        check_throttle(resources->block_io.read_bps, resources->block_io.n_read_bps, 2, 600);
        check_throttle(resources->block_io.write_bps, resources->block_io.n_write_bps, 3, 601);
        check_throttle(resources->block_io.read_iops, resources->block_io.n_read_iops, 4, 602);
        check_throttle(resources->block_io.write_iops, resources->block_io.n_write_iops, 5, 603);
        CHECK_EQUAL(resources->n_hugepage_limits, 1);
        CHECK_TEXT(resources->hugepage_limits[0].page_size, "2MB");
        CHECK_EQUAL(resources->hugepage_limits[0].limit, 209715200);
        CHECK_EQUAL(resources->network.class_id.value, 1048577);
        CHECK_EQUAL(resources->network.n_priorities, 1);
        CHECK_TEXT(resources->network.priorities[0].name, "eth0");
        CHECK_EQUAL(resources->network.priorities[0].priority, 500);
        CHECK_EQUAL(resources->n_rdma, 2);
        CHECK_TEXT(resources->rdma[0].device, "mlx5_1");
        CHECK_EQUAL(resources->rdma[0].hca_handles.value, 3);
        CHECK_EQUAL(resources->rdma[0].hca_objects.value, 10000);
        CHECK(!resources->rdma[1].hca_handles.set && resources->rdma[1].hca_objects.set);
        CHECK_EQUAL(resources->n_unified, 2);
        CHECK_TEXT(resources->unified[0].key, "io.max");
        CHECK_TEXT(resources->unified[0].value, "259:0 rbps=2097152\n253:0 wiops=120");
        CHECK_TEXT(resources->unified[1].key, "hugetlb.1GB.max");
}

static void check_seccomp(const struct seccomp_profile *profile) {
        const struct seccomp_rule *rule = profile->rules;
        const struct seccomp_argument *argument = profile->rules[1].args;

        CHECK_EQUAL(profile->default_action, SECCOMP_ACTION_ERRNO);
        CHECK(profile->has_default_errno_ret);
        CHECK_EQUAL(profile->default_errno_ret, 38);
        CHECK_EQUAL(profile->n_architectures, 2);
        CHECK_TEXT(name_of(seccomp_architectures, profile->architectures[1]), "SCMP_ARCH_X32");
        CHECK(profile->has_flags);
        CHECK_EQUAL(profile->n_flags, 1);
        CHECK_EQUAL(profile->flags[0], SECCOMP_FILTER_FLAG_LOG);
        CHECK_TEXT(profile->listener_path, "/run/seccomp.sock");
        CHECK_TEXT(profile->listener_metadata, "metadata");
        CHECK_EQUAL(profile->n_rules, 2);
        CHECK_EQUAL(rule->n_names, 2);
        CHECK_TEXT(rule->names[1], "chmod");
        CHECK_EQUAL(rule->action, SECCOMP_ACTION_ERRNO);
        CHECK(rule->has_errno_ret && rule->errno_ret == 0);
        CHECK(!profile->rules[1].has_errno_ret);
        CHECK_EQUAL(profile->rules[1].n_args, 1);
        CHECK_EQUAL(argument->index, 2);
        CHECK_EQUAL(argument->value, UINT32_MAX);
        CHECK(argument->value_two == UINT64_MAX);
        CHECK_EQUAL(argument->op, SECCOMP_OPERATOR_MASKED_EQ);
}

static void check_linux(const struct linux_config *config) {
        CHECK(config->present);
        CHECK_TEXT(config->cgroups_path, "/my/container");
        CHECK(config->has_resources && config->has_seccomp);
        CHECK_EQUAL(config->rootfs_propagation, MS_SLAVE | MS_REC);
        CHECK_EQUAL(config->sysctl.count, 2);
        CHECK_TEXT(config->sysctl.items[1].key, "net.core.somaxconn");
        CHECK_TEXT(config->sysctl.items[1].value, "256");
        check_strings(&config->masked_paths, 2, "/proc/kcore", "/proc/keys");
        check_strings(&config->readonly_paths, 1, "/proc/sys", "/proc/sys");
        CHECK_TEXT(config->mount_label, "d:e:f:s0");
        CHECK(config->personality.present);
        CHECK_EQUAL(config->personality.domain, PER_LINUX32);
        check_strings(&config->personality.flags, 1, "SOMETHING", "SOMETHING");
        CHECK(config->intel_rdt.present && config->intel_rdt.enable_monitoring);
        CHECK_TEXT(config->intel_rdt.clos_id, "guaranteed");
        CHECK_TEXT(config->intel_rdt.l3_cache_schema, "L3:0=7f0");
        CHECK_TEXT(config->intel_rdt.mem_bw_schema, "MB:0=20");
        check_strings(&config->intel_rdt.schemata, 1, "L2:0=f", "L2:0=f");
        CHECK(config->memory_policy.present);
        CHECK_EQUAL(config->memory_policy.mode, MPOL_WEIGHTED_INTERLEAVE);
        CHECK_TEXT(config->memory_policy.nodes, "2-3");
        CHECK_EQUAL(config->memory_policy.flags, MPOL_F_STATIC_NODES | MPOL_F_NUMA_BALANCING);
}

static void test_every_property(void) {
        autodone(config) struct config config = CONFIG_INIT;

        CHECK_EQUAL(load_test_file("configs", "every-property.json", &config), 0);
        if (test_failed) {
                printf("# %s\n", fail_text());
                return;
        }
        check_top(&config);
        check_mounts(&config);
        check_process(&config.process);
        check_process_limits(&config.process);
        check_hooks(&config);
        check_linux(&config.linux);
        check_namespaces(&config.linux);
        check_devices(&config.linux);
        check_resources(&config.linux.resources);
        check_more_resources(&config.linux.resources);
        check_seccomp(&config.linux.seccomp);
}

/* --- all words of a property --- */

/* Decodes a small config with `properties`, in which `word` takes the place of the %s. */
static void parse_word(const char *format, const char *word, struct config *ret) {
        autofree char *properties = NULL, *text = NULL;
        const char *place = strstr(format, "%s");

        properties = text_format("%.*s%s%s", (int)(place - format), format, word, place + 2);
        text = text_format("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},%s}", properties);
        CHECK_EQUAL(parse(text, ret), 0);
        if (test_failed)
                printf("# %s: %s\n", word, fail_text());
}

static void test_rlimit_words(void) {
        static const struct name words[] = {
                {"RLIMIT_AS", RLIMIT_AS},
                {"RLIMIT_CORE", RLIMIT_CORE},
                {"RLIMIT_CPU", RLIMIT_CPU},
                {"RLIMIT_DATA", RLIMIT_DATA},
                {"RLIMIT_FSIZE", RLIMIT_FSIZE},
                {"RLIMIT_LOCKS", RLIMIT_LOCKS},
                {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
                {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
                {"RLIMIT_NICE", RLIMIT_NICE},
                {"RLIMIT_NOFILE", RLIMIT_NOFILE},
                {"RLIMIT_NPROC", RLIMIT_NPROC},
                {"RLIMIT_RSS", RLIMIT_RSS},
                {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
                {"RLIMIT_RTTIME", RLIMIT_RTTIME},
                {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
                {"RLIMIT_STACK", RLIMIT_STACK},
        };

        CHECK_EQUAL(ELEMENTSOF(words), RLIM_NLIMITS);
        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                autodone(config) struct config config = CONFIG_INIT;

                parse_word("\"process\":{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"%s\",\"soft\":0,\"hard\":0}]}", words[i].name,
                           &config);
                if (config.process.n_rlimits == 1)
                        CHECK_EQUAL(config.process.rlimits[0].type, words[i].value);
        }
}

static void test_scheduler_words(void) {
        static const struct name flags[] = {
                {"SCHED_FLAG_RESET_ON_FORK", 0x01},   {"SCHED_FLAG_RECLAIM", 0x02},     {"SCHED_FLAG_DL_OVERRUN", 0x04},
                {"SCHED_FLAG_KEEP_POLICY", 0x08},     {"SCHED_FLAG_KEEP_PARAMS", 0x10}, {"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
                {"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40},
        };
        static const struct name classes[] = {{"IOPRIO_CLASS_RT", 1}, {"IOPRIO_CLASS_BE", 2}, {"IOPRIO_CLASS_IDLE", 3}};

        for (size_t i = 0; i < ELEMENTSOF(flags); i++) {
                autodone(config) struct config config = CONFIG_INIT;

                parse_word("\"process\":{\"cwd\":\"/\",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"flags\":[\"%s\"]}}",
                           flags[i].name, &config);
                CHECK_EQUAL(config.process.scheduler.flags, flags[i].value);
        }
        for (size_t i = 0; i < ELEMENTSOF(classes); i++) {
                autodone(config) struct config config = CONFIG_INIT;

                parse_word("\"process\":{\"cwd\":\"/\",\"ioPriority\":{\"class\":\"%s\",\"priority\":0}}", classes[i].name,
                           &config);
                CHECK_EQUAL(config.process.io_priority.class, classes[i].value);
        }
}

static void test_linux_words(void) {
        static const struct name propagations[] = {
                {"private", MS_PRIVATE},       {"rprivate", MS_PRIVATE | MS_REC},
                {"shared", MS_SHARED},         {"rshared", MS_SHARED | MS_REC},
                {"slave", MS_SLAVE},           {"rslave", MS_SLAVE | MS_REC},
                {"unbindable", MS_UNBINDABLE}, {"runbindable", MS_UNBINDABLE | MS_REC},
        };
        static const struct name types[] = {
                {"a", CGROUP_DEVICE_ALL}, {"b", CGROUP_DEVICE_BLOCK}, {"c", CGROUP_DEVICE_CHAR},
        };

        for (size_t i = 0; i < ELEMENTSOF(propagations); i++) {
                autodone(config) struct config config = CONFIG_INIT;

                parse_word("\"linux\":{\"rootfsPropagation\":\"%s\"}", propagations[i].name, &config);
                CHECK_EQUAL(config.linux.rootfs_propagation, propagations[i].value);
        }
        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                autodone(config) struct config config = CONFIG_INIT;

                parse_word("\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"%s\"}]}}", types[i].name, &config);
                if (config.linux.resources.n_devices == 1)
                        CHECK_EQUAL(config.linux.resources.devices[0].type, types[i].value);
        }
}

/* --- absence --- */

static void test_null_is_absent(void) {
        autodone(config) struct config config = CONFIG_INIT;

        CHECK_EQUAL(parse("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\",\"readonly\":null},\"hostname\":null,\"mounts\":null,"
                          "\"process\":{\"cwd\":\"/\",\"user\":null,\"env\":null,\"consoleSize\":null,\"scheduler\":null,"
                          "\"oomScoreAdj\":null,\"capabilities\":{\"bounding\":null}},\"hooks\":{\"prestart\":null},"
                          "\"annotations\":null,\"linux\":{\"resources\":null,\"seccomp\":null,\"devices\":null,"
                          "\"sysctl\":null,\"timeOffsets\":null,\"rootfsPropagation\":null}}",
                          &config),
                    0);
        CHECK(!config.root.readonly && !config.hostname && !config.mounts && config.n_mounts == 0);
        CHECK(config.process.present && !config.process.console_size.present && !config.process.scheduler.present);
        CHECK(!config.process.oom_score_adj.set && config.process.env.count == 0);
        CHECK(config.linux.present && !config.linux.has_resources && !config.linux.has_seccomp);
        CHECK(!config.linux.time_offsets.present && config.linux.rootfs_propagation == 0);
        CHECK(!config.linux.seccomp.has_flags && config.annotations.count == 0);
}

static void test_small_config(void) {
        autodone(config) struct config config = CONFIG_INIT;

        CHECK_EQUAL(parse("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"}}", &config), 0);
        CHECK(!config.process.present && !config.linux.present);
        CHECK(config_namespace(&config, NAMESPACE_PID) == NULL);
        CHECK(!config_has_new_namespace(&config, NAMESPACE_PID));
}

/* What Go writes for words that were never set. */
static void test_empty_words(void) {
        autodone(config) struct config config = CONFIG_INIT;

        CHECK_EQUAL(parse("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"linux\":{\"rootfsPropagation\":\"\","
                          "\"seccomp\":{\"defaultAction\":\"\",\"flags\":[]}}}",
                          &config),
                    0);
        CHECK_EQUAL(config.linux.rootfs_propagation, 0);
        CHECK(config.linux.has_seccomp && config.linux.seccomp.has_flags);
        CHECK_EQUAL(config.linux.seccomp.default_action, SECCOMP_ACTION_NONE);
}

/* --- what is refused --- */

static const struct {
        const char *text, *expected;
} refused[] = {
        {"", "config.json"},
        {"[]", "config.json"},
        {"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"}} {}", "config.json:1:"},
        {"{\"ociVersion\":\"1.0.0\",\n}", "config.json:2:1: "},
        {"{\"root\":{\"path\":\"r\"}}", "ociVersion"},
        {"{\"ociVersion\":\"1.0.0\"}", "root"},
        {"{\"ociVersion\":\"1.0.0\",\"root\":null}", "root"},
        {"{\"ociVersion\":\"1.0.0\",\"root\":{}}", "root.path"},
        {"{\"ociVersion\":1}", "ociVersion"},
        {"{\"process\":{}}", "process.cwd"},
        {"{\"process\":{\"user\":{\"uid\":0}}}", "process.user.gid"},
        {"{\"process\":{\"user\":{\"uid\":-1}}}", "process.user.uid"},
        {"{\"process\":{\"user\":{\"uid\":4294967296}}}", "process.user.uid"},
        {"{\"process\":{\"user\":{\"uid\":1.5}}}", "process.user.uid"},
        {"{\"process\":{\"user\":{\"additionalGids\":[1,-2]}}}", "process.user.additionalGids[1]"},
        {"{\"process\":{\"args\":\"sh\"}}", "process.args"},
        {"{\"process\":{\"args\":[\"sh\",1]}}", "process.args[1]"},
        {"{\"process\":{\"terminal\":\"yes\"}}", "process.terminal"},
        {"{\"process\":{\"oomScoreAdj\":1001}}", "process.oomScoreAdj"},
        {"{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_FOO\"}]}}", "process.rlimits[0].type: unknown rlimit \"RLIMIT_FOO\""},
        {"{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1}]}}", "process.rlimits[0].hard"},
        {"{\"process\":{\"scheduler\":{\"policy\":\"FOO\"}}}", "process.scheduler.policy: unknown scheduling policy \"FOO\""},
        {"{\"process\":{\"scheduler\":{}}}", "process.scheduler.policy"},
        {"{\"process\":{\"scheduler\":{\"flags\":[\"FOO\"]}}}", "process.scheduler.flags[0]: unknown scheduling flag \"FOO\""},
        {"{\"process\":{\"ioPriority\":{\"class\":\"FOO\"}}}", "process.ioPriority.class: unknown I/O priority class \"FOO\""},
        {"{\"process\":{\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\"}}}", "process.ioPriority.priority"},
        {"{\"mounts\":[{\"type\":\"proc\"}]}", "mounts[0].destination"},
        {"{\"mounts\":[{\"uidMappings\":[{\"containerID\":0,\"hostID\":0}]}]}", "mounts[0].uidMappings[0].size"},
        {"{\"hooks\":{\"poststop\":[{\"args\":[]}]}}", "hooks.poststop[0].path"},
        {"{\"annotations\":{\"a\":1}}", "annotations"},
        {"{\"linux\":{\"namespaces\":[{\"type\":\"foo\"}]}}", "linux.namespaces[0].type: unknown namespace type \"foo\""},
        {"{\"linux\":{\"namespaces\":[{\"path\":\"/x\"}]}}", "linux.namespaces[0].type"},
        {"{\"linux\":{\"devices\":[{\"path\":\"/x\",\"type\":\"z\"}]}}", "linux.devices[0].type: unknown device type \"z\""},
        {"{\"linux\":{\"devices\":[{\"type\":\"c\"}]}}", "linux.devices[0].path"},
        {"{\"linux\":{\"rootfsPropagation\":\"foo\"}}", "linux.rootfsPropagation: unknown propagation \"foo\""},
        {"{\"linux\":{\"personality\":{\"domain\":\"FOO\"}}}", "linux.personality.domain: unknown personality domain \"FOO\""},
        {"{\"linux\":{\"personality\":{}}}", "linux.personality.domain"},
        {"{\"linux\":{\"memoryPolicy\":{\"mode\":\"FOO\"}}}", "linux.memoryPolicy.mode: unknown memory policy mode \"FOO\""},
        {"{\"linux\":{\"memoryPolicy\":{\"flags\":[\"FOO\"]}}}", "linux.memoryPolicy.flags[0]: unknown memory policy flag \"FOO\""},
        {"{\"linux\":{\"memoryPolicy\":{}}}", "linux.memoryPolicy.mode"},
        {"{\"linux\":{\"resources\":{\"devices\":[{}]}}}", "linux.resources.devices[0].allow"},
        {"{\"linux\":{\"resources\":{\"devices\":[{\"type\":\"p\"}]}}}", "linux.resources.devices[0].type"},
        {"{\"linux\":{\"resources\":{\"blockIO\":{\"weight\":65536}}}}", "linux.resources.blockIO.weight"},
        {"{\"linux\":{\"resources\":{\"network\":{\"classID\":4294967296}}}}", "linux.resources.network.classID"},
        {"{\"linux\":{\"resources\":{\"hugepageLimits\":[{\"limit\":1}]}}}", "linux.resources.hugepageLimits[0].pageSize"},
        {"{\"linux\":{\"resources\":{\"memory\":{\"limit\":\"1\"}}}}", "linux.resources.memory.limit"},
        {"{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_FOO\"}}}", "linux.seccomp.defaultAction: unknown seccomp action"},
        {"{\"linux\":{\"seccomp\":{\"flags\":[\"X\"]}}}", "linux.seccomp.flags[0]: unknown seccomp flag \"X\""},
        {"{\"linux\":{\"seccomp\":{\"architectures\":[\"X\"]}}}", "linux.seccomp.architectures[0]: unknown seccomp architecture"},
        {"{\"linux\":{\"seccomp\":{\"syscalls\":[{\"action\":\"SCMP_ACT_LOG\"}]}}}", "linux.seccomp.syscalls[0].names"},
        {"{\"linux\":{\"seccomp\":{\"syscalls\":[{\"args\":[{\"op\":\"X\"}]}]}}}", "linux.seccomp.syscalls[0].args[0].op"},
};

static void test_refused(void) {
        for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
                autodone(config) struct config config = CONFIG_INIT;
                int r = parse(refused[i].text, &config);

                if (r >= 0)
                        printf("# %s\n", refused[i].text);
                CHECK(r < 0);
                CHECK_CONTAINS(fail_text(), refused[i].expected);
                CHECK(config.oci_version == NULL); /* freed */
        }
}

/* --- parts --- */

static void test_process_alone(void) {
        static const char text[] = "{\"cwd\":\"/\",\"args\":[\"id\"],\"user\":{\"uid\":1,\"gid\":2}}";
        struct process_config process;

        CHECK_EQUAL(config_parse_process(text, strlen(text), "process.json", &process), 0);
        CHECK(process.present && !process.no_new_privileges && process.capabilities.bounding.count == 0);
        CHECK_EQUAL(process.user.gid, 2);
        CHECK_TEXT(process.args.items[0], "id");
        process_config_done(&process);
        CHECK(config_parse_process("{}", 2, "process.json", &process) < 0);
        CHECK_CONTAINS(fail_text(), "cwd");
}

static void test_resources_alone(void) {
        static const char text[] = "{\"pids\":{\"limit\":-1},\"memory\":{\"limit\":4096}}";
        struct cgroup_resources resources;

        CHECK_EQUAL(config_parse_resources(text, strlen(text), "resources.json", &resources), 0);
        CHECK_EQUAL(resources.pids_limit.value, -1);
        CHECK_EQUAL(resources.memory.limit.value, 4096);
        CHECK(!resources.memory.swap.set);
        cgroup_resources_done(&resources);
}

/* What is printed says the same, and says it the same way again. */
static void test_print_resources(void) {
        struct config config = CONFIG_INIT;
        struct cgroup_resources again = {};
        autodone(text) struct text first = TEXT_INIT, second = TEXT_INIT, none = TEXT_INIT;

        CHECK_EQUAL(load_test_file("configs", "every-property.json", &config), 0);
        config_print_resources(&config.linux.resources, &first);
        CHECK_EQUAL(config_parse_resources(first.bytes, first.length, "resources.json", &again), 0);
        check_resources(&again);
        check_more_resources(&again);
        config_print_resources(&again, &second);
        CHECK_TEXT(second.bytes, first.bytes);
        cgroup_resources_done(&again);
        config_print_resources(&again, &none);
        CHECK_TEXT(none.bytes, "{\"memory\":{},\"cpu\":{},\"pids\":{},\"blockIO\":{},\"network\":{}}");
        config_done(&config);
}

/* --- files --- */

static void write_file(int directory, const char *name, const char *text, off_t size) {
        int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        CHECK(fd >= 0);
        CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
        if (size > 0)
                CHECK_EQUAL(ftruncate(fd, size), 0);
        close(fd);
}

static void check_not_loaded(int directory, const char *name, const char *expected) {
        struct config config = CONFIG_INIT;

        CHECK(config_load(directory, name, &config, NULL, NULL) < 0);
        CHECK_CONTAINS(fail_text(), expected);
}

static void test_load(void) {
        static const char small[] = "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"}}\n";
        char path[] = "/tmp/tare-test-XXXXXX";
        char *text = NULL;
        size_t size = 0;
        autodone(config) struct config config = CONFIG_INIT;
        int directory = open(mkdtemp(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        write_file(directory, "small", small, 0);
        write_file(directory, "empty", "", 0);
        write_file(directory, "large", small, (off_t)100 << 20);
        CHECK_EQUAL(mkfifoat(directory, "fifo", 0600), 0);
        CHECK_EQUAL(mkdirat(directory, "folder", 0700), 0);
        CHECK_EQUAL(symlinkat("/dev/zero", directory, "zero"), 0);

        CHECK_EQUAL(config_load(directory, "small", &config, &text, &size), 0);
        CHECK_TEXT(text, small);
        CHECK_EQUAL(size, strlen(small));
        CHECK_TEXT(config.root.path, "r");
        free(text);
        check_not_loaded(directory, "config.json", "JSON specification file config.json not found");
        check_not_loaded(directory, "empty", "empty");
        check_not_loaded(directory, "large", "too large");
        check_not_loaded(directory, "fifo", "expected a regular file");
        check_not_loaded(directory, "folder", "expected a regular file");
        check_not_loaded(directory, "zero", "expected a regular file");

        for (const char *const *name = (const char *const[]){"small", "empty", "large", "fifo", "zero", NULL}; *name; name++)
                unlinkat(directory, *name, 0);
        unlinkat(directory, "folder", AT_REMOVEDIR);
        close(directory);
        rmdir(path);
}

/* What engines really write. */
static void test_bundles(void) {
        DIR *directory = fdopendir(open_directory("bundles"));
        int n = 0;

        CHECK(directory != NULL);
        for (struct dirent *entry; directory && (entry = readdir(directory));) {
                autodone(config) struct config config = CONFIG_INIT;

                if (!strstr(entry->d_name, ".json"))
                        continue;
                if (config_load(dirfd(directory), entry->d_name, &config, NULL, NULL) < 0 || config_check(&config) < 0) {
                        printf("# %s: %s\n", entry->d_name, fail_text());
                        test_failed = true;
                }
                n++;
        }
        CHECK_EQUAL(n, 74);
        if (directory)
                closedir(directory);
}

/* --- namespaces --- */

static void test_namespace_tables(void) {
        for (int kind = 0; kind < NAMESPACE_KINDS; kind++) {
                autofree char *path = text_format("/proc/self/ns/%s", namespace_file(kind));

                CHECK(name_of(namespace_kinds, kind) != NULL);
                CHECK(namespace_flag(kind) != 0);
                CHECK_EQUAL(access(path, F_OK), 0);
                for (int other = 0; other < kind; other++)
                        CHECK(namespace_flag(kind) != namespace_flag(other));
        }
        CHECK_EQUAL(namespace_flag(NAMESPACE_MOUNT), CLONE_NEWNS);
        CHECK_EQUAL(namespace_flag(NAMESPACE_NETWORK), CLONE_NEWNET);
        for (int kind = 0; kind < HOOK_KINDS; kind++)
                CHECK(name_of(hook_kinds, kind) != NULL);
}

static void test_namespace_lookup(void) {
        autodone(config) struct config config = CONFIG_INIT;

        CHECK_EQUAL(parse("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"linux\":{\"namespaces\":["
                          "{\"type\":\"network\",\"path\":\"/x\"},{\"type\":\"ipc\",\"path\":\"\"},{\"type\":\"uts\"}]}}",
                          &config),
                    0);
        CHECK(config_namespace(&config, NAMESPACE_NETWORK) == &config.linux.namespaces[0]);
        CHECK(!config_has_new_namespace(&config, NAMESPACE_NETWORK));
        CHECK(config_has_new_namespace(&config, NAMESPACE_IPC));
        CHECK(config_has_new_namespace(&config, NAMESPACE_UTS));
        CHECK(!config_namespace(&config, NAMESPACE_USER));
}

/* --- mounts alone --- */

static int parse_mounts(const char *text, struct config *ret) {
        return config_parse_mounts(text, strlen(text), "FILE", ret);
}

static void test_mounts_alone(void) {
        autodone(config) struct config config = CONFIG_INIT, none = CONFIG_INIT;

        CHECK_EQUAL(parse_mounts(" \n\t[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"source\":\"s\",\"options\":[\"ro\",\"size=1m\"],"
                                 "\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":2}],\"unknown\":[]},"
                                 "{\"destination\":\"/b\",\"type\":null}]\n",
                                 &config),
                    0);
        CHECK_EQUAL(config.n_mounts, 2);
        CHECK_TEXT(config.mounts[0].destination, "/a");
        CHECK_TEXT(config.mounts[0].type, "tmpfs");
        CHECK_TEXT(config.mounts[0].source, "s");
        check_strings(&config.mounts[0].options, 2, "ro", "size=1m");
        check_mapping(&config.mounts[0].uid_mappings, 1, 0, 1, 2);
        CHECK_TEXT(config.mounts[1].destination, "/b");
        CHECK_TEXT(config.mounts[1].type, NULL);
        CHECK_EQUAL(config.linux.n_namespaces, 0);
        CHECK_EQUAL(parse_mounts("[]", &none), 0);
        CHECK_EQUAL(none.n_mounts, 0);
}

static void test_mounts_alone_refused(void) {
        static const struct {
                const char *text, *expected;
        } rows[] = {
                {"{}", "FILE: mounts must be an array"},
                {"{\"mounts\":[]}", "FILE: mounts must be an array"},
                {"null", "FILE: mounts must be an array"},
                {"\"[]\"", "FILE: mounts must be an array"},
                {"", "FILE: empty, expected a JSON array"},
                {" \n", "FILE: empty, expected a JSON array"},
                {"[null]", "mounts[0]: found null, expected an object"},
                {"[[]]", "mounts[0]: found an array, expected an object"},
                {"[{}]", "mounts[0].destination: missing, expected a string"},
                {"[{\"destination\":\"/a\"},{\"destination\":1}]", "mounts[1].destination: found a number, expected a string"},
                {"[{\"destination\":\"/a\",\"options\":[\"ro\",{}]}]", "mounts[0].options[1]: found an object, expected a string"},
                {"[{\"destination\":\"/a\",\"options\":\"ro\"}]", "mounts[0].options: found a string, expected an array"},
                {"[{\"destination\":\"/a\",\"destination\":\"/b\"}]", "mounts[0].destination: given twice"},
                {"[{\"destination\":\"/a\"}", "FILE:1:"},
                {"[] []", "FILE:1:4: "},
                {"[],", "FILE:1:3: "},
                {"[\n\"\xff\"]", "FILE:2:2: invalid UTF-8"},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                struct config config;

                CHECK(parse_mounts(rows[i].text, &config) < 0);
                CHECK_CONTAINS(fail_text(), rows[i].expected);
                CHECK_EQUAL(config.n_mounts, 0);
        }
}

static const struct test_case cases[] = {
        {"every property is decoded", test_every_property},
        {"every rlimit", test_rlimit_words},
        {"every scheduling flag and I/O class", test_scheduler_words},
        {"every propagation and type of device rules", test_linux_words},
        {"null is absent", test_null_is_absent},
        {"a small config leaves the rest absent", test_small_config},
        {"empty words are absent", test_empty_words},
        {"wrong input is refused with its path", test_refused},
        {"a process alone", test_process_alone},
        {"resources alone", test_resources_alone},
        {"resources printed and read again", test_print_resources},
        {"mounts alone", test_mounts_alone},
        {"mounts alone: wrong input is refused with its path", test_mounts_alone_refused},
        {"files", test_load},
        {"the engines' bundles decode and pass", test_bundles},
        {"tables of namespaces and hooks", test_namespace_tables},
        {"looking up a namespace", test_namespace_lookup},
};

TEST_MAIN(cases)
