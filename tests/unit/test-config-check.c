/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of config_check(): for each at least one config that breaks it, with the message, and one that does not.
 * A row gives what is added to a small valid config.
 */
#include <unistd.h>

#include "libcontainer/config/config.h"
#include "test.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/text.h"

struct row {
        const char *top, *process, *linux_; /* properties to add, each with a comma before it; NULL: none */
        const char *namespaces; /* entries; NULL: a new mount, pid, ipc, uts and network namespace */
        const char *expected; /* the message; NULL: passes */
        const char *version; /* NULL: 1.3.0 */
        const char *cwd, *args; /* NULL: "/" and ["sh"] */
        const char *user; /* NULL: root */
};

#define NAMESPACES                                                                                       \
        "{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"network\"}"
#define WITH(more) NAMESPACES ",{" more "}"
#define ROOT_MAP ",\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":10}],"                    \
                 "\"gidMappings\":[{\"containerID\":0,\"hostID\":2000,\"size\":20}]"

static char *make_config(const struct row *row) {
        return text_format("{\"ociVersion\":\"%s\",\"root\":{\"path\":\"rootfs\"}%s,"
                           "\"process\":{\"cwd\":\"%s\",\"args\":%s,\"user\":%s%s},"
                           "\"linux\":{\"namespaces\":[%s]%s}}",
                           row->version ? row->version : "1.3.0", row->top ? row->top : "", row->cwd ? row->cwd : "/",
                           row->args ? row->args : "[\"sh\"]", row->user ? row->user : "{\"uid\":0,\"gid\":0}",
                           row->process ? row->process : "", row->namespaces ? row->namespaces : NAMESPACES,
                           row->linux_ ? row->linux_ : "");
}

static int parse_and_check(const char *text) {
        autodone(config) struct config config = CONFIG_INIT;
        int r;

        fail_forget();
        r = config_parse(text, strlen(text), "config.json", &config);
        if (r == 0)
                r = config_check(&config);
        return r;
}

static void check_rows(const struct row *rows, size_t n) {
        for (size_t i = 0; i < n; i++) {
                autofree char *text = make_config(&rows[i]);
                bool failed_before = test_failed;

                CHECK_EQUAL(parse_and_check(text) < 0, rows[i].expected != NULL);
                CHECK_TEXT(fail_text(), rows[i].expected ? rows[i].expected : "");
                if (test_failed && !failed_before)
                        printf("# in row %zu: %s\n", i, text);
        }
}

#define TEST_ROWS(name, rows)                                                                            \
        static void name(void) {                                                                         \
                check_rows(rows, ELEMENTSOF(rows));                                                      \
        }

/* --- the top --- */

static const struct row versions[] = {
        {},
        {.version = "1.0.0"},
        {.version = "1.0.2-dev"},
        {.version = "1.3.0+dev"},
        {.version = "1.0.0-rc5"},
        {.version = "1.10.0-alpha.1+build.2"},
        {.version = "9.0.0", .expected = "ociVersion: found `9.0.0`, expected a version 1.x of the specification"},
        {.version = "0.6.0", .expected = "ociVersion: found `0.6.0`, expected a version 1.x of the specification"},
        {.version = "10.0.0", .expected = "ociVersion: found `10.0.0`, expected a version 1.x of the specification"},
        {.version = "", .expected = "ociVersion: found ``, expected a version like `1.3.0`"},
        {.version = "1", .expected = "ociVersion: found `1`, expected a version like `1.3.0`"},
        {.version = "1.0", .expected = "ociVersion: found `1.0`, expected a version like `1.3.0`"},
        {.version = "1.0.", .expected = "ociVersion: found `1.0.`, expected a version like `1.3.0`"},
        {.version = "1.0.0.0", .expected = "ociVersion: found `1.0.0.0`, expected a version like `1.3.0`"},
        {.version = "1.01.0", .expected = "ociVersion: found `1.01.0`, expected a version like `1.3.0`"},
        {.version = "v1.0.0", .expected = "ociVersion: found `v1.0.0`, expected a version like `1.3.0`"},
        {.version = "1.0.0-", .expected = "ociVersion: found `1.0.0-`, expected a version like `1.3.0`"},
        {.version = "1.0.0-a..b", .expected = "ociVersion: found `1.0.0-a..b`, expected a version like `1.3.0`"},
        {.version = "1.0.0+a_b", .expected = "ociVersion: found `1.0.0+a_b`, expected a version like `1.3.0`"},
};
TEST_ROWS(test_versions, versions)

/* Where the template does not reach. */
static const struct {
        const char *text, *expected;
} whole[] = {
        {"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"\"}}", "root.path: found ``, expected the path of a directory"},
        {"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"}}", "process: missing, expected the process to run"},
        {"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\"}}",
         "process.args: found none, expected at least the program"},
        {"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"]}}", NULL},
        {"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\",\"readonly\":true},"
         "\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"]}}",
         "root.readonly: found true, expected false without a mount namespace"},
        {"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\",\"readonly\":true},"
         "\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"]},\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}}",
         NULL},
};

static void test_whole(void) {
        for (size_t i = 0; i < ELEMENTSOF(whole); i++) {
                CHECK_EQUAL(parse_and_check(whole[i].text) < 0, whole[i].expected != NULL);
                CHECK_TEXT(fail_text(), whole[i].expected ? whole[i].expected : "");
        }
}

#define NAME_64 "0123456789012345678901234567890123456789012345678901234567890123"

static const struct row names[] = {
        {.top = ",\"hostname\":\"a\",\"domainname\":\"b\""},
        {.top = ",\"hostname\":\"a\"", .namespaces = "{\"type\":\"uts\",\"path\":\"/proc/1/ns/uts\"}"},
        {.top = ",\"hostname\":\"\"", .namespaces = ""},
        {.top = ",\"hostname\":\"" NAME_64 "\",\"domainname\":\"" NAME_64 "\""},
        {.top = ",\"hostname\":\"a\"", .namespaces = "{\"type\":\"pid\"}",
         .expected = "hostname: found `a`, expected none without a uts namespace: it would be the host's"},
        {.top = ",\"domainname\":\"b\"", .namespaces = "{\"type\":\"pid\"}",
         .expected = "domainname: found `b`, expected none without a uts namespace: it would be the host's"},
        {.top = ",\"hostname\":\"" NAME_64 "x\"", .expected = "hostname: found a name of 65 bytes, expected at most 64"},
        {.top = ",\"domainname\":\"" NAME_64 "x\"", .expected = "domainname: found a name of 65 bytes, expected at most 64"},
        {.top = ",\"annotations\":{\"a\":\"\",\"b.c\":\"d\"}"},
        {.top = ",\"annotations\":{\"a\":\"\",\"\":\"d\"}",
         .expected = "annotations: found an empty key with the value `d`, expected a name"},
};
TEST_ROWS(test_names, names)

