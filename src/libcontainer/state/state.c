/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers on disk. Runs in the runtime's process. */
#include "libcontainer/state/state.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/config/version.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/names.h"
#include "util/path.h"
#include "util/proc.h"
#include "util/text.h"

#define STATE_FILE "state.json"
#define STATE_SIZE_MAX (4u << 20)
/* Long enough for a create with slow hooks beside us. */
#define LOCK_MILLISECONDS 60000

const struct name statuses[] = {
        {"creating", STATUS_CREATING}, {"created", STATUS_CREATED}, {"running", STATUS_RUNNING},
        {"paused", STATUS_PAUSED},     {"stopped", STATUS_STOPPED}, {"broken", STATUS_BROKEN},
        {},
};

/* --- state.json --- */

static const struct json_type json_mode = {.kind = JSON_INTEGER, .size = sizeof(enum cgroup_mode), .max = CGROUP_MODE_V2};
static const struct json_type json_manager = {
        .kind = JSON_NAME, .size = sizeof(enum cgroup_manager), .names = cgroup_managers, .what = "cgroup manager"};

static const struct json_field place_fields[] = {
        JSON_FIELD(struct cgroup_place, controllers, "controllers", &json_string, .required = true),
        JSON_FIELD(struct cgroup_place, directory, "directory", &json_string, .required = true),
        JSON_FIELD(struct cgroup_place, path, "path", &json_string, .required = true),
        JSON_FIELD(struct cgroup_place, v2, "v2", &json_bool),
        {},
};
static const struct json_type json_place = {.kind = JSON_OBJECT, .size = sizeof(struct cgroup_place), .fields = place_fields};
static const struct json_type json_places = {.kind = JSON_ARRAY, .size = sizeof(struct cgroup_place), .element = &json_place};

static const struct json_field cgroup_fields[] = {
        JSON_FIELD(struct cgroup, mode, "mode", &json_mode),
        JSON_FIELD(struct cgroup, manager, "manager", &json_manager),
        JSON_FIELD(struct cgroup, unit, "unit", &json_string),
        JSON_FIELD(struct cgroup, user_unit, "userUnit", &json_bool),
        JSON_FIELD(struct cgroup, sub, "sub", &json_string),
        JSON_LIST(struct cgroup, places, n_places, "places", &json_places),
        {},
};
static const struct json_type json_cgroup = {.kind = JSON_OBJECT, .size = sizeof(struct cgroup), .fields = cgroup_fields};

static const struct json_field identity_fields[] = {
        JSON_FIELD(struct process_identity, pid, "pid", &json_i64),
        JSON_FIELD(struct process_identity, start_time, "startTime", &json_u64),
        {},
};
static const struct json_type json_identity = {
        .kind = JSON_OBJECT, .size = sizeof(struct process_identity), .fields = identity_fields};

static const struct json_type json_annotations = {.kind = JSON_MAP,
                                                  .size = sizeof(struct string_pair),
                                                  .element = &json_string,
                                                  .value_offset = offsetof(struct string_pair, value)};

static const struct json_field resctrl_fields[] = {
        JSON_FIELD(struct resctrl, mount_point, "mountPoint", &json_string, .required = true),
        JSON_FIELD(struct resctrl, directory, "directory", &json_string, .required = true),
        JSON_FIELD(struct resctrl, monitor, "monitor", &json_string),
        JSON_FIELD(struct resctrl, is_owned, "owned", &json_bool),
        {},
};
static const struct json_type json_resctrl = {.kind = JSON_OBJECT, .size = sizeof(struct resctrl), .fields = resctrl_fields};

