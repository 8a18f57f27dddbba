/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The id mapping of a mount, from whichever of three places gives it. Pure; runs in the runtime's process, in config_check()
 * and in plan_make().
 */
#include "libcontainer/config/mount-idmap.h"

#include <stdlib.h>
#include <string.h>

#include "libcontainer/config/check.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/kernel.h"
#include "util/text.h"

static void copy(const struct id_mappings *from, struct id_mappings *to) {
        for (size_t i = 0; i < from->count; i++)
                *array_append(to->items, to->count) = from->items[i];
}

/* --- crun's text --- */

struct ranges {
        const char *key; /* "uids" */
        const char *path; /* of the mount */
        const struct id_mappings *container; /* what "@" refers to */
        struct id_mappings *mappings;
};

static int bad_range(const struct ranges *ranges, const char *text) {
        return reject("%s.options: found `%s` in `%s` of `idmap`, expected ranges like `0-1000-10`, separated by `#`", ranges->path,
                      text, ranges->key);
}

/*
 * "@": the second number is an id of the container. crun does not look whether the whole range is in one line of the container's
 * map; what is behind its end would be ids of others, so here it is an error.
 */
static int make_absolute(const struct ranges *ranges, const char *text, struct id_mapping *mapping) {
        for (size_t i = 0; i < ranges->container->count; i++) {
                const struct id_mapping *line = &ranges->container->items[i];

                if (mapping->host_id < line->container_id ||
                    mapping->host_id + (uint64_t)mapping->size > line->container_id + (uint64_t)line->size)
                        continue;
                mapping->host_id = mapping->host_id - line->container_id + line->host_id;
                return 0;
        }
        return reject("%s.options: found `@%s` in `%s` of `idmap`, expected ids of one line of linux.%s", ranges->path, text,
                      ranges->key, strcmp(ranges->key, "uids") == 0 ? "uidMappings" : "gidMappings");
}

/* "FS-HOST-SIZE", perhaps with "@" before it; `text` is cut in place. */
static int parse_range(const struct ranges *ranges, char *text) {
        autofree char *whole = text_copy(text);
        bool is_relative = text[0] == '@';
        char *rest = text + is_relative;
        struct id_mapping mapping;
        uint64_t numbers[3];

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                char *number = strsep(&rest, "-");

                if (!number || text_to_u64(number, &numbers[i]) < 0 || numbers[i] > UINT32_MAX)
                        return bad_range(ranges, whole);
        }
        if (rest)
                return bad_range(ranges, whole);
        mapping = (struct id_mapping){(uint32_t)numbers[0], (uint32_t)numbers[1], (uint32_t)numbers[2]};
        if (is_relative) {
                int r = make_absolute(ranges, whole + 1, &mapping);

                if (r < 0)
                        return r;
        }
        *array_append(ranges->mappings->items, ranges->mappings->count) = mapping;
        return 0;
}

static int parse_ranges(const struct ranges *ranges, char *text) {
        if (ranges->mappings->count > 0)
                return reject("%s.options: found `%s` twice in `idmap`, expected it once", ranges->path, ranges->key);
        while (text) {
                int r = parse_range(ranges, strsep(&text, "#"));

                if (r < 0)
                        return r;
        }
        return 0;
}

static int parse_text(const struct config *config, const char *path, const char *text, struct mount_idmap *ret) {
        const struct ranges uids = {"uids", path, &config->linux.uid_mappings, &ret->uids};
        const struct ranges gids = {"gids", path, &config->linux.gid_mappings, &ret->gids};
        autofree char *buffer = text_copy(text);
        int r = 0;

        for (char *rest = buffer, *part; r == 0 && (part = strsep(&rest, ";"));) {
                size_t prefix = strlen("uids=");

                if (text_starts_with(part, "uids="))
                        r = parse_ranges(&uids, part + prefix);
                else if (text_starts_with(part, "gids="))
                        r = parse_ranges(&gids, part + prefix);
                else
                        r = reject("%s.options: found `%s` in `idmap`, expected `uids=` and `gids=`, separated by `;`", path, part);
        }
        if (r == 0 && (ret->uids.count == 0 || ret->gids.count == 0))
                r = reject("%s.options: found no `%s` in `idmap`, expected both `uids=` and `gids=`", path,
                           ret->uids.count == 0 ? "uids=" : "gids=");
        return r;
}

/* --- the three places --- */

/* Mappings count without the word too; it is there so that old runtimes notice. */
static bool is_asked(const struct mount_config *mount, const struct mount_options *options) {
        return options->idmap != MOUNT_IDMAP_NONE || mount->uid_mappings.count > 0 || mount->gid_mappings.count > 0;
}

static int check_kind(const struct mount_config *mount, const char *path, const struct mount_options *options) {
        if (options->flags & MS_REMOUNT)
                return reject("%s: found an id mapping with `remount`, expected it with a new mount only", path);
        if (!(options->flags & MS_BIND) && (text_equal(mount->type, "cgroup") || text_equal(mount->type, "cgroup2")))
                return reject("%s: found an id mapping with the type `%s`, which the kernel has none for", path, mount->type);
        return 0;
}

static int choose(const struct config *config, const struct mount_config *mount, const char *path,
                  const struct mount_options *options, struct mount_idmap *ret) {
        bool has_own = mount->uid_mappings.count > 0;

        if (has_own && options->idmap_text)
                return reject("%s.options: found `idmap=%s` beside uidMappings, expected one mapping", path, options->idmap_text);
        if (options->idmap_text)
                return parse_text(config, path, options->idmap_text, ret);
        if (!has_own && !config_namespace(config, NAMESPACE_USER))
                return reject("%s.options: found `%s` without uidMappings and gidMappings, expected them in a container without a user "
                              "namespace",
                              path, options->idmap == MOUNT_IDMAP_TREE ? "ridmap" : "idmap");
        ret->is_containers = !has_own;
        copy(has_own ? &mount->uid_mappings : &config->linux.uid_mappings, &ret->uids);
        copy(has_own ? &mount->gid_mappings : &config->linux.gid_mappings, &ret->gids);
        return 0;
}

int mount_idmap_decide(const struct config *config, const struct mount_config *mount, const char *path,
                       const struct mount_options *options, struct mount_idmap *ret) {
        const char *uids = options->idmap_text ? "options, uids" : "uidMappings", *gids = options->idmap_text ? "options, gids" : "gidMappings";
        autofree char *uids_path = text_format("%s.%s", path, uids), *gids_path = text_format("%s.%s", path, gids);
        int r;

        ret->asked = is_asked(mount, options);
        if (!ret->asked)
                return 0;
        r = check_kind(mount, path, options);
        if (r == 0)
                r = choose(config, mount, path, options, ret);
        /* The container's own are checked at their place. */
        if (r < 0 || ret->is_containers)
                return r;
        r = check_mappings(&ret->uids, uids_path);
        return r < 0 ? r : check_mappings(&ret->gids, gids_path);
}

void mount_idmap_done(struct mount_idmap *idmap) {
        free(idmap->uids.items);
        free(idmap->gids.items);
        *idmap = (struct mount_idmap){};
}
