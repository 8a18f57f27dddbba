/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan as text: one decision a line, for the golden tests and for `--debug`. Pure. */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "libcontainer/plan/plan.h"
#include "util/alloc.h"
#include "util/text.h"

static const char *const actions[] = {
        [MOUNT_ACTION_NEW] = "new", [MOUNT_ACTION_BIND] = "bind", [MOUNT_ACTION_CGROUP] = "cgroup", [MOUNT_ACTION_LINK] = "link", [MOUNT_ACTION_REMOUNT] = "remount"};

static const struct name flag_names[] = {
        {"ro", MS_RDONLY},           {"nosuid", MS_NOSUID},           {"nodev", MS_NODEV},
        {"noexec", MS_NOEXEC},       {"sync", MS_SYNCHRONOUS},        {"remount", MS_REMOUNT},
        {"mand", MS_MANDLOCK},       {"dirsync", MS_DIRSYNC},         {"noatime", MS_NOATIME},
        {"nodiratime", MS_NODIRATIME}, {"bind", MS_BIND},             {"rec", MS_REC},
        {"silent", MS_SILENT},       {"relatime", MS_RELATIME},       {"strictatime", MS_STRICTATIME},
        {"lazytime", MS_LAZYTIME},   {"unbindable", MS_UNBINDABLE},   {"private", MS_PRIVATE},
        {"slave", MS_SLAVE},         {"shared", MS_SHARED},           {},
};

static void add_flags(struct text *text, const char *title, unsigned long flags) {
        const char *separator = "";

        if (!flags)
                return;
        text_add_format(text, " %s=", title);
        for (const struct name *name = flag_names; name->name; name++)
                if (flags & (unsigned long)name->value) {
                        text_add_format(text, "%s%s", separator, name->name);
                        separator = "+";
                }
}

static void print_namespaces(const struct plan *plan, struct text *text) {
        for (int kind = 0; kind < NAMESPACE_KINDS; kind++)
                if (plan->creates[kind])
                        text_add_format(text, "namespace %s: new\n", name_of(namespace_kinds, kind));
        for (size_t i = 0; i < plan->n_joins; i++)
                text_add_format(text, "namespace %s: join %s\n", name_of(namespace_kinds, plan->joins[i].kind), plan->joins[i].path);
        if (plan->needs_stage)
                text_add(text, "stage\n");
        if (plan->uid_map_writer)
                text_add_format(text, "uid map by %s\n", plan->uid_map_writer);
        if (plan->gid_map_writer)
                text_add_format(text, "gid map by %s\n", plan->gid_map_writer);
        if (plan->denies_setgroups)
                text_add(text, "setgroups denied\n");
}

static void print_mount(const struct mount_plan *mount, struct text *text) {
        text_add_format(text, "mount %s %s", actions[mount->action], mount->destination);
        if (mount->source)
                text_add_format(text, " from %s", mount->source);
        if (mount->link_text)
                text_add_format(text, " to %s", mount->link_text);
        if (mount->type)
                text_add_format(text, " type %s", mount->type);
        add_flags(text, "flags", mount->options.flags);
        add_flags(text, "cleared", mount->options.cleared);
        if (mount->options.recursive_set || mount->options.recursive_clear)
                text_add_format(text, " recursive=+%#llx-%#llx", (unsigned long long)mount->options.recursive_set,
                                (unsigned long long)mount->options.recursive_clear);
        for (size_t i = 0; i < mount->options.n_propagation; i++)
                add_flags(text, "propagation", mount->options.propagation[i]);
        if (mount->options.data)
                text_add_format(text, " data=%s", mount->options.data);
        if (mount->options.tmpcopyup)
                text_add(text, " tmpcopyup");
        if (mount->options.src_nofollow)
                text_add(text, " src-nofollow");
        if (mount->options.dest_nofollow)
                text_add(text, " dest-nofollow");
        if (mount->has_id_map)
                text_add(text, mount->options.idmap == MOUNT_IDMAP_TREE ? " ridmap" : " idmap");
        if (mount->late_readonly)
                text_add(text, " late-ro");
        text_add(text, "\n");
}

static void print_devices(const struct plan *plan, struct text *text) {
        for (size_t i = 0; i < plan->n_devices; i++) {
                const struct device_plan *device = &plan->devices[i];

                text_add_format(text, "device %s mode=%06o number=%u:%u owner=%u:%u%s\n", device->path, device->mode,
                                major(device->number), minor(device->number), device->uid, device->gid,
                                plan->mounts_device_nodes ? " mounted" : "");
        }
        if (plan->makes_dev)
                text_add(text, "dev links\n");
}

static void print_net_devices(const struct plan *plan, struct text *text) {
        for (size_t i = 0; i < plan->n_net_devices; i++)
                text_add_format(text, "net device %s as %s\n", plan->net_devices[i].host_name, plan->net_devices[i].name);
}

static void print_process(const struct plan *plan, struct text *text) {
        const struct capability_sets *sets = &plan->capabilities;

        text_add_format(text, "capabilities bounding=%llx permitted=%llx effective=%llx inheritable=%llx ambient=%llx\n",
                        (unsigned long long)sets->bounding, (unsigned long long)sets->permitted,
                        (unsigned long long)sets->effective, (unsigned long long)sets->inheritable,
                        (unsigned long long)sets->ambient);
        for (size_t i = 0; i < plan->ignored_capabilities.count; i++)
                text_add_format(text, "capability ignored %s\n", plan->ignored_capabilities.items[i]);
        for (size_t i = 0; i < plan->n_environment; i++)
                text_add_format(text, "env %s\n", plan->environment[i]);
        if (!plan->has_home)
                text_add(text, "env HOME from passwd\n");
}

void plan_print(const struct plan *plan, struct text *text) {
        text_add_format(text, "bundle %s\nrootfs %s\n", plan->bundle, plan->rootfs);
        print_namespaces(plan, text);
        text_add(text, "propagation");
        add_flags(text, "initial", plan->initial_propagation);
        add_flags(text, "final", plan->final_propagation);
        text_add(text, plan->detached_root ? "\nroot detached\n" : "\n");
        for (size_t i = 0; i < plan->n_mounts; i++)
                print_mount(&plan->mounts[i], text);
        print_devices(plan, text);
        print_net_devices(plan, text);
        print_process(plan, text);
        if (plan->cgroup.unit)
                text_add_format(text, "cgroup unit %s\n", plan->cgroup.unit);
        if (plan->cgroup.sub)
                text_add_format(text, "cgroup sub %s\n", plan->cgroup.sub);
        for (size_t i = 0; i < plan->cgroup.n_places; i++)
                text_add_format(text, "cgroup %s %s\n", plan->cgroup.places[i].v2 ? "v2" : plan->cgroup.places[i].controllers,
                                plan->cgroup.places[i].path);
        if (plan->resctrl.directory)
                text_add_format(text, "resctrl %s%s%s%s\n", plan->resctrl.directory, plan->resctrl.is_missing ? " new" : "",
                                plan->resctrl.is_owned ? " owned" : "", plan->resctrl.monitor ? " monitored" : "");
}
