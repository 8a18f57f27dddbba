/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network devices go into the container, and come back when it fails. Runs in the runtime's process. */
#include "libcontainer/isolation/net-devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/text.h"

void net_devices_done(struct net_devices *devices) {
        for (size_t i = 0; i < devices->n_moved; i++)
                addresses_done(&devices->moved[i].addresses);
        free(devices->moved);
        fd_close(&devices->outside_fd);
        netlink_done(&devices->outside);
        netlink_done(&devices->inside);
        *devices = NET_DEVICES_INIT;
}

/* Records what the kernel refused, with its own explanation where it gives one. */
static int fail_device(int r, const struct netlink *netlink, const struct net_device_plan *device, const char *what) {
        if (text_is_empty(netlink->explanation))
                return fail(-r, "linux.netDevices[\"%s\"]: %s", device->host_name, what);
        return fail(-r, "linux.netDevices[\"%s\"]: %s (%s)", device->host_name, what, netlink->explanation);
}

/* --- one device --- */

/* One way of a device: from the namespace that it is in to another. */
struct way {
        struct netlink *from, *to;
        int to_fd;
};

/* A name for the moment in which a device is on its way and that of before is in use where it goes. */
static void make_spare_name(char name[IF_NAMESIZE]) {
        unsigned random;

        if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
                random = (unsigned)getpid();
        snprintf(name, IF_NAMESIZE, "tare%08x", random);
}

/*
 * Moves it and finds it again; *ret, which is not *link, has no name if it was not moved, and no index if it was not found.
 * Under the name that it has, not under the new one: given both, the kernel moves first and renames then, and one error means
 * that it has done nothing or half of it. And of a template nobody would know what became of it.
 */
static int carry(const struct way *way, const struct link *link, struct link *ret) {
        struct link moved = {}, found;
        int r = link_move(way->from, link->index, way->to_fd, NULL);

        memcpy(moved.name, link->name, sizeof(moved.name));
        *ret = (struct link){};
        if (r == -EEXIST) {
                make_spare_name(moved.name);
                r = link_move(way->from, link->index, way->to_fd, moved.name);
        }
        /* When the kernel has no memory for its answer, the device may have gone all the same. */
        if ((r == -ENOBUFS || r == -ETIMEDOUT) && link_get(way->from, link->index, &found) == -ENODEV)
                r = 0;
        if (r < 0)
                return r;
        *ret = moved;
        r = link_find(way->to, moved.name, &found);
        if (r == 0)
                *ret = found;
        return r;
}

/* Unless it is called so already; a name that the kernel made of a template is read. */
static int rename_to(struct netlink *netlink, const char *name, struct link *link) {
        char spare[IF_NAMESIZE];
        int r = 0;

        /* For `eth%d` the kernel would pass over eth0 if that is the device's own name of before. */
        if (link_name_is_template(name)) {
                make_spare_name(spare);
                r = link_rename(netlink, link->index, spare);
        }
        if (r == 0 && !text_equal(link->name, name))
                r = link_rename(netlink, link->index, name);
        return r < 0 ? r : link_get(netlink, link->index, link);
}

/* --- there --- */

static int open_inside(const struct plan *plan, pid_t pid, bool *ret_is_joined, int *ret_fd) {
        char path[64];

        for (size_t i = 0; i < plan->n_joins; i++)
                if (plan->joins[i].kind == NAMESPACE_NETWORK) {
                        *ret_is_joined = true;
                        *ret_fd = fcntl(plan->joins[i].fd, F_DUPFD_CLOEXEC, 0);
                        return *ret_fd < 0 ? fail(errno, "linux.netDevices: duplicate descriptor") : 0;
                }
        snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
        *ret_fd = open(path, O_RDONLY | O_CLOEXEC);
        if (*ret_fd >= 0)
                return 0;
        /* If init has ended, what it has said is nearer to the cause: ESRCH tells. */
        return fail(errno == ENOENT ? ESRCH : errno, "linux.netDevices: open the container's network namespace");
}

static int open_both(int inside_fd, struct net_devices *ret) {
        int r;

        ret->outside_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        if (ret->outside_fd < 0)
                return fail(errno, "linux.netDevices: open `/proc/self/ns/net`");
        r = netlink_open(&ret->outside);
        if (r == 0)
                r = netlink_open_in(inside_fd, &ret->inside);
        return r < 0 ? fail(-r, "linux.netDevices: open a netlink socket") : 0;
}

