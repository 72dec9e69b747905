#include "base/buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { largest_kept = 4096 }; /* bytes of a block that an empty buffer keeps */

/* Overwrites the block of a secret. */
static void wipe(const cvk_buffer *buffer)
{
    if (buffer->secret && buffer->data != NULL)
        explicit_bzero(buffer->data, buffer->capacity);
}

/* A larger block with the content, or NULL. realloc() would leave the old one as it was. */
static char *enlarge_block(const cvk_buffer *buffer, size_t capacity)
{
    if (!buffer->secret)
        return realloc(buffer->data, capacity);
    char *data = malloc(capacity);
    if (data == NULL || buffer->data == NULL)
        return data;
    memcpy(data, buffer->data, buffer->size);
    wipe(buffer);
    free(buffer->data);
    return data;
}

static bool grow(cvk_buffer *buffer, size_t more)
{
    size_t capacity = buffer->capacity < 128 ? 128 : buffer->capacity;
    while (capacity - buffer->size < more) {
        if (capacity > SIZE_MAX / 2) {
            buffer->failed = true;
            return false;
        }
        capacity *= 2;
    }
    char *data = enlarge_block(buffer, capacity);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

/* Room for so many bytes more; apart from grow(), which is rare, so that it is part of its callers. */
static inline bool reserve(cvk_buffer *buffer, size_t more)
{
    if (buffer->failed)
        return false;
    return more <= buffer->capacity - buffer->size || grow(buffer, more);
}

void cvk_buffer_add(cvk_buffer *buffer, const void *bytes, size_t size)
{
    if (size == 0 || !reserve(buffer, size))
        return;
    memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
}

void cvk_buffer_add_string(cvk_buffer *buffer, const char *string)
{
    cvk_buffer_add(buffer, string, strlen(string));
}

void cvk_buffer_add_byte(cvk_buffer *buffer, char byte)
{
    if (reserve(buffer, 1))
        buffer->data[buffer->size++] = byte;
}

char *cvk_buffer_extend(cvk_buffer *buffer, size_t size)
{
    if (!reserve(buffer, size))
        return NULL;
    buffer->size += size;
    return buffer->data + buffer->size - size;
}

const char *cvk_buffer_string(cvk_buffer *buffer)
{
    if (!reserve(buffer, 1))
        return NULL;
    buffer->data[buffer->size] = '\0';
    return buffer->data;
}

void cvk_buffer_clear(cvk_buffer *buffer)
{
    wipe(buffer);
    buffer->size = 0;
    buffer->failed = false;
}

void cvk_buffer_shrink(cvk_buffer *buffer)
{
    if (buffer->capacity > largest_kept)
        cvk_buffer_free(buffer);
    else
        cvk_buffer_clear(buffer);
}

void cvk_buffer_free(cvk_buffer *buffer)
{
    wipe(buffer);
    free(buffer->data);
    *buffer = (cvk_buffer){.secret = buffer->secret};
}