static const struct json_field state_fields[] = {
        JSON_FIELD(struct state, id, "id", &json_string, .required = true),
        JSON_FIELD(struct state, bundle, "bundle", &json_string, .required = true),
        JSON_FIELD(struct state, rootfs, "rootfs", &json_string, .required = true),
        JSON_FIELD(struct state, created, "created", &json_string, .required = true),
        JSON_FIELD(struct state, boot_id, "bootId", &json_string, .required = true),
        JSON_FIELD(struct state, owner, "owner", &json_u32),
        JSON_FIELD(struct state, creator, "creator", &json_identity),
        JSON_FIELD(struct state, init, "init", &json_identity),
        JSON_FIELD(struct state, private_pid_namespace, "privatePidNamespace", &json_bool),
        JSON_FIELD(struct state, has_poststart, "hasPoststart", &json_bool),
        JSON_FIELD(struct state, has_poststop, "hasPoststop", &json_bool),
        JSON_FIELD(struct state, new_keyring, "newKeyring", &json_bool),
        JSON_LIST(struct state, annotations.items, annotations.count, "annotations", &json_annotations),
        JSON_FIELD(struct state, cgroup, "cgroup", &json_cgroup),
        JSON_FIELD(struct state, resctrl, "resctrl", &json_resctrl),
        {},
};
static const struct json_type json_state = {.kind = JSON_OBJECT, .size = sizeof(struct state), .fields = state_fields};

static void write_identity(struct json_writer *writer, const char *key, const struct process_identity *process) {
        json_object_begin(writer, key);
        json_write_i64(writer, "pid", process->pid);
        json_write_u64(writer, "startTime", process->start_time);
        json_object_end(writer);
}

static void write_annotations(struct json_writer *writer, const struct string_map *annotations) {
        json_object_begin(writer, "annotations");
        for (size_t i = 0; i < annotations->count; i++)
                json_write_string(writer, annotations->items[i].key, annotations->items[i].value);
        json_object_end(writer);
}

static void write_cgroup(struct json_writer *writer, const struct cgroup *cgroup) {
        json_object_begin(writer, "cgroup");
        json_write_i64(writer, "mode", cgroup->mode);
        json_write_string(writer, "manager", name_of(cgroup_managers, cgroup->manager));
        if (cgroup->unit) {
                json_write_string(writer, "unit", cgroup->unit);
                json_write_bool(writer, "userUnit", cgroup->user_unit);
        }
        if (cgroup->sub)
                json_write_string(writer, "sub", cgroup->sub);
        json_array_begin(writer, "places");
        for (size_t i = 0; i < cgroup->n_places; i++) {
                const struct cgroup_place *place = &cgroup->places[i];

                json_object_begin(writer, NULL);
                json_write_string(writer, "controllers", place->controllers);
                json_write_string(writer, "directory", place->directory);
                json_write_string(writer, "path", place->path);
                json_write_bool(writer, "v2", place->v2);
                json_object_end(writer);
        }
        json_array_end(writer);
        json_object_end(writer);
}

static void write_resctrl(struct json_writer *writer, const struct resctrl *resctrl) {
        if (!resctrl->directory)
                return;
        json_object_begin(writer, "resctrl");
        json_write_string(writer, "mountPoint", resctrl->mount_point);
        json_write_string(writer, "directory", resctrl->directory);
        if (resctrl->monitor)
                json_write_string(writer, "monitor", resctrl->monitor);
        json_write_bool(writer, "owned", resctrl->is_owned);
        json_object_end(writer);
}

int state_save(const struct state_directory *directory, const struct state *state) {
        struct text text = TEXT_INIT;
        struct json_writer writer = {.text = &text};
        int r;

        json_object_begin(&writer, NULL);
        json_write_string(&writer, "id", state->id);
        json_write_string(&writer, "bundle", state->bundle);
        json_write_string(&writer, "rootfs", state->rootfs);
        json_write_string(&writer, "created", state->created);
        json_write_string(&writer, "bootId", state->boot_id);
        json_write_u64(&writer, "owner", state->owner);
        write_identity(&writer, "creator", &state->creator);
        write_identity(&writer, "init", &state->init);
        json_write_bool(&writer, "privatePidNamespace", state->private_pid_namespace);
        json_write_bool(&writer, "hasPoststart", state->has_poststart);
        json_write_bool(&writer, "hasPoststop", state->has_poststop);
        json_write_bool(&writer, "newKeyring", state->new_keyring);
        write_annotations(&writer, &state->annotations);
        write_cgroup(&writer, &state->cgroup);
        write_resctrl(&writer, &state->resctrl);
        json_object_end(&writer);
        r = file_replace(directory->fd, STATE_FILE, text.bytes, text.length, 0600);
        text_done(&text);
        return r < 0 ? fail(-r, "write state of container `%s`", state->id) : 0;
}

