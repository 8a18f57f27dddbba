/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device rules as an eBPF program, for v2. */
#pragma once

#include <linux/bpf.h>
#include <stddef.h>

#include "cgroups/device-rules.h"

/* The instructions for the rules; pure. The caller frees them. */
struct bpf_insn *device_program_make(const struct device_rules *rules, size_t *ret_n);

/* Loads the instructions; a descriptor or -errno, silent. */
int device_program_load(const struct bpf_insn *instructions, size_t n);

/* Attaches the program to the v2 cgroup; -errno, silent. It stays until the cgroup is removed. */
int device_program_attach(int cgroup_fd, int program_fd);

/* Detaches the device programs that an earlier container with this runtime left on a v2 cgroup. */
int device_program_detach_own(int cgroup_fd);