static const struct row hooks[] = {
        {.top = ",\"hooks\":{\"prestart\":[{\"path\":\"/a\",\"timeout\":1},{\"path\":\"/b\"}],\"poststop\":[]}"},
        {.top = ",\"hooks\":{\"prestart\":[{\"path\":\"/a\"},{\"path\":\"true\"}]}",
         .expected = "hooks.prestart[1].path: found `true`, expected an absolute path"},
        {.top = ",\"hooks\":{\"createRuntime\":[{\"path\":\"\"}]}",
         .expected = "hooks.createRuntime[0].path: found ``, expected an absolute path"},
        {.top = ",\"hooks\":{\"startContainer\":[{\"path\":\"a/b\"}]}",
         .expected = "hooks.startContainer[0].path: found `a/b`, expected an absolute path"},
        {.top = ",\"hooks\":{\"poststop\":[{\"path\":\"/a\",\"timeout\":0}]}",
         .expected = "hooks.poststop[0].timeout: found 0, expected more than 0 seconds"},
        {.top = ",\"hooks\":{\"poststart\":[{\"path\":\"/a\",\"timeout\":-1}]}",
         .expected = "hooks.poststart[0].timeout: found -1, expected more than 0 seconds"},
        {.top = ",\"hooks\":{\"startContainer\":[{\"path\":\"/a\"}]}",
         .process = ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,\"deadline\":3000}",
         .expected = "hooks.startContainer: found hooks and the policy `SCHED_DEADLINE`, which can make no process, expected "
                     "`SCHED_FLAG_RESET_ON_FORK` in process.scheduler.flags"},
        {.top = ",\"hooks\":{\"startContainer\":[{\"path\":\"/a\"}]}",
         .process = ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,\"deadline\":3000,"
                    "\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\"]}"},
        {.top = ",\"hooks\":{\"createContainer\":[{\"path\":\"/a\"}]}",
         .process = ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,\"deadline\":3000}"},
};
TEST_ROWS(test_hooks, hooks)

/* --- process --- */

static const struct row process[] = {
        {.cwd = "/a/b"},
        {.cwd = "a", .expected = "process.cwd: found `a`, expected an absolute path"},
        {.cwd = "", .expected = "process.cwd: found ``, expected an absolute path"},
        {.args = "[]", .expected = "process.args: found none, expected at least the program"},
        {.process = ",\"env\":[\"A=\",\"B=c=d\",\"A=2\"]"},
        {.process = ",\"env\":[\"A=b\",\"FOO\"]", .expected = "process.env[1]: found `FOO`, expected NAME=VALUE"},
        {.process = ",\"env\":[\"=x\"]", .expected = "process.env[0]: found `=x`, expected NAME=VALUE"},
        {.process = ",\"env\":[\"\"]", .expected = "process.env[0]: found ``, expected NAME=VALUE"},
        {.process = ",\"terminal\":true,\"consoleSize\":{\"height\":0,\"width\":65535}"},
        {.process = ",\"terminal\":false,\"consoleSize\":{}"},
        {.process = ",\"terminal\":true,\"consoleSize\":{\"width\":1}",
         .expected = "process.consoleSize.height: missing, expected 0 to 65535"},
        {.process = ",\"terminal\":true,\"consoleSize\":{\"height\":1}",
         .expected = "process.consoleSize.width: missing, expected 0 to 65535"},
        {.process = ",\"terminal\":true,\"consoleSize\":{\"height\":65536,\"width\":1}",
         .expected = "process.consoleSize.height: found 65536, expected 0 to 65535"},
        {.process = ",\"terminal\":true,\"consoleSize\":{\"height\":1,\"width\":65536}",
         .expected = "process.consoleSize.width: found 65536, expected 0 to 65535"},
        {.process = ",\"capabilities\":{\"bounding\":[\"CAP_FOO\"]}"},
        {.process = ",\"execCPUAffinity\":{\"initial\":\"0-3,7\",\"final\":\"\"}"},
        {.process = ",\"execCPUAffinity\":{\"initial\":\" 0 - 3 , 7 \"}"},
        {.process = ",\"execCPUAffinity\":{\"initial\":\"3-3,65535\"}"},
        {.process = ",\"execCPUAffinity\":{\"initial\":\"a\"}",
         .expected = "process.execCPUAffinity.initial: found `a`, expected a list like `0-3,7`"},
        {.process = ",\"execCPUAffinity\":{\"initial\":\"65536-100000\"}",
         .expected = "process.execCPUAffinity.initial: found `65536-100000`, expected a list like `0-3,7`"},
        {.process = ",\"execCPUAffinity\":{\"final\":\"3-1\"}",
         .expected = "process.execCPUAffinity.final: found `3-1`, expected a list like `0-3,7`"},
        {.process = ",\"execCPUAffinity\":{\"final\":\"1,\"}",
         .expected = "process.execCPUAffinity.final: found `1,`, expected a list like `0-3,7`"},
        {.process = ",\"execCPUAffinity\":{\"final\":\"1 2\"}",
         .expected = "process.execCPUAffinity.final: found `1 2`, expected a list like `0-3,7`"},
        {.process = ",\"execCPUAffinity\":{\"final\":\"-1\"}",
         .expected = "process.execCPUAffinity.final: found `-1`, expected a list like `0-3,7`"},
};
TEST_ROWS(test_process, process)

static const struct row rlimits[] = {
        {.process = ",\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_CPU\",\"soft\":0,\"hard\":1}]"},
        {.process = ",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":18446744073709551615,\"hard\":18446744073709551615}]"},
        {.process = ",\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1}]",
         .expected = "process.rlimits[1].type: found `RLIMIT_AS` again, expected each type once"},
        {.process = ",\"rlimits\":[{\"type\":\"RLIMIT_RTTIME\",\"soft\":2,\"hard\":1}]",
         .expected = "process.rlimits[0].soft: found 2, expected at most the hard limit of 1"},
};
TEST_ROWS(test_rlimits, rlimits)

static const struct row scheduler[] = {
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":19}"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"nice\":-20}"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_IDLE\",\"nice\":0,\"priority\":0}"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":1,\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\"]}"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":99}"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1024,\"deadline\":1024,\"period\":1024}"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,\"deadline\":3000}"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,\"deadline\":3000,"
                    "\"period\":9223372036854775807}"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_ISO\"}",
         .expected = "process.scheduler.policy: found `SCHED_ISO`, expected a policy that Linux implements"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":20}",
         .expected = "process.scheduler.nice: found 20, expected -20 to 19"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"nice\":-21}",
         .expected = "process.scheduler.nice: found -21, expected -20 to 19"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"nice\":1,\"priority\":1}",
         .expected = "process.scheduler.nice: found 1, expected none with `SCHED_FIFO`"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_FIFO\"}",
         .expected = "process.scheduler.priority: found 0, expected 1 to 99 with `SCHED_FIFO`"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":100}",
         .expected = "process.scheduler.priority: found 100, expected 1 to 99 with `SCHED_RR`"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"priority\":1}",
         .expected = "process.scheduler.priority: found 1, expected none with `SCHED_OTHER`"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"runtime\":1}",
         .expected = "process.scheduler: found runtime, deadline or period with `SCHED_OTHER`, expected them with "
                     "`SCHED_DEADLINE` only"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":1,\"deadline\":1}",
         .expected = "process.scheduler: found runtime, deadline or period with `SCHED_RR`, expected them with "
                     "`SCHED_DEADLINE` only"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_IDLE\",\"period\":1}",
         .expected = "process.scheduler: found runtime, deadline or period with `SCHED_IDLE`, expected them with "
                     "`SCHED_DEADLINE` only"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1023,\"deadline\":2000,\"period\":2000}",
         .expected = "process.scheduler: found runtime 1023, deadline 2000 and period 2000, expected "
                     "1024 <= runtime <= deadline <= period"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":3000,\"deadline\":2000,\"period\":4000}",
         .expected = "process.scheduler: found runtime 3000, deadline 2000 and period 4000, expected "
                     "1024 <= runtime <= deadline <= period"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,\"deadline\":4000,\"period\":3000}",
         .expected = "process.scheduler: found runtime 2000, deadline 4000 and period 3000, expected "
                     "1024 <= runtime <= deadline <= period"},
        {.process = ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,\"deadline\":3000,"
                    "\"period\":9223372036854775808}",
         .expected = "process.scheduler: found runtime 2000, deadline 3000 and period 9223372036854775808, expected "
                     "1024 <= runtime <= deadline <= period"},
        {.process = ",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":0}"},
        {.process = ",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":7}"},
        {.process = ",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}",
         .expected = "process.ioPriority.priority: found 8, expected 0 to 7"},
        {.process = ",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":-1}",
         .expected = "process.ioPriority.priority: found -1, expected 0 to 7"},
};
TEST_ROWS(test_scheduler, scheduler)

