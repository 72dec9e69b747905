/*
 * UTF-8 text (RFC 3629).
 */
#ifndef CVK_BASE_UTF8_H
#define CVK_BASE_UTF8_H

#include <stddef.h>

/*
 * Bytes of the character that begins at `bytes`, of which there are `size`, at least one; 0: it is
 * not UTF-8 (RFC 3629).
 */
size_t cvk_utf8_sequence(const char *bytes, size_t size);

/* Length in characters of UTF-8 text, or SIZE_MAX when the bytes are not UTF-8 (RFC 3629). */
size_t cvk_utf8_length(const char *text, size_t size);

#endif
