/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tare: an OCI container runtime. Here the global options are read, the command is found in its table and run, and the
 * one error of a failed command is printed. Everything else is below: cli/ (options), libcontainer/ (the life cycle).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "build-config.h"
#include "cli/command.h"
#include "libcontainer/config/version.h"
#include "libcontainer/own-binary.h"
#include "libcontainer/plan/host.h"
#include "seccomp/seccomp.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/text.h"
#include "util/title.h"

const struct command *const command_all[] = {
        &command_create, &command_start,  &command_run,  &command_exec,   &command_state, &command_kill,
        &command_delete, &command_list, &command_ps, &command_events, &command_mounts,
        &command_pause, &command_resume, &command_update,
        &command_spec, &command_features, &command_info, &command_completion,
        NULL,
};

struct main_values {
        struct global_options global;
        bool version;
};

const struct option_row command_global_options[] = {
        OPTION(OPTION_TEXT, struct main_values, global.root, "root", 'r', "DIR", "directory of the containers' state"),
        OPTION(OPTION_TEXT, struct main_values, global.log, "log", 'l', "TARGET", "FILE (default: standard error), journald:ID or syslog:ID"),
        OPTION(OPTION_FLAG, struct main_values, global.systemd_log, "systemd-log", 0, NULL, "write the log to the systemd journal"),
        OPTION(OPTION_TEXT, struct main_values, global.log_format, "log-format", 0, "FORMAT", "text (default) or json"),
        OPTION(OPTION_TEXT, struct main_values, global.log_level, "log-level", 0, "LEVEL", "error, warning, info or debug"),
        OPTION(OPTION_FLAG, struct main_values, global.debug, "debug", 0, NULL, "log everything"),
        OPTION(OPTION_FLAG, struct main_values, global.systemd_cgroup, "systemd-cgroup", 's', NULL, "make cgroups by systemd"),
        OPTION(OPTION_TEXT, struct main_values, global.cgroup_manager, "cgroup-manager", 0, "NAME", "cgroupfs (default), systemd or disabled"),
        OPTION(OPTION_TEXT, struct main_values, global.rootless, "rootless", 0, "BOOL", "do without cgroups that may not be made: true, false or auto (default)"),
        OPTION(OPTION_FLAG, struct main_values, version, "version", 'v', NULL, "print the version"),
        {},
};

static int print_version(void) {
        printf("tare version %s\ncommit: %s\nspec: %s\n", TARE_VERSION, TARE_COMMIT, TARE_SPEC_VERSION);
        if (seccomp_library_version())
                printf("libseccomp: %s\n", seccomp_library_version());
        return EXIT_SUCCESS;
}

static int print_help(void) {
        printf("usage: tare [OPTIONS] COMMAND [ARGUMENTS]\n\nRuns containers by the specification of the Open Container Initiative.\n\ncommands:\n");
        for (size_t i = 0; command_all[i]; i++)
                printf("  %-10s  %s\n", command_all[i]->name, command_all[i]->summary);
        printf("\noptions:\n");
        options_print(command_global_options);
        printf("\n`tare COMMAND --help` tells more, and so does tare(1).\n");
        return EXIT_SUCCESS;
}

static int print_command_help(const struct command *command) {
        printf("usage: tare %s%s%s\n\n%s\n\noptions:\n", command->name, command->synopsis[0] ? " " : "", command->synopsis, command->summary);
        options_print(command->options);
        return EXIT_SUCCESS;
}

static int finish(int r) {
        if (r >= 0)
                return r;
        log_fatal(fail_text());
        return EXIT_FAILURE;
}

static int wrong_count(const struct command *command, int found) {
        bool exact = command->min_positional == command->max_positional;

        fprintf(stderr, "Incorrect Usage.\n\nusage: tare %s %s\n\n", command->name, command->synopsis);
        if (command->max_positional == 0)
                return reject("tare: \"%s\" takes no argument(s), found %d", command->name, found);
        return reject("tare: \"%s\" requires %s %d argument(s)", command->name,
                      exact ? "exactly" : found < command->min_positional ? "a minimum of" : "a maximum of",
                      found < command->min_positional ? command->min_positional : command->max_positional);
}

