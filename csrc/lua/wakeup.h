/*
 * The wakeup of transfer/wakeup.h for Lua.
 */
#ifndef CVK_LUA_WAKEUP_H
#define CVK_LUA_WAKEUP_H

#include <lua.h>

/* Puts `wakeup` into the module's table on top of the stack. */
void cvk_wakeup_register(lua_State *L);

#endif
