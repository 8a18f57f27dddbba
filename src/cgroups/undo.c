/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way back from an update. All files are read before the first is written; when one is refused, those that were
 * written get their old values back. Runs in the runtime's process, under the container's lock.
 *
 * Most files take what they show. Those with a line for each device take one line, and show none for a device without a
 * limit; some show more than they take.
 */
#include "cgroups/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cgroups/systemd.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/file.h"
#include "util/log.h"
#include "util/text.h"

#define HELD_MAX (1u << 20)

void cgroup_undo_done(struct cgroup_undo *undo) {
        for (size_t i = 0; i < undo->n; i++) {
                free(undo->entries[i].path);
                free(undo->entries[i].held);
                free(undo->entries[i].line);
        }
        free(undo->entries);
        *undo = CGROUP_UNDO_INIT;
}

/* --- the text to write --- */

/* "8:0": a device, before a blank or at the end. */
static bool is_device(const char *word, size_t length) {
        size_t major = strspn(word, "0123456789"), minor;

        if (major == 0 || word[major] != ':')
                return false;
        minor = strspn(word + major + 1, "0123456789");
        return minor > 0 && major + 1 + minor == length;
}

static size_t word_length(const char *text) {
        return strcspn(text, " \n");
}

/* The line of `text` whose first word is that one, or NULL. Owned by the caller. */
static char *find_line(const char *text, const char *word, size_t length) {
        while (*text) {
                size_t end = strcspn(text, "\n");

                if (word_length(text) == length && strncmp(text, word, length) == 0)
                        return text_copy_n(text, end);
                text += end + (text[end] == '\n');
        }
        return NULL;
}

/* What a file with a line for each device takes for "no limit", behind the device. */
static const struct {
        const char *file, *reset;
} device_files[] = {
        {"blkio.bfq.weight_device", "default"},
        {"blkio.leaf_weight_device", "default"},
        {"blkio.throttle.read_bps_device", "0"},
        {"blkio.throttle.read_iops_device", "0"},
        {"blkio.throttle.write_bps_device", "0"},
        {"blkio.throttle.write_iops_device", "0"},
        {"blkio.weight_device", "default"},
        {"io.bfq.weight", "default"},
        {"io.latency", "target=0"},
        {"io.max", "rbps=max wbps=max riops=max wiops=max"},
        {"io.weight", "default"},
};

static char *reset_device(const char *file, const char *device, size_t length) {
        for (size_t i = 0; i < ELEMENTSOF(device_files); i++)
                if (text_equal(device_files[i].file, file))
                        return text_format("%.*s %s", (int)length, device, device_files[i].reset);
        return NULL;
}

/* "oom_kill_disable 0" and lines that say how it went; it takes the number. */
static char *undo_oom_control(const char *held, const char *value) {
        const char *number = text_after(held, "oom_kill_disable ");

        (void)value;
        return number ? text_copy_n(number, word_length(number)) : NULL;
}

/* "root invalid (...)": the reason is not part of the value. */
static char *undo_first_word(const char *held, const char *value) {
        (void)value;
        return text_copy_n(held, word_length(held));
}

/* Shows what is enabled ("cpu memory"), takes changes ("+cpu -memory"): those that were changes are reversed. */
static char *undo_subtree_control(const char *held, const char *value) {
        autofree char *list = text_copy_n(held, strcspn(held, "\n"));
        autodone(text) struct text text = TEXT_INIT;

        for (const char *at = value; *at;) {
                size_t length = word_length(at);

                if (length > 1 && (at[0] == '+') != controllers_list_has(list, ' ', at + 1, length - 1))
                        text_add_format(&text, "%s%c%.*s", text.length ? " " : "", at[0] == '+' ? '-' : '+',
                                        (int)length - 1, at + 1);
                at += length + (at[length] != '\0');
        }
        return text_take(&text);
}

/* A trigger, which has ended with the descriptor by which it was written. To write nothing at all does nothing. */
static char *undo_pressure(const char *held, const char *value) {
        (void)held, (void)value;
        return text_copy("");
}

/* What was done by these is done. */
static char *undo_nothing(const char *held, const char *value) {
        (void)held, (void)value;
        return NULL;
}

static const struct {
        const char *file;
        char *(*undo)(const char *held, const char *value);
} special_files[] = {
        {"cgroup.kill", undo_nothing},
        {"cgroup.procs", undo_nothing},
        {"cgroup.subtree_control", undo_subtree_control},
        {"cgroup.threads", undo_nothing},
        {"cgroup.type", undo_nothing},
        {"cpu.pressure", undo_pressure},
        {"cpuset.cpus.partition", undo_first_word},
        {"io.pressure", undo_pressure},
        {"irq.pressure", undo_pressure},
        {"memory.oom_control", undo_oom_control},
        {"memory.pressure", undo_pressure},
        {"memory.reclaim", undo_nothing},
};

