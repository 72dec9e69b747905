/*
 * SipHash-1-3 of bytes that come piece by piece: whoever does not know the key cannot make two texts with
 * the same hash.
 */
#ifndef CVK_BASE_SIPHASH_H
#define CVK_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { CVK_SIPHASH_KEY = 16 /* bytes of a key */ };

typedef struct cvk_siphash {
    uint64_t v[4];
    unsigned char rest[8]; /* of the last piece: less than a word */
    uint64_t size;         /* of all pieces */
} cvk_siphash;

/* Begins a hash with a key of CVK_SIPHASH_KEY bytes. */
void cvk_siphash_begin(cvk_siphash *hash, const unsigned char *key);

/* Adds the next piece. */
void cvk_siphash_add(cvk_siphash *hash, const void *bytes, size_t size);

/* The hash of all pieces; it ends with this. */
uint64_t cvk_siphash_end(cvk_siphash *hash);

/* Eight bytes as a number, the lowest first. */
uint64_t cvk_get_word(const unsigned char *bytes);

/* Writes a number into eight bytes, the lowest first. */
void cvk_put_word(unsigned char *bytes, uint64_t word);

#endif
