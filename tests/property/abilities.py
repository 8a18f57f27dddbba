# SPDX-License-Identifier: LGPL-2.1-or-later
"""What this kernel can do, found by trying. What it cannot is not drawn, and said."""

import ctypes
import os
import struct

import kernel

SYSCALL = {"sched_setattr": 314, "set_mempolicy": 238, "seccomp": 317, "open_tree": 428, "move_mount": 429,
           "mount_setattr": 442}
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = -100, 0x1000, 0x8000
OPEN_TREE_CLONE, MOUNT_ATTR_IDMAP, MOUNT_ATTR_NOSYMFOLLOW = 1, 0x100000, 0x200000
SECCOMP_GET_NOTIF_SIZES = 3


def in_child(function):
    """Whether the function, in a process of its own, raises no OSError."""
    child = os.fork()
    if child == 0:
        try:
            function()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def system_call(name, *arguments):
    return kernel.call("syscall", ctypes.c_long(SYSCALL[name]), *arguments)


def change_mount(path, attributes, user_namespace=0):
    """mount_setattr(2) on a clone of the mount that nobody sees."""
    fd = system_call("open_tree", AT_FDCWD, path.encode(), OPEN_TREE_CLONE)
    attr = struct.pack("=4Q", attributes, 0, 0, user_namespace)
    system_call("mount_setattr", fd, b"", AT_EMPTY_PATH | AT_RECURSIVE, attr, ctypes.c_size_t(len(attr)))


def use_deadline():
    system_call("sched_setattr", 0, struct.pack("=IIQiI3Q", 48, kernel.POLICIES["SCHED_DEADLINE"], 0, 0, 0,
                                                5 * 10**6, 10**8, 10**8), 0)


def use_memory_mode(mode, flags):
    nodes = None if mode in ("MPOL_DEFAULT", "MPOL_LOCAL") else struct.pack("=Q", 1)
    system_call("set_mempolicy", kernel.MEMORY_MODES[mode] | flags, nodes, ctypes.c_ulong(64))


def map_ids(path, user_namespace_path):
    with open(user_namespace_path) as namespace:
        change_mount(path, MOUNT_ATTR_IDMAP, namespace.fileno())


def try_all(host):
    """The abilities by name. host.directory is a tmpfs, host.joinable["user"] a user namespace with mappings."""
    sizes = ctypes.create_string_buffer(8)
    tries = {
        "recursive mount flags": lambda: change_mount(host.directory, 0x2),
        "nosymfollow": lambda: change_mount(host.directory, MOUNT_ATTR_NOSYMFOLLOW),
        "id-mapped mounts": lambda: map_ids(host.directory, host.joinable["user"]),
        "SCHED_DEADLINE": use_deadline,
        "seccomp listeners": lambda: system_call("seccomp", SECCOMP_GET_NOTIF_SIZES, 0, sizes),
        "MPOL_F_NUMA_BALANCING": lambda: use_memory_mode("MPOL_BIND", kernel.MEMORY_FLAGS["MPOL_F_NUMA_BALANCING"]),
        **{mode: lambda mode=mode: use_memory_mode(mode, 0) for mode in kernel.MEMORY_MODES},
    }
    return {name: in_child(function) for name, function in tries.items()}
