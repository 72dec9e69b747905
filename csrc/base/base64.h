/*
 * Base64 text (RFC 4648, with padding).
 */
#ifndef CVK_BASE_BASE64_H
#define CVK_BASE_BASE64_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* Adds the base64 text of `size` bytes. */
void cvk_base64_add(cvk_buffer *buffer, const void *bytes, size_t size);

/*
 * Reads base64 text. `to` has room for size / 4 * 3 bytes. Returns whether the text is whole, with
 * the padding it needs and nothing after it; then `*written` says how many bytes it stands for.
 */
bool cvk_base64_read(const char *text, size_t size, unsigned char *to, size_t *written);

#endif
