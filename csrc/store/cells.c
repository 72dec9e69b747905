#include "store/cells.h"

#include <string.h>

static bool has_integer(const cvk_cell *cell)
{
    return cell->kind == CVK_CELL_INTEGER || cell->kind == CVK_CELL_ARRAY;
}

static bool has_text(const cvk_cell *cell)
{
    return cell->kind == CVK_CELL_TEXT || cell->kind == CVK_CELL_ERROR;
}

void cvk_cells_mark(cvk_buffer *cells, cvk_cell_kind kind)
{
    cvk_buffer_add_byte(cells, (char)kind);
}

void cvk_cells_add(cvk_buffer *cells, const cvk_cell *cell)
{
    cvk_cells_mark(cells, cell->kind);
    if (has_integer(cell)) {
        cvk_buffer_add(cells, &cell->integer, sizeof cell->integer);
    } else if (cell->kind == CVK_CELL_REAL) {
        cvk_buffer_add(cells, &cell->real, sizeof cell->real);
    } else if (has_text(cell)) {
        cvk_buffer_add(cells, &cell->size, sizeof cell->size);
        cvk_buffer_add(cells, cell->text, cell->size);
        cvk_buffer_add_byte(cells, '\0');
    }
}

bool cvk_cells_next(const cvk_buffer *cells, size_t *at, cvk_cell *cell)
{
    if (*at >= cells->size)
        return false;
    const char *data = cells->data + *at;
    *cell = (cvk_cell){.kind = (cvk_cell_kind)*data++};
    if (has_integer(cell)) {
        memcpy(&cell->integer, data, sizeof cell->integer);
        data += sizeof cell->integer;
    } else if (cell->kind == CVK_CELL_REAL) {
        memcpy(&cell->real, data, sizeof cell->real);
        data += sizeof cell->real;
    } else if (has_text(cell)) {
        memcpy(&cell->size, data, sizeof cell->size);
        cell->text = data + sizeof cell->size;
        data = cell->text + cell->size + 1;
    }
    *at = (size_t)(data - cells->data);
    return true;
}

bool cvk_cells_stop(const cvk_buffer *cells, size_t *at)
{
    bool stops = *at < cells->size && cells->data[*at] == CVK_CELL_STOP;
    *at += stops;
    return stops;
}
