/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a container. Runs in the runtime's process. */
#include "libcontainer/end.h"

#include <fcntl.h>
#include <unistd.h>

#include "libcontainer/isolation/hooks.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/text.h"

/* Processes die in milliseconds; half a minute is for those that wait for a disk. */
#define EMPTY_MILLISECONDS 30000

/* poststop hooks run in any case (runtime.md, "Lifecycle" 13). */
static int open_output(const struct config *config, enum hook_kind kind, int ret_fds[2]) {
        int r = hooks_open_output(&config->extensions, ret_fds);

        if (r >= 0 || kind != HOOK_POSTSTOP)
                return r;
        log_warning("%s", fail_text());
        fail_forget();
        return 0;
}

int end_run_hooks(const struct config *config, enum hook_kind kind, const struct state *state, enum status status) {
        autoclose int bundle_fd = -1, stdout_fd = -1, stderr_fd = -1;
        int output_fds[2] = {-1, -1}, r;
        struct text text = TEXT_INIT;

        if (config->hooks[kind].count == 0)
                return 0;
        r = open_output(config, kind, output_fds);
        stdout_fd = output_fds[0];
        stderr_fd = output_fds[1];
        if (r < 0)
                return r;
        /* The bundle may be gone by now; then hooks run in `/`, as they do where they may not enter it. */
        bundle_fd = open(state->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        state_print_for_hook(state, status, status == STATUS_STOPPED ? 0 : (pid_t)state->init.pid, &text);
        r = hooks_run(&(struct hook_call){.hooks = &config->hooks[kind],
                                          .kind = kind,
                                          .state = text.bytes,
                                          .environment = environ,
                                          .directory_fd = bundle_fd,
                                          .output_fds = (const int[]){stdout_fd, stderr_fd}},
                      kind == HOOK_POSTSTOP);
        text_done(&text);
        return r;
}

/* A machine that has started again has groups of others at most. */
static int remove_shares(const struct state *state) {
        char boot_id[BOOT_ID_MAX] = "";

        if (!state->resctrl.directory)
                return 0;
        if (proc_boot_id(boot_id) < 0 || !text_equal(boot_id, state->boot_id))
                return 0;
        return resctrl_remove(&state->resctrl);
}

int end_container(const struct state_directory *directory, const struct state *state, const struct config *config) {
        int r = cgroup_destroy(&state->cgroup, EMPTY_MILLISECONDS);

        if (r >= 0)
                r = remove_shares(state);
        if (r < 0)
                return r;
        r = state_remove(directory, state->id);
        if (r < 0)
                return r;
        return config ? end_run_hooks(config, HOOK_POSTSTOP, state, STATUS_STOPPED) : 0;
}
