/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The logs that a daemon keeps: the systemd journal and syslog, each reached by a datagram socket, without a library and
 * without the global state of syslog(3). In the runtime's process.
 */
#pragma once

#include <stdbool.h>

#include "util/text.h"

enum log_socket_kind { LOG_SOCKET_JOURNAL, LOG_SOCKET_SYSLOG };

/*
 * Connects to the daemon's socket, which must be there, so that a log that leads nowhere is found before anything is
 * done. Returns the descriptor, owned by the caller. Records its failure.
 */
int log_socket_open(enum log_socket_kind kind);

/*
 * Makes one datagram. `priority` is syslog's, 3 (error) to 7 (debug); `identifier` names the sender and ends at the first
 * character that the protocol has no place for. An overlong message is cut between two characters.
 *
 * The journal's is a list of fields, that of syslog a line as RFC 3164 has it on a local socket (without a host name),
 * with a space for each control character.
 */
void log_socket_format(enum log_socket_kind kind, int priority, const char *identifier, const char *message, struct text *ret);
