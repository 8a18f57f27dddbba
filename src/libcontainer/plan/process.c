/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process: environment, capabilities, descriptors. Part of plan_make() and plan_exec(), in the runtime's process. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "libcontainer/plan/plan.h"
#include "libcontainer/state/state.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/text.h"

/* Where each name stands in the environment: open addressing, at most half full, so a thousand variables cost nothing. */
struct name_index {
        size_t *slots; /* position + 1; 0: free */
        size_t mask;
};

static size_t name_length(const char *variable) {
        return strcspn(variable, "=");
}

static size_t hash_name(const char *variable) {
        size_t hash = 5381;

        for (; *variable && *variable != '='; variable++)
                hash = hash * 33 + (unsigned char)*variable;
        return hash;
}

/* The slot of a name: the one that has it, or the free one where it belongs. */
static size_t *find_slot(const struct plan *plan, const struct name_index *index, const char *variable) {
        size_t length = name_length(variable);

        for (size_t i = hash_name(variable) & index->mask;; i = (i + 1) & index->mask) {
                size_t *slot = &index->slots[i];

                if (*slot == 0)
                        return slot;
                if (strncmp(plan->environment[*slot - 1], variable, length) == 0 &&
                    plan->environment[*slot - 1][length] == '=')
                        return slot;
        }
}

/* Of a variable that stands twice the last value wins, as in runc. */
static void add_variable(struct plan *plan, const struct name_index *index, char *variable) {
        size_t *slot = find_slot(plan, index, variable);

        if (*slot) {
                plan->environment[*slot - 1] = variable;
                return;
        }
        plan->environment[plan->n_environment++] = variable;
        *slot = plan->n_environment;
}

/* systemd's protocol for passed descriptors (sd_listen_fds(3)); the process will be pid 1 of its own namespace. */
static void add_listen_variables(struct plan *plan, const struct name_index *index, unsigned count) {
        static char listen_pid[] = "LISTEN_PID=1";
        static char listen_fds[32];

        if (count == 0)
                return;
        snprintf(listen_fds, sizeof(listen_fds), "LISTEN_FDS=%u", count);
        add_variable(plan, index, listen_fds);
        add_variable(plan, index, listen_pid);
}

/* The container's own socket, whatever the config says; the manager's is not in its reach. */
static void add_notify_variable(struct plan *plan, const struct name_index *index) {
        static char notify_socket[] = "NOTIFY_SOCKET=" NOTIFY_MOUNT "/" STATE_NOTIFY_SOCKET;

        add_variable(plan, index, notify_socket);
}

static void plan_environment(const struct config *config, const struct process_options *options, struct plan *plan) {
        const struct string_list *env = &config->process.env;
        struct name_index index = {.mask = 15};

        while (index.mask < 2 * (env->count + 3))
                index.mask = index.mask * 2 + 1;
        index.slots = alloc_zero(index.mask + 1, sizeof(size_t));
        /* Room for LISTEN_FDS, LISTEN_PID, NOTIFY_SOCKET, HOME and the NULL at the end. */
        plan->environment = alloc_zero(env->count + 5, sizeof(char *));
        for (size_t i = 0; i < env->count; i++)
                add_variable(plan, &index, env->items[i]);
        add_listen_variables(plan, &index, options->listen_fds);
        if (options->notify_socket)
                add_notify_variable(plan, &index);
        free(index.slots);
        for (size_t i = 0; i < plan->n_environment; i++) {
                const char *path = text_after(plan->environment[i], "PATH=");

                if (path)
                        plan->path_variable = path;
                if (text_starts_with(plan->environment[i], "HOME="))
                        plan->has_home = true;
        }
}

static uint64_t bits_of(const struct string_list *names, struct string_list *ignored) {
        uint64_t bits = 0;

        for (size_t i = 0; i < names->count; i++) {
                cap_value_t value;

                /* libcap also takes plain numbers and lower case; the specification's names are CAP_ in capitals. */
                if (text_starts_with(names->items[i], "CAP_") && cap_from_name(names->items[i], &value) == 0)
                        bits |= UINT64_C(1) << value;
                else
                        *array_append(ignored->items, ignored->count) = names->items[i];
        }
        return bits;
}

