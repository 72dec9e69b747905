/*
 * Values that Lua has no type for: tables marked as arrays or objects, and Convex's own integers
 * and bytes.
 */
#ifndef CVK_VALUES_H
#define CVK_VALUES_H

#include "compat.h"

typedef enum cvk_mark {
    CVK_UNMARKED,
    CVK_MARKED_ARRAY,
    CVK_MARKED_OBJECT,
    CVK_MARKED_WRAPPER, /* { name, bytes, text for people } */
} cvk_mark;

/* How the table at `index` is marked. */
cvk_mark cvk_value_mark(lua_State *L, int index);

/* The eight bytes of a number, the least first. */
void cvk_little_endian(unsigned char bytes[8], uint64_t value);

/* The Lua functions array(t), object(t), int64(n), bytes(s); adds them to the table on top. */
void cvk_values_register(lua_State *L);

#endif
