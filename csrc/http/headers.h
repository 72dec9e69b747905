/*
 * Header fields (RFC 9110): the lines of a request, and the raw text of an answer's.
 *
 * The lines of a request lie one after another in a buffer, as `Name: value`, each with a closing
 * zero.
 */
#ifndef CVK_HTTP_HEADERS_H
#define CVK_HTTP_HEADERS_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Adds a header to a request's lines, in place of one of the same name. Returns what is wrong with
 * the value, a text that does not hold it, or NULL.
 */
const char *cvk_header_lines_set(cvk_buffer *lines, const char *name, const char *text,
                                 size_t size);

/* Whether a header of that name, in any case, is among a request's lines. */
bool cvk_header_lines_have(const cvk_buffer *lines, const char *name);

/* What is wrong with a header's name that a caller chose, or NULL. */
const char *cvk_header_name_fault(const char *name, size_t size);

/*
 * Steps through an answer's raw headers. `*position` starts at 0; false: no more. Name and value
 * point into the buffer and have no closing zero.
 */
bool cvk_headers_next(const cvk_buffer *headers, size_t *position, const char **name,
                      size_t *name_size, const char **value, size_t *value_size);

/*
 * The value of the first of an answer's headers of that name (in any case), `*size` bytes; or NULL.
 */
const char *cvk_headers_find(const cvk_buffer *headers, const char *name, size_t *size);

/* The media type of an answer without its parameters, `*size` bytes; or NULL. */
const char *cvk_headers_media_type(const cvk_buffer *headers, size_t *size);

/*
 * Seconds to wait by an answer's `Retry-After` (RFC 9110, 10.2.3), a number or a date, which counts
 * from the answer's own `Date` or else from `now`; a date in the past is 0. Negative: none or
 * rubbish.
 */
double cvk_headers_retry_after(const cvk_buffer *headers, int64_t now);

#endif
