/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Units by D-Bus (org.freedesktop.systemd1(5)). Each function is one conversation on a connection of its own, because systemd
 * may execute itself anew at any time; a conversation that breaks is begun again. Runs in the runtime's process.
 */
#include "cgroups/systemd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/bus.h"
#include "cgroups/device-rules.h"
#include "cgroups/keeper.h"
#include "cgroups/parse.h"
#include "cgroups/place.h"
#include "cgroups/properties.h"
#include "cgroups/unit.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/log.h"
#include "util/text.h"

/* From the first byte to the end of the job. A machine that starts a hundred pods needs ten. */
#define CONVERSATION_MILLISECONDS 30000

#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"

/* --- conversations --- */

struct talk {
        struct bus bus;
        int64_t deadline;
        const struct cgroup *cgroup;
        struct properties properties; /* to set */
        pid_t pid; /* to move */
        bool was_broken; /* the connection, so what was asked for may have been done */
        bool was_reset; /* what an earlier unit of that name has left is cleared away */
        char *control_group; /* the answer: where systemd itself is */
};
#define TALK_INIT(of) ((struct talk){.bus = BUS_INIT, .cgroup = (of)})

static void talk_done(struct talk *talk) {
        bus_done(&talk->bus);
        properties_done(&talk->properties);
        free(talk->control_group);
}

static enum bus_kind bus_of(const struct cgroup *cgroup) {
        return cgroup->user_unit ? BUS_USER : BUS_SYSTEM;
}

static int converse_once(struct talk *talk, int (*f)(struct talk *talk)) {
        bool heeds_interrupts = talk->bus.heeds_interrupts;
        int r;

        bus_done(&talk->bus);
        talk->bus.heeds_interrupts = heeds_interrupts;
        r = bus_open(bus_of(talk->cgroup), talk->deadline, &talk->bus);
        return r < 0 ? r : f(talk);
}

/* Once it has answered and gone, none that listens is one that is not there yet. */
static bool is_away(const struct talk *talk, int r) {
        return r == -ECONNRESET || (talk->was_broken && (r == -ENOENT || r == -ECONNREFUSED || r == -EACCES));
}

/*
 * f is begun again when the connection breaks: systemd, or the bus, executes itself anew, which takes a second on a slow
 * machine. Its new socket is what tells that it is back.
 */
static int converse(struct talk *talk, int (*f)(struct talk *talk)) {
        int r;

        talk->deadline = clock_ms() + CONVERSATION_MILLISECONDS;
        for (;;) {
                autoclose int watch_fd = talk->was_broken ? bus_watch(bus_of(talk->cgroup)) : -1;

                r = converse_once(talk, f);
                if (!is_away(talk, r) || clock_ms_until(talk->deadline) == 0)
                        return r;
                fail_forget();
                r = talk->was_broken ? bus_await(&talk->bus, watch_fd, talk->deadline) : 0;
                if (r < 0)
                        return r;
                talk->was_broken = true;
        }
}

/* A call of a method of systemd's manager. 0, BUS_REFUSED with the error in *ret, or a failure. */
static int call(struct talk *talk, const char *member, const char *signature, const struct text *body, struct bus_answer *ret) {
        const struct bus_call manager = {
                .destination = SYSTEMD_NAME,
                .path = SYSTEMD_PATH,
                .interface = SYSTEMD_MANAGER,
                .member = member,
                .signature = signature,
                .body = body,
        };
        int r = bus_call(&talk->bus, &manager, talk->deadline, ret);

        return r < 0 && talk->cgroup->unit ? within(r, "unit `%s`", talk->cgroup->unit) : r;
}

static int fail_refused(const struct talk *talk, const char *member, const struct bus_answer *answer) {
        return reject("systemd: %s: unit `%s`: %s (%s)", member, talk->cgroup->unit, bus_error_text(answer),
                      answer->message.error);
}

static bool is_error(const struct bus_answer *answer, const char *name) {
        return text_equal(text_after(answer->message.error, "org.freedesktop.systemd1."), name);
}

