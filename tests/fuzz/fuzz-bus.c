/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of what comes from a D-Bus server: a message, and a list of addresses.
 *
 * Whatever is in them: nothing outside of the bytes is read, what was parsed lies within them, and a body that has been checked
 * can be read by its signature.
 */
#include "fuzz.h"

#include <string.h>

#include "bus/address.h"
#include "bus/message.h"
#include "util/alloc.h"

static void check_text(const char *text, const uint8_t *data, size_t size) {
        const uint8_t *at = (const uint8_t *)text;

        if (text && *text)
                demand(at >= data && at < data + size && memchr(at, '\0', (size_t)(data + size - at)));
}

static void try_message(const uint8_t *data, size_t size) {
        struct bus_message message;
        struct bus_reader reader;
        const char *text = NULL;
        uint32_t number;
        size_t whole;
        int r = size >= BUS_HEADER_SIZE ? bus_message_size(data, &whole) : -1;

        if (bus_message_parse(data, size, &message) < 0)
                return;
        demand(r == 0 && whole == size && whole <= BUS_MESSAGE_MAX);
        check_text(message.path, data, size);
        check_text(message.interface, data, size);
        check_text(message.member, data, size);
        check_text(message.error, data, size);
        check_text(message.sender, data, size);
        check_text(message.signature, data, size);
        reader = message.body;
        demand(bus_skip(&reader, message.signature) == 0 && reader.at == reader.size);
        reader = message.body;
        if (message.signature[0] == 's' || message.signature[0] == 'o')
                demand(bus_read_string(&reader, &text) == 0);
        check_text(text, data, size);
        if (message.signature[0] == 'u')
                demand(bus_read_u32(&reader, &number) == 0);
        if (message.signature[0] == 'v')
                demand(bus_read_variant(&reader, &text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        autofree char *text = text_copy_n((const char *)data, size);
        const char *list = text;
        struct sockaddr_un address;
        socklen_t length;

        try_message(data, size);
        while (bus_address_next(&list, &address, &length) >= 0)
                demand(length <= sizeof(address));
        return 0;
}
