/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words of the specification for system call filters. Plain data without libseccomp, so that a build without it
 * decodes and checks the same configs. Sorted, for that is how `tare features` prints them.
 */
#include "seccomp/seccomp.h"

#include <elf.h>
#include <linux/audit.h>

#include "util/kernel.h"

const struct name seccomp_actions[] = {
        {"SCMP_ACT_ALLOW", SECCOMP_ACTION_ALLOW},
        {"SCMP_ACT_ERRNO", SECCOMP_ACTION_ERRNO},
        {"SCMP_ACT_KILL", SECCOMP_ACTION_KILL_THREAD},
        {"SCMP_ACT_KILL_PROCESS", SECCOMP_ACTION_KILL_PROCESS},
        {"SCMP_ACT_KILL_THREAD", SECCOMP_ACTION_KILL_THREAD},
        {"SCMP_ACT_LOG", SECCOMP_ACTION_LOG},
        {"SCMP_ACT_NOTIFY", SECCOMP_ACTION_NOTIFY},
        {"SCMP_ACT_TRACE", SECCOMP_ACTION_TRACE},
        {"SCMP_ACT_TRAP", SECCOMP_ACTION_TRAP},
        {}};

const struct name seccomp_operators[] = {
        {"SCMP_CMP_EQ", SECCOMP_OPERATOR_EQ},
        {"SCMP_CMP_GE", SECCOMP_OPERATOR_GE},
        {"SCMP_CMP_GT", SECCOMP_OPERATOR_GT},
        {"SCMP_CMP_LE", SECCOMP_OPERATOR_LE},
        {"SCMP_CMP_LT", SECCOMP_OPERATOR_LT},
        {"SCMP_CMP_MASKED_EQ", SECCOMP_OPERATOR_MASKED_EQ},
        {"SCMP_CMP_NE", SECCOMP_OPERATOR_NE},
        {}};

/* Headers before 5.19 lack EM_LOONGARCH. */
#define ARCH_LOONGARCH64 (258 | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)

/*
 * libseccomp's tokens are the kernel's AUDIT_ARCH_* numbers, apart from x32, which the kernel does not tell from x86_64
 * by the architecture. It names SuperH by its usual byte order, little endian, the kernel by big endian.
 */
const struct name seccomp_architectures[] = {
        {"SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64},
        {"SCMP_ARCH_ARM", AUDIT_ARCH_ARM},
        {"SCMP_ARCH_LOONGARCH64", ARCH_LOONGARCH64},
        {"SCMP_ARCH_M68K", AUDIT_ARCH_M68K},
        {"SCMP_ARCH_MIPS", AUDIT_ARCH_MIPS},
        {"SCMP_ARCH_MIPS64", AUDIT_ARCH_MIPS64},
        {"SCMP_ARCH_MIPS64N32", AUDIT_ARCH_MIPS64N32},
        {"SCMP_ARCH_MIPSEL", AUDIT_ARCH_MIPSEL},
        {"SCMP_ARCH_MIPSEL64", AUDIT_ARCH_MIPSEL64},
        {"SCMP_ARCH_MIPSEL64N32", AUDIT_ARCH_MIPSEL64N32},
        {"SCMP_ARCH_NATIVE", 0},
        {"SCMP_ARCH_PARISC", AUDIT_ARCH_PARISC},
        {"SCMP_ARCH_PARISC64", AUDIT_ARCH_PARISC64},
        {"SCMP_ARCH_PPC", AUDIT_ARCH_PPC},
        {"SCMP_ARCH_PPC64", AUDIT_ARCH_PPC64},
        {"SCMP_ARCH_PPC64LE", AUDIT_ARCH_PPC64LE},
        {"SCMP_ARCH_RISCV64", AUDIT_ARCH_RISCV64},
        {"SCMP_ARCH_S390", AUDIT_ARCH_S390},
        {"SCMP_ARCH_S390X", AUDIT_ARCH_S390X},
        {"SCMP_ARCH_SH", AUDIT_ARCH_SHEL},
        {"SCMP_ARCH_SHEB", AUDIT_ARCH_SH},
        {"SCMP_ARCH_X32", EM_X86_64 | __AUDIT_ARCH_LE},
        {"SCMP_ARCH_X86", AUDIT_ARCH_I386},
        {"SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64},
        {}};

const struct name seccomp_flags[] = {
        {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
        {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
        {"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
        {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
        {}};
