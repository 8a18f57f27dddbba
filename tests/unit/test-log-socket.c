/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"
#include "util/log-socket.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"

static char *repeat(const char *what, size_t n) {
        struct text text = TEXT_INIT;

        while (n-- > 0)
                text_add(&text, what);
        return text_take(&text);
}

static void test_journal(void) {
        autodone(text) struct text entry = TEXT_INIT;

        log_socket_format(LOG_SOCKET_JOURNAL, 3, "web: 1", "a=b\tc", &entry);
        CHECK_TEXT(entry.bytes, "PRIORITY=3\nSYSLOG_IDENTIFIER=web: 1\nMESSAGE=a=b\tc\n");
}

/* No message can bring fields of its own. */
static void test_journal_lines(void) {
        static const char expected[] = "PRIORITY=7\nSYSLOG_IDENTIFIER\n\3\0\0\0\0\0\0\0x\ny\nMESSAGE\n\16\0\0\0\0\0\0\0one\n_UID=0\ntwo\n";
        autodone(text) struct text entry = TEXT_INIT;

        log_socket_format(LOG_SOCKET_JOURNAL, 7, "x\ny", "one\n_UID=0\ntwo", &entry);
        CHECK_EQUAL(entry.length, sizeof(expected) - 1);
        CHECK(memcmp(entry.bytes, expected, sizeof(expected) - 1) == 0);
}

static void test_journal_bound(void) {
        autodone(text) struct text entry = TEXT_INIT;
        autofree char *message = repeat("ä", 100000), *identifier = repeat("i", 1000);
        const char *found;

        /* So that the limit is in the middle of a character. */
        message[0] = message[1] = '-';
        memmove(message, message + 1, strlen(message));
        log_socket_format(LOG_SOCKET_JOURNAL, 4, identifier, message, &entry);
        found = strstr(entry.bytes, "MESSAGE=") + strlen("MESSAGE=");
        CHECK_EQUAL(strlen(found), 32767 + 1);
        CHECK(strcmp(found + strlen(found) - 3, "ä\n") == 0);
        CHECK_EQUAL(strcspn(strstr(entry.bytes, "IDENTIFIER=") + strlen("IDENTIFIER="), "\n"), 255);
}

/* "<11>Nov  4 09:05:01 TAG[PID]: MESSAGE" */
static void test_syslog(void) {
        autodone(text) struct text line = TEXT_INIT;
        autofree char *expected = text_format(" web[%d]: one two  three", (int)getpid());

        log_socket_format(LOG_SOCKET_SYSLOG, 3, "web", "one\ntwo\t\nthree", &line);
        CHECK(strncmp(line.bytes, "<11>", 4) == 0);
        CHECK(isupper((unsigned char)line.bytes[4]) && line.bytes[7] == ' ' && line.bytes[10] == ' ');
        CHECK(line.bytes[8] == ' ' || isdigit((unsigned char)line.bytes[8]));
        CHECK(line.bytes[13] == ':' && line.bytes[16] == ':');
        CHECK_TEXT(line.bytes + strlen("<11>Nov  4 09:05:01"), expected);
}

static void test_syslog_tag(void) {
        static const char *const identifiers[] = {"web one", "web:one", "web[1]", "web\none", "web"};

        for (size_t i = 0; i < ELEMENTSOF(identifiers); i++) {
                autodone(text) struct text line = TEXT_INIT;
                autofree char *expected = text_format(" web[%d]: x", (int)getpid());

                log_socket_format(LOG_SOCKET_SYSLOG, 6, identifiers[i], "x", &line);
                CHECK(strncmp(line.bytes, "<14>", 4) == 0);
                CHECK_TEXT(line.bytes + strlen("<14>Nov  4 09:05:01"), expected);
        }
}

static void test_syslog_bound(void) {
        autodone(text) struct text line = TEXT_INIT;
        autofree char *message = repeat("x", 100000);

        log_socket_format(LOG_SOCKET_SYSLOG, 3, "web", message, &line);
        CHECK_EQUAL(strlen(strstr(line.bytes, "]: ")), 3 + 7168);
}

static const struct test_case cases[] = {
        {"the journal's fields", test_journal},
        {"values of several lines are told by their length", test_journal_lines},
        {"a long message is cut between characters", test_journal_bound},
        {"a line of syslog", test_syslog},
        {"the name ends where the protocol would end it", test_syslog_tag},
        {"a long line is cut", test_syslog_bound},
};

TEST_MAIN(cases)
