/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is done with many containers: to list them, and to act on those whose ids match a regular expression. Runs in the
 * runtime's process, while others make and delete containers beside it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcontainer/container.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/text.h"

struct ids {
        char **items;
        size_t count;
};

static void ids_done(struct ids *ids) {
        for (size_t i = 0; i < ids->count; i++)
                free(ids->items[i]);
        free(ids->items);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_ids(int root_fd, struct ids *ret) {
        int list_fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *directory = list_fd < 0 ? NULL : fdopendir(list_fd);
        const struct dirent *entry;

        if (!directory)
                return fail(errno, "read root directory");
        while ((entry = readdir(directory)))
                if (entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
                        *array_append(ret->items, ret->count) = text_copy(entry->d_name);
        closedir(directory);
        if (ret->count > 0)
                qsort(ret->items, ret->count, sizeof(char *), compare_names);
        return 0;
}

static int find_ids(const char *root, bool must_exist, struct ids *ret) {
        autoclose int root_fd = state_root_open(root, false);

        if (root_fd == -ENOENT)
                return must_exist ? fail(ENOENT, "open root directory `%s`", root) : 0;
        return root_fd < 0 ? root_fd : read_ids(root_fd, ret);
}

/* --- list --- */

static int visit(const char *root, const char *id, int (*see)(const struct state *, enum status, void *), void *data) {
        autodone(state) struct state state = STATE_INIT;
        enum status status;
        int r = container_read(root, id, &state, &status);

        /* Deleted while we looked. */
        if (r == -ENOENT) {
                fail_forget();
                return 0;
        }
        /* One that cannot be read must not hide the others. */
        if (r < 0) {
                log_warning("container `%s`: %s", id, fail_text());
                fail_forget();
                state_done(&state);
                state.id = text_copy(id);
                status = STATUS_BROKEN;
        }
        return see(&state, status, data);
}

int container_list(const char *root, bool must_exist, int (*see)(const struct state *state, enum status status, void *data),
                   void *data) {
        autodone(ids) struct ids ids = {};
        int r = find_ids(root, must_exist, &ids);

        for (size_t i = 0; r >= 0 && i < ids.count; i++)
                r = visit(root, ids.items[i], see, data);
        return r;
}

/* --- by regular expression --- */

static int compile_pattern(const char *pattern, regex_t *ret) {
        char text[256];
        int error = regcomp(ret, pattern, REG_EXTENDED | REG_NOSUB);

        if (error == 0)
                return 0;
        regerror(error, ret, text, sizeof(text));
        return reject("invalid regular expression `%s`: %s", pattern, text);
}

/* What is not named like a container is none. */
static bool is_match(const regex_t *regex, const char *id) {
        if (regexec(regex, id, 0, NULL, 0) != 0)
                return false;
        if (state_check_id(id) >= 0)
                return true;
        fail_forget();
        return false;
}

/* Deleted while we looked. */
static bool is_gone(const char *root, const char *id) {
        autofree char *path = text_format("%s/%s", root, id);

        return access(path, F_OK) < 0 && errno == ENOENT;
}

static void add_failure(struct text *failures, const char *id) {
        text_add_format(failures, "%scontainer `%s`: %s", failures->length ? "; " : "", id, fail_text());
        fail_forget();
}

int container_each_match(const char *root, bool must_exist, const char *pattern, int (*act)(const char *id, void *data),
                         void *data) {
        autodone(text) struct text failures = TEXT_INIT;
        autodone(ids) struct ids ids = {};
        regex_t regex;
        int r = compile_pattern(pattern, &regex);

        if (r < 0)
                return r;
        r = find_ids(root, must_exist, &ids);
        for (size_t i = 0; r >= 0 && i < ids.count; i++) {
                int acted = is_match(&regex, ids.items[i]) ? act(ids.items[i], data) : 0;

                if (acted == -ENOENT && is_gone(root, ids.items[i]))
                        fail_forget();
                else if (acted < 0)
                        add_failure(&failures, ids.items[i]);
        }
        regfree(&regex);
        return r >= 0 && failures.length ? fail_take_over(failures.bytes) : r;
}
