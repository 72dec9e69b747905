/*
 * A clock that never goes back, whatever is done to the time of day.
 */
#ifndef CVK_BASE_CLOCK_H
#define CVK_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Microseconds since some fixed moment in the past. */
int64_t cvk_microseconds(void);

/* The same moment in whole milliseconds: cvk_microseconds() / 1000. */
int64_t cvk_now(void);

/* The first millisecond, by cvk_now(), after so many microseconds from now on. */
int64_t cvk_now_and(int64_t microseconds);

/* Whether a moment, by cvk_microseconds(), has come; INT64_MAX never does. */
bool cvk_is_time_up(int64_t stop);

/* The earlier of two moments; negative: never. */
int64_t cvk_earlier(int64_t one, int64_t other);

#endif
