/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resctrl/resctrl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "resctrl/files.h"
#include "resctrl/schema.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/file.h"
#include "util/log.h"
#include "util/mountinfo.h"

#define STANDARD_MOUNT_POINT "/sys/fs/resctrl"
/* The kernel takes no more in one write(2), the newline included (kernfs: PAGE_SIZE). */
#define SCHEMA_MAX 4094

void resctrl_settings_done(struct resctrl_settings *settings) {
        free(settings->clos_id);
        free(settings->l3_cache_schema);
        free(settings->mem_bw_schema);
        string_list_done(&settings->schemata);
        *settings = (struct resctrl_settings){};
}

void resctrl_done(struct resctrl *resctrl) {
        free(resctrl->mount_point);
        free(resctrl->directory);
        free(resctrl->monitor);
        *resctrl = RESCTRL_INIT;
}

void resctrl_copy(const struct resctrl *from, struct resctrl *to) {
        *to = *from;
        to->mount_point = text_copy(from->mount_point);
        to->directory = text_copy(from->directory);
        to->monitor = text_copy(from->monitor);
}

/* --- what needs no machine --- */

int resctrl_check_line(const char *schema, const char *prefix, const char *path) {
        if (text_is_empty(schema))
                return 0;
        if (!text_starts_with(schema, prefix))
                return reject("%s: found `%s`, expected it to begin with `%s`", path, schema, prefix);
        if (strchr(schema, '\n'))
                return reject("%s: found `%s`, expected no newline", path, schema);
        if (strlen(schema) > SCHEMA_MAX)
                return reject("%s: found %zu bytes, expected at most %d", path, strlen(schema), SCHEMA_MAX);
        return 0;
}

static int check_class_name(const char *name, const char *path) {
        if (text_is_empty(name) || text_equal(name, "/"))
                return 0;
        if (text_equal(name, ".") || text_equal(name, "..") || strpbrk(name, "/\n"))
                return reject("%s.closID: found `%s`, expected the name of one directory, or `/`", path, name);
        return 0;
}

int resctrl_check(const struct resctrl_settings *settings, const char *path) {
        autofree char *l3_path = text_format("%s.l3CacheSchema", path), *memory_path = text_format("%s.memBwSchema", path);
        int r = check_class_name(settings->clos_id, path);

        if (r == 0)
                r = resctrl_check_line(settings->l3_cache_schema, "L3", l3_path);
        if (r == 0)
                r = resctrl_check_line(settings->mem_bw_schema, "MB:", memory_path);
        for (size_t i = 0; r == 0 && i < settings->schemata.count; i++) {
                autofree char *line_path = text_format("%s.schemata[%zu]", path, i);
                const char *line = settings->schemata.items[i];

                r = text_is_empty(line) ? reject("%s: found ``, expected RESOURCE:ID=SHARE;...", line_path)
                                        : resctrl_check_line(line, "", line_path);
        }
        return r;
}

/* --- the mount --- */

static bool is_mounted_at(const char *path) {
        struct statfs status;

        return statfs(path, &status) == 0 && status.f_type == RDTGROUP_SUPER_MAGIC;
}

/* NULL if there is none. */
static char *find_mount_point(void) {
        autofree char *text = NULL;

        if (is_mounted_at(STANDARD_MOUNT_POINT))
                return text_copy(STANDARD_MOUNT_POINT);
        if (file_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, NULL) < 0)
                return NULL;
        for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
                struct mountinfo mount;

                if (mountinfo_parse(line, &mount) && text_equal(mount.type, "resctrl") && text_equal(mount.root, "/") &&
                    is_mounted_at(mount.mount_point))
                        return text_copy(mount.mount_point);
        }
        return NULL;
}

/* --- the shares that are asked for --- */

static void read_limits(const char *mount_point, const char *resource, struct resource_limits *ret) {
        autofree char *directory = text_format("%s/info/%s", mount_point, resource);
        autofree char *sparse = resctrl_read(directory, "sparse_masks");

        *ret = (struct resource_limits){
                .cbm_mask = resctrl_read_number(directory, "cbm_mask", 16),
                .min_cbm_bits = resctrl_read_number(directory, "min_cbm_bits", 10),
                .is_contiguous = text_equal(sparse, "0"),
                .min_bandwidth = resctrl_read_number(directory, "min_bandwidth", 10),
                .bandwidth_gran = resctrl_read_number(directory, "bandwidth_gran", 10),
        };
}

static int check_schema(const char *mount_point, const char *root_schemata, const char *schema, const char *path) {
        autofree char *resource = NULL;
        struct resource_limits limits = {};

        if (text_is_empty(schema))
                return 0;
        resource = schema_resource(schema);
        if (resource)
                read_limits(mount_point, resource, &limits);
        return schema_check(schema, root_schemata, &limits, path);
}

