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

/*
 * Writes the value of a field: the one on top of the stack where it is `given`, else the fallback, which
 * the field must have then.
 */
void cvk_model_field(cvk_walk *walk, const cvk_spot *spot, const cvk_field *field, bool given);

/*
 * Adds the members of the table at `index` that are none of the fields, as `rest` says, behind those that
 * an object has already; `first` as in cvk_model_key.
 */
void cvk_model_write_rest(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_model *model,
                          bool *first);

/* Adds the value at `index` as JSON text by the schema. */
void cvk_model_write(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema);

/* Whether one of the fields has that name; `key` may hold zero bytes. */
bool cvk_model_has(const cvk_field *fields, size_t count, const char *key, size_t size);

/* Notes a fault for every key of the table at `index` that is no field; suggests the nearest. */
void cvk_model_unknown(cvk_walk *walk, const cvk_spot *up, int index, const cvk_field *fields,
                       size_t count, const char *what);

#endif
