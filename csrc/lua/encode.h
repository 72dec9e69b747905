/*
 * From Lua values to JSON text, by a schema: checks and writes in one walk and reports every fault.
 */
#ifndef CVK_LUA_ENCODE_H
#define CVK_LUA_ENCODE_H

#include "base/buffer.h"
#include "catalogue/catalogue.h"
#include "lua/compat.h"
#include "lua/faults.h"

/* Adds a member's key and colon, and before them a comma unless it is the first; then it is not. */
void cvk_model_key(cvk_walk *walk, const char *key, size_t size, bool *first);

/* Adds the value at `index` as JSON text by the schema. */
void cvk_model_write(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema);

/*
 * The value at `index` (a string, number or boolean by the schema) as text for a path, query or
 * header. Pushes a string, or notes a fault and pushes nothing. Returns whether it pushed.
 */
bool cvk_model_text(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema);

/* Notes a fault for every key of the table at `index` that is no field; suggests the nearest. */
void cvk_model_unknown(cvk_walk *walk, const cvk_spot *up, int index, const cvk_field *fields,
                       size_t count, const char *what);

#endif
