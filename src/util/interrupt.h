/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ctrl-C while something is being made: instead of ending us in the middle of it, SIGINT, SIGTERM, SIGHUP and SIGQUIT are
 * kept for whoever waits for something, who then fails, so that what was made is undone. In the runtime's process only.
 * Functions return -errno and stay silent.
 */
#pragma once

/* From here on. */
int interrupt_catch(void);

/* In a child, where those signals have their own meaning again and the descriptor is closed with all others. */
void interrupt_forget(void);

/* Readable when such a signal has come; -1 when none is caught. Borrowed. */
int interrupt_fd(void);

/* The signal that has come, once; 0: none. */
int interrupt_take(void);
