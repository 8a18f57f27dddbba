/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device rules against a model that says in the plainest way what they mean: as values, as the v2 program (run by a
 * small interpreter of eBPF) and as the v1 exceptions (applied as the kernel's device controller applies them).
 */
#include "cgroups/device-program.h"
#include "cgroups/device-rules.h"
#include "device-model.h"
#include "test.h"

#include <errno.h>
#include <stdint.h>

#include "util/alloc.h"
#include "util/fail.h"

/* --- v2: the interpreter --- */

static uint64_t load_context(const struct bpf_cgroup_dev_ctx *context, int offset) {
        uint32_t value;

        CHECK(offset >= 0 && (size_t)offset + sizeof(value) <= sizeof(*context) && offset % 4 == 0);
        memcpy(&value, (const char *)context + offset, sizeof(value));
        return value;
}

static bool jumps(unsigned op, uint64_t value, uint64_t operand) {
        switch (op) {
        case BPF_JEQ:
                return value == operand;
        case BPF_JNE:
                return value != operand;
        case BPF_JSET:
                return value & operand;
        default:
                CHECK(!"a known jump");
                return false;
        }
}

static void calculate(unsigned op, uint64_t *value, uint64_t operand) {
        switch (op) {
        case BPF_MOV:
                *value = operand;
                break;
        case BPF_AND:
                *value &= operand;
                break;
        case BPF_OR:
                *value |= operand;
                break;
        case BPF_SUB:
                *value -= operand;
                break;
        case BPF_LSH:
                *value <<= operand;
                break;
        case BPF_RSH:
                *value >>= operand;
                break;
        default:
                CHECK(!"a known operation");
        }
}

static bool program_answer(const struct bpf_insn *list, size_t n, const struct question *question) {
        const struct bpf_cgroup_dev_ctx context = {
                .access_type = question->access << 16 |
                               (question->type == CGROUP_DEVICE_CHAR ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK),
                .major = question->major,
                .minor = question->minor,
        };
        uint64_t registers[16] = {};

        for (size_t at = 0; at < n; at++) {
                const struct bpf_insn *instruction = &list[at];
                uint64_t operand = (uint64_t)(int64_t)instruction->imm, *value = &registers[instruction->dst_reg];

                if (BPF_SRC(instruction->code) == BPF_X)
                        operand = registers[instruction->src_reg];
                if (instruction->code == (BPF_JMP | BPF_EXIT))
                        return registers[0];
                if (BPF_CLASS(instruction->code) == BPF_LDX)
                        *value = load_context(&context, instruction->off);
                else if (BPF_CLASS(instruction->code) == BPF_ALU64)
                        calculate(BPF_OP(instruction->code), value, operand);
                else if (jumps(BPF_OP(instruction->code), *value, operand))
                        at += (size_t)instruction->off;
        }
        CHECK(!"a program that ends with an answer");
        return false;
}

/* --- v1: the kernel's devices controller --- */

/*
 * Default allow: refused if an exception matches and shares some access. Default deny: allowed if one single exception
 * matches and has all of it. (security/device_cgroup.c asks for a partial match in the first case, a full one in the
 * second.)
 */
static bool exceptions_answer(const struct device_exceptions *exceptions, const struct question *question) {
        for (size_t i = 0; i < exceptions->rules.n; i++) {
                const struct device_rule *rule = &exceptions->rules.list[i];

                if (!matches(rule, question))
                        continue;
                if (exceptions->allow ? (rule->access & question->access) != 0
                                      : (rule->access & question->access) == question->access)
                        return !exceptions->allow;
        }
        return exceptions->allow;
}

/* --- comparing --- */

/* How often an answer is not the model's, over all devices that differ for the random rules, and each access. */
static int count_differences(const struct device_rules *rules, bool single_access,
                             bool (*answer)(const void *data, const struct question *question), const void *data) {
        int differences = 0;

        for (unsigned k = 0; k < 2 * 4 * 4 * 7; k++) {
                struct question question = {
                        .type = k % 2 ? CGROUP_DEVICE_CHAR : CGROUP_DEVICE_BLOCK,
                        .major = k / 2 % 4,
                        .minor = k / 8 % 4,
                        .access = 1 + k / 32,
                };

                if (single_access && __builtin_popcount(question.access) != 1)
                        continue;
                differences += answer(data, &question) != model_answer(rules, &question);
        }
        return differences;
}

struct compiled {
        struct bpf_insn *list;
        size_t n;
};

static bool answer_rules(const void *data, const struct question *question) {
        return model_answer(data, question);
}

static bool answer_program(const void *data, const struct question *question) {
        const struct compiled *compiled = data;

        return program_answer(compiled->list, compiled->n, question);
}

static bool answer_exceptions(const void *data, const struct question *question) {
        return exceptions_answer(data, question);
}

static struct device_rules copy_rules(const struct device_rules *rules) {
        return (struct device_rules){
                .list = memory_copy(rules->list, rules->n * sizeof(*rules->list)),
                .n = rules->n,
        };
}

static void test_random_program(void) {
        for (int i = 0; i < 20000 && !test_failed; i++) {
                autodone(device_rules) struct device_rules rules = random_rules(), reduced = copy_rules(&rules);
                struct compiled compiled;

                compiled.list = device_program_make(&rules, &compiled.n);
                CHECK_EQUAL(count_differences(&rules, false, answer_program, &compiled), 0);
                free(compiled.list);
                device_rules_reduce(&reduced);
                CHECK(reduced.n <= rules.n);
                CHECK_EQUAL(count_differences(&rules, false, answer_rules, &reduced), 0);
                compiled.list = device_program_make(&reduced, &compiled.n);
                CHECK_EQUAL(count_differences(&rules, false, answer_program, &compiled), 0);
                free(compiled.list);
                device_rules_done(&reduced);
        }
}

static bool always(const void *data, const struct question *question) {
        (void)data, (void)question;
        return true;
}

static void test_random_allow_all(void) {
        int found = 0;

        for (int i = 0; i < 20000 && !test_failed; i++) {
                autodone(device_rules) struct device_rules rules = random_rules(), reduced = copy_rules(&rules);

                device_rules_reduce(&reduced);
                if (device_rules_allow_all(&reduced)) {
                        found++;
                        CHECK_EQUAL(count_differences(&rules, false, always, NULL), 0);
                }
                device_rules_done(&reduced);
        }
        CHECK(found > 100);
}

/* "1:*" and "*:3": what is allowed by one for reading and by the other for writing, v1 allows for one at a time. */
static bool have_crossing(const struct device_rules *rules) {
        for (size_t i = 0; i < rules->n; i++)
                for (size_t k = 0; k < rules->n; k++) {
                        const struct device_rule *a = &rules->list[i], *b = &rules->list[k];

                        if (a->minor == DEVICE_ANY && b->major == DEVICE_ANY && a->major != DEVICE_ANY &&
                            b->minor != DEVICE_ANY)
                                return true;
                }
        return false;
}

static void test_random_exceptions(void) {
        int expressed = 0;

        for (int i = 0; i < 20000 && !test_failed; i++) {
                autodone(device_rules) struct device_rules rules = random_rules();
                struct device_exceptions exceptions;
                bool single;

                if (device_rules_to_exceptions(&rules, &exceptions) < 0)
                        continue;
                expressed++;
                single = have_crossing(&exceptions.rules);
                CHECK_EQUAL(count_differences(&rules, single, answer_exceptions, &exceptions), 0);
                device_rules_done(&exceptions.rules);
        }
        CHECK(expressed > 5000);
}

/* --- particular lists --- */

#define NUMBER(n) {.set = true, .value = (n)}

static void check_resources(struct cgroup_device_rule *list, size_t n, const char *lines) {
        const struct cgroup_resources resources = {.devices = list, .n_devices = n};
        autodone(device_rules) struct device_rules rules = {};
        struct device_exceptions exceptions = {};
        char text[1024] = "";

        CHECK_EQUAL(device_rules_check(&resources, "linux.resources"), 0);
        device_rules_complete(&resources, &rules);
        CHECK_EQUAL(device_rules_to_exceptions(&rules, &exceptions), 0);
        strcat(text, exceptions.allow ? "allow" : "deny");
        for (size_t i = 0; i < exceptions.rules.n; i++) {
                char line[DEVICE_LINE_MAX];

                device_rule_line(&exceptions.rules.list[i], line);
                strcat(strcat(text, ", "), line);
        }
        CHECK_TEXT(text, lines);
        device_rules_done(&exceptions.rules);
}

static void test_lines(void) {
        struct cgroup_device_rule deny_all[] = {{.access = (char *)"rwm"}};
        struct cgroup_device_rule allow_all[] = {{.allow = true}};
        struct cgroup_device_rule usual[] = {
                {.access = (char *)"rwm"},
                {.allow = true, .type = CGROUP_DEVICE_CHAR, .major = NUMBER(10), .minor = NUMBER(229),
                 .access = (char *)"rw"},
                {.allow = true, .type = CGROUP_DEVICE_BLOCK, .major = NUMBER(8), .minor = NUMBER(-1),
                 .access = (char *)"r"},
        };
        struct cgroup_device_rule but_one[] = {
                {.allow = true},
                {.type = CGROUP_DEVICE_BLOCK, .major = NUMBER(8), .minor = NUMBER(0)},
        };
#define STANDARD                                                                                         \
        "c 1:3 rwm, c 1:5 rwm, c 1:7 rwm, c 1:8 rwm, c 1:9 rwm, c 5:0 rwm, c 5:1 rwm, c 5:2 rwm, "        \
        "c 10:200 rwm, c 136:* rwm"

        check_resources(deny_all, 1, "deny, c *:* m, " STANDARD ", b *:* m");
        check_resources(usual, 3, "deny, c *:* m, c 10:229 rwm, " STANDARD ", b *:* m, b 8:* rm");
        check_resources(allow_all, 1, "allow");
        /* Making the node is allowed to every container, using it is not. */
        check_resources(but_one, 2, "allow, b 8:0 rw");
}

static void test_none(void) {
        const struct cgroup_resources resources = {};
        struct device_rules rules;

        device_rules_complete(&resources, &rules);
        CHECK_EQUAL(rules.n, 0);
}

/* v1 has no way to say "all of major 1 but 1:3". */
static void test_hole(void) {
        struct device_rule list[] = {
                {.allow = true, .type = CGROUP_DEVICE_CHAR, .major = 1, .minor = DEVICE_ANY, .access = 7},
                {.allow = false, .type = CGROUP_DEVICE_CHAR, .major = 1, .minor = 3, .access = 2},
        };
        const struct device_rules rules = {.list = list, .n = 2};
        struct device_exceptions exceptions;

        CHECK_EQUAL(device_rules_to_exceptions(&rules, &exceptions), -EINVAL);
        list[1].access = 0;
        CHECK_EQUAL(device_rules_to_exceptions(&rules, &exceptions), 0);
        device_rules_done(&exceptions.rules);
}

static void test_check(void) {
        struct cgroup_device_rule list[] = {{}, {.access = (char *)"rx"}};
        const struct cgroup_resources resources = {.devices = list, .n_devices = 2};

        CHECK_EQUAL(device_rules_check(&resources, "linux.resources"), -EINVAL);
        CHECK_TEXT(fail_text(), "linux.resources.devices[1].access: \"rx\" is not made of \"r\", \"w\" and \"m\"");
        list[1] = (struct cgroup_device_rule){.major = NUMBER(-2)};
        CHECK_EQUAL(device_rules_check(&resources, "linux.resources"), -EINVAL);
        CHECK_TEXT(fail_text(), "linux.resources.devices[1].major: -2 is not a device number");
        list[1] = (struct cgroup_device_rule){.minor = NUMBER(4294967295)};
        CHECK_EQUAL(device_rules_check(&resources, "linux.resources"), -EINVAL);
}

static void test_too_many(void) {
        const size_t n = 4096;
        autofree struct cgroup_device_rule *list = alloc_zero(n + 1, sizeof(*list));
        struct cgroup_resources resources = {.devices = list, .n_devices = n};
        autodone(device_rules) struct device_rules rules = {};
        struct question question = {CGROUP_DEVICE_CHAR, 1, 0, DEVICE_READ};
        struct compiled compiled;

        /* The longest program still jumps to the right answers. */
        for (size_t i = 0; i < n; i++)
                list[i] = (struct cgroup_device_rule){.allow = true, .major = NUMBER(1), .minor = NUMBER((int64_t)i),
                                                      .access = (char *)"r"};
        CHECK_EQUAL(device_rules_check(&resources, "linux.resources"), 0);
        device_rules_complete(&resources, &rules);
        compiled.list = device_program_make(&rules, &compiled.n);
        CHECK(program_answer(compiled.list, compiled.n, &question));
        question.access = DEVICE_WRITE;
        CHECK(!program_answer(compiled.list, compiled.n, &question));
        free(compiled.list);
        resources.n_devices = n + 1;
        CHECK_EQUAL(device_rules_check(&resources, "linux.resources"), -EINVAL);
        CHECK_CONTAINS(fail_text(), "linux.resources.devices: 4097 rules");
}

/* Numbers that no device has must not turn negative in an instruction and match something else. */
static void test_great_numbers(void) {
        struct device_rule list[] = {
                {.allow = true, .type = CGROUP_DEVICE_CHAR, .major = 0xfffffffe, .minor = DEVICE_ANY, .access = 7},
                {.allow = true, .type = CGROUP_DEVICE_CHAR, .major = 511, .minor = 1048575, .access = 7},
        };
        const struct device_rules rules = {.list = list, .n = 2};
        const struct question questions[] = {
                {CGROUP_DEVICE_CHAR, 511, 1048575, 7},
                {CGROUP_DEVICE_BLOCK, 511, 1048575, 7},
                {CGROUP_DEVICE_CHAR, 0xfffffffe, 0, 7},
        };
        struct compiled compiled;

        compiled.list = device_program_make(&rules, &compiled.n);
        CHECK(program_answer(compiled.list, compiled.n, &questions[0]));
        CHECK(!program_answer(compiled.list, compiled.n, &questions[1]));
        CHECK(!program_answer(compiled.list, compiled.n, &questions[2]));
        free(compiled.list);
}

static const struct test_case cases[] = {
        {"the v2 program answers as the rules say, also reduced", test_random_program},
        {"rules that allow everything are recognised", test_random_allow_all},
        {"v1 exceptions answer as the rules say", test_random_exceptions},
        {"v1 lines of usual lists", test_lines},
        {"no rules restrict nothing", test_none},
        {"v1 refuses a hole in an exception", test_hole},
        {"wrong rules are named", test_check},
        {"the most rules, and more", test_too_many},
        {"numbers beyond those of any device", test_great_numbers},
};

TEST_MAIN(cases)
