/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tare ps. The table is that of ps(1), which is run with the caller's arguments and of whose rows those are printed that
 * are about processes of the container. Runs in the runtime's process; ps is its only child.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "libcontainer/container.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/proc.h"
#include "util/text.h"

/* Engines call with an empty environment, and an empty PATH would mean the working directory. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#define BLANKS " \t"

struct ps_values {
        const char *format;
};

static const struct option_row options[] = {
        OPTION(OPTION_TEXT, struct ps_values, format, "format", 'f', "FORMAT", "table (default) or json"),
        {},
};

/* --- running ps --- */

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int output_fd) {
        sigset_t defaults;
        int error;

        /* Ours is ignored. */
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        error = posix_spawn_file_actions_adddup2(actions, output_fd, STDOUT_FILENO);
        if (!error)
                error = posix_spawnattr_setsigdefault(attributes, &defaults);
        return error ? error : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
}

static int spawn(char **arguments, int output_fd, pid_t *ret) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        int error;

        if (text_is_empty(getenv("PATH")))
                setenv("PATH", DEFAULT_PATH, true);
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        error = prepare(&actions, &attributes, output_fd);
        if (!error)
                error = posix_spawnp(ret, arguments[0], &actions, &attributes, arguments, environ);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        if (error == ENOENT)
                return reject("there is no program `ps` in `%s`: install procps, or ask for --format json", getenv("PATH"));
        return error ? fail(error, "execute `ps`") : 0;
}

static int read_all(int fd, struct text *text) {
        char block[4096];
        ssize_t n;

        while ((n = fd_read_full(fd, block, sizeof(block))) > 0)
                text_add_n(text, block, (size_t)n);
        return n < 0 ? fail((int)-n, "read the output of `ps`") : 0;
}

static int run_ps(char **arguments, struct text *ret) {
        autoclose int read_fd = -1, write_fd = -1;
        int pipe_fds[2], r, status = 0;
        pid_t pid = -1;

        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return fail(errno, "make a pipe");
        read_fd = pipe_fds[0];
        write_fd = pipe_fds[1];
        r = spawn(arguments, write_fd, &pid);
        if (r < 0)
                return r;
        fd_close(&write_fd);
        r = read_all(read_fd, ret);
        /* Without a reader it ends, if it has not. */
        fd_close(&read_fd);
        if (proc_reap(pid, &status) < 0 || r < 0)
                return r < 0 ? r : fail(errno, "wait for `ps`");
        return status == 0 ? 0 : reject("`ps` failed with exit status %d", proc_exit_code(status));
}

/* --- its table --- */

/* The word of that number, counted from 0, in a line; NULL when it has fewer. */
static const char *find_word(const char *line, int number, size_t *ret_length) {
        for (line += strspn(line, BLANKS); *line; line += strspn(line, BLANKS)) {
                *ret_length = strcspn(line, BLANKS);
                if (number-- == 0)
                        return line;
                line += *ret_length;
        }
        return NULL;
}

static int find_pid_column(const char *header) {
        const char *word;
        size_t length;

        for (int i = 0; (word = find_word(header, i, &length)); i++)
                if (length == 3 && strncmp(word, "PID", 3) == 0)
                        return i;
        return reject("`ps` has no column PID in its header `%s`", header);
}

static bool has_pid(const struct pid_list *pids, int64_t pid) {
        for (size_t i = 0; i < pids->n; i++)
                if (pids->items[i] == pid)
                        return true;
        return false;
}

/* Gives 1 if the row is to be printed. A thread has "-" in place of a pid, and follows its process. */
static int select_row(const char *row, int column, const struct pid_list *pids, bool above) {
        size_t length = 0;
        const char *word = find_word(row, column, &length);
        autofree char *number = word ? text_copy_n(word, length) : NULL;
        int64_t pid;

        if (text_equal(number, "-"))
                return above;
        if (!number || text_to_i64(number, &pid) < 0)
                return reject("`ps` has no number in the column PID of its row `%s`", row);
        return has_pid(pids, pid);
}

/* Cuts `text` into lines and gives, as lines, what is to be printed of it. */
static int select_rows(char *text, const struct pid_list *pids, struct text *ret) {
        char *header = strsep(&text, "\n"), *row;
        int selected = 0, column = find_pid_column(header ? header : "");

        if (column < 0)
                return column;
        text_add_format(ret, "%s\n", header);
        while ((row = strsep(&text, "\n"))) {
                if (!*row)
                        continue;
                selected = select_row(row, column, pids, selected > 0);
                if (selected < 0)
                        return selected;
                if (selected)
                        text_add_format(ret, "%s\n", row);
        }
        return 0;
}

static int print_table(const struct pid_list *pids, int argc, char **argv) {
        autofree char **arguments = alloc_zero((size_t)argc + 3, sizeof(char *));
        autodone(text) struct text output = TEXT_INIT, table = TEXT_INIT;
        static char program[] = "ps", all[] = "-ef";
        int r;

        arguments[0] = program;
        arguments[1] = all;
        for (int i = 0; i < argc; i++)
                arguments[1 + i] = argv[i];
        r = run_ps(arguments, &output);
        if (r >= 0)
                r = select_rows(output.bytes, pids, &table);
        if (r >= 0)
                fputs(table.bytes, stdout);
        return r;
}

/* --- JSON --- */

static void print_json(const struct pid_list *pids) {
        autodone(text) struct text text = TEXT_INIT;
        struct json_writer writer = {.text = &text};

        json_array_begin(&writer, NULL);
        for (size_t i = 0; i < pids->n; i++)
                json_write_i64(&writer, NULL, pids->items[i]);
        json_array_end(&writer);
        puts(text.bytes);
}

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        const struct ps_values *ps = values;
        bool json = text_equal(ps->format, "json");
        autodone(pid_list) struct pid_list pids = {};
        int r;

        if (ps->format && !json && !text_equal(ps->format, "table"))
                return reject("invalid format option");
        r = container_pids(global->root, argv[0], &pids);
        if (r < 0)
                return r;
        if (!json)
                return print_table(&pids, argc - 1, argv + 1);
        print_json(&pids);
        return 0;
}

const struct command command_ps = {
        .name = "ps",
        .synopsis = "[OPTIONS] ID [ARGUMENT...]",
        .summary = "list the processes of a container",
        .options = options,
        .stop_at_positional = true,
        .min_positional = 1,
        .max_positional = -1,
        .run = run,
        .values_size = sizeof(struct ps_values),
};
