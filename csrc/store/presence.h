/*
 * Which workers of a store are there: each holds a lock on a byte of a file, which the system takes
 * from it when its process ends, however that ends. A process that is only stopped keeps it.
 */
#ifndef CVK_STORE_PRESENCE_H
#define CVK_STORE_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

/* Opens the lock file of a store, FILE-workers, and makes it where it is not there. Where the path is
 * a link, it is beside the file behind that, so that all who work on a file have the same one. Returns
 * its descriptor; -1: errno is set. */
int cvk_presence_open(const char *path);

/* Holds the lock of a worker until the descriptor is closed. false: it cannot be had. */
bool cvk_presence_hold(int fd, int64_t worker);

/* Whether somebody else holds the lock of a worker; true, too, where that cannot be told. */
bool cvk_presence_is_held(int fd, int64_t worker);

#endif
