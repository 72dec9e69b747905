/*
 * Lua values as JSON text without a schema, which lua/convoke/jobs/params.lua reads back.
 */
#ifndef CVK_LUA_WRITE_H
#define CVK_LUA_WRITE_H

#include <lua.h>

/* Adds the functions `write` and `is_utf8` to the module on top of the stack. */
void cvk_write_register(lua_State *L);

#endif
