/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of what is read from a container's directory: state.json, resources.json and config.json. The first byte says
 * which of the three the rest is.
 *
 * Whatever is in them: it is read or the container is broken, with a message; what was read can be written, and is read
 * again to the same text.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/state/state.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/file.h"
#include "util/text.h"

static char folder[] = "/tmp/tare-fuzz-state.XXXXXX";

static void remove_folder(void) {
        (void)file_remove_tree(AT_FDCWD, folder);
}

static struct state_directory *directory(void) {
        static struct state_directory directory = STATE_DIRECTORY_INIT;

        if (directory.fd >= 0)
                return &directory;
        demand(mkdtemp(folder) != NULL);
        atexit(remove_folder);
        directory.fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        demand(directory.fd >= 0);
        return &directory;
}

static void demand_message(int r) {
        demand((r < 0) == !text_is_empty(fail_text()));
        fail_forget();
}

static void read_state(const struct state_directory *in) {
        autodone(state) struct state state = STATE_INIT, again = STATE_INIT;
        autodone(text) struct text first = TEXT_INIT, second = TEXT_INIT;
        int r = state_load(in, &state);

        demand(r == 0 || r == -EUCLEAN);
        demand_message(r);
        if (r < 0)
                return;
        state_print_for_hook(&state, STATUS_RUNNING, 1, &first);
        demand(state_save(in, &state) == 0 && state_load(in, &again) == 0);
        state_print_for_hook(&again, STATUS_RUNNING, 1, &second);
        demand(text_equal(first.bytes, second.bytes));
}

static void read_resources(const struct state_directory *in) {
        struct cgroup_resources resources = {};
        int r = state_load_resources(in, &resources);

        demand_message(r);
        if (r >= 0)
                cgroup_resources_done(&resources);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const names[] = {"state.json", STATE_RESOURCES, STATE_CONFIG};
        const struct state_directory *in = directory();
        const char *name;

        if (size == 0)
                return 0;
        name = names[data[0] % 3];
        fail_forget();
        demand(file_replace(in->fd, name, (const char *)data + 1, size - 1, 0600) == 0);
        if (data[0] % 3 == 0)
                read_state(in);
        else
                read_resources(in);
        demand(unlinkat(in->fd, name, 0) == 0);
        return 0;
}