/* /run/tare; for others than root it is below their own runtime directory. */
static int choose_root(struct global_options *global) {
        const char *directory;
        int r;

        global->root_is_default = text_is_empty(global->root);
        if (!global->root_is_default)
                return global->root[strspn(global->root, "/")] ? 0 : reject("Option --root argument should not be set to /");
        r = host_runtime_dir(&directory);
        if (r < 0)
                return r;
        global->root = directory ? text_format("%s/tare", directory) : "/run/tare";
        return 0;
}

static const struct command *find_command(const char *name) {
        for (size_t i = 0; command_all[i]; i++)
                if (strcmp(command_all[i]->name, name) == 0)
                        return command_all[i];
        return NULL;
}

/* It is meant for us: nothing that we start, no hook of other people's, is to answer in our name. */
static void take_notify_socket(struct global_options *global) {
        const char *value = getenv("NOTIFY_SOCKET");

        if (!text_is_empty(value))
                global->notify_socket = text_copy(value);
        unsetenv("NOTIFY_SOCKET");
}

static int run_command(const struct command *command, struct main_values *main_values, int argc, char **argv) {
        autofree void *values = alloc_zero(1, command->values_size);
        int n, r;

        if (options_want_help(command->options, argc, argv, command->stop_at_positional))
                return print_command_help(command);
        n = options_parse(command->options, values, argc, argv, command->stop_at_positional);
        if (n < 0)
                return n;
        if (n < command->min_positional || (command->max_positional >= 0 && n > command->max_positional))
                return wrong_count(command, n);
        r = choose_root(&main_values->global);
        if (r < 0)
                return r;
        r = command->run(&main_values->global, values, n, argv);
        if (r >= 0 || !command->exit_on_failure)
                return r;
        log_fatal(fail_text());
        return command->exit_on_failure;
}

/* Else what we open first would be taken for a standard stream, and be handed to the container. */
static int fill_standard_streams(void) {
        for (int fd = 0; fd <= 2; fd++)
                if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
                        return fail(errno, "open `/dev/null` as descriptor %d", fd);
        return 0;
}

/* Counted before we open any ourselves. */
static unsigned count_inherited(void) {
        unsigned n = 0;

        while (fcntl(3 + (int)n, F_GETFD) >= 0)
                n++;
        return n;
}

static int open_log(const struct global_options *global) {
        return log_open(&(struct log_options){.target = global->log,
                                              .journal = global->systemd_log,
                                              .format = global->log_format,
                                              .level = global->log_level,
                                              .debug = global->debug});
}

/* What must be so before anything is opened: the second start, if there is one, inherits all that our caller left open. */
static int take_over(const struct command *command, char *const *original_argv, struct global_options *global) {
        int r = fill_standard_streams();

        if (r < 0)
                return r;
        if (command && command->makes_processes) {
                r = own_binary_protect(original_argv);
                if (r < 0)
                        return r;
                prctl(PR_SET_NAME, "tare", 0, 0, 0);
        }
        global->n_inherited = count_inherited();
        take_notify_socket(global);
        /* A reader of our output that has gone must not end us half-way. */
        signal(SIGPIPE, SIG_IGN);
        /* A caller who ignores the end of children has left that to us as well: then nobody could be waited for. */
        signal(SIGCHLD, SIG_DFL);
        /* What our caller left open is nobody's below us; descriptors that the container keeps are released one by one. */
        r = fd_cloexec_from(3);
        return r < 0 ? fail(-r, "close foreign descriptors") : 0;
}

int main(int argc, char **argv) {
        autofree char **original_argv = memory_copy(argv, ((size_t)argc + 1) * sizeof(char *));
        struct main_values values = {0};
        const struct command *command;
        int n, r;

        title_remember(original_argv);
        n = options_parse(command_global_options, &values, argc - 1, argv + 1, true);
        command = n > 0 ? find_command(argv[1]) : NULL;
        r = take_over(command, original_argv, &values.global);
        if (r < 0)
                return finish(r);
        if (n < 0) {
                bool wants_help = options_want_help(command_global_options, argc - 1, argv + 1, true);

                return wants_help ? print_help() : finish(n);
        }
        r = open_log(&values.global);
        if (r < 0)
                return finish(r);
        if (values.version)
                return print_version();
        if (n == 0 || strcmp(argv[1], "help") == 0)
                return print_help();
        if (!command) {
                reject("No help topic for '%s'", argv[1]);
                finish(-EINVAL);
                return 3;
        }
        return finish(run_command(command, &values, n - 1, argv + 2));
}
