/*
 * Transfers that wait for their turn, in order, among those of the same route.
 */
#ifndef CVK_TRANSFER_QUEUE_H
#define CVK_TRANSFER_QUEUE_H

#include "transfer/route.h"

/* All zero: nothing waits. */
typedef struct cvk_queues {
    cvk_route *first; /* routes that have transfers waiting, by `next_waiting` */
    uint64_t count;   /* of those transfers */
} cvk_queues;

/* Adds a transfer at the end of its route's queue, or (`before_others`) at its beginning. */
void cvk_queues_add(cvk_queues *queues, cvk_transfer *transfer, bool before_others);

/* Takes a transfer out of its queue. */
void cvk_queues_remove(cvk_queues *queues, cvk_transfer *transfer);

#endif
