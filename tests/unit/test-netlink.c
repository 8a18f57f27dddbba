/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netlink messages: what we write, and what we make of what the kernel writes. */
#include "test.h"

#include <errno.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "util/alloc.h"
#include "util/rtnetlink.h"

/* --- the kernel's side, made up --- */

struct stream {
        unsigned char bytes[2048];
        size_t size;
};

static void put(struct stream *stream, const void *bytes, size_t size) {
        memcpy(stream->bytes + stream->size, bytes, size);
        stream->size += NLMSG_ALIGN(size);
}

static void put_message(struct stream *stream, uint16_t type, uint16_t flags, uint32_t sequence, const void *body, size_t size) {
        struct nlmsghdr header = {
                .nlmsg_len = (uint32_t)(sizeof(header) + size),
                .nlmsg_type = type,
                .nlmsg_flags = flags,
                .nlmsg_seq = sequence,
        };

        put(stream, &header, sizeof(header));
        put(stream, body, size);
}

static void put_attribute(struct stream *stream, uint16_t type, const void *value, size_t size) {
        struct nlattr header = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type};

        put(stream, &header, sizeof(header));
        put(stream, value, size);
}

static void put_error(struct stream *stream, uint16_t flags, int error, size_t echoed, const char *explanation) {
        struct nlmsgerr message = {.error = error, .msg = {.nlmsg_len = (uint32_t)(sizeof(message.msg) + echoed)}};
        struct stream body = {};

        put(&body, &message, sizeof(message));
        if (!(flags & NLM_F_CAPPED))
                body.size += echoed;
        if (explanation)
                put_attribute(&body, NLMSGERR_ATTR_MSG, explanation, strlen(explanation) + 1);
        put_message(stream, NLMSG_ERROR, flags, 7, body.bytes, body.size);
}

static struct netlink_bytes all(const struct stream *stream) {
        return (struct netlink_bytes){stream->bytes, stream->size};
}

static int count_messages(void *context, uint16_t type, struct netlink_bytes body) {
        (*(int *)context)++;
        return type == RTM_NEWLINK && body.size == 4 ? 0 : -EBADMSG;
}

/* --- reading --- */

static void test_an_answer_in_pieces(void) {
        int n = 0;
        struct netlink_answer answer = {.sequence = 7, .take = count_messages, .context = &n};
        struct stream first = {}, last = {};

        put_message(&first, RTM_NEWLINK, NLM_F_MULTI, 7, "abc", 4);
        put_message(&first, RTM_NEWADDR, NLM_F_MULTI, 6, "of an older one", 16);
        put_message(&first, NLMSG_NOOP, 0, 7, "", 0);
        put_message(&first, RTM_NEWLINK, NLM_F_MULTI, 7, "abc", 4);
        CHECK_EQUAL(netlink_read(&answer, all(&first)), 0);
        CHECK_EQUAL(n, 2);
        put_message(&last, RTM_NEWLINK, NLM_F_MULTI, 7, "abc", 4);
        put_message(&last, NLMSG_DONE, NLM_F_MULTI, 7, "\0\0\0", 4);
        put_message(&last, RTM_NEWADDR, 0, 7, "behind its end!", 16);
        CHECK_EQUAL(netlink_read(&answer, all(&last)), 1);
        CHECK_EQUAL(n, 3);
        CHECK(!answer.has_changed);
}

/* The mark is on one message, and what comes behind it belongs to the answer all the same. */
static void test_a_list_that_changed(void) {
        int n = 0;
        struct netlink_answer answer = {.sequence = 7, .take = count_messages, .context = &n};
        struct stream stream = {};

        put_message(&stream, RTM_NEWLINK, NLM_F_MULTI | NLM_F_DUMP_INTR, 7, "abc", 4);
        put_message(&stream, RTM_NEWLINK, NLM_F_MULTI, 7, "abc", 4);
        CHECK_EQUAL(netlink_read(&answer, all(&stream)), 0);
        CHECK_EQUAL(n, 2);
        CHECK(answer.has_changed);
}

static void check_error(uint16_t flags, int error, size_t echoed, const char *explanation, int expected,
                        const char *expected_text) {
        struct netlink_answer answer = {.sequence = 7};
        struct stream stream = {};

        put_error(&stream, flags, error, echoed, explanation);
        CHECK_EQUAL(netlink_read(&answer, all(&stream)), expected);
        CHECK_TEXT(answer.explanation, expected_text);
}

