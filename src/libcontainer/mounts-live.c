/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `mounts add` and `mounts remove`. Runs in the runtime's process: finds every mistake of the caller's, sends a visitor into
 * the container (process/visit.c), and keeps the list of what has been added, for nothing else may be removed again: below
 * other mounts lie what they hide, masked and read-only paths among them.
 */
#include "libcontainer/mounts-live.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/isolation/mount-api.h"
#include "libcontainer/plan/plan.h"
#include "libcontainer/process/visit.h"
#include "libcontainer/state/handle.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/json.h"
#include "util/kernel.h"
#include "util/log.h"
#include "util/path.h"
#include "util/proc.h"
#include "util/text.h"

/* In the container's directory; without it nothing has been added. */
#define ADDED_FILE "mounts.json"
#define ADDED_SIZE_MAX (4u << 20)

/* --- the list of what has been added, in the order of mounting --- */

struct added_list {
        struct added_mount *items;
        size_t count;
};

static void added_list_done(struct added_list *list) {
        for (size_t i = 0; i < list->count; i++)
                free(list->items[i].destination);
        free(list->items);
}

static const struct json_field added_fields[] = {
        JSON_FIELD(struct added_mount, destination, "destination", &json_string, .required = true),
        JSON_FIELD(struct added_mount, id, "id", &json_u64, .required = true),
        {},
};
static const struct json_type added_type = {.kind = JSON_OBJECT, .size = sizeof(struct added_mount), .fields = added_fields};
static const struct json_type added_list_type = {.kind = JSON_ARRAY, .size = sizeof(struct added_mount), .element = &added_type};

static int load_added(int directory_fd, struct added_list *ret) {
        autofree char *text = NULL;
        size_t size;
        int r = file_read(directory_fd, ADDED_FILE, ADDED_SIZE_MAX, &text, &size);

        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return fail(-r, "read `%s`", ADDED_FILE);
        return json_decode_array(text, size, ADDED_FILE,
                                 &(struct json_document_array){
                                         .what = "added", .type = &added_list_type, .items = &ret->items, .count = &ret->count});
}

static int save_added(int directory_fd, const struct added_list *list) {
        autodone(text) struct text text = TEXT_INIT;
        struct json_writer writer = {.text = &text};
        int r;

        json_array_begin(&writer, NULL);
        for (size_t i = 0; i < list->count; i++) {
                json_object_begin(&writer, NULL);
                json_write_string(&writer, "destination", list->items[i].destination);
                json_write_u64(&writer, "id", list->items[i].id);
                json_object_end(&writer);
        }
        json_array_end(&writer);
        r = file_replace(directory_fd, ADDED_FILE, text.bytes, text.length, 0600);
        return r < 0 ? fail(-r, "write `%s`", ADDED_FILE) : 0;
}

/* The last one at that place: the one on top. */
static const struct added_mount *find_added(const struct added_list *list, const char *destination) {
        for (size_t i = list->count; i-- > 0;)
                if (strcmp(list->items[i].destination, destination) == 0)
                        return &list->items[i];
        return NULL;
}

/* Takes a mount off the list, and those that were mounted in it later and went with it. */
static void drop_added(struct added_list *list, const struct added_mount *removed) {
        size_t kept = 0, first = list->count;

        for (size_t i = 0; i < list->count; i++)
                if (list->items[i].id == removed->id)
                        first = i;
        for (size_t i = 0; i < list->count; i++) {
                if (i >= first && path_is_below(list->items[i].destination, removed->destination))
                        free(list->items[i].destination);
                else
                        list->items[kept++] = list->items[i];
        }
        list->count = kept;
}

/* --- the container --- */

struct live {
        struct config input; /* the file: mounts, and nothing else */
        struct config config; /* the container's own, with the mounts of the file */
        struct handle handle;
        struct added_list added;
        struct visit visit;
};
#define LIVE_INIT ((struct live){.input = CONFIG_INIT, .config = CONFIG_INIT, .handle = HANDLE_INIT})

static void live_done(struct live *live) {
        config_done(&live->input);
        config_done(&live->config);
        handle_done(&live->handle);
        added_list_done(&live->added);
}

static int load_config(struct live *live) {
        struct mount_config *mounts;
        size_t n_mounts;
        int r = config_load(live->handle.directory.fd, STATE_CONFIG, &live->config, NULL, NULL);

        if (r < 0)
                return r;
        mounts = live->config.mounts;
        n_mounts = live->config.n_mounts;
        live->config.mounts = live->input.mounts;
        live->config.n_mounts = live->input.n_mounts;
        live->input.mounts = mounts;
        live->input.n_mounts = n_mounts;
        return 0;
}

static int number_of(const char *process, enum namespace_kind kind, uint64_t *ret) {
        autofree char *path = text_format("/proc/%s/ns/%s", process, namespace_file(kind));
        struct stat status;

        if (stat(path, &status) < 0)
                return fail(errno, "look at `%s`", path);
        *ret = status.st_ino;
        return 0;
}

static uint64_t parent_of(const char *process) {
        autofree char *path = text_format("/proc/%s/ns/user", process);
        autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
        autoclose int parent_fd = fd < 0 ? -1 : ioctl(fd, NS_GET_PARENT);
        struct stat status;

        return parent_fd < 0 || fstat(parent_fd, &status) < 0 ? 0 : status.st_ino;
}

/* Is init still in the user namespace that it was made in? As far as that can be known: by its path, or as a child of ours. */
static int check_user_namespace(const struct config *config, const char *process, uint64_t theirs, uint64_t ours) {
        const struct namespace_config *namespace = config_namespace(config, NAMESPACE_USER);
        struct stat status;
        bool is_right;

        if (!namespace)
                is_right = theirs == ours;
        else if (!text_is_empty(namespace->path) && stat(namespace->path, &status) == 0)
                is_right = theirs == status.st_ino;
        else
                is_right = parent_of(process) == ours;
        return is_right ? 0 : reject("the container's process has left the container's user namespace");
}