/* What was looked at for the plan, not what has got its name or its index since. */
static int look_again(struct net_devices *devices, const struct net_device_plan *device, struct link *ret) {
        int r = link_get(&devices->outside, device->index, ret);

        if (r == -ENODEV || (r == 0 && !text_equal(ret->name, device->host_name)))
                return reject("linux.netDevices[\"%s\"]: it has been renamed or removed meanwhile", device->host_name);
        return r < 0 ? fail_device(r, &devices->outside, device, "look it up") : 0;
}

/* config-linux.md, "Network Devices": its permanent addresses are kept and it is set up; in this order it is never up without. */
static int settle(struct net_devices *devices, const struct net_device_moved *moved) {
        const struct link *link = &moved->link;
        int r = addresses_set_lasting(&devices->inside, link->index, &moved->addresses, moved->plan->host_name, link->name);

        if (r < 0)
                return fail_device(r, &devices->inside, moved->plan, "set its addresses in the container");
        r = link_set_up(&devices->inside, link->index);
        return r < 0 ? fail_device(r, &devices->inside, moved->plan, "set it up in the container") : 0;
}

static int move(struct net_devices *devices, const struct net_device_plan *device, int inside_fd) {
        const struct way in = {&devices->outside, &devices->inside, inside_fd};
        autodone(addresses) struct addresses addresses = ADDRESSES_INIT;
        struct net_device_moved *moved;
        struct link before;
        int r = look_again(devices, device, &before);

        if (r < 0)
                return r;
        /* The kernel deletes them on the way. */
        r = addresses_list(&devices->outside, device->index, &addresses);
        if (r < 0)
                return fail_device(r, &devices->outside, device, "list its addresses");
        moved = array_append(devices->moved, devices->n_moved);
        *moved = (struct net_device_moved){.plan = device, .was_up = before.flags & IFF_UP};
        r = carry(&in, &before, &moved->link);
        if (moved->link.name[0])
                moved->addresses = take_struct(&addresses, ADDRESSES_INIT);
        else
                devices->n_moved--;
        if (r < 0)
                return fail_device(r, &devices->outside, device, "move it into the container's network namespace");
        r = rename_to(&devices->inside, device->name, &moved->link);
        if (r == -EEXIST)
                return reject("linux.netDevices[\"%s\"]: `%s` exists already in the container's network namespace",
                              device->host_name, device->name);
        if (r < 0)
                return fail_device(r, &devices->inside, device, "rename it in the container");
        return settle(devices, moved);
}

int net_devices_move(const struct plan *plan, pid_t pid, struct net_devices *ret) {
        autoclose int inside_fd = -1;
        int r;

        if (plan->n_net_devices == 0)
                return 0;
        r = open_inside(plan, pid, &ret->is_joined, &inside_fd);
        if (r == 0)
                r = open_both(inside_fd, ret);
        for (size_t i = 0; r == 0 && i < plan->n_net_devices; i++)
                r = move(ret, &plan->net_devices[i], inside_fd);
        return r;
}

/* --- and back --- */

static int give_back(struct net_devices *devices, const struct net_device_moved *moved) {
        const struct way out = {&devices->inside, &devices->outside, devices->outside_fd};
        const char *host_name = moved->plan->host_name;
        struct link before, link = {};
        int r = moved->link.index > 0 ? link_get(&devices->inside, moved->link.index, &before)
                                      : link_find(&devices->inside, moved->link.name, &before);

        /* A hook has taken it elsewhere. */
        if (r == -ENODEV)
                return 0;
        if (r == 0)
                r = carry(&out, &before, &link);
        if (r < 0)
                return fail_device(r, &devices->inside, moved->plan, "move it back");
        r = rename_to(&devices->outside, host_name, &link);
        if (r < 0)
                return fail_device(r, &devices->outside, moved->plan, "give it its name back");
        r = addresses_set_all(&devices->outside, link.index, &moved->addresses, host_name);
        if (r == 0 && moved->was_up)
                r = link_set_up(&devices->outside, link.index);
        return r < 0 ? fail_device(r, &devices->outside, moved->plan, "give its addresses back") : 0;
}

void net_devices_give_back(struct net_devices *devices) {
        for (size_t i = devices->n_moved; i > 0; i--) {
                const struct net_device_moved *moved = &devices->moved[i - 1];

                if (devices->is_joined)
                        log_warning("undo: linux.netDevices[\"%s\"]: it stays in the network namespace that was joined, as `%s`",
                                    moved->plan->host_name, moved->link.name);
                else if (give_back(devices, moved) < 0)
                        log_warning("undo: %s", fail_text());
        }
        net_devices_done(devices);
}
