/*
 * What an engine has done so far, for statistics.
 */
#ifndef CVK_TRANSFER_COUNTERS_H
#define CVK_TRANSFER_COUNTERS_H

#include <stdint.h>

typedef struct cvk_counters {
    uint64_t in_flight, queued; /* now; those that wait for their turn count as in flight, too */
    uint64_t started, finished, failed, cancelled;
    uint64_t connections_opened, connections_reused;
    uint64_t bytes_sent, bytes_received;
} cvk_counters;

#endif