#define USER WITH("\"type\":\"user\"")
#define JOINED_USER WITH("\"type\":\"user\",\"path\":\"/proc/1/ns/user\"")

static const struct row users[] = {
        {.user = "{\"uid\":4000000000,\"gid\":4000000000,\"additionalGids\":[4000000000]}"},
        {.user = "{\"uid\":50,\"gid\":50}", .linux_ = ROOT_MAP},
        {.user = "{\"uid\":9,\"gid\":19,\"additionalGids\":[0,19]}", .namespaces = USER, .linux_ = ROOT_MAP},
        {.user = "{\"uid\":50,\"gid\":50,\"additionalGids\":[60]}", .namespaces = JOINED_USER},
        {.user = "{\"uid\":10,\"gid\":0}", .namespaces = USER, .linux_ = ROOT_MAP,
         .expected = "process.user.uid: cannot setuid to unmapped uid 10 in user namespace"},
        {.user = "{\"uid\":0,\"gid\":20}", .namespaces = USER, .linux_ = ROOT_MAP,
         .expected = "process.user.gid: cannot setgid to unmapped gid 20 in user namespace"},
        {.user = "{\"uid\":0,\"gid\":0,\"additionalGids\":[19,20]}", .namespaces = USER, .linux_ = ROOT_MAP,
         .expected = "process.user.additionalGids[1]: cannot setgid to unmapped gid 20 in user namespace"},
        {.user = "{\"uid\":10,\"gid\":0}", .namespaces = JOINED_USER, .linux_ = ROOT_MAP,
         .expected = "process.user.uid: cannot setuid to unmapped uid 10 in user namespace"},
};
TEST_ROWS(test_users, users)

/* --- mounts --- */

#define MOUNT(properties) ",\"mounts\":[{" properties "}]"
#define IDMAP(option) MOUNT("\"destination\":\"/x\",\"options\":[\"bind\",\"" option "\"]")

