# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files that containers are given and that the judge looks for again."""

# The tree for tmpcopyup, by name: (mode, content). A link's content is where it leads.
COPIED = {"dir": (0o40755, None), "dir/inner": (0o100640, "inner"), "link": (0o120777, "dir/inner"), "owned": (0o100664, "owned"),
          "program": (0o104755, "program"), "fifo": (0o10644, None), "dir/ü": (0o40701, None)}
COPIED_MODE = 0o40775  # of the folder itself

# Files for id-mapped mounts, by name: (uid, gid). Their folder is root's.
OWNED = {"f0": (0, 0), "f1": (1000, 2000), "f2": (5000, 5000), "f3": (70000, 3)}
