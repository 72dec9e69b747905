/*
 * Values on their way to a store's thread and back, one after another in a run of bytes.
 */
#ifndef CVK_STORE_CELLS_H
#define CVK_STORE_CELLS_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum cvk_cell_kind {
    CVK_CELL_STOP, /* after the last row, or the last value of a statement */
    CVK_CELL_END,  /* after the last value of a row, or of one of several sets of a statement's */
    CVK_CELL_NULL,
    CVK_CELL_INTEGER,
    CVK_CELL_REAL,
    CVK_CELL_TEXT,
    CVK_CELL_ERROR, /* a text, too */
    CVK_CELL_ARRAY, /* `integer` is of how many cells, which follow */
} cvk_cell_kind;

typedef struct cvk_cell {
    cvk_cell_kind kind;
    int64_t integer;
    double real;
    const char *text; /* within the bytes read, with a zero byte behind it */
    size_t size;
} cvk_cell;

/* Adds a cell. */
void cvk_cells_add(cvk_buffer *cells, const cvk_cell *cell);

/* Adds a cell that is its kind: STOP, END or NULL. */
void cvk_cells_mark(cvk_buffer *cells, cvk_cell_kind kind);

/* Reads the cell at `*at`, which moves behind it; false: there is none left. */
bool cvk_cells_next(const cvk_buffer *cells, size_t *at, cvk_cell *cell);

/* Whether the cell at `*at` is STOP; if so, `*at` moves behind it. */
bool cvk_cells_stop(const cvk_buffer *cells, size_t *at);

#endif
