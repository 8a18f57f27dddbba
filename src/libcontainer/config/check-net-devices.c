/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of `linux.netDevices`. What the machine has of them plan/net-devices.c looks at. Part of config_check(), in the
 * runtime's process.
 */
#include <stdlib.h>
#include <string.h>

#include "libcontainer/config/check.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/rtnetlink.h"
#include "util/text.h"

/* Where the name in the container stands. */
static const char *name_path(const struct net_device_config *device) {
        return text_is_empty(device->name) ? "" : ".name";
}

/* They would stay what they are, the host's. runc says it in these words. */
static int check_namespace(const struct config *config) {
        if (config_namespace(config, NAMESPACE_NETWORK))
                return 0;
        return reject("linux.netDevices: unable to move network devices without a NET namespace");
}

/* config-linux.md, "Network Devices", does not say what a name is: it is what the kernel takes. */
static int check_name(const struct config *config, const struct net_device_config *device) {
        const char *host_name = device->host_name, *name = config_net_device_name(device);

        if (!link_name_is_valid(host_name) || strchr(host_name, '%'))
                return reject("linux.netDevices[\"%s\"]: found a key that is no name of a network device, expected 1 to 15 bytes "
                              "without `/`, `:`, `%%` and blanks",
                              host_name);
        if (!link_name_is_valid(name) || (strchr(name, '%') && !link_name_is_template(name)))
                return reject("linux.netDevices[\"%s\"].name: found `%s`, expected 1 to 15 bytes without `/`, `:` and blanks, "
                              "and `%%` only in one `%%d`",
                              host_name, name);
        /* The loopback device is there from the beginning; what a joined namespace has is looked for when it is open. */
        if (text_equal(name, "lo") && config_has_new_namespace(config, NAMESPACE_NETWORK))
                return reject("linux.netDevices[\"%s\"]%s: found `lo`, which every new network namespace has already", host_name,
                              name_path(device));
        return 0;
}

static int compare_names(const void *a, const void *b) {
        const struct net_device_config *first = *(const struct net_device_config *const *)a;
        const struct net_device_config *second = *(const struct net_device_config *const *)b;
        int r = strcmp(config_net_device_name(first), config_net_device_name(second));

        return r != 0 ? r : strcmp(first->host_name, second->host_name);
}

/* Of two the second would find its name in use. Of a template the kernel makes a name that is not. */
static int check_duplicates(const struct config *config) {
        size_t n = config->linux.n_net_devices;
        autofree const struct net_device_config **sorted = alloc_zero(n, sizeof(const struct net_device_config *));

        for (size_t i = 0; i < n; i++)
                sorted[i] = &config->linux.net_devices[i];
        qsort(sorted, n, sizeof(const struct net_device_config *), compare_names);
        for (size_t i = 1; i < n; i++) {
                const char *name = config_net_device_name(sorted[i]);

                if (!link_name_is_template(name) && text_equal(name, config_net_device_name(sorted[i - 1])))
                        return reject("linux.netDevices[\"%s\"]%s: found `%s`, which is the name of `%s` in the container, too",
                                      sorted[i]->host_name, name_path(sorted[i]), name, sorted[i - 1]->host_name);
        }
        return 0;
}

int check_net_devices(const struct config *config) {
        int r = config->linux.n_net_devices > 0 ? check_namespace(config) : 0;

        for (size_t i = 0; r == 0 && i < config->linux.n_net_devices; i++)
                r = check_name(config, &config->linux.net_devices[i]);
        return r < 0 ? r : check_duplicates(config);
}
