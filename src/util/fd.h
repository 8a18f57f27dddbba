/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File descriptors: ownership by scope, passing over sockets, closing what must not be inherited.
 * Everything is opened with O_CLOEXEC. Functions return -errno and stay silent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Closes *fd if it is not negative and sets it to -1; keeps errno. */
void fd_close(int *fd);

/* A local descriptor that is closed when it goes out of scope; initialise it with -1 or with the call that opens it. */
#define autoclose __attribute__((cleanup(fd_close)))

/* Hands a descriptor over: returns it and leaves -1 behind. */
static inline int take_fd(int *fd) {
        int taken = *fd;

        *fd = -1;
        return taken;
}

/* Sets or clears FD_CLOEXEC. */
int fd_set_cloexec(int fd, bool cloexec);
int fd_set_nonblock(int fd, bool nonblock);

/*
 * Closes every descriptor above standard error except those in `keep`, which it sorts. For the child right after clone:
 * nothing that the runtime's caller left open may live on in the container.
 */
int fd_close_all_except(int *keep, size_t n_keep);

/* Marks every descriptor from `first` up close-on-exec. */
int fd_cloexec_from(int first);

/* Opens a new descriptor on the same object by its /proc/self/fd link, with other flags (an O_PATH one, say). */
int fd_reopen(int fd, int flags);

/* Path of the descriptor under /proc/self/fd, valid in this process while /proc is the host's. */
#define FD_PATH_MAX (sizeof("/proc/self/fd/") + 11)
void fd_path(char path[FD_PATH_MAX], int fd);

/* Writes all bytes / reads up to size bytes until end of file; retry on EINTR. fd_read_full returns the count. */
int fd_write_full(int fd, const void *bytes, size_t size);
ssize_t fd_read_full(int fd, void *bytes, size_t size);

/* One message with bytes and at most one descriptor (fd = -1: none) over a unix socket. */
int fd_send(int socket, const void *bytes, size_t size, int fd);

/*
 * Receives one message. Returns its size, 0 at the end of the stream. *ret_fd is the descriptor that came with it
 * (close-on-exec, owned by the caller) or -1.
 */
ssize_t fd_receive(int socket, void *bytes, size_t size, int *ret_fd);

/*
 * Connects a stream socket to the unix socket at `path`, however long the path is (sun_path holds 107 bytes: a longer
 * one is reached through a descriptor of the socket's file). Returns the connected socket.
 */
int fd_connect_unix(const char *path);

/* The same for a datagram socket. `@NAME` is one of the abstract namespace (unix(7)), and the only kind without a path. */
int fd_connect_datagram(const char *address);

/* Waits until the descriptor is readable; -ETIMEDOUT after `milliseconds` (negative: for ever). */
int fd_wait_readable(int fd, int milliseconds);

/* flock(2) exclusively, giving up with -ETIMEDOUT after `milliseconds`; 0 tries once (-EWOULDBLOCK). */
int fd_lock(int fd, int milliseconds);
