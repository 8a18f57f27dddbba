/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of D-Bus servers (D-Bus Specification, "Server Addresses"): those of unix sockets, the only ones that tare uses. */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

/*
 * Takes the first usable address from a list as in DBUS_SESSION_BUS_ADDRESS, "unix:path=/run/user/1000/bus,guid=0a;...", and
 * moves *list behind it; NULL at its end. 0, or -ENOENT when there is none (left).
 */
int bus_address_next(const char **list, struct sockaddr_un *ret, socklen_t *ret_size);

/* That of a path; -ENAMETOOLONG. */
int bus_address_of_path(const char *path, struct sockaddr_un *ret, socklen_t *ret_size);
