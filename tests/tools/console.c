/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * console SOCKET [INPUT]: the other end of --console-socket. Listens at SOCKET, takes one message, prints
 *
 *     payload LENGTH, N descriptors, a terminal
 *
 * then types INPUT into the terminal and prints what comes out of it until its last user is gone. Nothing takes longer
 * than ten seconds. A path longer than sun_path is reached through a descriptor of its folder.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "receive.h"

int main(int argc, char **argv) {
        char bytes[PAYLOAD_SIZE];
        int connection, terminal;
        size_t length, count;

        if (argc < 2)
                errx(2, "usage: console SOCKET [INPUT]");
        connection = accept_at(argv[1]);
        length = receive(connection, bytes, &count, &terminal);
        printf("payload %zu, %zu descriptors, %s\n", length, count, isatty(terminal) ? "a terminal" : "no terminal");
        fflush(stdout);
        if (argc > 2 && write(terminal, argv[2], strlen(argv[2])) < 0)
                err(1, "type into the terminal");
        for (;;) {
                ssize_t n;

                wait_for(terminal, "output");
                n = read(terminal, bytes, sizeof(bytes));
                if (n <= 0)
                        return n == 0 || errno == EIO ? 0 : 1;
                fwrite(bytes, 1, (size_t)n, stdout);
                fflush(stdout);
        }
}
