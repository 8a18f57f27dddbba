# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The mounts that a config must give, computed as mount(2) and the specification say: a tree in which a path is walked from the
root, at every step over the mount that is the last one there.
"""

FLAG_WORDS = {  # set, cleared
    "ro": ({"ro"}, set()), "rw": (set(), {"ro"}),
    "nosuid": ({"nosuid"}, set()), "suid": (set(), {"nosuid"}),
    "nodev": ({"nodev"}, set()), "dev": (set(), {"nodev"}),
    "noexec": ({"noexec"}, set()), "exec": (set(), {"noexec"}),
    "nodiratime": ({"nodiratime"}, set()), "diratime": (set(), {"nodiratime"}),
    "nosymfollow": ({"nosymfollow"}, set()), "symfollow": (set(), {"nosymfollow"}),
}
TIMES = {"noatime", "relatime"}  # strictatime is their absence in mountinfo
PROPAGATION = ("shared", "slave", "private", "unbindable")


def with_flags(flags, options, recursive=False):
    """The flags of a mount after the options; with `recursive` those of the words with an r, for a whole tree."""
    flags = set(flags)
    for option in options:
        word = option
        if recursive:
            # "rw" and "ro" begin with that letter as well, and concern one mount only.
            if option in ("ro", "rw", "relatime") or not option.startswith("r"):
                continue
            word = option[1:]
        if word in FLAG_WORDS:
            add, remove = FLAG_WORDS[word]
            flags = (flags - remove) | add
        elif word == "noatime":
            flags = (flags - TIMES) | {"noatime"}
        elif word == "relatime":
            flags = (flags - TIMES) | {"relatime"}
        elif word == "strictatime":
            flags -= TIMES
    return flags


class Mount:
    is_empty = False  # of a masked directory: nothing is below it

    def __init__(self, parent, at, fstype, flags, propagation="private"):
        self.parent, self.at, self.fstype, self.flags, self.propagation = parent, at, fstype, set(flags), propagation

    def describe(self):
        return (self.at, self.fstype, " ".join(sorted(self.flags)), self.parent.at if self.parent else "", self.propagation)


class Tree:
    def __init__(self, fstype, flags, propagation):
        self.root = Mount(None, "/", fstype, flags, propagation)
        self.mounts = []

    def resolve(self, path):
        """The mount that is seen at the path."""
        current, full = self.root, ""
        for component in [part for part in path.split("/") if part]:
            full += "/" + component
            while True:
                over = [m for m in self.mounts if m.parent is current and m.at == full]
                if not over:
                    break
                current = over[-1]
        return current

    def attach(self, at, fstype, flags):
        parent = self.resolve(at)
        # What is attached to a shared mount becomes shared (mount_namespaces(7)).
        made = Mount(parent, at, fstype, flags, "shared" if parent.propagation == "shared" else "private")
        self.mounts.append(made)
        return made

    def below(self, top, path):
        """The mounts that a recursive clone of `path`, which is in the mount `top`, takes along."""
        found = []
        for mount in self.mounts:
            if mount.parent is top and mount.at.startswith(path.rstrip("/") + "/"):
                found.append(mount)
                found += self.below(mount, mount.at)
        return found

    def clone_onto_itself(self, path, flags):
        """mount --rbind PATH PATH, with further flags for the upper one: for readonlyPaths."""
        top = self.resolve(path)
        taken = self.below(top, path)
        made = {id(top): self.attach(path, top.fstype, top.flags | flags)}
        for mount in taken:
            clone = Mount(made[id(mount.parent)], mount.at, mount.fstype, mount.flags, made[id(top)].propagation)
            made[id(mount)] = clone
            self.mounts.append(clone)

    def describe(self):
        return sorted(mount.describe() for mount in self.mounts)


def unescape(text):
    return text.encode().decode("unicode_escape").encode("latin-1").decode("utf-8", "surrogateescape") if "\\" in text else text


def read_mountinfo(text):
    """By id: (mount, propagation of the root) as the tree above describes them."""
    entries = {}
    for line in text.splitlines():
        words = line.split(" ")
        dash = words.index("-")
        optional = words[6:dash]
        propagation = "private"
        if "unbindable" in optional:
            propagation = "unbindable"
        elif any(word.startswith("shared:") for word in optional):
            propagation = "shared"
        elif any(word.startswith("master:") for word in optional):
            propagation = "slave"
        entries[int(words[0])] = {
            "parent": int(words[1]), "at": unescape(words[4]), "flags": set(words[5].split(",")) - {"rw"},
            "fstype": words[dash + 1], "super": words[dash + 3].split(","), "propagation": propagation, "root": words[3],
        }
    return entries


def describe_seen(entries):
    """The same as Tree.describe(), and the root's entry by itself."""
    root = next((e for e in entries.values() if e["at"] == "/"), None)
    seen = sorted((e["at"], e["fstype"], " ".join(sorted(e["flags"])), entries.get(e["parent"], {"at": ""})["at"],
                   e["propagation"]) for e in entries.values() if e is not root)
    return seen, root


