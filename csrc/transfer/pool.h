/*
 * How many connections libcurl may keep.
 *
 * Left to itself libcurl keeps four connections for each call that is in flight when one ends: when
 * many end at once it closes most of theirs, and the next calls open them again. Twice as many may
 * stay as calls needed at a time of late. What is beyond that libcurl closes one by one as calls
 * end; all that are left it looks at once a second, and closes together what has become too old.
 * Both take long where that is a thousand.
 */
#ifndef CVK_TRANSFER_POOL_H
#define CVK_TRANSFER_POOL_H

#include <stdint.h>

typedef struct cvk_pool {
    uint64_t size;     /* how many connections libcurl may keep; 0: it has not been told */
    uint64_t launched; /* calls that have begun since that was looked at */
    uint64_t peak;     /* most of those that were under way at a time */
} cvk_pool;

/* Counts a call that begins when `running` are under way, this one included. Returns how many
 * connections libcurl is to be told that it may keep; 0: as many as before. */
long cvk_pool_launch(cvk_pool *pool, uint64_t running);

#endif