static const struct row mounts[] = {
        {.top = MOUNT("\"destination\":\"data\",\"type\":\"tmpfs\"")},
        {.top = MOUNT("\"destination\":\"/data\",\"source\":\"/x\",\"options\":[\"rbind\",\"ro\"]")},
        {.top = MOUNT("\"destination\":\"\",\"type\":\"tmpfs\""),
         .expected = "mounts[0].destination: found ``, expected a path in the container"},
        {.top = MOUNT("\"destination\":\"/proc\",\"type\":\"proc\"")},
        {.top = MOUNT("\"destination\":\"proc\",\"type\":\"none\",\"source\":\"/proc\",\"options\":[\"rbind\"]")},
        {.top = MOUNT("\"destination\":\"/proc\",\"options\":[\"remount\",\"ro\"]")},
        {.top = MOUNT("\"destination\":\"/proc/cpuinfo\",\"source\":\"/x\",\"options\":[\"bind\"]")},
        {.top = MOUNT("\"destination\":\"/proc/./sys//kernel/ns_last_pid\",\"source\":\"/x\",\"options\":[\"bind\"]")},
        {.top = MOUNT("\"destination\":\"/process\",\"type\":\"tmpfs\"")},
        {.top = MOUNT("\"destination\":\"/proc/../tmp\",\"type\":\"tmpfs\"")},
        {.top = MOUNT("\"destination\":\"/proc\",\"type\":\"tmpfs\""),
         .expected = "mounts[0].type: found `tmpfs` on `/proc`, expected `proc`"},
        {.top = MOUNT("\"destination\":\"/a/../proc/\",\"type\":\"tmpfs\""),
         .expected = "mounts[0].type: found `tmpfs` on `/proc`, expected `proc`"},
        {.top = MOUNT("\"destination\":\"/proc\""), .expected = "mounts[0].type: found `` on `/proc`, expected `proc`"},
        {.top = MOUNT("\"destination\":\"/proc/self/attr\",\"source\":\"/x\",\"options\":[\"bind\"]"),
         .expected = "mounts[0].destination: found `/proc/self/attr`, expected nothing below `/proc` but files like "
                     "`/proc/cpuinfo`"},
        {.top = MOUNT("\"destination\":\"proc/net/dev\",\"source\":\"/x\",\"options\":[\"bind\"]"),
         .expected = "mounts[0].destination: found `proc/net/dev`, expected nothing below `/proc` but files like "
                     "`/proc/cpuinfo`"},
        {.top = MOUNT("\"destination\":\"/tmp/../proc/sys\",\"type\":\"tmpfs\""),
         .expected = "mounts[0].destination: found `/tmp/../proc/sys`, expected nothing below `/proc` but files like "
                     "`/proc/cpuinfo`"},
        {.top = MOUNT("\"destination\":\"/x\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
         .expected = "mounts[0].gidMappings: found none, expected them along with uidMappings"},
        {.top = MOUNT("\"destination\":\"/x\",\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
         .expected = "mounts[0].uidMappings: found none, expected them along with gidMappings"},
        {.top = MOUNT("\"destination\":\"/x\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],"
                      "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
         .expected = NULL},
        {.top = MOUNT("\"destination\":\"/x\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":0}],"
                      "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
         .expected = "mounts[0].uidMappings[0].size: found 0, expected at least 1"},
        {.top = MOUNT("\"destination\":\"/x\",\"type\":\"cgroup\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],"
                      "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
         .expected = "mounts[0]: found an id mapping with the type `cgroup`, which the kernel has none for"},
        {.top = MOUNT("\"destination\":\"/x\",\"options\":[\"remount\",\"idmap\"]"),
         .expected = "mounts[0]: found an id mapping with `remount`, expected it with a new mount only"},
        {.top = IDMAP("idmap=uids=0-1-2#4-5-6;gids=0-0-1")},
        {.top = IDMAP("ridmap=gids=0-0-1;uids=0-1-2")},
        {.top = IDMAP("idmap=uids=0-1-2"), .expected = "mounts[0].options: found no `gids=` in `idmap`, expected both `uids=` and `gids=`"},
        {.top = IDMAP("idmap="), .expected = "mounts[0].options: found `` in `idmap`, expected `uids=` and `gids=`, separated by `;`"},
        {.top = IDMAP("idmap=uids=0-1-2;gid=0-1-2"),
         .expected = "mounts[0].options: found `gid=0-1-2` in `idmap`, expected `uids=` and `gids=`, separated by `;`"},
        {.top = IDMAP("idmap=uids=0-1-2;uids=0-1-2"), .expected = "mounts[0].options: found `uids` twice in `idmap`, expected it once"},
        {.top = IDMAP("idmap=uids=0-1;gids=0-0-1"),
         .expected = "mounts[0].options: found `0-1` in `uids` of `idmap`, expected ranges like `0-1000-10`, separated by `#`"},
        {.top = IDMAP("idmap=uids=0-1-2-3;gids=0-0-1"),
         .expected = "mounts[0].options: found `0-1-2-3` in `uids` of `idmap`, expected ranges like `0-1000-10`, separated by `#`"},
        {.top = IDMAP("idmap=uids=0-1-2#;gids=0-0-1"),
         .expected = "mounts[0].options: found `` in `uids` of `idmap`, expected ranges like `0-1000-10`, separated by `#`"},
        {.top = IDMAP("idmap=uids=0-1-2;gids=0-x-1"),
         .expected = "mounts[0].options: found `0-x-1` in `gids` of `idmap`, expected ranges like `0-1000-10`, separated by `#`"},
        {.top = IDMAP("idmap=uids=0-4294967296-2;gids=0-0-1"),
         .expected = "mounts[0].options: found `0-4294967296-2` in `uids` of `idmap`, expected ranges like `0-1000-10`, separated by `#`"},
        {.top = IDMAP("idmap=uids=0-1-0;gids=0-0-1"), .expected = "mounts[0].options, uids[0].size: found 0, expected at least 1"},
        {.top = IDMAP("idmap=uids=@0-1-1;gids=0-0-1"),
         .expected = "mounts[0].options: found `@0-1-1` in `uids` of `idmap`, expected ids of one line of linux.uidMappings"},
        {.top = MOUNT("\"destination\":\"/x\",\"options\":[\"bind\",\"idmap=uids=0-1-2;gids=0-1-2\"],"
                      "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],"
                      "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
         .expected = "mounts[0].options: found `idmap=uids=0-1-2;gids=0-1-2` beside uidMappings, expected one mapping"},
        {.top = MOUNT("\"destination\":\"/x\",\"uidMappings\":[],\"gidMappings\":[]")},
        {.top = MOUNT("\"destination\":\"/x\",\"options\":[\"rbind\",\"idmap\"]"),
         .expected = "mounts[0].options: found `idmap` without uidMappings and gidMappings, expected them in a container without a user namespace"},
        {.top = MOUNT("\"destination\":\"/x\",\"options\":[\"bind\",\"foo=bar\"]"),
         .expected = "mounts[0].options: `foo=bar`: bind mounts cannot have any filesystem-specific options applied"},
};
TEST_ROWS(test_mounts, mounts)

/* --- namespaces --- */

static const struct row namespaces[] = {
        {.namespaces = ""},
        {.namespaces = WITH("\"type\":\"cgroup\",\"path\":\"\"")},
        {.namespaces = WITH("\"type\":\"pid\""),
         .expected = "linux.namespaces[5].type: found `pid` again, expected each type once"},
        {.namespaces = WITH("\"type\":\"mount\",\"path\":\"/x\""),
         .expected = "linux.namespaces[5].type: found `mount` again, expected each type once"},
        {.namespaces = "{\"type\":\"network\",\"path\":\"proc/1/ns/net\"}",
         .expected = "linux.namespaces[0].path: found `proc/1/ns/net`, expected an absolute path"},
        {.namespaces = WITH("\"type\":\"time\""),
         .linux_ = ",\"timeOffsets\":{\"monotonic\":{\"secs\":-9,\"nanosecs\":999999999},\"boottime\":{}}"},
        {.linux_ = ",\"timeOffsets\":{}"},
        {.linux_ = ",\"timeOffsets\":{\"boottime\":{\"secs\":1}}",
         .expected = "linux.timeOffsets: found offsets, expected none without a time namespace"},
        {.namespaces = WITH("\"type\":\"time\",\"path\":\"/t\""), .linux_ = ",\"timeOffsets\":{\"monotonic\":{\"secs\":1}}",
         .expected = "linux.timeOffsets: found offsets, expected none for the time namespace `/t` that is joined"},
        {.namespaces = WITH("\"type\":\"time\""), .linux_ = ",\"timeOffsets\":{\"monotonic\":{\"nanosecs\":1000000000}}",
         .expected = "linux.timeOffsets.monotonic.nanosecs: found 1000000000, expected less than 1000000000"},
        {.namespaces = WITH("\"type\":\"time\""), .linux_ = ",\"timeOffsets\":{\"boottime\":{\"nanosecs\":4294967295}}",
         .expected = "linux.timeOffsets.boottime.nanosecs: found 4294967295, expected less than 1000000000"},
};
TEST_ROWS(test_namespaces, namespaces)

#define MAP(container, host, size) "{\"containerID\":" #container ",\"hostID\":" #host ",\"size\":" #size "}"
#define GROUP_MAP ",\"gidMappings\":[" MAP(0, 0, 1) "]"

static const struct row mappings[] = {
        {.namespaces = USER, .linux_ = ROOT_MAP},
        {.namespaces = JOINED_USER},
        {.namespaces = USER, .linux_ = ",\"uidMappings\":[" MAP(0, 0, 4294967295) "]" GROUP_MAP},
        {.namespaces = USER, .linux_ = ",\"uidMappings\":[" MAP(0, 100, 10) "," MAP(10, 110, 10) "]" GROUP_MAP},
        {.namespaces = USER, .expected = "linux.uidMappings: found none, expected at least one for a new user namespace"},
        {.namespaces = USER, .linux_ = ",\"uidMappings\":[" MAP(0, 0, 1) "]",
         .expected = "linux.gidMappings: found none, expected at least one for a new user namespace"},
        {.namespaces = USER, .linux_ = ",\"uidMappings\":[" MAP(0, 0, 0) "]" GROUP_MAP,
         .expected = "linux.uidMappings[0].size: found 0, expected at least 1"},
        {.linux_ = ",\"gidMappings\":[" MAP(0, 0, 1) "," MAP(1, 1, 0) "]",
         .expected = "linux.gidMappings[1].size: found 0, expected at least 1"},
        {.namespaces = USER, .linux_ = ",\"uidMappings\":[" MAP(1, 0, 4294967295) "]" GROUP_MAP,
         .expected = "linux.uidMappings[0].containerID: found 1 with the size 4294967295, expected no id above 4294967294"},
        {.namespaces = USER, .linux_ = ",\"uidMappings\":[" MAP(0, 4294967295, 1) "]" GROUP_MAP,
         .expected = "linux.uidMappings[0].hostID: found 4294967295 with the size 1, expected no id above 4294967294"},
        {.namespaces = USER, .linux_ = ",\"uidMappings\":[" MAP(0, 100, 10) "," MAP(9, 200, 1) "]" GROUP_MAP,
         .expected = "linux.uidMappings[1].containerID: found 9 with the size 1, expected no overlap with "
                     "linux.uidMappings[0]"},
        {.namespaces = USER, .linux_ = ",\"uidMappings\":[" MAP(5, 100, 1) "," MAP(0, 200, 10) "]" GROUP_MAP,
         .expected = "linux.uidMappings[1].containerID: found 0 with the size 10, expected no overlap with "
                     "linux.uidMappings[0]"},
        {.namespaces = USER, .linux_ = ",\"uidMappings\":[" MAP(0, 100, 10) "," MAP(10, 109, 10) "]" GROUP_MAP,
         .expected = "linux.uidMappings[1].hostID: found 109 with the size 10, expected no overlap with "
                     "linux.uidMappings[0]"},
};
TEST_ROWS(test_mappings, mappings)

/* A map of n lines, each `base` apart. */
static void check_map(unsigned n, unsigned base, const char *expected) {
        autodone(text) struct text map = TEXT_INIT;
        autofree char *config = NULL;

        text_add(&map, ",\"gidMappings\":[");
        for (unsigned i = 0; i < n; i++)
                text_add_format(&map, "%s{\"containerID\":%u,\"hostID\":%u,\"size\":1}", i ? "," : "", base + i, base + i);
        text_add(&map, "]");
        config = make_config(&(struct row){.linux_ = map.bytes});
        CHECK_EQUAL(parse_and_check(config) < 0, expected != NULL);
        CHECK_TEXT(fail_text(), expected ? expected : "");
}

static void test_large_maps(void) {
        check_map(340, 0, NULL);
        check_map(341, 0, "linux.gidMappings: found 341 mappings, expected at most 340");
        if (sysconf(_SC_PAGESIZE) == 4096) {
                check_map(170, 1000000000, NULL); /* 24 bytes each */
                check_map(171, 999999996, "linux.gidMappings: found mappings of 4096 bytes as text, expected less than 4096");
                check_map(171, 1000000000, "linux.gidMappings: found mappings of 4104 bytes as text, expected less than 4096");
        }
}

/* --- linux --- */

#define DEVICE(properties) ",\"devices\":[{\"path\":\"/dev/a\",\"type\":\"c\",\"major\":1,\"minor\":2},{" properties "}]"

static const struct row devices[] = {
        {.linux_ = ",\"devices\":[]"},
        {.linux_ = DEVICE("\"path\":\"/b\",\"type\":\"b\",\"major\":4095,\"minor\":1048575,\"fileMode\":8624")},
        {.linux_ = DEVICE("\"path\":\"/b\",\"type\":\"p\"")},
        {.linux_ = DEVICE("\"path\":\"/dev/a\",\"type\":\"u\",\"major\":1,\"minor\":2")},
        {.linux_ = DEVICE("\"path\":\"b\",\"type\":\"p\""),
         .expected = "linux.devices[1].path: found `b`, expected an absolute path"},
        {.linux_ = DEVICE("\"path\":\"/b\",\"type\":\"b\",\"minor\":1"),
         .expected = "linux.devices[1].major: missing, expected for every device but a fifo"},
        {.linux_ = DEVICE("\"path\":\"/b\",\"type\":\"u\",\"major\":1"),
         .expected = "linux.devices[1].minor: missing, expected for every device but a fifo"},
        {.linux_ = DEVICE("\"path\":\"/b\",\"type\":\"c\",\"major\":4096,\"minor\":0"),
         .expected = "linux.devices[1].major: found 4096, expected 0 to 4095"},
        {.linux_ = DEVICE("\"path\":\"/b\",\"type\":\"c\",\"major\":1,\"minor\":-1"),
         .expected = "linux.devices[1].minor: found -1, expected 0 to 1048575"},
        {.linux_ = DEVICE("\"path\":\"/dev/a\",\"type\":\"b\",\"major\":1,\"minor\":2"),
         .expected = "linux.devices: found two different devices for `/dev/a`, expected one"},
        {.linux_ = DEVICE("\"path\":\"/dev/a\",\"type\":\"c\",\"major\":1,\"minor\":3"),
         .expected = "linux.devices: found two different devices for `/dev/a`, expected one"},
        {.linux_ = DEVICE("\"path\":\"/dev/a\",\"type\":\"p\""),
         .expected = "linux.devices: found two different devices for `/dev/a`, expected one"},
};
TEST_ROWS(test_devices, devices)

static const struct row paths[] = {
        {.linux_ = ",\"maskedPaths\":[\"/a\",\"/b\"],\"readonlyPaths\":[\"/c\"],\"rootfsPropagation\":\"rshared\""},
        {.linux_ = ",\"maskedPaths\":[],\"readonlyPaths\":[]", .namespaces = ""},
        {.linux_ = ",\"maskedPaths\":[\"/a\"]", .namespaces = "{\"type\":\"mount\",\"path\":\"/m\"}"},
        {.linux_ = ",\"maskedPaths\":[\"/a\",\"b\"]",
         .expected = "linux.maskedPaths[1]: found `b`, expected an absolute path"},
        {.linux_ = ",\"readonlyPaths\":[\"\"]", .expected = "linux.readonlyPaths[0]: found ``, expected an absolute path"},
        {.linux_ = ",\"maskedPaths\":[\"/a\",\"/\"]",
         .expected = "linux.maskedPaths[1]: found `/`, expected a path below the root"},
        {.linux_ = ",\"readonlyPaths\":[\"/a/../.\"]",
         .expected = "linux.readonlyPaths[0]: found `/a/../.`, expected a path below the root"},
        {.linux_ = ",\"maskedPaths\":[\"/a\"]", .namespaces = "",
         .expected = "linux.maskedPaths: unable to restrict sys entries without a private MNT namespace"},
        {.linux_ = ",\"readonlyPaths\":[\"/a\"]", .namespaces = "",
         .expected = "linux.readonlyPaths: unable to restrict sys entries without a private MNT namespace"},
        {.linux_ = ",\"rootfsPropagation\":\"slave\"", .namespaces = "",
         .expected = "linux.rootfsPropagation: found a value, expected none without a mount namespace"},
        {.linux_ = ",\"personality\":{\"domain\":\"LINUX32\",\"flags\":[]}"},
        {.linux_ = ",\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"A\"]}",
         .expected = "linux.personality.flags[0]: found `A`, expected no flags"},
        {.linux_ = ",\"intelRdt\":null,\"netDevices\":null"},
        {.linux_ = ",\"intelRdt\":{}"},
        {.linux_ = ",\"intelRdt\":{\"closID\":\"..\"}",
         .expected = "linux.intelRdt.closID: found `..`, expected the name of one directory, or `/`"},
};
TEST_ROWS(test_paths, paths)

#define NET_DEVICES(entries) ",\"netDevices\":{" entries "}"
#define NET_DEVICE(host, name) NET_DEVICES("\"" host "\":{\"name\":\"" name "\"}")
#define JOINED_NETWORK "{\"type\":\"mount\"},{\"type\":\"network\",\"path\":\"/n\"}"
#define KEY_RULE "found a key that is no name of a network device, expected 1 to 15 bytes without `/`, `:`, `%` and blanks"
#define NAME_RULE "expected 1 to 15 bytes without `/`, `:` and blanks, and `%` only in one `%d`"

static const struct row net_devices[] = {
        {.linux_ = NET_DEVICES(""), .namespaces = ""},
        {.linux_ = NET_DEVICES("\"eth0\":{},\"eth1\":{\"name\":\"\"},\"eth2\":{\"name\":null}")},
        {.linux_ = NET_DEVICE("fifteen-bytes-1", "fifteen-bytes-2")},
        {.linux_ = NET_DEVICES("\"a\":{\"name\":\"b\"},\"b\":{\"name\":\"a\"}")},
        {.linux_ = NET_DEVICES("\"a\":{\"name\":\"eth%d\"},\"b\":{\"name\":\"eth%d\"},\"c\":{\"name\":\"%dx\"}")},
        {.linux_ = NET_DEVICE("eth0", "lo"), .namespaces = JOINED_NETWORK},
        {.linux_ = NET_DEVICES("\"eth0\":{}"), .namespaces = "",
         .expected = "linux.netDevices: unable to move network devices without a NET namespace"},
        {.linux_ = NET_DEVICES("\"\":{}"), .expected = "linux.netDevices[\"\"]: " KEY_RULE},
        {.linux_ = NET_DEVICES("\"sixteen-bytes-xx\":{}"), .expected = "linux.netDevices[\"sixteen-bytes-xx\"]: " KEY_RULE},
        {.linux_ = NET_DEVICE("eth%d", "a"), .expected = "linux.netDevices[\"eth%d\"]: " KEY_RULE},
        {.linux_ = NET_DEVICE("eth0:1", "a"), .expected = "linux.netDevices[\"eth0:1\"]: " KEY_RULE},
        {.linux_ = NET_DEVICE("eth0", ".."), .expected = "linux.netDevices[\"eth0\"].name: found `..`, " NAME_RULE},
        {.linux_ = NET_DEVICE("eth0", "a/b"), .expected = "linux.netDevices[\"eth0\"].name: found `a/b`, " NAME_RULE},
        {.linux_ = NET_DEVICE("eth0", "a b"), .expected = "linux.netDevices[\"eth0\"].name: found `a b`, " NAME_RULE},
        {.linux_ = NET_DEVICE("eth0", "sixteen-bytes-%d"),
         .expected = "linux.netDevices[\"eth0\"].name: found `sixteen-bytes-%d`, " NAME_RULE},
        {.linux_ = NET_DEVICE("eth0", "a%s"), .expected = "linux.netDevices[\"eth0\"].name: found `a%s`, " NAME_RULE},
        {.linux_ = NET_DEVICE("eth0", "%d%d"), .expected = "linux.netDevices[\"eth0\"].name: found `%d%d`, " NAME_RULE},
        {.linux_ = NET_DEVICE("eth0", "lo"),
         .expected = "linux.netDevices[\"eth0\"].name: found `lo`, which every new network namespace has already"},
        {.linux_ = NET_DEVICES("\"lo\":{}"),
         .expected = "linux.netDevices[\"lo\"]: found `lo`, which every new network namespace has already"},
        {.linux_ = NET_DEVICES("\"b\":{\"name\":\"x\"},\"a\":{\"name\":\"x\"}"),
         .expected = "linux.netDevices[\"b\"].name: found `x`, which is the name of `a` in the container, too"},
        {.linux_ = NET_DEVICES("\"b\":{},\"a\":{\"name\":\"b\"}"),
         .expected = "linux.netDevices[\"b\"]: found `b`, which is the name of `a` in the container, too"},
};
TEST_ROWS(test_net_devices, net_devices)

#define POLICY(mode, rest) ",\"memoryPolicy\":{\"mode\":\"MPOL_" mode "\"" rest "}"

static const struct row memory_policies[] = {
        {.linux_ = POLICY("DEFAULT", "")},
        {.linux_ = POLICY("LOCAL", ",\"nodes\":\"\"")},
        {.linux_ = POLICY("PREFERRED", "")},
        {.linux_ = POLICY("PREFERRED", ",\"nodes\":\"1\",\"flags\":[\"MPOL_F_STATIC_NODES\"]")},
        {.linux_ = POLICY("BIND", ",\"nodes\":\"0-3,7\",\"flags\":[\"MPOL_F_NUMA_BALANCING\"]")},
        {.linux_ = POLICY("PREFERRED_MANY", ",\"nodes\":\"0\",\"flags\":[\"MPOL_F_NUMA_BALANCING\",\"MPOL_F_RELATIVE_NODES\"]")},
        {.linux_ = POLICY("DEFAULT", ",\"nodes\":\"0\""),
         .expected = "linux.memoryPolicy.nodes: found `0`, expected none with `MPOL_DEFAULT`"},
        {.linux_ = POLICY("LOCAL", ",\"nodes\":\"0\""),
         .expected = "linux.memoryPolicy.nodes: found `0`, expected none with `MPOL_LOCAL`"},
        {.linux_ = POLICY("BIND", ""),
         .expected = "linux.memoryPolicy.nodes: found none, expected at least one with `MPOL_BIND`"},
        {.linux_ = POLICY("WEIGHTED_INTERLEAVE", ",\"nodes\":\"\""),
         .expected = "linux.memoryPolicy.nodes: found none, expected at least one with `MPOL_WEIGHTED_INTERLEAVE`"},
        {.linux_ = POLICY("BIND", ",\"nodes\":\"0-\""),
         .expected = "linux.memoryPolicy.nodes: found `0-`, expected a list like `0-3,7`"},
        {.linux_ = POLICY("INTERLEAVE", ",\"nodes\":\"0,,1\""),
         .expected = "linux.memoryPolicy.nodes: found `0,,1`, expected a list like `0-3,7`"},
        {.linux_ = POLICY("BIND", ",\"nodes\":\"0\",\"flags\":[\"MPOL_F_STATIC_NODES\",\"MPOL_F_RELATIVE_NODES\"]"),
         .expected = "linux.memoryPolicy.flags: found `MPOL_F_STATIC_NODES` and `MPOL_F_RELATIVE_NODES`, expected one of them"},
        {.linux_ = POLICY("PREFERRED", ",\"flags\":[\"MPOL_F_RELATIVE_NODES\"]"),
         .expected = "linux.memoryPolicy.flags: found `MPOL_F_RELATIVE_NODES`, expected it with nodes only"},
        {.linux_ = POLICY("INTERLEAVE", ",\"nodes\":\"0\",\"flags\":[\"MPOL_F_NUMA_BALANCING\"]"),
         .expected = "linux.memoryPolicy.flags: found `MPOL_F_NUMA_BALANCING` with `MPOL_INTERLEAVE`, expected `MPOL_BIND` "
                     "or `MPOL_PREFERRED_MANY`"},
};
TEST_ROWS(test_memory_policies, memory_policies)

static const struct row seccomp[] = {
        {.linux_ = ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}"},
        {.linux_ = ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}",
         .expected = "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be used as default action"},
};
TEST_ROWS(test_seccomp, seccomp)

/* --- sysctl --- */

#define SYSCTL(key) ",\"sysctl\":{\"" key "\":\"1\"}"

static const struct row sysctl[] = {
        {.linux_ = SYSCTL("net.ipv4.ip_forward")},
        {.linux_ = SYSCTL("net/ipv4/conf/eth0.1/rp_filter")},
        {.linux_ = SYSCTL("net.ipv4.conf.eth0/1.rp_filter")},
        {.linux_ = SYSCTL("net/a/b..c/..d")},
        {.linux_ = SYSCTL("net.core.somaxconn"), .namespaces = "{\"type\":\"network\",\"path\":\"/n\"}"},
        {.linux_ = SYSCTL("kernel.msgmax")},
        {.linux_ = SYSCTL("kernel/shm_rmid_forced")},
        {.linux_ = SYSCTL("fs.mqueue.msg_max")},
        {.linux_ = SYSCTL("kernel.domainname")},
        {.linux_ = ROOT_MAP SYSCTL("user.max_user_namespaces"), .namespaces = USER},
        {.linux_ = SYSCTL("net.ipv4.ip_forward"), .namespaces = "{\"type\":\"ipc\"}",
         .expected = "linux.sysctl[\"net.ipv4.ip_forward\"]: needs a namespace of type network, without it the setting is the host's"},
        {.linux_ = SYSCTL("fs.mqueue.msg_max"), .namespaces = "{\"type\":\"network\"}",
         .expected = "linux.sysctl[\"fs.mqueue.msg_max\"]: needs a namespace of type ipc, without it the setting is the host's"},
        {.linux_ = SYSCTL("kernel.sem"), .namespaces = "",
         .expected = "linux.sysctl[\"kernel.sem\"]: needs a namespace of type ipc, without it the setting is the host's"},
        {.linux_ = SYSCTL("kernel.domainname"), .namespaces = "",
         .expected = "linux.sysctl[\"kernel.domainname\"]: needs a namespace of type uts, without it the setting is the host's"},
        {.linux_ = SYSCTL("user.max_user_namespaces"),
         .expected = "linux.sysctl[\"user.max_user_namespaces\"]: needs a namespace of type user, without it the setting is the host's"},
        {.linux_ = SYSCTL("kernel.hostname"),
         .expected = "linux.sysctl[\"kernel.hostname\"]: conflicts with the property `hostname`, expected that instead"},
        {.top = ",\"domainname\":\"d\"", .linux_ = SYSCTL("kernel/domainname"),
         .expected = "linux.sysctl[\"kernel/domainname\"]: conflicts with the property `domainname`"},
        {.linux_ = SYSCTL("vm.swappiness"),
         .expected = "linux.sysctl[\"vm.swappiness\"]: is a setting of the whole machine, expected one of a namespace"},
        {.linux_ = SYSCTL("kernel.core_pattern"),
         .expected = "linux.sysctl[\"kernel.core_pattern\"]: is a setting of the whole machine, expected one of a namespace"},
        {.linux_ = SYSCTL("kernel.shm"),
         .expected = "linux.sysctl[\"kernel.shm\"]: is a setting of the whole machine, expected one of a namespace"},
        {.linux_ = SYSCTL("net"),
         .expected = "linux.sysctl[\"net\"]: is a setting of the whole machine, expected one of a namespace"},
        {.linux_ = SYSCTL("net/../kernel/core_pattern"),
         .expected = "linux.sysctl: found the key `net/../kernel/core_pattern`, expected a name like `net.ipv4.ip_forward`"},
        {.linux_ = SYSCTL("net.//.kernel.core_pattern"),
         .expected = "linux.sysctl: found the key `net.//.kernel.core_pattern`, expected a name like `net.ipv4.ip_forward`"},
        {.linux_ = SYSCTL("net/./ipv4"),
         .expected = "linux.sysctl: found the key `net/./ipv4`, expected a name like `net.ipv4.ip_forward`"},
        {.linux_ = SYSCTL("net..ipv4"),
         .expected = "linux.sysctl: found the key `net..ipv4`, expected a name like `net.ipv4.ip_forward`"},
        {.linux_ = SYSCTL("net.ipv4."),
         .expected = "linux.sysctl: found the key `net.ipv4.`, expected a name like `net.ipv4.ip_forward`"},
        {.linux_ = SYSCTL("/net/ipv4/ip_forward"),
         .expected = "linux.sysctl: found the key `/net/ipv4/ip_forward`, expected a name like `net.ipv4.ip_forward`"},
        {.linux_ = SYSCTL(""), .expected = "linux.sysctl: found the key ``, expected a name like `net.ipv4.ip_forward`"},
        {.linux_ = SYSCTL("net.a\\nb"),
         .expected = "linux.sysctl: found the key `net.a\nb`, expected a name like `net.ipv4.ip_forward`"},
        {.linux_ = SYSCTL("net.a+kernel.core_pattern"),
         .expected = "linux.sysctl: found the key `net.a+kernel.core_pattern`, expected a name like `net.ipv4.ip_forward`"},
};
TEST_ROWS(test_sysctl, sysctl)

/* --- resources --- */

#define RESOURCES(properties) ",\"resources\":{" properties "}"

static const struct row resources[] = {
        {.linux_ = RESOURCES("")},
        {.linux_ = RESOURCES("\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"access\":\"\",\"major\":-1}]")},
        {.linux_ = RESOURCES("\"devices\":[{\"allow\":true,\"major\":4294967295,\"minor\":4294967295}]")},
        {.linux_ = RESOURCES("\"devices\":[{\"allow\":true},{\"allow\":true,\"access\":\"rx\"}]"),
         .expected = "linux.resources.devices[1].access: found `rx`, expected letters of `rwm`"},
        {.linux_ = RESOURCES("\"devices\":[{\"allow\":true,\"major\":-2}]"),
         .expected = "linux.resources.devices[0].major: found -2, expected a device number"},
        {.linux_ = RESOURCES("\"devices\":[{\"allow\":true,\"major\":4294967296}]"),
         .expected = "linux.resources.devices[0].major: found 4294967296, expected a device number"},
        {.linux_ = RESOURCES("\"devices\":[{\"allow\":true,\"minor\":-2}]"),
         .expected = "linux.resources.devices[0].minor: found -2, expected a device number"},
        {.linux_ = RESOURCES("\"devices\":[{\"allow\":true,\"minor\":4294967296}]"),
         .expected = "linux.resources.devices[0].minor: found 4294967296, expected a device number"},
        {.linux_ = RESOURCES("\"memory\":{\"limit\":-1,\"swap\":0,\"reservation\":5,\"swappiness\":100}")},
        {.linux_ = RESOURCES("\"memory\":{\"limit\":-2}"),
         .expected = "linux.resources.memory.limit: found -2, expected a number of bytes or -1"},
        {.linux_ = RESOURCES("\"memory\":{\"swap\":-2}"),
         .expected = "linux.resources.memory.swap: found -2, expected a number of bytes or -1"},
        {.linux_ = RESOURCES("\"memory\":{\"reservation\":-5}"),
         .expected = "linux.resources.memory.reservation: found -5, expected a number of bytes or -1"},
        {.linux_ = RESOURCES("\"memory\":{\"kernel\":-5}"),
         .expected = "linux.resources.memory.kernel: found -5, expected a number of bytes or -1"},
        {.linux_ = RESOURCES("\"memory\":{\"kernelTCP\":-5}"),
         .expected = "linux.resources.memory.kernelTCP: found -5, expected a number of bytes or -1"},
        {.linux_ = RESOURCES("\"memory\":{\"swappiness\":101}"),
         .expected = "linux.resources.memory.swappiness: found 101, expected 0 to 100"},
        {.linux_ = RESOURCES("\"cpu\":{\"quota\":5,\"burst\":5,\"idle\":1,\"cpus\":\"0-1\",\"mems\":\"0\"}")},
        {.linux_ = RESOURCES("\"cpu\":{\"quota\":-1,\"burst\":5}")},
        {.linux_ = RESOURCES("\"cpu\":{\"quota\":0,\"burst\":5}")},
        {.linux_ = RESOURCES("\"cpu\":{\"quota\":5,\"burst\":6}"),
         .expected = "linux.resources.cpu.burst: found 6, expected at most the quota of 5"},
        {.linux_ = RESOURCES("\"cpu\":{\"idle\":2}"), .expected = "linux.resources.cpu.idle: found 2, expected 0 or 1"},
        {.linux_ = RESOURCES("\"cpu\":{\"cpus\":\"all\"}"),
         .expected = "linux.resources.cpu.cpus: found `all`, expected a list like `0-3,7`"},
        {.linux_ = RESOURCES("\"cpu\":{\"mems\":\"0\\n1\"}"),
         .expected = "linux.resources.cpu.mems: found `0\n1`, expected a list like `0-3,7`"},
        {.linux_ = RESOURCES("\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"leafWeight\":10}]}")},
        {.linux_ = RESOURCES("\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0}]}"),
         .expected = "linux.resources.blockIO.weightDevice[0]: found neither `weight` nor `leafWeight`, expected one"},
        {.linux_ = RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"64KB\",\"limit\":0},{\"pageSize\":\"1GB\",\"limit\":1}]")},
        {.linux_ = RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"2mB\",\"limit\":0}]"),
         .expected = "linux.resources.hugepageLimits[0].pageSize: found `2mB`, expected a size like `2MB`"},
        {.linux_ = RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"02MB\",\"limit\":0}]"),
         .expected = "linux.resources.hugepageLimits[0].pageSize: found `02MB`, expected a size like `2MB`"},
        {.linux_ = RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"MB\",\"limit\":0}]"),
         .expected = "linux.resources.hugepageLimits[0].pageSize: found `MB`, expected a size like `2MB`"},
        {.linux_ = RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"2\",\"limit\":0}]"),
         .expected = "linux.resources.hugepageLimits[0].pageSize: found `2`, expected a size like `2MB`"},
        {.linux_ = RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"2MB/../x\",\"limit\":0}]"),
         .expected = "linux.resources.hugepageLimits[0].pageSize: found `2MB/../x`, expected a size like `2MB`"},
        {.linux_ = RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"2048KB\",\"limit\":0}]"),
         .expected = "linux.resources.hugepageLimits[0].pageSize: found `2048KB`, expected less than 1024 of its unit"},
        {.linux_ = RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"1024MB\",\"limit\":0}]"),
         .expected = "linux.resources.hugepageLimits[0].pageSize: found `1024MB`, expected less than 1024 of its unit"},
        {.linux_ = RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"99999999999999999999GB\",\"limit\":0}]"),
         .expected = "linux.resources.hugepageLimits[0].pageSize: found `99999999999999999999GB`, expected less than 1024 of its unit"},
        {.linux_ = RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"1023KB\",\"limit\":0}]")},
        {.linux_ = RESOURCES("\"rdma\":{\"a\":{\"hcaHandles\":0},\"b\":{\"hcaObjects\":1}}")},
        {.linux_ = RESOURCES("\"rdma\":{\"a b\":{\"hcaHandles\":1}}"),
         .expected = "linux.resources.rdma: found the key `a b`, expected the name of a device"},
        {.linux_ = RESOURCES("\"rdma\":{\"\":{\"hcaHandles\":1}}"),
         .expected = "linux.resources.rdma: found the key ``, expected the name of a device"},
        {.linux_ = RESOURCES("\"network\":{\"priorities\":[{\"name\":\"eth0 1\",\"priority\":2}]}"),
         .expected = "linux.resources.network.priorities[0].name: found `eth0 1`, expected the name of a device"},
        {.linux_ = RESOURCES("\"network\":{\"priorities\":[{\"name\":\"eth0\",\"priority\":2}]}")},
        {.linux_ = RESOURCES("\"rdma\":{\"a\":{\"hcaHandles\":1},\"b\":{}}"),
         .expected = "linux.resources.rdma[\"b\"]: found neither `hcaHandles` nor `hcaObjects`, expected one"},
        {.linux_ = RESOURCES("\"unified\":{\"memory.max\":\"1\"}")},
        {.linux_ = RESOURCES("\"unified\":{\"../memory.max\":\"1\"}"),
         .expected = "linux.resources.unified: found the key `../memory.max`, expected the name of a file"},
        {.linux_ = RESOURCES("\"unified\":{\"..\":\"1\"}"),
         .expected = "linux.resources.unified: found the key `..`, expected the name of a file"},
        {.linux_ = RESOURCES("\"unified\":{\"\":\"1\"}"),
         .expected = "linux.resources.unified: found the key ``, expected the name of a file"},
};
TEST_ROWS(test_resources, resources)

