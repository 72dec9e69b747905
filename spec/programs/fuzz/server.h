/*
 * A server on loopback, in a thread of its own, that answers whatever it is asked with the bytes it
 * was given last, and hangs up.
 */
#ifndef CVK_FUZZ_SERVER_H
#define CVK_FUZZ_SERVER_H

#include <stddef.h>

/* Starts it; returns its port, or 0. It runs until the process ends. */
int cvk_server_start(void);

/* What it says from now on; what is longer than it can hold is cut. */
void cvk_server_say(const char *bytes, size_t size);

#endif
