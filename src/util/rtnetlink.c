/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests about network devices and addresses. Runs in the runtime's process. */
#include "util/rtnetlink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "util/alloc.h"
#include "util/text.h"

/* IFLA_NETNS_IMMUTABLE of Linux 6.15, newer than many kernel headers; an enum there, which no #ifndef could see. */
#define ATTRIBUTE_NETNS_IMMUTABLE 67

/* Somebody else may change addresses all the time. */
#define LIST_ATTEMPTS 10

/* --- names --- */

/* isspace() of the kernel: 0xa0 is the blank of Latin-1 that does not break. */
static bool is_blank(unsigned char c) {
        return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

bool link_name_is_valid(const char *name) {
        size_t length = strlen(name);

        if (length == 0 || length >= IF_NAMESIZE || text_equal(name, ".") || text_equal(name, ".."))
                return false;
        for (const char *c = name; *c; c++)
                if (*c == '/' || *c == ':' || is_blank((unsigned char)*c))
                        return false;
        return true;
}

bool link_name_is_template(const char *name) {
        const char *percent = strchr(name, '%');

        return percent && percent[1] == 'd' && !strchr(percent + 2, '%');
}

/* --- devices --- */

static int take_link(void *context, uint16_t type, struct netlink_bytes body) {
        struct link *link = context;
        struct netlink_attribute attribute;
        struct netlink_bytes rest;
        struct ifinfomsg header;

        if (type != RTM_NEWLINK || !netlink_open_body(body, &header, sizeof(header), &rest))
                return -EPROTO;
        *link = (struct link){.index = header.ifi_index, .flags = header.ifi_flags};
        while (netlink_next_attribute(&rest, &attribute)) {
                if (attribute.type == IFLA_IFNAME)
                        netlink_text(&attribute, link->name, sizeof(link->name));
                if (attribute.type == ATTRIBUTE_NETNS_IMMUTABLE)
                        link->is_immutable = netlink_number(&attribute) != 0;
        }
        return 0;
}

static void add_text(struct netlink_request *request, uint16_t type, const char *text) {
        netlink_add(request, type, text, strlen(text) + 1);
}

static void begin(struct netlink_request *request, uint16_t type, int index) {
        struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index};

        netlink_begin(request, type, 0, &header, sizeof(header));
}

static int get(struct netlink *netlink, struct netlink_request *request, struct link *ret) {
        struct link found = {};
        int r = netlink_call(netlink, request, take_link, &found);

        if (r < 0)
                return r;
        if (found.index <= 0)
                return -ENODEV;
        *ret = found;
        return 0;
}

int link_find(struct netlink *netlink, const char *name, struct link *ret) {
        struct netlink_request request;

        begin(&request, RTM_GETLINK, 0);
        add_text(&request, IFLA_IFNAME, name);
        return get(netlink, &request, ret);
}

int link_get(struct netlink *netlink, int index, struct link *ret) {
        struct netlink_request request;

        begin(&request, RTM_GETLINK, index);
        return get(netlink, &request, ret);
}

int link_rename(struct netlink *netlink, int index, const char *name) {
        struct netlink_request request;

        begin(&request, RTM_SETLINK, index);
        add_text(&request, IFLA_IFNAME, name);
        return netlink_call(netlink, &request, NULL, NULL);
}

int link_set_up(struct netlink *netlink, int index) {
        struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
        struct netlink_request request;

        netlink_begin(&request, RTM_SETLINK, 0, &header, sizeof(header));
        return netlink_call(netlink, &request, NULL, NULL);
}

int link_move(struct netlink *netlink, int index, int namespace_fd, const char *spare_name) {
        uint32_t fd = (uint32_t)namespace_fd;
        struct netlink_request request;

        begin(&request, RTM_SETLINK, index);
        netlink_add(&request, IFLA_NET_NS_FD, &fd, sizeof(fd));
        if (spare_name)
                add_text(&request, IFLA_IFNAME, spare_name);
        return netlink_call(netlink, &request, NULL, NULL);
}

int link_check_movable(struct netlink *netlink, const struct link *link, int namespace_fd) {
        int r = link_move(netlink, link->index, namespace_fd, NULL);

        return r == 0 && link->is_immutable ? -EINVAL : r;
}

/* --- addresses --- */

void addresses_done(struct addresses *addresses) {
        for (size_t i = 0; i < addresses->count; i++)
                free(addresses->items[i].bytes);
        free(addresses->items);
        *addresses = ADDRESSES_INIT;
}

/* The eight bits of the header have long been too few; what has more of them is an attribute. */
static uint32_t read_flags(const struct ifaddrmsg *header, struct netlink_bytes attributes) {
        struct netlink_attribute attribute;
        uint32_t flags = header->ifa_flags;

        while (netlink_next_attribute(&attributes, &attribute))
                if (attribute.type == IFA_FLAGS)
                        flags = netlink_number(&attribute);
        return flags;
}

