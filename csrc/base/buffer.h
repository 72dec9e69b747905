/*
 * A growing run of bytes. Once it could not grow it stays `failed` and takes nothing more,
 * so that a writer checks once, at the end.
 */
#ifndef CVK_BASE_BUFFER_H
#define CVK_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cvk_buffer {
    char *data;
    size_t size, capacity;
    bool failed;
    bool secret; /* set before the first byte, and never reset: every block is wiped once it is
                    done with */
} cvk_buffer;

/* Adds `size` bytes. */
void cvk_buffer_add(cvk_buffer *buffer, const void *bytes, size_t size);

/* Adds a C string without its end. */
void cvk_buffer_add_string(cvk_buffer *buffer, const char *string);

/* Adds one byte. */
void cvk_buffer_add_byte(cvk_buffer *buffer, char byte);

/* Makes the content `size` bytes longer and returns where they begin, for the caller to fill at once;
 * NULL if it cannot grow. */
char *cvk_buffer_extend(cvk_buffer *buffer, size_t size);

/* Puts a zero byte behind the content, not counted in `size`; returns the content or NULL. */
const char *cvk_buffer_string(cvk_buffer *buffer);

/* Makes it empty and keeps the memory. */
void cvk_buffer_clear(cvk_buffer *buffer);

/* Makes it empty; frees its memory if that is more than 4 KiB, else keeps it. */
void cvk_buffer_shrink(cvk_buffer *buffer);

/* Gives the memory back. */
void cvk_buffer_free(cvk_buffer *buffer);

#endif