def expected(config, host):
    """The tree of a config, and for each mount of `mounts` what is on top at its destination (None: covered later)."""
    linux = config.get("linux") or {}
    root = config["root"]
    asked = linux.get("rootfsPropagation") or ""
    # The rootfs is private to begin with, so to be a slave of it is to be private.
    word = asked if asked in PROPAGATION else asked[1:]
    propagation = word if word in ("shared", "unbindable") else "private"
    tree = Tree("tmpfs", {"relatime"} | ({"ro"} if root.get("readonly") else set()), "private")
    for entry in config.get("mounts") or []:
        at = host.destination(entry["destination"])
        options = [o for o in entry.get("options") or [] if o]
        if "remount" in options:
            # mount(8), "remount": what is there and not spoken of stays.
            top = tree.resolve(at)
            top.flags = with_flags(top.flags, options)
            made = [top] + tree.below(top, top.at)
        elif "bind" in options or "rbind" in options:
            source, children = host.source(entry["source"])
            top = tree.attach(at, "tmpfs", with_flags(source, options))
            made = [top]
            if "rbind" in options:
                for child_at, flags in children:
                    child = Mount(top, at + child_at, "tmpfs", flags, top.propagation)
                    tree.mounts.append(child)
                    made.append(child)
            if is_mapped(entry, options):
                for mount in made if "ridmap" in options else [top]:
                    mount.flags.add("idmapped")
        else:
            top = tree.attach(at, entry["type"], with_flags({"relatime"}, options))
            made = [top]
        for mount in made:
            mount.flags = with_flags(mount.flags, options, recursive=True)
        for option in options:
            if option in PROPAGATION:
                top.propagation = option if option != "slave" or top.propagation == "slave" else set_slave(top)
            elif option.startswith("r") and option[1:] in PROPAGATION:
                for mount in made:
                    mount.propagation = option[1:] if option != "rslave" else set_slave(mount)
    if host.in_user_namespace(config):
        for device in host.default_devices + [d["path"] for d in linux.get("devices") or [] if d["type"] != "p"]:
            if not any(m.at == device and m.fstype == "devtmpfs" for m in tree.mounts):
                tree.attach(device, "devtmpfs", host.device_flags)
    if (config.get("process") or {}).get("terminal"):
        tree.attach("/dev/console", "devpts", tree.resolve("/dev/pts").flags)
    for path in linux.get("readonlyPaths") or []:
        if host.exists(tree, path):
            tree.clone_onto_itself(path, {"ro"})
    for path in linux.get("maskedPaths") or []:
        kind = host.exists(tree, path)
        if kind == "directory":
            tree.attach(path, "tmpfs", {"ro", "nosuid", "nodev", "noexec", "relatime"}).is_empty = True
        elif kind:
            tree.attach(path, "devtmpfs", host.device_flags | {"ro", "nosuid", "noexec"})
    tree.root.propagation = propagation
    return tree


def is_mapped(entry, options):
    """The mappings count without the word as well; they SHOULD be given along with it (config.md)."""
    return "idmap" in options or "ridmap" in options or bool(entry.get("uidMappings"))


def set_slave(mount):
    """A shared mount without any other peer becomes private (mount_namespaces(7)); one that is not shared stays as it is."""
    return "private" if mount.propagation == "shared" else mount.propagation
