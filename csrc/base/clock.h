/*
 * A clock that never goes back, whatever is done to the time of day.
 */
#ifndef CVK_BASE_CLOCK_H
#define CVK_BASE_CLOCK_H

#include <stdint.h>

/* Microseconds since some fixed moment in the past. */
int64_t cvk_microseconds(void);

/* The same moment in whole milliseconds: cvk_microseconds() / 1000. */
int64_t cvk_now(void);

#endif
