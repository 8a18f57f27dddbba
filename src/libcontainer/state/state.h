/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A container's record on disk: ROOT/ID with state.json (what later commands need), config.json (the copy that the
 * container was made from), exec.fifo (start -> init), result.fifo (init -> start), notify/ if NOTIFY_SOCKET was set, and
 * once the container has been updated resources.json (the limits in force, as a whole linux.resources object).
 *
 * The record of the intent is there before the first side effect, and complete enough for `delete --force` to undo all
 * of them. The status is never stored: it follows from the process itself, identified by pid, start time and boot id,
 * and from whether somebody still waits behind exec.fifo. A record that cannot be read makes its container `broken`:
 * listed, and removed by `delete --force`. Runs in the runtime's process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroups/cgroup.h"
#include "libcontainer/config/config.h"
#include "util/json.h"

#define STATE_CONFIG "config.json"
#define STATE_RESOURCES "resources.json"
#define STATE_EXEC_FIFO "exec.fifo"
#define STATE_RESULT_FIFO "result.fifo"
#define STATE_NOTIFY "notify" /* a directory, mounted in the container, with the socket of isolation/notify.h */
#define STATE_NOTIFY_SOCKET "notify.sock"

enum status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED, STATUS_STOPPED, STATUS_BROKEN };
extern const struct name statuses[];

/* One process, for ever: a pid alone is used again. */
struct process_identity {
        int64_t pid; /* 0: not known */
        uint64_t start_time;
};

struct state {
        char *id, *bundle, *rootfs, *created; /* RFC 3339 with nanoseconds */
        char *boot_id;
        uint32_t owner; /* uid of the caller */
        struct process_identity creator; /* the runtime while it creates */
        struct process_identity init; /* known from the moment that the container is created */
        bool private_pid_namespace; /* the end of init is the end of all */
        bool has_poststart, has_poststop;
        bool new_keyring; /* its processes have a session keyring of their own */
        struct string_map annotations;
        struct cgroup cgroup;
        struct resctrl resctrl;
};
#define STATE_INIT ((struct state){.cgroup = CGROUP_INIT})
void state_done(struct state *state);

/* An open container directory. */
struct state_directory {
        int root_fd, fd;
        bool is_locked; /* by us */
};
#define STATE_DIRECTORY_INIT ((struct state_directory){.root_fd = -1, .fd = -1})
void state_directory_done(struct state_directory *directory);

/* [A-Za-z0-9_+.-]{1,255} and not "." or ".."; nor a leading '-' or '.': ids are file names and arguments. Records. */
int state_check_id(const char *id);

/* Opens (and with `make` makes, 0700) the root directory. -ENOENT unrecorded when it is missing and `make` is false. */
int state_root_open(const char *root, bool make);

/* `container with given ID already exists` if there is one: asked early, for the message; state_reserve() decides. */
int state_check_free(int root_fd, const char *id);

/* Makes the directory of a new container, locked; the same record if it is there. After a failure nothing is open. */
int state_reserve(int root_fd, const char *id, struct state_directory *ret);

/* Opens and locks an existing one; -ENOENT with the record `container does not exist`. */
int state_open(int root_fd, const char *id, struct state_directory *ret);

/* Gives the lock up, and takes it again: -ENOENT recorded when the container was deleted meanwhile. */
void state_unlock(struct state_directory *directory);
int state_lock(struct state_directory *directory, const char *id);

/* True if nobody else has it; to be followed by state_lock(), which looks at the directory too. */
bool state_lock_at_once(const struct state_directory *directory);

/* The same without a lock, for readers and for signals, which must not wait behind a slow hook. */
int state_open_unlocked(int root_fd, const char *id, struct state_directory *ret);

/* Writes state.json atomically. */
int state_save(const struct state_directory *directory, const struct state *state);

/* Reads it; -EUCLEAN with a record when the container is broken, -ENOENT when it is being made or removed just now. */
int state_load(const struct state_directory *directory, struct state *ret);

/*
 * The limits in force: those of the last update, which are in a file of their own so that config.json stays what the
 * container was made from, or else the config's. Saving is atomic; the caller holds the lock.
 */
int state_load_resources(const struct state_directory *directory, struct cgroup_resources *ret);
int state_save_resources(const struct state_directory *directory, const struct cgroup_resources *resources);

/* Removes the directory; the lock goes with it. */
int state_remove(const struct state_directory *directory, const char *id);

/* What this process is, for `creator`. */
int state_identify(pid_t pid, struct process_identity *ret);

/* A pidfd for a recorded process; -ESRCH (unrecorded) when it has ended, a zombie included, or was never known. */
int state_open_process(const struct state *state, const struct process_identity *process);

/* Derives the status. *ret_pidfd (may be NULL) gets the verified pidfd of init while it lives, else -1; owned. */
int state_status(const struct state_directory *directory, const struct state *state, enum status *ret, int *ret_pidfd);

/* The specification's state as JSON: what hooks read on their standard input. `pid` 0 leaves the field out. */
void state_write_for_hook(const struct state *state, enum status status, pid_t pid, const char *key, struct json_writer *writer);
void state_print_for_hook(const struct state *state, enum status status, pid_t pid, struct text *text);

/* What `state` and the JSON form of `list` print. */
void state_print(const struct state *state, enum status status, const char *owner, struct json_writer *writer);

/* The name of the user with that number by /etc/passwd, else the number. Owned by the caller. */
char *state_owner_name(uint32_t uid);
