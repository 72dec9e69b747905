/*
 * Dates as servers write them.
 */
#ifndef CVK_BASE_DATE_H
#define CVK_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Seconds since the epoch of an HTTP date (RFC 9110, 5.6.7) in any of its three forms, or -1. (No
 * time_t: some systems of 32 bits have one that ends in 2038.)
 */
int64_t cvk_parse_http_date(const char *text, size_t size);

/*
 * Reads a date-time of RFC 3339: `*seconds` since the epoch, with fractions; one without a zone is
 * taken for UTC. Returns whether the text is one.
 */
bool cvk_parse_date_time(const char *text, size_t size, double *seconds);

#endif
