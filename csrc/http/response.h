/*
 * Reading what stands around a body: status and headers (RFC 9110).
 */
#ifndef CVK_HTTP_RESPONSE_H
#define CVK_HTTP_RESPONSE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* Steps through raw header lines. `*position` starts at 0; false: no more. */
bool cvk_response_next(const cvk_buffer *headers, size_t *position, const char **name,
                       size_t *name_size, const char **value, size_t *value_size);

/* The value of the first header of that name (in any case), or NULL. */
const char *cvk_response_header(const cvk_buffer *headers, const char *name, size_t *size);

/*
 * Seconds to wait by `Retry-After` (RFC 9110, 10.2.3), a number or a date, which counts from the
 * answer's own `Date` or else from `now`; a date in the past is 0. Negative: none or rubbish.
 */
double cvk_response_retry_after(const cvk_buffer *headers, time_t now);

#endif
