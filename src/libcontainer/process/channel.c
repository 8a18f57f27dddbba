/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages on a pair of sequenced-packet sockets. Runs in the runtime, the stage, init and the helper. */
#include "libcontainer/process/channel.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/fail.h"
#include "util/fd.h"

/* What travels: the struct up to the text, then as much of the text as there is. The descriptor goes beside it. */
#define HEADER_SIZE offsetof(struct message, text)

int channel_open(int ret_ends[2]) {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends) < 0)
                return fail(errno, "make channel");
        return 0;
}

static int send_message(int channel, const struct message *message, int fd) {
        int r = fd_send(channel, message, HEADER_SIZE + strlen(message->text) + 1, fd);

        return r < 0 ? fail(-r, "send message") : 0;
}

int channel_send(int channel, enum message_type type) {
        return channel_send_fd(channel, type, 0, -1);
}

int channel_send_number(int channel, enum message_type type, int number) {
        return channel_send_fd(channel, type, number, -1);
}

/* A message without a text. */
struct short_message {
        enum message_type type;
        int number, fd;
        char text[1];
};

int channel_send_fd(int channel, enum message_type type, int number, int fd) {
        struct short_message message = {type, number, -1, ""};
        int r = fd_send(channel, &message, HEADER_SIZE + 1, fd);

        return r < 0 ? fail(-r, "send message") : 0;
}

int channel_write(int channel, enum message_type type, int number) {
        struct short_message message = {type, number, -1, ""};
        int r = fd_write_full(channel, &message, HEADER_SIZE + 1);

        return r < 0 ? fail(-r, "send message") : 0;
}

int channel_read(int channel, enum message_type *ret_type) {
        struct short_message message;
        ssize_t size;

        do
                size = read(channel, &message, sizeof(message));
        while (size < 0 && errno == EINTR);
        if (size == 0 || (size < 0 && errno == ECONNRESET)) {
                *ret_type = MESSAGE_END;
                return 0;
        }
        if (size < 0)
                return fail(errno, "receive message");
        if ((size_t)size <= HEADER_SIZE)
                return reject("receive message: %zd bytes are too short", size);
        *ret_type = message.type;
        return 0;
}

int channel_send_text(int channel, enum message_type type, const char *text) {
        struct message message = {.type = type, .fd = -1};

        strncpy(message.text, text, sizeof(message.text) - 1);
        return send_message(channel, &message, -1);
}

int channel_receive(int channel, struct message *ret) {
        ssize_t size = fd_receive(channel, ret, sizeof(*ret), &ret->fd);

        /* ECONNRESET: the other end was closed with a message of ours unread. */
        if (size == 0 || size == -ECONNRESET) {
                ret->type = MESSAGE_END;
                ret->fd = -1;
                ret->text[0] = '\0';
                return 0;
        }
        if (size < 0)
                return fail((int)-size, "receive message");
        if ((size_t)size <= HEADER_SIZE)
                return reject("receive message: %zd bytes are too short", size);
        ret->text[(size_t)size - HEADER_SIZE - 1] = '\0';
        return 0;
}

int channel_expect(int channel, enum message_type type, struct message *ret) {
        int r = channel_receive(channel, ret);

        if (r < 0)
                return r;
        if (ret->type == type)
                return 0;
        fd_close(&ret->fd);
        return reject(ret->type == MESSAGE_END ? "the runtime ended" : "unexpected message");
}
