#include "base/siphash.h"

#include <string.h>

uint64_t cvk_get_word(const unsigned char *bytes)
{
    /* Written out, so that compilers make one load of it. */
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 |
           (uint64_t)bytes[3] << 24 | (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 |
           (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

void cvk_put_word(unsigned char *bytes, uint64_t word)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(word >> (8 * i));
}

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static void mix(uint64_t *v)
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static void add_word(uint64_t *v, uint64_t word)
{
    v[3] ^= word;
    mix(v);
    v[0] ^= word;
}

void cvk_siphash_begin(cvk_siphash *hash, const unsigned char *key)
{
    uint64_t first = cvk_get_word(key), second = cvk_get_word(key + 8);
    *hash = (cvk_siphash){.v = {first ^ 0x736f6d6570736575U, second ^ 0x646f72616e646f6dU,
                                first ^ 0x6c7967656e657261U, second ^ 0x7465646279746573U}};
}

void cvk_siphash_add(cvk_siphash *hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes, *end = at + size;
    size_t kept = hash->size % 8;
    hash->size += size;
    if (kept > 0) {
        while (kept < 8 && at < end)
            hash->rest[kept++] = *at++;
        if (kept < 8)
            return;
        add_word(hash->v, cvk_get_word(hash->rest));
    }
    uint64_t v[4];
    memcpy(v, hash->v, sizeof v); /* so that they may stay in registers */
    for (; end - at >= 8; at += 8)
        add_word(v, cvk_get_word(at));
    memcpy(hash->v, v, sizeof v);
    memcpy(hash->rest, at, (size_t)(end - at));
}

uint64_t cvk_siphash_end(cvk_siphash *hash)
{
    memset(hash->rest + hash->size % 8, 0, 8 - hash->size % 8);
    add_word(hash->v, cvk_get_word(hash->rest) | hash->size << 56);
    hash->v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        mix(hash->v);
    return hash->v[0] ^ hash->v[1] ^ hash->v[2] ^ hash->v[3];
}
