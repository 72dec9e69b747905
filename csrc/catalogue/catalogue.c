#include "catalogue/catalogue.h"

#include <string.h>

const cvk_api *const cvk_apis[] = {
    &cvk_api_clerk, &cvk_api_convex, &cvk_api_cvat, &cvk_api_edgegap, &cvk_api_gencove, NULL,
};

const cvk_api *cvk_find_api(const char *name)
{
    for (const cvk_api *const *api = cvk_apis; *api != NULL; api++) {
        if (strcmp((*api)->name, name) == 0)
            return *api;
    }
    return NULL;
}

size_t cvk_find_field(const cvk_field *fields, size_t count, const char *name)
{
    size_t i = 0;
    while (i < count && strcmp(fields[i].name, name) != 0)
        i++;
    return i;
}

const char *cvk_method_name(cvk_method method)
{
    switch (method) {
    case CVK_GET:
        return "GET";
    case CVK_POST:
        return "POST";
    case CVK_PUT:
        return "PUT";
    case CVK_PATCH:
        return "PATCH";
    case CVK_DELETE:
        return "DELETE";
    }
    return NULL;
}

/* ---- near names ---------------------------------------------------------------------------- */

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

const char *cvk_nearest_field(const cvk_field *fields, size_t count, const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > longest_name)
        return NULL;

    const char *nearest = NULL, *completion = NULL;
    size_t nearest_distance = longest_name + 1, completions = 0;
    for (size_t i = 0; i < count; i++) {
        const char *known = fields[i].name;
        size_t known_length = strlen(known);
        if (known_length > longest_name)
            continue;
        size_t d = distance(name, length, known, known_length);
        size_t longer = length > known_length ? length : known_length;
        if (d <= (longer + 1) / 3 && d < nearest_distance) {
            nearest = known;
            nearest_distance = d;
        }
        if (begins_with(known, name)) {
            completion = known;
            completions++;
        }
    }
    if (nearest != NULL)
        return nearest;
    return completions == 1 ? completion : NULL;
}