/* Removes from `bits` what is not in `allowed`, and remembers the names for the warning. */
static void restrict_bits(uint64_t *bits, uint64_t allowed, const struct string_list *names, struct string_list *ignored) {
        uint64_t refused = *bits & ~allowed;

        *bits &= allowed;
        for (size_t i = 0; refused && i < names->count; i++) {
                cap_value_t value;

                if (cap_from_name(names->items[i], &value) == 0 && refused >> value & 1)
                        *array_append(ignored->items, ignored->count) = names->items[i];
        }
}

/*
 * config.md, "capabilities": what cannot be mapped or granted is a warning, not a failure; so each set is cut to what
 * the kernel will take: effective within permitted, inheritable within bounding, ambient within permitted and inheritable.
 */
static void plan_capabilities(const struct capability_names *names, const struct host *host, struct plan *plan) {
        struct capability_sets *sets = &plan->capabilities;
        struct string_list *ignored = &plan->ignored_capabilities;
        /* In a user namespace of its own the container has them all. */
        uint64_t available = plan->in_user_namespace ? UINT64_MAX : host->bounding_capabilities;

        sets->bounding = bits_of(&names->bounding, ignored);
        sets->permitted = bits_of(&names->permitted, ignored);
        sets->effective = bits_of(&names->effective, ignored);
        sets->inheritable = bits_of(&names->inheritable, ignored);
        sets->ambient = bits_of(&names->ambient, ignored);
        restrict_bits(&sets->bounding, available, &names->bounding, ignored);
        restrict_bits(&sets->permitted, available, &names->permitted, ignored);
        restrict_bits(&sets->effective, sets->permitted, &names->effective, ignored);
        restrict_bits(&sets->inheritable, sets->bounding, &names->inheritable, ignored);
        restrict_bits(&sets->ambient, sets->permitted & sets->inheritable, &names->ambient, ignored);
}

int plan_connect(const char *path, const char *what, int *ret_fd) {
        if (text_is_empty(path))
                return 0;
        *ret_fd = fd_connect_unix(path);
        return *ret_fd < 0 ? fail(-*ret_fd, "connect to %s `%s`", what, path) : 0;
}

static int plan_terminal(const struct config *config, const struct process_options *options, struct plan *plan) {
        bool has_socket = !text_is_empty(options->console_socket);

        if (!config->process.terminal) {
                if (has_socket)
                        return reject("cannot use console socket if the container has no terminal (process.terminal is false)");
                return 0;
        }
        if (options->detach && !has_socket)
                return reject("cannot allocate tty if tare will detach without setting console socket");
        if (!options->detach && has_socket)
                return reject("cannot use console socket if tare will not detach or allocate tty");
        plan->console_to_runtime = !has_socket;
        return plan_connect(options->console_socket, "console socket", &plan->console_socket);
}

static int plan_descriptors(const struct process_options *options, struct plan *plan) {
        plan->n_listen_fds = options->listen_fds;
        plan->n_kept_fds = options->listen_fds + options->preserve_fds;
        /* Not asked of the kernel here: by now there are descriptors of our own. */
        if (plan->n_kept_fds > options->inherited_fds)
                return fail(EBADF, "unable to stat preserved-fd %u (of %u)", options->inherited_fds, plan->n_kept_fds);
        return 0;
}

int plan_process(const struct config *config, const struct process_options *options, const struct host *host,
                 struct plan *plan) {
        int r = plan_descriptors(options, plan);

        if (r < 0)
                return r;
        if (stat("/proc/self/exe", &plan->own_binary) < 0)
                return fail(errno, "look at `/proc/self/exe`");
        plan->may_deny_groups = plan->in_user_namespace || host->in_user_namespace;
        plan_environment(config, options, plan);
        plan_capabilities(&config->process.capabilities, host, plan);
        r = plan_terminal(config, options, plan);
        return r < 0 ? r : plan_connect(options->pidfd_socket, "pidfd socket", &plan->pidfd_socket);
}
