/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netlink messages. Runs in the runtime's process, and for a moment in a child of it. */
#include "util/netlink.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/proc.h"

/* The kernel lists in pieces of 32 KiB at most. */
#define PIECE_MAX 65536

/* No errno is higher (include/linux/err.h). */
#define ERRNO_MAX 4095

/* It answers while it takes the request: this is only for an answer that was lost. */
#define ANSWER_SECONDS 10

void netlink_done(struct netlink *netlink) {
        fd_close(&netlink->fd);
        *netlink = NETLINK_INIT;
}

/* --- sockets --- */

static int open_socket(void) {
        static const int yes = 1;
        static const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
        autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

        if (fd < 0)
                return -errno;
        /* Explanations come with Linux 4.12, answers without the request in them with 4.3: the answer says which it is. */
        (void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &yes, sizeof(yes));
        (void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof(yes));
        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
                return -errno;
        return take_fd(&fd);
}

int netlink_open(struct netlink *ret) {
        ret->fd = open_socket();
        return ret->fd < 0 ? ret->fd : 0;
}

/* In the child. The message is an errno, and without one the socket comes along. */
static void __attribute__((noreturn)) hand_socket_out(int namespace_fd, int channel) {
        int fd = setns(namespace_fd, CLONE_NEWNET) < 0 ? -errno : open_socket();
        int error = fd < 0 ? -fd : 0;

        (void)fd_send(channel, &error, sizeof(error), fd < 0 ? -1 : fd);
        _exit(EXIT_SUCCESS);
}

int netlink_open_in(int namespace_fd, struct netlink *ret) {
        int ends[2], error = 0, status;
        ssize_t n;
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
                return -errno;
        pid = fork();
        if (pid == 0)
                hand_socket_out(namespace_fd, ends[1]);
        error = errno;
        close(ends[1]);
        n = pid < 0 ? -error : fd_receive(ends[0], &error, sizeof(error), &ret->fd);
        close(ends[0]);
        if (pid > 0)
                (void)proc_reap(pid, &status);
        if (n < 0)
                return (int)n;
        return n != sizeof(error) ? -EPROTO : error > 0 ? -error : ret->fd < 0 ? -EPROTO : 0;
}

/* --- requests --- */

static void append(struct netlink_request *request, const void *bytes, size_t size, size_t padded) {
        if (padded > sizeof(request->bytes) - request->size) {
                request->is_too_long = true;
                return;
        }
        memset(request->bytes + request->size, 0, padded);
        memcpy(request->bytes + request->size, bytes, size);
        request->size += padded;
}

void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, const void *family_header, size_t size) {
        struct nlmsghdr header = {.nlmsg_type = type, .nlmsg_flags = flags | NLM_F_REQUEST | NLM_F_ACK};

        request->size = 0;
        request->is_too_long = false;
        append(request, &header, sizeof(header), sizeof(header));
        append(request, family_header, size, NLMSG_ALIGN(size));
}

void netlink_add(struct netlink_request *request, uint16_t type, const void *value, size_t size) {
        unsigned char bytes[NETLINK_REQUEST_MAX];
        struct nlattr header = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type};

        if (size > sizeof(bytes) - NLA_HDRLEN) {
                request->is_too_long = true;
                return;
        }
        memcpy(bytes, &header, sizeof(header));
        memcpy(bytes + NLA_HDRLEN, value, size);
        append(request, bytes, NLA_HDRLEN + size, NLA_ALIGN(NLA_HDRLEN + size));
}

/* The length and the number, which are known only when it is complete. */
static void seal(struct netlink_request *request, uint32_t sequence) {
        struct nlmsghdr header;

        memcpy(&header, request->bytes, sizeof(header));
        header.nlmsg_len = (uint32_t)request->size;
        header.nlmsg_seq = sequence;
        memcpy(request->bytes, &header, sizeof(header));
}

/* --- answers --- */

static void skip(struct netlink_bytes *rest, size_t size) {
        size_t step = size < rest->size ? size : rest->size;

        rest->bytes += step;
        rest->size -= step;
}

bool netlink_next_attribute(struct netlink_bytes *rest, struct netlink_attribute *ret) {
        struct nlattr header;

        if (rest->size < NLA_HDRLEN)
                return false;
        memcpy(&header, rest->bytes, sizeof(header));
        if (header.nla_len < NLA_HDRLEN || header.nla_len > rest->size)
                return false;
        ret->type = header.nla_type & NLA_TYPE_MASK;
        ret->value = (struct netlink_bytes){rest->bytes + NLA_HDRLEN, header.nla_len - (size_t)NLA_HDRLEN};
        skip(rest, NLA_ALIGN(header.nla_len));
        return true;
}

bool netlink_open_body(struct netlink_bytes body, void *ret_family_header, size_t size, struct netlink_bytes *ret_attributes) {
        if (body.size < size)
                return false;
        memcpy(ret_family_header, body.bytes, size);
        *ret_attributes = body;
        skip(ret_attributes, NLMSG_ALIGN(size));
        return true;
}

