/*
 * A ring of the ids that calls were given, each with a time, kept until nobody can ask for them any
 * more. An id is kept as a hash, in C memory, so that many thousands cost Lua's collector nothing.
 */
#ifndef CVK_BASE_ID_RING_H
#define CVK_BASE_ID_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cvk_note {
    uint64_t id;  /* of the text: two differ in it but by a chance of one in 2^64 */
    double time;  /* that goes with it; NaN: none */
    double until; /* when it may be forgotten */
} cvk_note;

/* The notes, oldest first. All zero: empty. */
typedef struct cvk_id_ring {
    cvk_note *notes;
    size_t capacity; /* a power of two, or 0 */
    size_t first, count;
} cvk_id_ring;

/*
 * Adds a note, which may be forgotten after `until` (seconds, by the clock of `now` below). false:
 * the ring is full, cvk_id_ring_make_room has not been called.
 */
bool cvk_id_ring_add(cvk_id_ring *ring, const char *text, size_t size, double time, double until);

/*
 * Makes room for a note, at least: forgets the first ones, up to one that is to be kept at `now`;
 * takes more memory if that was not half of them. Where there is none the first note goes.
 */
void cvk_id_ring_make_room(cvk_id_ring *ring, double now);

/* Whether the text is noted together with that time. */
bool cvk_id_ring_has(const cvk_id_ring *ring, const char *text, size_t size, double time);

/* Frees the memory of a ring, which is empty then. */
void cvk_id_ring_free(cvk_id_ring *ring);

#endif
