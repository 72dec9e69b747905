#include "base/nearest.h"

#include <stdbool.h>
#include <string.h>

enum { longest_name = 63 }; /* longer ones are near to nothing */

/* The locale has no say in names of fields. */
static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    return c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * How many single letters must be inserted, removed, replaced or swapped with their neighbour to
 * get from one name to the other, whatever the case. Both are at most longest_name long.
 */
static size_t distance(const char *one, size_t one_length, const char *other, size_t other_length)
{
    size_t rows[3][longest_name + 1]; /* this row of the table and the two before it */
    size_t *before_last = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= other_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= one_length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= other_length; j++) {
            char a = lower(one[i - 1]), b = lower(other[j - 1]);
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (a != b));
            if (i > 1 && j > 1 && a == lower(other[j - 2]) && lower(one[i - 2]) == b) {
                row[j] = least(row[j], before_last[j - 2] + 1);
            }
        }
        size_t *oldest = before_last;
        before_last = last;
        last = row;
        row = oldest;
    }
    return last[other_length];
}

static bool begins_with(const char *text, const char *prefix)
{
    while (*prefix != '\0' && lower(*text) == lower(*prefix)) {
        text++;
        prefix++;
    }
    return *prefix == '\0';
}

void cvk_nearest_begin(cvk_nearest *search, const char *name)
{
    *search = (cvk_nearest){.name = name, .distance = longest_name + 1};
}

void cvk_nearest_consider(cvk_nearest *search, const char *known)
{
    size_t length = strlen(search->name), known_length = strlen(known);
    if (length == 0 || length > longest_name || known_length > longest_name)
        return;
    size_t d = distance(search->name, length, known, known_length);
    size_t longer = length > known_length ? length : known_length;
    if (d <= (longer + 1) / 3 && d < search->distance) {
        search->best = known;
        search->distance = d;
    }
    if (begins_with(known, search->name)) {
        search->completion = known;
        search->completions++;
    }
}

const char *cvk_nearest_result(const cvk_nearest *search)
{
    if (search->best != NULL)
        return search->best;
    return search->completions == 1 ? search->completion : NULL;
}