uint32_t netlink_number(const struct netlink_attribute *attribute) {
        const unsigned char *bytes = attribute->value.bytes;
        uint32_t number = 0;
        uint16_t half = 0;

        if (attribute->value.size == 1)
                return bytes[0];
        if (attribute->value.size == sizeof(half)) {
                memcpy(&half, bytes, sizeof(half));
                return half;
        }
        if (attribute->value.size == sizeof(number))
                memcpy(&number, bytes, sizeof(number));
        return number;
}

void netlink_text(const struct netlink_attribute *attribute, char *ret, size_t size) {
        size_t length = strnlen((const char *)attribute->value.bytes, attribute->value.size);

        if (length > size - 1)
                length = size - 1;
        memcpy(ret, attribute->value.bytes, length);
        ret[length] = '\0';
}

/* The explanation stands behind the error and, if that is not cut off, the request that it is about. */
static void read_explanation(struct netlink_bytes body, uint16_t flags, char *ret) {
        struct netlink_attribute attribute;
        struct nlmsgerr error;

        memcpy(&error, body.bytes, sizeof(error));
        skip(&body, sizeof(error));
        if (!(flags & NLM_F_CAPPED) && error.msg.nlmsg_len >= sizeof(error.msg))
                skip(&body, NLMSG_ALIGN(error.msg.nlmsg_len - sizeof(error.msg)));
        while (flags & NLM_F_ACK_TLVS && netlink_next_attribute(&body, &attribute))
                if (attribute.type == NLMSGERR_ATTR_MSG)
                        netlink_text(&attribute, ret, NETLINK_EXPLANATION_MAX);
}

/* What the kernel says of the request as a whole. */
static int read_verdict(struct netlink_answer *answer, const struct nlmsghdr *header, struct netlink_bytes body) {
        size_t expected = header->nlmsg_type == NLMSG_ERROR ? sizeof(struct nlmsgerr) : sizeof(int);
        int error;

        if (body.size < expected)
                return -EPROTO;
        memcpy(&error, body.bytes, sizeof(error));
        /* At the end of a list it is a count in some kernels. */
        if (error >= 0)
                return 1;
        if (error < -ERRNO_MAX)
                return -EPROTO;
        if (header->nlmsg_type == NLMSG_ERROR)
                read_explanation(body, header->nlmsg_flags, answer->explanation);
        return error;
}

int netlink_read(struct netlink_answer *answer, struct netlink_bytes piece) {
        while (piece.size > 0) {
                struct nlmsghdr header;
                struct netlink_bytes body;
                int r = 0;

                if (piece.size < sizeof(header))
                        return -EPROTO;
                memcpy(&header, piece.bytes, sizeof(header));
                if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > piece.size)
                        return -EPROTO;
                body = (struct netlink_bytes){piece.bytes + sizeof(header), header.nlmsg_len - sizeof(header)};
                skip(&piece, NLMSG_ALIGN(header.nlmsg_len));
                if (header.nlmsg_seq != answer->sequence || header.nlmsg_type == NLMSG_NOOP)
                        continue;
                answer->has_changed |= (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
                if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE)
                        r = read_verdict(answer, &header, body);
                else if (answer->take)
                        r = answer->take(answer->context, header.nlmsg_type, body);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* Root in the namespace may write to any socket there: what is not the kernel's is passed over. */
static ssize_t receive(const struct netlink *netlink, void *bytes, size_t size) {
        for (;;) {
                struct sockaddr_nl sender = {};
                socklen_t length = sizeof(sender);
                ssize_t n = recvfrom(netlink->fd, bytes, size, MSG_TRUNC, (struct sockaddr *)&sender, &length);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN ? -ETIMEDOUT : -errno;
                if ((size_t)n > size)
                        return -EMSGSIZE;
                if (length == sizeof(sender) && sender.nl_pid == 0)
                        return n;
        }
}

int netlink_call(struct netlink *netlink, struct netlink_request *request,
                 int (*take)(void *context, uint16_t type, struct netlink_bytes body), void *context) {
        struct netlink_answer answer = {.sequence = ++netlink->sequence, .take = take, .context = context};
        const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
        autofree unsigned char *bytes = alloc_zero(PIECE_MAX, 1);
        int r = 0;

        netlink->explanation[0] = '\0';
        if (request->is_too_long)
                return -EMSGSIZE;
        seal(request, netlink->sequence);
        if (sendto(netlink->fd, request->bytes, request->size, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
                return -errno;
        while (r == 0) {
                ssize_t n = receive(netlink, bytes, PIECE_MAX);

                if (n < 0)
                        return (int)n;
                r = netlink_read(&answer, (struct netlink_bytes){bytes, (size_t)n});
        }
        memcpy(netlink->explanation, answer.explanation, sizeof(netlink->explanation));
        if (r < 0)
                return r;
        return answer.has_changed ? -EAGAIN : 0;
}