/* --- the annotations that tare acts upon --- */

#define ANNOTATION(key, value) ",\"annotations\":{\"run.oci." key "\":\"" value "\"}"

#define SUB_CGROUP_FILE(value)                                                                           \
        "annotations.run.oci.delegate-cgroup: found `" value "`, expected no name of the kernel's own files in a cgroup"
#define SUB_CGROUP(key, value)                                                                           \
        "annotations.run.oci." key ": found `" value "`, expected the path of a cgroup below the container's, such as `a/b`"

static const struct row extensions[] = {
        {.top = ANNOTATION("something.else", "x")},
        {.top = ANNOTATION("hooks.stdout", "/x")},
        {.top = ANNOTATION("hooks.stdout", "x"),
         .expected = "annotations.run.oci.hooks.stdout: found `x`, expected an absolute path"},
        {.top = ANNOTATION("hooks.stderr", ""),
         .expected = "annotations.run.oci.hooks.stderr: found ``, expected an absolute path"},
        {.top = ANNOTATION("pidfd_receiver", "./x"),
         .expected = "annotations.run.oci.pidfd_receiver: found `./x`, expected an absolute path"},
        {.top = ANNOTATION("keep_original_groups", "1")},
        {.top = ANNOTATION("keep_original_groups", "true")},
        {.top = ANNOTATION("keep_original_groups", "0")},
        {.top = ANNOTATION("keep_original_groups", "false")},
        {.top = ANNOTATION("keep_original_groups", "yes"),
         .expected = "annotations.run.oci.keep_original_groups: found `yes`, expected `1` or `0`"},
        {.top = ANNOTATION("keep_original_groups", ""),
         .expected = "annotations.run.oci.keep_original_groups: found ``, expected `1` or `0`"},
        {.top = ANNOTATION("seccomp_fail_unknown_syscall", "2"),
         .expected = "annotations.run.oci.seccomp_fail_unknown_syscall: found `2`, expected `1` or `0`"},
        {.top = ANNOTATION("seccomp.receiver", "x/y"),
         .expected = "annotations.run.oci.seccomp.receiver: found `x/y`, expected an absolute path"},
        {.top = ANNOTATION("seccomp_bpf_data", "BgAAAAAA/38=")},
        {.top = ANNOTATION("seccomp_bpf_data", "BgAAAAAA/38"), .expected = "annotations.run.oci.seccomp_bpf_data: not base64"},
        {.top = ANNOTATION("delegate-cgroup", "payload")},
        {.top = ANNOTATION("delegate-cgroup", "a/b.c/d")},
        {.top = ANNOTATION("delegate-cgroup", "memory/cgroup/cgroups.a")},
        {.top = ANNOTATION("delegate-cgroup", "cgroup.procs"), .expected = SUB_CGROUP_FILE("cgroup.procs")},
        {.top = ANNOTATION("delegate-cgroup", "a/cgroup.new/b"), .expected = SUB_CGROUP_FILE("a/cgroup.new/b")},
        {.top = ANNOTATION("delegate-cgroup", "a/memory.max"), .expected = SUB_CGROUP_FILE("a/memory.max")},
        {.top = ANNOTATION("delegate-cgroup", "")},
        {.top = ANNOTATION("delegate-cgroup", ".."), .expected = SUB_CGROUP("delegate-cgroup", "..")},
        {.top = ANNOTATION("delegate-cgroup", "a/../../b"), .expected = SUB_CGROUP("delegate-cgroup", "a/../../b")},
        {.top = ANNOTATION("delegate-cgroup", "/a"), .expected = SUB_CGROUP("delegate-cgroup", "/a")},
        {.top = ANNOTATION("delegate-cgroup", "a//b"), .expected = SUB_CGROUP("delegate-cgroup", "a//b")},
        {.top = ANNOTATION("delegate-cgroup", "a/"), .expected = SUB_CGROUP("delegate-cgroup", "a/")},
        {.top = ANNOTATION("delegate-cgroup", "."), .expected = SUB_CGROUP("delegate-cgroup", ".")},
        {.top = ANNOTATION("systemd.subgroup", "container")},
        {.top = ANNOTATION("systemd.subgroup", "../x"), .expected = SUB_CGROUP("systemd.subgroup", "../x")},
        {.top = ANNOTATION("mount_context_type", "context")},
        {.top = ANNOTATION("mount_context_type", "fscontext")},
        {.top = ANNOTATION("mount_context_type", "defcontext")},
        {.top = ANNOTATION("mount_context_type", "rootcontext")},
        {.top = ANNOTATION("mount_context_type", "seclabel"),
         .expected = "annotations.run.oci.mount_context_type: found `seclabel`, expected one of `context`, `fscontext`, "
                     "`defcontext`, `rootcontext`"},
        {.top = ANNOTATION("mount_context_type", "context=x,size"),
         .expected = "annotations.run.oci.mount_context_type: found `context=x,size`, expected one of `context`, `fscontext`, "
                     "`defcontext`, `rootcontext`"},
};
TEST_ROWS(test_extensions, extensions)

