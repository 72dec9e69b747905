/*
 * The ids that calls were given, for Lua.
 */
#ifndef CVK_LUA_ISSUED_IDS_H
#define CVK_LUA_ISSUED_IDS_H

#include <lua.h>

/* Puts `issued_ids` into the module's table on top of the stack. */
void cvk_issued_ids_register(lua_State *L);

#endif
