/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tare spec */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/command.h"
#include "libcontainer/spec.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/fd.h"
#include "util/text.h"

struct spec_values {
        const char *bundle, *file;
        bool rootless;
};

static const struct option_row options[] = {
        OPTION(OPTION_TEXT, struct spec_values, bundle, "bundle", 'b', "DIR", "write it there (default: the working directory)"),
        OPTION(OPTION_TEXT, struct spec_values, file, "file", 'f', "FILE", "its name (default: config.json)"),
        OPTION(OPTION_FLAG, struct spec_values, rootless, "rootless", 0, NULL, "a config for a caller without privilege"),
        {},
};

static int write_new(int directory_fd, const char *name, const struct text *text) {
        /* O_EXCL: somebody's config is never overwritten. */
        autoclose int fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        int r;

        if (fd < 0 && errno == EEXIST)
                return reject("File %s exists. Remove it first", name);
        if (fd < 0)
                return fail(errno, "make `%s`", name);
        r = fd_write_full(fd, text->bytes, text->length);
        return r < 0 ? fail(-r, "write `%s`", name) : 0;
}

static int run(const struct global_options *global, void *values, int argc, char **argv) {
        const struct spec_values *spec = values;
        const char *bundle = text_is_empty(spec->bundle) ? "." : spec->bundle;
        autoclose int directory_fd = open(bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        autodone(cgroup_host) struct cgroup_host host = CGROUP_HOST_INIT;
        autodone(text) struct text text = TEXT_INIT;
        int r;

        if (directory_fd < 0)
                return fail(errno, "open bundle `%s`", bundle);
        r = cgroup_host_probe(&host);
        if (r < 0)
                return r;
        spec_print(&(struct spec_options){.rootless = spec->rootless,
                                          .uid = geteuid(),
                                          .gid = getegid(),
                                          .cgroup_namespace = host.mode == CGROUP_MODE_V2},
                   &text);
        return write_new(directory_fd, text_is_empty(spec->file) ? "config.json" : spec->file, &text);
}

const struct command command_spec = {
        .name = "spec",
        .synopsis = "[OPTIONS]",
        .summary = "write a config.json to start from",
        .options = options,
        .run = run,
        .values_size = sizeof(struct spec_values),
};
