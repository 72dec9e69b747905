/*
 * Descriptors of others that the poller watches beside libcurl's sockets: they end a wait, and it is
 * for others to see what they tell.
 */
#ifndef CVK_TRANSFER_GUESTS_H
#define CVK_TRANSFER_GUESTS_H

#include "transfer/poller.h"

#include <stdbool.h>

typedef struct cvk_guests {
    int fds[8];
    int count;
} cvk_guests;

/* Whether a descriptor is one of them. */
bool cvk_guests_has(const cvk_guests *guests, int fd);

/* Watches one for reading, or no longer. false: there are too many, or it cannot be watched. */
bool cvk_guests_watch(cvk_guests *guests, cvk_poller *poller, int fd, bool on);

#endif
