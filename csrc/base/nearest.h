/*
 * The known name that somebody may have meant, for messages: the one that differs in the fewest
 * letters, or else the only one that begins with what was written.
 */
#ifndef CVK_BASE_NEAREST_H
#define CVK_BASE_NEAREST_H

#include <stddef.h>

/* One search. It points to the names that it is given, which must stay where they are. */
typedef struct cvk_nearest {
    const char *name;       /* as it was written */
    const char *best;       /* nearest one so far; NULL: none is near */
    size_t distance;        /* its distance, in letters */
    const char *completion; /* a known name that begins with `name` */
    size_t completions;     /* how many do */
} cvk_nearest;

/* Begins a search for the name nearest to `name`. */
void cvk_nearest_begin(cvk_nearest *search, const char *name);

/* Compares one more known name. The first of several that are equally near wins. */
void cvk_nearest_consider(cvk_nearest *search, const char *known);

/* The nearest of those considered, or NULL. */
const char *cvk_nearest_result(const cvk_nearest *search);

#endif
