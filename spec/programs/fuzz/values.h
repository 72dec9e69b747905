/*
 * From a fuzzer's bytes to Lua values: small decisions first, text as it comes. At the end of the
 * bytes every decision is the simplest one.
 */
#ifndef CVK_FUZZ_VALUES_H
#define CVK_FUZZ_VALUES_H

#include "catalogue/catalogue.h"
#include "lua/compat.h"

typedef struct cvk_source {
    const uint8_t *data;
    size_t size, position;
    size_t allowance; /* bytes of text that may still be made by repeating */
} cvk_source;

/* The next byte, 0 at the end; a number below `count`, which is at most 65536. */
unsigned cvk_source_byte(cvk_source *source);
unsigned cvk_source_below(cvk_source *source, size_t count);

/* Keeps the array on top of the stack as the words that texts are made of, and takes it off. */
void cvk_values_words(lua_State *L);

/* Pushes a text: a word, raw bytes, odd characters, or something made of such. */
void cvk_push_text(lua_State *L, cvk_source *source);

/* Pushes any value but nil, also what JSON cannot hold. */
void cvk_push_any(lua_State *L, cvk_source *source);

/* Pushes a value that more often than not is what the schema wants. */
void cvk_push_value(lua_State *L, cvk_source *source, const cvk_schema *schema);

/* Pushes a table of an operation's parameters, and a path value or nil. */
void cvk_push_params(lua_State *L, cvk_source *source, const cvk_operation *operation);

#endif
