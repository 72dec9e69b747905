/*
 * Values that Lua has no type for: tables marked as arrays or objects, integers of 64 bits where Lua
 * has none, and Convex's integers and bytes.
 */
#ifndef CVK_LUA_MARKS_H
#define CVK_LUA_MARKS_H

#include "lua/compat.h"

typedef enum cvk_mark {
    CVK_UNMARKED,
    CVK_MARKED_ARRAY,
    CVK_MARKED_OBJECT,
    CVK_MARKED_INT64, /* see cvk_push_int64 */
    CVK_MARKED_BYTES, /* see cvk_push_bytes */
} cvk_mark;

/* How the table at `index` is marked. */
cvk_mark cvk_value_mark(lua_State *L, int index);

/* Pushes the metatable that marks tables so: CVK_MARKED_ARRAY or CVK_MARKED_OBJECT. */
void cvk_push_mark(lua_State *L, cvk_mark mark);

/* Pushes what convoke.int64(value) makes. */
void cvk_push_int64(lua_State *L, int64_t value);

/* The value of what is marked CVK_MARKED_INT64; false: somebody has changed it. */
bool cvk_int64_value(lua_State *L, int index, int64_t *value);

/* Pushes what convoke.bytes makes of the text on top, which it replaces. */
void cvk_push_bytes(lua_State *L);

/* Pushes the text of what is marked CVK_MARKED_BYTES; nil: somebody has changed it. */
void cvk_push_raw_bytes(lua_State *L, int index);

/* Writes the eight bytes of a number, the least first. */
void cvk_little_endian(unsigned char bytes[8], uint64_t value);

/* The number that is written so. */
uint64_t cvk_from_little_endian(const unsigned char bytes[8]);

/* Pushes an integer of Lua, exactly: where Lua has none, or none so large, as cvk_push_int64 does. */
void cvk_push_whole(lua_State *L, int64_t value);

/*
 * Has tostring() call JSON's null "convoke.null". It is a light userdata, as cjson.null is, and all of
 * these in a Lua state have one metatable: one that is there is left alone, and in OpenResty none is
 * set, because programs compare the text of ngx.null. Any other light userdata reads as before.
 */
void cvk_null_register(lua_State *L);

/* The Lua functions array(t), object(t), int64(n), bytes(s); adds them to the table on top. */
void cvk_values_register(lua_State *L);

#endif