/* True if the record is missing because the container is being made or removed just now, or has been. */
static bool is_in_change(const struct state_directory *directory) {
        autoclose int fd = openat(directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0 || status.st_nlink == 0)
                return true;
        /* By a descriptor of our own, so that a lock that the caller holds is not given up. */
        return directory->is_locked ? false : flock(fd, LOCK_SH | LOCK_NB) < 0;
}

int state_load(const struct state_directory *directory, struct state *ret) {
        autofree char *text = NULL;
        size_t size;
        int r = file_read(directory->fd, STATE_FILE, STATE_SIZE_MAX, &text, &size);

        if (r == -ENOENT && is_in_change(directory)) {
                reject("container does not exist");
                return -ENOENT;
        }
        if (r < 0) {
                fail(-r, "container is broken: read `%s`", STATE_FILE);
                return -EUCLEAN;
        }
        r = json_decode(text, size, STATE_FILE, &json_state, ret);
        if (r < 0) {
                within(r, "container is broken");
                return -EUCLEAN;
        }
        ret->cgroup.v2_fd = -1;
        return 0;
}

/* --- resources.json --- */

static int load_configured_resources(const struct state_directory *directory, struct cgroup_resources *ret) {
        autodone(config) struct config config = CONFIG_INIT;
        int r = config_load(directory->fd, STATE_CONFIG, &config, NULL, NULL);

        if (r < 0)
                return r;
        *ret = config.linux.resources;
        config.linux.resources = (struct cgroup_resources){};
        return 0;
}

int state_load_resources(const struct state_directory *directory, struct cgroup_resources *ret) {
        autofree char *text = NULL;
        size_t size;
        int r = file_read(directory->fd, STATE_RESOURCES, STATE_SIZE_MAX, &text, &size);

        if (r == -ENOENT)
                return load_configured_resources(directory, ret);
        return r < 0 ? fail(-r, "read `%s`", STATE_RESOURCES) : config_parse_resources(text, size, STATE_RESOURCES, ret);
}

int state_save_resources(const struct state_directory *directory, const struct cgroup_resources *resources) {
        autodone(text) struct text text = TEXT_INIT;
        int r;

        config_print_resources(resources, &text);
        r = file_replace(directory->fd, STATE_RESOURCES, text.bytes, text.length, 0600);
        return r < 0 ? fail(-r, "write `%s`", STATE_RESOURCES) : 0;
}

void state_done(struct state *state) {
        free(state->id);
        free(state->bundle);
        free(state->rootfs);
        free(state->created);
        free(state->boot_id);
        for (size_t i = 0; i < state->annotations.count; i++) {
                free(state->annotations.items[i].key);
                free(state->annotations.items[i].value);
        }
        free(state->annotations.items);
        cgroup_done(&state->cgroup);
        resctrl_done(&state->resctrl);
        *state = STATE_INIT;
}

/* --- directories --- */

int state_check_id(const char *id) {
        size_t length = strlen(id);

        for (size_t i = 0; i < length; i++)
                if (!isascii(id[i]) || (!isalnum((unsigned char)id[i]) && !strchr("_+-.", id[i])))
                        return reject("invalid container id format: \"%s\": expected letters, digits and `_+-.`", id);
        if (length == 0 || length > 255 || id[0] == '.' || id[0] == '-')
                return reject("invalid container id format: \"%s\": expected 1 to 255 characters, not beginning with `.` or `-`", id);
        return 0;
}

/* XDG Base Directory Specification: in that directory what is not sticky may be removed when it is some hours old. */
static mode_t root_mode(const char *root) {
        const char *runtime_dir = getenv("XDG_RUNTIME_DIR");

        return !text_is_empty(runtime_dir) && path_is_below(root, runtime_dir) ? S_ISVTX | 0700 : 0700;
}

