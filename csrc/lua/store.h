/*
 * core.store: journals of jobs (store/store.h) for Lua.
 */
#ifndef CVK_LUA_STORE_H
#define CVK_LUA_STORE_H

#include "lua/compat.h"

/* Puts `store` into the module's table on top of the stack. */
void cvk_store_register(lua_State *L);

#endif
