/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AppArmor profiles and SELinux labels. Whether the machine has them is asked once, in the runtime's process and only when
 * a config names a label (lsm-module.h): a start without labels does not pay for it, and nothing is ever loaded once the
 * container's files are in reach (CVE-2019-14271). Inside, the label is
 * written through a procfs that only init has (CVE-2019-16884, CVE-2025-52881), and read back.
 */
#pragma once

#include "libcontainer/config/config.h"
#include "util/text.h"

/* A label that this machine cannot apply is an error. In the runtime's process, before the first side effect. */
int lsm_check(const struct config *config);

bool lsm_apparmor_is_enabled(void);
bool lsm_selinux_is_enabled(void);

/* Adds context="LABEL", or the option that the config wants instead, for the file systems that take it. */
void lsm_add_mount_label(const struct config *config, const char *type, struct text *data);

/* Labels an attached file system that takes no context= (mqueue) by its root's extended attribute. */
int lsm_label_mount(const char *label, const char *type, int mount_fd);

/* Labels a file of the runtime's that the container is to use; nothing without a label. */
int lsm_label_file(const char *label, int fd);

/*
 * Makes the labels those of the next execve(2), and checks that the kernel says so. In init, on procfs_fd, the root of a
 * private procfs. Must run before no_new_privs and before the ids change.
 */
int lsm_set_exec_labels(const struct process_config *process, int procfs_fd);