/*
 * Those in which a file system can be mounted for the container; a pid namespace shows in procfs alone (plan/mounts.c). By
 * what init is in: our caller may sit in other namespaces than its creator did.
 */
static int find_namespaces(struct live *live) {
        static const enum namespace_kind kinds[] = {NAMESPACE_MOUNT, NAMESPACE_NETWORK, NAMESPACE_IPC, NAMESPACE_UTS, NAMESPACE_USER};
        autofree char *init = text_format("%d", (int)live->handle.state.init.pid);
        uint64_t theirs = 0, ours = 0;

        live->visit.init_fd = live->handle.pidfd;
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                int r = number_of(init, kinds[i], &theirs);

                if (r >= 0)
                        r = number_of("self", kinds[i], &ours);
                if (r < 0)
                        return r;
                if (theirs != ours)
                        live->visit.namespaces |= namespace_flag(kinds[i]);
        }
        /* The last of them is the user namespace. */
        live->visit.user_namespace = theirs;
        if (!config_namespace(&live->config, NAMESPACE_MOUNT) || !(live->visit.namespaces & CLONE_NEWNS))
                return reject("the container has no mount namespace of its own");
        /* If it lives now, the number meant it before. */
        if (!proc_is_alive(live->handle.pidfd))
                return reject("container not running");
        return check_user_namespace(&live->config, init, theirs, ours);
}

/* The file first: standard input may come slowly, and until then others must not wait for the container. */
static int open_live(const char *root, const char *id, const char *path, struct live *ret) {
        int r = config_load_mounts(path, &ret->input);

        if (r < 0)
                return r;
        if (!mount_api_is_new())
                return reject("`mounts` needs the mount calls of Linux 5.12, which this kernel lacks");
        r = handle_open(root, id, true, &ret->handle);
        if (r < 0)
                return r;
        if (ret->handle.pidfd < 0 || ret->handle.status == STATUS_CREATING)
                return reject("container not running");
        r = load_config(ret);
        if (r < 0)
                return r;
        r = load_added(ret->handle.directory.fd, &ret->added);
        return r < 0 ? r : find_namespaces(ret);
}

/* --- add --- */

static int record(struct live *live, const struct plan *plan, const int *mounts) {
        for (size_t i = 0; i < plan->n_mounts; i++) {
                struct added_mount *added = array_append(live->added.items, live->added.count);
                int r;

                added->destination = text_copy(plan->mounts[i].destination);
                r = mount_identify(mounts[i], &added->id);
                if (r < 0)
                        return r;
        }
        return save_added(live->handle.directory.fd, &live->added);
}

/* The first failure is what the user must see, so this one only warns. */
static void take_back(const struct live *live, const int *mounts, size_t n) {
        autofree char *cause = text_copy(fail_text());

        if (visit_undo(&live->visit, mounts, n) < 0)
                log_warning("undo: %s", fail_text());
        fail_take_over(cause);
}

static int add(struct live *live, const struct plan *plan) {
        autofree int *mounts = alloc_zero(plan->n_mounts, sizeof(int));
        int r = visit_add(&live->visit, plan, mounts);

        if (r >= 0)
                r = record(live, plan, mounts);
        if (r < 0)
                take_back(live, mounts, plan->n_mounts);
        for (size_t i = 0; i < plan->n_mounts; i++)
                fd_close(&mounts[i]);
        return r;
}

int container_add_mounts(const char *root, const char *id, const char *path) {
        autodone(live) struct live live = LIVE_INIT;
        autodone(plan) struct plan plan = PLAN_INIT;
        int r = open_live(root, id, path, &live);

        if (r < 0)
                return r;
        r = config_check_mounts(&live.config);
        if (r < 0)
                return r;
        r = plan_live_mounts(&live.config, live.handle.state.bundle, &plan);
        return r < 0 || plan.n_mounts == 0 ? r : add(&live, &plan);
}

/* --- remove --- */

static int choose(const struct live *live, size_t index, struct added_list *chosen) {
        const char *destination = live->config.mounts[index].destination;
        autofree char *absolute = path_join("/", destination), *clean = path_clean(absolute);
        const struct added_mount *found = find_added(&live->added, clean);

        if (!found)
                return reject("mounts[%zu].destination: found `%s`, expected a place where `tare mounts add` has mounted", index,
                              destination);
        if (find_added(chosen, clean))
                return reject("mounts[%zu].destination: found `%s` twice, expected it once", index, destination);
        *array_append(chosen->items, chosen->count) = (struct added_mount){.destination = take_ptr(&clean), .id = found->id};
        return 0;
}

static int remove_chosen(struct live *live, const struct added_list *chosen) {
        int r = visit_remove(&live->visit, chosen->items, chosen->count);

        if (r < 0)
                return r;
        for (size_t i = 0; i < chosen->count; i++)
                drop_added(&live->added, &chosen->items[i]);
        return save_added(live->handle.directory.fd, &live->added);
}

int container_remove_mounts(const char *root, const char *id, const char *path) {
        autodone(live) struct live live = LIVE_INIT;
        autodone(added_list) struct added_list chosen = {NULL, 0};
        int r = open_live(root, id, path, &live);

        for (size_t i = 0; r >= 0 && i < live.config.n_mounts; i++)
                r = choose(&live, i, &chosen);
        return r < 0 || chosen.count == 0 ? r : remove_chosen(&live, &chosen);
}
