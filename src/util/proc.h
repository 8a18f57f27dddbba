/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes: pidfds, start times, waiting. Functions return -errno and stay silent. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct text;

/* A pidfd for the process; -ESRCH when it is gone. */
int proc_open(pid_t pid);

/* Sends the signal to the very process that the pidfd refers to. */
int proc_signal(int pidfd, int signal);

/* True when the process behind the pidfd has not ended yet (a zombie has). */
bool proc_is_alive(int pidfd);

/* Waits for the end of any process, child or not; -ETIMEDOUT after `milliseconds`, negative: for ever. */
int proc_wait_end(int pidfd, int milliseconds);

/* What to poll(2) for reading beside other descriptors; -1 where only proc_is_alive() tells, and has to be asked again. */
int proc_poll_fd(int pidfd);

/* Waits for a child and gives its status as waitpid(2) does. */
int proc_reap(pid_t pid, int *ret_status);

/*
 * The same for one that has ended by now, without waiting: -EAGAIN if it has not, or if a tracer keeps its end to himself.
 */
int proc_reap_now(pid_t pid, int *ret_status);

/* A child's wait status as a shell's exit code: N, or 128 + signal. */
int proc_exit_code(int status);

/*
 * In a child that is to become another program: each signal as a new program expects it, none ignored and none blocked. Both
 * would stay so over execve(2), and our caller's choice is not that program's.
 */
void proc_reset_signals(void);

/* Field 22 of /proc/PID/stat: start time in clock ticks after boot; unique together with the pid and the boot id. */
int proc_start_time(pid_t pid, uint64_t *ret_ticks);

/* The state letter of /proc/PID/stat; 'Z' and 'X' have ended. */
int proc_state(pid_t pid, char *ret_state);

/* Adds "PID (state D, waiting in FUNCTION)": why it does not end, as far as the kernel tells. */
void proc_describe(pid_t pid, struct text *text);

/*
 * True when it has ended or is about to: its namespaces go, and no process can be born in its pid namespace any more, a while
 * before it is a zombie.
 */
bool proc_is_ending(pid_t pid);

/*
 * True if the process is ending, or has ended, and has executed no program since it was made by fork(2) or clone(2). Once it has
 * been reaped nobody can tell: false. `pidfd` is that of the same process, lest another one with its number be meant.
 */
bool proc_ended_unexecuted(pid_t pid, int pidfd);

/* The kernel's boot id, a text of 36 characters. */
#define BOOT_ID_MAX 37
int proc_boot_id(char ret[BOOT_ID_MAX]);