char *undo_line(const char *file, const char *held, const char *value) {
        size_t length = word_length(value), end = strcspn(held, "\n");
        char *line;

        for (size_t i = 0; i < ELEMENTSOF(special_files); i++)
                if (text_equal(special_files[i].file, file))
                        return special_files[i].undo(held, value);
        line = find_line(held, value, length);
        if (line)
                return line;
        if (is_device(value, length))
                return reset_device(file, value, length);
        /* The weight of all other devices stands above theirs. */
        line = find_line(held, "default", strlen("default"));
        if (line)
                return line;
        if (held[end] && held[end + 1])
                return NULL;
        /* To write nothing at all does nothing; the line end empties a list. */
        return end ? text_copy_n(held, end) : text_copy("\n");
}

/* --- before --- */

static int read_held(const struct cgroup_place *place, const char *file, char **ret_path, char **ret_held) {
        autofree char *path = text_format("%s/%s", place->directory, file), *held = NULL;
        int r = file_read(AT_FDCWD, path, HELD_MAX, &held, NULL);

        if (r == -ENOENT)
                return r;
        *ret_path = take_ptr(&path);
        *ret_held = take_ptr(&held);
        return 0;
}

static struct cgroup_undo_entry *add_entry(struct cgroup_undo *undo, size_t setting, char *path, char *held) {
        struct cgroup_undo_entry *entry = array_append(undo->entries, undo->n);

        *entry = (struct cgroup_undo_entry){.setting = setting, .path = path, .held = held};
        return entry;
}

/*
 * Before the file that changes it, so that it is put back after that one: only a cgroup that is not idle takes a weight.
 * On v1 the file has another name.
 */
static void note_weight(struct cgroup_undo *undo, size_t setting_index, const struct cgroup_place *place) {
        char *path = NULL, *held = NULL;

        if (read_held(place, place->v2 ? "cpu.weight" : "cpu.shares", &path, &held) < 0)
                return;
        if (held)
                add_entry(undo, setting_index, path, held)->line = text_copy_n(held, strcspn(held, "\n"));
        else
                free(path);
}

int undo_note(struct cgroup_undo *undo, size_t setting_index, const struct setting *setting,
              const struct cgroup_place *place) {
        const char *file = setting->file, *value = setting->value;
        char *path = NULL, *held = NULL;
        struct cgroup_undo_entry *entry;
        int r = read_held(place, file, &path, &held);

        if (r == -ENOENT && setting->other_file) {
                file = setting->other_file;
                value = setting->other_value;
                r = read_held(place, file, &path, &held);
        }
        if (r < 0)
                return r;
        if (text_equal(file, "cpu.idle"))
                note_weight(undo, setting_index, place);
        entry = add_entry(undo, setting_index, path, held);
        entry->line = held ? undo_line(file, held, value) : NULL;
        return 0;
}

void undo_touch(struct cgroup_undo *undo, size_t setting_index) {
        for (size_t i = 0; i < undo->n; i++)
                undo->entries[i].is_touched |= undo->entries[i].setting == setting_index;
}

/* --- after --- */

/* What is as it was is left alone: an idle cgroup, for one, would not even take the weight that it shows. */
static int put_back(const struct cgroup_undo_entry *entry) {
        autofree char *now = NULL;
        int r = file_read(AT_FDCWD, entry->path, HELD_MAX, &now, NULL);

        if (r >= 0 && text_equal(now, entry->held))
                return 0;
        return entry->line ? file_write(AT_FDCWD, entry->path, entry->line) : -EOPNOTSUPP;
}

/* True if one more is as it was. */
static bool put_back_some(struct cgroup_undo *undo) {
        bool progress = false;

        for (size_t i = undo->n; i-- > 0;)
                if (undo->entries[i].is_touched && put_back(&undo->entries[i]) >= 0) {
                        undo->entries[i].is_touched = false;
                        progress = true;
                }
        return progress;
}

/* Before the files, which systemd writes too, and with coarser numbers. */
static void tell_systemd(const struct cgroup_undo *undo) {
        autofree char *cause = text_copy(fail_text());
        autodone(settings) struct settings old = {};

        for (size_t i = 0; i < undo->n; i++) {
                const struct cgroup_undo_entry *entry = &undo->entries[i];

                if (entry->is_touched && entry->line)
                        *array_append(old.list, old.n) = (struct setting){
                                .file = text_copy(strrchr(entry->path, '/') + 1), .value = text_copy(entry->line)};
        }
        if (systemd_update(undo->told, &old) < 0)
                log_warning("the update is taken back, but systemd not told: %s", fail_text());
        fail_take_over(cause);
}

/* Again as long as it helps, for the reason that apply_settings() gives. */
void cgroup_undo_apply(struct cgroup_undo *undo) {
        if (undo->told)
                tell_systemd(undo);
        while (put_back_some(undo))
                continue;
        for (size_t i = 0; i < undo->n; i++) {
                const struct cgroup_undo_entry *entry = &undo->entries[i];
                int r = entry->is_touched ? put_back(entry) : 0;

                if (r < 0 && entry->line)
                        log_warning("the update is taken back, but `%s` not put back to `%s`: %s", entry->path,
                                    entry->line, errno_text(-r));
                else if (r < 0)
                        log_warning("the update is taken back, but what was written to `%s` cannot be", entry->path);
        }
}
