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

static cvk_note *note_at(const cvk_book *book, size_t index)
{
    return &book->notes[(book->first + index) & (book->capacity - 1)];
}

bool cvk_book_add(cvk_book *book, const char *text, size_t size, double time, double until)
{
    if (book->count == book->capacity)
        return false;
    *note_at(book, book->count++) =
        (cvk_note){.id = hash(text, size), .time = time, .until = until};
    return true;
}

static void forget_first(cvk_book *book)
{
    book->first = (book->first + 1) & (book->capacity - 1);
    book->count--;
}

static bool grow(cvk_book *book)
{
    size_t capacity = book->capacity == 0 ? least_capacity : 2 * book->capacity;
    cvk_note *notes = calloc(capacity, sizeof *notes);
    if (notes == NULL)
        return false;
    for (size_t i = 0; i < book->count; i++)
        notes[i] = *note_at(book, i);
    free(book->notes);
    book->notes = notes;
    book->capacity = capacity;
    book->first = 0;
    return true;
}

void cvk_book_make_room(cvk_book *book, double now)
{
    while (book->count > 0 && note_at(book, 0)->until < now)
        forget_first(book);
    if (2 * book->count >= book->capacity && !grow(book) && book->count > 0 &&
        book->count == book->capacity)
        forget_first(book);
}

bool cvk_book_has(const cvk_book *book, const char *text, size_t size, double time)
{
    uint64_t id = hash(text, size);
    for (size_t i = book->count; i > 0; i--) {
        const cvk_note *note = note_at(book, i - 1);
        if (note->id == id && note->time == time)
            return true;
    }
    return false;
}

void cvk_book_free(cvk_book *book)
{
    free(book->notes);
    *book = (cvk_book){0};
}