int addresses_take(void *context, uint16_t type, struct netlink_bytes body) {
        const struct addresses_filter *filter = context;
        struct netlink_bytes attributes;
        struct ifaddrmsg header;

        if (type != RTM_NEWADDR || !netlink_open_body(body, &header, sizeof(header), &attributes))
                return -EPROTO;
        if (header.ifa_index == filter->index)
                *array_append(filter->addresses->items, filter->addresses->count) =
                        (struct address){.bytes = memory_copy(body.bytes, body.size), .size = body.size};
        return 0;
}

/* What it begins with; it was long enough when it was taken. */
static struct netlink_bytes open_address(const struct address *address, struct ifaddrmsg *ret_header) {
        struct netlink_bytes body = {address->bytes, address->size}, attributes = {};

        (void)netlink_open_body(body, ret_header, sizeof(*ret_header), &attributes);
        return attributes;
}

bool address_is_lasting(const struct address *address) {
        struct ifaddrmsg header;
        struct netlink_bytes attributes = open_address(address, &header);

        return header.ifa_scope == RT_SCOPE_UNIVERSE && read_flags(&header, attributes) & IFA_F_PERMANENT;
}

int addresses_list(struct netlink *netlink, int index, struct addresses *ret) {
        struct addresses_filter filter = {.index = (uint32_t)index, .addresses = ret};
        const struct ifaddrmsg header = {.ifa_family = AF_UNSPEC};
        int r = -EAGAIN;

        for (int i = 0; r == -EAGAIN && i < LIST_ATTEMPTS; i++) {
                struct netlink_request request;

                addresses_done(ret);
                netlink_begin(&request, RTM_GETADDR, NLM_F_DUMP, &header, sizeof(header));
                r = netlink_call(netlink, &request, addresses_take, &filter);
        }
        return r;
}

/* By custom, and with ifconfig(8) by need, it is the device's name or that with ":SOMETHING". */
static void add_label(struct netlink_request *request, const struct netlink_attribute *label, const char *old_name,
                      const char *name) {
        char old[IF_NAMESIZE], new[2 * IF_NAMESIZE];
        size_t length = strlen(old_name);

        netlink_text(label, old, sizeof(old));
        if (strncmp(old, old_name, length) != 0 || (old[length] && old[length] != ':'))
                snprintf(new, sizeof(new), "%s", old);
        else
                snprintf(new, sizeof(new), "%s%s", name, old + length);
        if (strlen(new) < IF_NAMESIZE)
                add_text(request, IFA_LABEL, new);
}

void address_request(const struct address *address, int index, const char *old_name, const char *name,
                     struct netlink_request *ret) {
        static const uint32_t asked = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE |
                                      IFA_F_MCAUTOJOIN;
        struct ifaddrmsg header;
        struct netlink_bytes rest = open_address(address, &header);
        /* The others tell its state, which the kernel finds anew: tentative, secondary, permanent. */
        uint32_t flags = read_flags(&header, rest) & asked;
        struct netlink_attribute attribute;

        header.ifa_flags = (unsigned char)flags;
        header.ifa_index = (uint32_t)index;
        netlink_begin(ret, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
        netlink_add(ret, IFA_FLAGS, &flags, sizeof(flags));
        while (netlink_next_attribute(&rest, &attribute)) {
                if (attribute.type == IFA_LABEL)
                        add_label(ret, &attribute, old_name, name);
                else if (attribute.type != IFA_FLAGS)
                        netlink_add(ret, attribute.type, attribute.value.bytes, attribute.value.size);
        }
}

/* For IPv6 the bit means temporary, for IPv4 secondary. */
static bool is_made_of_another(const struct address *address) {
        struct ifaddrmsg header;
        struct netlink_bytes attributes = open_address(address, &header);

        return header.ifa_family == AF_INET6 && read_flags(&header, attributes) & IFA_F_TEMPORARY;
}

static bool is_ipv6(const struct address *address) {
        struct ifaddrmsg header;

        (void)open_address(address, &header);
        return header.ifa_family == AF_INET6;
}

static int set_address(struct netlink *netlink, int index, const struct address *address, const char *old_name,
                       const char *name) {
        struct netlink_request request;

        address_request(address, index, old_name, name, &request);
        return netlink_call(netlink, &request, NULL, NULL);
}

/* Of IPv4 the one that is set first stays the first, and with it primary; of IPv6 the last one becomes the first. */
static const struct address *in_order(const struct addresses *addresses, size_t i) {
        size_t n = addresses->count;
        const struct address *address = &addresses->items[i < n ? i : 2 * n - 1 - i];

        return is_ipv6(address) == (i >= n) ? address : NULL;
}

int addresses_set_lasting(struct netlink *netlink, int index, const struct addresses *addresses, const char *old_name,
                          const char *name) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < 2 * addresses->count; i++) {
                const struct address *address = in_order(addresses, i);

                if (address && address_is_lasting(address))
                        r = set_address(netlink, index, address, old_name, name);
        }
        return r;
}

int addresses_set_all(struct netlink *netlink, int index, const struct addresses *addresses, const char *name) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < 2 * addresses->count; i++) {
                const struct address *address = in_order(addresses, i);

                if (address && !is_made_of_another(address))
                        r = set_address(netlink, index, address, name, name);
        }
        return r;
}
