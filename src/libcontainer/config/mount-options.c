/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mount options: the table of words and what each does (config.md, "Linux mount options"; the flags are those of
 * mount(2) and mount_setattr(2)). Pure; runs in the runtime's process, in config_check() and in plan_make().
 *
 * Not in the table are crun's "rsync", "rasync", "rdirsync", "rmand" and "rnomand": mount_setattr(2) has no attribute
 * for them, and to accept a word without effect would be a lie. Like every unknown word they are data for the file
 * system, which on a bind mount is an error.
 */
#include "libcontainer/config/mount-options.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"
#include "util/text.h"

/* Each of them replaces the others: at most one is ever set. */
#define ACCESS_TIMES (MS_NOATIME | MS_RELATIME | MS_STRICTATIME)

/*
 * In the attributes of mount_setattr(2) the access time is a number, not a bit: MOUNT_ATTR_RELATIME is 0, and setting
 * one or another is accepted only together with clearing the whole MOUNT_ATTR__ATIME.
 */
struct word {
        const char *name;
        unsigned long set, clear; /* MS_*: to set, and to clear by name */
        unsigned long replaces; /* MS_*: what it drops of earlier words without clearing it by name */
        unsigned long propagation; /* MS_* */
        uint64_t recursive_set, recursive_clear, recursive_replaces; /* MOUNT_ATTR_* */
        bool tmpcopyup, copy_symlink, src_nofollow, dest_nofollow;
        enum mount_idmap_scope idmap;
};

/* In alphabetical order, for bsearch(3). A word without a column does nothing, but is no data either. */
static const struct word words[] = {
        {"async", .clear = MS_SYNCHRONOUS},
        {"atime", .clear = MS_NOATIME},
        {"bind", .set = MS_BIND},
        {"copy-symlink", .copy_symlink = true},
        {"defaults"},
        {"dest-nofollow", .dest_nofollow = true},
        {"dev", .clear = MS_NODEV},
        {"diratime", .clear = MS_NODIRATIME},
        {"dirsync", .set = MS_DIRSYNC},
        {"exec", .clear = MS_NOEXEC},
        {"idmap", .idmap = MOUNT_IDMAP_ONE},
        {"iversion", .set = MS_I_VERSION},
        {"lazytime", .set = MS_LAZYTIME},
        {"loud", .clear = MS_SILENT},
        {"mand", .set = MS_MANDLOCK},
        {"noatime", .set = MS_NOATIME, .replaces = ACCESS_TIMES},
        {"nodev", .set = MS_NODEV},
        {"nodiratime", .set = MS_NODIRATIME},
        {"noexec", .set = MS_NOEXEC},
        {"noiversion", .clear = MS_I_VERSION},
        {"nolazytime", .clear = MS_LAZYTIME},
        {"nomand", .clear = MS_MANDLOCK},
        {"norelatime", .clear = MS_RELATIME},
        {"nostrictatime", .clear = MS_STRICTATIME},
        {"nosuid", .set = MS_NOSUID},
        {"nosymfollow", .set = MS_NOSYMFOLLOW},
        {"private", .propagation = MS_PRIVATE},
        {"ratime", .recursive_clear = MOUNT_ATTR__ATIME, .recursive_replaces = MOUNT_ATTR_NOATIME},
        {"rbind", .set = MS_BIND | MS_REC},
        {"rdev", .recursive_clear = MOUNT_ATTR_NODEV},
        {"rdiratime", .recursive_clear = MOUNT_ATTR_NODIRATIME},
        {"relatime", .set = MS_RELATIME, .replaces = ACCESS_TIMES},
        {"remount", .set = MS_REMOUNT},
        {"rexec", .recursive_clear = MOUNT_ATTR_NOEXEC},
        {"ridmap", .idmap = MOUNT_IDMAP_TREE},
        {"rnoatime", .recursive_set = MOUNT_ATTR_NOATIME, .recursive_clear = MOUNT_ATTR__ATIME,
         .recursive_replaces = MOUNT_ATTR__ATIME},
        {"rnodev", .recursive_set = MOUNT_ATTR_NODEV},
        {"rnodiratime", .recursive_set = MOUNT_ATTR_NODIRATIME},
        {"rnoexec", .recursive_set = MOUNT_ATTR_NOEXEC},
        {"rnorelatime", .recursive_clear = MOUNT_ATTR__ATIME},
        {"rnostrictatime", .recursive_clear = MOUNT_ATTR__ATIME, .recursive_replaces = MOUNT_ATTR_STRICTATIME},
        {"rnosuid", .recursive_set = MOUNT_ATTR_NOSUID},
        {"rnosymfollow", .recursive_set = MOUNT_ATTR_NOSYMFOLLOW},
        {"ro", .set = MS_RDONLY},
        {"rprivate", .propagation = MS_PRIVATE | MS_REC},
        {"rrelatime", .recursive_clear = MOUNT_ATTR__ATIME, .recursive_replaces = MOUNT_ATTR__ATIME},
        {"rro", .recursive_set = MOUNT_ATTR_RDONLY},
        {"rrw", .recursive_clear = MOUNT_ATTR_RDONLY},
        {"rshared", .propagation = MS_SHARED | MS_REC},
        {"rslave", .propagation = MS_SLAVE | MS_REC},
        {"rstrictatime", .recursive_set = MOUNT_ATTR_STRICTATIME, .recursive_clear = MOUNT_ATTR__ATIME,
         .recursive_replaces = MOUNT_ATTR__ATIME},
        {"rsuid", .recursive_clear = MOUNT_ATTR_NOSUID},
        {"rsymfollow", .recursive_clear = MOUNT_ATTR_NOSYMFOLLOW},
        {"runbindable", .propagation = MS_UNBINDABLE | MS_REC},
        {"rw", .clear = MS_RDONLY},
        {"shared", .propagation = MS_SHARED},
        {"silent", .set = MS_SILENT},
        {"slave", .propagation = MS_SLAVE},
        {"src-nofollow", .src_nofollow = true},
        {"strictatime", .set = MS_STRICTATIME, .replaces = ACCESS_TIMES},
        {"suid", .clear = MS_NOSUID},
        {"symfollow", .clear = MS_NOSYMFOLLOW},
        {"sync", .set = MS_SYNCHRONOUS},
        {"tmpcopyup", .tmpcopyup = true},
        {"unbindable", .propagation = MS_UNBINDABLE},
};

