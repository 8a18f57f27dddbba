/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tare's own file, out of the container's reach. Init is tare until it executes the container's program, and by
 * /proc/self/exe (as the program, as the interpreter of a script, as a hook) an image could start that file again and keep
 * a descriptor of it for writing once nobody executes it any more (CVE-2019-5736). So before anything of a container
 * exists, tare starts itself once more from a view of its file that cannot be written through: a detached read-only
 * mount, which no path leads to; or, for callers who may not mount, a sealed copy in memory.
 *
 * In the runtime's process, before any descriptor is opened. Returns 0 when the file is safe already (the second start,
 * or a read-only file system), and does not return when it starts tare again. Records.
 */
#pragma once

int own_binary_protect(char *const *argv);
