#include "http/strike.h"

#include "base/hex.h"

#include <stdbool.h>
#include <string.h>

/* Shorter texts are no secret worth hiding, and would strike out half an answer. */
enum { shortest_secret = 4 };

static void strike_plain(const char *secret, size_t secret_size, char *text, size_t size)
{
    for (size_t i = 0; i + secret_size <= size;) {
        const char *start = memchr(text + i, secret[0], size - secret_size - i + 1);
        if (start == NULL)
            return;
        i = (size_t)(start - text);
        if (memcmp(start, secret, secret_size) == 0) {
            memset(text + i, '*', secret_size);
            i += secret_size;
        } else {
            i++;
        }
    }
}

/* ---- percent-encoded ----------------------------------------------------------------------------- */

/* Bytes at the start of the text that stand for such a byte, 0 if they do not. */
static size_t encoded_length(unsigned char wanted, const char *text, size_t size)
{
    if (size >= 3 && text[0] == '%') {
        int high = cvk_hex_digit(text[1]), low = cvk_hex_digit(text[2]);
        if (high >= 0 && low >= 0 && high * 16 + low == wanted)
            return 3;
    }
    return size > 0 && ((unsigned char)text[0] == wanted || (text[0] == '+' && wanted == ' '));
}

static void strike_encoded(const char *secret, size_t secret_size, char *text, size_t size)
{
    for (size_t i = 0; i + secret_size <= size; i++) {
        size_t end = i, matched = 0, length = 1;
        while (matched < secret_size && length > 0) {
            length = encoded_length((unsigned char)secret[matched], text + end, size - end);
            end += length;
            matched += length > 0;
        }
        if (matched == secret_size) {
            memset(text + i, '*', end - i);
            i = end - 1;
        }
    }
}

/* ---- base64 -------------------------------------------------------------------------------------- */

/* The six bits for which a character stands in either alphabet, and 1 more; 0: it is in neither. */
/* clang-format off */
static const unsigned char base64_values[256] = {
    [' '] =
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 63, 0, 63, 0, 64,
    53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 0, 0, 0, 0, 0, 0,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 0, 0, 0, 0, 64,
    0, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,
    42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 0, 0, 0, 0, 0,
};
/* clang-format on */

static bool is_base64(char character)
{
    return base64_values[(unsigned char)character] != 0;
}

/* -1: the character is in neither alphabet. */
static int six_bits(char character)
{
    return base64_values[(unsigned char)character] - 1;
}

/* So many whole characters of base64 at least tell of a secret and nothing else. */
static size_t fewest_characters(size_t secret_size)
{
    return (secret_size * 8 - 4) / 6;
}

/* The six bits of a secret from bit number `at` on; all of them are there. */
static int bits_at(const char *secret, size_t at)
{
    const unsigned char *byte = (const unsigned char *)secret + at / 8;
    unsigned shift = at % 8, pair = (unsigned)byte[0] << 8;
    if (shift > 2)
        pair |= byte[1];
    return (int)(pair >> (10 - shift) & 63);
}

/*
 * Strikes what stands for the secret in a run of base64. What goes before the secret shifts it by
 * up to two bytes: its first whole character begins with its bit 0, 4 or 2. The characters that it
 * shares with its neighbours tell next to nothing and stay.
 */
static void strike_run(const char *secret, size_t secret_size, char *text, size_t size)
{
    for (size_t i = 0; i + fewest_characters(secret_size) <= size; i++) {
        for (size_t first = 0; first <= 4; first += 2) {
            size_t count = (secret_size * 8 - first) / 6, k = 0;
            while (k < count && i + count <= size &&
                   six_bits(text[i + k]) == bits_at(secret, first + 6 * k))
                k++;
            if (k == count)
                memset(text + i, '*', count);
        }
    }
}

/*
 * Finds the runs of base64 that are long enough. It looks backwards from where such a run, which
 * begins at `start`, would have to reach: what breaks it off is usually near, and nothing before that
 * has to be looked at.
 */
static void strike_base64(const char *secret, size_t secret_size, char *text, size_t size)
{
    size_t fewest = fewest_characters(secret_size), start = 0;
    while (size - start >= fewest) {
        size_t at = start + fewest;
        while (at > start && is_base64(text[at - 1]))
            at--;
        if (at > start) {
            start = at;
            continue;
        }
        size_t end = start + fewest;
        while (end < size && is_base64(text[end]))
            end++;
        strike_run(secret, secret_size, text + start, end - start);
        start = end;
    }
}

void cvk_strike(const char *secret, size_t secret_size, char *text, size_t size)
{
    if (secret_size < shortest_secret || size < secret_size)
        return;
    strike_plain(secret, secret_size, text, size);
    if (memchr(text, '%', size) != NULL)
        strike_encoded(secret, secret_size, text, size);
    strike_base64(secret, secret_size, text, size);
}
