/*
 * A server of canned answers in a process of its own. What it is to say and what it was sent lie in
 * memory that both processes see, so that a test asks without a word over a socket.
 */
#ifndef MEMORY_SERVER_H
#define MEMORY_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/* Starts it; it ends with this process. Returns its port on loopback, 0: it cannot be started. */
int server_start(void);

/* What the next requests are answered with, one text each; the last one answers all further ones.
 * false: they are too long. Forgets the counts below. */
bool server_answer(const char *const *texts, const size_t *sizes, size_t count);

/* How many requests have come since then: of which a first byte was there, and whole ones. Before
 * it tells the server reads all that has been sent to it. */
void server_count(unsigned *begun, unsigned *received);

/* The last whole request and its size, after server_count(). */
const char *server_request(size_t *size);

#endif
