/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of systemd's units, and where in a hierarchy the cgroup of each is. Pure. */
#pragma once

/* linux.cgroupsPath for the systemd manager. */
struct unit_name {
        char *slice; /* "machine.slice"; the unit itself if that is a slice */
        char *unit; /* "tare-ID.scope" */
        char *path; /* below the cgroup of the manager: "/machine.slice/tare-ID.scope" */
};
void unit_name_done(struct unit_name *name);

/*
 * "SLICE:PREFIX:NAME"; NULL or "": ":tare:ID". An empty slice is `default_slice`. Records what cannot be a unit.
 */
int unit_name_parse(const char *cgroups_path, const char *default_slice, const char *id, struct unit_name *ret);

/*
 * Where the machine's systemd has its units: from the content of /proc/1/cgroup, "" for the top, which is also the answer where
 * the first process is no systemd. In a container with a systemd of its own, but no cgroup namespace, that is the container's
 * cgroup. The caller frees it.
 */
char *unit_manager_path(const char *memberships);
