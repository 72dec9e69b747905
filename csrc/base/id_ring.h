/*
 * A book of what calls were given: texts with a time each, kept until nobody can want to know. Small,
 * and unknown to the collector, however many there are.
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

/* A ring of notes. Zeroed it is empty. */
typedef struct cvk_book {
    cvk_note *notes;
    size_t capacity; /* a power of two, or 0 */
    size_t first, count;
} cvk_book;

/* Adds a note; false: it is full. */
bool cvk_book_add(cvk_book *book, const char *text, size_t size, double time, double until);

/*
 * Makes room for a note, at least: forgets the first ones, up to one that is to be kept at `now`; takes
 * more memory if that was not half of them. Where there is none the first note goes.
 */
void cvk_book_make_room(cvk_book *book, double now);

/* Whether the text is noted together with that time. */
bool cvk_book_has(const cvk_book *book, const char *text, size_t size, double time);

void cvk_book_free(cvk_book *book);

#endif