/* The end of the job that the answer to a call names, and its result, which is in *ret_signal. */
static int await_job(struct talk *talk, const struct bus_answer *answer, struct bus_answer *ret_signal, const char **ret_result) {
        struct bus_reader reader = answer->message.body;
        const char *job, *removed = NULL, *unit;
        uint32_t id;

        if (!text_equal(answer->message.signature, "o") || bus_read_string(&reader, &job) < 0)
                return fail(EBADMSG, "systemd: read the job of unit `%s`", talk->cgroup->unit);
        do {
                int r;

                bus_answer_done(ret_signal);
                r = bus_next_job_removed(&talk->bus, talk->deadline, ret_signal);
                if (r < 0)
                        return within(r, "unit `%s`", talk->cgroup->unit);
                /* Its types are known: the signal would not be here with others. */
                reader = ret_signal->message.body;
                (void)bus_read_u32(&reader, &id);
                (void)bus_read_string(&reader, &removed);
                (void)bus_read_string(&reader, &unit);
                (void)bus_read_string(&reader, ret_result);
        } while (!text_equal(removed, job));
        return 0;
}

/* --- where --- */

static int read_control_group(const struct bus_answer *answer, char **ret) {
        struct bus_reader reader = answer->message.body;
        const char *signature, *path;

        if (!text_equal(answer->message.signature, "v") || bus_read_variant(&reader, &signature) < 0 ||
            !text_equal(signature, "s") || bus_read_string(&reader, &path) < 0 || *path != '/' || parse_has_dotdot(path))
                return fail(EBADMSG, "systemd: read where its own cgroup is");
        *ret = text_copy(text_equal(path, "/") ? "" : path);
        return 0;
}

static int ask_control_group(struct talk *talk) {
        autodone(text) struct text body = TEXT_INIT;
        autodone(bus_answer) struct bus_answer answer = BUS_ANSWER_INIT;
        const struct bus_call get = {SYSTEMD_NAME, SYSTEMD_PATH, "org.freedesktop.DBus.Properties", "Get", "ss", &body};
        int r;

        bus_write_string(&body, SYSTEMD_MANAGER);
        bus_write_string(&body, "ControlGroup");
        r = bus_call(&talk->bus, &get, talk->deadline, &answer);
        if (r == BUS_REFUSED)
                return reject("systemd: ask where its own cgroup is: %s", bus_error_text(&answer));
        return r < 0 ? r : read_control_group(&answer, &talk->control_group);
}

/* The first process is the machine's systemd, so nobody has to be asked; a user's has what the machine's has given to it. */
static int find_control_group(const struct cgroup *cgroup, char **ret) {
        autodone(talk) struct talk talk = TALK_INIT(cgroup);
        autofree char *memberships = NULL;
        int r;

        if (!cgroup->user_unit) {
                (void)file_read(AT_FDCWD, "/proc/1/cgroup", 1 << 20, &memberships, NULL);
                *ret = unit_manager_path(memberships ? memberships : "");
                return 0;
        }
        r = converse(&talk, ask_control_group);
        if (r >= 0)
                *ret = take_ptr(&talk.control_group);
        return r;
}

static int choose_bus(const struct cgroup_host *host, struct cgroup *cgroup) {
        /* Root of a user namespace may be a user, or root of a system container, which has a systemd of its own. */
        cgroup->user_unit = geteuid() != 0 || (host->unprivileged && bus_is_there(BUS_USER));
        if (cgroup->user_unit && !bus_is_there(BUS_USER))
                return reject("cgroup manager \"systemd\": neither $XDG_RUNTIME_DIR nor $DBUS_SESSION_BUS_ADDRESS leads to a "
                              "systemd of the user's");
        if (!cgroup->user_unit && !bus_is_there(BUS_SYSTEM))
                return reject("cgroup manager \"systemd\": systemd is not running on this machine; use \"cgroupfs\"");
        if (cgroup->user_unit && host->mode != CGROUP_MODE_V2)
                return reject("cgroup manager \"systemd\": without root it needs a machine with cgroup v2 alone");
        return 0;
}

int systemd_decide(const struct cgroup_host *host, const char *cgroups_path, const char *id, struct cgroup *cgroup) {
        autodone(unit_name) struct unit_name name = {};
        autofree char *control_group = NULL, *path = NULL;
        int r = choose_bus(host, cgroup);

        if (r >= 0)
                r = unit_name_parse(cgroups_path, cgroup->user_unit ? "user.slice" : "system.slice", id, &name);
        if (r >= 0)
                r = find_control_group(cgroup, &control_group);
        if (r < 0)
                return r;
        cgroup->unit = take_ptr(&name.unit);
        cgroup->slice = take_ptr(&name.slice);
        path = text_format("%s%s", control_group, name.path);
        for (size_t i = 0; i < host->n_hierarchies; i++)
                place_add(cgroup, &host->hierarchies[i], path);
        return 0;
}

/* --- start --- */

