/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of util/netlink.c and of what util/rtnetlink.c makes of addresses.
 *
 * The bytes are an answer of the kernel's to a request for its addresses. Whatever they are: nothing outside of them is read,
 * what is taken is an address of the device, and the request that sets it is whole.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include <linux/if_addr.h>

#include "util/alloc.h"
#include "util/rtnetlink.h"

#define SEQUENCE 1
#define INDEX 2

static void demand_whole(const struct netlink_request *request) {
        struct netlink_bytes rest = {request->bytes + sizeof(struct nlmsghdr), request->size - sizeof(struct nlmsghdr)};
        struct netlink_attribute attribute;
        struct ifaddrmsg header;

        demand(request->is_too_long || request->size <= sizeof(request->bytes));
        demand(netlink_open_body(rest, &header, sizeof(header), &rest) && header.ifa_index == INDEX + 1);
        while (netlink_next_attribute(&rest, &attribute))
                demand(attribute.type != IFA_LABEL || attribute.value.size <= IF_NAMESIZE);
        demand(rest.size == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        autodone(addresses) struct addresses addresses = ADDRESSES_INIT;
        struct addresses_filter filter = {.index = INDEX, .addresses = &addresses};
        struct netlink_answer answer = {.sequence = SEQUENCE, .take = addresses_take, .context = &filter};
        int r = netlink_read(&answer, (struct netlink_bytes){data, size});

        demand(r >= -4095 && r <= 1);
        demand(memchr(answer.explanation, '\0', sizeof(answer.explanation)));
        for (size_t i = 0; i < addresses.count; i++) {
                struct netlink_request request;

                (void)address_is_lasting(&addresses.items[i]);
                address_request(&addresses.items[i], INDEX + 1, "eth0", "container0", &request);
                demand_whole(&request);
        }
        return 0;
}
