#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void cvk_base64_add(cvk_buffer *buffer, const void *bytes, size_t size)
{
    const unsigned char *in = bytes;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t group = (uint32_t)in[i] << 16;
        if (i + 1 < size)
            group |= (uint32_t)in[i + 1] << 8;
        if (i + 2 < size)
            group |= (uint32_t)in[i + 2];
        cvk_buffer_add_byte(buffer, digits[group >> 18]);
        cvk_buffer_add_byte(buffer, digits[group >> 12 & 63]);
        cvk_buffer_add_byte(buffer, i + 1 < size ? digits[group >> 6 & 63] : '=');
        cvk_buffer_add_byte(buffer, i + 2 < size ? digits[group & 63] : '=');
    }
}

/* The value of a digit, -1: it is none. */
static int value_of(char digit)
{
    const char *at = digit == '\0' ? NULL : strchr(digits, digit);
    return at == NULL ? -1 : (int)(at - digits);
}

bool cvk_base64_read(const char *text, size_t size, unsigned char *to, size_t *written)
{
    size_t out = 0;
    if (size % 4 != 0)
        return false;
    for (size_t i = 0; i < size; i += 4) {
        size_t padding = i + 4 < size ? 0 : (size_t)(text[i + 3] == '=') + (text[i + 2] == '=');
        if (padding == 2 && text[i + 3] != '=')
            return false;
        uint32_t group = 0;
        for (size_t j = 0; j < 4; j++) {
            int value = j < 4 - padding ? value_of(text[i + j]) : 0;
            if (value < 0)
                return false;
            group = group << 6 | (uint32_t)value;
        }
        uint32_t unused = padding == 2 ? 0xffff : padding == 1 ? 0xff : 0;
        if ((group & unused) != 0)
            return false;
        for (size_t j = 0; j < 3 - padding; j++)
            to[out++] = (unsigned char)(group >> (16 - 8 * j) & 0xff);
    }
    *written = out;
    return true;
}
