/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network devices and their addresses, by rtnetlink(7). A device is named by its index, which is its own in its network
 * namespace and may be another one in the next. Functions return -errno and stay silent; what the kernel adds to that is in
 * netlink->explanation.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/netlink.h"

/* --- names --- */

/*
 * True if a network device may be named so (dev_valid_name() in net/core/dev.c): 1 to 15 bytes, not "." nor "..", without
 * '/', ':' and blanks. With '%' it is not a name but a template.
 */
bool link_name_is_valid(const char *name);

/* True if it has the one "%d" for which the kernel puts the first number that is free, and no other '%'. */
bool link_name_is_template(const char *name);

/* --- devices --- */

struct link {
        int index;
        unsigned flags; /* IFF_* */
        char name[IF_NAMESIZE];
        bool is_immutable; /* says a kernel from Linux 6.15 up: it never leaves its network namespace */
};

/* Finds it by its name, or by another one that it has (altname): then ret->name differs. -ENODEV: there is none. */
int link_find(struct netlink *netlink, const char *name, struct link *ret);
int link_get(struct netlink *netlink, int index, struct link *ret);

/* Gives it a name; of a template the kernel makes one. -EEXIST: it is in use. Before Linux 6.2 only while it is down. */
int link_rename(struct netlink *netlink, int index, const char *name);
int link_set_up(struct netlink *netlink, int index);

/*
 * Moves it to another network namespace. There it is down and without addresses. It keeps its name; if that is in use
 * there it is given the spare one, -EEXIST without one or if that is in use too. -EINVAL also means: it never leaves its own.
 */
int link_move(struct netlink *netlink, int index, int namespace_fd, const char *spare_name);

/*
 * -EPERM: we may move nothing out of this namespace, which `namespace_fd` is, too. -EINVAL: the device never leaves it. Changes
 * nothing. Before Linux 6.15 the kernel is asked to move the device to where it is; newer ones say what they do not let go.
 */
int link_check_movable(struct netlink *netlink, const struct link *link, int namespace_fd);

/* --- addresses --- */

/* An address as the kernel listed it: a struct ifaddrmsg and attributes. */
struct address {
        unsigned char *bytes;
        size_t size;
};

struct addresses {
        struct address *items;
        size_t count;
};
#define ADDRESSES_INIT ((struct addresses){})
void addresses_done(struct addresses *addresses);

/* The addresses of a device, of any family. */
int addresses_list(struct netlink *netlink, int index, struct addresses *ret);

/* Pure: takes one message of the kernel's list, if it is an address of this device. -EPROTO: it is no address. */
struct addresses_filter {
        uint32_t index;
        struct addresses *addresses;
};
int addresses_take(void *filter, uint16_t type, struct netlink_bytes body);

/* Pure: true for a permanent address (IFA_F_PERMANENT) of global scope (RT_SCOPE_UNIVERSE). */
bool address_is_lasting(const struct address *address);

/*
 * Pure: the request that sets the address on a device. Its state is not part of it, and its label (IFA_LABEL), which begins
 * with the name that the device had, gets the name that it has; if it is too long then it is left to the kernel.
 */
void address_request(const struct address *address, int index, const char *old_name, const char *name,
                     struct netlink_request *ret);

/*
 * Sets the lasting ones, or all of them, on a device that may be down; they are then listed in the order in which they were.
 * Not those that the kernel makes of others (IFA_F_TEMPORARY).
 */
int addresses_set_lasting(struct netlink *netlink, int index, const struct addresses *addresses, const char *old_name,
                          const char *name);
int addresses_set_all(struct netlink *netlink, int index, const struct addresses *addresses, const char *name);