int state_root_open(const char *root, bool make) {
        int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0 || errno != ENOENT)
                return fd >= 0 ? fd : fail(errno, "open root directory `%s`", root);
        if (!make)
                return -ENOENT;
        fd = path_make_dir(AT_FDCWD, root, root_mode(root));
        if (fd < 0)
                return fail(-fd, "make root directory `%s`", root);
        fd_close(&fd);
        fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd >= 0 ? fd : fail(errno, "open root directory `%s`", root);
}

void state_directory_done(struct state_directory *directory) {
        fd_close(&directory->fd);
}

int state_lock(struct state_directory *directory, const char *id) {
        struct stat status;
        int r = fd_lock(directory->fd, LOCK_MILLISECONDS);

        if (r == -ETIMEDOUT)
                return fail(-r, "container `%s` is in use by another command", id);
        if (r < 0)
                return fail(-r, "lock container `%s`", id);
        directory->is_locked = true;
        /* Whoever held the lock may have deleted the container: then this directory has no name any more. */
        if (fstat(directory->fd, &status) == 0 && status.st_nlink == 0) {
                reject("container does not exist: `%s`", id);
                return -ENOENT;
        }
        return 0;
}

bool state_lock_at_once(const struct state_directory *directory) {
        return fd_lock(directory->fd, 0) >= 0;
}

void state_unlock(struct state_directory *directory) {
        directory->is_locked = false;
        (void)flock(directory->fd, LOCK_UN);
}

static int reject_taken(const char *id) {
        return reject("container with given ID already exists: `%s`", id);
}

