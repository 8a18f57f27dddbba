/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding the program, and the truth about why it did not start. In init, inside the container's root, with the ids of
 * the process. The wording is what Docker and podman choose exit codes by (features.md 4.2).
 */
#pragma once

#include <sys/stat.h>

/*
 * The path to execute for args[0], looked up in `path` (a PATH value) unless it has a slash. Owned by the caller.
 * `forbidden` is tare itself: by /proc/self/exe, or by a script whose interpreter that is, a container could start it and
 * get a descriptor of the host's binary (CVE-2019-5736).
 */
int exec_find(const char *name, const char *path, const struct stat *forbidden, char **ret);

/* The last part of it, for who has found the program elsewhere: fails if executing `path` would start the forbidden file. */
int exec_refuse_own_binary(const char *name, const char *path, const struct stat *forbidden);

/* After execve(2) has failed: records which file is missing, unfit or forbidden, and returns -error. */
int exec_explain(int error, const char *path);
