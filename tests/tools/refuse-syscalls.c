/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * refuse-syscalls NAME[,NAME...] COMMAND [ARGUMENT...]
 *
 * Runs the command with the named system calls failing with ENOSYS, as on a kernel that lacks them: so the tests reach
 * the fallbacks. `new` names all that came with Linux 4.11 or later. no_new_privs is set only for an unprivileged user.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/kernel.h"

#include "../unit/refuse.h"

static const struct {
        const char *name;
        long number;
        bool is_new;
} calls[] = {
        {"bpf", SYS_bpf},
        {"clone3", SYS_clone3, true},
        {"close_range", SYS_close_range, true},
        {"faccessat2", SYS_faccessat2, true},
        {"fsconfig", SYS_fsconfig, true},
        {"fsmount", SYS_fsmount, true},
        {"fsopen", SYS_fsopen, true},
        {"fspick", SYS_fspick, true},
        {"ioprio_set", SYS_ioprio_set},
        {"keyctl", SYS_keyctl},
        {"memfd_create", SYS_memfd_create},
        {"mount_setattr", SYS_mount_setattr, true},
        {"move_mount", SYS_move_mount, true},
        {"open_tree", SYS_open_tree, true},
        {"openat2", SYS_openat2, true},
        {"pidfd_getfd", SYS_pidfd_getfd, true},
        {"pidfd_open", SYS_pidfd_open, true},
        {"pidfd_send_signal", SYS_pidfd_send_signal, true},
        {"sched_setattr", SYS_sched_setattr},
        {"set_mempolicy", SYS_set_mempolicy},
        {"statx", SYS_statx, true},
};

#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

/* Adds what the name stands for; a call named twice is added once. */
static bool add(const char *name, bool refused[N_CALLS]) {
        bool found = false;

        for (size_t i = 0; i < N_CALLS; i++) {
                bool is_meant = strcmp(name, "new") == 0 ? calls[i].is_new : strcmp(name, calls[i].name) == 0;

                refused[i] |= is_meant;
                found |= is_meant;
        }
        return found;
}

int main(int argc, char **argv) {
        bool refused[N_CALLS] = {false};
        long numbers[N_CALLS];
        size_t n = 0;
        int r;

        if (argc < 3) {
                fprintf(stderr, "usage: refuse-syscalls NAME[,NAME...] COMMAND [ARGUMENT...]\n");
                return EXIT_FAILURE;
        }
        for (const char *name = strtok(argv[1], ","); name; name = strtok(NULL, ",")) {
                if (!add(name, refused)) {
                        fprintf(stderr, "refuse-syscalls: unknown system call `%s`\n", name);
                        return EXIT_FAILURE;
                }
        }
        for (size_t i = 0; i < N_CALLS; i++)
                if (refused[i])
                        numbers[n++] = calls[i].number;
        r = refuse_syscalls(numbers, n);
        if (r < 0) {
                fprintf(stderr, "refuse-syscalls: install filter: %s\n", strerror(-r));
                return EXIT_FAILURE;
        }
        execvp(argv[2], argv + 2);
        fprintf(stderr, "refuse-syscalls: execute `%s`: %s\n", argv[2], strerror(errno));
        return 127;
}