static bool is_scope(const struct cgroup *cgroup) {
        return !text_equal(strrchr(cgroup->unit, '.'), ".slice");
}

/* Without the file the numbers do as well. */
static void add_devices(const struct cgroup *cgroup, const struct cgroup_resources *resources, struct properties *properties) {
        autodone(device_rules) struct device_rules rules = {};
        autofree char *devices = NULL;

        if (resources->n_devices == 0 || cgroup->unprivileged)
                return;
        device_rules_complete(resources, &rules);
        (void)file_read(AT_FDCWD, "/proc/devices", 1 << 20, &devices, NULL);
        properties_of_devices(&rules, devices ? devices : "", properties);
}

static void add_accounting(const struct cgroup *cgroup, struct properties *properties) {
        properties_set_number(properties, "CPUAccounting", 'b', true, true);
        properties_set_number(properties, "MemoryAccounting", 'b', true, true);
        properties_set_number(properties, "TasksAccounting", 'b', true, true);
        properties_set_number(properties, cgroup->mode == CGROUP_MODE_V2 ? "IOAccounting" : "BlockIOAccounting", 'b', true, true);
}

static void add_unit(const struct cgroup *cgroup, struct properties *properties) {
        autofree char *description = text_format("tare container %s", cgroup->id ? cgroup->id : "");

        properties_set_text(properties, "Description", 's', description, false);
        /* So that systemd forgets it when it has failed, too, and its name is free. Since systemd 236. */
        properties_set_text(properties, "CollectMode", 's', "inactive-or-failed", true);
        properties_set_number(properties, "DefaultDependencies", 'b', false, false);
        properties_set_text(properties, is_scope(cgroup) ? "Slice" : "Wants", is_scope(cgroup) ? 's' : 'a', cgroup->slice, false);
        if (!is_scope(cgroup))
                return;
        properties_set_number(properties, "Delegate", 'b', true, false);
        properties_set_number(properties, "PIDs", 'u', (uint64_t)cgroup->keeper->pid, false);
}

/* An annotation's value takes the place of tare's own. */
static void add_annotated(const struct cgroup *cgroup, struct properties *properties) {
        const struct properties *annotated = cgroup->properties;

        for (size_t i = 0; annotated && i < annotated->n; i++)
                properties_add_copy(properties, &annotated->list[i]);
}

/*
 * True if the error is about a property that the unit can do without, which is then dropped: what an older systemd does not
 * know, or does not take with this value. Its texts name the property.
 */
static bool drop_refused(struct talk *talk, const struct bus_answer *answer) {
        const char *text = bus_error_text(answer);

        for (size_t i = 0; i < talk->properties.n; i++) {
                const struct property *property = &talk->properties.list[i];
                const char *found = strstr(text, property->name), *behind = found ? found + strlen(property->name) : NULL;

                if (!found || !property->is_optional || (found > text && isalnum((unsigned char)found[-1])) ||
                    isalnum((unsigned char)*behind))
                        continue;
                log_debug("systemd: unit `%s` goes without %s: %s", talk->cgroup->unit, property->name, text);
                properties_remove(&talk->properties, property->name);
                return true;
        }
        return false;
}

/* Of the hierarchies that systemd itself is in: v2, and v1's without a controller. */
static bool is_place_of(const struct cgroup *cgroup, const char *controllers, const char *path) {
        for (size_t i = 0; i < cgroup->n_places; i++)
                if (text_equal(cgroup->places[i].controllers, controllers) && text_equal(cgroup->places[i].path, path))
                        return cgroup->places[i].v2 || text_equal(controllers, "name=systemd");
        return false;
}

/* True if the keeper is where the unit is to be. A unit that was started before a connection broke is known by that, too. */
static bool is_inside(const struct cgroup *cgroup) {
        autofree char *file = text_format("/proc/%d/cgroup", (int)cgroup->keeper->pid), *text = NULL;
        char *rest, *line, *controllers, *path;

        if (file_read(AT_FDCWD, file, 1 << 20, &text, NULL) < 0)
                return false;
        rest = text;
        while ((line = parse_part(&rest, '\n')))
                if (parse_membership(line, &controllers, &path) && is_place_of(cgroup, controllers, path))
                        return true;
        return false;
}

static void write_unit(const struct talk *talk, struct text *body) {
        bus_write_string(body, talk->cgroup->unit);
        bus_write_string(body, "fail");
        properties_write(&talk->properties, body);
        /* Units that go with it: none. */
        bus_array_end(body, bus_array_begin(body, 8));
}