static int check_same(const struct resctrl *resctrl, const char *schemata, const char *schema, const char *path) {
        autofree char *resource = text_is_empty(schema) ? NULL : schema_resource(schema);
        autofree char *theirs = resource ? schema_find(schemata, resource) : NULL;
        struct resource_limits limits;

        if (!resource)
                return 0;
        read_limits(resctrl->mount_point, resource, &limits);
        if (schema_matches(schema, schemata, &limits))
                return 0;
        return reject("%s: found `%s`, expected what `%s` has already: `%s`", path, schema, resctrl->directory,
                      theirs ? theirs : "");
}

/* "" where there is none. */
static char *read_schemata(const char *directory) {
        char *text = resctrl_read(directory, "schemata");

        return text ? text : text_copy("");
}

static int check_schemas(const struct resctrl *resctrl, const struct resctrl_settings *settings, const char *path) {
        autofree char *l3_path = text_format("%s.l3CacheSchema", path), *memory_path = text_format("%s.memBwSchema", path);
        autofree char *root_schemata = read_schemata(resctrl->mount_point);
        int r = check_schema(resctrl->mount_point, root_schemata, settings->l3_cache_schema, l3_path);

        if (r == 0)
                r = check_schema(resctrl->mount_point, root_schemata, settings->mem_bw_schema, memory_path);
        for (size_t i = 0; r == 0 && i < settings->schemata.count; i++) {
                autofree char *line_path = text_format("%s.schemata[%zu]", path, i);

                r = check_schema(resctrl->mount_point, root_schemata, settings->schemata.items[i], line_path);
        }
        return r;
}

/* config-linux.md: of these two a group that is there already must have what is asked for. */
static int check_sameness(const struct resctrl *resctrl, const struct resctrl_settings *settings, const char *path) {
        autofree char *l3_path = text_format("%s.l3CacheSchema", path), *memory_path = text_format("%s.memBwSchema", path);
        autofree char *schemata = read_schemata(resctrl->directory);
        int r = check_same(resctrl, schemata, settings->l3_cache_schema, l3_path);

        return r < 0 ? r : check_same(resctrl, schemata, settings->mem_bw_schema, memory_path);
}

/* --- which groups --- */

static bool has_shares(const struct resctrl_settings *settings) {
        return !text_is_empty(settings->l3_cache_schema) || !text_is_empty(settings->mem_bw_schema) ||
                settings->schemata.count > 0;
}

static bool exists(const char *directory, const char *name) {
        autofree char *path = text_format("%s/%s", directory, name);

        return access(path, F_OK) == 0;
}

static int decide_group(const struct resctrl_settings *settings, const char *path, const char *id,
                        struct resctrl *resctrl) {
        bool is_named = !text_is_empty(settings->clos_id);
        const char *name = is_named ? settings->clos_id : id;

        resctrl->directory = text_equal(name, "/") ? text_copy(resctrl->mount_point)
                                                   : text_format("%s/%s", resctrl->mount_point, name);
        resctrl->is_missing = !exists(resctrl->directory, ".");
        /* `info`, `schemata` and the like: the kernel's own. */
        if (resctrl->is_missing ? exists(resctrl->mount_point, name) : !exists(resctrl->directory, "tasks"))
                return reject("%s.closID: found `%s`, expected the name of a group: that is one of resctrl's own", path, name);
        if (resctrl->is_missing && is_named && !has_shares(settings))
                return reject("%s.closID: found `%s`, expected a group that is there, or shares to make it with", path, name);
        resctrl->is_owned = resctrl->is_missing && !is_named;
        return 0;
}

static int decide_monitor(const struct resctrl_settings *settings, const char *path, const char *id,
                          struct resctrl *resctrl) {
        if (!settings->enable_monitoring)
                return 0;
        if (!resctrl_has_info(resctrl->mount_point, "L3_MON"))
                return reject("%s.enableMonitoring: found true, expected false: this machine counts nothing", path);
        resctrl->monitor = text_format("%s/mon_groups/%s", resctrl->directory, id);
        if (access(resctrl->monitor, F_OK) == 0)
                return reject("%s.enableMonitoring: found true, but `%s` is there already", path, resctrl->monitor);
        return 0;
}

int resctrl_decide(const struct resctrl_settings *settings, const char *path, const char *id, struct resctrl *ret) {
        int r;

        if (!settings->present)
                return 0;
        ret->is_planned = true;
        ret->mount_point = find_mount_point();
        /* In the words of runc. */
        if (!ret->mount_point)
                return reject("%s: intelRdt is specified in config, but Intel RDT is not enabled: found no mounted resctrl", path);
        r = decide_group(settings, path, id, ret);
        if (r == 0)
                r = decide_monitor(settings, path, id, ret);
        if (r == 0)
                r = check_schemas(ret, settings, path);
        return r < 0 || ret->is_missing ? r : check_sameness(ret, settings, path);
}

/* --- acting --- */

/* The kernel keeps a line about the last call that it refused, which says more than its errno. */
static int explain(const struct resctrl *resctrl, int r) {
        autofree char *info = text_format("%s/info", resctrl->mount_point);
        autofree char *status = resctrl_read(info, "last_cmd_status");

        return text_is_empty(status) || text_equal(status, "ok") ? r : within(r, "%s", status);
}

