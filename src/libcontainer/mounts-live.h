/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts of a container that is there: created, running or paused. Runs in the runtime's process. Functions record their
 * failures, after which nothing has changed but directories and files that were made to mount on.
 *
 * `path` is a file with an array of mounts as in config.json, "-" is standard input.
 */
#pragma once

int container_add_mounts(const char *root, const char *id, const char *path);

/* Of the mounts only the destinations count; each must be one that container_add_mounts() has mounted. */
int container_remove_mounts(const char *root, const char *id, const char *path);
