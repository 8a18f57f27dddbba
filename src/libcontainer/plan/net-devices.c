/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The network devices that are moved into the container: is each of them there, can it leave, is its name free where it
 * goes. Part of plan_make(), in the runtime's process, after plan_namespaces().
 */
#include <errno.h>
#include <fcntl.h>

#include "libcontainer/plan/plan.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/rtnetlink.h"
#include "util/text.h"

/* Where one looks: the runtime's network namespace and, if one is joined, that. */
struct view {
        int outside_fd;
        struct netlink outside, inside;
};
#define VIEW_INIT ((struct view){.outside_fd = -1, .outside = NETLINK_INIT, .inside = NETLINK_INIT})

static void view_done(struct view *view) {
        fd_close(&view->outside_fd);
        netlink_done(&view->outside);
        netlink_done(&view->inside);
}

static int open_view(const struct plan *plan, struct view *ret) {
        int r;

        ret->outside_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        if (ret->outside_fd < 0)
                return fail(errno, "linux.netDevices: open `/proc/self/ns/net`");
        r = netlink_open(&ret->outside);
        if (r < 0)
                return fail(-r, "linux.netDevices: open a netlink socket");
        for (size_t i = 0; r == 0 && i < plan->n_joins; i++)
                if (plan->joins[i].kind == NAMESPACE_NETWORK)
                        r = netlink_open_in(plan->joins[i].fd, &ret->inside);
        return r < 0 ? fail(-r, "linux.netDevices: look into the network namespace that is joined") : 0;
}

/* config-linux.md, "Network Devices": MUST check if moving is possible. runc says that there is none in these words. */
static int find_device(struct view *view, const char *name, int *ret_index) {
        struct link link;
        int r = link_find(&view->outside, name, &link);

        if (r == -ENODEV)
                return reject("linux.netDevices[\"%s\"]: link not found for interface %s on runtime namespace", name, name);
        if (r < 0)
                return fail(-r, "linux.netDevices[\"%s\"]: look it up", name);
        if (!text_equal(link.name, name))
                return reject("linux.netDevices[\"%s\"]: found another name of `%s`, expected the name itself", name, link.name);
        r = link_check_movable(&view->outside, &link, view->outside_fd);
        if (r == -EINVAL)
                return reject("linux.netDevices[\"%s\"]: found a device that the kernel never lets leave its network namespace",
                              name);
        if (r == -EPERM)
                return fail(-r, "linux.netDevices[\"%s\"]: moving it needs CAP_NET_ADMIN over the runtime's network namespace",
                            name);
        if (r < 0)
                return fail(-r, "linux.netDevices[\"%s\"]: look if it can be moved", name);
        *ret_index = link.index;
        return 0;
}

/* The same: a name that exists there is an error, unless it is a template. What a new namespace has the config's check knows. */
static int check_name_is_free(struct view *view, const struct net_device_config *device) {
        const char *name = config_net_device_name(device);
        struct link link;
        int r;

        if (view->inside.fd < 0 || link_name_is_template(name))
                return 0;
        r = link_find(&view->inside, name, &link);
        if (r == -ENODEV)
                return 0;
        if (r < 0)
                return fail(-r, "linux.netDevices[\"%s\"]: look for `%s` in the network namespace that is joined",
                            device->host_name, name);
        return reject("linux.netDevices[\"%s\"]%s: found `%s`, which exists already in the network namespace that is joined",
                      device->host_name, text_is_empty(device->name) ? "" : ".name", name);
}

static int plan_device(struct view *view, const struct net_device_config *device, struct plan *plan) {
        int index = 0, r = find_device(view, device->host_name, &index);

        if (r == 0)
                r = check_name_is_free(view, device);
        if (r < 0)
                return r;
        *array_append(plan->net_devices, plan->n_net_devices) = (struct net_device_plan){
                .host_name = device->host_name,
                .index = index,
                .name = config_net_device_name(device),
        };
        return 0;
}

int plan_net_devices(const struct config *config, struct plan *plan) {
        const struct net_device_config *devices = config->linux.net_devices;
        autodone(view) struct view view = VIEW_INIT;
        size_t n = config->linux.n_net_devices;
        int r = n > 0 ? open_view(plan, &view) : 0;

        for (size_t i = 0; r == 0 && i < 2 * n; i++)
                if (link_name_is_template(config_net_device_name(&devices[i % n])) == (i >= n))
                        r = plan_device(&view, &devices[i % n], plan);
        return r;
}
