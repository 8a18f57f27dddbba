/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of messages that can come from the container: on the channel of a launch, whose other end a process with
 * CAP_SYS_PTRACE can take, and on its notify socket. The first byte says on which.
 *
 * Whatever is sent: a message of the channel has a text that ends inside of it, no descriptor came, and what is too short is
 * told so; a readiness that is found stands on a line of its own.
 */
#include "fuzz.h"

#include <string.h>
#include <sys/socket.h>

#include "libcontainer/isolation/notify.h"
#include "libcontainer/process/channel.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/text.h"

static void receive(const void *bytes, size_t size) {
        autoclose int ours = -1, theirs = -1;
        struct message message;
        int ends[2], r;

        memset(&message, 0xff, sizeof(message));
        demand(channel_open(ends) == 0);
        ours = ends[0];
        theirs = ends[1];
        if (send(theirs, bytes, size, 0) < 0)
                return;
        r = channel_receive(ours, &message);
        demand((r < 0) == !text_is_empty(fail_text()));
        fail_forget();
        if (r < 0)
                return;
        demand(message.fd == -1);
        demand(memchr(message.text, '\0', sizeof(message.text)) != NULL);
}

static void notice(const char *bytes, size_t size) {
        /* With a sanitizer behind its end. */
        autofree char *copy = size > 0 ? memory_copy(bytes, size) : NULL;
        autofree char *text = text_copy_n(bytes, size);

        if (!copy || !notify_says_ready(copy, size))
                return;
        demand(text_starts_with(text, "READY=1") || strstr(text, "\nREADY=1"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        if (size == 0)
                return 0;
        if (data[0] % 2)
                receive(data + 1, size - 1);
        else
                notice((const char *)data + 1, size - 1);
        return 0;
}