static int write_schema(const struct resctrl *resctrl, const char *schema) {
        autofree char *file = text_format("%s/schemata", resctrl->directory), *line = NULL;
        int r;

        if (text_is_empty(schema))
                return 0;
        line = text_format("%s\n", schema);
        r = file_write(AT_FDCWD, file, line);
        return r < 0 ? explain(resctrl, fail(-r, "write `%s` into `%s`", schema, file)) : 0;
}

/* One after the other, so that the later ones win: config-linux.md gives this order. */
static int write_shares(const struct resctrl *resctrl, const struct resctrl_settings *settings) {
        int r = write_schema(resctrl, settings->l3_cache_schema);

        if (r == 0)
                r = write_schema(resctrl, settings->mem_bw_schema);
        for (size_t i = 0; r == 0 && i < settings->schemata.count; i++)
                r = write_schema(resctrl, settings->schemata.items[i]);
        return r;
}

static int make_group(const struct resctrl *resctrl, const char *directory) {
        return mkdir(directory, 0755) < 0 ? explain(resctrl, fail(errno, "make `%s`", directory)) : 0;
}

/* Containers that share a group by its name may be made at the same time: one of them makes it. */
static int make_control_group(struct resctrl *resctrl, const struct resctrl_settings *settings, const char *path) {
        int r = make_group(resctrl, resctrl->directory);

        if (r == -EEXIST && !resctrl->is_owned) {
                fail_forget();
                resctrl->is_missing = false;
                return check_sameness(resctrl, settings, path);
        }
        resctrl->is_owned &= r == 0;
        return r;
}

int resctrl_create(struct resctrl *resctrl, const struct resctrl_settings *settings, const char *path) {
        int r;

        resctrl->is_planned = false;
        r = resctrl->is_missing ? make_control_group(resctrl, settings, path) : 0;
        if (r == 0 && resctrl->directory)
                r = write_shares(resctrl, settings);
        if (r == 0 && resctrl->monitor)
                r = make_group(resctrl, resctrl->monitor);
        /* What we did not make is not ours to remove. */
        if (r < 0 && resctrl->monitor) {
                free(resctrl->monitor);
                resctrl->monitor = NULL;
        }
        return r;
}

static int open_tasks(const char *directory, bool may_be_gone) {
        autofree char *file = text_format("%s/tasks", directory);
        int fd = open(file, O_WRONLY | O_CLOEXEC);

        if (fd < 0 && may_be_gone && errno == ENOENT)
                return -1;
        return fd < 0 ? fail(errno, "open `%s`", file) : fd;
}

int resctrl_open_entrance(const struct resctrl *resctrl, bool may_be_gone, int ret_fds[2]) {
        const char *const directories[] = {resctrl->directory, resctrl->monitor};

        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                ret_fds[i] = directories[i] ? open_tasks(directories[i], may_be_gone) : -1;
                if (ret_fds[i] < -1)
                        return ret_fds[i];
        }
        return 0;
}

int resctrl_enter(const int fds[2]) {
        for (size_t i = 0; i < 2; i++)
                if (fds[i] >= 0 && write(fds[i], "0", 1) < 0)
                        return fail(errno, "enter the container's resctrl group");
        return 0;
}

static int remove_group(const char *directory) {
        return rmdir(directory) < 0 && errno != ENOENT ? fail(errno, "remove `%s`", directory) : 0;
}

int resctrl_remove(const struct resctrl *resctrl) {
        int r;

        if (resctrl->is_planned)
                return 0;
        r = resctrl->monitor ? remove_group(resctrl->monitor) : 0;
        return r < 0 || !resctrl->is_owned ? r : remove_group(resctrl->directory);
}

/* --- update --- */

int resctrl_update(const struct resctrl *resctrl, const char *l3_cache_schema, const char *mem_bw_schema, char **ret_old) {
        autofree char *old = NULL, *root_schemata = NULL;
        int r;

        *ret_old = NULL;
        if (text_is_empty(l3_cache_schema) && text_is_empty(mem_bw_schema))
                return 0;
        old = resctrl_read(resctrl->directory, "schemata");
        root_schemata = resctrl_read(resctrl->mount_point, "schemata");
        if (!old || !root_schemata)
                return reject("found no shares in `%s`, expected those of its creation", resctrl->directory);
        r = check_schema(resctrl->mount_point, root_schemata, l3_cache_schema, "--l3-cache-schema");
        if (r == 0)
                r = check_schema(resctrl->mount_point, root_schemata, mem_bw_schema, "--mem-bw-schema");
        if (r == 0)
                r = write_schema(resctrl, l3_cache_schema);
        if (r < 0)
                return r;
        r = write_schema(resctrl, mem_bw_schema);
        if (r < 0) {
                resctrl_restore(resctrl, old);
                return r;
        }
        *ret_old = take_ptr(&old);
        return 0;
}

void resctrl_restore(const struct resctrl *resctrl, const char *old) {
        autofree char *file = text_format("%s/schemata", resctrl->directory), *text = text_format("%s\n", old);
        int r = file_write(AT_FDCWD, file, text);

        if (r < 0)
                log_warning("write back `%s`: %s", file, errno_text(-r));
}
