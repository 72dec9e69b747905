/*
 * A guard against descriptors that fire again and again though nothing comes of it, as an eventfd
 * does that libcurl forgets to drain: they are left alone for a while each time, so that nobody's
 * loop spins. One that is suspected wrongly is late by that while, and no more.
 */
#ifndef CVK_TRANSFER_SPIN_GUARD_H
#define CVK_TRANSFER_SPIN_GUARD_H

#include "transfer/poller.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CVK_SPIN_GUARD_PATIENCE = 64 }; /* how often a descriptor may fire before anybody looks */

typedef struct cvk_watched_socket {
    uint8_t fired; /* since libcurl last said what it wants of it, or the last look */
    uint8_t rests; /* how often it has rested without anything coming of it */
    bool readable, writable, resting;
    uint32_t progress; /* at the last look */
} cvk_watched_socket;

typedef struct cvk_spin_guard {
    cvk_poller *poller;
    cvk_watched_socket *sockets; /* by their number */
    size_t size, resting;
    int64_t due; /* when those that rest are to be watched again; -1: none rests */
} cvk_spin_guard;

/* A guard over what the poller watches. */
void cvk_spin_guard_begin(cvk_spin_guard *guard, cvk_poller *poller);

/* Knows nothing any more and holds no memory. */
void cvk_spin_guard_clear(cvk_spin_guard *guard);

/* Watches a socket as cvk_poller_watch does. */
bool cvk_spin_guard_watch(cvk_spin_guard *guard, int fd, bool readable, bool writable);

/* Counts an event. true: there have been many, cvk_spin_guard_look is to be told. */
static inline bool cvk_spin_guard_fired(cvk_spin_guard *guard, int fd)
{
    return (size_t)fd < guard->size && ++guard->sockets[fd].fired >= CVK_SPIN_GUARD_PATIENCE;
}

/*
 * `progress` is any number that stays the same as long as nothing comes of all these events. If it
 * has stayed the same, the descriptor is not watched for a while.
 */
void cvk_spin_guard_look(cvk_spin_guard *guard, int fd, uint32_t progress);

/* Watches those again whose rest is over: called when `due` has come. */
void cvk_spin_guard_resume(cvk_spin_guard *guard);

#endif