static int reset_failed(struct talk *talk) {
        autodone(text) struct text body = TEXT_INIT;
        autodone(bus_answer) struct bus_answer answer = BUS_ANSWER_INIT;

        bus_write_string(&body, talk->cgroup->unit);
        return call(talk, "ResetFailedUnit", "s", &body, &answer);
}

/*
 * A unit that we may have asked for before the connection broke: its job may still have to run. This connection was there
 * before we look, so it tells of an end that comes later.
 */
static int await_inside(struct talk *talk) {
        while (!is_inside(talk->cgroup)) {
                autodone(bus_answer) struct bus_answer signal = BUS_ANSWER_INIT;
                int r = bus_next_job_removed(&talk->bus, talk->deadline, &signal);

                if (r < 0)
                        return r == -ETIMEDOUT ? -EEXIST : r;
        }
        return 0;
}

/* 1: to be asked once more. */
static int handle_refusal(struct talk *talk, const struct bus_answer *answer) {
        int r;

        if (!is_error(answer, "UnitExists"))
                return drop_refused(talk, answer) ? 1 : fail_refused(talk, "StartTransientUnit", answer);
        if (talk->cgroup->keeper && talk->was_broken)
                return await_inside(talk);
        if (talk->was_reset) {
                reject("systemd: unit `%s` exists already: %s", talk->cgroup->unit, bus_error_text(answer));
                return -EEXIST;
        }
        talk->was_reset = true;
        /* One that has failed goes; one that lives takes no notice. */
        r = reset_failed(talk);
        return r < 0 ? r : 1;
}

static int await_start(struct talk *talk, const struct bus_answer *answer) {
        autodone(bus_answer) struct bus_answer signal = BUS_ANSWER_INIT;
        const char *result;
        int r = await_job(talk, answer, &signal, &result);

        if (r < 0 || text_equal(result, "done"))
                return r;
        return reject("systemd: start unit `%s`: the job's result is \"%s\"", talk->cgroup->unit, result);
}

static int start(struct talk *talk) {
        int r = 1;

        while (r == 1) {
                autodone(text) struct text body = TEXT_INIT;
                autodone(bus_answer) struct bus_answer answer = BUS_ANSWER_INIT;

                write_unit(talk, &body);
                r = call(talk, "StartTransientUnit", "ssa(sv)a(sa(sv))", &body, &answer);
                if (r == BUS_REFUSED)
                        r = handle_refusal(talk, &answer);
                else if (r >= 0)
                        r = await_start(talk, &answer);
        }
        return r;
}

/* Nobody is in a slice. */
static int check_inside(const struct cgroup *cgroup) {
        if (!cgroup->keeper || is_inside(cgroup))
                return 0;
        return reject("systemd: unit `%s` is not at cgroup `%s`", cgroup->unit, place_main(cgroup)->path);
}

int systemd_start(struct cgroup *cgroup, const struct settings *settings, const struct cgroup_resources *resources) {
        autodone(talk) struct talk talk = TALK_INIT(cgroup);
        int r = is_scope(cgroup) ? keeper_start(&cgroup->keeper) : 0;

        if (r < 0)
                return r;
        talk.bus.heeds_interrupts = true;
        add_unit(cgroup, &talk.properties);
        add_accounting(cgroup, &talk.properties);
        properties_of_settings(settings, false, &talk.properties);
        add_devices(cgroup, resources, &talk.properties);
        add_annotated(cgroup, &talk.properties);
        r = converse(&talk, start);
        cgroup->refused = r == -EEXIST;
        if (r >= 0)
                r = check_inside(cgroup);
        if (r >= 0)
                return 0;
        /* Before the unit is stopped: a systemd that comes to our message only now finds nobody to make a unit for. */
        keeper_free(cgroup->keeper);
        cgroup->keeper = NULL;
        return r;
}

/* --- later --- */

static bool has_bfq(const struct cgroup *cgroup) {
        const struct cgroup_place *place = place_of_v2(cgroup);
        autofree char *file = place ? text_format("%s/io.bfq.weight", place->directory) : NULL;

        return file && access(file, F_OK) == 0;
}

/* systemd writes files after it has answered, but before it reads the next message. */
static int ping(struct talk *talk) {
        autodone(bus_answer) struct bus_answer answer = BUS_ANSWER_INIT;
        const struct bus_call call = {SYSTEMD_NAME, SYSTEMD_PATH, "org.freedesktop.DBus.Peer", "Ping", NULL, NULL};
        int r = bus_call(&talk->bus, &call, talk->deadline, &answer);

        /* That it was read is all that counts. */
        return r < 0 ? r : 0;
}

