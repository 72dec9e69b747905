/*
 * The styles in which OpenAPI writes values that are more than one text: lists and objects in paths,
 * queries, headers and forms. Values come as JSON text, which has been checked when it was written.
 */
#ifndef CVK_HTTP_STYLES_H
#define CVK_HTTP_STYLES_H

#include "base/buffer.h"
#include "catalogue/catalogue.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Adds a value to a query or a form body, as `name=value` and as many of them as the style needs. Before
 * each stands `*separator`, which is '&' behind the first one; '\0': nothing. An empty list or object
 * adds nothing.
 */
void cvk_style_pairs(cvk_buffer *to, const char *name, const cvk_style *style, char *separator,
                     const char *json, size_t size);

/* Adds a value to a path, a header or a cookie, encoded as that place needs it. */
void cvk_style_text(cvk_buffer *to, const char *name, const cvk_style *style, cvk_place place,
                    const char *json, size_t size);

/* One element or member of a value while it is walked. */
typedef struct cvk_style_item {
    cvk_buffer key, text; /* unescaped; the key of an element is empty. Freed by the walk's end */
    bool is_object;       /* an object or a list, whose text is JSON */
} cvk_style_item;

/*
 * Calls `visit` with each element of a list, with each member of an object, or with the value itself where
 * it is neither.
 */
void cvk_style_each(const char *json, size_t size,
                    void (*visit)(void *context, const cvk_style_item *item), void *context);

#endif