static void test_errors(void) {
        char longer[NETLINK_EXPLANATION_MAX + 10], cut[NETLINK_EXPLANATION_MAX];

        check_error(0, 0, 0, NULL, 1, "");
        check_error(0, -EPERM, 20, NULL, -EPERM, "");
        check_error(NLM_F_ACK_TLVS, -EINVAL, 20, "it is immutable", -EINVAL, "it is immutable");
        check_error(NLM_F_ACK_TLVS | NLM_F_CAPPED, -EINVAL, 20, "it is immutable", -EINVAL, "it is immutable");
        check_error(NLM_F_CAPPED, -EINVAL, 20, "not announced", -EINVAL, "");
        check_error(0, -5000, 0, NULL, -EPROTO, "");
        memset(longer, 'x', sizeof(longer));
        longer[sizeof(longer) - 1] = '\0';
        memcpy(cut, longer, sizeof(cut));
        cut[sizeof(cut) - 1] = '\0';
        check_error(NLM_F_ACK_TLVS | NLM_F_CAPPED, -EINVAL, 0, longer, -EINVAL, cut);
}

/* Each message and each attribute ends where the bytes end at the latest. */
static void test_what_is_cut_off(void) {
        struct stream stream = {};

        put_error(&stream, NLM_F_ACK_TLVS, -EINVAL, 0, "explained");
        for (size_t size = 1; size < stream.size; size++) {
                struct netlink_answer answer = {.sequence = 7};
                autofree unsigned char *bytes = memory_copy(stream.bytes, size);

                CHECK_EQUAL(netlink_read(&answer, (struct netlink_bytes){bytes, size}), -EPROTO);
        }
}

static void test_attributes(void) {
        const unsigned char byte = 200;
        const uint16_t half = 40000;
        const uint32_t whole = 3000000000;
        struct netlink_attribute attribute;
        struct netlink_bytes rest;
        struct stream stream = {};
        char name[4];

        put_attribute(&stream, 1 | NLA_F_NESTED, &byte, sizeof(byte));
        put_attribute(&stream, 2, &half, sizeof(half));
        put_attribute(&stream, 3, &whole, sizeof(whole));
        put_attribute(&stream, 4, "eth0", 4);
        rest = (struct netlink_bytes){stream.bytes, stream.size};
        CHECK(netlink_next_attribute(&rest, &attribute));
        CHECK_EQUAL(attribute.type, 1);
        CHECK_EQUAL(netlink_number(&attribute), byte);
        CHECK(netlink_next_attribute(&rest, &attribute));
        CHECK_EQUAL(netlink_number(&attribute), half);
        CHECK(netlink_next_attribute(&rest, &attribute));
        CHECK_EQUAL(netlink_number(&attribute), whole);
        CHECK(netlink_next_attribute(&rest, &attribute));
        netlink_text(&attribute, name, sizeof(name));
        CHECK_TEXT(name, "eth");
        CHECK(!netlink_next_attribute(&rest, &attribute));

        /* One that says to be longer than what there is, and one shorter than its own header. */
        rest = (struct netlink_bytes){stream.bytes, NLA_HDRLEN};
        CHECK(!netlink_next_attribute(&rest, &attribute));
        stream = (struct stream){.bytes = {3}, .size = 8};
        rest = all(&stream);
        CHECK(!netlink_next_attribute(&rest, &attribute));
}

/* --- writing --- */

static void test_a_request_that_is_too_long(void) {
        struct netlink netlink = NETLINK_INIT;
        struct netlink_request request;
        unsigned char bytes[NETLINK_REQUEST_MAX] = {};

        netlink_begin(&request, RTM_SETLINK, 0, bytes, 16);
        netlink_add(&request, 1, bytes, sizeof(bytes) - 100);
        CHECK(!request.is_too_long);
        netlink_add(&request, 1, bytes, 100);
        CHECK(request.is_too_long);
        CHECK_EQUAL(netlink_call(&netlink, &request, NULL, NULL), -EMSGSIZE);
        netlink_begin(&request, RTM_SETLINK, 0, bytes, 16);
        CHECK(!request.is_too_long);
        netlink_add(&request, 1, bytes, sizeof(bytes));
        CHECK(request.is_too_long);
}

/* --- names --- */

