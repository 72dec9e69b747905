/*
 * Files of texts (base/records.h) for Lua, which keeps compiled documents in them.
 */
#ifndef CVK_LUA_RECORDS_H
#define CVK_LUA_RECORDS_H

#include <lua.h>

/* Adds the functions `records`, `recorder` and `digest` to the module on top of the stack. */
void cvk_records_register(lua_State *L);

#endif