static int set_properties(struct talk *talk) {
        int r = 1;

        while (r == 1 && talk->properties.n > 0) {
                autodone(text) struct text body = TEXT_INIT;
                autodone(bus_answer) struct bus_answer answer = BUS_ANSWER_INIT;

                bus_write_string(&body, talk->cgroup->unit);
                bus_write_bool(&body, true); /* not for the next start: there is none */
                properties_write(&talk->properties, &body);
                r = call(talk, "SetUnitProperties", "sba(sv)", &body, &answer);
                if (r == BUS_REFUSED)
                        r = drop_refused(talk, &answer) ? 1 : fail_refused(talk, "SetUnitProperties", &answer);
                else if (r >= 0)
                        r = ping(talk);
        }
        return r < 0 ? r : 0;
}

int systemd_correct(const struct cgroup *cgroup, const struct settings *settings) {
        static const char *const weights[] = {"IOWeight", "IODeviceWeight"};
        autodone(talk) struct talk talk = TALK_INIT(cgroup);
        autodone(properties) struct properties all = PROPERTIES_INIT;

        if (!has_bfq(cgroup))
                return 0;
        properties_of_settings(settings, true, &all);
        for (size_t i = 0; i < ELEMENTSOF(weights); i++) {
                const struct property *weight = properties_find(&all, weights[i]);

                if (weight && !(cgroup->properties && properties_find(cgroup->properties, weights[i])))
                        properties_add_copy(&talk.properties, weight);
        }
        talk.bus.heeds_interrupts = true;
        return talk.properties.n > 0 ? converse(&talk, set_properties) : 0;
}

int systemd_update(const struct cgroup *cgroup, const struct settings *settings) {
        autodone(talk) struct talk talk = TALK_INIT(cgroup);

        properties_of_settings(settings, has_bfq(cgroup), &talk.properties);
        return talk.properties.n > 0 ? converse(&talk, set_properties) : 0;
}

static int stop(struct talk *talk) {
        autodone(text) struct text body = TEXT_INIT;
        autodone(bus_answer) struct bus_answer answer = BUS_ANSWER_INIT, signal = BUS_ANSWER_INIT;
        const char *result;
        int r;

        bus_write_string(&body, talk->cgroup->unit);
        bus_write_string(&body, "replace");
        r = call(talk, "StopUnit", "ss", &body, &answer);
        if (r == BUS_REFUSED)
                return is_error(&answer, "NoSuchUnit") ? 0 : fail_refused(talk, "StopUnit", &answer);
        if (r >= 0)
                r = await_job(talk, &answer, &signal, &result);
        if (r < 0)
                return r;
        /* It is of no use that it is remembered as a failed one. */
        r = reset_failed(talk);
        return r < 0 ? r : 0;
}

int systemd_stop(const struct cgroup *cgroup) {
        autodone(talk) struct talk talk = TALK_INIT(cgroup);
        int r = bus_is_there(bus_of(cgroup)) ? converse(&talk, stop) : 0;

        if (r != -ENOENT && r != -ECONNREFUSED)
                return r;
        /* The manager has ended, and its units with it. */
        fail_forget();
        return 0;
}

static int attach(struct talk *talk) {
        const struct cgroup_place *place = place_main(talk->cgroup);
        const char *at = strstr(place->path, talk->cgroup->unit);
        const char *behind = at ? at + strlen(talk->cgroup->unit) : "", *sub = talk->cgroup->sub;
        autofree char *path = sub ? text_format("%s/%s", behind, sub) : text_copy(behind);
        autodone(text) struct text body = TEXT_INIT;
        autodone(bus_answer) struct bus_answer answer = BUS_ANSWER_INIT;
        struct bus_array pids;
        int r;

        bus_write_string(&body, talk->cgroup->unit);
        bus_write_string(&body, path);
        pids = bus_array_begin(&body, 4);
        bus_write_u32(&body, (uint32_t)talk->pid);
        bus_array_end(&body, pids);
        r = call(talk, "AttachProcessesToUnit", "ssau", &body, &answer);
        return r == BUS_REFUSED ? fail_refused(talk, "AttachProcessesToUnit", &answer) : r;
}

int systemd_attach(const struct cgroup *cgroup, pid_t pid) {
        autodone(talk) struct talk talk = TALK_INIT(cgroup);

        talk.pid = pid;
        return converse(&talk, attach);
}
