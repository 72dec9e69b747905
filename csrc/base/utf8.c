#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

size_t cvk_utf8_sequence(const char *bytes, size_t size)
{
    const unsigned char *text = (const unsigned char *)bytes;
    unsigned char first = text[0];
    if (first < 0x80)
        return 1;
    size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || size < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    /* No overlong forms, no surrogates, nothing above U+10FFFF. */
    if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f) ||
        (first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

size_t cvk_utf8_length(const char *text, size_t size)
{
    size_t characters = 0, i = 0;
    while (i < size) {
        uint64_t eight;
        if (size - i >= sizeof eight) { /* most texts are ASCII */
            memcpy(&eight, text + i, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof eight;
                characters += sizeof eight;
                continue;
            }
        }
        size_t length = cvk_utf8_sequence(text + i, size - i);
        if (length == 0)
            return SIZE_MAX;
        i += length;
        characters++;
    }
    return characters;
}
