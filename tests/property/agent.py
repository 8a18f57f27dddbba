# SPDX-License-Identifier: LGPL-2.1-or-later
"""The other ends of a container: who answers for its seccomp listener, and who takes its terminal."""

import errno
import fcntl
import json
import os
import select
import socket
import struct
import threading

SECONDS_OF_A_MESSAGE = 20
# linux/seccomp.h: _IOWR('!', 0, struct seccomp_notif) and _IOWR('!', 1, struct seccomp_notif_resp).
NOTIF_RECV, NOTIF_SEND = 0xC0502100, 0xC0182101
NOTIF, RESPONSE = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")
CONTINUE = 1


def answer(number, arguments):
    """What the agent says to a call: (value, error, flags). The judge expects the same."""
    kind = (number + arguments[1]) % 3
    if kind == 0:
        return 0, -errno.ENOMEDIUM, 0
    return (1000 + number, 0, 0) if kind == 1 else (0, 0, CONTINUE)


class Agent:
    """Listens at a path while a container lives: takes what runtimes send there, and answers for the listener in a thread."""

    def __init__(self, path):
        self.path, self.messages, self.calls, self.failure = path, [], [], None
        self.listening = listen_at(path)
        self.stop_reader, self.stop_writer = os.pipe()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def close(self):
        os.close(self.stop_writer)
        self.thread.join(SECONDS_OF_A_MESSAGE)
        os.close(self.stop_reader)
        self.listening.close()
        os.unlink(self.path)

    def serve(self):
        listeners = []
        try:
            while True:
                poll = select.poll()
                for fd in (self.listening.fileno(), self.stop_reader, *listeners):
                    poll.register(fd, select.POLLIN)
                for fd, events in poll.poll():
                    if fd == self.stop_reader:
                        return
                    if fd == self.listening.fileno():
                        listeners += self.take()
                    elif events & select.POLLIN:
                        self.answer(fd)
                    else:
                        os.close(fd)  # nobody is left under the filter
                        listeners.remove(fd)
        except Exception as error:  # pylint: disable=broad-except  # the judge tells of it
            self.failure = repr(error)
        finally:
            for fd in listeners:
                os.close(fd)

    def take(self):
        """One message, up to the end of the connection; descriptors belong to its first part."""
        connection = self.listening.accept()[0]
        with connection:
            connection.settimeout(SECONDS_OF_A_MESSAGE)
            text, fds, _, _ = socket.recv_fds(connection, 1 << 16, 8)
            while True:
                more, others, _, _ = socket.recv_fds(connection, 1 << 16, 8)
                if others:
                    raise ValueError("descriptors with a later part of the message")
                if not more:
                    break
                text += more
        self.messages.append(json.loads(text))
        return fds

    def answer(self, fd):
        data = bytearray(NOTIF.size)
        try:
            fcntl.ioctl(fd, NOTIF_RECV, data)
            identity, pid, _, number, _, _, *arguments = NOTIF.unpack(data)
            self.calls.append((pid, number, tuple(arguments)))
            fcntl.ioctl(fd, NOTIF_SEND, bytearray(RESPONSE.pack(identity, *answer(number, arguments))))
        except FileNotFoundError:
            pass  # it was killed meanwhile


class Console:
    """Listens at a path for the one message with a terminal."""

    def __init__(self, path):
        self.path, self.listening = path, listen_at(path)

    def close(self):
        self.listening.close()
        os.unlink(self.path)

    def take(self):
        self.listening.settimeout(SECONDS_OF_A_MESSAGE)
        connection = self.listening.accept()[0]
        with connection:
            connection.settimeout(SECONDS_OF_A_MESSAGE)
            _, fds, _, _ = socket.recv_fds(connection, 4096, 8)
        if len(fds) != 1:
            raise ValueError(f"{len(fds)} descriptors by the console socket")
        return fds[0]


def listen_at(path):
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path)
    listening.listen()
    return listening