static int compare(const void *name, const void *word) {
        return strcmp(name, ((const struct word *)word)->name);
}

/* The later one wins, with its mapping or the lack of one. */
static void set_idmap(enum mount_idmap_scope scope, const char *text, struct mount_options *options) {
        options->idmap = scope;
        free(options->idmap_text);
        options->idmap_text = text ? text_copy(text) : NULL;
}

/* Words that carry a mapping of their own. */
static bool parse_idmap(const char *option, struct mount_options *options) {
        const char *one = text_after(option, "idmap="), *tree = text_after(option, "ridmap=");

        if (one || tree)
                set_idmap(one ? MOUNT_IDMAP_ONE : MOUNT_IDMAP_TREE, one ? one : tree, options);
        return one || tree;
}

static int apply(const struct word *word, const char *path, struct mount_options *options) {
        options->flags = (options->flags & ~(word->clear | word->replaces)) | word->set;
        options->cleared = (options->cleared & ~word->set) | word->clear;
        options->recursive_set =
                (options->recursive_set & ~(word->recursive_replaces | (word->recursive_clear & ~MOUNT_ATTR__ATIME))) |
                word->recursive_set;
        options->recursive_clear = (options->recursive_clear & ~word->recursive_set) | word->recursive_clear;
        options->tmpcopyup |= word->tmpcopyup;
        options->copy_symlink |= word->copy_symlink;
        options->src_nofollow |= word->src_nofollow;
        options->dest_nofollow |= word->dest_nofollow;
        if (word->idmap)
                set_idmap(word->idmap, NULL, options);
        if (!word->propagation)
                return 0;
        if (options->n_propagation == MOUNT_PROPAGATIONS_MAX)
                return reject("%s.options: found more than %d words of propagation, expected one or two", path,
                              MOUNT_PROPAGATIONS_MAX);
        options->propagation[options->n_propagation++] = word->propagation;
        return 0;
}

static int parse_word(const char *option, const char *path, struct text *data, struct mount_options *ret) {
        const struct word *word = bsearch(option, words, ELEMENTSOF(words), sizeof(words[0]), compare);

        if (word)
                return apply(word, path, ret);
        if (parse_idmap(option, ret))
                return 0;
        if (data->length > 0)
                text_add(data, ",");
        text_add(data, option);
        return 0;
}

static const char *link_word(const struct mount_options *options) {
        return options->copy_symlink ? "copy-symlink" : options->src_nofollow ? "src-nofollow" : "dest-nofollow";
}

static int check_together(const struct mount_config *mount, const char *path, const struct mount_options *options) {
        if (options->data && options->flags & MS_BIND)
                return reject("%s.options: `%s`: bind mounts cannot have any filesystem-specific options applied", path,
                              options->data);
        if (options->tmpcopyup && !text_equal(mount->type, "tmpfs"))
                return reject("%s.options: found `tmpcopyup` with the type `%s`, expected it with `tmpfs` only", path,
                              mount->type ? mount->type : "");
        if ((options->copy_symlink || options->src_nofollow || options->dest_nofollow) && !(options->flags & MS_BIND))
                return reject("%s.options: found `%s`, expected it with `bind` or `rbind` only", path, link_word(options));
        if (options->copy_symlink && (options->src_nofollow || options->dest_nofollow))
                return reject("%s.options: found `copy-symlink` beside `%s`, expected one of them", path,
                              options->src_nofollow ? "src-nofollow" : "dest-nofollow");
        return 0;
}

int mount_options_parse(const struct mount_config *mount, const char *path, struct mount_options *ret) {
        autodone(text) struct text data = TEXT_INIT;

        *ret = (struct mount_options){};
        for (size_t i = 0; i < mount->options.count; i++) {
                int r;

                if (text_is_empty(mount->options.items[i]))
                        continue;
                r = parse_word(mount->options.items[i], path, &data, ret);
                if (r < 0)
                        return r;
        }
        if (data.length > 0)
                ret->data = text_take(&data);
        return check_together(mount, path, ret);
}

void mount_options_done(struct mount_options *options) {
        free(options->data);
        free(options->idmap_text);
        *options = (struct mount_options){};
}

const char *mount_option_name(size_t i) {
        return i < ELEMENTSOF(words) ? words[i].name : NULL;
}