/* What the accepted values mean. */
static void test_flags(void) {
        static const struct {
                const char *value;
                bool expected;
        } flags[] = {{"1", true}, {"true", true}, {"0", false}, {"false", false}};

        for (size_t i = 0; i < ELEMENTSOF(flags); i++) {
                autofree char *top = text_format(ANNOTATION("keep_original_groups", "%s"), flags[i].value);
                autofree char *text = make_config(&(struct row){.top = top});
                autodone(config) struct config config = CONFIG_INIT;

                CHECK_EQUAL(config_parse(text, strlen(text), "config.json", &config), 0);
                CHECK_EQUAL(config.extensions.keep_original_groups, flags[i].expected);
                CHECK(!config.extensions.fail_unknown_syscall);
                CHECK(config.extensions.mount_context_type == NULL);
        }
}

static const struct test_case cases[] = {
        {"ociVersion", test_versions},
        {"root and process", test_whole},
        {"names and annotations", test_names},
        {"hooks", test_hooks},
        {"process", test_process},
        {"rlimits", test_rlimits},
        {"scheduler and I/O priority", test_scheduler},
        {"ids in a user namespace", test_users},
        {"mounts", test_mounts},
        {"namespaces and time offsets", test_namespaces},
        {"network devices", test_net_devices},
        {"id mappings", test_mappings},
        {"large id maps", test_large_maps},
        {"devices", test_devices},
        {"paths, personality, what is not supported", test_paths},
        {"memory policy", test_memory_policies},
        {"seccomp", test_seccomp},
        {"sysctl", test_sysctl},
        {"resources", test_resources},
        {"annotations that mean something", test_extensions},
        {"annotations that are true or false", test_flags},
};

TEST_MAIN(cases)
