/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moves network devices of the runtime's network namespace into that of the container. All of it is the runtime's work, while
 * init waits: so the hooks and the container's process find the devices there, set up.
 *
 * config-linux.md, "Namespace Lifecycle and Container Termination": from then on they are the container's, and the kernel decides
 * about them when its network namespace ends. A `create` that fails has made no container, and gives them back.
 */
#pragma once

#include "libcontainer/plan/plan.h"
#include "util/rtnetlink.h"

/* One that is in the container's network namespace, and what it was before. */
struct net_device_moved {
        const struct net_device_plan *plan; /* borrowed */
        struct link link; /* there; index 0: it came under this name, and was not found again */
        bool was_up;
        struct addresses addresses;
};

/* As long as it is open, the container's network namespace lives, with the devices in it, even if init has ended. */
struct net_devices {
        int outside_fd; /* the runtime's network namespace */
        bool is_joined; /* the other one has been there before, with others in it */
        struct netlink outside, inside;
        struct net_device_moved *moved;
        size_t n_moved;
};
#define NET_DEVICES_INIT ((struct net_devices){.outside_fd = -1, .outside = NETLINK_INIT, .inside = NETLINK_INIT})

/* Forgets them: they stay where they are. */
void net_devices_done(struct net_devices *devices);

/*
 * Moves the devices of the plan, with their addresses and under their new names, and sets them up. `pid` is init's, which must be
 * in its new network namespace; one that is joined need not have been. After a failure *ret holds what was moved already. Needs
 * CAP_NET_ADMIN over both namespaces. Records.
 */
int net_devices_move(const struct plan *plan, pid_t pid, struct net_devices *ret);

/*
 * Moves back what net_devices_move() has moved and what is still there, as it was, but for routes, which the kernel has dropped.
 * Warns of what cannot be done. Nothing comes back from a namespace that was joined: who has rights there can have put a device
 * of their own in the place of ours, under its name and its index, and would get it into the runtime's network with its addresses.
 */
void net_devices_give_back(struct net_devices *devices);
