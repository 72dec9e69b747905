/*
 * Client:prepare, which makes a call of Lua values.
 */
#ifndef CVK_LUA_PREPARE_H
#define CVK_LUA_PREPARE_H

#include <lua.h>

/* Client:prepare; its arguments are described where it is defined. */
int cvk_client_prepare(lua_State *L);

#endif
