/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages to and from rtnetlink(7): a socket, requests with attributes, and what the kernel answers. What the messages say is
 * known to rtnetlink.h. Functions return -errno and stay silent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

#define NETLINK_EXPLANATION_MAX 128

/* A socket of one network namespace, which lives on as long as the socket is open. */
struct netlink {
        int fd;
        uint32_t sequence; /* of the last request */
        char explanation[NETLINK_EXPLANATION_MAX]; /* the kernel's own words about the last failure; "": none */
};
#define NETLINK_INIT ((struct netlink){.fd = -1})
void netlink_done(struct netlink *netlink);

/* Of our own network namespace. */
int netlink_open(struct netlink *ret);

/* Of another one, by a child that joins it for a moment; needs CAP_SYS_ADMIN over it. */
int netlink_open_in(int namespace_fd, struct netlink *ret);

/* --- requests --- */

#define NETLINK_REQUEST_MAX 1024

struct netlink_request {
        unsigned char bytes[NETLINK_REQUEST_MAX]; /* a struct nlmsghdr, and what belongs to it */
        size_t size;
        bool is_too_long; /* then netlink_call() refuses it: -EMSGSIZE */
};

/* Begins a request: `family_header` is the struct that messages of this type begin with. */
void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, const void *family_header, size_t size);
void netlink_add(struct netlink_request *request, uint16_t type, const void *value, size_t size);

/* --- answers --- */

/* Bytes that are still to be read. */
struct netlink_bytes {
        const unsigned char *bytes;
        size_t size;
};

struct netlink_attribute {
        uint16_t type; /* without the bits that say how it is written */
        struct netlink_bytes value;
};

/* Takes the first attribute off; false when there is none (any more), or none that is whole. */
bool netlink_next_attribute(struct netlink_bytes *rest, struct netlink_attribute *ret);

/*
 * The attributes behind the struct that messages of this type begin with, which is copied; false if the message is shorter than
 * that.
 */
bool netlink_open_body(struct netlink_bytes body, void *ret_family_header, size_t size, struct netlink_bytes *ret_attributes);

/* The value as a number of 32 or fewer bits, 0 if it has another size; as a text, cut to what fits. */
uint32_t netlink_number(const struct netlink_attribute *attribute);
void netlink_text(const struct netlink_attribute *attribute, char *ret, size_t size);

/* One answer, while it is read. */
struct netlink_answer {
        uint32_t sequence; /* messages of another one are passed over */
        int (*take)(void *context, uint16_t type, struct netlink_bytes body); /* gets each message; < 0 ends it; NULL: nobody */
        void *context;
        bool has_changed; /* what the kernel lists is not what was there at any one moment */
        char explanation[NETLINK_EXPLANATION_MAX];
};

/* Reads a piece of it. Pure. Returns 1 at its end, 0 if there is more to come, and -errno: the kernel's, take's, or -EPROTO. */
int netlink_read(struct netlink_answer *answer, struct netlink_bytes piece);

/*
 * Sends the request and reads the whole answer. -EAGAIN if what was listed has changed meanwhile; after -EPROTO, or a failure of
 * `take`, the socket is good for nothing.
 */
int netlink_call(struct netlink *netlink, struct netlink_request *request,
                 int (*take)(void *context, uint16_t type, struct netlink_bytes body), void *context);
