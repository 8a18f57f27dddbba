/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tare completion: a script for the caller's shell, made from the very tables that parse the command line. What an option
 * takes is told by the word for its argument in the help; container names are asked of `tare list` while completing.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

struct completion_values {
        const char *shell;
};

static const struct option_row options[] = {
        OPTION(OPTION_TEXT, struct completion_values, shell, "shell", 's', "SHELL", "bash, zsh or fish"),
        {},
};

/* --- what the tables tell --- */

static bool takes_argument(const struct option_row *row) {
        return row->argument != NULL;
}

static bool takes_directory(const struct option_row *row) {
        return text_equal(row->argument, "DIR");
}

static bool takes_file(const struct option_row *row) {
        return text_equal(row->argument, "FILE") || text_equal(row->argument, "PATH") || text_equal(row->argument, "TARGET");
}

static bool takes_other(const struct option_row *row) {
        return takes_argument(row) && !takes_directory(row) && !takes_file(row);
}

/* Other commands name a container that is not there yet, or none. */
static bool takes_container(const struct command *command) {
        return command != &command_create && command != &command_run && strstr(command->synopsis, "ID");
}

/* --- text --- */

static void add_escaped(struct text *text, const char *value, const char *special) {
        for (; *value; value++)
                text_add_format(text, strchr(special, *value) ? "\\%c" : "%c", *value);
}

/* For all three shells: a ' ends the quotes, stands for itself behind a backslash, and begins them anew. */
static void add_quoted(struct text *text, const char *value) {
        text_add(text, "'");
        for (; *value; value++)
                text_add_format(text, *value == '\'' ? "'\\%c'" : "%c", *value);
        text_add(text, "'");
}

/* --- bash --- */

/* "--root|-r|--log|-l" of the rows that `is_wanted`. Gives whether there are any. */
static bool add_pattern(struct text *text, const struct option_row *row, bool (*is_wanted)(const struct option_row *row)) {
        size_t begin = text->length;

        for (; row->name; row++) {
                if (!is_wanted(row))
                        continue;
                text_add_format(text, "%s--%s", text->length > begin ? "|" : "", row->name);
                if (row->letter)
                        text_add_format(text, "|-%c", row->letter);
        }
        return text->length > begin;
}

/* Which options before the cursor mean that something of this kind is wanted there. */
static void add_bash_kind(struct text *text, const struct option_row *rows, const char *kind,
                          bool (*is_wanted)(const struct option_row *row)) {
        autodone(text) struct text pattern = TEXT_INIT;

        if (add_pattern(&pattern, rows, is_wanted))
                text_add_format(text, "                %s) kind=%s ;;\n", pattern.bytes, kind);
}

static void add_option_words(struct text *text, const struct option_row *row) {
        for (; row->name; row++)
                text_add_format(text, "--%s ", row->name);
        text_add(text, "--help");
}

/* One branch of the script's case: what the word before means, which options there are, and what else. */
static void add_bash_branch(struct text *text, const char *name, const struct option_row *rows, const char *others) {
        text_add_format(text, "        '%s')\n                case $previous in\n", name);
        add_bash_kind(text, rows, "directory", takes_directory);
        add_bash_kind(text, rows, "file", takes_file);
        add_bash_kind(text, rows, "other", takes_other);
        text_add(text, "                esac\n                options='");
        add_option_words(text, rows);
        text_add_format(text, "'\n                others=%s\n                ;;\n", others);
}

static void print_bash(struct text *text) {
        text_add(text, "# bash completion for tare: eval \"$(tare completion --shell bash)\"\n\n"
                       "_tare() {\n"
                       "        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
                       "        local command= kind= options= others= i\n"
                       "        local -a root=()\n"
                       "        for ((i = 1; i < COMP_CWORD; i++)); do\n"
                       "                case ${COMP_WORDS[i]} in\n"
                       "                --root|-r) root=(--root \"${COMP_WORDS[++i]}\") ;;\n"
                       "                ");
        add_pattern(text, command_global_options, takes_argument);
        text_add(text, ") ((++i)) ;;\n"
                       "                -*) ;;\n"
                       "                *) command=${COMP_WORDS[i]} && break ;;\n"
                       "                esac\n"
                       "        done\n"
                       "        case $command in\n");
        add_bash_branch(text, "", command_global_options, "commands");
        for (size_t i = 0; command_all[i]; i++)
                add_bash_branch(text, command_all[i]->name, command_all[i]->options,
                                takes_container(command_all[i]) ? "containers" : "");
        text_add(text, "        esac\n"
                       "        COMPREPLY=()\n"
                       "        case $kind in\n"
                       "        directory|file) compopt -o filenames 2>/dev/null ;;&\n"
                       "        directory) mapfile -t COMPREPLY < <(compgen -d -- \"$current\") && return ;;\n"
                       "        file) mapfile -t COMPREPLY < <(compgen -f -- \"$current\") && return ;;\n"
                       "        other) return ;;\n"
                       "        esac\n"
                       "        case $current:$others in\n"
                       "        -*) others=$options ;;\n"
                       "        *:commands) others='");
        for (size_t i = 0; command_all[i]; i++)
                text_add_format(text, "%s ", command_all[i]->name);
        text_add(text, "help' ;;\n"
                       "        *:containers) others=$(tare \"${root[@]}\" list --quiet 2>/dev/null) ;;\n"
                       "        esac\n"
                       "        mapfile -t COMPREPLY < <(compgen -W \"$others\" -- \"$current\")\n"
                       "}\n\n"
                       "complete -F _tare tare\n");
}

/* --- zsh --- */