static void test_names(void) {
        static const char *const good[] = {"a", "eth0", "fifteen-bytes-x", "...", "a.b", "\xc3\xa9"};
        static const char *const bad[] = {"", ".", "..", "sixteen-bytes-xx", "a/b", "a:b", "a b", "a\tb", "a\n", "\v", "\xc3\xa0"};
        static const char *const templates[] = {"%d", "eth%d", "a%db"};
        static const char *const others[] = {"eth0", "%", "eth%", "eth%s", "%d%d", "%%d", "%d%", "a%5d"};

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                CHECK(link_name_is_valid(good[i]));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                CHECK(!link_name_is_valid(bad[i]));
        for (size_t i = 0; i < ELEMENTSOF(templates); i++)
                CHECK(link_name_is_template(templates[i]));
        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                CHECK(!link_name_is_template(others[i]));
}

/* --- addresses --- */

/* What an address is like; flags above 8 bits are given as an attribute. */
struct sample {
        unsigned char scope, header_flags;
        uint32_t flags;
        const char *label;
        unsigned index;
};

static void put_address(struct stream *stream, const struct sample *sample) {
        struct ifaddrmsg header = {.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_flags = sample->header_flags,
                                   .ifa_scope = sample->scope, .ifa_index = sample->index ? sample->index : 5};

        put(stream, &header, sizeof(header));
        put_attribute(stream, IFA_ADDRESS, "\x0a\x09\x01\x02", 4);
        put_attribute(stream, IFA_LOCAL, "\x0a\x09\x01\x01", 4);
        if (sample->label)
                put_attribute(stream, IFA_LABEL, sample->label, strlen(sample->label) + 1);
        if (sample->flags)
                put_attribute(stream, IFA_FLAGS, &sample->flags, sizeof(sample->flags));
}

static int take_sample(const struct sample *sample, struct addresses *ret) {
        struct addresses_filter filter = {.index = 5, .addresses = ret};
        struct stream stream = {};

        put_address(&stream, sample);
        return addresses_take(&filter, RTM_NEWADDR, all(&stream));
}

static void test_which_addresses_last(void) {
        static const struct {
                struct sample sample;
                bool lasts;
        } rows[] = {
                {{.header_flags = IFA_F_PERMANENT}, true},
                {{.flags = IFA_F_PERMANENT}, true},
                {{.flags = IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE}, true},
                {{.header_flags = IFA_F_PERMANENT, .flags = IFA_F_NOPREFIXROUTE}, false}, /* the attribute is what counts */
                {{.header_flags = IFA_F_SECONDARY}, false},
                {{.flags = IFA_F_PERMANENT, .scope = RT_SCOPE_LINK}, false},
                {{.flags = IFA_F_PERMANENT, .scope = RT_SCOPE_SITE}, false},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                autodone(addresses) struct addresses addresses = ADDRESSES_INIT;

                CHECK_EQUAL(take_sample(&rows[i].sample, &addresses), 0);
                CHECK_EQUAL(addresses.count, 1);
                CHECK_EQUAL(address_is_lasting(&addresses.items[0]), rows[i].lasts);
        }
}

static void test_which_addresses_are_taken(void) {
        autodone(addresses) struct addresses addresses = ADDRESSES_INIT;
        struct addresses_filter filter = {.index = 5, .addresses = &addresses};
        const unsigned char bytes[16] = {};

        CHECK_EQUAL(take_sample(&(struct sample){.index = 6}, &addresses), 0);
        CHECK_EQUAL(addresses.count, 0);
        CHECK_EQUAL(addresses_take(&filter, RTM_NEWLINK, (struct netlink_bytes){bytes, 16}), -EPROTO);
        CHECK_EQUAL(addresses_take(&filter, RTM_NEWADDR, (struct netlink_bytes){bytes, 7}), -EPROTO);
        CHECK_EQUAL(addresses.count, 0);
}

