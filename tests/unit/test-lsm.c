/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be decided without a security module. */
#include "libcontainer/isolation/lsm.h"

#include "test.h"
#include "util/alloc.h"

static char label[] = "system_u:object_r:container_file_t:s0:c1,c2";

/* The data of a mount of that type, which has some of its own already or none. */
static char *data_of(const struct config *config, const char *type, const char *before) {
        struct text data = TEXT_INIT;

        text_add(&data, before);
        lsm_add_mount_label(config, type, &data);
        return text_take(&data);
}

static void check_data(const struct config *config, const char *type, const char *before, const char *expected) {
        autofree char *found = data_of(config, type, before);

        CHECK_TEXT(found, expected);
}

static void test_mount_label(void) {
        struct config config = {.linux.mount_label = label};

        check_data(&config, "tmpfs", "", "context=\"system_u:object_r:container_file_t:s0:c1,c2\"");
        check_data(&config, "tmpfs", "size=1m", "size=1m,context=\"system_u:object_r:container_file_t:s0:c1,c2\"");
        check_data(&config, "proc", "", "");
        check_data(&config, "sysfs", "", "");
        check_data(&config, "mqueue", "", "");
        check_data(&config, NULL, "", "");
        config.linux.mount_label = NULL;
        check_data(&config, "tmpfs", "size=1m", "size=1m");
}

static void test_context_type(void) {
        struct config config = {.linux.mount_label = label, .extensions.mount_context_type = "rootcontext"};

        check_data(&config, "tmpfs", "size=1m", "size=1m,rootcontext=\"system_u:object_r:container_file_t:s0:c1,c2\"");
        config.linux.mount_label = NULL;
        check_data(&config, "tmpfs", "", "");
}

static void test_file_without_label(void) {
        CHECK_EQUAL(lsm_label_file(NULL, -1), 0);
        CHECK_EQUAL(lsm_label_file("", -1), 0);
        CHECK_EQUAL(lsm_label_mount(label, "tmpfs", -1), 0);
}

static const struct test_case cases[] = {
        {"a mount's label", test_mount_label},
        {"run.oci.mount_context_type", test_context_type},
        {"nothing to label", test_file_without_label},
};

int main(void) {
        return test_run(cases, ELEMENTSOF(cases));
}
