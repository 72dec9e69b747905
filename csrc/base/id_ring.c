#include "base/id_ring.h"

#include <stdlib.h>

enum { least_capacity = 64 };

/* FNV-1a, of 64 bits. */
static uint64_t hash(const char *text, size_t size)
{
    uint64_t value = 0xcbf29ce484222325;
    for (size_t i = 0; i < size; i++)
        value = (value ^ (unsigned char)text[i]) * 0x100000001b3;
    return value;
}

static cvk_note *note_at(const cvk_id_ring *ring, size_t index)
{
    return &ring->notes[(ring->first + index) & (ring->capacity - 1)];
}

bool cvk_id_ring_add(cvk_id_ring *ring, const char *text, size_t size, double time, double until)
{
    if (ring->count == ring->capacity)
        return false;
    *note_at(ring, ring->count++) =
        (cvk_note){.id = hash(text, size), .time = time, .until = until};
    return true;
}

static void forget_first(cvk_id_ring *ring)
{
    ring->first = (ring->first + 1) & (ring->capacity - 1);
    ring->count--;
}

static bool grow(cvk_id_ring *ring)
{
    size_t capacity = ring->capacity == 0 ? least_capacity : 2 * ring->capacity;
    cvk_note *notes = calloc(capacity, sizeof *notes);
    if (notes == NULL)
        return false;
    for (size_t i = 0; i < ring->count; i++)
        notes[i] = *note_at(ring, i);
    free(ring->notes);
    ring->notes = notes;
    ring->capacity = capacity;
    ring->first = 0;
    return true;
}

void cvk_id_ring_make_room(cvk_id_ring *ring, double now)
{
    while (ring->count > 0 && note_at(ring, 0)->until < now)
        forget_first(ring);
    if (2 * ring->count >= ring->capacity && !grow(ring) && ring->count > 0 &&
        ring->count == ring->capacity)
        forget_first(ring);
}

bool cvk_id_ring_has(const cvk_id_ring *ring, const char *text, size_t size, double time)
{
    uint64_t id = hash(text, size);
    for (size_t i = ring->count; i > 0; i--) {
        const cvk_note *note = note_at(ring, i - 1);
        if (note->id == id && note->time == time)
            return true;
    }
    return false;
}

/* Frees the memory of a ring, which is empty then. */
void cvk_id_ring_free(cvk_id_ring *ring)
{
    free(ring->notes);
    *ring = (cvk_id_ring){0};
}