/* The request's attributes as text: "TYPE=LENGTH", flags and labels by their value. */
static void describe(const struct netlink_request *request, struct ifaddrmsg *ret_header, char text[256]) {
        struct netlink_bytes rest = {request->bytes + sizeof(struct nlmsghdr), request->size - sizeof(struct nlmsghdr)};
        struct netlink_attribute attribute;
        char *end = text;

        CHECK(netlink_open_body(rest, ret_header, sizeof(*ret_header), &rest));
        *end = '\0';
        while (netlink_next_attribute(&rest, &attribute)) {
                char value[64];

                netlink_text(&attribute, value, sizeof(value));
                if (attribute.type == IFA_FLAGS)
                        end += sprintf(end, "flags=%#x ", netlink_number(&attribute));
                else if (attribute.type == IFA_LABEL)
                        end += sprintf(end, "label=%s ", value);
                else
                        end += sprintf(end, "%u=%zu ", attribute.type, attribute.value.size);
        }
}

static void test_address_requests(void) {
        static const struct {
                struct sample sample;
                const char *name, *expected;
        } rows[] = {
                {{.header_flags = IFA_F_PERMANENT}, "ctr0", "flags=0 1=4 2=4 "},
                {{.flags = IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE}, "ctr0", "flags=0x200 1=4 2=4 "},
                /* Its state is not asked for. */
                {{.flags = IFA_F_PERMANENT | IFA_F_SECONDARY | IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED |
                          IFA_F_OPTIMISTIC | IFA_F_STABLE_PRIVACY | IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_MCAUTOJOIN},
                 "ctr0", "flags=0x512 1=4 2=4 "},
                {{.label = "eth0"}, "ctr0", "flags=0 1=4 2=4 label=ctr0 "},
                {{.label = "eth0:one"}, "ctr0", "flags=0 1=4 2=4 label=ctr0:one "},
                {{.label = "eth0:one"}, "eth0", "flags=0 1=4 2=4 label=eth0:one "},
                {{.label = "eth01"}, "ctr0", "flags=0 1=4 2=4 label=eth01 "},
                {{.label = "other"}, "ctr0", "flags=0 1=4 2=4 label=other "},
                {{.label = "eth0:12"}, "twelve-bytes", "flags=0 1=4 2=4 label=twelve-bytes:12 "},
                {{.label = "eth0:123"}, "twelve-bytes", "flags=0 1=4 2=4 "},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                autodone(addresses) struct addresses addresses = ADDRESSES_INIT;
                struct netlink_request request;
                struct ifaddrmsg header;
                char text[256];

                CHECK_EQUAL(take_sample(&rows[i].sample, &addresses), 0);
                address_request(&addresses.items[0], 9, "eth0", rows[i].name, &request);
                describe(&request, &header, text);
                CHECK_TEXT(text, rows[i].expected);
                CHECK_EQUAL(header.ifa_index, 9);
                CHECK_EQUAL(header.ifa_prefixlen, 24);
                CHECK_EQUAL(header.ifa_flags, strtol(strchr(text, '=') + 1, NULL, 0) & 0xff);
                CHECK(!request.is_too_long);
        }
}

/* --- the machine's --- */

static void test_the_loopback_device(void) {
        autodone(addresses) struct addresses addresses = ADDRESSES_INIT;
        autodone(netlink) struct netlink netlink = NETLINK_INIT;
        struct link by_name, by_index, none;

        CHECK_EQUAL(netlink_open(&netlink), 0);
        CHECK_EQUAL(link_find(&netlink, "lo", &by_name), 0);
        CHECK_TEXT(by_name.name, "lo");
        CHECK(by_name.flags & IFF_LOOPBACK);
        CHECK_EQUAL(link_get(&netlink, by_name.index, &by_index), 0);
        CHECK_TEXT(by_index.name, "lo");
        CHECK_EQUAL(by_index.index, by_name.index);
        CHECK_EQUAL(link_find(&netlink, "tare-has-none", &none), -ENODEV);
        CHECK_EQUAL(link_get(&netlink, 0x7ffffffe, &none), -ENODEV);
        CHECK_EQUAL(addresses_list(&netlink, by_name.index, &addresses), 0);
}

static const struct test_case cases[] = {
        {"an answer in pieces", test_an_answer_in_pieces},
        {"a list that changed while it was read", test_a_list_that_changed},
        {"errors and their explanations", test_errors},
        {"what is cut off", test_what_is_cut_off},
        {"attributes", test_attributes},
        {"a request that is too long", test_a_request_that_is_too_long},
        {"names of network devices", test_names},
        {"which addresses last", test_which_addresses_last},
        {"which addresses are taken", test_which_addresses_are_taken},
        {"requests that set addresses", test_address_requests},
        {"the loopback device", test_the_loopback_device},
};
TEST_MAIN(cases)
