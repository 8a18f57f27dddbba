# SPDX-License-Identifier: LGPL-2.1-or-later
"""Id mappings: lines of (first inside, first outside, how many)."""


def lines_of(mappings):
    return [(m["containerID"], m["hostID"], m["size"]) for m in mappings or []]


def reverse(lines):
    return [(outside, inside, size) for inside, outside, size in lines]


def map_id(id_, lines):
    """What an id is on the other side, or None."""
    for first, other, size in lines:
        if first <= id_ < first + size:
            return other + id_ - first
    return None
