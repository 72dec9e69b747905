/*
 * Strings, numbers and booleans of Lua: checked by a schema and written as text.
 */
#ifndef CVK_LUA_SCALARS_H
#define CVK_LUA_SCALARS_H

#include "base/json.h"
#include "catalogue/catalogue.h"
#include "lua/compat.h"
#include "lua/faults.h"

/* Whether the value at `index` is JSON's null. */
bool cvk_is_null(lua_State *L, int index);

/* What the value at `index` is, for people: "null", or the name of its Lua type. */
const char *cvk_type_name(lua_State *L, int index);

/* Notes that the value at `index` is not what is wanted, such as "a string". */
void cvk_fault_type(cvk_walk *walk, const cvk_spot *spot, int index, const char *wanted);

/* Whether an int64 stands where the schema wants a number. */
bool cvk_is_int64_number(lua_State *L, int index, const cvk_schema *schema);

/* Whether a double holds the number at `index` exactly. */
bool cvk_fits_double(lua_State *L, int index);

/* Whether the string at `index` is what the schema allows; if not, a fault is noted. */
bool cvk_check_string(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema);

/* Whether a number or boolean, written as text, is among the words of its schema, if it has any. */
bool cvk_check_word(cvk_walk *walk, const cvk_spot *spot, const cvk_schema *schema,
                    const char *text, size_t size);

/* Writes the whole number or int64 at `index` as text. Returns its size; 0: a fault was noted. */
size_t cvk_check_integer(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema,
                         char text[CVK_NUMBER_SIZE]);

/* Writes the number at `index` as text. Returns its size; 0: a fault was noted. */
size_t cvk_check_number(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema,
                        char text[CVK_NUMBER_SIZE]);

/*
 * The value at `index` (a string, number or boolean by the schema) as text for a path, query or
 * header. Pushes a string, or notes a fault and pushes nothing. Returns whether it pushed.
 */
bool cvk_model_text(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema);

#endif
