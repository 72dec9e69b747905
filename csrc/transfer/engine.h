/*
 * libcurl's multi interface: submit an exchange, step until it is done, take it back.
 *
 * The engine never calls anybody: what is finished waits in a queue until it is taken.
 */
#ifndef CVK_TRANSFER_ENGINE_H
#define CVK_TRANSFER_ENGINE_H

#include "http/exchange.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an engine has done so far. */
typedef struct cvk_counters {
    uint64_t in_flight, queued; /* now; those that wait for their turn count as in flight, too */
    uint64_t started, finished, failed, cancelled;
    uint64_t connections_opened, connections_reused;
    uint64_t bytes_sent, bytes_received;
} cvk_counters;

/* A new engine, or NULL: out of memory or descriptors, or there is no libcurl. */
cvk_engine *cvk_engine_new(void);

/* Ends it: what is in flight becomes CVK_CANCELLED and is never taken. */
void cvk_engine_free(cvk_engine *engine);

/*
 * For the child of a fork, whose parent goes on with all of it: ends what is in flight and not taken
 * as CVK_CANCELLED, closes the descriptors, sends nothing, and leaves all else as it is.
 */
void cvk_engine_abandon(cvk_engine *engine);

/*
 * Sends the exchange's request. `timeout` is for the whole exchange, in microseconds, at least 1: it
 * ends at most two milliseconds later, if it is stepped in time, and never before. It holds the exchange until it is taken. false: out of memory, nothing was sent.
 */
bool cvk_engine_submit(cvk_engine *engine, cvk_exchange *exchange, int64_t timeout);

/*
 * Does the work that is there without waiting. Stops early once `budget` microseconds have gone by;
 * negative: no limit.
 */
void cvk_engine_step(cvk_engine *engine, long budget);

/*
 * The same, waiting at most so many milliseconds for some work. Returns early when there was some,
 * whatever is left, so that those who wait can see to what has finished; and after a signal.
 */
void cvk_engine_wait(cvk_engine *engine, int milliseconds);

/* The first exchange that has finished and was not taken, or NULL. */
cvk_exchange *cvk_engine_finished(cvk_engine *engine);

/* Takes such a one; the engine's hold of it passes to the caller. */
void cvk_engine_take(cvk_engine *engine, cvk_exchange *exchange);

/* Ends an exchange in flight: finished at once, as CVK_CANCELLED, and never there to be taken. */
void cvk_engine_cancel(cvk_exchange *exchange);

/* A descriptor that is readable while there is work. */
int cvk_engine_fd(cvk_engine *engine);

/* Makes the descriptor readable after that time too (0: now), until set anew; negative: not. */
void cvk_engine_alarm(cvk_engine *engine, long milliseconds);

/* Milliseconds until there is work by time; negative: none. */
long cvk_engine_timeout(const cvk_engine *engine);

/* What it has done so far; good until its next call. */
const cvk_counters *cvk_engine_counters(cvk_engine *engine);

#endif
