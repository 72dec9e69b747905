/*
 * libcurl's multi interface: submit an exchange, step until its transfer is done, take it back.
 *
 * The engine never calls anybody: what is finished waits in a queue until it is taken.
 */
#ifndef CVK_TRANSFER_ENGINE_H
#define CVK_TRANSFER_ENGINE_H

#include "http/exchange.h"
#include "transfer/counters.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cvk_engine cvk_engine;

/* One exchange under way; the engine's own, see transfer.h. */
typedef struct cvk_transfer cvk_transfer;

/* A new engine, or NULL: out of memory or descriptors, or there is no libcurl. */
cvk_engine *cvk_engine_new(void);

/* Ends it: what is in flight becomes CVK_CANCELLED and is never taken. */
void cvk_engine_free(cvk_engine *engine);

/*
 * For the child of a fork, whose parent goes on with all of it: ends what is in flight and not
 * taken as CVK_CANCELLED, closes the descriptors, sends nothing, and leaves all else as it is.
 */
void cvk_engine_abandon(cvk_engine *engine);

/*
 * Sends the exchange's request. `timeout` is for the whole exchange, in microseconds, at least 1:
 * it ends at most two milliseconds later, if the engine is stepped in time, and never before.
 * `owner` is any number by which the caller knows the exchange again. The transfer holds the
 * exchange, and is good until it is taken or cancelled, or the engine ends. NULL: out of memory,
 * nothing was sent.
 */
cvk_transfer *cvk_engine_submit(cvk_engine *engine, cvk_exchange *exchange, int owner,
                                int64_t timeout);

/*
 * Does the work that is there without waiting. Stops early once `budget` microseconds have gone by;
 * negative: no limit.
 */
void cvk_engine_step(cvk_engine *engine, long budget);

/*
 * Works as cvk_engine_step does, after waiting at most so many milliseconds for work. Returns early
 * when there was some, whatever is left, so that those who wait can see to what has finished; and
 * after a signal.
 */
void cvk_engine_wait(cvk_engine *engine, int milliseconds);

/* The first transfer that has finished and was not taken, or NULL. */
cvk_transfer *cvk_engine_finished(cvk_engine *engine);

/*
 * Takes such a one, which is gone then; its exchange can be read. Returns the number of its owner.
 */
int cvk_engine_take(cvk_engine *engine, cvk_transfer *transfer);

/*
 * What goes by pieces (http/flow.h): the first transfer with something to take or to give that its caller has not
 * heard of, or NULL.
 */
cvk_transfer *cvk_engine_news(cvk_engine *engine);

/*
 * Takes the news of a transfer, whereupon nobody waits for it: it goes on without a deadline, and is gone once it
 * has ended. Returns the number of its owner until then; 0: there was no news.
 */
int cvk_engine_hear(cvk_engine *engine, cvk_transfer *transfer);

/* For one in flight that nobody waits for: the owner does from now on, for at most so many microseconds. */
void cvk_engine_await(cvk_engine *engine, cvk_transfer *transfer, int owner, int64_t timeout);

/* Ends one in flight at once, as CVK_CANCELLED. It is gone then, and never there to be taken. */
void cvk_engine_cancel(cvk_engine *engine, cvk_transfer *transfer);

/* A descriptor that is readable while there is work. */
int cvk_engine_fd(cvk_engine *engine);

/*
 * Watches a descriptor of the caller's, too, or no longer: while it is readable the engine's own is,
 * and waits end at once. false: there are too many, or it cannot be watched.
 */
bool cvk_engine_watch(cvk_engine *engine, int fd, bool on);

/* Makes the descriptor readable after that time too (0: now), until set anew; negative: not. */
void cvk_engine_alarm(cvk_engine *engine, long milliseconds);

/* Milliseconds until there is work by time; negative: none. */
long cvk_engine_timeout(const cvk_engine *engine);

/* What it has done so far; good until its next call. */
const cvk_counters *cvk_engine_counters(cvk_engine *engine);

#endif