int state_check_free(int root_fd, const char *id) {
        return faccessat(root_fd, id, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? reject_taken(id) : 0;
}

int state_reserve(int root_fd, const char *id, struct state_directory *ret) {
        int r;

        ret->root_fd = root_fd;
        if (mkdirat(root_fd, id, 0700) < 0) {
                if (errno == EEXIST)
                        return reject_taken(id);
                return fail(errno, "make state directory of container `%s`", id);
        }
        ret->fd = openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (ret->fd < 0)
                return fail(errno, "open state directory of container `%s`", id);
        r = state_lock(ret, id);
        /* Deleted by force and made anew by another in between, it is that other's container. */
        if (r >= 0 && faccessat(ret->fd, STATE_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                r = reject_taken(id);
        if (r < 0)
                fd_close(&ret->fd);
        return r;
}

int state_open_unlocked(int root_fd, const char *id, struct state_directory *ret) {
        ret->root_fd = root_fd;
        ret->fd = root_fd < 0 ? -1 : openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (ret->fd >= 0)
                return 0;
        if (root_fd < 0 || errno == ENOENT) {
                reject("container does not exist: `%s`", id);
                return -ENOENT;
        }
        return fail(errno, "open state directory of container `%s`", id);
}

int state_open(int root_fd, const char *id, struct state_directory *ret) {
        int r = state_open_unlocked(root_fd, id, ret);

        return r < 0 ? r : state_lock(ret, id);
}

int state_remove(const struct state_directory *directory, const char *id) {
        int r = file_remove_tree(directory->root_fd, id);

        return r < 0 ? fail(-r, "remove state directory of container `%s`", id) : 0;
}

/* --- status --- */

int state_identify(pid_t pid, struct process_identity *ret) {
        int r;

        ret->pid = pid;
        r = proc_start_time(pid, &ret->start_time);
        return r < 0 ? fail(-r, "read start time of process %d", pid) : 0;
}

int state_open_process(const struct state *state, const struct process_identity *process) {
        autoclose int pidfd = -1;
        char boot_id[BOOT_ID_MAX];
        uint64_t start_time;

        if (process->pid <= 0)
                return -ESRCH;
        pidfd = proc_open((pid_t)process->pid);
        if (pidfd < 0)
                return pidfd == -ESRCH || pidfd == -EINVAL ? -ESRCH : fail(-pidfd, "open process %d", (int)process->pid);
        if (proc_start_time((pid_t)process->pid, &start_time) < 0 || start_time != process->start_time)
                return -ESRCH;
        if (proc_boot_id(boot_id) < 0 || strcmp(boot_id, state->boot_id) != 0)
                return -ESRCH;
        /* Read last: while the pidfd is open and the process alive, the pid above cannot have been another's. */
        if (!proc_is_alive(pidfd))
                return -ESRCH;
        return take_fd(&pidfd);
}

/* Init reads exec.fifo until `start` has let it go: while a writer finds a reader, it still waits. */
static bool init_waits(const struct state_directory *directory) {
        autoclose int fd = openat(directory->fd, STATE_EXEC_FIFO, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);

        return fd >= 0;
}

static int status_without_init(const struct state *state, enum status *ret) {
        autoclose int pidfd = state->init.pid ? -ESRCH : state_open_process(state, &state->creator);

        if (pidfd < 0 && pidfd != -ESRCH)
                return pidfd;
        *ret = pidfd >= 0 ? STATUS_CREATING : STATUS_STOPPED;
        return 0;
}

int state_status(const struct state_directory *directory, const struct state *state, enum status *ret, int *ret_pidfd) {
        autoclose int pidfd = state_open_process(state, &state->init);
        bool frozen = false;
        int r;

        if (ret_pidfd)
                *ret_pidfd = -1;
        if (pidfd == -ESRCH)
                return status_without_init(state, ret);
        if (pidfd < 0)
                return pidfd;
        r = cgroup_is_frozen(&state->cgroup, &frozen);
        if (r < 0)
                return r;
        if (frozen)
                *ret = STATUS_PAUSED;
        else
                *ret = init_waits(directory) ? STATUS_CREATED : STATUS_RUNNING;
        if (ret_pidfd)
                *ret_pidfd = take_fd(&pidfd);
        return 0;
}

/* --- output --- */

void state_write_for_hook(const struct state *state, enum status status, pid_t pid, const char *key, struct json_writer *writer) {
        json_object_begin(writer, key);
        json_write_string(writer, "ociVersion", TARE_SPEC_VERSION);
        json_write_string(writer, "id", state->id);
        json_write_string(writer, "status", name_of(statuses, status));
        if (pid > 0)
                json_write_i64(writer, "pid", pid);
        json_write_string(writer, "bundle", state->bundle);
        if (state->annotations.count > 0)
                write_annotations(writer, &state->annotations);
        json_object_end(writer);
}

void state_print_for_hook(const struct state *state, enum status status, pid_t pid, struct text *text) {
        struct json_writer writer = {.text = text};

        state_write_for_hook(state, status, pid, NULL, &writer);
}

/* fgetpwent(3) reads the file alone: no name service is asked, and no library of one is loaded. */
char *state_owner_name(uint32_t uid) {
        FILE *passwd = fopen("/etc/passwd", "re");
        const struct passwd *entry = NULL;
        char *name;

        while (passwd && (entry = fgetpwent(passwd)) && entry->pw_uid != uid)
                continue;
        name = entry ? text_copy(entry->pw_name) : text_format("%u", uid);
        if (passwd)
                fclose(passwd);
        return name;
}

void state_print(const struct state *state, enum status status, const char *owner, struct json_writer *writer) {
        bool has_process = status != STATUS_STOPPED && status != STATUS_BROKEN;

        json_object_begin(writer, NULL);
        json_write_string(writer, "ociVersion", TARE_SPEC_VERSION);
        json_write_string(writer, "id", state->id);
        json_write_i64(writer, "pid", has_process ? state->init.pid : 0);
        json_write_string(writer, "status", name_of(statuses, status));
        json_write_string(writer, "bundle", state->bundle ? state->bundle : "");
        json_write_string(writer, "rootfs", state->rootfs ? state->rootfs : "");
        json_write_string(writer, "created", state->created ? state->created : "0001-01-01T00:00:00Z");
        if (state->annotations.count > 0)
                write_annotations(writer, &state->annotations);
        json_write_string(writer, "owner", owner);
        if (state->cgroup.unit)
                json_write_string(writer, "systemd-scope", state->cgroup.unit);
        json_object_end(writer);
}