/* '(-b --bundle)'{-b+,--bundle=}'[help]:DIR:_files -/' */
static void add_zsh_option(struct text *text, const struct option_row *row) {
        autodone(text) struct text rest = TEXT_INIT;

        text_add(&rest, "[");
        add_escaped(&rest, row->help, "[]\\");
        text_add(&rest, "]");
        if (takes_argument(row)) {
                text_add(&rest, ":");
                add_escaped(&rest, row->argument, ":\\");
                text_add(&rest, takes_directory(row) ? ":_files -/" : takes_file(row) ? ":_files" : ": ");
        }
        text_add(text, " \\\n                ");
        if (row->kind == OPTION_LIST)
                text_add(text, "'*'");
        else if (row->letter)
                text_add_format(text, "'(-%c --%s)'", row->letter, row->name);
        if (row->letter)
                text_add_format(text, takes_argument(row) ? "{-%c+,--%s=}" : "{-%c,--%s}", row->letter, row->name);
        else
                text_add_format(text, "--%s%s", row->name, takes_argument(row) ? "=" : "");
        add_quoted(text, rest.bytes);
}

static void print_zsh(struct text *text) {
        text_add(text, "#compdef tare\n# zsh completion for tare: eval \"$(tare completion --shell zsh)\", or a file _tare in $fpath\n\n"
                       "_tare_containers() {\n"
                       "        local -a containers\n"
                       "        containers=(${(f)\"$(tare $tare_root list --quiet 2>/dev/null)\"})\n"
                       "        compadd -a containers\n"
                       "}\n\n"
                       "_tare() {\n"
                       "        local curcontext=$curcontext state line\n"
                       "        local -a tare_root\n"
                       "        typeset -A opt_args\n"
                       "        _arguments -C");
        for (const struct option_row *row = command_global_options; row->name; row++)
                add_zsh_option(text, row);
        text_add(text, " \\\n                '(-h --help)'{-h,--help}'[show help]' '1:command:->command' '*::argument:->argument' && return\n"
                       "        [[ -n ${opt_args[--root]-${opt_args[-r]-}} ]] && tare_root=(--root ${opt_args[--root]-${opt_args[-r]-}})\n"
                       "        if [[ $state = command ]]; then\n"
                       "                local -a commands=(");
        for (size_t i = 0; command_all[i]; i++) {
                autofree char *row = text_format("%s:%s", command_all[i]->name, command_all[i]->summary);

                text_add(text, "\n                        ");
                add_quoted(text, row);
        }
        text_add(text, ")\n                _describe command commands\n                return\n        fi\n        case $words[1] in\n");
        for (size_t i = 0; command_all[i]; i++) {
                text_add_format(text, "        %s) _arguments", command_all[i]->name);
                for (const struct option_row *row = command_all[i]->options; row->name; row++)
                        add_zsh_option(text, row);
                text_add_format(text, " \\\n                '(-h --help)'{-h,--help}'[show help]'%s ;;\n",
                                takes_container(command_all[i]) ? " '1:container:_tare_containers'" : "");
        }
        text_add(text, "        esac\n}\n\n"
                       "# As a file in $fpath it is the function's own body the first time.\n"
                       "if [[ ${funcstack[1]-} = _tare ]]; then _tare \"$@\"; else compdef _tare tare; fi\n");
}

/* --- fish --- */

static void add_fish_option(struct text *text, const char *condition, const struct option_row *row) {
        text_add_format(text, "complete -c tare -n '%s' -l %s", condition, row->name);
        if (row->letter)
                text_add_format(text, " -s %c", row->letter);
        if (takes_directory(row))
                text_add(text, " -x -a '(__fish_complete_directories)'");
        else if (takes_argument(row))
                text_add(text, takes_file(row) ? " -r -F" : " -x");
        text_add(text, " -d ");
        add_quoted(text, row->help);
        text_add(text, "\n");
}

static void print_fish(struct text *text) {
        text_add(text, "# fish completion for tare: tare completion --shell fish | source\n\n"
                       "function __tare_containers\n"
                       "        set -l words (commandline -opc)\n"
                       "        set -l root\n"
                       "        for i in (seq (count $words))\n"
                       "                contains -- $words[$i] --root -r; and set root --root $words[(math $i + 1)]\n"
                       "        end\n"
                       "        tare $root list --quiet 2>/dev/null\n"
                       "end\n\n"
                       "complete -c tare -f\n");
        for (const struct option_row *row = command_global_options; row->name; row++)
                add_fish_option(text, "__fish_use_subcommand", row);
        for (size_t i = 0; command_all[i]; i++) {
                const struct command *command = command_all[i];
                autofree char *condition = text_format("__fish_seen_subcommand_from %s", command->name);

                text_add_format(text, "complete -c tare -n __fish_use_subcommand -a %s -d ", command->name);
                add_quoted(text, command->summary);
                text_add(text, "\n");
                for (const struct option_row *row = command->options; row->name; row++)
                        add_fish_option(text, condition, row);
                if (takes_container(command))
                        text_add_format(text, "complete -c tare -n '%s' -a '(__tare_containers)'\n", condition);
        }
}

/* --- the command --- */

static const struct {
        const char *name;
        void (*print)(struct text *text);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        const struct completion_values *completion = values;
        autodone(text) struct text text = TEXT_INIT;

        if (!completion->shell)
                return reject("say which shell: --shell bash, zsh or fish");
        for (size_t i = 0; i < ELEMENTSOF(shells); i++) {
                if (!text_equal(completion->shell, shells[i].name))
                        continue;
                shells[i].print(&text);
                fputs(text.bytes, stdout);
                return 0;
        }
        return reject("unknown shell \"%s\": expected bash, zsh or fish", completion->shell);
}

const struct command command_completion = {
        .name = "completion",
        .synopsis = "[OPTIONS]",
        .summary = "print a script that completes tare's command line",
        .options = options,
        .run = run,
        .values_size = sizeof(struct completion_values),
};
