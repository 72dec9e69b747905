/*
 * Exchanges that wait for their turn, in order, among those of the same settings.
 */
#ifndef CVK_TRANSFER_QUEUE_H
#define CVK_TRANSFER_QUEUE_H

#include "http/exchange.h"

/* All zero: nothing waits. */
typedef struct cvk_queues {
    cvk_settings *first; /* settings that have exchanges waiting, by `next_waiting` */
    uint64_t count;      /* of those exchanges */
} cvk_queues;

/* Adds an exchange at the end of its queue, or (`next`) before all others. */
void cvk_queues_add(cvk_queues *queues, cvk_exchange *exchange, bool next);

/* Takes one out of its queue. */
void cvk_queues_remove(cvk_queues *queues, cvk_exchange *exchange);

#endif
