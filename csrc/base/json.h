/*
 * Writing JSON text (RFC 8259).
 */
#ifndef CVK_BASE_JSON_H
#define CVK_BASE_JSON_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Enough for any number that the functions below write, with its closing zero. */
#define CVK_NUMBER_SIZE 32

/* Adds a string, quoted and escaped. The bytes must be UTF-8. */
void cvk_json_add_string(cvk_buffer *buffer, const char *text, size_t size);

/* Writes an integer; returns its length. */
size_t cvk_format_integer(char text[CVK_NUMBER_SIZE], int64_t value);

/* Writes the shortest decimal that reads back as the same double; returns its length.
 * The number must be finite. A whole number carries no fraction; the locale does not matter. */
size_t cvk_format_number(char text[CVK_NUMBER_SIZE], double value);

#endif
