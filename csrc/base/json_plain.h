/*
 * The bytes of JSON strings that stand for themselves, eight at a time: reading and writing strings
 * looks at each byte of them.
 */
#ifndef CVK_BASE_JSON_PLAIN_H
#define CVK_BASE_JSON_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CVK_EIGHT_TIMES(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * Of eight bytes those that are a quote, a backslash, a control character or not ASCII: their
 * highest bits. A borrow may mark a byte above such a one as well; the lowest mark is right.
 */
static inline uint64_t cvk_json_special(uint64_t bytes)
{
    uint64_t quote = bytes ^ CVK_EIGHT_TIMES('"'), backslash = bytes ^ CVK_EIGHT_TIMES('\\');
    uint64_t marks = (bytes - CVK_EIGHT_TIMES(0x20)) | (quote - CVK_EIGHT_TIMES(1)) |
                     (backslash - CVK_EIGHT_TIMES(1));
    return (marks | bytes) & CVK_EIGHT_TIMES(0x80);
}

/* Whether a byte of a string is ASCII and needs no escape. */
static inline bool cvk_json_is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* How many bytes from `text` on, of `size`, are ASCII and need no escape. */
static inline size_t cvk_json_plain(const char *text, size_t size)
{
    size_t at = 0;
    uint64_t bytes, marks = 0;
    for (; size - at >= sizeof bytes; at += sizeof bytes) {
        memcpy(&bytes, text + at, sizeof bytes);
        marks = cvk_json_special(bytes);
        if (marks != 0)
            break;
    }
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (marks != 0) /* the first byte is the lowest one */
        return at + (size_t)(__builtin_ctzll(marks) / 8);
#endif
    if (marks == 0 && at < size && size >= sizeof bytes) { /* the last eight at once */
        memcpy(&bytes, text + size - sizeof bytes, sizeof bytes);
        if (cvk_json_special(bytes) == 0)
            return size;
    }
    while (at < size && cvk_json_is_plain((unsigned char)text[at]))
        at++;
    return at;
}

#endif
